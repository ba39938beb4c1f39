/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run found, in memory: run -> phases (one per placement, trial and phase name) ->
 * services, edges, endpoints. Built by attribute/ and loadgen/, kept by store/, written by
 * export/ and show/, judged by experiment/.
 *
 * Everything is owned by the run: strings are cleaned (base/text.h) heap copies, never NULL
 * ("" when there is none). A zeroed struct is a valid empty one.
 */
#ifndef SITU_MODEL_RUN_H
#define SITU_MODEL_RUN_H

#include <stdbool.h>

#include "user/model/hist.h"
#include "user/model/kept.h"
#include "user/model/metrics.def"

struct tally_item {
	char *label;
	u64 count;
};

struct tally {
	struct tally_item *item; /* in order of first appearance */
	size_t nr;
};

/* The C type of a metric's member, by its kind. */
#define METRIC_TYPE_COUNTER						   u64
#define METRIC_TYPE_GAUGE						   u64
#define METRIC_TYPE_REAL						   double
#define METRIC_TYPE_HIST						   struct hist
#define METRIC_TYPE_TALLY						   struct tally
#define METRIC_MEMBER(field, kind, unit, better, label, definition, error) METRIC_TYPE_##kind field;

struct disk {
	char *device; /* "vda" */
	char *op;     /* "read", "write", "discard", "flush", "other" */
	DISK_METRICS(METRIC_MEMBER)
};

struct service {
	char *name;
	char *host;
	SERVICE_METRICS(METRIC_MEMBER)
	struct disk *disks;
	size_t nr_disks;
};

struct edge {
	char *client; /* service name, or the peer's address when it was not measured here */
	char *server;
	char *server_addr; /* as the client dialled it: "10.83.0.2:8080", "[::1]:80" */
	char *client_host;
	char *server_host;
	EDGE_METRICS(METRIC_MEMBER)
};

struct endpoint {
	char *name; /* "GET /api/cart/cart/{id}"; "all" is the sum over the phase */
	ENDPOINT_METRICS(METRIC_MEMBER)
};

enum component {
#define COMPONENT_ID(id, label, definition, error) COMPONENT_##id,
	COMPONENTS(COMPONENT_ID)
#undef COMPONENT_ID
		COMPONENT_NR,
};

/* What the requests of one latency took at one place, all of them added up. */
struct slice {
	u32 bucket; /* of the request's latency, at HIST_CLIENT_SUB_BITS */
	u64 calls;
	u64 ns[COMPONENT_NR];	  /* on the critical path */
	u64 sum_ns[COMPONENT_NR]; /* overlaps counted in full */
};

/*
 * For which of the requests a place speaks. What another host adds to a joined run is known in the
 * mean only: it has a place of PLACE_MEAN, of which the latency of a slice says nothing, where the
 * slow requests have one of PLACE_TAIL.
 */
enum place_scope {
	PLACE_ANY,
	PLACE_MEAN, /* for all of them together */
	PLACE_TAIL, /* for the slowest ones */
	PLACE_SCOPES,
};

/* A service as it is reached: the same one by another way is another place. */
struct place {
	char *path; /* services from the entry on, PATH_BREAK between them; "": the client */
	enum place_scope scope;
	struct slice *slices; /* by bucket */
	size_t nr_slices;
};

#define HOP_TRACED_TIME "time" /* in traced_ns, beside the components' names: of time_ns */

/* The calls that requests of an endpoint make over one edge, all of them. */
struct hop {
	char *client;	   /* service; "(remote)" when it was not measured here */
	char *server;	   /* service, or the address when it was not measured here */
	char *server_addr; /* as the client dialled it; "": over a unix-domain socket */
	bool entry;	   /* the calls are the requests themselves */
	HOP_METRICS(METRIC_MEMBER)
};

#define PATH_BREAK '\n' /* cleaned texts have none */

/*
 * Where the time of an endpoint's requests went. Calls at the place "" are the requests
 * themselves. Everything adds up, so that trials do, and bands are cut from the sums.
 */
struct profile {
	char *endpoint;	   /* the load's; without a mark the entry edge: "client -> server" */
	unsigned int mark; /* position among the load's targets, from 1; 0: not of the load */
	COVERAGE_METRICS(METRIC_MEMBER)
	struct place *places;
	size_t nr_places;
	struct hop *hops;
	size_t nr_hops;
};

/* A row of attribution[]: made of a profile when it is asked for. */
struct attribution {
	const char *endpoint, *band, *path;
	enum component component;
	ATTRIBUTION_METRICS(METRIC_MEMBER)
};

struct program {
	char *name;
	PROGRAM_METRICS(METRIC_MEMBER)
};

struct phase {
	char *placement;    /* "" when the run has no placements */
	unsigned int trial; /* from 1 */
	char *name;	    /* "measure" */
	/*
	 * From 1: a trial that does not count is repeated. placement, trial, name and attempt
	 * together tell a phase from all others of its run.
	 */
	unsigned int attempt;
	char *invalid; /* why it does not count: "the load generator lagged ..."; "": it counts */
	u64 started_at_ns; /* CLOCK_REALTIME */
	u64 duration_ns;
	PHASE_METRICS(METRIC_MEMBER)
	struct service *services;
	size_t nr_services;
	struct edge *edges;
	size_t nr_edges;
	struct endpoint *endpoints;
	size_t nr_endpoints;
	struct profile *profiles;
	size_t nr_profiles;
	struct kept_trace *traces;
	size_t nr_traces;
	struct program *programs;
	size_t nr_programs;
};

struct run {
	u64 id;	    /* the store's; 0: not stored */
	char *uuid; /* the same in every store; "": not stored */
	char *name;
	char *state; /* "unfinished" until sealed: "finished", "interrupted" or "failed" */
	u64 started_at_ns;
	u64 duration_ns;
	char *kernel; /* uname -r */
	char **hosts;
	size_t nr_hosts;
	char *situ_version; /* that measured it; what follows is "" or 0 where it was not noted */
	char *cpus;	    /* "2 of AMD EPYC" */
	char *clock_source; /* of the kernel: "tsc" */
	/* of an experiment */
	char *plan;	      /* text of its file, byte for byte */
	char *plan_hash;      /* SHA-256 of that text, hexadecimal */
	char *workload_hash;  /* SHA-256 of all workload files one behind the other */
	u64 seed;	      /* of the order of placements; at most INT64_MAX */
	unsigned int trials;  /* of each placement that were asked for */
	struct phase *phases; /* in the order in which they were measured */
	size_t nr_phases;
};

void run_free(struct run *run);
void phase_free(struct phase *phase);

/* True unless the phase's trial was found not to count: only then is it summed up or compared. */
bool phase_counts(const struct phase *phase);

/*
 * True of a device that hands its requests on to another one, whose rows have them once more: a
 * loop device, a multipath of the device mapper. Sums over devices leave it out.
 */
bool disk_hands_on(const struct disk *disk);

/*
 * Each appends a zeroed element with its strings set to copies of those given (a phase as attempt
 * 1, which counts) and returns it, or NULL without memory. The pointer holds until the next append
 * to the same list.
 */
struct phase *run_add_phase(struct run *run, const char *placement, unsigned int trial,
			    const char *name);
int run_add_host(struct run *run, const char *host);
struct service *phase_add_service(struct phase *phase, const char *name, const char *host);
struct disk *service_add_disk(struct service *service, const char *device, const char *op);
struct edge *phase_add_edge(struct phase *phase, const char *client, const char *server,
			    const char *server_addr, const char *client_host,
			    const char *server_host);
struct endpoint *phase_add_endpoint(struct phase *phase, const char *name);
struct profile *phase_add_profile(struct phase *phase, const char *endpoint);
struct kept_trace *phase_add_trace(struct phase *phase, const char *endpoint, const char *flaws);
/* The profile of @endpoint and @mark, added when it is new; NULL without memory. */
struct profile *phase_take_profile(struct phase *phase, const char *endpoint, unsigned int mark);
struct program *phase_add_program(struct phase *phase, const char *name);

/* Frees element @i of the list and closes the gap: those behind it move. */
void phase_drop_service(struct phase *phase, size_t i);
void phase_drop_edge(struct phase *phase, size_t i);
void phase_drop_profile(struct phase *phase, size_t i);

/* Element with the given key, or NULL. */
struct phase *run_find_phase(const struct run *run, const char *placement, unsigned int trial,
			     const char *name, unsigned int attempt);
struct service *phase_find_service(const struct phase *phase, const char *name, const char *host);
struct disk *service_find_disk(const struct service *service, const char *device, const char *op);
struct edge *phase_find_edge(const struct phase *phase, const char *client, const char *server,
			     const char *server_addr);
struct endpoint *phase_find_endpoint(const struct phase *phase, const char *name);

struct profile *phase_find_profile(const struct phase *phase, const char *endpoint);

/* Replaces the owned string *@to by a cleaned copy of @text. 0 or -ENOMEM. */
int run_set_text(char **to, const char *text);

/* Replaces it by @text as it is, line breaks and all: for files that are kept. 0 or -ENOMEM. */
int run_set_file(char **to, const char *text);

/* Adds @count to @label's item, which it creates when new. 0 or -ENOMEM. */
int tally_add(struct tally *tally, const char *label, u64 count);
/* For counts that are of an instant: of @added, which was added to @sum, puts the higher of the
 * two in the place of each sum. */
void tally_highest(struct tally *sum, const struct tally *added);
u64 tally_get(const struct tally *tally, const char *label); /* 0 when absent */
u64 tally_total(const struct tally *tally);
void tally_drop(struct tally *tally, const char *label); /* nothing when absent */
void tally_free(struct tally *tally);

#endif

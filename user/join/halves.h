/* SPDX-License-Identifier: GPL-2.0-only */
/* Halves of edges, and which belong together. Internal to join/. */
#ifndef SITU_JOIN_HALVES_H
#define SITU_JOIN_HALVES_H

#include "user/join/join.h"

#define HALF_NONE SIZE_MAX

/* A recording: its phases added up, edges kept apart by their addresses. */
struct source {
	const struct run *run;
	struct phase pooled;
};

struct half {
	size_t source;		 /* index */
	const struct edge *edge; /* of that source's pooled phase */
	size_t group;		 /* index; HALF_NONE: not joined */
	size_t target; /* the first half of the server that it leads to, or is of; HALF_NONE */
	bool several;  /* it leads to more than one server */
	bool by_isn;
};

/* The half of a server, and those of its clients, which are on one host. */
struct group {
	size_t server;	   /* index of the half */
	size_t nr_clients; /* halves */
	double network_ns; /* of a response, in the mean; NAN: not known */
};

struct halves {
	struct half *clients, *servers;
	size_t nr_clients, nr_servers;
	struct group *groups;
	size_t nr_groups;
};

/*
 * Finds the halves in @sources[@nr] and groups them; counts in @report, and says there why one that
 * had a candidate is in no group. 0 or -ENOMEM; the caller frees @halves in any case.
 */
int halves_find(const struct source *sources, size_t nr, double margin, struct halves *halves,
		struct join_report *report);
void halves_free(struct halves *halves);

/* Whether two numbers of responses are the same within @margin and one. */
bool halves_agree(u64 a, u64 b, double margin);

/*
 * Adds all edges of @sources[@nr] to @phase, each group as one edge a client. A server's half that
 * several clients share has one mean: each gets the mean server time that its own mean response
 * leaves when the network takes as long for all of them, which adds up to the half's. 0 or
 * -ENOMEM, -EINVAL for histograms of two resolutions.
 */
int halves_add_edges(const struct halves *halves, const struct source *sources, size_t nr,
		     struct phase *phase);

#endif

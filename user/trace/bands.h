/* SPDX-License-Identifier: GPL-2.0-only */
/* Profiles into rows of attribution: per request of the endpoint, for all and for the slow ones. */
#ifndef SITU_TRACE_BANDS_H
#define SITU_TRACE_BANDS_H

#include "user/model/run.h"

enum band { BAND_ALL, BAND_P90, BAND_P99, BAND_NR };

/* "all", "p90" or "p99"; the band of that name, BAND_NR when there is none. */
const char *band_name(enum band band);
enum band band_find(const char *name);

/* What the requests of an endpoint in one band spent, and where. */
struct breakdown {
	const char *endpoint;
	enum band band;
	double requests;  /* that it stands for */
	double traced_ns; /* mean time of a request by the traces, and by the client where it opened
			     connections: all rows but downstream and the client's residual */
	double client_ns; /* the mean that the client measured, from the actual start; NAN: none */
	/*
	 * By place, callers before those they call, the places of one caller by their time;
	 * within a place in the order of enum component. Rows without time are left out, of a
	 * place with calls never all. Texts belong to the profile.
	 */
	struct attribution *rows;
	size_t nr_rows;
};

/*
 * Breaks the slowest requests of @profile down: all, a tenth or a hundredth, by what the traces
 * stand for. Requests of one bucket (3 % of a latency) count as alike, so that the band has exactly
 * its share. @client is the load's own measurement of the endpoint, or NULL: its looking up and TLS
 * handshakes are the row connect of the empty path (for all requests), and what it has beyond that
 * and the traces, or lacks, the row other. Of the tail its mean is that of the
 * middles of its buckets, 1.6 % at most off. No rows when less than one request is in the band.
 * 0 or -ENOMEM; the caller frees @out with breakdown_free() in any case.
 */
int breakdown_make(const struct profile *profile, enum band band, const struct endpoint *client,
		   struct breakdown *out);
void breakdown_free(struct breakdown *breakdown);

/*
 * How much of the requests of @profile its traces have, and how far their mean is off: the kernel's
 * sums have all requests but those with flaws.
 */
struct sampling {
	u64 requests; /* of the sums; 0: there are none, and the means are NAN */
	u64 traced;
	double share;	  /* of the requests one in so many was traced */
	double exact_ns;  /* mean time to the answer's last arrival, over all of them */
	double traced_ns; /* the same by the traces and what each stands for */
};
struct sampling sampling_of(const struct profile *profile);

/* Mean of the slowest values of @h: all, a tenth or a hundredth. NAN when that is not known. */
double band_mean(const struct hist *h, enum band band);

/*
 * The profile "all" into the empty @all: those of the load's endpoints added up. Left without
 * places when the phase has none of them. 0 or -ENOMEM; free with profile_free() in any case.
 */
int bands_total(const struct phase *phase, struct profile *all);

/*
 * Calls @each with the breakdowns of every profile of @phase, "all" first, band by band. 0, the
 * first value of @each that is not 0, or -ENOMEM.
 */
int bands_walk(const struct phase *phase,
	       int (*each)(const struct phase *phase, const struct breakdown *b, void *arg),
	       void *arg);

/* Gives the profiles and traces with a mark the names of the load's endpoints, which are in the
 * order of the targets behind "all". 0 or -ENOMEM. */
int bands_name_endpoints(struct phase *phase);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Placements by rule instead of by hand. Pure: the same input gives the same placements.
 *
 * A placement is an array that says for each service the index of its host. Hosts of one kind are
 * interchangeable, so that of the placements that differ only in which of them is which, one is
 * made: the one whose hosts of a kind are used in order of their index by services in order of
 * theirs. With hosts of one kind these are the restricted growth strings, at most as many as the
 * Bell number.
 */
#ifndef SITU_EXPERIMENT_GENERATE_H
#define SITU_EXPERIMENT_GENERATE_H

#include "user/base/types.h"

enum generate_rule {
	GENERATE_PACKED,     /* all on the first host */
	GENERATE_SPREAD,     /* balanced: each on the host with the fewest services for its CPUs */
	GENERATE_EACH_ALONE, /* each on a host of its own */
	GENERATE_ALL,	     /* every distinct placement */
	GENERATE_RANDOM,     /* some of these, drawn by a seed */
	GENERATE_RULES
};

struct generate_space {
	unsigned int nr_services;
	const unsigned int *port; /* of each service: two with one port, not 0, share no host */
	unsigned int nr_hosts;
	const unsigned int *kind; /* of each host, from 0 */
	const unsigned int *cpus; /* of each host, from 1 */
};

struct generate_list {
	unsigned int *host_of; /* placement p, service s: [p * nr_services + s]; owned */
	unsigned int nr;
};

/* "packed", "spread", "each-alone", "all", "random". */
const char *generate_rule_name(enum generate_rule rule);

/*
 * Fills the empty @list by @rule, at most @most placements. GENERATE_RANDOM makes @most, or all
 * there are when these are no more, each distinct, in the order drawn with @seed: services choose
 * among hosts with room evenly. Returns 0; -E2BIG when GENERATE_ALL would make more than @most;
 * -ENOSPC when there is no such placement (too few hosts, ports that clash); -ENOMEM. The caller
 * frees list->host_of, NULL on failure.
 */
int generate_placements(const struct generate_space *space, enum generate_rule rule,
			unsigned int most, u64 seed, struct generate_list *list);

/* Rewrites @host_of in place as the one placement that stands for all that are the same. */
void generate_canonical(const struct generate_space *space, unsigned int *host_of);

#endif

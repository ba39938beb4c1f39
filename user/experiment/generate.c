// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/generate.h"
#include "user/experiment/order.h"

/* Choices after which GENERATE_ALL takes the space for too large: clashing ports make dead ends. */
#define STEPS_MOST    20000000

/* Draws without a new placement after which GENERATE_RANDOM takes the space for exhausted. */
#define DRAWS_IN_VAIN 10000

struct maker {
	const struct generate_space *space;
	struct generate_list *list;
	unsigned int *host_of; /* the placement at work */
	unsigned int most;
	unsigned int steps;
};

const char *generate_rule_name(enum generate_rule rule)
{
	static const char *const names[] = {
		[GENERATE_PACKED] = "packed",	      [GENERATE_SPREAD] = "spread",
		[GENERATE_EACH_ALONE] = "each-alone", [GENERATE_ALL] = "all",
		[GENERATE_RANDOM] = "random",
	};

	return names[rule];
}

/* True when service @s may join those below it on @host. */
static bool fits(const struct maker *m, unsigned int s, unsigned int host)
{
	const unsigned int *port = m->space->port;
	unsigned int i;

	for (i = 0; i < s; i++) {
		if (port[s] && port[i] == port[s] && m->host_of[i] == host)
			return false;
	}
	return true;
}

static unsigned int load_of(const struct maker *m, unsigned int s, unsigned int host)
{
	unsigned int i, nr = 0;

	for (i = 0; i < s; i++)
		nr += m->host_of[i] == host;
	return nr;
}

/* True when @host is the first of its kind that no service below @s is on, or is in use. */
static bool canonical_choice(const struct maker *m, unsigned int s, unsigned int host)
{
	unsigned int h;

	for (h = 0; h < host; h++) {
		if (m->space->kind[h] == m->space->kind[host] && load_of(m, s, h) == 0)
			return false;
	}
	return true;
}

static int keep(struct maker *m)
{
	size_t nr = m->space->nr_services, size = nr * sizeof(*m->host_of), kept = m->list->nr;
	unsigned int *grown;

	if (m->list->nr == m->most)
		return -E2BIG;
	if (!size)
		return -ENOSPC;
	/* Twice the room when a power of two is full: a row at a time copies all of them. */
	if ((kept & (kept - 1)) == 0) {
		grown = realloc(m->list->host_of, (kept ? 2 * kept : 1) * size);
		if (!grown)
			return -ENOMEM;
		m->list->host_of = grown;
	}
	memcpy(m->list->host_of + kept * nr, m->host_of, size);
	m->list->nr++;
	return 0;
}

static int make_packed(struct maker *m)
{
	unsigned int s;

	for (s = 0; s < m->space->nr_services; s++) {
		m->host_of[s] = 0;
		if (!fits(m, s, 0))
			return -ENOSPC;
	}
	return keep(m);
}

/* The host with the fewest services for each CPU that has room for @s; nr_hosts without one. */
static unsigned int least_loaded(const struct maker *m, unsigned int s)
{
	const unsigned int *cpus = m->space->cpus;
	unsigned int h, best = m->space->nr_hosts;

	for (h = 0; h < m->space->nr_hosts; h++) {
		if (!fits(m, s, h))
			continue;
		if (best == m->space->nr_hosts ||
		    (u64)load_of(m, s, h) * cpus[best] < (u64)load_of(m, s, best) * cpus[h])
			best = h;
	}
	return best;
}

static int make_spread(struct maker *m)
{
	unsigned int s;

	for (s = 0; s < m->space->nr_services; s++) {
		m->host_of[s] = least_loaded(m, s);
		if (m->host_of[s] == m->space->nr_hosts)
			return -ENOSPC;
	}
	return keep(m);
}

static int make_each_alone(struct maker *m)
{
	unsigned int s;

	if (m->space->nr_services > m->space->nr_hosts)
		return -ENOSPC;
	for (s = 0; s < m->space->nr_services; s++)
		m->host_of[s] = s;
	return keep(m);
}

/* Every placement of the services from @s on, those below being placed, in lexical order. */
static int make_all(struct maker *m, unsigned int s)
{
	unsigned int h;
	int failed = 0;

	if (s == m->space->nr_services)
		return keep(m);
	if (m->steps++ == STEPS_MOST)
		return -E2BIG;
	for (h = 0; h < m->space->nr_hosts && !failed; h++) {
		if (!fits(m, s, h) || !canonical_choice(m, s, h))
			continue;
		m->host_of[s] = h;
		failed = make_all(m, s + 1);
	}
	return failed;
}

static bool known(const struct maker *m)
{
	size_t nr = m->space->nr_services;
	unsigned int p;

	for (p = 0; p < m->list->nr; p++) {
		if (memcmp(m->list->host_of + p * nr, m->host_of, nr * sizeof(*m->host_of)) == 0)
			return true;
	}
	return false;
}

/* Places each service on one of the hosts with room for it. False when one has none. */
static bool draw(struct maker *m, u64 *state)
{
	unsigned int s, h, nr, nth;

	for (s = 0; s < m->space->nr_services; s++) {
		for (h = 0, nr = 0; h < m->space->nr_hosts; h++)
			nr += fits(m, s, h);
		if (!nr)
			return false;
		nth = (unsigned int)(order_random(state) % nr);
		for (h = 0; !fits(m, s, h) || nth-- > 0; h++)
			;
		m->host_of[s] = h;
	}
	return true;
}

static int make_random(struct maker *m, u64 seed)
{
	unsigned int in_vain = 0;
	int failed = 0;

	while (!failed && m->list->nr < m->most && in_vain++ < DRAWS_IN_VAIN) {
		if (!draw(m, &seed))
			continue;
		generate_canonical(m->space, m->host_of);
		if (known(m))
			continue;
		failed = keep(m);
		in_vain = 0;
	}
	return failed;
}

/* All there are where these are no more than asked for, which draws alone cannot know. */
static int make_some(struct maker *m, u64 seed)
{
	int failed = make_all(m, 0);

	if (failed != -E2BIG)
		return failed;
	m->list->nr = 0;
	return make_random(m, seed);
}

static int make(struct maker *m, enum generate_rule rule, u64 seed)
{
	switch (rule) {
	case GENERATE_PACKED:
		return make_packed(m);
	case GENERATE_SPREAD:
		return make_spread(m);
	case GENERATE_EACH_ALONE:
		return make_each_alone(m);
	case GENERATE_ALL:
		return make_all(m, 0);
	case GENERATE_RANDOM:
		return make_some(m, seed);
	case GENERATE_RULES:
		break;
	}
	return -EINVAL;
}

int generate_placements(const struct generate_space *space, enum generate_rule rule,
			unsigned int most, u64 seed, struct generate_list *list)
{
	struct maker m = { .space = space, .list = list, .most = most };
	int failed;

	*list = (struct generate_list){ 0 };
	m.host_of = calloc(space->nr_services, sizeof(*m.host_of));
	if (!m.host_of)
		return -ENOMEM;
	failed = make(&m, rule, seed);
	free(m.host_of);
	if (!failed && !list->nr)
		failed = -ENOSPC;
	if (!failed)
		return 0;
	free(list->host_of);
	*list = (struct generate_list){ 0 };
	return failed;
}

/* The first host of @kind that none of the @nr services of @host_of is on; there must be one. */
static unsigned int first_free(const struct generate_space *space, const unsigned int *host_of,
			       unsigned int nr, unsigned int kind)
{
	unsigned int h, i;

	for (h = 0;; h++) {
		if (space->kind[h] != kind)
			continue;
		for (i = 0; i < nr && host_of[i] != h; i++)
			;
		if (i == nr)
			return h;
	}
}

void generate_canonical(const struct generate_space *space, unsigned int *host_of)
{
	unsigned int s, i, old, now;

	for (s = 0; s < space->nr_services; s++) {
		old = host_of[s];
		for (i = 0; i < s && host_of[i] != old; i++)
			;
		if (i < s)
			continue; /* placed with an earlier service, on a host that is settled */
		now = first_free(space, host_of, s, space->kind[old]);
		if (now >= old)
			continue;
		/* The two hosts change places for all services that are still to come. */
		for (i = s; i < space->nr_services; i++) {
			if (host_of[i] == old)
				host_of[i] = now;
			else if (host_of[i] == now)
				host_of[i] = old;
		}
	}
}

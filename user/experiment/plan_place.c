// SPDX-License-Identifier: GPL-2.0-only
/* From the file's 'placements' to one host for each service in each of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/opts.h"
#include "user/experiment/generate.h"
#include "user/experiment/plan_check.h"

static const char host_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static int out_of_memory(struct check *c)
{
	return err_set(c->err, EXIT_FAILED, "out of memory: free some");
}

/* The placement called @name, or NULL. */
static const struct plan_placement *find_placement(const struct plan *plan, const char *name)
{
	unsigned int i;

	for (i = 0; i < plan->nr_placements; i++) {
		if (strcmp(plan->placements[i].name, name) == 0)
			return &plan->placements[i];
	}
	return NULL;
}

/* Adds a placement of no services yet. NULL with the error set. */
static struct plan_placement *add_placement(struct check *c, const char *name, unsigned int entry)
{
	struct plan *plan = c->plan;
	size_t size = plan->nr_services * sizeof(unsigned int);
	struct plan_placement *p, *grown;

	if (find_placement(plan, name)) {
		check_bad(c, "placement '%s' stands here a second time: rename one", name);
		return NULL;
	}
	if (plan->nr_placements == PLAN_PLACEMENTS) {
		check_bad(c, "there are more than %d placements: take some out", PLAN_PLACEMENTS);
		return NULL;
	}
	grown = reallocarray(plan->placements, plan->nr_placements + 1, sizeof(*grown));
	if (grown)
		plan->placements = grown;
	p = grown ? &grown[plan->nr_placements] : NULL;
	if (p)
		*p = (struct plan_placement){ strdup(name), malloc(size), entry };
	if (!p || !p->name || !p->host_of) {
		if (p) {
			free(p->name);
			free(p->host_of);
		}
		out_of_memory(c);
		return NULL;
	}
	memset(p->host_of, 0xff, size);
	plan->nr_placements++;
	return p;
}

static int check_group(struct check *c, struct plan_placement *placement, unsigned int g)
{
	const struct plan_group *group = &c->plan->entries[placement->entry].on[g];
	int host = plan_find_host(c->plan, group->host);
	unsigned int i;

	check_at(c, "placements/%u/on/%u/host", placement->entry, g);
	if (host < 0)
		return check_bad(c, "unknown host '%s': write one that 'hosts' lists", group->host);
	for (i = 0; i < group->nr_services; i++) {
		const char *name = group->services[i];
		int service = plan_find_service(c->plan, name);

		check_at(c, "placements/%u/on/%u/services/%u", placement->entry, g, i);
		if (service < 0)
			return check_unknown_service(c, name);
		if (placement->host_of[service] != UINT32_MAX)
			return check_bad(
				c, "service '%s' is placed a second time in '%s': take one out",
				name, placement->name);
		placement->host_of[service] = (unsigned int)host;
	}
	return 0;
}

/* Two services that listen on one port of one address cannot both start. */
static int check_ports(struct check *c, const struct plan_placement *placement)
{
	const struct plan *plan = c->plan;
	const unsigned int *host_of = placement->host_of;
	unsigned int i, j;

	for (i = 0; i < plan->nr_services; i++) {
		for (j = 0; j < i; j++) {
			if (plan->services[i].port == 0 || host_of[i] != host_of[j] ||
			    plan->services[i].port != plan->services[j].port)
				continue;
			check_at(c, "services/%u/port", i);
			return check_bad(
				c,
				"services '%s' and '%s' share port %u on host '%s' in placement "
				"'%s': change one port",
				plan->services[j].name, plan->services[i].name,
				plan->services[i].port, plan->hosts[host_of[i]].name,
				placement->name);
		}
	}
	return 0;
}

static int check_written(struct check *c, unsigned int e)
{
	const struct plan_entry *entry = &c->plan->entries[e];
	struct plan_placement *placement;
	unsigned int i;

	check_at(c, "placements/%u", e);
	if (!entry->name)
		return check_bad(c, "a placement without a name: add 'name: ...'");
	if (entry->limit || entry->count || entry->seed)
		return check_bad(c,
				 "'limit', 'count' and 'seed' go with 'generate': take them out");
	check_at(c, "placements/%u/name", e);
	if (check_name(c, entry->name))
		return -1;
	placement = add_placement(c, entry->name, e);
	if (!placement)
		return -1;
	for (i = 0; i < entry->nr_on; i++) {
		if (check_group(c, placement, i))
			return -1;
	}
	check_at(c, "placements/%u/on", e);
	for (i = 0; i < c->plan->nr_services; i++) {
		if (placement->host_of[i] == UINT32_MAX)
			return check_bad(c,
					 "placement '%s' leaves out service '%s': put it on a host",
					 placement->name, c->plan->services[i].name);
	}
	return check_ports(c, placement);
}

/*
 * Hosts are of one kind when exchanging them changes nothing: as many CPUs, as many of them shared
 * with the load generator, as many shared with other hosts.
 */
static int find_kinds(const struct plan *plan, unsigned int *kind, unsigned int *cpus)
{
	unsigned int(*key)[3] = calloc(plan->nr_hosts, sizeof(*key));
	unsigned int i, j;
	cpu_set_t both;

	if (!key)
		return -ENOMEM;
	for (i = 0; i < plan->nr_hosts; i++) {
		const cpu_set_t *set = &plan->hosts[i].cpu_set;

		cpus[i] = (unsigned int)CPU_COUNT(set);
		kind[i] = i;
		CPU_AND(&both, set, &plan->client_host.cpu_set);
		key[i][0] = cpus[i];
		key[i][1] = (unsigned int)CPU_COUNT(&both);
		for (j = 0; j < plan->nr_hosts; j++) {
			CPU_AND(&both, set, &plan->hosts[j].cpu_set);
			key[i][2] += j == i ? 0 : (unsigned int)CPU_COUNT(&both);
		}
		for (j = 0; j < i && kind[i] == i; j++) {
			if (memcmp(key[i], key[j], sizeof(*key)) == 0)
				kind[i] = kind[j];
		}
	}
	free(key);
	return 0;
}

static int make_list(const struct plan *plan, enum generate_rule rule, unsigned int most, u64 seed,
		     struct generate_list *list)
{
	unsigned int *port = calloc(plan->nr_services, sizeof(*port));
	unsigned int *kind = calloc(plan->nr_hosts, sizeof(*kind));
	unsigned int *cpus = calloc(plan->nr_hosts, sizeof(*cpus));
	const struct generate_space space = {
		.nr_services = plan->nr_services,
		.port = port,
		.nr_hosts = plan->nr_hosts,
		.kind = kind,
		.cpus = cpus,
	};
	int failed = -ENOMEM;
	unsigned int i;

	if (port && kind && cpus) {
		for (i = 0; i < plan->nr_services; i++)
			port[i] = plan->services[i].port;
		failed = find_kinds(plan, kind, cpus);
		if (!failed)
			failed = generate_placements(&space, rule, most, seed, list);
	}
	free(port);
	free(kind);
	free(cpus);
	return failed;
}

/* Whether an earlier entry made the same placement already. */
static bool is_there(const struct plan *plan, const unsigned int *host_of, unsigned int entry)
{
	unsigned int p;

	for (p = 0; p < plan->nr_placements; p++) {
		if (plan->placements[p].entry != entry &&
		    memcmp(plan->placements[p].host_of, host_of,
			   plan->nr_services * sizeof(*host_of)) == 0)
			return true;
	}
	return false;
}

/*
 * What one of several placements is called: a letter for the host of each service ("all-aab"), or
 * its number where that grows too long.
 */
static void name_one(const struct plan *plan, const char *stem, const unsigned int *host_of,
		     unsigned int number, char *name, size_t size)
{
	size_t len = (size_t)snprintf(name, size, "%s-", stem);
	unsigned int i;

	if (len + plan->nr_services > PLAN_NAME_MAX || plan->nr_hosts > strlen(host_letters)) {
		snprintf(name + len, size - len, "%u", number);
		return;
	}
	for (i = 0; i < plan->nr_services; i++)
		name[len + i] = host_letters[host_of[i]];
	name[len + i] = '\0';
}

static int add_list(struct check *c, unsigned int e, enum generate_rule rule, const char *stem,
		    const struct generate_list *list)
{
	bool many = rule == GENERATE_ALL || rule == GENERATE_RANDOM;
	unsigned int nr = c->plan->nr_services, i;
	struct plan_placement *placement;
	char name[2 * PLAN_NAME_MAX];

	for (i = 0; i < list->nr; i++) {
		const unsigned int *host_of = list->host_of + (size_t)i * nr;

		/* What the file has already is not measured twice. */
		if (many && is_there(c->plan, host_of, e))
			continue;
		snprintf(name, sizeof(name), "%s", stem);
		if (many)
			name_one(c->plan, stem, host_of, i + 1, name, sizeof(name));
		placement = add_placement(c, name, e);
		if (!placement)
			return -1;
		memcpy(placement->host_of, host_of, nr * sizeof(*host_of));
	}
	return 0;
}

/* What goes with which rule. */
static int check_rule_keys(struct check *c, unsigned int e, enum generate_rule rule)
{
	const struct plan_entry *entry = &c->plan->entries[e];

	check_at(c, "placements/%u", e);
	if (entry->limit && rule != GENERATE_ALL)
		return check_bad(c, "'limit' goes with 'generate: all' only: take it out");
	if ((entry->count || entry->seed) && rule != GENERATE_RANDOM)
		return check_bad(c, "'count' and 'seed' go with 'generate: random' only: take them "
				    "out");
	if (!entry->count && rule == GENERATE_RANDOM)
		return check_bad(c, "'generate: random' lacks the key 'count': add 'count: ...'");
	check_at(c, "placements/%u/%s", e, entry->limit ? "limit" : "count");
	if ((entry->limit && (*entry->limit < 1 || *entry->limit > PLAN_PLACEMENTS)) ||
	    (entry->count && (*entry->count < 1 || *entry->count > PLAN_PLACEMENTS)))
		return check_bad(c, "this is not between 1 and %d: write another number",
				 PLAN_PLACEMENTS);
	return 0;
}

static int check_rule(struct check *c, unsigned int e, enum generate_rule *rule)
{
	const char *known[GENERATE_RULES], *word = c->plan->entries[e].generate, *near;
	enum generate_rule i;

	for (i = 0; i < GENERATE_RULES; i++) {
		known[i] = generate_rule_name(i);
		if (strcmp(known[i], word) == 0) {
			*rule = i;
			return 0;
		}
	}
	check_at(c, "placements/%u/generate", e);
	near = opts_nearest(word, known, GENERATE_RULES);
	return check_bad(c, "unknown rule '%s': %s%s%s", word, near ? "did you mean '" : "write ",
			 near ? near : "packed, spread, each-alone, all or random",
			 near ? "'?" : "");
}

static int check_generated(struct check *c, unsigned int e)
{
	const struct plan_entry *entry = &c->plan->entries[e];
	struct generate_list list = { 0 };
	enum generate_rule rule = GENERATE_RULES;
	unsigned int most;
	int failed;

	if (check_rule(c, e, &rule) || check_rule_keys(c, e, rule))
		return -1;
	check_at(c, "placements/%u/name", e);
	if (entry->name && check_name(c, entry->name))
		return -1;
	most = entry->limit ? *entry->limit : entry->count ? *entry->count : PLAN_ALL_LIMIT;
	failed = make_list(c->plan, rule, most, entry->seed ? *entry->seed : 1, &list);
	check_at(c, "placements/%u/generate", e);
	if (failed == -E2BIG)
		return check_bad(c,
				 "there are more than %u placements: raise 'limit', or take "
				 "'generate: random'",
				 most);
	if (failed == -ENOSPC)
		return check_bad(c,
				 "no such placement: %u services do not fit on %u hosts this way%s",
				 c->plan->nr_services, c->plan->nr_hosts,
				 rule == GENERATE_EACH_ALONE ? ": add hosts"
							     : ": two share a port");
	if (failed)
		return out_of_memory(c);
	failed = add_list(c, e, rule, entry->name ? entry->name : entry->generate, &list);
	free(list.host_of);
	return failed;
}

/* The copy of the first placement: whatever differs between the two is noise. */
static int add_aa(struct check *c)
{
	struct plan *plan = c->plan;
	struct plan_placement *copy;
	char name[2 * PLAN_NAME_MAX];

	if (!plan_has_aa(plan))
		return 0;
	check_at(c, "aa");
	snprintf(name, sizeof(name), "%s%s", plan->placements[0].name, PLAN_AA_SUFFIX);
	copy = add_placement(c, name, plan->placements[0].entry);
	if (!copy)
		return -1;
	memcpy(copy->host_of, plan->placements[0].host_of,
	       plan->nr_services * sizeof(*copy->host_of));
	return 0;
}

int check_placements(struct check *c)
{
	unsigned int e;

	for (e = 0; e < c->plan->nr_entries; e++) {
		const struct plan_entry *entry = &c->plan->entries[e];

		check_at(c, "placements/%u", e);
		if (!entry->on == !entry->generate)
			return check_bad(c, "a placement has either 'on' or 'generate': %s",
					 entry->on ? "take one out" : "add one");
		if (entry->on ? check_written(c, e) : check_generated(c, e))
			return -1;
	}
	check_at(c, "placements");
	if (!c->plan->nr_placements)
		return check_bad(c, "there is no placement: add one");
	return add_aa(c);
}

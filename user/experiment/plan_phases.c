// SPDX-License-Identifier: GPL-2.0-only
/* The load of a trial, phase by phase, and when a trial counts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/plan_check.h"

#define RATE_MAX	1e6
#define CONNECTIONS_MAX 10000
#define RETRIES_MAX	100

/* Parses a share, "5%" or "0.05", up to @most into *@share, which stays as it is for NULL. */
static int check_share(struct check *c, const char *text, double most, double *share)
{
	double value;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	value = strtod(text, &end);
	if (end != text && strcmp(end, "%") == 0) {
		value /= 100;
		end++;
	}
	if (errno || end == text || *end || !(value >= 0 && value <= most))
		return check_bad(c, "'%s' is not a share up to %.0f: write one like 5%% or 0.05",
				 text, most);
	*share = value;
	return 0;
}

/* Sets @phase's workload to the absolute path of @path, relative to the experiment file. */
static int set_workload(struct check *c, const char *path, struct plan_phase *phase)
{
	if (asprintf(&phase->workload_path, "%s%s%s", path[0] == '/' ? "" : c->plan->here,
		     path[0] == '/' ? "" : "/", path) < 0) {
		phase->workload_path = NULL;
		return err_set(c->err, EXIT_FAILED, "out of memory: free some");
	}
	if (c->machine->file_readable && !c->machine->file_readable(phase->workload_path))
		return check_bad(c, "cannot read the workload file %s: write its path", path);
	return 0;
}

static int check_rate(struct check *c, double rate)
{
	if (rate > 0 && rate <= RATE_MAX)
		return 0;
	return check_bad(c, "rate %g is not between 0 and %g: write requests per second", rate,
			 RATE_MAX);
}

static int check_connections(struct check *c, const unsigned int *connections, unsigned int *nr)
{
	if (connections)
		*nr = *connections;
	if (*nr >= 1 && *nr <= CONNECTIONS_MAX)
		return 0;
	return check_bad(c, "%u connections are not between 1 and %d: write another number", *nr,
			 CONNECTIONS_MAX);
}

/* The load's own figures: those of its only phase, and of every phase that has none. */
static int check_defaults(struct check *c, struct plan_phase *defaults)
{
	const struct plan_load *load = &c->plan->load;

	check_at(c, "load/rate");
	if (check_rate(c, load->rate))
		return -1;
	*defaults = (struct plan_phase){
		.rate = load->rate,
		.nr_connections = PLAN_CONNECTIONS,
		.duration_ns = PLAN_DURATION_NS,
	};
	check_at(c, "load/connections");
	if (check_connections(c, load->connections, &defaults->nr_connections))
		return -1;
	check_at(c, "load/duration");
	return check_duration(c, load->duration, NSEC_PER_MSEC, &defaults->duration_ns);
}

static int check_phase_name(struct check *c, unsigned int i)
{
	const char *name = c->plan->load.phases[i].name;
	unsigned int j;

	check_at(c, "load/phases/%u/name", i);
	for (j = 0; j < i; j++) {
		if (strcmp(c->plan->load.phases[j].name, name) == 0)
			return check_bad(c, "phase '%s' stands here a second time: rename one",
					 name);
	}
	return check_name(c, name);
}

static int check_phase(struct check *c, unsigned int i, struct plan_phase *phase)
{
	const struct plan_load_phase *from = &c->plan->load.phases[i];

	if (check_phase_name(c, i))
		return -1;
	check_at(c, "load/phases/%u/rate", i);
	if (from->rate && check_rate(c, *from->rate))
		return -1;
	if (from->rate)
		phase->rate = *from->rate;
	check_at(c, "load/phases/%u/connections", i);
	if (check_connections(c, from->connections, &phase->nr_connections))
		return -1;
	check_at(c, "load/phases/%u/duration", i);
	return check_duration(c, from->duration, NSEC_PER_MSEC, &phase->duration_ns);
}

static int add_phase(struct check *c, unsigned int i, const struct plan_phase *defaults)
{
	const struct plan_load *load = &c->plan->load;
	struct plan_phase *phase = &c->plan->phases[i];
	const char *own = load->nr_phases ? load->phases[i].workload : NULL;

	*phase = *defaults;
	phase->name = strdup(load->nr_phases ? load->phases[i].name : PLAN_PHASE);
	c->plan->nr_phases = i + 1;
	if (!phase->name)
		return err_set(c->err, EXIT_FAILED, "out of memory: free some");
	if (load->nr_phases && check_phase(c, i, phase))
		return -1;
	check_at(c, "load/workload");
	if (own)
		check_at(c, "load/phases/%u/workload", i);
	return set_workload(c, own ? own : load->workload, phase);
}

static int check_phases(struct check *c)
{
	unsigned int nr = c->plan->load.nr_phases ? c->plan->load.nr_phases : 1, i;
	struct plan_phase defaults;

	if (check_defaults(c, &defaults))
		return -1;
	c->plan->phases = calloc(nr, sizeof(*c->plan->phases));
	if (!c->plan->phases)
		return err_set(c->err, EXIT_FAILED, "out of memory: free some");
	for (i = 0; i < nr; i++) {
		if (add_phase(c, i, &defaults))
			return -1;
	}
	return 0;
}

static int check_stationary(struct check *c)
{
	struct plan_load *load = &c->plan->load;
	const struct plan_stationary *s = load->stationary;

	load->warmup_ns = PLAN_WARM_LIMIT_NS;
	load->window_ns = PLAN_WINDOW_NS;
	load->within = PLAN_WARM_WITHIN;
	if (!s)
		return 0;
	check_at(c, "load/stationary/window");
	if (check_duration(c, s->window, NSEC_PER_MSEC, &load->window_ns))
		return -1;
	check_at(c, "load/stationary/within");
	if (check_share(c, s->within, 1, &load->within))
		return -1;
	check_at(c, "load/stationary/limit");
	if (check_duration(c, s->limit, NSEC_PER_MSEC, &load->warmup_ns))
		return -1;
	if (load->warmup_ns < 2 * load->window_ns)
		return check_bad(c, "the limit is shorter than two windows: raise it");
	return 0;
}

static int check_warmup(struct check *c)
{
	struct plan_load *load = &c->plan->load;

	load->until_stationary = load->warmup && strcmp(load->warmup, PLAN_STATIONARY) == 0;
	if (load->until_stationary)
		return check_stationary(c);
	check_at(c, "load/stationary");
	if (load->stationary)
		return check_bad(c, "'stationary' goes with 'warmup: stationary': write that");
	load->warmup_ns = PLAN_WARMUP_NS;
	check_at(c, "load/warmup");
	return check_duration(c, load->warmup, 0, &load->warmup_ns);
}

int check_load(struct check *c)
{
	struct plan_load *load = &c->plan->load;
	int target = plan_find_service(c->plan, load->target);

	check_at(c, "load/target");
	if (target < 0)
		return check_unknown_service(c, load->target);
	if (!c->plan->services[target].port)
		return check_bad(c, "service '%s' has no port to load: give it one", load->target);
	load->target_index = (unsigned int)target;
	if (check_phases(c) || check_warmup(c))
		return -1;
	check_at(c, "load/drain");
	return check_duration(c, load->drain, 0, &load->drain_ns);
}

int check_limits(struct check *c)
{
	struct plan *plan = c->plan;
	const struct plan_limits none = { 0 }, *l = plan->limits ? plan->limits : &none;
	const struct {
		const char *key, *text;
		double most, *to;
	} limits[] = {
		{ "lag", l->lag, 1e6, &plan->valid.lag },
		{ "rate", l->rate, 1, &plan->valid.rate },
		{ "idle", l->idle, 1, &plan->valid.idle },
		{ "steal", l->steal, 1, &plan->valid.steal },
		{ "others", l->others, 1, &plan->valid.others },
		{ "lost", l->lost, 1, &plan->valid.lost },
	};
	size_t i;

	plan->valid = validity_defaults;
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		check_at(c, "limits/%s", limits[i].key);
		if (check_share(c, limits[i].text, limits[i].most, limits[i].to))
			return -1;
	}
	plan->nr_retries = plan->retries ? *plan->retries : PLAN_RETRIES;
	check_at(c, "retries");
	if (plan->nr_retries > RETRIES_MAX)
		return check_bad(c, "%u retries are above %d: write fewer", plan->nr_retries,
				 RETRIES_MAX);
	check_at(c, "cooldown");
	return check_duration(c, plan->cooldown, 0, &plan->cooldown_ns);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/opts.h"
#include "user/base/units.h"
#include "user/experiment/cpulist.h"
#include "user/experiment/infer_power.h"
#include "user/experiment/plan_check.h"
#include "user/experiment/words.h"

#define DURATION_MAX_NS (24 * 3600 * NSEC_PER_SEC)
#define COMMAND_MAX	65536
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

void check_at(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->path, sizeof(c->path), fmt, ap);
	va_end(ap);
}

int check_name(struct check *c, const char *name)
{
	size_t len = strspn(name, NAME_CHARACTERS);

	if (name[len] || name[0] == '.' || name[0] == '-')
		return check_bad(c,
				 "name '%s' is not of letters, digits, '.', '_' and '-': rename it",
				 name);
	if (len > PLAN_NAME_MAX)
		return check_bad(c, "name '%s' is longer than %d characters: shorten it", name,
				 PLAN_NAME_MAX);
	return 0;
}

static int check_cpus(struct check *c, const char *list, cpu_set_t *set)
{
	int cpu;

	if (cpulist_parse(list, set))
		return check_bad(c, "'%s' is not a CPU list: write one like \"0\" or \"0,2-3\"",
				 list);
	cpu = cpulist_outside(set, &c->machine->online);
	if (cpu >= 0)
		return check_bad(c, "CPU %d is not online here: see /sys/devices/system/cpu/online",
				 cpu);
	return 0;
}

int check_duration(struct check *c, const char *text, u64 min_ns, u64 *ns)
{
	if (!text)
		return 0;
	if (units_parse_duration(text, ns) || *ns > DURATION_MAX_NS)
		return check_bad(c,
				 "'%s' is not a duration up to 24h: write one like 500ms, 8s or 2m",
				 text);
	if (*ns < min_ns)
		return check_bad(c, "'%s' is too short: write a longer one", text);
	return 0;
}

/* Fills @address with number @index of the subnet that starts at @network. */
static void set_address(struct plan_host *host, u32 network, u32 index)
{
	struct in_addr in = { .s_addr = htonl(network + index) };

	inet_ntop(AF_INET, &in, host->address, sizeof(host->address));
}

static int check_subnet(struct check *c)
{
	const char *text = c->plan->subnet ? c->plan->subnet : PLAN_SUBNET, *slash;
	char address[INET_ADDRSTRLEN] = "";
	struct in_addr in;
	u32 network, i;
	char *end;

	check_at(c, "subnet");
	slash = strchr(text, '/');
	if (slash)
		snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	c->plan->prefix = slash ? (unsigned int)strtoul(slash + 1, &end, 10) : 0;
	if (!slash || *end || slash[1] < '0' || slash[1] > '9' || c->plan->prefix < 8 ||
	    c->plan->prefix > 30 || inet_pton(AF_INET, address, &in) != 1)
		return check_bad(c, "'%s' is not an IPv4 subnet: write one like %s", text,
				 PLAN_SUBNET);
	network = ntohl(in.s_addr);
	if (network & (UINT32_MAX >> c->plan->prefix))
		return check_bad(c, "'%s' has bits set behind its prefix: write one like %s", text,
				 PLAN_SUBNET);
	if (PLAN_FIRST_ADDRESS + c->plan->nr_hosts > (UINT32_MAX >> c->plan->prefix))
		return check_bad(c, "'%s' has too few addresses for %u hosts: widen it", text,
				 c->plan->nr_hosts);
	set_address(&c->plan->client_host, network, 1);
	for (i = 0; i < c->plan->nr_hosts; i++)
		set_address(&c->plan->hosts[i], network, PLAN_FIRST_ADDRESS + i);
	return 0;
}

/* "1gbit", "100mbit" or "64kbit", as tc(8) has it, into *@bits per second. 0 or -EINVAL. */
static int parse_rate(const char *text, u64 *bits)
{
	static const struct {
		const char *unit;
		double times;
	} units[] = { { "bit", 1 }, { "kbit", 1e3 }, { "mbit", 1e6 }, { "gbit", 1e9 } };
	char *end;
	double value = strtod(text, &end);
	size_t i;

	for (i = 0; end != text && i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].unit) != 0)
			continue;
		value *= units[i].times;
		if (!(value >= 1000 && value <= 1e12))
			return -EINVAL;
		*bits = (u64)value;
		return 0;
	}
	return -EINVAL;
}

static int check_link(struct check *c, unsigned int i)
{
	struct plan_link *link = c->plan->hosts[i].link;

	check_at(c, "hosts/%u/link/delay", i);
	if (!link)
		return 0;
	if (check_duration(c, link->delay, 1000, &link->delay_ns))
		return -1;
	check_at(c, "hosts/%u/link/rate", i);
	if (link->rate && parse_rate(link->rate, &link->rate_bits))
		return check_bad(c,
				 "'%s' is not a rate from 1kbit to 1000gbit: write one like "
				 "100mbit",
				 link->rate);
	return 0;
}

static int check_hosts(struct check *c)
{
	struct plan *plan = c->plan;
	unsigned int i, machines = 0;

	for (i = 0; i < plan->nr_hosts; i++) {
		struct plan_host *host = &plan->hosts[i];

		check_at(c, "hosts/%u/name", i);
		if (check_name(c, host->name))
			return -1;
		if (strcmp(host->name, PLAN_CLIENT) == 0)
			return check_bad(c, "host '%s' is the load generator's own: rename it",
					 host->name);
		if (plan_find_host(plan, host->name) != (int)i)
			return check_bad(c, "host '%s' stands here a second time: rename one",
					 host->name);
		check_at(c, "hosts/%u/machine", i);
		if (plan_is_machine(host) && machines++)
			return check_bad(c, "a second host is the machine itself: there is one");
		check_at(c, "hosts/%u/cpus", i);
		if (check_cpus(c, host->cpus, &host->cpu_set) || check_link(c, i))
			return -1;
	}
	plan->client_host.name = (char *)PLAN_CLIENT;
	plan->client_host.cpu_set = c->machine->online;
	check_at(c, "client/cpus");
	if (!plan->client || !plan->client->cpus)
		return 0;
	plan->client_host.cpus = plan->client->cpus;
	return check_cpus(c, plan->client->cpus, &plan->client_host.cpu_set);
}

static int check_ready(struct check *c, unsigned int i)
{
	struct plan_service *s = &c->plan->services[i];
	const struct plan_ready *ready = s->ready;

	s->within_ns = PLAN_WITHIN_NS;
	check_at(c, "services/%u/ready", i);
	if (!ready && !s->port)
		return check_bad(c, "service '%s' has no port to wait for: add 'port' or 'ready'",
				 s->name);
	if (!ready)
		return 0;
	if (!!ready->tcp + !!ready->http + !!ready->command > 1)
		return check_bad(c, "'ready' has more than one of tcp, http and command: keep one");
	if (!s->port && !ready->command && !(ready->tcp && !*ready->tcp))
		return check_bad(c,
				 "service '%s' has no port to wait for: add 'port' or a 'command'",
				 s->name);
	check_at(c, "services/%u/ready/http", i);
	if (ready->http && ready->http[0] != '/')
		return check_bad(c, "'%s' is not a path: write one like /health", ready->http);
	check_at(c, "services/%u/ready/within", i);
	return check_duration(c, ready->within, 1, &s->within_ns);
}

/* Names that are files in every cgroup directory ("cpu.stat"), or that situ uses itself. */
static bool reserved(const char *name)
{
	static const char *const files[] = { "cgroup", "cpu",	  "cpuacct", "cpuset",	"memory",
					     "io",     "blkio",	  "pids",    "hugetlb", "misc",
					     "rdma",   "devices", "freezer", "irq" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		size_t len = strlen(files[i]);

		if (strncmp(name, files[i], len) == 0 && name[len] == '.')
			return true;
	}
	return strcmp(name, PLAN_LOAD) == 0 || strcmp(name, PLAN_PREPARE) == 0 ||
	       strcmp(name, "tasks") == 0 || strcmp(name, "notify_on_release") == 0;
}

static int check_env(struct check *c, unsigned int i)
{
	const struct plan_service *s = &c->plan->services[i];
	unsigned int j;

	for (j = 0; j < s->nr_env; j++) {
		check_at(c, "services/%u/env/%u", i, j);
		if (!strchr(s->env[j], '=') || s->env[j][0] == '=')
			return check_bad(c, "'%s' is not NAME=value: write '- NAME=value'",
					 s->env[j]);
		/* A shell has it as a word of podman's command. */
		if (s->container && s->env[j][strspn(s->env[j], NAME_CHARACTERS)] != '=')
			return check_bad(
				c,
				"the name in '%s' is not of letters, digits, '.', '_' and '-', as "
				"a container's must be: rename it",
				s->env[j]);
	}
	return 0;
}

/* Exactly one way to run it. */
static int check_kind(struct check *c, unsigned int i)
{
	const struct plan_service *s = &c->plan->services[i];
	const struct plan_container *container = s->container;

	check_at(c, "services/%u", i);
	if (!!s->command + !!s->start + !!container != 1)
		return check_bad(c, "service '%s' takes one of command, start and container: %s",
				 s->name,
				 s->command || s->start || container ? "keep one" : "add one");
	if (s->start && !s->stop)
		return check_bad(c, "service '%s' has a start command: add a 'stop' to it",
				 s->name);
	check_at(c, "services/%u/container", i);
	if (container && !container->image == !container->rootfs)
		return check_bad(c, "a container takes an image or a rootfs: write one of them");
	if (container && s->user)
		return check_bad(c,
				 "podman changes the user of a container: write 'options: "
				 "--user=%s' in place of 'user'",
				 s->user);
	return 0;
}

static int check_service(struct check *c, unsigned int i)
{
	const struct plan_service *s = &c->plan->services[i];

	check_at(c, "services/%u/name", i);
	if (check_name(c, s->name))
		return -1;
	if (reserved(s->name))
		return check_bad(c, "service name '%s' is taken by situ or the kernel: rename it",
				 s->name);
	if (plan_find_service(c->plan, s->name) != (int)i)
		return check_bad(c, "service '%s' stands here a second time: rename one", s->name);
	check_at(c, "services/%u/port", i);
	if (s->port > 65535)
		return check_bad(c, "port %u is above 65535: write a TCP port", s->port);
	check_at(c, "services/%u/user", i);
	if (s->user && c->machine->user_exists && !c->machine->user_exists(s->user))
		return check_bad(c, "there is no user '%s' here: add it, or take 'user' out",
				 s->user);
	return check_kind(c, i) || check_env(c, i) || check_ready(c, i) ? -1 : 0;
}

static int check_services(struct check *c)
{
	unsigned int i;

	for (i = 0; i < c->plan->nr_services; i++) {
		if (check_service(c, i))
			return -1;
	}
	return 0;
}

int check_unknown_service(struct check *c, const char *name)
{
	const char *known[256], *near;
	size_t nr;

	for (nr = 0; nr < c->plan->nr_services && nr < ARRAY_SIZE(known); nr++)
		known[nr] = c->plan->services[nr].name;
	near = opts_nearest(name, known, nr);
	if (near)
		return check_bad(c, "unknown service '%s': did you mean '%s'?", name, near);
	return check_bad(c, "unknown service '%s': write one that 'services' lists", name);
}

/* @shell: the text is a command, one line of a shell. */
static int check_template(struct check *c, struct words_scope *scope, const char *text, bool shell)
{
	char problem[256];
	struct buf out = buf_init(COMMAND_MAX);
	int failed;

	scope->shell = shell;
	failed = words_expand(scope, text, &out, problem, sizeof(problem));
	buf_free(&out);
	if (failed == -EINVAL)
		return check_bad(c, "%s", problem);
	if (failed)
		return check_bad(c, "this grows beyond %d bytes: shorten it", COMMAND_MAX);
	if (shell && text[strcspn(text, "\n")] && text[strcspn(text, "\n") + 1])
		return check_bad(
			c, "a command of several lines: write it as one line, or as a script");
	return 0;
}

static int check_templates_of(struct check *c, struct words_scope *scope)
{
	unsigned int i = scope->service, j;
	const struct plan_service *s = &c->plan->services[i];
	const struct plan_container none = { 0 }, *container = s->container ? s->container : &none;
	const struct {
		const char *key, *text;
	} commands[] = {
		{ "command", s->command },
		{ "start", s->start },
		{ "container/image", container->image },
		{ "container/rootfs", container->rootfs },
		{ "container/options", container->options },
		{ "container/args", container->args },
		{ "ready/command", s->ready ? s->ready->command : NULL },
		{ "reset", s->reset },
		{ "stop", s->stop },
	};

	for (j = 0; j < ARRAY_SIZE(commands); j++) {
		check_at(c, "services/%u/%s", i, commands[j].key);
		if (commands[j].text && check_template(c, scope, commands[j].text, true))
			return -1;
	}
	for (j = 0; j < s->nr_env; j++) {
		check_at(c, "services/%u/env/%u", i, j);
		if (check_template(c, scope, s->env[j], false))
			return -1;
	}
	return 0;
}

/* Every word has a value in every placement, or none: one placement is enough. */
static int check_templates(struct check *c)
{
	struct words_scope scope = {
		.plan = c->plan,
		.dir = "/tmp",
		.prepared = "/tmp",
		.cgroup = "/situ",
		.bin = c->machine->bin,
	};

	for (; scope.service < c->plan->nr_services; scope.service++) {
		if (check_templates_of(c, &scope))
			return -1;
	}
	return 0;
}

static int check_trials(struct check *c)
{
	struct plan *plan = c->plan;

	plan->nr_trials = infer_least_pairs(plan_family(plan));
	if (plan->nr_trials < PLAN_TRIALS)
		plan->nr_trials = PLAN_TRIALS;
	if (plan->trials)
		plan->nr_trials = *plan->trials;
	plan->order_seed = plan->seed ? *plan->seed : 1;
	check_at(c, "seed");
	if (plan->order_seed > PLAN_SEED_MAX)
		return check_bad(c, "seed %" PRIu64 " is above %" PRIu64 ": write a smaller one",
				 plan->order_seed, (u64)PLAN_SEED_MAX);
	check_at(c, "trials");
	if (plan->nr_trials < 1 || plan->nr_trials > PLAN_TRIALS_MAX)
		return check_bad(c, "%u trials are not between 1 and %d: write another number",
				 plan->nr_trials, PLAN_TRIALS_MAX);
	return 0;
}

int plan_check(struct plan *plan, const struct plan_machine *machine, struct err *err)
{
	struct check c = { .plan = plan, .machine = machine, .err = err };

	check_at(&c, "name");
	if (check_name(&c, plan->name) || check_subnet(&c) || check_hosts(&c) ||
	    check_services(&c) || check_placements(&c) || check_templates(&c) || check_load(&c) ||
	    check_limits(&c))
		return -1;
	return check_trials(&c);
}

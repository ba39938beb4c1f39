// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sample_plan.h"
#include "tests/unit/unit.h"

static struct plan *parse_at(const char *here, const char *text, struct err *err)
{
	const struct plan_machine machine = sample_machine();
	struct plan *plan;
	int failed = plan_parse("x.yaml", here, text, strlen(text), &machine, &plan, err);

	assert_int_equal(failed ? 1 : 0, plan ? 0 : 1);
	return plan;
}

static void every_key_is_read(void **state)
{
	struct err err = { 0 };
	struct plan *plan = parse_at("/lab", sample_yaml, &err);

	(void)state;
	assert_string_equal(err.text, "");
	assert_non_null(plan);
	assert_string_equal(plan->name, "shop");
	assert_int_equal(plan->nr_hosts, 2);
	assert_string_equal(plan->hosts[0].address, "10.9.0.11");
	assert_string_equal(plan->hosts[1].address, "10.9.0.12");
	assert_string_equal(plan->client_host.address, "10.9.0.1");
	assert_int_equal(plan->prefix, 24);
	assert_true(CPU_ISSET(1, &plan->hosts[1].cpu_set));
	assert_int_equal(CPU_COUNT(&plan->client_host.cpu_set), 2);
	assert_string_equal(plan->prepare, "./prepare.sh");
	assert_int_equal(plan->nr_services, 2);
	assert_string_equal(plan->services[0].user, "nobody");
	assert_int_equal(plan->services[0].port, 6379);
	assert_int_equal(plan->services[0].within_ns, PLAN_WITHIN_NS);
	assert_int_equal(plan->services[1].nr_env, 2);
	assert_int_equal(plan->services[1].within_ns, 1500 * NSEC_PER_MSEC);
	assert_string_equal(plan_host_of(plan, 0, 0)->name, "a");
	assert_string_equal(plan_host_of(plan, 1, 0)->name, "b");
	assert_string_equal(plan_host_of(plan, 1, 1)->name, "a");
	assert_int_equal(plan->nr_trials, 5);
	assert_int_equal(plan_total_trials(plan), 10);
	assert_true(plan->order_seed == INT64_MAX);
	assert_string_equal(plan->phases[0].workload_path, "/lab/w.yaml");
	assert_int_equal(plan->load.target_index, 1);
	assert_float_equal(plan->phases[0].rate, 150.5, 1e-9);
	assert_int_equal(plan->phases[0].nr_connections, 7);
	assert_int_equal(plan->nr_phases, 1);
	assert_string_equal(plan->phases[0].name, PLAN_PHASE);
	assert_int_equal(plan->load.warmup_ns, 0);
	assert_int_equal(plan->phases[0].duration_ns, 250 * NSEC_PER_MSEC);
	plan_free(plan);
}

static void what_is_left_out_has_a_default(void **state)
{
	static const char text[] = "name: x\n"
				   "hosts: [{name: a, cpus: '0'}]\n"
				   "services: [{name: s, command: c, port: 1}]\n"
				   "placements: [{name: p, on: [{host: a, services: [s]}]}]\n"
				   "load: {workload: /etc/w.yaml, target: s, rate: 1}\n";
	struct err err = { 0 };
	struct plan *plan = parse_at("/lab", text, &err);

	(void)state;
	assert_string_equal(err.text, "");
	assert_non_null(plan);
	assert_string_equal(plan->hosts[0].address, "10.83.0.11");
	assert_int_equal(CPU_COUNT(&plan->client_host.cpu_set), 2);
	assert_int_equal(plan->nr_trials, PLAN_TRIALS);
	assert_int_equal(plan->order_seed, 1);
	assert_int_equal(plan->phases[0].nr_connections, PLAN_CONNECTIONS);
	assert_true(plan->load.warmup_ns == PLAN_WARMUP_NS);
	assert_true(plan->phases[0].duration_ns == PLAN_DURATION_NS);
	plan_free(plan);
}

/* @text with the first @from replaced by @to, for the caller to free. */
static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out;

	assert_non_null(at);
	assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
	return out;
}

struct mistake {
	const char *from, *to; /* in the sample file */
	const char *error;
};

static void check_mistakes(const struct mistake *mistakes, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		char *text = replaced(sample_yaml, mistakes[i].from, mistakes[i].to);
		struct err err = { 0 };

		assert_null(parse_at("/lab", text, &err));
		assert_string_equal(err.text, mistakes[i].error);
		assert_int_equal(err.code, EXIT_USAGE);
		free(text);
	}
}

static void keys_and_values(void **state)
{
	static const struct mistake mistakes[] = {
		{ "    port: 8080", "    prot: 8080",
		  "x.yaml:18:5: unknown key 'prot': did you mean 'port'?" },
		{ "trials: 5", "colour: red",
		  "x.yaml:34:1: unknown key 'colour': known here are name, hosts, client, subnet, "
		  "prepare, services, placements, aa, trials, seed, retries, limits, cooldown, "
		  "load" },
		{ "trials: 5", "trials: 5\ntrials: 6",
		  "x.yaml:35:1: key 'trials' stands here a second time: take one out" },
		{ "  target: web\n", "",
		  "x.yaml:37:3: 'load' lacks the key 'target': add 'target: ...'" },
		{ "name: shop\n", "",
		  "x.yaml:1:1: the file lacks the key 'name': add 'name: ...'" },
		{ "port: 8080", "port: x",
		  "x.yaml:18:11: 'port: x' is not a whole number: write for example 'port: 5'" },
		{ "port: 8080", "port: -1",
		  "x.yaml:18:11: 'port: -1' is not a whole number: write for example 'port: 5'" },
		{ "port: 8080", "port: 010",
		  "x.yaml:18:11: 'port: 010' is not a whole number: write for example 'port: 5'" },
		{ "port: 8080", "port: 4294967296",
		  "x.yaml:18:11: 'port: 4294967296' is not a whole number: write for example "
		  "'port: 5'" },
		{ "rate: 150.5", "rate: fast",
		  "x.yaml:39:9: 'rate: fast' is not a number: write for example 'rate: 5'" },
		{ "rate: 150.5", "rate: nan",
		  "x.yaml:39:9: 'rate: nan' is not a number: write for example 'rate: 5'" },
		{ "name: shop", "name:", "x.yaml:1:6: 'name' is empty: give it a value" },
		{ "command: redis --port {{port.redis}}", "command: [a]",
		  "x.yaml:13:14: 'command' is one value, not a list or keys: write 'command: "
		  "VALUE'" },
		{ "services: [redis, web]", "services: redis",
		  "x.yaml:29:19: 'services' is a list: write its items as lines '- ...'" },
		{ "services: [redis, web]", "services: []",
		  "x.yaml:29:19: 'services' is empty: give it at least 1" },
		{ "client:\n  cpus: \"0-1\"", "client: 1",
		  "x.yaml:7:9: 'client' needs keys: write lines like 'cpus: ...'" },
		{ "      http: /health", "      tcp: perhaps",
		  "x.yaml:23:12: 'tcp: perhaps' is neither true nor false: write one of them" },
		{ "trials: 5", "trials: &n 5\nfive: *n",
		  "x.yaml:35:1: unknown key 'five': known here are name, hosts, client, subnet, "
		  "prepare, services, placements, aa, trials, seed, retries, limits, cooldown, "
		  "load" },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes));
}

static void syntax(void **state)
{
	static const struct mistake mistakes[] = {
		{ "  - name: b", "  - name: b: c",
		  "x.yaml:5:12: not YAML (mapping values are not allowed in this context): correct "
		  "the syntax here" },
		{ "trials: 5", "\ttrials: 5",
		  "x.yaml:34:1: not YAML (found character that cannot start any token): correct "
		  "the syntax here" },
		{ "trials: 5", "---\ntrials: 5",
		  "x.yaml:1:1: the file lacks the key 'load': add 'load: ...'" },
		{ "  duration: 250ms\n", "---\nname: y\n",
		  "x.yaml:43:1: a second document: keep one file for each" },
		{ "trials: 5\nseed: 9223372036854775807", "trials: &n 5\nseed: *n",
		  "x.yaml:35:1: YAML alias unsupported: write it another way" },
	};
	struct err err = { 0 };

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes));
	assert_null(parse_at("/lab", "", &err));
	assert_string_equal(err.text, "x.yaml:1:1: the file is empty: write its keys");
	err = (struct err){ 0 };
	assert_null(parse_at("/lab", "- a\n", &err));
	assert_string_equal(err.text,
			    "x.yaml:1:1: the file needs keys: write lines like 'name: ...'");
	err = (struct err){ 0 };
	assert_null(parse_at("/lab", "name: \"a\\0b\"\n", &err));
	assert_string_equal(err.text, "x.yaml:1:7: 'name' holds a NUL byte: take it out");
}

static void hosts(void **state)
{
	static const struct mistake mistakes[] = {
		{ "  - name: b", "  - name: a",
		  "x.yaml:5:11: host 'a' stands here a second time: rename one" },
		{ "  - name: b", "  - name: client",
		  "x.yaml:5:11: host 'client' is the load generator's own: rename it" },
		{ "  - name: b", "  - name: ../b",
		  "x.yaml:5:11: name '../b' is not of letters, digits, '.', '_' and '-': rename it" },
		{ "  - name: b", "  - name: .b",
		  "x.yaml:5:11: name '.b' is not of letters, digits, '.', '_' and '-': rename it" },
		{ "cpus: \"1\"", "cpus: 0-",
		  "x.yaml:6:11: '0-' is not a CPU list: write one like \"0\" or \"0,2-3\"" },
		{ "cpus: \"1\"", "cpus: 0-7",
		  "x.yaml:6:11: CPU 2 is not online here: see /sys/devices/system/cpu/online" },
		{ "cpus: \"0-1\"", "cpus: 5",
		  "x.yaml:8:9: CPU 5 is not online here: see /sys/devices/system/cpu/online" },
		{ "10.9.0.0/24", "10.9.0.0",
		  "x.yaml:9:9: '10.9.0.0' is not an IPv4 subnet: write one like 10.83.0.0/24" },
		{ "10.9.0.0/24", "10.9.0.0/24x",
		  "x.yaml:9:9: '10.9.0.0/24x' is not an IPv4 subnet: write one like 10.83.0.0/24" },
		{ "10.9.0.0/24", "10.9.0/24",
		  "x.yaml:9:9: '10.9.0/24' is not an IPv4 subnet: write one like 10.83.0.0/24" },
		{ "10.9.0.0/24", "10.9.0.1/24",
		  "x.yaml:9:9: '10.9.0.1/24' has bits set behind its prefix: write one like "
		  "10.83.0.0/24" },
		{ "10.9.0.0/24", "10.9.0.0/29",
		  "x.yaml:9:9: '10.9.0.0/29' has too few addresses for 2 hosts: widen it" },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes));
}

static void services(void **state)
{
	static const struct mistake mistakes[] = {
		{ "  - name: web", "  - name: redis",
		  "x.yaml:16:11: service 'redis' stands here a second time: rename one" },
		{ "  - name: web", "  - name: load",
		  "x.yaml:16:11: service name 'load' is taken by situ or the kernel: rename it" },
		{ "  - name: web", "  - name: cpu.stat",
		  "x.yaml:16:11: service name 'cpu.stat' is taken by situ or the kernel: rename "
		  "it" },
		{ "  - name: web", "  - name: a/b",
		  "x.yaml:16:11: name 'a/b' is not of letters, digits, '.', '_' and '-': rename "
		  "it" },
		{ "port: 8080", "port: 65536",
		  "x.yaml:18:11: port 65536 is above 65535: write a TCP port" },
		{ "user: nobody", "user: somebody",
		  "x.yaml:15:11: there is no user 'somebody' here: add it, or take 'user' out" },
		{ "- EMPTY=", "- EMPTY",
		  "x.yaml:21:9: 'EMPTY' is not NAME=value: write '- "
		  "NAME=value'" },
		{ "- EMPTY=", "- =x", "x.yaml:21:9: '=x' is not NAME=value: write '- NAME=value'" },
		{ "http: /health", "http: health",
		  "x.yaml:23:13: 'health' is not a path: write one like /health" },
		{ "http: /health", "http: /health\n      tcp: true",
		  "x.yaml:23:7: 'ready' has more than one of tcp, http and command: keep one" },
		{ "within: 1.5s", "within: soon",
		  "x.yaml:24:15: 'soon' is not a duration up to 24h: write one like 500ms, 8s or "
		  "2m" },
		{ "within: 1.5s", "within: 0",
		  "x.yaml:24:15: '0' is too short: write a longer one" },
		{ "    port: 6379\n", "",
		  "x.yaml:12:5: service 'redis' has no port to wait for: "
		  "add 'port' or 'ready'" },
		{ "redis --port {{port.redis}}", "|\n      redis\n      rm -r x",
		  "x.yaml:13:14: a command of several lines: write it as one line, or as a "
		  "script" },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes));
}

static void placements(void **state)
{
	static const struct mistake mistakes[] = {
		{ "services: [redis, web]", "services: [redis, wep]",
		  "x.yaml:29:27: unknown service 'wep': did you mean 'web'?" },
		{ "services: [redis, web]", "services: [redis, postgres]",
		  "x.yaml:29:27: unknown service 'postgres': write one that 'services' lists" },
		{ "services: [redis, web]", "services: [redis, web, redis]",
		  "x.yaml:29:32: service 'redis' is placed a second time in 'packed': take one "
		  "out" },
		{ "services: [redis, web]", "services: [redis]",
		  "x.yaml:28:7: placement 'packed' leaves out service 'web': put it on a host" },
		{ "{host: b, services: [redis]}", "{host: c, services: [redis]}",
		  "x.yaml:33:16: unknown host 'c': write one that 'hosts' lists" },
		{ "  - name: spread", "  - name: packed",
		  "x.yaml:30:11: placement 'packed' stands here a second time: rename one" },
		{ "port: 8080", "port: 6379",
		  "x.yaml:18:11: services 'redis' and 'web' share port 6379 on host 'a' in "
		  "placement 'packed': change one port" },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes));
}

static void words_and_load(void **state)
{
	static const struct mistake mistakes[] = {
		{ "--port {{port.redis}}", "--port {{prot.redis}}",
		  "x.yaml:13:14: unknown word '{{prot.redis}}': did you mean '{{port.redis}}'?" },
		{ "R={{host.redis}}", "R={{host.radis}}",
		  "x.yaml:20:9: '{{host.radis}}' names no service: did you mean '{{host.redis}}'?" },
		{ "target: web", "target: wab",
		  "x.yaml:38:11: unknown service 'wab': did you mean 'web'?" },
		{ "workload: w.yaml", "workload: v.yaml",
		  "x.yaml:37:13: cannot read the workload file v.yaml: write its path" },
		{ "rate: 150.5", "rate: 0",
		  "x.yaml:39:9: rate 0 is not between 0 and 1e+06: write requests per second" },
		{ "connections: 7", "connections: 0",
		  "x.yaml:40:16: 0 connections are not between 1 and 10000: write another number" },
		{ "duration: 250ms", "duration: 0s",
		  "x.yaml:42:13: '0s' is too short: write a longer one" },
		{ "duration: 250ms", "duration: 25h",
		  "x.yaml:42:13: '25h' is not a duration up to 24h: write one like 500ms, 8s or "
		  "2m" },
		{ "seed: 9223372036854775807", "seed: 9223372036854775808",
		  "x.yaml:35:7: seed 9223372036854775808 is above 9223372036854775807: write a "
		  "smaller one" },
		{ "trials: 5", "trials: 0",
		  "x.yaml:34:9: 0 trials are not between 1 and 1000: write another number" },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes));
}

static void a_file_cut_anywhere_is_an_error_or_a_plan(void **state)
{
	const struct plan_machine machine = sample_machine();
	size_t len;

	(void)state;
	for (len = 0; len < strlen(sample_yaml); len++) {
		char *cut = malloc(len + 1);
		struct err err = { 0 };
		struct plan *plan;

		/* One byte short of a terminator, so that a sanitizer sees a read too far. */
		assert_non_null(cut);
		memcpy(cut, sample_yaml, len);
		if (plan_parse("x.yaml", "/lab", cut, len, &machine, &plan, &err))
			assert_int_equal(err.code, EXIT_USAGE);
		plan_free(plan);
		free(cut);
	}
}

static void a_missing_file_is_named(void **state)
{
	const struct plan_machine machine = sample_machine();
	struct err err = { 0 };
	struct plan *plan;

	(void)state;
	assert_int_equal(plan_load("/nonexistent/x.yaml", &machine, &plan, &err), -1);
	assert_null(plan);
	assert_string_equal(err.text, "cannot read /nonexistent/x.yaml: No such file or directory: "
				      "name an experiment file");
	assert_int_equal(err.code, EXIT_USAGE);
}

/* A directory of blanks and dollars must not become part of a shell's program. */
static void a_hostile_directory_is_not_given_to_a_shell(void **state)
{
	char *text = replaced(sample_yaml, "w.yaml", "/etc/w.yaml");
	struct err err = { 0 };

	(void)state;
	assert_null(parse_at("/lab $(reboot)", text, &err));
	assert_string_equal(err.text, "x.yaml:17:14: '{{here}}' has characters that a shell takes "
				      "apart: move it, or write \"$SITU_HERE\"");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(what_is_left_out_has_a_default),
		cmocka_unit_test(keys_and_values),
		cmocka_unit_test(syntax),
		cmocka_unit_test(hosts),
		cmocka_unit_test(services),
		cmocka_unit_test(placements),
		cmocka_unit_test(words_and_load),
		cmocka_unit_test(a_file_cut_anywhere_is_an_error_or_a_plan),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(a_hostile_directory_is_not_given_to_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

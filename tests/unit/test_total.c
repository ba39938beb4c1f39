// SPDX-License-Identifier: GPL-2.0-only
/* The agent's total: what adds up, what is dropped, what is folded, and what /metrics shows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/random_run.h"
#include "tests/unit/sample_run.h"
#include "user/agent/fold.h"
#include "user/agent/own.h"
#include "user/agent/total.h"
#include "user/model/profile.h"

#define MINUTE (60 * NSEC_PER_SEC)
#define HOST   "vm"

static struct service *service(struct phase *phase, const char *name, u64 cpu_ns)
{
	struct service *at = phase_add_service(phase, name, HOST);

	assert_non_null(at);
	at->cpu_ns = cpu_ns;
	at->mem_bytes = 1000;
	assert_int_equal(hist_record(&at->slice_ns, HIST_KERNEL_SUB_BITS, cpu_ns), 0);
	return at;
}

static void add(struct total *total, struct phase *interval, u64 now_ns)
{
	assert_int_equal(total_add(total, interval, now_ns), 0);
	assert_int_equal(interval->nr_services, 0);
}

static struct service *shown(const struct total *total, const char *name)
{
	return phase_find_service(&total->sum, name, HOST);
}

static char *text_of(const struct total *total, enum openmetrics_text format)
{
	struct own_facts facts = { .total = total, .kernel = "6.1" };
	struct openmetrics_number own[OWN_NR];
	struct openmetrics_live live = { &total->sum, &total->last, own, OWN_NR };
	struct err err = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	own_numbers(&facts, own);
	assert_int_equal(export_openmetrics_live(&live, format, out, &err), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void has(const struct total *total, enum openmetrics_text format, const char *line,
		bool want)
{
	char *text = text_of(total, format), *at = strstr(text, line);
	size_t len = strlen(line);

	while (at && (at[len] != '\n' || (at > text && at[-1] != '\n')))
		at = strstr(at + 1, line);
	if ((at != NULL) != want)
		fail_msg("%s: %s\n%s", want ? "lacks" : "has", line, text);
	free(text);
}

static void counters_add_and_gauges_are_the_last(void **state)
{
	struct phase interval = { 0 };
	struct total total = { 0 };

	(void)state;
	service(&interval, "web", 1500000000);
	assert_int_equal(tally_add(&interval.map_fill, "edges of 9", 5), 0);
	add(&total, &interval, MINUTE);
	service(&interval, "web", 500000000)->mem_bytes = 700;
	service(&interval, "db", 7)->mem_bytes = 70;
	assert_int_equal(tally_add(&interval.map_fill, "edges of 9", 3), 0);
	add(&total, &interval, 2 * MINUTE);
	has(&total, OPENMETRICS_1_0,
	    "situ_service_cpu_seconds_total{service=\"web\",host=\"vm\"} 2", true);
	has(&total, OPENMETRICS_1_0, "situ_service_mem_bytes{service=\"web\",host=\"vm\"} 700",
	    true);
	has(&total, OPENMETRICS_1_0,
	    "situ_service_slice_seconds_count{service=\"web\",host=\"vm\"} 2", true);
	has(&total, OPENMETRICS_1_0, "situ_phase_map_fill{label=\"edges of 9\"} 3", true);
	/* What memory a service has that did nothing is not known. */
	service(&interval, "db", 1);
	add(&total, &interval, 3 * MINUTE);
	has(&total, OPENMETRICS_1_0,
	    "situ_service_cpu_seconds_total{service=\"web\",host=\"vm\"} 2", true);
	has(&total, OPENMETRICS_1_0, "situ_service_mem_bytes{service=\"web\",host=\"vm\"} 700",
	    false);
	total_free(&total);
}

static void the_gone_are_dropped_and_begin_anew(void **state)
{
	struct phase interval = { 0 };
	struct total total = { 0 };
	u64 now_ns = MINUTE;

	(void)state;
	service(&interval, "job", 100);
	service(&interval, "web", 10);
	assert_int_equal(tally_add(&interval.services[1].waited_for_ns, "job", 3), 0);
	assert_non_null(phase_add_edge(&interval, "job", "web", "10.0.0.1:80", HOST, HOST));
	assert_non_null(phase_add_profile(&interval, "job -> web"));
	add(&total, &interval, now_ns);
	while (now_ns < MINUTE + TOTAL_KEEP_NS) {
		assert_int_equal(shown(&total, "job")->cpu_ns, 100);
		now_ns += MINUTE;
		service(&interval, "web", 10);
		add(&total, &interval, now_ns);
	}
	assert_int_equal(total.dropped_services, 0);
	now_ns += MINUTE;
	service(&interval, "web", 10);
	add(&total, &interval, now_ns);
	assert_null(shown(&total, "job"));
	assert_int_equal(total.sum.nr_edges, 0);
	assert_int_equal(total.sum.nr_profiles, 0);
	assert_int_equal(total.dropped_services + total.dropped_edges + total.dropped_profiles, 3);
	assert_int_equal(shown(&total, "web")->cpu_ns, 10 * (now_ns / MINUTE));
	assert_int_equal(shown(&total, "web")->waited_for_ns.nr, 0);
	service(&interval, "job", 5);
	add(&total, &interval, now_ns + MINUTE);
	assert_int_equal(shown(&total, "job")->cpu_ns, 5);
	total_free(&total);
}

static u64 cpu_of(const struct phase *phase)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i < phase->nr_services; i++)
		sum += phase->services[i].cpu_ns;
	return sum;
}

/* However many come: so many rows, nothing is lost, and none goes back. */
static void rows_have_a_bound_and_lose_nothing(void **state)
{
	u64 seed = 20261123, sum = 0, before[FOLD_SERVICES_MAX + 1] = { 0 };
	struct phase interval = { 0 };
	struct total total = { 0 };
	size_t i, k;

	(void)state;
	for (i = 0; i < 40; i++) {
		for (k = 0; k < 50; k++) {
			u64 cpu_ns = random_u64(&seed) % 1000;
			char name[32];

			snprintf(name, sizeof(name), "s%llu",
				 (unsigned long long)(random_u64(&seed) % 700));
			if (phase_find_service(&interval, name, HOST))
				continue;
			service(&interval, name, cpu_ns);
			sum += cpu_ns;
		}
		add(&total, &interval, MINUTE + i);
		assert_int_equal(cpu_of(&total.sum), sum);
		assert_true(total.sum.nr_services <= FOLD_SERVICES_MAX + 1);
		for (k = 0; k < total.sum.nr_services; k++) {
			assert_true(total.sum.services[k].cpu_ns >= before[k]);
			before[k] = total.sum.services[k].cpu_ns;
		}
	}
	assert_int_equal(total.sum.nr_services, FOLD_SERVICES_MAX + 1);
	assert_non_null(shown(&total, FOLD_OTHER));
	assert_true(total.folded.services > 0);
	/* A minute later the idle ones make room. */
	service(&interval, "late", 1);
	add(&total, &interval, 3 * MINUTE);
	assert_null(shown(&total, "late"));
	assert_int_equal(total.sum.nr_services, 1);
	service(&interval, "late", 1);
	add(&total, &interval, 3 * MINUTE + 1);
	assert_int_equal(shown(&total, "late")->cpu_ns, 1);
	total_free(&total);
}

static void add_edge(struct phase *phase, const char *client, const char *server,
		     const char *client_host, const char *server_host)
{
	struct edge *edge =
		phase_add_edge(phase, client, server, "10.0.0.1:80", client_host, server_host);

	assert_non_null(edge);
	edge->responses = 1;
}

static void clients_of_all_the_world_share_a_row(void **state)
{
	struct phase interval = { 0 };
	struct total total = { 0 };
	u64 responses = 0;
	char name[32];
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "192.0.2.%zu", i);
		add_edge(&interval, name, "web", "", HOST);
	}
	add_edge(&interval, "web", "db", HOST, HOST);
	add(&total, &interval, MINUTE);
	assert_int_equal(total.sum.nr_edges, FOLD_ADDRESSES_MAX + 2);
	assert_non_null(phase_find_edge(&total.sum, FOLD_OTHER, "web", "10.0.0.1:80"));
	assert_non_null(phase_find_edge(&total.sum, "web", "db", "10.0.0.1:80"));
	for (i = 0; i < total.sum.nr_edges; i++)
		responses += total.sum.edges[i].responses;
	assert_int_equal(responses, 1001);
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "client%zu", i);
		add_edge(&interval, name, "web", HOST, HOST);
	}
	add(&total, &interval, 2 * MINUTE);
	assert_int_equal(total.sum.nr_edges, FOLD_EDGES_MAX + 1);
	total_free(&total);
}

static void inner_lists_have_bounds(void **state)
{
	struct phase interval = { 0 };
	struct total total = { 0 };
	struct service *web;
	size_t i, k;

	(void)state;
	for (i = 0; i < 3; i++) {
		web = service(&interval, "web", 1);
		for (k = 0; k < 200; k++) {
			char name[32];

			snprintf(name, sizeof(name), "(%zu-%zu)", i, k);
			assert_int_equal(tally_add(&web->waited_for_ns, name, 1), 0);
			assert_non_null(service_add_disk(web, name, "read"));
			web->disks[k].count = 1;
		}
		assert_int_equal(tally_add(&web->waited_for_ns, "(wake-up)", 1), 0);
		add(&total, &interval, MINUTE + i);
	}
	web = shown(&total, "web");
	assert_int_equal(web->waited_for_ns.nr, FOLD_WAITS_MAX + 2);
	assert_int_equal(tally_total(&web->waited_for_ns), 603);
	assert_int_equal(tally_get(&web->waited_for_ns, "(wake-up)"), 3);
	assert_int_equal(web->nr_disks, FOLD_DISKS_MAX + 1);
	assert_int_equal(service_find_disk(web, FOLD_OTHER, "read")->count, 600 - FOLD_DISKS_MAX);
	total_free(&total);
}

static void places_stay_in_their_interval(void **state)
{
	struct phase interval = { 0 };
	struct total total = { 0 };
	size_t i, k;

	(void)state;
	for (i = 0; i < 100; i++) {
		struct profile *profile;
		char name[32];

		snprintf(name, sizeof(name), "a -> b%zu", i);
		profile = phase_add_profile(&interval, name);
		profile->total = 2;
		for (k = 0; k < 3; k++) {
			name[0] = (char)('a' + k);
			assert_non_null(profile_place(profile, name));
		}
	}
	add(&total, &interval, MINUTE);
	assert_int_equal(total.sum.nr_profiles, FOLD_PROFILES_MAX + 1);
	assert_int_equal(phase_find_profile(&total.sum, FOLD_OTHER)->total,
			 2 * (100 - FOLD_PROFILES_MAX));
	for (i = 0, k = 0; i < total.last.nr_profiles; i++) {
		assert_int_equal(total.sum.profiles[i].nr_places, 0);
		k += total.last.profiles[i].nr_places;
	}
	assert_true(k > 0 && k <= FOLD_PLACES_MAX);
	total_free(&total);
}

/* Two intervals of 30 hops at each of four endpoints: none is lost, and few have names. */
static void hops_add_up_and_are_folded(void **state)
{
	struct total total = { 0 };
	size_t i, k, nr = 0;
	u64 calls = 0;
	int turn;

	(void)state;
	for (turn = 0; turn < 2; turn++) {
		struct phase interval = { 0 };

		for (i = 0; i < 4; i++) {
			const char name[] = { 'a', (char)('a' + i), 0 };
			struct profile *profile = phase_add_profile(&interval, name);

			for (k = 0; k < 30; k++) {
				const char server[] = { 's', (char)('A' + k), 0 };

				profile_hop(profile, "web", server, "", false)->calls = 7;
			}
		}
		add(&total, &interval, MINUTE);
	}
	for (i = 0; i < total.sum.nr_profiles; i++) {
		const struct profile *profile = &total.sum.profiles[i];

		nr += profile->nr_hops;
		for (k = 0; k < profile->nr_hops; k++)
			calls += profile->hops[k].calls;
	}
	assert_int_equal(calls, 2 * 4 * 30 * 7);
	assert_true(nr >= FOLD_HOPS_MAX && nr <= FOLD_HOPS_MAX + 4);
	assert_true(total.folded.parts > 0);
	total_free(&total);
}

static void long_names_are_cut(void **state)
{
	struct phase interval = { 0 };
	struct total total = { 0 };
	char name[3000];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	service(&interval, name, 1);
	name[sizeof(name) - 2] = 'y';
	service(&interval, name, 2);
	add(&total, &interval, MINUTE);
	assert_int_equal(total.sum.nr_services, 1);
	assert_int_equal(strlen(total.sum.services[0].name), FOLD_NAME_BYTES - 1);
	assert_int_equal(total.sum.services[0].cpu_ns, 3);
	assert_int_equal(total.last.services[0].mem_bytes, 2000);
	total_free(&total);
}

static void both_texts_escape_and_end_as_they_must(void **state)
{
	struct phase interval = { 0 };
	struct total total = { 0 };

	(void)state;
	service(&interval, "a\"b\\c{}", 1000000000);
	add(&total, &interval, MINUTE);
	has(&total, OPENMETRICS_1_0,
	    "situ_service_cpu_seconds_total{service=\"a\\\"b\\\\c{}\",host=\"vm\"} 1", true);
	has(&total, OPENMETRICS_OLDER,
	    "situ_service_cpu_seconds_total{service=\"a\\\"b\\\\c{}\",host=\"vm\"} 1", true);
	has(&total, OPENMETRICS_1_0, "# TYPE situ_service_cpu_seconds counter", true);
	has(&total, OPENMETRICS_OLDER, "# TYPE situ_service_cpu_seconds_total counter", true);
	has(&total, OPENMETRICS_1_0, "# UNIT situ_service_cpu_seconds seconds", true);
	has(&total, OPENMETRICS_OLDER, "# UNIT situ_service_cpu_seconds seconds", false);
	has(&total, OPENMETRICS_1_0, "# EOF", true);
	has(&total, OPENMETRICS_OLDER, "# EOF", false);
	has(&total, OPENMETRICS_1_0, "situ_phase_steal_seconds_total 0", true);
	has(&total, OPENMETRICS_1_0, "situ_kernel_info{release=\"6.1\"} 1", true);
	total_free(&total);
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Whatever an interval holds: a sample, which ends at its last blank, is there once. */
static void check_once(const struct total *total)
{
	char *text = text_of(total, OPENMETRICS_1_0), *rest = text, **line;
	size_t nr = 0, i;

	line = calloc(strlen(text) + 1, sizeof(*line)); /* a line takes a byte at least */
	assert_non_null(line);
	do {
		line[nr] = strsep(&rest, "\n");
		if (line[nr][0] != '#' && strrchr(line[nr], ' '))
			*strrchr(line[nr], ' ') = '\0';
		nr++;
	} while (rest);
	assert_true(nr > 100);
	qsort(line, nr, sizeof(*line), by_text);
	for (i = 1; i < nr; i++) {
		if (strcmp(line[i], line[i - 1]) == 0)
			fail_msg("twice: %s", line[i]);
	}
	free(line);
	free(text);
}

/* Edges that differ in nothing but the address are one; so are disks and edges that were folded. */
static void no_sample_is_there_twice(void **state)
{
	struct total total = { 0 };
	struct run run = { 0 };
	char name[32];
	size_t i, k;

	(void)state;
	sample_run(&run, 3);
	for (i = 0; i < run.nr_phases; i++) {
		struct phase *phase = &run.phases[i];
		struct edge edge = phase->edges[0];

		assert_non_null(phase_add_edge(phase, edge.client, edge.server, "[::1]:99",
					       edge.client_host, edge.server_host));
		for (k = 0; k < 2000; k++) {
			snprintf(name, sizeof(name), "peer%zu", k);
			add_edge(phase, name, k % 2 ? "web" : name, k % 3 ? "" : HOST, "");
			if (k < 600)
				service(phase, name, 1);
			if (k < 100)
				service_add_disk(&phase->services[0], name, "write");
		}
		add(&total, phase, MINUTE * i);
		check_once(&total);
	}
	run_free(&run);
	total_free(&total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_add_and_gauges_are_the_last),
		cmocka_unit_test(the_gone_are_dropped_and_begin_anew),
		cmocka_unit_test(rows_have_a_bound_and_lose_nothing),
		cmocka_unit_test(clients_of_all_the_world_share_a_row),
		cmocka_unit_test(inner_lists_have_bounds),
		cmocka_unit_test(places_stay_in_their_interval),
		cmocka_unit_test(hops_add_up_and_are_folded),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(both_texts_escape_and_end_as_they_must),
		cmocka_unit_test(no_sample_is_there_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

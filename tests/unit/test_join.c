// SPDX-License-Identifier: GPL-2.0-only
/* Two hosts' recordings into one run: which halves are joined, what the trees then add up to. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/sample_hosts.h"
#include "user/join/join.h"
#include "user/store/store.h"
#include "user/trace/bands.h"

struct pair {
	struct run a, b, out;
	struct join_report report;
	struct err err;
	int code;
};

static void join_pair(struct pair *p, double margin)
{
	const struct run *const runs[] = { &p->a, &p->b };

	p->code = join_runs(runs, 2, margin, &p->out, &p->report, &p->err);
}

static void join_ok(struct pair *p)
{
	join_pair(p, JOIN_MARGIN);
	if (p->code)
		fail_msg("%s", p->err.text);
}

static void join_fails(struct pair *p, const char *text)
{
	join_pair(p, JOIN_MARGIN);
	assert_int_equal(p->code, -1);
	assert_int_equal(p->err.code, EXIT_USAGE);
	if (!strstr(p->err.text, text))
		fail_msg("'%s' does not say '%s'", p->err.text, text);
}

static void release(struct pair *p)
{
	run_free(&p->a);
	run_free(&p->b);
	run_free(&p->out);
	join_report_free(&p->report);
}

static struct pair two_hosts(void)
{
	struct pair p = { 0 };

	host_vm1(&p.a);
	host_vm2(&p.b);
	return p;
}

static const struct edge *edge_of(const struct pair *p, const char *client, const char *server)
{
	const struct phase *phase = &p->out.phases[0];
	size_t i;

	for (i = 0; i < phase->nr_edges; i++) {
		if (strcmp(phase->edges[i].client, client) == 0 &&
		    strcmp(phase->edges[i].server, server) == 0)
			return &phase->edges[i];
	}
	return NULL;
}

static void halves_left(const struct pair *p)
{
	assert_non_null(edge_of(p, "web", CART_ADDR));
	assert_non_null(edge_of(p, "10.0.0.1", "cart"));
	assert_null(edge_of(p, "web", "cart"));
	assert_int_equal(p->report.by_isn + p->report.by_address, 0);
	assert_int_equal(p->report.calls, 0);
}

static double ns_of(const struct breakdown *b, const char *path, enum component component)
{
	double ns = 0;
	size_t i;

	for (i = 0; i < b->nr_rows; i++) {
		if (b->rows[i].component == component && strcmp(b->rows[i].path, path) == 0)
			ns += b->rows[i].ns;
	}
	return ns;
}

static void assert_ms(double ns, double ms)
{
	if (!(fabs(ns / 1e6 - ms) < 1e-6))
		fail_msg("%f ms, not %f", ns / 1e6, ms);
}

static struct breakdown tree_of(const struct pair *p, const char *endpoint, enum band band)
{
	const struct profile *profile = phase_find_profile(&p->out.phases[0], endpoint);
	struct breakdown b;

	assert_non_null(profile);
	assert_int_equal(breakdown_make(profile, band, NULL, &b), 0);
	return b;
}

static void an_edge_has_both_halves_once(void **state)
{
	struct pair p = two_hosts();
	const struct edge *edge;

	(void)state;
	join_ok(&p);
	assert_int_equal(p.out.nr_phases, 1);
	assert_int_equal(p.out.nr_hosts, 2);
	assert_int_equal(p.out.duration_ns, 60 * NSEC_PER_SEC);
	assert_int_equal(p.out.phases[0].duration_ns, 60 * NSEC_PER_SEC);
	assert_non_null(phase_find_service(&p.out.phases[0], "web", "vm1"));
	assert_non_null(phase_find_service(&p.out.phases[0], "redis", "vm2"));
	assert_int_equal(p.out.phases[0].nr_edges, 1);
	edge = edge_of(&p, "web", "cart");
	assert_non_null(edge);
	assert_string_equal(edge->client_host, "vm1");
	assert_string_equal(edge->server_host, "vm2");
	assert_string_equal(edge->server_addr, CART_ADDR);
	assert_int_equal(edge->responses, 200);
	assert_int_equal(edge->connections, 4);
	assert_int_equal(edge->bytes_tx, 200000);
	assert_int_equal(edge->retransmits, 3);
	assert_int_equal(edge->response_ns.count, 200);
	assert_int_equal(edge->service_ns.count, 200);
	assert_non_null(edge->service_ns.buckets);
	assert_ms(hist_mean(&edge->network_ns), 0.5);
	assert_int_equal(p.report.by_address, 1);
	assert_int_equal(p.report.by_isn, 0);
	assert_int_equal(p.report.servers_left, 0);
	release(&p);
}

static void a_tree_goes_on_and_its_sum_closes(void **state)
{
	struct pair p = two_hosts();
	struct breakdown b;
	size_t i;

	(void)state;
	join_ok(&p);
	assert_int_equal(p.report.calls, 1);
	b = tree_of(&p, "load -> web", BAND_ALL);
	assert_ms(b.traced_ns, 11);
	assert_ms(ns_of(&b, "web", COMPONENT_cpu), 1);
	assert_ms(ns_of(&b, "web", COMPONENT_downstream), 10);
	assert_ms(ns_of(&b, "web\ncart", COMPONENT_network), 1);
	assert_ms(ns_of(&b, "web\ncart", COMPONENT_cpu), 6);
	assert_ms(ns_of(&b, "web\ncart", COMPONENT_downstream), 3);
	assert_ms(ns_of(&b, "web\ncart\nredis", COMPONENT_network), 0.6);
	assert_ms(ns_of(&b, "web\ncart\nredis", COMPONENT_cpu), 2.4);
	for (i = 0; i < b.nr_rows; i++) {
		assert_null(strstr(b.rows[i].path, CART_ADDR));
		if (strncmp(b.rows[i].path, "web\ncart", 8) == 0)
			assert_true(fabs(b.rows[i].calls - 2) < 1e-9);
	}
	breakdown_free(&b);
	release(&p);
}

static void the_slow_keep_the_call_as_it_was(void **state)
{
	struct pair p = two_hosts();
	const struct profile *profile;
	struct breakdown b;

	(void)state;
	join_ok(&p);
	b = tree_of(&p, "load -> web", BAND_P90);
	assert_ms(b.traced_ns, 11);
	assert_ms(ns_of(&b, "web\n" CART_ADDR, COMPONENT_network), 10);
	assert_ms(ns_of(&b, "web\ncart", COMPONENT_cpu), 0);
	breakdown_free(&b);
	profile = phase_find_profile(&p.out.phases[0], "load -> web");
	assert_int_equal(profile->total, 100);
	assert_int_equal(profile->complete, 72); /* 90 % of 80 % */
	assert_int_equal(tally_get(&profile->reasons, "handover"), 10);
	assert_int_equal(tally_get(&profile->reasons, "remote_ambiguous"), 20);
	assert_int_equal(tally_get(&profile->reasons, "tail_not_joined"), 100);
	release(&p);
}

/* The connection's numbers tell, whatever the addresses are. */
static void numbers_join_through_nat(void **state)
{
	struct pair p = { 0 };

	(void)state;
	host_vm1(&p.a);
	host_run(&p.b, "vm2");
	server_half(&p.b.phases[0], "172.17.0.1", "cart", "172.17.0.3:80", "vm2", 200, 4500000);
	join_ok(&p);
	assert_non_null(edge_of(&p, "web", CART_ADDR));
	assert_non_null(edge_of(&p, "172.17.0.1", "cart"));
	assert_int_equal(p.report.by_address, 0);
	assert_int_equal(p.report.clients_left[JOIN_NO_PARTNER], 1);
	assert_int_equal(p.report.servers_left, 1);
	run_free(&p.out);
	join_report_free(&p.report);
	keep_call(&p.a.phases[0], "web", CART_ADDR, CART_ADDR, 77);
	keep_call(&p.b.phases[0], "(remote)", "cart", "172.17.0.3:80", 77);
	join_ok(&p);
	assert_int_equal(p.report.by_isn, 1);
	assert_int_equal(p.report.by_address, 0);
	assert_non_null(edge_of(&p, "web", "cart"));
	assert_int_equal(p.report.stumps[STUMP_NO_SPANS], 1); /* cart has no tree here */
	assert_int_equal(p.out.phases[0].nr_traces, 2);
	release(&p);
}

/* The same address behind another host's NAT: what was proven is worth more. */
static void a_proof_goes_before_an_address(void **state)
{
	struct pair p = two_hosts();

	(void)state;
	server_half(&p.b.phases[0], "10.0.0.1", "other", "10.9.9.9:1", "vm2", 200, 1 * MS);
	keep_call(&p.a.phases[0], "web", CART_ADDR, CART_ADDR, 5);
	keep_call(&p.b.phases[0], "(remote)", "other", "10.9.9.9:1", 5);
	join_ok(&p);
	assert_non_null(edge_of(&p, "web", "other"));
	assert_non_null(edge_of(&p, "10.0.0.1", "cart"));
	release(&p);
}

static void different_numbers_of_responses_stay_halves(void **state)
{
	struct pair p = two_hosts();

	(void)state;
	p.b.phases[0].edges[0].responses = 230;
	join_ok(&p);
	halves_left(&p);
	assert_int_equal(p.report.clients_left[JOIN_DIFFER], 1);
	assert_non_null(strstr(p.report.notes.data, "200 responses at its host, 230 at"));
	run_free(&p.out);
	join_report_free(&p.report);
	join_pair(&p, 0.2);
	assert_int_equal(p.code, 0);
	assert_non_null(edge_of(&p, "web", "cart"));
	release(&p);
}

static void halves_that_do_not_match_stay_halves(void **state)
{
	struct pair p = two_hosts();

	(void)state;
	assert_int_equal(run_set_text(&p.b.phases[0].edges[0].server_addr, "10.0.0.2:8081"), 0);
	join_ok(&p);
	halves_left(&p);
	release(&p);
	/* The loopback address of each host is its own. */
	p = two_hosts();
	assert_int_equal(run_set_text(&p.a.phases[0].edges[0].server, "127.0.0.1:80"), 0);
	assert_int_equal(run_set_text(&p.a.phases[0].edges[0].server_addr, "127.0.0.1:80"), 0);
	assert_int_equal(run_set_text(&p.b.phases[0].edges[0].server_addr, "127.0.0.1:80"), 0);
	join_ok(&p);
	assert_int_equal(p.report.by_address, 0);
	release(&p);
}

/* Two services of one name answer at one address: nothing tells which. */
static void several_candidates_are_not_guessed_from(void **state)
{
	struct pair p = two_hosts();

	(void)state;
	server_half(&p.b.phases[0], "10.0.0.1", "cart2", CART_ADDR, "vm2", 200, 1 * MS);
	join_ok(&p);
	halves_left(&p);
	assert_int_equal(p.report.clients_left[JOIN_SEVERAL], 1);
	release(&p);
	/* Of two sources of as many requests, neither; of different ones, the one that agrees. */
	p = two_hosts();
	server_half(&p.b.phases[0], "10.0.0.7", "cart", CART_ADDR, "vm2", 201, 1 * MS);
	join_ok(&p);
	assert_int_equal(p.report.clients_left[JOIN_SEVERAL], 1);
	release(&p);
	p = two_hosts();
	server_half(&p.b.phases[0], "10.0.0.7", "cart", CART_ADDR, "vm2", 500, 1 * MS);
	join_ok(&p);
	assert_int_equal(p.report.by_address, 1);
	assert_ms(hist_mean(&edge_of(&p, "web", "cart")->network_ns), 0.5);
	assert_non_null(edge_of(&p, "10.0.0.7", "cart"));
	/* But what cart did for others is in its tree. */
	assert_int_equal(p.report.stumps[STUMP_MIXED], 1);
	assert_int_equal(p.report.calls, 0);
	release(&p);
}

/* web and api behind one source address: 200 of 5 ms and 100 of 8 ms; cart took 5.5 ms. */
static void clients_that_share_a_half_share_its_mean(void **state)
{
	struct pair p = two_hosts();
	const struct edge *web, *api;
	struct edge *cart;

	(void)state;
	client_half(&p.a.phases[0], "api", CART_ADDR, "vm1", 100, 8 * MS);
	cart = &p.b.phases[0].edges[0];
	cart->responses = 300;
	hist_free(&cart->service_ns);
	fill(&cart->service_ns, HIST_KERNEL_SUB_BITS, 5500000, 300);
	join_ok(&p);
	assert_int_equal(p.report.shared, 2);
	web = edge_of(&p, "web", "cart");
	api = edge_of(&p, "api", "cart");
	assert_int_equal(p.out.phases[0].nr_edges, 2);
	assert_ms(hist_mean(&web->network_ns), 0.5);
	assert_ms(hist_mean(&api->network_ns), 0.5);
	assert_ms(hist_mean(&web->service_ns), 4.5);
	assert_ms(hist_mean(&api->service_ns), 7.5);
	assert_null(web->service_ns.buckets);
	assert_int_equal(web->service_ns.count + api->service_ns.count, 300);
	assert_int_equal(web->service_ns.sum_ns + api->service_ns.sum_ns, 1650 * MS);
	assert_int_equal(web->retransmits + api->retransmits, 3); /* once */
	release(&p);
	/* One that is answered faster than the network is: nothing is known of either. */
	p = two_hosts();
	client_half(&p.a.phases[0], "api", CART_ADDR, "vm1", 100, MS / 100);
	p.b.phases[0].edges[0].responses = 300;
	hist_free(&p.b.phases[0].edges[0].service_ns);
	fill(&p.b.phases[0].edges[0].service_ns, HIST_KERNEL_SUB_BITS, 1 * MS, 300);
	join_ok(&p);
	assert_int_equal(p.report.clients_left[JOIN_TOO_FAST], 2);
	halves_left(&p);
	release(&p);
}

/* Calls of two endpoints take 5 and 9 ms: the network is the same, the rest the server's. */
static void endpoints_differ_by_the_servers_time(void **state)
{
	struct pair p = two_hosts();
	struct profile *profile = phase_add_profile(&p.a.phases[0], "load -> web2");
	struct breakdown b;

	(void)state;
	profile->total = profile->complete = 10;
	spend(profile, "", 10, COMPONENT_downstream, 90 * MS);
	spend(profile, "web", 10, COMPONENT_downstream, 90 * MS);
	spend(profile, "web\n" CART_ADDR, 10, COMPONENT_network, 90 * MS);
	join_ok(&p);
	b = tree_of(&p, "load -> web2", BAND_ALL);
	assert_ms(b.traced_ns, 9);
	assert_ms(ns_of(&b, "web\ncart", COMPONENT_network), 0.5);
	assert_true(fabs(ns_of(&b, "web\ncart", COMPONENT_cpu) - 8.5e6 * 3 / 4.5) < 1e3);
	breakdown_free(&b);
	release(&p);
}

/* A call that took less than the network's mean is left. */
static void a_call_shorter_than_the_network_is_left(void **state)
{
	struct pair p = two_hosts();
	struct place *place = profile_place(&p.a.phases[0].profiles[0], "web\n" CART_ADDR);
	struct breakdown b;

	(void)state;
	place->slices[0].ns[COMPONENT_network] = place->slices[0].sum_ns[COMPONENT_network] =
		50 * MS;
	join_ok(&p);
	assert_int_equal(p.report.stumps[STUMP_NO_NETWORK], 1);
	b = tree_of(&p, "load -> web", BAND_ALL);
	assert_ms(ns_of(&b, "web\n" CART_ADDR, COMPONENT_network), 0.5);
	breakdown_free(&b);
	release(&p);
}

/* cart calls auth on vm1, which calls cart: the chain goes on until it meets itself. */
static void calls_in_a_circle_end(void **state)
{
	struct pair p = two_hosts();
	struct profile *auth = phase_add_profile(&p.a.phases[0], "(remote) -> auth");

	(void)state;
	client_half(&p.b.phases[0], "cart", "10.0.0.1:90", "vm2", 50, 2 * MS);
	server_half(&p.a.phases[0], "10.0.0.2", "auth", "10.0.0.1:90", "vm1", 50, 1 * MS);
	client_half(&p.a.phases[0], "auth", CART_ADDR, "vm1", 50, 5 * MS);
	p.b.phases[0].edges[0].responses = 250;
	spend(auth, "", 50, COMPONENT_downstream, 0);
	spend(auth, "auth", 50, COMPONENT_cpu, 40 * MS);
	spend(auth, "auth\n" CART_ADDR, 50, COMPONENT_network, 250 * MS);
	spend(&p.b.phases[0].profiles[0], "cart\n10.0.0.1:90", 50, COMPONENT_network, 100 * MS);
	join_ok(&p);
	assert_int_equal(p.report.by_address, 3);
	assert_int_equal(p.report.stumps[STUMP_CYCLE], 1);
	assert_int_equal(p.report.calls, 2);
	release(&p);
}

/* vm1 -> vm2 -> vm3, in one go and by joining what was joined. */
static void three_hosts_join_in_any_order(void **state)
{
	struct pair p = two_hosts();
	struct run db = { 0 }, all = { 0 };
	struct join_report report;
	struct err err = { 0 };
	struct profile *profile;
	struct breakdown b;
	int i;

	(void)state;
	client_half(&p.b.phases[0], "cart", "10.0.0.3:5432", "vm2", 100, 2 * MS);
	spend(&p.b.phases[0].profiles[0], "cart\n10.0.0.3:5432", 100, COMPONENT_network, 0);
	place_slice(profile_place(&p.b.phases[0].profiles[0], "cart\n10.0.0.3:5432"),
		    hist_index(11 * MS, HIST_CLIENT_SUB_BITS))
		->sum_ns[COMPONENT_network] = 200 * MS; /* all in the shadow of others */
	host_run(&db, "vm3");
	server_half(&db.phases[0], "10.0.0.2", "db", "10.0.0.3:5432", "vm3", 100, 1 * MS);
	profile = phase_add_profile(&db.phases[0], "(remote) -> db");
	spend(profile, "", 100, COMPONENT_downstream, 0);
	spend(profile, "db", 100, COMPONENT_disk, 100 * MS);
	for (i = 0; i < 2; i++) {
		if (i == 0) {
			const struct run *const three[] = { &db, &p.b, &p.a };

			assert_int_equal(join_runs(three, 3, JOIN_MARGIN, &all, &report, &err), 0);
			assert_int_equal(report.by_address, 2);
		} else {
			const struct run *const two[] = { &p.out, &db };

			join_ok(&p);
			assert_int_equal(join_runs(two, 2, JOIN_MARGIN, &all, &report, &err), 0);
			assert_int_equal(report.by_address, 1);
		}
		p.out = i ? p.out : (struct run){ 0 };
		assert_int_equal(all.nr_hosts, 3);
		profile = phase_find_profile(&all.phases[0], "load -> web");
		assert_int_equal(breakdown_make(profile, BAND_ALL, NULL, &b), 0);
		assert_ms(b.traced_ns, 11);
		assert_ms(ns_of(&b, "web\ncart", COMPONENT_network), 1);
		assert_ms(ns_of(&b, "web\ncart\nredis", COMPONENT_cpu), 2.4);
		assert_non_null(profile_place_of(profile, "web\ncart\ndb", PLACE_MEAN));
		breakdown_free(&b);
		run_free(&all);
		join_report_free(&report);
	}
	run_free(&db);
	release(&p);
}

/* Intervals of a recording are added up, however many each host has. */
static void intervals_add_up(void **state)
{
	struct pair p = two_hosts();
	struct phase *more = run_add_phase(&p.a, "", 2, "record");

	(void)state;
	more->started_at_ns = START_NS + 60 * NSEC_PER_SEC;
	more->duration_ns = 30 * NSEC_PER_SEC;
	p.a.duration_ns = 90 * NSEC_PER_SEC;
	client_half(more, "web", CART_ADDR, "vm1", 100, 5 * MS);
	p.b.phases[0].edges[0].responses = 300;
	join_ok(&p);
	assert_int_equal(p.out.nr_phases, 1);
	assert_int_equal(p.out.duration_ns, 90 * NSEC_PER_SEC);
	assert_int_equal(p.out.phases[0].duration_ns, 90 * NSEC_PER_SEC);
	assert_int_equal(edge_of(&p, "web", "cart")->responses, 300);
	release(&p);
}

/* One client, one server, two ports: two edges, whose intervals are added up apart. */
static void ports_are_told_apart(void **state)
{
	struct pair p = two_hosts();
	struct phase *more;

	(void)state;
	client_half(&p.a.phases[0], "web", "10.0.0.2:9090", "vm1", 70, 2 * MS);
	server_half(&p.b.phases[0], "10.0.0.1", "cart", "10.0.0.2:9090", "vm2", 40, 1 * MS);
	more = run_add_phase(&p.b, "", 2, "record");
	server_half(more, "10.0.0.1", "cart", "10.0.0.2:9090", "vm2", 30, 1 * MS);
	p.b.phases[0].edges[1].open = p.b.phases[1].edges[0].open = 5;
	join_ok(&p);
	assert_int_equal(p.report.by_address, 2);
	assert_int_equal(p.out.phases[0].nr_edges, 2);
	assert_int_equal(p.out.phases[0].edges[0].responses, 200);
	assert_int_equal(p.out.phases[0].edges[1].responses, 70);
	assert_int_equal(p.out.phases[0].edges[1].open, 5);
	assert_ms(hist_mean(&p.out.phases[0].edges[1].network_ns), 1);
	release(&p);
}

static void entries_of_one_name_are_told_apart(void **state)
{
	struct pair p = two_hosts();
	struct profile *ssh;

	(void)state;
	ssh = phase_add_profile(&p.a.phases[0], "(remote) -> ssh");
	ssh->total = 3;
	ssh = phase_add_profile(&p.b.phases[0], "(remote) -> ssh");
	ssh->total = 4;
	join_ok(&p);
	assert_int_equal(phase_find_profile(&p.out.phases[0], "(remote) -> ssh (vm1)")->total, 3);
	assert_int_equal(phase_find_profile(&p.out.phases[0], "(remote) -> ssh (vm2)")->total, 4);
	release(&p);
}

static void what_cannot_be_joined_is_refused(void **state)
{
	const struct run *one[1];
	struct pair p = two_hosts();
	struct run copy;

	(void)state;
	copy = p.b;
	assert_int_equal(run_set_text(&p.b.hosts[0], "vm1"), 0);
	join_fails(&p, "two of the runs are of host 'vm1'");
	assert_int_equal(run_set_text(&copy.hosts[0], "vm2"), 0);
	p.b.started_at_ns = p.b.phases[0].started_at_ns = START_NS + 61 * NSEC_PER_SEC;
	p.err = (struct err){ 0 };
	join_report_free(&p.report);
	join_fails(&p, "the run of 'vm1' ended before that of 'vm2' began");
	p.b.started_at_ns = p.b.phases[0].started_at_ns = START_NS;
	p.err = (struct err){ 0 };
	join_report_free(&p.report);
	assert_non_null(run_add_phase(&p.b, "spread", 1, "measure"));
	join_fails(&p, "is an experiment");
	join_report_free(&p.report);
	one[0] = &p.a;
	p.err = (struct err){ 0 };
	assert_int_equal(join_runs(one, 1, JOIN_MARGIN, &p.out, &p.report, &p.err), -1);
	assert_non_null(strstr(p.err.text, "two hosts or more"));
	release(&p);
}

/* What no kernel has counted: it may mean nothing, but must not break anything. */
static void hostile_numbers_do_no_harm(void **state)
{
	struct pair p = two_hosts();
	struct profile *entry = &p.b.phases[0].profiles[0];
	struct place *place = profile_place(&p.a.phases[0].profiles[0], "web\n" CART_ADDR);

	(void)state;
	entry->places[1].slices[0].ns[COMPONENT_cpu] = UINT64_MAX;
	entry->places[1].slices[0].calls = UINT64_MAX;
	entry->total = 0;
	place->slices[0].calls = UINT64_MAX;
	place->slices[0].ns[COMPONENT_network] = UINT64_MAX;
	keep_call(&p.a.phases[0], "web", CART_ADDR, CART_ADDR, 0);
	keep_call(&p.b.phases[0], "(remote)", "nobody", CART_ADDR, 9);
	join_ok(&p);
	assert_non_null(edge_of(&p, "web", "cart"));
	release(&p);
	p = two_hosts();
	p.a.phases[0].edges[0].responses = p.b.phases[0].edges[0].responses = UINT64_MAX;
	hist_free(&p.a.phases[0].edges[0].response_ns);
	hist_free(&p.b.phases[0].edges[0].service_ns);
	join_ok(&p);
	assert_int_equal(edge_of(&p, "web", "cart")->network_ns.count, 0);
	assert_int_equal(p.report.stumps[STUMP_NO_NETWORK], 1);
	release(&p);
}

/* Writes the two hosts' runs as stores, for the test of the command. */
static int make_stores(char **path)
{
	struct pair p = two_hosts();
	int i;

	for (i = 0; i < 2; i++) {
		enum store_added added;
		struct store *store;

		if (store_open(&store, path[i], STORE_WRITE, &p.err) ||
		    store_add_run(store, i ? &p.b : &p.a, &added, &p.err))
			return err_report(&p.err);
		store_close(store);
	}
	release(&p);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edge_has_both_halves_once),
		cmocka_unit_test(a_tree_goes_on_and_its_sum_closes),
		cmocka_unit_test(the_slow_keep_the_call_as_it_was),
		cmocka_unit_test(numbers_join_through_nat),
		cmocka_unit_test(a_proof_goes_before_an_address),
		cmocka_unit_test(different_numbers_of_responses_stay_halves),
		cmocka_unit_test(halves_that_do_not_match_stay_halves),
		cmocka_unit_test(several_candidates_are_not_guessed_from),
		cmocka_unit_test(clients_that_share_a_half_share_its_mean),
		cmocka_unit_test(endpoints_differ_by_the_servers_time),
		cmocka_unit_test(a_call_shorter_than_the_network_is_left),
		cmocka_unit_test(calls_in_a_circle_end),
		cmocka_unit_test(three_hosts_join_in_any_order),
		cmocka_unit_test(intervals_add_up),
		cmocka_unit_test(ports_are_told_apart),
		cmocka_unit_test(entries_of_one_name_are_told_apart),
		cmocka_unit_test(what_cannot_be_joined_is_refused),
		cmocka_unit_test(hostile_numbers_do_no_harm),
	};

	if (argc == 4 && strcmp(argv[1], "--make") == 0)
		return make_stores(argv + 2);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

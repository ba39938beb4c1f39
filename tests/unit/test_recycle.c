// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "user/attribute/owner.h"
#include "user/collect/recycle.h"

enum { CART = SLOT_FIRST, WEB };

static const struct owner_info cart = { .key = 7, .born_ns = 70 };
static const struct owner_info cart_again = { .key = 7, .born_ns = 71 };
static const struct owner_info web = { .key = 8, .born_ns = 80 };
static const struct sched_row none, ran = { .cpu_ns = 500 };

static void add_special(struct snapshot *s)
{
	static const struct owner_info nobody;
	u32 i;

	for (i = 0; i < SLOT_FIRST; i++)
		assert_int_equal(snapshot_add_owner(s, &nobody, &none), 0);
}

/* What is kept of a web server that is gone, and of the cart behind it that may be. */
static struct recycled keep(const struct sched_row *of_cart)
{
	const struct edge_row edge = { .key = { .client_slot = WEB, .server_slot = CART } };
	const struct sum_sample sum = {
		.whom_for = { .mark = 2, .client = SLOT_REMOTE, .server = SLOT_REMOTE },
		.call = { .client = WEB, .server = CART },
		.row = { .key = 9, .calls = 11 }
	};
	struct recycled r = { 0 };

	add_special(&r.kept);
	assert_int_equal(snapshot_add_owner(&r.kept, &cart, of_cart), 0);
	assert_int_equal(snapshot_add_owner(&r.kept, &web, &ran), 0);
	assert_int_equal(snapshot_add_edge(&r.kept, WEB, CART, &edge), 0);
	assert_int_equal(snapshot_add_sum(&r.kept, &sum), 0);
	assert_int_equal(snapshot_add_wait(&r.kept, CART, WEB, 5), 0);
	assert_int_equal(snapshot_add_wait(&r.kept, WEB, WAIT_BY_IDLE, 6), 0);
	return r;
}

static void who_lives_stands_in_a_snapshot_once(void **state)
{
	struct recycled r = keep(&none);
	struct snapshot s = { 0 }, after = { 0 };

	(void)state;
	add_special(&s);
	assert_int_equal(snapshot_add_owner(&s, &cart, &ran), 0);
	assert_int_equal(recycle_add(&r, &s), 0);
	assert_int_equal(s.nr_owners, WEB + 1);
	assert_int_equal(s.sched[CART].cpu_ns, 500);
	assert_int_equal(s.edges[0].client, WEB);
	assert_int_equal(s.edges[0].server, CART);
	assert_int_equal(s.waits[0].victim, CART);
	assert_int_equal(s.waits[0].offender, WEB);
	assert_int_equal(s.waits[1].offender, WAIT_BY_IDLE);
	assert_int_equal(s.sums[0].call.client, WEB);
	assert_int_equal(s.sums[0].call.server, CART);
	assert_int_equal(s.sums[0].whom_for.server, SLOT_REMOTE);
	assert_int_equal(s.sums[0].row.calls, 11);
	/* In the snapshot after, it is kept itself, wherever it stands there. */
	add_special(&after);
	assert_int_equal(snapshot_add_owner(&after, &web, &none), 0);
	assert_int_equal(snapshot_add_owner(&after, &cart, &ran), 0);
	assert_int_equal(owner_before(&s, &after, WEB), CART);
	snapshot_free(&after);
	snapshot_free(&s);
	recycle_forget(&r);
}

static void who_is_gone_is_added(void **state)
{
	struct recycled r = keep(&ran);
	struct snapshot s = { 0 };

	(void)state;
	add_special(&s);
	/* Its number was given anew, and the cgroup with the same key is another one. */
	assert_int_equal(snapshot_add_owner(&s, &cart_again, &none), 0);
	assert_int_equal(recycle_add(&r, &s), 0);
	assert_int_equal(s.nr_owners, WEB + 2);
	assert_int_equal(s.sched[CART].cpu_ns, 0);
	assert_int_equal(s.sched[CART + 1].cpu_ns, 500);
	assert_int_equal(s.edges[0].server, CART + 1);
	assert_int_equal(s.edges[0].client, CART + 2);
	assert_int_equal(s.sums[0].call.server, CART + 1);
	assert_int_equal(s.sums[0].call.client, CART + 2);
	snapshot_free(&s);
	recycle_forget(&r);
}

static void nothing_kept_is_nothing_added(void **state)
{
	struct recycled r = { 0 };
	struct snapshot s = { 0 };

	(void)state;
	add_special(&s);
	assert_int_equal(recycle_add(&r, &s), 0);
	assert_int_equal(s.nr_owners, SLOT_FIRST);
	snapshot_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_lives_stands_in_a_snapshot_once),
		cmocka_unit_test(who_is_gone_is_added),
		cmocka_unit_test(nothing_kept_is_nothing_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

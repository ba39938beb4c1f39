// SPDX-License-Identifier: GPL-2.0-only
/* The metric table is complete and its accessors reach what they name. */
#include <stdlib.h>

#include "tests/unit/random_run.h"
#include "user/base/text.h"

#define SEED	      20250131
#define LABEL_COLUMNS 12

/* Big enough for a struct of any entity. */
union object {
	struct hop hop;
	struct phase phase;
	struct service service;
	struct disk disk;
	struct edge edge;
	struct endpoint endpoint;
	struct program program;
};

static const size_t sizes[ENTITY_NR] = {
	[ENTITY_PHASE] = sizeof(struct phase),
	[ENTITY_SERVICE] = sizeof(struct service),
	[ENTITY_DISK] = sizeof(struct disk),
	[ENTITY_EDGE] = sizeof(struct edge),
	[ENTITY_ENDPOINT] = sizeof(struct endpoint),
	[ENTITY_PROGRAM] = sizeof(struct program),
	[ENTITY_COVERAGE] = sizeof(struct profile),
	[ENTITY_ATTRIBUTION] = sizeof(struct attribution),
	[ENTITY_HOP] = sizeof(struct hop),
};

static size_t member_size(enum metric_kind kind)
{
	switch (kind) {
	case METRIC_COUNTER:
	case METRIC_GAUGE:
		return sizeof(u64);
	case METRIC_REAL:
		return sizeof(double);
	case METRIC_HIST:
		return sizeof(struct hist);
	case METRIC_TALLY:
		return sizeof(struct tally);
	}
	fail_msg("kind %d", (int)kind);
	return 0;
}

static int ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void test_rows_are_complete(void **state)
{
	size_t nr, i;
	const struct metric *all = metrics_all(&nr);
	(void)state;

	for (i = 0; i < nr; i++) {
		const struct metric *m = &all[i];

		assert_true(m->id[0] >= 'a' && m->id[0] <= 'z');
		assert_int_equal(strspn(m->id, "abcdefghijklmnopqrstuvwxyz0123456789_"),
				 strlen(m->id));
		assert_int_not_equal(m->unit[0], 0);
		assert_int_not_equal(m->label[0], 0);
		assert_int_not_equal(m->definition[0], 0);
		assert_int_not_equal(m->error[0], 0);
		if (text_width(m->label) > LABEL_COLUMNS)
			fail_msg("label '%s' of %s is wider than %d columns", m->label, m->id,
				 LABEL_COLUMNS);
		assert_true(m->better == BETTER_LOWER || m->better == BETTER_HIGHER ||
			    m->better == BETTER_NEITHER);
		assert_int_equal(strcmp(m->id, "ns") == 0 || ends_with(m->id, "_ns"),
				 strcmp(m->unit, "ns") == 0);
		if (ends_with(m->id, "_bytes"))
			assert_string_equal(m->unit, "bytes");
		if (m->kind == METRIC_HIST)
			assert_string_equal(m->unit, "ns");
	}
}

static void test_ids_are_unique(void **state)
{
	size_t nr, i, j;
	const struct metric *all = metrics_all(&nr);
	(void)state;

	for (i = 0; i < nr; i++) {
		for (j = 0; j < i; j++) {
			if (all[i].entity == all[j].entity && strcmp(all[i].id, all[j].id) == 0)
				fail_msg("%s of %s is there twice", all[i].id,
					 entity_name(all[i].entity));
		}
	}
}

static void test_entities_cover_the_table(void **state)
{
	enum metric_entity entity;
	size_t all_nr, nr, total = 0;
	const struct metric *all = metrics_all(&all_nr);
	(void)state;

	for (entity = 0; entity < ENTITY_NR; entity++) {
		assert_non_null(entity_name(entity));
		assert_int_not_equal(entity_name(entity)[0], 0);
		assert_ptr_equal(metrics_of(entity, &nr), all + total);
		assert_true(nr > 0);
		for_each_metric (metric, entity, nr) {
			assert_int_equal(metric->entity, entity);
			assert_ptr_equal(metric_find(entity, metric->id), metric);
		}
		assert_null(metric_find(entity, "no_such_metric"));
		assert_null(metric_find(entity, ""));
		total += nr;
	}
	assert_int_equal(total, all_nr);
}

static void test_members_are_within_and_apart(void **state)
{
	size_t nr, i, j;
	const struct metric *all = metrics_all(&nr);
	(void)state;

	for (i = 0; i < nr; i++) {
		size_t end = all[i].offset + member_size(all[i].kind);

		assert_true(end <= sizes[all[i].entity]);
		for (j = 0; j < nr; j++) {
			if (i != j && all[i].entity == all[j].entity)
				assert_true(all[j].offset + member_size(all[j].kind) <=
						    all[i].offset ||
					    all[j].offset >= end);
		}
	}
}

static void test_access(void **state)
{
	struct service service = { .cpu_ns = 7 };
	struct endpoint endpoint = { .rate = 1.5 };
	struct phase phase = { 0 };
	(void)state;

	assert_int_equal(*metric_u64(metric_find(ENTITY_SERVICE, "cpu_ns"), &service), 7);
	assert_true(*metric_real(metric_find(ENTITY_ENDPOINT, "rate"), &endpoint) == 1.5);
	assert_ptr_equal(metric_hist(metric_find(ENTITY_SERVICE, "slice_ns"), &service),
			 &service.slice_ns);
	assert_ptr_equal(metric_tally(metric_find(ENTITY_PHASE, "losses"), &phase), &phase.losses);
}

/* One of each kind with equal resolutions, so that they add up. */
static void fill(enum metric_entity entity, void *object, u64 number)
{
	size_t nr;

	for_each_metric (metric, entity, nr) {
		switch (metric->kind) {
		case METRIC_COUNTER:
		case METRIC_GAUGE:
			*metric_u64(metric, object) = number++;
			break;
		case METRIC_REAL:
			*metric_real(metric, object) = (double)number++;
			break;
		case METRIC_HIST:
			hist_record(metric_hist(metric, object), HIST_KERNEL_SUB_BITS, number++);
			break;
		case METRIC_TALLY:
			tally_add(metric_tally(metric, object), "both", number++);
			tally_add(metric_tally(metric, object), number % 2 ? "odd" : "even", 1);
			break;
		}
	}
}

static void test_add(void **state)
{
	enum metric_entity entity;
	size_t nr;
	(void)state;

	for (entity = 0; entity < ENTITY_NR; entity++) {
		union object a, b;
		u64 number = 100;

		memset(&a, 0, sizeof(a));
		memset(&b, 0, sizeof(b));
		fill(entity, &a, 100);
		fill(entity, &b, 1100);
		assert_int_equal(metrics_add(entity, &a, &b), 0);
		for_each_metric (metric, entity, nr) {
			u64 sum = 2 * number++ + 1000;

			if (metric->kind == METRIC_COUNTER || metric->kind == METRIC_GAUGE)
				assert_int_equal(*metric_u64(metric, &a), sum);
			else if (metric->kind == METRIC_REAL)
				assert_true(*metric_real(metric, &a) == (double)sum);
			else if (metric->kind == METRIC_HIST)
				assert_int_equal(metric_hist(metric, &a)->sum_ns, sum);
			else
				assert_int_equal(tally_get(metric_tally(metric, &a), "both"), sum);
		}
		metrics_release(entity, &a);
		metrics_release(entity, &b);
	}
}

static void test_release_leaves_nothing(void **state)
{
	struct service service = { 0 };
	struct endpoint endpoint = { 0 };
	u64 seed = SEED;
	(void)state;

	random_metrics(ENTITY_SERVICE, &service, &seed);
	random_metrics(ENTITY_ENDPOINT, &endpoint, &seed);
	metrics_release(ENTITY_SERVICE, &service);
	metrics_release(ENTITY_ENDPOINT, &endpoint);
	assert_null(service.runq_wait_ns.buckets);
	assert_int_equal(service.runq_wait_ns.count, 0);
	assert_null(endpoint.codes.item);
	assert_int_equal(endpoint.codes.nr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_complete),
		cmocka_unit_test(test_ids_are_unique),
		cmocka_unit_test(test_entities_cover_the_table),
		cmocka_unit_test(test_members_are_within_and_apart),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_release_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>

#include "user/export/jsonhist.h"

#define NO_MEMORY "does not fit into memory"
#define UNEQUAL	  "has buckets that do not add up to its count"

const struct quantile export_quantiles[EXPORT_QUANTILES] = {
	{ "p50", 0.5 },
	{ "p90", 0.9 },
	{ "p99", 0.99 },
	{ "p999", 0.999 },
};

json_t *u64_to_json(u64 value)
{
	return value <= INT64_MAX ? json_integer((json_int_t)value) : NULL;
}

int u64_from_json(u64 *value, const json_t *json)
{
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return -1;
	*value = (u64)json_integer_value(json);
	return 0;
}

static json_t *bucket_to_json(u64 upper, u64 count)
{
	json_t *pair = json_array();
	int failed;

	failed =
		json_array_append_new(pair, upper == UINT64_MAX ? json_null() : u64_to_json(upper));
	failed |= json_array_append_new(pair, u64_to_json(count));
	if (!failed)
		return pair;
	json_decref(pair);
	return NULL;
}

static json_t *buckets_to_json(const struct hist *h)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; h->count && i < HIST_NR(h->sub_bits); i++) {
		if (!h->buckets[i])
			continue;
		if (json_array_append_new(array, bucket_to_json(hist_upper(h->sub_bits, i),
								h->buckets[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *hist_to_json(const struct hist *h)
{
	bool whole = h->count == 0 || h->buckets;
	bool bounds = h->count && h->buckets;
	json_t *o = json_object();
	int failed, i;

	failed = json_object_set_new(o, "sub_bits",
				     bounds ? json_integer(h->sub_bits) : json_null());
	failed |= json_object_set_new(o, "count", u64_to_json(h->count));
	failed |= json_object_set_new(o, "sum", u64_to_json(h->count ? h->sum_ns : 0));
	failed |= json_object_set_new(o, "min", bounds ? u64_to_json(h->min_ns) : json_null());
	failed |= json_object_set_new(o, "max", bounds ? u64_to_json(h->max_ns) : json_null());
	for (i = 0; i < EXPORT_QUANTILES; i++) {
		u64 value = hist_quantile(h, export_quantiles[i].q);

		failed |= json_object_set_new(o, export_quantiles[i].name,
					      value == HIST_UNKNOWN ? json_null()
								    : u64_to_json(value));
	}
	failed |= json_object_set_new(o, "buckets", whole ? buckets_to_json(h) : json_null());
	if (!failed)
		return o;
	json_decref(o);
	return NULL;
}

/* The bucket whose upper bound is @upper, or -1. */
static int bucket_index(unsigned int sub_bits, const json_t *upper)
{
	unsigned int index;
	u64 bound;

	if (json_is_null(upper))
		return (int)HIST_NR(sub_bits) - 1;
	if (u64_from_json(&bound, upper) || bound == 0)
		return -1;
	index = hist_index(bound - 1, sub_bits);
	return hist_upper(sub_bits, index) == bound ? (int)index : -1;
}

/* Fills h->buckets, which exist, from the pairs of @array. */
static const char *fill_buckets(struct hist *h, const json_t *array)
{
	u64 total = 0, count;
	int last = -1, index;
	json_t *pair;
	size_t i;

	json_array_foreach (array, i, pair) {
		if (json_array_size(pair) != 2 || u64_from_json(&count, json_array_get(pair, 1)))
			return "has a bucket that is not [upper bound, count]";
		index = bucket_index(h->sub_bits, json_array_get(pair, 0));
		if (index < 0)
			return "has a bucket with a bound that its sub_bits do not give";
		if (index <= last)
			return "has buckets out of order";
		last = index;
		h->buckets[index] = count;
		if (__builtin_add_overflow(total, count, &total))
			return UNEQUAL;
	}
	return total == h->count ? NULL : UNEQUAL;
}

static const char *read_buckets(struct hist *h, const json_t *json, const json_t *array)
{
	u64 sub_bits;

	if (u64_from_json(&sub_bits, json_object_get(json, "sub_bits")) ||
	    sub_bits > HIST_MIN_SHIFT)
		return "has no valid sub_bits (0 to 6)";
	if (u64_from_json(&h->min_ns, json_object_get(json, "min")) ||
	    u64_from_json(&h->max_ns, json_object_get(json, "max")) || h->min_ns > h->max_ns)
		return "has no valid min and max";
	h->sub_bits = (unsigned int)sub_bits;
	h->buckets = calloc(HIST_NR(h->sub_bits), sizeof(*h->buckets));
	return h->buckets ? fill_buckets(h, array) : NO_MEMORY;
}

const char *hist_from_json(struct hist *h, const json_t *json)
{
	const json_t *array = json_object_get(json, "buckets");
	const char *wrong = NULL;

	if (!json_is_object(json))
		return "is not a histogram";
	if (u64_from_json(&h->count, json_object_get(json, "count")) ||
	    u64_from_json(&h->sum_ns, json_object_get(json, "sum")))
		wrong = "has no valid count and sum";
	else if (array && !json_is_null(array) && !json_is_array(array))
		wrong = "has buckets that are not a list";
	else if (json_is_array(array) && (h->count || json_array_size(array)))
		wrong = read_buckets(h, json, array);
	else if (h->count)
		h->min_ns = HIST_UNKNOWN;
	else
		h->sum_ns = 0;
	if (wrong)
		hist_free(h);
	return wrong;
}

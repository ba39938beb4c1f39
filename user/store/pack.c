// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "user/model/profile.h"
#include "user/store/pack.h"

#define LEB128_MAX 10 /* bytes of a 64-bit number at 7 bits a byte */

static u8 *put(u8 *at, u64 value)
{
	for (; value >= 0x80; value >>= 7)
		*at++ = (u8)value | 0x80;
	*at++ = (u8)value;
	return at;
}

/* Reads one number at *@at before @end. 0, or -EINVAL when it is cut short or above 64 bits. */
static int get(const u8 **at, const u8 *end, u64 *value)
{
	unsigned int shift = 0;

	*value = 0;
	while (*at < end) {
		u8 byte = *(*at)++;

		if (shift == 63 && byte > 1)
			return -EINVAL;
		*value |= (u64)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return 0;
		shift += 7;
	}
	return -EINVAL;
}

int pack_buckets(const struct hist *h, u8 **blob, size_t *len)
{
	unsigned int i, empty = 0, used = 0;
	u8 *at;

	for (i = 0; i < HIST_NR(h->sub_bits); i++)
		used += h->buckets[i] != 0;
	*blob = at = malloc(used * 2UL * LEB128_MAX + 1);
	if (!at)
		return -ENOMEM;
	for (i = 0; i < HIST_NR(h->sub_bits); i++) {
		if (!h->buckets[i]) {
			empty++;
			continue;
		}
		at = put(put(at, empty), h->buckets[i]);
		empty = 0;
	}
	*len = (size_t)(at - *blob);
	return 0;
}

static int fill(struct hist *h, const u8 *at, const u8 *end)
{
	u64 i = 0, empty, count, total = 0;

	while (at < end) {
		if (get(&at, end, &empty) || get(&at, end, &count))
			return -EINVAL;
		if (!count || i >= HIST_NR(h->sub_bits) || empty >= HIST_NR(h->sub_bits) - i)
			return -EINVAL;
		i += empty;
		if (__builtin_add_overflow(total, count, &total))
			return -EINVAL;
		h->buckets[i++] = count;
	}
	return total == h->count ? 0 : -EINVAL;
}

int unpack_buckets(struct hist *h, const u8 *blob, size_t len)
{
	int err;

	if (h->sub_bits > HIST_MIN_SHIFT)
		return -EINVAL;
	h->buckets = calloc(HIST_NR(h->sub_bits), sizeof(*h->buckets));
	if (!h->buckets)
		return -ENOMEM;
	err = len ? fill(h, blob, blob + len) : h->count ? -EINVAL : 0;
	if (err) {
		free(h->buckets);
		h->buckets = NULL;
	}
	return err;
}

/* The components that @slice has time of, as a set. */
static u64 components_of(const struct slice *slice)
{
	enum component c;
	u64 set = 0;

	for (c = 0; c < COMPONENT_NR; c++)
		set |= slice->ns[c] || slice->sum_ns[c] ? 1ULL << c : 0;
	return set;
}

int pack_slices(const struct place *place, u8 **blob, size_t *len)
{
	size_t i, most = place->nr_slices * (3 + 2 * COMPONENT_NR) * LEB128_MAX;
	u32 next = 0;
	u8 *at;

	*blob = at = malloc(most + 1);
	if (!at)
		return -ENOMEM;
	for (i = 0; i < place->nr_slices; i++) {
		const struct slice *slice = &place->slices[i];
		u64 set = components_of(slice);
		enum component c;

		at = put(put(put(at, slice->bucket - next), slice->calls), set);
		next = slice->bucket + 1;
		for (c = 0; c < COMPONENT_NR; c++) {
			if (set & 1ULL << c)
				at = put(put(at, slice->ns[c]), slice->sum_ns[c]);
		}
	}
	*len = (size_t)(at - *blob);
	return 0;
}

static int get_times(const u8 **at, const u8 *end, u64 set, struct slice *slice)
{
	enum component c;

	for (c = 0; c < COMPONENT_NR; c++) {
		if (set & 1ULL << c &&
		    (get(at, end, &slice->ns[c]) || get(at, end, &slice->sum_ns[c])))
			return -EINVAL;
	}
	return 0;
}

int unpack_slices(struct place *place, const u8 *blob, size_t len)
{
	const u8 *at = blob, *end = len ? blob + len : blob;
	u64 next = 0, skip, calls, set;

	while (at < end) {
		struct slice *slice;

		if (get(&at, end, &skip) || get(&at, end, &calls) || get(&at, end, &set) ||
		    skip >= HIST_NR(HIST_CLIENT_SUB_BITS) - next || set >> COMPONENT_NR)
			return -EINVAL;
		slice = place_slice(place, (u32)(next + skip));
		if (!slice)
			return -ENOMEM;
		slice->calls = calls;
		if (get_times(&at, end, set, slice))
			return -EINVAL;
		next += skip + 1;
		if (next >= HIST_NR(HIST_CLIENT_SUB_BITS) && at < end)
			return -EINVAL;
	}
	return 0;
}

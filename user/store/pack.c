// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

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

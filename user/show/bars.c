// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "user/show/bars.h"

/* The row of bucket @index when @step buckets make one; bucket 0 lies below the log scale. */
static unsigned int row_of(unsigned int index, unsigned int step)
{
	return index ? 1 + (index - 1) / step : 0;
}

size_t bars_build(const struct hist *h, size_t most, struct bar *bar)
{
	unsigned int nr = HIST_NR(h->sub_bits), first = 0, last, step = 1, i, base;

	if (!h->count || !h->buckets || !most)
		return 0;
	while (first < nr - 1 && !h->buckets[first])
		first++;
	last = nr - 1;
	while (last > first && !h->buckets[last])
		last--;
	/* One row for all is two while bucket 0 is in use: it joins no other. */
	while (row_of(last, step) - row_of(first, step) + 1 > most && step < nr)
		step *= 2;
	base = row_of(first, step);
	memset(bar, 0, most * sizeof(*bar));
	for (i = first; i <= last; i++) {
		size_t row = row_of(i, step) - base;

		bar[row < most ? row : most - 1].count += h->buckets[i];
	}
	for (i = 0; i <= row_of(last, step) - base && i < most; i++) {
		unsigned int from = base + i ? 1 + (base + i - 1) * step : 0;
		unsigned int to = base + i ? from + step - 1 : 0;

		bar[i].lower_ns = hist_lower(h->sub_bits, from);
		bar[i].upper_ns = hist_upper(h->sub_bits, to < nr ? to : nr - 1);
	}
	return i;
}

const char *bars_text(char *text, size_t size, u64 count, u64 longest, int columns, bool unicode)
{
	static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	const char *full = unicode ? "█" : "#";
	unsigned int steps = unicode ? 8 : 1, length;
	size_t used = 0;

	text[0] = '\0';
	if (!count || !longest || columns <= 0)
		return text;
	length = (unsigned int)((double)count / (double)longest * columns * steps + 0.5);
	if (!length)
		length = 1;
	for (; length >= steps && used + 4 < size; length -= steps)
		used += (size_t)snprintf(text + used, size - used, "%s", full);
	if (unicode && length && length < steps && used + 4 < size)
		snprintf(text + used, size - used, "%s", part[length]);
	return text;
}

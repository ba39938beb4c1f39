// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "loadgen/schedule.h"

#define PURPOSE_GAP  1
#define PURPOSE_PICK 2
#define PURPOSE_USER 16 /* the caller's purposes stand behind our own */

/* The finaliser of splitmix64 (Steele, Lea, Flood 2014): every bit of x decides every bit. */
static u64 mix(u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static u64 draw_raw(const struct schedule *s, u64 index, u64 purpose)
{
	const u64 golden = 0x9e3779b97f4a7c15ULL;

	return mix(mix(mix(s->seed + golden) + index * golden) + purpose * golden);
}

/* Uniform in (0, 1]. */
static double draw_unit(const struct schedule *s, u64 index, u64 purpose)
{
	return ((double)(draw_raw(s, index, purpose) >> 11) + 1) * 0x1p-53;
}

/* @raw scaled to 0..@range-1 by its high bits: off from uniform by less than range / 2^64. */
static u64 scale(u64 raw, u64 range)
{
	return (u64)((unsigned __int128)raw * range >> 64);
}

u64 schedule_draw(const struct schedule *s, u64 index, u64 purpose, u64 range)
{
	return scale(draw_raw(s, index, purpose + PURPOSE_USER), range);
}

size_t schedule_pick(const struct schedule *s, u64 index, const u64 *cumulated, size_t nr)
{
	u64 at = scale(draw_raw(s, index, PURPOSE_PICK), cumulated[nr - 1]);
	size_t low = 0, high = nr - 1;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (at < cumulated[mid])
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* Requests of a stage within its first @ns: the area under its rate. */
static double area(const struct schedule_stage *stage, u64 ns)
{
	double t = (double)ns / NSEC_PER_SEC, length = (double)stage->length_ns / NSEC_PER_SEC;

	return t * (stage->from + (stage->to - stage->from) * t / (2 * length));
}

/* When @area of a stage is reached, in ns: the inverse, in the form that has no cancellation. */
static double reach(const struct schedule_stage *stage, double area)
{
	double slope = (stage->to - stage->from) * NSEC_PER_SEC / (double)stage->length_ns;
	double root = sqrt(fmax(0, stage->from * stage->from + 2 * slope * area));

	return area > 0 ? 2 * area / (stage->from + root) * NSEC_PER_SEC : 0;
}

double schedule_expected(const struct schedule *s, u64 ns)
{
	double sum = 0;
	size_t i;

	if (!s->nr_stages)
		return s->rate * (double)ns / NSEC_PER_SEC;
	for (i = 0; i < s->nr_stages && ns; i++) {
		u64 within_ns = ns < s->stages[i].length_ns ? ns : s->stages[i].length_ns;

		sum += area(&s->stages[i], within_ns);
		ns -= within_ns;
	}
	return sum;
}

/*
 * Due time in ns of the request behind @gaps mean gaps. A Poisson process whose rate changes is
 * one of rate 1 on a clock that runs with the rate: the same inverse serves both kinds.
 */
static double due_in_stages(struct schedule_cursor *at, double gaps)
{
	const struct schedule *s = at->schedule;

	for (; at->stage < s->nr_stages; at->stage++) {
		const struct schedule_stage *stage = &s->stages[at->stage];
		double all = area(stage, stage->length_ns);

		if (gaps - at->stage_first < all)
			return (double)at->stage_start_ns + reach(stage, gaps - at->stage_first);
		at->stage_first += all;
		at->stage_start_ns += stage->length_ns;
	}
	return INFINITY;
}

static void find_due(struct schedule_cursor *at)
{
	const struct schedule *s = at->schedule;
	double gaps = s->poisson ? at->gap_sum : (double)at->index;
	double due_ns;

	if (s->mean_requests > 0)
		gaps *= s->mean_requests;
	due_ns = s->rate > 0 ? gaps * (double)NSEC_PER_SEC / s->rate : 0;

	if (s->nr_stages)
		due_ns = due_in_stages(at, gaps);
	/* 2^63 ns are 292 years: beyond what a phase lasts, and what fits a u64 from a double. */
	at->due_ns = due_ns < 0x1p63 ? (u64)due_ns : SCHEDULE_NEVER;
	if (at->index >= s->nr_max || at->due_ns >= s->end_ns)
		at->due_ns = SCHEDULE_NEVER;
}

/* Gaps of a Poisson process are exponential; request i stands behind i + 1 of them. */
static void add_gaps(struct schedule_cursor *at, u64 from, u64 to)
{
	if (!at->schedule->poisson)
		return;
	for (; from < to; from++)
		at->gap_sum -= log(draw_unit(at->schedule, from, PURPOSE_GAP));
}

struct schedule_cursor schedule_start(const struct schedule *s, u64 first, u64 step)
{
	struct schedule_cursor at = { .schedule = s, .index = first, .step = step };

	add_gaps(&at, 0, first + 1);
	find_due(&at);
	return at;
}

void schedule_next(struct schedule_cursor *at)
{
	if (at->due_ns == SCHEDULE_NEVER)
		return;
	add_gaps(at, at->index + 1, at->index + at->step + 1);
	at->index += at->step;
	find_due(at);
}

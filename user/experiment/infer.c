// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "user/experiment/infer.h"
#include "user/experiment/infer_power.h"

u64 infer_random_next(struct infer_random *random)
{
	u64 z = random->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* A number below @limit; the bias of the multiplication is limit/2^64. */
static size_t below(struct infer_random *random, size_t limit)
{
	return (size_t)(((unsigned __int128)infer_random_next(random) * limit) >> 64);
}

static void swap(double *a, double *b)
{
	double was = *a;

	*a = *b;
	*b = was;
}

/*
 * Puts the @k-th smallest (from 0) of @value[@nr] at its place, the smaller before it and the
 * larger behind it (Hoare's selection): a median without sorting, which the bootstrap takes often.
 */
static double select_nth(double *value, size_t nr, size_t k)
{
	size_t left = 0, right = nr - 1;

	while (left < right) {
		double pivot = value[left + (right - left) / 2];
		size_t i = left, j = right;

		for (;;) {
			while (value[i] < pivot)
				i++;
			while (value[j] > pivot)
				j--;
			if (i >= j)
				break;
			swap(&value[i++], &value[j--]);
		}
		if (k <= j)
			right = j;
		else
			left = j + 1;
	}
	return value[k];
}

double infer_median(double *value, size_t nr)
{
	double upper, lower;
	size_t i;

	if (!nr)
		return NAN;
	upper = select_nth(value, nr, nr / 2);
	if (nr % 2)
		return upper;
	lower = value[0];
	for (i = 1; i < nr / 2; i++)
		lower = fmax(lower, value[i]);
	return (lower + upper) / 2;
}

/* The estimate, with the caller's room for the Walsh averages. */
static double hodges_lehmann(const double *value, size_t nr, double *walsh)
{
	size_t i, j, n = 0;

	for (i = 0; i < nr; i++) {
		for (j = i; j < nr; j++)
			walsh[n++] = (value[i] + value[j]) / 2;
	}
	return infer_median(walsh, n);
}

int infer_hodges_lehmann(const double *value, size_t nr, double *estimate)
{
	double *walsh;

	if (!nr)
		return -EINVAL;
	walsh = calloc(nr * (nr + 1) / 2, sizeof(*walsh));
	if (!walsh)
		return -ENOMEM;
	*estimate = hodges_lehmann(value, nr, walsh);
	free(walsh);
	return 0;
}

/* How many of the resamples' estimates lie outside the interval at each end, @nr values given. */
static size_t bootstrap_tail(size_t nr)
{
	double t = infer_student(1 - INFER_LEVEL / 2, (unsigned int)nr - 1);
	double below = erfc(sqrt((double)nr / (double)(nr - 1)) * t / M_SQRT2) / 2;

	return (size_t)(below * INFER_RESAMPLES);
}

int infer_bootstrap(const double *value, size_t nr, u64 seed, double *low, double *high)
{
	struct infer_random random = { seed };
	double *walsh, *sample, *estimate;
	size_t tail, r, i;

	if (nr < 3)
		return -EINVAL;
	walsh = calloc(nr * (nr + 1) / 2 + nr + INFER_RESAMPLES, sizeof(*walsh));
	if (!walsh)
		return -ENOMEM;
	tail = bootstrap_tail(nr);
	sample = walsh + nr * (nr + 1) / 2;
	estimate = sample + nr;
	for (r = 0; r < INFER_RESAMPLES; r++) {
		for (i = 0; i < nr; i++)
			sample[i] = value[below(&random, nr)];
		estimate[r] = hodges_lehmann(sample, nr, walsh);
	}
	*low = select_nth(estimate, INFER_RESAMPLES, tail);
	*high = select_nth(estimate, INFER_RESAMPLES, INFER_RESAMPLES - 1 - tail);
	free(walsh);
	return 0;
}

/* |sum| of @value with the sign of each flipped whose bit is set in @signs. */
static double flipped(const double *value, size_t nr, const u64 *signs)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		sum += signs[i / 64] >> (i % 64) & 1 ? -value[i] : value[i];
	return fabs(sum);
}

static double sign_flip_drawn(const double *value, size_t nr, u64 seed, double seen)
{
	struct infer_random random = { seed };
	size_t words = (nr + 63) / 64, r, w, hits = 0;
	u64 *signs = calloc(words, sizeof(*signs));

	if (!signs)
		return NAN;
	for (r = 0; r < INFER_FLIPS; r++) {
		for (w = 0; w < words; w++)
			signs[w] = infer_random_next(&random);
		hits += flipped(value, nr, signs) >= seen;
	}
	free(signs);
	return (double)(hits + 1) / (INFER_FLIPS + 1);
}

double infer_sign_flip(const double *value, size_t nr, u64 seed)
{
	double size = 0, sum = 0, seen;
	u64 signs, hits = 0;
	size_t i;

	if (!nr)
		return NAN;
	for (i = 0; i < nr; i++) {
		size += fabs(value[i]);
		sum += value[i];
	}
	/* A pattern that ties with the one seen must count, whatever the sum rounds to. */
	seen = fabs(sum) - size * 1e-12;
	if (nr > INFER_EXACT_PAIRS)
		return sign_flip_drawn(value, nr, seed, seen);
	for (signs = 0; signs < 1ULL << nr; signs++)
		hits += flipped(value, nr, &signs) >= seen;
	return (double)hits / (double)(1ULL << nr);
}

/* One p value and its place in the list. */
struct ranked {
	double p;
	size_t at;
};

static int by_p(const void *left, const void *right)
{
	const struct ranked *l = left, *r = right;

	return (l->p > r->p) - (l->p < r->p);
}

int infer_holm(const double *p, size_t nr, double *adjusted)
{
	struct ranked *list = calloc(nr + 1, sizeof(*list));
	size_t known = 0, i;
	double least = 0;

	if (!list)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		if (isnan(p[i]))
			adjusted[i] = NAN;
		else
			list[known++] = (struct ranked){ p[i], i };
	}
	qsort(list, known, sizeof(*list), by_p);
	for (i = 0; i < known; i++) {
		least = fmin(1, fmax(least, (double)(known - i) * list[i].p));
		adjusted[list[i].at] = least;
	}
	free(list);
	return 0;
}

double infer_cliff(const double *a, size_t nr_a, const double *b, size_t nr_b)
{
	double sum = 0;
	size_t i, j;

	for (i = 0; i < nr_a; i++) {
		for (j = 0; j < nr_b; j++)
			sum += (b[j] > a[i]) - (b[j] < a[i]);
	}
	return nr_a && nr_b ? sum / (double)nr_a / (double)nr_b : NAN;
}

/* Sample standard deviation; NAN for fewer than two. */
static double spread(const double *value, size_t nr)
{
	double mean = 0, squares = 0;
	size_t i;

	if (nr < 2)
		return NAN;
	for (i = 0; i < nr; i++)
		mean += value[i] / (double)nr;
	for (i = 0; i < nr; i++)
		squares += (value[i] - mean) * (value[i] - mean);
	return sqrt(squares / (double)(nr - 1));
}

int infer_pairs(const double *value, size_t nr, u64 seed, struct inference *found)
{
	double low, high;
	int err;

	*found = (struct inference){ nr, NAN, NAN, NAN, spread(value, nr), NAN };
	if (!nr)
		return 0;
	err = infer_hodges_lehmann(value, nr, &found->estimate);
	if (err)
		return err;
	found->p_value = infer_sign_flip(value, nr, seed);
	if (nr < 3)
		return 0;
	err = infer_bootstrap(value, nr, seed, &low, &high);
	if (err)
		return err;
	found->low = low;
	found->high = high;
	return 0;
}

enum infer_change infer_change(const struct inference *found, double p_value, double margin)
{
	if (found->nr < INFER_LEAST_PAIRS)
		return INFER_UNDECIDED;
	if (exp(found->low) >= 1 - margin && exp(found->high) <= 1 + margin)
		return INFER_SAME;
	if (!(p_value < INFER_LEVEL))
		return INFER_UNDECIDED;
	if (found->low > 0)
		return INFER_LARGER;
	return found->high < 0 ? INFER_SMALLER : INFER_UNDECIDED;
}

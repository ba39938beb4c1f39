// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "user/export/export.h"

#define MSEC_NS	       1e6
#define TICKS_PER_HALF 5 /* lines for each halving of the distance to 100 % */

static u64 count_up_to(const struct hist *h, u64 value_ns)
{
	u64 sum = 0;
	unsigned int i;

	if (value_ns >= h->max_ns)
		return h->count;
	for (i = 0; i < HIST_NR(h->sub_bits) && hist_lower(h->sub_bits, i) <= value_ns; i++)
		sum += h->buckets[i];
	return sum;
}

/* From the buckets' middles, as the quantiles. */
static double deviation(const struct hist *h)
{
	double mean = hist_mean(h), sum = 0;
	unsigned int i;

	for (i = 0; i < HIST_NR(h->sub_bits); i++) {
		double lower = (double)hist_lower(h->sub_bits, i);
		double upper = (double)hist_upper(h->sub_bits, i);
		double middle = fmin((lower + upper) / 2, (double)h->max_ns);

		sum += (double)h->buckets[i] * (middle - mean) * (middle - mean);
	}
	return sqrt(sum / (double)h->count);
}

static void print_lines(const struct hist *h, FILE *out)
{
	double quantile = 0, halvings;

	for (;;) {
		u64 value = hist_quantile(h, quantile), count = count_up_to(h, value);

		if (count >= h->count)
			break;
		fprintf(out, "%12.3f %2.12f %10" PRIu64 " %14.2f\n", (double)value / MSEC_NS,
			quantile, count, 1 / (1 - quantile));
		halvings = floor(log2(1 / (1 - quantile))) + 1;
		quantile += 1 / (TICKS_PER_HALF * exp2(halvings));
	}
	fprintf(out, "%12.3f %2.12f %10" PRIu64 "\n", (double)h->max_ns / MSEC_NS, 1.0, h->count);
}

int export_hdr(const struct hist *h, FILE *out, struct err *err)
{
	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		"1/(1-Percentile)");
	if (h->count && h->buckets) {
		print_lines(h, out);
		fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
			hist_mean(h) / MSEC_NS, deviation(h) / MSEC_NS);
		fprintf(out, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n",
			(double)h->max_ns / MSEC_NS, h->count);
		fprintf(out, "#[Buckets = %12d, SubBuckets     = %12u]\n",
			HIST_MAX_SHIFT - HIST_MIN_SHIFT, 1U << h->sub_bits);
	}
	if (fflush(out) != 0 || ferror(out))
		return err_set(err, EXIT_FAILED,
			       "cannot write the histogram: %s: is the disk full?",
			       strerror(errno));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* A comparison in sentences. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "user/base/text.h"
#include "user/base/units.h"
#include "user/experiment/infer_power.h"
#include "user/show/comparison_parts.h"

#define NAME_COLUMNS 36 /* a name from outside must not fill the screen */

const char *part_ratio(char text[PART_TEXT], double ratio)
{
	int digits = ratio < 9.995 ? 2 : ratio < 99.95 ? 1 : 0;

	if (isfinite(ratio) && ratio < 1e6)
		snprintf(text, PART_TEXT, "%.*f", digits, ratio);
	else if (isfinite(ratio))
		snprintf(text, PART_TEXT, "%.2g", ratio);
	else
		snprintf(text, PART_TEXT, "-");
	return text;
}

const char *part_value(char text[PART_TEXT], const struct metric *metric, double value)
{
	bool fits = value >= 0 && value < 0x1p63;

	if (!isfinite(value))
		snprintf(text, PART_TEXT, "-");
	else if (fits && strcmp(metric->unit, "ns") == 0)
		units_duration(text, PART_TEXT, (u64)value);
	else if (fits && strcmp(metric->unit, "bytes") == 0)
		units_bytes(text, PART_TEXT, (u64)value);
	else if (fabs(value) < 1e6 && value == floor(value))
		snprintf(text, PART_TEXT, "%.0f", value);
	else if (fabs(value) < 999.5)
		snprintf(text, PART_TEXT, "%.3g", value);
	else
		units_count(text, PART_TEXT, value);
	if (isfinite(value) && strcmp(metric->unit, "1/s") == 0)
		strncat(text, "/s", PART_TEXT - strlen(text) - 1);
	return text;
}

const char *part_metric(char text[PART_TEXT], const struct difference *d)
{
	const char *stat = d->stat;

	if (strcmp(stat, "value") == 0)
		snprintf(text, PART_TEXT, "%s", d->metric->label);
	else
		snprintf(text, PART_TEXT, "%s %s", d->metric->label,
			 strcmp(stat, "per request") == 0  ? "/req"
			 : strcmp(stat, "per second") == 0 ? "/s"
							   : stat);
	return text;
}

const char *part_when(char text[PART_TEXT], u64 real_ns)
{
	time_t seconds = (time_t)(real_ns / NSEC_PER_SEC);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(text, PART_TEXT, "%Y-%m-%d %H:%M", &tm))
		snprintf(text, PART_TEXT, "-");
	return text;
}

static void print_name(const char *name, FILE *out)
{
	fprintf(out, "%.*s", (int)text_fit(name, NAME_COLUMNS), name);
}

static const char *percent(char text[PART_TEXT], double share)
{
	snprintf(text, PART_TEXT, share < 0.0995 ? "%.1f %%" : "%.0f %%", 100 * share);
	return text;
}

/* A copy that differs from what it copies: whatever moved it moves the placements, too. */
static void print_bias(const struct comparison *copy, FILE *out)
{
	char metric[PART_TEXT];
	size_t k;

	for (k = 0; k < copy->nr_kpis; k++) {
		const struct difference *d = &copy->difference[k];

		if (d->verdict != VERDICT_BETTER && d->verdict != VERDICT_WORSE)
			continue;
		fprintf(out, "  ! %s differs between ", part_metric(metric, d));
		print_name(copy->placement_a, out);
		fputs(" and its own copy:\n    do not trust the verdicts on it below\n", out);
	}
}

void part_resolution(const struct ranking *ranking, FILE *out)
{
	char metric[PART_TEXT], share[PART_TEXT];
	size_t i, k;

	for (i = 0; i < ranking->nr_copies; i++) {
		const struct comparison *copy = &ranking->copy[i];

		fputs("Smallest difference this set-up can see (", out);
		print_name(copy->placement_a, out);
		fputs(" against its own copy,\nfound 4 times out of 5):\n", out);
		for (k = 0; k < ranking->nr_resolutions; k++) {
			const struct resolution *see = &ranking->resolution[k];

			if (see->placement != copy->placement_a)
				continue;
			fprintf(out, "  %-16s %s\n", part_metric(metric, see->difference),
				isfinite(see->detectable) ? percent(share, see->detectable)
							  : "unknown: too few blocks");
		}
		print_bias(copy, out);
		fputc('\n', out);
	}
}

/* "2.00 times that (95 %: 1.9..2.1)", or both values where no ratio exists. */
static void print_size(const struct standing *s, FILE *out)
{
	const struct difference *d = s->difference;
	char one[PART_TEXT], low[PART_TEXT], high[PART_TEXT];

	if (!isfinite(d->ratio)) {
		fprintf(out, "%s", part_value(one, d->metric, s->inverted ? d->a : d->b));
		return;
	}
	fprintf(out, "%s times that", part_ratio(one, s->inverted ? 1 / d->ratio : d->ratio));
	if (isfinite(d->ratio_low))
		fprintf(out, " (95 %%: %s..%s)",
			part_ratio(low, s->inverted ? 1 / d->ratio_high : d->ratio_low),
			part_ratio(high, s->inverted ? 1 / d->ratio_low : d->ratio_high));
}

static void print_standing(const char *name, const struct standing *s, FILE *out)
{
	enum verdict verdict;

	fputs("  ", out);
	print_name(name, out);
	if (!s->difference || !difference_is_pair(s->difference)) {
		fputs(": no value to compare\n", out);
		return;
	}
	verdict = standing_verdict(s);
	fputs(": ", out);
	print_size(s, out);
	fprintf(out, ":\n    %s", verdict_name(verdict));
	if (verdict != VERDICT_UNDECIDED && verdict != VERDICT_EQUIVALENT)
		fprintf(out, ", p = %.2g", s->difference->p_adjusted);
	else if (verdict == VERDICT_UNDECIDED && s->difference->more)
		fprintf(out, ", about %u more block%s", s->difference->more,
			s->difference->more == 1 ? "" : "s");
	else if (verdict == VERDICT_UNDECIDED)
		fprintf(out, ", and %s would not decide it",
			s->difference->pairs < 2 ? "nobody knows how many more" : "1000 blocks");
	fputc('\n', out);
}

/* How many placements stand to @best in @kpi as @verdict. */
static size_t count_verdicts(const struct ranking *r, size_t best, const struct kpi *kpi,
			     enum verdict verdict)
{
	size_t i, nr = 0;

	for (i = 0; i < r->nr; i++) {
		struct standing s;

		if (i == best)
			continue;
		s = ranking_standing(r, i, best, kpi);
		nr += s.difference && standing_verdict(&s) == verdict;
	}
	return nr;
}

/* Whether all placements have the very same median. */
static bool all_alike(const struct ranking *r, const struct kpi *kpi)
{
	size_t i;

	for (i = 1; i < r->nr; i++) {
		if (ranking_value(r, i, kpi) != ranking_value(r, 0, kpi))
			return false;
	}
	return true;
}

static void print_kpi(const struct ranking *r, const struct kpi *kpi, double margin, FILE *out)
{
	int best = ranking_best(r, kpi);
	char metric[PART_TEXT], value[PART_TEXT];
	struct standing s;
	size_t i, others = r->nr - 1, at = (size_t)best;

	if (best < 0)
		return;
	s = ranking_standing(r, at ? 0 : 1, at, kpi);
	fprintf(out, "%s of ", part_metric(metric, s.difference));
	print_name(s.difference->subject, out);
	fprintf(out, "%s: ", strcmp(s.difference->subject, "all") == 0 ? " requests" : "");
	part_value(value, kpi->metric, ranking_value(r, at, kpi));
	if (count_verdicts(r, at, kpi, VERDICT_EQUIVALENT) == others) {
		fprintf(out, "equivalent within %.3g %%, %s\n", 100 * margin, value);
	} else if (all_alike(r, kpi)) {
		fprintf(out, "none leads, %s\n", value);
	} else {
		print_name(r->placement[at], out);
		fprintf(out, " %s, %s\n",
			count_verdicts(r, at, kpi, VERDICT_WORSE) == others ? "is best" : "leads",
			value);
	}
	for (i = 0; i < r->nr; i++) {
		if (i == at)
			continue;
		s = ranking_standing(r, i, at, kpi);
		print_standing(r->placement[i], &s, out);
	}
}

/* The most pairs that any KPI has; *@nr is set to how many KPIs have a value. */
static unsigned int most_pairs(const struct ranking *r, size_t *nr)
{
	unsigned int most = 0;
	size_t i, k;

	*nr = 0;
	for (i = 0; i < r->nr_pairs; i++) {
		for (k = 0; k < r->pair[i].nr_kpis; k++, (*nr)++) {
			if (r->pair[i].difference[k].pairs > most)
				most = r->pair[i].difference[k].pairs;
		}
	}
	return most;
}

void part_best(const struct ranking *ranking, const struct compare_options *options, FILE *out)
{
	unsigned int least = infer_least_pairs(ranking->family), blocks;
	size_t i, nr;

	blocks = most_pairs(ranking, &nr);
	if (!nr)
		fputs("No trial has a value of any of the figures to judge by.\n", out);
	else if (blocks < least)
		fprintf(out,
			"To call one better takes at least %u blocks with %zu figure%s to "
			"judge; here %s %u.\n",
			least, ranking->family, ranking->family == 1 ? "" : "s",
			blocks == 1 ? "is" : "are", blocks);
	for (i = 0; i < options->kpis->nr; i++)
		print_kpi(ranking, &options->kpis->kpi[i], options->margin, out);
}

void part_reasons(const struct ranking *ranking, FILE *out)
{
	char size[PART_TEXT], low[PART_TEXT], high[PART_TEXT], label[PART_TEXT];
	size_t i;

	if (!ranking->reasons.nr)
		return;
	fputs("\nWhy, in time per answered request (largest first):\n", out);
	for (i = 0; i < ranking->reasons.nr; i++) {
		const struct reason *reason = &ranking->reasons.reason[i];
		bool more = reason->found.estimate > 0;
		double from = more ? reason->found.low : -reason->found.high;
		double to = more ? reason->found.high : -reason->found.low;

		fputs("  ", out);
		print_name(reason->subject, out);
		snprintf(label, sizeof(label), "%s", reason->metric->label);
		fprintf(out, ": %s %s %s (95 %%: %s..%s)\n", label,
			part_value(size, reason->metric, fabs(reason->found.estimate)),
			more ? "more" : "less", part_value(low, reason->metric, from),
			part_value(high, reason->metric, to));
	}
}

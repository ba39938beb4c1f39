// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/base/units.h"
#include "user/model/pool.h"
#include "user/show/cell.h"
#include "user/show/attribution.h"
#include "user/show/parts.h"
#include "user/show/summary.h"

#define LOAD_TOTAL "all"
#define PHASE_NAME "measure"
#define BRIEF_ROWS 12

static int is_total(const struct endpoint *endpoint)
{
	return strcmp(endpoint->name, LOAD_TOTAL) == 0;
}

static int by_attempts(const void *left, const void *right)
{
	const struct endpoint *l = *(const struct endpoint *const *)left;
	const struct endpoint *r = *(const struct endpoint *const *)right;
	int order = is_total(l) - is_total(r);

	if (!order)
		order = part_descending(l->attempted, r->attempted);
	return order ? order : strcmp(l->name, r->name);
}

/* "200" for the commonest status, "404:3" with its count for each rarer one. */
static void cell_codes(struct table *table, const struct tally *codes)
{
	const struct tally_item *top = NULL;
	struct buf text = buf_init(4096);
	size_t i;

	for (i = 0; i < codes->nr; i++) {
		if (!top || codes->item[i].count > top->count)
			top = &codes->item[i];
	}
	buf_puts(&text, top ? top->label : "-");
	for (i = 0; i < codes->nr; i++) {
		if (&codes->item[i] != top)
			buf_printf(&text, " %s:%llu", codes->item[i].label,
				   (unsigned long long)codes->item[i].count);
	}
	table_text(table, text.data ? text.data : "-");
	buf_free(&text);
}

static void endpoint_row(struct table *table, const struct endpoint *endpoint, int tail)
{
	const struct hist *latency = &endpoint->latency_ns;

	table_text(table, endpoint->name);
	if (is_total(endpoint))
		table_mark(table, TABLE_BOLD);
	cell_count(table, endpoint->rate);
	cell_bad_count(table, tally_total(&endpoint->errors));
	cell_quantile(table, latency, 0.5);
	cell_quantile(table, latency, 0.9);
	cell_quantile(table, latency, 0.99);
	if (tail)
		cell_quantile(table, latency, 0.999);
	cell_duration(table, latency->count && latency->buckets ? (double)latency->max_ns : -1);
	cell_codes(table, &endpoint->codes);
}

/* "lead: a 5, b 3" over as many lines as it needs. */
static void print_tally(const char *lead, const struct tally *tally, FILE *out)
{
	const char *separator = ":";
	int column = text_width(lead);
	size_t i;

	fputs(lead, out);
	for (i = 0; i < tally->nr; i++) {
		const struct tally_item *item = &tally->item[i];
		char count[24];
		int width;

		if (!item->count)
			continue;
		width = snprintf(count, sizeof(count), " %llu", (unsigned long long)item->count);
		width += 2 + text_width(item->label);
		fputs(separator, out);
		/* One column stays free for the separator behind it. */
		if (column + width >= TABLE_WIDTH) {
			fputs("\n   ", out);
			column = 3;
		}
		fprintf(out, " %s%s", item->label, count);
		column += width;
		separator = ",";
	}
	fputs(*separator == ':' ? ": none\n" : "\n", out);
}

/* "lead p50 1.20ms, p99 4.00ms" of a histogram that has quantiles. */
static void print_quantiles(const char *lead, const struct hist *h, FILE *out)
{
	char p50[UNITS_TEXT], p99[UNITS_TEXT];

	if (!h->count || !h->buckets)
		return;
	fprintf(out, "%s p50 %s, p99 %s\n", lead,
		units_duration(p50, sizeof(p50), hist_quantile(h, 0.5)),
		units_duration(p99, sizeof(p99), hist_quantile(h, 0.99)));
}

static void print_load_total(const struct endpoint *total, FILE *out)
{
	char p99[UNITS_TEXT];

	fprintf(out, "%llu requests due, %llu answered", (unsigned long long)total->attempted,
		(unsigned long long)total->answered);
	if (total->send_lag_ns.count && total->send_lag_ns.buckets)
		fprintf(out, "; generator late by %s at p99",
			units_duration(p99, sizeof(p99), hist_quantile(&total->send_lag_ns, 0.99)));
	fputc('\n', out);
	print_tally("codes", &total->codes, out);
	print_tally("errors", &total->errors, out);
	print_quantiles("failures after", &total->failure_latency_ns, out);
	if (total->send_lag_ns.count)
		print_quantiles("latency from the actual start", &total->latency_uncorrected_ns,
				out);
}

/* With @tail, p99.9 as well: beside it a long name has less room. */
static int print_endpoints(const struct phase *phase, int tail, size_t most, FILE *out)
{
	static const struct table_column with_tail[] = {
		{ NULL, "endpoint", TABLE_LEFT, true },
		{ NULL, "rate/s", TABLE_RIGHT, false },
		{ NULL, "errors", TABLE_RIGHT, false },
		{ "latency", "p50", TABLE_RIGHT, false },
		{ "latency", "p90", TABLE_RIGHT, false },
		{ "latency", "p99", TABLE_RIGHT, false },
		{ "latency", "p99.9", TABLE_RIGHT, false },
		{ "latency", "max", TABLE_RIGHT, false },
		{ NULL, "codes", TABLE_LEFT, true },
	};
	static const struct table_column without[] = {
		{ NULL, "endpoint", TABLE_LEFT, true },	  { NULL, "rate/s", TABLE_RIGHT, false },
		{ NULL, "errors", TABLE_RIGHT, false },	  { "latency", "p50", TABLE_RIGHT, false },
		{ "latency", "p90", TABLE_RIGHT, false }, { "latency", "p99", TABLE_RIGHT, false },
		{ "latency", "max", TABLE_RIGHT, false }, { NULL, "codes", TABLE_LEFT, true },
	};
	struct table table = tail ? table_init(with_tail, ARRAY_SIZE(with_tail))
				  : table_init(without, ARRAY_SIZE(without));
	const struct endpoint *total = phase_find_endpoint(phase, LOAD_TOTAL);
	size_t nr = phase->nr_endpoints, shown = part_shown(nr), i;
	const struct endpoint **list;
	int err;

	if (shown > most)
		shown = most;
	list = (const struct endpoint **)part_sorted(phase->endpoints, nr,
						     sizeof(*phase->endpoints), by_attempts);
	if (!list)
		return -ENOMEM;
	for (i = 0; i < shown; i++)
		endpoint_row(&table, list[i], tail);
	/* The total is last in the list: a long list must not cut it. */
	if (nr > shown && total)
		endpoint_row(&table, total, tail);
	free(list);
	err = part_finish(&table, nr - shown - (nr > shown && total), out);
	if (!err && total)
		print_load_total(total, out);
	return err;
}

int summary_print_endpoints(const struct phase *phase, FILE *out)
{
	return print_endpoints(phase, 1, SIZE_MAX, out);
}

static void print_self(const struct phase *phase, FILE *out)
{
	char cpu[UNITS_TEXT], rss[UNITS_TEXT], maps[UNITS_TEXT];
	double percent = phase->duration_ns
				 ? 100 * (double)phase->self_cpu_ns / (double)phase->duration_ns
				 : 0;

	fprintf(out, "situ itself: %s of CPU (%.2f %% of one), %s resident, %s of maps\n",
		units_duration(cpu, sizeof(cpu), phase->self_cpu_ns), percent,
		units_bytes(rss, sizeof(rss), phase->self_rss_bytes),
		units_bytes(maps, sizeof(maps), phase->self_map_bytes));
}

static void print_fill(const struct tally *fill, FILE *out)
{
	size_t i;

	for (i = 0; i < fill->nr; i++)
		fprintf(out, "%s %llu %s",
			i ? "," : "Map rows in use:", (unsigned long long)fill->item[i].count,
			fill->item[i].label);
	if (fill->nr)
		fputc('\n', out);
}

/* What only a measurement has: a load by itself has none of it, and must not claim "none lost". */
static int print_measured(const struct phase *phase, FILE *out)
{
	char steal[UNITS_TEXT];
	int err;

	if (!phase->nr_services && !phase->nr_edges && !phase->nr_programs) {
		fputs("Nothing was measured in the kernel in this phase.\n", out);
		return 0;
	}
	err = part_services(phase, SIZE_MAX, out);
	if (!err)
		err = part_waits(phase, out);
	if (!err)
		err = part_stalls(phase, out);
	if (!err)
		err = part_disks(phase, out);
	if (!err)
		err = part_edges(phase, out);
	if (err)
		return err;
	print_tally("Lost or without an owner", &phase->losses, out);
	if (phase->steal_ns)
		fprintf(out, "The hypervisor took %s from this VM's CPUs.\n",
			units_duration(steal, sizeof(steal), phase->steal_ns));
	print_self(phase, out);
	print_fill(&phase->map_fill, out);
	return part_programs(phase, out);
}

static void print_heading(const struct phase *pooled, FILE *out)
{
	bool named = strcmp(pooled->name, PHASE_NAME) != 0;
	/* The phases of a recording follow one another, those of a placement are its trials. */
	unsigned int nr = *pooled->placement ? pooled->trial : 1;
	char each[UNITS_TEXT];

	units_duration(each, sizeof(each), pooled->duration_ns / nr);
	if (*pooled->placement)
		table_title(out, "Placement %s: %u trial%s of %s%s%s%s", pooled->placement,
			    pooled->trial, pooled->trial == 1 ? "" : "s", each,
			    pooled->trial == 1 ? "" : ", added up", named ? ", phase " : "",
			    named ? pooled->name : "");
	else
		table_title(out, "Measured for %s", each);
	fputc('\n', out);
}

/* In the place of all tables of a placement: its trials are left out, each with its reason. */
static void print_none(const struct phase *pooled, bool brief, FILE *out)
{
	if (*pooled->placement)
		table_title(out, "Placement %s: no trial counts", pooled->placement);
	else
		table_title(out, "Nothing that was measured counts");
	if (brief)
		fputc('\n', out);
}

/* With @brief, what stands first only: the client's view, the mean request, the services. */
static int print_placement(const struct run *run, const struct phase *first, bool brief, FILE *out)
{
	struct phase pooled = { 0 };
	int err;

	err = pool_placement(run, first->placement, first->name, &pooled);
	if (err)
		goto out;
	/* The services' table, the last of a brief placement, leaves a blank line behind it. */
	if (!brief || first == run->phases)
		fputc('\n', out);
	if (!pooled.trial) {
		print_none(&pooled, brief, out);
		goto out;
	}
	print_heading(&pooled, out);
	if (pooled.nr_endpoints) {
		err = print_endpoints(&pooled, 0, brief ? BRIEF_ROWS : SIZE_MAX, out);
		fputc('\n', out);
	}
	if (!err)
		err = attribution_print(&pooled, brief ? ATTRIBUTION_MEAN : ATTRIBUTION_SHORT, out);
	if (!err)
		err = brief ? part_services(&pooled, BRIEF_ROWS, out)
			    : print_measured(&pooled, out);
out:
	phase_free(&pooled);
	return err;
}

/* Whether an earlier phase already stood for the placement and name of phase @index. */
static int seen(const struct run *run, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++) {
		if (strcmp(run->phases[i].placement, run->phases[index].placement) == 0 &&
		    strcmp(run->phases[i].name, run->phases[index].name) == 0)
			return 1;
	}
	return 0;
}

static int print_trees(const struct phase *pooled, const char *endpoint, FILE *out)
{
	if (endpoint)
		return attribution_print_endpoint(pooled, endpoint, out);
	return attribution_print(pooled, ATTRIBUTION_EVERY, out);
}

int summary_print_trees(const struct run *run, const char *endpoint, FILE *out)
{
	int result = -ENOENT;
	size_t i;

	for (i = 0; i < run->nr_phases; i++) {
		const struct phase *first = &run->phases[i];
		struct phase pooled = { 0 };
		int err;

		if (seen(run, i))
			continue;
		err = pool_placement(run, first->placement, first->name, &pooled);
		if (!err && pooled.nr_profiles &&
		    (!endpoint || attribution_has_endpoint(&pooled, endpoint))) {
			fputc('\n', out);
			print_heading(&pooled, out);
			err = result = print_trees(&pooled, endpoint, out);
		}
		phase_free(&pooled);
		if (err)
			return err;
	}
	return result;
}

static int print_placements(const struct run *run, bool brief, FILE *out)
{
	size_t i;

	for (i = 0; i < run->nr_phases; i++) {
		int err = seen(run, i) ? 0 : print_placement(run, &run->phases[i], brief, out);

		if (err)
			return err;
	}
	return 0;
}

int summary_print(const struct run *run, FILE *out)
{
	return print_placements(run, false, out);
}

int summary_print_brief(const struct run *run, FILE *out)
{
	return print_placements(run, true, out);
}

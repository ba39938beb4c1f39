// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"
#include "user/base/units.h"
#include "user/model/metrics.h"
#include "user/model/profile.h"
#include "user/show/attribution.h"
#include "user/show/parts.h"

#define NAME_COLUMNS 20
#define INDENT	     2
#define LEFT_COLUMNS 42 /* name, calls, time, share, and blanks between them */
#define SHORT_EDGES  3
#define OFFENDERS    3
#define WAITERS	     3
#define WAIT_SHARE   0.02 /* of a request's time in run queues: less needs no explanation */
#define SHORT_FLOOR  0.02 /* of the time: branches with less are left out of the short form */
#define SMALLEST_NS  0.5
#define SUM_DIFFERS  1.01

static const char *const band_words[] = {
	[BAND_ALL] = "all requests",
	[BAND_P90] = "the slowest tenth",
	[BAND_P99] = "the slowest hundredth",
};

static const char *duration(char text[UNITS_TEXT + 1], double ns)
{
	text[0] = '-';
	units_duration(ns < 0 ? text + 1 : text, UNITS_TEXT, (u64)(fabs(ns) + 0.5));
	return text;
}

static unsigned int depth_of(const char *path)
{
	unsigned int depth = 0;

	for (; *path; path++)
		depth += *path == PATH_BREAK;
	return depth;
}

/* The last name of @path; it ends at the string's end. */
static const char *name_of(const char *path)
{
	const char *brk = strrchr(path, PATH_BREAK);

	return brk ? brk + 1 : path;
}

/* A place of the tree: its rows stand together in the breakdown. */
struct branch {
	const struct attribution *row;
	size_t nr;
	double own_ns;
};

static struct branch next_branch(const struct breakdown *b, size_t at)
{
	struct branch branch = { .row = &b->rows[at] };

	while (at + branch.nr < b->nr_rows &&
	       strcmp(branch.row[branch.nr].path, branch.row->path) == 0) {
		if (branch.row[branch.nr].component != COMPONENT_downstream)
			branch.own_ns += branch.row[branch.nr].ns;
		branch.nr++;
	}
	return branch;
}

/* A line's right part: items that go on in the next line where this one is full. */
struct flow {
	FILE *out;
	int column;
	bool any;
};

static void put_item(struct flow *flow, const char *text)
{
	int width = text_width(text);

	if (flow->any) {
		fputc(',', flow->out);
		flow->column++;
		/* Room for the next comma, too. */
		if (flow->column + 1 + width + 1 > TABLE_WIDTH) {
			fprintf(flow->out, "\n%*s", LEFT_COLUMNS, "");
			flow->column = LEFT_COLUMNS;
		} else {
			fputc(' ', flow->out);
			flow->column++;
		}
	}
	fputs(text, flow->out);
	flow->column += width;
	flow->any = true;
}

static int by_time(const void *left, const void *right)
{
	double l = fabs(((const struct attribution *)left)->ns);
	double r = fabs(((const struct attribution *)right)->ns);

	return l == r ? 0 : l > r ? -1 : 1;
}

static void put_component(struct flow *flow, const struct attribution *row)
{
	char text[128], ns[UNITS_TEXT + 1], sum[UNITS_TEXT + 1];

	if (row->component != COMPONENT_downstream)
		snprintf(text, sizeof(text), "%s %s", component_info(row->component)->label,
			 duration(ns, row->ns));
	else if (row->sum_ns > SUM_DIFFERS * row->ns)
		snprintf(text, sizeof(text), "[calls %s, in all %s]", duration(ns, row->ns),
			 duration(sum, row->sum_ns));
	else
		snprintf(text, sizeof(text), "[calls %s]", duration(ns, row->ns));
	put_item(flow, text);
}

/* The components by size, its own calls last, in brackets: the branches below have them. */
static void put_components(const struct branch *branch, FILE *out)
{
	struct attribution sorted[COMPONENT_NR];
	struct flow flow = { .out = out, .column = LEFT_COLUMNS };
	size_t i;

	memcpy(sorted, branch->row, branch->nr * sizeof(*sorted));
	qsort(sorted, branch->nr, sizeof(*sorted), by_time);
	for (i = 0; i < branch->nr; i++) {
		if (sorted[i].component != COMPONENT_downstream &&
		    fabs(sorted[i].ns) >= SMALLEST_NS)
			put_component(&flow, &sorted[i]);
	}
	for (i = 0; i < branch->nr && *branch->row->path; i++) {
		if (sorted[i].component == COMPONENT_downstream && sorted[i].sum_ns >= SMALLEST_NS)
			put_component(&flow, &sorted[i]);
	}
	if (!flow.any)
		fputs("in the shadow of other calls", out);
}

static void put_branch(const struct branch *branch, double whole_ns, FILE *out)
{
	const char *path = branch->row->path, *name = *path ? name_of(path) : "(client)";
	int indent = (int)depth_of(path) * INDENT, room;
	char calls[UNITS_TEXT], ns[UNITS_TEXT + 1];
	size_t len;

	if (indent > NAME_COLUMNS / 2)
		indent = NAME_COLUMNS / 2;
	room = NAME_COLUMNS - indent;
	len = text_fit(name, room);
	fprintf(out, "%*s%.*s", indent, "", (int)len, name);
	for (room -= text_width(name); room > 0; room--)
		fputc(' ', out);
	snprintf(calls, sizeof(calls), branch->row->calls < 99.95 ? "x%.1f" : "x%.0f",
		 branch->row->calls);
	fprintf(out, " %6s %6s %4.0f %% ", *path ? calls : "", duration(ns, branch->own_ns),
		whole_ns > 0 ? 100 * branch->own_ns / whole_ns : 0);
	put_components(branch, out);
	fputc('\n', out);
}

static double runq_of(const struct branch *branch)
{
	size_t i;

	for (i = 0; i < branch->nr; i++) {
		if (branch->row[i].component == COMPONENT_runq)
			return branch->row[i].ns;
	}
	return 0;
}

static int by_count(const void *left, const void *right)
{
	return part_descending(((const struct tally_item *)left)->count,
			       ((const struct tally_item *)right)->count);
}

/* Whom the service of @branch waited for, of all its waiting in the phase. */
static int put_offenders(const struct phase *phase, const struct branch *branch, FILE *out)
{
	const char *name = name_of(branch->row->path);
	struct tally all = { 0 };
	u64 total;
	size_t i, k;
	int err = 0;

	for (i = 0; i < phase->nr_services; i++) {
		const struct tally *t = &phase->services[i].waited_for_ns;

		if (strcmp(phase->services[i].name, name) != 0)
			continue;
		for (k = 0; k < t->nr && !err; k++)
			err = tally_add(&all, t->item[k].label, t->item[k].count);
	}
	total = tally_total(&all);
	if (total && all.item && !err) {
		qsort(all.item, all.nr, sizeof(*all.item), by_count);
		fprintf(out, "While %.*s waited for a CPU there ran", (int)text_fit(name, 24),
			name);
		for (i = 0; i < all.nr && i < OFFENDERS; i++)
			fprintf(out, "%s %.*s %.0f %%", i ? "," : ":",
				(int)text_fit(all.item[i].label, 12), all.item[i].label,
				100 * (double)all.item[i].count / (double)total);
		fputs(".\n", out);
	}
	tally_free(&all);
	return err;
}

/* The services that wait most, each once. */
static int put_waiters(const struct phase *phase, const struct breakdown *b, FILE *out)
{
	const char *named[WAITERS];
	size_t at, nr = 0, i;
	int err = 0;

	for (at = 0; at < b->nr_rows && nr < WAITERS && !err;) {
		struct branch branch = next_branch(b, at);
		const char *name = name_of(branch.row->path);

		at += branch.nr;
		if (runq_of(&branch) < WAIT_SHARE * b->traced_ns || !*name)
			continue;
		for (i = 0; i < nr && strcmp(named[i], name) != 0; i++)
			;
		if (i < nr)
			continue;
		named[nr++] = name;
		err = put_offenders(phase, &branch, out);
	}
	return err;
}

/* Whether the branch at row @at, or one below it, has @floor_ns of its own. */
static bool matters(const struct breakdown *b, size_t at, double floor_ns)
{
	const char *top = b->rows[at].path;
	size_t len = strlen(top);

	while (at < b->nr_rows) {
		struct branch branch = next_branch(b, at);

		if (strncmp(branch.row->path, top, len) != 0)
			return false;
		if (fabs(branch.own_ns) >= floor_ns &&
		    (!branch.row->path[len] || branch.row->path[len] == PATH_BREAK))
			return true;
		at += branch.nr;
	}
	return false;
}

/* Branches below @floor of the time are left out, and counted. */
static int put_tree(const struct phase *phase, const struct breakdown *b, double floor, FILE *out)
{
	double whole_ns = isfinite(b->client_ns) ? b->client_ns : b->traced_ns;
	const char *name = strcmp(b->endpoint, "all") == 0 ? "all endpoints" : b->endpoint;
	size_t at, nr = 0, left_out = 0;
	char ns[UNITS_TEXT + 1];

	table_title(out, "%.*s, %s: %s", (int)text_fit(name, 44), name, band_words[b->band],
		    duration(ns, whole_ns));
	for (at = 0; at < b->nr_rows;) {
		struct branch branch = next_branch(b, at);

		at += branch.nr;
		if (!*branch.row->path && fabs(branch.own_ns) < SMALLEST_NS)
			continue;
		if ((*branch.row->path && !matters(b, at - branch.nr, floor * whole_ns)) ||
		    (floor > 0 && nr + 1 > part_shown(nr + 1))) {
			left_out++;
			continue;
		}
		nr++;
		put_branch(&branch, whole_ns, out);
	}
	if (left_out)
		fprintf(out, "%s %zu more ('situ show --trees' has all)\n",
			table_unicode() ? "…" : "...", left_out);
	return put_waiters(phase, b, out);
}

static void put_coverage(const struct profile *profile, FILE *out)
{
	size_t i;

	if (!profile->total)
		return;
	fprintf(out, "Coverage %.1f %%: %llu of %llu requests have a whole tree",
		100 * (double)profile->complete / (double)profile->total,
		(unsigned long long)profile->complete, (unsigned long long)profile->total);
	for (i = 0; i < profile->reasons.nr; i++)
		fprintf(out, "%s%s %llu",
			i % 4 ? ", "
			: i   ? ",\n "
			      : "\n (",
			profile->reasons.item[i].label,
			(unsigned long long)profile->reasons.item[i].count);
	fputs(profile->reasons.nr ? ")\n" : "\n", out);
}

/*
 * Which numbers are exact. Of what was under way when the phase began there are sums and no traces,
 * hence the hundredth.
 */
static void put_sampling(const struct profile *profile, FILE *out)
{
	struct sampling s = sampling_of(profile);
	char traced[UNITS_TEXT + 1], exact[UNITS_TEXT + 1];

	if (!s.requests)
		return;
	if (!s.traced)
		fprintf(out, "Not one of %llu requests was traced; exact mean %s\n",
			(unsigned long long)s.requests, duration(exact, s.exact_ns));
	else if (s.share < 1.01)
		fprintf(out, "Exact: every one of %llu requests was traced\n",
			(unsigned long long)s.requests);
	else
		fprintf(out,
			"Sampled 1 of %.1f: mean %s, exact %s over all %llu requests (%+.1f %%)\n",
			s.share, duration(traced, s.traced_ns), duration(exact, s.exact_ns),
			(unsigned long long)s.requests,
			s.exact_ns > 0 ? 100 * (s.traced_ns / s.exact_ns - 1) : 0);
}

static bool shows_band(enum attribution_choice choice, enum band band)
{
	return choice == ATTRIBUTION_EVERY || band == BAND_ALL ||
	       (choice == ATTRIBUTION_SHORT && band == BAND_P99);
}

static int put_profile(const struct phase *phase, const struct profile *profile,
		       enum attribution_choice choice, FILE *out)
{
	const struct endpoint *client = phase_find_endpoint(phase, profile->endpoint);
	bool any = false;
	enum band band;
	int err = 0;

	for (band = 0; band < BAND_NR && !err; band++) {
		struct breakdown b;

		if (!shows_band(choice, band))
			continue;
		err = breakdown_make(profile, band, client, &b);
		if (!err && b.nr_rows) {
			err = put_tree(phase, &b, choice == ATTRIBUTION_EVERY ? 0 : SHORT_FLOOR,
				       out);
			any = true;
		}
		breakdown_free(&b);
	}
	if (any || profile->total) {
		put_coverage(profile, out);
		put_sampling(profile, out);
		fputc('\n', out);
	}
	return err;
}

static int by_total(const void *left, const void *right)
{
	const struct profile *l = *(const struct profile *const *)left;
	const struct profile *r = *(const struct profile *const *)right;

	return part_descending(l->total, r->total);
}

static int put_profiles(const struct phase *phase, enum attribution_choice choice, FILE *out)
{
	size_t most = choice == ATTRIBUTION_EVERY   ? SIZE_MAX
		      : choice == ATTRIBUTION_SHORT ? SHORT_EDGES
						    : 1;
	const struct profile **list;
	int err = 0;
	size_t i;

	list = (const struct profile **)part_sorted(phase->profiles, phase->nr_profiles,
						    sizeof(*phase->profiles), by_total);
	if (!list)
		return -ENOMEM;
	for (i = 0; i < phase->nr_profiles && i < most && !err; i++)
		err = put_profile(phase, list[i], choice, out);
	free(list);
	return err;
}

int attribution_print(const struct phase *phase, enum attribution_choice choice, FILE *out)
{
	struct profile all = { 0 };
	int err = bands_total(phase, &all);

	if (!err && phase->nr_profiles)
		fputs("Where the time of a request went (x: calls per request; a place's own time, "
		      "and\nits share):\n",
		      out);
	if (!err && phase->nr_profiles && phase->nr_endpoints && !all.total)
		fputs("The load's endpoints are not told apart (HTTP/2 or 3, or a load of another "
		      "situ):\nthese are the connections that requests came in by.\n\n",
		      out);
	if (!err)
		err = put_profile(phase, &all, choice, out);
	if (!err && (choice == ATTRIBUTION_EVERY || !all.total))
		err = put_profiles(phase, choice, out);
	profile_free(&all);
	return err;
}

static bool is_called(const char *endpoint, const char *name)
{
	const char *blank = strchr(endpoint, ' ');

	return strcmp(endpoint, name) == 0 || (blank && strcmp(blank + 1, name) == 0);
}

bool attribution_has_endpoint(const struct phase *phase, const char *name)
{
	size_t i;

	for (i = 0; i < phase->nr_profiles; i++) {
		const struct profile *profile = &phase->profiles[i];

		if (is_called(profile->endpoint, name) ||
		    (strcmp(name, "all") == 0 && profile->total &&
		     phase_find_endpoint(phase, profile->endpoint)))
			return true;
	}
	return false;
}

int attribution_print_endpoint(const struct phase *phase, const char *name, FILE *out)
{
	struct profile all = { 0 };
	int err = bands_total(phase, &all), found = 0;
	size_t i;

	if (!err && strcmp(name, all.endpoint) == 0 && all.total) {
		found = 1;
		err = put_profile(phase, &all, ATTRIBUTION_EVERY, out);
	}
	for (i = 0; i < phase->nr_profiles && !err; i++) {
		if (!is_called(phase->profiles[i].endpoint, name))
			continue;
		found = 1;
		err = put_profile(phase, &phase->profiles[i], ATTRIBUTION_EVERY, out);
	}
	profile_free(&all);
	return err ? err : found ? 0 : -ENOENT;
}

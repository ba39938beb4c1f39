// SPDX-License-Identifier: GPL-2.0-only
/* Where the difference of two placements was spent, in words and as JSON. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "user/base/text.h"
#include "user/base/units.h"
#include "user/model/metrics.h"
#include "user/model/profile.h"
#include "user/show/comparison_parts.h"

#define MOST_ROWS    3
#define MOST_CHOSEN  10 /* of an endpoint that was asked for */
#define WHAT_COLUMNS 38
#define NAME_COLUMNS 40

static const char *const band_words[] = {
	[BAND_ALL] = "all requests",
	[BAND_P90] = "the slowest tenth",
	[BAND_P99] = "the slowest hundredth",
};

/* "+4.10ms", "-20.0us". */
static const char *change(char text[PART_TEXT], double ns)
{
	char size[UNITS_TEXT];

	if (!isfinite(ns))
		snprintf(text, PART_TEXT, "?");
	else
		snprintf(text, PART_TEXT, "%c%s", ns < 0 ? '-' : '+',
			 units_duration(size, sizeof(size), (u64)(fabs(ns) + 0.5)));
	return text;
}

static void put_change(const struct inference *found, FILE *out)
{
	char size[PART_TEXT], low[PART_TEXT], high[PART_TEXT];

	fputs(change(size, found->estimate), out);
	if (isfinite(found->low))
		fprintf(out, " (95 %%: %s..%s)", change(low, found->low),
			change(high, found->high));
}

/* "web > cart: network" in its columns; the end of a long path says more than its beginning. */
static int put_what(const struct blame_row *row, FILE *out)
{
	const char *label = component_info(row->component)->label, *at;
	struct buf path = buf_init(1 << 20);
	int room = WHAT_COLUMNS - 2 - text_width(label);

	if (*row->path ? profile_path_text(row->path, &path) : buf_puts(&path, "(client)")) {
		buf_free(&path);
		return -ENOMEM;
	}
	for (at = path.data; text_width(at) > room && strstr(at, " > ");)
		at = strstr(at, " > ") + strlen(" > ");
	fprintf(out, "    %.*s: %s", (int)text_fit(at, room), at, label);
	for (room -= text_width(at); room > 0; room--)
		fputc(' ', out);
	fputs("  ", out);
	buf_free(&path);
	return 0;
}

static int put_blame(const struct blame *blame, size_t most, FILE *out)
{
	const char *name = strcmp(blame->endpoint, "all") == 0 ? "all endpoints" : blame->endpoint;
	double rest_ns = blame->total.estimate;
	size_t i, nr = 0;
	char size[PART_TEXT];
	int err = 0;

	fprintf(out, "  %.*s, %s:\n    ", (int)text_fit(name, NAME_COLUMNS), name,
		band_words[blame->band]);
	put_change(&blame->total, out);
	fputs(", of it\n", out);
	for (i = 0; i < blame->nr && nr < most && !err; i++) {
		const struct blame_row *row = &blame->row[i];

		if (!blame_is_sure(row))
			continue;
		err = put_what(row, out);
		put_change(&row->found, out);
		fputc('\n', out);
		rest_ns -= row->found.estimate;
		nr++;
	}
	if (!err && nr)
		fprintf(out, "    %-*s  %s\n", WHAT_COLUMNS, "the rest", change(size, rest_ns));
	else if (!err)
		fputs("    nothing that the trials tell from 0\n", out);
	return err;
}

bool part_has_blames(const struct ranking *ranking)
{
	return ranking->blames.nr > 0;
}

int part_blames(const struct ranking *ranking, bool chosen, FILE *out)
{
	size_t i;
	int err = 0;

	fprintf(out, "\nWhy, in time per request, %s less %s (largest first):\n",
		ranking->placement[1], ranking->placement[0]);
	for (i = 0; i < ranking->blames.nr && !err; i++) {
		const struct blame *blame = &ranking->blames.blame[i];

		if (chosen || blame->band == BAND_ALL)
			err = put_blame(blame, chosen ? MOST_CHOSEN : MOST_ROWS, out);
	}
	return err;
}

static json_t *real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_path(const char *path)
{
	json_t *list = json_array();
	const char *end;

	for (; *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, PATH_BREAK);
		json_array_append_new(list, json_stringn(path, (size_t)(end - path)));
	}
	return list;
}

static json_t *json_difference(double a_ns, double b_ns, const struct inference *found)
{
	return json_pack("{so so so so so so sI}", "a", real(a_ns), "b", real(b_ns), "difference",
			 real(found->estimate), "difference_low", real(found->low),
			 "difference_high", real(found->high), "p_value", real(found->p_value),
			 "pairs", (json_int_t)found->nr);
}

int part_json_blames(json_t *list, const struct ranking *ranking)
{
	size_t i, k;

	for (i = 0; i < ranking->blames.nr; i++) {
		const struct blame *blame = &ranking->blames.blame[i];
		json_t *rows = json_array(), *object;

		object = json_difference(blame->a_ns, blame->b_ns, &blame->total);
		if (json_object_set_new(object, "endpoint", json_string(blame->endpoint)) ||
		    json_object_set_new(object, "band", json_string(band_name(blame->band))) ||
		    json_object_set_new(object, "rows", rows) ||
		    json_array_append_new(list, object))
			return -ENOMEM;
		for (k = 0; k < blame->nr; k++) {
			const struct blame_row *row = &blame->row[k];

			object = json_difference(row->a_ns, row->b_ns, &row->found);
			if (json_object_set_new(object, "path", json_path(row->path)) ||
			    json_object_set_new(object, "component",
						json_string(component_info(row->component)->id)) ||
			    json_array_append_new(rows, object))
				return -ENOMEM;
		}
	}
	return 0;
}

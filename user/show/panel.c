// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/base/units.h"
#include "user/show/bars.h"
#include "user/show/panel.h"

#define PANELS	    4
#define PANEL_LEAST 38 /* columns */
#define ROWS_LEAST  4  /* lines: the title and three bars */
#define ROWS_MOST   64
#define GAP	    2
#define LABEL	    7
#define COUNT	    7

struct panel {
	const char *title;
	const struct hist *hist;
	struct bar bar[ROWS_MOST];
	size_t nr_bars;
	u64 longest;
};

static bool is(const char *name, const char *host, const struct service *service)
{
	return strcmp(name, service->name) == 0 && strcmp(host, service->host) == 0;
}

/* Adds up the response times that @service waited for, and the times it took to answer. */
static int merge_edges(const struct phase *phase, const struct service *service, struct hist *out,
		       struct hist *in)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < phase->nr_edges; i++) {
		const struct edge *edge = &phase->edges[i];

		if (is(edge->client, edge->client_host, service))
			err = hist_merge(out, &edge->response_ns);
		if (!err && is(edge->server, edge->server_host, service))
			err = hist_merge(in, &edge->service_ns);
	}
	return err;
}

static void prepare(struct panel *panel, size_t rows)
{
	size_t i;

	panel->nr_bars = bars_build(panel->hist, rows < ROWS_MOST ? rows : ROWS_MOST, panel->bar);
	panel->longest = 0;
	for (i = 0; i < panel->nr_bars; i++) {
		if (panel->bar[i].count > panel->longest)
			panel->longest = panel->bar[i].count;
	}
}

/* Adds @text to @line, cut to @width columns and filled up to them. */
static void add_padded(struct buf *line, const char *text, int width)
{
	size_t bytes = text_fit(text, width);
	/* Widths add up, so what the rest takes tells what the start takes. */
	int taken = text_width(text) - text_width(text + bytes);

	buf_add(line, text, bytes);
	buf_printf(line, "%*s", width - taken, "");
}

static void add_title(struct buf *line, const struct panel *panel, int width)
{
	char text[160], p50[UNITS_TEXT], p99[UNITS_TEXT], count[UNITS_TEXT];
	const struct hist *hist = panel->hist;

	if (panel->nr_bars)
		snprintf(text, sizeof(text), "%s: %s p50 %s p99 %s", panel->title,
			 units_count(count, sizeof(count), (double)hist->count),
			 units_duration(p50, sizeof(p50), hist_quantile(hist, 0.5)),
			 units_duration(p99, sizeof(p99), hist_quantile(hist, 0.99)));
	else
		snprintf(text, sizeof(text), "%s: none", panel->title);
	add_padded(line, text, width);
}

static void add_bar(struct buf *line, const struct panel *panel, size_t row, int width,
		    bool unicode)
{
	char label[UNITS_TEXT], count[UNITS_TEXT], bar[512], text[600];
	const struct bar *b = &panel->bar[row];
	int room = width - LABEL - COUNT - 2;

	if (row >= panel->nr_bars) {
		add_padded(line, "", width);
		return;
	}
	units_duration(label, sizeof(label), b->lower_ns);
	units_count(count, sizeof(count), (double)b->count);
	bars_text(bar, sizeof(bar), b->count, panel->longest, room, unicode);
	snprintf(text, sizeof(text), "%*s %s %s", LABEL, label, bar, b->count ? count : "");
	add_padded(line, text, width);
}

/* Adds the lines of the @nr panels that stand side by side, each @height lines high. */
static int add_row(struct frame *frame, struct panel *panel, size_t nr, int width, int height,
		   bool unicode)
{
	int row;

	for (row = 0; row < height; row++) {
		struct buf line = buf_init(16384);
		size_t i;

		for (i = 0; i < nr; i++) {
			buf_printf(&line, "%*s", i ? GAP : 0, "");
			if (row == 0)
				add_title(&line, &panel[i], width);
			else
				add_bar(&line, &panel[i], (size_t)row - 1, width, unicode);
		}
		if (line.failed)
			frame->failed = -ENOMEM;
		else
			frame_add(frame, row ? FRAME_PLAIN : FRAME_BOLD, line.data);
		buf_free(&line);
	}
	return frame->failed;
}

int panel_add(struct frame *frame, const struct phase *phase, const struct service *service,
	      int width, int height, bool unicode)
{
	struct hist out = { 0 }, in = { 0 };
	struct panel panel[PANELS] = {
		{ .title = "runq wait", .hist = &service->runq_wait_ns },
		{ .title = "slice", .hist = &service->slice_ns },
		{ .title = "calls out", .hist = &out },
		{ .title = "calls in", .hist = &in },
	};
	int columns = (width + GAP) / (PANEL_LEAST + GAP), rows, i;
	int err = merge_edges(phase, service, &out, &in);

	/* One, two or four side by side, so that every row is full. */
	columns = columns < 1 ? 1 : columns < 2 ? 1 : columns < PANELS ? 2 : PANELS;
	rows = PANELS / columns;
	while (rows > 1 && height / rows < ROWS_LEAST)
		rows--;
	if (err || height < 2)
		goto out;
	width = (width - (columns - 1) * GAP) / columns;
	height /= rows;
	for (i = 0; i < rows * columns; i++)
		prepare(&panel[i], (size_t)height - 1);
	for (i = 0; !err && i < rows; i++)
		err = add_row(frame, panel + i * columns, (size_t)columns, width, height, unicode);
out:
	hist_free(&out);
	hist_free(&in);
	return err;
}

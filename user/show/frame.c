// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/base/units.h"
#include "user/show/cell.h"
#include "user/show/frame.h"
#include "user/show/panel.h"
#include "user/show/parts.h"

#define LEAST_WIDTH  40
#define LEAST_HEIGHT 10
#define TABLE_HEAD   2
#define OTHER_LINES  (1 + TABLE_HEAD + 1 + 2) /* title, table's head, gap, losses, keys */
#define KEYS	     "q quit  up/down select  t totals  p pause  h help"

void frame_free(struct frame *frame)
{
	size_t i;

	for (i = 0; i < frame->nr; i++)
		free(frame->line[i].text);
	free(frame->line);
	*frame = (struct frame){ 0 };
}

int frame_add(struct frame *frame, enum frame_look look, const char *text)
{
	struct frame_line *grown = frame->line;
	char *copy;

	if (frame->failed)
		return frame->failed;
	if ((frame->nr & (frame->nr - 1)) == 0)
		grown = realloc(frame->line, (frame->nr ? 2 * frame->nr : 1) * sizeof(*grown));
	if (grown)
		frame->line = grown;
	copy = grown ? strdup(text) : NULL;
	if (!copy)
		return frame->failed = -ENOMEM;
	frame->line[frame->nr++] = (struct frame_line){ copy, look };
	return 0;
}

static const struct phase *shown(const struct live_view *view, const struct live_data *data)
{
	return view->totals ? data->total : data->last;
}

static int by_cpu(const void *left, const void *right)
{
	const struct service *l = *(const struct service *const *)left;
	const struct service *r = *(const struct service *const *)right;
	int order = part_descending(l->cpu_ns, r->cpu_ns);

	if (!order)
		order = strcmp(l->name, r->name);
	return order ? order : strcmp(l->host, r->host);
}

static const struct service **list_services(const struct phase *phase)
{
	return (const struct service **)part_sorted(phase->services, phase->nr_services,
						    sizeof(*phase->services), by_cpu);
}

/* Row of the selected service; the first when it is not there (yet, or any more). */
static size_t selected_row(const struct live_view *view, const struct service **list, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (strcmp(list[i]->name, view->selected) == 0 &&
		    strcmp(list[i]->host, view->selected_host) == 0)
			return i;
	}
	return 0;
}

int frame_select(struct live_view *view, const struct live_data *data, int step)
{
	const struct phase *phase = shown(view, data);
	const struct service **list;
	long row;

	if (!phase->nr_services)
		return 0;
	list = list_services(phase);
	if (!list)
		return -ENOMEM;
	row = (long)selected_row(view, list, phase->nr_services) + step;
	if (row < 0)
		row = 0;
	if (row >= (long)phase->nr_services)
		row = (long)phase->nr_services - 1;
	text_clean(view->selected, sizeof(view->selected), list[row]->name);
	text_clean(view->selected_host, sizeof(view->selected_host), list[row]->host);
	free(list);
	return 0;
}

/* @count per second of @phase; NAN before its time has begun. */
static double per_second(u64 count, const struct phase *phase)
{
	return (double)count * (double)NSEC_PER_SEC / (double)phase->duration_ns;
}

static void service_cells(struct table *table, const struct phase *phase,
			  const struct service *service, const struct phase *last)
{
	const struct service *now = phase_find_service(last, service->name, service->host);
	u64 requests = 0, bytes = 0;
	size_t i;

	for (i = 0; i < service->nr_disks; i++) {
		if (disk_hands_on(&service->disks[i]))
			continue;
		requests += service->disks[i].count;
		bytes += service->disks[i].bytes;
	}
	table_text(table, service->name);
	cell_percent(table, service->cpu_ns, phase->duration_ns);
	cell_quantile(table, &service->runq_wait_ns, 0.5);
	cell_quantile(table, &service->runq_wait_ns, 0.99);
	cell_count(table, per_second(requests, phase));
	cell_bytes(table, per_second(bytes, phase));
	cell_bytes(table, per_second(service->net_rx_bytes, phase));
	cell_bytes(table, per_second(service->net_tx_bytes, phase));
	/* Memory is a state, which does not add up over intervals. */
	cell_bytes(table, now && now->mem_bytes ? (double)now->mem_bytes : -1);
}

/* Adds the lines of @text, cut to @width, the @selected-th of them (from 0) as the selected one. */
static void add_lines(struct frame *frame, char *text, size_t selected, int width)
{
	char *line, *rest = text;
	size_t i;

	for (i = 0; (line = strsep(&rest, "\n")) && (*line || rest); i++) {
		line[text_fit(line, width)] = '\0';
		if (i == selected)
			frame_add(frame, FRAME_SELECTED, line);
		else
			frame_add(frame, i < TABLE_HEAD ? FRAME_BOLD : FRAME_PLAIN, line);
	}
}

/* The @rows services around the selected row. */
static int add_services(struct frame *frame, const struct live_data *data,
			const struct phase *phase, const struct service **list, size_t selected,
			size_t rows, int width)
{
	static const struct table_column columns[] = {
		{ NULL, "service", TABLE_LEFT, true },
		{ NULL, "cpu %", TABLE_RIGHT, false },
		{ "runq wait", "p50", TABLE_RIGHT, false },
		{ "runq wait", "p99", TABLE_RIGHT, false },
		{ "disk/s", "reqs", TABLE_RIGHT, false },
		{ "disk/s", "bytes", TABLE_RIGHT, false },
		{ "net/s", "rx", TABLE_RIGHT, false },
		{ "net/s", "tx", TABLE_RIGHT, false },
		{ NULL, "memory", TABLE_RIGHT, false },
	};
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	size_t first = selected < rows ? 0 : selected - rows + 1, size = 0, i;
	char *text = NULL;
	FILE *mem = open_memstream(&text, &size);
	int err = mem ? 0 : -ENOMEM;

	for (i = first; i < phase->nr_services && i < first + rows; i++)
		service_cells(&table, phase, list[i], data->last);
	if (mem) {
		err = table_print(&table, width, false, mem);
		if (fclose(mem))
			err = -ENOMEM;
	}
	if (!err)
		add_lines(frame, text, TABLE_HEAD + selected - first, width);
	else
		frame->failed = err;
	free(text);
	table_free(&table);
	return frame->failed;
}

/* A line of exactly @width columns, so that its look covers the screen. */
static void add_full(struct frame *frame, enum frame_look look, const char *text, int width)
{
	struct buf line = buf_init(16384);
	size_t bytes = text_fit(text, width);

	buf_add(&line, text, bytes);
	buf_printf(&line, "%*s", width - (text_width(text) - text_width(text + bytes)), "");
	frame_add(frame, look, line.data ? line.data : "");
	buf_free(&line);
}

static void add_title(struct frame *frame, const struct live_view *view, const struct phase *phase,
		      int width)
{
	char text[160], over[UNITS_TEXT];

	units_duration(over, sizeof(over), phase->duration_ns);
	if (!phase->duration_ns)
		snprintf(text, sizeof(text), "situ live: measuring the first interval");
	else
		snprintf(text, sizeof(text), "situ live: %s %s, %zu services%s",
			 view->totals ? "the sum of all intervals," : "the last", over,
			 phase->nr_services, view->paused ? "  PAUSED (p goes on)" : "");
	add_full(frame, FRAME_BAR, text, width);
}

static void add_losses(struct frame *frame, const struct phase *phase, int width)
{
	struct buf text = buf_init(4096);
	u64 total = tally_total(&phase->losses);
	char cpu[32];
	size_t i;

	snprintf(cpu, sizeof(cpu), "%.1f",
		 phase->duration_ns ? 100 * (double)phase->self_cpu_ns / (double)phase->duration_ns
				    : 0);
	buf_printf(&text, "situ itself %s %% of a CPU; lost or without an owner:%s", cpu,
		   total ? "" : " none");
	for (i = 0; i < phase->losses.nr; i++) {
		if (phase->losses.item[i].count)
			buf_printf(&text, " %s %llu", phase->losses.item[i].label,
				   (unsigned long long)phase->losses.item[i].count);
	}
	/* A list that is too long for the buffer is cut like one that is too long for the line. */
	add_full(frame, total ? FRAME_BOLD : FRAME_FAINT, text.data ? text.data : "", width);
	buf_free(&text);
}

static void add_help(struct frame *frame, int width, int height)
{
	static const char *const text[] = {
		"",
		"q        quit                     up, k    select the service above",
		"t        last interval / totals   down, j  select the service below",
		"p        pause, go on             h, ?     this help, back",
		"",
		"cpu %      time on a CPU, of one CPU         runq wait  from runnable to running",
		"disk/s     completed requests and bytes      net/s      TCP payload",
		"slice      time on a CPU at a stretch",
		"calls out  its requests: from the last byte sent to the answer's first byte",
		"calls in   its answers: from the request's last byte to the answer's first byte",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(text) && (int)i < height - 3; i++)
		add_full(frame, FRAME_PLAIN, text[i], width);
}

/* The services and the selected one's histograms in @height lines. */
static int add_body(struct frame *frame, const struct live_view *view, const struct live_data *data,
		    int width, int height)
{
	const struct phase *phase = shown(view, data);
	const struct service **list = list_services(phase);
	size_t nr = phase->nr_services, selected, rows;
	int err;

	if (!list)
		return -ENOMEM;
	selected = selected_row(view, list, nr);
	rows = (size_t)(height > 9 ? height / 3 : 3);
	if (rows > nr)
		rows = nr;
	err = add_services(frame, data, phase, list, selected, rows, width);
	if (!err && nr) {
		err = frame_add(frame, FRAME_PLAIN, "");
		if (!err)
			err = panel_add(frame, phase, list[selected], width, height - (int)rows,
					view->unicode);
	}
	free(list);
	return err;
}

int frame_build(const struct live_view *view, const struct live_data *data, int width, int height,
		struct frame *frame)
{
	const struct phase *phase = shown(view, data);
	int err = 0;

	if (width < LEAST_WIDTH || height < LEAST_HEIGHT) {
		add_full(frame, FRAME_PLAIN, "too small: enlarge me", width);
		return frame->failed;
	}
	add_title(frame, view, phase, width);
	if (view->help)
		add_help(frame, width, height);
	else if (phase->duration_ns)
		err = add_body(frame, view, data, width, height - OTHER_LINES);
	while (!frame->failed && (int)frame->nr < height - 2)
		frame_add(frame, FRAME_PLAIN, "");
	add_losses(frame, phase, width);
	add_full(frame, FRAME_FAINT, KEYS, width);
	return err ? err : frame->failed;
}

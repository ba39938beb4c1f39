// SPDX-License-Identifier: GPL-2.0-only
/* Data files of a workload, and the names that its texts may use. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "loadgen/workload_check.h"
#include "user/base/buf.h"

/* The path of @file as seen from the workload file, which may be in another directory. */
static char *path_of(const struct check *c, const char *file)
{
	const char *slash = strrchr(c->source->name, '/');
	char *path;

	if (file[0] == '/' || !slash)
		return strdup(file);
	if (asprintf(&path, "%.*s/%s", (int)(slash - c->source->name), c->source->name, file) < 0)
		return NULL;
	return path;
}

/* Only a regular file: a pipe or a device would hang here, or go on for ever. */
static int read_regular(struct buf *text, const char *path)
{
	struct stat st;

	*text = buf_init(CSV_BYTES_MAX);
	if (stat(path, &st))
		return -errno;
	return S_ISREG(st.st_mode) ? buf_read_file(text, path, CSV_BYTES_MAX) : -EINVAL;
}

static int read_csv(const struct check *c, unsigned int i)
{
	struct data *data = &c->w->data[i];
	struct place at = check_place(c, "data/%u/file", i);
	char *path = path_of(c, data->file);
	struct buf text;
	int status;

	if (!path)
		return check_no_memory(c->err);
	status = read_regular(&text, path);
	if (status == -E2BIG)
		check_mistake(at, c->err, "%s is larger than %u bytes: use a shorter file", path,
			      CSV_BYTES_MAX);
	else if (status == -EINVAL)
		check_mistake(at, c->err, "%s is not a regular file: name a CSV file", path);
	else if (status)
		check_mistake(at, c->err, "cannot read %s (%s): check the name", path,
			      strerror(-status));
	else
		status = csv_parse(&data->csv, path, text.data, text.len, c->err);
	buf_free(&text);
	free(path);
	return status ? -1 : 0;
}

static int name_columns(const struct check *c, struct data *data)
{
	size_t i, k;

	data->names = calloc(data->csv.nr_columns, sizeof(*data->names));
	if (!data->names)
		return check_no_memory(c->err);
	for (i = 0; i < data->csv.nr_columns; i++) {
		for (k = 0; k < i; k++) {
			if (strcmp(csv_name(&data->csv, i), csv_name(&data->csv, k)) == 0)
				return err_set(c->err, EXIT_USAGE,
					       "%s:1:1: column '%.60s' is there twice: rename one",
					       data->file, csv_name(&data->csv, i));
		}
		if (asprintf(&data->names[i], "%s.%s", data->as, csv_name(&data->csv, i)) < 0) {
			data->names[i] = NULL;
			return check_no_memory(c->err);
		}
	}
	return 0;
}

static int check_file(const struct check *c, unsigned int i)
{
	static const char *const orders[] = { "seq", "random" };
	struct data *data = &c->w->data[i];
	struct place at = check_place(c, "data/%u/as", i);
	unsigned int k, order;

	if (check_word(at, "data", data->as, c->err) ||
	    check_choice(check_place(c, "data/%u/order", i), data->order, orders,
			 ARRAY_SIZE(orders), &order, c->err))
		return -1;
	data->random = order;
	for (k = 0; k < i; k++) {
		if (strcmp(c->w->data[k].as, data->as) == 0)
			return check_mistake(at, c->err, "data '%s' is there twice: rename one",
					     data->as);
	}
	if (read_csv(c, i) || name_columns(c, data))
		return -1;
	data->first = c->w->nr_symbols;
	c->w->nr_symbols += (unsigned int)data->csv.nr_columns;
	if (c->w->nr_symbols > WORKLOAD_SYMBOLS_MAX)
		return check_mistake(at, c->err,
				     "more than %d variables and columns: take some out",
				     WORKLOAD_SYMBOLS_MAX);
	return 0;
}

int check_data(const struct check *c)
{
	struct workload *w = c->w;
	unsigned int i;
	size_t k;

	w->nr_symbols = w->nr_vars;
	for (i = 0; i < w->nr_data; i++) {
		if (check_file(c, i))
			return -1;
	}
	w->symbols = calloc(w->nr_symbols + 1, sizeof(*w->symbols));
	if (!w->symbols)
		return check_no_memory(c->err);
	for (i = 0; i < w->nr_vars; i++)
		w->symbols[i] = (struct symbol){ .name = w->vars[i].name, .drawn = &w->vars[i] };
	for (i = 0; i < w->nr_data; i++) {
		for (k = 0; k < w->data[i].csv.nr_columns; k++)
			w->symbols[w->data[i].first + k].name = w->data[i].names[k];
	}
	return 0;
}

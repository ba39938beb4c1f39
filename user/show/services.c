// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/show/cell.h"
#include "user/show/parts.h"

static int by_cpu(const void *left, const void *right)
{
	const struct service *l = *(const struct service *const *)left;
	const struct service *r = *(const struct service *const *)right;
	int order = part_descending(l->cpu_ns, r->cpu_ns);

	return order ? order : strcmp(l->name, r->name);
}

static int several_hosts(const struct phase *phase)
{
	size_t i;

	for (i = 1; i < phase->nr_services; i++) {
		if (strcmp(phase->services[i].host, phase->services[0].host) != 0)
			return 1;
	}
	return 0;
}

static void service_row(struct table *table, const struct phase *phase,
			const struct service *service, int with_host)
{
	table_text(table, service->name);
	if (with_host)
		table_text(table, service->host);
	cell_duration(table, (double)service->cpu_ns);
	cell_percent(table, service->cpu_ns, phase->duration_ns);
	cell_quantile(table, &service->runq_wait_ns, 0.5);
	cell_quantile(table, &service->runq_wait_ns, 0.99);
	/* No task runs in no memory: 0 is a cgroup whose memory nobody counts. */
	cell_bytes(table, service->mem_bytes ? (double)service->mem_bytes : -1);
	cell_bytes(table, (double)service->net_rx_bytes);
	cell_bytes(table, (double)service->net_tx_bytes);
}

int part_services(const struct phase *phase, size_t most, FILE *out)
{
	static const struct table_column columns[] = {
		{ NULL, "service", TABLE_LEFT, true },
		{ NULL, "host", TABLE_LEFT, true },
		{ "cpu", "time", TABLE_RIGHT, false },
		{ "cpu", "%", TABLE_RIGHT, false },
		{ "runq wait", "p50", TABLE_RIGHT, false },
		{ "runq wait", "p99", TABLE_RIGHT, false },
		{ NULL, "memory", TABLE_RIGHT, false },
		{ "net", "rx", TABLE_RIGHT, false },
		{ "net", "tx", TABLE_RIGHT, false },
	};
	struct table_column used[ARRAY_SIZE(columns)];
	int with_host = several_hosts(phase);
	size_t nr = phase->nr_services, shown = part_shown(nr), nr_columns = 0, i;
	const struct service **list;
	struct table table;

	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		if (i != 1 || with_host)
			used[nr_columns++] = columns[i];
	}
	if (shown > most)
		shown = most;
	list = (const struct service **)part_sorted(phase->services, nr, sizeof(*phase->services),
						    by_cpu);
	if (!list)
		return -ENOMEM;
	table = table_init(used, nr_columns);
	for (i = 0; i < shown; i++)
		service_row(&table, phase, list[i], with_host);
	free(list);
	return part_end(&table, nr - shown, out);
}

struct disk_row {
	const struct service *service;
	const struct disk *disk;
};

static int by_requests(const void *left, const void *right)
{
	const struct disk_row *l = left, *r = right;
	int order = part_descending(l->disk->count, r->disk->count);

	if (!order)
		order = strcmp(l->service->name, r->service->name);
	if (!order)
		order = strcmp(l->disk->device, r->disk->device);
	return order ? order : strcmp(l->disk->op, r->disk->op);
}

/* All disks of all services, the busiest first, *@nr of them. The caller frees. */
static struct disk_row *list_disks(const struct phase *phase, size_t *nr)
{
	struct disk_row *list;
	size_t i, k;

	*nr = 0;
	for (i = 0; i < phase->nr_services; i++)
		*nr += phase->services[i].nr_disks;
	list = calloc(*nr + 1, sizeof(*list));
	if (!list)
		return NULL;
	*nr = 0;
	for (i = 0; i < phase->nr_services; i++) {
		for (k = 0; k < phase->services[i].nr_disks; k++)
			list[(*nr)++] = (struct disk_row){ &phase->services[i],
							   &phase->services[i].disks[k] };
	}
	qsort(list, *nr, sizeof(*list), by_requests);
	return list;
}

static void disk_cells(struct table *table, const struct phase *phase, const struct disk_row *row)
{
	const struct disk *disk = row->disk;
	char label[256];

	part_place(phase, row->service->name, row->service->host, label, sizeof(label));
	table_text(table, label);
	table_text(table, disk->device);
	table_text(table, disk->op);
	cell_count(table, (double)disk->count);
	cell_bytes(table, (double)disk->bytes);
	cell_bad_count(table, disk->errors);
	cell_quantile(table, &disk->queue_ns, 0.5);
	cell_quantile(table, &disk->queue_ns, 0.99);
	cell_quantile(table, &disk->device_ns, 0.5);
	cell_quantile(table, &disk->device_ns, 0.99);
}

int part_disks(const struct phase *phase, FILE *out)
{
	static const struct table_column columns[] = {
		{ NULL, "disk of", TABLE_LEFT, true },	 { NULL, "device", TABLE_LEFT, true },
		{ NULL, "op", TABLE_LEFT, false },	 { NULL, "reqs", TABLE_RIGHT, false },
		{ NULL, "bytes", TABLE_RIGHT, false },	 { NULL, "err", TABLE_RIGHT, false },
		{ "queue", "p50", TABLE_RIGHT, false },	 { "queue", "p99", TABLE_RIGHT, false },
		{ "device", "p50", TABLE_RIGHT, false }, { "device", "p99", TABLE_RIGHT, false },
	};
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	struct disk_row *list;
	size_t nr, i;

	list = list_disks(phase, &nr);
	if (!list)
		return -ENOMEM;
	for (i = 0; i < part_shown(nr); i++)
		disk_cells(&table, phase, &list[i]);
	free(list);
	return part_end(&table, nr - part_shown(nr), out);
}

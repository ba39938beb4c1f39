// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/store/writer.h"

#define STAT_MAX 4096

/* State and start time of process @pid from its stat line; false when it has none. */
static bool read_stat(u64 pid, char *state, u64 *start_ticks)
{
	struct buf text;
	char path[64];
	const char *at;
	bool ok = false;

	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/stat", pid);
	if (buf_read_file(&text, path, STAT_MAX) == 0) {
		/* The name in field 2 may hold anything, so fields count from its last ')'. */
		at = strrchr(text.data, ')');
		ok = at && sscanf(at + 1,
				  " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
				  "%*d %*d %*d %*d %" SCNu64,
				  state, start_ticks) == 2;
	}
	buf_free(&text);
	return ok;
}

static void read_line(char *to, size_t size, const char *path)
{
	struct buf text;

	if (buf_read_file(&text, path, STAT_MAX) == 0)
		snprintf(to, size, "%.*s", (int)strcspn(text.data, "\n"), text.data);
	buf_free(&text);
}

void writer_self(struct writer *writer)
{
	char state;

	*writer = (struct writer){ .pid = (u64)getpid() };
	read_stat(writer->pid, &state, &writer->start_ticks);
	read_line(writer->boot, sizeof(writer->boot), "/proc/sys/kernel/random/boot_id");
	read_line(writer->machine, sizeof(writer->machine), "/etc/machine-id");
}

bool writer_gone(const struct writer *writer, const struct writer *self)
{
	u64 start_ticks;
	char state;

	if (strcmp(writer->machine, self->machine) != 0)
		return false;
	if (strcmp(writer->boot, self->boot) != 0)
		return true;
	if (!read_stat(writer->pid, &state, &start_ticks))
		return true;
	return start_ticks != writer->start_ticks || state == 'Z' || state == 'X';
}

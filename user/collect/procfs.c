// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/collect/procfs.h"

#define STAT_STARTTIME	22 /* number of the field in /proc/PID/stat, proc(5) */
#define STAT_AFTER_COMM 3
#define PROC_FILE_MAX                                                              \
	(1 << 20) /* /proc/stat of a machine with thousands of CPUs and interrupts \
		   */

static u64 ticks_to_ns(u64 ticks)
{
	return ticks * (NSEC_PER_SEC / (u64)sysconf(_SC_CLK_TCK));
}

/* Reads @sysroot/proc/@file into @b, which the caller frees in any case. */
static int read_proc(struct buf *b, const char *sysroot, const char *file)
{
	char path[PATH_MAX];

	*b = buf_init(0);
	if ((size_t)snprintf(path, sizeof(path), "%s/proc/%s", sysroot, file) >= sizeof(path))
		return -ENAMETOOLONG;
	return buf_read_file(b, path, PROC_FILE_MAX);
}

static int read_pid(struct buf *b, const char *sysroot, int pid, const char *file)
{
	char name[64];

	if (pid)
		snprintf(name, sizeof(name), "%d/%s", pid, file);
	else
		snprintf(name, sizeof(name), "self/%s", file);
	return read_proc(b, sysroot, name);
}

int procfs_memory(const char *sysroot, int pid, struct proc_memory *memory)
{
	u64 page = (u64)sysconf(_SC_PAGESIZE), resident, shared;
	struct buf b;
	int err = read_pid(&b, sysroot, pid, "statm");

	if (!err && sscanf(b.data, "%*u %" SCNu64 " %" SCNu64, &resident, &shared) != 2)
		err = -EBADMSG;
	/* The kernel sums the two at different moments: never more of the one than of the whole. */
	if (!err)
		*memory = (struct proc_memory){
			.rss_bytes = resident * page,
			.file_bytes = (shared < resident ? shared : resident) * page,
		};
	buf_free(&b);
	return err;
}

int procfs_start_ns(const char *sysroot, int pid, u64 *ns)
{
	struct buf b;
	char *at = NULL, *end;
	int field, err = read_pid(&b, sysroot, pid, "stat");

	/* The command may itself hold blanks and parentheses: it ends at the last one. */
	if (!err)
		at = strrchr(b.data, ')');
	for (field = STAT_AFTER_COMM; at && field <= STAT_STARTTIME; field++)
		at = strchr(at + 1, ' ');
	if (at) {
		u64 ticks = strtoull(at + 1, &end, 10);

		if (end == at + 1)
			at = NULL;
		else
			*ns = ticks_to_ns(ticks);
	}
	if (!err && !at)
		err = -EBADMSG;
	buf_free(&b);
	return err;
}

int procfs_steal_ns(const char *sysroot, u64 *ns)
{
	struct buf b;
	u64 steal;
	int err = read_proc(&b, sysroot, "stat");

	if (!err && sscanf(b.data, "cpu %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &steal) != 1)
		err = -EBADMSG;
	if (!err)
		*ns = ticks_to_ns(steal);
	buf_free(&b);
	return err;
}

int procfs_uptime_ns(const char *sysroot, u64 *ns)
{
	u64 seconds, hundredths;
	struct buf b;
	int err = read_proc(&b, sysroot, "uptime");

	if (!err && sscanf(b.data, "%" SCNu64 ".%2" SCNu64, &seconds, &hundredths) != 2)
		err = -EBADMSG;
	if (!err)
		*ns = seconds * NSEC_PER_SEC + hundredths * (NSEC_PER_SEC / 100);
	buf_free(&b);
	return err;
}

int procfs_boot_id(const char *sysroot, char id[PROCFS_BOOT_ID])
{
	struct buf b;
	int err = read_proc(&b, sysroot, "sys/kernel/random/boot_id");

	if (!err && strspn(b.data, "0123456789abcdef-") != PROCFS_BOOT_ID - 1)
		err = -EBADMSG;
	if (!err) {
		memcpy(id, b.data, PROCFS_BOOT_ID - 1);
		id[PROCFS_BOOT_ID - 1] = '\0';
	}
	buf_free(&b);
	return err;
}

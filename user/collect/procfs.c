// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/collect/procfs.h"

/* Words, counted from 0, by proc(5). */
#define STAT_STARTTIME 19 /* of /proc/PID/stat, behind the command */
#define STAT_STEAL     8  /* of the line "cpu" of /proc/stat */

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

/* A whole number at @text, which ends at @end. */
static int take_u64(const char *text, char **end, u64 *value)
{
	if (!isdigit((unsigned char)*text))
		return -EBADMSG;
	errno = 0;
	*value = strtoull(text, end, 10);
	return errno ? -EBADMSG : 0;
}

/* The number that is word @nth (from 0) of the line at @text. */
static int word_u64(const char *text, unsigned int nth, u64 *value)
{
	char *end;

	text += strspn(text, " ");
	while (nth--) {
		text += strcspn(text, " \n");
		text += strspn(text, " ");
	}
	if (take_u64(text, &end, value))
		return -EBADMSG;
	return *end && !strchr(" \n", *end) ? -EBADMSG : 0;
}

int procfs_memory(const char *sysroot, int pid, struct proc_memory *memory)
{
	u64 page = (u64)sysconf(_SC_PAGESIZE), resident, shared;
	struct buf b;
	int err = read_pid(&b, sysroot, pid, "statm");

	if (!err)
		err = word_u64(b.data, 1, &resident);
	if (!err)
		err = word_u64(b.data, 2, &shared);
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
	const char *comm_end = NULL;
	u64 ticks;
	int err = read_pid(&b, sysroot, pid, "stat");

	/* The command may itself hold blanks and parentheses: it ends at the last one. */
	if (!err) {
		comm_end = strrchr(b.data, ')');
		err = comm_end ? word_u64(comm_end + 1, STAT_STARTTIME, &ticks) : -EBADMSG;
	}
	if (!err)
		*ns = ticks_to_ns(ticks);
	buf_free(&b);
	return err;
}

int procfs_steal_ns(const char *sysroot, u64 *ns)
{
	struct buf b;
	u64 ticks;
	int err = read_proc(&b, sysroot, "stat");

	if (!err)
		err = text_starts(b.data, "cpu ") ? word_u64(b.data, STAT_STEAL, &ticks) : -EBADMSG;
	if (!err)
		*ns = ticks_to_ns(ticks);
	buf_free(&b);
	return err;
}

/* "1931.88 3698.69": seconds since boot, and those that the CPUs were idle. */
int procfs_uptime_ns(const char *sysroot, u64 *ns)
{
	u64 seconds, hundredths;
	struct buf b;
	char *end;
	int err = read_proc(&b, sysroot, "uptime");

	if (!err)
		err = take_u64(b.data, &end, &seconds);
	if (!err)
		err = *end == '.' ? take_u64(end + 1, &end, &hundredths) : -EBADMSG;
	if (!err && hundredths > 99)
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

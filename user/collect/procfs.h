/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Single facts from /proc. @sysroot is put in front of each path: "" for this machine, a recorded
 * tree for a test. Each returns 0, the negative errno of reading (-ENOENT, -ESRCH: no such
 * process), or -EBADMSG when the file does not look as proc(5) describes it.
 */
#ifndef SITU_COLLECT_PROCFS_H
#define SITU_COLLECT_PROCFS_H

#include "user/base/types.h"

#define PROCFS_BOOT_ID 37 /* a UUID as text, with the NUL */

struct proc_memory {
	u64 rss_bytes;	/* resident: anonymous, file and shared pages */
	u64 file_bytes; /* of these: file-backed and shared */
};

/* Resident memory of process @pid, 0 for this one. */
int procfs_memory(const char *sysroot, int pid, struct proc_memory *memory);

/* When process @pid (0: this one) started, in nanoseconds since boot, by the kernel's tick. */
int procfs_start_ns(const char *sysroot, int pid, u64 *ns);

/* Time that the hypervisor took from all CPUs of this VM since boot, summed; nanoseconds. */
int procfs_steal_ns(const char *sysroot, u64 *ns);

/* Since boot, with time asleep. */
int procfs_uptime_ns(const char *sysroot, u64 *ns);

/* An id that changes with every boot. */
int procfs_boot_id(const char *sysroot, char id[PROCFS_BOOT_ID]);

#endif

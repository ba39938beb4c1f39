/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SITU_BASE_CLOCK_H
#define SITU_BASE_CLOCK_H

#include "user/base/types.h"

/* CLOCK_MONOTONIC in nanoseconds: the clock of bpf_ktime_get_ns(). */
u64 clock_mono_ns(void);

/* CLOCK_REALTIME in nanoseconds since 1970: for "started at", never for a duration. */
u64 clock_real_ns(void);

/* CPU time of this process (user and system) in nanoseconds. */
u64 clock_cpu_ns(void);

/* Sleeps until CLOCK_MONOTONIC reaches @deadline_ns, or a signal comes: then returns -EINTR. */
int clock_sleep_until(u64 deadline_ns);

#endif

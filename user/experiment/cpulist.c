// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/experiment/cpulist.h"

/* A CPU number at *@text, which is moved behind it; -1 when there is none. */
static long number(const char **text)
{
	char *end;
	long cpu;

	if (**text < '0' || **text > '9')
		return -1;
	cpu = strtol(*text, &end, 10);
	*text = end;
	return cpu < CPU_SETSIZE ? cpu : -1;
}

int cpulist_parse(const char *text, cpu_set_t *set)
{
	CPU_ZERO(set);
	for (;;) {
		long first = number(&text), last = first;

		if (*text == '-' && first >= 0) {
			text++;
			last = number(&text);
		}
		if (first < 0 || last < first)
			return -EINVAL;
		for (; first <= last; first++)
			CPU_SET(first, set);
		if (!*text)
			return 0;
		if (*text++ != ',')
			return -EINVAL;
	}
}

void cpulist_online(cpu_set_t *set)
{
	struct buf b;
	int failed = buf_read_file(&b, "/sys/devices/system/cpu/online", 65536);

	if (!failed) {
		b.data[strcspn(b.data, "\n")] = '\0';
		failed = cpulist_parse(b.data, set);
	}
	buf_free(&b);
	if (failed && sched_getaffinity(0, sizeof(*set), set))
		CPU_ZERO(set);
}

int cpulist_outside(const cpu_set_t *set, const cpu_set_t *within)
{
	int cpu;

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, set) && !CPU_ISSET(cpu, within))
			return cpu;
	}
	return -1;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The instants of a request on a connection, the same code in the kernel and in user space. */
#ifndef SITU_BPF_INSTANTS_H
#define SITU_BPF_INSTANTS_H

#ifndef __bpf__
#include "user/base/types.h" /* the BPF side has u64 and the like from vmlinux.h */
#endif

static inline __attribute__((always_inline)) u64 ns_min(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline __attribute__((always_inline)) u64 ns_max(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* From @b to @a; 0 where that is the other way round. */
static inline __attribute__((always_inline)) u64 ns_minus(u64 a, u64 b)
{
	return a > b ? a - b : 0;
}

/* In the order in which they come: at the client, at the server, at the client again. */
enum instant { CONNECTS, SENT, ARRIVED, BEGUN, ANSWERED, RETURNED, READ, INSTANTS };

/*
 * Puts the stamps @t in order; 0 is one that is not known, t[CONNECTS] is not looked at. Arrivals
 * and reads are stamped at the event, sends perhaps behind it: so an instant that lies behind its
 * successor is moved to that, and one that is not known is put there: a server that was not
 * measured takes no time of its own. t[CONNECTS] becomes @connect_ns before t[SENT].
 */
static inline __attribute__((always_inline)) void instants_order(u64 t[INSTANTS], u64 connect_ns)
{
	u64 next = 0;
	int i;

#pragma GCC unroll 8
	for (i = READ; i > CONNECTS; i--)
		next = next ? next : t[i];
#pragma GCC unroll 8
	for (i = READ; i > CONNECTS; i--) {
		if (t[i] && t[i] < next)
			next = t[i];
		t[i] = next;
	}
	t[CONNECTS] = t[SENT] > connect_ns ? t[SENT] - connect_ns : 0;
}

#endif

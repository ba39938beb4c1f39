/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF programs and the user side agree on: the only header that both include. Keys,
 * rows, slot numbers and reasons of loss. Fixed-width fields, no pointers. Both sides are built
 * into one binary, so nothing here has a version.
 *
 * The shape of it all: whatever is counted lives in dense rows of plain arrays. A small hash,
 * used at birth only, gives a cgroup its slot, a (slot, device, operation) its disk row and a
 * pair of services its edge row. Free numbers come from queues that user space fills, so that
 * numbers can be taken back. Counters are cumulative and never reset while attached.
 */
#ifndef SITU_BPF_CONTRACT_H
#define SITU_BPF_CONTRACT_H

#include "bpf/hist.h"

#ifndef __bpf__
#include "user/base/types.h" /* the BPF side has u64 and the like from vmlinux.h */
#endif

#define SLOTS_MAX      1024 /* cgroups */
#define DISK_ROWS_MAX  384
#define EDGE_ROWS_MAX  2048
#define OWNER_NAME_LEN 64

/* Numbers below SLOT_FIRST are not cgroups. */
enum special_slot {
	SLOT_OVERFLOW = 0, /* all slots are taken: charged here, counted as LOSS_OWNER_FULL */
	SLOT_UNOWNED = 1,  /* nobody's: flushes, requests without a bio */
	SLOT_REMOTE = 2,   /* the other end of a connection is not on this kernel */
	SLOT_FIRST = 3,
	SLOT_IDLE = 0xffff, /* in struct cpu_state only: the CPU idles */
};

/*
 * An owner is a cgroup: its id (kernfs: 32 bits of inode number, generation above) below two bits
 * for the hierarchy, since ids of different hierarchies collide. 52 bits are kept, so that key
 * and slot fit into one word that is read and written at once; the generation reaches the
 * hierarchy's bits after 2^50 cgroups.
 */
#define OWNER_KEY_BITS	 52
#define OWNER_TREE_SHIFT 50
#define OWNER_ID_MASK	 ((1ULL << OWNER_TREE_SHIFT) - 1)

enum owner_tree { OWNER_V2, OWNER_V1_CPU, OWNER_V1_BLKIO, OWNER_TREES };

#define OWNER_ROOT 1ULL /* id of every hierarchy's root */

/* Why an event was lost or left without an owner. "loss" rows of every summary. */
enum loss {
	LOSS_OWNER_FULL,     /* no slot free: charged to SLOT_OVERFLOW */
	LOSS_OWNER_RACE,     /* a hash or queue refused an update */
	LOSS_SCHED_START,    /* a slice that began before the programs were attached */
	LOSS_SCHED_CLOCK,    /* a time that would have been negative */
	LOSS_SCHED_NO_STAMP, /* switched to, but the kernel had not stamped its queueing */
	LOSS_DISK_FULL,	     /* no disk row free: the request is not in any row */
	LOSS_DISK_NO_STAMP,  /* completed without a start or issue time: counted, not timed */
	LOSS_DISK_CLOCK,
	LOSS_EDGE_FULL,	      /* no edge row free: the connection is not in any row */
	LOSS_LISTENER_FULL,   /* a listening port not noted: its open connections have no role */
	LOSS_CONN_NO_STORAGE, /* no memory for the connection's state */
	LOSS_JOIN_FULL,	      /* the two halves of a connection could not be joined */
	LOSS_TCP_CLOCK,
	LOSS_SCHED_UNTRACED, /* a switch that the kernel did not trace: a slice is missing */
	LOSS_EDGE_STALE,     /* the connection outlived its row: its later turns are not counted */
	LOSS_WAIT_FULL,	     /* no row free for a pair of services: that wait names no offender */
	LOSS_CONN_NO_ROLE,   /* open before, and nothing tells which end asks: not counted */
	LOSS_SPAN_FULL,	     /* every span looked at is under way: the request has none */
	LOSS_SPAN_LINK,	     /* no number free for a connection: its halves stay apart */
	LOSS_SPAN_THREAD, /* no memory or number for a thread's state: its requests have no span */
	LOSS_SPAN_LONG,	  /* a trace of more than SPAN_TRACE_MAX spans: the rest is not sent */
	LOSS_SPAN_RING,	  /* user space was too slow: a trace was not sent */
	LOSS_SPAN_CLOCK,  /* the run queue's clock is not known yet, or went back */
	LOSS_SUM_FULL,	  /* no row free for the calls of an edge for an endpoint: in no sum */
	LOSS_SUM_STALE,	  /* a call is over after its edge or service was: in no sum */
	LOSS_SUM_ORPHAN,  /* a call of a trace without a root, or of more than can be walked */
	LOSS_NR,
};

/*
 * A cache of numbers (bpf/dense.bpf.h): a word holds a key and its number, so that programs that
 * interrupt each other never see one without the other. User space drops words of numbers that
 * it takes back.
 */
#define DENSE_NUMBER_BITS (64 - OWNER_KEY_BITS)
#define DENSE_CACHE_BITS  11

/* Where @key is cached: the golden ratio spreads neighbouring ids over the table. */
static inline __attribute__((always_inline)) u32 dense_line(u64 key)
{
	return (u32)((key * 0x9e3779b97f4a7c15ULL) >> (64 - DENSE_CACHE_BITS));
}

static inline __attribute__((always_inline)) bool dense_hit(u64 word, u64 key)
{
	return word >> DENSE_NUMBER_BITS == key;
}

/* One per slot: who it is. Written when the slot is taken; user space clears it to free the slot.
 */
struct owner_info {
	u64 key;		   /* 0: the slot is free */
	u64 born_ns;		   /* bpf_ktime_get_ns(); tells two owners of one slot apart */
	u64 removed_ns;		   /* when the cgroup was removed; 0: it is there */
	char name[OWNER_NAME_LEN]; /* last component of its path: for one that dies unresolved */
};

/* One per CPU and slot, written by that CPU alone: row cpu * SLOTS_MAX + slot. */
struct sched_row {
	u64 cpu_ns;
	u64 switches;
	u64 voluntary;	 /* switched from because a task slept */
	u64 involuntary; /* ... because another one was to run */
	u64 wait_sum_ns;
	u64 slice_sum_ns;
	u64 wait[HIST_KERNEL_NR];
	u64 slice[HIST_KERNEL_NR];
};

/* Slices that a CPU remembers, to tell who ran while a task waited. A power of two. */
#define PAST_SLICES 8

struct past_slice {
	u64 since_ns;
	u32 slot;
	u32 pad;
};

/*
 * One per CPU: what runs there now, so that a snapshot can count a slice that has not ended. In
 * cache lines of its own, since every CPU writes its one at each switch.
 */
struct cpu_state {
	u32 seq;	  /* odd while it changes; 0 until the first switch */
	u32 slot;	  /* of the running task, or SLOT_IDLE */
	u32 pid;	  /* of the running task */
	u32 past;	  /* slices remembered so far; the newest is at (past - 1) % PAST_SLICES */
	u64 group;	  /* its task->cgroups: while that stays, so does the slot */
	u64 since_ns;	  /* start of the slice on the run queue's clock */
	u64 exec_ns;	  /* the task's se.sum_exec_runtime then */
	u64 clock_off_ns; /* bpf_ktime_get_ns() minus the run queue's clock */
	u64 clock_off_at_ns; /* on the run queue's clock; taken anew after a millisecond */
	u64 pad;
	struct past_slice slice[PAST_SLICES];
} __attribute__((aligned(64)));

/*
 * Who made whom wait: run-queue wait of the victim's tasks while the offender's ran on that CPU.
 * Only waits of WAIT_SHORT_NS and more are told apart: a shorter one is a hand-over, in which the
 * one that woke the other finishes what it was about.
 */
#define WAIT_SHORT_NS		   10000
#define WAIT_ROWS_MAX		   4096

#define WAIT_KEY(victim, offender) ((u64)(victim) | (u64)(offender) << 16 | 1ULL << 32)
#define WAIT_KEY_VICTIM(key)	   ((u32)((key)&0xffff))
#define WAIT_KEY_OFFENDER(key)	   ((u32)((key) >> 16 & 0xffff))

/* What stands for the offender where no slot does, beside SLOT_IDLE: the wake-up's own latency. */
#define SLOT_EARLIER		   0xfffe /* it ran before the slices that the CPU remembers */

struct wait_row {
	u64 key; /* WAIT_KEY(); 0: free */
	u64 wait_ns;
};

enum disk_op { DISK_READ, DISK_WRITE, DISK_DISCARD, DISK_FLUSH, DISK_OTHER, DISK_OP_NR };

/* Who and where a disk row is, in 47 bits: slot, operation, kernel device number. */
#define DISK_KEY(slot, op, dev) ((u64)(slot) | (u64)(op) << 12 | (u64)((dev)&0xffffffffULL) << 15)
#define DISK_KEY_SLOT(key)	((u32)((key)&0xfff))
#define DISK_KEY_OP(key)	((u32)((key) >> 12 & 7))
#define DISK_KEY_DEV(key)	((u32)((key) >> 15))

/* One per CPU and number, written by that CPU alone: row cpu * DISK_ROWS_MAX + number. */
struct disk_row {
	u64 key; /* DISK_KEY(); 0: not used (SLOT_OVERFLOW reading from 0:0 does not occur) */
	u64 count;
	u64 bytes;
	u64 errors;
	u64 queue_sum_ns;
	u64 device_sum_ns;
	u64 queue[HIST_KERNEL_NR];
	u64 device[HIST_KERNEL_NR];
} __attribute__((aligned(64))); /* the counts and queue's first buckets are one cache line */

/* A port that somebody listens on: tells the server's side of a connection that was open before. */
#define LISTENERS_MAX 8192

struct listener_key {
	u32 netns; /* inode number of the network namespace */
	u32 port;
};

/* An IPv6 address; IPv4 as v4-mapped, so that one comparison serves both. */
struct addr {
	u8 byte[16];
};

/*
 * An edge, as its client sees it. Where both ends are on this kernel, both slots are known and
 * @peer is zero; else one slot is SLOT_REMOTE, and @peer is the client's address when the client
 * is the remote one.
 */
struct edge_key {
	u16 client_slot;
	u16 server_slot;
	u16 port; /* that the client dialled, host byte order */
	u16 pad;
	struct addr server; /* that the client dialled */
	struct addr peer;
};

struct edge_row {
	struct edge_key key; /* port 0: free */
	struct addr local;   /* the server's own address, when it is on this kernel */
	u64 connections;
	u64 open; /* now: falls, too */
	u64 retransmits;
	u64 resets;
	u64 connect_sum_ns;
	u64 rtt_sum_ns;
	/* What each turn touches lies together. */
	u64 untimed; /* turns that are in none of the histograms, their stamps being of no use */
	/* Grows each time the row is taken: a connection of before is not counted. */
	u64 generation;
	u64 bytes_tx;
	u64 bytes_rx;
	u64 response_sum_ns;
	u64 service_sum_ns;
	u64 response[HIST_KERNEL_NR];
	u64 service[HIST_KERNEL_NR];
	u64 connect[HIST_COARSE_NR];
	u64 rtt[HIST_COARSE_NR];
};

/*
 * Spans: one per request on a connection, with what either end knows of it. A request that a
 * service sends while it serves another one is that one's child; a request sent by nobody's
 * request is a root, and the tree below a root is a trace. All times are bpf_ktime_get_ns().
 */
#define SPAN_NONE      0xffffffffU
#define SPAN_TRACE_MAX 64    /* spans in a trace; more are left out and counted */
#define SPAN_PORTS     65536 /* marks of the load generator, by its connection's local port */
#define SPAN_MARKER    0     /* in the place of a port: the process id of the generator */

/* What a thread used of the machine, and waited for, between two instants. */
struct span_usage {
	u64 cpu_ns;
	u64 runq_ns;	  /* runnable, throttled time left out */
	u64 throttled_ns; /* kept off the CPUs by its cgroup's quota */
	u64 disk_ns;	  /* asleep in io_schedule() */
};

/* Why a span's numbers are not the whole truth. Coverage names them. */
enum span_flag {
	SPAN_AMBIGUOUS = 1 << 0,  /* its service had several requests open and nothing told which
				   * one made a call */
	SPAN_HANDOVER = 1 << 1,	  /* answered by a thread that was not seen to take it over */
	SPAN_PIPELINED = 1 << 2,  /* another request came before the answer */
	SPAN_UNANSWERED = 1 << 3, /* the connection ended first */
	SPAN_LOST = 1 << 4,	  /* a child is missing: no room, or the trace is too long */
	SPAN_ADOPTED = 1 << 5,	  /* on a connection of before, whose halves have not met */
	SPAN_CONNECTED = 1 << 6,  /* not a flaw: it opened its connection */
	SPAN_SLOW = 1 << 7,	  /* not a flaw: at a root, sent for its latency's sake */
	SPAN_ROOT = 1 << 8,	  /* not a flaw: the last record of its trace */
	SPAN_FLAWS = SPAN_AMBIGUOUS | SPAN_HANDOVER | SPAN_PIPELINED | SPAN_UNANSWERED | SPAN_LOST |
		     SPAN_ADOPTED,
};

/*
 * As sent to user space: the spans of a trace one behind the other, the root last. Either half
 * is zero where it is not on this kernel.
 */
struct span_record {
	u64 trace;    /* tells traces apart while attached; the same in all its records */
	u32 id;	      /* within the trace; the root's is 0 */
	u32 parent;   /* id of the span whose service sent this request; SPAN_NONE at the root */
	u32 flags;    /* enum span_flag */
	u32 weight;   /* at the root: how many like it this one stands for */
	u32 nr_spans; /* at the root: records of the trace, this one included */
	u32 endpoint; /* at the root: the load generator's mark; 0: none */
	u32 edge;     /* row in edge_rows; SPAN_NONE: not known */
	u16 client_slot;
	u16 server_slot;
	struct {
		u32 client, server;
	} isn;	     /* names the connection on both hosts */
	u32 ordinal; /* of the request on its connection, from 0 */
	u32 port;    /* the client's own, at a root of the load generator's; else 0 */
	u32 stream;  /* bytes that the client sent before this request: names it on both hosts */
	u32 edge_generation; /* of @edge's row */
	/* the client's half */
	u64 connect_ns;	 /* how long opening the connection took, when this request had to */
	u64 sent_ns;	 /* first send */
	u64 returned_ns; /* last arrival of the answer's data */
	u64 read_ns;	 /* last read of it */
	struct span_usage caller; /* by the caller's thread from sent_ns to read_ns */
	/* the server's half */
	u64 arrived_ns;		/* last arrival of the request's data before its first read */
	u64 begun_ns;		/* first read */
	u64 answered_ns;	/* last send of the answer */
	struct span_usage used; /* by the threads that served it, from begun_ns to answered_ns */
};

/*
 * Sums over all calls, whether their trace is sent or not: a row for each edge and each kind of
 * request that calls are made for. Components as in user/model/metrics.def, then the whole time.
 * What each is: bpf/sum.h.
 */
#define SUM_ROWS_MAX 512
#define SUM_BUCKETS  HIST_NR(0)

enum sum_component {
	SUM_NETWORK,
	SUM_CONNECT,
	SUM_SOCKET_QUEUE,
	SUM_CPU,
	SUM_RUNQ,
	SUM_THROTTLED,
	SUM_DISK,
	SUM_DOWNSTREAM,
	SUM_OTHER,
	SUM_TIME,
	SUM_NR,
};

struct sum_row {
	u64 key; /* sum_key(); 0: free */
	u64 calls;
	u64 flawed; /* calls whose numbers are not the whole truth: in nothing that follows */
	u64 ns[SUM_NR];
	u32 hist[SUM_NR][SUM_BUCKETS]; /* of those above 0; each runs over at 2^32 */
};

_Static_assert(SLOTS_MAX <= 1 << (64 - OWNER_KEY_BITS), "a slot fits beside its key");
_Static_assert(WAIT_ROWS_MAX <= 1 << (64 - OWNER_KEY_BITS), "a wait row fits beside its key");
_Static_assert(DISK_ROWS_MAX <= 1 << (64 - OWNER_KEY_BITS), "a disk row fits beside its key");
_Static_assert(sizeof(struct owner_info) == 88, "no padding");
_Static_assert(sizeof(struct sched_row) == 48 + 16 * HIST_KERNEL_NR, "no padding");
_Static_assert(sizeof(struct cpu_state) == 64 + 16 * PAST_SLICES, "cache lines");
_Static_assert(sizeof(struct disk_row) == 96 + 16 * HIST_KERNEL_NR, "cache lines");
_Static_assert(sizeof(struct edge_key) == 40, "no padding");
_Static_assert(sizeof(struct edge_row) == 152 + 16 * HIST_KERNEL_NR + 16 * HIST_COARSE_NR,
	       "no padding");
_Static_assert(sizeof(struct span_record) == 184, "no padding");
_Static_assert(SUM_ROWS_MAX <= 1 << (64 - OWNER_KEY_BITS), "a row of sums fits beside its key");
_Static_assert(sizeof(struct sum_row) == 24 + 8 * SUM_NR + 4 * SUM_NR * SUM_BUCKETS, "no padding");

#endif

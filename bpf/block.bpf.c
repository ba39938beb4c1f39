// SPDX-License-Identifier: GPL-2.0-only
/*
 * Block I/O: count, bytes, errors, queue and device time of every cgroup, device and operation.
 *
 * One hook at completion reads what the request already carries: start_time_ns, io_start_time_ns
 * and, through its bio, the cgroup that the kernel itself charges: that of the dirtier, not of
 * whoever happened to submit. Two helpers join only where a kernel leaves a gap:
 * - block_submitter notes the submitting task's cgroup when the bio's is one above it, such as
 *   the root, since the io controller is not enabled all the way down;
 * - block_issue notes the issue time on devices whose statistics are off. The loader attaches it
 *   once LOSS_DISK_NO_STAMP has been seen.
 */
#include "bpf/owner.bpf.h"

#define OP_MASK 0xff /* REQ_OP_MASK */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DISK_ROWS_MAX);
	__type(key, u32);
	__type(value, struct disk_row);
} disk_rows SEC(".maps");

DENSE_MAPS(disk, DISK_ROWS_MAX);

/*
 * What is noted of a request in flight, keyed by its address, which is not reused before its
 * completion. A submitter's slot stands in a line of a direct-mapped cache, where requests of one
 * queue do not meet: the CPU that allocated it chooses a section (CPUs 64 apart share one), its
 * tag the line. Only one that finds its line taken, and an issue time, goes to the hash.
 */
#define NOTE_CPU_BITS 6
#define NOTE_TAG_BITS 9

struct note {
	u64 rq; /* 0: the line is free */
	u64 slot;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << (NOTE_CPU_BITS + NOTE_TAG_BITS));
	__type(key, u32);
	__type(value, struct note);
} disk_notes SEC(".maps");

struct inflight {
	u64 issued_ns; /* 0: the kernel keeps it */
	u32 slot;      /* of the submitter; 0: not noted */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct inflight);
} disk_inflight SEC(".maps");

/* Set with the first request in the hash: until then it is not looked at. */
unsigned int disk_inflight_used;

static __always_inline struct note *note_of(const struct request *rq)
{
	/* With an I/O scheduler, the driver's tag comes only at the dispatch. */
	int tag = rq->internal_tag >= 0 ? rq->internal_tag : rq->tag;
	u32 section = rq->mq_ctx->cpu & ((1U << NOTE_CPU_BITS) - 1),
	    line = section << NOTE_TAG_BITS | ((u32)tag & ((1U << NOTE_TAG_BITS) - 1));

	return bpf_map_lookup_elem(&disk_notes, &line);
}

static __always_inline enum disk_op op_of(const struct request *rq)
{
	switch (rq->cmd_flags & OP_MASK) {
	case REQ_OP_READ:
		return DISK_READ;
	case REQ_OP_WRITE:
		return DISK_WRITE;
	case REQ_OP_DISCARD:
		return DISK_DISCARD;
	case REQ_OP_FLUSH:
		return DISK_FLUSH;
	}
	return DISK_OTHER;
}

/* The cgroup that the kernel charges @rq to; NULL for one without a bio (flushes) or blkg. */
static __always_inline const struct cgroup *charged_cgroup(const struct request *rq)
{
	const struct bio *bio = rq->bio;
	const struct blkcg_gq *blkg;

	if (!bio)
		return NULL;
	blkg = bio->bi_blkg;
	if (!blkg)
		return NULL;
	return blkg->blkcg->css.cgroup;
}

/* Key of @cgroup in the hierarchy of the io controller, which may be one of v1. */
static __always_inline u64 io_owner_key(const struct cgroup *cgroup)
{
	/* The default hierarchy registers first: number 0, as in /proc/PID/cgroup. */
	return owner_key(cgroup, cgroup->root->hierarchy_id == 0 ? OWNER_V2 : OWNER_V1_BLKIO);
}

/* The submitter's slot of @rq, 0 when it was not noted; @last forgets it. */
static __always_inline u32 noted_slot(const struct request *rq, const struct inflight *noted,
				      bool last)
{
	struct note *note = note_of(rq);

	if (!note || note->rq != (u64)rq)
		return noted ? noted->slot : 0;
	if (last)
		note->rq = 0;
	return note->slot;
}

/*
 * The kernel's owner is the nearest cgroup that the io controller is enabled for. One that is
 * above the submitter's stands for all below it: then the submitter, who was noted, is the owner.
 */
static __always_inline u32 slot_of(const struct request *rq, const struct inflight *noted,
				   bool last)
{
	const struct cgroup *cgroup = charged_cgroup(rq);
	u32 slot = noted_slot(rq, noted, last);

	if (slot)
		return slot;
	return cgroup ? owner_slot(io_owner_key(cgroup), cgroup->kn) : SLOT_UNOWNED;
}

static __always_inline struct disk_row *row_of(u64 key)
{
	u32 line = dense_line(key), number;
	u64 *word = bpf_map_lookup_elem(&disk_cache, &line);
	struct disk_row *row;
	bool born = false;

	if (!word)
		return NULL;
	if (dense_hit(*word, key)) {
		number = dense_number(*word);
		return bpf_map_lookup_elem(&disk_rows, &number);
	}
	number = dense_take(&disk_numbers, &disk_free, key, LOSS_DISK_FULL, &born);
	if (number == DENSE_NONE)
		return NULL;
	*word = dense_word(key, number);
	row = bpf_map_lookup_elem(&disk_rows, &number);
	if (row && born)
		row->key = key;
	return row;
}

/*
 * A flush that the block layer made has an issue but no start: it waits in no queue of its own.
 * Since 6.9 the stamps of one plug share a cached clock (da4c8c3d0975): equal ones are fine.
 */
static __always_inline void count_times(struct disk_row *row, const struct request *rq,
					const struct inflight *noted)
{
	u64 now_ns = bpf_ktime_get_ns(), start_ns = rq->start_time_ns,
	    issued_ns = rq->io_start_time_ns;

	if (!issued_ns && noted)
		issued_ns = noted->issued_ns;
	if (!issued_ns) {
		lose(LOSS_DISK_NO_STAMP);
		return;
	}
	if (issued_ns < start_ns || now_ns < issued_ns) {
		lose(LOSS_DISK_CLOCK);
		return;
	}
	__sync_fetch_and_add(&row->device_sum_ns, now_ns - issued_ns);
	hist_count_shared(row->device, now_ns - issued_ns);
	if (!start_ns)
		return;
	__sync_fetch_and_add(&row->queue_sum_ns, issued_ns - start_ns);
	hist_count_shared(row->queue, issued_ns - start_ns);
}

/* Its first two arguments keep place and meaning; the error is 0 or not on every kernel. */
SEC("?tp_btf/block_rq_complete")
int BPF_PROG(block_complete, struct request *rq, int error, unsigned int nr_bytes)
{
	struct gendisk *disk = request_disk(rq);
	u64 rq_key = (u64)rq;
	struct inflight *noted;
	struct disk_row *row;
	bool last = nr_bytes >= rq->__data_len;
	u32 dev;

	if (!disk)
		return 0;
	dev = (u32)disk->major << 20 | (u32)disk->first_minor;
	noted = disk_inflight_used ? bpf_map_lookup_elem(&disk_inflight, &rq_key) : NULL;
	row = row_of(DISK_KEY(slot_of(rq, noted, last), op_of(rq), dev));
	if (row) {
		__sync_fetch_and_add(&row->bytes, nr_bytes);
		/* A request that completes in parts is traced for each, the last one ends it. */
		if (last) {
			__sync_fetch_and_add(&row->count, 1);
			if (error)
				__sync_fetch_and_add(&row->errors, 1);
			count_times(row, rq, noted);
		}
	}
	if (noted && last)
		bpf_map_delete_elem(&disk_inflight, &rq_key);
	return 0;
}

static __always_inline struct inflight *inflight_of(struct request *rq)
{
	struct inflight fresh = {};
	u64 rq_key = (u64)rq;
	struct inflight *noted = bpf_map_lookup_elem(&disk_inflight, &rq_key);

	if (noted)
		return noted;
	disk_inflight_used = 1;
	if (bpf_map_update_elem(&disk_inflight, &rq_key, &fresh, BPF_NOEXIST))
		lose(LOSS_OWNER_RACE);
	return bpf_map_lookup_elem(&disk_inflight, &rq_key);
}

/* Whether the kernel charges @rq to a cgroup that merely stands for that of `current`, @key. */
static __always_inline bool charged_above(const struct request *rq, u64 key)
{
	const struct cgroup *cgroup = charged_cgroup(rq);
	u64 charged = cgroup ? io_owner_key(cgroup) : OWNER_ROOT;

	if (key == OWNER_ROOT || key == charged)
		return false;
	if (owner_is_root(charged))
		return true;
	/* Not so when a flusher submits for who dirtied the pages, and never in a tree of v1. */
	return charged >> OWNER_TREE_SHIFT == OWNER_V2 &&
	       task_io_cgroup((void *)bpf_get_current_task()) == cgroup;
}

/* Slot of `current`, which submits, where the request does not say as well; else 0. */
static __always_inline u32 submitter_slot(const struct request *rq)
{
	const struct kernfs_node *node;
	u64 key = current_cgroup(&node) & OWNER_ID_MASK;

	return charged_above(rq, key) ? owner_slot(key, node) : 0;
}

static __always_inline int note_submitter(struct request *rq)
{
	u32 slot = submitter_slot(rq);
	struct note *note = note_of(rq);
	struct inflight *noted;

	if (note && (!note->rq || note->rq == (u64)rq)) {
		/* Also when there is nothing to note: a note of the request's last use goes. */
		note->slot = slot;
		note->rq = slot ? (u64)rq : 0;
		return 0;
	}
	if (!slot)
		return 0;
	noted = inflight_of(rq);
	if (noted)
		noted->slot = slot;
	return 0;
}

/* In the submitter's own context, where the kernel has it (6.5). */
SEC("?tp_btf/block_io_start")
int BPF_PROG(block_submitter, struct request *rq)
{
	return note_submitter(rq);
}

/* Else at the issue, which is the submitter's context unless a worker took over. */
SEC("?tp_btf/block_rq_issue")
int block_submitter_issue(u64 *ctx)
{
	return note_submitter(request_of_issue(ctx));
}

SEC("?tp_btf/block_rq_issue")
int block_issue(u64 *ctx)
{
	struct request *rq = request_of_issue(ctx);
	struct inflight *noted = inflight_of(rq);

	/* A requeued request is issued again: its wait for the device began the first time. */
	if (noted && !noted->issued_ns)
		noted->issued_ns = bpf_ktime_get_ns();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

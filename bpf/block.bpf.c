// SPDX-License-Identifier: GPL-2.0-only
/*
 * Block I/O: count, bytes, errors, queue and device time of every cgroup, device and operation.
 *
 * What the kernel has stamped itself is read at the completion: start_time_ns, io_start_time_ns
 * and, through the bio, the cgroup that it charges: that of the dirtier, not of whoever happened
 * to submit. What only the submitter's own context knows is noted there (block_submitter): its
 * cgroup, for where the bio's is one above it, such as the root, since the io controller is not
 * enabled all the way down; and with it the request's row, so that the completion need not look
 * for one. Devices whose statistics are off have no issue time: block_issue notes it. The loader
 * attaches that once LOSS_DISK_NO_STAMP has been seen.
 */
#include "bpf/owner.bpf.h"

#define OP_MASK 0xff /* REQ_OP_MASK */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DISK_ROWS_MAX); /* times the possible CPUs, set before loading */
	__type(key, u32);
	__type(value, struct disk_row);
} disk_rows SEC(".maps");

DENSE_MAPS(disk, DISK_ROWS_MAX);

/*
 * What is noted of a request in flight, keyed by its address, which is not reused before its
 * completion. Its row stands in a line of a direct-mapped cache, where requests of one queue do
 * not meet and are neighbours: the CPU that allocated it chooses a section (CPUs 64 apart share
 * one), its tag the line. Only one that finds its line taken, and an issue time, goes to the hash.
 */
#define NOTE_CPU_BITS 6
#define NOTE_TAG_BITS 9

struct note {
	u64 rq; /* 0: the line is free */
	u64 word;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << (NOTE_CPU_BITS + NOTE_TAG_BITS));
	__type(key, u32);
	__type(value, struct note);
} disk_notes SEC(".maps");

struct inflight {
	u64 issued_ns; /* 0: the kernel keeps it */
	u64 word;      /* of its row; 0: not noted */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
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

/*
 * An empty write is a flush that somebody waits for (REQ_PREFLUSH): it is answered by one of the
 * block layer's own, which is the device's.
 */
static __always_inline enum disk_op op_of(const struct request *rq)
{
	switch (rq->cmd_flags & OP_MASK) {
	case REQ_OP_READ:
		return DISK_READ;
	case REQ_OP_WRITE:
		return rq->__data_len ? DISK_WRITE : DISK_FLUSH;
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

/* Stands for a word where there is no row left, nor another try: the loss is counted once. */
#define NO_ROW 1ULL

/* Not inlined, as what is rare here: the usual path is short and in one piece. */
static __noinline u64 find_word(u64 key)
{
	bool born = false;
	u32 number = dense_take(&disk_numbers, &disk_free, key, LOSS_DISK_FULL, &born);

	return number == DENSE_NONE ? NO_ROW : dense_word(key, number);
}

/* The word of the row that @owner's request @rq is counted in, or NO_ROW. */
static __always_inline u64 word_of_owner(struct request *rq, u32 owner)
{
	struct gendisk *disk = request_disk(rq);
	u64 key, *cached, word;
	u32 dev, line;

	if (!disk)
		return NO_ROW;
	dev = (u32)disk->major << 20 | (u32)disk->first_minor;
	key = DISK_KEY(owner, op_of(rq), dev);
	line = dense_line(key);
	cached = bpf_map_lookup_elem(&disk_cache, &line);
	if (!cached)
		return NO_ROW;
	word = *cached;
	if (dense_hit(word, key))
		return word;
	word = find_word(key);
	if (word != NO_ROW)
		*cached = word;
	return word;
}

/* The word of the row of whom the kernel itself charges. */
static __noinline u64 charged_word(struct request *rq)
{
	const struct cgroup *cgroup = charged_cgroup(rq);

	return word_of_owner(rq,
			     cgroup ? owner_slot(io_owner_key(cgroup), cgroup->kn) : SLOT_UNOWNED);
}

/* The word that the submitter noted of @rq, 0 when it stands elsewhere; @last forgets it. */
static __always_inline u64 noted_word(const struct request *rq, bool last)
{
	struct note *note = note_of(rq);

	if (!note || note->rq != (u64)rq)
		return 0;
	if (last)
		note->rq = 0;
	return note->word;
}

/*
 * This CPU's row of what @word names. Rows are for one CPU each, so that no add need be atomic:
 * completions that interrupt one another on a CPU are of different devices, and the kernel (6.1)
 * does not run the program for the inner one, which it counts.
 */
static __always_inline struct disk_row *row_of(u64 word)
{
	u32 i = bpf_get_smp_processor_id() * DISK_ROWS_MAX + dense_number(word);
	u64 key = word >> DENSE_NUMBER_BITS;
	struct disk_row *row;

	if (word == NO_ROW)
		return NULL;
	row = bpf_map_lookup_elem(&disk_rows, &i);
	if (!row || row->key == key)
		return row;
	/* Its number was taken back since it was noted. */
	if (row->key) {
		lose(LOSS_OWNER_RACE);
		return NULL;
	}
	row->key = key;
	return row;
}

static __always_inline bool never_issued(const struct request *rq)
{
	return rq->state == MQ_RQ_IDLE;
}

/*
 * A flush that the block layer made has an issue but no start: it waits in no queue of its own. A
 * request that was never issued, such as a flush that waits for that one, is in the queue only.
 * Since 6.9 the stamps of one plug share a cached clock (da4c8c3d0975): equal ones are fine.
 */
static __always_inline void count_times(struct disk_row *row, const struct request *rq,
					const struct inflight *noted)
{
	u64 now_ns = bpf_ktime_get_ns(), start_ns = rq->start_time_ns,
	    issued_ns = rq->io_start_time_ns;

	if (!issued_ns && noted)
		issued_ns = noted->issued_ns;
	if (never_issued(rq))
		issued_ns = now_ns;
	if (!issued_ns) {
		lose(LOSS_DISK_NO_STAMP);
		return;
	}
	if (issued_ns < start_ns || now_ns < issued_ns) {
		lose(LOSS_DISK_CLOCK);
		return;
	}
	if (!never_issued(rq)) {
		row->device_sum_ns += now_ns - issued_ns;
		hist_count(row->device, now_ns - issued_ns);
	}
	if (!start_ns)
		return;
	row->queue_sum_ns += issued_ns - start_ns;
	hist_count(row->queue, issued_ns - start_ns);
}

/*
 * Its first two arguments keep place and meaning; the error is 0 or not on every kernel. A write
 * with its flushes around it is traced once as its data is written, and as an empty one at its end.
 */
SEC("?tp_btf/block_rq_complete")
int BPF_PROG(block_complete, struct request *rq, int error, unsigned int nr_bytes)
{
	bool last = nr_bytes >= rq->__data_len;
	u64 rq_key = (u64)rq, word;
	struct inflight *noted = NULL;
	struct disk_row *row;

	if (!nr_bytes && !never_issued(rq) && (rq->cmd_flags & OP_MASK) == REQ_OP_WRITE)
		return 0;
	word = noted_word(rq, last);
	if ((!word || !rq->io_start_time_ns) && disk_inflight_used)
		noted = bpf_map_lookup_elem(&disk_inflight, &rq_key);
	if (!word)
		word = noted && noted->word ? noted->word : charged_word(rq);
	row = row_of(word);
	if (row) {
		row->bytes += nr_bytes;
		/* A request that completes in parts is traced for each, the last one ends it. */
		if (last) {
			row->count++;
			row->errors += !!error;
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

/*
 * Whether the kernel charges a request to @cgroup, whose key is @charged, merely on behalf of
 * `current`, whose key is @key: the nearest cgroup above it that the io controller is enabled for.
 */
static __always_inline bool charged_above(const struct cgroup *cgroup, u64 charged, u64 key)
{
	if (key == OWNER_ROOT || key == charged)
		return false;
	if (owner_is_root(charged))
		return true;
	/* Not so when a flusher submits for who dirtied the pages, and never in a tree of v1. */
	return charged >> OWNER_TREE_SHIFT == OWNER_V2 &&
	       task_io_cgroup((void *)bpf_get_current_task()) == cgroup;
}

/* Slot of who pays for @rq, which `current` submits. */
static __noinline u32 submitted_slot_slowly(const struct request *rq)
{
	const struct cgroup *cgroup = charged_cgroup(rq);
	u64 charged = cgroup ? io_owner_key(cgroup) : OWNER_ROOT;
	const struct kernfs_node *node;
	u64 key = current_cgroup(&node) & OWNER_ID_MASK;

	if (charged_above(cgroup, charged, key))
		return owner_slot(key, node);
	return cgroup ? owner_slot(charged, cgroup->kn) : SLOT_UNOWNED;
}

/*
 * The same, quicker for the usual case: a service submits for itself and the kernel charges the
 * root, as it does where the io controller is off.
 */
static __always_inline u32 submitted_slot(const struct request *rq)
{
	const struct cgroup_subsys_state *css;
	const struct bio *bio = rq->bio;
	const struct blkcg_gq *blkg;
	const struct cgroup *cgroup;
	const struct css_set *set;
	u64 key;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf) || !bio)
		return submitted_slot_slowly(rq);
	set = bpf_get_current_task_btf()->cgroups;
	blkg = bio->bi_blkg;
	css = io_css(set);
	cgroup = set->dfl_cgrp;
	key = owner_key(cgroup, OWNER_V2);
	if (key == OWNER_ROOT || !blkg || blkg->parent || css != &blkg->blkcg->css)
		return submitted_slot_slowly(rq);
	return owner_slot(key, cgroup->kn);
}

static __always_inline int note_submitter(struct request *rq)
{
	u64 word = word_of_owner(rq, submitted_slot(rq));
	struct note *note = note_of(rq);
	struct inflight *noted;

	/* Also when there is nothing to note: a note of the request's last use goes. */
	if (note && (!note->rq || note->rq == (u64)rq)) {
		note->word = word;
		note->rq = (u64)rq;
		return 0;
	}
	noted = inflight_of(rq);
	if (noted)
		noted->word = word;
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

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "user/trace/account.h"

#define PATH_MAX_BYTES (64 << 10)

struct account {
	struct profile *profile;
	const struct trace *trace;
	const struct split *split;
	account_name name;
	void *arg;
};

static const struct {
	u32 flag;
	const char *reason;
} reasons[] = {
	{ SPAN_AMBIGUOUS, "ambiguous" }, { SPAN_HANDOVER, "handover" },
	{ SPAN_PIPELINED, "pipelined" }, { SPAN_UNANSWERED, "unanswered" },
	{ SPAN_LOST, "lost" },		 { SPAN_ADOPTED, "adopted" },
	{ SPLIT_MISSING, "missing" },
};

const char *account_reason(u32 flag)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (reasons[i].flag == flag)
			return reasons[i].reason;
	}
	return "unknown";
}

static int cover(struct profile *profile, u32 flags, u64 weight)
{
	size_t i;

	profile->total += weight;
	if (!flags)
		profile->complete += weight;
	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (flags & reasons[i].flag &&
		    tally_add(&profile->reasons, reasons[i].reason, weight))
			return -ENOMEM;
	}
	return 0;
}

/* The names from the entry down to place @index. Recursion is as deep as the trace. */
static int add_path(const struct account *a, u32 index, struct buf *path)
{
	const struct split_place *place = &a->split->places[index];
	const char brk = PATH_BREAK;

	if (index == 0)
		return buf_puts(path, "");
	if (place->parent != 0 && (add_path(a, place->parent, path) || buf_add(path, &brk, 1)))
		return path->failed;
	return a->name(&a->trace->spans[place->span], path, a->arg);
}

static int add_place(const struct account *a, u32 index, u32 bucket, u64 weight)
{
	const struct split_place *from = &a->split->places[index];
	struct buf path = buf_init(PATH_MAX_BYTES);
	struct place *place = NULL;
	struct slice *slice = NULL;
	enum component c;

	if (!add_path(a, index, &path))
		place = profile_place(a->profile, path.data);
	buf_free(&path);
	if (place)
		slice = place_slice(place, bucket);
	if (!slice)
		return -ENOMEM;
	slice->calls += from->calls * weight;
	for (c = 0; c < COMPONENT_NR; c++) {
		slice->ns[c] += from->ns[c] * weight;
		slice->sum_ns[c] += from->sum_ns[c] * weight;
	}
	return 0;
}

int account_split(struct profile *profile, const struct trace *trace, const struct split *split,
		  account_name name, void *arg)
{
	const struct account a = { profile, trace, split, name, arg };
	u32 bucket = hist_index(split->total_ns, HIST_CLIENT_SUB_BITS);
	u64 weight = trace->spans[trace->nr - 1].weight;
	u32 i;

	if (!weight)
		weight = 1;
	if (cover(profile, split->flags, weight))
		return -ENOMEM;
	if (!split->timed)
		return 0;
	for (i = 0; i < split->nr_places; i++) {
		if (add_place(&a, i, bucket, weight))
			return -ENOMEM;
	}
	return 0;
}

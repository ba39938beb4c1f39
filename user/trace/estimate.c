// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "bpf/sum.h"
#include "user/trace/estimate.h"

/* Where @key stands, or the free place for it. There always is one: see take(). */
static u32 place_of(const struct estimates *estimates, u64 key)
{
	u32 at = dense_line(key) & (ESTIMATES_MAX - 1);

	while (estimates->at[at].key && estimates->at[at].key != key)
		at = (at + 1) & (ESTIMATES_MAX - 1);
	return at;
}

static struct estimate *take(struct estimates *estimates, u64 key)
{
	struct estimate *estimate = &estimates->at[place_of(estimates, key)];

	if (estimate->key)
		return estimate;
	if (estimates->nr == ESTIMATES_MAX - 1)
		return NULL;
	estimates->nr++;
	estimate->key = key;
	return estimate;
}

const struct estimate *estimates_find(const struct estimates *estimates, u64 key)
{
	const struct estimate *estimate = &estimates->at[place_of(estimates, key)];

	return estimate->key ? estimate : NULL;
}

static u32 caller_of(const struct trace *trace, u32 call)
{
	u32 i;

	for (i = 0; i < trace->nr; i++) {
		if (i != call && trace->spans[i].id == trace->spans[call].parent)
			break;
	}
	return i;
}

void estimates_add(struct estimates *estimates, const struct trace *trace)
{
	const struct span_record *root = &trace->spans[trace->nr - 1];
	struct sum_calls calls[SPAN_TRACE_MAX] = { 0 };
	const u64 weight = root->weight ? root->weight : 1;
	u32 n, c;

	/* As in the kernel, the other way round than they came, and the root last. */
	for (n = 0; n < trace->nr; n++) {
		const u32 at = n + 1 < trace->nr ? trace->nr - 2 - n : n;
		const struct span_record *r = &trace->spans[at];
		const u32 caller = r == root ? trace->nr : caller_of(trace, at);
		u64 t[INSTANTS], of_caller[INSTANTS], ns[SUM_NR];
		struct estimate *estimate;

		sum_instants(t, r);
		sum_components(ns, r, t, &calls[at]);
		if (caller < trace->nr) {
			sum_instants(of_caller, &trace->spans[caller]);
			sum_call(&calls[caller], of_caller, t, &r->caller);
		}
		if (r->flags & SPAN_FLAWS)
			continue;
		estimate = take(estimates, sum_key(sum_for(root), r == root, sum_where(r)));
		if (!estimate)
			continue;
		estimate->traced++;
		estimate->calls += weight;
		for (c = 0; c < SUM_NR; c++)
			estimate->ns[c] += ns[c] * weight;
	}
}

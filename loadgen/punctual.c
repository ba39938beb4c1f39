// SPDX-License-Identifier: GPL-2.0-only
#include "loadgen/punctual.h"

u64 punctual_wake_ns(const struct punctual *p, u64 due_ns, u64 sent_ns, u64 now_ns)
{
	if (now_ns < p->back_ns)
		return due_ns;
	if (sent_ns && now_ns < sent_ns + PUNCTUAL_AFTER_NS)
		return now_ns;
	return due_ns < PUNCTUAL_AHEAD_NS || due_ns == UINT64_MAX ? due_ns
								  : due_ns - PUNCTUAL_AHEAD_NS;
}

bool punctual_waited(struct punctual *p, u64 taken_ns)
{
	p->awake_ns += taken_ns;
	return taken_ns > PUNCTUAL_TAKEN_NS;
}

void punctual_back_off(struct punctual *p, u64 taken_ns, u64 now_ns)
{
	bool again = now_ns < p->back_ns + p->rest_ns;

	if (p->back_ns == UINT64_MAX)
		return;
	p->rest_ns = again && 2 * p->rest_ns > taken_ns ? 2 * p->rest_ns : taken_ns;
	if (p->rest_ns > PUNCTUAL_BACK_MAX_NS)
		p->rest_ns = PUNCTUAL_BACK_MAX_NS;
	p->back_ns = now_ns + p->rest_ns;
}

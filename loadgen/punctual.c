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

bool punctual_waited(struct punctual *p, u64 from_ns, u64 to_ns)
{
	p->awake_ns += to_ns - from_ns;
	return to_ns - from_ns > PUNCTUAL_TAKEN_NS;
}

void punctual_back_off(struct punctual *p, u64 now_ns)
{
	if (p->back_ns == UINT64_MAX)
		return;
	if (!p->rest_ns || now_ns >= p->back_ns + p->rest_ns)
		p->rest_ns = PUNCTUAL_BACK_NS;
	else if (p->rest_ns < PUNCTUAL_BACK_MAX_NS)
		p->rest_ns *= 2;
	p->back_ns = now_ns + p->rest_ns;
}

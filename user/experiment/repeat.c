// SPDX-License-Identifier: GPL-2.0-only
#include "user/experiment/repeat.h"

bool repeat_next(const struct repeat *repeat, u64 now_ns, u64 *number, struct repeat_start *start)
{
	u64 due = now_ns / repeat->every_ns; /* the last one that has come */
	u64 last = (repeat->for_ns - 1) / repeat->every_ns, next = *number + 1;

	if (due >= next && repeat->skip)
		next = due * repeat->every_ns == now_ns ? due : due + 1;
	else if (due > next)
		next = due;
	/* One that waits was due within the time, whenever it comes. */
	if (!repeat->skip && next > last && *number < last)
		next = last;
	if (next > last)
		return false;
	start->left_out = next - (*number + 1);
	start->at_ns = next * repeat->every_ns;
	*number = next;
	return true;
}

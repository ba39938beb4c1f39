// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "loadgen/capacity.h"

double capacity_next(const struct capacity *c)
{
	if (c->steps >= CAPACITY_STEPS_MAX)
		return 0;
	if (c->met <= 0 && c->missed <= 0)
		return fmin(fmax(c->first, c->least), c->most);
	if (c->missed <= 0)
		return c->met < c->most ? fmin(2 * c->met, c->most) : 0;
	if (c->met <= 0)
		return c->missed > c->least ? fmax(c->missed / 2, c->least) : 0;
	if (c->missed - c->met <= CAPACITY_GAP * c->missed)
		return 0;
	return (c->met + c->missed) / 2;
}

void capacity_note(struct capacity *c, double rate, bool met)
{
	c->steps++;
	if (met)
		c->met = rate;
	else
		c->missed = rate;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's sums over calls into the hops of a phase's profiles. */
#ifndef SITU_ATTRIBUTE_HOPS_H
#define SITU_ATTRIBUTE_HOPS_H

#include "user/attribute/names.h"
#include "user/collect/snapshot.h"
#include "user/model/run.h"
#include "user/trace/estimate.h"

/*
 * Adds what the sums rose by between two snapshots to the profiles of @phase, made where they are
 * new, with what @estimates has for them. Of a request of the load generator's the profile has the
 * name "" and the mark, as in tracer_end(). 0 or -ENOMEM.
 */
int hops_build(struct phase *phase, const struct snapshot *before, const struct snapshot *after,
	       struct names *names, const struct estimates *estimates);

#endif

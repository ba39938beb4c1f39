/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order of placements in one block. Pure.
 *
 * Blocks are complete and randomised: each holds every placement once, in an order that only
 * @seed and @block decide, so that drift of the machine falls on all placements alike.
 */
#ifndef SITU_EXPERIMENT_ORDER_H
#define SITU_EXPERIMENT_ORDER_H

#include "user/base/types.h"

/* The next number of @state: SplitMix64 (Steele, Lea, Flood 2014), for which any seed is good. */
u64 order_random(u64 *state);

/* Fills @order[@nr] with 0..@nr-1, shuffled for @block (from 0) of @seed. */
void order_shuffle(u64 seed, unsigned int block, unsigned int *order, unsigned int nr);

#endif

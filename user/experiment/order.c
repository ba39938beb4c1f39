// SPDX-License-Identifier: GPL-2.0-only
#include "user/experiment/order.h"

u64 order_random(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void order_shuffle(u64 seed, unsigned int block, unsigned int *order, unsigned int nr)
{
	u64 state = seed;
	unsigned int i, j, swap;

	/* Mixed first: seed 1's block 1 must not be seed 2's block 0. */
	state = order_random(&state) + block;
	for (i = 0; i < nr; i++)
		order[i] = i;
	for (i = nr; i > 1; i--) {
		j = (unsigned int)(order_random(&state) % i);
		swap = order[i - 1];
		order[i - 1] = order[j];
		order[j] = swap;
	}
}

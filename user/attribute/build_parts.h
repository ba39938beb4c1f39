/* SPDX-License-Identifier: GPL-2.0-only */
/* What a phase is built from, by kind of row. Internal to attribute/build*.c. */
#ifndef SITU_ATTRIBUTE_BUILD_PARTS_H
#define SITU_ATTRIBUTE_BUILD_PARTS_H

#include "user/attribute/names.h"
#include "user/collect/snapshot.h"
#include "user/model/run.h"

struct build {
	struct phase *phase;
	const struct snapshot *before, *after;
	struct names *names;
};

/* The phase's service of owner @slot of the later snapshot, added when it is new; NULL: -ENOMEM. */
struct service *build_service(const struct build *b, u32 slot);

/*
 * Adds what edge @index of the later snapshot has moved, to its edge by name and to the bytes of
 * the services at its ends. 0 or -ENOMEM.
 */
int build_edge(const struct build *b, u32 index);

/*
 * The network's part of an edge whose sums are complete, into its empty network_ns: mean response
 * less mean server time, a mean without buckets. Left empty when one side is missing, when the
 * counts of the sides differ by more than 1 % and one, or when the server sent so long that its end
 * came after the client's first byte.
 */
void build_network(struct edge *edge);

/* Adds losses, map fill, and what situ's programs and process cost. 0 or -ENOMEM. */
int build_self(const struct build *b);

#endif

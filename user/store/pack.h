/* SPDX-License-Identifier: GPL-2.0-only */
/* Histogram buckets and slices as the blobs that schema.sql describes. Pure functions. */
#ifndef SITU_STORE_PACK_H
#define SITU_STORE_PACK_H

#include "user/model/run.h"

/*
 * Writes the buckets of @h to a new blob *@blob of *@len bytes, which the caller frees; *@blob is
 * never NULL on success. 0 or -ENOMEM.
 */
int pack_buckets(const struct hist *h, u8 **blob, size_t *len);

/*
 * Fills h->buckets from @blob[@len]. h->sub_bits and h->count must be set: the buckets must be of
 * that resolution and add up to that count. 0, -EINVAL for a blob that pack_buckets() cannot have
 * written, or -ENOMEM; h->buckets is NULL on failure.
 */
int unpack_buckets(struct hist *h, const u8 *blob, size_t len);

/* Writes the slices of @place to a new blob, as pack_buckets() does. 0 or -ENOMEM. */
int pack_slices(const struct place *place, u8 **blob, size_t *len);

/* Fills the empty @place from @blob[@len]. 0, -EINVAL for a blob that pack_slices() cannot have
 * written, or -ENOMEM. */
int unpack_slices(struct place *place, const u8 *blob, size_t len);

#endif

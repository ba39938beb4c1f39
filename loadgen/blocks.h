/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for libcurl, which allocates and frees some thirty blocks for each request, always of the
 * same few sizes: those that a thread has freed it gets again, without a search. That was 9 % of
 * what a small request costs. The cache of a thread holds no more than it ever had in use at once.
 */
#ifndef SITU_LOADGEN_BLOCKS_H
#define SITU_LOADGEN_BLOCKS_H

#include <stddef.h>

/* Like the functions of the C library, but for blocks_free(), not free(). Any thread may free. */
void *blocks_malloc(size_t size);
void *blocks_calloc(size_t nr, size_t size);
void *blocks_realloc(void *block, size_t size);
char *blocks_strdup(const char *text);
void blocks_free(void *block);

/* Gives back what this thread has cached. */
void blocks_release(void);

#endif

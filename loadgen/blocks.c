// SPDX-License-Identifier: GPL-2.0-only
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/blocks.h"

#define FINE	   16u /* step of the classes up to SMALL_MAX */
#define SMALL_MAX  1024u
#define COARSE	   1024u
#define LARGE_MAX  32768u
#define NR_SMALL   (SMALL_MAX / FINE)
#define NR_CLASSES (1 + NR_SMALL + LARGE_MAX / COARSE)
#define BIG	   0 /* the class of blocks that are not cached */

/* Stands before each block. */
struct head {
	alignas(max_align_t) unsigned int class;
	union {
		struct head *next; /* while cached */
		size_t size;	   /* of a big one */
	};
};

/* NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): libcurl passes no context */
static _Thread_local struct head *cache[NR_CLASSES];

static unsigned int class_of(size_t size)
{
	if (size <= SMALL_MAX)
		return size ? (unsigned int)((size + FINE - 1) / FINE) : 1;
	if (size <= LARGE_MAX)
		return NR_SMALL + (unsigned int)((size + COARSE - 1) / COARSE);
	return BIG;
}

static size_t size_of(const struct head *head)
{
	if (head->class == BIG)
		return head->size;
	if (head->class <= NR_SMALL)
		return (size_t)head->class * FINE;
	return (size_t)(head->class - NR_SMALL) * COARSE;
}

void *blocks_malloc(size_t size)
{
	struct head new = { .class = class_of(size) };
	struct head *head = cache[new.class];

	if (head) {
		cache[new.class] = head->next;
		return head + 1;
	}
	new.size = size;
	if (size > PTRDIFF_MAX - sizeof(*head))
		return NULL;
	head = malloc(sizeof(*head) + size_of(&new));
	if (!head)
		return NULL;
	*head = new;
	return head + 1;
}

void *blocks_calloc(size_t nr, size_t size)
{
	size_t bytes;
	void *block;

	if (__builtin_mul_overflow(nr, size, &bytes))
		return NULL;
	block = blocks_malloc(bytes);
	return block ? memset(block, 0, bytes) : NULL;
}

void blocks_free(void *block)
{
	struct head *head = block;

	if (!head)
		return;
	head--;
	if (head->class == BIG) {
		free(head);
		return;
	}
	head->next = cache[head->class];
	cache[head->class] = head;
}

void *blocks_realloc(void *block, size_t size)
{
	struct head *head = block;
	size_t old;
	void *new;

	if (!head)
		return blocks_malloc(size);
	head--;
	if (head->class != BIG && head->class == class_of(size))
		return block;
	new = blocks_malloc(size);
	if (!new)
		return NULL;
	old = size_of(head);
	memcpy(new, block, old < size ? old : size);
	blocks_free(block);
	return new;
}

char *blocks_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = blocks_malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

void blocks_release(void)
{
	size_t i;

	for (i = 0; i < NR_CLASSES; i++) {
		while (cache[i]) {
			struct head *head = cache[i];

			cache[i] = head->next;
			free(head);
		}
	}
}

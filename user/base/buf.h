/* SPDX-License-Identifier: GPL-2.0-only */
/* A growable string with a mandatory cap, so that no input can make it eat the machine. */
#ifndef SITU_BASE_BUF_H
#define SITU_BASE_BUF_H

#include <stddef.h>

struct buf {
	char *data; /* NUL-terminated once anything was added; NULL before */
	size_t len;
	size_t size;
	size_t cap; /* most bytes it may hold */
	int failed; /* 0, -ENOMEM or -E2BIG: set once, everything added later is ignored */
};

/* An empty buffer that may grow to @cap bytes. */
struct buf buf_init(size_t cap);
void buf_free(struct buf *b);

/* Each adds to the end and returns b->failed, so that a writer can check once, at its end. */
int buf_add(struct buf *b, const void *data, size_t len);
int buf_puts(struct buf *b, const char *s);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Reads the file @path (at most @cap bytes) into @b, which it initialises. 0, -E2BIG when the file
 * is longer, or the negative errno of the call that failed; the caller frees @b in any case.
 */
int buf_read_file(struct buf *b, const char *path, size_t cap);

#endif

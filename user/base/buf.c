// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"

struct buf buf_init(size_t cap)
{
	return (struct buf){ .cap = cap };
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = buf_init(b->cap);
}

/* Makes room for @more bytes and the NUL behind them. */
static int reserve(struct buf *b, size_t more)
{
	size_t size = b->size ? b->size : 256;
	char *data;

	if (b->failed)
		return b->failed;
	if (more > b->cap - b->len)
		return b->failed = -E2BIG;
	while (size < b->len + more + 1)
		size *= 2;
	if (size == b->size)
		return 0;
	data = realloc(b->data, size);
	if (!data)
		return b->failed = -ENOMEM;
	b->data = data;
	b->size = size;
	return 0;
}

int buf_add(struct buf *b, const void *data, size_t len)
{
	if (reserve(b, len))
		return b->failed;
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int buf_puts(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return b->failed = -EINVAL;
	if (reserve(b, (size_t)len))
		return b->failed;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)len;
	return 0;
}

int buf_read_file(struct buf *b, const char *path, size_t cap)
{
	char chunk[16384];
	ssize_t got = 0;
	int fd, err = 0;

	*b = buf_init(cap);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		got = read(fd, chunk, sizeof(chunk));
		if (got > 0)
			err = buf_add(b, chunk, (size_t)got);
		else if (got < 0 && errno != EINTR)
			err = -errno;
	} while (!err && got != 0);
	if (!err && !b->data)
		err = buf_add(b, "", 0);
	close(fd);
	return err;
}

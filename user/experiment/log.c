// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/text.h"
#include "user/experiment/log.h"

#define TAIL_BYTES 4096
#define LINE_BYTES 400

int log_open(const char *path, bool anew, struct err *err)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | (anew ? O_TRUNC : 0);
	int fd = open(path, flags, 0644);

	if (fd < 0)
		return err_set(err, EXIT_FAILED, "cannot write the log %s: %s: make room for it",
			       path, strerror(errno));
	return fd;
}

/* The end of the file @path, at most @size - 1 bytes, as text. */
static void read_tail(const char *path, char *tail, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)size - 1 ? end - ((off_t)size - 1) : 0;
	ssize_t got = fd < 0 ? 0 : pread(fd, tail, size - 1, from), i;

	if (fd >= 0)
		close(fd);
	if (got < 0)
		got = 0;
	for (i = 0; i < got; i++) {
		if (tail[i] == '\0')
			tail[i] = '?';
	}
	tail[got] = '\0';
}

/* Where the last @nr lines of @text begin. */
static const char *last_lines(const char *text, unsigned int nr)
{
	const char *from = text + strlen(text);

	while (from > text && (from[-1] != '\n' || nr-- > 0))
		from--;
	return from;
}

void log_print_tail(const char *path, const char *name, unsigned int nr)
{
	char tail[TAIL_BYTES], line[LINE_BYTES], clean[LINE_BYTES];
	const char *from;
	size_t len;

	read_tail(path, tail, sizeof(tail));
	len = strlen(tail);
	while (len > 0 && tail[len - 1] == '\n')
		tail[--len] = '\0';
	for (from = last_lines(tail, nr - 1); *from; from += len + (from[len] == '\n')) {
		len = strcspn(from, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, from);
		text_clean(clean, sizeof(clean), line);
		fprintf(stderr, "  %s: %s\n", name, clean);
	}
}

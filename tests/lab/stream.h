/* SPDX-License-Identifier: GPL-2.0-only */
/* Byte streams: TCP at ADDRESS:PORT, Unix-domain sockets at /PATH. In a loop they do not block. */
#ifndef LAB_STREAM_H
#define LAB_STREAM_H

#include <stddef.h>
#include <sys/types.h>

/* Return a descriptor or a negative errno. */
int stream_listen(const char *address);
int stream_accept(int listener);
int stream_connect(const char *address);

/* Waits for data and reads what there is: bytes, 0 at the end, a negative errno. */
ssize_t stream_read(int fd, char *data, size_t len);

/* Sends all of it: 0 or a negative errno. */
int stream_write(int fd, const char *data, size_t len);

#endif

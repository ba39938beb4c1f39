// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lab/loop.h"
#include "tests/lab/stream.h"

union address {
	struct sockaddr any;
	struct sockaddr_in tcp;
	struct sockaddr_un path;
};

static int parse_tcp(const char *text, struct sockaddr_in *tcp)
{
	char host[INET_ADDRSTRLEN];
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (!len || len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	tcp->sin_family = AF_INET;
	tcp->sin_port = htons((uint16_t)atoi(colon + 1));
	return inet_pton(AF_INET, host, &tcp->sin_addr) == 1 ? 0 : -EINVAL;
}

/* Makes a socket for @text. */
static int open_socket(const char *text, union address *at, socklen_t *len)
{
	int type = SOCK_STREAM | SOCK_CLOEXEC | (loop_running() ? SOCK_NONBLOCK : 0);

	memset(at, 0, sizeof(*at));
	if (text[0] == '/') {
		if (strlen(text) >= sizeof(at->path.sun_path))
			return -EINVAL;
		at->path.sun_family = AF_UNIX;
		memcpy(at->path.sun_path, text, strlen(text));
		*len = sizeof(at->path);
	} else {
		if (parse_tcp(text, &at->tcp))
			return -EINVAL;
		*len = sizeof(at->tcp);
	}
	*len = text[0] == '/' ? sizeof(at->path) : sizeof(at->tcp);
	type = socket(at->any.sa_family, type, 0);
	return type < 0 ? -errno : type;
}

static void send_at_once(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* no harm elsewhere */
}

static int closed(int fd, int err)
{
	close(fd);
	return err;
}

int stream_listen(const char *address)
{
	union address at;
	socklen_t len;
	int on = 1, fd = open_socket(address, &at, &len);

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address[0] == '/')
		unlink(address); /* left by one before it */
	if (bind(fd, &at.any, len) || listen(fd, 512))
		return closed(fd, -errno);
	return fd;
}

int stream_accept(int listener)
{
	int type = SOCK_CLOEXEC | (loop_running() ? SOCK_NONBLOCK : 0);
	int fd;

	loop_wait_fd(listener, EPOLLIN);
	fd = accept4(listener, NULL, NULL, type);
	if (fd < 0)
		return -errno;
	send_at_once(fd);
	return fd;
}

/* How the connecting that was under way has ended. */
static int connected(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	loop_wait_fd(fd, EPOLLOUT);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	return -err;
}

int stream_connect(const char *address)
{
	union address at;
	socklen_t len;
	int err = 0, fd = open_socket(address, &at, &len);

	if (fd < 0)
		return fd;
	if (connect(fd, &at.any, len))
		err = errno == EINPROGRESS ? connected(fd) : -errno;
	if (err)
		return closed(fd, err);
	send_at_once(fd);
	return fd;
}

ssize_t stream_read(int fd, char *data, size_t len)
{
	ssize_t got;

	for (;;) {
		got = read(fd, data, len);
		if (got >= 0)
			return got;
		if (errno != EAGAIN)
			return -errno;
		loop_wait_fd(fd, EPOLLIN);
	}
}

int stream_write(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t put = send(fd, data, len, MSG_NOSIGNAL);

		if (put > 0) {
			data += put;
			len -= (size_t)put;
		} else if (errno == EAGAIN) {
			loop_wait_fd(fd, EPOLLOUT);
		} else {
			return -errno;
		}
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/shop/endpoint.h"

#define NAME_CHARS                   \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz" \
	"0123456789.-"

int endpoint_set(struct endpoint *e, const char *host, const char *port)
{
	size_t host_len = strlen(host), port_len = strlen(port);
	long number;

	/* The host becomes part of URLs and of libpq's connection string. */
	if (!host_len || host_len >= sizeof(e->host) || strspn(host, NAME_CHARS) != host_len)
		return -EINVAL;
	if (!port_len || port_len >= sizeof(e->port) || strspn(port, "0123456789") != port_len)
		return -EINVAL;
	number = strtol(port, NULL, 10);
	if (number < 1 || number > 65535)
		return -EINVAL;
	memcpy(e->host, host, host_len + 1);
	memcpy(e->port, port, port_len + 1);
	return 0;
}

int endpoint_parse(struct endpoint *e, const char *text)
{
	const char *colon = strrchr(text, ':');
	char host[sizeof(e->host)];

	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, colon - text);
	host[colon - text] = '\0';
	return endpoint_set(e, host, colon + 1);
}

static int listen_on(const struct addrinfo *ai)
{
	int one = 1, err;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	/* A trial starts the service again while the last one's connections are in TIME_WAIT. */
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !bind(fd, ai->ai_addr, ai->ai_addrlen) && !listen(fd, SOMAXCONN))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

bool endpoint_idle(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

int endpoint_listen(const struct endpoint *e)
{
	struct addrinfo hints = { .ai_family = AF_INET,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *ai;
	int fd;

	if (getaddrinfo(e->host, e->port, &hints, &ai))
		return -EADDRNOTAVAIL;
	fd = listen_on(ai);
	freeaddrinfo(ai);
	return fd;
}

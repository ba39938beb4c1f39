// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/agent/listen.h"

#define BACKLOG 16

static int bad(const char *text, struct err *err)
{
	return err_set(err, EXIT_USAGE,
		       "'%s' is no address to listen on: give one as 127.0.0.1:9435 or [::1]:9435",
		       text);
}

static bool read_port(const char *text, in_port_t *port)
{
	size_t len = strlen(text);
	unsigned long number;

	if (!len || len > 5 || strspn(text, "0123456789") != len)
		return false;
	number = strtoul(text, NULL, 10);
	*port = htons((in_port_t)number);
	return number <= UINT16_MAX;
}

static bool here(const char *host)
{
	return !host[0] || strcmp(host, "localhost") == 0;
}

int listen_parse(const char *text, struct listen_addr *addr, struct err *err)
{
	const char *colon = strrchr(text, ':');
	char host[LISTEN_TEXT] = "";
	size_t len = colon ? (size_t)(colon - text) : 0;
	in_port_t port;

	*addr = (struct listen_addr){ 0 };
	if (!colon || len >= sizeof(host) || !read_port(colon + 1, &port))
		return bad(text, err);
	memcpy(host, text, len);
	if (inet_pton(AF_INET, here(host) ? "127.0.0.1" : host, &addr->v4.sin_addr) == 1) {
		addr->v4.sin_family = AF_INET;
		addr->v4.sin_port = port;
		addr->len = sizeof(addr->v4);
		return 0;
	}
	if (len < 2 || host[0] != '[' || host[len - 1] != ']')
		return bad(text, err);
	host[len - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &addr->v6.sin6_addr) != 1)
		return bad(text, err);
	addr->v6.sin6_family = AF_INET6;
	addr->v6.sin6_port = port;
	addr->len = sizeof(addr->v6);
	return 0;
}

bool listen_is_loopback(const struct listen_addr *addr)
{
	if (addr->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&addr->v6.sin6_addr);
	return ntohl(addr->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

void listen_text(const struct listen_addr *addr, char *text)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (addr->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &addr->v6.sin6_addr, host, sizeof(host));
		snprintf(text, LISTEN_TEXT, "[%s]:%u", host, ntohs(addr->v6.sin6_port));
		return;
	}
	inet_ntop(AF_INET, &addr->v4.sin_addr, host, sizeof(host));
	snprintf(text, LISTEN_TEXT, "%s:%u", host, ntohs(addr->v4.sin_port));
}

static int failed(const struct listen_addr *addr, int code, struct err *err)
{
	char text[LISTEN_TEXT];

	listen_text(addr, text);
	switch (code) {
	case EADDRINUSE:
		return err_set(err, EXIT_FAILED,
			       "%s is in use: end what listens there (ss -ltnp), or choose "
			       "another port with --listen",
			       text);
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return err_set(err, EXIT_ENVIRONMENT,
			       "this machine has no address for %s: see ip addr", text);
	case EACCES:
		return err_set(err, EXIT_ENVIRONMENT, "listening on %s needs root: use sudo", text);
	default:
		return err_set(err, EXIT_FAILED, "cannot listen on %s: %s", text, strerror(code));
	}
}

int listen_open(struct listen_addr *addr, struct err *err)
{
	int fd = socket(addr->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int yes = 1;

	if (fd < 0)
		return failed(addr, errno, err);
	/* After a restart the port is free at once: connections of before only wait to be
	 * forgotten. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    bind(fd, &addr->any, addr->len) || listen(fd, BACKLOG) ||
	    getsockname(fd, &addr->any, &addr->len)) {
		failed(addr, errno, err);
		close(fd);
		return -1;
	}
	return fd;
}

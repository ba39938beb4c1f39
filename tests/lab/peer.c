// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lab/peer.h"
#include "tests/lab/stream.h"

#define POSTGRES_PROTOCOL 0x30000
#define MESSAGE_MAX	  8192

int peers_add(struct peers *peers, char *text)
{
	struct peer *peer = &peers->peer[peers->nr];
	char *equals = strchr(text, '='), *comma = strchr(text, ',');

	if (peers->nr == PEERS_MAX || !equals || equals - text >= SCRIPT_NAME_MAX ||
	    (comma && strcmp(comma, ",fresh") != 0))
		return -EINVAL;
	memcpy(peer->name, text, (size_t)(equals - text));
	peer->address = equals + 1;
	peer->fresh = comma;
	if (comma)
		*comma = '\0';
	pthread_mutex_init(&peer->lock, NULL);
	peers->nr++;
	return 0;
}

struct peer *peers_find(struct peers *peers, const char *name)
{
	for (int i = 0; i < peers->nr; i++) {
		if (strcmp(peers->peer[i].name, name) == 0)
			return &peers->peer[i];
	}
	return NULL;
}

/* Reads messages until one that the server waits behind: ready for a query. */
static int postgres_ready(int fd)
{
	unsigned char text[MESSAGE_MAX];
	size_t have = 0, at = 0;

	for (;;) {
		ssize_t got = stream_read(fd, (char *)text + have, sizeof(text) - have);

		if (got <= 0)
			return got ? (int)got : -EPIPE;
		have += (size_t)got;
		while (at + 5 <= have) {
			uint32_t len;

			memcpy(&len, text + at + 1, sizeof(len));
			if (at + 1 + ntohl(len) > have)
				break;
			if (text[at] == 'E')
				return -EBADMSG;
			if (text[at] == 'Z')
				return 0;
			at += 1 + ntohl(len);
		}
		if (have == sizeof(text))
			return -EMSGSIZE;
	}
}

int peer_greet_postgres(int fd, long unused)
{
	static const char words[] = "user\0lab\0database\0postgres\0";
	char text[64];
	uint32_t head[2] = { htonl(sizeof(head) + sizeof(words)), htonl(POSTGRES_PROTOCOL) };

	(void)unused;
	memcpy(text, head, sizeof(head));
	memcpy(text + sizeof(head), words, sizeof(words));
	if (stream_write(fd, text, sizeof(head) + sizeof(words)))
		return -EPIPE;
	return postgres_ready(fd);
}

int peer_take(struct peer *peer, bool *fresh)
{
	int fd = -1;

	pthread_mutex_lock(&peer->lock);
	if (peer->nr_idle)
		fd = peer->idle[--peer->nr_idle];
	pthread_mutex_unlock(&peer->lock);
	*fresh = fd < 0;
	return fd >= 0 ? fd : stream_connect(peer->address);
}

void peer_give(struct peer *peer, int fd, bool usable)
{
	pthread_mutex_lock(&peer->lock);
	if (usable && !peer->fresh && peer->nr_idle < PEER_IDLE_MAX) {
		peer->idle[peer->nr_idle++] = fd;
		fd = -1;
	}
	pthread_mutex_unlock(&peer->lock);
	if (fd >= 0)
		close(fd);
}

int peer_ping_redis(int fd, long unused)
{
	char text[64];
	int err = stream_write(fd, "PING\r\n", 6);
	ssize_t got;

	(void)unused;
	if (err)
		return err;
	got = stream_read(fd, text, sizeof(text));
	return got == 7 && memcmp(text, "+PONG\r\n", 7) == 0 ? 0 : -EBADMSG;
}

int peer_sleep_postgres(int fd, long us)
{
	char text[64];
	int len = snprintf(text + 5, sizeof(text) - 5, "SELECT pg_sleep(%ld.%06ld)", us / 1000000,
			   us % 1000000);
	uint32_t size = htonl((uint32_t)len + 5);
	int err;

	text[0] = 'Q';
	memcpy(text + 1, &size, sizeof(size));
	err = stream_write(fd, text, (size_t)len + 6);
	return err ? err : postgres_ready(fd);
}

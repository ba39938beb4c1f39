// SPDX-License-Identifier: GPL-2.0-only
/*
 * A wire of known delay and loss, from this machine to itself: wire NAME PORT DELAY_US [NTH]
 * Makes the tun device NAME, which the caller then gives an address and a peer's, and writes a
 * line. A packet to the peer comes back DELAY_US later as one from the peer: who dials the peer's
 * address reaches this machine's own. With NTH, each NTH segment with data to PORT is dropped.
 * Ends with a line of input, and prints how many it has dropped.
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tests/stim/stim.h"

#define PACKET_MAX  2048
#define PACKETS_MAX 4096 /* on their way */
#define V4_SOURCE   12
#define V4_DEST	    16
#define TCP	    6

struct packet {
	long long due_ns;
	ssize_t len;
	unsigned char byte[PACKET_MAX];
};

struct wire {
	int fd;
	unsigned int port;
	long long delay_ns;
	unsigned long nth, segments, dropped;
	unsigned long head, tail; /* of the packets on their way: head - tail of them */
	struct packet packet[PACKETS_MAX];
};

static struct wire wire;

static int open_device(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	wire.fd = open("/dev/net/tun", O_RDWR);
	if (wire.fd < 0)
		return -1;
	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	return ioctl(wire.fd, TUNSETIFF, &request);
}

static unsigned int be16(const unsigned char *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

/* Whether @p is a TCP segment over IPv4 with data to the port. */
static int is_data(const struct packet *p)
{
	unsigned int ip_len = (p->byte[0] & 15U) * 4, tcp_len;

	if (p->len < 40 || p->byte[9] != TCP || (size_t)p->len < ip_len + 20)
		return 0;
	tcp_len = (p->byte[ip_len + 12] >> 4) * 4U;
	return be16(p->byte + ip_len + 2) == wire.port && be16(p->byte + 2) > ip_len + tcp_len;
}

/* The checksums do not mind which address stands where. */
static void turn_round(struct packet *p)
{
	unsigned char source[4];

	memcpy(source, p->byte + V4_SOURCE, sizeof(source));
	memcpy(p->byte + V4_SOURCE, p->byte + V4_DEST, sizeof(source));
	memcpy(p->byte + V4_DEST, source, sizeof(source));
}

static void take_packet(void)
{
	struct packet *p = &wire.packet[wire.head % PACKETS_MAX];

	p->len = read(wire.fd, p->byte, sizeof(p->byte));
	/* IPv6's own chatter, or no room: such is a wire. */
	if (p->len < 20 || p->byte[0] >> 4 != 4 || wire.head - wire.tail == PACKETS_MAX - 1)
		return;
	if (is_data(p) && wire.nth && ++wire.segments % wire.nth == 0) {
		wire.dropped++;
		return;
	}
	turn_round(p);
	p->due_ns = now_ns() + wire.delay_ns;
	wire.head++;
}

static void deliver(void)
{
	for (; wire.tail != wire.head; wire.tail++) {
		struct packet *p = &wire.packet[wire.tail % PACKETS_MAX];

		if (p->due_ns > now_ns() || write(wire.fd, p->byte, (size_t)p->len) < 0)
			return;
	}
}

static void run(void)
{
	struct pollfd fds[] = { { .fd = wire.fd, .events = POLLIN },
				{ .fd = STDIN_FILENO, .events = POLLIN } };

	while (!fds[1].revents) {
		struct timespec wait = { 0 }, *until = NULL;

		if (wire.tail != wire.head) {
			long long left = wire.packet[wire.tail % PACKETS_MAX].due_ns - now_ns();

			left = left > 0 ? left : 0;
			wait = (struct timespec){ left / 1000000000, left % 1000000000 };
			until = &wait;
		}
		ppoll(fds, 2, until, NULL);
		if (fds[0].revents & POLLIN)
			take_packet();
		deliver();
	}
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: wire NAME PORT DELAY_US [NTH]\n");
		return 2;
	}
	wire.port = (unsigned int)atoi(argv[2]);
	wire.delay_ns = atoll(argv[3]) * 1000;
	wire.nth = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	if (open_device(argv[1]))
		return fail("/dev/net/tun");
	puts("made");
	fflush(stdout);
	run();
	getchar();
	printf("%lu\n", wire.dropped);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * wire INTERFACE INTERFACE MICROSECONDS: a cable between the two, of which each frame takes that
 * long to pass, until SIGTERM. The two have to be up and promiscuous, without addresses: the near
 * ends of two pairs of virtual interfaces. What netem would do, for kernels that have none.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_MAX 256	 /* under way in one direction; more are dropped, as a link does */
#define FRAME_MAX  70000 /* with segmentation left to a card there is none above 64 KiB */

struct frame {
	long long due_ns;
	ssize_t len;
	char data[FRAME_MAX];
};

struct direction {
	int from, to;
	unsigned int head, tail; /* of the ring */
	struct frame ring[FRAMES_MAX];
};

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int fail(const char *what)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
	return 1;
}

/*
 * Frames come with their virtio header, which says what of checksum and segmentation is still to
 * be done: handed on, it is true at the other end, too.
 */
static int open_interface(const char *name)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL)), on = 1;

	at.sll_ifindex = (int)if_nametoindex(name);
	if (fd < 0 || !at.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -1;
	return fd;
}

static void take_frames(struct direction *d, long long delay_ns)
{
	while (d->head - d->tail < FRAMES_MAX) {
		struct frame *frame = &d->ring[d->head % FRAMES_MAX];

		frame->len = recv(d->from, frame->data, FRAME_MAX, MSG_TRUNC);
		if (frame->len < 0)
			return;
		frame->due_ns = now_ns() + delay_ns;
		if (frame->len <= FRAME_MAX)
			d->head++;
	}
}

/* Sends what is due; when the next one is, -1 for none. */
static long long give_frames(struct direction *d)
{
	for (; d->tail != d->head; d->tail++) {
		struct frame *frame = &d->ring[d->tail % FRAMES_MAX];

		if (frame->due_ns > now_ns())
			return frame->due_ns;
		if (send(d->to, frame->data, (size_t)frame->len, 0) < 0)
			fail("a frame is lost");
	}
	return -1;
}

static long long earlier(long long a, long long b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void carry(struct direction *there, struct direction *back, long long delay_ns)
{
	struct pollfd fds[] = { { there->from, POLLIN, 0 }, { back->from, POLLIN, 0 } };

	for (;;) {
		long long due_ns = earlier(give_frames(there), give_frames(back));
		long long left_ns = due_ns < 0 ? 0 : due_ns - now_ns();
		struct timespec left = { left_ns / 1000000000, left_ns % 1000000000 };

		if (left_ns < 0)
			left.tv_sec = left.tv_nsec = 0;
		ppoll(fds, 2, due_ns < 0 ? NULL : &left, NULL);
		take_frames(there, delay_ns);
		take_frames(back, delay_ns);
	}
}

int main(int argc, char **argv)
{
	static struct direction there, back;

	if (argc != 4) {
		fprintf(stderr, "usage: wire INTERFACE INTERFACE MICROSECONDS\n");
		return 2;
	}
	there.from = back.to = open_interface(argv[1]);
	back.from = there.to = open_interface(argv[2]);
	if (there.from < 0 || there.to < 0)
		return fail("cannot open");
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	carry(&there, &back, atoll(argv[3]) * 1000);
	return 0;
}

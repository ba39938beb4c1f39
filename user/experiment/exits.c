// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/experiment/exits.h"

#define BUFFER_BYTES (4 << 20)

/* Where the fields are in a message: behind netlink's header and the connector's. */
#define AT(field)    (NLMSG_HDRLEN + sizeof(struct cn_msg) + offsetof(struct proc_event, field))

/* Forks and execs of the whole machine stay in the kernel, and so do ends of mere threads. */
static int filter_exits(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(what)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_EXIT), 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(event_data.exit.process_tgid)),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(event_data.exit.process_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int ask(int fd)
{
	const enum proc_cn_mcast_op op = PROC_CN_MCAST_LISTEN;
	const struct cn_msg message = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = sizeof(op) };
	char text[NLMSG_HDRLEN + sizeof(message) + sizeof(op)];
	const struct nlmsghdr head = { .nlmsg_len = sizeof(text), .nlmsg_type = NLMSG_DONE };

	memset(text, 0, sizeof(text));
	memcpy(text, &head, sizeof(head));
	memcpy(text + NLMSG_HDRLEN, &message, sizeof(message));
	memcpy(text + NLMSG_HDRLEN + sizeof(message), &op, sizeof(op));
	return send(fd, text, sizeof(text), 0) == (ssize_t)sizeof(text) ? 0 : -1;
}

void exits_open(struct exits *exits)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	int bytes = BUFFER_BYTES;

	exits->fd =
		socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	if (exits->fd < 0)
		return;
	/* With less of a buffer more may be lost, which is told then. */
	setsockopt(exits->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (filter_exits(exits->fd) ||
	    bind(exits->fd, (struct sockaddr *)&address, sizeof(address)) || ask(exits->fd))
		exits_close(exits);
}

void exits_close(struct exits *exits)
{
	if (exits->fd >= 0)
		close(exits->fd);
	exits->fd = -1;
}

int exits_next(const struct exits *exits, struct exit_event *event)
{
	char message[NLMSG_SPACE(sizeof(struct cn_msg) + sizeof(struct proc_event))];
	struct proc_event told;
	ssize_t got;

	while (exits->fd >= 0) {
		got = recv(exits->fd, message, sizeof(message), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == ENOBUFS ? -ENOBUFS : 0;
		if ((size_t)got < AT(event_data.exit.exit_signal))
			continue;
		memcpy(&told, message + NLMSG_HDRLEN + sizeof(struct cn_msg),
		       (size_t)got - NLMSG_HDRLEN - sizeof(struct cn_msg) < sizeof(told)
			       ? (size_t)got - NLMSG_HDRLEN - sizeof(struct cn_msg)
			       : sizeof(told));
		if (told.what != PROC_EVENT_EXIT)
			continue;
		event->pid = told.event_data.exit.process_tgid;
		event->status = (int)told.event_data.exit.exit_code;
		return 1;
	}
	return 0;
}

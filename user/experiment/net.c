// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/experiment/net.h"
#include "user/experiment/spawn.h"

#define SCRIPT_MAX 65536
#define IP_COMMAND "/usr/sbin/ip"

static int own_netns(void)
{
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* Back where it came from: a situ in a namespace without a way out must not go on. */
static void go_home(const struct net *net)
{
	if (setns(net->root, CLONE_NEWNET))
		abort();
}

/* A new, empty namespace as a file descriptor, or -1 with errno. */
static int make_netns(const struct net *net)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		return -1;
	fd = own_netns();
	go_home(net);
	return fd;
}

int net_socket(const struct net *net, int netns, int domain, int type, int protocol)
{
	int fd;

	if (setns(netns, CLONE_NEWNET))
		return -errno;
	fd = socket(domain, type | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		fd = -errno;
	go_home(net);
	return fd;
}

/* The first line of the memory file @fd. */
static void first_line(int fd, char *line, size_t size)
{
	ssize_t got = pread(fd, line, size - 1, 0);

	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/* Runs ip(8) over the commands of @in, with its complaints to @out, and waits for its end. */
static int run_ip(int netns, int in, int out, struct err *err)
{
	char *const argv[] = { (char *)"ip", (char *)"-batch", (char *)"-", NULL };
	struct spawn s = {
		.what = "the network set-up",
		/* A root shell without a login has no /usr/sbin in its PATH. */
		.file = access(IP_COMMAND, X_OK) == 0 ? IP_COMMAND : NULL,
		.argv = argv,
		.env = environ,
		.netns = netns,
		.in = in,
		.out = -1,
		.err = out,
	};
	char text[SPAWN_STATUS_MAX], line[200];
	struct child child;
	int status = 0;

	if (spawn_start(&s, &child, err))
		return -1;
	child_ended(&child, true, &status);
	if (status == 0)
		return 0;
	first_line(out, line, sizeof(line));
	return err_set(err, EXIT_ENVIRONMENT,
		       "cannot set up the hosts' network (%s: %s): are veth and bridge in this "
		       "kernel?",
		       child_status(text, status), line);
}

static int configure(int netns, const struct buf *script, struct err *err)
{
	int in = memfd_create("ip", MFD_CLOEXEC), out = memfd_create("ip-errors", MFD_CLOEXEC);
	int failed = -1;

	if (in < 0 || out < 0 || script->failed ||
	    pwrite(in, script->data, script->len, 0) != (ssize_t)script->len)
		err_set(err, EXIT_FAILED, "cannot keep the network's set-up: free some memory");
	else
		failed = run_ip(netns, in, out, err);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return failed;
}

/* A port of the bridge whose other end is eth0 of namespace @netns. */
static void add_port(struct buf *script, unsigned int port, int netns)
{
	buf_printf(script,
		   "link add name port%u type veth peer name eth0 netns /proc/%d/fd/%d\n"
		   "link set dev port%u master br0\n"
		   "link set dev port%u up\n",
		   port, getpid(), netns, port, port);
}

static int connect_hosts(const struct net *net, struct err *err)
{
	struct buf script = buf_init(SCRIPT_MAX);
	unsigned int i;
	int failed;

	buf_puts(&script, "link set dev lo up\n"
			  "link add name br0 type bridge\n"
			  "link set dev br0 up\n");
	add_port(&script, 0, net->client);
	for (i = 0; i < net->nr_hosts; i++)
		add_port(&script, i + 1, net->host[i]);
	failed = configure(net->fabric, &script, err);
	buf_free(&script);
	return failed;
}

static int set_address(int netns, const char *address, unsigned int prefix, struct err *err)
{
	struct buf script = buf_init(SCRIPT_MAX);
	int failed;

	buf_printf(&script,
		   "link set dev lo up\n"
		   "address add %s/%u dev eth0\n"
		   "link set dev eth0 up\n",
		   address, prefix);
	failed = configure(netns, &script, err);
	buf_free(&script);
	return failed;
}

static int make_all(struct net *net, const struct plan *plan)
{
	net->host = calloc(plan->nr_hosts, sizeof(*net->host));
	if (!net->host)
		return -1;
	net->root = own_netns();
	if (net->root < 0)
		return -1;
	net->fabric = make_netns(net);
	net->client = net->fabric < 0 ? -1 : make_netns(net);
	if (net->client < 0)
		return -1;
	for (; net->nr_hosts < plan->nr_hosts; net->nr_hosts++) {
		net->host[net->nr_hosts] = make_netns(net);
		if (net->host[net->nr_hosts] < 0)
			return -1;
	}
	return 0;
}

static int set_up(struct net *net, const struct plan *plan, struct err *err)
{
	unsigned int i;

	if (make_all(net, plan))
		return err_set(err, EXIT_ENVIRONMENT,
			       "cannot make network namespaces: %s: run as root, see 'situ doctor'",
			       strerror(errno));
	if (connect_hosts(net, err) ||
	    set_address(net->client, plan->client_host.address, plan->prefix, err))
		return -1;
	for (i = 0; i < plan->nr_hosts; i++) {
		if (set_address(net->host[i], plan->hosts[i].address, plan->prefix, err))
			return -1;
	}
	return 0;
}

int net_open(struct net *net, const struct plan *plan, struct err *err)
{
	*net = (struct net){ .root = -1, .fabric = -1, .client = -1 };
	if (set_up(net, plan, err) == 0)
		return 0;
	net_close(net);
	return -1;
}

void net_close(struct net *net)
{
	const int fds[] = { net->root, net->fabric, net->client };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		if (fds[i] > 0)
			close(fds[i]);
	}
	while (net->nr_hosts > 0)
		close(net->host[--net->nr_hosts]);
	free(net->host);
	*net = (struct net){ 0 };
}

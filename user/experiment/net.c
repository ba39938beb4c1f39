// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/experiment/net.h"
#include "user/experiment/spawn.h"

#define SCRIPT_MAX  65536
#define DEVICE_MAX  16
#define BURST_LEAST 32768 /* bytes that a limited link may send at once */

/* A program of iproute2 that takes a batch of commands. */
struct tool {
	const char *name, *path;
	const char *wants; /* of the kernel */
};

static const struct tool ip = { "ip", "/usr/sbin/ip", "veth and bridge" };
static const struct tool tc = { "tc", "/usr/sbin/tc", "netem (a delay) and tbf (a rate)" };

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

/* Runs @tool over the commands of @in, with its complaints to @out, and waits for its end. */
static int run_tool(const struct tool *tool, int netns, int in, int out, struct err *err)
{
	char *const argv[] = { (char *)tool->name, (char *)"-batch", (char *)"-", NULL };
	struct spawn s = {
		.what = "the network set-up",
		/* A root shell without a login has no /usr/sbin in its PATH. */
		.file = access(tool->path, X_OK) == 0 ? tool->path : NULL,
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
		       "cannot set up the hosts' network (%s: %s): are %s in this kernel?",
		       child_status(text, status), line, tool->wants);
}

static int configure(const struct tool *tool, int netns, const struct buf *script, struct err *err)
{
	int in = memfd_create("ip", MFD_CLOEXEC), out = memfd_create("ip-errors", MFD_CLOEXEC);
	int failed = -1;

	if (in < 0 || out < 0 || script->failed ||
	    pwrite(in, script->data, script->len, 0) != (ssize_t)script->len)
		err_set(err, EXIT_FAILED, "cannot keep the network's set-up: free some memory");
	else
		failed = run_tool(tool, netns, in, out, err);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return failed;
}

/* What the device of @host is called in its namespace: on the machine itself, as no other is. */
static void device_of(const struct plan_host *host, char name[DEVICE_MAX])
{
	if (plan_is_machine(host))
		snprintf(name, DEVICE_MAX, "situ%d", getpid());
	else
		snprintf(name, DEVICE_MAX, "eth0");
}

/* A port of the bridge whose other end is the device of @host in namespace @netns. */
static void add_port(struct buf *script, unsigned int port, const struct plan_host *host, int netns)
{
	char device[DEVICE_MAX];

	device_of(host, device);
	buf_printf(script,
		   "link add name port%u type veth peer name %s netns /proc/%d/fd/%d\n"
		   "link set dev port%u master br0\n"
		   "link set dev port%u up\n",
		   port, device, getpid(), netns, port, port);
}

static int connect_hosts(const struct net *net, const struct plan *plan, struct err *err)
{
	struct buf script = buf_init(SCRIPT_MAX);
	unsigned int i;
	int failed;

	buf_puts(&script, "link set dev lo up\n"
			  "link add name br0 type bridge\n"
			  "link set dev br0 up\n");
	add_port(&script, 0, &plan->client_host, net->client);
	for (i = 0; i < net->nr_hosts; i++)
		add_port(&script, i + 1, &plan->hosts[i], net->host[i]);
	failed = configure(&ip, net->fabric, &script, err);
	buf_free(&script);
	return failed;
}

static int set_address(const struct plan_host *host, int netns, unsigned int prefix,
		       struct err *err)
{
	struct buf script = buf_init(SCRIPT_MAX);
	char device[DEVICE_MAX];
	int failed;

	device_of(host, device);
	buf_printf(&script,
		   "link set dev lo up\n"
		   "address add %s/%u dev %s\n"
		   "link set dev %s up\n",
		   host->address, prefix, device, device);
	failed = configure(&ip, netns, &script, err);
	buf_free(&script);
	return failed;
}

/* Makes what @device sends in @netns as late and as slow as @link says. */
static int shape(const struct plan_link *link, const char *device, int netns, struct err *err)
{
	struct buf script = buf_init(SCRIPT_MAX);
	u64 burst = link->rate_bits / 8 / 100; /* of 10 ms: more than a timer's tick */
	int failed;

	buf_printf(&script, "qdisc add dev %s root ", device);
	if (link->delay_ns)
		buf_printf(&script, "netem limit 100000 delay %" PRIu64 "us",
			   link->delay_ns / 1000);
	if (link->delay_ns && link->rate_bits)
		buf_printf(&script, " rate %" PRIu64 "bit", link->rate_bits);
	else if (link->rate_bits)
		buf_printf(&script, "tbf rate %" PRIu64 "bit burst %" PRIu64 " latency 100ms",
			   link->rate_bits, burst < BURST_LEAST ? BURST_LEAST : burst);
	buf_puts(&script, "\n");
	failed = configure(&tc, netns, &script, err);
	buf_free(&script);
	return failed;
}

/* Both ways: what host @i sends, and what its port of the bridge sends to it. */
static int set_link(const struct net *net, const struct plan *plan, unsigned int i, struct err *err)
{
	const struct plan_host *host = &plan->hosts[i];
	char device[DEVICE_MAX], port[DEVICE_MAX];

	if (!host->link || (!host->link->delay_ns && !host->link->rate_bits))
		return 0;
	device_of(host, device);
	snprintf(port, sizeof(port), "port%u", i + 1);
	return shape(host->link, device, net->host[i], err) ||
	       shape(host->link, port, net->fabric, err);
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
		net->host[net->nr_hosts] = plan_is_machine(&plan->hosts[net->nr_hosts])
						   ? own_netns()
						   : make_netns(net);
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
	if (connect_hosts(net, plan, err) ||
	    set_address(&plan->client_host, net->client, plan->prefix, err))
		return -1;
	for (i = 0; i < plan->nr_hosts; i++) {
		if (set_address(&plan->hosts[i], net->host[i], plan->prefix, err) ||
		    set_link(net, plan, i, err))
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reading the maps costs once a second, with 500 cgroups and 2,000 edges that are all at
 * work, by the path that record and live take.
 *   drain CGROUP ROUNDS
 * In the cgroup directory CGROUP, of v2, 500 clients are made, each in a cgroup of its own with a
 * connection to each of four ports of one server; each has a turn on every connection between two
 * rounds. A round prints two lines, the CPU time of one drain as a share of a second in percent:
 *	snapshot PERCENT	the maps read and copied
 *	whole PERCENT		that, the cgroups' own files, names and differences
 * and at the end "found SERVICES EDGES" says how many had moved in the last round.
 * Exits 0; 1 failed, 2 usage, 3 the kernel refuses.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/attribute/measure.h"
#include "user/base/clock.h"
#include "user/base/err.h"
#include "user/collect/collector.h"

#define CLIENTS	   500
#define PORTS	   4
#define FIRST_PORT 18300
#define WARM_UP	   2

struct crowd {
	const char *cgroup;
	pid_t server;
	pid_t client[CLIENTS];
	int made;	   /* cgroups, and clients in them */
	int turn[CLIENTS]; /* a byte to the client whose turn it is */
	int done[2];	   /* a byte from each client that had it */
};

static int fail(const char *what)
{
	fprintf(stderr, "drain: %s: %s\n", what, strerror(errno));
	return EXIT_FAILED;
}

static struct sockaddr_in address(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((u16)(FIRST_PORT + port)),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Listeners are those below @first_accepted. */
static void serve_one(int epoll, int fd, int first_accepted)
{
	char byte;

	if (fd < first_accepted) {
		int connection = accept(fd, NULL, NULL);

		if (connection >= 0 && watch(epoll, connection))
			close(connection);
		return;
	}
	if (read(fd, &byte, 1) != 1 || write(fd, &byte, 1) != 1)
		close(fd);
}

static int serve(int ready)
{
	int epoll = epoll_create1(0), listener = -1, port, on = 1;

	for (port = 0; port < PORTS; port++) {
		struct sockaddr_in at = address(port);

		listener = socket(AF_INET, SOCK_STREAM, 0);
		if (listener < 0 ||
		    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		    bind(listener, (struct sockaddr *)&at, sizeof(at)) ||
		    listen(listener, CLIENTS) || watch(epoll, listener))
			return fail("cannot listen");
	}
	if (write(ready, "", 1) != 1)
		return EXIT_FAILED;
	for (;;) {
		struct epoll_event event;

		if (epoll_wait(epoll, &event, 1, -1) == 1)
			serve_one(epoll, event.data.fd, listener + 1);
	}
}

static int take_turns(int turn, int done)
{
	int connection[PORTS], port;
	char byte;

	for (port = 0; port < PORTS; port++) {
		struct sockaddr_in at = address(port);

		connection[port] = socket(AF_INET, SOCK_STREAM, 0);
		if (connection[port] < 0 ||
		    connect(connection[port], (struct sockaddr *)&at, sizeof(at)))
			return fail("cannot connect");
	}
	do {
		for (port = 0; port < PORTS; port++) {
			if (write(connection[port], "", 1) != 1 ||
			    read(connection[port], &byte, 1) != 1)
				return fail("the server is gone");
		}
		if (write(done, "", 1) != 1)
			return EXIT_FAILED;
	} while (read(turn, &byte, 1) == 1);
	return EXIT_OK;
}

static void cgroup_path(char path[512], const struct crowd *crowd, int nr, const char *file)
{
	snprintf(path, 512, "%s/client%d%s", crowd->cgroup, nr, file);
}

static int enter(const struct crowd *crowd, int nr)
{
	char path[512];
	int fd, err;

	cgroup_path(path, crowd, nr, "/cgroup.procs");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	err = fd < 0 || write(fd, "0", 1) != 1;
	if (fd >= 0)
		close(fd);
	return err;
}

/* A network of its own, where all ports are free and no other edge is. */
static int own_network(void)
{
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd, err;

	if (unshare(CLONE_NEWNET))
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return -1;
	err = ioctl(fd, SIOCSIFFLAGS, &loopback);
	close(fd);
	return err;
}

static int start_server(struct crowd *crowd)
{
	int ready[2];
	char byte;

	if (pipe(ready) || pipe(crowd->done))
		return -1;
	crowd->server = fork();
	if (crowd->server < 0)
		return -1;
	if (crowd->server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(serve(ready[1]));
	}
	close(ready[1]);
	return read(ready[0], &byte, 1) == 1 ? 0 : -1;
}

static int start_client(struct crowd *crowd, int nr)
{
	char path[512];
	int turn[2];

	cgroup_path(path, crowd, nr, "");
	if (mkdir(path, 0755))
		return -1;
	crowd->made++;
	if (pipe2(turn, O_CLOEXEC))
		return -1;
	crowd->turn[nr] = turn[1];
	crowd->client[nr] = fork();
	if (crowd->client[nr] < 0)
		return -1;
	if (crowd->client[nr] == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(enter(crowd, nr) ? fail("cannot enter a cgroup")
				       : take_turns(turn[0], crowd->done[1]));
	}
	close(turn[0]);
	return 0;
}

static int wait_for_all(const struct crowd *crowd)
{
	char byte;
	int i;

	for (i = 0; i < CLIENTS; i++) {
		if (read(crowd->done[0], &byte, 1) != 1)
			return -1;
	}
	return 0;
}

static int start_crowd(struct crowd *crowd)
{
	struct rlimit files;
	int i;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return -1;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) || own_network() || start_server(crowd))
		return -1;
	for (i = 0; i < CLIENTS; i++) {
		if (start_client(crowd, i))
			return -1;
	}
	return wait_for_all(crowd);
}

static int end_crowd(struct crowd *crowd)
{
	char path[512];
	int i, err = 0;

	for (i = 0; i < crowd->made; i++) {
		if (crowd->client[i] > 0 &&
		    (kill(crowd->client[i], SIGKILL) || waitpid(crowd->client[i], NULL, 0) < 0))
			err = -1;
		cgroup_path(path, crowd, i, "");
		if (rmdir(path))
			err = -1;
	}
	if (crowd->server > 0 &&
	    (kill(crowd->server, SIGKILL) || waitpid(crowd->server, NULL, 0) < 0))
		err = -1;
	return err;
}

static int work(const struct crowd *crowd)
{
	int i;

	for (i = 0; i < CLIENTS; i++) {
		if (write(crowd->turn[i], "", 1) != 1)
			return -1;
	}
	return wait_for_all(crowd);
}

static void print_share(const char *what, u64 cpu_ns)
{
	printf("%s %.4f\n", what, 100.0 * (double)cpu_ns / NSEC_PER_SEC);
}

static int count_services(const struct phase *phase)
{
	size_t i, nr = 0;

	for (i = 0; i < phase->nr_services; i++)
		nr += strstr(phase->services[i].name, "/client") != NULL;
	return (int)nr;
}

static int time_whole(const struct crowd *crowd, struct measure *m, int rounds, struct err *err)
{
	int round;

	if (measure_begin(m, err))
		return err_report(err);

	for (round = -WARM_UP; round < rounds; round++) {
		struct phase phase = { 0 };
		u64 begun_ns;

		if (work(crowd))
			return fail("no turn");
		begun_ns = clock_cpu_ns();
		if (measure_end(m, &phase, err))
			return err_report(err);
		measure_continue(m);
		if (round >= 0)
			print_share("whole", clock_cpu_ns() - begun_ns);
		if (round + 1 == rounds)
			printf("found %d %zu\n", count_services(&phase), phase.nr_edges);
		phase_free(&phase);
	}
	return EXIT_OK;
}

static int time_snapshots(const struct crowd *crowd, struct collector *c, int rounds)
{
	struct snapshot snapshot = { 0 };
	int round, code = 0;

	for (round = -WARM_UP; round < rounds && !code; round++) {
		u64 begun_ns;

		code = work(crowd);
		if (code)
			break;
		snapshot_reset(&snapshot);
		begun_ns = clock_cpu_ns();
		code = collector_snapshot(c, &snapshot);
		if (round >= 0 && !code)
			print_share("snapshot", clock_cpu_ns() - begun_ns);
	}
	snapshot_free(&snapshot);
	return code ? fail("a snapshot or a turn failed") : EXIT_OK;
}

static int run_whole(const struct crowd *crowd, int rounds)
{
	struct measure *m = NULL;
	struct err err = { 0 };
	int code = measure_open(&m, true, &err) ? err_report(&err)
						: time_whole(crowd, m, rounds, &err);

	measure_close(m);
	return code;
}

static int run_snapshots(const struct crowd *crowd, int rounds)
{
	struct features features;
	struct collector *c = NULL;
	struct err err = { 0 };
	int code;

	if (features_decide(&features, false, &err) || collector_open(&c, &features, false, &err))
		code = err_report(&err);
	else
		code = time_snapshots(crowd, c, rounds);
	collector_close(c);
	return code;
}

int main(int argc, char **argv)
{
	int rounds = argc == 3 ? atoi(argv[2]) : 0, code;
	struct crowd crowd = { .cgroup = argv[1] };

	if (rounds < 1) {
		fprintf(stderr, "usage: drain CGROUP ROUNDS\n");
		return EXIT_USAGE;
	}
	if (start_crowd(&crowd))
		code = fail("cannot start 500 clients");
	else
		code = run_snapshots(&crowd, rounds);
	if (!code)
		code = run_whole(&crowd, rounds);
	if (end_crowd(&crowd) && !code)
		code = fail("cannot clean up");
	return fflush(stdout) ? EXIT_FAILED : code;
}

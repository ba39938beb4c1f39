// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turns whose time is the time of their kernel code and little else, all on one CPU.
 *   drive pipe|tcp CPU
 *   drive read CPU FILE
 * pipe, tcp: two processes throw a message to and fro; one byte, two switches a turn, or 64 bytes
 * over loopback, two sends and two receives. read: a direct read of 4 KiB at random.
 * Each line of standard input is a time in milliseconds: measures for so long and prints the
 * lowest decile over short batches (0.2 ms) of the nanoseconds of a turn, and the number of turns.
 * A batch that shared its CPU, or its core with a busy sibling, is several times further off than
 * what is to be measured; the lowest decile is of those that did not.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/types.h"

#define BATCHES_MAX 65536
#define WARM_UP	    4 /* a quarter of the time */
#define MESSAGE_MAX 64
#define BLOCK_BYTES 4096

/*
 * What a process of a conversation reads from and writes to. For direct reads: the file, and its
 * size in blocks.
 */
struct ends {
	int from;
	int to;
};

struct driver {
	const char *name;
	size_t bytes;
	unsigned int batch; /* turns */
	int (*connect)(struct ends *here, struct ends *there);
	int (*turn)(const struct driver *driver, const struct ends *ends);
};

static int connect_pipes(struct ends *here, struct ends *there)
{
	int forth[2], back[2];

	if (pipe(forth) || pipe(back))
		return -errno;
	*here = (struct ends){ .from = back[0], .to = forth[1] };
	*there = (struct ends){ .from = forth[0], .to = back[1] };
	return 0;
}

static int connect_tcp(struct ends *here, struct ends *there)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0),
	    server, on = 1;
	socklen_t len = sizeof(at);

	if (listener < 0 || client < 0 || bind(listener, (struct sockaddr *)&at, len) ||
	    listen(listener, 1) || getsockname(listener, (struct sockaddr *)&at, &len) ||
	    connect(client, (struct sockaddr *)&at, len))
		return -errno;
	server = accept(listener, NULL, NULL);
	if (server < 0 || setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		return -errno;
	/* The listener stays: by it the programs, which come later, know the server's end. */
	*here = (struct ends){ .from = client, .to = client };
	*there = (struct ends){ .from = server, .to = server };
	return 0;
}

static int receive(int fd, char *message, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = read(fd, message + done, bytes - done);

		if (n <= 0)
			return n ? -errno : -EPIPE;
		done += (size_t)n;
	}
	return 0;
}

static int put(int fd, const char *message, size_t bytes)
{
	return write(fd, message, bytes) == (ssize_t)bytes ? 0 : -EIO;
}

static void answer(const struct driver *driver, const struct ends *ends)
{
	char message[MESSAGE_MAX];

	while (!receive(ends->from, message, driver->bytes) &&
	       !put(ends->to, message, driver->bytes))
		;
}

static int converse(const struct driver *driver, const struct ends *ends)
{
	char message[MESSAGE_MAX] = { 0 };
	int err = put(ends->to, message, driver->bytes);

	return err ? err : receive(ends->from, message, driver->bytes);
}

static int read_direct(const struct driver *driver, const struct ends *ends)
{
	static char block[BLOCK_BYTES] __attribute__((aligned(BLOCK_BYTES)));
	off_t at = (off_t)(random() % ends->to) * BLOCK_BYTES;

	return pread(ends->from, block, driver->bytes, at) == (ssize_t)driver->bytes ? 0 : -EIO;
}

static const struct driver drivers[] = {
	{ .name = "pipe", .bytes = 1, .batch = 32, .connect = connect_pipes, .turn = converse },
	{ .name = "tcp",
	  .bytes = MESSAGE_MAX,
	  .batch = 12,
	  .connect = connect_tcp,
	  .turn = converse },
	{ .name = "read", .bytes = BLOCK_BYTES, .batch = 16, .turn = read_direct },
};

/* Time of a batch of turns in nanoseconds, negative errno when the other end is gone. */
static s64 run_batch(const struct driver *driver, const struct ends *ends)
{
	u64 start_ns = clock_mono_ns();
	unsigned int turn;
	int err;

	for (turn = 0; turn < driver->batch; turn++) {
		err = driver->turn(driver, ends);
		if (err)
			return err;
	}
	return (s64)(clock_mono_ns() - start_ns);
}

static int compare_s64(const void *a, const void *b)
{
	s64 x = *(const s64 *)a, y = *(const s64 *)b;

	return (x > y) - (x < y);
}

static int measure(const struct driver *driver, const struct ends *ends, u64 duration_ns)
{
	static s64 batch_ns[BATCHES_MAX];
	u64 start_ns = clock_mono_ns(), warm_ns = start_ns + duration_ns / WARM_UP;
	size_t nr = 0, first_decile;

	while (nr < BATCHES_MAX && clock_mono_ns() < start_ns + duration_ns) {
		batch_ns[nr] = run_batch(driver, ends);
		if (batch_ns[nr] < 0)
			return (int)batch_ns[nr];
		if (clock_mono_ns() >= warm_ns)
			nr++;
	}
	if (!nr)
		return -ETIME;
	qsort(batch_ns, nr, sizeof(*batch_ns), compare_s64);
	first_decile = nr / 10;
	printf("%.2f %zu\n", (double)batch_ns[first_decile] / driver->batch, nr * driver->batch);
	return fflush(stdout) ? -errno : 0;
}

static int pin(unsigned long cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) ? -errno : 0;
}

static int measure_on_command(const struct driver *driver, const struct ends *ends)
{
	char line[32];
	int err = 0;

	while (!err && fgets(line, sizeof(line), stdin)) {
		u64 duration_ms = strtoul(line, NULL, 10);

		err = duration_ms ? measure(driver, ends, duration_ms * 1000000) : -EINVAL;
	}
	return err;
}

static int run_pair(const struct driver *driver)
{
	struct ends here, there;
	pid_t child;
	int err;

	err = driver->connect(&here, &there);
	if (err)
		return err;
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(here.from);
		close(here.to);
		answer(driver, &there);
		_exit(0);
	}
	close(there.from);
	close(there.to);
	err = measure_on_command(driver, &here);
	close(here.from);
	close(here.to);
	waitpid(child, NULL, 0);
	return err;
}

static int run_reads(const struct driver *driver, const char *path)
{
	struct ends ends = { .from = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC) };
	off_t size;
	int err;

	if (ends.from < 0)
		return -errno;
	size = lseek(ends.from, 0, SEEK_END);
	ends.to = (int)(size / BLOCK_BYTES);
	err = ends.to > 0 ? measure_on_command(driver, &ends) : -EINVAL;
	close(ends.from);
	return err;
}

static const struct driver *find_driver(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strcmp(drivers[i].name, name) == 0)
			return &drivers[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct driver *driver = argc >= 3 ? find_driver(argv[1]) : NULL;
	int err;

	if (!driver || argc != (driver->connect ? 3 : 4)) {
		fprintf(stderr, "usage: drive pipe|tcp CPU, or drive read CPU FILE\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	err = pin(strtoul(argv[2], NULL, 10));
	if (!err)
		err = driver->connect ? run_pair(driver) : run_reads(driver, argv[3]);
	if (!err)
		return 0;
	fprintf(stderr, "drive %s: %s\n", driver->name, strerror(-err));
	return 1;
}

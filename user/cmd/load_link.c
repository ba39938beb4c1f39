// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/contract.h"
#include "user/base/clock.h"
#include "user/cmd/load_link.h"
#include "user/experiment/loadlink.h"
#include "user/export/export.h"

#define TAKEN_WITHIN_NS (2 * NSEC_PER_SEC)
#define LOOK_US		10000

static int map_marks(struct load_link *link, struct err *err)
{
	const char *text = getenv(LOADLINK_MARKS);
	void *at;

	if (!text)
		return 0;
	at = mmap(NULL, SPAN_PORTS * sizeof(*link->marks), PROT_READ | PROT_WRITE, MAP_SHARED,
		  (int)strtol(text, NULL, 10), 0);
	if (at == MAP_FAILED)
		return err_set(err, EXIT_FAILED, "cannot map the marks (%s=%s): %s: unset it",
			       LOADLINK_MARKS, text, strerror(errno));
	link->marks = at;
	__atomic_store_n(&link->marks[SPAN_MARKER], (u64)getpid(), __ATOMIC_RELEASE);
	return 0;
}

static int lock(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &lock) ? -errno : 0;
}

static bool is_empty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == 0;
}

/*
 * Locks the result's file once the result of the load before has been taken out of it, which is
 * not done while it is locked. -EAGAIN when another load has it, or nobody takes that result.
 */
static int claim(int fd)
{
	u64 until_ns = clock_mono_ns() + TAKEN_WITHIN_NS;

	while (clock_mono_ns() < until_ns) {
		int failed = lock(fd, F_WRLCK);

		if (failed || is_empty(fd))
			return failed == -EACCES ? -EAGAIN : failed;
		lock(fd, F_UNLCK);
		usleep(LOOK_US);
	}
	return -EAGAIN;
}

int load_link_open(struct load_link *link, struct err *err)
{
	const char *text = getenv(LOADLINK_RESULT);
	int fd, failed;

	*link = (struct load_link){ .result_fd = -1 };
	if (!text)
		return map_marks(link, err);
	fd = (int)strtol(text, NULL, 10);
	failed = claim(fd);
	if (failed == -EAGAIN) {
		warn("another load is being measured: the endpoints of this one are not told "
		     "apart");
		return 0;
	}
	if (failed)
		return err_set(err, EXIT_FAILED,
			       "cannot lock the result's file (%s=%s): %s: unset it",
			       LOADLINK_RESULT, text, strerror(-failed));
	link->result_fd = fd;
	return map_marks(link, err);
}

int load_link_report(struct load_link *link, const struct run *run, struct err *err)
{
	FILE *out;
	int failed;

	if (link->result_fd < 0)
		return 0;
	out = fdopen(link->result_fd, "w");
	link->result_fd = -1;
	if (!out)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	rewind(out); /* to behind the load before */
	failed = export_json(run, out, err);
	/* The close ends the lock too. */
	if (fclose(out) && !failed)
		failed =
			err_set(err, EXIT_FAILED, "cannot hand the result on: %s", strerror(errno));
	return failed;
}

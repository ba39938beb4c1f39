// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "user/base/stop.h"
#include "user/experiment/lock.h"

static int fail(int fd, const char *path, struct err *err)
{
	int code = errno;

	if (fd >= 0)
		close(fd);
	if (code == EINTR)
		return err_set(err, EXIT_FAILED, "stopped while it waited for another run's end");
	return err_set(err, EXIT_FAILED, "cannot lock %s: %s: choose another file", path,
		       strerror(code));
}

int lock_take(const char *path, bool wait, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail(fd, path, err);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno != EWOULDBLOCK)
		return fail(fd, path, err);
	if (!wait) {
		close(fd);
		fprintf(stderr, "skipped: another run has the lock %s\n", path);
		return LOCK_TAKEN;
	}
	fprintf(stderr, "waiting for the run that has the lock %s\n", path);
	while (flock(fd, LOCK_EX)) {
		if (errno != EINTR || stop_signal())
			return fail(fd, path, err);
	}
	return fd;
}

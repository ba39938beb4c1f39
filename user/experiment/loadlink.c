// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/experiment/loadlink.h"
#include "user/export/export.h"
#include "user/trace/bands.h"

#define RESULT_MAX (64U << 20)

int loadlink_open(struct loadlink *link, int marks_fd, struct err *err)
{
	link->marks_fd = marks_fd;
	link->result_fd = memfd_create("situ-load-result", MFD_CLOEXEC);
	return link->result_fd < 0 ? err_set(err, EXIT_FAILED, "cannot make a file in memory: %s",
					     strerror(errno))
				   : 0;
}

void loadlink_close(struct loadlink *link)
{
	if (link->result_fd >= 0)
		close(link->result_fd);
	link->result_fd = -1;
}

/* Without the file, an outer measurement's variable would name one that is not there. */
static int pass(const char *variable, int fd)
{
	char number[16];

	if (fd < 0)
		return unsetenv(variable) ? -errno : 0;
	snprintf(number, sizeof(number), "%d", fd);
	return fcntl(fd, F_SETFD, 0) || setenv(variable, number, 1) ? -errno : 0;
}

int loadlink_pass(const struct loadlink *link)
{
	int err = pass(LOADLINK_MARKS, link->marks_fd);

	return err ? err : pass(LOADLINK_RESULT, link->result_fd);
}

bool loadlink_running(const struct loadlink *link)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return link->result_fd >= 0 && fcntl(link->result_fd, F_GETLK, &lock) == 0 &&
	       lock.l_type != F_UNLCK;
}

bool loadlink_ready(const struct loadlink *link)
{
	struct stat st;

	return link->result_fd >= 0 && fstat(link->result_fd, &st) == 0 && st.st_size > 0 &&
	       !loadlink_running(link);
}

int loadlink_move_endpoints(struct run *run, struct phase *phase, struct err *err)
{
	if (run->nr_phases != 1)
		return err_set(err, EXIT_FAILED,
			       "the load generator's result has %zu phases, not "
			       "one: are there two situ binaries?",
			       run->nr_phases);
	phase->endpoints = run->phases[0].endpoints;
	phase->nr_endpoints = run->phases[0].nr_endpoints;
	run->phases[0].endpoints = NULL;
	run->phases[0].nr_endpoints = 0;
	return 0;
}

static int read_result(const struct loadlink *link, struct run *run, struct err *err)
{
	char path[64];
	struct buf b;
	int failed;

	/* Its offset is the load's: read by a description of its own. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", link->result_fd);
	failed = buf_read_file(&b, path, RESULT_MAX);
	failed = failed ? err_set(err, EXIT_FAILED, "cannot read the load's result: %s",
				  strerror(-failed))
			: import_json(b.data, b.len, run, err);
	buf_free(&b);
	return failed ? -1 : 0;
}

int loadlink_collect(const struct loadlink *link, struct phase *phase, struct err *err)
{
	struct run run = { 0 };
	int failed;

	if (!loadlink_ready(link))
		return 0;
	failed = read_result(link, &run, err) || loadlink_move_endpoints(&run, phase, err);
	run_free(&run);
	if (failed)
		return -1;
	if (bands_name_endpoints(phase))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	if (ftruncate(link->result_fd, 0))
		return err_set(err, EXIT_FAILED, "cannot empty a file in memory: %s",
			       strerror(errno));
	return 0;
}

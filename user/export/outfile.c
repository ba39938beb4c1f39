// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/export/outfile.h"

static int cannot_write(const struct outfile *file, int error, struct err *err)
{
	return err_set(err, EXIT_FAILED, "cannot write '%s': %s: %s",
		       file->path ? file->path : "standard output", strerror(error),
		       error == ENOSPC || error == EDQUOT ? "free some space"
							  : "choose another file with -o");
}

static void forget(struct outfile *file)
{
	free(file->path);
	free(file->temporary);
	*file = (struct outfile){ 0 };
}

/* Opens a new file beside file->path, with the rights that a plain open() would give it. */
static int open_temporary(struct outfile *file)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (asprintf(&file->temporary, "%s.XXXXXX", file->path) < 0) {
		file->temporary = NULL;
		return -1;
	}
	fd = mkostemp(file->temporary, O_CLOEXEC);
	if (fd < 0) {
		free(file->temporary);
		file->temporary = NULL;
		return -1;
	}
	if (fchmod(fd, 0666 & ~mask) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int outfile_open(struct outfile *file, const char *path, struct err *err)
{
	bool in_place = false;
	struct stat st;
	int fd;

	*file = (struct outfile){ 0 };
	if (!path || strcmp(path, "-") == 0) {
		file->out = stdout;
		return 0;
	}
	if (stat(path, &st) == 0) {
		in_place = !S_ISREG(st.st_mode);
		file->path = realpath(path, NULL);
	} else {
		file->path = strdup(path);
	}
	if (!file->path)
		return err_set(err, EXIT_FAILED, "cannot write '%s': %s: choose another file", path,
			       strerror(errno));
	fd = in_place ? open(file->path, O_WRONLY | O_CLOEXEC) : open_temporary(file);
	if (fd >= 0)
		file->out = fdopen(fd, "w");
	if (file->out)
		return 0;
	cannot_write(file, errno, err);
	if (fd >= 0)
		close(fd);
	if (file->temporary)
		unlink(file->temporary);
	forget(file);
	return -1;
}

int outfile_close(struct outfile *file, int failed, struct err *err)
{
	bool own = file->out != stdout;
	int error = 0;

	errno = 0;
	if (!failed && (fflush(file->out) != 0 || ferror(file->out)))
		error = errno ? errno : EIO;
	if (!failed && !error && file->temporary && fsync(fileno(file->out)) != 0)
		error = errno;
	if (own && fclose(file->out) != 0 && !failed && !error)
		error = errno;
	if (!failed && !error && file->temporary && rename(file->temporary, file->path) != 0)
		error = errno;
	if ((failed || error) && file->temporary)
		unlink(file->temporary);
	if (error)
		failed = cannot_write(file, error, err);
	forget(file);
	return failed;
}

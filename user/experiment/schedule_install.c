// SPDX-License-Identifier: GPL-2.0-only
/* A schedule's texts into their places and out again. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/experiment/schedule.h"

#define TEXT_MAX  (1U << 20)
#define PATH_LONG 4096
#define PREFIX	  "situ-"

enum schedule_with schedule_default(void)
{
	/* sd_booted(3): the directory is there where systemd is the init system. */
	return access("/run/systemd/system", F_OK) == 0 ? SCHEDULE_SYSTEMD : SCHEDULE_CRON;
}

/*
 * Runs @argv with @in as its input where that is not NULL, and its output added to @out where that
 * is not NULL. Returns its exit status, -1 with @err set when it does not run.
 */
static int run_program(char *const *argv, const struct buf *in, struct buf *out, struct err *err)
{
	FILE *input = tmpfile(), *output = tmpfile();
	int status = -1, fd;
	char piece[4096];
	size_t got;
	pid_t pid;

	if (!input || !output ||
	    (in && in->len && fwrite(in->data, 1, in->len, input) != in->len) || fflush(input)) {
		err_set(err, EXIT_FAILED, "cannot write a temporary file: %s: make room for it",
			strerror(errno));
		goto out;
	}
	rewind(input);
	pid = fork();
	if (pid == 0) {
		fd = dup2(fileno(input), STDIN_FILENO);
		if (fd == 0 && (!out || dup2(fileno(output), STDOUT_FILENO) == STDOUT_FILENO))
			execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) == 127) {
		status = err_set(err, EXIT_ENVIRONMENT, "cannot run '%s': install it", argv[0]);
		goto out;
	}
	status = WEXITSTATUS(status);
	rewind(output);
	while (out && (got = fread(piece, 1, sizeof(piece), output)) > 0)
		buf_add(out, piece, got);
out:
	if (input)
		fclose(input);
	if (output)
		fclose(output);
	return status;
}

static int run_systemctl(const char *verb, const char *option, const char *unit, struct err *err)
{
	char *const argv[] = { (char *)"systemctl", (char *)verb, (char *)(option ? option : unit),
			       (char *)(option ? unit : NULL), NULL };
	int status = run_program(argv, NULL, NULL, err);

	if (status > 0)
		err_set(err, EXIT_FAILED, "'systemctl %s' failed (exit status %d): see above", verb,
			status);
	return status ? -1 : 0;
}

static void unit_path(const char *units, const char *name, const char *kind, char *path)
{
	snprintf(path, PATH_LONG, "%s/" PREFIX "%s.%s", units, name, kind);
}

/* Writes @text beside @path and moves it there, so that nobody reads half of it. */
static int write_unit(const char *path, const struct buf *text, struct err *err)
{
	char temporary[PATH_LONG + 8];
	FILE *file;
	int failed;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	file = fopen(temporary, "we");
	failed = !file || fwrite(text->data, 1, text->len, file) != text->len;
	if (file && fclose(file))
		failed = 1;
	if (!failed && rename(temporary, path) == 0)
		return 0;
	err_set(err, EXIT_FAILED, "cannot write %s: %s: choose another --units", path,
		strerror(errno));
	if (file)
		unlink(temporary);
	return -1;
}

static int hostile(const struct schedule *s, int code, struct err *err)
{
	if (code != -EINVAL)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	return err_set(err, EXIT_USAGE,
		       "'%s' or '%s' has characters that no schedule can hold: move the file",
		       s->file, s->store);
}

static int install_systemd(const struct schedule *s, const char *units, struct err *err)
{
	struct buf service = buf_init(TEXT_MAX), timer = buf_init(TEXT_MAX);
	char path[PATH_LONG], unit[PATH_LONG];
	int failed = schedule_service_text(s, &service);

	if (!failed)
		failed = schedule_timer_text(s, &timer);
	if (failed)
		failed = hostile(s, failed, err);
	unit_path(units, s->name, "service", path);
	if (!failed)
		failed = write_unit(path, &service, err);
	unit_path(units, s->name, "timer", path);
	if (!failed)
		failed = write_unit(path, &timer, err);
	snprintf(unit, sizeof(unit), PREFIX "%s.timer", s->name);
	if (!failed)
		failed = run_systemctl("daemon-reload", NULL, NULL, err) ||
			 run_systemctl("enable", "--now", unit, err);
	buf_free(&service);
	buf_free(&timer);
	return failed ? -1 : 0;
}

static int remove_systemd(const char *name, const char *units, struct err *err)
{
	char timer[PATH_LONG], service[PATH_LONG], unit[PATH_LONG];

	unit_path(units, name, "timer", timer);
	unit_path(units, name, "service", service);
	if (access(timer, F_OK))
		return err_set(err, EXIT_USAGE,
			       "there is no schedule '%s' in %s: see 'situ schedule --list'", name,
			       units);
	snprintf(unit, sizeof(unit), PREFIX "%s.timer", name);
	if (run_systemctl("disable", "--now", unit, err))
		return -1;
	if (unlink(timer) || (unlink(service) && errno != ENOENT))
		return err_set(err, EXIT_FAILED, "cannot remove %s: %s: remove it by hand", timer,
			       strerror(errno));
	return run_systemctl("daemon-reload", NULL, NULL, err);
}

/* The user's crontab; none is an empty one, which crontab(1) tells by its exit status 1. */
static int read_crontab(struct buf *out, struct err *err)
{
	char *const argv[] = { (char *)"crontab", (char *)"-l", NULL };
	int status = run_program(argv, NULL, out, err);

	if (status > 1)
		return err_set(err, EXIT_FAILED, "'crontab -l' failed (exit status %d): see above",
			       status);
	if (status == 1 && out->len)
		return err_set(err, EXIT_FAILED, "'crontab -l' failed half-way: see above");
	if (status < 0)
		return -1;
	return out->failed ? err_set(err, EXIT_FAILED, "the crontab is too long: shorten it") : 0;
}

static int write_crontab(const struct buf *text, struct err *err)
{
	char *const argv[] = { (char *)"crontab", (char *)"-", NULL };
	int status = run_program(argv, text, NULL, err);

	if (status > 0)
		err_set(err, EXIT_FAILED, "'crontab -' failed (exit status %d): see above", status);
	return status ? -1 : 0;
}

/* Takes the line of @name out of the crontab, and adds that of @schedule unless NULL. */
static int change_crontab(const char *name, const struct schedule *schedule, struct err *err)
{
	struct buf old = buf_init(TEXT_MAX), text = buf_init(2 * TEXT_MAX);
	int failed = read_crontab(&old, err);
	bool had;

	if (!failed) {
		had = schedule_crontab_without(old.data ? old.data : "", name, &text);
		if (!had && !schedule)
			failed = err_set(err, EXIT_USAGE,
					 "there is no schedule '%s' in the crontab: see 'situ "
					 "schedule --list'",
					 name);
	}
	if (!failed && schedule) {
		failed = schedule_crontab_line(schedule, &text);
		if (failed)
			failed = hostile(schedule, failed, err);
	}
	if (!failed && text.failed)
		failed = err_set(err, EXIT_FAILED, "out of memory: free some");
	if (!failed)
		failed = write_crontab(&text, err);
	buf_free(&old);
	buf_free(&text);
	return failed;
}

int schedule_install(const struct schedule *schedule, enum schedule_with with, const char *units,
		     struct err *err)
{
	if (with == SCHEDULE_SYSTEMD)
		return install_systemd(schedule, units, err);
	return change_crontab(schedule->name, schedule, err);
}

int schedule_remove(const char *name, enum schedule_with with, const char *units, struct err *err)
{
	if (with == SCHEDULE_SYSTEMD)
		return remove_systemd(name, units, err);
	return change_crontab(name, NULL, err);
}

/* Prints the timers of situ in @units: their names and what their description says. */
static void list_units(const char *units)
{
	DIR *dir = opendir(units);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *end = strrchr(entry->d_name, '.');
		char path[PATH_LONG];
		struct buf text;

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0 || !end ||
		    strcmp(end, ".timer") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", units, entry->d_name);
		if (buf_read_file(&text, path, TEXT_MAX) == 0 && text.data) {
			const char *about = strstr(text.data, "Description=");

			about = about ? about + strlen("Description=") : "";
			printf("%.*s  systemd: %.*s\n",
			       (int)(end - entry->d_name - (long)strlen(PREFIX)),
			       entry->d_name + strlen(PREFIX), (int)strcspn(about, "\n"), about);
		}
		buf_free(&text);
	}
	if (dir)
		closedir(dir);
}

static void list_crontab(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		const char *mark = memmem(text, len, SCHEDULE_MARK, strlen(SCHEDULE_MARK));

		if (mark) {
			const char *name = mark + strlen(SCHEDULE_MARK);

			printf("%.*s  crontab: %.*s\n", (int)(text + len - name), name,
			       (int)(mark - text), text);
		}
		text += len + (text[len] == '\n');
	}
}

int schedule_list(const char *units, struct err *err)
{
	struct buf text = buf_init(TEXT_MAX);
	struct err none = { 0 };
	int failed = read_crontab(&text, &none);

	list_units(units);
	/* A machine without cron has no crontab to list. */
	if (!failed && text.data)
		list_crontab(text.data);
	buf_free(&text);
	if (failed && none.code != EXIT_ENVIRONMENT)
		return err_set(err, none.code, "%s", none.text);
	return 0;
}

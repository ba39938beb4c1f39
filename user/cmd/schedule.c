// SPDX-License-Identifier: GPL-2.0-only
/* situ schedule: an experiment as a systemd timer or a line of the crontab. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/cmd/cmd.h"
#include "user/experiment/plan.h"
#include "user/experiment/schedule.h"
#include "user/store/store.h"

#define TEXT_MAX (1U << 16)

struct config {
	const char *cron;
	const char *store;
	const char *with;
	const char *units;
	bool remove;
	bool list;
	bool dry_run;
};

static int choose_with(const struct config *cfg, enum schedule_with *with, struct err *err)
{
	static const char *const known[] = { "systemd", "cron" };

	*with = schedule_default();
	if (!cfg->with)
		return 0;
	if (strcmp(cfg->with, known[0]) != 0 && strcmp(cfg->with, known[1]) != 0)
		return opts_unknown(err, "scheduler", cfg->with, known, ARRAY_SIZE(known));
	*with = strcmp(cfg->with, known[0]) == 0 ? SCHEDULE_SYSTEMD : SCHEDULE_CRON;
	return 0;
}

/* @path as seen from anywhere, for the caller to free. */
static char *absolute(const char *path)
{
	char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0), *full = NULL;

	if (path[0] == '/')
		return strdup(path);
	if (cwd && asprintf(&full, "%s/%s", cwd, path) < 0)
		full = NULL;
	free(cwd);
	return full;
}

static int print_texts(const struct config *cfg, const struct schedule *s, enum schedule_with with,
		       struct err *err)
{
	struct buf first = buf_init(TEXT_MAX), second = buf_init(TEXT_MAX);
	int failed;

	if (with == SCHEDULE_SYSTEMD) {
		failed = schedule_service_text(s, &first);
		if (!failed)
			failed = schedule_timer_text(s, &second);
		if (!failed)
			printf("# %s/situ-%s.service\n%s\n# %s/situ-%s.timer\n%s", cfg->units,
			       s->name, first.data, cfg->units, s->name, second.data);
	} else {
		failed = schedule_crontab_line(s, &first);
		if (!failed)
			printf("# crontab\n%s", first.data);
	}
	buf_free(&first);
	buf_free(&second);
	if (!failed)
		return 0;
	return err_set(err, EXIT_USAGE,
		       "'%s' or '%s' has characters that no schedule can hold: move the file",
		       s->file, s->store);
}

static int install(const struct config *cfg, const struct plan *plan, const char *path,
		   const char *bin, enum schedule_with with, struct err *err)
{
	char *file = absolute(path), *store = absolute(cfg->store), *program = NULL;
	struct schedule s = { .name = plan->name, .file = file, .store = store };
	int failed = 0;

	if (asprintf(&program, "%s/situ", bin) < 0)
		program = NULL;
	s.bin = program;
	if (!file || !store || !program)
		failed = err_set(err, EXIT_FAILED, "out of memory: free some");
	else
		failed = cron_parse(cfg->cron, &s.cron, err);
	if (!failed && cfg->dry_run)
		failed = print_texts(cfg, &s, with, err);
	else if (!failed)
		failed = schedule_install(&s, with, cfg->units, err);
	if (!failed && !cfg->dry_run)
		printf("Experiment %s is scheduled by %s at '%s', into %s.\n", s.name,
		       with == SCHEDULE_SYSTEMD ? "systemd" : "the crontab", s.cron.text, s.store);
	free(file);
	free(store);
	free(program);
	return failed;
}

static int schedule_plan(const struct config *cfg, const char *path, enum schedule_with with,
			 struct err *err)
{
	struct plan_machine machine;
	struct plan *plan;
	int failed;

	plan_machine(&machine);
	if (plan_load(path, &machine, &plan, err))
		return -1;
	if (cfg->remove)
		failed = schedule_remove(plan->name, with, cfg->units, err);
	else
		failed = install(cfg, plan, path, machine.bin, with, err);
	if (!failed && cfg->remove)
		printf("Experiment %s is scheduled no more.\n", plan->name);
	plan_free(plan);
	return failed;
}

static int run_schedule(const void *config, const struct args *args, struct err *err)
{
	const struct config *cfg = config;
	enum schedule_with with;

	if (choose_with(cfg, &with, err))
		return -1;
	if (cfg->list && !args->nr && !cfg->cron && !cfg->remove)
		return schedule_list(cfg->units, err) ? -1 : EXIT_OK;
	if (args->nr != 1 || cfg->list || !cfg->cron == !cfg->remove)
		return err_set(err, EXIT_USAGE,
			       "situ schedule takes an experiment file with --cron or --remove, or "
			       "--list alone: see 'situ schedule --help'");
	return schedule_plan(cfg, args->item[0], with, err) ? -1 : EXIT_OK;
}

static const struct opt opts[] = {
	{ 'c', "cron", "TIME", OPT_STRING, offsetof(struct config, cron), 0, 0,
	  "When: five fields as in a crontab, '0 */6 * * *', or @daily" },
	{ 'o', "output", "STORE", OPT_STRING, offsetof(struct config, store), 0, 0,
	  "Keep the runs in this file, default " STORE_DEFAULT " here" },
	{ 0, "remove", NULL, OPT_FLAG, offsetof(struct config, remove), 0, 0,
	  "Take the experiment's schedule away" },
	{ 0, "list", NULL, OPT_FLAG, offsetof(struct config, list), 0, 0,
	  "Print all schedules of situ" },
	{ 0, "with", "WHAT", OPT_STRING, offsetof(struct config, with), 0, 0,
	  "systemd or cron, default systemd where it runs" },
	{ 0, "units", "DIR", OPT_STRING, offsetof(struct config, units), 0, 0,
	  "Directory of systemd's units, default " SCHEDULE_UNITS },
	{ 0, "dry-run", NULL, OPT_FLAG, offsetof(struct config, dry_run), 0, 0,
	  "Print what would be written, and where" },
};

static const struct config defaults = { .store = STORE_DEFAULT, .units = SCHEDULE_UNITS };

const struct command cmd_schedule = {
	.name = "schedule",
	.args = "EXPERIMENT.yaml",
	.summary = "Let systemd or cron run an experiment again and again",
	.about = "Installs a systemd timer, or a line of the crontab where systemd does not run, "
		 "that starts 'situ run' at the times that TIME says. Runs started so do not "
		 "overlap, whatever their experiments: one that comes too early is skipped, and "
		 "says so in the log (systemd: journalctl -u situ-NAME; cron: STORE.log). A second "
		 "schedule of an experiment's name takes the place of the first.",
	.examples = "situ schedule experiment.yaml --cron '0 */6 * * *' -o /var/lib/situ.db\n"
		    "situ schedule experiment.yaml --cron @daily --dry-run\n"
		    "situ schedule experiment.yaml --remove\n"
		    "situ schedule --list\n",
	.opts = opts,
	.nr_opts = ARRAY_SIZE(opts),
	.config_size = sizeof(struct config),
	.defaults = &defaults,
	.run = run_schedule,
};

// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <string.h>

#include "user/experiment/origin.h"
#include "user/experiment/resume.h"

/* Half of a comparison must not be of another experiment. */
static int check_origin(const struct run *run, const struct plan *plan, struct err *err)
{
	struct run now = { 0 };
	const char *what = NULL;

	if (origin_plan(&now, plan, plan->nr_trials, err))
		return -1;
	if (strcmp(now.plan_hash, run->plan_hash) != 0)
		what = "the experiment file";
	else if (strcmp(now.workload_hash, run->workload_hash) != 0)
		what = "a workload file";
	run_free(&now);
	if (!what)
		return 0;
	return err_set(err, EXIT_USAGE,
		       "%s is not the one that run %" PRIu64 " began with: take the change back, "
		       "or start anew without --resume",
		       what, run->id);
}

static int check_state(const struct run *run, const char *path, struct err *err)
{
	if (strcmp(run->state, "finished") == 0)
		return err_set(err, EXIT_USAGE,
			       "run %" PRIu64 " in %s is finished: there is nothing to resume, "
			       "leave --resume out",
			       run->id, path);
	if (strcmp(run->state, "unfinished") == 0)
		return err_set(err, EXIT_FAILED,
			       "run %" PRIu64 " in %s is still being made by another situ: wait "
			       "for its end",
			       run->id, path);
	return 0;
}

int resume_run(struct store *store, const char *path, const struct plan *plan, struct run *run,
	       struct err *err)
{
	/* run->id tells the caller that there is a run to speak of: only once it goes on. */
	if (store_load_run(store, plan->name, run, err))
		return -1;
	if (check_state(run, path, err) || check_origin(run, plan, err)) {
		run_free(run);
		return -1;
	}
	if (plan->nr_trials > run->trials)
		run->trials = plan->nr_trials;
	if (store_resume_run(store, run, err)) {
		run_free(run);
		return -1;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "loadgen/capacity.h"
#include "user/base/stop.h"
#include "user/cmd/load_capacity.h"
#include "user/cmd/load_progress.h"
#include "user/cmd/load_result.h"

#define FIRST_RATE 100
#define LEAST_RATE 1
#define MOST_RATE  1e6

static const char *step_word(bool met, bool by_generator)
{
	if (met)
		return "met";
	return by_generator ? "missed, by the generator" : "missed";
}

/* Judges a step: the goals, and that the load they speak of was sent. */
static bool judge(const struct load_job *job, const struct phase *phase,
		  const struct engine_result *result, char *why, size_t size)
{
	const struct goal *missed;
	double value = 0;

	missed = goals_first_missed(&job->slo, &phase->endpoints[0], &value);
	if (missed)
		goal_explain(missed, value, why, size);
	else if (result->self.not_sent)
		snprintf(why, size, "%llu requests could not be sent in time",
			 (unsigned long long)result->self.not_sent);
	else
		return true;
	return false;
}

/* Loads at @rate into a new phase of @run. 0 with *@met set, or -1 with @err set. */
static int try_rate(struct load_job *job, struct run *run, double rate, bool *met, struct err *err)
{
	unsigned int number = (unsigned int)run->nr_phases + 1;
	struct phase *phase = run_add_phase(run, "", number, "missed");
	const struct load_options *o = job->options;
	FILE *out = o->json || o->csv ? stderr : stdout;
	struct finding findings[SELFCHECK_FINDINGS];
	struct engine_result result;
	struct load_progress progress;
	char why[2 * GOAL_TEXT] = "";
	size_t nr;

	if (!phase)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	job->config.rate = rate;
	if (!o->quiet)
		load_progress_start(&progress, &job->config);
	if (engine_run(&job->config, phase, &result, err))
		return -1;
	if (!o->quiet)
		load_progress_end(&progress);
	*met = judge(job, phase, &result, why, sizeof(why));
	if (*met && run_set_text(&phase->name, "met"))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	nr = selfcheck_judge(&result.self, findings);
	if (!(o->quiet && out == stderr)) {
		fprintf(out, "step %2u  %9.5g/s  %s%s%s\n", number, rate,
			step_word(*met, nr && !result.self.not_sent && !*met), why[0] ? ": " : "",
			why);
		if (nr)
			fprintf(out, "         %s\n", findings[0].text);
		fflush(out);
	}
	return 0;
}

static int seal(struct run *run)
{
	const struct phase *last;

	if (!run->nr_phases)
		return run_set_text(&run->state, "interrupted");
	last = &run->phases[run->nr_phases - 1];
	run->started_at_ns = run->phases[0].started_at_ns;
	run->duration_ns = last->started_at_ns + last->duration_ns - run->started_at_ns;
	return run_set_text(&run->state, stop_signal() ? "interrupted" : "finished");
}

static void print_capacity(const struct capacity *search, const char *slo)
{
	printf("\n%s: %.5g requests/s meet '%s'", stop_signal() ? "interrupted" : "capacity",
	       search->met, slo);
	if (search->missed > 0)
		printf(", %.5g do not", search->missed);
	else
		printf(", and more was not tried");
	putchar('\n');
}

int load_capacity_find(struct load_job *job, struct run *run, struct err *err)
{
	const struct load_options *o = job->options;
	struct capacity search = { .first = o->rate > 0 ? o->rate : FIRST_RATE,
				   .least = o->rate > 0 && o->rate < LEAST_RATE ? o->rate
										: LEAST_RATE,
				   .most = MOST_RATE };
	double rate;
	bool met;

	while ((rate = capacity_next(&search)) > 0 && !stop_signal()) {
		if (try_rate(job, run, rate, &met, err))
			return -1;
		if (!stop_signal())
			capacity_note(&search, rate, met);
	}
	if (seal(run))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	if (load_result_export(o, run, err))
		return -1;
	if (search.met <= 0)
		return err_set(err, EXIT_THRESHOLD, "no rate met '%s': relax it, or start lower",
			       o->slo);
	if (!o->json && !o->csv)
		print_capacity(&search, o->slo);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "loadgen/capacity.h"
#include "user/cmd/load_capacity.h"
#include "user/cmd/load_progress.h"
#include "user/cmd/load_result.h"

#define FIRST_RATE 100
#define LEAST_RATE 1
#define MOST_RATE  1e6

/* What a step says of its rate. */
enum rate_trial {
	RATE_MISSED,
	RATE_MET,
	RATE_INTERRUPTED, /* nothing: it is no trial of the rate */
};

static const char *const trial_names[] = {
	[RATE_MISSED] = "missed",
	[RATE_MET] = "met",
	[RATE_INTERRUPTED] = "interrupted",
};

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

static void print_step(const struct load_options *o, unsigned int number, double rate,
		       enum rate_trial trial, const struct engine_result *result, const char *why)
{
	FILE *out = o->json || o->csv ? stderr : stdout;
	struct finding findings[SELFCHECK_FINDINGS];
	size_t nr = selfcheck_judge(&result->self, findings);
	bool by_generator = nr && !result->self.not_sent && trial == RATE_MISSED;

	if (o->quiet && out == stderr)
		return;
	fprintf(out, "step %2u  %9.5g/s  %s%s%s%s\n", number, rate, trial_names[trial],
		by_generator ? ", by the generator" : "", why[0] ? ": " : "", why);
	if (nr && trial != RATE_INTERRUPTED)
		fprintf(out, "         %s\n", findings[0].text);
	fflush(out);
}

/* Loads at @rate into a new phase of @run. 0 with *@trial set, or -1 with @err set. */
static int try_rate(struct load_job *job, struct run *run, double rate, enum rate_trial *trial,
		    struct err *err)
{
	unsigned int number = (unsigned int)run->nr_phases + 1;
	struct phase *phase = run_add_phase(run, "", number, "load");
	const struct load_options *o = job->options;
	struct engine_result result;
	struct load_progress progress;
	char why[2 * GOAL_TEXT] = "";
	int status;

	if (!phase)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	job->config.rate = rate;
	if (!o->quiet)
		load_progress_start(&progress, &job->config);
	status = engine_run(&job->config, phase, &result, err);
	if (!o->quiet)
		load_progress_end(&progress);
	if (status)
		return -1;
	if (result.interrupted)
		*trial = RATE_INTERRUPTED;
	else
		*trial = judge(job, phase, &result, why, sizeof(why)) ? RATE_MET : RATE_MISSED;
	if (run_set_text(&phase->name, trial_names[*trial]))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	print_step(o, number, rate, *trial, &result, why);
	return 0;
}

/* What the run is as a whole: its steps, of which there is one at least. */
static int seal(struct run *run, bool interrupted)
{
	const struct phase *last = &run->phases[run->nr_phases - 1];

	run->started_at_ns = run->phases[0].started_at_ns;
	run->duration_ns = last->started_at_ns + last->duration_ns - run->started_at_ns;
	return run_set_text(&run->state, interrupted ? "interrupted" : "finished");
}

static void print_capacity(const struct capacity *search, const char *slo, bool interrupted)
{
	printf("\n%s: ", interrupted ? "interrupted" : "capacity");
	if (search->met > 0)
		printf("%.5g requests/s meet '%s'", search->met, slo);
	else
		printf("no rate has met '%s' yet", slo);
	if (search->missed > 0)
		printf(", %.5g do not", search->missed);
	else if (search->met > 0)
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
	enum rate_trial trial = RATE_MISSED;
	double rate;

	while (trial != RATE_INTERRUPTED && (rate = capacity_next(&search)) > 0) {
		if (try_rate(job, run, rate, &trial, err))
			return -1;
		if (trial != RATE_INTERRUPTED)
			capacity_note(&search, rate, trial == RATE_MET);
	}
	if (seal(run, trial == RATE_INTERRUPTED))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	if (load_result_export(o, run, err))
		return -1;
	if (search.met <= 0 && trial != RATE_INTERRUPTED)
		return err_set(err, EXIT_THRESHOLD, "no rate met '%s': relax it, or start lower",
			       o->slo);
	if (!o->json && !o->csv)
		print_capacity(&search, o->slo, trial == RATE_INTERRUPTED);
	return 0;
}

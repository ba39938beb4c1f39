// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <math.h>

#include <jansson.h>

#include "user/cmd/load_verdict.h"
#include "user/model/hist.h"

static json_t *number(double value, bool known)
{
	return known && isfinite(value) ? json_real(value) : json_null();
}

static json_t *ns(u64 value_ns)
{
	return value_ns == HIST_UNKNOWN ? json_null() : json_integer((json_int_t)value_ns);
}

static json_t *texts(const struct finding *findings, size_t nr)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(list, json_string(findings[i].text));
	return list;
}

static json_t *verdicts(const struct goals *goals, const struct endpoint *all)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < goals->nr; i++) {
		double value;
		bool met = goal_met(&goals->goal[i], all, &value);

		json_array_append_new(list, json_pack("{ss so sb}", "goal", goals->goal[i].text,
						      "value", number(value, true), "met", met));
	}
	return list;
}

char *load_verdict_json(const struct engine_result *result, const struct finding *findings,
			size_t nr, const struct goals *thresholds, const struct endpoint *all)
{
	const struct selfcheck *self = &result->self;
	json_t *o =
		json_pack("{so so so sf sf sf so sI sI so so s{sI sI sI} ss}", "due_rate",
			  number(self->due_rate, self->due_rate > 0), "sent_rate",
			  number(self->sent_rate, true), "send_lag_p99_ns", ns(self->lag_p99_ns),
			  "cpu_share", self->cpu_share, "polling_share", self->awake_share,
			  "wait_share", self->wait_share, "steal_share",
			  number(self->steal_share, self->steal_share >= 0), "backlog_max",
			  (json_int_t)self->backlog_max, "not_sent", (json_int_t)self->not_sent,
			  "findings", texts(findings, nr), "thresholds", verdicts(thresholds, all),
			  "sessions", "begun", (json_int_t)result->sessions_begun, "finished",
			  (json_int_t)result->sessions_finished, "failed",
			  (json_int_t)result->sessions_failed, "first_failure",
			  result->first_error);
	char *text = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;

	json_decref(o);
	return text;
}

struct row {
	const char *metric, *unit;
	double value; /* NAN: unknown */
};

static double or_nan(double value, bool known)
{
	return known ? value : NAN;
}

/* @stat has no control characters and does not begin like a formula. */
static void put_row(FILE *out, const struct run *run, const struct row *row, const char *stat)
{
	const struct phase *phase = &run->phases[run->nr_phases - 1];

	fprintf(out, "%" PRIu64 ",,%u,%s,,,,,,,load_%s,%s,\"", run->id, phase->trial, phase->name,
		row->metric, row->unit);
	for (; *stat; stat++)
		fputs(*stat == '"' ? "\"\"" : (char[]){ *stat, 0 }, out);
	fputs("\",", out);
	if (isfinite(row->value))
		fprintf(out, "%.9g", row->value);
	fputc('\n', out);
}

void load_verdict_csv(const struct run *run, const struct engine_result *result,
		      const struct finding *findings, size_t nr, const struct goals *thresholds,
		      FILE *out)
{
	const struct endpoint *all = &run->phases[run->nr_phases - 1].endpoints[0];
	const struct selfcheck *self = &result->self;
	const struct row rows[] = {
		{ "due_rate", "requests/s", or_nan(self->due_rate, self->due_rate > 0) },
		{ "sent_rate", "requests/s", self->sent_rate },
		{ "cpu_share", "ratio", self->cpu_share },
		{ "polling_share", "ratio", self->awake_share },
		{ "wait_share", "ratio", self->wait_share },
		{ "steal_share", "ratio", or_nan(self->steal_share, self->steal_share >= 0) },
		{ "backlog_max", "requests", (double)self->backlog_max },
		{ "not_sent", "requests", (double)self->not_sent },
		{ "sessions_begun", "sessions", (double)result->sessions_begun },
		{ "sessions_finished", "sessions", (double)result->sessions_finished },
		{ "sessions_failed", "sessions", (double)result->sessions_failed },
	};
	double value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		put_row(out, run, &rows[i], "value");
	for (i = 0; i < nr; i++)
		put_row(out, run, &(struct row){ "finding", "", 1 }, findings[i].text);
	for (i = 0; i < thresholds->nr; i++) {
		bool met = goal_met(&thresholds->goal[i], all, &value);

		put_row(out, run, &(struct row){ "threshold_met", "", met },
			thresholds->goal[i].text);
	}
}

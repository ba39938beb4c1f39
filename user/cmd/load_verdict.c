// SPDX-License-Identifier: GPL-2.0-only
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

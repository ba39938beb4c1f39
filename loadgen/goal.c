// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/goal.h"
#include "user/base/units.h"

static int bad(const char *text, struct err *err)
{
	return err_set(err, EXIT_USAGE,
		       "'%s' is no goal: write p99<50ms, errors<1%% or rate>=100, with commas "
		       "between several",
		       text);
}

static bool parse_number(const char *text, double *value, const char **end)
{
	char *stop;

	if (strchr("0123456789.", *text) == NULL || !*text)
		return false;
	*value = strtod(text, &stop);
	*end = stop;
	return isfinite(*value);
}

static bool parse_subject(const char *text, size_t len, struct goal *goal)
{
	static const struct {
		const char *name;
		enum goal_subject subject;
	} names[] = { { "max", GOAL_MAX },
		      { "mean", GOAL_MEAN },
		      { "errors", GOAL_ERRORS },
		      { "rate", GOAL_RATE } };
	const char *end;
	double percent;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i].name) == len && strncmp(text, names[i].name, len) == 0) {
			goal->subject = names[i].subject;
			return true;
		}
	}
	goal->subject = GOAL_QUANTILE;
	if (len < 2 || *text != 'p' || !parse_number(text + 1, &percent, &end) ||
	    end != text + len || percent <= 0 || percent >= 100)
		return false;
	goal->quantile = percent / 100;
	return true;
}

static bool parse_limit(const char *text, struct goal *goal)
{
	const char *end;
	u64 ns;

	if (goal->subject <= GOAL_MEAN) {
		if (units_parse_duration(text, &ns))
			return false;
		goal->limit = (double)ns;
		return true;
	}
	if (!parse_number(text, &goal->limit, &end))
		return false;
	if (goal->subject == GOAL_ERRORS && strcmp(end, "%") == 0) {
		goal->subject = GOAL_ERROR_SHARE;
		goal->limit /= 100;
		return true;
	}
	return !*end;
}

static int parse_one(const char *text, struct goal *goal, struct err *err)
{
	size_t len = strcspn(text, "<>");
	const char *limit = text + len;

	snprintf(goal->text, sizeof(goal->text), "%s", text);
	if (!*limit || !parse_subject(text, len, goal))
		return bad(text, err);
	goal->above = *limit == '>';
	goal->or_equal = limit[1] == '=';
	return parse_limit(limit + 1 + goal->or_equal, goal) ? 0 : bad(text, err);
}

int goals_parse(struct goals *goals, const char *text, struct err *err)
{
	char one[GOAL_TEXT];

	for (;; text++) {
		size_t len = strcspn(text, ",");

		if (len >= sizeof(one))
			return bad(text, err);
		if (goals->nr == GOALS_MAX)
			return err_set(err, EXIT_USAGE, "more than %d goals: leave some out",
				       GOALS_MAX);
		memcpy(one, text, len);
		one[len] = '\0';
		goals->goal[goals->nr] = (struct goal){ 0 };
		if (parse_one(one, &goals->goal[goals->nr], err))
			return -1;
		goals->nr++;
		text += len;
		if (!*text)
			return 0;
	}
}

static double time_or_nan(u64 ns)
{
	return ns == HIST_UNKNOWN ? NAN : (double)ns;
}

static double measure(const struct goal *goal, const struct endpoint *endpoint)
{
	const struct hist *latency = &endpoint->latency_ns;
	double errors = (double)tally_total(&endpoint->errors);

	switch (goal->subject) {
	case GOAL_QUANTILE:
		return time_or_nan(hist_quantile(latency, goal->quantile));
	case GOAL_MAX:
		return latency->count ? (double)latency->max_ns : NAN;
	case GOAL_MEAN:
		return latency->count ? hist_mean(latency) : NAN;
	case GOAL_ERRORS:
		return errors;
	case GOAL_ERROR_SHARE:
		return endpoint->attempted ? errors / (double)endpoint->attempted : NAN;
	case GOAL_RATE:
		return endpoint->rate;
	}
	return NAN;
}

bool goal_met(const struct goal *goal, const struct endpoint *endpoint, double *value)
{
	*value = measure(goal, endpoint);
	if (isnan(*value))
		return false;
	if (goal->or_equal && *value >= goal->limit && *value <= goal->limit)
		return true;
	return goal->above ? *value > goal->limit : *value < goal->limit;
}

const char *goal_explain(const struct goal *goal, double value, char *text, size_t size)
{
	size_t len = strcspn(goal->text, "<>");
	char number[UNITS_TEXT];

	if (isnan(value))
		snprintf(number, sizeof(number), "unknown");
	else if (goal->subject <= GOAL_MEAN)
		units_duration(number, sizeof(number), (u64)value);
	else if (goal->subject == GOAL_ERROR_SHARE)
		snprintf(number, sizeof(number), "%.3g%%", 100 * value);
	else
		snprintf(number, sizeof(number), "%.5g", value);
	snprintf(text, size, "%.*s is %s, not %s", (int)len, goal->text, number, goal->text + len);
	return text;
}

const struct goal *goals_first_missed(const struct goals *goals, const struct endpoint *endpoint,
				      double *value)
{
	size_t i;

	for (i = 0; i < goals->nr; i++) {
		if (!goal_met(&goals->goal[i], endpoint, value))
			return &goals->goal[i];
	}
	return NULL;
}

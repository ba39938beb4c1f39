// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/experiment/check.h"
#include "user/experiment/ranking.h"

static const struct {
	const char *text;
	enum check_operator relation;
} operators[] = {
	{ "<=", CHECK_AT_MOST },
	{ ">=", CHECK_AT_LEAST },
	{ "<", CHECK_BELOW },
	{ ">", CHECK_ABOVE },
};

void check_free(struct check *check)
{
	kpi_free(&check->kpi);
	free(check->a);
	free(check->b);
	*check = (struct check){ 0 };
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " ");
}

static int bad_form(const char *text, struct err *err)
{
	return err_set(err, EXIT_USAGE,
		       "'%s' is no check: write it like 'p99(/api/cart/add) spread/packed < 1.1'",
		       text);
}

/* "B/A" at *@at, which moves behind it. 0, -EINVAL or -ENOMEM. */
static int parse_placements(const char **at, struct check *check)
{
	size_t len = strcspn(*at, " <>"), b_len = strcspn(*at, "/");

	if (b_len == 0 || b_len + 1 >= len)
		return -EINVAL;
	check->b = strndup(*at, b_len);
	check->a = strndup(*at + b_len + 1, len - b_len - 1);
	*at = skip_blanks(*at + len);
	return check->a && check->b ? 0 : -ENOMEM;
}

static int parse_limit(const char *at, struct check *check)
{
	char *end;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(operators); i++) {
		size_t len = strlen(operators[i].text);

		if (strncmp(at, operators[i].text, len) != 0)
			continue;
		check->relation = operators[i].relation;
		errno = 0;
		check->limit = strtod(skip_blanks(at + len), &end);
		if (errno || end == skip_blanks(at + len) || *skip_blanks(end) ||
		    !(check->limit > 0 && isfinite(check->limit)))
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

int check_parse(const char *text, struct check *check, struct err *err)
{
	const char *at = skip_blanks(text);
	size_t len = kpi_length(at);
	int failed;

	*check = (struct check){ .text = text };
	if (kpi_parse(at, len, &check->kpi, err))
		return -1;
	at = skip_blanks(at + len);
	failed = parse_placements(&at, check);
	if (!failed)
		failed = parse_limit(at, check);
	if (!failed)
		return 0;
	check_free(check);
	if (failed == -ENOMEM)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	return bad_form(text, err);
}

enum check_result check_judge(const struct check *check, double low, double high)
{
	bool below = check->relation == CHECK_BELOW || check->relation == CHECK_AT_MOST;
	bool strict = check->relation == CHECK_BELOW || check->relation == CHECK_ABOVE;
	/* The end of the interval that must be on the right side, and the one nearest to it. */
	double far = below ? high : low, near = below ? low : high;
	double sign = below ? 1 : -1;

	if (!isfinite(low) || !isfinite(high))
		return CHECK_OPEN;
	if (strict ? sign * far < sign * check->limit : sign * far <= sign * check->limit)
		return CHECK_MET;
	if (strict ? sign * near >= sign * check->limit : sign * near > sign * check->limit)
		return CHECK_NOT_MET;
	return CHECK_OPEN;
}

static int check_placement(const struct run *run, const char *name, struct err *err)
{
	if (ranking_has(run, name, run->nr_phases))
		return 0;
	return err_set(err, EXIT_USAGE, "run %llu has no placement '%s' to check",
		       (unsigned long long)run->id, name);
}

int check_run(const struct check *check, const struct run *run, u64 seed,
	      struct check_outcome *outcome, struct err *err)
{
	struct kpi kpi = check->kpi;
	const struct kpi_list only = { &kpi, 1 };
	const struct compare_options options = { .kpis = &only, .seed = seed, .kpis_only = true };
	struct comparison c = { 0 };
	const struct difference *d;
	int failed;

	*outcome = (struct check_outcome){ CHECK_OPEN, NAN, NAN, NAN, 0 };
	if (check_placement(run, check->a, err) || check_placement(run, check->b, err))
		return -1;
	failed = compare_placements(run, check->a, check->b, &options, &c);
	if (failed)
		err_set(err, EXIT_FAILED, "cannot compare: %s", strerror(-failed));
	else if (!c.nr)
		failed = err_set(err, EXIT_USAGE, "run %llu has no figure '%s' to check",
				 (unsigned long long)run->id, kpi.text);
	if (!failed) {
		d = &c.difference[0];
		*outcome = (struct check_outcome){ CHECK_OPEN, d->ratio, d->ratio_low,
						   d->ratio_high, d->pairs };
		/* Below that the interval covers less than it says. */
		if (d->pairs >= INFER_LEAST_PAIRS)
			outcome->result = check_judge(check, d->ratio_low, d->ratio_high);
	}
	comparison_free(&c);
	return failed ? -1 : 0;
}

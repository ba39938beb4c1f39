/* SPDX-License-Identifier: GPL-2.0-only */
/* What no schema can say about an experiment file. */
#ifndef SITU_EXPERIMENT_PLAN_CHECK_H
#define SITU_EXPERIMENT_PLAN_CHECK_H

#include "user/experiment/plan.h"

/*
 * Checks the parsed @plan and fills its derived members. 0, or -1 with @err set to the first
 * thing that is wrong and its place in the file.
 */
int plan_check(struct plan *plan, const struct plan_machine *machine, struct err *err);

/* The rest is for the files plan_*.c only. Each check returns 0, or -1 with the error set. */
struct check {
	struct plan *plan;
	const struct plan_machine *machine;
	struct err *err;
	char path[128]; /* of the node that is looked at */
};

/* Says which node is looked at from now on: "services/2/port". */
void check_at(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The error for that node. */
#define check_bad(c, ...) config_error(&(c)->plan->source, (c)->err, (c)->path, __VA_ARGS__)

/* Names become parts of paths, of cgroups and of tables. */
int check_name(struct check *c, const char *name);

/* Parses @text into *@ns, which stays as it is for NULL: from @min_ns to a day. */
int check_duration(struct check *c, const char *text, u64 min_ns, u64 *ns);

/* Sets the error that @name is no service. */
int check_unknown_service(struct check *c, const char *name);

/* Fills plan->placements from plan->entries (plan_place.c). */
int check_placements(struct check *c);

/* The load, its phases (plan_phases.c). */
int check_load(struct check *c);

/* When a trial counts, how often one that does not is repeated, the time behind it. */
int check_limits(struct check *c);

#endif

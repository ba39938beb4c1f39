/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether an experiment has said what it was asked. Pure. */
#ifndef SITU_EXPERIMENT_DECIDED_H
#define SITU_EXPERIMENT_DECIDED_H

#include "user/base/opts.h"
#include "user/experiment/plan.h"
#include "user/model/run.h"

/* What an experiment is asked. With neither metrics nor checks: p50 and p99 of all requests. */
struct decided_asked {
	const struct opt_list *metrics; /* figures, as kpi_parse() takes them */
	const struct opt_list *checks;	/* conditions, as check_parse() takes them */
	double margin;			/* of equivalence */
};

struct decided {
	unsigned int open; /* questions */
	unsigned int more; /* blocks that would about answer them all; 0: nobody knows */
};

/*
 * How many questions are open still, in every load phase: the verdicts on the figures asked about
 * of each placement against the plan's first, judged in the family of all figures as they are
 * printed; and the conditions that neither hold nor fail for certain. A/A copies are not asked
 * about. Verdicts that are looked at after every block are wrong more often than those of a number
 * of blocks set before: about as often as there are looks that could have decided. 0, or -1 with
 * @err set.
 */
int decided_count(const struct plan *plan, const struct run *run, const struct decided_asked *asked,
		  struct decided *decided, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of an experiment is done, from its run alone: so that one that was interrupted goes on where
 * it stopped. Pure.
 */
#ifndef SITU_EXPERIMENT_LEDGER_H
#define SITU_EXPERIMENT_LEDGER_H

#include "user/model/run.h"

enum ledger_entry {
	LEDGER_OPEN,	 /* to be measured, or measured again */
	LEDGER_DONE,	 /* there is an attempt that counts */
	LEDGER_GIVEN_UP, /* none of as many attempts as are allowed does */
};

/* What became of trial @trial of @placement; *@attempt is the number of the next attempt. */
enum ledger_entry ledger_look(const struct run *run, const char *placement, unsigned int trial,
			      unsigned int retries, unsigned int *attempt);

/* The highest trial number that @run has, whether it counts or not; 0 without one. */
unsigned int ledger_blocks(const struct run *run);

/* Trials of @placement that count. */
unsigned int ledger_count(const struct run *run, const char *placement);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run store: one SQLite file in WAL mode. A run is unfinished until it is sealed; a phase is
 * in the file, whole, once store_add_phase() has returned.
 */
#ifndef SITU_STORE_STORE_H
#define SITU_STORE_STORE_H

#include <stdbool.h>

#include "user/base/err.h"
#include "user/model/run.h"

#define STORE_DEFAULT "situ.db"

struct store;

enum store_mode {
	STORE_READ,  /* the file must exist */
	STORE_WRITE, /* made when it does not exist; its schema is brought up to date */
};

/* *@store is NULL on failure, with @err set in one clear line (missing, not a store, newer
 * schema, read-only directory, full disk, locked by another writer). */
int store_open(struct store **store, const char *path, enum store_mode mode, struct err *err);
void store_close(struct store *store); /* NULL is fine */

/* Adds @run (all but its phases) as unfinished and new; sets run->id, ->uuid and ->state. */
int store_begin_run(struct store *store, struct run *run, struct err *err);

/* Adds @phase with all it holds to run @run_id, in one transaction. */
int store_add_phase(struct store *store, u64 run_id, const struct phase *phase, struct err *err);

/* Adds the @nr phases @phase of one trial, all or none of them. */
int store_add_phases(struct store *store, u64 run_id, const struct phase *phase, size_t nr,
		     struct err *err);

/*
 * Makes the interrupted or failed run @run (its id) unfinished again, with this process as its
 * writer and run->trials as what is asked for: it takes phases until it is sealed.
 */
int store_resume_run(struct store *store, const struct run *run, struct err *err);

/* Seals run @run_id: "finished", "interrupted" or "failed". A sealed run takes no more phases. */
int store_seal(struct store *store, u64 run_id, const char *state, u64 duration_ns,
	       struct err *err);

/*
 * Marks runs that are unfinished although the process that wrote them is gone as "interrupted"
 * and returns how many they were in *@nr (a killed run: its phases are kept).
 */
int store_close_abandoned(struct store *store, unsigned int *nr, struct err *err);

/*
 * Loads the run that @selector names (an id, a name: the latest of that name; NULL: the latest
 * run) into the empty @run. -1 with @err set names the runs there are when there is none such.
 */
int store_load_run(struct store *store, const char *selector, struct run *run, struct err *err);

/* A run as a list shows it. */
struct store_run {
	u64 id;
	char *uuid, *name, *state;
	bool goes_on; /* unfinished, and its process is there, or on another machine */
	u64 started_at_ns, duration_ns;
	u64 placements; /* different names */
	u64 phases;
	u64 bytes; /* in the file, about */
};

struct store_list {
	struct store_run *run; /* by id */
	size_t nr;
};

/* Fills @list. 0, or -1 with @err set and @list empty. The caller frees it. */
int store_list_runs(struct store *store, struct store_list *list, struct err *err);
void store_list_free(struct store_list *list);

/* Takes the @nr runs @run_id out, all or none: not one that is still being measured. */
int store_remove_runs(struct store *store, const u64 *run_id, size_t nr, struct err *err);

/* Gives what removed runs took back to the file system. */
int store_shrink(struct store *store, struct err *err);

enum store_added {
	STORE_ADDED_NEW,
	STORE_ADDED_MORE,    /* it was there with fewer phases, and is replaced */
	STORE_ADDED_NOTHING, /* it was there */
};

/*
 * Adds the whole @run, measured elsewhere, in one transaction, unless one of its uuid is there with
 * as many phases. Sets run->id. One that was not sealed is so as "interrupted". 0, or -1 with @err
 * set and nothing added.
 */
int store_add_run(struct store *store, struct run *run, enum store_added *added, struct err *err);

/*
 * Splits "STORE[:RUN]" into *@path (caller frees) and *@selector (points into @reference, or
 * NULL). A reference that exists as a file is taken whole. 0 or -ENOMEM.
 */
int store_split_reference(const char *reference, char **path, const char **selector);

#endif

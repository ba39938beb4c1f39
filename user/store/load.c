// SPDX-License-Identifier: GPL-2.0-only
/* A run out of the store: entities in the order they were written, each with its metrics. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/model/metrics.h"
#include "user/model/profile.h"
#include "user/store/db.h"
#include "user/store/pack.h"

#define LISTED_RUNS 8 /* that an error names */
#define PATH_ROOM   (1 << 20)

struct loader {
	struct store *store;
	struct err *err;
	sqlite3_stmt *hosts, *phases, *entities, *values, *hists, *tallies;
	sqlite3_stmt *places; /* NULL in a store below layout 4 */
};

static int out_of_memory(struct loader *l)
{
	return err_set(l->err, EXIT_FAILED, "out of memory for store '%s': free some",
		       l->store->path);
}

static int damaged(struct loader *l, const char *what)
{
	return db_damaged(l->store, what, l->err);
}

static int load_value(struct loader *l, const struct metric *metric, void *object)
{
	sqlite3_stmt *row = l->values;
	bool unknown = sqlite3_column_type(row, 1) == SQLITE_NULL;

	switch (metric->kind) {
	case METRIC_COUNTER:
	case METRIC_GAUGE:
		*metric_u64(metric, object) = db_u64(row, 1);
		return 0;
	case METRIC_REAL:
		*metric_real(metric, object) = unknown ? NAN : sqlite3_column_double(row, 1);
		return 0;
	default:
		return damaged(l, "a metric is of another kind");
	}
}

static int load_hist(struct loader *l, const struct metric *metric, void *object)
{
	sqlite3_stmt *row = l->hists;
	bool whole = sqlite3_column_type(row, 6) != SQLITE_NULL;
	struct hist *h;

	if (metric->kind != METRIC_HIST)
		return damaged(l, "a metric is of another kind");
	h = metric_hist(metric, object);
	*h = (struct hist){
		.sub_bits = (unsigned int)sqlite3_column_int(row, 1),
		.count = db_u64(row, 2),
		.sum_ns = db_u64(row, 3),
		.min_ns = whole ? db_u64(row, 4) : HIST_UNKNOWN,
		.max_ns = whole ? db_u64(row, 5) : 0,
	};
	if (!whole)
		return 0;
	switch (unpack_buckets(h, sqlite3_column_blob(row, 6),
			       (size_t)sqlite3_column_bytes(row, 6))) {
	case 0:
		return 0;
	case -ENOMEM:
		return out_of_memory(l);
	}
	return damaged(l, "a histogram does not add up");
}

static int load_tally(struct loader *l, const struct metric *metric, void *object)
{
	if (metric->kind != METRIC_TALLY)
		return damaged(l, "a metric is of another kind");
	if (tally_add(metric_tally(metric, object), db_text(l->tallies, 1), db_u64(l->tallies, 2)))
		return out_of_memory(l);
	return 0;
}

/* Runs @load on each row of @stmt for @entity_id; metrics that this situ does not know are none. */
static int load_rows(struct loader *l, sqlite3_stmt *stmt, enum metric_entity entity, u64 entity_id,
		     void *object, int (*load)(struct loader *, const struct metric *, void *))
{
	int row, failed = db_bind(l->store, stmt, l->err, "u", entity_id);

	while (!failed && (row = db_row(l->store, stmt, l->err)) != 0) {
		const struct metric *metric =
			row > 0 ? metric_find(entity, db_text(stmt, 0)) : NULL;

		if (row < 0)
			failed = -1;
		else if (metric)
			failed = load(l, metric, object);
	}
	sqlite3_reset(stmt);
	return failed;
}

static int load_metrics(struct loader *l, enum metric_entity entity, u64 entity_id, void *object)
{
	if (!object)
		return out_of_memory(l);
	return load_rows(l, l->values, entity, entity_id, object, load_value) ||
			       load_rows(l, l->hists, entity, entity_id, object, load_hist) ||
			       load_rows(l, l->tallies, entity, entity_id, object, load_tally)
		       ? -1
		       : 0;
}

static int load_place(struct loader *l, struct profile *profile)
{
	struct buf path = buf_init(PATH_ROOM);
	u64 scope = db_u64(l->places, 2);
	struct place *place = NULL;

	if (scope >= PLACE_SCOPES)
		return damaged(l, "a place speaks for nothing");
	if (!profile_path_clean(&path, db_text(l->places, 0)))
		place = profile_place_of(profile, path.data, (enum place_scope)scope);
	buf_free(&path);
	if (!place)
		return out_of_memory(l);
	if (place->nr_slices)
		return damaged(l, "a place is there twice");
	switch (unpack_slices(place, sqlite3_column_blob(l->places, 1),
			      (size_t)sqlite3_column_bytes(l->places, 1))) {
	case 0:
		return 0;
	case -ENOMEM:
		return out_of_memory(l);
	}
	return damaged(l, "the slices of a place make no sense");
}

static int load_profile(struct loader *l, u64 entity_id, struct profile *profile)
{
	int row, failed = load_metrics(l, ENTITY_COVERAGE, entity_id, profile);

	if (failed || !l->places)
		return failed;
	failed = db_bind(l->store, l->places, l->err, "u", entity_id);
	while (!failed && (row = db_row(l->store, l->places, l->err)) != 0)
		failed = row < 0 ? -1 : load_place(l, profile);
	sqlite3_reset(l->places);
	return failed;
}

/* Which kind of entity @name is; ENTITY_NR for one that this situ does not know. */
static enum metric_entity entity_kind(const char *name)
{
	enum metric_entity kind;

	for (kind = 0; kind < ENTITY_NR; kind++) {
		if (strcmp(entity_name(kind), name) == 0)
			break;
	}
	return kind;
}

/*
 * Adds the entity of the current row to @phase. *@parent_id is the row of the service or coverage
 * added last, the only one that a disk or hop may belong to.
 */
static int load_entity(struct loader *l, struct phase *phase, u64 *parent_id)
{
	sqlite3_stmt *row = l->entities;
	const char *name = db_text(row, 3), *host = db_text(row, 4), *peer = db_text(row, 5);
	enum metric_entity kind = entity_kind(db_text(row, 2));
	u64 id = db_u64(row, 0);

	switch (kind) {
	case ENTITY_PHASE:
		return load_metrics(l, kind, id, phase);
	case ENTITY_SERVICE:
		*parent_id = id;
		return load_metrics(l, kind, id, phase_add_service(phase, name, host));
	case ENTITY_DISK:
		if (!phase->nr_services || db_u64(row, 1) != *parent_id)
			return damaged(l, "a disk has no service");
		return load_metrics(l, kind, id,
				    service_add_disk(&phase->services[phase->nr_services - 1], name,
						     db_text(row, 8)));
	case ENTITY_EDGE:
		return load_metrics(l, kind, id,
				    phase_add_edge(phase, name, peer, db_text(row, 7), host,
						   db_text(row, 6)));
	case ENTITY_ENDPOINT:
		return load_metrics(l, kind, id, phase_add_endpoint(phase, name));
	case ENTITY_PROGRAM:
		return load_metrics(l, kind, id, phase_add_program(phase, name));
	case ENTITY_COVERAGE:
		*parent_id = id;
		return load_profile(l, id, phase_add_profile(phase, name));
	case ENTITY_HOP:
		if (!phase->nr_profiles || db_u64(row, 1) != *parent_id)
			return damaged(l, "a hop has no endpoint");
		return load_metrics(l, kind, id,
				    profile_hop(&phase->profiles[phase->nr_profiles - 1], name,
						peer, db_text(row, 7),
						strcmp(db_text(row, 8), HOP_ENTRY) == 0));
	case ENTITY_ATTRIBUTION: /* is made of the profiles */
	case ENTITY_NR:
		break;
	}
	return 0;
}

static int load_phase(struct loader *l, struct run *run)
{
	struct phase *phase =
		run_add_phase(run, db_text(l->phases, 1), (unsigned int)db_u64(l->phases, 2),
			      db_text(l->phases, 3));
	u64 parent_id = 0;
	int row, failed;

	if (!phase)
		return out_of_memory(l);
	phase->started_at_ns = db_u64(l->phases, 4);
	phase->duration_ns = db_u64(l->phases, 5);
	phase->attempt = (unsigned int)db_u64(l->phases, 6);
	if (run_set_text(&phase->invalid, db_text(l->phases, 7)))
		return out_of_memory(l);
	failed = db_bind(l->store, l->entities, l->err, "u", db_u64(l->phases, 0));
	while (!failed && (row = db_row(l->store, l->entities, l->err)) != 0)
		failed = row < 0 ? -1 : load_entity(l, phase, &parent_id);
	sqlite3_reset(l->entities);
	return failed ? failed : db_load_traces(l->store, db_u64(l->phases, 0), phase, l->err);
}

static int load_hosts(struct loader *l, struct run *run)
{
	int row, failed = db_bind(l->store, l->hosts, l->err, "u", run->id);

	while (!failed && (row = db_row(l->store, l->hosts, l->err)) != 0) {
		if (row < 0)
			failed = -1;
		else if (run_add_host(run, db_text(l->hosts, 0)))
			failed = out_of_memory(l);
	}
	return failed;
}

static int load_phases(struct loader *l, struct run *run)
{
	int row, failed = db_bind(l->store, l->phases, l->err, "u", run->id);

	while (!failed && (row = db_row(l->store, l->phases, l->err)) != 0)
		failed = row < 0 ? -1 : load_phase(l, run);
	return failed;
}

static int prepare(struct loader *l)
{
	l->hosts =
		db_prepare(l->store, "SELECT name FROM host WHERE run_id = ? ORDER BY seq", l->err);
	l->phases = db_prepare(
		l->store,
		l->store->version < 2
			? "SELECT id, placement, trial, name, started_at_ns, duration_ns, 1, '' "
			  "FROM phase WHERE run_id = ? ORDER BY id"
			: "SELECT id, placement, trial, name, started_at_ns, duration_ns, attempt, "
			  "invalid FROM phase WHERE run_id = ? ORDER BY id",
		l->err);
	l->entities = db_prepare(l->store,
				 "SELECT id, parent_id, kind, name, host, peer, peer_host, "
				 "peer_addr, op FROM entity WHERE phase_id = ? ORDER BY id",
				 l->err);
	l->values = db_prepare(l->store,
			       "SELECT name, value FROM value JOIN metric ON id = metric_id "
			       "WHERE entity_id = ?",
			       l->err);
	l->hists = db_prepare(l->store,
			      "SELECT name, sub_bits, count, sum_ns, min_ns, max_ns, buckets "
			      "FROM hist JOIN metric ON id = metric_id WHERE entity_id = ?",
			      l->err);
	l->tallies = db_prepare(l->store,
				"SELECT name, label, count FROM tally JOIN metric "
				"ON id = metric_id WHERE entity_id = ? ORDER BY metric_id, seq",
				l->err);
	if (l->store->version >= 4) {
		l->places = db_prepare(
			l->store,
			l->store->version < 5
				? "SELECT path, slices, 0 FROM place WHERE entity_id = ? ORDER BY seq"
				: "SELECT path, slices, scope FROM place WHERE entity_id = ? "
				  "ORDER BY seq",
			l->err);
		if (!l->places)
			return -1;
	}
	return l->hosts && l->phases && l->entities && l->values && l->hists && l->tallies ? 0 : -1;
}

static int load_content(struct store *store, struct run *run, struct err *err)
{
	struct loader l = { .store = store, .err = err };
	int failed = prepare(&l) || load_hosts(&l, run) || load_phases(&l, run);

	sqlite3_finalize(l.hosts);
	sqlite3_finalize(l.phases);
	sqlite3_finalize(l.entities);
	sqlite3_finalize(l.values);
	sqlite3_finalize(l.hists);
	sqlite3_finalize(l.tallies);
	sqlite3_finalize(l.places);
	return failed ? -1 : 0;
}

/* Fills the head of @run from the first row of @stmt. 1, 0 when there is none, or -1. */
static int load_head(struct store *store, sqlite3_stmt *stmt, struct run *run, struct err *err)
{
	int row = db_row(store, stmt, err);

	if (row <= 0)
		return row;
	run->id = db_u64(stmt, 0);
	run->started_at_ns = db_u64(stmt, 3);
	run->duration_ns = db_u64(stmt, 4);
	run->seed = db_u64(stmt, 12);
	run->trials = (unsigned int)db_u64(stmt, 13);
	if (run_set_text(&run->uuid, db_text(stmt, 14)) ||
	    run_set_text(&run->name, db_text(stmt, 1)) ||
	    run_set_text(&run->state, db_text(stmt, 2)) ||
	    run_set_text(&run->kernel, db_text(stmt, 5)) ||
	    run_set_text(&run->situ_version, db_text(stmt, 6)) ||
	    run_set_text(&run->cpus, db_text(stmt, 7)) ||
	    run_set_text(&run->clock_source, db_text(stmt, 8)) ||
	    run_set_file(&run->plan, db_text(stmt, 9)) ||
	    run_set_text(&run->plan_hash, db_text(stmt, 10)) ||
	    run_set_text(&run->workload_hash, db_text(stmt, 11)))
		return err_set(err, EXIT_FAILED, "out of memory for store '%s': free some",
			       store->path);
	return 1;
}

/* The run that @selector names, an id before a name. 1, 0 when there is none, or -1. */
static int find_run(struct store *store, const char *selector, struct run *run, struct err *err)
{
	static const char from[] = " FROM run WHERE ?1 = '' OR name = ?1 OR CAST(id AS TEXT) = ?1 "
				   "ORDER BY CAST(id AS TEXT) = ?1 DESC, id DESC LIMIT 1";
	char sql[512];
	sqlite3_stmt *stmt;
	int found = -1;

	snprintf(sql, sizeof(sql),
		 "SELECT id, name, state, started_at_ns, duration_ns, kernel, situ_version%s, %s%s",
		 store->version < 2
			 ? ", '', '', '', '', '', 0, 0"
			 : ", cpus, clock_source, plan, plan_hash, workload_hash, seed, trials",
		 store->version < 3 ? DB_OLD_UUID : "uuid", from);
	stmt = db_prepare(store, sql, err);

	if (stmt && db_bind(store, stmt, err, "t", selector) == 0)
		found = load_head(store, stmt, run, err);
	sqlite3_finalize(stmt);
	return found;
}

/* Sets @err to a line that names the latest runs there are. */
static int no_such_run(struct store *store, const char *selector, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(store, "SELECT id, name FROM run ORDER BY id DESC", err);
	struct buf list = buf_init(256);
	int row = 0, nr = 0;

	while (stmt && nr < LISTED_RUNS && (row = db_row(store, stmt, err)) > 0)
		buf_printf(&list, "%s%" PRIu64 " (%.24s)", nr++ ? ", " : "", db_u64(stmt, 0),
			   db_text(stmt, 1));
	if (nr == LISTED_RUNS && db_row(store, stmt, err) > 0)
		buf_puts(&list, ", ...");
	sqlite3_finalize(stmt);
	if (row >= 0 && nr)
		err_set(err, EXIT_USAGE, "store '%s' has no run '%s': it has %s", store->path,
			selector, list.data);
	else if (row >= 0)
		err_set(err, EXIT_USAGE,
			"store '%s' has no run yet: make one with 'situ record' or 'situ run'",
			store->path);
	buf_free(&list);
	return -1;
}

int store_load_run(struct store *store, const char *selector, struct run *run, struct err *err)
{
	int found;

	/* One snapshot for all reads, whatever a writer adds meanwhile. */
	if (db_exec(store, "BEGIN", err))
		return -1;
	found = find_run(store, selector ? selector : "", run, err);
	if (found == 0)
		found = no_such_run(store, selector ? selector : "", err);
	if (found > 0 && load_content(store, run, err))
		found = -1;
	if (db_end(store, found < 0, err) == 0)
		return 0;
	run_free(run);
	return -1;
}

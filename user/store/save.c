// SPDX-License-Identifier: GPL-2.0-only
/* A phase into the store: one entity row per thing measured, one row per metric of it. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "user/model/metrics.h"
#include "user/store/db.h"
#include "user/store/pack.h"

struct saver {
	struct store *store;
	struct err *err;
	sqlite3_stmt *entity, *value, *hist, *tally, *place;
	u64 *metric_id; /* row of each metric, in the order of metrics_all() */
	u64 phase_id;
};

/* The key of an entity as its columns; what a kind does not have stays NULL. */
struct key {
	u64 parent_id; /* 0: none */
	enum metric_entity kind;
	const char *name, *host, *peer, *peer_host, *peer_addr, *op;
};

static int out_of_memory(struct saver *s)
{
	return err_set(s->err, EXIT_FAILED, "out of memory for store '%s': free some",
		       s->store->path);
}

static int find_metric_id(struct saver *s, sqlite3_stmt *stmt, const struct metric *metric, u64 *id)
{
	int row = db_bind(s->store, stmt, s->err, "tt", entity_name(metric->entity), metric->id);

	if (row == 0)
		row = db_row(s->store, stmt, s->err);
	if (row > 0)
		*id = db_u64(stmt, 0);
	else if (row == 0)
		row = db_damaged(s->store, "it has lost a metric", s->err);
	sqlite3_reset(stmt);
	return row < 0 ? -1 : 0;
}

/* Adds the metrics that the store has not seen yet and notes the row of each. */
static int enter_metrics(struct saver *s)
{
	sqlite3_stmt *add =
		db_prepare(s->store,
			   "INSERT OR IGNORE INTO metric (entity, name, unit) VALUES (?, ?, ?)",
			   s->err);
	sqlite3_stmt *find =
		db_prepare(s->store, "SELECT id FROM metric WHERE entity = ? AND name = ?", s->err);
	size_t nr, i;
	const struct metric *all = metrics_all(&nr);
	int failed = add && find ? 0 : -1;

	s->metric_id = calloc(nr, sizeof(*s->metric_id));
	if (!s->metric_id) {
		out_of_memory(s);
		failed = -1;
	}
	for (i = 0; i < nr && !failed; i++)
		failed = db_bind(s->store, add, s->err, "ttt", entity_name(all[i].entity),
				 all[i].id, all[i].unit) ||
			 db_run(s->store, add, s->err) ||
			 find_metric_id(s, find, &all[i], &s->metric_id[i]);
	sqlite3_finalize(add);
	sqlite3_finalize(find);
	return failed;
}

static int save_hist(struct saver *s, u64 entity_id, u64 metric_id, const struct hist *h)
{
	bool whole = h->buckets != NULL;
	u8 *blob = NULL;
	size_t len = 0;
	int failed;

	if (!h->count)
		return 0;
	if (whole && pack_buckets(h, &blob, &len))
		return out_of_memory(s);
	failed = db_bind(s->store, s->hist, s->err, whole ? "uuuuuuu" : "uuuuu00", entity_id,
			 metric_id, (u64)h->sub_bits, h->count, h->sum_ns, h->min_ns, h->max_ns);
	if (!failed && blob)
		failed = sqlite3_bind_blob(s->hist, 8, blob, (int)len, SQLITE_STATIC) == SQLITE_OK
				 ? 0
				 : db_fail(s->store, "write to", s->err);
	if (!failed)
		failed = db_run(s->store, s->hist, s->err);
	sqlite3_clear_bindings(s->hist);
	free(blob);
	return failed;
}

static int save_tally(struct saver *s, u64 entity_id, u64 metric_id, const struct tally *tally)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < tally->nr && !failed; i++)
		failed = db_bind(s->store, s->tally, s->err, "uuutu", entity_id, metric_id, (u64)i,
				 tally->item[i].label, tally->item[i].count) ||
			 db_run(s->store, s->tally, s->err);
	return failed;
}

static int save_metric(struct saver *s, u64 entity_id, const struct metric *metric,
		       const void *object)
{
	size_t nr;
	u64 id = s->metric_id[metric - metrics_all(&nr)];
	double real;

	switch (metric->kind) {
	case METRIC_COUNTER:
	case METRIC_GAUGE:
		return db_bind(s->store, s->value, s->err, "uuu", entity_id, id,
			       *metric_u64(metric, object)) ||
		       db_run(s->store, s->value, s->err);
	case METRIC_REAL:
		real = *metric_real(metric, object);
		return db_bind(s->store, s->value, s->err, isfinite(real) ? "uur" : "uu0",
			       entity_id, id, real) ||
		       db_run(s->store, s->value, s->err);
	case METRIC_HIST:
		return save_hist(s, entity_id, id, metric_hist(metric, object));
	case METRIC_TALLY:
		return save_tally(s, entity_id, id, metric_tally(metric, object));
	}
	return err_set(s->err, EXIT_FAILED, "metric %s has no kind: a bug", metric->id);
}

/* Writes @object with all its metrics; *@id, when wanted, is its row. */
static int save_entity(struct saver *s, const struct key *key, const void *object, u64 *id)
{
	u64 entity_id;
	size_t nr;

	if (db_bind(s->store, s->entity, s->err, "upttttttt", s->phase_id, key->parent_id,
		    entity_name(key->kind), key->name, key->host, key->peer, key->peer_host,
		    key->peer_addr, key->op) ||
	    db_run(s->store, s->entity, s->err))
		return -1;
	entity_id = (u64)sqlite3_last_insert_rowid(s->store->sql);
	for_each_metric (metric, key->kind, nr) {
		if (save_metric(s, entity_id, metric, object))
			return -1;
	}
	if (id)
		*id = entity_id;
	return 0;
}

static int save_service(struct saver *s, const struct service *service)
{
	struct key key = { .kind = ENTITY_SERVICE, .name = service->name, .host = service->host };
	struct key disk_key = { .kind = ENTITY_DISK };
	size_t i;

	if (save_entity(s, &key, service, &disk_key.parent_id))
		return -1;
	for (i = 0; i < service->nr_disks; i++) {
		disk_key.name = service->disks[i].device;
		disk_key.op = service->disks[i].op;
		if (save_entity(s, &disk_key, &service->disks[i], NULL))
			return -1;
	}
	return 0;
}

static int save_edge(struct saver *s, const struct edge *edge)
{
	struct key key = {
		.kind = ENTITY_EDGE,
		.name = edge->client,
		.host = edge->client_host,
		.peer = edge->server,
		.peer_host = edge->server_host,
		.peer_addr = edge->server_addr,
	};

	return save_entity(s, &key, edge, NULL);
}

static int save_place(struct saver *s, u64 entity_id, u64 seq, const struct place *place)
{
	u8 *blob;
	size_t len;
	int failed;

	if (pack_slices(place, &blob, &len))
		return out_of_memory(s);
	failed = db_bind(s->store, s->place, s->err, "uut", entity_id, seq, place->path);
	if (!failed)
		failed = sqlite3_bind_blob(s->place, 4, blob, (int)len, SQLITE_STATIC) ==
						 SQLITE_OK &&
					 sqlite3_bind_int(s->place, 5, place->scope) == SQLITE_OK
				 ? db_run(s->store, s->place, s->err)
				 : db_fail(s->store, "write to", s->err);
	sqlite3_clear_bindings(s->place);
	free(blob);
	return failed;
}

static int save_hop(struct saver *s, u64 profile_id, const struct hop *hop)
{
	const struct key key = {
		.kind = ENTITY_HOP,
		.parent_id = profile_id,
		.name = hop->client,
		.peer = hop->server,
		.peer_addr = hop->server_addr,
		.op = hop->entry ? HOP_ENTRY : "",
	};

	return save_entity(s, &key, hop, NULL);
}

static int save_profile(struct saver *s, const struct profile *profile)
{
	const struct key key = { .kind = ENTITY_COVERAGE, .name = profile->endpoint };
	u64 entity_id;
	size_t i;

	if (save_entity(s, &key, profile, &entity_id))
		return -1;
	for (i = 0; i < profile->nr_places; i++) {
		if (save_place(s, entity_id, i, &profile->places[i]))
			return -1;
	}
	for (i = 0; i < profile->nr_hops; i++) {
		if (save_hop(s, entity_id, &profile->hops[i]))
			return -1;
	}
	return 0;
}

static int save_all(struct saver *s, const struct phase *phase)
{
	struct key key = { .kind = ENTITY_PHASE };
	int failed = save_entity(s, &key, phase, NULL);
	size_t i;

	for (i = 0; i < phase->nr_services && !failed; i++)
		failed = save_service(s, &phase->services[i]);
	for (i = 0; i < phase->nr_edges && !failed; i++)
		failed = save_edge(s, &phase->edges[i]);
	key.kind = ENTITY_ENDPOINT;
	for (i = 0; i < phase->nr_endpoints && !failed; i++) {
		key.name = phase->endpoints[i].name;
		failed = save_entity(s, &key, &phase->endpoints[i], NULL);
	}
	for (i = 0; i < phase->nr_profiles && !failed; i++)
		failed = save_profile(s, &phase->profiles[i]);
	key.kind = ENTITY_PROGRAM;
	for (i = 0; i < phase->nr_programs && !failed; i++) {
		key.name = phase->programs[i].name;
		failed = save_entity(s, &key, &phase->programs[i], NULL);
	}
	return failed ? failed : db_insert_traces(s->store, s->phase_id, phase, s->err);
}

static int insert_phase(struct saver *s, u64 run_id, const struct phase *phase)
{
	/* From the run's row, so that a sealed or missing one adds nothing. */
	sqlite3_stmt *stmt = db_prepare(
		s->store,
		"INSERT INTO phase (run_id, placement, trial, name, started_at_ns, duration_ns, "
		"attempt, invalid) SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM run "
		"WHERE id = ?1 AND state = 'unfinished'",
		s->err);
	int failed = -1;

	if (stmt)
		failed = db_bind(s->store, stmt, s->err, "ututuuut", run_id, phase->placement,
				 (u64)phase->trial, phase->name, phase->started_at_ns,
				 phase->duration_ns, (u64)phase->attempt, phase->invalid) ||
			 db_run(s->store, stmt, s->err);
	if (!failed && sqlite3_changes(s->store->sql) == 0)
		failed = err_set(s->err, EXIT_FAILED,
				 "store '%s' has no unfinished run %" PRIu64
				 " to add to: a sealed run takes no more phases",
				 s->store->path, run_id);
	s->phase_id = (u64)sqlite3_last_insert_rowid(s->store->sql);
	sqlite3_finalize(stmt);
	return failed;
}

static int prepare(struct saver *s)
{
	s->entity = db_prepare(s->store,
			       "INSERT INTO entity (phase_id, parent_id, kind, name, host, peer, "
			       "peer_host, peer_addr, op) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			       s->err);
	s->value = db_prepare(s->store, "INSERT INTO value VALUES (?, ?, ?)", s->err);
	s->hist = db_prepare(s->store, "INSERT INTO hist VALUES (?, ?, ?, ?, ?, ?, ?, ?)", s->err);
	s->tally = db_prepare(s->store, "INSERT INTO tally VALUES (?, ?, ?, ?, ?)", s->err);
	s->place = db_prepare(s->store, "INSERT INTO place VALUES (?, ?, ?, ?, ?)", s->err);
	return s->entity && s->value && s->hist && s->tally && s->place ? 0 : -1;
}

int db_insert_phases(struct store *store, u64 run_id, const struct phase *phase, size_t nr,
		     struct err *err)
{
	struct saver s = { .store = store, .err = err };
	int failed;
	size_t i;

	failed = prepare(&s) || enter_metrics(&s);
	for (i = 0; i < nr && !failed; i++)
		failed = insert_phase(&s, run_id, &phase[i]) || save_all(&s, &phase[i]);
	sqlite3_finalize(s.entity);
	sqlite3_finalize(s.value);
	sqlite3_finalize(s.hist);
	sqlite3_finalize(s.tally);
	sqlite3_finalize(s.place);
	free(s.metric_id);
	return failed ? -1 : 0;
}

int store_add_phases(struct store *store, u64 run_id, const struct phase *phase, size_t nr,
		     struct err *err)
{
	if (db_exec(store, "BEGIN IMMEDIATE", err))
		return -1;
	return db_end(store, db_insert_phases(store, run_id, phase, nr, err), err);
}

int store_add_phase(struct store *store, u64 run_id, const struct phase *phase, struct err *err)
{
	return store_add_phases(store, run_id, phase, 1, err);
}

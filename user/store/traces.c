// SPDX-License-Identifier: GPL-2.0-only
/* Kept traces, into the store and out of it. */
#include <stdbool.h>

#include "user/store/db.h"

static int save_span(struct store *store, sqlite3_stmt *stmt, u64 trace_id, u64 seq,
		     const struct kept_span *s, struct err *err)
{
	if (db_bind(store, stmt, err, "uu0tttuuuupppppp", trace_id, seq, s->client, s->server,
		    s->server_addr, (u64)s->client_isn, (u64)s->server_isn, (u64)s->ordinal,
		    s->connect_ns, s->sent_ns, s->arrived_ns, s->begun_ns, s->answered_ns,
		    s->returned_ns, s->read_ns) ||
	    sqlite3_bind_int64(stmt, 17, (s64)s->cpu_ns) ||
	    sqlite3_bind_int64(stmt, 18, (s64)s->runq_ns) ||
	    sqlite3_bind_int64(stmt, 19, (s64)s->throttled_ns) ||
	    sqlite3_bind_int64(stmt, 20, (s64)s->disk_ns) ||
	    (s->parent != KEPT_ROOT && sqlite3_bind_int64(stmt, 3, s->parent)))
		return db_fail(store, "write to", err);
	return db_run(store, stmt, err);
}

int db_insert_traces(struct store *store, u64 phase_id, const struct phase *phase, struct err *err)
{
	sqlite3_stmt *trace = db_prepare(store,
					 "INSERT INTO trace (phase_id, endpoint, weight, flaws, "
					 "slow) VALUES (?, ?, ?, ?, ?)",
					 err);
	sqlite3_stmt *span = db_prepare(store,
					"INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
					"?, ?, ?, ?, ?, ?, ?, ?, ?)",
					err);
	int failed = trace && span ? 0 : -1;
	size_t i, k;

	for (i = 0; i < phase->nr_traces && !failed; i++) {
		const struct kept_trace *t = &phase->traces[i];
		u64 id;

		failed = db_bind(store, trace, err, "ututu", phase_id, t->endpoint, t->weight,
				 t->flaws, (u64)t->slow) ||
			 db_run(store, trace, err);
		id = (u64)sqlite3_last_insert_rowid(store->sql);
		for (k = 0; k < t->nr_spans && !failed; k++)
			failed = save_span(store, span, id, k, &t->spans[k], err);
	}
	sqlite3_finalize(trace);
	sqlite3_finalize(span);
	return failed;
}

/* Of columns @first to @last of @row; what is written has none, and a format may have no room. */
static bool has_negative(sqlite3_stmt *row, int first, int last)
{
	int i;

	for (i = first; i <= last; i++) {
		if (sqlite3_column_int64(row, i) < 0)
			return true;
	}
	return false;
}

static int load_span(struct store *store, sqlite3_stmt *row, struct kept_trace *trace,
		     struct err *err)
{
	struct kept_span *s =
		kept_add_span(trace, db_text(row, 1), db_text(row, 2), db_text(row, 3));
	bool root = sqlite3_column_type(row, 0) == SQLITE_NULL;

	if (!s)
		return err_set(err, EXIT_FAILED, "out of memory for store '%s': free some",
			       store->path);
	if (root != (trace->nr_spans == 1) || (!root && db_u64(row, 0) >= trace->nr_spans - 1))
		return db_damaged(store, "a trace is not a tree", err);
	if (has_negative(row, 4, 17))
		return db_damaged(store, "a span has a negative number", err);
	s->parent = root ? KEPT_ROOT : (u32)db_u64(row, 0);
	s->client_isn = (u32)db_u64(row, 4);
	s->server_isn = (u32)db_u64(row, 5);
	s->ordinal = (u32)db_u64(row, 6);
	s->connect_ns = db_u64(row, 7);
	s->sent_ns = db_u64(row, 8);
	s->arrived_ns = db_u64(row, 9);
	s->begun_ns = db_u64(row, 10);
	s->answered_ns = db_u64(row, 11);
	s->returned_ns = db_u64(row, 12);
	s->read_ns = db_u64(row, 13);
	s->cpu_ns = db_u64(row, 14);
	s->runq_ns = db_u64(row, 15);
	s->throttled_ns = db_u64(row, 16);
	s->disk_ns = db_u64(row, 17);
	return 0;
}

static int load_spans(struct store *store, sqlite3_stmt *spans, u64 trace_id,
		      struct kept_trace *trace, struct err *err)
{
	int row, failed = db_bind(store, spans, err, "u", trace_id);

	while (!failed && (row = db_row(store, spans, err)) != 0)
		failed = row < 0 ? -1 : load_span(store, spans, trace, err);
	sqlite3_reset(spans);
	return failed;
}

static int load_trace(struct store *store, sqlite3_stmt *row, sqlite3_stmt *spans,
		      struct phase *phase, struct err *err)
{
	struct kept_trace *trace = phase_add_trace(phase, db_text(row, 1), db_text(row, 3));

	if (!trace)
		return err_set(err, EXIT_FAILED, "out of memory for store '%s': free some",
			       store->path);
	if (has_negative(row, 2, 2))
		return db_damaged(store, "a trace has a negative weight", err);
	trace->weight = db_u64(row, 2);
	trace->slow = db_u64(row, 4) != 0;
	return load_spans(store, spans, db_u64(row, 0), trace, err);
}

int db_load_traces(struct store *store, u64 phase_id, struct phase *phase, struct err *err)
{
	sqlite3_stmt *traces, *spans;
	int row, failed;

	if (store->version < 4)
		return 0;
	traces = db_prepare(store,
			    "SELECT id, endpoint, weight, flaws, slow FROM trace "
			    "WHERE phase_id = ? ORDER BY id",
			    err);
	spans = db_prepare(store,
			   "SELECT parent, client, server, server_addr, client_isn, server_isn, "
			   "ordinal, connect_ns, sent_ns, arrived_ns, begun_ns, answered_ns, "
			   "returned_ns, read_ns, cpu_ns, runq_ns, throttled_ns, disk_ns "
			   "FROM span WHERE trace_id = ? ORDER BY seq",
			   err);
	failed = traces && spans ? db_bind(store, traces, err, "u", phase_id) : -1;
	while (!failed && (row = db_row(store, traces, err)) != 0)
		failed = row < 0 ? -1 : load_trace(store, traces, spans, phase, err);
	sqlite3_finalize(traces);
	sqlite3_finalize(spans);
	return failed;
}

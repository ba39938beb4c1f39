-- SPDX-License-Identifier: GPL-2.0-only
-- Layout 3 to 4: where the time of requests went, and traces of some.

CREATE TABLE place (
	entity_id INTEGER NOT NULL REFERENCES entity (id) ON DELETE CASCADE,
	seq INTEGER NOT NULL,
	path TEXT NOT NULL,
	slices BLOB NOT NULL,
	PRIMARY KEY (entity_id, seq)
);
CREATE TABLE trace (
	id INTEGER PRIMARY KEY,
	phase_id INTEGER NOT NULL REFERENCES phase (id) ON DELETE CASCADE,
	endpoint TEXT NOT NULL,
	weight INTEGER NOT NULL,
	flaws TEXT NOT NULL,
	slow INTEGER NOT NULL
);
CREATE INDEX trace_of_phase ON trace (phase_id);
CREATE TABLE span (
	trace_id INTEGER NOT NULL REFERENCES trace (id) ON DELETE CASCADE,
	seq INTEGER NOT NULL,
	parent INTEGER,
	client TEXT NOT NULL,
	server TEXT NOT NULL,
	server_addr TEXT NOT NULL,
	client_isn INTEGER NOT NULL,
	server_isn INTEGER NOT NULL,
	ordinal INTEGER NOT NULL,
	connect_ns INTEGER NOT NULL,
	sent_ns INTEGER,
	arrived_ns INTEGER,
	begun_ns INTEGER,
	answered_ns INTEGER,
	returned_ns INTEGER,
	read_ns INTEGER,
	cpu_ns INTEGER NOT NULL,
	runq_ns INTEGER NOT NULL,
	throttled_ns INTEGER NOT NULL,
	disk_ns INTEGER NOT NULL,
	PRIMARY KEY (trace_id, seq)
) WITHOUT ROWID;

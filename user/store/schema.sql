-- SPDX-License-Identifier: GPL-2.0-only
-- A situ store, layout 5: PRAGMA application_id is 0x53495455 ("SITU"), user_version the layout.
--
-- run -> phase -> entity (the phase itself, its services, their disks, edges, endpoints, BPF
-- programs) -> one row per metric in value, hist or tally. Metrics are rows, not columns: one that
-- a store does not have is zero, so a new metric needs no new layout.
--
-- Times are nanoseconds. Whole numbers are unsigned 64 bit values in SQLite's signed 64 bits.

CREATE TABLE run (
	id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given out twice
	name TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('unfinished', 'finished', 'interrupted', 'failed')),
	started_at_ns INTEGER NOT NULL, -- since 1970
	duration_ns INTEGER NOT NULL DEFAULT 0,
	kernel TEXT NOT NULL,
	situ_version TEXT NOT NULL,
	-- Who writes it: tells a run that goes on from one whose process was killed.
	writer_pid INTEGER NOT NULL,
	writer_start_ticks INTEGER NOT NULL, -- field 22 of /proc/PID/stat
	writer_boot TEXT NOT NULL, -- /proc/sys/kernel/random/boot_id
	writer_machine TEXT NOT NULL, -- /etc/machine-id
	-- What it was measured on, and by which experiment file; '' or 0 where it was not noted.
	cpus TEXT NOT NULL DEFAULT '',
	clock_source TEXT NOT NULL DEFAULT '',
	plan TEXT NOT NULL DEFAULT '', -- the file, byte for byte
	plan_hash TEXT NOT NULL DEFAULT '', -- its SHA-256, hexadecimal
	workload_hash TEXT NOT NULL DEFAULT '',
	seed INTEGER NOT NULL DEFAULT 0, -- of the order of placements
	trials INTEGER NOT NULL DEFAULT 0, -- asked for, of each placement
	uuid TEXT -- the same in every store that the run is merged into
);
CREATE UNIQUE INDEX run_uuid ON run (uuid);

CREATE TABLE host (
	run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
	seq INTEGER NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

CREATE TABLE phase (
	id INTEGER PRIMARY KEY, -- a run's phases are in the order of their ids
	run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
	placement TEXT NOT NULL,
	trial INTEGER NOT NULL,
	name TEXT NOT NULL,
	started_at_ns INTEGER NOT NULL,
	duration_ns INTEGER NOT NULL,
	attempt INTEGER NOT NULL DEFAULT 1, -- a trial that does not count is repeated
	invalid TEXT NOT NULL DEFAULT '', -- why it does not count
	UNIQUE (run_id, placement, trial, name, attempt)
);

-- kind      name     host         peer    peer_host    peer_addr          op
-- phase
-- service   name     host
-- disk      device                                                        operation
-- edge      client   client_host  server  server_host  address as dialled
-- endpoint  name
-- coverage  endpoint
-- hop       client           server               address as dialled  "entry": the requests themselves
-- program   name
CREATE TABLE entity (
	id INTEGER PRIMARY KEY, -- a phase's entities are in the order of their ids
	phase_id INTEGER NOT NULL REFERENCES phase (id) ON DELETE CASCADE,
	parent_id INTEGER REFERENCES entity (id) ON DELETE CASCADE, -- a disk's service, a hop's coverage
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	host TEXT NOT NULL,
	peer TEXT NOT NULL,
	peer_host TEXT NOT NULL,
	peer_addr TEXT NOT NULL,
	op TEXT NOT NULL
);
CREATE INDEX entity_of_phase ON entity (phase_id);
CREATE INDEX entity_of_parent ON entity (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE metric (
	id INTEGER PRIMARY KEY,
	entity TEXT NOT NULL, -- entity.kind
	name TEXT NOT NULL,
	unit TEXT NOT NULL,
	UNIQUE (entity, name)
);

-- Counters and gauges are INTEGER, reals REAL; NULL is unknown.
CREATE TABLE value (
	entity_id INTEGER NOT NULL REFERENCES entity (id) ON DELETE CASCADE,
	metric_id INTEGER NOT NULL REFERENCES metric (id),
	value,
	PRIMARY KEY (entity_id, metric_id)
) WITHOUT ROWID;

-- An empty histogram has no row. Bucket i of the log-linear layout (bpf/hist.h) with sub_bits: 0
-- holds values below 64, 1 + (octave - 6) * 2^sub_bits + part those of one part of an octave
-- below 2^36, the last one the rest. buckets: for each bucket in use, in order, two LEB128
-- numbers: how many empty buckets lie between it and the one before, and its count. NULL when
-- only count and sum are known; min_ns and max_ns are NULL then, too.
CREATE TABLE hist (
	entity_id INTEGER NOT NULL REFERENCES entity (id) ON DELETE CASCADE,
	metric_id INTEGER NOT NULL REFERENCES metric (id),
	sub_bits INTEGER NOT NULL,
	count INTEGER NOT NULL,
	sum_ns INTEGER NOT NULL,
	min_ns INTEGER,
	max_ns INTEGER,
	buckets BLOB,
	PRIMARY KEY (entity_id, metric_id)
) WITHOUT ROWID;

CREATE TABLE tally (
	entity_id INTEGER NOT NULL REFERENCES entity (id) ON DELETE CASCADE,
	metric_id INTEGER NOT NULL REFERENCES metric (id),
	seq INTEGER NOT NULL,
	label TEXT NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (entity_id, metric_id, seq)
) WITHOUT ROWID;

-- Where the time of an endpoint's requests (entity.kind coverage) went. slices: for each bucket of
-- latency (as in hist, sub_bits 5) LEB128 numbers: how many buckets lie between it and the one
-- before, calls, a set of components (bit 0 network, connect, socket_queue, cpu, runq, throttled,
-- disk, downstream, other), and of each of these ns on the critical path and ns in all.
CREATE TABLE place (
	entity_id INTEGER NOT NULL REFERENCES entity (id) ON DELETE CASCADE,
	seq INTEGER NOT NULL,
	path TEXT NOT NULL, -- services, one a line; '': the client
	slices BLOB NOT NULL, -- some 1.4 KB: without a rowid, what is above 1 KB takes 4 KB more
	-- 0: speaks for all requests; 1: for all of them together, slices have no latency; 2: for
	-- the slowest ones
	scope INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (entity_id, seq)
);

-- A few whole traces of each endpoint. Times of a span since 1970, NULL where not known.
CREATE TABLE trace (
	id INTEGER PRIMARY KEY,
	phase_id INTEGER NOT NULL REFERENCES phase (id) ON DELETE CASCADE,
	endpoint TEXT NOT NULL,
	weight INTEGER NOT NULL, -- how many like it it stands for
	flaws TEXT NOT NULL, -- why it is not whole; '': it is
	slow INTEGER NOT NULL -- kept for its latency
);
CREATE INDEX trace_of_phase ON trace (phase_id);
CREATE TABLE span (
	trace_id INTEGER NOT NULL REFERENCES trace (id) ON DELETE CASCADE,
	seq INTEGER NOT NULL, -- 0: the root
	parent INTEGER, -- seq of the span whose service sent this request
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

-- For people: SELECT * FROM named_value WHERE metric = 'cpu_ns';
CREATE VIEW named_value AS
SELECT phase.run_id AS run, placement, trial, phase.name AS phase, entity.kind, entity.host,
	entity.name, peer, peer_addr, op, metric.name AS metric, unit, value
FROM value
JOIN metric ON metric.id = metric_id
JOIN entity ON entity.id = entity_id
JOIN phase ON phase.id = phase_id
WHERE invalid = '';

-- SPDX-License-Identifier: GPL-2.0-only
-- Layout 1 to 2: where a run comes from, and trials that do not count. A table's UNIQUE cannot be
-- changed, so phase is written anew; the caller has turned foreign keys off, for else dropping the
-- old one would empty the store.

ALTER TABLE run ADD COLUMN cpus TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN clock_source TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN plan TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN plan_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN workload_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN seed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN trials INTEGER NOT NULL DEFAULT 0;

DROP VIEW named_value;
CREATE TABLE phase_2 (
	id INTEGER PRIMARY KEY,
	run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
	placement TEXT NOT NULL,
	trial INTEGER NOT NULL,
	name TEXT NOT NULL,
	started_at_ns INTEGER NOT NULL,
	duration_ns INTEGER NOT NULL,
	attempt INTEGER NOT NULL DEFAULT 1,
	invalid TEXT NOT NULL DEFAULT '',
	UNIQUE (run_id, placement, trial, name, attempt)
);
INSERT INTO phase_2 (id, run_id, placement, trial, name, started_at_ns, duration_ns)
SELECT id, run_id, placement, trial, name, started_at_ns, duration_ns FROM phase;
DROP TABLE phase;
ALTER TABLE phase_2 RENAME TO phase;

CREATE VIEW named_value AS
SELECT phase.run_id AS run, placement, trial, phase.name AS phase, entity.kind, entity.host,
	entity.name, peer, peer_addr, op, metric.name AS metric, unit, value
FROM value
JOIN metric ON metric.id = metric_id
JOIN entity ON entity.id = entity_id
JOIN phase ON phase.id = phase_id
WHERE invalid = '';

-- SPDX-License-Identifier: GPL-2.0-only
-- Layout 2 to 3: what tells a run from all others, in whatever store they are. An old run's is made
-- of what no other run has in common with it, so that each copy of a store gives it the same one.

ALTER TABLE run ADD COLUMN uuid TEXT;
UPDATE run SET uuid = writer_machine || '.' || writer_boot || '.' || started_at_ns || '.' || id;
CREATE UNIQUE INDEX run_uuid ON run (uuid);

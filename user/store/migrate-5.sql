-- SPDX-License-Identifier: GPL-2.0-only
-- Layout 4 to 5: places that speak for some of the requests.

ALTER TABLE place ADD COLUMN scope INTEGER NOT NULL DEFAULT 0;

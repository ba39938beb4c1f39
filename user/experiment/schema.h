/* SPDX-License-Identifier: GPL-2.0-only */
/* The JSON Schemas of the files that people write, for their editors. */
#ifndef SITU_EXPERIMENT_SCHEMA_H
#define SITU_EXPERIMENT_SCHEMA_H

/* The schema of "experiment" or "workload" files, with a newline at its end; NULL for another. */
const char *schema_text(const char *file);

#endif

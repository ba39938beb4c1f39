/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine contract: a run as JSON or CSV, and the way back from JSON. */
#ifndef SITU_EXPORT_EXPORT_H
#define SITU_EXPORT_EXPORT_H

#include <stdio.h>

#include "user/base/err.h"
#include "user/model/run.h"

#define EXPORT_SCHEMA 1 /* fields are added, never renamed; a removal would raise this */

/* Writes @run as one JSON document, newline at its end. 0, or -1 with @err set. */
int export_json(const struct run *run, FILE *out, struct err *err);

/*
 * Writes @run as CSV in long form, one value a row, with a header line:
 * run,placement,trial,phase,host,service,peer,endpoint,device,op,metric,unit,stat,value
 * RFC 4180 quoting; a text that a spreadsheet would take for a formula gets a leading '.
 */
int export_csv(const struct run *run, FILE *out, struct err *err);

/*
 * Fills the empty @run from the document @text[@len] that export_json() wrote (this or an older
 * schema; unknown members are skipped). On failure returns -1 with @err set and @run empty.
 */
int import_json(const char *text, size_t len, struct run *run, struct err *err);

#endif

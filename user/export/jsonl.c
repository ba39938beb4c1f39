// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/export/export.h"

/* The document of @run with only phase @phase, as one line. 0 or -1. */
static int put_phase(const struct run *run, struct phase *phase, FILE *out, struct err *err)
{
	struct run only = *run;
	char *text = NULL, *c;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	int failed;

	if (!memory)
		return err_set(err, EXIT_FAILED, "out of memory for the export: free some");
	only.phases = phase;
	only.nr_phases = 1;
	failed = export_json(&only, memory, err);
	if (fclose(memory) != 0 && !failed)
		failed = err_set(err, EXIT_FAILED, "out of memory for the export: free some");
	/* Line breaks of a text are escaped: those there are stand between members, and at the end.
	 */
	for (c = text; !failed && len && c < text + len - 1; c++) {
		if (*c == '\n')
			*c = ' ';
	}
	if (!failed)
		fwrite(text, 1, len, out);
	free(text);
	return failed;
}

int export_jsonl(const struct run *run, FILE *out, struct err *err)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < run->nr_phases && !failed; i++)
		failed = put_phase(run, &run->phases[i], out, err);
	if (!failed && (fflush(out) != 0 || ferror(out)))
		return err_set(err, EXIT_FAILED, "cannot write the export: %s: is the disk full?",
			       strerror(errno));
	return failed;
}

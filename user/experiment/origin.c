// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/experiment/digest.h"
#include "user/experiment/origin.h"

#define WORKLOAD_BYTES_MAX (16U << 20)
#define CLOCK_SOURCE	   "/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* Copies the first line of @path that starts with @key, what is behind its ": "; "" without. */
static void read_line(const char *path, const char *key, char *value, size_t size)
{
	FILE *file = fopen(path, "re");
	char line[512];

	value[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		const char *colon = strstr(line, ": ");

		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		snprintf(value, size, "%.*s", (int)size - 1, *key && colon ? colon + 2 : line);
		value[strcspn(value, "\n")] = '\0';
		break;
	}
	if (file)
		fclose(file);
}

int origin_machine(struct run *run)
{
	char model[256], cpus[300], source[64];
	struct utsname uts;

	uname(&uts);
	read_line("/proc/cpuinfo", "model name", model, sizeof(model));
	/* Not every architecture names its model. */
	snprintf(cpus, sizeof(cpus), "%ld of %s", sysconf(_SC_NPROCESSORS_ONLN),
		 model[0] ? model : uts.machine);
	read_line(CLOCK_SOURCE, "", source, sizeof(source));
	if (run_set_text(&run->kernel, uts.release) || run_set_text(&run->cpus, cpus) ||
	    run_set_text(&run->clock_source, source) ||
	    run_set_text(&run->situ_version, SITU_VERSION))
		return -ENOMEM;
	return 0;
}

/* Adds the workload file of @phase, unless an earlier phase has the same. */
static int add_workload(const struct plan *plan, unsigned int i, struct buf *all, struct err *err)
{
	const char *path = plan->phases[i].workload_path;
	struct buf one;
	unsigned int j;
	int failed;

	for (j = 0; j < i; j++) {
		if (strcmp(plan->phases[j].workload_path, path) == 0)
			return 0;
	}
	failed = buf_read_file(&one, path, CONFIG_BYTES_MAX);
	if (!failed && one.len)
		failed = buf_add(all, one.data, one.len);
	buf_free(&one);
	if (!failed)
		return 0;
	return err_set(err, EXIT_USAGE, "cannot read the workload file %s: %s: write its path",
		       path, strerror(-failed));
}

static int set_digest(char **to, const void *data, size_t len, struct err *err)
{
	char hex[DIGEST_TEXT];

	if (digest_hex(data, len, hex))
		return err_set(err, EXIT_ENVIRONMENT,
			       "GnuTLS makes no SHA-256 here: allow it in its configuration");
	if (run_set_text(to, hex))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	return 0;
}

int origin_plan(struct run *run, const struct plan *plan, unsigned int trials, struct err *err)
{
	struct buf all = buf_init(WORKLOAD_BYTES_MAX);
	int failed = 0;
	char *text;
	unsigned int i;

	for (i = 0; i < plan->nr_phases && !failed; i++)
		failed = add_workload(plan, i, &all, err);
	if (!failed)
		failed = set_digest(&run->workload_hash, all.data ? all.data : "", all.len, err) ||
			 set_digest(&run->plan_hash, plan->text, plan->source.len, err);
	buf_free(&all);
	if (failed)
		return -1;
	text = strndup(plan->text, plan->source.len);
	if (!text || run_set_file(&run->plan, text))
		failed = err_set(err, EXIT_FAILED, "out of memory: free some");
	free(text);
	run->seed = plan->order_seed;
	run->trials = trials;
	return failed;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* An experiment file that uses every key, and a machine for it. */
#ifndef SITU_TESTS_UNIT_SAMPLE_PLAN_H
#define SITU_TESTS_UNIT_SAMPLE_PLAN_H

#include <string.h>

#include "user/experiment/cpulist.h"
#include "user/experiment/plan.h"

static const char sample_yaml[] = "name: shop\n"				/* 1 */
				  "hosts:\n"					/* 2 */
				  "  - name: a\n"				/* 3 */
				  "    cpus: \"0\"\n"				/* 4 */
				  "  - name: b\n"				/* 5 */
				  "    cpus: \"1\"\n"				/* 6 */
				  "client:\n"					/* 7 */
				  "  cpus: \"0-1\"\n"				/* 8 */
				  "subnet: 10.9.0.0/24\n"			/* 9 */
				  "prepare: ./prepare.sh\n"			/* 10 */
				  "services:\n"					/* 11 */
				  "  - name: redis\n"				/* 12 */
				  "    command: redis --port {{port.redis}}\n"	/* 13 */
				  "    port: 6379\n"				/* 14 */
				  "    user: nobody\n"				/* 15 */
				  "  - name: web\n"				/* 16 */
				  "    command: \"{{here}}/web {{dir}}\"\n"	/* 17 */
				  "    port: 8080\n"				/* 18 */
				  "    env:\n"					/* 19 */
				  "      - R={{host.redis}}:{{ port.redis }}\n" /* 20 */
				  "      - EMPTY=\n"				/* 21 */
				  "    ready:\n"				/* 22 */
				  "      http: /health\n"			/* 23 */
				  "      within: 1.5s\n"			/* 24 */
				  "placements:\n"				/* 25 */
				  "  - name: packed\n"				/* 26 */
				  "    on:\n"					/* 27 */
				  "      - host: a\n"				/* 28 */
				  "        services: [redis, web]\n"		/* 29 */
				  "  - name: spread\n"				/* 30 */
				  "    on:\n"					/* 31 */
				  "      - {host: a, services: [web]}\n"	/* 32 */
				  "      - {host: b, services: [redis]}\n"	/* 33 */
				  "trials: 5\n"					/* 34 */
				  "seed: 9223372036854775807\n"			/* 35 */
				  "load:\n"					/* 36 */
				  "  workload: w.yaml\n"			/* 37 */
				  "  target: web\n"				/* 38 */
				  "  rate: 150.5\n"				/* 39 */
				  "  connections: 7\n"				/* 40 */
				  "  warmup: 0s\n"				/* 41 */
				  "  duration: 250ms\n";			/* 42 */

static inline int sample_user_exists(const char *name)
{
	return strcmp(name, "nobody") == 0;
}

static inline int sample_file_readable(const char *path)
{
	return strcmp(path, "/lab/w.yaml") == 0 || strcmp(path, "/etc/w.yaml") == 0;
}

static inline struct plan_machine sample_machine(void)
{
	struct plan_machine machine = {
		.bin = "/opt/situ",
		.user_exists = sample_user_exists,
		.file_readable = sample_file_readable,
	};

	cpulist_parse("0-1", &machine.online);
	return machine;
}

#endif

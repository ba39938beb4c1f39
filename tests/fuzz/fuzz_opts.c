// SPDX-License-Identifier: GPL-2.0-only
/* Any command line, a word per line of the input, is parsed or refused with one clean line. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/opts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct config {
	bool json;
	const char *output;
	u64 conns;
	double rate;
	u64 duration_ns;
	struct opt_list services;
};

#define AT(member) offsetof(struct config, member)

static const struct opt options[] = {
	{ 0, "json", NULL, OPT_FLAG, AT(json), 0, 0, "" },
	{ 'o', "output", "STORE", OPT_STRING, AT(output), 0, 0, "" },
	{ 'c', "conns", "N", OPT_COUNT, AT(conns), 1, 1000, "" },
	{ 'r', "rate", "R", OPT_REAL, AT(rate), 0.5, 1e6, "" },
	{ 'd', "duration", "TIME", OPT_DURATION, AT(duration_ns), 1e6, 60e9, "" },
	{ 's', "service", "NAME", OPT_LIST, AT(services), 0, 0, "" },
};

/* Splits @text at its lines into @argv[@room] behind the command's name; returns argc. */
static int split(char *text, char **argv, int room)
{
	int argc = 1;
	char *save = NULL, *word;

	argv[0] = (char *)"measure";
	for (word = strtok_r(text, "\n", &save); word && argc < room - 1;
	     word = strtok_r(NULL, "\n", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command cmd = { .name = "measure",
			       .args = "",
			       .opts = options,
			       .nr_opts = ARRAY_SIZE(options),
			       .in_order = size && data[0] & 1 };
	struct config config = { .conns = 1, .rate = 1, .duration_ns = NSEC_PER_SEC };
	char *text = strndup((const char *)data, size), *argv[100];
	struct err err = { 0 };
	struct args args;
	int ret;

	assert(text);
	ret = opts_parse(&cmd, split(text, argv, ARRAY_SIZE(argv)), argv, &config, &args, &err);
	assert((ret == -1) == (err.code != EXIT_OK));
	if (ret == -1)
		assert(err.text[0] && !strpbrk(err.text, "\n\r\033"));
	if (ret == 0) {
		assert(args.nr >= 0 && args.item[args.nr] == NULL);
		assert(config.conns >= 1 && config.conns <= 1000);
		assert(config.rate >= 0.5 && config.rate <= 1e6);
		assert(config.services.nr <= OPT_LIST_MAX);
	}
	free(text);
	return 0;
}

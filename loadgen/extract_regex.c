// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patterns by PCRE2, whose own limits hold for one start in the text only, and say nothing of the
 * length that \w+ runs over. The work on a whole text is bounded here: callouts at each item of
 * the pattern charge for what was walked since the one before.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/extract.h"

#define WORK_MAX	100000000 /* about as many nanoseconds */
#define WORK_OF_CALLOUT 20
#define MATCH_LIMIT	1000000
#define HEAP_KIB_MAX	16384

struct regex {
	pcre2_code *code;
	unsigned int group; /* what is taken: 1, or 0 when there is none */
};

struct work {
	u64 done;
	size_t at;
};

struct regex *regex_compile(const char *pattern, char *why, size_t size)
{
	struct regex *regex = calloc(1, sizeof(*regex));
	PCRE2_SIZE offset;
	u32 nr_groups;
	int error;

	snprintf(why, size, "%s", "");
	if (!regex)
		return NULL;
	regex->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
				    PCRE2_AUTO_CALLOUT | PCRE2_NEVER_UTF, &error, &offset, NULL);
	if (!regex->code) {
		PCRE2_UCHAR text[128] = "";

		pcre2_get_error_message(error, text, sizeof(text));
		snprintf(why, size, "%s, at its byte %zu", (const char *)text, offset + 1);
		free(regex);
		return NULL;
	}
	pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &nr_groups);
	regex->group = nr_groups > 0;
	return regex;
}

void regex_free(struct regex *regex)
{
	if (!regex)
		return;
	pcre2_code_free(regex->code);
	free(regex);
}

static int charge(pcre2_callout_block *at, void *arg)
{
	struct work *work = arg;
	size_t here = at->current_position;

	work->done += WORK_OF_CALLOUT + (here > work->at ? here - work->at : work->at - here);
	work->at = here;
	return work->done > WORK_MAX ? PCRE2_ERROR_CALLOUT : 0;
}

static int take_group(const struct regex *regex, pcre2_match_data *data, int nr, const char *text,
		      struct buf *value)
{
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data) + (size_t)2 * regex->group;

	/* The group took no part, or (before 10.38) \K put the start behind the end. */
	if (nr <= (int)regex->group || ends[0] == PCRE2_UNSET || ends[0] > ends[1])
		return -ENOENT;
	if (memchr(text + ends[0], '\0', ends[1] - ends[0]))
		return -EILSEQ;
	return buf_add(value, text + ends[0], ends[1] - ends[0]);
}

int extract_regex(const struct regex *regex, const char *text, size_t len, struct buf *value)
{
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(regex->code, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	struct work work = { 0 };
	int status = -ENOMEM, nr;

	if (!data || !context)
		goto out;
	pcre2_set_callout(context, charge, &work);
	pcre2_set_match_limit(context, MATCH_LIMIT);
	pcre2_set_heap_limit(context, HEAP_KIB_MAX);
	nr = pcre2_match(regex->code, (PCRE2_SPTR)text, len, 0, 0, data, context);
	if (nr > 0)
		status = take_group(regex, data, nr, text, value);
	else if (nr == PCRE2_ERROR_NOMATCH)
		status = -ENOENT;
	else if (nr != PCRE2_ERROR_NOMEMORY)
		status = -ELOOP; /* one of the limits */
out:
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as an answer, and as what is looked for in it: up to the first line break a pointer, a
 * pattern and a cookie's name, behind it the answer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/extract.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u64 pick_last(u64 nr, void *arg)
{
	(void)arg;
	return nr - 1;
}

/* What was taken is a text that is as long as it says, or there is a reason. */
static void check(int status, struct buf *value)
{
	if (status > 0 || (status && !extract_reason(status)[0]))
		abort();
	if (!status && value->data && strlen(value->data) != value->len)
		abort();
	buf_free(value);
}

static void try_pointer(const char *pointer, struct answer *answer)
{
	const struct extract_item whole = { 0 };
	const struct extract_item item = { .list = pointer, .where = pointer, .pick = pick_last };
	struct buf value = buf_init(EXTRACT_BODY_MAX);

	if (extract_check_pointer(pointer))
		return;
	check(extract_json(answer, &whole, pointer, &value), &value);
	value = buf_init(EXTRACT_BODY_MAX);
	check(extract_json(answer, &item, pointer, &value), &value);
}

static void try_pattern(const char *pattern, const struct answer *answer)
{
	char why[128];
	struct regex *regex = regex_compile(pattern, why, sizeof(why));
	struct buf value = buf_init(EXTRACT_BODY_MAX);

	if (!regex && !why[0])
		abort();
	if (regex)
		check(extract_regex(regex, answer->body, answer->len, &value), &value);
	regex_free(regex);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const u8 *end = memchr(data, '\n', size);
	struct buf value = buf_init(EXTRACT_BODY_MAX);
	struct answer answer;
	char *key, *line;

	if (!end || end - data > EXTRACT_PATTERN_MAX)
		return -1;
	key = strndup((const char *)data, (size_t)(end - data));
	answer = (struct answer){ .body = (const char *)end + 1,
				  .len = size - (size_t)(end - data) - 1 };
	line = strndup(answer.body, answer.len);
	if (!key || !line)
		abort();
	check(extract_cookie(line, key, 1000, &value), &value);
	try_pattern(key, &answer);
	try_pointer(key, &answer);
	answer_free(&answer);
	free(line);
	free(key);
	return 0;
}

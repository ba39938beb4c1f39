// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/extract.h"

int extract_check_pointer(const char *pointer)
{
	if (*pointer && *pointer != '/')
		return -1;
	for (; *pointer; pointer++) {
		if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
			return -1;
	}
	return 0;
}

/* Whether the token @token[@len], with its escapes, is @key. */
static bool token_is(const char *token, size_t len, const char *key)
{
	const char *end = token + len;

	for (; token < end; token++, key++) {
		char c = *token;

		if (c == '~')
			c = *++token == '1' ? '/' : '~';
		if (*key != c)
			return false;
	}
	return !*key;
}

static json_t *member(json_t *object, const char *token, size_t len)
{
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value) {
		if (token_is(token, len, key))
			return value;
	}
	return NULL;
}

/* RFC 6901, section 4: digits without a leading zero; "-" is the item behind the last. */
static json_t *element(json_t *array, const char *token, size_t len)
{
	size_t index = 0, i;

	if (!len || (len > 1 && token[0] == '0'))
		return NULL;
	for (i = 0; i < len; i++) {
		if (token[i] < '0' || token[i] > '9' || index >= json_array_size(array))
			return NULL;
		index = 10 * index + (size_t)(token[i] - '0');
	}
	return json_array_get(array, index);
}

json_t *extract_resolve(json_t *json, const char *pointer)
{
	while (json && *pointer == '/') {
		size_t len = strcspn(++pointer, "/");

		if (json_is_array(json))
			json = element(json, pointer, len);
		else
			json = json_is_object(json) ? member(json, pointer, len) : NULL;
		pointer += len;
	}
	return json;
}

static json_t *parse(struct answer *answer)
{
	/* A \u0000 in a string nobody asks for is no reason to refuse the rest. */
	if (!answer->parsed)
		answer->json = json_loadb(answer->body, answer->len,
					  JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	answer->parsed = true;
	return answer->json;
}

static bool is_set(const json_t *json)
{
	if (json_is_number(json))
		return json_number_value(json) != 0;
	if (json_is_string(json))
		return json_string_length(json) > 0;
	return json && !json_is_null(json) && !json_is_false(json);
}

static bool is_candidate(json_t *json, const struct extract_item *item)
{
	return !item->where || is_set(extract_resolve(json, item->where));
}

static json_t *find_item(json_t *json, const struct extract_item *item)
{
	json_t *list, *one;
	u64 nr = 0, left;
	size_t i;

	if (!item->list)
		return json;
	list = extract_resolve(json, item->list);
	json_array_foreach (list, i, one)
		nr += is_candidate(one, item);
	if (!nr)
		return NULL;
	left = item->pick(nr, item->arg);
	json_array_foreach (list, i, one) {
		if (is_candidate(one, item) && !left--)
			return one;
	}
	return NULL;
}

static int dump(const char *data, size_t len, void *arg)
{
	return buf_add(arg, data, len) ? -1 : 0;
}

int extract_json(struct answer *answer, const struct extract_item *item, const char *pointer,
		 struct buf *value)
{
	json_t *json = parse(answer);

	if (!json)
		return -EBADMSG;
	json = extract_resolve(find_item(json, item), pointer);
	if (!json)
		return -ENOENT;
	if (json_is_string(json)) {
		const char *text = json_string_value(json);

		if (strlen(text) != json_string_length(json))
			return -EILSEQ;
		return buf_puts(value, text);
	}
	if (json_dump_callback(json, dump, value, JSON_COMPACT | JSON_ENCODE_ANY))
		return value->failed ? value->failed : -ENOMEM;
	return 0;
}

void answer_free(struct answer *answer)
{
	json_decref(answer->json);
	*answer = (struct answer){ 0 };
}

/* domain, whether subdomains, path, whether only TLS, expiry, name, value; between tabs. */
int extract_cookie(const char *line, const char *name, u64 now_s, struct buf *value)
{
	size_t len = strlen(name);
	u64 expiry_s = 0;
	int i;

	for (i = 0; line && i < 5; i++) {
		if (i == 4)
			expiry_s = strtoull(line, NULL, 10);
		line = strchr(line, '\t');
		if (line)
			line++;
	}
	if (!line || strncmp(line, name, len) != 0 || line[len] != '\t')
		return -ENOENT;
	if (expiry_s && expiry_s <= now_s)
		return -ENOENT;
	return buf_puts(value, line + len + 1);
}

const char *extract_reason(int status)
{
	switch (status) {
	case -EBADMSG:
		return "is not JSON";
	case -ENOENT:
		return "has no such value";
	case -EILSEQ:
		return "has a NUL in it";
	case -ELOOP:
		return "takes too long to match";
	case -E2BIG:
		return "is longer than 1 MiB";
	default:
		return "found no memory";
	}
}

// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/template.h"
#include "loadgen/crawl/url.h"
#include "loadgen/workload_check.h"
#include "user/base/buf.h"

#define PARAMS_MAX 64
/* Stands for slot number X, one hex digit, while libcurl resolves: no site sends a %01. */
#define SLOT_MARK  "%01"

static bool is_hex_pair(const char *s)
{
	return isxdigit((unsigned char)s[0]) && isxdigit((unsigned char)s[1]);
}

/* Adds @text with every byte encoded that is no part of a URL or would look like a template. */
static int add_canonical(struct buf *to, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	for (; *s; s++) {
		if (*s == '%' && is_hex_pair((const char *)s + 1)) {
			buf_printf(to, "%%%c%c", toupper(s[1]), toupper(s[2]));
			s += 2;
		} else if (*s <= 0x20 || *s >= 0x7f || strchr("%\"<>\\^`{|}#", *s)) {
			buf_printf(to, "%%%02X", *s);
		} else {
			buf_add(to, s, 1);
		}
	}
	return to->failed;
}

static int by_name(const void *left, const void *right)
{
	const char *l = *(const char *const *)left, *r = *(const char *const *)right;
	size_t l_len = strcspn(l, "="), r_len = strcspn(r, "=");
	int order = memcmp(l, r, l_len < r_len ? l_len : r_len);

	if (!order && l_len != r_len)
		order = l_len < r_len ? -1 : 1;
	/* qsort is not stable: parameters of one name keep their order by where they stand. */
	return order ? order : (l > r) - (l < r);
}

/* Adds "?" and the parameters of the canonical @query, sorted; @query is cut up. */
static int add_params(struct buf *to, char *query)
{
	const char *param[PARAMS_MAX] = { NULL };
	size_t nr = 0, i;
	char *next;

	for (; query; query = next) {
		next = strchr(query, '&');
		if (next)
			*next++ = '\0';
		if (!*query)
			continue;
		if (nr == PARAMS_MAX)
			return -E2BIG;
		param[nr++] = query;
	}
	qsort(param, nr, sizeof(param[0]), by_name);
	for (i = 0; i < nr; i++) {
		buf_puts(to, i ? "&" : "?");
		buf_puts(to, param[i]);
	}
	return to->failed;
}

static int add_query(struct buf *to, const char *query)
{
	struct buf canonical = buf_init(CRAWL_URL_MAX);
	int status = add_canonical(&canonical, query);

	if (!status)
		status = add_params(to, canonical.data);
	buf_free(&canonical);
	return status;
}

/* The origin of @parts in the one spelling that is compared. NULL without memory or host. */
static char *origin_of(CURLU *parts)
{
	char *scheme = NULL, *host = NULL, *port = NULL, *origin = NULL;

	if (curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		char *c;

		for (c = host; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		curl_url_get(parts, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT);
		if (asprintf(&origin, "%s://%s%s%s", scheme, host, port ? ":" : "",
			     port ? port : "") < 0)
			origin = NULL;
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	return origin;
}

/* The target of @parts. 0, -E2BIG or -ENOMEM. */
static int target_of(CURLU *parts, char **target)
{
	struct buf text = buf_init(CRAWL_URL_MAX);
	char *path = NULL, *query = NULL;
	int status = -ENOMEM;

	if (curl_url_get(parts, CURLUPART_PATH, &path, 0) == CURLUE_OK) {
		curl_url_get(parts, CURLUPART_QUERY, &query, 0);
		status = add_canonical(&text, path);
		if (!status && query)
			status = add_query(&text, query);
	}
	curl_free(path);
	curl_free(query);
	if (status)
		buf_free(&text);
	else
		*target = text.data;
	return status;
}

static int no_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory: free some");
}

int url_split(const char *url, char **origin, char **target, struct err *err)
{
	CURLU *parts = workload_parse_url((struct place){ 0 }, url, err);
	int status;

	if (!parts)
		return -1;
	*target = NULL;
	*origin = origin_of(parts);
	status = *origin ? target_of(parts, target) : -ENOMEM;
	curl_url_cleanup(parts);
	if (!status)
		return 0;
	free(*origin);
	*origin = NULL;
	if (status == -E2BIG)
		return err_set(err, EXIT_USAGE, "the URL is longer than %d bytes: shorten it",
			       CRAWL_URL_MAX);
	return no_memory(err);
}

/* A scheme that is neither http nor https: "mailto:", "javascript:", "data:". */
static bool is_foreign(const char *ref)
{
	size_t len = 0;

	if (!isalpha((unsigned char)ref[0]))
		return false;
	while (isalnum((unsigned char)ref[len]) || (ref[len] && strchr("+-.", ref[len])))
		len++;
	if (ref[len] != ':')
		return false;
	return !(len == 4 && strncasecmp(ref, "http", 4) == 0) &&
	       !(len == 5 && strncasecmp(ref, "https", 5) == 0);
}

/* A copy of @ref as the WHATWG standard trims it: no blanks around, no line breaks or tabs in. */
static char *trim(const char *ref)
{
	char *copy, *to;

	while (isspace((unsigned char)*ref))
		ref++;
	copy = to = calloc(1, strlen(ref) + 1);
	if (!copy)
		return NULL;
	for (; *ref; ref++) {
		if (*ref != '\n' && *ref != '\r' && *ref != '\t')
			*to++ = *ref;
	}
	while (to > copy && to[-1] == ' ')
		*--to = '\0';
	return copy;
}

/* Sets @parts to @ref relative to @page. 0, -EINVAL or -ENOMEM. */
static int resolve(CURLU *parts, const char *origin, const char *page, const char *ref)
{
	const unsigned int flags = CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME;
	char *base;
	CURLUcode code;

	if (asprintf(&base, "%s%s", origin, page) < 0)
		return -ENOMEM;
	code = curl_url_set(parts, CURLUPART_URL, base, CURLU_NON_SUPPORT_SCHEME);
	free(base);
	if (!code)
		code = curl_url_set(parts, CURLUPART_URL, ref, flags);
	return code == CURLUE_OUT_OF_MEMORY ? -ENOMEM : code ? -EINVAL : 0;
}

static int resolve_trimmed(const char *origin, const char *page, const char *ref, char **target)
{
	char *user = NULL, *own;
	CURLU *parts;
	int status;

	if (!*ref || *ref == '#')
		return -ENOENT;
	if (is_foreign(ref))
		return -EXDEV;
	parts = curl_url();
	if (!parts)
		return -ENOMEM;
	status = resolve(parts, origin, page, ref);
	if (!status) {
		own = origin_of(parts);
		if (!own || strcmp(own, origin) != 0 ||
		    curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK)
			status = -EXDEV;
		free(own);
		curl_free(user);
	}
	if (!status)
		status = target_of(parts, target);
	curl_url_cleanup(parts);
	return status;
}

int url_resolve(const char *origin, const char *page, const char *ref, char **target)
{
	char *trimmed;
	int status;

	if (strnlen(ref, CRAWL_URL_MAX + 1) > CRAWL_URL_MAX)
		return -E2BIG;
	trimmed = trim(ref);
	if (!trimmed)
		return -ENOMEM;
	status = resolve_trimmed(origin, page, trimmed, target);
	free(trimmed);
	return status;
}

struct slot_names {
	char name[TEMPLATE_SLOTS_MAX][TEMPLATE_NAME_MAX];
	size_t nr;
};

/* Replaces each "{name}" of @ref by its mark; no '}' behind a '{': the brace stays. */
static int mark_slots(const char *ref, struct slot_names *slots, struct buf *marked)
{
	while (*ref) {
		const char *end = *ref == '{' ? strchr(ref, '}') : NULL;

		if (!end) {
			buf_add(marked, ref++, 1);
			continue;
		}
		if (slots->nr == TEMPLATE_SLOTS_MAX)
			return -E2BIG;
		template_name(ref + 1, (size_t)(end - ref - 1), slots->name[slots->nr]);
		buf_printf(marked, "%s%zX", SLOT_MARK, slots->nr++);
		ref = end + 1;
	}
	return marked->failed;
}

/* The opposite, and no name twice. */
static int name_slots(const char *text, const struct slot_names *slots, char **tmpl)
{
	struct buf named = buf_init(CRAWL_URL_MAX);
	const size_t mark_len = strlen(SLOT_MARK);
	int status;

	while (*text) {
		size_t i = slots->nr;

		if (strncmp(text, SLOT_MARK, mark_len) == 0 &&
		    isxdigit((unsigned char)text[mark_len]))
			i = (size_t)strtoul((char[]){ text[mark_len], '\0' }, NULL, 16);
		if (i >= slots->nr) {
			buf_add(&named, text++, 1);
			continue;
		}
		template_add_slot(&named, slots->name[i]);
		text += mark_len + 1;
	}
	status = named.failed;
	if (status)
		buf_free(&named);
	else
		*tmpl = named.data;
	return status;
}

int url_resolve_template(const char *origin, const char *page, const char *ref, char **tmpl)
{
	struct buf marked = buf_init(CRAWL_URL_MAX);
	struct slot_names *slots;
	char *target = NULL;
	int status;

	if (strstr(ref, SLOT_MARK))
		return -EINVAL;
	slots = calloc(1, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	status = mark_slots(ref, slots, &marked);
	if (!status)
		status = url_resolve(origin, page, marked.data ? marked.data : "", &target);
	if (!status)
		status = name_slots(target, slots, tmpl);
	free(target);
	free(slots);
	buf_free(&marked);
	return status;
}

char *url_encode(const char *value)
{
	struct buf text = buf_init(3 * strlen(value) + 1);
	const unsigned char *s = (const unsigned char *)value;

	for (; *s; s++) {
		if (isalnum(*s) || strchr("-._~", *s))
			buf_add(&text, s, 1);
		else
			buf_printf(&text, "%%%02X", *s);
	}
	if (!text.data)
		buf_puts(&text, "");
	if (text.failed)
		buf_free(&text);
	return text.data;
}

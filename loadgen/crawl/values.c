// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/template.h"
#include "loadgen/crawl/url.h"
#include "loadgen/crawl/values.h"

#define SUFFIX_LEN_MIN 2

/* "productId", "product_id" and "product-id" are one name. */
static void normalise(const char *name, size_t len, char plain[TEMPLATE_NAME_MAX])
{
	size_t i, out = 0;

	for (i = 0; i < len && out < TEMPLATE_NAME_MAX - 1; i++) {
		if (isalnum((unsigned char)name[i]))
			plain[out++] = (char)tolower((unsigned char)name[i]);
	}
	plain[out] = '\0';
}

static struct value_set *find(const struct values *v, const char *plain)
{
	size_t i;

	for (i = 0; i < v->nr; i++) {
		if (strcmp(v->set[i].name, plain) == 0)
			return &v->set[i];
	}
	return NULL;
}

/* The set @plain, made when it is not there; NULL with *@status 0 when there is no room. */
static struct value_set *find_or_add(struct values *v, const char *plain, int *status)
{
	struct value_set *set = find(v, plain);

	*status = 0;
	if (set || v->nr == VALUES_NAMES_MAX)
		return set;
	*status = -ENOMEM;
	set = realloc(v->set, (v->nr + 1) * sizeof(*set));
	if (!set)
		return NULL;
	v->set = set;
	set = &v->set[v->nr];
	*set = (struct value_set){ .name = strdup(plain) };
	if (!set->name)
		return NULL;
	v->nr++;
	*status = 0;
	return set;
}

int values_add(struct values *v, const char *name, size_t name_len, const char *value)
{
	char plain[TEMPLATE_NAME_MAX];
	struct value_set *set;
	char *encoded;
	size_t i;
	int status;

	normalise(name, name_len, plain);
	if (!*plain || !*value || strnlen(value, VALUES_LEN_MAX + 1) > VALUES_LEN_MAX)
		return 0;
	set = find_or_add(v, plain, &status);
	if (!set || set->nr == VALUES_PER_NAME_MAX)
		return status;
	encoded = url_encode(value);
	if (!encoded)
		return -ENOMEM;
	for (i = 0; i < set->nr; i++) {
		if (strcmp(set->value[i], encoded) == 0) {
			free(encoded);
			return 0;
		}
	}
	set->value[set->nr++] = encoded;
	return 0;
}

void values_free(struct values *v)
{
	size_t i, k;

	for (i = 0; i < v->nr; i++) {
		for (k = 0; k < v->set[i].nr; k++)
			free(v->set[i].value[k]);
		free(v->set[i].name);
	}
	free(v->set);
	*v = (struct values){ 0 };
}

static size_t add_candidates(const struct value_set *set, const char **list, size_t nr, size_t most)
{
	size_t i, k;

	for (i = 0; set && i < set->nr && nr < most; i++) {
		for (k = 0; k < nr && strcmp(list[k], set->value[i]) != 0; k++)
			;
		if (k == nr)
			list[nr++] = set->value[i];
	}
	return nr;
}

static bool is_suffix(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return end_len >= SUFFIX_LEN_MIN && len > end_len && strcmp(text + len - end_len, end) == 0;
}

size_t values_candidates(const struct values *v, const char *name, size_t name_len,
			 const char *context, size_t context_len, bool ids, const char **list,
			 size_t most)
{
	char plain[TEMPLATE_NAME_MAX], one[TEMPLATE_NAME_MAX];
	bool nothing;
	size_t nr, i;

	normalise(name, name_len, plain);
	nr = add_candidates(find(v, plain), list, 0, most);
	if (context_len) {
		template_singular(context, context_len, one);
		normalise(one, strlen(one), one);
		nr = add_candidates(find(v, one), list, nr, most);
	}
	for (i = 0; i < v->nr; i++) {
		if (is_suffix(v->set[i].name, plain) || is_suffix(plain, v->set[i].name))
			nr = add_candidates(&v->set[i], list, nr, most);
	}
	/* Whatever it is called, it may be one of the ids that the site gave out. */
	nothing = ids && nr == 0;
	for (i = 0; nothing && i < v->nr; i++) {
		if (is_suffix(v->set[i].name, "id"))
			nr = add_candidates(&v->set[i], list, nr, most);
	}
	return nr;
}

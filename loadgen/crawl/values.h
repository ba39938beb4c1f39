/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values that a site showed, by the name they had there: in JSON answers, query strings, forms.
 * They are what the slots of templates are tried with. Values are percent-encoded.
 */
#ifndef SITU_CRAWL_VALUES_H
#define SITU_CRAWL_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#define VALUES_NAMES_MAX    512
#define VALUES_PER_NAME_MAX 20
#define VALUES_LEN_MAX	    64 /* bytes of a value before it is encoded */

struct value_set {
	char *name; /* lower case, letters and digits only */
	char *value[VALUES_PER_NAME_MAX];
	size_t nr;
};

struct values {
	struct value_set *set;
	size_t nr;
};

/*
 * Adds the plain text @value under @name[@name_len]. One that is there, empty, too long, or beyond
 * the maxima is left out. 0 or -ENOMEM.
 */
int values_add(struct values *v, const char *name, size_t name_len, const char *value);
void values_free(struct values *v);

/*
 * Fills @list with up to @most values for the slot @name[@name_len] that stands behind the path
 * segment @context[@context_len]: those of that name first, then of the segment ("product/{x}":
 * "product"), then of names that one of them ends with ("uuid" for "id"); without any of these, and
 * with @ids, of names that end with "id". Returns how many.
 */
size_t values_candidates(const struct values *v, const char *name, size_t name_len,
			 const char *context, size_t context_len, bool ids, const char **list,
			 size_t most);

#endif

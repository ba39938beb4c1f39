/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts with variables: "/product/{sku}". `{name}` stands for a value, `{{name}}` for itself; a
 * brace before anything but a name is a brace, so that JSON needs no quoting.
 *
 * A value is either drawn from what the workload lists, and then the author's own text, put in as
 * it is; or given by a data file or a server, and then a stranger's, escaped for where it stands.
 * `{+name}` takes a given value without that, except for what would end the line or the URL.
 */
#ifndef SITU_LOADGEN_VARTEXT_H
#define SITU_LOADGEN_VARTEXT_H

#include <stdbool.h>

#include "user/base/types.h"

#define VARTEXT_VARS_MAX 32  /* variables of a workload */
#define VARTEXT_NAME_MAX 130 /* "data.column", with the NUL */

/* A variable: one of the listed values, or a whole number from..to when there are none. */
struct variable {
	char *name;
	char **values;
	unsigned int nr_values;
	s64 *from; /* pointers because "not given" is not zero */
	s64 *to;
	char *per; /* "session": one value for a whole session; NULL, "request": one for each */
};

/* What a name in a text stands for. */
struct symbol {
	const char *name;
	const struct variable *drawn; /* NULL: its value is given */
	bool hidden;		      /* no text may name it (yet) */
};

/* How given values are escaped. */
enum vartext_place {
	VARTEXT_PLAIN,	/* as it is */
	VARTEXT_URL,	/* percent-encoded, RFC 3986; {+name}: all but what no URL holds */
	VARTEXT_HEADER, /* control bytes become '?', with {+name} too */
	VARTEXT_JSON,	/* as within a JSON string */
	VARTEXT_FORM,	/* percent-encoded; {+name}: as it is */
};

struct vartext_part {
	int symbol; /* index, -1: the literal text */
	bool raw;   /* {+name} */
	const struct variable *drawn;
	const char *text; /* points into the source, not terminated */
	size_t len;
};

struct vartext {
	struct vartext_part *parts;
	size_t nr_parts;
	size_t len_max; /* longest possible expansion without given values and the NUL */
	enum vartext_place place;
	bool varies; /* names a symbol */
	bool given;  /* names one whose value is given */
};

/* Values by symbol: for a drawn one its number, below variable_range(), else its text. */
struct vartext_values {
	const u64 *choice;
	const char *const *given;
};

/*
 * Compiles @source, which must outlive @t as @symbols must. 0, -ENOMEM, or -ENOENT with @unknown
 * [VARTEXT_NAME_MAX] set to a name that is not among the @nr @symbols, or hidden.
 */
int vartext_compile(struct vartext *t, const char *source, const struct symbol *symbols, size_t nr,
		    enum vartext_place place, char *unknown);

/* Length of the "{name}", "{+name}" or "{data.column}" that @s begins with, 0: none. */
size_t vartext_reference_len(const char *s);

/* The whole of @source as it is, braces and all. 0 or -ENOMEM. */
int vartext_literal(struct vartext *t, const char *source);
void vartext_free(struct vartext *t);

/* Upper limit of the length of @t with @values, without the NUL. */
size_t vartext_length(const struct vartext *t, const struct vartext_values *values);

/*
 * Writes @t to @to, which has room for vartext_length() + 1 bytes, and a NUL behind it. Returns
 * the length.
 */
size_t vartext_expand(const struct vartext *t, const struct vartext_values *values, char *to);

/* How many values @var can take; 0: more than fit 64 bits. */
u64 variable_range(const struct variable *var);

#endif

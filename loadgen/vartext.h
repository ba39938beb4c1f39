/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts with variables: "/product/{sku}". `{name}` stands for a value, `{{name}}` for itself; a
 * brace before anything but a name is a brace, so that JSON needs no quoting.
 */
#ifndef SITU_LOADGEN_VARTEXT_H
#define SITU_LOADGEN_VARTEXT_H

#include <stdbool.h>

#include "user/base/types.h"

#define VARTEXT_VARS_MAX 32 /* variables of a workload */
#define VARTEXT_NAME_MAX 64

/* A variable: one of the listed values, or a whole number from..to when there are none. */
struct variable {
	char *name;
	char **values;
	unsigned int nr_values;
	s64 *from; /* pointers because "not given" is not zero */
	s64 *to;
};

struct vartext_part {
	int var;	  /* index of the variable, -1: the literal text */
	const char *text; /* points into the source, not terminated */
	size_t len;
};

struct vartext {
	struct vartext_part *parts;
	size_t nr_parts;
	size_t len_max; /* longest possible expansion, without the NUL */
	bool varies;	/* names a variable */
};

/*
 * Compiles @source, which must outlive @t. 0, -ENOMEM, or -ENOENT with @unknown
 * [VARTEXT_NAME_MAX] set to the name of a variable that is not among @nr @vars.
 */
int vartext_compile(struct vartext *t, const char *source, const struct variable *vars, size_t nr,
		    char *unknown);

/* The whole of @source as it is, braces and all. 0 or -ENOMEM. */
int vartext_literal(struct vartext *t, const char *source);
void vartext_free(struct vartext *t);

/*
 * Writes @t to @to, which has room for t->len_max + 1 bytes, and a NUL behind it. @choice[v] is
 * the number of the value that variable v takes, below variable_range(). Returns the length.
 */
size_t vartext_expand(const struct vartext *t, const struct variable *vars, const u64 *choice,
		      char *to);

/* How many values @var can take. */
u64 variable_range(const struct variable *var);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The environment of a program that is to be started. */
#ifndef SITU_EXPERIMENT_ENV_H
#define SITU_EXPERIMENT_ENV_H

#include <stddef.h>

struct env {
	char **item; /* "NAME=value", NULL-terminated; owned */
	size_t nr;
	int failed; /* -ENOMEM: set once, everything added later is ignored */
};

/* Fills the empty @env with this process's environment. Returns env->failed. */
int env_inherit(struct env *env);

/* Sets the variable that "NAME=value" names. Returns env->failed. */
int env_set(struct env *env, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void env_free(struct env *env);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/experiment/env.h"

static int fail(struct env *env)
{
	return env->failed = -ENOMEM;
}

static int append(struct env *env, char *text)
{
	char **item = text ? reallocarray(env->item, env->nr + 2, sizeof(*item)) : NULL;

	if (!item) {
		free(text);
		return fail(env);
	}
	env->item = item;
	item[env->nr++] = text;
	item[env->nr] = NULL;
	return 0;
}

int env_inherit(struct env *env)
{
	char **e;

	for (e = environ; *e && !env->failed; e++)
		append(env, strdup(*e));
	return env->failed;
}

int env_set(struct env *env, const char *fmt, ...)
{
	char *text;
	va_list ap;
	size_t len, i;
	int ret;

	if (env->failed)
		return env->failed;
	va_start(ap, fmt);
	ret = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (ret < 0)
		return fail(env);
	len = strcspn(text, "=") + 1;
	for (i = 0; i < env->nr; i++) {
		if (strncmp(env->item[i], text, len) != 0)
			continue;
		free(env->item[i]);
		env->item[i] = text;
		return 0;
	}
	return append(env, text);
}

void env_free(struct env *env)
{
	while (env->nr > 0)
		free(env->item[--env->nr]);
	free(env->item);
	*env = (struct env){ 0 };
}

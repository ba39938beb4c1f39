/* SPDX-License-Identifier: GPL-2.0-only */
/* {{words}} in commands and environment values. Pure. */
#ifndef SITU_EXPERIMENT_WORDS_H
#define SITU_EXPERIMENT_WORDS_H

#include "user/base/buf.h"
#include "user/experiment/plan.h"

#define WORDS_MAX 128

struct words_scope {
	const struct plan *plan;
	unsigned int placement;
	unsigned int service; /* whose {{dir}} and {{cpus}} are meant */
	const char *dir;
	const char *prepared;
	const char *bin;
	const char *cgroup;
	bool shell; /* the text goes to a shell: paths that it would take apart are refused */
};

/*
 * Adds @text to @out with its {{words}} replaced: {{host.X}}, {{port.X}}, {{dir}}, {{here}},
 * {{prepared}}, {{cpus}}, {{bin}}, {{cgroup}}. Returns 0, -ENOMEM or -E2BIG of the buffer, or
 * -EINVAL with what is wrong in @problem[@size]: "unknown word '{{hots.redis}}': did you mean
 * '{{host.redis}}'?".
 */
int words_expand(const struct words_scope *scope, const char *text, struct buf *out, char *problem,
		 size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds a text in a body that arrives in pieces, without keeping the body: Knuth, Morris, Pratt
 * (1977). The state is how much of the text matches so far.
 */
#ifndef SITU_LOADGEN_MATCH_H
#define SITU_LOADGEN_MATCH_H

#include <stddef.h>

#include "user/base/types.h"

#define MATCH_LEN_MAX 4096

/* The fallback table of @needle (1 to MATCH_LEN_MAX bytes), owned by the caller, or NULL. */
u16 *match_compile(const char *needle);

/*
 * Feeds @data[@len] into @state (0 before the first piece). Returns the new state, the length of
 * @needle when it was found: it then stays there.
 */
size_t match_feed(const char *needle, const u16 *fallback, size_t state, const char *data,
		  size_t len);

#endif

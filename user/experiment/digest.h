/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-256 of what an experiment is made of. */
#ifndef SITU_EXPERIMENT_DIGEST_H
#define SITU_EXPERIMENT_DIGEST_H

#include <stddef.h>

#define DIGEST_TEXT 65 /* hexadecimal, with the NUL */

/* Writes the digest of @data[@len], as sha256sum(1) shows it. 0, or -EIO when it cannot be made. */
int digest_hex(const void *data, size_t len, char hex[DIGEST_TEXT]);

#endif

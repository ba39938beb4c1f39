// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include <gnutls/crypto.h>

#include "user/experiment/digest.h"

int digest_hex(const void *data, size_t len, char hex[DIGEST_TEXT])
{
	unsigned char raw[(DIGEST_TEXT - 1) / 2];
	size_t i;

	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, data, len, raw) < 0)
		return -EIO;
	for (i = 0; i < sizeof(raw); i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	return 0;
}

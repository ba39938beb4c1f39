// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "user/base/types.h"
#include "user/attribute/address.h"

const char *address_text(char *buf, size_t size, const struct addr *addr, unsigned int port)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };
	int v4 = memcmp(addr->byte, mapped, sizeof(mapped)) == 0;
	char text[INET6_ADDRSTRLEN];

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &addr->byte[12] : addr->byte, text, sizeof(text));
	if (!port)
		snprintf(buf, size, "%s", text);
	else
		snprintf(buf, size, v4 ? "%s:%u" : "[%s]:%u", text, port);
	return buf;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SITU_ATTRIBUTE_ADDRESS_H
#define SITU_ATTRIBUTE_ADDRESS_H

#include <stddef.h>

#include "bpf/contract.h"

#define ADDRESS_TEXT 64

/* Writes "10.0.0.2:80" or "[fe80::1]:80", without the port when @port is 0. Returns @buf. */
const char *address_text(char *buf, size_t size, const struct addr *addr, unsigned int port);

#endif

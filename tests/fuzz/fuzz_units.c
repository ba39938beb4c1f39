// SPDX-License-Identifier: GPL-2.0-only
/* Any text is a quantity or -EINVAL; what is printed fits and can be read back. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), out[UNITS_TEXT];
	u64 value, back;
	int err;

	assert(text);
	err = units_parse_duration(text, &value);
	assert(err == 0 || err == -EINVAL);
	if (!err) {
		units_duration(out, sizeof(out), value);
		assert(strlen(out) < sizeof(out) - 1 && !units_parse_duration(out, &back));
	}
	err = units_parse_bytes(text, &value);
	assert(err == 0 || err == -EINVAL);
	if (!err) {
		units_bytes(out, sizeof(out), value);
		assert(strlen(out) < sizeof(out) - 1);
		/* Printing 8191 PiB rounds to what is refused. */
		assert(value > 1ULL << 62 || !units_parse_bytes(out, &back));
	}
	free(text);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* What text_clean() lets through is bounded, clean, and stays as it is when cleaned again. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room, len;
	char *from, *once, *twice;
	int columns;

	if (size < 1)
		return 0;
	room = data[0] + 1U;
	from = strndup((const char *)data + 1, size - 1);
	once = malloc(room);
	twice = malloc(room);
	assert(from && once && twice);
	len = text_clean(once, room, from);
	assert(len < room && once[len] == '\0' && strlen(once) == len);
	assert(!strpbrk(once, "\n\r\t\033\177"));
	assert(text_clean(twice, room, once) == len && memcmp(once, twice, len) == 0);
	for (columns = 0; columns < 4; columns++)
		assert(text_fit(once, columns) <= len);
	assert(text_fit(once, text_width(once)) <= len);
	free(from);
	free(once);
	free(twice);
	return 0;
}

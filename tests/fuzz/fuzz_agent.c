// SPDX-License-Identifier: GPL-2.0-only
/* What comes from outside to the agent: an Accept header, a method and a path, an address. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/agent/listen.h"
#include "user/agent/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), again[LISTEN_TEXT];
	struct listen_addr addr, back;
	struct err err = { 0 };
	unsigned int status;

	assert(text);
	assert(route_text(text) == OPENMETRICS_OLDER ||
	       strcasestr(text, "application/openmetrics-text"));
	status = route_status(route_page("GET", text));
	assert(status == 200 || status == 404);
	status = route_status(route_page(text, "/metrics"));
	assert(status == 200 || status == 405);
	if (!listen_parse(text, &addr, &err)) {
		listen_text(&addr, again);
		assert(!listen_parse(again, &back, &err));
		assert(addr.len == back.len && memcmp(&addr.v6, &back.v6, sizeof(back.v6)) == 0);
	}
	free(text);
	return 0;
}

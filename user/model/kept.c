// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "user/base/text.h"
#include "user/model/kept.h"

static void span_free(struct kept_span *span)
{
	free(span->client);
	free(span->server);
	free(span->server_addr);
}

struct kept_span *kept_add_span(struct kept_trace *trace, const char *client, const char *server,
				const char *server_addr)
{
	size_t nr = trace->nr_spans;
	struct kept_span *grown, *span;

	/* The room doubles at each power of two. */
	if ((nr & (nr - 1)) == 0) {
		grown = realloc(trace->spans, (nr ? 2 * nr : 1) * sizeof(*grown));
		if (!grown)
			return NULL;
		trace->spans = grown;
	}
	span = &trace->spans[nr];
	*span = (struct kept_span){
		.parent = KEPT_ROOT,
		.client = text_dup(client),
		.server = text_dup(server),
		.server_addr = text_dup(server_addr),
	};
	if (!span->client || !span->server || !span->server_addr) {
		span_free(span);
		return NULL;
	}
	trace->nr_spans++;
	return span;
}

void kept_free(struct kept_trace *trace)
{
	size_t i;

	for (i = 0; i < trace->nr_spans; i++)
		span_free(&trace->spans[i]);
	free(trace->spans);
	free(trace->endpoint);
	free(trace->flaws);
	*trace = (struct kept_trace){ 0 };
}

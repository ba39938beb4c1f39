// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as a workload file: one whose sessions can be walked, or one line of what is wrong. */
#include <stdlib.h>
#include <string.h>

#include "loadgen/session.h"
#include "user/base/config.h"

#define STEPS_MAX 200 /* walked of a session */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Expands all texts of the request that @run stands at, or of the endpoint @t. */
static void expand(const struct workload *w, const struct session_run *run,
		   const struct schedule *schedule, const struct target *t)
{
	const struct vartext *texts[] = { &t->path_template, &t->body_template };
	struct session_values drawn;
	const struct vartext_values values = { drawn.choice, drawn.given };
	size_t i, room;
	char *text;

	session_values(w, run, schedule, 3, &drawn);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		room = vartext_length(texts[i], &values) + 1;
		text = malloc(room);
		if (!text || vartext_expand(texts[i], &values, text) >= room)
			abort();
		free(text);
	}
}

static void walk(const struct workload *w, const struct user_session *session)
{
	static const char body[] = "{\"a\":[{\"b\":1},{\"b\":\"c\"}],\"\":\"d e\"}";
	const struct schedule schedule = { .seed = 1 };
	struct session_run run = { 0 };
	CURL *easy = curl_easy_init();
	unsigned int nr = 0;
	char why[256];

	if (!easy || session_begin(&run, session, &schedule, 3))
		abort();
	do {
		const struct target *t = &w->targets[session_step(&run)->target];
		struct answer answer = { .body = body, .len = sizeof(body) - 1 };

		expand(w, &run, &schedule, t);
		why[0] = '\0';
		if (session_extract(&run, t, &answer, easy, why, sizeof(why)) && !why[0])
			abort();
		answer_free(&answer);
	} while (++nr < STEPS_MAX && session_next(&run));
	session_end(&run);
	curl_easy_cleanup(easy);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct session_run none = { 0 };
	const struct schedule schedule = { .seed = 1 };
	struct err err = { 0 };
	struct workload *w;
	unsigned int i;

	if (size > CONFIG_BYTES_MAX)
		return -1;
	w = workload_parse("w.yaml", (const char *)data, size, &err);
	if (!w && (err.code == EXIT_OK || !err.text[0] || strchr(err.text, '\n')))
		abort();
	if (w && (err.code != EXIT_OK || !(w->mean_requests > 0)))
		abort();
	for (i = 0; w && i < w->nr_endpoints; i++)
		expand(w, &none, &schedule, &w->targets[i]);
	for (i = 0; w && i < w->nr_sessions; i++)
		walk(w, &w->sessions[i]);
	workload_free(w);
	return 0;
}

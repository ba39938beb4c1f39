// SPDX-License-Identifier: GPL-2.0-only
/* Sessions of a workload file, made into steps that can be walked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/workload_check.h"
#include "user/base/units.h"

#define REPEAT_MAX   10000
#define REQUESTS_MAX 100000 /* of a session, if every chance comes true */
#define THINK_MAX_NS (86400 * NSEC_PER_SEC)
#define DURATION_LEN 31

static int parse_duration(const char *text, size_t len, u64 *ns)
{
	char one[DURATION_LEN + 1];

	if (len > DURATION_LEN)
		return -1;
	memcpy(one, text, len);
	one[len] = '\0';
	return units_parse_duration(one, ns) || *ns > THINK_MAX_NS ? -1 : 0;
}

int check_range(struct place at, const char *text, struct range *range, struct err *err)
{
	const char *dash = text ? strchr(text, '-') : NULL;
	const char *to = dash ? dash + 1 : text;

	*range = (struct range){ 0 };
	if (!text)
		return 0;
	if (parse_duration(to, strlen(to), &range->max_ns) ||
	    parse_duration(text, dash ? (size_t)(dash - text) : strlen(text), &range->min_ns) ||
	    range->min_ns > range->max_ns)
		return check_mistake(
			at, err,
			"'%.60s' is no time or range up to a day: write '500ms', or '1s-3s' "
			"for one in between",
			text);
	return 0;
}

/* "30%" or "0.3" into millionths. */
static int check_chance(struct place at, const char *text, u32 *chance, struct err *err)
{
	double share, scale = CHANCE_ALWAYS;
	char *end;

	*chance = CHANCE_ALWAYS;
	if (!text)
		return 0;
	share = strtod(text, &end);
	end += end != text && *end == ' ';
	if (end != text && *end == '%') {
		scale /= 100;
		end++;
	}
	/* Written so that a NaN fails. */
	if (end != text && !*end && share * scale >= 1 && share * scale <= CHANCE_ALWAYS) {
		*chance = (u32)(share * scale + 0.5);
		return 0;
	}
	return check_mistake(at, err, "chance '%.60s': write a share above 0 such as 30%% or 0.3",
			     text);
}

static int check_odds(const struct check *c, const char *prefix, const struct target *item,
		      struct odds *odds)
{
	odds->repeat = item->repeat ? *item->repeat : 1;
	if (odds->repeat < 1 || odds->repeat > REPEAT_MAX)
		return check_mistake(check_place(c, "%s/repeat", prefix), c->err,
				     "repeat %u: give a number from 1 to %d", odds->repeat,
				     REPEAT_MAX);
	return check_chance(check_place(c, "%s/chance", prefix), item->chance, &odds->chance,
			    c->err);
}

static int check_first(const struct check *c, const char *prefix, const struct odds *odds)
{
	if (odds->chance == CHANCE_ALWAYS)
		return 0;
	return check_mistake(check_place(c, "%s/chance", prefix), c->err,
			     "a session begins with its first step: that has no chance");
}

/* Whether a value is there for every step that follows, or only within its block. */
static void reveal(const struct check *c, struct user_session *session, const struct target *t)
{
	unsigned int i;

	for (i = 0; i < t->nr_extract; i++)
		session->symbols[c->w->nr_symbols + t->extract[i].value].hidden = false;
}

static int add_step(const struct check *c, struct user_session *session, const char *prefix,
		    const struct target *raw)
{
	struct step *step = &session->steps[session->nr_steps];
	const char *think = raw->think ? raw->think : session->think;
	struct target *t;

	step->target = c->w->nr_targets;
	if (check_odds(c, prefix, raw, &step->odds) ||
	    (!session->nr_steps && check_first(c, prefix, &step->odds)) ||
	    check_range(check_place(c, "%s/think", prefix), think, &step->think, c->err) ||
	    check_request(c, prefix, raw, session->symbols, session->nr_symbols))
		return -1;
	t = &c->w->targets[step->target];
	if (check_extracts(c, prefix, session, t))
		return -1;
	session->nr_steps++;
	if (step->odds.chance == CHANCE_ALWAYS)
		reveal(c, session, t);
	return 0;
}

static int check_group(const struct check *c, const char *prefix, const struct target *item)
{
	if (!item->steps && !item->path)
		return check_mistake(check_place(c, "%s", prefix), c->err,
				     "a step needs 'path', or 'steps' for a group: add one");
	if (item->steps && (item->path || item->name || item->method || item->headers ||
			    item->body || item->expect || item->think || item->extract))
		return check_mistake(check_place(c, "%s", prefix), c->err,
				     "a group has repeat, chance and steps: put the rest into the "
				     "steps");
	return 0;
}

/* One entry of the session's `steps`: a request, or a group of them. */
static int add_block(const struct check *c, struct user_session *session, const char *prefix,
		     const struct target *item)
{
	struct block *block = &session->blocks[session->nr_blocks++];
	bool hidden[WORKLOAD_EXTRACTS_MAX] = { false };
	char inner[96];
	unsigned int i;

	*block = (struct block){ .odds = { 1, CHANCE_ALWAYS }, .first = session->nr_steps };
	if (check_group(c, prefix, item))
		return -1;
	if (item->path) {
		block->nr = 1;
		return add_step(c, session, prefix, item);
	}
	if (check_odds(c, prefix, item, &block->odds) ||
	    (!block->first && check_first(c, prefix, &block->odds)))
		return -1;
	for (i = 0; i < session->nr_values; i++)
		hidden[i] = session->symbols[c->w->nr_symbols + i].hidden;
	for (i = 0; i < item->nr_steps; i++) {
		snprintf(inner, sizeof(inner), "%s/steps/%u", prefix, i);
		if (add_step(c, session, inner, &item->steps[i]))
			return -1;
	}
	block->nr = item->nr_steps;
	/* What a group extracts that may be left out, only its own steps have. */
	for (i = 0; block->odds.chance != CHANCE_ALWAYS && i < session->nr_values; i++)
		session->symbols[c->w->nr_symbols + i].hidden = hidden[i];
	return 0;
}

static int add_value(const struct check *c, struct user_session *session, const char *at,
		     const char *name)
{
	unsigned int i;

	if (check_word(check_place(c, "%s/name", at), "variable", name, c->err))
		return -1;
	for (i = 0; i < session->nr_symbols; i++) {
		if (strcmp(session->symbols[i].name, name) != 0)
			continue;
		if (i >= c->w->nr_symbols)
			return 0; /* a later answer replaces the value */
		return check_mistake(check_place(c, "%s/name", at), c->err,
				     "'%s' is one of vars already: take another name", name);
	}
	if (session->nr_values == WORKLOAD_EXTRACTS_MAX ||
	    session->nr_symbols == WORKLOAD_SYMBOLS_MAX)
		return check_mistake(check_place(c, "%s/name", at), c->err,
				     "too many names are extracted: take some out");
	session->symbols[session->nr_symbols++] = (struct symbol){ .name = name, .hidden = true };
	session->nr_values++;
	return 0;
}

static int add_values(const struct check *c, struct user_session *session, const char *prefix,
		      const struct target *step)
{
	unsigned int i;
	char at[128];

	for (i = 0; i < step->nr_extract; i++) {
		snprintf(at, sizeof(at), "%s/extract/%u", prefix, i);
		if (add_value(c, session, at, step->extract[i].name))
			return -1;
	}
	for (i = 0; i < step->nr_steps; i++) {
		snprintf(at, sizeof(at), "%s/steps/%u", prefix, i);
		if (add_values(c, session, at, &step->steps[i]))
			return -1;
	}
	return 0;
}

/* Room for what a session has at most: the symbols must not move once texts name them. */
static int make_session(const struct check *c, struct user_session *session)
{
	unsigned int i, nr_steps = 0;

	for (i = 0; i < session->nr_items; i++)
		nr_steps += session->items[i].nr_steps ? session->items[i].nr_steps : 1;
	session->blocks = calloc(session->nr_items + 1, sizeof(*session->blocks));
	session->steps = calloc(nr_steps + 1, sizeof(*session->steps));
	session->symbols =
		calloc(c->w->nr_symbols + WORKLOAD_EXTRACTS_MAX, sizeof(*session->symbols));
	if (!session->blocks || !session->steps || !session->symbols)
		return check_no_memory(c->err);
	memcpy(session->symbols, c->w->symbols, c->w->nr_symbols * sizeof(*session->symbols));
	session->nr_symbols = c->w->nr_symbols;
	return 0;
}

static int check_length(const struct check *c, unsigned int i)
{
	const struct user_session *session = &c->w->sessions[i];
	unsigned int b, s;
	u64 nr = 0;

	for (b = 0; b < session->nr_blocks; b++) {
		const struct block *block = &session->blocks[b];

		for (s = 0; s < block->nr; s++)
			nr += (u64)block->odds.repeat *
			      session->steps[block->first + s].odds.repeat;
	}
	if (nr <= REQUESTS_MAX)
		return 0;
	return check_mistake(check_place(c, "sessions/%u/steps", i), c->err,
			     "%llu requests in one session are more than %d: repeat less",
			     (unsigned long long)nr, REQUESTS_MAX);
}

int check_session(const struct check *c, unsigned int i)
{
	struct user_session *session = &c->w->sessions[i];
	char prefix[64];
	unsigned int k;

	for (k = 0; k < i; k++) {
		if (strcmp(c->w->sessions[k].name, session->name) == 0)
			return check_mistake(check_place(c, "sessions/%u/name", i), c->err,
					     "session '%s' is there twice: rename one",
					     session->name);
	}
	if (check_range(check_place(c, "sessions/%u/pause", i), session->pause,
			&session->pause_range, c->err) ||
	    make_session(c, session))
		return -1;
	for (k = 0; k < session->nr_items; k++) {
		snprintf(prefix, sizeof(prefix), "sessions/%u/steps/%u", i, k);
		if (add_values(c, session, prefix, &session->items[k]))
			return -1;
	}
	for (k = 0; k < session->nr_items; k++) {
		snprintf(prefix, sizeof(prefix), "sessions/%u/steps/%u", i, k);
		if (add_block(c, session, prefix, &session->items[k]))
			return -1;
	}
	return check_length(c, i);
}

static double mean_of(const struct odds *odds)
{
	return odds->repeat * ((double)odds->chance / CHANCE_ALWAYS);
}

double session_mean_requests(const struct user_session *session)
{
	double sum = 0;
	unsigned int i, k;

	for (i = 0; i < session->nr_blocks; i++) {
		const struct block *block = &session->blocks[i];
		double steps = 0;

		for (k = 0; k < block->nr; k++)
			steps += mean_of(&session->steps[block->first + k].odds);
		sum += mean_of(&block->odds) * steps;
	}
	return sum;
}

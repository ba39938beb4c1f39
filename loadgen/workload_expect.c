// SPDX-License-Identifier: GPL-2.0-only
/* What an answer must be, and what is taken out of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/match.h"
#include "loadgen/workload_check.h"

#define STATUS_MIN 200

static void add_statuses(struct expect *expect, unsigned int from, unsigned int to)
{
	for (; from <= to; from++)
		expect->statuses[from / 64] |= 1ULL << from % 64;
}

/* Takes one of "200", "2xx" off the front of @text. Returns its length, 0: it is none. */
static size_t take_status(const char *text, struct expect *expect)
{
	size_t len = strcspn(text, ", ");
	unsigned int status;

	if (len != 3 || text[0] < '2' || text[0] > '5')
		return 0;
	status = (unsigned int)(text[0] - '0') * 100;
	if (text[1] == 'x' && text[2] == 'x') {
		add_statuses(expect, status, status + 99);
		return len;
	}
	if (text[1] < '0' || text[1] > '9' || text[2] < '0' || text[2] > '9')
		return 0;
	status += (unsigned int)(text[1] - '0') * 10 + (unsigned int)(text[2] - '0');
	add_statuses(expect, status, status);
	return len;
}

static int check_statuses(struct place at, struct expect *expect, struct err *err)
{
	const char *text = expect->status;
	size_t len;

	for (text += strspn(text, ", "); *text; text += len + strspn(text + len, ", ")) {
		len = take_status(text, expect);
		if (!len)
			return check_mistake(at, err,
					     "status '%.60s': give one from %d to %d, several as "
					     "'200, 204', or a class as 2xx",
					     expect->status, STATUS_MIN, WORKLOAD_STATUS_MAX);
	}
	return 0;
}

bool expect_status(const struct expect *expect, long code)
{
	if (!expect || !expect->status)
		return code < 400;
	return code >= STATUS_MIN && code <= WORKLOAD_STATUS_MAX &&
	       expect->statuses[code / 64] >> code % 64 & 1;
}

static int check_pointer(struct place at, const char *pointer, struct err *err)
{
	if (!pointer || extract_check_pointer(pointer) == 0)
		return 0;
	return check_mistake(at, err,
			     "'%.60s' is no JSON pointer: write '' or '/key/0', '~0' for '~' and "
			     "'~1' for '/' in a key",
			     pointer);
}

int check_expect(const struct check *c, const char *prefix, struct target *t)
{
	struct expect *expect = t->expect;
	unsigned int i;

	if (!expect)
		return 0;
	if (expect->status &&
	    check_statuses(check_place(c, "%s/expect/status", prefix), expect, c->err))
		return -1;
	for (i = 0; i < expect->nr_json; i++) {
		if (check_pointer(check_place(c, "%s/expect/json/%u/pointer", prefix, i),
				  expect->json[i].pointer, c->err))
			return -1;
		t->keeps_body = true;
	}
	if (!expect->contains)
		return 0;
	expect->fallback = match_compile(expect->contains);
	return expect->fallback ? 0 : check_no_memory(c->err);
}

/* Keys of a rule beside name and from; each source allows some and needs one of them. */
struct rule_key {
	const char *name;
	size_t offset;
	bool allowed[EXTRACT_COOKIE + 1];
	bool needed[EXTRACT_COOKIE + 1];
};

#define AT(member)  offsetof(struct extract_rule, member)
#define FOR(source) [EXTRACT_##source] = true
#define ONLY_FOR(...)       \
	{                   \
		__VA_ARGS__ \
	}

static const struct rule_key rule_keys[] = {
	{ "pointer", AT(pointer), ONLY_FOR(FOR(JSON)), ONLY_FOR(FOR(JSON)) },
	{ "list", AT(list), ONLY_FOR(FOR(JSON)), { 0 } },
	{ "where", AT(where), ONLY_FOR(FOR(JSON)), { 0 } },
	{ "pick", AT(pick), ONLY_FOR(FOR(JSON)), { 0 } },
	{ "pattern", AT(pattern), ONLY_FOR(FOR(REGEX), FOR(HEADER), FOR(COOKIE)),
	  ONLY_FOR(FOR(REGEX)) },
	{ "header", AT(header), ONLY_FOR(FOR(HEADER)), ONLY_FOR(FOR(HEADER)) },
	{ "cookie", AT(cookie), ONLY_FOR(FOR(COOKIE)), ONLY_FOR(FOR(COOKIE)) },
};

static int check_rule_keys(const struct check *c, const char *at, const struct extract_rule *rule)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rule_keys); i++) {
		const struct rule_key *key = &rule_keys[i];
		const char *value =
			*(char *const *)(const void *)((const char *)rule + key->offset);

		if (value && !key->allowed[rule->source])
			return check_mistake(check_place(c, "%s/%s", at, key->name), c->err,
					     "'%s' does not go with 'from: %s': take it out",
					     key->name, rule->from);
		if (!value && key->needed[rule->source])
			return check_mistake(check_place(c, "%s/from", at), c->err,
					     "'from: %s' needs '%s': add it", rule->from,
					     key->name);
	}
	if (!rule->list && (rule->where || rule->pick))
		return check_mistake(check_place(c, "%s/%s", at, rule->where ? "where" : "pick"),
				     c->err, "'%s' chooses from a list: add 'list: POINTER'",
				     rule->where ? "where" : "pick");
	return 0;
}

static int compile_pattern(struct place at, struct extract_rule *rule, struct err *err)
{
	char why[200];

	rule->regex = regex_compile(rule->pattern, why, sizeof(why));
	if (rule->regex)
		return 0;
	if (!why[0])
		return check_no_memory(err);
	return check_mistake(at, err, "pattern is wrong (%s): correct it", why);
}

static int check_rule(const struct check *c, const char *at, struct extract_rule *rule)
{
	static const char *const sources[] = { "json", "regex", "header", "cookie" };
	static const char *const picks[] = { "random", "first", "last", "round" };
	unsigned int source, pick;

	if (check_choice(check_place(c, "%s/from", at), rule->from, sources, ARRAY_SIZE(sources),
			 &source, c->err) ||
	    check_choice(check_place(c, "%s/pick", at), rule->pick, picks, ARRAY_SIZE(picks), &pick,
			 c->err))
		return -1;
	rule->source = source;
	rule->picked = pick;
	if (check_rule_keys(c, at, rule) ||
	    check_pointer(check_place(c, "%s/pointer", at), rule->pointer, c->err) ||
	    check_pointer(check_place(c, "%s/list", at), rule->list, c->err) ||
	    check_pointer(check_place(c, "%s/where", at), rule->where, c->err))
		return -1;
	return rule->pattern ? compile_pattern(check_place(c, "%s/pattern", at), rule, c->err) : 0;
}

int check_extracts(const struct check *c, const char *prefix, const struct user_session *session,
		   struct target *t)
{
	unsigned int i, k;
	char at[128];

	for (i = 0; i < t->nr_extract; i++) {
		struct extract_rule *rule = &t->extract[i];

		snprintf(at, sizeof(at), "%s/extract/%u", prefix, i);
		if (check_rule(c, at, rule))
			return -1;
		if (rule->source == EXTRACT_JSON || rule->source == EXTRACT_REGEX)
			t->keeps_body = true;
		for (k = 0; strcmp(session->symbols[c->w->nr_symbols + k].name, rule->name) != 0;)
			k++;
		rule->value = k;
	}
	return 0;
}

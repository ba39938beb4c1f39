// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/robots.h"

#define LINE_LEN_MAX 2048
#define DELAY_MAX_S  86400.0

struct reader {
	struct robots *robots;
	const char *agent;
	bool named; /* a group names the agent: those for '*' do not count */
	bool ours;  /* the group being read is for us */
	bool open;  /* the last line was a User-agent: another one joins the group */
	int failed;
};

/* Greedy, with one point to fall back to: linear in practice, |pattern| * |text| at worst. */
bool robots_match(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	for (;;) {
		if (!*pattern || (*pattern == '$' && !pattern[1] && !*text))
			return true;
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (*text && *pattern == *text) {
			pattern++;
			text++;
		} else if (star && *retry) {
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
}

bool robots_allow(const struct robots *robots, const char *target)
{
	size_t longest = 0, i;
	bool allow = true;

	/* RFC 9309 section 2.2.2: the file itself is always allowed. */
	if (strcmp(target, "/robots.txt") == 0)
		return true;
	for (i = 0; i < robots->nr_rules; i++) {
		const struct robots_rule *rule = &robots->rules[i];
		size_t len = strlen(rule->pattern);

		if (len < longest || !robots_match(rule->pattern, target))
			continue;
		allow = rule->allow || (len == longest && allow && longest > 0);
		longest = len;
	}
	return allow;
}

static void drop_rules(struct robots *robots)
{
	size_t i;

	for (i = 0; i < robots->nr_rules; i++)
		free(robots->rules[i].pattern);
	robots->nr_rules = 0;
	robots->delay_s = 0;
}

/* @value is a product token, of which ours is a case-insensitive equal (section 2.2.1). */
static void read_agent(struct reader *r, const char *value)
{
	size_t len = 0;
	bool any = value[0] == '*', us;

	while (isalpha((unsigned char)value[len]) || value[len] == '_' || value[len] == '-')
		len++;
	us = len == strlen(r->agent) && strncasecmp(value, r->agent, len) == 0;
	if (!r->open)
		r->ours = false;
	r->open = true;
	if (us && !r->named) {
		drop_rules(r->robots);
		r->named = true;
	}
	r->ours |= us || (any && !r->named);
}

/* The pattern with its percent-encoding in the case that targets have. */
static char *canonical(const char *pattern)
{
	char *copy = strdup(pattern), *c;

	for (c = copy; c && *c; c++) {
		if (*c == '%' && isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2])) {
			c[1] = (char)toupper((unsigned char)c[1]);
			c[2] = (char)toupper((unsigned char)c[2]);
		}
	}
	return copy;
}

static void read_rule(struct reader *r, const char *value, bool allow)
{
	struct robots *robots = r->robots;
	struct robots_rule *rules;
	char *pattern;

	if (!r->ours || !*value || robots->nr_rules == ROBOTS_RULES_MAX)
		return;
	rules = realloc(robots->rules, (robots->nr_rules + 1) * sizeof(*rules));
	if (rules)
		robots->rules = rules;
	pattern = rules ? canonical(value) : NULL;
	if (!pattern) {
		r->failed = -ENOMEM;
		return;
	}
	rules[robots->nr_rules++] = (struct robots_rule){ pattern, allow };
}

static void read_delay(struct reader *r, const char *value)
{
	char *end;
	double delay_s = strtod(value, &end);

	if (r->ours && end != value && delay_s >= 0 && delay_s <= DELAY_MAX_S)
		r->robots->delay_s = delay_s;
}

static void read_sitemap(struct reader *r, const char *value)
{
	struct robots *robots = r->robots;

	if (!*value || robots->nr_sitemaps == ROBOTS_SITEMAPS_MAX)
		return;
	robots->sitemaps[robots->nr_sitemaps] = strdup(value);
	if (robots->sitemaps[robots->nr_sitemaps])
		robots->nr_sitemaps++;
	else
		r->failed = -ENOMEM;
}

static char *strip(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

static void read_line(struct reader *r, char *line)
{
	char *value, *key;

	line[strcspn(line, "#")] = '\0';
	value = strchr(line, ':');
	if (!value)
		return;
	*value++ = '\0';
	key = strip(line);
	value = strip(value);
	if (strcasecmp(key, "user-agent") == 0) {
		read_agent(r, value);
		return;
	}
	if (strcasecmp(key, "sitemap") == 0) {
		read_sitemap(r, value);
		return;
	}
	if (strcasecmp(key, "allow") == 0)
		read_rule(r, value, true);
	else if (strcasecmp(key, "disallow") == 0)
		read_rule(r, value, false);
	else if (strcasecmp(key, "crawl-delay") == 0)
		read_delay(r, value);
	else
		return;
	r->open = false;
}

int robots_parse(struct robots *robots, const char *text, size_t len, const char *agent)
{
	struct reader r = { .robots = robots, .agent = agent };
	const char *end = text + (len < ROBOTS_BYTES_MAX ? len : ROBOTS_BYTES_MAX);

	*robots = (struct robots){ 0 };
	/* A byte order mark is not a part of the first key. */
	if (end - text >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (text < end && !r.failed) {
		char line[LINE_LEN_MAX + 1];
		size_t line_len = 0;

		while (text + line_len < end && text[line_len] != '\n' && text[line_len] != '\r')
			line_len++;
		/* One that is cut would forbid, or allow, something else: skipped. */
		if (line_len <= LINE_LEN_MAX) {
			memcpy(line, text, line_len);
			line[line_len] = '\0';
			read_line(&r, line);
		}
		text += line_len + 1;
	}
	return r.failed;
}

void robots_free(struct robots *robots)
{
	size_t i;

	drop_rules(robots);
	free(robots->rules);
	for (i = 0; i < robots->nr_sitemaps; i++)
		free(robots->sitemaps[i]);
	*robots = (struct robots){ 0 };
}

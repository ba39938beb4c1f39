// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/base/opts.h"
#include "user/experiment/words.h"

static const char *const plain_words[] = { "dir", "here", "prepared", "cpus", "bin", "cgroup" };
static const char *const prefixes[] = { "host", "port" };

static const char *plain_value(const struct words_scope *s, const char *word)
{
	const char *const values[] = {
		s->dir,	     s->plan->here,
		s->prepared, plan_host_of(s->plan, s->placement, s->service)->cpus,
		s->bin,	     s->cgroup,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(plain_words); i++) {
		if (strcmp(word, plain_words[i]) == 0)
			return values[i] ? values[i] : "";
	}
	return NULL;
}

/* Says what word was probably meant. */
static int unknown(const struct words_scope *s, const char *word, char *problem, size_t size)
{
	const char *dot = strchr(word, '.'), *near;
	char head[WORDS_MAX];

	snprintf(head, sizeof(head), "%.*s", dot ? (int)(dot - word) : (int)strlen(word), word);
	near = opts_nearest(head, prefixes, ARRAY_SIZE(prefixes));
	if (dot && near && plan_find_service(s->plan, dot + 1) >= 0)
		snprintf(problem, size, "unknown word '{{%s}}': did you mean '{{%s%s}}'?", word,
			 near, dot);
	else if (near)
		snprintf(problem, size, "unknown word '{{%s}}': write {{%s.SERVICE}}", word, near);
	else if (!dot && (near = opts_nearest(head, plain_words, ARRAY_SIZE(plain_words))))
		snprintf(problem, size, "unknown word '{{%s}}': did you mean '{{%s}}'?", word,
			 near);
	else
		snprintf(problem, size,
			 "unknown word '{{%s}}': known are host.SERVICE, port.SERVICE, dir, here, "
			 "prepared, cpus, bin, cgroup",
			 word);
	return -EINVAL;
}

static int unknown_service(const struct words_scope *s, const char *word, const char *name,
			   char *problem, size_t size)
{
	const char *known[256], *near;
	size_t nr;

	for (nr = 0; nr < s->plan->nr_services && nr < ARRAY_SIZE(known); nr++)
		known[nr] = s->plan->services[nr].name;
	near = opts_nearest(name, known, nr);
	if (near)
		snprintf(problem, size, "'{{%s}}' names no service: did you mean '{{%.5s%s}}'?",
			 word, word, near);
	else
		snprintf(problem, size,
			 "'{{%s}}' names no service: write one that 'services' lists", word);
	return -EINVAL;
}

/* Adds the value of {{host.X}} or {{port.X}}. */
static int add_of_service(const struct words_scope *s, const char *word, struct buf *out,
			  char *problem, size_t size)
{
	const char *name = word + strlen("host.");
	int service = plan_find_service(s->plan, name);

	if (service < 0)
		return unknown_service(s, word, name, problem, size);
	if (word[0] == 'h')
		return buf_puts(
			out, plan_host_of(s->plan, s->placement, (unsigned int)service)->address);
	if (s->plan->services[service].port)
		return buf_printf(out, "%u", s->plan->services[service].port);
	snprintf(problem, size, "'{{%s}}': service '%s' has no port: give it one", word, name);
	return -EINVAL;
}

/* True when a shell takes @text as one word, quoted or not. */
static bool shell_safe(const char *text)
{
	for (; *text; text++) {
		bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			     (*text >= '0' && *text <= '9') || (unsigned char)*text >= 0x80;

		if (!plain && !strchr("/._-+,=:@%", *text))
			return false;
	}
	return true;
}

static int add_word(const struct words_scope *s, const char *word, struct buf *out, char *problem,
		    size_t size)
{
	const char *value;

	if (strncmp(word, "host.", 5) == 0 || strncmp(word, "port.", 5) == 0)
		return add_of_service(s, word, out, problem, size);
	if (strcmp(word, "prepared") == 0 && !s->plan->prepare) {
		snprintf(problem, size, "'{{prepared}}' without a 'prepare' command: add one");
		return -EINVAL;
	}
	value = plain_value(s, word);
	if (!value)
		return unknown(s, word, problem, size);
	if (s->shell && !shell_safe(value)) {
		snprintf(problem, size,
			 "'{{%s}}' has characters that a shell takes apart: move it, or write "
			 "\"$SITU_%s\"",
			 word,
			 strcmp(word, "here") == 0  ? "HERE"
			 : strcmp(word, "bin") == 0 ? "BIN"
						    : "DIR");
		return -EINVAL;
	}
	return buf_puts(out, value);
}

/* Copies what stands between @from and @to, without blanks around it. */
static void copy_word(char *word, size_t size, const char *from, const char *to)
{
	while (from < to && *from == ' ')
		from++;
	while (to > from && to[-1] == ' ')
		to--;
	snprintf(word, size, "%.*s", (int)(to - from), from);
}

int words_expand(const struct words_scope *scope, const char *text, struct buf *out, char *problem,
		 size_t size)
{
	const char *open, *close;
	char word[WORDS_MAX];
	int failed;

	while ((open = strstr(text, "{{"))) {
		close = strstr(open, "}}");
		if (!close) {
			snprintf(problem, size, "'{{' without its '}}': close it");
			return -EINVAL;
		}
		buf_add(out, text, (size_t)(open - text));
		copy_word(word, sizeof(word), open + 2, close);
		failed = add_word(scope, word, out, problem, size);
		if (failed)
			return failed;
		text = close + 2;
	}
	return buf_puts(out, text);
}

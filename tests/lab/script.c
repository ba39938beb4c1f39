// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lab/script.h"

#define AMOUNT_MAX 60000000L

static const char *const step_names[] = {
	[STEP_SPIN] = "spin",	[STEP_SLEEP] = "sleep", [STEP_LOCK] = "lock",
	[STEP_READ] = "read",	[STEP_BUSY] = "busy",	[STEP_CALL] = "call",
	[STEP_REDIS] = "redis", [STEP_SQL] = "sql",	[STEP_PARTS] = "parts",
	[STEP_TAG] = "tag",
};

/* Copies the word at *@text, which ends with a byte of @ends, and leaves *@text at that byte. */
static int take_word(const char **text, char *word, const char *ends)
{
	size_t len = strcspn(*text, ends);

	if (!len || len >= SCRIPT_NAME_MAX)
		return -EINVAL;
	memcpy(word, *text, len);
	word[len] = '\0';
	*text += len;
	return 0;
}

/* The length of the text in the parentheses that @text begins with, -1 when they do not close. */
static int inner_len(const char *text)
{
	int depth = 0;

	for (const char *at = text; *at; at++) {
		depth += (*at == '(') - (*at == ')');
		if (!depth)
			return (int)(at - text) - 1;
	}
	return -1;
}

static int take_target(const char **text, struct step *step)
{
	struct target *target = &step->targets[step->nr_targets];

	if (step->nr_targets == STEP_TARGETS_MAX || take_word(text, target->peer, "(,)") ||
	    **text != '(')
		return -EINVAL;
	target->script = *text + 1;
	target->script_len = inner_len(*text);
	if (target->script_len < 0)
		return -EINVAL;
	*text = target->script + target->script_len + 1;
	step->nr_targets++;
	return 0;
}

static int take_targets(const char **text, struct step *step)
{
	while (!step->nr_targets || (**text && **text != ',')) {
		if (take_target(text, step))
			return -EINVAL;
	}
	return 0;
}

static int take_amount(const char **text, struct step *step)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	step->amount = strtol(*text, &end, 10);
	*text = end;
	return step->amount > AMOUNT_MAX ? -EINVAL : 0;
}

static int take_value(const char **text, struct step *step)
{
	if (step->kind == STEP_CALL)
		return take_targets(text, step);
	if (step->kind == STEP_TAG)
		return take_word(text, step->tag, ",");
	return take_amount(text, step);
}

static int find_kind(const char *name, enum step_kind *kind)
{
	for (size_t i = 0; i < sizeof(step_names) / sizeof(*step_names); i++) {
		if (strcmp(step_names[i], name) == 0) {
			*kind = (enum step_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

int script_next(const char **text, struct step *step)
{
	char name[SCRIPT_NAME_MAX];

	memset(step, 0, sizeof(*step));
	if (!**text)
		return 0;
	if (take_word(text, name, "=,") || find_kind(name, &step->kind) || *(*text)++ != '=' ||
	    take_value(text, step))
		return -EINVAL;
	if (**text == ',')
		return *++*text ? 1 : -EINVAL;
	return **text ? -EINVAL : 1;
}

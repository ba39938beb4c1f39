// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/session.h"
#include "user/base/clock.h"

/*
 * Purposes of draws. What holds for a whole arrival comes first; each step that is looked at has a
 * stride of its own behind that, so that no two draws of a session are the same.
 */
#define PURPOSE_ROW    VARTEXT_VARS_MAX /* and one for each data file */
#define PURPOSE_PAUSE  (PURPOSE_ROW + WORKLOAD_DATA_MAX)
#define PURPOSE_THINK  (PURPOSE_PAUSE + 1)
#define PURPOSE_CHANCE (PURPOSE_PAUSE + 2)
#define PURPOSE_GROUP  (PURPOSE_PAUSE + 3)
#define PURPOSE_PICK   (PURPOSE_PAUSE + 4)
#define PURPOSE_STRIDE 64
#define PURPOSE_ROUND  (1ULL << 40) /* beyond the steps; a number for each round behind it */
_Static_assert(PURPOSE_PICK < PURPOSE_STRIDE, "steps draw the same");

static u64 draw(const struct session_run *run, u64 purpose, u64 range)
{
	return schedule_draw(run->schedule, run->index, run->decision * PURPOSE_STRIDE + purpose,
			     range);
}

static u64 draw_range(const struct session_run *run, u64 purpose, const struct range *range)
{
	return range->min_ns + draw(run, purpose, range->max_ns - range->min_ns + 1);
}

int session_begin(struct session_run *run, const struct user_session *session,
		  const struct schedule *schedule, u64 index)
{
	*run = (struct session_run){
		.session = session, .schedule = schedule, .index = index, .decision = 1
	};
	run->values = calloc(session->nr_values + 1, sizeof(*run->values));
	if (run->values)
		return 0;
	run->session = NULL;
	return -ENOMEM;
}

void session_end(struct session_run *run)
{
	unsigned int i;

	for (i = 0; run->session && i < run->session->nr_values; i++)
		free(run->values[i].texts);
	free(run->values);
	*run = (struct session_run){ 0 };
}

const struct step *session_step(const struct session_run *run)
{
	return &run->session->steps[run->session->blocks[run->block].first + run->step];
}

bool session_is_new(const struct session_run *run)
{
	return run->decision == 1;
}

static bool happens(const struct session_run *run, u64 purpose, const struct odds *odds)
{
	return odds->chance == CHANCE_ALWAYS || draw(run, purpose, CHANCE_ALWAYS) < odds->chance;
}

/* To the first step of the next round, or of the next block. False: there is none. */
static bool next_round(struct session_run *run)
{
	const struct user_session *session = run->session;

	run->step = 0;
	run->turn = 0;
	if (++run->round < session->blocks[run->block].odds.repeat)
		return true;
	run->round = 0;
	return ++run->block < session->nr_blocks;
}

/* To what comes behind the step, whether it happens or not. False: nothing does. */
static bool advance(struct session_run *run)
{
	if (++run->turn < session_step(run)->odds.repeat)
		return true;
	run->turn = 0;
	if (++run->step < run->session->blocks[run->block].nr)
		return true;
	return next_round(run);
}

bool session_next(struct session_run *run)
{
	const struct user_session *session = run->session;
	bool more = advance(run);

	while (more) {
		bool begins = !run->step && !run->turn;

		run->decision++;
		if (begins && !happens(run, PURPOSE_GROUP, &session->blocks[run->block].odds))
			more = next_round(run);
		else if (!happens(run, PURPOSE_CHANCE, &session_step(run)->odds))
			more = advance(run);
		else
			return true;
	}
	return false;
}

u64 session_think_ns(const struct session_run *run)
{
	return draw_range(run, PURPOSE_THINK, &session_step(run)->think);
}

u64 session_pause_ns(const struct session_run *run)
{
	return draw_range(run, PURPOSE_PAUSE, &run->session->pause_range);
}

/* The text of @value that holds for this round of the group; all values have the same draw. */
static const char *value_text(const struct session_run *run, const struct session_value *value)
{
	const char *text = value->texts;
	u64 purpose, i;

	if (!text)
		return "";
	if (value->nr == 1)
		return text;
	purpose = PURPOSE_ROUND + ((u64)run->block << 32) + run->round;
	for (i = schedule_draw(run->schedule, run->index, purpose, value->nr); i; i--)
		text += strlen(text) + 1;
	return text;
}

void session_values(const struct workload *w, const struct session_run *run,
		    const struct schedule *schedule, u64 index, struct session_values *values)
{
	unsigned int i;
	size_t k;

	for (i = 0; i < w->nr_vars; i++) {
		const struct variable *var = &w->vars[i];
		bool whole = !run->session || (var->per && strcmp(var->per, "session") == 0);
		u64 stride = whole ? 0 : run->decision * PURPOSE_STRIDE;

		values->choice[i] = schedule_draw(schedule, index, stride + i, variable_range(var));
	}
	for (i = 0; i < w->nr_data; i++) {
		const struct data *data = &w->data[i];
		u64 row = data->random ? schedule_draw(schedule, index, PURPOSE_ROW + i,
						       data->csv.nr_rows)
				       : index % data->csv.nr_rows;

		for (k = 0; k < data->csv.nr_columns; k++)
			values->given[data->first + k] = csv_value(&data->csv, row, k);
	}
	/* Values that no text names before they are there, by the judge of workloads. */
	for (i = 0; run->session && i < run->session->nr_values; i++)
		values->given[w->nr_symbols + i] = value_text(run, &run->values[i]);
}

/* What picking from a list needs to know. */
struct picking {
	const struct session_run *run;
	enum extract_pick how;
	u64 number; /* EXTRACT_ROUND: the one to be taken now */
};

static u64 pick(u64 nr, void *arg)
{
	const struct picking *picking = arg;

	switch (picking->how) {
	case EXTRACT_FIRST:
		return 0;
	case EXTRACT_LAST:
		return nr - 1;
	case EXTRACT_ROUND:
		return picking->number;
	default:
		/* One draw for a step: rules with the same list take from the same item. */
		return draw(picking->run, PURPOSE_PICK, nr);
	}
}

static int take_text(const struct extract_rule *rule, const char *text, struct buf *value)
{
	if (rule->regex)
		return extract_regex(rule->regex, text, strlen(text), value);
	return buf_puts(value, text);
}

static int take_header(const struct extract_rule *rule, CURL *easy, struct buf *value)
{
	struct curl_header *header;
	CURLHcode code = curl_easy_header(easy, rule->header, 0, CURLH_HEADER, -1, &header);

	if (code == CURLHE_OUT_OF_MEMORY)
		return -ENOMEM;
	return code == CURLHE_OK ? take_text(rule, header->value, value) : -ENOENT;
}

/* The cookie as the user has it after the answer, who may have got it before. */
static int take_cookie(const struct extract_rule *rule, CURL *easy, struct buf *value)
{
	struct curl_slist *list = NULL, *one;
	struct buf text = buf_init(EXTRACT_BODY_MAX);
	u64 now_s = clock_real_ns() / NSEC_PER_SEC;
	int status = -ENOENT;

	if (curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &list))
		return -ENOMEM;
	for (one = list; one && status == -ENOENT; one = one->next)
		status = extract_cookie(one->data, rule->cookie, now_s, &text);
	if (status == 0)
		status = take_text(rule, text.data, value);
	buf_free(&text);
	curl_slist_free_all(list);
	return status;
}

static int take(const struct extract_rule *rule, struct answer *answer, CURL *easy,
		struct picking *picking, struct buf *value)
{
	const struct extract_item item = {
		.list = rule->list, .where = rule->where, .pick = pick, .arg = picking
	};

	switch (rule->source) {
	case EXTRACT_JSON:
		return extract_json(answer, &item, rule->pointer, value);
	case EXTRACT_REGEX:
		return extract_regex(rule->regex, answer->body, answer->len, value);
	case EXTRACT_HEADER:
		return take_header(rule, easy, value);
	default:
		return take_cookie(rule, easy, value);
	}
}

/* Adds all values that a later round may choose from, counted in @picking->number. */
static int take_rounds(const struct extract_rule *rule, struct answer *answer, CURL *easy,
		       struct picking *picking, struct buf *value)
{
	int status = 0;

	for (picking->number = 0; picking->number < WORKLOAD_PICKS_MAX; picking->number++) {
		status = take(rule, answer, easy, picking, value);
		if (!status)
			status = buf_add(value, "", 1);
		if (status)
			break;
	}
	return status == -ENOENT && picking->number ? 0 : status;
}

static int take_value(const struct extract_rule *rule, struct answer *answer, CURL *easy,
		      struct picking *picking, struct session_value *to)
{
	struct buf value = buf_init(EXTRACT_BODY_MAX);
	int status;

	picking->how = rule->picked;
	picking->number = 1;
	if (rule->picked == EXTRACT_ROUND)
		status = take_rounds(rule, answer, easy, picking, &value);
	else
		status = take(rule, answer, easy, picking, &value);
	if (!status)
		status = buf_puts(&value, "");
	if (status) {
		buf_free(&value);
		return status;
	}
	free(to->texts);
	*to = (struct session_value){ .texts = value.data, .nr = picking->number };
	return 0;
}

int session_extract(struct session_run *run, const struct target *t, struct answer *answer,
		    CURL *easy, char *why, size_t size)
{
	struct picking picking = { .run = run };
	unsigned int i;

	for (i = 0; i < t->nr_extract; i++) {
		const struct extract_rule *rule = &t->extract[i];
		int status = take_value(rule, answer, easy, &picking, &run->values[rule->value]);

		if (status) {
			snprintf(why, size, "extract %s: the answer %s", rule->name,
				 extract_reason(status));
			return status;
		}
	}
	return 0;
}

int expect_check_json(const struct expect *expect, struct answer *answer, char *why, size_t size)
{
	const struct extract_item whole = { 0 };
	unsigned int i;

	for (i = 0; expect && i < expect->nr_json; i++) {
		const struct expect_json *want = &expect->json[i];
		struct buf value = buf_init(EXTRACT_BODY_MAX);
		int status = extract_json(answer, &whole, want->pointer, &value);

		if (status)
			snprintf(why, size, "expect '%s': the answer %s", want->pointer,
				 extract_reason(status));
		else if (strcmp(value.data ? value.data : "", want->equals) != 0)
			status = -ENOENT;
		if (status == -ENOENT && value.data)
			snprintf(why, size, "expect '%s': it is '%.80s'", want->pointer,
				 value.data);
		buf_free(&value);
		if (status)
			return status;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "user/base/text.h"
#include "user/cmd/load_progress.h"
#include "user/show/table.h"

#define PROGRESS_TTY_NS	    (NSEC_PER_SEC / 2)
#define PROGRESS_PIPE_NS    (5 * NSEC_PER_SEC)
#define PROGRESS_SILENCE_NS (2 * NSEC_PER_SEC) /* a shorter load ends before it would help */

static int terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col
									   : TABLE_WIDTH;
}

static void look(struct load_progress *p, const struct engine_progress *now)
{
	u64 took_ns = now->elapsed_ns - p->before_ns;

	if (p->was_warming_up != now->warming_up || now->elapsed_ns < p->before_ns) {
		p->before_answered = 0;
		p->line.nr_rates = 0;
		took_ns = now->elapsed_ns;
	}
	if (took_ns)
		loadline_add_rate(&p->line, (double)(now->answered - p->before_answered) *
						    NSEC_PER_SEC / (double)took_ns);
	p->before_ns = now->elapsed_ns;
	p->before_answered = now->answered;
	p->was_warming_up = now->warming_up;
	p->line.what = now->warming_up ? "warming up" : "load";
	p->line.elapsed_ns = now->elapsed_ns;
	p->line.planned_ns = now->planned_ns;
	p->line.in_flight = now->in_flight;
	p->line.backlog = now->backlog;
	p->line.failed = now->failed;
	p->line.p50_ns = now->p50_ns;
	p->line.p99_ns = now->p99_ns;
}

static void print(const struct engine_progress *now, void *arg)
{
	struct load_progress *p = arg;
	char text[LOADLINE_TEXT];

	look(p, now);
	if (now->elapsed_ns < PROGRESS_SILENCE_NS)
		return;
	loadline_format(&p->line, p->tty && table_unicode(), text);
	/* A line that wraps could not be rewritten; the terminal adds its own "^C". */
	if (p->tty)
		text[text_fit(text, terminal_columns() - 3)] = '\0';
	fprintf(stderr, p->tty ? "\r\033[K%s" : "%s\n", text);
	fflush(stderr);
}

void load_progress_start(struct load_progress *p, struct engine_config *config)
{
	*p = (struct load_progress){ .tty = isatty(STDERR_FILENO) };
	config->progress = print;
	config->progress_arg = p;
	config->progress_ns = p->tty ? PROGRESS_TTY_NS : PROGRESS_PIPE_NS;
}

void load_progress_end(const struct load_progress *p)
{
	if (p->tty)
		fputs("\r\033[K", stderr);
}

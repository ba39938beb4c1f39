// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/text.h"
#include "user/experiment/progress.h"

void progress_init(struct progress *p)
{
	*p = (struct progress){ .terminal = isatty(STDERR_FILENO) };
}

void progress_head(struct progress *p, const char *fmt, ...)
{
	va_list ap;

	progress_clear(p);
	va_start(ap, fmt);
	vsnprintf(p->head, sizeof(p->head), fmt, ap);
	va_end(ap);
}

/* A line that wraps cannot be rewritten: it is cut at the terminal's width. */
static void rewrite(const char *line)
{
	struct winsize size;
	int columns = 80;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		columns = size.ws_col;
	fprintf(stderr, "\r\033[K%.*s", (int)text_fit(line, columns - 1), line);
}

static void show(const struct progress *p)
{
	char line[512];
	int len = snprintf(line, sizeof(line), "%s%s", p->head, p->step);

	if (p->total_ns)
		snprintf(line + len, sizeof(line) - (size_t)len, " ... %us of %.3gs", p->shown_s,
			 (double)p->total_ns / 1e9);
	rewrite(line);
}

/* Of steps that differ in the last word only, the second is that word: "starting store, web". */
static void append(struct progress *p, const char *before)
{
	const char *word = strrchr(p->step, ' ');
	size_t lead = word ? (size_t)(word + 1 - p->step) : 0;

	if (!p->open)
		fprintf(stderr, "%s%s", p->head, p->step);
	else
		fprintf(stderr, ", %s", p->step + (strncmp(p->step, before, lead) ? 0 : lead));
	p->open = true;
}

void progress_step(struct progress *p, u64 total_ns, const char *fmt, ...)
{
	char before[sizeof(p->step)];
	va_list ap;

	memcpy(before, p->step, sizeof(before));
	va_start(ap, fmt);
	vsnprintf(p->step, sizeof(p->step), fmt, ap);
	va_end(ap);
	p->started_at_ns = clock_mono_ns();
	p->total_ns = total_ns;
	p->shown_s = 0;
	if (p->terminal)
		show(p);
	else
		append(p, before);
}

void progress_tick(struct progress *p)
{
	unsigned int s = (unsigned int)((clock_mono_ns() - p->started_at_ns) / NSEC_PER_SEC);

	if (!p->terminal || !p->total_ns || s == p->shown_s)
		return;
	p->shown_s = s;
	show(p);
}

void progress_clear(struct progress *p)
{
	if (p->terminal)
		fprintf(stderr, "\r\033[K");
	else if (p->open)
		fputc('\n', stderr);
	p->open = false;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <curses.h>

#include "user/base/clock.h"
#include "user/base/stop.h"
#include "user/base/text.h"
#include "user/model/pool.h"
#include "user/show/frame.h"
#include "user/show/live.h"
#include "user/show/table.h"

#define PHASE_NAME    "live"
#define ESCAPE_KEY_MS 25

struct live {
	struct measure *measure;
	struct live_view view;
	struct phase last, total;
	SCREEN *screen;
	int signals; /* signalfd, or -1 */
	sigset_t masked_before;
	bool quit;
};

int live_check(struct err *err)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, EXIT_USAGE,
			       "live needs a terminal: use 'situ record' for a file or a pipe");
	if (!term || !*term)
		return err_set(err, EXIT_USAGE,
			       "TERM is not set: set it to your terminal, as in TERM=xterm");
	return 0;
}

/*
 * Signals that end the view come by descriptor, so that none can end the process between
 * newterm() and endwin() and leave the terminal raw.
 */
static int take_signals(struct live *live, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	live->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (live->signals < 0)
		return err_set(err, EXIT_FAILED, "cannot wait for signals: %s", strerror(errno));
	sigprocmask(SIG_BLOCK, &set, &live->masked_before);
	return 0;
}

static void give_signals_back(struct live *live)
{
	struct signalfd_siginfo taken;

	if (live->signals < 0)
		return;
	/* One that came while the view was closing has done its work: it must not end us now. */
	while (read(live->signals, &taken, sizeof(taken)) == sizeof(taken))
		;
	close(live->signals);
	sigprocmask(SIG_SETMASK, &live->masked_before, NULL);
}

static int open_screen(struct live *live, struct err *err)
{
	live->screen = newterm(NULL, stdout, stdin);
	if (!live->screen)
		return err_set(err, EXIT_ENVIRONMENT,
			       "nothing is known about the terminal '%s': try TERM=xterm",
			       getenv("TERM"));
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_KEY_MS);
	curs_set(0);
	return 0;
}

static void close_screen(struct live *live)
{
	if (!live->screen)
		return;
	endwin();
	delscreen(live->screen);
}

static attr_t attribute_of(enum frame_look look)
{
	static const attr_t attributes[] = {
		[FRAME_PLAIN] = A_NORMAL,     [FRAME_BAR] = A_REVERSE, [FRAME_BOLD] = A_BOLD,
		[FRAME_SELECTED] = A_REVERSE, [FRAME_FAINT] = A_DIM,
	};

	return attributes[look];
}

static int draw(struct live *live)
{
	const struct live_data data = { &live->last, &live->total };
	struct frame frame = { 0 };
	int width = getmaxx(stdscr), err;
	size_t i;

	err = frame_build(&live->view, &data, width, getmaxy(stdscr), &frame);
	erase();
	for (i = 0; !err && i < frame.nr; i++) {
		const struct frame_line *line = &frame.line[i];

		attrset(attribute_of(line->look));
		mvaddnstr((int)i, 0, line->text, (int)text_fit(line->text, width));
	}
	attrset(A_NORMAL);
	refresh();
	frame_free(&frame);
	return err;
}

static int on_key(struct live *live, int key)
{
	const struct live_data data = { &live->last, &live->total };

	switch (key) {
	case 'q':
		live->quit = true;
		return 0;
	case KEY_UP:
	case 'k':
		return frame_select(&live->view, &data, -1);
	case KEY_DOWN:
	case 'j':
		return frame_select(&live->view, &data, 1);
	case 't':
		live->view.totals = !live->view.totals;
		return 0;
	case 'p':
		live->view.paused = !live->view.paused;
		return 0;
	case 'h':
	case '?':
		live->view.help = !live->view.help;
		return 0;
	case KEY_RESIZE:
		clearok(stdscr, TRUE);
		return 0;
	default:
		return 0;
	}
}

/* Handles all keys that are there, then draws. 0 or -ENOMEM. */
static int on_input(struct live *live)
{
	int key, err = 0;

	while (!err && (key = getch()) != ERR)
		err = on_key(live, key);
	return err ? err : draw(live);
}

/* Milliseconds until @deadline_ns, rounded up, for poll(); -1 (no end) while paused. */
static int timeout_ms(const struct live *live, u64 deadline_ns)
{
	u64 now = clock_mono_ns();

	if (live->view.paused)
		return -1;
	return now >= deadline_ns ? 0 : (int)((deadline_ns - now + 999999) / NSEC_PER_MSEC);
}

/* Serves the keys until @deadline_ns, or until the view shall end. */
static int wait_for(struct live *live, u64 deadline_ns)
{
	struct pollfd fds[] = { { STDIN_FILENO, POLLIN, 0 }, { live->signals, POLLIN, 0 } };

	while (!live->quit) {
		int ready = poll(fds, 2, timeout_ms(live, deadline_ns)), err;

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready == 0)
			return 0;
		/* EINTR is mostly SIGWINCH, which getch() turns into KEY_RESIZE. */
		err = on_input(live);
		if (err)
			return err;
		if (ready > 0 && ((fds[0].revents & (POLLHUP | POLLERR)) || fds[1].revents))
			live->quit = true;
		if (stop_signal())
			live->quit = true;
	}
	return 0;
}

/* Puts a measured interval on show. */
static int accept_interval(struct live *live, struct phase *interval)
{
	phase_free(&live->last);
	live->last = *interval;
	*interval = (struct phase){ 0 };
	return pool_add(&live->total, &live->last, POOL_BY_HOST);
}

static int no_view(struct err *err, int code)
{
	return err_set(err, EXIT_FAILED, "the live view ended: %s", strerror(-code));
}

/*
 * One interval: a pause makes it longer but loses nothing, since what is counted goes on. Ended by
 * a key it is not measured.
 */
static int run_interval(struct live *live, u64 interval_ns, struct err *err)
{
	u64 deadline_ns = clock_mono_ns() + interval_ns;
	struct phase interval = { 0 };
	int code;

	code = wait_for(live, deadline_ns);
	if (code)
		return no_view(err, code);
	if (live->quit)
		return 0;
	if (measure_end(live->measure, &interval, err))
		goto out;
	measure_continue(live->measure);
	if (run_set_text(&interval.name, PHASE_NAME) || run_set_text(&interval.placement, ""))
		code = -ENOMEM;
	if (!code)
		code = accept_interval(live, &interval);
	if (!code)
		code = draw(live);
	if (code)
		no_view(err, code);
out:
	phase_free(&interval);
	return err->code == EXIT_OK ? 0 : -1;
}

int live_run(struct measure *m, u64 interval_ns, struct err *err)
{
	struct live live = { .measure = m, .signals = -1, .quit = stop_signal() != 0 };
	int code;

	live.view.interval_ns = interval_ns;
	live.view.unicode = table_unicode();
	if (live_check(err) || take_signals(&live, err))
		return -1;
	code = measure_begin(m, err);
	if (!code)
		code = open_screen(&live, err);
	if (!code)
		code = draw(&live);
	while (!code && !live.quit)
		code = run_interval(&live, interval_ns, err);
	close_screen(&live);
	give_signals_back(&live);
	phase_free(&live.last);
	phase_free(&live.total);
	if (code && err->code == EXIT_OK)
		no_view(err, -ENOMEM);
	return code ? -1 : 0;
}

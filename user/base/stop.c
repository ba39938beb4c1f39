// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <string.h>

#include "user/base/stop.h"

/* NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a handler has no argument */
static volatile sig_atomic_t stopped;

/*
 * A recording passes Ctrl-C, which its command has got from the terminal, on as SIGTERM. Of two
 * signals that are there at once the handler of the second runs first: SIGTERM must not make the
 * one Ctrl-C a second one.
 */
static void on_signal(int sig)
{
	if (sig == SIGINT && stopped == SIGINT) {
		signal(sig, SIG_DFL);
		raise(sig);
	} else if (sig == SIGINT || !stopped) {
		stopped = sig;
	}
}

void stop_on_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal }, before;

	sigemptyset(&sa.sa_mask);
	/* SIGINT also where it is ignored: that is every command that a script starts with '&'. */
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (!sigaction(SIGHUP, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int stop_signal(void)
{
	return stopped;
}

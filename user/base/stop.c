// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <string.h>

#include "user/base/stop.h"

/* NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a handler has no argument */
static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	if (!stopped) {
		stopped = sig;
		return;
	}
	if (sig == SIGINT) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

void stop_on_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal };
	size_t i;

	sigemptyset(&sa.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int stop_signal(void)
{
	return stopped;
}

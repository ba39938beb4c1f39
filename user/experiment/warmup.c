// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "user/base/clock.h"
#include "user/base/units.h"
#include "user/experiment/loadphase.h"
#include "user/experiment/warmup.h"

static bool near(u64 a_ns, u64 b_ns, double within)
{
	u64 low_ns = a_ns < b_ns ? a_ns : b_ns, high_ns = a_ns < b_ns ? b_ns : a_ns;

	return (double)(high_ns - low_ns) <= within * (double)high_ns;
}

bool warmup_agree(const struct warmup_window *a, const struct warmup_window *b, double within)
{
	return near(a->p50_ns, b->p50_ns, within) && near(a->p99_ns, b->p99_ns, within);
}

static int run_window(struct deploy *d, struct warmup_window *window, struct err *err)
{
	struct phase phase = { 0 };
	const struct endpoint *all;
	int failed = loadphase_run(d, &d->plan->phases[0], d->plan->load.window_ns, err) ||
		     loadphase_collect(d, &phase, err);

	if (!failed) {
		all = phase_find_endpoint(&phase, "all");
		window->p50_ns = hist_quantile(&all->latency_ns, 0.5);
		window->p99_ns = hist_quantile(&all->latency_ns, 0.99);
	}
	phase_free(&phase);
	return failed ? -1 : 0;
}

static int run_until_stationary(struct deploy *d, struct err *err)
{
	const struct plan_load *load = &d->plan->load;
	struct warmup_window before = { 0 }, now;
	unsigned int most = (unsigned int)(load->warmup_ns / load->window_ns), nr;
	char text[UNITS_TEXT];

	for (nr = 1; nr <= most; nr++, before = now) {
		progress_step(d->progress, load->window_ns, "warming up, window %u of %u at most",
			      nr, most);
		if (run_window(d, &now, err))
			return -1;
		if (nr > 1 && warmup_agree(&before, &now, load->within))
			return 0;
	}
	progress_clear(d->progress);
	fprintf(stderr, "  %s, trial %u: not stationary after %s of warm-up\n",
		d->plan->placements[d->placement].name, d->trial,
		units_duration(text, sizeof(text), load->warmup_ns));
	return 0;
}

int warmup_run(struct deploy *d, struct err *err)
{
	u64 warmup_ns = d->plan->load.warmup_ns;

	d->step = "warm-up";
	if (d->plan->load.until_stationary)
		return run_until_stationary(d, err);
	progress_step(d->progress, warmup_ns, "warming up");
	return loadphase_run(d, &d->plan->phases[0], warmup_ns, err);
}

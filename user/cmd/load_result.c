// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/units.h"
#include "user/cmd/load_result.h"
#include "user/cmd/load_verdict.h"
#include "user/export/export.h"
#include "user/export/outfile.h"
#include "user/show/summary.h"

int load_result_export(const struct load_options *o, const struct run *run, struct err *err)
{
	if (o->json)
		return export_json(run, stdout, err);
	return o->csv ? export_csv(run, stdout, err) : 0;
}

static int export_result(const struct load_job *job, const struct run *run,
			 const struct engine_result *result, const struct finding *findings,
			 size_t nr, struct err *err)
{
	const struct endpoint *all = &run->phases[run->nr_phases - 1].endpoints[0];
	int status;
	char *text;

	if (!job->options->json) {
		if (load_result_export(job->options, run, err))
			return -1;
		load_verdict_csv(run, result, findings, nr, &job->thresholds, stdout);
		return fflush(stdout) ? err_set(err, EXIT_FAILED,
						"cannot write the result (%s): is the disk full?",
						strerror(errno))
				      : 0;
	}
	text = load_verdict_json(result, findings, nr, &job->thresholds, all);
	if (!text)
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	status = export_json_with(run, "load", text, stdout, err);
	free(text);
	return status;
}

static int write_hdr(const char *path, const struct hist *h, struct err *err)
{
	struct outfile file;

	if (!path)
		return 0;
	if (outfile_open(&file, path, err))
		return -1;
	return outfile_close(&file, export_hdr(h, file.out, err), err);
}

static void print_bytes(const struct endpoint *all)
{
	char tx[UNITS_TEXT], rx[UNITS_TEXT];

	printf("sent %s, received %s of bodies, opened %llu connections\n",
	       units_bytes(tx, sizeof(tx), all->bytes_tx),
	       units_bytes(rx, sizeof(rx), all->bytes_rx), (unsigned long long)all->connections);
}

static void print_rate(const struct endpoint *all, const struct selfcheck *self)
{
	if (self->due_rate > 0)
		printf("target %.5g requests/s, sent %.5g/s, answered %.5g/s\n", self->due_rate,
		       self->sent_rate, all->rate);
	if (self->backlog_max)
		printf("up to %llu requests waited for a free connection\n",
		       (unsigned long long)self->backlog_max);
	if (self->not_sent)
		printf("%llu were due and never sent: the target was missed\n",
		       (unsigned long long)self->not_sent);
}

/* Figures of the generator itself, and what speaks against the result. */
static void print_self(const struct endpoint *all, const struct selfcheck *self,
		       const struct finding *findings, size_t nr)
{
	char p50[UNITS_TEXT], p99[UNITS_TEXT];
	size_t i;

	printf("\nself-check: ");
	if (all->send_lag_ns.count)
		printf("send lag p50 %s, p99 %s; ",
		       units_duration(p50, sizeof(p50), hist_quantile(&all->send_lag_ns, 0.5)),
		       units_duration(p99, sizeof(p99), self->lag_p99_ns));
	printf("busiest thread %.1f %% of a CPU", 100 * self->cpu_share);
	if (self->awake_share > 0)
		printf(" for the load, %.1f %% to be on time", 100 * self->awake_share);
	printf("; ready without a CPU %.1f %% of the time", 100 * self->wait_share);
	if (self->steal_share >= 0)
		printf("; steal %.1f %%", 100 * self->steal_share);
	puts(nr ? "" : "; nothing found");
	for (i = 0; i < nr; i++)
		printf("  %s\n", findings[i].text);
}

static int print_tables(const struct phase *phase, const struct engine_result *result,
			const struct finding *findings, size_t nr, struct err *err)
{
	const struct endpoint *all = &phase->endpoints[0];

	if (summary_print_endpoints(phase, stdout))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	print_rate(all, &result->self);
	print_bytes(all);
	putchar('\n');
	if (summary_print_phases(phase, stdout))
		return err_set(err, EXIT_FAILED, "out of memory: free some");
	print_self(all, &result->self, findings, nr);
	if (tally_total(&all->codes) && result->first_error[0])
		printf("First failure: %s\n", result->first_error);
	if (result->sessions_begun)
		printf("Sessions: %llu begun, %llu finished, %llu ended by an error.\n",
		       (unsigned long long)result->sessions_begun,
		       (unsigned long long)result->sessions_finished,
		       (unsigned long long)result->sessions_failed);
	return 0;
}

/* The verdicts that were asked for; the exit status of the first one that fails. */
static int judge(const struct load_job *job, const struct endpoint *all,
		 const struct finding *findings, size_t nr, struct err *err)
{
	const struct goal *missed;
	char text[2 * GOAL_TEXT];
	double value;

	missed = goals_first_missed(&job->thresholds, all, &value);
	if (missed)
		return err_set(err, EXIT_THRESHOLD, "a threshold was not met: %s",
			       goal_explain(missed, value, text, sizeof(text)));
	if (job->options->strict && nr)
		return err_set(err, EXIT_THRESHOLD, "not a result of the server alone: %s",
			       findings[0].text);
	return 0;
}

/* What to look at when nothing was answered, for the class that the first failure begins with. */
static const char *advice(const char *first_error)
{
	static const struct {
		const char *class, *text;
	} known[] = {
		{ "tls", "is it https, with a certificate to trust (--cacert, --insecure)?" },
		{ "dns", "is the name right? --resolve can say its address" },
		{ "connect_timeout", "is a firewall between, or --timeout too short?" },
		{ "timeout", "is --timeout too short?" },
		{ "http2", "does it speak HTTP/2? leave --http2 out" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		size_t len = strlen(known[i].class);

		if (strncmp(first_error, known[i].class, len) == 0 &&
		    (!first_error[len] || first_error[len] == ':'))
			return known[i].text;
	}
	return "does the server run?";
}

int load_result_print(const struct load_job *job, const struct run *run,
		      const struct engine_result *result, struct err *err)
{
	const struct phase *phase = &run->phases[run->nr_phases - 1];
	const struct endpoint *all = &phase->endpoints[0];
	const struct load_options *o = job->options;
	bool machine = o->json || o->csv;
	struct finding findings[SELFCHECK_FINDINGS];
	size_t nr = selfcheck_judge(&result->self, findings), i;

	if (machine ? export_result(job, run, result, findings, nr, err)
		    : print_tables(phase, result, findings, nr, err))
		return -1;
	fflush(stdout);
	if (write_hdr(o->hdr, &all->latency_ns, err))
		return -1;
	if (result->interrupted)
		fprintf(stderr, "situ: interrupted: %s\n",
			all->attempted ? "this is the result of what ran"
				       : "nothing that counts was sent");
	if (!tally_total(&all->codes) && !(result->interrupted && !all->attempted))
		return err_set(err, EXIT_FAILED, "no request was answered (%s): %s",
			       result->first_error[0] ? result->first_error : "none was sent",
			       advice(result->first_error));
	for (i = 0; machine && !o->quiet && i < nr; i++)
		warn("self-check: %s", findings[i].text);
	return judge(job, all, findings, nr, err);
}

// SPDX-License-Identifier: GPL-2.0-only
/* situ crawl: the endpoints of a site as a workload. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/crawl/report.h"
#include "loadgen/crawl/url.h"
#include "loadgen/crawl/fate.h"
#include "loadgen/workload.h"
#include "user/base/units.h"
#include "user/cmd/cmd.h"
#include "user/cmd/crawl_documents.h"
#include "user/export/outfile.h"
#include "user/show/table.h"

#define PROGRESS_TTY_NS	    (NSEC_PER_SEC / 2)
#define PROGRESS_PIPE_NS    (5 * NSEC_PER_SEC)
#define PROGRESS_SILENCE_NS (2 * NSEC_PER_SEC)

struct crawl_options {
	const char *output;
	u64 pages;
	u64 depth;
	u64 variants;
	u64 duration_ns;
	u64 timeout_ns;
	double rate;
	bool write_methods;
	bool no_robots;
	bool no_default_deny;
	struct opt_list deny;
	struct opt_list openapi;
	struct opt_list har;
	struct opt_list vars;
	struct opt_list headers;
	bool insecure;
	bool json;
	bool quiet;
};

#define AT(member) offsetof(struct crawl_options, member)

static const struct opt options[] = {
	{ 'o', "output", "WORKLOAD", OPT_STRING, AT(output), 0, 0,
	  "Write the workload to this file ('-': standard output, then without the table)" },
	{ 0, "pages", "N", OPT_COUNT, AT(pages), 1, 20000,
	  "Ask for so many addresses at most (500)" },
	{ 0, "depth", "N", OPT_COUNT, AT(depth), 0, 1000,
	  "Follow links so far away from the start (5)" },
	{ 'r', "rate", "PER_S", OPT_REAL, AT(rate), 0.001, 10000,
	  "Requests per second at most (20); one at a time in any case" },
	{ 'd', "duration", "TIME", OPT_DURATION, AT(duration_ns), 1e6, 86400e9,
	  "End after this time, with what was found (5m)" },
	{ 0, "timeout", "TIME", OPT_DURATION, AT(timeout_ns), 1e6, 3600e9,
	  "Longest that a request may take (10s)" },
	{ 0, "variants", "N", OPT_COUNT, AT(variants), 1, 50,
	  "Ask for so many addresses of each template (5)" },
	{ 0, "write-methods", NULL, OPT_FLAG, AT(write_methods), 0, 0,
	  "Keep POST, PUT, PATCH and DELETE in the workload; crawl itself never sends them" },
	{ 0, "deny", "PATTERN", OPT_LIST, AT(deny), 0, 0,
	  "Leave out addresses with this word, or that match it with '*' and '?'; may be given "
	  "several times, and adds to the built-in words" },
	{ 0, "no-default-deny", NULL, OPT_FLAG, AT(no_default_deny), 0, 0,
	  "Without the built-in words" },
	{ 0, "no-robots", NULL, OPT_FLAG, AT(no_robots), 0, 0,
	  "Do not keep to robots.txt: for a site of your own" },
	{ 0, "openapi", "FILE|URL", OPT_LIST, AT(openapi), 0, 0,
	  "Read this OpenAPI 3 or Swagger 2 description (JSON or YAML); the usual places are tried anyway" },
	{ 0, "har", "FILE", OPT_LIST, AT(har), 0, 0,
	  "Take the requests that a browser saved to this HAR file" },
	{ 0, "var", "NAME=VALUE", OPT_LIST, AT(vars), 0, 0,
	  "Try this value for {NAME} in templates; may be given several times" },
	{ 'H', "header", "'NAME: VALUE'", OPT_LIST, AT(headers), 0, 0,
	  "Header for every request; not written to the workload" },
	{ 0, "insecure", NULL, OPT_FLAG, AT(insecure), 0, 0, "Take any TLS certificate" },
	{ 0, "json", NULL, OPT_FLAG, AT(json), 0, 0, "Print what was found as JSON" },
	{ 'q', "quiet", NULL, OPT_FLAG, AT(quiet), 0, 0, "No progress on stderr" },
};

static const struct crawl_options defaults = {
	.pages = 500,
	.depth = 5,
	.variants = 5,
	.rate = 20,
	.duration_ns = 300 * NSEC_PER_SEC,
	.timeout_ns = 10 * NSEC_PER_SEC,
};

/* Documents that were given, parsed. */
struct session {
	const struct crawl_options *options;
	const char *url;
	char *origin, *start;
	struct fetcher *fetcher, *bare; /* with the site's cookies, and without */
	struct documents openapi, har;
	struct site site;
	struct crawl_stats stats;
	struct emitted emitted;
};

static int no_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory: free some");
}

static void print_progress(const struct crawl_progress *now, void *arg)
{
	char elapsed[UNITS_TEXT], line[160];
	const bool *tty = arg;

	if (now->elapsed_ns < PROGRESS_SILENCE_NS)
		return;
	units_duration(elapsed, sizeof(elapsed), now->elapsed_ns);
	snprintf(line, sizeof(line), "crawl %s  %llu asked  %zu endpoints  %zu waiting", elapsed,
		 now->asked, now->endpoints, now->waiting);
	fprintf(stderr, *tty ? "\r\033[K%s" : "%s\n", line);
	fflush(stderr);
}

static int check_options(const struct crawl_options *o, const struct args *args, struct err *err)
{
	size_t i;

	if (args->nr != 1)
		return err_set(err, EXIT_USAGE,
			       args->nr ? "one URL is enough: the rest of its site is found"
					: "nothing to crawl: give the URL of a site");
	if (!o->output && !o->json)
		return err_set(err, EXIT_USAGE,
			       "no place for the workload: add -o WORKLOAD.yaml, or --json to "
			       "only see what is there");
	if (o->json && o->output && strcmp(o->output, "-") == 0)
		return err_set(err, EXIT_USAGE,
			       "--json and -o - both want standard output: give -o a file");
	for (i = 0; i < o->headers.nr; i++) {
		if (workload_check_header(o->headers.item[i], err))
			return -1;
	}
	for (i = 0; i < o->vars.nr; i++) {
		if (strcspn(o->vars.item[i], "=") == 0 || !strchr(o->vars.item[i], '='))
			return err_set(err, EXIT_USAGE, "--var '%s' is not NAME=VALUE: write it so",
				       o->vars.item[i]);
	}
	return 0;
}

/* A description at a URL of the site. */
static int read_url(struct session *s, const char *url, struct err *err)
{
	char *origin = NULL, *target = NULL;
	struct page page = { 0 };
	int status = url_split(url, &origin, &target, err);

	if (!status && strcmp(origin, s->origin) != 0)
		status = err_set(err, EXIT_USAGE,
				 "%s is not on the site %s: save it to a file and give that", url,
				 s->origin);
	else if (!status && fetch(s->fetcher, "GET", target, &page))
		status = no_memory(err);
	else if (!status && !page.status)
		status = err_set(err, EXIT_FAILED, "cannot read %s (%s): check the URL", url,
				 page.error);
	else if (!status && page.status != 200)
		status =
			err_set(err, EXIT_FAILED, "cannot read %s (HTTP status %ld): check the URL",
				url, page.status);
	else if (!status)
		status = documents_add(&s->openapi, url, page.body.data ? page.body.data : "",
				       page.body.len, err);
	page_free(&page);
	free(origin);
	free(target);
	return status;
}

static int read_documents(struct session *s, struct err *err)
{
	const struct opt_list *list = &s->options->openapi;
	size_t i;
	int status = 0;

	for (i = 0; !status && i < list->nr; i++)
		status = strstr(list->item[i], "://")
				 ? read_url(s, list->item[i], err)
				 : documents_read(&s->openapi, list->item[i], err);
	list = &s->options->har;
	for (i = 0; !status && i < list->nr; i++)
		status = documents_read(&s->har, list->item[i], err);
	return status;
}

static int add_vars(struct session *s, struct err *err)
{
	const struct opt_list *vars = &s->options->vars;
	size_t i;

	for (i = 0; i < vars->nr; i++) {
		size_t len = strcspn(vars->item[i], "=");

		if (values_add(&s->site.values, vars->item[i], len, vars->item[i] + len + 1))
			return no_memory(err);
	}
	return 0;
}

static int set_up(struct session *s, struct err *err)
{
	const struct crawl_options *o = s->options;
	struct fetch_config config = {
		.headers = o->headers.item,
		.nr_headers = o->headers.nr,
		.timeout_ns = o->timeout_ns,
		.insecure = o->insecure,
		.cookies = true,
	};

	if (url_split(s->url, &s->origin, &s->start, err))
		return -1;
	config.origin = s->origin;
	s->fetcher = fetcher_new(&config, err);
	config.cookies = false;
	s->bare = s->fetcher ? fetcher_new(&config, err) : NULL;
	if (!s->bare || read_documents(s, err))
		return -1;
	return add_vars(s, err);
}

static int crawl(struct session *s, struct err *err)
{
	const struct crawl_options *o = s->options;
	bool tty = isatty(STDERR_FILENO);
	const struct crawl_config config = {
		.origin = s->origin,
		.start = s->start,
		.pages = o->pages,
		.depth = o->depth,
		.variants = o->variants,
		.duration_ns = o->duration_ns,
		.rate = o->rate,
		.write_methods = o->write_methods,
		.no_robots = o->no_robots,
		.deny = { o->deny.item, o->deny.nr, o->no_default_deny },
		.openapi = s->openapi.doc,
		.openapi_names = s->openapi.name,
		.nr_openapi = s->openapi.nr,
		.har = s->har.doc,
		.har_names = s->har.name,
		.nr_har = s->har.nr,
		.fetch = fetch,
		.fetch_arg = s->fetcher,
		.bare_arg = s->bare,
		.progress = o->quiet ? NULL : print_progress,
		.progress_arg = &tty,
		.progress_ns = tty ? PROGRESS_TTY_NS : PROGRESS_PIPE_NS,
	};
	int status = crawl_run(&config, &s->site, &s->stats, err);

	if (tty && !o->quiet)
		fputs("\r\033[K", stderr);
	return status;
}

/* Nothing that could be loaded was found: why, and what to do. */
static int explain_nothing(const struct session *s, struct err *err)
{
	const struct crawl_stats *stats = &s->stats;
	char status[32] = "-";
	size_t i;

	if (stats->redirect[0])
		return err_set(err, EXIT_FAILED, "%s leads to %s, another site: crawl that", s->url,
			       stats->redirect);
	if (stats->end == CRAWL_STOPPED)
		return err_set(err, EXIT_FAILED,
			       "interrupted before an endpoint answered: nothing is written");
	if (stats->asked && stats->asked == stats->no_answer)
		return err_set(err, EXIT_FAILED, "%s does not answer (%s): does the server run?",
			       s->origin, stats->first_error);
	for (i = 0; i < s->site.nr; i++) {
		const struct finding *f = &s->site.findings[i];

		if (site_find_target(&s->site, "GET", s->start) == f)
			fate_status(f, status, sizeof(status));
	}
	if (strcmp(status, "robots") == 0)
		return err_set(err, EXIT_FAILED,
			       "robots.txt of %s forbids %s: start elsewhere, or add --no-robots",
			       s->origin, s->start);
	if (strcmp(status, "denied") == 0)
		return err_set(err, EXIT_FAILED,
			       "%s is on the deny list: start elsewhere, or add "
			       "--no-default-deny",
			       s->start);
	return err_set(err, EXIT_FAILED,
		       "found no endpoint that answers at %s (its answer: %s): check the URL, or "
		       "help with --openapi, --har or --var",
		       s->url, status);
}

/* What is written must be what `situ load -f` takes: it is asked. */
static int check_workload(const struct buf *text, struct err *err)
{
	struct err why = { 0 };
	struct workload *w = workload_parse("workload", text->data, text->len, &why);

	workload_free(w);
	if (w)
		return 0;
	return err_set(err, EXIT_FAILED,
		       "the workload that was made is not valid (%s): please report this",
		       why.text);
}

static int write_workload(struct session *s, struct err *err)
{
	const char *path = s->options->output;
	struct buf text = buf_init(EMIT_BYTES_MAX);
	struct outfile file;
	int status;

	if (emit_workload(&s->site, s->origin, s->url, s->options->write_methods, &text,
			  &s->emitted)) {
		buf_free(&text);
		return no_memory(err);
	}
	/* A start that only leads elsewhere is no site. */
	status = s->emitted.endpoints > (s->stats.redirect[0] != '\0') ? check_workload(&text, err)
								       : explain_nothing(s, err);
	if (!status && path) {
		status = outfile_open(&file, path, err);
		if (!status) {
			bool failed = fwrite(text.data, 1, text.len, file.out) != text.len;

			status = outfile_close(&file, failed, err);
			if (failed && !status)
				status = err_set(err, EXIT_FAILED,
						 "cannot write %s: is the disk full?", path);
		}
	}
	buf_free(&text);
	return status;
}

static int print_table(const struct session *s)
{
	static const struct table_column columns[] = {
		{ NULL, "endpoint", TABLE_LEFT, true },	 { NULL, "method", TABLE_LEFT, false },
		{ NULL, "source", TABLE_LEFT, false },	 { NULL, "status", TABLE_LEFT, false },
		{ NULL, "workload", TABLE_LEFT, false },
	};
	struct table table = table_init(columns, ARRAY_SIZE(columns));
	size_t i;
	int status;

	for (i = 0; i < s->site.nr; i++) {
		const struct finding *f = &s->site.findings[i];
		enum fate fate = fate_of(f, s->options->write_methods);
		char text[64];

		table_text(&table, f->tmpl);
		table_text(&table, f->method);
		site_sources_text(f, text, sizeof(text));
		table_text(&table, text);
		fate_status(f, text, sizeof(text));
		table_text(&table, text);
		table_text(&table, fate_name(fate));
		if (fate != FATE_USED)
			table_mark(&table, TABLE_FAINT);
	}
	status = table_print(&table, TABLE_WIDTH, table_ansi(stdout), stdout);
	table_free(&table);
	return status;
}

static void print_count(unsigned long long count, const char *what)
{
	if (count)
		printf("  %llu %s\n", count, what);
}

/* What the table does not say. */
static void print_notes(const struct session *s)
{
	static const char *const ends[] = {
		[CRAWL_DONE] = "",
		[CRAWL_PAGES] = " The limit of --pages was reached: there may be more.",
		[CRAWL_TIME] = " The time was over: there may be more.",
		[CRAWL_STOPPED] = " Interrupted: there may be more.",
	};
	const struct crawl_stats *stats = &s->stats;
	char elapsed[UNITS_TEXT];

	printf("\n%zu of %zu endpoints are in the workload, %zu variables; %llu requests in %s.%s\n",
	       s->emitted.endpoints, s->site.nr, s->emitted.variables, stats->asked,
	       units_duration(elapsed, sizeof(elapsed), stats->elapsed_ns), ends[stats->end]);
	if (stats->delay_s > 0 && stats->delay_s * s->options->rate > 1)
		printf("robots.txt asks for %g s between requests.\n", stats->delay_s);
	if (stats->no_answer)
		printf("%llu requests had no answer, the first: %s\n", stats->no_answer,
		       stats->first_error);
	print_count(s->emitted.pinned, "endpoints with one address: no variable was left");
	print_count(s->emitted.too_big, "endpoints left out: the workload would be too long");
	print_count(stats->too_deep, "links left out: deeper than --depth");
	print_count(s->site.too_many + stats->dropped, "addresses left out: too many");
	print_count(s->site.too_long, "addresses left out: too long");
	print_count(stats->har_elsewhere, "requests of HAR files left out: to other sites");
	print_count(stats->truncated, "answers read in part: longer than 4 MiB");
	if (s->options->output)
		printf("Run it: situ load -f %s -r 10 -d 30s\n", s->options->output);
}

static int print_result(const struct session *s, struct err *err)
{
	const struct crawl_options *o = s->options;

	if (o->json)
		return report_json(&s->site, &s->stats, &s->emitted, s->url, o->output,
				   o->write_methods, stdout)
			       ? err_set(err, EXIT_FAILED,
					 "cannot print the result: is the disk "
					 "full?")
			       : 0;
	if (strcmp(o->output, "-") == 0)
		return 0;
	if (print_table(s))
		return no_memory(err);
	print_notes(s);
	return 0;
}

static void tear_down(struct session *s)
{
	documents_free(&s->openapi);
	documents_free(&s->har);
	fetcher_free(s->fetcher);
	fetcher_free(s->bare);
	site_free(&s->site);
	free(s->origin);
	free(s->start);
}

static int run(const void *config, const struct args *args, struct err *err)
{
	const struct crawl_options *o = config;
	struct session s = { .options = o, .openapi.yaml = true };
	int status;

	if (check_options(o, args, err))
		return -1;
	s.url = args->item[0];
	status = set_up(&s, err);
	if (!status)
		status = crawl(&s, err);
	if (!status)
		status = write_workload(&s, err);
	if (!status)
		status = print_result(&s, err);
	tear_down(&s);
	return status;
}

const struct command cmd_crawl = {
	.name = "crawl",
	.args = "URL",
	.summary = "Find the endpoints of a site and write a workload for them",
	.about = "Follows links, forms, sitemaps and redirects within the site of URL; reads paths "
		 "out of its scripts, descriptions and HAR files; and joins addresses that differ "
		 "in an id to one endpoint with a variable. Templates are tried with values that "
		 "the site itself showed, in links and JSON answers. What answered below 400 goes "
		 "into the workload, which 'situ load -f' runs as it is; the rest stands there as "
		 "comments that say why.\n"
		 "Only GET and HEAD are sent, one request at a time, and never to an address with "
		 "one of these words: " DENY_DEFAULTS ".\n"
		 "Cookies that the site sets are sent back to it. An endpoint that does not answer "
		 "well without them is left out, and said to be one for a session.\n"
		 "robots.txt is kept to, under the name " CRAWL_AGENT ". Ctrl-C ends the crawl and "
		 "writes what was found up to then. The exit status is 1 when no endpoint "
		 "answered.",
	.examples = "situ crawl http://127.0.0.1:8080/ -o workload.yaml\n"
		    "situ crawl http://127.0.0.1:8080/ -o w.yaml --var id=1 --deny '/admin/*'\n"
		    "situ crawl http://127.0.0.1:8080/ -o w.yaml --har shop.har --write-methods\n"
		    "situ crawl http://127.0.0.1:8080/ --json\n",
	.opts = options,
	.nr_opts = ARRAY_SIZE(options),
	.config_size = sizeof(struct crawl_options),
	.defaults = &defaults,
	.run = run,
};

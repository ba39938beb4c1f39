// SPDX-License-Identifier: GPL-2.0-only
/* The command line of `situ load`, from words to what the engine is told. */
#include <string.h>

#include "tests/unit/unit.h"
#include "user/cmd/cmd.h"
#include "user/cmd/load_options.h"

#define URL "http://127.0.0.1/"

struct made {
	int ret;
	struct load_options options;
	struct load_job job;
	struct err err;
};

/* As main() and the command do with the NULL-terminated @argv; @made stays where it is. */
static void make_of(struct made *made, char **argv)
{
	struct args args;
	int argc = 0;

	*made = (struct made){ 0 };
	memcpy(&made->options, cmd_load.defaults, sizeof(made->options));
	while (argv[argc])
		argc++;
	made->ret = opts_parse(&cmd_load, argc, argv, &made->options, &args, &made->err);
	if (!made->ret)
		made->ret = load_job_make(&made->job, &made->options, &args, &made->err);
}

#define make(made, ...) make_of(made, (char *[]){ "load", __VA_ARGS__, NULL })

/* That @argv is a usage error, which says @said. */
static void assert_refused(const char *said, char **argv)
{
	struct made made;

	make_of(&made, argv);
	assert_int_equal(made.ret, -1);
	assert_int_equal(made.err.code, EXIT_USAGE);
	if (!strstr(made.err.text, said))
		fail_msg("'%s' lacks '%s'", made.err.text, said);
}

#define refused(said, ...) assert_refused(said, (char *[]){ "load", __VA_ARGS__, NULL })

static void ab(void **state)
{
	struct made made;

	(void)state;
	make(&made, "-k", "-n", "1000", "-c", "7", "-H", "A: b", "-H", "C: d", "-m", "PUT", URL);
	assert_int_equal(made.ret, 0);
	assert_true(made.job.config.keepalive);
	assert_int_equal(made.job.config.nr_requests, 1000);
	assert_int_equal(made.job.config.duration_ns, 0);
	assert_int_equal(made.job.config.connections, 7);
	assert_int_equal(made.job.config.nr_headers, 2);
	assert_string_equal(made.job.config.headers[1], "C: d");
	assert_string_equal(made.options.method, "PUT");
	make(&made, "-kn1000", "-c7", "-q", URL);
	assert_int_equal(made.ret, 0);
	assert_int_equal(made.job.config.nr_requests, 1000);
	assert_true(made.options.quiet);
	refused("ab's -r can go", "-r", "-n", "10", URL);
	refused("ab's -d can go", "-d", "-n", "10", URL);
	refused("--timeout 10s", "-n", "10", "-s", "5", URL);
	refused("--timeout 10s", "-t", "5", URL);
	refused("-b TEXT", "-p", "body.json", "-T", "application/json", URL);
	refused("-m PUT -b TEXT", "-u", "body.json", URL);
	refused("'Content-Type: ...'", "-T", "application/json", URL);
	refused("'Cookie: NAME=VALUE'", "-C", "a=b", URL);
	refused("-m HEAD", "-i", URL);
	refused("any length", "-l", URL);
	refused("'Authorization: ...'", "-A", "kim:secret", URL);
	refused("--source ADDRESS", "-B", "127.0.0.2", URL);
	refused("--cert FILE", "-E", "client.pem", URL);
}

static void wrk(void **state)
{
	struct made made;

	(void)state;
	make(&made, "-c400", "-d30s", "--timeout", "2s", URL);
	assert_int_equal(made.ret, 0);
	assert_int_equal(made.job.config.connections, 400);
	assert_int_equal(made.job.config.duration_ns, 30 * NSEC_PER_SEC);
	assert_int_equal(made.job.config.timeout_ns, 2 * NSEC_PER_SEC);
	make(&made, "-d", "30", URL);
	assert_int_equal(made.job.config.duration_ns, 30 * NSEC_PER_SEC);
	refused("--threads N", "-t12", "-c400", "-d30s", URL);
	refused("all quantiles are printed", "-c400", "--latency", URL);
	refused("-f (see 'situ help workload')", "-s", "post.lua", URL);
	refused("-f (see 'situ help workload')", "--script=post.lua", URL);
	refused("the rate is -r", "-R", "2000", URL);
	refused("all quantiles are printed", "-L", URL);
}

static void hey_and_oha(void **state)
{
	struct made made;

	(void)state;
	make(&made, "-n", "200", "-c", "50", "-m", "POST", "-H", "Accept: text/html", URL);
	assert_int_equal(made.ret, 0);
	refused("-d 10s", "-z", "5s", URL);
	refused("a rate is -r 10 here", "-q", "10", URL);
	refused("a rate is -r 10.5 here", "-c", "5", "-q", "10.5", "-n", "7", URL);
	refused("hey's body is -b TEXT", "-m", "POST", "-d", "{\"a\":1}", URL);
	refused("-b TEXT", "-D", "body.json", URL);
	refused("--csv", "-o", "csv", URL);
	refused("--http2", "-h2", URL);
	refused("'Host: NAME'", "-host", "example.com", URL);
	refused("'Host: NAME'", "--host", "example.com", URL);
	refused("--threads N", "-cpus", "2", URL);
	refused("--no-keepalive", "-disable-keepalive", URL);
	refused("--no-keepalive", "--disable-keepalive", URL);
	refused("with -q", "--no-tui", URL);
	refused("-r PER_S", "--latency-correction", URL);
}

static void vegeta_and_k6(void **state)
{
	(void)state;
	refused("write --rate=50", "-rate=50", "-duration=5s", URL);
	refused("write --duration", "-duration", "5s", URL);
	refused("write --body=x", "-body=x", URL);
	refused("write --timeout=5s", "-timeout=5s", URL);
	refused("-f (see 'situ help workload')", "-targets=list.txt");
	refused("-H 'NAME: VALUE'", "-header", "A: b", URL);
	refused("-c N", "--vus", "10", URL);
	refused("-n N", "--iterations=10", URL);
	refused("the rate is -r", "--rps", "5", URL);
	refused("--insecure", "--insecure-skip-tls-verify", URL);
}

/* What looks like a habit is none where it is a value, or where letters stand together. */
static void values_are_values(void **state)
{
	struct made made;

	(void)state;
	make(&made, "-b", "-rate", URL);
	assert_int_equal(made.ret, 0);
	assert_string_equal(made.options.body, "-rate");
	make(&made, "-H", "A: -host", "--body=-z", URL);
	assert_int_equal(made.ret, 0);
	assert_string_equal(made.options.body, "-z");
	make(&made, "-qkm", "PUT", URL);
	assert_int_equal(made.ret, 0);
	assert_string_equal(made.options.method, "PUT");
	make(&made, "-q", URL);
	assert_int_equal(made.ret, 0);
	make(&made, "-h");
	assert_int_equal(made.ret, 1);
	make(&made, "-h", "-rate=5");
	assert_int_equal(made.ret, 1);
	refused("one URL is enough", "-q", URL, URL);
	refused("one URL is enough", "10", URL);
}

/* The rate decides whether the loop is open, and what else makes sense beside it. */
static void paces(void **state)
{
	struct made made;

	(void)state;
	make(&made, URL);
	assert_int_equal(made.ret, 0);
	assert_int_equal(made.job.config.duration_ns, 10 * NSEC_PER_SEC);
	assert_true(made.job.config.rate == 0);
	make(&made, "--rate", "100", "-n", "5", URL);
	assert_int_equal(made.job.config.duration_ns, 0);
	assert_true(made.job.config.rate == 100);
	make(&made, "--stage", "0-10:2s", "--stage", "10:3s", URL);
	assert_int_equal(made.ret, 0);
	assert_int_equal(made.job.config.nr_stages, 2);
	assert_int_equal(made.job.config.duration_ns, 5 * NSEC_PER_SEC);
	make(&made, "--find-capacity", "--slo", "p99<1s", URL);
	assert_int_equal(made.ret, 0);
	assert_int_equal(made.job.config.duration_ns, 5 * NSEC_PER_SEC);
	assert_int_equal(made.job.slo.nr, 1);
	make(&made, "--threshold", "p99<1s,errors<1", "--threshold", "rate>1", URL);
	assert_int_equal(made.job.thresholds.nr, 3);
	refused("exclude", "--stage", "5:1s", "-d", "5s", URL);
	refused("exclude", "--find-capacity", "--slo", "p99<1s", "-n", "5", URL);
	refused("exclude", "--find-capacity", "--slo", "p99<1s", "--stage", "5:1s", URL);
	refused("and --threshold exclude", "--find-capacity", "--slo", "p99<1s", "--threshold",
		"errors<1", URL);
	refused("and --strict exclude", "--find-capacity", "--slo", "p99<1s", "--strict", URL);
	refused("and --hdr exclude", "--find-capacity", "--slo", "p99<1s", "--hdr", "file", URL);
	refused("exclude", "-k", "--no-keepalive", URL);
	refused("exclude", "--no-keepalive", "--requests-per-connection", "3", URL);
	refused("exclude", "--http1.1", "--http2", URL);
	refused("exclude", "--http2", "--http3", URL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ab),
		cmocka_unit_test(wrk),
		cmocka_unit_test(hey_and_oha),
		cmocka_unit_test(vegeta_and_k6),
		cmocka_unit_test(values_are_values),
		cmocka_unit_test(paces),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("load_options", tests, NULL, NULL);
}

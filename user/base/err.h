/* SPDX-License-Identifier: GPL-2.0-only */
/* What went wrong, in the user's words, with the exit code it asks for. */
#ifndef SITU_BASE_ERR_H
#define SITU_BASE_ERR_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,      /* the work was started and did not succeed */
	EXIT_USAGE = 2,	      /* the command line or an input file is wrong */
	EXIT_ENVIRONMENT = 3, /* not root, no BTF, a hook or a program is missing */
	EXIT_THRESHOLD = 4,   /* a threshold or verdict that was asked for was not met */
};

#define ERR_TEXT_MAX 512

struct err {
	enum exit_code code;
	char text[ERR_TEXT_MAX];
};

/*
 * Fills @err with @code and one line in the form "what went wrong: what to do". Line breaks and
 * control bytes that an argument brings in are replaced. The first error set is kept: a cleanup
 * that fails later does not hide the cause. @err may be NULL. Always returns -1, so that a
 * function can `return err_set(...)`.
 */
#define err_set(err, code, ...) (err_fill(err, code, __VA_ARGS__), err_failed())

void err_fill(struct err *err, enum exit_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Visible here, so that the compiler and the analyzer know what err_set() returns. */
static inline int err_failed(void)
{
	return -1;
}

/* Prints "situ: text" to stderr. Returns err->code. */
int err_report(const struct err *err);

/* Prints "situ: warning: ..." to stderr: something is off, the work goes on. */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

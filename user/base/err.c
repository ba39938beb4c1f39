// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "user/base/err.h"
#include "user/base/text.h"

void err_fill(struct err *err, enum exit_code code, const char *fmt, ...)
{
	char raw[ERR_TEXT_MAX];
	va_list ap;

	if (!err || err->code != EXIT_OK)
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_clean(err->text, sizeof(err->text), raw);
	err->code = code;
}

int err_report(const struct err *err)
{
	fprintf(stderr, "situ: %s\n", err->text[0] ? err->text : "failed without a reason: a bug");
	return err->code == EXIT_OK ? EXIT_FAILED : (int)err->code;
}

void warn(const char *fmt, ...)
{
	char raw[512], clean[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_clean(clean, sizeof(clean), raw);
	fprintf(stderr, "situ: warning: %s\n", clean);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "loadgen/crawl/yamldoc.h"
#include "user/base/buf.h"
#include "user/cmd/crawl_documents.h"

#define FILE_BYTES_MAX (64u << 20)

int documents_add(struct documents *d, const char *name, const char *text, size_t len,
		  struct err *err)
{
	json_error_t error;
	struct yamldoc_error yaml_error;
	json_t *doc = json_loadb(text, len, JSON_ALLOW_NUL, &error);
	bool yaml = d->yaml && !(len && (*text == '{' || *text == '['));

	if (!doc && yaml && !(doc = yamldoc_parse(text, len, &yaml_error)))
		return err_set(err, EXIT_USAGE, "%s:%zu:%zu: neither JSON nor YAML (%s): check it",
			       name, yaml_error.line, yaml_error.column, yaml_error.text);
	if (!doc)
		return err_set(err, EXIT_USAGE, "%s:%d:%d: not JSON (%s): check the file", name,
			       error.line, error.column, error.text);
	d->doc[d->nr] = doc;
	d->name[d->nr++] = name;
	return 0;
}

int documents_read(struct documents *d, const char *name, struct err *err)
{
	struct buf text;
	int status = buf_read_file(&text, name, FILE_BYTES_MAX);

	if (status == -E2BIG)
		status = err_set(err, EXIT_USAGE, "%s is larger than %u bytes: make it shorter",
				 name, FILE_BYTES_MAX);
	else if (status)
		status = err_set(err, EXIT_USAGE, "cannot read %s (%s): check the name", name,
				 strerror(-status));
	else
		status = documents_add(d, name, text.data, text.len, err);
	buf_free(&text);
	return status;
}

void documents_free(struct documents *d)
{
	while (d->nr)
		json_decref(d->doc[--d->nr]);
}

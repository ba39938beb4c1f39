/* SPDX-License-Identifier: GPL-2.0-only */
/* What an HTML page refers to, by libxml2's HTML parser. */
#ifndef SITU_CRAWL_HTML_H
#define SITU_CRAWL_HTML_H

#include <stdbool.h>
#include <stddef.h>

#define HTML_FIELDS_MAX 32

struct html_field {
	const char *name;
	const char *value; /* "" for one that the visitor fills in */
	bool choice;	   /* one of several fields of that name: the options of a select */
};

struct html_form {
	const char *method; /* upper case */
	const char *action; /* "" for the page itself */
	bool secret;	    /* has a password field */
	bool encodable;	    /* application/x-www-form-urlencoded, and no file */
	struct html_field field[HTML_FIELDS_MAX];
	size_t nr_fields;
};

/* Where findings go, in document order. Each returns 0 to go on, else html_scan() returns that. */
struct html_sink {
	int (*base)(void *arg, const char *href);
	int (*link)(void *arg, const char *ref);
	int (*script)(void *arg, const char *src);
	int (*code)(void *arg, const char *text); /* inline script */
	int (*form)(void *arg, const struct html_form *form);
	void *arg;
};

/*
 * Reads the page @text[@len] of the character set @charset (NULL: as the page says). Whatever is
 * wrong with it is repaired as far as the parser does. 0, -ENOMEM, or what a sink returned.
 */
int html_scan(const char *text, size_t len, const char *charset, const struct html_sink *sink);

#endif

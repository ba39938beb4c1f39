// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <libxml/HTMLparser.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/html.h"
#include "user/base/types.h"

/* Elements and the attributes of theirs that refer to something; Angular's ng- forms included. */
static const struct {
	const char *element, *attribute;
} references[] = {
	{ "a", "href" },     { "a", "ng-href" },      { "area", "href" },     { "link", "href" },
	{ "img", "src" },    { "img", "ng-src" },     { "iframe", "src" },    { "frame", "src" },
	{ "source", "src" }, { "video", "src" },      { "audio", "src" },     { "embed", "src" },
	{ "track", "src" },  { "object", "data" },    { "button", "hx-get" }, { "a", "hx-get" },
	{ "div", "hx-get" }, { "div", "ng-include" },
};

static bool is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

/* The attribute @name of @node for the caller to xmlFree(); NULL without one. */
static char *attribute(const xmlNode *node, const char *name)
{
	return (char *)xmlGetProp((xmlNode *)node, (const xmlChar *)name);
}

/* The node after @node in document order below @top; its children are left out with @skip. */
static const xmlNode *next_node(const xmlNode *node, const xmlNode *top, bool skip)
{
	if (!skip && node->children)
		return node->children;
	while (node && node != top && !node->next)
		node = node->parent;
	return !node || node == top ? NULL : node->next;
}

static int scan_references(const xmlNode *node, const struct html_sink *sink)
{
	size_t i;
	int status = 0;

	for (i = 0; !status && i < ARRAY_SIZE(references); i++) {
		char *ref;

		if (strcmp(references[i].element, (const char *)node->name) != 0)
			continue;
		ref = attribute(node, references[i].attribute);
		if (ref)
			status = sink->link(sink->arg, ref);
		xmlFree(ref);
	}
	return status;
}

/* <meta http-equiv="refresh" content="0; url=next.html"> */
static int scan_meta(const xmlNode *node, const struct html_sink *sink)
{
	char *kind = attribute(node, "http-equiv"), *content = attribute(node, "content");
	char *ref = content ? strcasestr(content, "url=") : NULL;
	int status = 0;

	if (kind && ref && strcasecmp(kind, "refresh") == 0) {
		ref += 4;
		if (*ref == '\'' || *ref == '"') {
			ref++;
			ref[strcspn(ref, "'\"")] = '\0';
		}
		status = sink->link(sink->arg, ref);
	}
	xmlFree(kind);
	xmlFree(content);
	return status;
}

static int scan_script(const xmlNode *node, const struct html_sink *sink)
{
	char *src = attribute(node, "src"), *type = attribute(node, "type"), *code = NULL;
	int status = 0;

	if (src) {
		status = sink->script(sink->arg, src);
	} else if (!type || !*type || strcasestr(type, "javascript") ||
		   !strcasecmp(type, "module")) {
		code = (char *)xmlNodeGetContent(node);
		if (code)
			status = sink->code(sink->arg, code);
	}
	xmlFree(src);
	xmlFree(type);
	xmlFree(code);
	return status;
}

/* A form while its fields are collected; the texts are libxml2's copies. */
struct collection {
	struct html_form form;
	char *text[2 * HTML_FIELDS_MAX];
	size_t nr_texts;
};

/* Takes over @name and @value. */
static void add_field(struct collection *c, char *name, char *value, bool choice)
{
	if (!name || !*name || c->form.nr_fields == HTML_FIELDS_MAX) {
		xmlFree(name);
		xmlFree(value);
		return;
	}
	c->text[c->nr_texts++] = name;
	if (value)
		c->text[c->nr_texts++] = value;
	c->form.field[c->form.nr_fields++] =
		(struct html_field){ name, value ? value : "", choice };
}

static void add_input(struct collection *c, const xmlNode *node)
{
	static const char *const no_value[] = { "submit", "button", "image", "reset" };
	char *type = attribute(node, "type"), *checked = attribute(node, "checked");
	bool use = true;
	size_t i;

	for (i = 0; type && i < ARRAY_SIZE(no_value); i++)
		use &= strcasecmp(type, no_value[i]) != 0;
	if (type && (!strcasecmp(type, "checkbox") || !strcasecmp(type, "radio")))
		use = checked != NULL;
	c->form.secret |= type && strcasecmp(type, "password") == 0;
	if (type && strcasecmp(type, "file") == 0)
		c->form.encodable = use = false;
	if (use)
		add_field(c, attribute(node, "name"), attribute(node, "value"), false);
	xmlFree(type);
	xmlFree(checked);
}

/* Every option of a select is a field of its name. */
static void add_select(struct collection *c, const xmlNode *select)
{
	const xmlNode *node = select;

	while ((node = next_node(node, select, false))) {
		char *value;

		if (!is(node, "option"))
			continue;
		value = attribute(node, "value");
		if (!value)
			value = (char *)xmlNodeGetContent(node);
		if (value && *value)
			add_field(c, attribute(select, "name"), value, true);
		else
			xmlFree(value);
	}
}

static void collect_fields(struct collection *c, const xmlNode *form)
{
	const xmlNode *node = form;

	while ((node = next_node(node, form, false))) {
		if (is(node, "input"))
			add_input(c, node);
		else if (is(node, "select"))
			add_select(c, node);
		else if (is(node, "textarea"))
			add_field(c, attribute(node, "name"), (char *)xmlNodeGetContent(node),
				  false);
	}
}

static int scan_form(const xmlNode *node, const struct html_sink *sink)
{
	char *method = attribute(node, "method"), *action = attribute(node, "action");
	char *type = attribute(node, "enctype");
	struct collection *c = calloc(1, sizeof(*c));
	int status = -ENOMEM;

	if (c) {
		c->form.method = method && !strcasecmp(method, "post") ? "POST" : "GET";
		c->form.action = action ? action : "";
		c->form.encodable = !type || !strcasecmp(type, "application/x-www-form-urlencoded");
		collect_fields(c, node);
		/* <form method="dialog"> sends nothing. */
		status = method && !strcasecmp(method, "dialog") ? 0
								 : sink->form(sink->arg, &c->form);
		while (c->nr_texts)
			xmlFree(c->text[--c->nr_texts]);
	}
	xmlFree(method);
	xmlFree(action);
	xmlFree(type);
	free(c);
	return status;
}

static int scan_element(const xmlNode *node, const struct html_sink *sink)
{
	char *href;
	int status = 0;

	if (is(node, "base")) {
		href = attribute(node, "href");
		if (href)
			status = sink->base(sink->arg, href);
		xmlFree(href);
		return status;
	}
	if (is(node, "script"))
		return scan_script(node, sink);
	if (is(node, "meta"))
		return scan_meta(node, sink);
	if (is(node, "form"))
		return scan_form(node, sink);
	return scan_references(node, sink);
}

int html_scan(const char *text, size_t len, const char *charset, const struct html_sink *sink)
{
	const int options = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
			    HTML_PARSE_NONET | HTML_PARSE_COMPACT;
	const xmlNode *node;
	htmlDocPtr doc;
	int status = 0;

	if (!len || len > INT_MAX)
		return 0;
	doc = htmlReadMemory(text, (int)len, NULL, charset, options);
	if (!doc)
		return 0;
	for (node = xmlDocGetRootElement(doc); node && !status;
	     node = next_node(node, (const xmlNode *)doc, false)) {
		if (node->type == XML_ELEMENT_NODE)
			status = scan_element(node, sink);
	}
	xmlFreeDoc(doc);
	return status;
}

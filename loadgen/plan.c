// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/lookup.h"
#include "loadgen/plan.h"
#include "user/base/buf.h"

#define RESOLVE_MAX 4096

static int no_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory for the load: use fewer connections");
}

static int add_header(struct plan *plan, const char *header)
{
	struct curl_slist *longer = curl_slist_append(plan->headers, header);

	if (!longer)
		return -1;
	plan->headers = longer;
	return 0;
}

/* A header without variables may hold "{{name}}": what is sent is its expansion. */
static int add_constant(struct plan *plan, const struct vartext *t)
{
	char *text = malloc(t->len_max + 1);
	int status;

	if (!text)
		return -1;
	vartext_expand(t, NULL, text);
	status = add_header(plan, text);
	free(text);
	return status;
}

/*
 * Parses the URL of @t for all of its requests: libcurl would do so for each, and write it anew
 * from what it found, at a tenth of what a small request costs it in all.
 */
static int parse_url(struct plan *plan, const struct target *t, const struct engine_config *config)
{
	const unsigned int flags = CURLU_PATH_AS_IS;
	size_t base = strlen(config->workload->base);
	char *text = malloc(base + t->path_template.len_max + 1);
	int status = -1;

	plan->url = curl_url();
	if (text && plan->url) {
		memcpy(text, config->workload->base, base);
		vartext_expand(&t->path_template, NULL, text + base);
		/* One that libcurl does not take is left to the requests, which then say why. */
		if (curl_url_set(plan->url, CURLUPART_URL, text, flags)) {
			curl_url_cleanup(plan->url);
			plan->url = NULL;
		}
		status = 0;
	}
	free(text);
	return status;
}

static int make_plan(struct plan *plan, const struct target *t, const struct engine_config *config)
{
	size_t i;

	plan->target = t;
	plan->varies = t->path_template.varies || t->body_template.varies;
	plan->given = t->path_template.given || t->body_template.given;
	plan->text_max = strlen(config->workload->base) + t->path_template.len_max + 1 +
			 t->body_template.len_max + 1;
	if (!t->path_template.varies && parse_url(plan, t, config))
		return -1;
	/* An empty value takes the header out: no pause for a "100 Continue" before large bodies.
	 */
	if ((t->body && add_header(plan, "Expect:")) ||
	    (!config->keepalive && add_header(plan, "Connection: close")))
		return -1;
	for (i = 0; i < config->nr_headers; i++) {
		if (add_header(plan, config->headers[i]))
			return -1;
	}
	for (i = 0; i < t->nr_headers; i++) {
		if (!t->header_templates[i].varies) {
			if (add_constant(plan, &t->header_templates[i]))
				return -1;
			continue;
		}
		plan->varies = true;
		plan->given |= t->header_templates[i].given;
		plan->nr_varying++;
		plan->text_max += t->header_templates[i].len_max + 1;
	}
	return 0;
}

/* The numeric addresses of @list behind "host:port:", as CURLOPT_RESOLVE takes them. */
static int format_addresses(struct buf *text, const struct addrinfo *list)
{
	const char *separator = "";

	for (; list; list = list->ai_next) {
		char address[INET6_ADDRSTRLEN];

		if (getnameinfo(list->ai_addr, list->ai_addrlen, address, sizeof(address), NULL, 0,
				NI_NUMERICHOST))
			continue;
		/* A scoped link-local address has no form here; libcurl then resolves by itself. */
		if (strchr(address, '%'))
			continue;
		buf_printf(text, strchr(address, ':') ? "%s[%s]" : "%s%s", separator, address);
		separator = ",";
	}
	return *separator ? text->failed : -1;
}

static int add_resolve(struct plans *plans, const char *entry, struct err *err)
{
	struct curl_slist *longer = curl_slist_append(plans->resolve, entry);

	if (!longer)
		return no_memory(err);
	plans->resolve = longer;
	return 0;
}

/*
 * Looks the host up once, before the load: else each thread's first request pays for it, and a
 * thousand first connections start a thousand resolver threads. A name that is not found, within
 * a request's timeout, is left to libcurl, whose failures are counted like any other.
 */
static int look_up(struct plans *plans, struct err *err)
{
	struct addrinfo *list = NULL;
	struct buf text = buf_init(RESOLVE_MAX);
	char *host = NULL, *port = NULL;
	struct in6_addr numeric;
	CURLU *url = curl_url();
	int status = -1;

	if (!url || curl_url_set(url, CURLUPART_URL, plans->config->workload->base, 0) ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) ||
	    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT)) {
		err_set(err, EXIT_FAILED, "cannot read the URL '%s': write it as http://host:port",
			plans->config->workload->base);
		goto out;
	}
	status = 0;
	if (host[0] == '[' || inet_pton(AF_INET, host, &numeric) == 1 ||
	    lookup_addresses(host, port, plans->config->timeout_ns, &list))
		goto out;
	buf_printf(&text, "%s:%s:", host, port);
	if (format_addresses(&text, list))
		goto out;
	status = add_resolve(plans, text.data, err);
out:
	if (list)
		freeaddrinfo(list);
	buf_free(&text);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
	return status;
}

/* What libcurl is told of addresses: the user's, and without any, ours. */
static int resolve(struct plans *plans, struct err *err)
{
	const struct transport *t = &plans->config->transport;
	size_t i;

	for (i = 0; i < t->nr_resolve; i++) {
		if (add_resolve(plans, t->resolve[i], err))
			return -1;
	}
	return t->unix_socket || t->nr_resolve ? 0 : look_up(plans, err);
}

int plans_make(struct plans *plans, const struct engine_config *config, struct err *err)
{
	const struct workload *w = config->workload;
	size_t i;

	*plans = (struct plans){ .config = config };
	plans->plan = calloc(w->nr_targets, sizeof(*plans->plan));
	if (!plans->plan)
		return no_memory(err);
	for (i = 0; i < w->nr_targets; i++) {
		struct plan *plan = &plans->plan[i];

		if (make_plan(plan, &w->targets[i], config))
			return no_memory(err);
		if (plan->text_max > plans->text_max)
			plans->text_max = plan->text_max;
		if (plan->nr_varying > plans->varying_max)
			plans->varying_max = plan->nr_varying;
	}
	return resolve(plans, err);
}

void plans_free(struct plans *plans)
{
	size_t i;

	for (i = 0; plans->plan && i < plans->config->workload->nr_targets; i++) {
		curl_slist_free_all(plans->plan[i].headers);
		curl_url_cleanup(plans->plan[i].url);
	}
	free(plans->plan);
	curl_slist_free_all(plans->resolve);
	*plans = (struct plans){ 0 };
}

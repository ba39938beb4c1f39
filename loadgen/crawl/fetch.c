// SPDX-License-Identifier: GPL-2.0-only
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/crawl/fetch.h"
#include "user/base/stop.h"
#include "user/base/text.h"

struct fetcher {
	CURL *easy;
	struct curl_slist *headers;
	char *origin;
};

static size_t take_body(char *data, size_t size, size_t nr, void *arg)
{
	struct page *page = arg;
	size_t len = size * nr, room = page->body.cap - page->body.len;

	if (len > room) {
		page->truncated = true;
		len = room;
	}
	/* Fewer bytes than came end the transfer, and with it a body without an end. */
	return buf_add(&page->body, data, len) ? 0 : len;
}

static int on_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total,
		       curl_off_t up)
{
	(void)arg;
	(void)total;
	(void)now;
	(void)up_total;
	(void)up;
	return stop_signal() != 0;
}

static int add_headers(struct fetcher *f, const struct fetch_config *config)
{
	size_t i;

	for (i = 0; i < config->nr_headers; i++) {
		struct curl_slist *more = curl_slist_append(f->headers, config->headers[i]);

		if (!more)
			return -ENOMEM;
		f->headers = more;
	}
	return 0;
}

static bool has_cookies(struct fetcher *f)
{
	struct curl_slist *jar = NULL;

	curl_easy_getinfo(f->easy, CURLINFO_COOKIELIST, &jar);
	curl_slist_free_all(jar);
	return jar != NULL;
}

static int set_options(struct fetcher *f, const struct fetch_config *config)
{
	long verify = config->insecure ? 0 : 1;
	bool failed = false;

	failed |= curl_easy_setopt(f->easy, CURLOPT_NOSIGNAL, 1L) != CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_PROXY, "") != CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_PATH_AS_IS, 1L) != CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_USERAGENT, "situ-crawl/" SITU_VERSION) !=
		  CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_ACCEPT_ENCODING, "") != CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_TIMEOUT_MS,
				   (long)(config->timeout_ns / NSEC_PER_MSEC)) != CURLE_OK;
	/* Or Ctrl-C and the timeout would wait for a name server that is silent. */
	failed |= curl_easy_setopt(f->easy, CURLOPT_QUICK_EXIT, 1L) != CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers) != CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_SSL_VERIFYPEER, verify) != CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_SSL_VERIFYHOST, 2 * verify) != CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, take_body) != CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_XFERINFOFUNCTION, on_progress) != CURLE_OK;
	failed |= curl_easy_setopt(f->easy, CURLOPT_NOPROGRESS, 0L) != CURLE_OK;
	/* No file: an empty jar in memory. */
	if (config->cookies)
		failed |= curl_easy_setopt(f->easy, CURLOPT_COOKIEFILE, "") != CURLE_OK;
	return failed ? -ENOMEM : 0;
}

struct fetcher *fetcher_new(const struct fetch_config *config, struct err *err)
{
	struct fetcher *f = calloc(1, sizeof(*f));

	if (f) {
		f->easy = curl_easy_init();
		f->origin = strdup(config->origin);
		if (f->easy && f->origin && !add_headers(f, config) && !set_options(f, config))
			return f;
	}
	fetcher_free(f);
	err_set(err, EXIT_FAILED, "cannot set up libcurl: is memory left?");
	return NULL;
}

void fetcher_free(struct fetcher *f)
{
	if (!f)
		return;
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers);
	free(f->origin);
	free(f);
}

/* What libcurl says about the answer, copied: its own strings end with the next request. */
static int take_answer(struct fetcher *f, struct page *page)
{
	const char *type = NULL, *redirect = NULL;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &page->status);
	curl_easy_getinfo(f->easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_URL, &redirect);
	if (type && !(page->content_type = text_dup(type)))
		return -ENOMEM;
	if (redirect && !(page->redirect = text_dup(redirect)))
		return -ENOMEM;
	return 0;
}

int fetch(void *arg, const char *method, const char *target, struct page *page)
{
	struct fetcher *f = arg;
	char *url;
	CURLcode code;

	*page = (struct page){ .body = buf_init(FETCH_BODY_MAX), .cookies = has_cookies(f) };
	if (asprintf(&url, "%s%s", f->origin, target) < 0)
		return -ENOMEM;
	curl_easy_setopt(f->easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(f->easy, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
	curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, page);
	code = curl_easy_setopt(f->easy, CURLOPT_URL, url);
	free(url);
	if (!code)
		code = curl_easy_perform(f->easy);
	if (code == CURLE_OUT_OF_MEMORY || page->body.failed == -ENOMEM)
		return -ENOMEM;
	if (code == CURLE_OK || page->truncated)
		return take_answer(f, page);
	text_clean(page->error, sizeof(page->error), curl_easy_strerror(code));
	return 0;
}

void page_free(struct page *page)
{
	free(page->content_type);
	free(page->redirect);
	buf_free(&page->body);
	*page = (struct page){ 0 };
}

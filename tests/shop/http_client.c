// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/shop/http_client.h"

#define CONNECT_MS	 1000L
#define ANSWER_MS	 5000L
#define ANSWER_BYTES_MAX (64 * 1024)
#define URL_BYTES_MAX	 512

struct answer {
	char *data;
	size_t len;
};

int http_client_open(struct http_client *client)
{
	client->curl = curl_easy_init();
	client->headers = curl_slist_append(NULL, "Content-Type: application/json");
	return client->curl && client->headers ? 0 : -ENOMEM;
}

void http_client_close(struct http_client *client)
{
	curl_easy_cleanup(client->curl);
	curl_slist_free_all(client->headers);
	*client = (struct http_client){ 0 };
}

static size_t on_data(char *data, size_t size, size_t nr, void *arg)
{
	struct answer *answer = arg;
	size_t len = size * nr;
	char *grown;

	if (len > ANSWER_BYTES_MAX - answer->len)
		return 0; /* fewer than len: libcurl gives up on the transfer */
	grown = realloc(answer->data, answer->len + len);
	if (!grown)
		return 0;
	memcpy(grown + answer->len, data, len);
	answer->data = grown;
	answer->len += len;
	return len;
}

static int format_url(char *url, size_t size, const struct endpoint *to, const char *fmt,
		      va_list ap)
{
	int start = snprintf(url, size, "http://%s:%s", to->host, to->port);
	int len = vsnprintf(url + start, size - start, fmt, ap);

	return len < 0 || (size_t)len >= size - start ? -E2BIG : 0;
}

static int perform(struct http_client *client, int *status)
{
	CURLcode code = curl_easy_perform(client->curl);
	long http_status = 0;

	if (code == CURLE_OUT_OF_MEMORY)
		return -ENOMEM;
	if (code != CURLE_OK)
		return -EHOSTDOWN;
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &http_status);
	if (http_status >= 500)
		return -EHOSTDOWN;
	*status = (int)http_status;
	return 0;
}

/* Sets the handle up anew; its connections outlive curl_easy_reset(). */
static void prepare(struct http_client *client, const char *url, const char *method,
		    const char *body, struct answer *answer)
{
	CURL *curl = client->curl;

	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever http_proxy says */
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	if (body) {
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

int http_client_call(struct http_client *client, const struct endpoint *to, const char *method,
		     const json_t *body, int *status, json_t **json, const char *fmt, ...)
{
	char *text = body ? json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	struct answer answer = { 0 };
	char url[URL_BYTES_MAX];
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = format_url(url, sizeof(url), to, fmt, ap);
	va_end(ap);
	if (!err && body && !text)
		err = -ENOMEM;
	if (err)
		goto out;
	prepare(client, url, method, text, &answer);
	err = perform(client, status);
	if (!err && json)
		*json = answer.data ? json_loadb(answer.data, answer.len, 0, NULL) : NULL;
out:
	free(answer.data);
	free(text);
	return err;
}

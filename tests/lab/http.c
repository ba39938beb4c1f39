// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lab/http.h"
#include "tests/lab/loop.h"
#include "tests/lab/stream.h"

#define PART_BYTES 64

/*
 * Reads up to the empty line behind the headers. Returns the bytes in @text, which is terminated;
 * what is of the body is counted in *@body_len.
 */
static ssize_t read_head(int fd, char *text, struct http_request *request, size_t *body_len)
{
	size_t len = 0;
	char *end = NULL;

	while (!end) {
		ssize_t got = stream_read(fd, text + len, HTTP_TEXT_MAX - 1 - len);

		if (got <= 0)
			return got == 0 && len ? -EPIPE : got;
		if (!len && request) {
			request->begun_ns = now_ns();
			request->begun = loop_usage();
		}
		len += (size_t)got;
		text[len] = '\0';
		if (len == HTTP_TEXT_MAX - 1)
			return -EMSGSIZE;
		end = strstr(text, "\r\n\r\n");
	}
	*body_len = len - (size_t)(end + 4 - text);
	return (ssize_t)len;
}

/* The value of a header, NULL without. */
static const char *header(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = strstr(text, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':')
			return line + 2 + len + 1 + strspn(line + 2 + len + 1, " ");
	}
	return NULL;
}

static int copy_word(char *to, size_t size, const char *from, const char *ends)
{
	size_t len = strcspn(from, ends);

	if (len >= size)
		return -EMSGSIZE;
	memcpy(to, from, len);
	to[len] = '\0';
	return 0;
}

int http_read_request(int fd, struct http_request *request)
{
	char text[HTTP_TEXT_MAX];
	const char *id, *connection;
	size_t body_len;
	ssize_t len = read_head(fd, text, request, &body_len);

	if (len <= 0)
		return (int)len;
	if (strncmp(text, "GET /", 5) != 0 || body_len)
		return -EBADMSG;
	id = header(text, "X-Id");
	if (copy_word(request->script, sizeof(request->script), text + 5, " ") ||
	    copy_word(request->id, sizeof(request->id), id ? id : "\r", "\r"))
		return -EMSGSIZE;
	connection = header(text, "Connection");
	request->close = connection && strncasecmp(connection, "close", 5) == 0;
	return 1;
}

int http_answer_part(int fd, int status, long parts, long part)
{
	char text[2 * PART_BYTES];
	int len = 0;

	if (!part)
		len = snprintf(text, PART_BYTES,
			       "HTTP/1.1 %d Scripted\r\nContent-Length: %ld\r\n\r\n", status,
			       parts * PART_BYTES);
	memset(text + len, 'x', PART_BYTES);
	return stream_write(fd, text, (size_t)len + PART_BYTES);
}

int http_send_request(int fd, const char *script, int script_len, const char *id, bool close)
{
	char text[HTTP_TEXT_MAX];
	int len = snprintf(text, sizeof(text),
			   "GET /%.*s HTTP/1.1\r\nHost: lab\r\nX-Id: %s\r\n%s\r\n", script_len,
			   script, id, close ? "Connection: close\r\n" : "");

	if (len >= (int)sizeof(text))
		return -EMSGSIZE;
	return stream_write(fd, text, (size_t)len);
}

int http_read_answer(int fd)
{
	char text[HTTP_TEXT_MAX];
	const char *value;
	size_t have, want;
	ssize_t len = read_head(fd, text, NULL, &have);

	if (len <= 0)
		return len ? (int)len : -EPIPE;
	value = header(text, "Content-Length");
	if (strncmp(text, "HTTP/1.1 200 ", 13) != 0 || !value)
		return -EBADMSG;
	want = strtoul(value, NULL, 10);
	while (have < want) {
		ssize_t got = stream_read(fd, text, sizeof(text));

		if (got <= 0)
			return got ? (int)got : -EPIPE;
		have += (size_t)got;
	}
	return 0;
}

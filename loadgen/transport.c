// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "loadgen/transport.h"
#include "user/base/text.h"
#include "user/base/types.h"

#define H2C_BROKEN 0x075800 /* 7.88.0 */
#define H2C_MENDED 0x080000

static bool is_https(const char *base)
{
	return text_starts(base, "https:");
}

static bool has_feature(int bit)
{
	return (curl_version_info(CURLVERSION_NOW)->features & bit) != 0;
}

static int check_http(const struct transport *t, const char *base, bool reuse, struct err *err)
{
	unsigned int version = curl_version_info(CURLVERSION_NOW)->version_num;

	if (t->http == TRANSPORT_HTTP2 && !has_feature(CURL_VERSION_HTTP2))
		return err_set(err, EXIT_ENVIRONMENT,
			       "libcurl %s has no HTTP/2: install one that was built with nghttp2",
			       curl_version_info(CURLVERSION_NOW)->version);
	/* Every later request on such a connection fails there: github.com/curl/curl/pull/10643. */
	if (t->http == TRANSPORT_HTTP2 && !is_https(base) && reuse && version >= H2C_BROKEN &&
	    version < H2C_MENDED)
		return err_set(err, EXIT_ENVIRONMENT,
			       "libcurl %s cannot use an HTTP/2 connection without TLS twice: use "
			       "https, add --no-keepalive, or install libcurl 8",
			       curl_version_info(CURLVERSION_NOW)->version);
	if (t->http == TRANSPORT_HTTP3 && !has_feature(CURL_VERSION_HTTP3))
		return err_set(err, EXIT_ENVIRONMENT,
			       "libcurl %s has no HTTP/3: install one that was built with it",
			       curl_version_info(CURLVERSION_NOW)->version);
	if (t->http == TRANSPORT_HTTP3 && !is_https(base))
		return err_set(err, EXIT_USAGE, "HTTP/3 is always encrypted: use an https URL");
	return 0;
}

static int check_file(const char *path, const char *option, struct err *err)
{
	if (!path || access(path, R_OK) == 0)
		return 0;
	return err_set(err, EXIT_USAGE, "cannot read %s (%s): check --%s", path, strerror(errno),
		       option);
}

static bool is_address(const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr room;

	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(AF_INET, copy, &room) == 1 || inet_pton(AF_INET6, copy, &room) == 1;
}

/* HOST:PORT:ADDRESS, as curl's own option of that name has it; of addresses only one. */
static int check_resolve(const char *entry, struct err *err)
{
	size_t host = strcspn(entry, ":"), digits;
	const char *port = entry + host + (entry[host] == ':');

	digits = strspn(port, "0123456789");
	if (host && digits && digits <= 5 && port[digits] == ':' &&
	    is_address(port + digits + 1, strlen(port + digits + 1)))
		return 0;
	return err_set(err, EXIT_USAGE,
		       "'%s' is not HOST:PORT:ADDRESS: write --resolve shop:8080:10.0.0.2", entry);
}

int transport_check(const struct transport *t, const char *base, bool reuse, struct err *err)
{
	struct sockaddr_un unix_address;
	size_t i;

	if (check_http(t, base, reuse, err) || check_file(t->cacert, "cacert", err) ||
	    check_file(t->cert, "cert", err) || check_file(t->key, "key", err))
		return -1;
	if (t->key && !t->cert)
		return err_set(err, EXIT_USAGE, "a key alone proves nothing: add --cert");
	if (t->unix_socket && strlen(t->unix_socket) >= sizeof(unix_address.sun_path))
		return err_set(err, EXIT_USAGE,
			       "the path of the unix socket is longer than %zu bytes: link to it "
			       "from a shorter one",
			       sizeof(unix_address.sun_path) - 1);
	if (t->unix_socket && (t->nr_resolve || t->nr_sources))
		return err_set(err, EXIT_USAGE, "a unix socket has no addresses: leave --%s out",
			       t->nr_resolve ? "resolve" : "source");
	for (i = 0; i < t->nr_resolve; i++) {
		if (check_resolve(t->resolve[i], err))
			return -1;
	}
	return 0;
}

static long http_version(const struct transport *t, const char *base)
{
	switch (t->http) {
	case TRANSPORT_HTTP1:
		return CURL_HTTP_VERSION_1_1;
	case TRANSPORT_HTTP2:
		/* Without TLS nothing is negotiated: the upgrade dance would be another request. */
		return is_https(base) ? CURL_HTTP_VERSION_2_0 : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
	case TRANSPORT_HTTP3:
		return CURL_HTTP_VERSION_3ONLY;
	}
	return CURL_HTTP_VERSION_NONE;
}

int transport_apply(const struct transport *t, const char *base, size_t number, CURL *easy)
{
	CURLcode c = CURLE_OK;

	c |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, http_version(t, base));
	c |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, (long)!t->insecure);
	c |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, t->insecure ? 0L : 2L);
	if (t->cacert)
		c |= curl_easy_setopt(easy, CURLOPT_CAINFO, t->cacert);
	if (t->cert)
		c |= curl_easy_setopt(easy, CURLOPT_SSLCERT, t->cert);
	if (t->key)
		c |= curl_easy_setopt(easy, CURLOPT_SSLKEY, t->key);
	if (t->unix_socket)
		c |= curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, t->unix_socket);
	if (t->nr_sources)
		c |= curl_easy_setopt(easy, CURLOPT_INTERFACE, t->sources[number % t->nr_sources]);
	if (t->compressed)
		c |= curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	return c == CURLE_OK ? 0 : -ENOMEM;
}

bool transport_differs(const struct transport *t, CURL *easy)
{
	long version = 0;

	if (t->http == TRANSPORT_HTTP1)
		return false;
	curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
	return version !=
	       (t->http == TRANSPORT_HTTP2 ? CURL_HTTP_VERSION_2_0 : CURL_HTTP_VERSION_3);
}

const char *transport_describe(char *text, size_t size)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	snprintf(text, size, "%s: HTTP/1.1%s%s, %s%s", info->version,
		 has_feature(CURL_VERSION_HTTP2) ? ", HTTP/2" : "",
		 has_feature(CURL_VERSION_HTTP3) ? ", HTTP/3" : "; no HTTP/3",
		 info->ssl_version ? "TLS by " : "no TLS",
		 info->ssl_version ? info->ssl_version : "");
	return text;
}

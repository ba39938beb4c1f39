// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/experiment/ready.h"

#define TCP_WITHIN_MS  500
#define HTTP_WITHIN_MS 1000L

/* Waits for the connection that @fd has under way. */
static bool connected(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int error = 0;

	if (poll(&p, 1, TCP_WITHIN_MS) != 1)
		return false;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

bool ready_tcp(const struct net *net, const char *address, unsigned int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((u16)port) };
	int fd = net_socket(net, net->client, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	bool ready = false;

	if (fd < 0)
		return false;
	if (inet_pton(AF_INET, address, &to.sin_addr) == 1) {
		int ret = connect(fd, (const struct sockaddr *)&to, sizeof(to));

		ready = ret == 0 || (errno == EINPROGRESS && connected(fd));
	}
	close(fd);
	return ready;
}

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *to)
{
	const struct net *net = data;
	int fd = net_socket(net, net->client, to->family, to->socktype, to->protocol);

	(void)purpose;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static size_t discard(const char *body, size_t size, size_t nr, void *data)
{
	(void)body;
	(void)data;
	return size * nr;
}

static bool get(CURL *curl, const struct net *net, const char *url)
{
	long status = 0;

	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, HTTP_WITHIN_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, (void *)net);
	if (curl_easy_perform(curl) != CURLE_OK)
		return false;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status >= 100 && status < 400;
}

bool ready_http(const struct net *net, const char *address, unsigned int port, const char *path)
{
	CURL *curl = curl_easy_init();
	char *url = NULL;
	bool ready = false;

	if (curl && asprintf(&url, "http://%s:%u%s", address, port, path) >= 0) {
		ready = get(curl, net, url);
		free(url);
	}
	curl_easy_cleanup(curl);
	return ready;
}

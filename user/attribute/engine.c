// SPDX-License-Identifier: GPL-2.0-only
#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "user/attribute/engine.h"
#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/text.h"

#define ANSWER_MAX     (1 << 20) /* a container's description is some 10 KiB */
#define ANSWER_TIMEOUT 1000L	 /* ms, for connecting and answering */
#define BACKOFF_MAX_NS (60 * NSEC_PER_SEC)
#define SOCKETS_MAX    64 /* two of the system's and those of users with engines of their own */
#define HTTP_OK	       200
#define HTTP_NOT_FOUND 404

struct api_socket {
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	unsigned int uid; /* who must own it; 0: anybody, the administrator chose it */
	u64 next_try_ns;
	u64 backoff_ns; /* 0: the last question was answered */
};

struct engine {
	CURL *curl;
	char docker[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char podman[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct api_socket sockets[SOCKETS_MAX];
	size_t nr_sockets;
};

static size_t keep_answer(char *data, size_t size, size_t count, void *answer)
{
	return buf_add(answer, data, size * count) ? 0 : size * count;
}

/* The socket's path in the environment variable @name, else @otherwise. */
static void choose(char *path, size_t size, const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	if (value && text_starts(value, "unix://"))
		otherwise = value + strlen("unix://");
	snprintf(path, size, "%s", otherwise);
}

int engine_open(struct engine **engine)
{
	struct engine *new = calloc(1, sizeof(*new));

	*engine = NULL;
	if (!new)
		return -ENOMEM;
	new->curl = curl_easy_init();
	if (!new->curl) {
		free(new);
		return -ENOMEM;
	}
	choose(new->docker, sizeof(new->docker), "DOCKER_HOST", "/var/run/docker.sock");
	choose(new->podman, sizeof(new->podman), "CONTAINER_HOST", "/run/podman/podman.sock");
	*engine = new;
	return 0;
}

void engine_close(struct engine *engine)
{
	if (!engine)
		return;
	curl_easy_cleanup(engine->curl);
	free(engine);
}

void container_free(struct container *container)
{
	free(container->name);
	free(container->service);
	free(container->project);
	*container = (struct container){ 0 };
}

/* The state of the socket @path, NULL when there are too many. */
static struct api_socket *socket_of(struct engine *engine, const char *path, unsigned int uid)
{
	struct api_socket *s;
	size_t i;

	for (i = 0; i < engine->nr_sockets; i++)
		if (!strcmp(engine->sockets[i].path, path))
			return &engine->sockets[i];
	if (engine->nr_sockets == SOCKETS_MAX)
		return NULL;
	s = &engine->sockets[engine->nr_sockets++];
	snprintf(s->path, sizeof(s->path), "%s", path);
	s->uid = uid;
	return s;
}

/* A user must not lead root to a socket that is not his own. */
static int may_ask(const struct api_socket *s)
{
	struct stat st;

	if (!s->uid)
		return 1;
	return !lstat(s->path, &st) && S_ISSOCK(st.st_mode) && st.st_uid == s->uid;
}

static int fetch(struct engine *engine, const struct api_socket *s, const char *id,
		 struct buf *answer, long *status)
{
	char url[128];
	CURL *curl = engine->curl;

	*answer = buf_init(ANSWER_MAX);
	if (!may_ask(s))
		return -EACCES;
	snprintf(url, sizeof(url), "http://localhost/containers/%s/json", id);
	curl_easy_reset(curl);
	if (curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, s->path) ||
	    curl_easy_setopt(curl, CURLOPT_URL, url) ||
	    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http") ||
	    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") ||
	    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) ||
	    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_TIMEOUT) ||
	    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_answer) ||
	    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer))
		return -ENOMEM;
	if (curl_easy_perform(curl) || curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status))
		return -EIO;
	return 0;
}

static void back_off(struct api_socket *s)
{
	s->backoff_ns = s->backoff_ns ? s->backoff_ns * 2 : NSEC_PER_SEC;
	if (s->backoff_ns > BACKOFF_MAX_NS)
		s->backoff_ns = BACKOFF_MAX_NS;
	s->next_try_ns = clock_mono_ns() + s->backoff_ns;
}

static int ask_socket(struct engine *engine, const char *path, unsigned int uid, const char *id,
		      struct container *container)
{
	struct api_socket *s = socket_of(engine, path, uid);
	struct buf answer;
	long status = 0;
	int err;

	if (!s || clock_mono_ns() < s->next_try_ns)
		return -EAGAIN;
	err = fetch(engine, s, id, &answer, &status);
	if (!err && status == HTTP_NOT_FOUND)
		err = -ENOENT;
	else if (!err && (status != HTTP_OK || !answer.data))
		err = -EBADMSG;
	if (!err)
		err = engine_parse(answer.data, answer.len, container);
	buf_free(&answer);
	if (!err || err == -ENOENT) {
		s->backoff_ns = 0;
		return err;
	}
	back_off(s);
	return err == -ENOMEM ? err : -EAGAIN;
}

int engine_ask(struct engine *engine, enum runtime runtime, unsigned int uid, const char *id,
	       struct container *container)
{
	int docker = runtime == RUNTIME_DOCKER || runtime == RUNTIME_ANY;
	int podman = runtime == RUNTIME_PODMAN || runtime == RUNTIME_ANY;
	int err = -ENOENT, later = 0;
	char own[64];

	*container = (struct container){ 0 };
	if (uid && (docker || podman)) {
		snprintf(own, sizeof(own), "/run/user/%u/%s", uid,
			 podman ? "podman/podman.sock" : "docker.sock");
		err = ask_socket(engine, own, uid, id, container);
		later |= err == -EAGAIN;
	}
	if (docker && (err == -ENOENT || err == -EAGAIN)) {
		err = ask_socket(engine, engine->docker, 0, id, container);
		later |= err == -EAGAIN;
	}
	if (podman && (err == -ENOENT || err == -EAGAIN)) {
		err = ask_socket(engine, engine->podman, 0, id, container);
		later |= err == -EAGAIN;
	}
	return err == -ENOENT && later ? -EAGAIN : err;
}

/* The first of the labels @keys that is a string and not empty, as a copy; NULL: none. */
static int copy_label(const json_t *labels, const char *const *keys, char **copy)
{
	for (; *keys; keys++) {
		const char *text = json_string_value(json_object_get(labels, *keys));

		if (!text || !*text)
			continue;
		*copy = strdup(text);
		return *copy ? 0 : -ENOMEM;
	}
	return 0;
}

int engine_parse(const char *json, size_t len, struct container *container)
{
	static const char *const service[] = { "com.docker.compose.service",
					       "io.podman.compose.service",
					       "com.docker.swarm.service.name", NULL };
	static const char *const project[] = { "com.docker.compose.project",
					       "io.podman.compose.project", NULL };
	json_t *root = json_loadb(json, len, 0, NULL), *labels;
	const char *name = json_string_value(json_object_get(root, "Name"));
	int err;

	*container = (struct container){ 0 };
	if (!name || !name[strspn(name, "/")]) {
		json_decref(root);
		return -EBADMSG;
	}
	labels = json_object_get(json_object_get(root, "Config"), "Labels");
	container->name = strdup(name + strspn(name, "/"));
	err = container->name ? copy_label(labels, service, &container->service) : -ENOMEM;
	if (!err)
		err = copy_label(labels, project, &container->project);
	if (err)
		container_free(container);
	json_decref(root);
	return err;
}

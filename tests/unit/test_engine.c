// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "user/attribute/engine.h"
#include "user/base/types.h"

#define ID "3f4d1c0e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d"

/* An engine that gives each caller the same answer and counts them. */
struct fake {
	char dir[32], path[64];
	int listener;
	pthread_t thread;
	const char *answer; /* NULL: hangs up */
	int calls;	    /* read after fake_stop() only */
	char request[512];
};

static void *serve(void *arg)
{
	struct fake *fake = arg;
	int fd;

	while ((fd = accept(fake->listener, NULL, NULL)) >= 0) {
		ssize_t got = read(fd, fake->request, sizeof(fake->request) - 1);

		fake->request[got > 0 ? got : 0] = '\0';
		fake->calls++;
		if (fake->answer && write(fd, fake->answer, strlen(fake->answer)) < 0)
			perror("write");
		close(fd);
	}
	return NULL;
}

static void fake_start(struct fake *fake, const char *answer)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	*fake = (struct fake){ .dir = "/tmp/situ-engine-XXXXXX", .answer = answer };
	assert_non_null(mkdtemp(fake->dir));
	snprintf(fake->path, sizeof(fake->path), "%s/sock", fake->dir);
	memcpy(addr.sun_path, fake->path, strlen(fake->path) + 1);
	fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fake->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fake->listener, 16), 0);
	assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

/* Ends the thread: a shut down listener accepts no more. */
static void fake_stop(struct fake *fake)
{
	shutdown(fake->listener, SHUT_RDWR);
	pthread_join(fake->thread, NULL);
	close(fake->listener);
	unlink(fake->path);
	rmdir(fake->dir);
}

static struct engine *open_at(const char *path)
{
	struct engine *engine;
	char value[128];

	snprintf(value, sizeof(value), "unix://%s", path);
	setenv("DOCKER_HOST", value, 1);
	setenv("CONTAINER_HOST", "unix:///nowhere/podman.sock", 1);
	assert_int_equal(engine_open(&engine), 0);
	return engine;
}

static int parse(const char *json, struct container *c)
{
	return engine_parse(json, strlen(json), c);
}

static void answers_are_read(void **state)
{
	struct container c;

	(void)state;
	assert_int_equal(
		parse("{\"Name\":\"/shop-web-1\",\"Config\":{\"Labels\":{"
		      "\"com.docker.compose.project\":\"shop\",\"com.docker.compose.service\":\"web\"}}}",
		      &c),
		0);
	assert_string_equal(c.name, "shop-web-1");
	assert_string_equal(c.service, "web");
	assert_string_equal(c.project, "shop");
	container_free(&c);

	assert_int_equal(parse("{\"Name\":\"db\",\"Config\":{\"Labels\":{"
			       "\"io.podman.compose.service\":\"db\"}}}",
			       &c),
			 0);
	assert_string_equal(c.service, "db");
	assert_null(c.project);
	container_free(&c);

	assert_int_equal(parse("{\"Name\":\"/x\",\"Config\":{\"Labels\":null}}", &c), 0);
	assert_string_equal(c.name, "x");
	assert_null(c.service);
	container_free(&c);

	/* Labels of the wrong kind or empty are none. */
	assert_int_equal(parse("{\"Name\":\"/x\",\"Config\":{\"Labels\":{"
			       "\"com.docker.compose.service\":7,"
			       "\"io.podman.compose.service\":\"\"}}}",
			       &c),
			 0);
	assert_null(c.service);
	container_free(&c);
}

static void other_answers_are_refused(void **state)
{
	static const char *const bad[] = { "",
					   "{",
					   "[]",
					   "7",
					   "{}",
					   "{\"Name\":7}",
					   "{\"Name\":\"\"}",
					   "{\"Name\":\"//\"}",
					   "{\"Name\":\"x\\u0000y\"}",
					   "{\"message\":\"No such container\"}",
					   "{\"Name\":\"\xff\"}" };
	static char deep[100000];
	struct container c;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse(bad[i], &c), -EBADMSG);
	memset(deep, '[', sizeof(deep) - 1);
	assert_int_equal(parse(deep, &c), -EBADMSG);
}

static void engines_are_asked(void **state)
{
	struct container c;
	struct fake fake;
	struct engine *engine;

	(void)state;
	fake_start(&fake, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"Name\":\"/cart\"}");
	engine = open_at(fake.path);
	assert_int_equal(engine_ask(engine, RUNTIME_DOCKER, 0, ID, &c), 0);
	assert_string_equal(c.name, "cart");
	container_free(&c);
	/* No answer from podman's socket, which is not there. */
	assert_int_equal(engine_ask(engine, RUNTIME_PODMAN, 0, ID, &c), -EAGAIN);
	/* These have no such API, nobody is asked. */
	assert_int_equal(engine_ask(engine, RUNTIME_CONTAINERD, 0, ID, &c), -ENOENT);
	assert_int_equal(engine_ask(engine, RUNTIME_CRIO, 1000, ID, &c), -ENOENT);
	engine_close(engine);
	fake_stop(&fake);
	assert_int_equal(fake.calls, 1);
	assert_ptr_equal(strstr(fake.request, "GET /containers/" ID "/json HTTP/1.1\r\n"),
			 fake.request);
}

static void an_unknown_container_is_no_failure(void **state)
{
	struct container c;
	struct fake fake;
	struct engine *engine;

	(void)state;
	fake_start(&fake,
		   "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{\"message\":\"No\"}");
	engine = open_at(fake.path);
	assert_int_equal(engine_ask(engine, RUNTIME_DOCKER, 0, ID, &c), -ENOENT);
	assert_int_equal(engine_ask(engine, RUNTIME_DOCKER, 0, ID, &c), -ENOENT);
	engine_close(engine);
	fake_stop(&fake);
	assert_int_equal(fake.calls, 2);
}

/* Whatever goes wrong with an engine, it is asked once and then left alone for a second. */
static void a_failing_engine_is_left_alone(void **state)
{
	static const char *const answers[] = {
		NULL,
		"HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nnot json",
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nConnection: close\r\n\r\n",
		"garbage\r\n\r\n",
	};
	struct container c;
	struct fake fake;
	struct engine *engine;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		fake_start(&fake, answers[i]);
		engine = open_at(fake.path);
		assert_int_equal(engine_ask(engine, RUNTIME_DOCKER, 0, ID, &c), -EAGAIN);
		assert_int_equal(engine_ask(engine, RUNTIME_DOCKER, 0, ID, &c), -EAGAIN);
		assert_null(c.name);
		engine_close(engine);
		fake_stop(&fake);
		assert_int_equal(fake.calls, 1);
	}
}

static void a_flood_is_cut(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"Name\":\"";
	size_t size = 3 << 20;
	char *answer = malloc(size);
	struct container c;
	struct fake fake;
	struct engine *engine;

	(void)state;
	assert_non_null(answer);
	memset(answer, 'a', size - 1);
	memcpy(answer, head, sizeof(head) - 1);
	memcpy(answer + size - 3, "\"}", 3);
	fake_start(&fake, answer);
	engine = open_at(fake.path);
	assert_int_equal(engine_ask(engine, RUNTIME_DOCKER, 0, ID, &c), -EAGAIN);
	engine_close(engine);
	fake_stop(&fake);
	free(answer);
}

/* Root does not go to a socket in a user's directory that is not that user's. */
static void a_users_socket_must_be_his(void **state)
{
	struct container c;
	struct engine *engine = open_at("/nowhere/docker.sock");

	(void)state;
	assert_int_equal(engine_ask(engine, RUNTIME_DOCKER, 54321, ID, &c), -EAGAIN);
	engine_close(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_read),
		cmocka_unit_test(other_answers_are_refused),
		cmocka_unit_test(engines_are_asked),
		cmocka_unit_test(an_unknown_container_is_no_failure),
		cmocka_unit_test(a_failing_engine_is_left_alone),
		cmocka_unit_test(a_flood_is_cut),
		cmocka_unit_test(a_users_socket_must_be_his),
	};

	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/tree.h"
#include "user/attribute/names.h"

#define ID "3f4d1c0e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d"

/* A tree of cgroups of our own to name, with no engine near. */
struct world {
	char root[TREE_ROOT];
	struct cgroupfs *fs;
	struct names *names;
};

static void make(const struct world *w, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/c%s", w->root, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

static void drop(const struct world *w, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/c%s", w->root, path);
	assert_int_equal(rmdir(full), 0);
}

static u64 id_of(const struct world *w, const char *path)
{
	u64 id;

	assert_int_equal(cgroupfs_id(w->fs, CGROUP_V2, path, &id), 0);
	return id;
}

static const struct name *name_of(const struct world *w, const char *path)
{
	return names_of(w->names, CGROUP_V2, id_of(w, path), NULL);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	tree_open(w->root);
	tree_mkdir(w->root, "proc/self");
	tree_mkdir(w->root, "c");
	tree_put(w->root, "proc/self/mounts", "n /c cgroup2 rw 0 0\n");
	setenv("DOCKER_HOST", "unix:///nowhere/docker.sock", 1);
	setenv("CONTAINER_HOST", "unix:///nowhere/podman.sock", 1);
	assert_int_equal(cgroupfs_open(&w->fs, w->root), 0);
	assert_int_equal(names_open(&w->names, w->fs, "vm1"), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	names_close(w->names);
	cgroupfs_close(w->fs);
	tree_close(w->root);
	free(w);
	return 0;
}

static void expect(const struct name *name, const char *service, const char *host,
		   enum name_source source)
{
	assert_string_equal(name->service, service);
	assert_string_equal(name->host, host);
	assert_string_equal(name_source_text(name->source), name_source_text(source));
}

static void the_path_speaks_when_nobody_does(void **state)
{
	struct world *w = *state;

	make(w, "/shop");
	make(w, "/shop/web");
	make(w, "/nginx.service");
	make(w, "/nginx.service/w1");
	make(w, "/docker");
	make(w, "/docker/" ID);
	make(w, "/libpod-" ID ".scope");
	make(w, "/crio-" ID ".scope");
	make(w, "/" ID);
	expect(name_of(w, "/"), "(root)", "vm1", NAME_PATH);
	expect(name_of(w, "/shop/web"), "/shop/web", "vm1", NAME_PATH);
	expect(name_of(w, "/nginx.service/w1"), "nginx.service", "vm1", NAME_UNIT);
	expect(name_of(w, "/docker/" ID), "docker/3f4d1c0e8a7b", "vm1", NAME_CONTAINER_ID);
	expect(name_of(w, "/libpod-" ID ".scope"), "podman/3f4d1c0e8a7b", "vm1", NAME_CONTAINER_ID);
	expect(name_of(w, "/crio-" ID ".scope"), "crio/3f4d1c0e8a7b", "vm1", NAME_CONTAINER_ID);
	expect(name_of(w, "/" ID), "container/3f4d1c0e8a7b", "vm1", NAME_CONTAINER_ID);
	expect(names_of_path(w->names, "/a/b.service"), "b.service", "vm1", NAME_UNIT);
}

static void the_experiment_comes_first(void **state)
{
	struct world *w = *state;

	make(w, "/run");
	make(w, "/run/web");
	make(w, "/run/web/docker-" ID ".scope");
	make(w, "/run/web2");
	expect(name_of(w, "/run/web"), "/run/web", "vm1", NAME_PATH);
	assert_int_equal(names_add_service(w->names, "/run", "shop", "a"), 0);
	assert_int_equal(names_add_service(w->names, "/run/web/", "web", "b"), 0);
	assert_int_equal(names_add_service(w->names, "run", "x", "y"), -EINVAL);
	assert_int_equal(names_add_service(w->names, "/run", "", "y"), -EINVAL);
	expect(name_of(w, "/run/web"), "web", "b", NAME_EXPERIMENT);
	expect(name_of(w, "/run/web/docker-" ID ".scope"), "web", "b", NAME_EXPERIMENT);
	/* Not below /run/web, but below /run. */
	expect(name_of(w, "/run/web2"), "shop", "a", NAME_EXPERIMENT);
	expect(name_of(w, "/"), "(root)", "vm1", NAME_PATH);
	expect(names_of_path(w->names, "/run/web/x"), "web", "b", NAME_EXPERIMENT);
	/* The same path again replaces. */
	assert_int_equal(names_add_service(w->names, "/run/web", "front", "c"), 0);
	expect(name_of(w, "/run/web"), "front", "c", NAME_EXPERIMENT);
	names_forget_services(w->names);
	expect(name_of(w, "/run/web"), "/run/web", "vm1", NAME_PATH);
	expect(name_of(w, "/run/web2"), "/run/web2", "vm1", NAME_PATH);
}

static void the_dead_keep_their_names(void **state)
{
	struct world *w = *state;
	u64 asked, unasked, service;

	make(w, "/asked");
	make(w, "/unasked");
	make(w, "/service");
	asked = id_of(w, "/asked");
	unasked = id_of(w, "/unasked");
	service = id_of(w, "/service");
	expect(names_of(w->names, CGROUP_V2, asked, "x"), "/asked", "vm1", NAME_PATH);
	assert_int_equal(names_add_service(w->names, "/service", "db", "b"), 0);
	drop(w, "/asked");
	drop(w, "/unasked");
	drop(w, "/service");
	expect(names_of(w->names, CGROUP_V2, asked, "x"), "/asked", "vm1", NAME_PATH);
	expect(names_of(w->names, CGROUP_V2, unasked, "job\x1b[2J-7"), "…/job?[2J-7 (gone)", "vm1",
	       NAME_GONE);
	/* Known since it was added, though nobody asked in its lifetime. */
	expect(names_of(w->names, CGROUP_V2, service, NULL), "db", "b", NAME_EXPERIMENT);
	expect(names_of(w->names, CGROUP_V2, 2, NULL), "cgroup 2 (gone)", "vm1", NAME_GONE);
	/* A hierarchy that is not mounted has other ids. */
	expect(names_of(w->names, CGROUP_V1_BLKIO, asked, "b"), "…/b (gone)", "vm1", NAME_GONE);
}

static void hostile_names_are_cleaned(void **state)
{
	/* U+202E, which turns the rest of a line around. */
	static const char override[] = { '/', '\xe2', '\x80', '\xae', 'e', 'v', 'i', 'l', '\0' };
	struct world *w = *state;

	make(w, "/\x1b]0;x\a");
	make(w, "/a\\x0a\\x1bb.service");
	make(w, "/\xff\xfe");
	make(w, override);
	expect(name_of(w, "/\x1b]0;x\a"), "/?]0;x?", "vm1", NAME_PATH);
	expect(name_of(w, "/a\\x0a\\x1bb.service"), "a??b.service", "vm1", NAME_UNIT);
	expect(name_of(w, "/\xff\xfe"), "/??", "vm1", NAME_PATH);
	expect(name_of(w, override), "/?evil", "vm1", NAME_PATH);
	assert_int_equal(names_add_service(w->names, "/\xff\xfe", "s\n1", "h\r"), 0);
	expect(name_of(w, "/\xff\xfe"), "s?1", "h?", NAME_EXPERIMENT);
}

static void many_cgroups_are_remembered(void **state)
{
	struct world *w = *state;
	const struct name *first = names_of(w->names, CGROUP_V1_CPU, 2, "a");
	u64 id;

	for (id = 3; id < 70001; id++)
		assert_non_null(names_of(w->names, CGROUP_V1_CPU, id, "a"));
	expect(first, "…/a (gone)", "vm1", NAME_GONE);
	assert_ptr_equal(names_of(w->names, CGROUP_V1_CPU, 2, "b"), first);
	expect(names_of(w->names, CGROUP_V1_CPU, 70000, "a"), "(unnamed)", "vm1", NAME_PATH);
	names_trim(w->names);
	expect(names_of(w->names, CGROUP_V1_CPU, 70000, "a"), "…/a (gone)", "vm1", NAME_GONE);
}

static void a_few_cgroups_are_not_forgotten(void **state)
{
	struct world *w = *state;
	const struct name *first = names_of(w->names, CGROUP_V1_CPU, 2, "a");

	names_trim(w->names);
	assert_ptr_equal(names_of(w->names, CGROUP_V1_CPU, 2, "b"), first);
}

static void this_machine_is_the_default_host(void **state)
{
	struct world *w = *state;
	struct names *names;
	char host[256] = "";

	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	assert_int_equal(names_open(&names, w->fs, NULL), 0);
	expect(names_of_path(names, "/"), "(root)", host, NAME_PATH);
	names_close(names);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(the_path_speaks_when_nobody_does),
		IN_A_WORLD(the_experiment_comes_first),
		IN_A_WORLD(the_dead_keep_their_names),
		IN_A_WORLD(hostile_names_are_cleaned),
		IN_A_WORLD(many_cgroups_are_remembered),
		IN_A_WORLD(a_few_cgroups_are_not_forgotten),
		IN_A_WORLD(this_machine_is_the_default_host),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

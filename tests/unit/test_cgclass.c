// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "user/attribute/cgclass.h"
#include "user/base/types.h"

#define ID    "3f4d1c0e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d"
#define ID2   "aaaabbbbccccddddeeeeffff0000111122223333444455556666777788889999"
#define POD   "pod3c1e2f5a_8d2b_4a6c_9f3e_1b2c3d4e5f60"
#define USER  "/user.slice/user-1000.slice/user@1000.service"
#define SHORT "3f4d1c0e8a7b"

/* Paths as the runtimes write them; "" where a field does not matter. */
static const struct {
	const char *path;
	enum cgclass_kind kind;
	enum runtime runtime;
	const char *text; /* container id or unit */
	unsigned int uid;
} cases[] = {
	{ "/", CGCLASS_ROOT, 0, "", 0 },
	{ "", CGCLASS_ROOT, 0, "", 0 },
	{ "//", CGCLASS_ROOT, 0, "", 0 },
	/* Docker: cgroupfs driver (v1 and v2), systemd driver, rootless, in a unit's parent. */
	{ "/docker/" ID, CGCLASS_CONTAINER, RUNTIME_DOCKER, ID, 0 },
	{ "/docker/" SHORT, CGCLASS_CONTAINER, RUNTIME_DOCKER, SHORT, 0 },
	{ "/docker/" ID "/init.scope", CGCLASS_CONTAINER, RUNTIME_DOCKER, ID, 0 },
	{ "/system.slice/docker-" ID ".scope", CGCLASS_CONTAINER, RUNTIME_DOCKER, ID, 0 },
	{ "/shop.slice/docker-" ID ".scope/worker", CGCLASS_CONTAINER, RUNTIME_DOCKER, ID, 0 },
	{ USER "/user.slice/docker-" ID ".scope", CGCLASS_CONTAINER, RUNTIME_DOCKER, ID, 1000 },
	{ "/system.slice:docker:" ID, CGCLASS_CONTAINER, RUNTIME_DOCKER, ID, 0 },
	{ "/ecs/9f8e7d6c5b4a/" ID, CGCLASS_CONTAINER, RUNTIME_ANY, ID, 0 },
	/* Containers in a container: the outer one is this machine's. */
	{ "/docker/" ID "/docker/" ID2, CGCLASS_CONTAINER, RUNTIME_DOCKER, ID, 0 },
	{ "/docker/" ID "/kubelet.slice/cri-containerd-" ID2 ".scope", CGCLASS_CONTAINER,
	  RUNTIME_DOCKER, ID, 0 },
	/* podman: rootful, rootless, pods, split, cgroupfs driver, and the monitor beside it. */
	{ "/machine.slice/libpod-" ID ".scope", CGCLASS_CONTAINER, RUNTIME_PODMAN, ID, 0 },
	{ "/machine.slice/libpod-" ID ".scope/container", CGCLASS_CONTAINER, RUNTIME_PODMAN, ID,
	  0 },
	{ USER "/user.slice/libpod-" ID ".scope/container", CGCLASS_CONTAINER, RUNTIME_PODMAN, ID,
	  1000 },
	{ "/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID ".scope", CGCLASS_CONTAINER,
	  RUNTIME_PODMAN, ID, 0 },
	{ "/libpod_parent/libpod-" ID, CGCLASS_CONTAINER, RUNTIME_PODMAN, ID, 0 },
	{ "/system.slice/web.service/libpod-payload-" ID, CGCLASS_CONTAINER, RUNTIME_PODMAN, ID,
	  0 },
	{ "/libpod_parent/conmon", CGCLASS_PATH, 0, "", 0 },
	{ "/machine.slice/libpod-conmon-" ID ".scope", CGCLASS_UNIT, 0,
	  "libpod-conmon-" ID ".scope", 0 },
	/* Kubernetes: containerd and CRI-O, both drivers, and the driver set wrong. */
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" POD
	  ".slice/cri-containerd-" ID ".scope",
	  CGCLASS_CONTAINER, RUNTIME_CONTAINERD, ID, 0 },
	{ "/kubepods.slice/kubepods-" POD ".slice/crio-" ID ".scope", CGCLASS_CONTAINER,
	  RUNTIME_CRIO, ID, 0 },
	{ "/kubepods.slice/kubepods-" POD ".slice/crio-" ID ".scope/container", CGCLASS_CONTAINER,
	  RUNTIME_CRIO, ID, 0 },
	{ "/kubepods/burstable/" POD "/crio-" ID, CGCLASS_CONTAINER, RUNTIME_CRIO, ID, 0 },
	{ "/kubepods/besteffort/" POD "/" ID, CGCLASS_CONTAINER, RUNTIME_ANY, ID, 0 },
	{ "/system.slice/containerd.service/kubepods-besteffort-" POD ".slice:cri-containerd:" ID,
	  CGCLASS_CONTAINER, RUNTIME_CONTAINERD, ID, 0 },
	{ "/kubepods.slice/kubepods-besteffort.slice", CGCLASS_UNIT, 0, "kubepods-besteffort.slice",
	  0 },
	{ "/system.slice/nerdctl-" ID ".scope", CGCLASS_CONTAINER, RUNTIME_CONTAINERD, ID, 0 },
	/* systemd units: the last counts, escapes are undone, a user's are marked. */
	{ "/system.slice/nginx.service", CGCLASS_UNIT, 0, "nginx.service", 0 },
	{ "/system.slice/nginx.service/worker-1", CGCLASS_UNIT, 0, "nginx.service", 0 },
	{ "/system.slice/system-postgresql.slice/postgresql@15-main.service", CGCLASS_UNIT, 0,
	  "postgresql@15-main.service", 0 },
	{ "/system.slice/dev-disk-by\\x2duuid-1.swap", CGCLASS_UNIT, 0, "dev-disk-by-uuid-1.swap",
	  0 },
	{ "/init.scope", CGCLASS_UNIT, 0, "init.scope", 0 },
	{ "/user.slice/user-1000.slice/session-3.scope", CGCLASS_UNIT, 0, "session-3.scope", 0 },
	{ USER, CGCLASS_UNIT, 0, "user@1000.service", 1000 },
	{ USER "/init.scope", CGCLASS_UNIT, 0, "user@1000/init.scope", 1000 },
	{ USER "/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope", CGCLASS_UNIT, 0,
	  "user@1000/vte-spawn-1.scope", 1000 },
	{ "/system.slice/docker.service", CGCLASS_UNIT, 0, "docker.service", 0 },
	{ "/machine.slice/systemd-nspawn@box.service/payload", CGCLASS_UNIT, 0,
	  "systemd-nspawn@box.service", 0 },
	/* Just paths. */
	{ "/shop/web", CGCLASS_PATH, 0, "", 0 },
	{ "/docker", CGCLASS_PATH, 0, "", 0 },
	{ "/docker/buildkit/abcdefabcdefabcdefabcdef0", CGCLASS_PATH, 0, "", 0 },
	{ "/process_api/3a1faeadc04dd6274e4f6b1c1ee3c673", CGCLASS_PATH, 0, "", 0 },
	/* Hostile or broken: near misses are not containers. */
	{ "/docker/" SHORT "G", CGCLASS_PATH, 0, "", 0 },
	{ "/docker/3f4d1c0e8a7", CGCLASS_PATH, 0, "", 0 },
	{ "/docker/" ID "0", CGCLASS_PATH, 0, "", 0 },
	{ "/docker/3F4D1C0E8A7B", CGCLASS_PATH, 0, "", 0 },
	{ "/docker-.scope", CGCLASS_UNIT, 0, "docker-.scope", 0 },
	{ "/.service", CGCLASS_PATH, 0, "", 0 },
	{ "/:" ID, CGCLASS_PATH, 0, "", 0 },
	{ "/::" ID, CGCLASS_CONTAINER, RUNTIME_ANY, ID, 0 },
	{ "/a\\x00b.service", CGCLASS_UNIT, 0, "a\\x00b.service", 0 },
	{ "/a\\x2.service", CGCLASS_UNIT, 0, "a\\x2.service", 0 },
	{ "/user@x.service/y.service", CGCLASS_UNIT, 0, "y.service", 0 },
	{ "/user@1x.service/y.service", CGCLASS_UNIT, 0, "y.service", 0 },
	{ "/user@99999999999.service/y.service", CGCLASS_UNIT, 0, "y.service", 0 },
	{ "/user@.service/y.service", CGCLASS_UNIT, 0, "y.service", 0 },
	{ "/docker/../etc/shadow", CGCLASS_PATH, 0, "", 0 },
	{ "relative.service", CGCLASS_UNIT, 0, "relative.service", 0 },
};

static void paths_are_classified(void **state)
{
	struct cgclass class;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cgclass_of(cases[i].path, &class);
		if (class.kind != cases[i].kind)
			fail_msg("%s: kind %d", cases[i].path, class.kind);
		if (class.kind == CGCLASS_CONTAINER) {
			assert_string_equal(class.id, cases[i].text);
			assert_int_equal(class.runtime, cases[i].runtime);
		}
		if (class.kind == CGCLASS_UNIT)
			assert_string_equal(class.unit, cases[i].text);
		if (class.uid != cases[i].uid)
			fail_msg("%s: uid %u", cases[i].path, class.uid);
	}
}

/* The longest component that a file system allows, and a path longer than any. */
static void long_names_are_cut(void **state)
{
	static char path[20000];
	struct cgclass class;

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	memcpy(path + sizeof(path) - sizeof(".service"), ".service", sizeof(".service"));
	cgclass_of(path, &class);
	assert_int_equal(class.kind, CGCLASS_UNIT);
	assert_int_equal(strlen(class.unit), sizeof(class.unit) - 1);

	memset(path, '/', sizeof(path) - 1);
	cgclass_of(path, &class);
	assert_int_equal(class.kind, CGCLASS_ROOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_classified),
		cmocka_unit_test(long_names_are_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

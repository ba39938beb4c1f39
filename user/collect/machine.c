// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "user/base/buf.h"
#include "user/collect/cgroupfs.h"
#include "user/collect/machine.h"
#include "user/collect/objects.h"

void machine_add(struct machine *m, const char *subject, enum machine_level level, const char *fmt,
		 ...)
{
	struct machine_fact *fact;
	va_list ap;

	if (m->nr == ARRAY_SIZE(m->fact))
		return;
	fact = &m->fact[m->nr++];
	fact->subject = subject;
	fact->level = level;
	va_start(ap, fmt);
	vsnprintf(fact->text, sizeof(fact->text), fmt, ap);
	va_end(ap);
}

static bool has_v1_cpu(void)
{
	struct cgroupfs *fs;
	bool has;

	if (cgroupfs_open(&fs, ""))
		return false;
	has = cgroupfs_mount(fs, CGROUP_V1_CPU) != NULL;
	cgroupfs_close(fs);
	return has;
}

static void look_at_kernel(struct machine *m)
{
	struct utsname uts;
	struct err err = { 0 };

	uname(&uts);
	machine_add(m, "kernel", MACHINE_GOOD, "%s %s", uts.release, uts.machine);
	if (features_decide(&m->features, has_v1_cpu(), &err))
		machine_add(m, "BTF", MACHINE_BAD, "%s", err.text);
	else
		machine_add(m, "BTF", MACHINE_GOOD, "/sys/kernel/btf/vmlinux");
	if (geteuid() == 0)
		machine_add(m, "rights", MACHINE_GOOD, "root");
	else
		machine_add(m, "rights", MACHINE_BAD, "not root: measuring needs sudo");
}

/* Lockdown in confidentiality mode hides kernel memory from BPF helpers. */
static void look_at_lockdown(struct machine *m)
{
	struct buf b;

	if (buf_read_file(&b, "/sys/kernel/security/lockdown", 256) == 0) {
		bool hidden = strstr(b.data, "[confidentiality]") != NULL;

		machine_add(m, "lockdown", hidden ? MACHINE_BAD : MACHINE_GOOD, "%s",
			    hidden ? "confidentiality: BPF may not read the kernel; boot with "
				     "lockdown=integrity"
				   : "does not stand in the way");
	}
	buf_free(&b);
}

static void look_at_io_controller(struct machine *m, const struct cgroupfs *fs)
{
	const char *v2 = cgroupfs_mount(fs, CGROUP_V2);
	char path[CGROUPFS_PATH_MAX + 32];
	struct buf b;
	int err;

	if (cgroupfs_mount(fs, CGROUP_V1_BLKIO)) {
		machine_add(m, "disk owner", MACHINE_LIMITED,
			    "v1 blkio: buffered writes are charged to whoever flushes them");
		return;
	}
	if (!v2)
		return;
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", v2);
	err = buf_read_file(&b, path, 256);
	if (!err && strstr(b.data, "io"))
		machine_add(m, "disk owner", MACHINE_GOOD,
			    "io controller: writes go to who dirtied the "
			    "pages");
	else
		machine_add(m, "disk owner", MACHINE_LIMITED,
			    "io controller off: the submitting task is charged; echo +io > %.60s",
			    path);
	buf_free(&b);
}

static void look_at_cgroups(struct machine *m)
{
	struct cgroupfs *fs;

	if (cgroupfs_open(&fs, "")) {
		machine_add(m, "cgroups", MACHINE_BAD,
			    "no hierarchy is mounted: mount -t cgroup2 none "
			    "/sys/fs/cgroup");
		return;
	}
	machine_add(m, "cgroups", MACHINE_GOOD, "%s%s%s", cgroupfs_mode_name(cgroupfs_mode(fs)),
		    cgroupfs_mount(fs, CGROUP_V2) ? ", v2 at " : "",
		    cgroupfs_mount(fs, CGROUP_V2) ? cgroupfs_mount(fs, CGROUP_V2) : "");
	look_at_io_controller(m, fs);
	cgroupfs_close(fs);
}

static void look_at_engine(struct machine *m, const char *name, const char *socket)
{
	struct stat st;

	if (stat(socket, &st) == 0 && S_ISSOCK(st.st_mode))
		machine_add(m, name, MACHINE_GOOD, "%s", socket);
	else
		machine_add(m, name, MACHINE_GOOD, "not running (no %s)", socket);
}

void machine_look(struct machine *m)
{
	int cpus = libbpf_num_possible_cpus();

	memset(m, 0, sizeof(*m));
	m->cpus = cpus > 0 ? (unsigned int)cpus : 1;
	m->map_bytes = objects_map_bytes(m->cpus);
	look_at_kernel(m);
	look_at_lockdown(m);
	look_at_cgroups(m);
	look_at_engine(m, "docker", "/var/run/docker.sock");
	look_at_engine(m, "podman", "/run/podman/podman.sock");
	machine_add(m, "libbpf", MACHINE_GOOD, "%s", libbpf_version_string());
}

enum machine_level machine_verdict(const struct machine *m)
{
	enum machine_level worst = MACHINE_GOOD;
	size_t i;

	for (i = 0; i < m->nr; i++) {
		if (m->fact[i].level > worst)
			worst = m->fact[i].level;
	}
	for (i = 0; i < m->features.nr; i++) {
		const struct feature *row = &m->features.row[i];

		if (row->state == FEATURE_MISSING && !row->fallback && worst < MACHINE_LIMITED)
			worst = MACHINE_LIMITED;
	}
	return worst;
}

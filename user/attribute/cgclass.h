/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kind of thing a cgroup's path says it is: a container of an engine, a systemd unit, or just
 * a path. No I/O.
 */
#ifndef SITU_ATTRIBUTE_CGCLASS_H
#define SITU_ATTRIBUTE_CGCLASS_H

#include <stddef.h>

#define CONTAINER_ID_MIN   12
#define CONTAINER_ID_MAX   64
#define CONTAINER_ID_SHORT 12 /* what the engines' own command lines show */

enum runtime {
	RUNTIME_ANY, /* a container, but the path does not say whose */
	RUNTIME_DOCKER,
	RUNTIME_PODMAN,
	RUNTIME_CONTAINERD,
	RUNTIME_CRIO,
};

enum cgclass_kind {
	CGCLASS_ROOT,
	CGCLASS_CONTAINER,
	CGCLASS_UNIT,
	CGCLASS_PATH,
};

struct cgclass {
	enum cgclass_kind kind;
	enum runtime runtime;
	char id[CONTAINER_ID_MAX + 1]; /* container: lower-case hex */
	unsigned int uid;	       /* whose user manager it runs below; 0: the system's */
	char unit[256 + 32];	       /* unit: unescaped, with "user@UID/" in front below one */
};

/*
 * Classifies @path (absolute in its hierarchy). With containers inside of containers the outermost
 * counts: it is the one that this machine's engines know. Of units the innermost counts. unit may
 * hold any bytes that the path holds or escapes: clean it before showing it.
 */
void cgclass_of(const char *path, struct cgclass *class);

/* "docker", "podman", "containerd", "crio"; "container" for RUNTIME_ANY. */
const char *cgclass_runtime_name(enum runtime runtime);

#endif

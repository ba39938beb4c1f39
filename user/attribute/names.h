/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which service a cgroup is, in this order: the experiment's own services; the container's compose
 * service or its name, asked from the engine; the systemd unit; the path itself.
 */
#ifndef SITU_ATTRIBUTE_NAMES_H
#define SITU_ATTRIBUTE_NAMES_H

#include "user/base/types.h"
#include "user/collect/cgroupfs.h"

enum name_source {
	NAME_EXPERIMENT,   /* names_add_service() */
	NAME_COMPOSE,	   /* a compose label: replicas of one service share the name */
	NAME_CONTAINER,	   /* the container's name */
	NAME_CONTAINER_ID, /* a container that no engine could name: "docker/0123456789ab" */
	NAME_UNIT, /* systemd: "nginx.service"; "user@1000/app.service" below a user's manager */
	NAME_PATH, /* the cgroup's path; "(root)" for the root */
	/* "…/hint (gone)": died before anybody asked; "(outside)": of this cgroup namespace */
	NAME_GONE,
};

struct name {
	const char *service; /* cleaned (base/text.h), never NULL or empty */
	const char *host;
	enum name_source source;
};

struct names;

/*
 * A resolver for the cgroups of @fs, which must outlive it. @host is the host of everything that
 * the experiment did not name; NULL for this machine's. *@names is NULL on -ENOMEM.
 */
int names_open(struct names **names, const struct cgroupfs *fs, const char *host);
void names_close(struct names *names); /* NULL is fine */

/*
 * Calls the cgroup @path (absolute in its hierarchy, in any of them) and all below it @service on
 * @host. The longest matching path wins; the same path again replaces. 0, -EINVAL for a path that
 * does not start with '/' or a service without a name, -ENOMEM.
 */
int names_add_service(struct names *names, const char *path, const char *service, const char *host);

/* Forgets all services added; cgroups that were called by them are resolved anew. */
void names_forget_services(struct names *names);

/*
 * Forgets all cgroups, to look those that live up anew, once half of the room for them is taken:
 * for who measures for good where cgroups come and go. No name of names_of() holds behind it.
 */
void names_trim(struct names *names);

/*
 * The name of cgroup @id of hierarchy @tree. @hint is the cgroup's own last path component as the
 * kernel gave it, or NULL: used when it is gone. "(unnamed)" without memory, files or room (65536
 * cgroups). Two compose projects with a service of one name: the first keeps it, the others are
 * "project/service". Cached; asks an engine that fails at most once a second and waits for it at
 * most one second. Never NULL; the strings hold until the next call of names_add_service(),
 * names_forget_services(), names_trim(), names_close() or, for a name of source NAME_CONTAINER_ID,
 * names_of().
 */
const struct name *names_of(struct names *names, enum cgroup_tree tree, u64 id, const char *hint);

/* The name of the cgroup at @path, which need not exist. Held until the next call of this. */
const struct name *names_of_path(struct names *names, const char *path);

/* "experiment", "compose", "container", "container id", "unit", "path", "gone" */
const char *name_source_text(enum name_source source);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "user/attribute/cgclass.h"
#include "user/attribute/engine.h"
#include "user/attribute/names.h"
#include "user/base/clock.h"
#include "user/base/text.h"

#define CGROUPS_MAX  65536 /* remembered; more than a machine runs at a time */
#define CGROUPS_TRIM 32768
#define RETRY_MAX_NS (60 * NSEC_PER_SEC)

/* One of the experiment's. */
struct given {
	char *path;
	char *service, *host;
	struct name name;
	struct given *next;
};

/* Which compose project had a service's name first: only it is called by the bare name. */
struct claim {
	char *service, *project;
	struct claim *next;
};

/* A cgroup once asked for. */
struct known {
	enum cgroup_tree tree;
	u64 id;
	char *path;    /* NULL: it was gone, or @outside */
	bool outside;  /* of the cgroup namespace that this process sees */
	char *service; /* its own name, whatever the experiment calls it; NULL: not asked yet */
	struct name name;
	const struct given *given;
	u64 generation;	 /* of names->given that @given was looked up in */
	u64 retry_at_ns; /* NAME_CONTAINER_ID: when to ask again; 0: never */
	u64 retry_after_ns;
};

struct names {
	const struct cgroupfs *fs;
	struct engine *engine;
	char *host;
	struct given *given;
	struct claim *claims;
	u64 generation; /* counts changes of @given */
	void *known;	/* tsearch() tree of struct known by tree and id */
	size_t nr_known;
	struct known asked; /* for names_of_path() */
	struct name nameless;
};

const char *name_source_text(enum name_source source)
{
	static const char *const text[] = {
		[NAME_EXPERIMENT] = "experiment",
		[NAME_COMPOSE] = "compose",
		[NAME_CONTAINER] = "container",
		[NAME_CONTAINER_ID] = "container id",
		[NAME_UNIT] = "unit",
		[NAME_PATH] = "path",
		[NAME_GONE] = "gone",
	};

	return text[source];
}

static int compare_known(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	if (x->tree != y->tree)
		return x->tree < y->tree ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

int names_open(struct names **names, const struct cgroupfs *fs, const char *host)
{
	struct names *new = calloc(1, sizeof(*new));
	struct utsname uts = { .nodename = "" };
	int err;

	*names = NULL;
	if (!new)
		return -ENOMEM;
	if (!host)
		uname(&uts); /* cannot fail with a valid buffer */
	new->fs = fs;
	new->host = text_dup(host ? host : uts.nodename);
	err = new->host ? engine_open(&new->engine) : -ENOMEM;
	if (err) {
		names_close(new);
		return err;
	}
	new->nameless = (struct name){ "(unnamed)", new->host, NAME_PATH };
	*names = new;
	return 0;
}

static void clear_known(struct known *k)
{
	free(k->path);
	free(k->service);
	*k = (struct known){ 0 };
}

static void free_known(void *node)
{
	clear_known(node);
	free(node);
}

static void free_given(struct given *g)
{
	free(g->path);
	free(g->service);
	free(g->host);
	free(g);
}

void names_forget_services(struct names *names)
{
	while (names->given) {
		struct given *next = names->given->next;

		free_given(names->given);
		names->given = next;
	}
	names->generation++;
}

void names_close(struct names *names)
{
	if (!names)
		return;
	names_forget_services(names);
	while (names->claims) {
		struct claim *next = names->claims->next;

		free(names->claims->service);
		free(names->claims->project);
		free(names->claims);
		names->claims = next;
	}
	tdestroy(names->known, free_known);
	clear_known(&names->asked);
	engine_close(names->engine);
	free(names->host);
	free(names);
}

/* True when @path is @top or below it; "/" is above all. */
static int is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	while (len && top[len - 1] == '/')
		len--;
	return !strncmp(path, top, len) && (!path[len] || path[len] == '/');
}

static const struct given *find_given(const struct names *names, const char *path)
{
	const struct given *g, *best = NULL;

	for (g = names->given; g; g = g->next)
		if (is_below(path, g->path) && (!best || strlen(g->path) > strlen(best->path)))
			best = g;
	return best;
}

static struct known *find_known(struct names *names, enum cgroup_tree tree, u64 id)
{
	struct known key = { .tree = tree, .id = id }, **node;

	node = tfind(&key, &names->known, compare_known);
	return node ? *node : NULL;
}

/* Remembers cgroup @id, with its path when it lives. NULL without memory or room. */
static struct known *add_known(struct names *names, enum cgroup_tree tree, u64 id, const char *path)
{
	struct known *k;

	if (names->nr_known == CGROUPS_MAX)
		return NULL;
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->tree = tree;
	k->id = id;
	k->generation = names->generation - 1;
	k->path = path ? strdup(path) : NULL;
	if ((path && !k->path) || !tsearch(k, &names->known, compare_known)) {
		free_known(k);
		return NULL;
	}
	names->nr_known++;
	return k;
}

void names_trim(struct names *names)
{
	if (names->nr_known < CGROUPS_TRIM)
		return;
	tdestroy(names->known, free_known);
	names->known = NULL;
	names->nr_known = 0;
}

/* So that the service has its name even when it dies before its first event is drained. */
static int remember_service(struct names *names, const char *path)
{
	int tree;
	u64 id;

	for (tree = 0; tree < CGROUP_TREES; tree++) {
		if (cgroupfs_id(names->fs, tree, path, &id) || find_known(names, tree, id))
			continue;
		if (!add_known(names, tree, id, path) && names->nr_known < CGROUPS_MAX)
			return -ENOMEM;
	}
	return 0;
}

static void drop_given(struct names *names, const char *path)
{
	struct given **at = &names->given;

	while (*at) {
		struct given *g = *at;

		if (is_below(g->path, path) && is_below(path, g->path)) {
			*at = g->next;
			free_given(g);
		} else {
			at = &g->next;
		}
	}
}

int names_add_service(struct names *names, const char *path, const char *service, const char *host)
{
	struct given *new;

	if (path[0] != '/' || !*service)
		return -EINVAL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->path = strdup(path);
	new->service = text_dup(service);
	new->host = text_dup(host);
	if (!new->path || !new->service || !new->host) {
		free_given(new);
		return -ENOMEM;
	}
	new->name = (struct name){ new->service, new->host, NAME_EXPERIMENT };
	drop_given(names, path);
	new->next = names->given;
	names->given = new;
	names->generation++;
	return remember_service(names, path);
}

/* True when @service belongs to @project alone or to it first. Without memory: nobody's. */
static int claim(struct names *names, const char *service, const char *project)
{
	struct claim *c;

	for (c = names->claims; c; c = c->next)
		if (!strcmp(c->service, service))
			return !strcmp(c->project, project);
	c = calloc(1, sizeof(*c));
	if (!c)
		return 0;
	c->service = strdup(service);
	c->project = strdup(project);
	if (!c->service || !c->project) {
		free(c->service);
		free(c->project);
		free(c);
		return 0;
	}
	c->next = names->claims;
	names->claims = c;
	return 1;
}

/* Sets @k's own name to @text, cleaned. Without memory it keeps the one it has. */
static void set_name(struct names *names, struct known *k, const char *text,
		     enum name_source source)
{
	char *clean = text_dup(text);

	if (!clean)
		return;
	free(k->service);
	k->service = clean;
	k->name = (struct name){ clean, names->host, source };
}

static void set_name_pair(struct names *names, struct known *k, const char *first,
			  const char *second, enum name_source source)
{
	char text[512];

	snprintf(text, sizeof(text), "%s/%s", first, second);
	set_name(names, k, text, source);
}

static void set_container(struct names *names, struct known *k, const struct container *c)
{
	const char *project = c->project ? c->project : "";

	k->retry_at_ns = 0;
	if (!c->service)
		set_name(names, k, c->name, NAME_CONTAINER);
	else if (claim(names, c->service, project))
		set_name(names, k, c->service, NAME_COMPOSE);
	else
		set_name_pair(names, k, project, c->service, NAME_COMPOSE);
}

static void name_container(struct names *names, struct known *k, const struct cgclass *class)
{
	struct container c;
	char id[CONTAINER_ID_SHORT + 1];
	int err = engine_ask(names->engine, class->runtime, class->uid, class->id, &c);

	if (!err) {
		set_container(names, k, &c);
		container_free(&c);
		return;
	}
	snprintf(id, sizeof(id), "%.*s", CONTAINER_ID_SHORT, class->id);
	if (!k->service)
		set_name_pair(names, k, cgclass_runtime_name(class->runtime), id,
			      NAME_CONTAINER_ID);
	k->retry_at_ns = 0;
	if (err == -ENOENT)
		return;
	k->retry_after_ns = k->retry_after_ns ? k->retry_after_ns * 2 : NSEC_PER_SEC;
	if (k->retry_after_ns > RETRY_MAX_NS)
		k->retry_after_ns = RETRY_MAX_NS;
	k->retry_at_ns = clock_mono_ns() + k->retry_after_ns;
}

static void name_path(struct names *names, struct known *k)
{
	struct cgclass class;

	cgclass_of(k->path, &class);
	switch (class.kind) {
	case CGCLASS_ROOT:
		set_name(names, k, "(root)", NAME_PATH);
		break;
	case CGCLASS_CONTAINER:
		name_container(names, k, &class);
		break;
	case CGCLASS_UNIT:
		set_name(names, k, class.unit, NAME_UNIT);
		break;
	case CGCLASS_PATH:
		set_name(names, k, k->path, NAME_PATH);
		break;
	}
}

static void name_gone(struct names *names, struct known *k, const char *hint)
{
	const char *why = k->outside ? "outside" : "gone";
	char text[320];

	if (hint && *hint)
		snprintf(text, sizeof(text), "…/%.*s (%s)", 255, hint, why);
	else
		snprintf(text, sizeof(text), "cgroup %" PRIu64 " (%s)", k->id, why);
	set_name(names, k, text, NAME_GONE);
}

/* The experiment's name for @k, else its own, asked for when it has none or may get a better. */
static const struct name *name_known(struct names *names, struct known *k, const char *hint)
{
	if (k->path && k->generation != names->generation) {
		k->given = find_given(names, k->path);
		k->generation = names->generation;
	}
	if (k->path && k->given)
		return &k->given->name;
	if (!k->service && !k->path)
		name_gone(names, k, hint);
	else if (!k->service || (k->retry_at_ns && clock_mono_ns() >= k->retry_at_ns))
		name_path(names, k);
	return k->service ? &k->name : &names->nameless;
}

const struct name *names_of(struct names *names, enum cgroup_tree tree, u64 id, const char *hint)
{
	struct known *k = find_known(names, tree, id);
	char path[CGROUPFS_PATH_MAX];
	int err;

	if (!k) {
		err = cgroupfs_path(names->fs, tree, id, path, sizeof(path));
		/* Of what else can fail nothing is forever: it is asked again the next time. */
		if (err && err != -ENOENT && err != -EXDEV)
			return &names->nameless;
		k = add_known(names, tree, id, err ? NULL : path);
		if (k)
			k->outside = err == -EXDEV;
	}
	return k ? name_known(names, k, hint) : &names->nameless;
}

const struct name *names_of_path(struct names *names, const char *path)
{
	struct known *k = &names->asked;

	clear_known(k);
	k->generation = names->generation - 1;
	k->path = strdup(path);
	return k->path ? name_known(names, k, NULL) : &names->nameless;
}

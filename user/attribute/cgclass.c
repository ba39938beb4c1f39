// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/attribute/cgclass.h"
#include "user/base/types.h"

/* One component of a path, not terminated. */
struct part {
	const char *text;
	size_t len;
};

/* How runtimes name the cgroup of a container, before its id. */
static const struct {
	const char *prefix;
	enum runtime runtime;
} prefixes[] = {
	{ "docker-", RUNTIME_DOCKER },
	{ "libpod-payload-", RUNTIME_PODMAN }, /* podman run --cgroups=split */
	{ "libpod-", RUNTIME_PODMAN },
	{ "cri-containerd-", RUNTIME_CONTAINERD },
	{ "nerdctl-", RUNTIME_CONTAINERD },
	{ "crio-", RUNTIME_CRIO },
};

static const char *const unit_suffixes[] = { ".service", ".scope", ".slice",
					     ".socket",	 ".mount", ".swap" };

static int starts(struct part part, const char *prefix)
{
	return strlen(prefix) <= part.len && !memcmp(part.text, prefix, strlen(prefix));
}

static int ends(struct part part, const char *suffix)
{
	size_t len = strlen(suffix);

	return len < part.len && !memcmp(part.text + part.len - len, suffix, len);
}

static int equals(struct part part, const char *text)
{
	return part.len == strlen(text) && starts(part, text);
}

/* The next component behind @at, which moves past it; 0 at the end. */
static int next_part(const char **at, struct part *part)
{
	*at += strspn(*at, "/");
	part->text = *at;
	part->len = strcspn(*at, "/");
	*at += part->len;
	return part->len > 0;
}

/* @part is a container's id: @least to 64 lower-case hex digits and nothing else. */
static int take_id(struct part part, size_t least, struct cgclass *class)
{
	if (part.len < least || part.len > CONTAINER_ID_MAX ||
	    strspn(part.text, "0123456789abcdef") < part.len)
		return 0;
	memcpy(class->id, part.text, part.len);
	class->id[part.len] = '\0';
	return 1;
}

/* "docker-<id>.scope", "libpod-<id>" */
static int take_prefixed(struct part part, struct cgclass *class)
{
	size_t i;

	if (ends(part, ".scope"))
		part.len -= strlen(".scope");
	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i].prefix);

		if (!starts(part, prefixes[i].prefix) ||
		    !take_id((struct part){ part.text + len, part.len - len }, CONTAINER_ID_MIN,
			     class))
			continue;
		class->runtime = prefixes[i].runtime;
		return 1;
	}
	return 0;
}

/*
 * "SLICE:docker:<id>": the argument meant for systemd, which a runtime that was set up for plain
 * cgroups takes as a name.
 */
static int take_colons(struct part part, struct cgclass *class)
{
	const char *last = memrchr(part.text, ':', part.len), *before;
	struct part id, runtime;
	size_t i;

	before = last ? memrchr(part.text, ':', (size_t)(last - part.text)) : NULL;
	if (!before)
		return 0;
	id = (struct part){ last + 1, (size_t)(part.text + part.len - last - 1) };
	runtime = (struct part){ before + 1, (size_t)(last - before - 1) };
	if (!take_id(id, CONTAINER_ID_MIN, class))
		return 0;
	class->runtime = RUNTIME_ANY;
	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (runtime.len + 1 == strlen(prefixes[i].prefix) &&
		    !memcmp(runtime.text, prefixes[i].prefix, runtime.len))
			class->runtime = prefixes[i].runtime;
	return 1;
}

/* A bare id: below "docker" by its shape, elsewhere only in full length. */
static int take_bare(struct part part, struct part parent, struct cgclass *class)
{
	int docker = equals(parent, "docker");

	if (!take_id(part, docker ? CONTAINER_ID_MIN : CONTAINER_ID_MAX, class))
		return 0;
	class->runtime = docker ? RUNTIME_DOCKER : RUNTIME_ANY;
	return 1;
}

/* "user@1000.service" is a user's own systemd, its units are not the system's. */
static int user_manager(struct part part, unsigned int *uid)
{
	const char *digits = part.text + strlen("user@");
	unsigned long value;
	char *end;

	if (!starts(part, "user@") || !ends(part, ".service") || *digits < '0' || *digits > '9')
		return 0;
	value = strtoul(digits, &end, 10);
	if (end != part.text + part.len - strlen(".service") || value > UINT_MAX)
		return 0;
	*uid = (unsigned int)value;
	return 1;
}

static int is_unit(struct part part)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unit_suffixes); i++)
		if (ends(part, unit_suffixes[i]))
			return 1;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that \xHH at @s[@len] stands for; -1 when there is none, or when it is a NUL. */
static int escaped_byte(const char *s, size_t len)
{
	int high, low;

	if (len < 4 || s[0] != '\\' || s[1] != 'x')
		return -1;
	high = hex_digit(s[2]);
	low = hex_digit(s[3]);
	return high < 0 || low < 0 || high + low == 0 ? -1 : high * 16 + low;
}

/* Copies a unit's name, undoing \xHH (systemd.unit(5)). */
static void unescape(char *dst, size_t size, struct part part)
{
	size_t out = 0, i;

	for (i = 0; i < part.len && out + 1 < size; i++) {
		int byte = escaped_byte(part.text + i, part.len - i);

		if (byte >= 0)
			i += 3;
		dst[out++] = byte >= 0 ? (char)byte : part.text[i];
	}
	dst[out] = '\0';
}

static void set_unit(struct cgclass *class, struct part unit, int below_manager)
{
	size_t len = 0;

	class->kind = CGCLASS_UNIT;
	if (below_manager)
		len = (size_t)snprintf(class->unit, sizeof(class->unit), "user@%u/", class->uid);
	unescape(class->unit + len, sizeof(class->unit) - len, unit);
}

void cgclass_of(const char *path, struct cgclass *class)
{
	struct part part, parent = { "", 0 };
	int below_manager = 0;

	*class = (struct cgclass){ .kind = CGCLASS_ROOT };
	while (next_part(&path, &part)) {
		if (take_prefixed(part, class) || take_colons(part, class) ||
		    take_bare(part, parent, class)) {
			class->kind = CGCLASS_CONTAINER;
			return;
		}
		if (class->kind == CGCLASS_ROOT)
			class->kind = CGCLASS_PATH;
		if (is_unit(part))
			set_unit(class, part, below_manager);
		if (user_manager(part, &class->uid))
			below_manager = 1;
		parent = part;
	}
}

const char *cgclass_runtime_name(enum runtime runtime)
{
	static const char *const name[] = {
		[RUNTIME_ANY] = "container", [RUNTIME_DOCKER] = "docker",
		[RUNTIME_PODMAN] = "podman", [RUNTIME_CONTAINERD] = "containerd",
		[RUNTIME_CRIO] = "crio",
	};

	return name[runtime];
}

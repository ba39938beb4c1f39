// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/collect/listeners.h"

#define NET_TCP_MAX  (64 << 20) /* 400,000 sockets */
#define STATE_LISTEN 0x0a	/* TCP_LISTEN */

struct namespaces {
	u32 *inum;
	size_t nr;
};

u32 listeners_port(const char *line)
{
	unsigned int port, state;

	if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*4x %2x", &port, &state) != 2)
		return 0;
	return state == STATE_LISTEN ? port : 0;
}

/* Inode number of the network namespace of process @pid; 0 when it is gone. */
static u32 netns_of(const char *sysroot, const char *pid)
{
	char path[PATH_MAX], target[64];
	unsigned int inum;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/proc/%s/ns/net", sysroot, pid);
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return 0;
	target[len] = '\0';
	return sscanf(target, "net:[%u]", &inum) == 1 ? inum : 0;
}

static int add_namespace(struct namespaces *seen, u32 inum, bool *known)
{
	u32 *grown;
	size_t i;

	for (i = 0; i < seen->nr; i++) {
		if (seen->inum[i] == inum) {
			*known = true;
			return 0;
		}
	}
	*known = false;
	grown = realloc(seen->inum, (seen->nr + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	seen->inum = grown;
	seen->inum[seen->nr++] = inum;
	return 0;
}

static int read_table(const char *path, u32 netns,
		      int (*found)(const struct listener_key *key, void *data), void *data)
{
	struct buf b;
	char *line, *rest;
	int err = buf_read_file(&b, path, NET_TCP_MAX);

	/* The process ended, or the kernel has no IPv6. */
	if (err == -ENOENT || err == -ESRCH || err == -EINVAL)
		err = 0;
	else
		for (line = b.data; !err && line; line = rest) {
			struct listener_key key = { .netns = netns };

			rest = strchr(line, '\n');
			if (rest)
				*rest++ = '\0';
			key.port = listeners_port(line);
			if (key.port)
				err = found(&key, data);
		}
	buf_free(&b);
	return err;
}

static int read_namespace(const char *sysroot, const char *pid, u32 netns,
			  int (*found)(const struct listener_key *key, void *data), void *data)
{
	static const char *const tables[] = { "tcp", "tcp6" };
	char path[PATH_MAX];
	size_t i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(tables); i++) {
		snprintf(path, sizeof(path), "%s/proc/%s/net/%s", sysroot, pid, tables[i]);
		err = read_table(path, netns, found, data);
	}
	return err;
}

int listeners_each(const char *sysroot, int (*found)(const struct listener_key *key, void *data),
		   void *data)
{
	struct namespaces seen = { 0 };
	const struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;
	DIR *proc;

	snprintf(path, sizeof(path), "%s/proc", sysroot);
	proc = opendir(path);
	if (!proc)
		return -errno;
	while (!err && (entry = readdir(proc))) {
		bool known;
		u32 netns;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		netns = netns_of(sysroot, entry->d_name);
		if (!netns)
			continue;
		err = add_namespace(&seen, netns, &known);
		if (!err && !known)
			err = read_namespace(sysroot, entry->d_name, netns, found, data);
	}
	closedir(proc);
	free(seen.inum);
	return err;
}

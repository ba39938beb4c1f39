// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/text.h"
#include "user/experiment/census.h"
#include "user/experiment/cgroup.h"
#include "user/experiment/spawn.h"

#define LOOK_NS	   NSEC_PER_SEC
#define COMM_BYTES 16
#define MOST	   65536 /* members: a fork bomb is not listed */

struct census_member {
	int pid;
	unsigned int service, seen; /* by which look, last */
	bool early;
	char comm[COMM_BYTES];
};

/* For the walk over the processes of one service. */
struct walk {
	struct census *census;
	unsigned int service;
};

static struct census_member *find(const struct census *c, int pid)
{
	size_t i;

	for (i = 0; i < c->nr; i++) {
		if (c->member[i].pid == pid)
			return &c->member[i];
	}
	return NULL;
}

/* A process that has ended meanwhile has no name any more: "?". */
static void read_comm(int pid, char comm[COMM_BYTES])
{
	char path[32];
	struct buf b;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	snprintf(comm, COMM_BYTES, "?");
	if (buf_read_file(&b, path, 64) == 0 && b.data && b.len > 1) {
		b.data[strcspn(b.data, "\n")] = '\0';
		text_clean(comm, COMM_BYTES, b.data);
	}
	buf_free(&b);
}

static int take_down(int pid, void *data)
{
	const struct walk *walk = data;
	struct census *c = walk->census;
	struct census_member *member = find(c, pid), *grown;

	if (member) {
		member->seen = c->looks;
		return 0;
	}
	if (c->nr == MOST)
		return 0;
	if (c->nr == c->room) {
		size_t room = c->room ? 2 * c->room : 64;

		grown = realloc(c->member, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		c->member = grown;
		c->room = room;
	}
	member = &c->member[c->nr++];
	*member = (struct census_member){
		.pid = pid, .service = walk->service, .seen = c->looks, .early = c->looks == 1
	};
	read_comm(pid, member->comm);
	return 0;
}

/* A service is in the first hierarchy that there is. */
static int list_all(struct census *c)
{
	enum cgroup_tree tree = cgroupfs_mount(c->fs, CGROUP_V2) ? CGROUP_V2 : CGROUP_V1_CPU;
	struct walk walk = { .census = c };
	int err;

	c->looks++;
	for (; walk.service < c->nr_services; walk.service++) {
		err = cgroupfs_procs(c->fs, tree, c->service[walk.service].cgroup, 1, take_down,
				     &walk);
		if (err == -ENOMEM)
			return err;
	}
	return 0;
}

bool census_is_grief(int status, bool early)
{
	if (!WIFSIGNALED(status))
		return early && WEXITSTATUS(status);
	switch (WTERMSIG(status)) {
	case SIGPIPE: /* how a shell's pipeline ends */
		return false;
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGTERM:
	case SIGALRM:
		return early;
	}
	return true;
}

static void judge(struct census *c, const struct census_member *member, int status,
		  const char *step)
{
	char text[SPAWN_STATUS_MAX];

	/* What was passing by at the first look is gone at the second. */
	if (c->found[0] || !census_is_grief(status, member->early && member->seen > 1))
		return;
	snprintf(c->found, sizeof(c->found), "process %d (%s) of service '%s' ended (%s) during %s",
		 member->pid, member->comm, c->service[member->service].name,
		 child_status(text, status), step);
}

static void take_ends(struct census *c, const char *step)
{
	struct census_member *member;
	struct exit_event event;
	int got;

	while ((got = exits_next(&c->exits, &event))) {
		/* Of those whose end was lost, find_restarts() knows that they are gone. */
		member = got < 0 ? NULL : find(c, event.pid);
		if (!member)
			continue;
		judge(c, member, event.status, step);
		*member = c->member[--c->nr];
	}
}

/* Those of service @s who were there from the beginning. */
static unsigned int count_early(const struct census *c, unsigned int s)
{
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < c->nr; i++)
		nr += c->member[i].service == s && c->member[i].early;
	return nr;
}

/* Forgets those whose end was not told, and finds the services that have nobody left. */
static void find_restarts(struct census *c, const char *step)
{
	unsigned int s;
	size_t i = 0;

	while (i < c->nr) {
		if (c->member[i].seen + 1 < c->looks)
			c->member[i] = c->member[--c->nr];
		else
			i++;
	}
	for (s = 0; s < c->nr_services && !c->found[0]; s++) {
		if (c->early[s] && !count_early(c, s))
			snprintf(c->found, sizeof(c->found),
				 "service '%s' restarted or ended during %s: none of its processes "
				 "from before is left",
				 c->service[s].name, step);
	}
}

static void find_oom(struct census *c, const char *step)
{
	unsigned int s;
	u64 kills;

	for (s = 0; s < c->nr_services; s++) {
		if (cgroup_oom_kills(c->fs, c->service[s].cgroup, &kills) ||
		    kills <= c->oom_kills[s])
			continue;
		/* It is why the process that was found so far has ended. */
		snprintf(c->found, sizeof(c->found),
			 "the kernel killed %" PRIu64 " process%s of service '%s' for want of "
			 "memory during %s",
			 kills - c->oom_kills[s], kills - c->oom_kills[s] == 1 ? "" : "es",
			 c->service[s].name, step);
		c->oom_kills[s] = kills;
	}
}

int census_begin(struct census *c, const struct cgroupfs *fs, const struct census_service *service,
		 unsigned int nr)
{
	unsigned int s;

	*c = (struct census){ .exits = { -1 } };
	c->service = calloc(nr + 1, sizeof(*c->service));
	c->oom_kills = calloc(nr + 1, sizeof(*c->oom_kills));
	c->early = calloc(nr + 1, sizeof(*c->early));
	if (!c->service || !c->oom_kills || !c->early)
		return -ENOMEM;
	memcpy(c->service, service, nr * sizeof(*service));
	c->nr_services = nr;
	c->fs = fs;
	for (s = 0; s < nr; s++)
		cgroup_oom_kills(fs, service[s].cgroup, &c->oom_kills[s]);
	exits_open(&c->exits);
	c->next_look_ns = clock_mono_ns() + LOOK_NS;
	if (list_all(c))
		return -ENOMEM;
	for (s = 0; s < nr; s++)
		c->early[s] = count_early(c, s);
	return 0;
}

void census_look(struct census *c, const char *step, bool now)
{
	u64 now_ns = clock_mono_ns();

	if (!c->fs || (!now && now_ns < c->next_look_ns))
		return;
	c->next_look_ns = now_ns + LOOK_NS;
	/* Without memory the old list is what there is. */
	list_all(c);
	take_ends(c, step);
	find_restarts(c, step);
	find_oom(c, step);
}

void census_end(struct census *c)
{
	if (!c->fs && !c->service)
		return;
	exits_close(&c->exits);
	free(c->service);
	free(c->oom_kills);
	free(c->early);
	free(c->member);
	c->fs = NULL;
	c->service = NULL;
	c->oom_kills = NULL;
	c->early = NULL;
	c->member = NULL;
	c->nr = c->room = 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches and detaches one variant of the overhead benchmark, on command.
 *   attach empty|situ sched|block|tcp|cgroup|all|span
 * "all" is what is always on, "span" that with the spans, which stand on the rest.
 * "empty" is an empty program on each hook that situ uses on this kernel. Prints "ready" once all
 * is loaded; then answers each line of standard input with one: "on" and "off" with the same
 * word, "stats" (between stats-on and stats-off) with each program's name, runs and nanoseconds
 * so far. Ends with its input. Exits 0, or as `situ` would: 2 usage, 3 the kernel refuses.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tools/bench/empty.skel.h"
#include "user/base/err.h"
#include "user/base/types.h"
#include "user/collect/collector.h"
#include "user/collect/features.h"

enum variant { VARIANT_EMPTY, VARIANT_SITU };

struct attached {
	struct empty *empty;
	struct collector *situ;
	int stats_fd;
};

/* The object that @name asks for, OBJECT_NR for all of them, -1 for none. */
static int parse_object(const char *name)
{
	int id;

	for (id = 0; id < OBJECT_NR; id++) {
		if (strcmp(name, bpf_object_name((enum bpf_object_id)id)) == 0)
			return id;
	}
	return strcmp(name, "all") == 0 ? OBJECT_NR : -1;
}

/* Leaves in the table only what was asked for; -1 when this kernel has none of it. */
static int restrict_to(struct features *features, int object, struct err *err)
{
	bool whole = object == OBJECT_NR || object == OBJECT_SPAN;
	size_t i, used = 0;

	if (object != OBJECT_SPAN)
		features_without_spans(features);
	for (i = 0; i < features->nr; i++) {
		struct feature *row = &features->row[i];

		if (!whole && (int)row->object != object)
			row->state = FEATURE_MISSING;
		used += row->state == FEATURE_USED;
	}
	if (used)
		return 0;
	return err_set(err, EXIT_ENVIRONMENT, "this kernel has none of the hooks: see situ doctor");
}

static bool is_used(const struct features *features, const char *hook)
{
	size_t i;

	for (i = 0; i < features->nr; i++) {
		if (features->row[i].state == FEATURE_USED &&
		    strcmp(features->row[i].hook, hook) == 0)
			return true;
	}
	return false;
}

/* A hook of situ's that has no empty program would make the comparison a lie. */
static int check_hooks(const struct empty *empty, const struct features *features, struct err *err)
{
	size_t i;

	for (i = 0; i < features->nr; i++) {
		const char *hook = features->row[i].hook;

		if (features->row[i].state == FEATURE_USED &&
		    !bpf_object__find_program_by_name(empty->obj, hook))
			return err_set(err, EXIT_FAILED,
				       "no empty program for %s: add it to tools/bench/empty.bpf.c",
				       hook);
	}
	return 0;
}

static int open_empty(struct empty **out, const struct features *features, struct err *err)
{
	struct empty *empty = empty__open();
	struct bpf_program *program;
	int code;

	if (!empty)
		return err_set(err, EXIT_FAILED, "cannot open the empty programs: %s",
			       strerror(errno));
	*out = empty;
	if (check_hooks(empty, features, err))
		return -1;
	bpf_object__for_each_program (program, empty->obj) {
		bpf_program__set_autoload(program, is_used(features, bpf_program__name(program)));
	}
	code = empty__load(empty);
	if (code)
		return err_set(err, EXIT_ENVIRONMENT, "the kernel refused the empty programs: %s",
			       strerror(-code));
	return 0;
}

/* Loaded, not attached. */
static int open_variant(struct attached *a, const char *variant, int object, struct err *err)
{
	struct features features;

	if (features_decide(&features, false, err) || restrict_to(&features, object, err))
		return -1;
	if (strcmp(variant, "empty") == 0)
		return open_empty(&a->empty, &features, err);
	if (collector_open(&a->situ, &features, false, err))
		return -1;
	return collector_switch(a->situ, false);
}

static int switch_variant(struct attached *a, bool on)
{
	if (a->situ)
		return collector_switch(a->situ, on);
	empty__detach(a->empty);
	return on ? empty__attach(a->empty) : 0;
}

static int switch_stats(struct attached *a, bool on)
{
	if (a->stats_fd >= 0)
		close(a->stats_fd);
	a->stats_fd = on ? bpf_enable_stats(BPF_STATS_RUN_TIME) : -1;
	return on && a->stats_fd < 0 ? a->stats_fd : 0;
}

static int print_empty_stats(const struct empty *empty)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, empty->obj) {
		struct bpf_prog_info info = { 0 };
		u32 len = sizeof(info);

		if (bpf_program__fd(program) < 0)
			continue;
		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &len))
			return -errno;
		printf("%s %llu %llu ", bpf_program__name(program), info.run_cnt, info.run_time_ns);
	}
	return 0;
}

static int print_situ_stats(struct collector *situ)
{
	struct snapshot snapshot = { 0 };
	int code = collector_snapshot(situ, &snapshot);
	size_t i;

	if (code)
		return code;
	for (i = 0; i < snapshot.nr_programs; i++)
		printf("%s %llu %llu ", snapshot.programs[i].name,
		       (unsigned long long)snapshot.programs[i].run_count,
		       (unsigned long long)snapshot.programs[i].run_ns);
	snapshot_free(&snapshot);
	return 0;
}

static int obey(struct attached *a, const char *command)
{
	int code = -EINVAL;

	if (strcmp(command, "on") == 0)
		code = switch_variant(a, true);
	else if (strcmp(command, "off") == 0)
		code = switch_variant(a, false);
	else if (strcmp(command, "stats-on") == 0)
		code = switch_stats(a, true);
	else if (strcmp(command, "stats-off") == 0)
		code = switch_stats(a, false);
	else if (strcmp(command, "stats") == 0)
		code = a->situ ? print_situ_stats(a->situ) : print_empty_stats(a->empty);
	if (code)
		return code;
	puts(command);
	return fflush(stdout) ? -errno : 0;
}

static int obey_all(struct attached *a)
{
	char line[32];
	int code;

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		code = obey(a, line);
		if (code) {
			fprintf(stderr, "attach: %s: %s\n", line, strerror(-code));
			return EXIT_FAILED;
		}
	}
	return EXIT_OK;
}

static void close_variant(struct attached *a)
{
	empty__destroy(a->empty);
	collector_close(a->situ);
	if (a->stats_fd >= 0)
		close(a->stats_fd);
}

int main(int argc, char **argv)
{
	int object = argc == 3 ? parse_object(argv[2]) : -1, code;
	struct attached attached = { .stats_fd = -1 };
	struct err err = { 0 };

	if (object < 0 || (strcmp(argv[1], "empty") != 0 && strcmp(argv[1], "situ") != 0)) {
		fprintf(stderr, "usage: attach empty|situ sched|block|tcp|cgroup|all|span\n");
		return EXIT_USAGE;
	}
	if (open_variant(&attached, argv[1], object, &err)) {
		code = err_report(&err);
	} else {
		puts("ready");
		code = fflush(stdout) ? EXIT_FAILED : obey_all(&attached);
	}
	close_variant(&attached);
	return code;
}

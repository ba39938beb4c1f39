// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads each program of a BPF object by itself and prints how many instructions the verifier went
 * through: insns NAME OBJECT [VARIABLE...]
 * VARIABLEs are bools of the object's .rodata, set to true. Prints "NAME<tab>program<tab>count",
 * with "no hook" for the count where the kernel has no such tracepoint or function, and "refused"
 * with the verifier's last words on stderr where it will not have the program.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define LOG_BYTES  (1 << 20)
#define LOG_STATS  4 /* BPF_LOG_STATS of kernel/bpf/verifier.c: the closing figures only */
#define LOG_ALL	   1
#define LAST_WORDS 600

static char log_text[LOG_BYTES];

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

/* Offset of the bool @name in @object's .rodata; -ENOENT when it has none. */
static long offset_of(struct bpf_object *object, const char *name)
{
	const struct btf *btf = bpf_object__btf(object);
	const struct btf_type *section;
	int i, id;

	id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -ENOENT;
	if (id < 0)
		return -ENOENT;
	section = btf__type_by_id(btf, (__u32)id);
	for (i = 0; i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *var = &btf_var_secinfos(section)[i];
		const struct btf_type *t = btf__type_by_id(btf, var->type);

		if (strcmp(btf__name_by_offset(btf, t->name_off), name) == 0)
			return var->offset;
	}
	return -ENOENT;
}

static int set_true(struct bpf_object *object, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	long offset = offset_of(object, name);
	const void *initial;
	size_t size;
	char *data;
	int err;

	initial = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!initial || offset < 0)
		return -ENOENT;
	data = malloc(size);
	if (!data)
		return -ENOMEM;
	memcpy(data, initial, size);
	data[offset] = 1;
	err = bpf_map__set_initial_value(map, data, size);
	free(data);
	return err;
}

/* Object @path with only its program @program to be loaded, and @names set; NULL on failure. */
static struct bpf_object *open_one(const char *path, const char *program, char **names)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *each;
	bool spans = false;
	struct bpf_map *map;

	if (!object) {
		fprintf(stderr, "insns: cannot open %s: %s\n", path, strerror(errno));
		return NULL;
	}
	for (; *names; names++) {
		int err = set_true(object, *names);

		spans = spans || strcmp(*names, "spans_on") == 0;
		if (err) {
			fprintf(stderr, "insns: no bool %s in %s: %s\n", *names, path,
				strerror(-err));
			bpf_object__close(object);
			return NULL;
		}
	}
	/* Kernels without spans have no such maps either. */
	bpf_object__for_each_map (map, object) {
		if (bpf_map__type(map) == BPF_MAP_TYPE_TASK_STORAGE)
			bpf_map__set_autocreate(map, spans);
	}
	bpf_object__for_each_program (each, object) {
		bpf_program__set_autoload(each, strcmp(bpf_program__name(each), program) == 0);
	}
	return object;
}

/* Instructions processed, or a negative errno of the load, whose log is then in log_text. */
static long load_one(const char *path, const char *program, char **names, __u32 level)
{
	struct bpf_object *object = open_one(path, program, names);
	struct bpf_program *one;
	const char *figure;
	long result;

	if (!object)
		return -EINVAL;
	one = bpf_object__find_program_by_name(object, program);
	log_text[0] = '\0';
	bpf_program__set_log_level(one, level);
	bpf_program__set_log_buf(one, log_text, sizeof(log_text));
	result = bpf_object__load(object);
	figure = strstr(log_text, "processed ");
	if (!result)
		result = figure ? atol(figure + strlen("processed ")) : -ENODATA;
	bpf_object__close(object);
	return result;
}

static void say_last_words(const char *program, long error)
{
	size_t len = strlen(log_text);

	fprintf(stderr, "%s: %s\n...%s\n", program, strerror((int)-error),
		log_text + (len > LAST_WORDS ? len - LAST_WORDS : 0));
}

static bool has_hook(const struct btf *btf, const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program), *slash = strchr(section, '/');
	char name[128];

	if (strstr(section, "fexit"))
		return slash && btf__find_by_name_kind(btf, slash + 1, BTF_KIND_FUNC) > 0;
	snprintf(name, sizeof(name), "btf_trace_%s", slash ? slash + 1 : "");
	return btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) > 0;
}

static void judge(const char *name, const char *path, const char *program, char **names)
{
	long count = load_one(path, program, names, LOG_STATS);

	if (count >= 0) {
		printf("%s\t%s\t%ld\n", name, program, count);
		return;
	}
	count = load_one(path, program, names, LOG_ALL);
	printf("%s\t%s\trefused\n", name, program);
	say_last_words(program, count);
}

int main(int argc, char **argv)
{
	struct bpf_program *program;
	struct bpf_object *object;
	struct btf *btf;

	if (argc < 3) {
		fprintf(stderr, "usage: insns NAME OBJECT [VARIABLE...]\n");
		return 2;
	}
	libbpf_set_print(quiet);
	btf = btf__load_vmlinux_btf();
	object = bpf_object__open_file(argv[2], NULL);
	if (!btf || !object) {
		fprintf(stderr, "insns: cannot open %s: %s\n", btf ? argv[2] : "the kernel's BTF",
			strerror(errno));
		return 1;
	}
	bpf_object__for_each_program (program, object) {
		if (has_hook(btf, program))
			judge(argv[1], argv[2], bpf_program__name(program), argv + 3);
		else
			printf("%s\t%s\tno hook\n", argv[1], bpf_program__name(program));
	}
	bpf_object__close(object);
	btf__free(btf);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel's own files say about a cgroup. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/collect/cgroupfs.h"
#include "user/collect/procfs.h"

#define STAT_FILE_MAX (256 * 1024)

struct rss_sum {
	const char *sysroot;
	struct cgroup_memory *memory;
};

/* Reads @file of the cgroup into @b, which the caller frees in any case. */
static int read_file(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path,
		     const char *file, struct buf *b)
{
	char full[PATH_MAX];
	int err = cgroupfs_file(fs, tree, path, file, full, sizeof(full));

	*b = buf_init(0);
	return err ? err : buf_read_file(b, full, STAT_FILE_MAX);
}

static int parse_u64(const char *text, u64 *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (end == text || errno || *text == '-' || (*end && *end != '\n' && *end != ' '))
		return -EBADMSG;
	return 0;
}

/* A file that holds one number. */
static int read_u64(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path,
		    const char *file, u64 *value)
{
	struct buf b;
	int err = read_file(fs, tree, path, file, &b);

	if (!err)
		err = parse_u64(b.data, value);
	buf_free(&b);
	return err;
}

/* The value behind @key in a file of "key value" lines. -ENOENT without such a line. */
static int find_key(const char *text, const char *key, u64 *value)
{
	size_t len = strlen(key);

	while (text) {
		if (!strncmp(text, key, len) && text[len] == ' ')
			return parse_u64(text + len + 1, value);
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return -ENOENT;
}

static int optional(int err)
{
	return err == -ENOENT ? 0 : err;
}

static int cpu_v2(const struct cgroupfs *fs, const char *path, struct cgroup_cpu *cpu)
{
	struct buf b;
	u64 usage_us = 0, throttled_us = 0;
	int err = read_file(fs, CGROUP_V2, path, "cpu.stat", &b);

	if (!err)
		err = find_key(b.data, "usage_usec", &usage_us) ? -EBADMSG : 0;
	if (!err)
		err = optional(find_key(b.data, "nr_throttled", &cpu->nr_throttled));
	if (!err)
		err = optional(find_key(b.data, "throttled_usec", &throttled_us));
	cpu->usage_ns = usage_us * NSEC_PER_USEC;
	cpu->throttled_ns = throttled_us * NSEC_PER_USEC;
	buf_free(&b);
	return err;
}

static int throttled_v1(const struct cgroupfs *fs, const char *path, struct cgroup_cpu *cpu)
{
	struct buf b;
	int err = read_file(fs, CGROUP_V1_CPU, path, "cpu.stat", &b);

	if (!err)
		err = find_key(b.data, "nr_throttled", &cpu->nr_throttled);
	if (!err)
		err = find_key(b.data, "throttled_time", &cpu->throttled_ns);
	buf_free(&b);
	return optional(err);
}

int cgroupfs_cpu(const struct cgroupfs *fs, const char *path, struct cgroup_cpu *cpu)
{
	int err;

	*cpu = (struct cgroup_cpu){ 0 };
	err = cpu_v2(fs, path, cpu);
	if (err == -ENOENT)
		err = read_u64(fs, CGROUP_V1_CPUACCT, path, "cpuacct.usage", &cpu->usage_ns);
	if (err)
		return err;
	/* On a hybrid host the quota is the v1 cpu controller's. */
	return cgroupfs_mount(fs, CGROUP_V1_CPU) ? throttled_v1(fs, path, cpu) : 0;
}

/* What memory.stat calls things, in v1 with all below the cgroup in it. */
struct memory_keys {
	const char *anon, *file, *faults, *major_faults;
};

static int memory_stat(const struct cgroupfs *fs, enum cgroup_tree tree, const char *path,
		       const struct memory_keys *keys, struct cgroup_memory *memory)
{
	struct buf b;
	int err = read_file(fs, tree, path, "memory.stat", &b);

	if (!err)
		err = find_key(b.data, keys->anon, &memory->anon_bytes);
	if (!err)
		err = find_key(b.data, keys->file, &memory->file_bytes);
	if (!err)
		err = optional(find_key(b.data, keys->faults, &memory->faults));
	if (!err)
		err = optional(find_key(b.data, keys->major_faults, &memory->major_faults));
	buf_free(&b);
	return err == -ENOENT ? -EBADMSG : err;
}

static int memory_v2(const struct cgroupfs *fs, const char *path, struct cgroup_memory *memory)
{
	static const struct memory_keys keys = { "anon", "file", "pgfault", "pgmajfault" };
	int err = read_u64(fs, CGROUP_V2, path, "memory.current", &memory->bytes);

	if (err)
		return err;
	memory->source = MEMORY_V2;
	err = optional(read_u64(fs, CGROUP_V2, path, "memory.peak", &memory->peak_bytes));
	return err ? err : memory_stat(fs, CGROUP_V2, path, &keys, memory);
}

static int memory_v1(const struct cgroupfs *fs, const char *path, struct cgroup_memory *memory)
{
	static const struct memory_keys keys = { "total_rss", "total_cache", "total_pgfault",
						 "total_pgmajfault" };
	int err = read_u64(fs, CGROUP_V1_MEMORY, path, "memory.usage_in_bytes", &memory->bytes);

	if (err)
		return err;
	memory->source = MEMORY_V1;
	err = read_u64(fs, CGROUP_V1_MEMORY, path, "memory.max_usage_in_bytes",
		       &memory->peak_bytes);
	if (err)
		return err;
	return memory_stat(fs, CGROUP_V1_MEMORY, path, &keys, memory);
}

static int stop_at_first(int pid, void *data)
{
	(void)pid;
	(void)data;
	return 1;
}

/* A v1 cgroup of the same name that is empty while the v2 one is not accounts for nothing. */
static int v1_covers(const struct cgroupfs *fs, const char *path)
{
	if (cgroupfs_procs(fs, CGROUP_V1_MEMORY, path, 1, stop_at_first, NULL) == 1)
		return 1;
	return cgroupfs_procs(fs, CGROUP_V2, path, 1, stop_at_first, NULL) != 1;
}

static int add_rss(int pid, void *data)
{
	struct rss_sum *sum = data;
	struct proc_memory memory;
	int err = procfs_memory(sum->sysroot, pid, &memory);

	if (err == -ENOENT || err == -ESRCH)
		return 0; /* it ended meanwhile */
	if (err)
		return err;
	sum->memory->bytes += memory.rss_bytes;
	sum->memory->file_bytes += memory.file_bytes;
	sum->memory->anon_bytes += memory.rss_bytes - memory.file_bytes;
	return 0;
}

static int memory_rss(const struct cgroupfs *fs, const char *path, struct cgroup_memory *memory)
{
	struct rss_sum sum = { .sysroot = cgroupfs_sysroot(fs), .memory = memory };
	int tree, err = -ENOENT;

	memory->source = MEMORY_RSS;
	for (tree = 0; tree < CGROUP_TREES && err == -ENOENT; tree++)
		err = cgroupfs_procs(fs, tree, path, 1, add_rss, &sum);
	return err;
}

int cgroupfs_memory(const struct cgroupfs *fs, const char *path, struct cgroup_memory *memory)
{
	int err;

	*memory = (struct cgroup_memory){ 0 };
	err = memory_v2(fs, path, memory);
	if (err == -ENOENT && v1_covers(fs, path))
		err = memory_v1(fs, path, memory);
	if (err == -ENOENT)
		err = memory_rss(fs, path, memory);
	if (err)
		memory->source = MEMORY_NONE;
	return err;
}

/*
 * The device "major:minor" that @word starts with, looked up or new in @io: *@slot is NULL when
 * @io is full.
 */
static int io_slot(const char *word, struct cgroup_io *io, size_t max, size_t *nr,
		   struct cgroup_io **slot)
{
	char *colon, *end;
	u32 major = (u32)strtoul(word, &colon, 10), minor;
	size_t i;

	*slot = NULL;
	if (colon == word || *colon != ':')
		return -EBADMSG;
	minor = (u32)strtoul(colon + 1, &end, 10);
	if (end == colon + 1 || *end)
		return -EBADMSG;
	for (i = 0; i < *nr; i++)
		if (io[i].major == major && io[i].minor == minor)
			break;
	if (i == max)
		return 0;
	if (i == *nr)
		io[(*nr)++] = (struct cgroup_io){ .major = major, .minor = minor };
	*slot = &io[i];
	return 0;
}

/* One "key=value" of io.stat. Keys that are not ours (discards, cost model) are skipped. */
static int io_v2_word(struct cgroup_io *io, const char *word)
{
	const struct {
		const char *key;
		u64 *value;
	} keys[] = {
		{ "rbytes=", &io->read_bytes },
		{ "wbytes=", &io->write_bytes },
		{ "rios=", &io->reads },
		{ "wios=", &io->writes },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strncmp(word, keys[i].key, strlen(keys[i].key)))
			return parse_u64(word + strlen(keys[i].key), keys[i].value);
	return 0;
}

/* "254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0"; a device alone has done nothing. */
static int io_v2_line(char *line, struct cgroup_io *io, size_t max, size_t *nr)
{
	char *save = NULL, *word = strtok_r(line, " ", &save);
	struct cgroup_io *slot;
	int err;

	if (!word)
		return 0;
	err = io_slot(word, io, max, nr, &slot);
	while (slot && !err && (word = strtok_r(NULL, " ", &save)))
		err = io_v2_word(slot, word);
	return err;
}

/* "254:0 Read 4096"; the line "Total 8192" at the end is none of a device. */
static int io_v1_line(char *line, struct cgroup_io *io, size_t max, size_t *nr, int bytes)
{
	char *save = NULL, *device = strtok_r(line, " ", &save);
	char *op = strtok_r(NULL, " ", &save), *number = strtok_r(NULL, " ", &save);
	struct cgroup_io *slot;
	u64 value;

	if (!device || !strcmp(device, "Total"))
		return 0;
	if (!op || !number || parse_u64(number, &value) || io_slot(device, io, max, nr, &slot))
		return -EBADMSG;
	if (slot && !strcmp(op, "Read"))
		*(bytes ? &slot->read_bytes : &slot->reads) = value;
	else if (slot && !strcmp(op, "Write"))
		*(bytes ? &slot->write_bytes : &slot->writes) = value;
	return 0;
}

static int io_v2(const struct cgroupfs *fs, const char *path, struct cgroup_io *io, size_t max,
		 size_t *nr)
{
	char *save = NULL, *line;
	struct buf b;
	int err = read_file(fs, CGROUP_V2, path, "io.stat", &b);

	if (!err)
		for (line = strtok_r(b.data, "\n", &save); line && !err;
		     line = strtok_r(NULL, "\n", &save))
			err = io_v2_line(line, io, max, nr);
	buf_free(&b);
	return err;
}

static int io_v1(const struct cgroupfs *fs, const char *path, const char *file, int bytes,
		 struct cgroup_io *io, size_t max, size_t *nr)
{
	char *save = NULL, *line;
	struct buf b;
	int err = read_file(fs, CGROUP_V1_BLKIO, path, file, &b);

	if (!err)
		for (line = strtok_r(b.data, "\n", &save); line && !err;
		     line = strtok_r(NULL, "\n", &save))
			err = io_v1_line(line, io, max, nr, bytes);
	buf_free(&b);
	return err;
}

int cgroupfs_io(const struct cgroupfs *fs, const char *path, struct cgroup_io *io, size_t max)
{
	size_t nr = 0;
	int err = io_v2(fs, path, io, max, &nr);

	if (err == -ENOENT) {
		nr = 0;
		err = io_v1(fs, path, "blkio.throttle.io_service_bytes_recursive", 1, io, max, &nr);
		if (!err)
			err = io_v1(fs, path, "blkio.throttle.io_serviced_recursive", 0, io, max,
				    &nr);
		/* Nothing done, or nothing kept: the two look the same. */
		if (!err && !nr)
			err = -ENOENT;
	}
	return err ? err : (int)nr;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=123456", the total in microseconds. */
static int some_total(const struct cgroupfs *fs, const char *path, const char *file, u64 *ns)
{
	const char *some, *total;
	u64 us = 0;
	struct buf b;
	int err = read_file(fs, CGROUP_V2, path, file, &b);

	if (!err) {
		some = strstr(b.data, "some ");
		total = some ? strstr(some, "total=") : NULL;
		err = total ? parse_u64(total + strlen("total="), &us) : -EBADMSG;
	}
	*ns = us * NSEC_PER_USEC;
	buf_free(&b);
	/* PSI that is switched off at boot leaves files that cannot be read. */
	return err == -EOPNOTSUPP ? -ENOENT : err;
}

int cgroupfs_pressure(const struct cgroupfs *fs, const char *path, struct cgroup_pressure *pressure)
{
	int err;

	*pressure = (struct cgroup_pressure){ 0 };
	err = some_total(fs, path, "cpu.pressure", &pressure->cpu_ns);
	if (!err)
		err = some_total(fs, path, "io.pressure", &pressure->io_ns);
	if (!err)
		err = some_total(fs, path, "memory.pressure", &pressure->memory_ns);
	return err;
}

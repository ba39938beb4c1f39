/* SPDX-License-Identifier: GPL-2.0-only */
/* What is done with the maps of any BPF object: sized, mapped, filled with free numbers. */
#ifndef SITU_COLLECT_MAP_H
#define SITU_COLLECT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <bpf/libbpf.h>

#include "user/base/types.h"

/* Whether objects use it together: by its name. */
bool map_is_shared(const struct bpf_map *map);

/* Kernel memory of the maps of @object for @cpus possible CPUs, computed from their sizes. */
u64 maps_bytes(const struct bpf_object *object, unsigned int cpus, bool with_shared);

/*
 * Maps the loaded array @map, writable since rows are taken back. Sets *@bytes to the length, for
 * munmap(). NULL with errno set on failure.
 */
void *map_rows(const struct bpf_map *map, size_t *bytes);

/* Hands the numbers @first.. below @end to the loaded queue @queue of free ones. 0 or -errno. */
int map_fill_free(const struct bpf_map *queue, u32 first, u32 end);

#endif

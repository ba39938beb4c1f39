// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"
#include "user/model/metrics.h"
#include "user/model/profile.h"

struct place *profile_place(struct profile *profile, const char *path)
{
	return profile_place_of(profile, path, PLACE_ANY);
}

struct place *profile_place_of(struct profile *profile, const char *path, enum place_scope scope)
{
	struct place *grown;
	size_t i, nr = profile->nr_places;

	for (i = 0; i < nr; i++) {
		if (profile->places[i].scope == scope && strcmp(profile->places[i].path, path) == 0)
			return &profile->places[i];
	}
	/* The room doubles at each power of two. */
	if ((nr & (nr - 1)) == 0) {
		grown = realloc(profile->places, (nr ? 2 * nr : 1) * sizeof(*grown));
		if (!grown)
			return NULL;
		profile->places = grown;
	}
	profile->places[nr] = (struct place){ .path = strdup(path), .scope = scope };
	if (!profile->places[nr].path)
		return NULL;
	profile->nr_places++;
	return &profile->places[nr];
}

/* Index of the first slice whose bucket is @bucket or above. */
static size_t lower_bound(const struct place *place, u32 bucket)
{
	size_t low = 0, high = place->nr_slices;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (place->slices[middle].bucket < bucket)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct slice *place_slice(struct place *place, u32 bucket)
{
	size_t at = lower_bound(place, bucket), nr = place->nr_slices;
	struct slice *grown;

	if (at < nr && place->slices[at].bucket == bucket)
		return &place->slices[at];
	if (bucket >= HIST_NR(HIST_CLIENT_SUB_BITS))
		return NULL;
	if ((nr & (nr - 1)) == 0) {
		grown = realloc(place->slices, (nr ? 2 * nr : 1) * sizeof(*grown));
		if (!grown)
			return NULL;
		place->slices = grown;
	}
	memmove(&place->slices[at + 1], &place->slices[at], (nr - at) * sizeof(*grown));
	place->slices[at] = (struct slice){ .bucket = bucket };
	place->nr_slices++;
	return &place->slices[at];
}

void slice_add(struct slice *to, const struct slice *from)
{
	enum component c;

	to->calls += from->calls;
	for (c = 0; c < COMPONENT_NR; c++) {
		to->ns[c] += from->ns[c];
		to->sum_ns[c] += from->sum_ns[c];
	}
}

static int place_merge(struct place *dst, const struct place *src)
{
	size_t i;

	for (i = 0; i < src->nr_slices; i++) {
		struct slice *slice = place_slice(dst, src->slices[i].bucket);

		if (!slice)
			return -ENOMEM;
		slice_add(slice, &src->slices[i]);
	}
	return 0;
}

static struct hop *find_hop(const struct profile *profile, const struct hop *like)
{
	size_t i;

	for (i = 0; i < profile->nr_hops; i++) {
		struct hop *hop = &profile->hops[i];

		if (hop->entry == like->entry && strcmp(hop->client, like->client) == 0 &&
		    strcmp(hop->server, like->server) == 0 &&
		    strcmp(hop->server_addr, like->server_addr) == 0)
			return hop;
	}
	return NULL;
}

static void hop_free(struct hop *hop)
{
	free(hop->client);
	free(hop->server);
	free(hop->server_addr);
	metrics_release(ENTITY_HOP, hop);
}

struct hop *profile_hop(struct profile *profile, const char *client, const char *server,
			const char *server_addr, bool entry)
{
	struct hop hop = { .client = text_dup(client),
			   .server = text_dup(server),
			   .server_addr = text_dup(server_addr),
			   .entry = entry };
	size_t nr = profile->nr_hops;
	struct hop *found = NULL, *grown;

	if (!hop.client || !hop.server || !hop.server_addr)
		goto out;
	found = find_hop(profile, &hop);
	if (found)
		goto out;
	if ((nr & (nr - 1)) == 0) {
		grown = realloc(profile->hops, (nr ? 2 * nr : 1) * sizeof(*grown));
		if (!grown)
			goto out;
		profile->hops = grown;
	}
	profile->hops[nr] = hop;
	profile->nr_hops++;
	return &profile->hops[nr];
out:
	hop_free(&hop);
	return found;
}

static int merge_hops(struct profile *dst, const struct profile *src)
{
	size_t i;

	for (i = 0; i < src->nr_hops; i++) {
		const struct hop *from = &src->hops[i];
		struct hop *to = profile_hop(dst, from->client, from->server, from->server_addr,
					     from->entry);
		int err = to ? metrics_add(ENTITY_HOP, to, from) : -ENOMEM;

		if (err)
			return err;
	}
	return 0;
}

int profile_merge(struct profile *dst, const struct profile *src)
{
	int err = metrics_add(ENTITY_COVERAGE, dst, src);
	size_t i;

	for (i = 0; !err && i < src->nr_places; i++) {
		struct place *place =
			profile_place_of(dst, src->places[i].path, src->places[i].scope);

		err = place ? place_merge(place, &src->places[i]) : -ENOMEM;
	}
	return err ? err : merge_hops(dst, src);
}

int profile_path_add(struct buf *path, const char *name)
{
	char *clean = text_dup(name);

	if (!clean)
		return path->failed = -ENOMEM;
	buf_printf(path, "%s%s", path->data ? (const char[]){ PATH_BREAK, 0 } : "", clean);
	free(clean);
	return path->failed;
}

int profile_path_clean(struct buf *path, const char *names)
{
	char *copy = strdup(names), *at = copy, *name;

	if (!copy)
		return path->failed = -ENOMEM;
	while ((name = strsep(&at, (const char[]){ PATH_BREAK, 0 })))
		profile_path_add(path, name);
	free(copy);
	return path->failed;
}

int profile_path_text(const char *path, struct buf *text)
{
	const char *end;

	buf_puts(text, "");
	for (; *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, PATH_BREAK);
		buf_add(text, path, (size_t)(end - path));
		if (*end)
			buf_puts(text, " > ");
	}
	return text->failed;
}

void profile_free(struct profile *profile)
{
	size_t i;

	for (i = 0; i < profile->nr_places; i++) {
		free(profile->places[i].path);
		free(profile->places[i].slices);
	}
	free(profile->places);
	for (i = 0; i < profile->nr_hops; i++)
		hop_free(&profile->hops[i]);
	free(profile->hops);
	free(profile->endpoint);
	metrics_release(ENTITY_COVERAGE, profile);
	*profile = (struct profile){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Where requests spent their time, as sums that add up: over requests, trials and hosts. */
#ifndef SITU_MODEL_PROFILE_H
#define SITU_MODEL_PROFILE_H

#include "user/base/buf.h"
#include "user/model/run.h"

/* The place @path of @profile and of @scope; else as profile_place(), which is for PLACE_ANY. */
struct place *profile_place_of(struct profile *profile, const char *path, enum place_scope scope);

/*
 * The place @path of @profile, made when it is new; NULL without memory. @path is taken as it is:
 * cleaned names with PATH_BREAK between them. The pointer holds until the next call.
 */
struct place *profile_place(struct profile *profile, const char *path);

/* The slice of @place for @bucket, made (zeroed) when it is new; NULL without memory or when
 * @bucket is none. The pointer holds until the next call. */
struct slice *place_slice(struct place *place, u32 bucket);

/* Adds @from to @to, which are slices of one bucket. */
void slice_add(struct slice *to, const struct slice *from);

/*
 * The hop of @profile with this key, made (zeroed) when it is new; NULL without memory. Texts are
 * cleaned. The pointer holds until the next call.
 */
struct hop *profile_hop(struct profile *profile, const char *client, const char *server,
			const char *server_addr, bool entry);

/* Adds all of @src to @dst, coverage too. 0 or -ENOMEM. */
int profile_merge(struct profile *dst, const struct profile *src);

/*
 * Adds @name, cleaned, to the path @path, which has no data before its first one; behind that,
 * with a PATH_BREAK before it. path->failed.
 */
int profile_path_add(struct buf *path, const char *name);

/* The same with each name of @names, which has PATH_BREAK between them and may be of anybody. */
int profile_path_clean(struct buf *path, const char *names);

/* Adds @path to @text for people: "web > cart". text->failed. */
int profile_path_text(const char *path, struct buf *text);

/* Frees what @profile holds and zeroes it. */
void profile_free(struct profile *profile);

#endif

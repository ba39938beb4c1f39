// SPDX-License-Identifier: GPL-2.0-only
/* Attribution in the document: rows for readers, and the sums that they were made of. */
#include <string.h>

#include "user/export/jsonhist.h"
#include "user/export/jsonwrite.h"
#include "user/trace/bands.h"

/* "web\ncart" as ["web", "cart"]. */
static json_t *path_to_json(const char *path)
{
	json_t *list = json_array();
	const char *end;

	for (; *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, PATH_BREAK);
		if (json_array_append_new(list, json_stringn(path, (size_t)(end - path)))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static int put_rows(const struct phase *phase, const struct breakdown *b, void *arg)
{
	struct writer *w = arg;
	int failed = 0;
	size_t i;

	for (i = 0; i < b->nr_rows && !failed; i++) {
		const struct attribution *row = &b->rows[i];
		json_t *o = json_object();

		failed = writer_element(w, o,
					writer_phase_key(w, o, phase, "phase") ||
						writer_text(w, o, "endpoint", row->endpoint) ||
						writer_text(w, o, "band", row->band) ||
						writer_set(w, o, "path", path_to_json(row->path)) ||
						writer_text(w, o, "component",
							    component_info(row->component)->id) ||
						writer_metrics(w, o, ENTITY_ATTRIBUTION, row));
	}
	return failed;
}

static int put_attribution(struct writer *w, const struct phase *phase)
{
	int failed = bands_walk(phase, put_rows, w);

	return failed < -1 ? writer_no_memory(w) : failed;
}

static int put_coverage(struct writer *w, const struct phase *phase)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < phase->nr_profiles && !failed; i++) {
		const struct profile *profile = &phase->profiles[i];
		json_t *o = json_object();

		failed = writer_element(w, o,
					writer_phase_key(w, o, phase, "phase") ||
						writer_text(w, o, "endpoint", profile->endpoint) ||
						writer_metrics(w, o, ENTITY_COVERAGE, profile));
	}
	return failed;
}

static int put_hops_of(struct writer *w, const struct phase *phase, const struct profile *profile)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < profile->nr_hops && !failed; i++) {
		const struct hop *hop = &profile->hops[i];
		json_t *o = json_object();

		failed =
			writer_element(w, o,
				       writer_phase_key(w, o, phase, "phase") ||
					       writer_text(w, o, "endpoint", profile->endpoint) ||
					       writer_text(w, o, "client", hop->client) ||
					       writer_text(w, o, "server", hop->server) ||
					       writer_text(w, o, "server_addr", hop->server_addr) ||
					       writer_set(w, o, "entry",
							  json_boolean(hop->entry)) ||
					       writer_metrics(w, o, ENTITY_HOP, hop));
	}
	return failed;
}

static int put_hops(struct writer *w, const struct phase *phase)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < phase->nr_profiles && !failed; i++)
		failed = put_hops_of(w, phase, &phase->profiles[i]);
	return failed;
}

/* [from, calls, {component: [ns, sum_ns]}] */
static json_t *slice_to_json(const struct slice *slice)
{
	json_t *times = json_object(), *list;
	enum component c;
	int failed = 0;

	for (c = 0; c < COMPONENT_NR; c++) {
		if (slice->ns[c] || slice->sum_ns[c])
			failed |= json_object_set_new(times, component_info(c)->id,
						      json_pack("[oo]", u64_to_json(slice->ns[c]),
								u64_to_json(slice->sum_ns[c])));
	}
	list = json_pack("[ooo]", u64_to_json(hist_lower(HIST_CLIENT_SUB_BITS, slice->bucket)),
			 u64_to_json(slice->calls), times);
	if (!failed)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *place_to_json(const struct place *place)
{
	json_t *slices = json_array();
	int failed = 0;
	size_t i;

	for (i = 0; i < place->nr_slices; i++)
		failed |= json_array_append_new(slices, slice_to_json(&place->slices[i]));
	if (failed) {
		json_decref(slices);
		return NULL;
	}
	if (place->scope == PLACE_ANY)
		return json_pack("{s:o,s:o}", "path", path_to_json(place->path), "slices", slices);
	return json_pack("{s:o,s:s,s:o}", "path", path_to_json(place->path), "scope",
			 place->scope == PLACE_MEAN ? "mean" : "tail", "slices", slices);
}

static int put_profiles(struct writer *w, const struct phase *phase)
{
	int failed = 0;
	size_t i, k;

	for (i = 0; i < phase->nr_profiles && !failed; i++) {
		const struct profile *profile = &phase->profiles[i];
		json_t *o = json_object(), *places = json_array();

		failed = writer_phase_key(w, o, phase, "phase") ||
			 writer_text(w, o, "endpoint", profile->endpoint);
		for (k = 0; k < profile->nr_places && !failed; k++)
			failed = json_array_append_new(places, place_to_json(&profile->places[k]))
					 ? writer_no_memory(w)
					 : 0;
		failed = writer_set(w, o, "places", places) || failed;
		failed = writer_element(w, o, failed);
	}
	return failed;
}

int writer_attribution(struct writer *w, const struct run *run)
{
	return writer_list(w, run, "attribution", put_attribution) ||
			       writer_list(w, run, "coverage", put_coverage) ||
			       writer_list(w, run, "hops", put_hops) ||
			       writer_list(w, run, "profiles", put_profiles)
		       ? -1
		       : 0;
}

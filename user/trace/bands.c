// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/model/profile.h"
#include "user/trace/bands.h"

#define TOTAL "all"

static const struct {
	const char *name;
	double share;
} bands[] = {
	[BAND_ALL] = { "all", 1 },
	[BAND_P90] = { "p90", 0.1 },
	[BAND_P99] = { "p99", 0.01 },
};

const char *band_name(enum band band)
{
	return bands[band].name;
}

enum band band_find(const char *name)
{
	enum band band;

	for (band = 0; band < BAND_NR; band++) {
		if (strcmp(bands[band].name, name) == 0)
			break;
	}
	return band;
}

static double middle_ns(const struct hist *h, unsigned int bucket)
{
	double low = (double)hist_lower(h->sub_bits, bucket);
	double high = bucket + 1 < HIST_NR(h->sub_bits) ? (double)hist_upper(h->sub_bits, bucket)
							: (double)h->max_ns;

	return fmin(fmax((low + high) / 2, (double)h->min_ns), (double)h->max_ns);
}

double band_mean(const struct hist *h, enum band band)
{
	double want = bands[band].share * (double)h->count, left = want, sum = 0;
	unsigned int i;

	if (!h->count)
		return NAN;
	if (band == BAND_ALL)
		return hist_mean(h);
	if (!h->buckets || want < 1)
		return NAN;
	for (i = HIST_NR(h->sub_bits); i-- > 0 && left > 0;) {
		double part = fmin((double)h->buckets[i], left);

		sum += part > 0 ? part * middle_ns(h, i) : 0;
		left -= part;
	}
	return sum / want;
}

/* How much of each bucket of latency is in the band, 0..1. */
struct cut {
	double part[HIST_NR(HIST_CLIENT_SUB_BITS)];
	double requests;
};

static const struct place *client_place(const struct profile *profile)
{
	size_t i;

	for (i = 0; i < profile->nr_places; i++) {
		if (!profile->places[i].path[0])
			return &profile->places[i];
	}
	return NULL;
}

static void make_cut(const struct profile *profile, enum band band, struct cut *cut)
{
	const struct place *client = client_place(profile);
	double total = 0, left;
	size_t i;

	*cut = (struct cut){ 0 };
	for (i = 0; client && i < client->nr_slices; i++)
		total += (double)client->slices[i].calls;
	left = total * bands[band].share;
	cut->requests = left < 1 ? 0 : left;
	for (i = client ? client->nr_slices : 0; i-- > 0 && left > 0;) {
		double nr = (double)client->slices[i].calls, part = fmin(nr, left);

		cut->part[client->slices[i].bucket] = nr > 0 ? part / nr : 0;
		left -= part;
	}
}

static bool in_band(const struct place *place, enum band band)
{
	return place->scope == PLACE_ANY || (place->scope == PLACE_MEAN) == (band == BAND_ALL);
}

/* A place in its band: means per request. */
struct mean {
	const struct place *place;
	double calls, total_ns;
	double ns[COMPONENT_NR], sum_ns[COMPONENT_NR];
};

static void add_mean(const struct place *place, const struct cut *cut, struct mean *mean)
{
	enum component c;
	size_t i;

	for (i = 0; i < place->nr_slices; i++) {
		const struct slice *slice = &place->slices[i];
		double part = place->scope == PLACE_MEAN ? 1 : cut->part[slice->bucket];

		mean->calls += part * (double)slice->calls;
		for (c = 0; c < COMPONENT_NR; c++) {
			mean->ns[c] += part * (double)slice->ns[c];
			mean->sum_ns[c] += part * (double)slice->sum_ns[c];
		}
	}
}

/* From sums to means. */
static void divide(struct mean *mean, double requests)
{
	enum component c;

	mean->calls /= requests;
	for (c = 0; c < COMPONENT_NR; c++) {
		mean->ns[c] /= requests;
		mean->sum_ns[c] /= requests;
		mean->total_ns += mean->ns[c];
	}
}

/* The mean among the @nr that @place belongs to: there may be one of each scope. */
static size_t find_mean(const struct mean *means, size_t nr, const struct place *place)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (strcmp(means[i].place->path, place->path) == 0)
			break;
	}
	return i;
}

/* The places of @profile that speak for @band, each path once. Returns how many. */
static size_t make_means(const struct profile *profile, enum band band, const struct cut *cut,
			 struct mean *means)
{
	size_t i, at, nr = 0;

	for (i = 0; i < profile->nr_places; i++) {
		if (!in_band(&profile->places[i], band))
			continue;
		at = find_mean(means, nr, &profile->places[i]);
		if (at == nr)
			means[nr++] = (struct mean){ .place = &profile->places[i] };
		add_mean(&profile->places[i], cut, &means[at]);
	}
	for (i = 0; i < nr; i++)
		divide(&means[i], cut->requests);
	return nr;
}

/* Whether @path is @top or lies below it; of equal lengths only the same one. */
static bool is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return !len || (strncmp(path, top, len) == 0 && (!path[len] || path[len] == PATH_BREAK));
}

/* The mean of the longest start that both paths have in common and one more name of @path. */
static const struct mean *branch_of(const struct mean *list, size_t nr, const char *path,
				    const char *other)
{
	const struct mean *best = NULL;
	size_t i;

	for (i = 0; i < nr; i++) {
		const char *at = list[i].place->path;

		if (is_below(path, at) && !is_below(other, at) &&
		    (!best || strlen(at) < strlen(best->place->path)))
			best = &list[i];
	}
	return best;
}

struct order {
	const struct mean *list;
	size_t nr;
};

/* Callers before callees; where two paths part, the branch that takes longer first. */
static int by_tree(const void *left, const void *right, void *arg)
{
	const struct order *order = arg;
	const struct mean *l = *(const struct mean *const *)left;
	const struct mean *r = *(const struct mean *const *)right;
	const struct mean *at_l, *at_r;

	if (l == r)
		return 0;
	if (is_below(r->place->path, l->place->path))
		return -1;
	if (is_below(l->place->path, r->place->path))
		return 1;
	/* Found in any case: each is a branch itself, and not above the other. */
	at_l = branch_of(order->list, order->nr, l->place->path, r->place->path);
	at_r = branch_of(order->list, order->nr, r->place->path, l->place->path);
	if (at_l && at_r && at_l->total_ns != at_r->total_ns)
		return at_l->total_ns > at_r->total_ns ? -1 : 1;
	return strcmp(l->place->path, r->place->path);
}

static void add_row(struct breakdown *out, const struct mean *mean, enum component c)
{
	out->rows[out->nr_rows++] = (struct attribution){
		.endpoint = out->endpoint,
		.band = band_name(out->band),
		.path = mean->place->path,
		.component = c,
		.ns = mean->ns[c],
		.sum_ns = mean->sum_ns[c],
		.calls = mean->calls,
	};
}

static void add_rows(struct breakdown *out, struct mean mean)
{
	size_t first = out->nr_rows;
	enum component c;

	if (!(mean.calls > 0))
		return;
	for (c = 0; c < COMPONENT_NR; c++) {
		if (c != COMPONENT_downstream)
			out->traced_ns += mean.ns[c];
	}
	if (!mean.place->path[0] && isfinite(out->client_ns))
		mean.ns[COMPONENT_other] = mean.sum_ns[COMPONENT_other] = NAN; /* comes last */
	for (c = 0; c < COMPONENT_NR; c++) {
		if (mean.ns[c] != 0 || mean.sum_ns[c] != 0)
			add_row(out, &mean, c);
	}
	if (out->nr_rows == first && mean.place->path[0])
		add_row(out, &mean, COMPONENT_other);
}

/* What the client measured beyond the traces. */
static void close_sum(struct breakdown *out)
{
	size_t i;

	for (i = 0; i < out->nr_rows; i++) {
		if (isnan(out->rows[i].ns))
			out->rows[i].ns = out->rows[i].sum_ns = out->client_ns - out->traced_ns;
	}
}

/*
 * What no trace has of opening the client's connections, and the client itself knows: looking the
 * host up, and the TLS handshake. Of all requests together, not of the slow ones.
 */
static double opening_ns(const struct endpoint *client, enum band band)
{
	u64 requests = client ? client->latency_uncorrected_ns.count : 0;

	if (!client || !requests || band != BAND_ALL)
		return 0;
	return (double)(client->dns_ns.sum_ns + client->tls_ns.sum_ns) / (double)requests;
}

static int add_all(const struct profile *profile, const struct cut *cut,
		   const struct endpoint *client, struct breakdown *out)
{
	struct mean *means = calloc(profile->nr_places, sizeof(*means));
	const void **sorted = calloc(profile->nr_places, sizeof(*sorted));
	struct order order = { means, 0 };
	int err = -ENOMEM;
	size_t i;

	out->rows = calloc(profile->nr_places * COMPONENT_NR, sizeof(*out->rows));
	if (!means || !sorted || !out->rows)
		goto out;
	order.nr = make_means(profile, out->band, cut, means);
	for (i = 0; i < order.nr; i++) {
		sorted[i] = &means[i];
		if (means[i].place->path[0])
			continue;
		means[i].ns[COMPONENT_connect] += opening_ns(client, out->band);
		means[i].sum_ns[COMPONENT_connect] += opening_ns(client, out->band);
	}
	qsort_r(sorted, order.nr, sizeof(*sorted), by_tree, &order);
	for (i = 0; i < order.nr; i++)
		add_rows(out, *(const struct mean *)sorted[i]);
	close_sum(out);
	err = 0;
out:
	free(means);
	free(sorted);
	return err;
}

int breakdown_make(const struct profile *profile, enum band band, const struct endpoint *client,
		   struct breakdown *out)
{
	struct cut cut;

	*out = (struct breakdown){ .endpoint = profile->endpoint, .band = band, .client_ns = NAN };
	make_cut(profile, band, &cut);
	out->requests = cut.requests;
	if (!(cut.requests > 0))
		return 0;
	if (client)
		out->client_ns = band_mean(&client->latency_uncorrected_ns, band);
	return add_all(profile, &cut, client, out);
}

void breakdown_free(struct breakdown *breakdown)
{
	free(breakdown->rows);
	*breakdown = (struct breakdown){ 0 };
}

struct sampling sampling_of(const struct profile *profile)
{
	struct sampling s = { .share = NAN, .exact_ns = NAN, .traced_ns = NAN };
	double sum_ns = 0, traced_sum_ns = 0;
	u64 traced_for = 0;
	size_t i;

	for (i = 0; i < profile->nr_hops; i++) {
		const struct hop *hop = &profile->hops[i];

		if (!hop->entry)
			continue;
		s.requests += hop->calls;
		s.traced += hop->traced;
		traced_for += hop->traced_for;
		sum_ns += (double)hop->time_ns.sum_ns;
		traced_sum_ns += (double)tally_get(&hop->traced_ns, HOP_TRACED_TIME);
	}
	if (s.requests)
		s.exact_ns = sum_ns / (double)s.requests;
	if (s.traced) {
		s.share = (double)s.requests / (double)s.traced;
		s.traced_ns = traced_sum_ns / (double)traced_for;
	}
	return s;
}

int bands_total(const struct phase *phase, struct profile *all)
{
	size_t i;

	if (run_set_text(&all->endpoint, TOTAL))
		return -ENOMEM;
	for (i = 0; i < phase->nr_profiles; i++) {
		if (phase_find_endpoint(phase, phase->profiles[i].endpoint) &&
		    profile_merge(all, &phase->profiles[i]))
			return -ENOMEM;
	}
	return 0;
}

static int walk_profile(const struct phase *phase, const struct profile *profile,
			int (*each)(const struct phase *, const struct breakdown *, void *),
			void *arg)
{
	const struct endpoint *client = phase_find_endpoint(phase, profile->endpoint);
	enum band band;
	int err = 0;

	for (band = 0; band < BAND_NR && !err; band++) {
		struct breakdown b;

		err = breakdown_make(profile, band, client, &b);
		if (!err && b.nr_rows)
			err = each(phase, &b, arg);
		breakdown_free(&b);
	}
	return err;
}

int bands_walk(const struct phase *phase,
	       int (*each)(const struct phase *phase, const struct breakdown *b, void *arg),
	       void *arg)
{
	struct profile all = { 0 };
	int err = bands_total(phase, &all);
	size_t i;

	if (!err)
		err = walk_profile(phase, &all, each, arg);
	profile_free(&all);
	for (i = 0; i < phase->nr_profiles && !err; i++)
		err = walk_profile(phase, &phase->profiles[i], each, arg);
	return err;
}

/* The name of the load's target @mark, NULL when there is none. */
static const char *target_name(const struct phase *phase, unsigned int mark)
{
	unsigned int target = 0;
	size_t i;

	for (i = 0; mark && i < phase->nr_endpoints; i++) {
		target += strcmp(phase->endpoints[i].name, TOTAL) != 0;
		if (target == mark)
			return phase->endpoints[i].name;
	}
	return NULL;
}

int bands_name_endpoints(struct phase *phase)
{
	const char *name;
	size_t i;

	for (i = 0; i < phase->nr_profiles; i++) {
		name = target_name(phase, phase->profiles[i].mark);
		if (name && run_set_text(&phase->profiles[i].endpoint, name))
			return -ENOMEM;
	}
	for (i = 0; i < phase->nr_traces; i++) {
		name = target_name(phase, phase->traces[i].mark);
		if (name && run_set_text(&phase->traces[i].endpoint, name))
			return -ENOMEM;
	}
	return 0;
}

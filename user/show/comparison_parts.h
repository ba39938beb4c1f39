/* SPDX-License-Identifier: GPL-2.0-only */
/* The texts that the words and the tables of a comparison have in common. Internal to show/. */
#ifndef SITU_SHOW_COMPARISON_PARTS_H
#define SITU_SHOW_COMPARISON_PARTS_H

#include <jansson.h>
#include <stdbool.h>

#include "user/experiment/ranking.h"
#include "user/show/table.h"

#define PART_TEXT 48

/* A ratio with three digits: "0.52", "1.84", "12.3", "123"; "-" when unknown. Returns @text. */
const char *part_ratio(char text[PART_TEXT], double ratio);

/* "4.00ms", "12.0KiB", "0.034", as the metric's unit wants. Returns @text. */
const char *part_value(char text[PART_TEXT], const struct metric *metric, double value);

/* "latency p99", "cpu /req", "memory". Returns @text. */
const char *part_metric(char text[PART_TEXT], const struct difference *d);

/* "2026-02-03 04:05" in the user's own time zone; "-" when it has none. Returns @text. */
const char *part_when(char text[PART_TEXT], u64 real_ns);

/* What the set-up can see, which placement is best for what, by how much, how sure, and why. */
void part_resolution(const struct ranking *ranking, FILE *out);
void part_best(const struct ranking *ranking, const struct compare_options *options, FILE *out);
void part_reasons(const struct ranking *ranking, FILE *out);

/* Why by the trees of requests, where there are traces: the three largest differences of the mean,
 * of an endpoint that was @chosen more, and of each band. 0 or -ENOMEM. */
bool part_has_blames(const struct ranking *ranking);
int part_blames(const struct ranking *ranking, bool chosen, FILE *out);

/* Adds them to @list as comparison_print_json() says. 0 or -ENOMEM. */
int part_json_blames(json_t *list, const struct ranking *ranking);

/* Where a verdict is open: how many blocks would show which difference. 0 or -ENOMEM. */
int part_power(const struct ranking *ranking, const struct compare_options *options, FILE *out);

#endif

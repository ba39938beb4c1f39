#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# situ compare on a store whose two placements differ by a known ratio.
. "$(dirname "$0")/../lib.sh"

need_command sqlite3

# insert_trial PLACEMENT TRIAL LATENCY_NS [PHASE]: 1000 requests of that mean latency.
insert_trial()
{
	cat <<- SQL
		INSERT INTO phase (run_id, placement, trial, name, started_at_ns, duration_ns)
			VALUES ($run, '$1', $2, '${4:-measure}', 1, 10000000000);
		INSERT INTO entity (phase_id, kind, name, host, peer, peer_host, peer_addr, op)
			SELECT max(id), 'endpoint', 'all', '', '', '', '', '' FROM phase;
		INSERT INTO value SELECT max(entity.id), metric.id, 1000 FROM entity, metric
			WHERE metric.entity = 'endpoint' AND metric.name IN ('attempted', 'answered')
			GROUP BY metric.id;
		INSERT INTO hist (entity_id, metric_id, sub_bits, count, sum_ns)
			SELECT max(entity.id), metric.id, 5, 1000, 1000 * $3 FROM entity, metric
			WHERE metric.entity = 'endpoint' AND metric.name = 'latency_ns';
	SQL
}

layout=$(sed -n 's/^#define STORE_LAYOUT //p' "$TOP/user/store/db.h")

# make_run ID STATE PAIRS
make_run()
{
	run=$1
	cat <<- SQL
		INSERT INTO run (id, name, state, started_at_ns, kernel, situ_version, writer_pid,
			writer_start_ticks, writer_boot, writer_machine)
			VALUES ($1, 'made', '$2', 1, '6.18', 'test', 1, 1, '', '');
	SQL
	trial=0
	while [ $trial -lt "$3" ]; do
		trial=$((trial + 1))
		insert_trial packed $trial $((4000000 + trial * 1000))
		insert_trial spread $trial $((8000000 + trial * 1000))
	done
}

{
	cat "$TOP/user/store/schema.sql"
	echo "PRAGMA application_id = 0x53495455; PRAGMA user_version = $layout;"
	for metric in attempted answered latency_ns; do
		echo "INSERT INTO metric (entity, name, unit) VALUES ('endpoint', '$metric', '');"
	done
	make_run 1 finished 3
	make_run 2 interrupted 1
	make_run 4 finished 0
	for trial in 1 2 3 4 5 6 7; do
		insert_trial packed $trial $((4000000 + trial * 1000)) calm
		insert_trial packed $trial $((5000000 + trial * 1000)) busy
		insert_trial spread $trial $((4000000 + trial * 1000)) calm
		insert_trial spread $trial $((9000000 + trial * 1000)) busy
	done
	make_run 3 finished 7
	make_run 5 finished 0
	for trial in 1 2 3 4 5 6 7; do
		insert_trial packed $trial $((4000000 + trial * 1000)) calm
		insert_trial packed $trial $((5000000 + trial * 1000)) busy
		insert_trial spread $trial $((4000000 + trial * 1000)) calm
		insert_trial apart $trial $((9000000 + trial * 1000)) busy
	done
} | sqlite3 "$TMP/made.db" > /dev/null || bail "cannot make the store"

run_is 0 "the latest run, its two placements" "$SITU" compare --metric mean "$TMP/made.db:3"
like "$out" '^spread against packed: 7 and 7 trials$' "names both and counts trials"
like "$out" '^latency mean of all requests: packed is best, 4.00ms$' "says in words which is best"
like "$out" '^  spread: 2.00 times that .95 %: 2.00..2.00.:$' "by how much"
like "$out" '^    worse, p = 0.016$' "and how sure that is"
like "$out" '^all +latency mean +4.00ms +8.00ms +2.00 +2.00..2.00 +worse$' "has the table's row"
is "$err" "" "says nothing else"

run_is 0 "the other way round" "$SITU" compare "$TMP/made.db:3" spread packed
like "$out" ' 0.50 +0.50..0.50 +better$' "turns ratio and verdict round"

run_is 0 "three pairs" "$SITU" compare --metric mean "$TMP/made.db:1"
like "$out" '^To call one better takes at least 6 blocks with 1 figure to judge; here are 3.$' \
	"are too few, and it is told how many would do"
like "$out" '^    not enough data, about 3 more blocks$' "decide nothing"
like "$out" ' 2.00 +2.00..2.00 +undecided$' "but show ratio and interval"

run_is 0 "an interrupted run" "$SITU" compare "$TMP/made.db:2"
like "$err" '^situ: warning: run 2 is interrupted' "is warned about"

run_is 0 "json" "$SITU" compare --json "$TMP/made.db:3"
json="CAST(readfile('$TMP/.out') AS TEXT)"
like "$(sqlite3 -separator ' ' :memory: "
	SELECT json_extract($json, '\$.schema'), json_extract($json, '\$.a'),
		json_extract($json, '\$.b'), json_extract($json, '\$.least_pairs'),
		json_extract(value, '\$.stat'), round(json_extract(value, '\$.ratio')),
		json_extract(value, '\$.verdict')
	FROM json_each($json, '\$.differences')
	WHERE json_extract(value, '\$.metric') = 'latency_ns'")" \
	'^1 packed spread 6 mean 2.0 worse$' "is a document with the same verdict"

run_is 0 "a figure of one endpoint by its path" \
	"$SITU" compare --metric 'mean(/cart)' "$TMP/made.db:3"
one_line_error "warning: no trial has a value other than 0 of 'mean\(/cart\)'" \
	"a warning tells that there is none"
run_is 2 "an unknown figure" "$SITU" compare --metric p95 "$TMP/made.db:3"
one_line_error "'p95' is no figure to compare by: write p50, p99" "names those there are"
run_is 2 "a figure without a total" "$SITU" compare --metric edge.rtt_ns.p50 "$TMP/made.db:3"
one_line_error "write 'edge.rtt_ns.p50\(NAME\)'" "asks for a name"

run_is 0 "a check that is met" "$SITU" compare --check 'mean spread/packed < 2.1' "$TMP/made.db:3"
like "$out" '^check mean spread/packed < 2.1: met, ratio 2 .95 %: 2..2. from 7 blocks$' "says so"
run_is 4 "one that is not" "$SITU" compare --check 'mean spread/packed <= 1.1' \
	--check 'mean packed/spread < 1' "$TMP/made.db:3"
one_line_error "1 of 2 checks not met" "counts"
like "$out" '^check mean spread/packed <= 1.1: NOT met' "and says which"
run_is 4 "one that three blocks cannot show" \
	"$SITU" compare --check 'mean spread/packed < 9' "$TMP/made.db:1"
like "$out" '^check .*: NOT shown' "is not met"
run_is 2 "a check of no known form" "$SITU" compare --check 'mean spread < 1' "$TMP/made.db:3"
one_line_error "write it like 'p99" "shows one"
run_is 2 "a check of a placement there is not" \
	"$SITU" compare --check 'mean spread/pact < 1' "$TMP/made.db:3"
one_line_error "has no placement 'pact'" "names it"

run_is 0 "a run of two load phases" "$SITU" compare --metric mean "$TMP/made.db:4"
is "$(printf '%s\n' "$out" | grep '^Load phase\|^all  *latency mean' | sed 's/  */ /g')" \
	"Load phase calm:
all latency mean 4.00ms 4.00ms 1.00 1.00..1.00 equivalent
Load phase busy:
all latency mean 5.00ms 9.00ms 1.80 1.80..1.80 worse" "each is compared by itself"
run_is 0 "one of them" "$SITU" compare --phase busy --metric mean "$TMP/made.db:4"
unlike "$out" 'calm|4.00ms' "leaves the other out"
run_is 2 "one that there is not" "$SITU" compare --phase bussy "$TMP/made.db:4"
one_line_error "unknown load phase 'bussy': did you mean 'busy'" "tells the nearest"
run_is 0 "both as JSON" "$SITU" compare --json --metric mean "$TMP/made.db:4"
json="CAST(readfile('$TMP/.out') AS TEXT)"
is "$(sqlite3 -separator ' ' :memory: "SELECT json_extract(value, '\$.phase'),
	json_extract(value, '\$.comparison.kpis[5].best') FROM json_each($json, '\$.load_phases')")" \
	"calm packed
busy packed" "is one document"
run_is 4 "a check that only one of them meets" \
	"$SITU" compare --check 'mean spread/packed < 1.1' "$TMP/made.db:4"
like "$out" '< 1.1: met' "is met in one"
like "$out" '< 1.1: NOT met' "and not in the other"

run_is 2 "a placement that one of them lacks, behind a check that another one misses" \
	"$SITU" compare --check 'mean spread/packed < 0.5' "$TMP/made.db:5" packed spread
like "$out" '< 0.5: NOT met' "the check is told"
one_line_error "no placement 'spread': it has packed, apart" "and so is the lack"
run_is 2 "the same as JSON" "$SITU" compare --json "$TMP/made.db:5" packed spread
is "$out" "" "half a document is not printed"

run_is 2 "an unknown placement" "$SITU" compare "$TMP/made.db:3" packed sprade
one_line_error "no placement 'sprade': it has packed, spread" "names those there are"
run_is 2 "one placement only" "$SITU" compare "$TMP/made.db:3" packed
one_line_error "two placements" "is refused"
run_is 2 "a bad margin" "$SITU" compare --margin 3 "$TMP/made.db:3"
one_line_error "write 3% or 0.03" "tells how to write one"
run_is 0 "a wide margin" "$SITU" compare --margin 99% "$TMP/made.db:3" spread packed
like "$out" ' equivalent$' "makes half equivalent"
run "$SITU" compare "$TMP/none.db"
isnt "$rc" 0 "a missing store fails"
one_line_error "none.db" "and is named"
if [ -w /dev/full ]; then
	"$SITU" compare "$TMP/made.db:3" > /dev/full 2> "$TMP/.err"
	is $? 1 "a full disk is a failure"
else
	skip "no /dev/full"
fi

finish

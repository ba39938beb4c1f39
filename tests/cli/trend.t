#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# situ trend over runs whose level changes where the test says.
. "$(dirname "$0")/../lib.sh"

GOLDEN=$TOP/tests/golden/export.json
db=$TMP/situ.db
need_file "$SITU"
need_command jq

# make_run NUMBER RATE [STATE]: adds a run that started on that day of February.
make_run()
{
	sed -e "s/\"uuid\":\"[^\"]*\"/\"uuid\":\"run-$1\"/" -e "s/\"rate\":10.1/\"rate\":$2/" \
		-e "s/\"started_at\":\"2026-02-03/\"started_at\":\"2026-02-$1/" \
		-e "s/\"state\":\"finished\"/\"state\":\"${3:-finished}\"/" "$GOLDEN" > "$TMP/run.json"
	"$SITU" import -o "$db" "$TMP/run.json" > /dev/null || bail "cannot make run $1"
}

# Not in the order in which they were measured.
for day in 16 15 14 13 12 11 10 21 22 23 24 25 26; do
	if [ $day -lt 17 ]; then make_run $day 10.$day; else make_run $day 7.$day; fi
done
make_run 27 99.0 failed

figure='rate(/api/cart/{id})'
run_is 0 "trend" "$SITU" trend --metric "$figure" "$db"
like "$err" 'warning: 1 of 14 runs did not finish and are left out' "leaves out what did not finish"
like "$out" '^Runs of golden, "demo"$' "takes the name of the latest run"
like "$out" '^rate.* in placement spread: 13 runs, 1 change of level$' "has a series per placement"
like "$out" '^ +8 +2026-02-21 ..:.. +1 +7.21/s +from 10.1/s to 7.24/s, p = ' "finds the change"
is "$(printf '%s\n' "$out" | grep -c ' from ')" 2 "and no other"

run_is 0 "one placement as JSON" "$SITU" trend --json --placement packed --metric "$figure" "$db"
is "$(printf '%s' "$out" | jq -c '[.name, (.series | length), .series[0].placement,
	.series[0].kpi, .series[0].changes[0].run, (.series[0].points | map(.run))]')" \
	'["golden, \"demo\"",1,"packed","rate(/api/cart/{id})",8,[7,6,5,4,3,2,1,8,9,10,11,12,13]]' \
	"is in the order of the runs' starts"

run_is 0 "a figure that no run has" "$SITU" trend --metric 'p99(/none)' "$db"
like "$out" '^No run has a value.$' "says so"
run_is 2 "a name that no run has" "$SITU" trend --name shop "$db"
one_line_error "has no run named 'shop'" "says so"
run_is 2 "an unknown figure" "$SITU" trend --metric p98 "$db"
one_line_error "'p98' is no figure" "says so"
run_is 2 "no store" "$SITU" trend "$TMP/none.db"
one_line_error "there is no store" "says so"
"$SITU" import -o "$TMP/few.db" "$TMP/run.json" > /dev/null
sed -e 's/"state":"failed"/"state":"finished"/' -e 's/run-27/x/' "$TMP/run.json" > "$TMP/one.json"
"$SITU" import -o "$TMP/few.db" "$TMP/one.json" > /dev/null
run_is 0 "one run" "$SITU" trend --metric "$figure" "$TMP/few.db"
like "$out" '^A change of level takes at least 8 runs to show.$' "is too little, and it is said"

# A run of two load phases: the second is as the first, but for its rate.
jq '.phases += [.phases[] | .name = "busy"] |
	.endpoints += [.endpoints[] | .phase = "busy" | .rate = 55]' "$GOLDEN" > "$TMP/two.json"
"$SITU" import -o "$TMP/phases.db" "$TMP/two.json" > /dev/null || bail "cannot make two phases"
points_of() # TREND-ARGUMENT...
{
	"$SITU" trend --json --placement packed --metric "$figure" "$@" "$TMP/phases.db" |
		jq -c '[.series[].points[].value]'
}
is "$(points_of)" '[10.1]' "without --phase it is the first load phase"
is "$(points_of --phase measure)" '[10.1]' "--phase takes it by name, too"
is "$(points_of --phase busy)" '[55]' "--phase takes another one"
run_is 0 "a load phase that no run has" "$SITU" trend --phase calm --metric "$figure" "$TMP/phases.db"
like "$out" '^No run has a value.$' "says so"

# What never happened is a value, too.
jq '.endpoints[].errors = {}' "$GOLDEN" > "$TMP/well.json"
"$SITU" import -o "$TMP/well.db" "$TMP/well.json" > /dev/null || bail "cannot make a run without errors"
is "$("$SITU" trend --json --placement packed --metric 'errors(/api/cart/{id})' "$TMP/well.db" |
	jq -c '[.series[].points[].value]')" '[0]' "no errors are a series of 0"
is "$("$SITU" trend --json --metric 'errors(/none)' "$TMP/well.db" | jq -c .series)" '[]' \
	"of what was not asked there is none"

# More placements than can be held against each other.
jq '.phases[0] as $phase | .endpoints[0] as $endpoint |
	[range(40) | "p\(.)"] as $names | .attribution = [] | .coverage = [] | .profiles = [] | .hops = [] |
	.services = [] | .edges = [] |
	.phases = [$names[] as $name | $phase | .placement = $name] |
	.endpoints = [$names[] as $name | $endpoint | .placement = $name]' "$GOLDEN" > "$TMP/many.json"
"$SITU" import -o "$TMP/many.db" "$TMP/many.json" > /dev/null || bail "cannot make 40 placements"
is "$("$SITU" trend --json --metric "rate($(jq -r '.endpoints[0].name' "$GOLDEN"))" "$TMP/many.db" |
	jq '.series | length')" 40 "each of 40 placements has its series"

if [ -w /dev/full ]; then
	run_is 1 "a full disk" sh -c '"$0" trend --metric "$1" "$2" > /dev/full' \
		"$SITU" "$figure" "$db"
else
	skip "no /dev/full"
fi

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Where the time of requests went, from a stored run: trees, rows that close, traces for viewers.
. "$(dirname "$0")/../lib.sh"

need_command jq
MAKE_STORE=$TOP/build/tests/unit/test_store
[ -x "$MAKE_STORE" ] || skip_all "needs build/tests/unit/test_store"
db=$TMP/situ.db
"$MAKE_STORE" --make "$TOP/tests/golden/export.json" "$db" || bail "cannot make the store"

# --- trees
run_is 0 "show" "$SITU" show "$db"
like "$out" '^Where the time of a request went' "has the trees"
like "$out" '^all endpoints, the slowest hundredth: 10.5ms$' "of the slow ones, too"
like "$out" '^Coverage 98.0 %: 98 of 100 requests' "and how much is known"
unlike "$out" 'the slowest tenth' "the middle band is left to --trees"
run_is 0 "show --trees" "$SITU" show --trees "$db"
like "$out" '^GET /api/cart/\{id\}, the slowest tenth: 10.5ms$' "has every endpoint and band"
unlike "$out" '^service' "and no tables"
run_is 0 "show --endpoint without the method" "$SITU" show --endpoint '/api/cart/{id}' "$db"
like "$out" '^GET /api/cart/\{id\}, all requests: 1.95ms$' "finds the endpoint"
unlike "$out" '^all endpoints' "and prints no other"
run_is 2 "an endpoint that is not there" "$SITU" show --endpoint /no/such "$db"
one_line_error "has no traces of '/no/such'" "says so"
is "$out" "" "and has no heading above nothing"

# --- rows
"$SITU" export "$db" > "$TMP/run.json"
is "$(jq '[.attribution[] | select(.endpoint == "all" and .band == "all"
	and .component != "downstream") | .ns] | add' "$TMP/run.json")" 1950000 \
	"all rows but downstream add up to the time of a request"
is "$(jq -c '[.attribution[].component] | unique - ["network", "connect", "socket_queue", "cpu",
	"runq", "throttled", "disk", "downstream", "other"]' "$TMP/run.json")" "[]" \
	"no component but the nine"
run_is 0 "the schema" "$SITU" export --schema
is "$(printf '%s' "$out" | jq -r '."$defs".attribution.properties.component.enum | length')" 9 \
	"knows them"
"$SITU" import "$TMP/run.json" -o "$TMP/back.db" > "$TMP/imported" 2>&1 || true
"$SITU" export "$TMP/back.db" > "$TMP/back.json"
is "$(jq -c '[.attribution, .coverage, .profiles]' "$TMP/back.json")" \
	"$(jq -c '[.attribution, .coverage, .profiles]' "$TMP/run.json")" "an import has them all"

# --- traces: the golden run keeps none
for format in otlp chrome; do
	run_is 0 "$format of a run without traces" "$SITU" export -f $format "$db"
	is "$(printf '%s' "$out" | jq '[.resourceSpans, .traceEvents] | flatten
		| map(select(. != null)) | length')" 0 "is an empty document"
	one_line_error "warning: run 1 keeps no whole traces" "which is said"
done
sqlite3 "$db" "INSERT INTO trace VALUES (1, 1, 'GET /', 3, '', 1);
	INSERT INTO span VALUES (1, 0, NULL, 'load', 'web', '10.0.0.1:80', 1, 2, 0, 0,
		1000000, 2000000, 3000000, 8000000, 9000000, 9500000, 100, 20, 0, 0);
	INSERT INTO span VALUES (1, 1, 0, 'web', 'cart', '10.0.0.2:80', 1, 2, 0, 0,
		4000000, 4100000, 4200000, 5000000, 5100000, 5200000, 100, 20, 0, 0);"
run_is 0 "otlp" "$SITU" export -f otlp "$db"
is "$err" "" "has nothing to warn of"
is "$(printf '%s' "$out" | jq -r '[.resourceSpans[].resource.attributes[0].value.stringValue]
	| join(" ")')" "load web web cart" "has each request as its client's and its server's"
run_is 0 "chrome" "$SITU" export -f chrome "$db"
is "$(printf '%s' "$out" | jq '[.traceEvents[] | select(.name == "cart") | .dur] | add')" 900 \
	"has times in microseconds"
sqlite3 "$db" "UPDATE phase SET invalid = 'the generator lagged'"
run_is 0 "a run without a trial that counts" "$SITU" show "$db"
like "$out" '^Placement packed: no trial counts$' "is shown as that"
sqlite3 "$db" "UPDATE phase SET invalid = ''"
sqlite3 "$db" "UPDATE span SET parent = 7 WHERE seq = 1"
run_is 1 "a trace that is no tree" "$SITU" export -f otlp "$db"
one_line_error "damaged" "is refused"
finish

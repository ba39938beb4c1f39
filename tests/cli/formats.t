#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The formats of `situ export`, read by the programs that they are for.
. "$(dirname "$0")/../lib.sh"

MAKE_STORE=$TOP/build/tests/unit/test_store
PYTHON=/usr/bin/python3 # the distribution's, which has its packages
need_file "$SITU" "$MAKE_STORE" "$PYTHON"
need_command jq sqlite3

db=$TMP/situ.db
"$MAKE_STORE" --make "$TOP/tests/golden/export.json" "$db" || bail "cannot make the store"
for format in json jsonl csv openmetrics; do
	"$SITU" export -f $format "$db" > "$TMP/run.$format" || bail "cannot export as $format"
done

# --- the schema
run_is 0 "export --schema" "$SITU" export --schema
printf '%s\n' "$out" > "$TMP/schema.json"
run_is 2 "the schema of a store" "$SITU" export --schema "$db"
one_line_error "the schema is of no store" "is refused"
if "$PYTHON" -W ignore -c 'import jsonschema' 2> /dev/null; then
	cat > "$TMP/validate.py" << 'END'
import copy, json, sys
from jsonschema import Draft202012Validator as Validator

schema = json.load(open(sys.argv[1]))
Validator.check_schema(schema)

def close(node):
    """Here, unlike in use, a member that the schema does not name is an error."""
    if isinstance(node, dict):
        if "properties" in node:
            node["additionalProperties"] = False
        for value in node.values():
            close(value)
    return node

validator = Validator(close(copy.deepcopy(schema)))
for path in sys.argv[2:]:
    for line in [open(path).read()] if path.endswith(".json") else open(path):
        for error in validator.iter_errors(json.loads(line)):
            print(path, list(error.path), error.message[:200])
END
	run_is 0 "the validator" "$PYTHON" -W ignore "$TMP/validate.py" "$TMP/schema.json" \
		"$TMP/run.json" "$TMP/run.jsonl"
	is "$out" "" "finds that both JSON formats are as the schema says"
	sed 's/"cpu_ns":1,/"cpu_ns":-1,/' "$TMP/run.json" > "$TMP/wrong.json"
	sed 's/"kernel":"[^"]*",//' "$TMP/run.json" > "$TMP/less.json"
	run "$PYTHON" -W ignore "$TMP/validate.py" "$TMP/schema.json" "$TMP/wrong.json" "$TMP/less.json"
	like "$out" "wrong.json .*-1 is less than the minimum" "and a number that cannot be"
	like "$out" "less.json .*'kernel' is a required property" "and a member that is missing"
else
	skip "python3-jsonschema is not installed: run sudo tools/setup.sh" 4
fi

# --- JSON lines
is "$(grep -c '' "$TMP/run.jsonl")" 2 "JSON lines: a phase a line"
is "$(jq -r '.phases[0].placement' "$TMP/run.jsonl")" "packed
spread" "each of which is a document of its own"
is "$(jq -c '.services[]' "$TMP/run.jsonl")" "$(jq -c '.services[]' "$TMP/run.json")" \
	"that together hold what the run does"
tail -n 1 "$TMP/run.jsonl" > "$TMP/one.json"
run_is 0 "one line" "$SITU" import -o "$TMP/one.db" "$TMP/one.json"
is "$("$SITU" ls --json "$TMP/one.db" | jq .runs[0].phases)" 1 "can be imported"

# --- CSV
cat > "$TMP/read_csv.py" << 'END'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
assert all(None not in row and None not in row.values() for row in rows), "ragged"
cpu = {(r["placement"], r["service"]): int(r["value"]) for r in rows if r["metric"] == "cpu_ns"}
print(len(rows), cpu["packed", "web"], sum(float(r["value"] or "nan") > 0 for r in rows) > 0)
END
run_is 0 "Python's csv module" "$PYTHON" "$TMP/read_csv.py" "$TMP/run.csv"
is "$out" "$(($(grep -c '' "$TMP/run.csv") - 1)) 1500000007 True" "reads each line as a row"
if command -v Rscript > /dev/null; then
	run_is 0 "R" Rscript --vanilla -e 'd <- read.csv(commandArgs(TRUE)[1])' -e \
		'cat(nrow(d), class(d$value), format(digits = 10, d$value[d$metric == "cpu_ns" & d$service == "web"]))' \
		"$TMP/run.csv"
	is "$out" "$(($(grep -c '' "$TMP/run.csv") - 1)) numeric 1500000007 1500000007" \
		"reads it with numbers as numbers"
else
	skip "Rscript is not installed: run sudo tools/setup.sh" 2
fi

# --- OpenMetrics
like "$(tail -n 1 "$TMP/run.openmetrics")" '^# EOF$' "OpenMetrics ends with # EOF"
like "$(cat "$TMP/run.openmetrics")" '^situ_service_cpu_seconds_total[{]run="1",placement="packed",trial="1",phase="measure",service="web",host="a"[}] 1.500000007 1770091517.500$' \
	"times are seconds, and stand at the end of their phase"
if "$PYTHON" -c 'import prometheus_client.openmetrics.parser' 2> /dev/null; then
	cat > "$TMP/parse.py" << 'END'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = list(parse(open(sys.argv[1]).read()))
wait = [s for f in families if f.name == "situ_service_runq_wait_seconds" for s in f.samples
        if s.labels["service"] == "web" and s.labels["placement"] == "packed"]
at = lambda le: [int(s.value) for s in wait if s.labels.get("le") == le][0]
print(len(families) > 30, at("6.4e-08"), at("2.048e-06"), at("+Inf"))
END
	run_is 0 "Prometheus' own parser" "$PYTHON" "$TMP/parse.py" "$TMP/run.openmetrics"
	is "$out" "True 2 7 8" "reads it, with the histogram's counts"
else
	skip "python3-prometheus-client is not installed: run sudo tools/setup.sh" 2
fi

sqlite3 "$db" "INSERT INTO tally SELECT entity.id, metric.id, 0, 'disks of 512', 7
	FROM entity, metric WHERE kind = 'phase' AND entity = 'phase' AND metric.name = 'map_fill'"
"$SITU" export -f openmetrics "$db" > "$TMP/fill.openmetrics"
like "$(cat "$TMP/fill.openmetrics")" '^# TYPE situ_phase_map_fill gauge$' "rows in use are a gauge"
like "$(cat "$TMP/fill.openmetrics")" '^situ_phase_map_fill[{].*,label="disks of 512"[}] 7 ' \
	"whose samples have no _total"

# --- a disk that is full
if [ -w /dev/full ]; then
	for format in jsonl openmetrics; do
		run_is 1 "$format on a full disk" sh -c '"$0" export -f "$1" "$2" > /dev/full' \
			"$SITU" $format "$db"
		one_line_error "cannot write" "says so"
	done
	run_is 1 "the schema on a full disk" sh -c '"$0" export --schema > /dev/full' "$SITU"
	one_line_error "cannot write" "says so"
else
	skip "no /dev/full" 6
fi

finish

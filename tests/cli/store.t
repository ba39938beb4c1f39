#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ls, show, merge, import and rm on stores of golden runs, and each way they can fail.
. "$(dirname "$0")/../lib.sh"

MAKE_STORE=$TOP/build/tests/unit/test_store
GOLDEN=$TOP/tests/golden/export.json
need_file "$SITU" "$MAKE_STORE"
need_command sqlite3 jq

db=$TMP/situ.db
other=$TMP/other.db
"$MAKE_STORE" --make "$GOLDEN" "$db" && "$MAKE_STORE" --make "$GOLDEN" "$db" &&
	"$MAKE_STORE" --make "$GOLDEN" "$other" || bail "the stores for this test cannot be made"

# names FILE: the numbers and states of its runs.
runs()
{
	"$SITU" ls --json "$1" | jq -r '[.runs[] | "\(.id) \(.state)"] | join(", ")'
}

# --- ls
run_is 0 "ls" "$SITU" ls "$db"
like "$out" '^ *1 +golden, "demo" +finished +2026-02-03 ..:.. +42.5s +2 x 1 +[0-9.]+KiB$' \
	"a run a line"
is "$(printf '%s\n' "$out" | grep -c '')" 3 "and no more"
run_is 0 "ls of the default store" sh -c 'cd "$1" && "$0" ls' "$SITU" "$TMP"
run_is 0 "ls --json" "$SITU" ls --json "$db"
is "$(printf '%s' "$out" | jq -r '.schema, .runs[1].id, .runs[1].placements, .runs[1].phases')" \
	"1
2
2
2" "is a document"
run_is 2 "ls of no store" "$SITU" ls "$TMP/none.db"
one_line_error "there is no store" "says so"

# --- show
run_is 0 "show" "$SITU" show "$db:1"
like "$out" '^Run 1, golden, "demo": finished, started 2026-02-03T04:05:06Z, took 42.5s$' "heads it"
like "$out" '^Placement spread: 1 trial of 10.0s$' "and has the tables"
run_is 0 "show --plan" "$SITU" show --plan "$db:1"
is "$out" "name: golden" "prints the experiment file"
run_is 0 "show --json" "$SITU" show --json "$db:1"
is "$(printf '%s' "$out" | jq .run.id)" 1 "is the export"
run_is 2 "show of no run" "$SITU" show "$db:9"
one_line_error "has no run '9'" "says so"

# A reader that has seen enough is no failure to tell of: as with any other program.
for format in json csv jsonl openmetrics; do
	sh -c '"$1" export --format "$2" "$3" 2> "$4"; echo $? > "$4.rc"' \
		sh "$SITU" $format "$db" "$TMP/pipe" | true
	is "$(cat "$TMP/pipe" "$TMP/pipe.rc")" 141 "export of $format into a pipe that closes: SIGPIPE, no word"
done
if [ -w /dev/full ]; then
	run_is 1 "export to a full disk" sh -c '"$1" export "$2" > /dev/full' sh "$SITU" "$db"
	one_line_error "cannot write .*: No space left on device" "says so"
else
	skip "no /dev/full" 2
fi

# --- merge
run_is 0 "merge" "$SITU" merge "$db" "$other"
like "$out" ': 1 run added, 0 completed, 0 there already$' "tells what it did"
is "$(runs "$db")" "1 finished, 2 finished, 3 finished" "the run is there"
run_is 0 "merging again" "$SITU" merge "$db" "$other" "$other"
like "$out" ': 0 runs added, 0 completed, 2 there already$' "adds nothing"
is "$("$SITU" export "$db:3" | sed 's/"id":3,/"id":1,/')" "$("$SITU" export "$other")" \
	"what was merged is what it was"
run_is 0 "merging into a new store" "$SITU" merge "$TMP/new.db" "$db" "$other"
like "$out" ': 3 runs added, 0 completed, 1 there already$' "makes it"
run_is 0 "merging a store with itself" "$SITU" merge "$db" "$db"
like "$out" ': 0 runs added' "adds nothing"
run_is 2 "merging what is not there" "$SITU" merge "$TMP/never.db" "$other" "$TMP/none.db"
one_line_error "there is no store '.*/none.db'" "says so"
[ ! -e "$TMP/never.db" ]
ok $? "and makes nothing"
run_is 2 "merging one store" "$SITU" merge "$db"
one_line_error "and at least one other" "is refused"
head -c 20000 "$other" > "$TMP/cut.db"
run_is 1 "merging a truncated store" "$SITU" merge "$db" "$TMP/cut.db"
one_line_error "is damaged" "says so"
is "$(runs "$db")" "1 finished, 2 finished, 3 finished" "and adds nothing"

# An interrupted run that was resumed elsewhere since.
cp "$other" "$TMP/half.db"
sqlite3 "$TMP/half.db" "PRAGMA foreign_keys = ON; DELETE FROM phase WHERE placement = 'spread';
	UPDATE run SET state = 'interrupted'" > /dev/null
run_is 0 "merging half a run" "$SITU" merge "$TMP/grown.db" "$TMP/half.db"
run_is 0 "and then all of it" "$SITU" merge "$TMP/grown.db" "$other"
like "$out" ': 0 runs added, 1 completed, 0 there already$' "completes it"
is "$("$SITU" ls --json "$TMP/grown.db" | jq -r '.runs[] | "\(.state) \(.phases)"')" "finished 2" \
	"in place of the half"
run_is 0 "and never back" "$SITU" merge "$TMP/grown.db" "$TMP/half.db"
like "$out" ': 0 runs added, 0 completed, 1 there already$' "to the half"

# Stores of the first layout have no uuids yet: two copies of one are the same runs all the same.
sqlite3 "$TMP/old.db" < "$TOP/tests/golden/store-1.sql" > /dev/null
cp "$TMP/old.db" "$TMP/copy.db"
run_is 0 "merging an old store" "$SITU" merge "$TMP/all.db" "$TMP/old.db"
"$MAKE_STORE" --make "$GOLDEN" "$TMP/copy.db" # brings it up to date
run_is 0 "and a copy of it, brought up to date" "$SITU" merge "$TMP/all.db" "$TMP/copy.db"
like "$out" ': 1 run added, 0 completed, 1 there already$' "adds only what is new"

# A run that a living process of this machine still writes.
cp "$other" "$TMP/going.db"
sleep 300 &
writer=$!
at_exit "kill $writer 2> /dev/null"
ticks=$(sed 's/.*) //' "/proc/$writer/stat" | cut -d' ' -f20)
sqlite3 "$TMP/going.db" "UPDATE run SET state = 'unfinished', writer_pid = $writer,
	writer_start_ticks = $ticks" > /dev/null
run_is 0 "merging a run that goes on" "$SITU" merge "$TMP/new.db" "$TMP/going.db"
one_line_error "warning: run 1 of '.*' is still being measured" "leaves it out, with a warning"
is "$("$SITU" ls --json "$TMP/going.db" | jq .runs[0].running)" true "ls says that it runs"
run_is 1 "rm of it" "$SITU" rm "$TMP/going.db:1"
one_line_error "is still being measured by process $writer" "is refused"

# --- import
sed 's/"uuid":"[^"]*",//' "$GOLDEN" > "$TMP/bare.json"
run_is 0 "import" "$SITU" import -o "$TMP/in.db" "$TMP/bare.json"
like "$err" "warning: .* without a uuid" "warns of a document without a uuid"
"$SITU" export -o "$TMP/run.json" "$other"
run_is 0 "import of an export" "$SITU" import -o "$TMP/in.db" "$TMP/run.json"
like "$out" 'run.json added as run 2 of ' "adds it"
run_is 0 "again" "$SITU" import -o "$TMP/in.db" "$TMP/run.json"
like "$out" 'run.json is there already as run 2 of ' "adds nothing"
is "$("$SITU" export "$TMP/in.db:2" | sed 's/"id":2,/"id":1,/')" "$(cat "$TMP/run.json")" \
	"there and back is the same"
run_is 0 "merging what was imported" "$SITU" merge "$TMP/in.db" "$other"
like "$out" ': 0 runs added' "is the same run"
sed 's/"state":"finished"/"state":"unfinished"/; s/"uuid":"[^"]*"/"uuid":"x"/' "$TMP/run.json" > "$TMP/going.json"
run_is 0 "import of an unfinished run" "$SITU" import -o "$TMP/in.db" "$TMP/going.json"
is "$(runs "$TMP/in.db")" "1 finished, 2 finished, 3 interrupted" "is an interrupted one"
sed 's/"state":"finished"/"state":"splendid"/; s/"uuid":"[^"]*"/"uuid":"y"/' "$TMP/run.json" > "$TMP/odd.json"
run_is 2 "import of a state there is not" "$SITU" import -o "$TMP/in.db" "$TMP/odd.json"
one_line_error "odd.json: run.state is not finished" "is the document's fault, not the store's"
is "$(runs "$TMP/in.db")" "1 finished, 2 finished, 3 interrupted" "adds nothing"
head -c 3000 "$TMP/run.json" > "$TMP/cut.json"
run_is 2 "import of half a document" "$SITU" import -o "$TMP/never.db" "$TMP/cut.json"
one_line_error "cut.json: line [0-9]+, column" "tells where"
[ ! -e "$TMP/never.db" ]
ok $? "and makes no store"
run_is 2 "import of no file" "$SITU" import "$TMP/none.json"
one_line_error "cannot read '.*none.json': No such file" "says so"
run_is 2 "import of a store" "$SITU" import -o "$TMP/never.db" "$other"
one_line_error "valid JSON|valid UTF-8|NUL" "says that it is none"

# --- rm
mkdir -p "$db.logs/2" "$db.logs/20"
echo log > "$db.logs/2/web.log"
size=$(stat -c %s "$TMP/new.db")
run_is 0 "rm" "$SITU" rm "$db:2" "$db:3"
is "$out$err" "" "says nothing"
is "$(runs "$db")" "1 finished" "only those are gone"
[ ! -e "$db.logs/2" ] && [ -d "$db.logs/20" ]
ok $? "their logs, too"
is "$(sqlite3 "$db" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok "nothing is left of them"
i=0
while [ $i -lt 20 ]; do
	"$MAKE_STORE" --make "$GOLDEN" "$TMP/big.db"
	i=$((i + 1))
done
size=$(stat -c %s "$TMP/big.db")
# shellcheck disable=SC2046 # a word each
run_is 0 "rm of most" "$SITU" rm $(seq -f "$TMP/big.db:%.0f" 2 20)
[ "$(stat -c %s "$TMP/big.db")" -lt "$size" ]
ok $? "makes the file smaller"
"$MAKE_STORE" --make "$GOLDEN" "$TMP/big.db"
is "$(runs "$TMP/big.db")" "1 finished, 21 finished" "a number is never given out twice"
run_is 2 "rm of a name of two" "$SITU" rm "$TMP/big.db:golden, \"demo\""
one_line_error "has 2 runs named" "is refused"
run_is 2 "rm of one that is not there" "$SITU" rm "$TMP/big.db:1" "$TMP/big.db:9"
one_line_error "has no run '9'" "says so"
is "$(runs "$TMP/big.db")" "1 finished, 21 finished" "and removes nothing"
run_is 2 "rm of one twice" "$SITU" rm "$TMP/big.db:1" "$TMP/big.db:1"
one_line_error "named twice" "is refused"
run_is 2 "rm of a store" "$SITU" rm "$TMP/big.db"
one_line_error "names no run: write STORE:RUN" "is refused"
run_is 2 "rm in no store" "$SITU" rm "$TMP/none.db:1"
[ ! -e "$TMP/none.db" ]
ok $? "does not make one"
run_is 2 "rm of nothing" "$SITU" rm
one_line_error "name the runs" "is refused"

finish

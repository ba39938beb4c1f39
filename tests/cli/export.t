#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# `situ export` on a store made from a golden run: what it prints, and each way it can fail.
. "$(dirname "$0")/../lib.sh"

MAKE_STORE=$TOP/build/tests/unit/test_store
GOLDEN=$TOP/tests/golden/export
need_file "$SITU" "$MAKE_STORE"

# make_store FILE: adds the golden run to the store FILE.
make_store()
{
	"$MAKE_STORE" --make "$GOLDEN.json" "$1"
}

# versionless FILE: its content without the line that changes with each release.
versionless()
{
	sed '/^"situ_version": /d; s/"situ_version":"[^"]*"/"situ_version":""/; s/"uuid":"[^"]*"/"uuid":""/' "$1"
}

db=$TMP/situ.db
make_store "$db" || bail "the store for this test cannot be made"

# --- what it prints
run_is 0 "a run as JSON" "$SITU" export "$db"
is "$err" "" "nothing on stderr"
printf '%s\n' "$out" > "$TMP/run.json"
is "$(versionless "$TMP/run.json")" "$(versionless "$GOLDEN.json")" "the JSON is the golden one"
like "$out" "^\"situ_version\": \"$("$SITU" --version | cut -d' ' -f2)\",\$" "it names its situ"
run_is 0 "a run as CSV" "$SITU" export --format csv "$db"
is "$out" "$(cat "$GOLDEN.csv")" "the CSV is the golden one"
run_is 0 "the short option" "$SITU" export -f csv "$db:1"
is "$out" "$(cat "$GOLDEN.csv")" "-f csv STORE:RUN is the same"
run_is 0 "a run by its name" "$SITU" export -f csv "$db:golden, \"demo\""
is "$out" "$(cat "$GOLDEN.csv")" "the name finds the run"
run_is 0 "the default store" sh -c 'cd "$1" && "$0" export -f csv' "$SITU" "$TMP"
is "$out" "$(cat "$GOLDEN.csv")" "situ.db is the default"
run_is 0 "-o -" "$SITU" export -f csv -o - "$db"
is "$out" "$(cat "$GOLDEN.csv")" "-o - is standard output"
is "$(ls "$TMP")" "run.json
situ.db" "reading leaves nothing beside the store"

make_store "$db"
"$SITU" export "$db" > "$TMP/second.json"
like "$(cat "$TMP/second.json")" '^"run": \{"id":2,' "the latest run is the default"
"$SITU" export "$db:1" > "$TMP/first.json"
is "$(versionless "$TMP/first.json")" "$(versionless "$GOLDEN.json")" "the first is as it was"

sed 's/"state":"finished"/"state":"unfinished"/' "$GOLDEN.json" > "$TMP/unfinished.json"
"$MAKE_STORE" --make "$TMP/unfinished.json" "$TMP/unfinished.db"
run_is 0 "an unfinished run" "$SITU" export "$TMP/unfinished.db"
one_line_error "warning: run 1 is unfinished" "a warning says so"
like "$out" '"state":"unfinished"' "and the document, too"

# --- files
run_is 0 "-o FILE" "$SITU" export -f csv -o "$TMP/run.csv" "$db:1"
is "$out$err" "" "nothing is printed"
is "$(cat "$TMP/run.csv")" "$(cat "$GOLDEN.csv")" "the file has it"
run_is 2 "a failed export" "$SITU" export -o "$TMP/run.csv" "$db:77"
is "$(cat "$TMP/run.csv")" "$(cat "$GOLDEN.csv")" "leaves the file as it was"
run_is 0 "-o /dev/null" "$SITU" export -o /dev/null "$db"
[ -c /dev/null ]
ok $? "/dev/null is still a device"
run_is 1 "-o in no directory" "$SITU" export -o "$TMP/no/run.json" "$db"
one_line_error "cannot write '.*/no/run.json': No such file or directory" "names the file"
run_is 1 "-o a directory" "$SITU" export -o "$TMP" "$db"
one_line_error "Is a directory" "says that it is one"
run_is 1 "a full disk at -o" "$SITU" export -o /dev/full "$db"
one_line_error "cannot write.*No space left on device" "says so"
run_is 1 "a full disk at stdout" sh -c '"$0" export "$1" > /dev/full' "$SITU" "$db"
one_line_error "cannot write.*No space left on device" "says so"
is "$(find "$TMP" -name 'run.*.??????')" "" "no temporary file is left"

# --- usage
run_is 2 "an unknown format" "$SITU" export -f jsn "$db"
one_line_error "unknown format 'jsn': did you mean 'json'" "names the nearest"
run_is 2 "two stores" "$SITU" export "$db" "$TMP/other.db"
one_line_error "takes one store" "names the second"
run_is 2 "an unknown option" "$SITU" export --formt csv
one_line_error "did you mean '(--)?format'" "names the nearest"
run_is 2 "no store there" "$SITU" export "$TMP/none.db"
one_line_error "there is no store '.*/none.db'" "names the file"
[ ! -e "$TMP/none.db" ]
ok $? "and does not make it"
run_is 2 "no such run" "$SITU" export "$db:77"
one_line_error "has no run '77': it has 2 \\(golden, \"demo\"\\), 1 \\(golden" "names those there are"
run_is 2 "a directory" "$SITU" export "$TMP"
one_line_error "is not a file" "says so"
run_is 2 "another file" "$SITU" export "$GOLDEN.json"
one_line_error "is not a situ store" "says so"
: > "$TMP/empty.db"
run_is 2 "an empty file" "$SITU" export "$TMP/empty.db"
one_line_error "is empty" "says so"
head -c 20000 "$db" > "$TMP/cut.db"
run_is 1 "a truncated store" "$SITU" export "$TMP/cut.db"
one_line_error "is damaged" "says so"
cp "$db" "$TMP/newer.db"
# The file header's user_version, big endian at byte 60: https://sqlite.org/fileformat.html
printf '\000\000\000\011' | dd of="$TMP/newer.db" bs=1 seek=60 conv=notrunc 2> /dev/null
run_is 2 "a newer store" "$SITU" export "$TMP/newer.db"
one_line_error "has schema 9, this situ knows up to 5: use a newer situ" "says so"

# --- a disk that is full, and one that is read-only
if [ "$(id -u)" != 0 ] || ! unshare -m true 2> /dev/null; then
	skip "mounting needs root and mount namespaces: run sudo make test" 13
	finish
fi
mkdir "$TMP/disk"
small=$TMP/disk/situ.db

# on_disk SCRIPT: runs it with a small disk of its own at $TMP/disk, that holds the golden run.
on_disk()
{
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c 'mount -t tmpfs -o size=512k situ-test "$3/disk" || exit 99
		"$1" --make "$2" "$3/disk/situ.db" || exit 98
		fill() { dd if=/dev/zero of="$1/disk/fill" bs=1k count="$2" 2> /dev/null; }
		MAKE_STORE=$1 GOLDEN=$2 TMP=$3 SITU=$4 small=$3/disk/situ.db; '"$1" \
		sh "$MAKE_STORE" "$GOLDEN.json" "$TMP" "$SITU"
}

# shellcheck disable=SC2016 # all of these are for the inner shell
{
	run_is 1 "a store on a full disk" on_disk 'fill "$TMP" 999; "$MAKE_STORE" --make "$GOLDEN" "$small"'
	one_line_error "no space left for store '$small'" "says so"
	run_is 1 "a store on a disk that becomes full" \
		on_disk 'fill "$TMP" $((512 - 44 - $(stat -c %s "$small") / 1024))
			"$MAKE_STORE" --make "$GOLDEN" "$small"'
	one_line_error "no space left for store '$small'" "says so"
	run_is 0 "what was stored before" on_disk 'fill "$TMP" 400
		"$MAKE_STORE" --make "$GOLDEN" "$small" 2> /dev/null
		rm "$TMP/disk/fill"; "$SITU" export -f csv "$small:1"'
	is "$out" "$(cat "$GOLDEN.csv")" "is kept"
	run_is 0 "reading from a full disk" on_disk 'fill "$TMP" 999; "$SITU" export -f csv "$small"'
	is "$out" "$(cat "$GOLDEN.csv")" "works"
	run_is 1 "-o on a full disk" on_disk 'echo kept > "$TMP/disk/run.json"; fill "$TMP" 999
		"$SITU" export -o "$TMP/disk/run.json" "$small"; rc=$?
		cat "$TMP/disk/run.json"; ls "$TMP/disk" | grep run; exit $rc'
	is "$out" "kept
run.json" "keeps the file that was there, and leaves no other"
	run_is 0 "a store on a read-only disk" on_disk 'mount -o remount,ro "$TMP/disk"
		"$SITU" export -f csv "$small"'
	is "$out" "$(cat "$GOLDEN.csv")" "is read"
	run_is 1 "writing to it" on_disk 'mount -o remount,ro "$TMP/disk"
		"$MAKE_STORE" --make "$GOLDEN" "$small"'
	one_line_error "cannot write to store '$small': Read-only file system" "says why not"
}
finish

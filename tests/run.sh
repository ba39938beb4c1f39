#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs every test that is built, or the ones named, under one prove, whose result closes the
# output; before it stand the tests that were skipped, with their reasons.
# usage: tests/run.sh [-v] [TEST...]        a TEST is a *.t file or a built unit test
# A test may take $TEST_SECONDS (600) before it is ended and counts as failed.
set -u -o pipefail
shopt -s nullglob
cd "$(dirname "$0")/.." || exit 1

# A test that calls make is not part of the make that may have called us.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
verbose=()
[ "${1:-}" != -v ] || { verbose=(--verbose); shift; }

# The programs of tests/unit/test_*.c in the tree $1: by source, so that a left-over of a source
# that is gone is not run, and one that was not built is an error.
unit_programs()
{
	local source

	for source in tests/unit/test_*.c; do
		echo "$1/${source%.c}"
	done
}

tests=("$@")
if [ $# = 0 ]; then
	mapfile -t tests < <(unit_programs build; unit_programs build/sanitize)
	tests+=(tests/cli/*.t tests/fuzz/*.t tests/root/*.t)
fi
[ ${#tests[@]} -gt 0 ] || { echo "run.sh: there is no test" >&2; exit 1; }
for test in "${tests[@]}"; do
	[ -x "$test" ] || { echo "run.sh: $test cannot be run: make tests, chmod +x" >&2; exit 1; }
done

# Passes prove's lines on; keeps its summary back until the skips are listed.
list_skips()
{
	awk '
	/^(All tests successful|Test Summary Report)/ { closing = 1 }
	closing { held = held $0 "\n"; next }
	/^Files=/ { closing = 1; held = $0 "\n"; next }
	/^# (not )?ok - / { next }	# the result of a cmocka group, once more
	{ print; fflush() }
	match($0, /^[^ ]+ \.\.+ /) { file = $1 }
	/ \.\.+ skipped: / { sub(/^.* skipped: /, ""); skip[++nr] = file ": " $0 }
	/^(not )?ok .*# [Ss][Kk][Ii][Pp]/ { sub(/^.*# [Ss][Kk][Ii][Pp][^ ]* */, ""); skip[++nr] = file ": " $0 }
	END {
		if (nr)
			printf "%d skipped:\n", nr
		for (i = 1; i <= nr; i++)
			printf "  %s\n", skip[i]
		printf "%s", held
	}'
}

prove --exec "timeout --kill-after=10 ${TEST_SECONDS:-600}" --failures --directives --comments \
	"${verbose[@]}" "${tests[@]}" 2>&1 | list_skips

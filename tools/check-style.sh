#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The house rules that no off-the-shelf linter knows: which folder may include what, how long a
# function and a file may be, which calls are banned. Prints file:line: what, one line each.
# usage: tools/check-style.sh [TOP]        exits 1 when something was found
set -u
shopt -s nullglob globstar
cd "${1:-$(dirname "$0")/..}" || exit 2

FUNCTION_LINES=120
FILE_LINES=700
found=0

sources=(bpf/*.[ch] user/**/*.[ch] loadgen/**/*.[ch] tests/**/*.[ch])
scripts=(tools/*.sh tests/**/*.sh tests/**/*.t .ci/[r]un) # a pattern, so that it may be absent

# Reads "file:line:text" lines and reports each as "file:line: $1".
report()
{
	local lines

	lines=$(cut -d: -f1,2)
	[ "$lines" ] || return 0
	printf '%s\n' "$lines" | sed "s|\$|: $1|"
	found=1
}

# $1: what is included, an ERE; $2: what to say; the rest: files that may not.
no_include()
{
	local what=$1 say=$2

	shift 2
	[ $# -gt 0 ] || return 0
	report "$say" < <(grep -nHE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$what" "$@")
}

# The files of $sources that do not match the glob(s).
except()
{
	local file glob

	for file in "${sources[@]}"; do
		for glob; do
			# shellcheck disable=SC2053 # a pattern on purpose
			[[ $file != $glob ]] || continue 2
		done
		echo "$file"
	done
}

in_folder()
{
	printf '%s\n' "${sources[@]}" | grep "^$1/"
}

check_includes()
{
	local -a files

	mapfile -t files < <(in_folder user/base)
	no_include '(user/[^b]|loadgen/|bpf/|tests/)' "user/base includes nothing above itself" \
		"${files[@]}"
	mapfile -t files < <(in_folder user/model)
	no_include '(user/([^bm]|b[^a])|loadgen/|tests/)' \
		"user/model includes only itself, user/base and bpf/" "${files[@]}"
	files=(bpf/*.bpf.[ch])
	no_include '(user/|loadgen/|tests/)' "a BPF program includes nothing of user space" \
		"${files[@]}"
	mapfile -t files < <(except 'user/collect/*')
	no_include '.*\.skel\.h' "only user/collect may include a skeleton" "${files[@]}"
	mapfile -t files < <(except 'user/store/*')
	no_include 'sqlite3' "only user/store may include sqlite3.h" "${files[@]}"
	mapfile -t files < <(except 'loadgen/*')
	no_include 'curl/multi' "only loadgen may include curl/multi.h" "${files[@]}"
	mapfile -t files < <(except 'user/show/*' 'user/cmd/live*')
	no_include '(ncurses|curses)' "only user/show and the live command may include ncurses" \
		"${files[@]}"
	no_include '\.\.?/' "include paths are from the top of the tree" "${sources[@]}"
}

# A function's body stands between a { and a } in the first column, in this style.
check_lengths()
{
	report "this function is longer than $FUNCTION_LINES lines: split it" < <(
		awk -v cap=$FUNCTION_LINES '
		FNR == 1 { start = 0 }
		/^\{/ { start = FNR }
		/^\}/ && start {
			if (FNR - start - 1 > cap)
				print FILENAME ":" start ":"
			start = 0
		}' "${sources[@]}")
	report "this file is longer than $FILE_LINES lines: one idea each" < <(
		awk -v cap=$FILE_LINES 'FNR == cap + 1 { print FILENAME ":" FNR ":" }' "${sources[@]}")
}

# Text without comments and string contents, with the lines kept, as "file:line:text".
code()
{
	perl -0777 -ne '
		s{("(?:[^"\\\n]|\\.)*")|(\x27(?:[^\x27\\\n]|\\.)+\x27)|(/\*.*?\*/|//[^\n]*)}{
			$3 ? "\n" x ($3 =~ tr/\n//) : $1 ? "\"\"" : "0" }gse;
		my $n = 0;
		print map { $n++; "$ARGV:$n:$_\n" } split /\n/;
	' "${sources[@]}"
}

# $1: names of functions, an ERE; $2: what to say; standard input: code.
no_call()
{
	report "$2" < <(grep -E ":[0-9]+:(.*[^[:alnum:]_.>])?($1)\\(")
}

check_calls()
{
	local text

	text=$(code)
	no_call 'strcpy|strcat|stpcpy|sprintf|vsprintf|gets|alloca|strtok' \
		"banned: it has no bound, or hidden state" <<< "$text"
	# A test may run a command of its own; the program never hands a string to a shell.
	no_call 'system|popen' "banned: it runs a shell" < <(grep -v '^tests/' <<< "$text")
	report "no typedef for a struct, union or enum" < <(grep -E \
		':[0-9]+:[[:space:]]*typedef[[:space:]]+(struct|union|enum)\b' <<< "$text")
}

# A pipe into report would set found in a subshell: hence the < <(...) everywhere.
check_licence()
{
	local file

	report "no SPDX-License-Identifier line" < <(
		for file in "${sources[@]}" "${scripts[@]}"; do
			head -n 2 "$file" | grep -q 'SPDX-License-Identifier: ' || echo "$file:1:"
		done)
}

check_includes
check_lengths
check_calls
check_licence
[ $found = 0 ]

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Writes situ.1 and a situ-COMMAND.1 for each command from their --help, by help2man.
# usage: tools/gen-man.sh BINARY DIRECTORY
set -eu
binary=$1
dir=$2
command -v help2man > /dev/null || { echo "help2man not found: run sudo tools/setup.sh" >&2; exit 1; }

# The same sources give the same pages: dated by the commit where there is one.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || date +%s)}
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8

version=$("$binary" --version)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$dir"
rm -f "$dir"/*.1

# "command summary" lines of the overview.
"$binary" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\)  *\(.*\)/\1 \2/p' > "$work/commands"
[ -s "$work/commands" ] || { echo "gen-man: $binary --help names no commands" >&2; exit 1; }

{
	echo "[see also]"
	sed 's/^\([a-z-]*\) .*/.BR situ-\1 (1),/; $s/,$//' "$work/commands"
} > "$work/overview.h2m"
printf '[see also]\n.BR situ (1)\n' > "$work/command.h2m"

# $1: what to run; $2: the page's name; $3: its summary; $4: what to include. help2man takes a
# command for an argument of the program, and fills the lines of the examples.
page()
{
	help2man --no-info --version-string="${version#situ }" --source="$version" --name="$3" \
		--include="$work/$4.h2m" "$1" > "$work/page"
	sed -e "s/^\\.TH [^ ]*/.TH ${2^^}/" -e "/^\\.SH NAME/{n;s/^[^\\\\]*/${2//-/\\\\-} /}" \
		-e '/^\.SH EXAMPLES/,/^\.PP/{/^\./!s/^/.br\n/}' \
		-e 's/^Exit status: /.SH "EXIT STATUS"\n/' "$work/page" > "$dir/$2.1"
}

page "$binary" situ "measure what a placement of services costs" overview
while read -r name summary; do
	page "$binary $name" "situ-$name" "${summary,}" command
done < "$work/commands"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tools/check-style.sh finds each thing it is there to find, in a tree made of nothing else.
. "$(dirname "$0")/../lib.sh"

check=$TOP/tools/check-style.sh
tree=$TMP/tree
mkdir -p "$tree"/{bpf,loadgen,tools,tests/unit,user/{base,model,collect,store,show,cmd}}

# Writes the source $1 with a licence and the lines of standard input.
put()
{
	{ echo "// SPDX-License-Identifier: GPL-2.0-only"; cat; } > "$tree/$1"
}

# $1: a source; $2: its text; $3: the line and complaint that is due, "" for none; $4: name.
judge()
{
	printf '%b' "$2" | put "$1"
	run "$check" "$tree"
	rm "$tree/$1"
	if [ -z "$3" ]; then
		is "$rc/$out" "0/" "$4"
	else
		is "$rc/$(printf '%s\n' "$out" | wc -l)" "1/1" "$4: one complaint"
		like "$out" "^$1:$3" "$4: the place and the rule"
	fi
}

# $1: how many lines a function's body has.
function_of()
{
	printf 'void f(void)\\n{\\n'
	printf 'x;\\n%.0s' $(seq "$1")
	printf '}\\n'
}

put user/base/clean.c <<< '#include "user/base/clean.h"'
run_is 0 "a clean tree" "$check" "$tree"
is "$out" "" "a clean tree: no complaint"

judge user/base/a.c '#include "user/model/run.h"\n' "2: user/base includes nothing above" \
	"base that includes model"
judge user/base/a.c '#include "user/base/b.h"\n#include <stdio.h>\n' "" "base that includes base"
judge user/base/a.h '\n#  include "bpf/contract.h"\n' "3: user/base includes nothing above" \
	"base that includes bpf, spaced"
judge user/model/a.c '#include "user/store/store.h"\n' "2: user/model includes only" \
	"model that includes store"
judge user/model/a.c '#include "user/base/b.h"\n#include "user/model/b.h"\n#include "bpf/hist.h"\n' \
	"" "model that includes base, model and bpf"
judge user/store/a.c '#include "bpf/sched.skel.h"\n' "2: only user/collect" "store with a skeleton"
judge user/collect/a.c '#include "bpf/sched.skel.h"\n' "" "collect with a skeleton"
judge user/show/a.c '#include <sqlite3.h>\n' "2: only user/store" "show with sqlite3.h"
judge user/store/a.c '#include <sqlite3.h>\n' "" "store with sqlite3.h"
judge user/cmd/a.c '#include <curl/multi.h>\n' "2: only loadgen" "a command with curl/multi.h"
judge loadgen/a.c '#include <curl/multi.h>\n' "" "loadgen with curl/multi.h"
judge user/store/a.c '#include <ncurses.h>\n' "2: only user/show" "store with ncurses"
judge user/cmd/live.c '#include <ncurses.h>\n' "" "live with ncurses"
judge bpf/a.bpf.c '#include "user/base/types.h"\n' "2: a BPF program includes nothing" \
	"a BPF program that includes user space"
judge user/show/a.c '#include "../base/err.h"\n' "2: include paths are from the top" \
	"an include path that climbs"

judge user/cmd/a.c "$(function_of 120)" "" "a function of 120 lines"
judge user/cmd/a.c "$(function_of 121)" "3: this function is longer" "a function of 121 lines"
judge user/cmd/a.c "$(printf '/*%.0s*/\\n' $(seq 699))" "" "a file of 700 lines"
judge user/cmd/a.c "$(printf '/*%.0s*/\\n' $(seq 700))" "701: this file is longer" \
	"a file of 701 lines"

for call in strcpy strcat sprintf vsprintf gets strtok; do
	judge user/cmd/a.c "void f(void)\n{\n\t$call(x);\n}\n" "4: banned" "$call"
	judge user/cmd/a.c "\t/* $call(x) */ // $call(x)\n\tputs(\"$call(x)\");\n\tmy_$call(x);\n" "" \
		"$call in a comment, a string or a longer name"
done
judge user/cmd/a.c '\tsnprintf(x);\n\tfgets(x);\n\tstrtok_r(x);\n' "" "the bounded relatives"
judge user/cmd/a.c 'int x = system("ls");\n' "2: banned: it runs a shell" "system"
judge user/cmd/a.c '/* two\nlines */ FILE *f = popen(x);\n' "3: banned: it runs a shell" \
	"popen behind a comment of two lines"
judge tests/unit/a.c 'int x = system("ls");\n' "" "system in a test"
judge user/cmd/a.h 'typedef struct x x_t;\n' "2: no typedef" "a typedef of a struct"
judge user/cmd/a.h 'typedef unsigned int u32;\n' "" "a typedef of an integer"

echo "int x;" > "$tree/user/cmd/a.c"
run_is 1 "no licence" "$check" "$tree"
is "$out" "user/cmd/a.c:1: no SPDX-License-Identifier line" "no licence: the file is named"
finish

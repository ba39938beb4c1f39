#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The Makefile: what a header touches, what is picked up by name, what is written and where.
. "$(dirname "$0")/../lib.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL
need_command make gcc clang bpftool
need_file "$TOP/build/situ" "$TOP/build/libsitu.a"
cd "$TOP" || bail "no $TOP"

# What make would do if the file $1 had just changed, one command a line.
would()
{
	run make --no-print-directory -n V=1 -W "$1" tests
}

# The objects of `make tests` whose dependency file names $1, without those left over by a source
# that is gone. `make check` compiles fuzz targets and the benchmark too.
including()
{
	find build/bpf build/user build/loadgen build/tests -name '*.d' ! -path 'build/tests/fuzz/*' |
		while read -r file; do
			source=${file#build/}
			[ ! -e "${source%.d}.c" ] || ! grep -qF -- "$1" "$file" || echo "${file%.d}.o"
		done | sort
}

# The objects that the commands in $out write.
written()
{
	printf '%s\n' "$out" | sed -n 's/.* -c -o \([^ ]*\.o\) .*/\1/p' | sort
}

run make --no-print-directory -n V=1 tests
like "$out" "Nothing to be done" "the tree is built: make has nothing to do"

for header in bpf/contract.h bpf/hist.h user/base/err.h; do
	[ -e "$header" ] || continue
	would "$header"
	want=$(including "$header")
	# What includes a skeleton follows the BPF object that it is made from.
	case $want in
	*.bpf.o*) want=$({ echo "$want"; including .skel.h; } | sort -u) ;;
	esac
	isnt "$want" "" "$header: something includes it"
	is "$(written)" "$want" "$header: all that includes it is rebuilt, and nothing else"
	case $want in
	*build/user/*) like "$out" "-o build/situ " "$header: situ is linked anew" ;;
	esac
done

would bpf/contract.h
for program in bpf/*.bpf.c; do
	[ -e "$program" ] || continue
	name=$(basename "$program" .bpf.c)
	grep -q contract.h "build/bpf/$name.bpf.d" || continue
	like "$out" "gen skeleton build/bpf/$name.bpf.o" "bpf/contract.h: skeleton of $name is remade"
done

would user/base/text.c
is "$(written)" "build/user/base/text.o" "a source alone is compiled alone"

# The rest happens in a copy, which has not been built.
copy=$TMP/tree
mkdir "$copy"
tar cf - --exclude=./build --exclude=./.git . | tar xf - -C "$copy"
cd "$copy" || bail "no copy of the tree"
object=build/user/base/text.o

run_is 0 "one object is made in a fresh copy" make "$object"
is "$out" "  CC       user/base/text.c" "without V=1 a line says what is made"
run_is 0 "made again" make "$object"
like "$out" "is up to date" "a second make does nothing"
touch user/base/text.h
run_is 0 "made after a header changed" make "$object"
like "$out" "CC +user/base/text.c" "a changed header rebuilds it"
run_is 0 "made with other flags" make CFLAGS=-O1 V=1 "$object"
like "$out" "^gcc .*-Werror.* -O1 .*-c -o $object user/base/text.c" "V=1 shows the command"
run_is 0 "made again with those flags" make CFLAGS=-O1 "$object"
like "$out" "is up to date" "the same flags rebuild nothing"
run_is 0 "made with the usual flags" make "$object"
like "$out" "CC +user/base/text.c" "other flags rebuild it"

touch user/base/text.h
run make PKGS="libbpf no-such-library" B=build/other build/other/user/base/text.o
isnt "$rc" 0 "a missing library stops the build"
is "$(printf '%s\n' "$err" | grep -v '^make')" "no-such-library not found: run sudo tools/setup.sh" \
	"one line says what is missing and what to do"
unlike "$out" "CC" "nothing is compiled before"
run make CLANG=no-such-clang B=build/other2 build/other2/user/base/text.o
is "$(printf '%s\n' "$err" | grep -v '^make')" "no-such-clang not found: run sudo tools/setup.sh" \
	"a missing compiler likewise"

mkdir -p user/newstage tests/unit tests/stim tests/shop tests/fuzz
for new in bpf/brandnew.bpf user/newstage/brandnew loadgen/brandnew tests/unit/test_brandnew \
	tests/stim/brandnew tests/shop/svc_brandnew tests/shop/brandnewlib; do
	mkdir -p "$(dirname $new)"
	: > $new.c
done
run make --no-print-directory -n V=1 tests
for made in build/bpf/brandnew.skel.h build/user/newstage/brandnew.o build/loadgen/brandnew.o \
	build/tests/unit/test_brandnew build/tests/stim/brandnew build/tests/shop/brandnew \
	build/tests/shop/brandnewlib.o; do
	like "$out" "(-o|>) $made( |\$)" "$made is picked up by its name"
done
: > tests/fuzz/fuzz_brandnew.c
run make --no-print-directory -n V=1 FUZZ=1 fuzzers
like "$out" "-o build/fuzz/tests/fuzz/fuzz_brandnew " "a fuzz target is picked up by its name"


rm -rf build
find . -type f -printf '%p %T@ %s\n' | sort > "$TMP/before"
run_is 0 "make as somebody who is not root" \
	sh -c 'chmod 777 . && setpriv --reuid=65534 --regid=65534 --clear-groups make "$@"' sh "$object"
find . -path ./build -prune -o -type f -printf '%p %T@ %s\n' | sort > "$TMP/after"
is "$(diff "$TMP/before" "$TMP/after")" "" "build/ is the only place written to"
chown -R 0:0 build
run setpriv --reuid=65534 --regid=65534 --clear-groups make -B "$object"
isnt "$rc" 0 "a build/ of root stops others"
like "$err" "cannot be written.*sudo make clean" "it says what to do"

run_is 0 "help" make help
for target in all tests demo test check install clean; do
	like "$out" "^  $target +[a-z(]" "help lists $target"
done

cd "$TOP" || bail "no $TOP"
run_is 0 "install" make install DESTDIR="$TMP/dest" PREFIX=/usr
is "$("$TMP/dest/usr/bin/situ" --version)" "$("$SITU" --version)" "the installed binary runs"
[ -s "$TMP/dest/usr/share/bash-completion/completions/situ" ]
ok $? "the completion is installed"
for command in $("$SITU" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\)  *.*/-\1/p') ""; do
	page=$TMP/dest/usr/share/man/man1/situ$command.1
	run man --warnings -E UTF-8 -l "$page"
	is "$err" "" "situ$command.1: formats without a warning"
	like "$out" "^NAME" "situ$command.1: has a name"
	like "$out" "situ$command - [a-z]" "situ$command.1: has a summary"
	like "$out" "^EXAMPLES" "situ$command.1: has examples"
done
run_is 0 "uninstall" make uninstall DESTDIR="$TMP/dest" PREFIX=/usr
is "$(find "$TMP/dest" -type f)" "" "uninstall removes what install put there"
finish

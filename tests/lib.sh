# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034
# TAP for shell tests (POSIX sh). A test starts with
#
#	#!/bin/sh
#	# SPDX-License-Identifier: GPL-2.0-only
#	. "$(dirname "$0")/../lib.sh"
#
# is executable, ends with `finish`, and runs from anywhere. It has
#	$TOP   top of the tree         $SITU  the binary under test
#	$TMP   a directory of its own, removed at the end
#
# and these functions:
#	need_root                      skip the whole file when not root
#	need_command NAME...           ... when a program is not installed
#	need_file FILE...              ... when a file (a built program, BTF) is not there
#	own_network                    run the rest of the file in a network namespace of its own,
#	                               where every port is free (root)
#	skip_all REASON                skip the whole file
#	skip REASON [N]                count N (1) tests as skipped
#	ok STATUS NAME                 pass when STATUS is 0: `[ -s x ]; ok $? "x is written"`
#	is GOT WANT NAME               pass when equal
#	isnt GOT UNWANTED NAME         pass when different
#	like TEXT ERE NAME             pass when a line of TEXT matches
#	unlike TEXT ERE NAME           pass when none does
#	pass NAME, fail NAME
#	run COMMAND...                 runs it without input; sets $out, $err (texts) and $rc
#	run_is RC NAME COMMAND...      run, and pass when it exits RC; shows its output if not
#	one_line_error RE NAME         after run: $err is one line "situ: ..." that matches RE
#	spawn COMMAND...               starts it in the background in a process group of its own,
#	                               sets $pid; the group is ended at the end
#	end PID [SIGNAL]               signals (TERM) and reaps a spawned process; sets $rc
#	wait_until SECONDS COMMAND...  polls until COMMAND succeeds; 1 after the deadline
#	at_exit COMMAND                shell text to run at the end, last one first
#	page_workload                  writes workload.yaml: GET /
#	pair_of SERVICE                prints the beginning of an experiment in two placements of web
#	                               and SERVICE, which its standard input defines
#	pair_experiment FILE           writes one of two services, for what starts neither, and
#	                               workload.yaml
#	diag TEXT                      a line for the reader of a failure
#	bail REASON                    ends the file as failed: nothing that follows in it can work
#	finish                         prints the plan, exits 1 when a test failed
#
# A file that ends before `finish` (set -u, a signal, an `exit`) has no plan: prove reports it.

set -u
export LC_ALL=C.UTF-8
TOP=$(cd "$(dirname "$0")/../.." && pwd)
SITU=${SITU:-$TOP/build/situ}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/situ-test.XXXXXX") || exit 1
_count=0 _failed=0 _pids='' _at_exit=''
out='' err='' rc=0 pid=''

own_network()
{
	[ -z "${OWN_NETWORK:-}" ] || return 0
	need_command unshare ip
	rm -rf "$TMP"
	OWN_NETWORK=1 exec unshare --net sh -c 'ip link set lo up && exec "$@"' sh "$0"
}

_cleanup()
{
	_status=$?
	trap '' INT TERM HUP QUIT PIPE
	trap - EXIT
	eval "$_at_exit"
	for _pid in $_pids; do
		kill -- "-$_pid" 2> /dev/null
	done
	for _pid in $_pids; do
		wait_until 5 _gone "$_pid"
		kill -s KILL -- "-$_pid" 2> /dev/null
	done
	rm -rf "$TMP"
	exit $_status
}
trap _cleanup EXIT
trap 'exit 130' INT
trap 'exit 131' QUIT
trap 'exit 141' PIPE
trap 'exit 143' TERM HUP

diag()
{
	printf '%s\n' "$*" | sed 's/^/# /' >&2
}

bail()
{
	diag "given up: $* ($0)"
	exit 1
}

pass()
{
	_count=$((_count + 1))
	printf 'ok %d - %s\n' $_count "$1"
}

fail()
{
	_count=$((_count + 1))
	_failed=$((_failed + 1))
	printf 'not ok %d - %s\n' $_count "$1"
	diag "failed: $1 ($0)"
}

ok()
{
	if [ "$1" = 0 ]; then pass "$2"; else fail "$2"; fi
}

is()
{
	if [ "$1" = "$2" ]; then pass "$3"; return; fi
	fail "$3"
	diag "   got: $1"
	diag "  want: $2"
}

isnt()
{
	if [ "$1" != "$2" ]; then pass "$3"; return; fi
	fail "$3"
	diag "   got what it must not be: $1"
}

like()
{
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then pass "$3"; return; fi
	fail "$3"
	diag "   got: $1"
	diag "  no line matches: $2"
}

unlike()
{
	if ! printf '%s\n' "$1" | grep -Eq -e "$2"; then pass "$3"; return; fi
	fail "$3"
	diag "   got: $1"
	diag "  a line matches: $2"
}

skip_all()
{
	[ $_count = 0 ] || bail "skip_all after a test in $0"
	echo "1..0 # SKIP $1"
	exit 0
}

skip()
{
	_nr=${2:-1}
	while [ "$_nr" -gt 0 ]; do
		_count=$((_count + 1))
		_nr=$((_nr - 1))
		echo "ok $_count # SKIP $1"
	done
}

need_root()
{
	[ "$(id -u)" = 0 ] || skip_all "not root: run sudo make test"
}

need_command()
{
	for _name; do
		command -v "$_name" > /dev/null || [ -x "/usr/sbin/$_name" ] ||
			skip_all "$_name is not installed: run sudo tools/setup.sh"
	done
}

need_file()
{
	for _name; do
		[ -e "$_name" ] || skip_all "$_name is not there"
	done
}

run()
{
	"$@" > "$TMP/.out" 2> "$TMP/.err" < /dev/null
	rc=$?
	out=$(cat "$TMP/.out")
	err=$(cat "$TMP/.err")
	return 0
}

run_is()
{
	_want=$1 _name=$2
	shift 2
	run "$@"
	if [ "$rc" = "$_want" ]; then pass "$_name"; return; fi
	fail "$_name"
	diag "  exit status $rc, not $_want, from: $*"
	diag "  stdout: $(head -c 4000 "$TMP/.out")"
	diag "  stderr: $(head -c 4000 "$TMP/.err")"
}

one_line_error()
{
	if [ "$(grep -c '' "$TMP/.err")" = 1 ] && printf '%s\n' "$err" | grep -q '^situ: ' &&
	   printf '%s\n' "$err" | grep -Eq -e "$1"; then
		pass "$2"
		return
	fi
	fail "$2"
	diag "  want one line 'situ: ...' with: $1"
	diag "  stderr: $err"
}

spawn()
{
	setsid "$@" < /dev/null &
	pid=$!
	_pids="$_pids $pid"
}

end()
{
	kill -"${2:-TERM}" "$1" 2> /dev/null
	wait "$1" 2> /dev/null
	rc=$?
	_left=''
	for _pid in $_pids; do
		[ "$_pid" = "$1" ] || _left="$_left $_pid"
	done
	_pids=$_left
	return 0
}

# A zombie, which only waits to be reaped by this shell, is gone too.
_gone()
{
	[ ! -e "/proc/$1/stat" ] || grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2> /dev/null
}

wait_until()
{
	_tries=$(($1 * 20))
	shift
	until "$@"; do
		[ $_tries -gt 0 ] || return 1
		_tries=$((_tries - 1))
		sleep 0.05
	done
}

at_exit()
{
	_at_exit="$1
$_at_exit"
}

page_workload()
{
	printf 'endpoints:\n  - path: /\n' > workload.yaml
}

pair_of()
{
	cat << END
name: pair
hosts:
  - name: a
    cpus: "0"
  - name: b
    cpus: "0"
services:
$(cat)
placements:
  - name: packed
    on:
      - {host: a, services: [$1, web]}
  - name: spread
    on:
      - {host: a, services: [web]}
      - {host: b, services: [$1]}
END
}

pair_experiment()
{
	page_workload
	pair_of store > "$1" << 'END'
  - name: store
    command: sleep 1000
    ready: {tcp: false}
  - name: web
    command: webserver --store {{host.store}}
    port: 8080
END
	cat >> "$1" << 'END'
trials: 4
seed: 7
load:
  workload: workload.yaml
  target: web
  rate: 100
  warmup: 1s
  duration: 5s
END
}

finish()
{
	echo "1..$_count"
	[ $_failed = 0 ]
	exit $?
}

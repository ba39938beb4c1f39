#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's sums over all calls: what whole traces add up to when every one is sent, the same
# when only some are, and what finds no row counted.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cgroup.sh"

ACTOR=$TOP/build/tests/lab/actor
DUMP=$TOP/build/tests/spans/dump
REQUESTS=211

need_root
own_network
need_command python3
need_file /sys/kernel/btf/vmlinux "$ACTOR" "$DUMP"
# By the last part of their names, which must be nobody else's.
LOAD=load$$ FRONT=front$$ BACK=back$$
make_cgroups $LOAD $FRONT $BACK

# measure BACK-ADDRESS EVERY FRONT-OPTION... -- COMMAND...: leaves $TMP/dump and $TMP/said
measure()
{
	_back=$1 _every=$2
	shift 2
	spawn in_cgroup $BACK "$ACTOR" back "$_back"
	_services=$pid
	_options=''
	while [ "$1" != -- ]; do
		_options="$_options $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # options are words
	spawn in_cgroup $FRONT "$ACTOR" $_options front 0.0.0.0:19301 "back=$_back"
	_services="$_services $pid"
	rm -f "$TMP/stop" "$TMP/said"
	mkfifo "$TMP/stop"
	"$DUMP" "$_every" < "$TMP/stop" > "$TMP/dump" 2> "$TMP/said" &
	_dump=$!
	exec 8> "$TMP/stop"
	wait_until 20 grep -qs ready "$TMP/said"
	run in_cgroup $LOAD "$@" 8>&-
	for _service in $_services; do
		end "$_service"
	done
	exec 8>&-
	wait "$_dump"
}

# The same, again while spans were lost: the whole machine's share the kernel's pool. 1 when they
# always were.
undisturbed()
{
	for _try in 1 2 3 4 5; do
		measure "$@"
		grep -q '^lost.span' "$TMP/said" || return 0
		diag "try $_try was disturbed: $(grep '^lost.span' "$TMP/said" | tr '\t\n' '  ')"
	done
	return 1
}

# sum WHAT CLIENT SERVER FIELD: of the calls between the two, exact or as traced
sum()
{
	awk -F '\t' -v what="$1" -v client="$2" -v server="$3" -v field="$4" '
	$1 == "slot" { name[$2] = $3; next }
	$1 == "what" { for (i = 1; i <= NF; i++) at[$i] = i; next }
	{ rows[++nr] = $0 }
	END {
		for (i = 1; i <= nr; i++) {
			split(rows[i], f, FS)
			if (f[1] == what && name[f[at["client"]]] == client &&
			    name[f[at["server"]]] == server)
				sum += f[at[field]]
		}
		printf "%.0f\n", sum
	}' "$TMP/said"
}

# spans CLIENT SERVER EXPRESSION: the sum of that over the spans of the dump without flaws
spans()
{
	awk -F '\t' -v client="$1" -v server="$2" '
	FNR == NR { if ($1 == "slot") name[$2] = $3; next }
	FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
	name[$at["client"]] == client && name[$at["server"]] == server && $at["flags"] % 64 == 0 {
		sent = $at["sent"]; arrived = $at["arrived"]; begun = $at["begun"]
		answered = $at["answered"]; returned = $at["returned"]
		if (answered > returned) answered = returned
		if (arrived > begun) arrived = begun
		if (sent > arrived) sent = arrived
		cpu = $at["cpu"]; runq = $at["runq"]; disk = $at["disk"]
		throttled = $at["throttled"]; connect = $at["connect"]
		sum += '"$3"'
	}
	END { printf "%.0f\n", sum }' "$TMP/said" "$TMP/dump"
}

lost()
{
	awk -F '\t' -v what="$1" '$1 == "lost" && $2 == what { n = $3 } END { print n + 0 }' \
		"$TMP/said"
}

# same NAME CLIENT SERVER: the kernel's sums are what the traces add up to
same()
{
	for _field in network connect queue cpu runq throttled disk downstream other time; do
		is "$(sum exact "$2" "$3" $_field)" "$(sum traced "$2" "$3" $_field)" \
			"$1: $_field is that of all traces"
	done
	is "$(sum exact "$2" "$3" time)" "$(spans "$2" "$3" 'returned - sent + connect')" \
		"$1: its time is that of the records"
	is "$(sum exact "$2" "$3" network)" \
		"$(spans "$2" "$3" 'arrived - sent + returned - answered')" \
		"$1: so is the network's"
	is "$(sum exact "$2" "$3" cpu)" "$(spans "$2" "$3" cpu)" "$1: so is the CPU's"
}

# all NAME BACK-ADDRESS CALLS SCRIPT OPTION...
all()
{
	_name=$1 _calls=$(($3 * REQUESTS)) _address=$2 _script=$4
	shift 4
	if ! undisturbed "$_address" 1 "$@" -- "$SITU" load -q -n $REQUESTS -c 4 \
		"http://127.0.0.1:19301/$_script"; then
		skip "$_name: spans of others fill the pool" 30
		return
	fi
	is "$rc" 0 "$_name: the load succeeds"
	diag "$_name: $(sum exact $LOAD $FRONT flawed) requests and $(sum exact $FRONT $BACK flawed)" \
		"calls have flaws; $(grep ^lost "$TMP/said" | tr '\t\n' '  ')"
	is "$(($(sum exact $LOAD $FRONT calls) + $(sum exact $LOAD $FRONT flawed)))" $REQUESTS \
		"$_name: every request is in a sum"
	is "$(($(sum exact $FRONT $BACK calls) + $(sum exact $FRONT $BACK flawed)))" $_calls \
		"$_name: every call is in a sum"
	is "$(sum exact $LOAD $FRONT calls)" "$(sum traced $LOAD $FRONT calls)" \
		"$_name: every trace came"
	same "$_name, request" $LOAD $FRONT
	same "$_name, call" $FRONT $BACK
}

all "threads" 127.0.0.1:19302 2 "spin=200,call=back(sleep=2000),sleep=500,call=back(spin=300)"
all "at once" 127.0.0.1:19302 3 "call=back(sleep=2000)back(sleep=3000)back(spin=500),spin=100"
all "a unix-domain socket" "$TMP/back" 1 "spin=200,call=back(sleep=2000)"
all "an event loop" 127.0.0.1:19302 1 "call=back(sleep=2000),spin=200" -m loop

measure 127.0.0.1:19302 7 -- "$SITU" load -q -n $REQUESTS -c 4 \
	"http://127.0.0.1:19301/spin=200,call=back(sleep=1000)"
_traced=$(sum traced $LOAD $FRONT calls)
diag "one of 7: $_traced requests of $REQUESTS came as a trace"
ok "$([ "$_traced" -gt 0 ] && [ "$_traced" -lt $((REQUESTS / 2)) ]; echo $?)" \
	"one of 7: few traces came"
_least=$((REQUESTS - $(lost span_full)))
ok "$([ "$(sum exact $LOAD $FRONT calls)" -ge $_least ]; echo $?)" \
	"one of 7: every request is in a sum"
ok "$([ "$(sum exact $FRONT $BACK calls)" -ge $_least ]; echo $?)" \
	"one of 7: every call is in a sum"
ok "$([ "$(sum exact $FRONT $BACK other)" -gt $((REQUESTS * 950000)) ]; echo $?)" \
	"one of 7: the sleep of every call is"

# As many edges as there are addresses of the loopback that the server is called by.
cat > "$TMP/many.py" << 'END'
import socket
for i in range(701):
    s = socket.create_connection(("127.1.%d.%d" % (i >> 8, i & 255), 19301))
    s.sendall(b"GET /spin=1 HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n")
    while s.recv(4096):
        pass
    s.close()
END
measure 127.0.0.1:19302 1 -- python3 "$TMP/many.py"
is "$rc" 0 "more edges than rows: every request is answered"
_rows=$(grep -c '^exact' "$TMP/said")
_sums=$(($(sum exact $LOAD $FRONT calls) + $(sum exact $LOAD $FRONT flawed)))
diag "$_rows rows, $_sums requests in them, $(lost sum_full) not"
is "$_rows" 512 "more edges than rows: the table is full"
ok "$([ "$(lost sum_full)" -gt 0 ]; echo $?)" "more edges than rows: that is a loss"
# Whatever else the machine does may be lost, too.
ok "$([ "$_sums" -lt 701 ] && [ $((_sums + $(lost sum_full) + $(lost span_full))) -ge 701 ]
	echo $?)" "more edges than rows: none is missed otherwise"

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's records of requests themselves: both halves in one, calls below the request that made
# them, with what is known of the time in between. Over TCP and unix-domain sockets, by threads,
# event loops and pools.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cgroup.sh"

ACTOR=$TOP/build/tests/lab/actor
DUMP=$TOP/build/tests/spans/dump

need_root
need_command bash
own_network
need_file /sys/kernel/btf/vmlinux "$ACTOR" "$DUMP"
# By the last part of their names, which must be nobody else's.
LOAD=load$$ FRONT=front$$ BACK=back$$
make_cgroups $LOAD $FRONT $BACK

# measure BACK-ADDRESS CONNECTIONS SCRIPT FRONT-OPTION...: leaves $TMP/dump and $TMP/said
# With $unfinished, one more connection has begun a request and never ends it.
measure()
{
	_back=$1 _connections=$2 _script=$3
	shift 3
	spawn in_cgroup $BACK "$ACTOR" back "$_back"
	_services=$pid
	spawn in_cgroup $FRONT "$ACTOR" "$@" front 127.0.0.1:19301 "back=$_back"
	_services="$_services $pid"
	rm -f "$TMP/stop" "$TMP/said"
	mkfifo "$TMP/stop"
	"$DUMP" < "$TMP/stop" > "$TMP/dump" 2> "$TMP/said" &
	_dump=$!
	exec 8> "$TMP/stop"
	wait_until 20 grep -qs ready "$TMP/said"
	if [ -n "$unfinished" ]; then
		spawn bash -c 'exec 9<> /dev/tcp/127.0.0.1/19301; printf "GET /" >&9; sleep 600' 8>&-
		_services="$_services $pid"
		sleep 0.2
	fi
	run in_cgroup $LOAD "$SITU" load -q -n 211 -c "$_connections" \
		"http://127.0.0.1:19301/$_script" 8>&-
	_answered=$rc
	for _service in $_services; do
		end "$_service"
	done
	rc=$_answered
	exec 8>&-
	wait "$_dump"
}

# whole: of the traces that the load began, a line for each with a root and one call below it that all
# halves know, without flags that say otherwise: in us the root's CPU, its wall time without CPU,
# waits and the call, and the call's wall time without CPU and waits. Last a line with the number of
# all traces.
whole()
{
	awk -F '\t' -v load=$LOAD -v front=$FRONT -v back=$BACK '
	FNR == NR { if ($1 == "slot") name[$2] = $3; next }
	FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
	{ spans[$1]++ }
	$at["parent"] == -1 && name[$at["client"]] == load && name[$at["server"]] == front {
		roots[$1] = 1; flags[$1] += bad($at["flags"]); cpu[$1] = $at["cpu"]
		rest[$1] += $at["answered"] - $at["begun"] - used(); n[$1] = $at["spans"]
	}
	$at["parent"] == 0 && name[$at["client"]] == front && name[$at["server"]] == back &&
	$at["sent"] > 0 && $at["begun"] >= $at["sent"] && $at["read"] >= $at["answered"] {
		calls[$1]++; flags[$1] += bad($at["flags"])
		rest[$1] -= $at["read"] - $at["sent"]
		slept[$1] = $at["answered"] - $at["begun"] - used()
	}
	function used() { return $at["cpu"] + $at["runq"] + $at["throttled"] + $at["disk"] }
	function bad(flags) { return flags % 64 > 0 }
	END {
		for (trace in roots) {
			traces++
			if (calls[trace] != 1 || spans[trace] != 2 || n[trace] != 2 || flags[trace])
				continue
			print cpu[trace] / 1000, rest[trace] / 1000, slept[trace] / 1000
		}
		print traces + 0
	}' "$TMP/said" "$TMP/dump"
}

# usual COLUMN: the mean of the middle half, for what a host takes from a virtual machine meanwhile,
# some ms of this request and of that, is in the CPU time and in the sleep of those
usual()
{
	sed '$d' "$TMP/whole" | sort -n -k "$1,$1" | awk -v at="$1" '{ value[NR] = $at } END {
		for (i = int(NR / 4) + 1; i <= NR - int(NR / 4); i++) {
			sum += value[i]
			nr++
		}
		printf "%d\n", sum / (nr ? nr : 1) }'
}

# judge NAME PERCENT CPU-US SLEPT-US: so many traces are whole, the root's CPU and the call's sleep
# are known within 5 % or 50 us and what the service must do besides
judge()
{
	is "$rc" 0 "$1: the load succeeds"
	whole > "$TMP/whole"
	set -- "$1" "$2" "$3" "$4" "$(tail -n 1 "$TMP/whole")" "$(sed '$d' "$TMP/whole" | wc -l)" \
		"$(usual 1)" "$(usual 2)" "$(usual 3)"
	diag "$1: $5 traces, $6 whole: cpu $7 us, left over $8 us, call slept $9 us"
	ok "$([ "$5" -gt 40 ]; echo $?)" "$1: requests are followed"
	ok "$([ $((100 * $6)) -ge $(($5 * $2)) ]; echo $?)" "$1: $2 % of the trees are whole"
	ok "$([ "$7" -ge $(($3 - 50)) ] && [ "$7" -le $(($3 * 105 / 100 + 250)) ]; echo $?)" \
		"$1: the CPU time is the service's own"
	ok "$([ "$9" -ge $(($4 - 50)) ] && [ "$9" -le $(($4 * 105 / 100 + 150)) ]; echo $?)" \
		"$1: what is left of the call is its sleep"
}

unfinished=
STEPS="spin=2000,call=back(sleep=5000)"
measure 127.0.0.1:19302 1 "$STEPS"
judge "threads" 99 2000 5000
measure "$TMP/back1" 1 "$STEPS"
judge "a unix-domain socket" 99 2000 5000
measure 127.0.0.1:19302 8 "call=back(sleep=5000),spin=300" -m loop
judge "an event loop" 95 300 5000
measure 127.0.0.1:19302 80 "call=back(sleep=50000),spin=100" -m loop
is "$(grep span_full "$TMP/said")" "" "a request on each of 80 connections: all find a place"
judge "80 connections" 95 100 50000
unfinished=1
measure 127.0.0.1:19302 8 "call=back(sleep=5000),spin=300" -m loop
judge "an event loop with a request that does not end" 95 300 5000
unfinished=
# Nothing tells whose timer it is that a call comes behind.
measure 127.0.0.1:19302 8 "sleep=3000,call=back(sleep=5000)" -m loop
whole > "$TMP/whole"
diag "timers: $(tail -n 1 "$TMP/whole") traces, $(sed '$d' "$TMP/whole" | wc -l) whole"
ok "$([ "$(tail -n 1 "$TMP/whole")" -gt 40 ] && [ "$(sed '$d' "$TMP/whole" | wc -l)" -le 21 ]
echo $?)" "calls behind timers: nine of ten are nobody's"
measure "$TMP/back2" 8 "call=back(sleep=5000),spin=300" -m loop
judge "an event loop over unix-domain sockets" 95 300 5000
measure 127.0.0.1:19302 3 "call=back(sleep=5000),spin=300" -m pool -n 3
judge "a pool" 90 300 5000

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Known truths: CPU time against the cgroup's own account, run-queue wait of two who share a CPU,
# bytes of direct writes, turns of a conversation. The numbers of events are prime.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cgroup.sh"

need_root
own_network
need_command jq dd taskset
STIM=$TOP/build/tests/stim
need_file "$STIM/spin" "$STIM/echo" /sys/kernel/btf/vmlinux
make_cgroups busy bursts victim offender writer client server

# record NAME SCRIPT: measures while SCRIPT runs; the run is in $TMP/NAME.json
record()
{
	run "$SITU" record --quiet --json -i "${interval:-1m}" -o "$TMP/$1.db" -- sh -c "$2"
	printf '%s' "$out" > "$TMP/$1.json"
	[ "$rc" = 0 ] || diag "$err"
	is "$rc" 0 "$1: the recording succeeds"
}

# value NAME FILTER: a number out of the run
value()
{
	jq -r "$2" "$TMP/$1.json"
}

# service NAME SERVICE FILTER
service()
{
	value "$1" ".services[] | select(.name == \"$CGROUP/$2\") | $3"
}

# within GOT WANT PERMILLE NAME
within()
{
	awk -v got="$1" -v want="$2" -v permille="$3" 'BEGIN {
		d = got - want
		exit !(want > 0 && (d < 0 ? -d : d) <= want * permille / 1000)
	}'
	_result=$?
	[ $_result = 0 ] || diag "got $1, wanted $2 within $3 permille"
	ok $_result "$4"
}

usage_ns()
{
	awk '$1 == "usage_usec" { printf "%.0f", $2 * 1000 }' "$CGROUP_MOUNT$CGROUP/$1/cpu.stat"
}

# One long slice and many short ones, against cpu.stat.
record cpu "in_cgroup busy $STIM/spin 701 & in_cgroup bursts $STIM/spin 401 199 & wait"
within "$(service cpu busy .cpu_ns)" "$(usage_ns busy)" 10 "CPU time of a hog agrees with cpu.stat"
within "$(service cpu bursts .cpu_ns)" "$(usage_ns bursts)" 10 \
	"CPU time of 199 bursts agrees with cpu.stat"
ok "$([ "$(service cpu bursts .switches)" -ge 198 ]; echo $?)" "a switch for each burst at least"

# Two that share a CPU: what one waits is what the other runs, while both want to run.
record wait "in_cgroup victim taskset -c 0 $STIM/spin 503 &
	in_cgroup offender taskset -c 0 $STIM/spin 503 & wait"
both=$(( $(service wait victim .runq_wait_ns.sum) + $(service wait offender .runq_wait_ns.sum) ))
ran=$(( $(service wait victim .cpu_ns) + $(service wait offender .cpu_ns) ))
ok "$(awk -v w=$both -v r=$ran 'BEGIN { exit !(w >= 0.9 * r) }'; echo $?)" \
	"the waits of two who share a CPU cover what the two ran"

# Direct writes of a known size.
dd if=/dev/zero of="$TMP/file" bs=4096 count=1009 conv=fsync 2> /dev/null
record disk "in_cgroup writer dd if=/dev/zero of=$TMP/file bs=4096 count=1009 oflag=direct conv=notrunc"
is "$(service disk writer '[.disk[] | select(.op == "write") | .bytes] | add')" $((1009 * 4096)) \
	"bytes of 1009 direct writes, on the writer"
is "$(service disk writer '[.disk[] | select(.op == "write") | .errors] | add')" 0 "without an error"
is "$(service disk writer '[.disk[] | select(.op == "write") | .device_ns.count] | add')" \
	"$(service disk writer '[.disk[] | select(.op == "write") | .count] | add')" \
	"every write has a device time"

# A conversation of 211 turns with a server that takes 3 ms.
record tcp "in_cgroup server $STIM/echo serve 127.0.0.1 18211 3000 9973 > $TMP/listening &
	until [ -s $TMP/listening ]; do sleep 0.05; done
	in_cgroup client $STIM/echo ask 127.0.0.1 18211 211 1009 9973; wait"
edge()
{
	value tcp ".edges[] | select(.client == \"$CGROUP/client\" and
		.server == \"$CGROUP/server\") | $1"
}
is "$(edge .connections)" 1 "one connection"
is "$(edge .responses)" 211 "211 responses at the client"
is "$(edge .response_ns.count)" 211 "211 response times"
is "$(edge .service_ns.count)" 211 "211 server times"
is "$(edge .bytes_tx)" $((211 * 1009)) "bytes to the server"
is "$(edge .bytes_rx)" $((211 * 9973)) "bytes to the client"
is "$(edge .connect_ns.count)" 1 "one connect time"
is "$(edge .resets)" 0 "no reset"
ok "$(awk -v s="$(edge .service_ns.sum)" 'BEGIN { exit !(s >= 211 * 3e6) }'; echo $?)" \
	"the server's time has its 3 ms each"
ok "$(awk -v s="$(edge .service_ns.sum)" -v r="$(edge .response_ns.sum)" \
	'BEGIN { exit !(r >= s) }'; echo $?)" "the response time contains the server's"
is "$(service tcp client .net_tx_bytes)" $((211 * 1009)) "the client's service sent it"
is "$(service tcp server .net_rx_bytes)" $((211 * 1009)) "the server's service received it"

# A connection that was open before: adopted, with its turns counted from the second one on.
in_cgroup server "$STIM/echo" serve 127.0.0.1 18212 0 997 > "$TMP/open" &
wait_until 10 test -s "$TMP/open"
in_cgroup client "$STIM/echo" ask 127.0.0.1 18212 103 499 997 "$TMP/go" &
client=$!
sleep 0.3
record adopted "touch $TMP/go; while kill -0 $client 2> /dev/null; do sleep 0.05; done"
adopted()
{
	value adopted ".edges[] | select(.client == \"$CGROUP/client\" and
		.server == \"$CGROUP/server\") | $1"
}
is "$(adopted .connections)" 0 "an open connection is not opened again"
is "$(adopted .responses)" 102 "103 responses but the first, by which the client is adopted"
is "$(adopted .service_ns.count)" 102 "and as many server times"
is "$(value adopted '[.edges[] | select(.server == "'"$CGROUP"'/server" or
	.client == "'"$CGROUP"'/client")] | length')" 1 "both halves are one edge"

# Two thousand cgroups that come and go: each has its row, no slot runs out.
interval=1s
record churn 'i=0; while [ $i -lt 2003 ]; do
	i=$((i + 1)); mkdir "$CGROUP_MOUNT$CGROUP/churn$i"
	sh -c "echo 0 > $CGROUP_MOUNT$CGROUP/churn$i/cgroup.procs"
	rmdir "$CGROUP_MOUNT$CGROUP/churn$i"; done'
is "$(value churn '[.services[] | select(.name | test("churn[0-9]+")) | .name] | unique | length')" \
	2003 "2003 cgroups that lived for a process each have a row"
is "$(value churn '.losses.owner_full // 0')" 0 "and no slot was missing"

# Who made whom wait.
is "$(service wait victim '.waited_for_ns | to_entries | max_by(.value) | .key')" \
	"$CGROUP/offender" "the victim waited for the offender"

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# TCP by known truths: times over a wire of known delay, segments sent again against the kernel's
# own count, IPv6 and v4-mapped peers, pipelining, long polls, pauses, resets, connections that
# were open before, those whose role nobody can tell, and more edges than there are rows.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cgroup.sh"

need_root
own_network
need_command jq ip ss
STIM=$TOP/build/tests/stim
need_file "$STIM/talk" "$STIM/wire" /sys/kernel/btf/vmlinux
make_cgroups client server
CLIENT=$CGROUP/client SERVER=$CGROUP/server
# A page of the kernel's buckets: the middle of one is within a sixteenth of its values.
BUCKET=0.0625

# listen ADDRESS PORT...: a server of talk's in its cgroup, whose $pid is set
listen()
{
	: > "$TMP/listening"
	spawn in_cgroup server "$STIM/talk" serve "$@" > "$TMP/listening"
	at_exit "kill -KILL -- -$pid 2> /dev/null; wait $pid 2> /dev/null"
	wait_until 10 test -s "$TMP/listening" || bail "nothing listens on $1"
}

# measured COMMAND...: into $TMP/run.json what is measured meanwhile, in the client's cgroup;
# what the command wrote stands in $TMP/said
measured()
{
	run "$SITU" record -q --json -i 1m -o "$TMP/tcp.db" -- \
		sh -c 'out=$1; shift; in_cgroup client "$@" > "$out"' sh "$TMP/said" "$@"
	[ "$rc" = 0 ] || diag "$err" "$(cat "$TMP/said")"
	printf '%s\n' "$out" > "$TMP/run.json"
}

# edge FILTER: of all edges between the two services, one behind the other
edge()
{
	jq -r --arg c "$CLIENT" --arg s "$SERVER" \
		".edges[] | select(.client == \$c and .server == \$s) | $1" "$TMP/run.json"
}

# said WORD: the number behind it
said()
{
	sed -n "s/.*$1 \([0-9]*\).*/\1/p" "$TMP/said"
}

# between LOW GOT HIGH NAME
between()
{
	awk -v l="$1" -v g="$2" -v h="$3" 'BEGIN { exit !(g != "" && l + 0 <= g + 0 && g + 0 <= h + 0) }'
	_result=$?
	[ $_result = 0 ] || diag "got $2, wanted $1 to $3"
	ok $_result "$4"
}

# as_said LEAST_NS FILTER WORD NAME: at least what is known, at most what the client saw
as_said()
{
	between "$(awk -v l="$1" -v b=$BUCKET 'BEGIN { print l * (1 - b) }')" "$(edge "$2")" \
		"$(awk -v s="$(said "$3")" -v b=$BUCKET 'BEGIN { print s * (1 + b) }')" "$4"
}

retransmitted()
{
	awk '$1 == "Tcp:" { if ($13 ~ /^[0-9]+$/) print $13 }' /proc/net/snmp
}

# wire PORT DELAY_US [NTH]: the peer 10.83.0.2 is this machine, that far away
wire()
{
	mkfifo "$TMP/end" 2> /dev/null
	exec 8<> "$TMP/end"
	: > "$TMP/made"
	"$STIM/wire" wire0 "$@" > "$TMP/made" < "$TMP/end" &
	wire_pid=$!
	wait_until 10 test -s "$TMP/made" || return 1
	ip addr add 10.83.0.1 peer 10.83.0.2 dev wire0
	ip link set wire0 up
}

# Sets $dropped: how many segments were.
cut_wire()
{
	echo > "$TMP/end"
	wait "$wire_pid"
	dropped=$(sed -n 2p "$TMP/made")
}

# Runs a command and waits until nothing is under way on this network's connections any more.
cat > "$TMP/then_closed" << 'END'
#!/bin/sh
"$@" || exit
tries=0
while [ -n "$(ss -Htan exclude time-wait exclude listening)" ] && [ $tries -lt 200 ]; do
	tries=$((tries + 1))
	sleep 0.05
done
END
chmod +x "$TMP/then_closed"

check_wire()
{
	listen 0.0.0.0 18301 7 101 997 3000
	measured "$TMP/then_closed" "$STIM/talk" ask 10.83.0.2 18301 7 101 997 13 turns
	is "$rc" 0 "wire: the conversations are measured"
	is "$(edge .connections)" 7 "wire: 7 connections"
	is "$(edge .connect_ns.count)" 7 "wire: 7 connect times"
	is "$(edge .open)" 0 "wire: none is open any more"
	is "$(edge .responses)" 91 "wire: 7 times 13 responses"
	is "$(edge .service_ns.count)" 91 "wire: as many server times"
	is "$(edge .bytes_tx)" $((91 * 101)) "wire: bytes to the server"
	is "$(edge .bytes_rx)" $((91 * 997)) "wire: bytes to the client"
	as_said 20e6 .connect_ns.p50 connect "wire: connecting takes both ways, 20 ms"
	as_said 23e6 .response_ns.p50 response "wire: a response takes both ways and the server's 3 ms"
	between 2.8e6 "$(edge .service_ns.p50)" "$(said response)" "wire: the server takes 3 ms"
	between 20e6 "$(edge .network_ns.sum/.network_ns.count)" $(($(said sum) / 91 - 3000000)) \
		"wire: the network is the rest"
	as_said 20e6 .rtt_ns.p50 connect "wire: the round trip, without the server"
	is "$(edge .retransmits)" "$(($(retransmitted) - before))" \
		"wire: segments sent again, by the kernel's count"
}

before=$(retransmitted)
if wire 18301 10000; then
	check_wire
	cut_wire
	is "$dropped" 0 "wire: it loses nothing"
	wire 18302 1000 11
	before=$(retransmitted)
	listen 0.0.0.0 18302 5 101 997 0
	measured "$TMP/then_closed" "$STIM/talk" ask 10.83.0.2 18302 5 101 997 23 turns
	cut_wire
	between 10 "$dropped" 1000 "loss: every 11th request is lost"
	is "$(edge .retransmits)" "$(($(retransmitted) - before))" \
		"loss: segments sent again, by the kernel's count"
	between "$dropped" "$(edge .retransmits)" 1000 "loss: each of them at least once"
	is "$(edge .responses)" 115 "loss: 5 times 23 responses all the same"
	is "$(edge .bytes_tx)" $((115 * 101)) "loss: no byte is counted twice"
else
	skip "no /dev/net/tun" 20
fi

# One edge each, called by the address that the client dialled.
listen ::1 18303 3 101 997 0
measured "$STIM/talk" ask ::1 18303 3 101 997 17
is "$(edge '[.server_addr, .connections, .responses] | @tsv')" "$(printf '[::1]:18303\t3\t51')" \
	"IPv6"
listen :: 18304 5 101 997 0
measured sh -c "$STIM/talk ask ::ffff:127.0.0.1 18304 2 101 997 17 &&
	$STIM/talk ask 127.0.0.1 18304 3 101 997 17"
is "$(edge '[.server_addr, .connections, .responses] | @tsv')" \
	"$(printf '127.0.0.1:18304\t5\t85')" "v4-mapped and IPv4 are one peer"

# 17 requests at once, answered one after the other, 3 ms each.
listen 127.0.0.1 18305 3 101 997 3000
measured "$STIM/talk" ask 127.0.0.1 18305 3 101 997 17 pipeline
between 3 "$(edge .responses)" 51 "pipelining: a turn or more a connection, not more than requests"
is "$(edge .response_ns.count)" "$(edge .responses)" "pipelining: each has a time"
between 0 "$(edge .response_ns.sum)" "$(jq .run.duration_s*1e9 "$TMP/run.json")" \
	"pipelining: no time is counted twice"
between 0 "$(edge .service_ns.sum)" "$(jq .run.duration_s*1e9 "$TMP/run.json")" \
	"pipelining: nor on the server"
is "$(edge .bytes_tx)" $((51 * 101)) "pipelining: bytes to the server"
is "$(edge .bytes_rx)" $((51 * 997)) "pipelining: bytes to the client"

# Longer than keep-alive is idle: its probes go on meanwhile.
listen 127.0.0.1 18306 1 101 997 2300000
measured "$STIM/talk" ask 127.0.0.1 18306 1 101 997 1
is "$(edge '[.responses, .response_ns.count, .service_ns.count] | @tsv')" "$(printf '1\t1\t1')" \
	"long poll: one response"
between 2300e6 "$(edge .response_ns.sum)" "$(said sum)" "long poll: has its whole time"
between 2300e6 "$(edge .service_ns.sum)" "$(edge .response_ns.sum)" "long poll: on the server, too"

# The client's pauses are nobody's latency.
listen 127.0.0.1 18307 1 101 997 0
measured "$STIM/talk" ask 127.0.0.1 18307 1 101 997 3 turns 1300
is "$(edge '[.responses, .response_ns.count, .service_ns.count] | @tsv')" "$(printf '3\t3\t3')" \
	"pauses: three responses"
between 1 "$(edge .response_ns.sum)" "$(said sum)" "pauses: are not in the response time"
between 1 "$(edge .service_ns.sum)" "$(said sum)" "pauses: nor in the server's"

listen 127.0.0.1 18308 13 101 997 0
measured "$STIM/talk" ask 127.0.0.1 18308 13 101 997 2 reset
is "$(edge '[.connections, .resets, .responses, .open] | @tsv')" "$(printf '13\t13\t26\t0')" \
	"13 connections end with a reset"
measured "$STIM/talk" ask 127.0.0.1 18309 5 1 1 1 refused
is "$(jq -r --arg c "$CLIENT" '.edges[] | select(.client == $c) |
	[.server, .connections, .resets, .open] | @tsv' "$TMP/run.json")" \
	"$(printf '127.0.0.1:18309\t0\t5\t0')" "5 are refused"

# 11 connections that stay: opened while measured, then open before, then with more requests.
cat > "$TMP/until" << 'END'
#!/bin/sh
until [ "$(grep -c held "$1")" = "$2" ]; do sleep 0.05; done
END
chmod +x "$TMP/until"
listen 127.0.0.1 18310 11 101 997 0
# Its pid would be the recorder's child: it outlives the recording.
measured sh -c "setsid $STIM/talk ask 127.0.0.1 18310 11 101 997 3 hold $TMP/go > $TMP/held 2>&1 &
	$TMP/until $TMP/held 1"
at_exit "touch $TMP/go; wait_until 10 grep -q sum $TMP/held"
is "$(edge '[.connections, .open, .responses] | @tsv')" "$(printf '11\t11\t11')" \
	"11 connections are open at the end"
measured sh -c "touch $TMP/go; $TMP/until $TMP/held 2"
is "$(edge '[.connections, .open] | @tsv')" "" "the listener is gone: no edge of theirs"
is "$(jq .losses.conn_no_role "$TMP/run.json")" 11 "11 servers' ends without a role, said so"
is "$(jq -r --arg c "$CLIENT" '[.edges[] | select(.client == $c) | .open, .connections, .responses] |
	@tsv' "$TMP/run.json")" "$(printf '11\t0\t22')" \
	"the clients' ends are known by their ports: two of three turns, the first adopts"
touch "$TMP/go"
wait_until 10 grep -q sum "$TMP/held"

# The same with a listener that stays: one connection more than there are.
listen 127.0.0.1 18311 12 101 997 0
setsid in_cgroup client "$STIM/talk" ask 127.0.0.1 18311 11 101 997 3 hold "$TMP/go2" > "$TMP/held" 2>&1 &
wait_until 10 "$TMP/until" "$TMP/held" 1
measured sh -c "touch $TMP/go2; $TMP/until $TMP/held 2"
touch "$TMP/go2"
is "$(edge '[.connections, .open, .responses] | @tsv')" "$(printf '0\t11\t22')" \
	"open before, with a listener: both ends known"
is "$(jq '.losses.conn_no_role // 0' "$TMP/run.json")" 0 "and nobody without a role"
in_cgroup client "$STIM/talk" ask 127.0.0.1 18311 1 101 997 1 > /dev/null

# More pairs than there are rows: what has one is right, what has none is counted.
listen 0.0.0.0 18312 2111 101 997 0
measured "$STIM/talk" ask 127.2.0.1 18312 2111 101 997 2 spread
is "$rc" 0 "2111 edges: measured"
rows=$(edge .server_addr | wc -l)
between 2000 "$rows" 2048 "2111 edges: as many as there are rows for"
is "$(edge '[.connections, .responses, .bytes_tx] | @tsv' | sort -u)" "$(printf '1\t2\t202')" \
	"2111 edges: each of these is right"
# So are those of whoever else connects meanwhile.
between $((2111 - rows)) "$(jq .losses.edge_full "$TMP/run.json")" 9999 \
	"2111 edges: the others are counted"

# Only in hierarchies of v1, as some engines have their containers: the sockets do not say whose.
# Both ends start outside, for what is recorded has a cgroup v2.
if [ -n "$CGROUP_MOUNT" ] && [ "$CGROUP_MOUNTS" != "$CGROUP_MOUNT " ]; then
	all_mounts=$CGROUP_MOUNTS
	CGROUP_MOUNTS=${CGROUP_MOUNTS#"$CGROUP_MOUNT"}
	listen 127.0.0.1 18313 3 101 997 0
	# shellcheck disable=SC2016 # for the shell within
	setsid sh -c 'until [ -e "$1" ]; do sleep 0.05; done; shift; exec in_cgroup client "$@"' sh \
		"$TMP/go3" "$STIM/talk" ask 127.0.0.1 18313 3 101 997 17 > "$TMP/asked" 2>&1 &
	measured sh -c "touch $TMP/go3; until grep -q sum $TMP/asked; do sleep 0.05; done"
	is "$(edge '[.connections, .open, .responses, .service_ns.count] | @tsv')" \
		"$(printf '3\t0\t51\t51')" "v1: connect() and the first read tell the owners"
	listen 127.0.0.1 18314 12 101 997 0
	setsid in_cgroup client "$STIM/talk" ask 127.0.0.1 18314 11 101 997 4 hold "$TMP/go4" \
		> "$TMP/held" 2>&1 &
	wait_until 10 "$TMP/until" "$TMP/held" 1
	measured sh -c "touch $TMP/go4; $TMP/until $TMP/held 2"
	touch "$TMP/go4"
	is "$(edge '[.connections, .open, .responses] | @tsv')" "$(printf '0\t11\t33')" \
		"v1: open before: the readers tell"
	in_cgroup client "$STIM/talk" ask 127.0.0.1 18314 1 101 997 1 > /dev/null
	wait_until 10 grep -q sum "$TMP/held"
	CGROUP_MOUNTS=$all_mounts
else
	skip "no v1 hierarchies beside v2 here" 2
fi

finish

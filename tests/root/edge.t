#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The number of responses that the kernel saw on the edge load -> web is the load generator's own,
# for kept and for new connections and in an open loop; and both see the same latency.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cgroup.sh"

need_root
own_network
need_command jq nginx
need_file /sys/kernel/btf/vmlinux
make_cgroups load web

mkdir "$TMP/www"
head -c 9973 /dev/zero > "$TMP/www/page"
cat > "$TMP/nginx.conf" << EOF2
daemon off; worker_processes 1; pid $TMP/nginx.pid; error_log stderr error; user root;
events { worker_connections 512; }
http {
	access_log off;
	server { listen 127.0.0.1:18080; keepalive_requests 1000000; root $TMP/www; }
}
EOF2
in_cgroup web nginx -c "$TMP/nginx.conf" 2> "$TMP/nginx.log" &
nginx=$!
at_exit "kill $nginx; wait $nginx 2> /dev/null"
wait_until 10 test -s "$TMP/nginx.pid"
ok $? "nginx is up" || diag "$(cat "$TMP/nginx.log")"

retransmitted()
{
	awk '$1 == "Tcp:" { if ($13 ~ /^[0-9]+$/) print $13 }' /proc/net/snmp
}

# check NAME OPTIONS TEST...: a load with these options, measured; the number of its connections
# then stands the test, which may be "-eq 7"
check()
{
	name=$1
	options=$2
	shift 2
	before=$(retransmitted)
	# shellcheck disable=SC2086 # options are words
	run "$SITU" record -q --json -o "$TMP/$name.db" -- in_cgroup load \
		"$SITU" load --quiet --json $options http://127.0.0.1:18080/page
	is "$rc" 0 "$name: the load succeeds"
	# Two documents: the load's own result, then the recording.
	printf '%s' "$out" | jq -s '.[0].endpoints[] | select(.name == "all")' > "$TMP/client"
	printf '%s' "$out" | jq -s --arg c "$CGROUP" '.[1].edges[] |
		select(.client == $c + "/load" and .server == $c + "/web")' > "$TMP/edge"
	is "$(jq .responses "$TMP/edge")" "$(jq .answered "$TMP/client")" \
		"$name: the kernel's responses are the generator's answers"
	is "$(jq .response_ns.count "$TMP/edge")" "$(jq .answered "$TMP/client")" \
		"$name: a response time each"
	is "$(jq .service_ns.count "$TMP/edge")" "$(jq .answered "$TMP/client")" \
		"$name: a server time each"
	ok "$(test "$(jq .connections "$TMP/edge")" "$@"; echo $?)" "$name: connections"
	# Nothing, but for a timer that runs while the machine is held up.
	is "$(jq .retransmits "$TMP/edge")" $(($(retransmitted) - before)) \
		"$name: segments sent again, by the kernel's count"
	ok "$(jq -n --slurpfile c "$TMP/client" --slurpfile e "$TMP/edge" \
		'if $c[0].latency_uncorrected_ns.sum >= $e[0].response_ns.sum then 0 else 1 end')" \
		"$name: the client's time contains the edge's"
}

check kept "-n 1009 -c 7" -eq 7
is "$(jq .answered "$TMP/client")" 1009 "all 1009 were answered"
check fresh "-n 211 -c 3 --no-keepalive" -eq 211
check paced "-r 500 -c 5 -d 2s" -le 5

finish

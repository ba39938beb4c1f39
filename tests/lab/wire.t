#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whose milliseconds, when a link is slow: two hosts with 3 ms of cable between them. The delay is
# the network row of the edge over it, and is in no other row.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/root/cgroup.sh"
. "$TOP/tests/lab/lab.sh"

need_lab
own_network
need_command ip nsenter ss
lab_cgroups load front mid back wire

for host in a b; do
	net=situ-lab-$$-$host
	ip netns add "$net" && at_exit "ip netns del $net" || bail "no network namespace"
	ip link add "near-$host" type veth peer name far netns "$net"
	ip link set "near-$host" up promisc on
	ip -n "$net" link set lo up
	ip -n "$net" link set far up
done
ip -n "situ-lab-$$-a" address add 10.84.0.1/24 dev far
ip -n "situ-lab-$$-b" address add 10.84.0.2/24 dev far
on() { echo "nsenter --net=/run/netns/situ-lab-$$-$1"; }

spawn in_cgroup wire "$LAB/wire" near-a near-b 3000
at_exit "end $pid"
# shellcheck disable=SC2034 # prefix is actor's and measure's
services()
{
	prefix=$(on b)
	actor back back 10.84.0.2:9003
	prefix=$(on a)
	actor mid mid 10.84.0.1:9002
	actor front front 10.84.0.1:9001 mid=10.84.0.1:9002 back=10.84.0.2:9003
	wait_until 10 answer || bail "the services do not answer"
}

# None of them calls another one yet.
answer()
{
	for _at in 10.84.0.1:9001 10.84.0.1:9002 10.84.0.2:9003; do
		$(on a) curl -fs -o /dev/null "http://$_at/tag=first" || return 1
	done
}

wire()
{
	alone wire "-n 101 -c 2" \
		"http://10.84.0.1:9001/tag=wire,spin=500,call=mid(sleep=1000),call=back(sleep=1000)"
}
fork()
{
	alone fork "-n 101 -c 2" \
		"http://10.84.0.1:9001/tag=fork,call=back(sleep=1000)mid(sleep=19000)"
}
claims_wire()
{
	claim_alone wire "$TMP/truth/front" "$TMP/truth/mid" "$TMP/truth/back"
	network=$(row wire front/back network)
	[ "${network%.*}" -ge 6000000 ]
	claim_that $? "both ways over the slow link are its network row" "$network ns"
	network=$(row wire front/mid network)
	[ "${network%.*}" -le 1000000 ]
	claim_that $? "and no way that goes past it" "$network ns"
}
claims_fork()
{
	claim_alone fork "$TMP/truth/front" "$TMP/truth/mid" "$TMP/truth/back"
}
judged_again wire claims_wire
judged_again fork claims_fork

finish

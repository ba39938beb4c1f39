#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whose milliseconds, through a container engine's published ports: containers of a Docker daemon of
# our own call each other by the host's address, so that the kernel translates every address.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cgroup.sh"
. "$TOP/tests/lab/lab.sh"

need_lab
own_network
need_command dockerd docker runc iptables ss
make_cgroups load

# Left by a stopped daemon: its mounts, and its parent of all containers unless it was there before.
leave_nothing()
{
	findmnt -rno TARGET | grep "^$TMP/" | sort -r | while read -r mount; do
		umount "$mount"
	done
	[ -z "$alone" ] || for tree in $CGROUP_MOUNT /sys/fs/cgroup/*; do
		[ ! -d "$tree/docker" ] || rmdir "$tree/docker"
	done
}
alone=yes
[ ! -d "$CGROUP_MOUNT/docker" ] || alone=''
at_exit leave_nothing
export DOCKER_HOST="unix://$TMP/sock" DOCKER_CONFIG="$TMP"
spawn dockerd --data-root "$TMP/data" --exec-root "$TMP/exec" -p "$TMP/pid" -H "$DOCKER_HOST" \
	--storage-driver=vfs --userland-proxy=false --bip=10.85.0.1/24 > "$TMP/log" 2>&1
at_exit "docker rm -f \$(docker ps -aq) > /dev/null 2>&1; end $pid"
wait_until 30 docker version > /dev/null 2>&1 || {
	diag "$(tail -n 5 "$TMP/log")"
	skip_all "dockerd does not start here"
}
mkdir "$TMP/image"
cp "$LAB/actor" "$TMP/image/actor"
tar -C "$TMP/image" -c . | docker import - lab > /dev/null || bail "no image"

# container NAME PORT PEER...: publishes PORT on the host
container()
{
	_name=$1 _port=$2
	shift 2
	docker run -d --name "$_name" -p "10.85.0.1:$_port:9000" -v "$TMP/truth:/truth" lab /actor \
		-t "/truth/$_name" "$_name" 0.0.0.0:9000 "$@" > /dev/null || bail "no container $_name"
}
services()
{
	container back 9003
	container mid 9002 back=10.85.0.1:9003
	container front 9001 mid=10.85.0.1:9002
	wait_until 10 answer || bail "the containers do not answer: $(docker logs front 2>&1)"
}

# None of them calls another one yet.
answer()
{
	for _port in 9001 9002 9003; do
		curl -fs -o /dev/null "http://10.85.0.1:$_port/tag=first" || return 1
	done
}

script="spin=1000,sleep=1000,call=mid(spin=1000,call=back(sleep=2000))"
published()
{
	alone published "-n 101 -c 2" "http://10.85.0.1:9001/tag=published,$script"
	containers_end
}
closing()
{
	alone closing "-n 101 -c 2 --no-keepalive" "http://10.85.0.1:9001/tag=closing,$script"
	containers_end
}
containers_end()
{
	docker stop front mid back > /dev/null
	docker rm front mid back > /dev/null
}
claims_published() { claim_alone published "$TMP/truth"/*; }
claims_closing() { claim_alone closing "$TMP/truth"/*; }
judged_again published claims_published
judged_again closing claims_closing
finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Cgroups of this kernel and containers of a real Docker daemon are called by their names.
. "$(dirname "$0")/../lib.sh"

need_root
probe=$TOP/build/tests/unit/test_names_live
need_file "$probe"
v2=$(findmnt -rnt cgroup2 -o TARGET | head -n 1)
[ -n "$v2" ] || skip_all "no cgroup v2 hierarchy is mounted"
export DOCKER_HOST=unix:///nowhere/docker.sock CONTAINER_HOST=unix:///nowhere/podman.sock

# Cgroups that nobody manages.
below=/situ-test-names-$$
at_exit "find '$v2$below' -depth -type d -exec rmdir {} \\;"
unit=$below/my\\x2dapp.service/worker
mkdir -p "$v2$below/web" "$v2$unit" "$v2$below/dying" || bail "cannot make cgroups in $v2"
is "$("$probe" "$below/web")" "v2|$below/web|path|$below/web" \
	"a plain cgroup is called by its path, found by its id"
is "$("$probe" "$unit")" "v2|my-app.service|unit|$unit" "a unit's name is unescaped"
is "$("$probe" / | grep '^v2|')" "v2|(root)|path|/" "the root is the root"
is "$(setpriv --bounding-set -dac_read_search "$probe" "$below/web" 2>&1)" \
	"v2|$below/web|path|$below/web" "without CAP_DAC_READ_SEARCH the tree is walked"
id=$(stat -c %i "$v2$below/dying")
rmdir "$v2$below/dying"
is "$("$probe" "id:$id")" "v2|…/hint (gone)|gone|-" "a dead cgroup is told from a living one"

# Containers of a Docker daemon of our own.
without_docker()
{
	skip "$1" 7
	finish
}

for program in dockerd docker runc busybox; do
	command -v $program > /dev/null || without_docker "$program is not installed"
done
busybox=$(command -v busybox)
! ldd "$busybox" > /dev/null 2>&1 || without_docker "busybox needs libraries: busybox-static"
export DOCKER_HOST="unix://$TMP/sock" DOCKER_CONFIG="$TMP"

# Left by a stopped daemon: its mounts below its own directory, and its parent of all containers,
# which goes only when it is empty and was not there before.
leave_nothing()
{
	findmnt -rno TARGET | grep "^$TMP/" | sort -r | while read -r mount; do
		umount "$mount"
	done
	[ -z "$alone" ] || for tree in "$v2" /sys/fs/cgroup/*; do
		[ ! -d "$tree/docker" ] || rmdir "$tree/docker"
	done
}
alone=yes
[ ! -d "$v2/docker" ] || alone=''
at_exit leave_nothing
spawn dockerd --data-root "$TMP/data" --exec-root "$TMP/exec" -p "$TMP/pid" -H "$DOCKER_HOST" \
	--iptables=false --bridge=none --storage-driver=vfs > "$TMP/log" 2>&1
# shellcheck disable=SC2154 # set by spawn
at_exit "docker rm -f \$(docker ps -aq) > /dev/null 2>&1; end $pid"
wait_until 30 docker version > /dev/null 2>&1 || {
	diag "$(tail -n 5 "$TMP/log")"
	without_docker "dockerd does not start here"
}
mkdir -p "$TMP/image/bin"
cp "$busybox" "$TMP/image/bin/busybox"
tar -C "$TMP/image" -c . | docker import - situ-test > /dev/null

# Starts a container of that name with those labels and prints its v2 cgroup.
container()
{
	_name=$1
	shift
	docker run -d --network none --name "$_name" "$@" situ-test /bin/busybox sleep 300 \
		> /dev/null || return 1
	sed -n 's/^0:://p' "/proc/$(docker inspect -f '{{.State.Pid}}' "$_name")/cgroup"
}

compose()
{
	container "$1-$2-$3" --label "com.docker.compose.project=$1" \
		--label "com.docker.compose.service=$2"
}

# What the v2 cgroups given are called, in one line.
called()
{
	"$probe" "$@" | grep '^v2|' | cut -d '|' -f 2,3 | xargs
}

web1=$(compose shop web 1)
web2=$(compose shop web 2)
other=$(compose blog web 1)
plain=$(container cache)
like "$web1" '[0-9a-f]{64}' "a container has a cgroup of its own in version 2"
is "$(called "$web1" "$web2")" "web|compose web|compose" \
	"replicas of a compose service are that service"
is "$(called "$web1" "$other")" "web|compose blog/web|compose" \
	"a second project's service of the same name is kept apart"
is "$("$probe" "$plain" | cut -d '|' -f 2,3 | sort -u)" "cache|container" \
	"without labels the container's name counts, in every hierarchy"
is "$(called "$below" "$plain" "$below/web")" \
	"$below|path cache|container $below/web|path" "what is no container is not asked for"
short=$(docker ps -q -f name=cache)
is "$(DOCKER_HOST=unix:///nowhere called "$plain")" "docker/$short|container id" \
	"without the engine the id is left"
docker rm -f cache > /dev/null
is "$("$probe" "$plain")" "" "a removed container leaves no cgroup"
finish

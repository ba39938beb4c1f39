# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# cgroups of a test's own, in the v2 hierarchy and, as an engine makes them, at the same path of
# the v1 hierarchies that are mounted. Sourced behind ../lib.sh:
#	make_cgroups NAME...     makes them, removed at the end; their paths begin with $CGROUP
#	in_cgroup NAME COMMAND   runs COMMAND there: in scripts of `situ record -- sh -c` too
#	cgroup_usage_ns NAME     prints the CPU time that the kernel has counted
# The controllers that v2 has for them are enabled; $CGROUP_CONTROLLERS, if set, names others.

CGROUP_MOUNT=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
CGROUP_MOUNTS="$CGROUP_MOUNT $(awk '$3 == "cgroup" &&
	$4 ~ /(^|,)(cpu|cpuacct|memory|blkio)(,|$)/ { printf "%s ", $2 }' /proc/self/mounts)"
CGROUP=/situ-test.$$
export CGROUP CGROUP_MOUNT CGROUP_MOUNTS

_enable_controllers()
{
	for _controller in ${CGROUP_CONTROLLERS-$(cat "$CGROUP_MOUNT$CGROUP/cgroup.controllers")}; do
		echo "+$_controller" > "$CGROUP_MOUNT$CGROUP/cgroup.subtree_control"
	done
}

make_cgroups()
{
	[ -n "${CGROUP_MOUNTS# }" ] || skip_all "no cgroup hierarchy is mounted"
	for _mount in $CGROUP_MOUNTS; do
		for _name; do
			mkdir -p "$_mount$CGROUP/$_name"
		done
	done
	at_exit 'for _mount in $CGROUP_MOUNTS; do
		find "$_mount$CGROUP" -depth -type d -exec rmdir {} +
	done'
	[ -z "$CGROUP_MOUNT" ] || _enable_controllers
}

cgroup_usage_ns()
{
	if [ -n "$CGROUP_MOUNT" ]; then
		awk '$1 == "usage_usec" { printf "%.0f\n", $2 * 1000 }' \
			"$CGROUP_MOUNT$CGROUP/$1/cpu.stat"
		return
	fi
	for _mount in $CGROUP_MOUNTS; do
		[ ! -e "$_mount$CGROUP/$1/cpuacct.usage" ] || cat "$_mount$CGROUP/$1/cpuacct.usage"
	done
}

cat > "$TMP/in_cgroup" << 'END'
#!/bin/sh
# A slice is charged to where it ends: with SETTLE seconds before, it begins right here.
[ -z "${SETTLE:-}" ] || sleep "$SETTLE"
for mount in $CGROUP_MOUNTS; do
	echo 0 > "$mount$CGROUP/$1/cgroup.procs"
done
shift
exec "$@"
END
chmod +x "$TMP/in_cgroup"
PATH=$TMP:$PATH

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# cgroups of a test's own, in the v2 hierarchy and, as an engine makes them, at the same path of
# the v1 hierarchies that are mounted beside it. Sourced behind ../lib.sh:
#	make_cgroups NAME...     makes them, removed at the end; their paths begin with $CGROUP
#	in_cgroup NAME COMMAND   runs COMMAND there: in scripts of `situ record -- sh -c` too

CGROUP_MOUNT=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
CGROUP_MOUNTS="$CGROUP_MOUNT $(findmnt -n -t cgroup -o TARGET,OPTIONS |
	awk '$2 ~ /(^|,)(cpu|cpuacct|memory|blkio)(,|$)/ { print $1 }' | tr '\n' ' ')"
CGROUP=/situ-test.$$
export CGROUP CGROUP_MOUNT CGROUP_MOUNTS

make_cgroups()
{
	[ -n "$CGROUP_MOUNT" ] || skip_all "no cgroup v2 is mounted"
	for _mount in $CGROUP_MOUNTS; do
		for _name; do
			mkdir -p "$_mount$CGROUP/$_name"
		done
	done
	at_exit 'for _mount in $CGROUP_MOUNTS; do
		find "$_mount$CGROUP" -depth -type d -exec rmdir {} +
	done'
}

cat > "$TMP/in_cgroup" << 'END'
#!/bin/sh
for mount in $CGROUP_MOUNTS; do
	echo 0 > "$mount$CGROUP/$1/cgroup.procs"
done
shift
exec "$@"
END
chmod +x "$TMP/in_cgroup"
PATH=$TMP:$PATH

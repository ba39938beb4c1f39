# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# cgroups of a test's own below the v2 mount, sourced behind ../lib.sh:
#	make_cgroups NAME...     makes them, removed at the end; their paths begin with $CGROUP
#	in_cgroup NAME COMMAND   runs COMMAND there: in scripts of `situ record -- sh -c` too

CGROUP_MOUNT=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
CGROUP=/situ-test.$$
export CGROUP CGROUP_MOUNT

make_cgroups()
{
	[ -n "$CGROUP_MOUNT" ] || skip_all "no cgroup v2 is mounted"
	for _name; do
		mkdir -p "$CGROUP_MOUNT$CGROUP/$_name"
	done
	at_exit 'find "$CGROUP_MOUNT$CGROUP" -depth -type d -exec rmdir {} +'
}

cat > "$TMP/in_cgroup" <<'END'
#!/bin/sh
echo 0 > "$CGROUP_MOUNT$CGROUP/$1/cgroup.procs"
shift
exec "$@"
END
chmod +x "$TMP/in_cgroup"
PATH=$TMP:$PATH

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Stimuli of known size, each under `situ record`; sourced behind ../lib.sh and cgroup.sh.
# `stimulate DIR` leaves what checks.sh looks at, there or on another machine:
#	DIR/NAME.json, NAME.rc, NAME.err	a recording, how it ended, what it said
#	DIR/SERVICE.usage_ns			CPU time of a service by the kernel's own account
#	DIR/cgroup				the path that the services' names begin with
# The numbers of events are prime.

STIM=$TOP/build/tests/stim

# record DIR NAME SCRIPT: measures while SCRIPT runs
record()
{
	run "$SITU" record --quiet --json -o "$TMP/$2.db" -- sh -c "$3"
	cp "$TMP/.out" "$1/$2.json"
	cp "$TMP/.err" "$1/$2.err"
	echo "$rc" > "$1/$2.rc"
}

# One long slice and many short ones.
stimulate_cpu()
{
	record "$1" cpu "in_cgroup busy $STIM/spin 701 & in_cgroup bursts $STIM/spin 401 199 & wait"
	cgroup_usage_ns busy > "$1/busy.usage_ns"
	cgroup_usage_ns bursts > "$1/bursts.usage_ns"
}

# Two that share a CPU: what one waits is what the other runs, while both want to run.
stimulate_wait()
{
	record "$1" wait "in_cgroup victim taskset -c 0 $STIM/spin 503 &
		in_cgroup offender taskset -c 0 $STIM/spin 503 & wait"
}

# Direct writes of a known size, to blocks that the file has already.
stimulate_disk()
{
	dd if=/dev/zero of="$TMP/file" bs=4096 count=1009 conv=fsync 2> /dev/null
	record "$1" disk "in_cgroup writer \
		dd if=/dev/zero of=$TMP/file bs=4096 count=1009 oflag=direct conv=notrunc"
}

# A conversation of 211 turns with a server that takes 3 ms.
stimulate_tcp()
{
	record "$1" tcp "in_cgroup server $STIM/echo serve 127.0.0.1 18211 3000 9973 > $TMP/listening &
		until [ -s $TMP/listening ]; do sleep 0.05; done
		in_cgroup client $STIM/echo ask 127.0.0.1 18211 211 1009 9973; wait"
}

stimulate()
{
	make_cgroups busy bursts victim offender writer client server
	echo "$CGROUP" > "$1/cgroup"
	stimulate_cpu "$1"
	stimulate_wait "$1"
	stimulate_disk "$1"
	stimulate_tcp "$1"
}

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Stimuli of known size, each under `situ record`; sourced behind ../lib.sh and cgroup.sh.
# `stimulate DIR` leaves what checks.sh looks at, there or on another machine:
#	DIR/NAME.json, NAME.rc, NAME.err	a recording, how it ended, what it said
#	DIR/SERVICE.usage_ns			CPU time of a service by the kernel's own account
#	DIR/cgroup				the path that the services' names begin with
# The numbers of events are prime.

STIM=$TOP/build/tests/stim

# record DIR NAME SCRIPT: measures while SCRIPT runs, in intervals of $interval
interval=1m
record()
{
	run "$SITU" record --quiet --json -i "$interval" -o "$TMP/$2.db" -- sh -c "$3"
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
	record "$1" wait "in_cgroup victim taskset -c 0 $STIM/spin 1009 &
		in_cgroup offender taskset -c 0 $STIM/spin 1009 & wait"
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

# A connection that has had its first turn before.
stimulate_adopted()
{
	in_cgroup server "$STIM/echo" serve 127.0.0.1 18212 0 997 > "$TMP/open" &
	_server=$!
	wait_until 10 test -s "$TMP/open"
	in_cgroup client "$STIM/echo" ask 127.0.0.1 18212 103 499 997 "$TMP/go" > "$TMP/asked" &
	_client_pid=$!
	wait_until 10 test -s "$TMP/asked"
	record "$1" adopted "touch $TMP/go; while kill -0 $_client_pid 2> /dev/null; do sleep 0.05; done"
	wait $_server $_client_pid
}

# More cgroups than there are slots, each for the life of one process; as many as $CHURN says,
# 0: none.
stimulate_churn()
{
	CHURN=${CHURN:-1201}
	export CHURN
	echo "$CHURN" > "$1/churn.count"
	interval=1s
	record "$1" churn 'i=0; while [ $i -lt "$CHURN" ]; do
		i=$((i + 1))
		for mount in $CGROUP_MOUNTS; do mkdir "$mount$CGROUP/churn$i"; done
		in_cgroup churn$i true
		for mount in $CGROUP_MOUNTS; do rmdir "$mount$CGROUP/churn$i"; done; done'
	interval=1m
}

stimulate()
{
	make_cgroups busy bursts victim offender writer client server
	echo "$CGROUP" > "$1/cgroup"
	stimulate_cpu "$1"
	stimulate_wait "$1"
	stimulate_disk "$1"
	stimulate_tcp "$1"
	stimulate_adopted "$1"
	[ "${CHURN:-}" = 0 ] || stimulate_churn "$1"
}

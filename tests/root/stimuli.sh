# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Stimuli of known size, each under `situ record`; sourced behind ../lib.sh and cgroup.sh.
# `stimulate DIR` leaves what checks.sh looks at, there or on another machine:
#	DIR/NAME.json, NAME.rc, NAME.err	a recording, how it ended, what it said
#	DIR/SERVICE.usage_ns			CPU time of a service by the kernel's own account
#	DIR/cgroup				the path that the services' names begin with
# The numbers of events are prime.

STIM=$TOP/build/tests/stim

# record DIR NAME SCRIPT: measures while SCRIPT runs, in intervals of $interval; $TELL is told
interval=1m
record()
{
	[ -z "${TELL:-}" ] || echo "stimulus: $2" > "$TELL"
	run "$SITU" record --quiet --json -i "$interval" -o "$TMP/$2.db" -- sh -c "$3"
	cp "$TMP/.out" "$1/$2.json"
	cp "$TMP/.err" "$1/$2.err"
	echo "$rc" > "$1/$2.rc"
}

# One long slice and many short ones.
stimulate_cpu()
{
	SETTLE=0.01
	export SETTLE
	record "$1" cpu "in_cgroup busy $STIM/spin 1409 > $TMP/spun &
		in_cgroup bursts $STIM/spin 809 199 > $TMP/spun & wait"
	unset SETTLE
	cgroup_usage_ns busy > "$1/busy.usage_ns"
	cgroup_usage_ns bursts > "$1/bursts.usage_ns"
}

# Many short lives: $FORKS (2003) children of one shell; 0: none.
stimulate_forks()
{
	FORKS=${FORKS:-2003}
	export FORKS
	echo "$FORKS" > "$1/forks.count"
	record "$1" forks 'SETTLE=0.01 in_cgroup forker sh -c '\''i=0; while [ $i -lt "$FORKS" ]; do
		i=$((i + 1)); ( : ); done'\'
	cgroup_usage_ns forker > "$1/forker.usage_ns"
}

# Two that share a CPU from the same moment on: what one waits is what the other runs. The kernel's
# own account of their waits stands in DIR/victim.waited and DIR/offender.waited.
stimulate_wait()
{
	for _name in victim offender; do
		: > "$1/$_name.waited"
	done
	record "$1" wait "in_cgroup victim taskset -c 0 $STIM/spin 1009 1 $TMP/start > $1/victim.waited &
		in_cgroup offender taskset -c 0 $STIM/spin 1009 1 $TMP/start > $1/offender.waited &
		until [ -s $1/victim.waited ] && [ -s $1/offender.waited ]; do sleep 0.01; done
		touch $TMP/start; wait"
}

# Where the checks are at hand, not so in a VM: whether all of the writes were seen.
_all_written()
{
	command -v writes > /dev/null || return 0
	_dir=$1 _cgroup=$CGROUP
	[ "$(writes .device_ns.count)" = "$(writes .count)" ] &&
		[ "$(writes .bytes)" = $((1009 * 4096)) ]
}

# Direct writes of a known size, to blocks that the file has already. Linux 6.18 does not call a
# tracepoint's programs for about one event in 10,000 (see Limits in the README): up to three times.
stimulate_disk()
{
	dd if=/dev/zero of="$TMP/file" bs=4096 count=1009 conv=fsync 2> /dev/null
	for _try in 1 2 3; do
		record "$1" disk "in_cgroup writer \
			dd if=/dev/zero of=$TMP/file bs=4096 count=1009 oflag=direct conv=notrunc"
		_all_written "$1" && return
	done
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
	touch "$TMP/go" # should the recording have failed
	wait $_server $_client_pid
}

# More cgroups than there are slots, each for the life of one process; as many as $CHURN says,
# 0: none.
stimulate_churn()
{
	CHURN=${CHURN:-2003}
	export CHURN
	echo "$CHURN" > "$1/churn.count"
	interval=1s
	record "$1" churn 'i=0; while [ $i -lt "$CHURN" ]; do
		i=$((i + 1)) dirs=""
		for mount in $CGROUP_MOUNTS; do dirs="$dirs $mount$CGROUP/churn$i"; done
		mkdir $dirs
		in_cgroup churn$i true
		rmdir $dirs; done'
	interval=1m
}

stimulate()
{
	make_cgroups busy bursts forker victim offender writer syncer client server
	echo "$CGROUP" > "$1/cgroup"
	stimulate_cpu "$1"
	[ "${FORKS:-}" = 0 ] || stimulate_forks "$1"
	stimulate_wait "$1"
	stimulate_disk "$1"
	stimulate_tcp "$1"
	stimulate_adopted "$1"
	[ "${CHURN:-}" = 0 ] || stimulate_churn "$1"
}

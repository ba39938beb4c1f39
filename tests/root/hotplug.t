#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A CPU that goes and comes back while it is measured: no time is lost, none is made up. Only where
# nothing is bound to that CPU, for it would not be bound to it any more afterwards.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cgroup.sh"

need_root
need_command jq
STIM=$TOP/build/tests/stim
need_file "$STIM/spin" /sys/kernel/btf/vmlinux
cpu=$(sed 's/.*[-,]//' /sys/devices/system/cpu/online)
switch=/sys/devices/system/cpu/cpu$cpu/online
[ "$cpu" != 0 ] && [ -w "$switch" ] || skip_all "no CPU can be taken offline here"
# Kernel threads, which have no command line, are the kernel's to move.
for status in /proc/[0-9]*/status; do
	if grep -q "^Cpus_allowed_list:[[:space:]]*$cpu\$" "$status" 2> /dev/null &&
	   [ -n "$(tr -d '\0' 2> /dev/null < "${status%status}cmdline")" ]; then
		skip_all "a process is bound to CPU $cpu"
	fi
done
at_exit "echo 1 > $switch"
# No trap sees SIGKILL: this one, in a session of its own, has the CPU back once the test is gone
# and all that it has started, which hold the other end of the pipe.
mkfifo "$TMP/alive"
setsid sh -c 'trap "" INT TERM HUP QUIT; cat; echo 1 > "$0"' "$switch" \
	< "$TMP/alive" > /dev/null 2>&1 &
exec 9> "$TMP/alive"
if ! echo 0 > "$switch"; then
	skip_all "the kernel does not take CPU $cpu offline"
fi
echo 1 > "$switch"

make_cgroups busy other
export SETTLE=0.01 SWITCH="$switch" STIM
run "$SITU" record -q --json -i 1m -o "$TMP/hotplug.db" -- sh -c '
	in_cgroup busy "$STIM/spin" 1409 > /dev/null &
	in_cgroup other "$STIM/spin" 1409 > /dev/null &
	sleep 0.4
	echo 0 > "$SWITCH"
	sleep 0.4
	echo 1 > "$SWITCH"
	wait'
is "$rc" 0 "measured" || diag "$err"
printf '%s\n' "$out" > "$TMP/run.json"
for name in busy other; do
	got=$(jq --arg n "$CGROUP/$name" '.services[] | select(.name == $n) | .cpu_ns' "$TMP/run.json")
	want=$(cgroup_usage_ns $name)
	awk -v g="$got" -v w="$want" 'BEGIN { d = g - w; exit !(w > 0 && (d < 0 ? -d : d) <= 0.005 * w) }'
	ok $? "$name: CPU time agrees with the cgroup's" || diag "got $got, wanted $want"
done
# The whole machine's: as much as its CPUs had, at most.
ok "$(jq 'if ([.services[].cpu_ns] | add) <= .run.duration_s * 1e9 * '"$(nproc)"' * 1.001 then 0 else 1 end' \
	"$TMP/run.json")" "all together ran no longer than there were CPUs"
finish

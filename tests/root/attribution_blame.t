#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whose milliseconds, when somebody else is to blame: a hog on the CPU or the disk, a limit, a slow
# link. What is done to a service appears where it was done, and nowhere else.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cgroup.sh"
. "$TOP/tests/lab/lab.sh"

need_lab
own_network
need_command ip ss losetup taskset dd
need_file "$TOP/build/tests/stim/spin" /dev/loop-control
lab_cgroups load front mid back hog

# at_least NAME SMALL FACTOR BIG: BIG is FACTOR times SMALL or more
at_least()
{
	awk -v small="$2" -v factor="$3" -v big="$4" 'BEGIN { exit !(big >= factor * small) }'
	_result=$?
	[ $_result = 0 ] || diag "$4 is not $3 times $2"
	ok $_result "$1"
}

truncate -s 256M "$TMP/disk.img"
dd if=/dev/urandom of="$TMP/disk.img" bs=1M count=256 conv=notrunc 2> /dev/null
disk=$(losetup --find --show --direct-io=on "$TMP/disk.img") || bail "no loop device"
at_exit "losetup -d $disk"

# The same requests with nobody else, then with each of the hogs.
prefix="taskset -c 0" actor front -d "$disk" front 127.0.0.1:9001
listening 9001
measure alone_cpu "-n 101 -c 1" "http://127.0.0.1:9001/tag=alone_cpu,spin=5000"
measure alone_disk "-n 31 -c 1" "http://127.0.0.1:9001/tag=alone_disk,read=20"

hog taskset -c 0 "$TOP/build/tests/stim/spin" 60000
measure cpu_hog "-n 101 -c 1" "http://127.0.0.1:9001/tag=cpu_hog,spin=5000"
hog_end
at_least "a CPU hog is run-queue wait" "$(row cpu_hog front cpu)" 0.5 "$(row cpu_hog front runq)"
is "$(jq -r --arg front "$CGROUP/front" '.services[] | select(.name == $front) |
	.waited_for_ns | del(.["(earlier)", "(root)"]) | to_entries | max_by(.value).key' "$TMP/cpu_hog.json")" "$CGROUP/hog" \
	"and the hog is named"

# Four readers that each want the disk for themselves.
hog sh -c "for i in 1 2 3 4; do
	while dd if=$disk of=/dev/null bs=1M iflag=direct skip=\$((i * 8)) 2> /dev/null; do :; done & done
	wait"
measure disk_hog "-n 31 -c 1" "http://127.0.0.1:9001/tag=disk_hog,read=20"
hog_end
at_least "a disk hog is disk wait" "$(row alone_disk front disk)" 1.5 "$(row disk_hog front disk)"
actors_end

# A tenth of a CPU: of 20 ms of work most have to wait for the next period.
for mount in $CGROUP_MOUNTS; do
	limited=$mount$CGROUP/front
	[ ! -e "$limited/cpu.cfs_quota_us" ] || {
		echo 20000 > "$limited/cpu.cfs_period_us"
		echo 5000 > "$limited/cpu.cfs_quota_us"
	}
	[ ! -e "$limited/cpu.max" ] || echo 5000 20000 > "$limited/cpu.max"
done
# By the kernel's own account.
throttled_ns()
{
	for _mount in $CGROUP_MOUNTS; do
		awk '$1 == "throttled_time" { printf "%.0f\n", $2 }
			$1 == "throttled_usec" { printf "%.0f\n", $2 * 1000 }' \
			"$_mount$CGROUP/front/cpu.stat" 2> /dev/null
	done | sort -n | tail -n 1
}
actor front front 127.0.0.1:9001
listening 9001
before=$(throttled_ns)
measure limit "-n 31 -c 1" "http://127.0.0.1:9001/tag=limit,spin=20000"
truth=$((($(throttled_ns) - before) / 31))
at_least "a limit throttles" 1000000 1 $truth
# The kernel counts the queue, of which the request is throttled a little later and shorter.
at_least "throttled time is what the kernel counts" "$(row limit front throttled)" 0.95 $truth
at_least "and about all of it" $truth 0.9 "$(row limit front throttled)"
actors_end
# verdict NAME ARGUMENT...
verdict()
{
	_case=$1
	shift
	judged "$_case" "$@" --cgroup "$CGROUP" --client "$TMP/$_case.client" --endpoint "$_case" \
		"$TMP/$_case.json" "$TMP/truth/front"
}
verdict alone_cpu
verdict alone_disk
verdict cpu_hog
# Up to 40 us of a read from a busy disk are slept elsewhere than in io_schedule(): not understood.
verdict disk_hog --without other
# What a limit keeps off the CPU is not on a run queue by every kernel's account.
verdict limit --without truth

finish

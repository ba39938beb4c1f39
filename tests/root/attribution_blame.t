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

# claim_least NAME SMALL FACTOR BIG: BIG is FACTOR times SMALL or more
claim_least()
{
	awk -v small="$2" -v factor="$3" -v big="$4" 'BEGIN { exit !(big >= factor * small) }'
	claim_that $? "$1" "$4 is not $3 times $2"
}

truncate -s 256M "$TMP/disk.img"
dd if=/dev/urandom of="$TMP/disk.img" bs=1M count=256 conv=notrunc 2> /dev/null
disk=$(losetup --find --show --direct-io=on "$TMP/disk.img") || bail "no loop device"
at_exit "losetup -d $disk"

url=http://127.0.0.1:9001
# shellcheck disable=SC2034 # prefix is actor's and measure's
begin()
{
	prefix="taskset -c 0"
	actor front -d "$disk" front 127.0.0.1:9001
	listening 9001
}

# The same requests with nobody else, then with each of the hogs.
nobody()
{
	begin
	measure alone_cpu "-n 101 -c 1" "$url/tag=alone_cpu,spin=5000"
	measure alone_disk "-n 31 -c 1" "$url/tag=alone_disk,read=20"
	actors_end
}
claims_nobody()
{
	claim_alone alone_cpu "$TMP/truth/front"
	claim_alone alone_disk "$TMP/truth/front"
}
judged_again nobody claims_nobody

cpu_hog()
{
	begin
	hog taskset -c 0 "$TOP/build/tests/stim/spin" 60000
	measure cpu_hog "-n 101 -c 1" "$url/tag=cpu_hog,spin=5000"
	hog_end
	actors_end
}
waited_for_most()
{
	jq -r --arg front "$CGROUP/front" '.services[] | select(.name == $front) | .waited_for_ns |
		del(.["(earlier)", "(root)"]) | to_entries | max_by(.value).key' "$TMP/cpu_hog.json"
}
claims_cpu_hog()
{
	claim_alone cpu_hog "$TMP/truth/front"
	claim_least "a CPU hog is run-queue wait" "$(row cpu_hog front cpu)" 0.5 "$(row cpu_hog front runq)"
	[ "$(waited_for_most)" = "$CGROUP/hog" ]
	claim_that $? "and the hog is named" "$(waited_for_most)"
}
judged_again cpu_hog claims_cpu_hog

# Four readers that each want the disk for themselves.
disk_hog()
{
	begin
	hog sh -c "for i in 1 2 3 4; do
		while dd if=$disk of=/dev/null bs=1M iflag=direct skip=\$((i * 8)) 2> /dev/null; do :; done & done
		wait"
	measure disk_hog "-n 31 -c 1" "$url/tag=disk_hog,read=20"
	hog_end
	actors_end
}
claims_disk_hog()
{
	# Up to 40 us of a read from a busy disk are slept elsewhere than in io_schedule(): not understood.
	claim_alone disk_hog "$TMP/truth/front" --without other
	claim_least "a disk hog is disk wait" "$(row alone_disk front disk)" 1.5 "$(row disk_hog front disk)"
}
judged_again disk_hog claims_disk_hog

# A quarter of a CPU: of 20 ms of work most have to wait for the next period.
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
limit()
{
	prefix=''
	actor front front 127.0.0.1:9001
	listening 9001
	before=$(throttled_ns)
	measure limit "-n 31 -c 1" "$url/tag=limit,spin=20000"
	throttled=$((($(throttled_ns) - before) / 31))
	actors_end
}
claims_limit()
{
	# What a limit keeps off the CPU is not on a run queue by every kernel's account.
	claim_alone limit "$TMP/truth/front" --without truth
	claim_least "a limit throttles" 1000000 1 "$throttled"
	# The kernel counts the queue, of which the request is throttled a little later and shorter.
	claim_least "throttled time is what the kernel counts" "$(row limit front throttled)" 0.95 "$throttled"
	claim_least "and about all of it" "$throttled" 0.9 "$(row limit front throttled)"
}
judged_again limit claims_limit

finish

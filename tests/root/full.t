#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# More cgroups than there are slots and more disks than there are rows: what has its row is right,
# what has none is charged to no other, counted and said.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cgroup.sh"

need_root
need_command jq dd
need_file /sys/kernel/btf/vmlinux
export CGROUP_CONTROLLERS=''
[ -n "$CGROUP_MOUNT" ] || skip_all "no cgroup v2 hierarchy is mounted"
make_cgroups many
MANY=$CGROUP_MOUNT$CGROUP/many
# Where a v1 hierarchy has blkio, disks are charged by that: a slot each of its own.
BLKIO=$(awk '$3 == "cgroup" && $4 ~ /(^|,)blkio(,|$)/ { print $2; exit }' /proc/self/mounts)

# A process runs in each of N cgroups below DIR: in_each DIR N COMMAND...
cat > "$TMP/in_each" << 'END'
#!/bin/sh
i=0 dir=$1 nr=$2
shift 2
while [ $i -lt "$nr" ]; do
	i=$((i + 1))
	sh -c 'echo 0 > "$0/cgroup.procs"; exec "$@"' "$dir/$i" "$@"
done
END
chmod +x "$TMP/in_each"

# measured DIR N COMMAND...
measured()
{
	i=0 dirs=
	while [ $i -lt "$2" ]; do
		i=$((i + 1))
		[ -d "$1/$i" ] || dirs="$dirs $1/$i"
	done
	# shellcheck disable=SC2086 # words
	mkdir $dirs
	was=$(usage)
	run "$SITU" record -q --json -i 1m -o "$TMP/full.db" -- "$TMP/in_each" "$@"
	is "$rc" 0 "$2 cgroups: measured"
	[ "$rc" = 0 ] || diag "$(tail -n 20 "$TMP/.err")"
	cp "$TMP/.out" "$TMP/run.json"
}

usage()
{
	awk '$1 == "usage_usec" { printf "%.0f\n", $2 * 1000 }' "$MANY/cpu.stat"
}

# ours FILTER: of the services of this test, all into one
ours()
{
	jq -r --arg many "$CGROUP/many/" "[.services[] | select(.name | startswith(\$many))] | $1" \
		"$TMP/run.json"
}

loss()
{
	jq ".losses.$1 // 0" "$TMP/run.json"
}

measured "${BLKIO:-$CGROUP_MOUNT}$CGROUP/many" 601 \
	dd if="$SITU" of=/dev/null bs=4096 count=1 iflag=direct status=none
rows=$(ours '[.[].disk[] | select(.op == "read")] | length')
ok "$([ "$rows" -ge 100 ] && [ "$rows" -le 512 ]; echo $?)" "disks: $rows have a row"
# A page of a program may have had to be read, too.
is "$(ours '[.[].disk[] | select(.op != "read" or .bytes % 4096 != 0 or .bytes < 4096 * .count or (.count == 1 and .bytes != 4096))] | tojson')" \
	'[]' "disks: and each row is right"
untimed=$(ours '[.[].disk[] | .count - .device_ns.count] | add')
ok "$([ "$untimed" -le $(($(loss disk_no_stamp) + $(loss disk_clock))) ]; echo $?)" \
	"disks: with its time, unless it is said"
# Where others take slots, too, some of ours have none.
overflow=$(jq '[.services[] | select(.name == "(overflow)") | .disk[] | select(.op == "read") |
	.count] | add // 0' "$TMP/run.json")
# Now and then 6.18 does not call the programs of a tracepoint for some ms: the scheduler's see that
# afterwards (sched_untraced), a disk's do not.
ok "$([ $((rows + overflow + $(loss disk_full))) -ge 590 ]; echo $?)" \
	"disks: the others are counted: $(loss disk_full), and $overflow in the overflow"

measured "$MANY" 1031 true
rows=$(ours length)
overflow=$(jq '[.services[] | select(.name == "(overflow)") | .cpu_ns] | add // 0' "$TMP/run.json")
ok "$([ "$rows" -ge 500 ] && [ "$rows" -le 1021 ]; echo $?)" "slots: $rows have one"
ok "$([ "$(loss owner_full)" -ge $((1031 - rows)) ]; echo $?)" \
	"slots: the others are counted: $(loss owner_full)"
is "$(ours '[.[] | select(.cpu_ns == 0)] | length')" 0 "slots: each row has its process' time"
ok "$([ $(($(ours 'map(.cpu_ns) | add') + overflow)) -ge $(($(usage) - was)) ]; echo $?)" \
	"slots: what has no slot is not lost, but the overflow's"
finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a store keeps when a run does not go well: a full disk, a directory that cannot be written,
# two runs at once, and an experiment that is killed again and again at moments that nobody chose.
. "$(dirname "$0")/../lib.sh"

need_root
need_command nginx ip jq setsid mount
need_file "$SITU" /sys/kernel/btf/vmlinux
cd "$TMP" || exit 1
. "$TOP/tests/root/lab.sh"

# told ERE NAME: the last line of the run just ended is the only error, and says that
told()
{
	is "$(grep -c '^situ: ' run.err)" 1 "$2: in one line"
	like "$(tail -n 1 run.err)" "^situ: .*$1" "$2: that says what to do"
}

# 1. A full disk.
mkdir small
mount -t tmpfs -o size=16m tmpfs small || bail "no tmpfs"
at_exit "umount '$TMP/small'"
DB=$TMP/small/run.db
experiment short.yaml "sleep 7919" 1 0s 300ms
start short.yaml
wait "$pid"
is $? 0 "a small disk is enough for one run"
"$SITU" export "$DB:1" > before.json
head -c 100M /dev/zero > small/filler 2> /dev/null
experiment long.yaml "sleep 7919" 30 0s 200ms
start long.yaml
wait "$pid"
is $? 1 "a full disk ends the next run"
told 'no space left .*: free some; what was stored before is kept' "a full disk"
clean "a full disk: nothing but what was sealed is left"
"$SITU" export "$DB:1" > after.json
is "$(cmp before.json after.json 2>&1)" "" "what was sealed before is what it was"
rm small/filler
run_is 0 "the store opens again" "$SITU" ls "$DB"
start short.yaml
wait "$pid"
is $? 0 "with room again the next run is well"
is "$(state_of_last)" finished "... and sealed"

# 2. A directory that cannot be written.
mount -o remount,ro small || bail "no remount"
run_is 0 "a read-only store can be read" "$SITU" export "$DB:1"
is "$out" "$(cat before.json)" "... as it is"
start short.yaml
wait "$pid"
is $? 1 "nothing can be added to it"
told 'read-only|Read-only|cannot be written|write' "a read-only directory"
clean "a read-only directory: nothing is left"
mount -o remount,rw small
DB=$TMP/run.db

# 3. Two runs at once into one store.
experiment first.yaml "sleep 7919" 2 0s 500ms
sed 's/^name: pair/name: second/' first.yaml > second.yaml
start first.yaml
first=$pid
spawn "$SITU" run -o "$DB" second.yaml > second.out 2> second.err
runs="$runs $pid"
wait "$pid"
is $? 0 "one of two at once ends well"
wait "$first"
is $? 0 "so does the other"
is "$("$SITU" ls --json "$DB" | jq -r '[.runs[] | .name + " " + .state + " " + (.phases | tostring)] | sort | join(", ")')" \
	"pair finished 4, second finished 4" "each has its own trials, all of them"
clean "two at once leave nothing behind"

# 4. Killed again and again, and resumed until it is done: each trial once, in the plan's order.
# The moments are drawn from a seed that is told.
seed=${SEED:-$(date +%N)}
diag "SEED=$seed makes the same moments"
experiment killed.yaml "sleep 7919" 4 0s 200ms
sed -i 's/^name: pair/name: killed/' killed.yaml
want=$("$SITU" run --dry-run killed.yaml | sed -n 's/^  trial \([0-9]\) *\(.*\), \(.*\)/\2\1 \3\1/p' |
	paste -sd ' ')
awk -v seed="$seed" 'BEGIN { srand(seed); for (i = 0; i < 12; i++) printf "%.2f\n", 0.1 + 2.5 * rand() }' > moments
# known [STATE]: whether the store has the run, in that state
known() { [ -n "$("$SITU" ls --json "$DB" | jq -r ".runs[] | select(.name == \"killed\") | .state" | grep "^${1:-}")" ]; }
kills=0 again=''
while read -r moment; do
	# shellcheck disable=SC2086 # no word or one
	start $again killed.yaml
	sleep "$moment"
	if _gone "$pid"; then
		wait "$pid"
		break
	fi
	end "$pid" KILL
	kills=$((kills + 1))
	wait_until 10 nothing_left || diag "left after $moment s: $(left_behind)"
	# Before it has entered the store there is nothing to resume.
	known && again=--resume
done < moments
if ! known finished; then
	# shellcheck disable=SC2086
	start $again killed.yaml
	wait "$pid"
fi
known finished
ok $? "killed $kills times, it comes to its end"
last=$("$SITU" ls --json "$DB" | jq -r '[.runs[] | select(.name == "killed") | .id] | join(" ")')
is "$(printf '%s\n' "$last" | wc -w)" 1 "it is one run"
is "$("$SITU" export --format json "$DB:$last" |
	jq -r '[.phases[] | select(.invalid == "") | .placement + (.trial | tostring)] | join(" ")')" "$want" \
	"each trial is there once, in the order of the plan"
clean "killed again and again, it leaves nothing behind"

finish

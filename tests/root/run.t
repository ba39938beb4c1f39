#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# situ run with real services: what it measures and keeps, how it fails, and that nothing of it is
# left behind, however it ends.
. "$(dirname "$0")/../lib.sh"

need_root
need_command nginx ip jq setsid
need_file "$SITU" /sys/kernel/btf/vmlinux
cd "$TMP" || exit 1

. "$TOP/tests/root/lab.sh"

# Tells what it was given, leaves a grandchild that ignores SIGTERM, and is busy now and then.
cat > helper.sh << 'END'
#!/bin/sh
env | grep ^SITU_ | sort
echo "from the file: $FROM_FILE"
id -un
cat "$SITU_PREPARED/stamp"
echo "cpus: $(grep Cpus_allowed_list /proc/self/status | tr -dc 0-9)"
echo "links: $(ls /sys/class/net 2> /dev/null | wc -l) $(cut -d: -f1 -s /proc/net/dev | wc -l)"
touch "$SITU_DIR/mine"
setsid sh -c 'trap "" TERM; exec sleep 7919' &
while sleep 0.07; do :; done
END
chmod +x helper.sh

# 1. A whole run.
experiment good.yaml "./helper.sh" 2
start good.yaml
wait "$pid"
is $? 0 "a run ends well"
grep -v '^\[\|^preparing' run.err > noted && diag "$(cat noted)"
clean "a whole run leaves nothing behind"
like "$(cat run.out)" '^Placement packed: 2 trials' "the summary shows packed"
like "$(cat run.out)" '^Placement spread: 2 trials' "the summary shows spread"
like "$(cat run.out)" "^Stored as run 1 in $DB" "it says where the run is kept"
is "$(grep -cE '^\[[1-4]/4\] [a-z]+, trial [12] of 2: starting helper, web, warming up, measuring, stopping$' \
	run.err)" 4 "progress shows four trials, each in one line"

run "$SITU" export --format json "$DB"
printf '%s' "$out" > run.json
is "$(jq -r .run.state run.json)" finished "the run is sealed as finished"
is "$(jq -c .run.hosts run.json)" '["a","b","client"]' "the run has its hosts"
is "$(jq -r '[.phases[] | .placement + .name + (.trial | tostring)] | sort | join(" ")' run.json)" \
	"packedmeasure1 packedmeasure2 spreadmeasure1 spreadmeasure2" "every trial is kept"
is "$(jq -r '[.services[] | select(.placement == "spread" and .trial == 1) |
	select(.name | test("^(helper|web|load)$")) | .name + "@" + .host] | sort | join(" ")' run.json)" \
	"helper@b load@client web@a" "services are called by name and host"
is "$(jq '[.edges[] | select(.client == "load" and .server == "web") | .responses] | add' run.json)" \
	"$(jq '[.endpoints[] | select(.name == "all") | .codes[]] | add' run.json)" \
	"the kernel counts as many responses as the load generator"
is "$(jq '[.endpoints[] | select(.name == "all") | .attempted] | add' run.json)" 404 \
	"four times 101 requests were due"

log=$TMP/run.db.logs/1/spread-2/helper.log
like "$(cat "$log")" '^SITU_SERVICE=helper$' "a service is told its name"
like "$(cat "$log")" '^SITU_HOST=b$' "... its host"
like "$(cat "$log")" '^SITU_PLACEMENT=spread$' "... its placement"
like "$(cat "$log")" '^SITU_TRIAL=2$' "... its trial"
like "$(cat "$log")" '^SITU_ADDRESS=10\.83\.0\.12$' "... its address"
like "$(cat "$log")" '^from the file: 10\.83\.0\.11:8080 0$' "words of the file are replaced"
like "$(cat "$log")" '^nobody$' "it runs as its user"
like "$(cat "$log")" '^cpus: 0$' "it is bound to its host's CPUs"
like "$(cat "$log")" '^links: [0-9]+ 2$' "it sees its host's links only"
unlike "$(cat "$log")" 'denied|No such' "it can use its directories"

# 2. Services that fail.
failing() # NAME HELPER-COMMAND ERE
{
	experiment bad.yaml "$2" 1 200ms 3s
	start bad.yaml
	wait "$pid"
	is $? 1 "$1: exit status 1"
	like "$(tail -n 1 run.err)" "$3" "$1: one line tells which and where"
	is "$(grep -c '^situ: ' run.err)" 1 "$1: it is told once"
	like "$(cat run.err)" '^run [0-9]+ is kept in .* as failed, with 0 of 2 trials$' \
		"$1: what is kept is told"
	is "$(state_of_last)" failed "$1: the run is sealed as failed"
	clean "$1: no half-started services are left"
}
failing "dies at the start" "sh -c 'echo last words; exit 3'" \
	"^situ: service 'helper' died \(exit status 3\) during start of [a-z]+ trial 1: see .*/helper.log"
like "$(cat run.err)" '^  helper: last words$' "the end of its log is shown"
failing "does not stay" "true" \
	"^situ: service 'helper' died \(exit status 0\).*; it must stay in the foreground$"
failing "is not there" "/nonexistent/program" \
	"^situ: service 'helper' died \(exit status 127\) during start"
failing "dies under load" "./measuring 1 sh -c 'kill -SEGV \$\$'" \
	"^situ: service 'helper' died \(signal 11\) during measure of [a-z]+ trial 1: see"

experiment bad.yaml "sleep 7919"
sed -i 's/ready: {tcp: false}/ready: {command: "false", within: 500ms}/' bad.yaml
start bad.yaml
wait "$pid"
is $? 1 "never ready: exit status 1"
like "$(tail -n 1 run.err)" "^situ: service 'helper' was not ready within 0.5s in [a-z]+ trial 1: see" \
	"never ready: one line tells which and how long"
clean "never ready: nothing is left"

experiment bad.yaml "sleep 7919"
sed -i 's/^prepare: .*/prepare: echo no room >\&2; exit 5/' bad.yaml
start bad.yaml
wait "$pid"
is $? 1 "prepare fails: exit status 1"
like "$(tail -n 1 run.err)" "^situ: the prepare command failed \(exit status 5\): see" \
	"prepare fails: one line"
like "$(cat run.err)" '^  prepare: no room$' "prepare fails: the end of its log is shown"
clean "prepare fails: nothing is left"

experiment bad.yaml "sleep 7919"
sed -i 's/return 200/return 503/' web.sh
sed -i 's/http: \//tcp: true/' bad.yaml
start bad.yaml
wait "$pid"
is $? 1 "no good answer: exit status 1"
like "$(tail -n 1 run.err)" "^situ: no request of the load got a good answer" "no good answer: one line"
clean "no good answer: nothing is left"
sed -i 's/return 503/return 200/' web.sh

# 3. Somebody stops it.
experiment long.yaml "./helper.sh" 3 200ms 5s
for signal in INT TERM; do
	start long.yaml
	wait_until 20 said measuring
	unlike "$(ip -o address)" '10\.83\.0\.' "the root namespace knows nothing of the hosts"
	end "$pid" $signal
	is "$rc" 1 "SIG$signal: exit status 1"
	like "$(tail -n 1 run.err)" '^situ: stopped by .*: what was measured before is kept$' \
		"SIG$signal: one line"
	is "$(state_of_last)" interrupted "SIG$signal: the run is sealed as interrupted"
	clean "SIG$signal: nothing is left"
done

# 4. Killed at different moments: the guard cleans up, the next run says it.
for moment in preparing 'starting helper' ', web' 'warming up' measuring stopping; do
	experiment long.yaml "./helper.sh" 3 500ms 1s
	start long.yaml
	wait_until 20 said "$moment" || diag "never came to $moment"
	end "$pid" KILL
	clean "killed while $moment: nothing is left"
done
is "$(state_of_last)" unfinished "the store opens and says that the run is unfinished"

# 5. The guard dies too: the next run cleans up.
guard_of() { pgrep -P "$1" situ-guard; }
start long.yaml
wait_until 20 said measuring
first=$pid
guard=$(guard_of "$first")
isnt "$guard" "" "there is a guard"
kill -STOP "$first"
kill -KILL "$guard"
end "$first" KILL
isnt "$(left_behind)" "" "without a guard something is left"
experiment good.yaml "./helper.sh" 1 0s 200ms
start good.yaml
wait "$pid"
is $? 0 "the next run works"
like "$(cat run.err)" '^situ: removed what [0-9]+ killed runs? left' "it says that it cleaned up"
like "$(cat run.err)" '^situ: [0-9]+ killed runs? (is|are) in .* marked as interrupted' \
	"it says that the killed runs are interrupted"
clean "the next run leaves nothing of either"
is "$(state_of_last)" finished "the next run is finished"

# 6. A killed experiment goes on where it stopped: each placement and trial once, in the order that
# a run in one piece has.
order_of() # RUN: placement and trial of its trials, as they were measured
{
	"$SITU" export --format json "$DB:$1" |
		jq -r '[.phases[] | .placement + (.trial | tostring)] | join(" ")'
}
resume() # ARGUMENT...: runs it to its end
{
	spawn "$SITU" run -o "$DB" "$@" > run.out 2> run.err
	runs="$runs $pid"
	wait "$pid"
	rc=$?
}
experiment whole.yaml "./helper.sh" 4 0s 200ms
sed -i 's/^name: pair/name: again/' whole.yaml
want=$("$SITU" run --dry-run whole.yaml | sed -n 's/^  trial \([0-9]\) *\(.*\), \(.*\)/\2\1 \3\1/p' |
	paste -sd ' ')
is "$(printf '%s\n' "$want" | wc -w)" 8 "the dry run tells the order of eight trials"
start whole.yaml
fifth() { grep -q '^\[5/8\].*measuring' run.err; }
wait_until 30 fifth
end "$pid" KILL
last=$("$SITU" export --format json "$DB" | jq .run.id)
# Four, and those that were done by the time that this shell saw the fifth.
kept=$("$SITU" export --format json "$DB" | jq '.phases | length')
[ "$kept" -ge 4 ] && [ "$kept" -lt 8 ]
ok $? "killed in the middle: $kept trials"
sed 's/rate: 101/rate: 102/' whole.yaml > other.yaml
resume --resume other.yaml
is "$rc" 2 "another file is refused"
like "$(cat run.err)" "^situ: the experiment file is not the one that run $last began with" \
	"... and told why"
resume --resume whole.yaml
is "$rc" 0 "it is resumed"
is "$(grep -c 'measuring' run.err)" $((8 - kept)) "... with the trials that it lacked"
is "$(order_of "$last")" "$want" "all trials are in one run, in the order of the plan"
is "$("$SITU" export --format json "$DB" | jq -r '.run | .id, .state, .trials' | paste -sd ' ')" \
	"$last finished 4" "... which is finished"
is "$("$SITU" export --format json "$DB" | jq -j .run.plan)" "$(cat whole.yaml)" "its file is kept"
is "$("$SITU" export --format json "$DB" | jq -r .run.plan_hash)" \
	"$(sha256sum < whole.yaml | cut -d' ' -f1)" "... with its digest"
resume --resume whole.yaml
is "$rc" 2 "a finished run is not resumed"
clean "a resumed run leaves nothing behind"

# 7. A trial that does not count is kept with the reason and made again.
experiment invalid.yaml "sh -c 'n=\$(cat \$SITU_PREPARED/n); echo \$((n + 1)) > \$SITU_PREPARED/n; \
[ \$n != 1 ] || { ./measuring 2 sleep 0.2; exit 7; }; exec sleep 7919'" 1 0s 1500ms
sed -i 's/^retries: 0/retries: 1/; s/^prepare: .*/prepare: echo 0 > \$SITU_PREPARED\/n; chmod 777 \$SITU_PREPARED \$SITU_PREPARED\/n/' invalid.yaml
start invalid.yaml
wait "$pid"
is $? 0 "a service that dies once does not end the run"
like "$(cat run.err)" "^  [a-z]+, trial 1, attempt 1 of 2 does not count: service 'helper' died \(exit status 7\) during measure$" \
	"it is told at once"
like "$(cat run.out)" "^  [a-z]+, trial 1, attempt 1: service 'helper' died" "... and at the end"
run "$SITU" export --format json "$DB"
is "$(printf '%s' "$out" | jq -r '[.phases[] | (.attempt | tostring) + (if .invalid == "" then "+" else "-" end)] | join(" ")')" \
	"1+ 1- 2+" "the store has the attempt that does not count, and the one that does"
is "$("$SITU" export --format csv "$DB" | grep -c ',attempted,')" \
	"$(printf '%s' "$out" | jq '[.endpoints[]] | length')" "the CSV has the trials that count"
ls "$DB".logs/*/*-1.2/helper.log > /dev/null 2>&1
ok $? "each attempt has its logs"

experiment noisy.yaml "./helper.sh" 1 0s 300ms
sed -i 's/others: 1/others: 0/' noisy.yaml
start noisy.yaml
wait "$pid"
is $? 1 "a machine that is never quiet enough: exit status 1"
like "$(tail -n 1 run.err)" "^situ: no trial of placement '[a-z]+' counts: quiet the machine" "one line says so"
clean "trials that do not count leave nothing behind"

# 8. Reset and stop commands, load phases, a copy of the first placement.
experiment hooks.yaml "./helper.sh" 1 stationary 300ms
sed -i 's/^    user: nobody/&\n    reset: echo "reset $SITU_SERVICE $SITU_TRIAL"\n    stop: echo stop; kill $SITU_PID/;
	s/^  duration: .*/&\n  stationary: {window: 200ms, within: 100%, limit: 1s}\n  drain: 100ms\n  phases: [{name: calm, rate: 30}, {name: busy}]/;
	s/^trials: .*/&\naa: true\ncooldown: 100ms/' hooks.yaml
start --check 'mean spread/packed < 0.001' hooks.yaml
wait "$pid"
is $? 4 "hooks and load phases: it ends well, but for what one block cannot show"
is "$(grep -c '^check .*: NOT shown' run.out)" 2 "a check is told of in each load phase"
log=$(echo "$DB".logs/*/packed-again-1/helper.log)
like "$(cat "$log")" '^reset helper 1$' "the reset command ran"
like "$(cat "$log")" '^stop$' "the stop command ran"
run "$SITU" export --format json "$DB"
is "$(printf '%s' "$out" | jq -r '[.phases[] | .placement + " " + .name] | sort | join(", ")')" \
	"packed busy, packed calm, packed-again busy, packed-again calm, spread busy, spread calm" \
	"each placement has both load phases, and the first has its copy"
is "$(printf '%s' "$out" | jq -r '[.endpoints[] | select(.name == "all" and .phase == "calm") | .attempted] | unique | join(" ")')" \
	9 "each phase has its own rate"
like "$(cat run.err)" 'warming up, window 2 of 5 at most' "the warm-up goes by windows"
like "$(cat run.err)" ': cooling down,' "there is a pause between trials"
clean "hooks leave nothing behind"

# 9. A store that cannot be written is told before anything starts.
run_is 1 "a store in a directory that is not there" "$SITU" run -o "$TMP/none/x.db" good.yaml
one_line_error 'none/x.db' "the store is named"

finish

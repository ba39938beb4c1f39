#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Machines that lack something: one line that says what to do, exit 3, nothing half-started.
. "$(dirname "$0")/../lib.sh"

need_root
need_command unshare setpriv jq
cd "$TMP" || exit 1

run setpriv --reuid 65534 --clear-groups "$SITU" record -d 1s -o /tmp/never.db
is "$rc" 3 "recording without root exits 3"
one_line_error "root" "and says that root is needed"
ok "$([ ! -e /tmp/never.db ]; echo $?)" "and leaves no store behind"

# libbpf looks for kernel types in sysfs first, then beside the kernel's image.
without_btf()
{
	unshare --mount sh -c 'mount -t tmpfs none /sys/kernel/btf && mount -t tmpfs none /boot &&
		exec "$@"' sh "$@"
}
run without_btf "$SITU" record -d 1s -o "$TMP/never.db"
is "$rc" 3 "recording without BTF exits 3"
one_line_error "BTF" "and says that the kernel has none"
ok "$([ ! -e "$TMP/never.db" ]; echo $?)" "and leaves no store behind"
run without_btf "$SITU" doctor
is "$rc" 3 "doctor without BTF exits 3"
like "$out" "BTF +missing" "and shows what is missing"

run "$SITU" doctor --json
is "$rc" 0 "doctor is content here"
is "$(printf '%s' "$out" | jq -r '.programs[] | select(.program == "sched_switch") | .state')" used \
	"and would use the scheduler's hook"

run sh -c 'echo $$ > "$0"; exec "$@"' "$TMP/recorder" "$SITU" record -q -o "$TMP/gone.db" -- \
	/no/such/program
is "$rc" 1 "a command that is not there fails"
one_line_error "/no/such/program" "and is named"
is "$(find /sys/fs/cgroup -maxdepth 2 -name "situ-record.$(cat "$TMP/recorder")*" | wc -l)" 0 "no cgroup is left"

run "$SITU" record -q -o "$TMP/status.db" -- sh -c 'exit 7'
is "$rc" 7 "the command's status is passed on"
run "$SITU" record -q -o "$TMP/status.db" -- sh -c 'kill -SEGV $$'
is "$rc" 139 "and its signal, as a shell gives it"

# kill -9 while recording: the programs go with the process, the store says so.
"$SITU" record -q -i 200ms -o "$TMP/killed.db" &
pid=$!
has_phase()
{
	[ "$("$SITU" export "$TMP/killed.db" 2> /dev/null | jq '.phases | length > 0')" = true ]
}
wait_until 30 has_phase || diag "no interval was stored within 30 s"
kill -9 $pid
wait $pid 2> /dev/null
run "$SITU" export --format json "$TMP/killed.db"
is "$rc" 0 "the store of a killed recording opens"
like "$(printf '%s' "$out" | jq -r .run.state)" "unfinished|interrupted" "and is not finished"
ok "$([ "$(printf '%s' "$out" | jq '.phases | length')" -ge 1 ]; echo $?)" \
	"and has the phases of before"
if command -v bpftool > /dev/null || [ -x /usr/sbin/bpftool ]; then
	PATH=$PATH:/usr/sbin
	is "$(bpftool prog show pids 2> /dev/null | grep -c "situ($pid)")" 0 "no program is left"
fi

finish

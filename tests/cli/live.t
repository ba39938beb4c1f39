#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# situ live in a real terminal: draws, takes keys, follows its size, leaves the terminal as it was.
. "$(dirname "$0")/../lib.sh"

need_root
need_command tmux pgrep
need_file /sys/kernel/btf/vmlinux

run_is 2 "without a terminal" "$SITU" live
one_line_error "live needs a terminal: use 'situ record'" "tells what to use instead"

export TMUX_TMPDIR="$TMP"
pane()
{
	tmux -L live -f /dev/null "$@"
}

shows()
{
	pane capture-pane -p 2> /dev/null | grep -Eq -e "$1"
}

lacks()
{
	! shows "$1"
}

# see RE NAME: waits until the screen shows a line that matches.
see()
{
	wait_until 30 shows "$1"
	_seen=$?
	ok $_seen "$2"
	[ $_seen = 0 ] || pane capture-pane -p | sed 's/^/# /' >&2
}

# The last line holds the keys: it is where the screen ends.
ends_at_line()
{
	pane capture-pane -p | sed -n "$1p" | grep -q '^q quit '
}

# What the shell in the pane runs: situ, its exit status and the terminal's modes around it.
cat > "$TMP/one" << SCRIPT
trap : INT # ctrl-C is for situ alone
stty -a > "$TMP/before"
"$SITU" live -i 200ms 2> "$TMP/live.err"
echo \$? > "$TMP/rc"
stty -a > "$TMP/after"
echo it-is-over
SCRIPT

start()
{
	rm -f "$TMP/rc" "$TMP/before" "$TMP/after"
	pane send-keys "clear; sh $TMP/one" Enter
}

over()
{
	wait_until 30 test -s "$TMP/after"
	is "$(cat "$TMP/rc" 2> /dev/null)" 0 "$1: exit status 0"
	is "$(cat "$TMP/after" 2> /dev/null)" "$(cat "$TMP/before")" \
		"$1: the terminal's modes are back"
	see '^it-is-over' "$1: the screen is back"
	is "$(cat "$TMP/live.err")" "" "$1: no complaint"
}

# The pane's shell runs $TMP/one, whose only child is situ.
live_pid()
{
	pgrep -P "$(pgrep -P "$(pane display-message -p '#{pane_pid}')")"
}

at_exit 'pane kill-server 2> /dev/null'
pane new-session -d -x 80 -y 24 "env PS1='prompt> ' sh" || bail "tmux does not start"
wait_until 10 shows 'prompt>' || bail "no shell in tmux"

start
see '^situ live: the last ' "shows an interval"
see '^service +cpu % ' "and the services' table"
see 'runq wait: .* p50 .* p99' "and the histograms"
see 'lost or without an owner: ' "and what was lost"
see '^q quit ' "and the keys"
pane send-keys t
see '^situ live: the sum of all intervals' "t shows totals"
pane send-keys p
see 'PAUSED' "p pauses"
pane send-keys p
wait_until 10 lacks PAUSED
ok $? "p goes on"
pane send-keys h
see 'this help, back' "h helps"
pane send-keys h
see 'runq wait' "h goes back"
pane send-keys Down
pane send-keys k
see '^service +cpu % ' "arrows and letters leave it alive"
pane resize-window -x 120 -y 40
wait_until 10 ends_at_line 40
ok $? "follows a larger terminal"
pane resize-window -x 60 -y 14
wait_until 10 ends_at_line 14
ok $? "follows a smaller terminal"
pane resize-window -x 20 -y 5
see 'too small' "says when nothing fits"
pane resize-window -x 80 -y 24
see '^service +cpu % ' "and comes back"
pane send-keys q
over "q"

for signal in TERM INT HUP QUIT; do
	start
	see '^situ live: the last ' "$signal: shows an interval"
	kill -s $signal "$(live_pid)"
	over "$signal"
done

start
see '^situ live: the last ' "ctrl-C: shows an interval"
pane send-keys C-c
over "ctrl-C"

finish

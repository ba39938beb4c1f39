#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Ctrl-C: what ran by then is a result; a second one, or a name server that is silent, keeps nobody.
. "$(dirname "$0")/../lib.sh"

need_command jq
HTTPD=$TOP/build/tests/stim/httpd
need_file "$SITU" "$HTTPD"

spawn sh -c '"$0" > "$1"' "$HTTPD" "$TMP/port"
wait_until 5 [ -s "$TMP/port" ]
URL=http://127.0.0.1:$(cat "$TMP/port")
all='.endpoints[] | select(.name == "all")'

q()
{
	jq -r "$1" "$TMP/out"
}

served()
{
	curl -s "$URL/count"
}

# More than $1 requests came since $before, which start() sets.
came()
{
	[ $(($(served) - before)) -gt "$1" ]
}

# start ARGUMENT...: situ in the background, its output in $TMP/out and $TMP/err.
start()
{
	before=$(served)
	spawn "$SITU" "$@" > "$TMP/out" 2> "$TMP/err"
}

over()
{
	wait_until 30 _gone "$pid" || fail "$1: it ends"
	wait "$pid"
	is "$?" "$2" "$1: exit status"
}

# interrupt NAME RC [SIGNAL]: and wait for the end.
interrupt()
{
	kill -s "${3:-INT}" "$pid"
	over "$1" "$2"
	one_line "^situ: interrupted: this is the result of what ran$" "$1: and says what it is"
}

one_line()
{
	like "$(grep '^situ: ' "$TMP/err")" "$1" "$2"
}

# Each form of the result.
for form in '' --json --csv; do
	start load $form -d 60s -r 50 "$URL/"
	wait_until 20 came 5
	interrupt "load ${form:-text}" 0
done
like "$(cat "$TMP/out")" '^0,,1,load,,,,all,,,answered,requests,value,[1-9]' "CSV: what ran"
start load -q --json -d 60s -r 50 "$URL/"
wait_until 20 came 5
interrupt "JSON" 0
is "$(q "[.run.state, ($all | .answered > 5)] | join(\" \")")" "interrupted true" \
	"JSON: what ran, and that it is not all"
start load -q --json -d 60s -c 2 "$URL/"
wait_until 20 came 5
interrupt "SIGTERM" 0 TERM

start load -q --json --stage 50:30s --stage 100:30s "$URL/"
wait_until 20 came 5
interrupt "stages" 0
is "$(q "[.run.state, ($all | .answered > 5)] | join(\" \")")" "interrupted true" "stages: what ran"

# A warm-up is no result: nothing was measured, and nothing is said to have been.
start load --json --warmup 60s -d 1s -c 2 "$URL/"
wait_until 20 came 5
kill -INT "$pid"
over "warm-up" 0
is "$(q "[.run.state, ($all | .attempted)] | join(\" \")")" "interrupted 0" "warm-up: nothing counts"
one_line '^situ: interrupted: nothing that counts was sent$' "warm-up: said so"

# A server that never answers does not keep it; what it owes is told.
start load --json -c 3 -d 60s --timeout 60s "$URL/hang"
wait_until 20 came 2
interrupt "no answer" 1
is "$(q "$all | [.attempted, .answered, (.errors | tojson)] | join(\" \")")" '3 0 {"other":3}' \
	"no answer: three that were cut off"
one_line '^situ: no request was answered \(other: interrupted before the answer\)' \
	"no answer: said so"

# A search: a step that was cut off is no trial of its rate.
start load --find-capacity --slo 'errors<1%' -d 60s -r 50 "$URL/"
wait_until 20 came 5
kill -INT "$pid"
over "first step" 0
like "$(cat "$TMP/out")" '^step  1 +50/s  interrupted$' "first step: neither met nor missed"
like "$(cat "$TMP/out")" "^interrupted: no rate has met 'errors<1%' yet$" "first step: the result"
start load --find-capacity --slo 'errors<1%' --json -d 500ms -r 40 "$URL/delay/1"
wait_until 20 grep -q '^step  1 .* met' "$TMP/err"
kill -INT "$pid"
over "second step" 0
is "$(q '[.run.state, .phases[0].name, .phases[-1].name] | join(" ")')" "interrupted met interrupted" \
	"second step: the phases' names"

# The reader of its output sleeps: it cannot end by itself. The second one ends it.
mkfifo "$TMP/full"
exec 3<> "$TMP/full"
dd if=/dev/zero of="$TMP/full" bs=4096 oflag=nonblock 2> /dev/null
before=$(served)
spawn "$SITU" load -q -d 60s -c 1 "$URL/delay/5" > "$TMP/full" 2> "$TMP/err"
threads()
{
	[ "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)" = "$1" ]
}
wait_until 20 came 5
threads 2
ok $? "two: it loads"
kill -INT "$pid"
wait_until 20 threads 1
ok $? "two: the first ends the load"
_gone "$pid"
is "$?" 1 "two: and it has its result yet to print"
kill -INT "$pid"
over "two" 130
exec 3<&-

# Ctrl-C and a SIGTERM that follows at once, as from a recording: neither is a second Ctrl-C.
for order in "INT TERM" "TERM INT"; do
	start load -q --json -d 60s -r 50 "$URL/"
	wait_until 20 came 5
	kill -STOP "$pid"
	for signal in $order; do
		kill -s "$signal" "$pid"
	done
	kill -CONT "$pid"
	over "$order" 0
	is "$(q "[.run.state, ($all | .answered > 5)] | join(\" \")")" "interrupted true" \
		"$order: what ran"
done

# nohup(1): the end of a terminal is not for it.
cat > "$TMP/hup" << END
trap '' HUP
exec "$SITU" load -q --json -n 20 -r 20 "$URL/"
END
before=$(served)
spawn sh "$TMP/hup" > "$TMP/out" 2> "$TMP/err"
wait_until 20 came 2
kill -HUP "$pid"
over "nohup" 0
is "$(q "[.run.state, ($all | .answered)] | join(\" \")")" "finished 20" "nohup: all of it ran"
start load -q --json -d 60s -r 20 "$URL/"
wait_until 20 came 2
interrupt "SIGHUP" 0 HUP

# The crawler, with a first page that never comes.
start crawl "$URL/hang" -o "$TMP/work.yaml"
wait_until 20 came 0
kill -INT "$pid"
over "crawl" 1
like "$(tail -n 1 "$TMP/err")" '^situ: interrupted before an endpoint answered' "crawl: said so"
[ ! -e "$TMP/work.yaml" ]
ok $? "crawl: no workload"

# Under a recording a terminal signals both: the load prints its result, then the recording its own.
if [ "$(id -u)" = 0 ] && [ -e /sys/kernel/btf/vmlinux ]; then
	cat > "$TMP/load" << END
exec "$SITU" load -q --json -d 60s -r 20 "$URL/" > "$TMP/load.json"
END
	start record --json -o "$TMP/store.db" -- sh "$TMP/load"
	wait_until 60 came 5
	kill -INT "-$pid"
	over "record" 0
	is "$(q '[.run.name, (.phases | length > 0)] | join(" ")')" "sh true" "record: its run"
	cp "$TMP/load.json" "$TMP/out"
	is "$(q "[.run.state, ($all | .answered > 5)] | join(\" \")")" "interrupted true" \
		"record: the load's result"
else
	skip "not root, or no BTF" 3
fi

# In a terminal that its line of progress fills: it makes room for the result, with the "^C" on it.
if command -v tmux > /dev/null; then
	export TMUX_TMPDIR="$TMP"
	pane()
	{
		tmux -L stop -f /dev/null "$@"
	}
	shows()
	{
		pane capture-pane -p 2> /dev/null | grep -Eq -e "$1"
	}
	cat > "$TMP/one" << END
trap : INT
"$SITU" load -d 60s -r 20 "$URL/"
echo "it ended with \$?"
END
	at_exit 'pane kill-server 2> /dev/null'
	pane new-session -d -x 70 -y 40 "sh $TMP/one; sleep 60" || bail "tmux does not start"
	wait_until 30 shows '^load .* of 60.0s .*20/s '
	ok $? "terminal: progress"
	pane send-keys C-c
	wait_until 30 shows '^it ended with 0'
	ok $? "terminal: exit status"
	shows '^GET / .* 200$'
	ok $? "terminal: the result"
	shows '^load '
	is "$?" 1 "terminal: the line of progress is gone"
else
	skip "tmux is not installed" 4
fi

# A name server that is silent for longer than anybody waits.
if [ "$(id -u)" = 0 ] && command -v unshare > /dev/null; then
	printf 'nameserver 127.0.0.1\noptions timeout:30 attempts:5\n' > "$TMP/resolv.conf"
	cat > "$TMP/silent" << 'END'
ip link set lo up && mount --bind "$TMP/resolv.conf" /etc/resolv.conf || exit 99
perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Proto => "udp",
	LocalAddr => "127.0.0.1:53") or die; open(F, ">", "$ENV{TMP}/bound");
	while (recv($s, $_, 512, 0), 1) { open(F, ">", "$ENV{TMP}/asked"); }' > /dev/null &
server=$!
while [ ! -e "$TMP/bound" ]; do sleep 0.05; done
timeout 20 "$SITU" load -q --json -n 2 -c 1 --timeout 300ms http://silent.example/ > "$TMP/out"
echo $? > "$TMP/rc"
rm "$TMP/asked"
"$SITU" load -q -d 60s --timeout 60s http://silent.example/ > "$TMP/out2" 2>&1 &
load=$!
while [ ! -e "$TMP/asked" ]; do sleep 0.05; done
kill -INT $load
wait $load
echo $? >> "$TMP/rc"
rm "$TMP/asked"
"$SITU" crawl -q http://silent.example/ -o "$TMP/none.yaml" > "$TMP/out3" 2>&1 &
crawl=$!
while [ ! -e "$TMP/asked" ]; do sleep 0.05; done
kill -INT $crawl
wait $crawl
echo $? >> "$TMP/rc"
kill $server
END
	export TMP SITU
	timeout 80 unshare --net --mount sh "$TMP/silent" 2> "$TMP/silent.err"
	is "$(tr '\n' ' ' < "$TMP/rc")" "1 1 1 " "silent name server: exit statuses"
	is "$(q "$all | .errors | tojson")" '{"dns":2}' "silent name server: the timeout holds"
	like "$(cat "$TMP/out3")" "interrupted before an endpoint" "silent name server: crawl"
else
	skip "not root, or no unshare" 3
fi

finish

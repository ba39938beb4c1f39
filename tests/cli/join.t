#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# join on the stores of two hosts, what is made of the joined run, and each way it can fail.
. "$(dirname "$0")/../lib.sh"

MAKE_HOSTS=$TOP/build/tests/unit/test_join
need_file "$SITU" "$MAKE_HOSTS"
need_command sqlite3 jq

one=$TMP/vm1.db
two=$TMP/vm2.db
all=$TMP/all.db
"$MAKE_HOSTS" --make "$one" "$two" || bail "the stores for this test cannot be made"

# query FILTER: of the joined run's document.
query()
{
	"$SITU" export "$all" | jq -rc "$1"
}

run_is 0 "join" "$SITU" join -o "$all" -n both "$one:1" "$two"
like "$out" "^$all: run 1 of 2 hosts: vm1, vm2\$" "names the run and its hosts"
like "$out" '^Edges: 1 joined \(0 by sequence numbers, 1 by address\)\.$' "counts what it joined"
like "$out" '^Halves left: 0 of clients .*, 0 of servers\.$' "and what it left"
like "$out" '^Trees: 1 call of them goes on' "and the trees"
is "$err" "" "and warns of nothing"
is "$(query '.run | [.name, .state, .duration_s, .hosts]')" '["both","finished",60,["vm1","vm2"]]' \
	"it is one run"
is "$(query '[.services[] | "\(.name)@\(.host)"] | sort')" '["cart@vm2","redis@vm2","web@vm1"]' \
	"of the services of both"
is "$(query '.edges[] | [.client, .server, .client_host, .server_host, .responses, .network_ns.sum]')" \
	'["web","cart","vm1","vm2",200,100000000]' "with one edge that has both halves"
is "$(query '[.attribution[] | select(.endpoint == "load -> web" and .band == "all" and
	.component != "downstream").ns] | add | round')" 11000000 "whose tree adds up"
is "$(query '.attribution[] | select(.band == "all" and .path == ["web", "cart", "redis"] and
	.component == "cpu") | [.endpoint, .ns, .calls]')" '["load -> web",2400000,2]' \
	"and goes on to redis"
is "$(query '[.attribution[] | select(.endpoint == "load -> web" and .band == "p90") | .path |
	join(">")] | unique')" '["","web","web>10.0.0.2:8080"]' "of the slow it does not"
run_is 0 "show --trees of it" "$SITU" show --trees "$all"
like "$out" '^    redis  ' "has the tree"
like "$out" 'remote_ambiguous 20' "and why it is not whole"

"$SITU" export -o "$TMP/all.json" "$all"
run_is 0 "import of its export" "$SITU" import -o "$TMP/in.db" "$TMP/all.json"
is "$("$SITU" export "$TMP/in.db" | jq -c '[.attribution, .coverage, .profiles]')" \
	"$(query '[.attribution, .coverage, .profiles]')" "there and back is the same"
jq '.profiles[0].places[1].scope = "some"' "$TMP/all.json" > "$TMP/odd.json"
run_is 2 "import of a scope there is not" "$SITU" import -o "$TMP/in.db" "$TMP/odd.json"
one_line_error "scope is neither mean nor tail" "says so"
cp "$all" "$TMP/odd.db"
sqlite3 "$TMP/odd.db" "UPDATE place SET scope = 9"
run_is 1 "show of a store with such a scope" "$SITU" show "$TMP/odd.db"
one_line_error "is damaged" "says so"

# --- the margin
cp "$two" "$TMP/more.db"
sqlite3 "$TMP/more.db" "UPDATE value SET value = 230 WHERE metric_id =
	(SELECT id FROM metric WHERE entity = 'edge' AND name = 'responses')"
run_is 0 "join of halves that counted differently" "$SITU" join -o "$TMP/left.db" "$one" "$TMP/more.db"
like "$out" '^Edges: 0 joined' "joins none"
like "$out" '^web \(vm1\) -> 10.0.0.2:8080: 200 responses at its host, 230 at the server' "and says why"
run_is 0 "unless they may" "$SITU" join --margin 20% -o "$TMP/left.db" "$one" "$TMP/more.db"
like "$out" '^Edges: 1 joined' "joins them"
run_is 2 "a margin of 100 %" "$SITU" join --margin 100% "$one" "$two"
one_line_error "is not a share below 1" "is refused"

# --- what cannot be joined makes no store
none=$TMP/never.db
run_is 2 "one run" "$SITU" join -o "$none" "$one"
one_line_error "2 to 32 hosts" "is refused"
run_is 2 "one host twice" "$SITU" join -o "$none" "$one" "$two" "$one"
one_line_error "two of the runs are of host 'vm1'" "is refused"
cp "$two" "$TMP/late.db"
sqlite3 "$TMP/late.db" "UPDATE run SET started_at_ns = started_at_ns + 61000000000;
	UPDATE phase SET started_at_ns = started_at_ns + 61000000000"
run_is 2 "runs that do not overlap" "$SITU" join -o "$none" "$one" "$TMP/late.db"
one_line_error "'vm1' ended before that of 'vm2' began" "are refused"
run_is 2 "a run that is not there" "$SITU" join -o "$none" "$one" "$two:7"
one_line_error "has no run '7'" "is refused"
run_is 2 "a store that is not there" "$SITU" join -o "$none" "$one" "$TMP/no.db"
one_line_error "there is no store" "is refused"
[ ! -e "$none" ]
ok $? "and no store is made"

# Recordings of different lengths; one that a living process of this machine still writes.
cp "$two" "$TMP/short.db"
sqlite3 "$TMP/short.db" "UPDATE run SET duration_ns = 30000000000; UPDATE phase SET duration_ns = 30000000000"
run_is 0 "join of a shorter recording" "$SITU" join -o "$TMP/left.db" "$one" "$TMP/short.db"
like "$err" "warning: 'vm2' was recorded for 30.0s of 60.0s" "warns"
sleep 300 &
writer=$!
at_exit "kill $writer 2> /dev/null"
ticks=$(sed 's/.*) //' "/proc/$writer/stat" | cut -d' ' -f20)
sqlite3 "$TMP/short.db" "UPDATE run SET state = 'unfinished', writer_pid = $writer,
	writer_start_ticks = $ticks, writer_machine = '$(cat /etc/machine-id)',
	writer_boot = '$(cat /proc/sys/kernel/random/boot_id)'"
run_is 1 "join of a run that goes on" "$SITU" join -o "$TMP/left.db" "$one" "$TMP/short.db"
one_line_error "is still being measured" "is refused"

finish

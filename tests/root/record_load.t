#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2086 # $load is several words
# A load that runs below a recording: its endpoints are part of the run, and its requests are told
# apart by them, exactly.
. "$(dirname "$0")/../lib.sh"

need_root
need_command jq setsid
HTTPD=$TOP/build/tests/stim/httpd
need_file "$SITU" "$HTTPD" /sys/kernel/btf/vmlinux
cd "$TMP" || exit 1

spawn sh -c '"$0" > "$1"' "$HTTPD" port
wait_until 5 [ -s port ]
cat > two.yaml << END
base: http://127.0.0.1:$(cat port)
endpoints:
  - {path: /first, weight: 3}
  - {path: /second}
END

# record ARGUMENT...: to run.json and text.
record()
{
	rm -f run.db*
	run timeout 60 "$SITU" record -q -o run.db "$@"
	"$SITU" export --format json run.db > run.json
	"$SITU" show run.db > text
}
q() { jq -c "$1" run.json; }
endpoints='[.endpoints[] | [.trial, .name, .attempted]]'
covered='[.coverage[] | select(.endpoint | startswith("GET")) | [.trial, .endpoint, .total]]'
load="$SITU load -q -f two.yaml --seed 3"

# 1. The load is the command. What its warm-up sent is none of the endpoints'.
record -- $load -r 200 -n 211 --warmup 300ms
is "$rc" 0 "a load below a recording: exit status"
is "$(q '[.endpoints[] | select(.name == "all") | .attempted, .answered]')" '[211,211]' \
	"the load's own counts"
is "$(q "$covered | map(.[2]) | add")" 211 "each of its requests is an endpoint's, the warm-up's none"
is "$(q '[.endpoints[] | select(.name != "all") | [.trial, .name, .attempted]] | sort')" \
	"$(q "$covered | sort")" "endpoint by endpoint"
is "$(q '[.attribution[] | select(.band == "all" and .endpoint == "GET /first" and .component != "downstream")
	| .ns] | add | . > 0')" true "and has its time told apart"
like "$(cat text)" '^all endpoints, all requests: ' "the summary shows it"

# 2. One after the other, below a script: a phase each, although the interval is a tenth of them.
record -i 100ms -- sh -c "$load -r 200 -n 101; sleep 0.5; $load -r 200 -n 53"
is "$rc" 0 "two loads of a script: exit status"
is "$(q '[.endpoints[] | select(.name == "all") | .attempted]')" '[101,53]' "each is there"
is "$(q "[$covered | group_by(.[0])[] | map(.[2]) | add]")" '[101,53]' \
	"and its requests are its own"

# 3. At the same time: the second one says that it is not linked.
record -- sh -c "$load -r 50 -n 101 > one & sleep 1; $load -r 200 -n 53; wait"
like "$err" '^situ: warning: another load is being measured' "of two at once, one is told so"
is "$(q '[.endpoints[] | select(.name == "all") | .attempted]')" '[101]' "the first one is linked"

# 4. Nothing is followed: the endpoints are there all the same.
record --no-spans -- $load -r 200 -n 53
is "$(q "[$endpoints, $covered] | [(.[0] | length > 0), (.[1] | length)]")" '[true,0]' \
	"without spans: the endpoints alone"

# 5. The recording ends before the load does: what ran counts.
record -d 1s -- $load -r 100 -d 50s
is "$rc" 0 "a load that is told to end: exit status"
is "$(q '[.endpoints[] | select(.name == "all") | .attempted > 10 and .attempted < 1000]')" '[true]' \
	"the requests that it made are there"

# 6. A load that dies leaves the recording as it is.
record -- sh -c "$load -r 100 -d 50s & sleep 1; kill -KILL \$!; wait; $load -r 200 -n 53"
is "$(q '[.endpoints[] | select(.name == "all") | .attempted]')" '[53]' \
	"a load that was killed does not keep the next one out"

finish

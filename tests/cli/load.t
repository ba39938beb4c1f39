#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The load generator against a server whose every answer is scripted: exact counts, by class.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/httpd.sh"

need_command jq
need_file "$SITU"
start_httpd

# load ARGUMENT...: runs it to $TMP/json; q FILTER: asks that for one value.
load()
{
	run timeout 60 "$SITU" load --json "$@"
	printf '%s\n' "$out" > "$TMP/json"
}
q()
{
	jq -r "$1" "$TMP/json"
}
all='.endpoints[] | select(.name == "all")'
counts="$all | [.attempted, .answered, (.codes | tojson), (.errors | tojson)] | join(\" \")"

# Counts: a prime number of requests, whatever the loop.
before=$(served)
load -n 1009 -c 7 "$URL/"
is "$rc" 0 "closed loop: exit status"
is "$(q "$counts")" '1009 1009 {"200":1009} {}' "closed loop: exact counts"
is "$(($(served) - before))" 1009 "closed loop: the server got as many"
is "$(q "$all | [.latency_ns.count, .latency_uncorrected_ns.count, .bytes_rx] | join(\" \")")" \
	"1009 1009 2018" "closed loop: a latency for each answer, and their bytes"
is "$(q '.run.state')" finished "closed loop: the run is finished"
load -n 211 -r 1000 -c 3 "$URL/"
is "$(q "$counts")" '211 211 {"200":211} {}' "open loop: exact counts"
is "$(q "$all | .send_lag_ns.count")" 211 "open loop: a send lag for each"
load -n 211 -r 1000 -c 3 --poisson "$URL/"
is "$(q "$counts")" '211 211 {"200":211} {}' "Poisson: exact counts"
load -d 1s -r 101 "$URL/"
is "$(q "$counts")" '101 101 {"200":101} {}' "a duration: as many as are due in it"
load -n 499 -c 5 --threads 3 "$URL/"
is "$(q "$counts")" '499 499 {"200":499} {}' "three threads: exact counts"
before=$(served)
load -n 53 -c 5 --warmup 100ms "$URL/"
is "$(q "$counts")" '53 53 {"200":53} {}' "a warm-up is not counted"
[ $(($(served) - before)) -gt 53 ]
ok $? "a warm-up is sent"
load -n 53 -c 5 --no-keepalive "$URL/echo"
is "$(q "$counts")" '53 53 {"200":53} {}' "without keep-alive: exact counts"

# Classes: what went wrong, each exactly as often as it was asked for.
class()
{
	before=$(served)
	# shellcheck disable=SC2086 # an option or none
	load -n "$2" -c 3 --timeout "${5:-20s}" ${6:-} "$URL$1"
	is "$(q "$counts")" "$3" "$1: exact counts"
	is "$(($(served) - before))" "$2" "$1: sent once each"
	is "$rc" "$4" "$1: exit status"
}
class /status/503 31 '31 0 {"503":31} {"wrong_answer":31}' 0
class /status/404 31 '31 0 {"404":31} {"wrong_answer":31}' 0
class /redirect 31 '31 31 {"302":31} {}' 0
class /reset 31 '31 0 {} {"reset":31}' 1
class /close 31 '31 0 {} {"reset":31}' 1
class /close-midbody 31 '31 0 {} {"reset":31}' 1
class /garbage 31 '31 0 {} {"wrong_answer":31}' 1
class /hang 7 '7 0 {} {"timeout":7}' 1 300ms
class /bytes/100003 31 '31 31 {"200":31} {}' 0
is "$(q "$all | .bytes_rx")" 3100093 "/bytes: all of them arrive"
class /last 31 '31 31 {"200":31} {}' 0 20s --no-keepalive
class /bytes/0 31 '31 31 {"200":31} {}' 0
# What comes behind an answer, on a connection that is kept: a surplus with the answer ends the
# connection, an unannounced close is seen before the next request when that leaves it the time.
class /long 31 '31 31 {"200":31} {}' 0
is "$(q "$all | .connections")" 31 "/long: no such connection is used again"
class /last 9 '9 9 {"200":9} {}' 0 20s --think=300ms
is "$(q "$all | .connections")" 9 "/last: each request finds the end of the one before"
# A surplus that comes later meets the next request, unless libcurl looks for it before.
load -n 2 -c 1 --think 300ms "$URL/late/20"
is "$(q "$all | [.attempted, .codes[\"200\"] >= 1, .answered + (.errors.wrong_answer // 0)] |
	map(tostring) | join(\" \")")" "2 true 2" "/late: the answer is good, what follows is told"
class /slow/20 7 '7 7 {"200":7} {}' 0
is "$(q "$all | .transfer_ns.p50 >= 150000000 and .first_byte_ns.p50 < .transfer_ns.p50")" true \
	"/slow: the transfer is the long phase"
class /slow/200 4 '4 0 {} {"timeout":4}' 1 500ms
is "$(q "$all | .failure_latency_ns.count == 4 and .failure_latency_ns.min >= 500000000 and
	.latency_ns.count == 0")" true "failures have times of their own"
# Less memory than the body has bytes: none of it is kept.
run sh -c 'ulimit -v 900000 && exec timeout 60 "$@"' sh "$SITU" load --json -n 1 -c 1 --timeout 50s \
	"$URL/bytes/1073741824"
printf '%s\n' "$out" > "$TMP/json"
is "$(q "$all | [.answered, .bytes_rx] | join(\" \")")" "1 1073741824" "a body of 1 GiB"
load -n 13 -c 2 http://127.0.0.1:1/
is "$(q "$counts")" '13 0 {} {"connect_refused":13}' "nobody listens: exact counts"
is "$rc" 1 "nobody listens: exit status"
one_line_error "connect_refused.*does the server run" "nobody listens: one line says so"
run_is 1 "no TLS there" "$SITU" load -q --json -n 1 "https://${URL#http://}/"
one_line_error "tls: .*is it https" "no TLS there: one line says what to look at"
load -n 3 -c 1 http://situ.invalid/
is "$(q "$counts")" '3 0 {} {"dns":3}' "an unknown host: exact counts"
load -n 5 -c 2 "https://127.0.0.1:$(cat "$TMP/port")/hang"
is "$(q "$counts")" '5 0 {} {"tls":5}' "no TLS there: exact counts"

# A kept connection that breaks under a request: counted, not tried again behind the scenes.
cat > "$TMP/mixed.yaml" << EOF
base: $URL
endpoints:
  - path: /
    weight: 3
  - path: /reset
EOF
before=$(served)
load -f "$TMP/mixed.yaml" -n 401 -c 1
is "$(($(served) - before))" 401 "a broken connection: every request is sent once"
is "$(q "$all | .attempted - .answered - .errors.reset")" 0 "a broken connection: all accounted for"
load -f "$TMP/mixed.yaml" -n 401 -c 4 --threads 2
first=$(q '[.endpoints[].attempted] | join(" ")')
load -f "$TMP/mixed.yaml" -n 401 -c 9 -r 2000
is "$(q '[.endpoints[].attempted] | join(" ")')" "$first" "the same seed sends the same mix"
load -f "$TMP/mixed.yaml" -n 401 -c 9 --seed 2
isnt "$(q '[.endpoints[].attempted] | join(" ")')" "$first" "another seed sends another"

# Times: never shorter than the server took.
load -n 101 -c 10 "$URL/delay/20"
is "$(q "$all | .latency_ns.min >= 20000000 and .latency_ns.p50 >= 20000000")" true \
	"a delay of 20 ms shows"
load -n 29 -r 1000 -c 2 "$URL/delay/20"
is "$(q "$all | .latency_ns.p50 > .latency_uncorrected_ns.min and .latency_ns.max > 200000000")" \
	true "two connections for 20 ms answers at 1000/s: the wait for a connection counts"
load -d 300ms -r 100 -c 2 --timeout 5s "$URL/delay/1000"
is "$(q "$counts")" '30 2 {"200":2} {"not_sent":28}' "a duration that ends with a backlog"
load -n 300 -r 100 -c 8 "$URL/stall-once/2000"
is "$(q "$counts")" '300 300 {"200":300} {}' "a stall: everything is answered in the end"
# The one due i * 10 ms into it waits for the rest of it.
is "$(q "$all | [.latency_ns.buckets[] | select(.[0] > 20000000) | .[1]] | add >= 198")" true \
	"a stall of 2 s at 100/s shows in as many samples as were due"
is "$(q "$all | [.latency_ns.buckets[] | select(.[0] > 1000000000) | .[1]] | add >= 100")" true \
	"half of them waited for half of it"

# wrk2 counts a latency from when its constant rate would have sent the request. One connection,
# 100/s, a stall of 1 s: request i of the stall is answered 1 s - i * 10 ms after that, so 51 take
# half a second or more and 76 a quarter; a clock that starts at the sending sees one of them.
before=$(served)
kill $pid
start_httpd
load -n 200 -r 100 -c 1 "$URL/stall-once/1000"
above="[.buckets[] | select(.[0] > \$ns) | .[1]] | add"
is "$(q "$all | .latency_ns | 490000000 as \$ns | $above >= 50")" true \
	"wrk2's case: half of a second's requests took half a second"
is "$(q "$all | .latency_ns | 240000000 as \$ns | $above >= 75")" true \
	"wrk2's case: three quarters took a quarter"
is "$(q "$all | .latency_uncorrected_ns | 490000000 as \$ns | $above < 10")" true \
	"wrk2's case: the uncorrected latency hides it"
is "$(q "$all | .send_lag_ns | 490000000 as \$ns | (($above) // 0) < 10")" true \
	"the server's stall is not the generator's lag"

# The same stall made by the generator, which is stopped: it is its own lag, though two connections
# are short of it behind that. With one, it may be stopped while that waits for an answer, and
# cannot know that it came meanwhile. One second at least, from its first half second on.
server=$pid
before=$(served)
flows()
{
	[ "$(($(served) - before))" -ge 50 ]
}
spawn sh -c 'exec timeout 60 "$@" > "$0"' "$TMP/json" "$SITU" load --json -n 300 -r 100 -c 2 "$URL/"
wait_until 20 flows || diag "50 requests took more than 20 s"
generator=$(cat "/proc/$pid/task/$pid/children")
kill -STOP $generator
sleep 1
kill -CONT $generator
wait "$pid"
is "$(q "$all | .send_lag_ns | 490000000 as \$ns | (($above) // 0) >= 25")" true \
	"the generator's stall is its lag"
pid=$server

# Pace.
load --stage 0-100:1s --stage 100:1s --stage 50-0:1s -c 4 "$URL/"
is "$(q "$counts")" '175 175 {"200":175} {}' "stages: as many as the areas under the rates"
load -d 1s -c 2 --think 200ms "$URL/"
is "$(q "$all | .attempted <= 10 and .attempted >= 2")" true "think time: at most five a second each"
load -n 11 -c 2 --think 10ms "$URL/"
is "$(q "$counts")" '11 11 {"200":11} {}' "think time: exact counts"
load -n 60 -c 1 "$URL/"
is "$(q "$all | [.connections, .first_byte_ns.count, .connect_ns.count] | join(\" \")")" "1 60 1" \
	"one connection, and its phases"
load -n 60 -c 1 --requests-per-connection 7 "$URL/"
is "$(q "$all | [.answered, .connections] | join(\" \")")" "60 9" "seven requests a connection"
load -n 60 -c 1 --no-keepalive "$URL/"
is "$(q "$all | .connections")" 60 "one request a connection"
load -n 3 -m PUT -b 12345 "$URL/echo"
is "$(q "$all | .bytes_tx == .bytes_rx")" true "the bytes sent are those that arrived"

# Verdicts.
run "$SITU" load -q -n 20 --threshold 'errors<1,rate>0.1' "$URL/"
is "$rc" 0 "thresholds that are met"
run "$SITU" load -q -n 20 --threshold 'p50<20ms' "$URL/delay/20"
is "$rc" 4 "a threshold that is not met"
one_line_error "threshold was not met: p50 is .*, not <20ms" "and why"
run "$SITU" load -q -n 20 --threshold 'errors<10%' "$URL/status/500"
is "$rc" 4 "errors beyond a threshold"
run "$SITU" load -q --strict -r 100 -d 500ms -c 1 --timeout 2s "$URL/delay/100"
is "$rc" 4 "strict: a target that was missed"
like "$err" "not a result of the server alone" "strict: said so"
run "$SITU" load -q --json --threshold 'errors<1,p50<1us' -n 7 -c 1 "$URL/"
printf '%s\n' "$out" > "$TMP/json"
is "$rc $(q '[.load.thresholds[] | [.goal, .met] | map(tostring) | join("=")] | join(" ")')" \
	"4 errors<1=true p50<1us=false" "the JSON has the thresholds' verdicts"
is "$(q ".load.thresholds[1].value == ($all | .latency_ns.p50)")" true "and what was reached"
run "$SITU" load -q --json -r 100 -d 500ms -c 1 --timeout 2s "$URL/delay/100"
printf '%s\n' "$out" > "$TMP/json"
is "$(q '[.load.due_rate > 0, .load.not_sent > 0, .load.backlog_max > 0,
	(.load.findings | length) > 0] | all')" true "the JSON has the self-check"
is "$(q '.self.rss_bytes > 1000000')" true "and the memory that situ took"

# A port without a server, in a closed loop: it is asked again and again, but not all the time.
run timeout 20 "$SITU" load -q --json -d 1s -c 2 "http://127.0.0.1:1/"
printf '%s\n' "$out" > "$TMP/json"
is "$(q "$all | .errors | keys | join(\" \")")" connect_refused "nobody listens: the class"
[ "$(q "$all | .attempted")" -lt 500 ]
ok $? "nobody listens: connections rest between their requests"
# A tenth of the 20 requests of its first step: one that waits behind a pause of the machine at the
# step's end is no miss yet, and of 110/s more than a tenth cannot be sent.
run timeout 60 "$SITU" load -q --find-capacity --slo 'errors<10%' -r 40 -d 500ms -c 2 \
	"$URL/delay/20"
is "$rc" 0 "a capacity"
like "$out" "^step  1 +40/s  met" "its first step"
like "$out" "^step +[0-9]+ +[0-9.]+/s  missed: errors is" "a step too far"
found=$(printf '%s\n' "$out" | sed -n 's/^capacity: \([0-9]*\).*/\1/p')
ok "$([ "${found:-0}" -ge 40 ] && [ "${found:-999}" -le 110 ]; echo $?)" \
	"two connections for 20 ms answers: at most 100/s"
run timeout 60 "$SITU" load -q --find-capacity --slo 'max<1us' -r 4 -d 300ms "$URL/"
is "$rc" 4 "no capacity"
one_line_error "no rate met" "no capacity: said so"

# A listener whose queue is full and whose owner sleeps: connections do not come about.
spawn perl -MIO::Socket::INET -e '
	$s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
	push @c, IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $s->sockport,
		Blocking => 0) for 1 .. 4;
	$| = 1; print $s->sockport, "\n"; sleep 60' > "$TMP/full"
wait_until 5 [ -s "$TMP/full" ]
load -n 3 -c 3 --timeout 300ms "http://127.0.0.1:$(cat "$TMP/full")/"
is "$(q "$counts")" '3 0 {} {"connect_timeout":3}' "no connection in time: exact counts"

# Forms.
run_is 0 "CSV" "$SITU" load -q --csv -n 7 "$URL/"
like "$out" ",all,,,answered,requests,value,7\$" "CSV has the metrics"
like "$out" '^0,,1,load,,,,,,,load_cpu_share,ratio,"value",0[.0-9e-]*$' "and the self-check"
is "$(printf '%s\n' "$out" | awk -F, '!/"/ && NF != 14' | wc -l)" 0 "its lines have 14 fields"
run "$SITU" load -q --csv -n 7 --threshold 'errors>=1,max<1h' "$URL/"
is "$rc" 4 "CSV with a threshold that is missed"
like "$out" ',load_threshold_met,,"errors>=1",0$' "the CSV says which one"
like "$out" ',load_threshold_met,,"max<1h",1$' "and which was met"
run_is 4 "CSV with a finding" "$SITU" load -q --strict --csv -r 3000 -c 1 -d 300ms --timeout 5s "$URL/delay/50"
like "$out" ',load_finding,,"the target was missed.*",1$' "the CSV has the finding"
run_is 0 "percentile text" "$SITU" load -q --json --hdr "$TMP/hdr" -n 50 "$URL/"
like "$(cat "$TMP/hdr")" "^ +[0-9.]+ 1.000000000000 +50\$" "percentile text ends with all of them"
printf '%s\n' "$out" > "$TMP/valid.json"
"$SITU" load --schema > "$TMP/schema.json"
if python3 -c 'import jsonschema' 2> /dev/null; then
	run_is 0 "the JSON is as the schema says" python3 -c '
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
for path in sys.argv[2:]:
    jsonschema.Draft202012Validator(schema).validate(json.load(open(path)))
' "$TMP/schema.json" "$TMP/valid.json" "$TOP/tests/golden/export.json"
	sed 's/"answered":[0-9]*/"answered":-1/' "$TMP/valid.json" > "$TMP/invalid.json"
	run python3 -c '
import json, sys, jsonschema
jsonschema.Draft202012Validator(json.load(open(sys.argv[1]))).validate(json.load(open(sys.argv[2])))
' "$TMP/schema.json" "$TMP/invalid.json"
	is "$rc" 1 "and other JSON is not"
else
	skip "python3-jsonschema is not installed" 2
fi

# What is sent.
cat > "$TMP/post.yaml" << EOF
base: $URL/
vars:
  - {name: who, from: 7, to: 7}
endpoints:
  - path: /echo/{who}?a={{who}}
    method: PUT
    headers: ["X-Who: user{who}", "X-Fixed: 1"]
    body: '{"name":"user{who}"}'
    expect: {status: 200, contains: "PUT /echo/7?a={who} HTTP/1.1"}
EOF
load -f "$TMP/post.yaml" -n 3 -c 1
is "$(q "$counts")" '3 3 {"200":3} {}' "method, path and variables"
is "$(q '.endpoints[1].name')" "PUT /echo/{who}?a={{who}}" "an endpoint has its template's name"
contains()
{
	sed "s|contains: .*|contains: \"$1\"}|" "$TMP/post.yaml" > "$TMP/one.yaml"
	load -f "$TMP/one.yaml" -n 3 -c 1 -H "X-More: yes"
	is "$(q "$counts")" "$2" "$3"
}
good='3 3 {"200":3} {}'
contains 'X-Who: user7\\r\\n' "$good" "a header with a variable"
contains 'X-Fixed: 1\\r\\n' "$good" "a header without"
contains 'X-More: yes\\r\\n' "$good" "a header from the command line"
contains '\\r\\n\\r\\n{\\"name\\":\\"user7\\"}' "$good" "a body with a variable"
contains 'Content-Length: 16\\r\\n' "$good" "the length of the body"
contains 'Expect:' '3 0 {"200":3} {"wrong_answer":3}' "no pause before the body"
cat > "$TMP/methods.yaml" << EOF
base: $URL
endpoints:
  - {path: /echo, expect: {contains: "GET /echo "}}
  - {path: /echo, method: HEAD}
  - {path: /echo, method: POST, expect: {contains: "Content-Length: 0\r\n"}}
  - {path: /echo, method: DELETE, expect: {contains: "DELETE /echo "}}
  - {path: /echo, method: PATCH, body: "x{y", expect: {contains: "\r\n\r\nx{y"}}
  - {path: /split, expect: {contains: needle}}
EOF
load -f "$TMP/methods.yaml" -n 307 -c 3
is "$(q "$counts")" '307 307 {"200":307} {}' "methods in turn on the same connections"
load -n 3 -m DELETE "$URL/status/200"
is "$(q '.endpoints[1].name')" "DELETE /status/200" "-m"
load -n 3 -b 'a{b}' "$URL/echo/{b}"
is "$(q '.endpoints[1].name + " " + (.endpoints[1].answered | tostring)')" "POST /echo/{b} 3" \
	"-b makes a POST, and braces of a command line are braces"

# People.
run_is 0 "the table" "$SITU" load -n 11 "$URL/"
like "$out" "GET /" "the table names the endpoint"
is "$err" "" "a short load is silent on stderr"
setsid "$SITU" load -d 60s -r 50 "$URL/" > "$TMP/out" 2> "$TMP/err" &
pid=$!
before=$(served)
wait_until 10 sh -c '[ "$(curl -s "$0/count")" -gt '"$((before + 5))"' ]' "$URL"
kill -INT $pid
wait $pid
is "$?" 0 "interrupted: exit status"
like "$(cat "$TMP/out")" "GET /" "interrupted: the result of what ran is printed"
like "$(cat "$TMP/err")" "interrupted" "interrupted: and said to be that"
usage()
{
	_re=$1
	shift
	run_is 2 "usage: exit status for: $_re" "$SITU" load "$@"
	one_line_error "$_re" "usage: $_re"
}
usage "nothing to load" -n 1
usage "-z is an option of other tools: the length is -d" -c 100 -z 5s "$URL"
usage "-z is an option of other tools" -c 100 -z
usage "--latency is an option of other tools: all quantiles" --latency "$URL"
usage "--qps is an option of other tools: the rate is -r" --qps=5 "$URL"
usage "-R is an option of other tools: the rate is -r" -c1 -R10 "$URL"
usage "-h2 is an option of other tools: say it with --http2" -n 5 -h2 "$URL"
usage "a rate is -r 10 here" -n 5 -q 10 "$URL"
usage "write --rate=50" -rate=50 "$URL"
usage "One|one URL" "$URL" "$URL"
usage "http://host:port" localhost
usage "only http" ftp://127.0.0.1/
usage "out of range" -c 0 "$URL"
usage "each thread one" --threads 3 -c 2 "$URL"
usage "needs a rate" --poisson "$URL"
usage "leave --think out" --think 1s -r 5 "$URL"
usage "is no stage" --stage 5 "$URL"
usage "rate of 0" --stage 0:1s "$URL"
usage "stage and --rate exclude" --stage 5:1s -r 5 "$URL"
usage "is no goal" --threshold 'p99=5' "$URL"
usage "needs what must be met" --find-capacity "$URL"
usage "goes with --find-capacity" --slo 'p99<1s' "$URL"
usage "json and --csv exclude" --json --csv "$URL"
usage "Name: value" -H nonsense "$URL"
usage "line break" -H "$(printf 'A: b\r\nC: d')" "$URL"
usage "upper-case" -m get "$URL"
usage "cannot read the workload" -f "$TMP/none.yaml"
printf 'endpoints:\n  - path: /a\n    wieght: 3\n' > "$TMP/bad.yaml"
usage "bad.yaml:3:5: unknown key 'wieght': did you mean 'weight'" -f "$TMP/bad.yaml"
printf 'endpoints:\n  - path: /a/{sku}\n' > "$TMP/bad.yaml"
usage "bad.yaml:2:11: unknown variable .sku." -f "$TMP/bad.yaml"
printf 'endpoints:\n  - path: /a\n' > "$TMP/bad.yaml"
usage "has no base" -f "$TMP/bad.yaml"

finish

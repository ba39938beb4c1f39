#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Sessions against a server whose every answer is scripted: exact counts, by step.
# shellcheck source=tests/lib.sh disable=SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/httpd.sh"

need_command jq
need_file "$SITU"
start_httpd
W=$TMP/w.yaml

# load ARGUMENT...: runs the workload on stdin, to $TMP/json; of NAME: what came of an endpoint.
load()
{
	cat > "$W"
	run timeout 60 "$SITU" load -f "$W" --json "$@" "$URL"
	printf '%s\n' "$out" > "$TMP/json"
}
of()
{
	jq -r --arg name "$1" '.endpoints[] | select(.name == $name) |
		[.attempted, .answered, (.codes | tojson), (.errors | tojson)] | join(" ")' \
		"$TMP/json"
}
attempted()
{
	of "$1" | sed 's/ .*//'
}

# Steps in order, repeated ones as often as they say.
before=$(served)
load -n 53 -c 7 << 'END'
sessions:
  - name: s
    steps:
      - path: /a
      - {path: /b, repeat: 3}
      - {repeat: 2, steps: [{path: /c}, {path: /d, method: POST, body: x}]}
END
is "$rc" 0 "closed loop: exit status"
is "$(of all)" '424 424 {"200":424} {}' "closed loop: all requests"
is "$(of 'GET /a') $(of 'GET /b')" '53 53 {"200":53} {} 159 159 {"200":159} {}' "single steps"
is "$(of 'GET /c') $(of 'POST /d')" '106 106 {"200":106} {} 106 106 {"200":106} {}' "a group"
is "$(($(served) - before))" 424 "the server got as many"
cp "$W" "$W.same"
load -n 53 -c 7 --threads 3 < "$W.same"
is "$(of all)" '424 424 {"200":424} {}' "three threads: all requests"
load -n 53 -c 60 -r 2000 < "$W.same"
is "$(of all)" '424 424 {"200":424} {}' "open loop: all requests"
run "$SITU" load -f "$W.same" -n 53 "$URL"
like "$out" '^Sessions: 53 begun, 53 finished, 0 ended by an error\.$' "sessions are counted"

# The rate is one of requests: 8 of them for each arrival.
load -d 1s -r 400 -c 50 < "$W.same"
is "$(attempted 'GET /a')" 50 "open loop: a rate of requests, not of sessions"

# Each user has cookies of his own, kept to the end of his session and no longer.
load -n 100 -c 7 << 'END'
sessions:
  - name: user
    steps:
      - path: /login
        extract:
          - {name: cookie, from: cookie, cookie: sid}
          - {name: header, from: header, header: x-token, pattern: '^t(\d+)$'}
      - {path: "/me/{cookie}", repeat: 2}
      - path: /me/{header}
  - name: stranger
    steps:
      - {path: /me/1, expect: {status: 401}}
endpoints:
  - {path: /me/2, expect: {status: 401}}
END
users=$(attempted 'GET /login') strangers=$(attempted 'GET /me/1') others=$(attempted 'GET /me/2')
is "$((users + strangers + others))" 100 "arrivals are of three kinds"
[ "$users" -gt 10 ] && [ "$strangers" -gt 10 ] && [ "$others" -gt 10 ]
ok $? "each of them comes"
is "$(of 'GET /me/{cookie}')" "$((2 * users)) $((2 * users)) {\"200\":$((2 * users))} {}" \
	"cookie: the user is known by it"
is "$(of 'GET /me/{header}')" "$users $users {\"200\":$users} {}" "header: it names the same user"
is "$(of 'GET /me/1')" "$strangers $strangers {\"401\":$strangers} {}" "a new user has no cookie"
is "$(of 'GET /me/2')" "$others $others {\"401\":$others} {}" "a request by itself has none either"

# A cookie goes where its path says, until the server takes it back.
load -n 20 -c 5 << 'END'
sessions:
  - name: s
    steps:
      - {path: "/set-cookie?deep=1;Path=/echo/deep"}
      - {path: "/set-cookie?wide=2;Path=/;Max-Age=60"}
      - {path: /echo/deep/x, expect: {contains: "Cookie: deep=1; wide=2\r\n"}}
      - {path: /echo/flat, expect: {contains: "Cookie: wide=2\r\n"}}
      - {path: "/set-cookie?deep=3;Path=/echo/deep"}
      - {path: /echo/deep, expect: {contains: "Cookie: deep=3; wide=2\r\n"}}
      - {path: "/set-cookie?wide=0;Path=/;Max-Age=0"}
      - {path: /echo/deep/again, expect: {contains: "Cookie: deep=3\r\n"}}
      - {path: "/set-cookie?other=1;Path=/;Domain=elsewhere.example"}
      - {path: /echo/deep/last, expect: {contains: "Cookie: deep=3\r\n"}}
END
is "$(of all)" '200 200 {"200":200} {}' "cookies: by path and age, none of another domain"

# What the server took back is no value to extract.
load -n 2 -c 1 << 'END'
sessions:
  - name: s
    steps:
      - {path: "/set-cookie?sid=1;Path=/", extract: [{name: a, from: cookie, cookie: sid}]}
      - path: "/set-cookie?sid=0;Path=/;Max-Age=0"
        extract: [{name: b, from: cookie, cookie: sid}]
      - {path: "/never"}
END
is "$(of all)" '4 2 {"200":4} {"wrong_answer":2}' "an expired cookie is none"

# What an answer gives goes into later requests, escaped for where it stands.
load -n 20 -c 3 << 'END'
sessions:
  - name: s
    steps:
      - path: /json
        expect: {status: 2xx, json: [{pointer: /open, equals: "true"}, {pointer: /items/2/sku, equals: C-3}]}
        extract:
          - {name: sku, from: json, list: /items, where: /stock, pointer: /sku}
          - {name: price, from: json, list: /items, where: /stock, pointer: /price}
          - {name: item, from: json, pointer: /items/1}
          - {name: word, from: regex, pattern: '"name":"(\w+)"'}
      - path: /echo/{sku}/{word}
        expect: {contains: "GET /echo/B%2F2%20%C3%A4%22/shop HTTP"}
      - path: /echo/raw/{+sku}
        expect: {contains: "GET /echo/raw/B/2%20%C3%A4\" HTTP"}
      - path: /echo/header
        headers: ["X-Sku: {sku}"]
        expect: {contains: "X-Sku: B/2 ä\"\r\n"}
      - path: /echo/json
        method: POST
        headers: ["Content-Type: application/json"]
        body: '{"sku":"{sku}","price":{price},"item":{+item}}'
        expect: {contains: "\r\n\r\n{\"sku\":\"B/2 ä\\\"\",\"price\":6.75,\"item\":{\"sku\":\"B/2 ä\\\"\",\"stock\":3,\"price\":6.75}}"}
      - path: /echo/form
        method: POST
        headers: ["Content-Type: application/x-www-form-urlencoded"]
        body: 'sku={sku}&word={word}'
        expect: {contains: "\r\n\r\nsku=B%2F2%20%C3%A4%22&word=shop"}
END
is "$(of all)" '120 120 {"200":120} {}' "answers go into requests"

# A wrong answer, and one that lacks what is needed, ends the session.
load -n 31 -c 3 << 'END'
sessions:
  - name: s
    steps: [{path: /a}, {path: /b, expect: {status: 404}}, {path: /c}]
END
is "$(of 'GET /b')" '31 0 {"200":31} {"wrong_answer":31}' "wrong status: counted"
is "$(of 'GET /c')" '0 0 {} {}' "wrong status: the session ends"
run "$SITU" load -f "$W" -n 31 "$URL"
like "$out" '^Sessions: 31 begun, 0 finished, 31 ended by an error\.$' "wrong status: the note"
lacks()
{
	load -n 31 -c 3 << END
sessions:
  - name: s
    steps:
      - {path: $1, $2}
      - {path: /c}
END
	is "$(attempted 'GET /c') $(of all)" '0 31 0 {"200":31} {"wrong_answer":31}' "$3: counted"
	run "$SITU" load -f "$W" -n 1 "$URL"
	like "$out" "^First failure: wrong_answer: GET $1 answered 200: $4" "$3: what it lacks"
}
json='from: json, pointer'
lacks /json "extract: [{name: x, $json: /nothing}]" "no such key" "extract x: .* no such value"
lacks /json "extract: [{name: x, $json: '', list: /items, where: /no}]" "no such item" "extract x:"
lacks /a "extract: [{name: x, $json: /a}]" "no JSON" "extract x: the answer is not JSON"
lacks /a "extract: [{name: x, from: regex, pattern: z}]" "no match" "extract x:"
lacks /a "extract: [{name: x, from: header, header: X-Token}]" "no header" "extract x:"
lacks /a "extract: [{name: x, from: cookie, cookie: sid}]" "no cookie" "extract x:"
lacks /login "extract: [{name: x, from: header, header: X-Token, pattern: z}]" "no part" "extract x:"
lacks /bytes/2000000 "extract: [{name: x, from: regex, pattern: x}]" "too long" "it is longer than 1 MiB"
lacks /bytes/900000 "extract: [{name: x, from: regex, pattern: '(x+x+)+[ab]'}]" "a pattern without end" \
	"extract x: .* too long to match"
lacks /json "expect: {json: [{pointer: /name, equals: x}]}" "other JSON" "expect '/name': it is 'shop'"
lacks /a "expect: {contains: z}" "no such text" "it lacks 'z'"

# An error of the connection ends a session as well.
load -n 31 -c 3 << 'END'
sessions: [{name: s, steps: [{path: /a}, {path: /reset}, {path: /c}]}]
END
is "$(of 'GET /reset')" '31 0 {} {"reset":31}' "reset: counted"
is "$(attempted 'GET /c')" 0 "reset: the session ends"

# Chances are drawn by the seed, whatever the loop.
cat > "$W.chance" << 'END'
sessions:
  - name: s
    steps:
      - path: /a
      - {path: /b, chance: 30%}
      - {chance: 0.5, repeat: 2, steps: [{path: /c}, {path: /d}]}
END
counts()
{
	jq -c '[.endpoints[] | .attempted]' "$TMP/json"
}
load -n 1000 -c 8 < "$W.chance"
first=$(counts)
is "$(attempted 'GET /c')" "$(attempted 'GET /d')" "a group happens as a whole"
[ "$(attempted 'GET /b')" -gt 250 ] && [ "$(attempted 'GET /b')" -lt 350 ]
ok $? "a chance of 30% comes true about as often: $(attempted 'GET /b') of 1000"
load -n 1000 -c 50 --threads 2 -r 20000 < "$W.chance"
is "$(counts)" "$first" "same seed: same steps in another loop"
load -n 1000 -c 8 --seed 2 < "$W.chance"
isnt "$(counts)" "$first" "another seed: other steps"

# Rows of CSV files: in turn, or by the seed.
printf 'code,"the ""word"""\r\n200,a\r\n201,"b,\n"\r\n202,\r\n203,d\r\n206,e' > "$TMP/codes.csv"
cat > "$W.csv" << 'END'
data: [{file: codes.csv, as: row, order: seq}]
sessions: [{name: s, steps: [{path: "/status/{row.code}"}, {path: "/status/{row.code}/again"}]}]
END
load -n 10 -c 3 < "$W.csv"
each='10 10 {"200":2,"201":2,"202":2,"203":2,"206":2} {}'
is "$(of 'GET /status/{row.code}')" "$each" "seq: each row in turn"
is "$(of 'GET /status/{row.code}/again')" "$each" "a session has one row"
sed 's/seq/random/' "$W.csv" > "$W.random"
load -n 50 -c 3 < "$W.random"
first=$(of 'GET /status/{row.code}')
is "$(of 'GET /status/{row.code}/again')" "$first" "random: a session has one row"
like "$first" '"200".*"201".*"202".*"203".*"206"' "random: each row comes"
isnt "$first" '50 50 {"200":10,"201":10,"202":10,"203":10,"206":10} {}' "random: not in turn"
load -n 50 -c 7 < "$W.random"
is "$(of 'GET /status/{row.code}')" "$first" "random: by the seed"
load -n 10 -c 3 << 'END'
data: [{file: codes.csv, as: row}]
endpoints: [{path: "/status/{row.code}"}]
END
is "$(of all)" "$each" "a request by itself takes a row too"

# Variables: anew for each request, or kept in a session.
load -n 50 -c 3 << 'END'
vars: [{name: v, from: 210, to: 298, per: session}, {name: r, from: 210, to: 298}]
sessions:
  - name: s
    steps: [{path: "/status/{v}/1"}, {path: "/status/{v}/2"}, {path: "/status/{r}/3"}, {path: "/status/{r}/4"}]
END
is "$(of 'GET /status/{v}/1')" "$(of 'GET /status/{v}/2')" "per session: one value"
isnt "$(of 'GET /status/{r}/3')" "$(of 'GET /status/{r}/4')" "per request: others"

# Thinking: the session waits, its latency does not.
load -n 3 -c 3 << 'END'
sessions: [{name: s, think: 400ms, steps: [{path: /a}, {path: /b}, {path: /c, think: 100ms-101ms}]}]
END
is "$(of all)" '9 9 {"200":9} {}' "think: all requests"
is "$(jq '.run.duration_s >= 0.5' "$TMP/json")" true "think: the session waits"
of_b=".endpoints[] | select(.name == \"GET /b\") | .latency_ns.max < 400000000"
is "$(jq "$of_b" "$TMP/json")" true "think: it is no latency"
load -n 2 -c 1 << 'END'
sessions: [{name: s, pause: 300ms, steps: [{path: /a}]}]
END
is "$(jq '.run.duration_s >= 0.3' "$TMP/json")" true "pause: between two sessions of a user"

# When the time is up, nobody waits for those who think.
load -d 300ms -c 5 << 'END'
sessions: [{name: s, think: 1h, steps: [{path: /a}, {path: /b}]}]
END
is "$(of all)" '5 5 {"200":5} {}' "cut off: only the first steps"
cp "$W" "$W.same"
load -d 300ms -c 1 -r 10 < "$W.same"
is "$(of all)" '2 1 {"200":1} {"not_sent":1}' "cut off: users who think keep their connection"
before=$(served)
setsid "$SITU" load -f "$W" -n 5 -c 5 --json -q "$URL" > "$TMP/json" 2> "$TMP/err" &
pid=$!
wait_until 10 sh -c '[ "$(curl -s "$0/count")" = "$1" ]' "$URL" "$((before + 5))"
kill -INT $pid
wait $pid
is "$?" 0 "interrupted while all think: exit status"
is "$(of all)" '5 5 {"200":5} {}' "interrupted while all think: what ran"

# What is wrong with a file is said in one line, with its place.
wrong()
{
	printf '%s\n' "$3" > "$W"
	run_is 2 "$2" "$SITU" load -f "$W" -n 1 "$URL"
	one_line_error "^situ: $TMP/$1" "$2: the line"
}
printf 'a,b\n1\n' > "$TMP/short.csv"
wrong 'w.yaml:1:37: .*begin with' "a step's path" 'sessions: [{name: s, steps: [{path: a}]}]'
wrong 'w.yaml:1:40: unknown key .repaet.: did you mean .repeat' "a step's key" \
	'sessions: [{name: s, steps: [{path: /, repaet: 2}]}]'
wrong 'w.yaml:1:37: .*\{x\}' "an unknown variable" 'sessions: [{name: s, steps: [{path: "/{x}"}]}]'
wrong 'short.csv:2:2: 1 values for 2 columns' "a CSV file" \
	'{data: [{file: short.csv, as: d}], endpoints: [{path: /}]}'
wrong 'w.yaml:1:16: cannot read .*nothing.csv' "no CSV file" \
	'{data: [{file: nothing.csv, as: d}], endpoints: [{path: /}]}'
wrong 'w.yaml:1:23: .*letters' "a bad name" '{data: [{file: x, as: a-b}], endpoints: [{path: /}]}'
wrong 'w.yaml:1:1: nothing to send' "nothing to send" 'base: http://127.0.0.1'

# The example of the help is a workload, which asks for more than this server has.
run_is 0 "help workload" "$SITU" help workload
is "$(printf '%s\n' "$out" | awk 'length > 80')" "" "help workload fits 80 columns"
printf '%s\n' "$out" | sed -n '/^Example:/,/^Requests/s/^  //p' > "$W"
printf 'name,password\nkim,secret\n' > "$TMP/users.csv"
run_is 0 "its example runs" "$SITU" load -f "$W" --json -n 100 -c 25 "$URL"
printf '%s\n' "$out" > "$TMP/json"
logins=$(attempted login)
is "$(of login)" "$logins $logins {\"200\":$logins} {}" "users log in"
is "$(of 'GET /products')" "$logins 0 {\"200\":$logins} {\"wrong_answer\":$logins}" \
	"and find no products"
finish

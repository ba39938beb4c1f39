#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the load generator costs, beside other ones and beside a libcurl loop that measures nothing.
# usage: tools/bench-load.sh [--json] [--rounds N] [--seconds N] [--connections N] [TOOL...]
# TOOL: situ poll epoll wrk ab hey, by default all that are installed. poll and epoll are the bare
# loops (tools/bench/curl_loop.c); ratios are to the better of them.
#
# The client has one core, nginx with an answer of 64 bytes another. Each round runs every tool
# once, in random order; ratios are those within a round, so that slow changes of the machine fall
# out, with the middle half of them as their spread. On a machine that does other things as well,
# CPU time per request says more than requests per second. Then situ sends 5000 requests a second
# in an open loop: the send lag is its own delay. Exits 1 when a tool failed, 2 on wrong usage, 3
# when this machine lacks something.
set -u
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)
situ=$top/build/situ loop=$top/build/tools/bench/curl_loop
format=text rounds=10 seconds=2 connections=64 open_rate=5000 tools=()
server='' tmp=''

usage()
{
	sed -n '4,6s/^# //p' "$0" >&2
	exit 2
}

fail()
{
	echo "bench-load: $2" >&2
	exit "$1"
}

cleanup()
{
	if [ "$server" ]; then
		kill "$server" 2> /dev/null
		wait "$server" 2> /dev/null
	fi
	rm -rf "$tmp"
}

number()
{
	[[ $1 =~ ^[1-9][0-9]{0,4}$ ]] || usage
}

parse()
{
	while [ $# -gt 0 ]; do
		case $1 in
		--json) format=json ;;
		--rounds | --seconds | --connections)
			[ $# -ge 2 ] && number "$2"
			declare -g "${1#--}=$2"
			shift
			;;
		situ | poll | epoll | wrk | ab | hey) tools+=("$1") ;;
		*) usage ;;
		esac
		shift
	done
}

check()
{
	local tool

	[ "$(nproc)" -ge 2 ] || fail 3 "one CPU is not enough: client and server need one each"
	for tool in nginx taskset jq curl; do
		PATH=$PATH:/usr/sbin command -v $tool > /dev/null ||
			fail 3 "$tool is not installed: run sudo tools/setup.sh build demo test bench"
	done
	[ -x "$situ" ] && [ -x "$loop" ] || fail 3 "not built: run make bench-load"
	[ ${#tools[@]} -gt 0 ] && return
	tools=(situ poll epoll)
	for tool in wrk ab hey; do
		if command -v $tool > /dev/null; then
			tools+=("$tool")
		else
			echo "bench-load: $tool is left out: sudo tools/setup.sh bench installs it" >&2
		fi
	done
}

start_server()
{
	local port try

	for try in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 10000))
		cat > "$tmp/nginx.conf" <<- CONF
			daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 65536;
			pid $tmp/nginx.pid; error_log $tmp/error.log crit;
			events { worker_connections 30000; }
			http {
				access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
				client_body_temp_path $tmp/1; proxy_temp_path $tmp/2;
				fastcgi_temp_path $tmp/3; uwsgi_temp_path $tmp/4; scgi_temp_path $tmp/5;
				server {
					listen 127.0.0.1:$port backlog=16384;
					return 200 "$(printf 'x%.0s' {1..64})";
				}
			}
		CONF
		PATH=$PATH:/usr/sbin taskset -c "$server_cpu" nginx -p "$tmp" -c "$tmp/nginx.conf" \
			2> "$tmp/nginx.err" &
		server=$!
		url=http://127.0.0.1:$port/
		for _ in {1..40}; do
			curl -sf "$url" > /dev/null && return
			kill -0 $server 2> /dev/null || break
			sleep 0.05
		done
	done
	fail 3 "nginx does not start (try $try): $(head -n 1 "$tmp/nginx.err")"
}

# Runs one tool for a window. What it did is printed as "requests seconds user system".
client()
{
	local tool=$1 c=$connections s=$seconds out=$tmp/out TIMEFORMAT='%R %U %S' took answers
	local -a command

	case $tool in
	poll | epoll) command=("$loop" "$tool" "$c" "$s" "$url") ;;
	situ) command=("$situ" load --quiet --json -c "$c" -d "${s}s" "$url") ;;
	wrk) command=(wrk -t1 "-c$c" "-d${s}s" "$url") ;;
	ab) command=(ab -q -k -c "$c" -t "$s" -n 100000000 "$url") ;;
	hey) command=(env GOMAXPROCS=1 hey -c "$c" -z "${s}s" "$url") ;;
	esac
	took=$({ time taskset -c "$client_cpu" "${command[@]}" > "$out" 2> "$tmp/err"; } 2>&1) ||
		return 1
	case $tool in
	poll | epoll) answers=$(cat "$out") ;;
	situ) answers=$(jq '.endpoints[0].answered' "$out") ;;
	wrk) answers=$(awk '/ requests in / { print $1 }' "$out") ;;
	ab) answers=$(awk '/^Complete requests:/ { print $3 }' "$out") ;;
	hey) answers=$(awk '/^ *\[200\]/ { print $2 }' "$out") ;;
	esac
	[ "${answers:-0}" -gt 0 ] && echo "$answers $took"
}

# Lines "round tool requests/s cpu_us": every tool, in a random order, in every round.
measure()
{
	local round tool line

	for ((round = 1; round <= rounds; round++)); do
		[ -t 2 ] && printf '\rround %d of %d ' "$round" "$rounds" >&2
		while read -r tool; do
			if ! line=$(client "$tool"); then
				echo "bench-load: $tool failed: $(head -n 1 "$tmp/err")" >&2
				: > "$tmp/failed"
				continue
			fi
			awk -v round="$round" -v tool="$tool" \
				'{ print round, tool, $1 / $2, ($3 + $4) * 1e6 / $1 }' <<< "$line"
		done < <(shuf -e "${tools[@]}")
	done
	[ ! -t 2 ] || printf '\r\033[K' >&2
}

# The tools' medians and ratios as a JSON array, from those lines.
summarise()
{
	jq -R -s --argjson order "$(printf '%s\n' "${tools[@]}" | jq -R . | jq -s .)" '
		def at(q): sort | .[((length - 1) * q) | round];
		def spread: {median: at(0.5), low: at(0.25), high: at(0.75)};
		[split("\n")[] | select(. != "") | split(" ") |
			{round: .[0], tool: .[1], rate: (.[2] | tonumber), cpu: (.[3] | tonumber)}]
		| (group_by(.round) | map({key: .[0].round, value:
			(map(select(.tool == "poll" or .tool == "epoll")) |
			 if length == 0 then null
			 else {rate: (map(.rate) | max), cpu: (map(.cpu) | min)} end)})
			| from_entries) as $bare
		| [$order[] as $t | map(select(.tool == $t)) | select(length > 0) | {
			tool: $t, rounds: length,
			requests_per_s: (map(.rate) | spread), cpu_us: (map(.cpu) | spread),
			rate_to_bare: (map(select($bare[.round]) | .rate / $bare[.round].rate) |
				if length > 0 then spread else null end),
			per_cpu_to_bare: (map(select($bare[.round]) | $bare[.round].cpu / .cpu) |
				if length > 0 then spread else null end)}]' "$tmp/lines"
}

open_loop()
{
	taskset -c "$client_cpu" "$situ" load --quiet --json -r $open_rate -c "$connections" \
		--warmup 500ms -d "$((seconds * 2))s" "$url" > "$tmp/open" 2> "$tmp/err" ||
		fail 1 "situ failed: $(head -n 1 "$tmp/err")"
	jq '.endpoints[0] | {rate: .rate, latency_p50_us: (.latency_ns.p50 / 1000),
		send_lag_p50_us: (.send_lag_ns.p50 / 1000),
		send_lag_p99_us: (.send_lag_ns.p99 / 1000)}' "$tmp/open"
}

print_text()
{
	jq -r '
		def three: if . >= 100 then round else (. * 100 | round) / 100 end | tostring;
		def of: if . then "\(.median | three) (\(.low | three)..\(.high | three))" else "-" end;
		["tool", "requests/s", "CPU us/request", "rate : bare", "per CPU : bare"],
		(.tools[] | [.tool, (.requests_per_s.median | round | tostring),
			(.cpu_us | of), (.rate_to_bare | of), (.per_cpu_to_bare | of)])
		| @tsv' "$tmp/result" | column -t -s "$(printf '\t')"
	jq -r '.open_loop | "\nOpen loop: \(.rate | round) requests/s, latency p50 " +
		"\(.latency_p50_us) us, send lag p50 \(.send_lag_p50_us) us, " +
		"p99 \(.send_lag_p99_us) us"' "$tmp/result"
	jq -r '"Steal while this ran: \(.steal_percent) % of the machine; \(.busy_percent) % " +
		"was busy, client and server included."' "$tmp/result"
}

# "total busy steal" ticks of all CPUs.
ticks()
{
	awk '/^cpu / { t = 0; for (i = 2; i <= 9; i++) t += $i; print t, t - $5 - $6 - $9, $9 }' \
		/proc/stat
}

parse "$@"
check
mapfile -t cpus < <(taskset -cp $$ | sed 's/.*: //; s/,/\n/g' |
	awk -F- '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i }')
[ ${#cpus[@]} -ge 2 ] || fail 3 "this shell may use one CPU only: widen its affinity"
client_cpu=${cpus[0]} server_cpu=${cpus[1]}
tmp=$(mktemp -d) || exit 1
trap cleanup EXIT
trap 'exit 130' INT TERM
start_server
read -r total0 busy0 steal0 < <(ticks)
measure > "$tmp/lines"
open=$(open_loop) || exit 1
read -r total1 busy1 steal1 < <(ticks)
summarise | jq --argjson open "$open" --argjson total $((total1 - total0)) \
	--argjson busy $((busy1 - busy0)) --argjson steal $((steal1 - steal0)) \
	'{tools: ., open_loop: $open, steal_percent: (1000 * $steal / $total | round / 10),
	  busy_percent: (1000 * $busy / $total | round / 10)}' > "$tmp/result"
if [ $format = json ]; then cat "$tmp/result"; else print_text; fi
[ ! -e "$tmp/failed" ]

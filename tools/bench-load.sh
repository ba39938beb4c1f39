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
# CPU time per request says more than requests per second.
#
# Then the goals that situ has, a line for each with what was measured: its rate beside the others',
# the send lag of an open loop of 5000 requests a second beside that of a loop that only waits, its
# median latency beside that of the kernel's own histogram of the same load (as root), what a thread
# more costs, 10,000 connections, memory with 1000 endpoints and how it grows at a steady rate.
# Exits 1 when a tool failed, 2 on wrong usage, 3 when this machine lacks something; a goal that is
# missed is said to be.
set -u
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)
situ=$top/build/situ loop=$top/build/tools/bench/curl_loop
spin=$top/build/tools/bench/spin_lag
format=text rounds=10 seconds=2 connections=64 open_rate=5000 tools=() repeats=5
steady_seconds=60 steady_rate=2000
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

stop_server()
{
	[ "$server" ] || return 0
	kill "$server" 2> /dev/null
	wait "$server" 2> /dev/null
	server=''
}

cleanup()
{
	stop_server
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
	[ -x "$situ" ] && [ -x "$loop" ] && [ -x "$spin" ] || fail 3 "not built: run make bench-load"
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

# start_server WORKERS CPUS
start_server()
{
	local port try

	for try in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 10000))
		cat > "$tmp/nginx.conf" <<- CONF
			daemon off; worker_processes $1; worker_rlimit_nofile 15000; user $(id -un);
			pid $tmp/nginx.pid; error_log $tmp/error.log crit;
			events { worker_connections 12000; }
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
		PATH=$PATH:/usr/sbin taskset -c "$2" nginx -p "$tmp" -c "$tmp/nginx.conf" \
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
			awk -v round="$round" -v tool="$tool" -v s="$seconds" \
				'{ print round, tool, $1 / s, ($3 + $4) * 1e6 / $1 }' <<< "$line"
		done < <(shuf -e "${tools[@]}")
	done
	[ ! -t 2 ] || printf '\r\033[K' >&2
}

# The tools' medians and ratios as a JSON array, from those lines.
summarise()
{
	jq -R -s --argjson order "$(printf '%s\n' "${tools[@]}" | jq -R . | jq -s .)" "$spread"'
		[split("\n")[] | select(. != "") | split(" ") |
			{round: .[0], tool: .[1], rate: (.[2] | tonumber), cpu: (.[3] | tonumber)}]
		| (group_by(.round) | map({key: .[0].round, value:
			(map(select(.tool == "poll" or .tool == "epoll")) |
			 if length == 0 then null
			 else {rate: (map(.rate) | max), cpu: (map(.cpu) | min)} end)})
			| from_entries) as $bare
		| (map(select(.tool == "situ")) | map({key: .round, value: .rate}) | from_entries)
			as $situ
		| [$order[] as $t | map(select(.tool == $t)) | select(length > 0) | {
			tool: $t, rounds: length,
			requests_per_s: (map(.rate) | spread), cpu_us: (map(.cpu) | spread),
			rate_to_bare: (map(select($bare[.round]) | .rate / $bare[.round].rate) |
				spread),
			per_cpu_to_bare: (map(select($bare[.round]) | $bare[.round].cpu / .cpu) |
				spread),
			situ_to_it: (map(select($situ[.round]) | $situ[.round] / .rate) |
				spread)}]' "$tmp/lines"
}

# goal NAME UNIT RELATION LIMIT < VALUES: one line of JSON. RELATION is <=, >= or -: none.
goal()
{
	jq -c -s --arg name "$1" --arg unit "$2" --arg relation "$3" --argjson limit "${4:-null}" \
		"$spread"'spread as $s | {goal: $name, unit: $unit, relation: $relation,
		limit: $limit, values: length} + ($s // {median: null, low: null, high: null}) |
		.met = (if .median == null or $limit == null then null
			elif $relation == "<=" then .median <= $limit else .median >= $limit end)'
}

load()
{
	local cpu=$1

	shift
	taskset -c "$cpu" "$situ" load --quiet --json "$@" "$url" 2> "$tmp/err" ||
		fail 1 "situ failed: $(head -n 1 "$tmp/err")"
}

# The rates beside each other's, from $tmp/tools.
rate_goals()
{
	local tool

	jq '.[] | select(.tool == "situ") | .rate_to_bare.all // [] | .[]' "$tmp/tools" |
		goal "requests/s : the better bare loop" "" '>=' 0.95
	for tool in hey wrk ab; do
		jq --arg t $tool '.[] | select(.tool == $t) | .situ_to_it.all // [] | .[]' \
			"$tmp/tools" |
			if [ $tool = hey ]; then goal "requests/s : hey" "" '>=' 1.6
			else goal "requests/s : $tool" "" -; fi
	done
}

open_goals()
{
	local i

	for ((i = 0; i < repeats; i++)); do
		load "$client_cpu" -r $open_rate -c "$connections" --warmup 500ms -d "${seconds}s"
		taskset -c "$client_cpu" "$spin" "$open_rate" "$seconds" >&3 || fail 1 "spin_lag failed"
	done > "$tmp/open" 3> "$tmp/spin"
	jq '.endpoints[0].send_lag_ns.p50 / 1000' "$tmp/open" |
		goal "open loop $open_rate/s: send lag p50" us -
	jq '.endpoints[0].send_lag_ns.p99 / 1000' "$tmp/open" |
		goal "open loop $open_rate/s: send lag p99" us '<=' 100
	goal "  an empty loop's on that CPU, p99" us - < "$tmp/spin"
	jq '.load.wait_share * 100' "$tmp/open" |
		goal "  meanwhile it was ready without its CPU" % -
	jq '(.load.cpu_share + .load.polling_share) * 100' "$tmp/open" |
		goal "  and on it" % -
	jq '.load.polling_share * 100' "$tmp/open" | goal "  of which awake to be on time" % -
}

# Its median latency less the kernel's, of the same requests.
kernel_goal()
{
	local i

	: > "$tmp/pairs"
	for ((i = 0; i < repeats && $(id -u) == 0; i++)); do
		# shellcheck disable=SC2016 # the inner shell expands it
		"$situ" record --json -o "$tmp/kernel.db" -- taskset -c "$client_cpu" sh -c \
			'"$@" > "$0"' "$tmp/own" "$situ" load --quiet --json -r $open_rate \
			-c "$connections" -d "${seconds}s" "$url" > "$tmp/kernel" 2> "$tmp/err" ||
			fail 1 "situ record failed: $(head -n 1 "$tmp/err")"
		jq -n --slurpfile own "$tmp/own" --slurpfile kernel "$tmp/kernel" \
			--arg at "${url#http://}" '
			[$kernel[0].edges[] | select(.server_addr + "/" == $at)]
			| max_by(.responses) | .response_ns.p50 as $k
			| ($own[0].endpoints[0].latency_uncorrected_ns.p50 - $k) / 1000, $k / 1000' |
			paste -s -d ' ' >> "$tmp/pairs"
	done
	awk '{ print $2 }' "$tmp/pairs" |
		goal "open loop $open_rate/s: the kernel's own p50" us -
	awk '{ print $1 }' "$tmp/pairs" | goal "  reported p50 less the kernel's" us '<=' 10
}

# What a request costs with two threads on two CPUs, the server's two workers on the same ones.
thread_goal()
{
	local i threads

	stop_server
	start_server 2 "$client_cpu,$server_cpu"
	for ((i = 0; i < repeats; i++)); do
		for threads in 1 2; do
			load "$client_cpu,$server_cpu" -c $((connections * 2)) --threads $threads \
				-d "${seconds}s" |
				jq '.self.cpu_ns / .endpoints[0].answered'
		done | paste -s -d ' '
	done | awk '{ print $1 / $2 }' | goal "2 threads: requests per CPU second : 1 thread" "" '>=' 0.9
	stop_server
	start_server 1 "$server_cpu"
}

many_goals()
{
	if [ "$(ulimit -Hn)" -ge 12000 ]; then
		load "$client_cpu" -c 10000 --warmup 3s -d "${seconds}s" > "$tmp/many"
		jq '.endpoints[0] | .attempted - .answered' "$tmp/many" |
			goal "10,000 connections: errors" "" '<=' 0
		jq '.endpoints[0].rate' "$tmp/many" | goal "  requests/s" "" -
		jq '.self.rss_bytes / 1e6' "$tmp/many" | goal "  memory" MB -
	fi
	{
		echo "base: ${url%/}"
		echo "endpoints:"
		printf '  - path: /%d\n' {1..1000}
	} > "$tmp/wide.yaml"
	load "$client_cpu" -f "$tmp/wide.yaml" -c "$connections" -n 100000 |
		jq '.self.rss_bytes / 1e6' | goal "1000 endpoints: memory" MB -
}

# Memory at a steady rate: kB a minute in the second half. In the first one a stall may still open
# connections, each with its buffers.
memory_goal()
{
	local pid i

	taskset -c "$client_cpu" "$situ" load --quiet -r $steady_rate -c "$connections" \
		-d "${steady_seconds}s" "$url" > /dev/null 2> "$tmp/err" &
	pid=$!
	for ((i = 0; i < steady_seconds; i++)); do
		awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status"
		sleep 1
	done 2> /dev/null > "$tmp/rss"
	wait "$pid" || fail 1 "situ failed: $(head -n 1 "$tmp/err")"
	awk '{ kb[NR] = $1 } END { from = int(NR / 2) + 1; to = NR - 1
		if (to > from) print (kb[to] - kb[from]) * 60 / (to - from) }' "$tmp/rss" |
		goal "memory at $steady_rate/s for $steady_seconds s: growth" kB/min '<=' 100
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
	echo
	jq -r '
		def three: if . == null then "-" elif . >= 100 or . <= -100 then round
			else (. * 100 | round) / 100 end | tostring;
		["goal", "measured", "middle half", "wanted", ""],
		(.goals[] | [.goal, (.median | three) + " " + .unit,
			if .values > 1 then "\(.low | three)..\(.high | three)" else "" end,
			if .limit == null then "" else "\(.relation) \(.limit) \(.unit)" end,
			if .median == null then "not measured here" elif .met == null then ""
			elif .met then "met" else "missed" end])
		| @tsv' "$tmp/result" | column -t -s "$(printf '\t')"
	jq -r '"\nSteal while this ran: \(.steal_percent) % of the machine; \(.busy_percent) % " +
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
spread='
	def at(q): sort | .[((length - 1) * q) | round];
	def spread: if length == 0 then null
		else {median: at(0.5), low: at(0.25), high: at(0.75), all: .} end; '
start_server 1 "$server_cpu"
read -r total0 busy0 steal0 < <(ticks)
measure > "$tmp/lines"
summarise > "$tmp/tools"
for part in rate_goals open_goals kernel_goal thread_goal many_goals memory_goal; do
	[ -t 2 ] && printf '\r\033[K%s ' "${part%_goal*}" >&2
	$part || exit 1
done > "$tmp/goals"
[ ! -t 2 ] || printf '\r\033[K' >&2
read -r total1 busy1 steal1 < <(ticks)
jq -s --slurpfile tools "$tmp/tools" --argjson total $((total1 - total0)) \
	--argjson busy $((busy1 - busy0)) --argjson steal $((steal1 - steal0)) \
	'{tools: $tools[0], goals: ., steal_percent: (1000 * $steal / $total | round / 10),
	  busy_percent: (1000 * $busy / $total | round / 10)}' "$tmp/goals" > "$tmp/result"
if [ $format = json ]; then cat "$tmp/result"; else print_text; fi
[ ! -e "$tmp/failed" ]

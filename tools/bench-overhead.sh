#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the probes cost, measured against nothing and against empty programs on the same hooks.
# usage: tools/bench-overhead.sh [--json] [--rounds N] [--quick] [--against TREE] [DRIVER...]
# DRIVER: pipe tcp loop disk nginx drain, by default all of them. --against TREE: also situ's programs as
# built (make bench's tools too) in another tree. --json: every single measurement as well.
#
# In each round every variant is attached once, in random order, for a short window of the same
# driver; what is compared are differences within a round, so that slow changes of the machine
# fall out. "nothing again" shows what is left of them. A ratio fails nothing; a variant that
# could not be measured makes the exit status 1. 2: usage, 3: not root or not built. drain is of
# another kind: what reading the maps takes of a CPU, once a second with 500 cgroups, 2,000 edges.
set -u
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)
bin=$top/build/tools/bench
declare -A part=([pipe]=sched [tcp]=tcp [loop]=block [disk]=block [nginx]=all)
declare -A window_ms=([pipe]=30 [tcp]=40 [loop]=60 [disk]=400 [nginx]=1000)
declare -A rounds_of=([pipe]=200 [tcp]=100 [loop]=100 [disk]=40 [nginx]=40 [drain]=40)
declare -A tools_of=([pipe]='runqlat cpudist' [loop]='biolatency')
# Attaching these takes a second, and what they add is plain: one round in so many.
tools_every=5
format=text rounds='' quick='' against='' drivers=()
worker_cpus=/sys/devices/virtual/workqueue/cpumask workers='' loop='' ram=''
missing=() server_pids=() tool_pids=() foreign_rounds=0 waited=0 nginx_pid=''
declare -A to from

usage()
{
	sed -n '4,6s/^# //p' "$0" >&2
	exit 2
}

fail()
{
	echo "bench: $2" >&2
	exit "$1"
}

cleanup()
{
	local pid

	# A second signal must not leave the kernel's work pinned to one CPU.
	trap '' INT TERM HUP
	trap - EXIT
	for pid in "${tool_pids[@]}" "${server_pids[@]}"; do
		kill "$pid" 2> /dev/null
		wait "$pid" 2> /dev/null
	done
	end_loop
	rm -rf "$tmp"
	[ -z "$cgroup" ] || rmdir "$cgroup"
}

parse()
{
	while [ $# -gt 0 ]; do
		case $1 in
		--json) format=json ;;
		--quick) quick=1 ;;
		--rounds | --against)
			[ $# -ge 2 ] || usage
			declare -g "${1#--}=$2"
			shift ;;
		pipe | tcp | loop | disk | nginx | drain) drivers+=("$1") ;;
		*) usage ;;
		esac
		shift
	done
	[[ $rounds =~ ^([1-9][0-9]*)?$ ]] || usage
	[ ${#drivers[@]} -gt 0 ] || drivers=(pipe tcp loop disk nginx drain)
}

# A server: a process that answers each line with one. start NAME COMMAND...
start()
{
	local name=$1 fd

	shift
	mkfifo "$tmp/$name.to" "$tmp/$name.from" || fail 1 "cannot make a pipe in $tmp"
	"$@" < "$tmp/$name.to" > "$tmp/$name.from" &
	server_pids+=($!)
	exec {fd}> "$tmp/$name.to"
	to[$name]=$fd
	exec {fd}< "$tmp/$name.from"
	from[$name]=$fd
	rm "$tmp/$name.to" "$tmp/$name.from"
}

stop()
{
	local fd

	fd=${to[$1]} && exec {fd}>&-
	fd=${from[$1]} && exec {fd}<&-
	unset "to[$1]" "from[$1]"
}

answer()
{
	read -r -t 60 -u "${from[$1]}" reply
}

ask()
{
	local fd=${to[$1]}

	echo "$2" >&"$fd" && answer "$1"
}

in_cgroup()
{
	[ -z "$cgroup" ] || echo "$BASHPID" > "$cgroup/cgroup.procs"
	exec "$@"
}

miss()
{
	missing+=("$1: $2")
	echo "bench: not measured: $1: $2" >&2
}

# Programs of others on the hooks are measured as well: waits for them to go, a minute in all.
# Sets disturbed to 1 when they stay.
wait_for_quiet()
{
	disturbed=0
	while "$bpftool" link show | grep -Eq '(tracing|raw_tracepoint|perf_event) '; do
		if [ $((waited++)) -ge 60 ]; then
			foreign_rounds=$((foreign_rounds + 1))
			disturbed=1
			return
		fi
		sleep 1
	done
}

tools_on()
{
	local tool deadline

	tool_pids=()
	for tool in ${tools_of[$driver]}; do
		# Line-buffered, so that its first line is seen when it is attached.
		stdbuf -oL "$tool" > "$tmp/$tool.out" 2> "$tmp/$tool.err" &
		tool_pids+=($!)
	done
	for tool in ${tools_of[$driver]}; do
		deadline=$((SECONDS + 20))
		until grep -qs '^Tracing' "$tmp/$tool.out"; do
			if [ $SECONDS -ge $deadline ] || [ -z "$(jobs -pr)" ]; then
				return 1
			fi
			sleep 0.05
		done
	done
}

tools_off()
{
	# Not INT, which a shell's background processes ignore until they ask for it. The status is
	# that of the signal.
	kill "${tool_pids[@]}" && { wait "${tool_pids[@]}" 2> /dev/null; tool_pids=(); }
}

# Attaches ($2: on) or detaches (off) the variant $1.
turn()
{
	case $1 in
	none | again) return 0 ;;
	tools) "tools_$2" ;;
	*) ask "$1" "$2" && [ "$reply" = "$2" ] ;;
	esac
}

# One window of the driver: sets value, ns of an event or events a second.
window()
{
	case $driver in
	pipe | tcp | loop)
		ask drive "${window_ms[$driver]}" && value=${reply%% *} ;;
	disk)
		disk_window ;;
	nginx)
		nginx_window ;;
	esac
}

# The fastest tenth of short batches again, over the log of single reads.
disk_window()
{
	local job=(--name=read --filename="$file" --size=64m --rw=randread --bs=4k --direct=1
		--ioengine=psync --norandommap --time_based --runtime="${window_ms[disk]}ms"
		--cpus_allowed="$cpu" --write_lat_log="$tmp/fio" --log_avg_msec=0 --minimal)

	(in_cgroup fio "${job[@]}") > "$tmp/fio.out" 2> "$tmp/fio.err" || return 1
	value=$(awk -F ', ' '{ sum += $2 }
		NR % 16 == 0 { print sum / 16; sum = 0 }' "$tmp/fio_clat.1.log" | sort -n |
		awk '{ v[NR] = $1 } END { if (NR) print v[int(1 + (NR - 1) / 10)]; else exit 1 }')
}

# Requests a second of nginx's CPU time, which is its throughput at saturation when it has its CPU
# to itself, and does not change much when it has not. Too few requests mean that it hardly ran.
nginx_window()
{
	local before after requests try

	for try in 1 2 3 4 5; do
		read -r before _ < "/proc/$nginx_pid/schedstat"
		requests=$(in_cgroup taskset -c "$other_cpu" wrk -t 1 -c 16 \
			-d "$((window_ms[nginx] / 1000))s" http://127.0.0.1:18980/ |
			awk '/ requests in / { print $1 }')
		read -r after _ < "/proc/$nginx_pid/schedstat"
		[ "${requests:-0}" -lt 1000 ] || break
		[ "$try" -lt 5 ] || return 1
	done
	value=$(awk -v n="$requests" -v ns=$((after - before)) \
		'BEGIN { if (!ns) exit 1; printf "%.1f", n * 1e9 / ns }')
}

# A loop device over memory, whose work is kept on the driver's CPU: steady to 1 %, where a disk
# is not. There is no other way to pin it than for all of the kernel's unbound work, meanwhile.
prepare_loop()
{
	ram=$(mktemp -d /dev/shm/situ-bench.XXXXXX) || return 1
	dd if=/dev/zero of="$ram/image" bs=1M count=64 2> /dev/null &&
		loop=$(losetup --find --show "$ram/image") || return 1
	workers=$(cat "$worker_cpus") && printf '%x\n' $((1 << cpu)) > "$worker_cpus" &&
		start drive in_cgroup "$bin/drive" read "$cpu" "$loop"
}

end_loop()
{
	[ -z "$workers" ] || echo "$workers" > "$worker_cpus"
	[ -z "$loop" ] || losetup -d "$loop"
	[ -z "$ram" ] || rm -rf "$ram"
	workers='' loop='' ram=''
}

prepare_disk()
{
	command -v fio > /dev/null || return 1
	file=$tmp/disk.dat
	dd if=/dev/zero of="$file" bs=1M count=64 conv=fsync 2> /dev/null
}

prepare_nginx()
{
	command -v nginx > /dev/null && command -v wrk > /dev/null || return 1
	mkdir "$tmp/www"
	head -c 1024 /dev/zero | tr '\0' x > "$tmp/www/index.html"
	chmod 755 "$tmp" "$tmp/www"
	cat > "$tmp/nginx.conf" <<- CONF
		daemon off; master_process off; pid $tmp/nginx.pid; error_log $tmp/nginx.err;
		events { worker_connections 256; }
		http {
			access_log off; keepalive_requests 1000000000;
			client_body_temp_path $tmp; proxy_temp_path $tmp; fastcgi_temp_path $tmp;
			uwsgi_temp_path $tmp; scgi_temp_path $tmp;
			server { listen 127.0.0.1:18980; root $tmp/www; }
		}
	CONF
	in_cgroup taskset -c "$cpu" nginx -c "$tmp/nginx.conf" 2> "$tmp/nginx.out" &
	nginx_pid=$!
	server_pids+=("$nginx_pid")
	sleep 0.5
	kill -0 "$nginx_pid"
}

prepare()
{
	case $driver in
	pipe | tcp)
		start drive in_cgroup "$bin/drive" "$driver" "$cpu" ;;
	*)
		"prepare_$driver" ;;
	esac
}

# Starts what attaches variant $1; without it the others are still measured.
prepare_variant()
{
	case $1 in
	empty) start empty "$bin/attach" empty "${part[$driver]}" ;;
	situ) start situ "$bin/attach" situ "${part[$driver]}" ;;
	all) start all "$bin/attach" situ all ;;
	spans) start spans "$bin/attach" situ span ;;
	against) start against "$against/build/tools/bench/attach" situ "${part[$driver]}" ;;
	tools)
		tools_on && tools_off
		return ;;
	*) return 0 ;;
	esac
	answer "$1" && [ "$reply" = ready ]
}

# Loads all anew: where a program comes to lie in memory adds or takes 10 ns a switch, which must
# vary within a run, not between runs.
reload()
{
	local variant

	for variant in $(shuf -e "${variants[@]}"); do
		[ -n "${to[$variant]:-}" ] || continue
		stop "$variant"
		prepare_variant "$variant" || return 1
	done
}

choose_variants()
{
	local variant wanted=(none again empty situ all)

	# The whole set is the part there.
	[ "${part[$driver]}" != all ] || wanted=(none again empty situ)
	# A round trip is one request and its answer: one hop.
	[ "$driver" != tcp ] || wanted+=(spans)
	[ -z "$against" ] || wanted+=(against)
	[ -z "${tools_of[$driver]:-}" ] || wanted+=(tools)
	variants=()
	for variant in "${wanted[@]}"; do
		if prepare_variant "$variant"; then
			variants+=("$variant")
		else
			miss "$driver, $variant" "it cannot be attached here"
		fi
	done
}

measure_round()
{
	local variant value disturbed

	wait_for_quiet
	for variant in $(shuf -e "${variants[@]}"); do
		[ "$variant" != tools ] || [ $((round % tools_every)) = 1 ] || continue
		if turn "$variant" on && window && turn "$variant" off; then
			printf '%s\t%d\t%s\t%s\t%d\n' "$driver" "$round" "$variant" "$value" \
				"$disturbed" >> "$tmp/raw"
		else
			return 1
		fi
	done
}

# Time inside the programs, by the kernel's accounting, which itself adds to what it reports.
measure_inside()
{
	local variant value before

	for variant in "${variants[@]}"; do
		case $variant in none | again | tools) continue ;; esac
		ask "$variant" stats-on && answer_stats "$variant" && before=$stats &&
			turn "$variant" on && window && answer_stats "$variant" &&
			turn "$variant" off && ask "$variant" stats-off || return 1
		paste -d ' ' <(xargs -n 3 <<< "$before") <(xargs -n 3 <<< "$stats") |
			awk -v OFS='\t' -v d="$driver" -v v="$variant" '$5 > $2 {
				print d, v, $1, $5 - $2, $6 - $3
			}' >> "$tmp/inside"
	done
}

answer_stats()
{
	ask "$1" stats && stats=${reply% stats}
}

measure()
{
	local variants round nr=${rounds:-${rounds_of[$driver]}} variant

	[ -z "$quick" ] || nr=$((nr / 10 + 1))
	prepare || { miss "$driver" "its programs are not installed or do not start"; return; }
	choose_variants
	for ((round = 1; round <= nr; round++)); do
		measure_round || { miss "$driver, round $round" "a variant failed"; break; }
		[ $((round % 10)) = 1 ] || continue
		measure_inside || { miss "$driver" "no accounting of run time"; break; }
		reload || { miss "$driver, round $round" "a variant cannot be loaded again"; break; }
	done
	for variant in drive "${!to[@]}"; do
		[ -z "${to[$variant]:-}" ] || stop "$variant"
	done
	end_loop
}

# Lines "snapshot PERCENT" and "whole PERCENT", and at the end how much there was to read.
measure_drain()
{
	local nr=${rounds:-${rounds_of[drain]}}

	[ -z "$quick" ] || nr=$((nr / 10 + 1))
	[ -n "$cgroup" ] || { miss drain "there is no cgroup v2"; return; }
	"$bin/drain" "$cgroup" "$nr" > "$tmp/drain" || { miss drain "it failed"; return; }
	awk '$1 == "found" { seen = $2 == 500 && $3 >= 2000 } END { exit !seen }' "$tmp/drain" ||
		miss drain "it did not see all of it: $(tail -n 1 "$tmp/drain")"
	awk -v OFS='\t' '$1 != "found" { print "drain", ++nr[$1], $1, $2, 0 }' "$tmp/drain" \
		>> "$tmp/raw"
}

make_cgroup()
{
	local mount

	mount=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
	cgroup=${mount:+$mount/situ-bench.$$}
	[ -z "$cgroup" ] || mkdir "$cgroup" || fail 1 "cannot make a cgroup"
}

facts()
{
	local model io=off

	model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
	grep -qw io "${cgroup:-/}/cgroup.controllers" 2> /dev/null && io=on
	printf 'kernel\t%s\n' "$(uname -r)"
	printf 'cpus\t%s x %s\n' "$(nproc)" "${model:-$(uname -m)}"
	printf 'clock\t%s\n' "$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
	printf 'io controller\t%s\n' "$io"
	printf 'load average\t%s\n' "$(cut -d ' ' -f 1 /proc/loadavg)"
	printf 'date\t%s\n' "$(date -u +%FT%TZ)"
}

parse "$@"
[ "$(id -u)" = 0 ] || fail 3 "loading BPF programs needs root: run sudo make bench"
for program in "$bin/attach" "$bin/drive" "$bin/drain" ${against:+"$against/build/tools/bench/attach"}; do
	[ -x "$program" ] || fail 3 "$program is not built: run make bench"
done
bpftool=$(command -v bpftool || echo /usr/sbin/bpftool)
cpu=$(($(nproc) - 1)) other_cpu=0
cgroup=''
tmp=$(mktemp -d "${TMPDIR:-/tmp}/situ-bench.XXXXXX") || exit 1
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
make_cgroup
facts > "$tmp/facts"
touch "$tmp/raw" "$tmp/inside"
for driver in "${drivers[@]}"; do
	if [ "$driver" = drain ]; then measure_drain; else measure; fi
done
printf 'rounds with programs of others\t%d\n' "$foreign_rounds" >> "$tmp/facts"
awk -v format="$format" -f "$top/tools/bench/summary.awk" \
	"$tmp/facts" "$tmp/inside" "$tmp/raw" || exit 1
[ ${#missing[@]} = 0 ] || exit 1

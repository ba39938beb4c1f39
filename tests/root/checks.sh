# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# What must be in the recordings that `stimulate DIR` of stimuli.sh has left in DIR, here or on
# another machine; sourced behind ../lib.sh: `check DIR [PREFIX]`, where PREFIX begins the tests'
# names.

# recorded NAME: the recording was made
recorded()
{
	[ "$(cat "$_dir/$1.rc")" = 0 ] || diag "$(tail -n 20 "$_dir/$1.err")"
	is "$(cat "$_dir/$1.rc")" 0 "$_prefix$1: the recording succeeds"
}

# service NAME SERVICE FILTER
service()
{
	jq -r ".services[] | select(.name == \"$_cgroup/$2\") | $3" "$_dir/$1.json"
}

# edge FILTER [NAME]: of the one between $_client and $_server, in the recording tcp or NAME
edge()
{
	jq -r ".edges[] | select(.client == \"$_client\" and .server == \"$_server\") | $1" \
		"$_dir/${2:-tcp}.json"
}

# writes FILTER: of the writer, over all devices
writes()
{
	service disk writer "[.disk[] | select(.op == \"write\") | $1] | add"
}

# within GOT WANT PERMILLE NAME
within()
{
	awk -v got="$1" -v want="$2" -v permille="$3" 'BEGIN {
		d = got - want
		exit !(want > 0 && (d < 0 ? -d : d) <= want * permille / 1000)
	}'
	_result=$?
	[ $_result = 0 ] || diag "got $1, wanted $2 within $3 permille"
	ok $_result "$_prefix$4"
}

# holds NAME EXPRESSION VARIABLE=VALUE...: an expression of awk's
holds()
{
	_name=$1 _expression=$2
	shift 2
	for _value; do
		set -- "$@" -v "$_value"
		shift
	done
	awk "$@" "BEGIN { exit !($_expression) }"
	_result=$?
	[ $_result = 0 ] || diag "not so: $_expression with $*"
	ok $_result "$_prefix$_name"
}

check_cpu()
{
	recorded cpu
	within "$(service cpu busy .cpu_ns)" "$(cat "$_dir/busy.usage_ns")" 5 \
		"CPU time of a hog agrees with the cgroup's"
	within "$(service cpu bursts .cpu_ns)" "$(cat "$_dir/bursts.usage_ns")" 5 \
		"CPU time of 199 bursts agrees with the cgroup's"
	holds "a switch for each burst at least" "switches >= 198" \
		switches="$(service cpu bursts .switches)"
}

check_forks()
{
	[ -e "$_dir/forks.json" ] || return 0
	recorded forks
	within "$(service forks forker .cpu_ns)" "$(cat "$_dir/forker.usage_ns")" 5 \
		"CPU time of a fork storm agrees with the cgroup's"
	holds "and each child was switched to" "switches >= forks" forks="$(cat "$_dir/forks.count")" \
		switches="$(service forks forker .switches)"
}

# waited NAME: by the kernel's account of the process, the time of its spinning is contained in
# ours, which is contained in its life, but for a wait of its exit. 1 %: a switch to it that Linux
# 6.18 did not trace takes a wait of up to a tick away.
waited()
{
	_spun=$(sed -n 's/^\([0-9]*\) [0-9]*$/\1/p' "$_dir/$1.waited")
	_lived=$(sed -n 's/^[0-9]* \([0-9]*\)$/\1/p' "$_dir/$1.waited")
	holds "the $1's wait for the CPU is the kernel's" \
		"spun > 0 && 0.99 * spun <= w && w <= 1.02 * lived" \
		w="$(service wait "$1" .runq_wait_ns.sum)" spun="$_spun" lived="$_lived"
}

check_wait()
{
	recorded wait
	waited victim
	waited offender
	if [ "$(jq '.losses.wait_full // 0' "$_dir/wait.json")" != 0 ]; then
		skip "too many others here wait for each other: no row is left for who made whom wait"
		return
	fi
	# Both begin and end about together: what the one ran, the other waited for.
	holds "the victim waited for the offender" "w >= 0.8 * r && w <= 1.01 * r" \
		w="$(service wait victim ".waited_for_ns[\"$_cgroup/offender\"]")" \
		r="$(service wait offender .cpu_ns)"
}

check_disk()
{
	recorded disk
	is "$(writes .bytes)" $((1009 * 4096)) "${_prefix}bytes of 1009 direct writes, on the writer"
	is "$(writes .errors)" 0 "${_prefix}without an error"
	isnt "$(writes .count)" null "${_prefix}the writes are counted"
	is "$(writes .device_ns.count)" "$(writes .count)" "${_prefix}every write has a device time"
}

check_edge()
{
	recorded tcp
	is "$(edge .connections)" 1 "${_prefix}one connection"
	is "$(edge .responses)" 211 "${_prefix}211 responses at the client"
	is "$(edge .response_ns.count)" 211 "${_prefix}211 response times"
	is "$(edge .service_ns.count)" 211 "${_prefix}211 server times"
	is "$(edge .bytes_tx)" $((211 * 1009)) "${_prefix}bytes to the server"
	is "$(edge .bytes_rx)" $((211 * 9973)) "${_prefix}bytes to the client"
	is "$(edge .connect_ns.count)" 1 "${_prefix}one connect time"
	is "$(edge .resets)" 0 "${_prefix}no reset"
	holds "the server's time has its 3 ms each" "s >= 211 * 3e6" s="$(edge .service_ns.sum)"
	holds "the response time contains the server's" "r >= s" \
		s="$(edge .service_ns.sum)" r="$(edge .response_ns.sum)"
}

check_adopted()
{
	recorded adopted
	is "$(edge .connections adopted)" 0 "${_prefix}an open connection is not opened again"
	is "$(edge .responses adopted)" 102 \
		"${_prefix}103 responses but the first, by which the client is adopted"
	is "$(edge .service_ns.count adopted)" 102 "${_prefix}and as many server times"
}

# Who dirtied the pages pays, not who has them written.
check_writeback()
{
	[ -e "$_dir/writeback.json" ] || return 0
	recorded writeback
	is "$(service writeback writer '[.disk[] | select(.op == "write") | .bytes] | add')" \
		$((1009 * 4096)) "${_prefix}pages that are written later are on who dirtied them"
	holds "but for the file system's own, not on who has them written" "bytes < 65536" \
		bytes="$(service writeback syncer '[.disk[] | select(.op == "write") | .bytes] | add // 0')"
}

# The device below counts; the mapper's own, which sends no requests, does not count them again.
check_mapper()
{
	[ -e "$_dir/mapper.json" ] || return 0
	recorded mapper
	is "$(service mapper writer '[.disk[] | [.device, .op, .count, .bytes, .errors]] | tojson')" \
		"[[\"vdb\",\"write\",503,$((503 * 4096)),0]]" \
		"${_prefix}503 writes through the device mapper are the disk's, once"
}

check_churn()
{
	[ -e "$_dir/churn.json" ] || return 0
	recorded churn
	# A switch that the kernel did not trace may have been the only one of its cgroup.
	holds "each cgroup that lived for a process has a row, or its switch was untraced" \
		"rows <= count && rows >= count - untraced" \
		rows="$(jq '[.services[] | select(.name | test("churn[0-9]+")) | .name] | unique |
			length' "$_dir/churn.json")" \
		count="$(cat "$_dir/churn.count")" \
		untraced="$(jq '.losses.sched_untraced // 0' "$_dir/churn.json")"
	is "$(jq '.losses.owner_full // 0' "$_dir/churn.json")" 0 "${_prefix}no slot was missing"
}

check_tcp()
{
	_client=$_cgroup/client _server=$_cgroup/server
	check_edge
	is "$(service tcp client .net_tx_bytes)" $((211 * 1009)) \
		"${_prefix}the client's service sent it"
	is "$(service tcp server .net_rx_bytes)" $((211 * 1009)) \
		"${_prefix}the server's service received it"
}

# check DIR [PREFIX]
check()
{
	_dir=$1 _prefix=${2:-}
	_cgroup=$(cat "$_dir/cgroup")
	check_cpu
	check_forks
	check_wait
	check_disk
	check_tcp
	check_adopted
	check_writeback
	check_mapper
	check_churn
}

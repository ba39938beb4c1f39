# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# TAP of one kernel of kernels.tsv; sourced by NAME.t behind ../lib.sh: `test_kernel NAME`. It is
# booted once for each set-up of cgroups; what the machine sent is checked here. Expectations:
#	expect.tsv      kernel, program, state: what `situ doctor` decides, all of it
#	verifier.tsv    kernel, object, program, instructions that the verifier went through

. "$TOP/tests/root/checks.sh"
VM=$TOP/tests/vm
SETUPS="v2io v2part v2noio v1 hybrid"
# Have no storage of a task's own for programs that trace: nothing is attributed there.
SPANLESS="5.10"
# May grow by so much: compilers and kernels differ a little.
GROWTH_PERCENT=20

# rows FILE KERNEL: the rest of KERNEL's lines
rows()
{
	awk -F '\t' -v OFS='\t' -v kernel="$2" \
		'$1 == kernel { sub(/^[^\t]*\t/, ""); print }' "$VM/$1"
}

# program, state: what is expected of the set-up $1
expected()
{
	local v1="not needed"

	case $1 in v1 | hybrid) v1=used ;; esac
	rows expect.tsv "$_kernel" | sed "s/\tused on v1\$/\t$v1/"
}

# The programs and their states, each expected one and no other.
test_programs()
{
	is "$(cat "$1/doctor.rc")" 0 "$2: situ doctor finds that it can measure here"
	is "$(jq -r '.programs[] | [.program, .state] | @tsv' "$1/doctor.json" | sort)" \
		"$(expected "$2" | sort)" "$2: the programs are what expect.tsv says"
	is "$(jq -r '.self.programs[].name' "$1/tcp.json" | sort)" \
		"$(expected "$2" | awk -F '\t' '$2 == "used" || $2 == "on demand" { print $1 }' |
			sort)" "$2: these and no others are loaded"
}

# What the kernel complains of: itself, mostly.
test_complaints()
{
	is "$(grep -E 'WARNING:|BUG:|Oops|lockup|hung_task|rcu.*stall|Call Trace' "$1/dmesg")" "" \
		"$2: the kernel does not complain"
}

# Counts against the table's, and no program without one.
test_verifier()
{
	awk -F '\t' -v percent=$GROWTH_PERCENT '
	NR == FNR { want[$1 "/" $2] = $3; next }
	{ got[$1 "/" $2] = $3 }
	END {
		for (name in got) {
			if (!(name in want))
				print name " is not in the table: " got[name]
			else if (got[name] + 0 != got[name] || want[name] + 0 != want[name]) {
				if (got[name] != want[name])
					print name ": " got[name] ", not " want[name]
			} else if (got[name] > want[name] * (1 + percent / 100))
				print name ": " got[name] " instructions, was " want[name]
		}
		for (name in want)
			if (!(name in got))
				print name " is in the table only"
	}' <(rows verifier.tsv "$_kernel") "$1/insns.tsv" | sort > "$TMP/verifier"
	is "$(cat "$TMP/verifier")" "" "the verifier's work is verifier.tsv's (+$GROWTH_PERCENT %)"
	[ ! -s "$TMP/verifier" ] || diag "if it has to be: tools/vm-insns.sh"
}

# A delay of 40 ms on the way from front to back, and on no other. Emulated, what a request costs
# otherwise varies by more than the judge of tests/lab grants: the one that is known is looked at.
test_slow_link()
{
	local _prefix=

	is "$(jq '.errors | length' "$1/link.client")" 0 "$2: requests over a slow link are answered"
	holds "$2: nine in ten of them are complete" "complete >= 0.9 * 31" \
		complete="$(jq '[.coverage[] | select(.endpoint | startswith("(remote)") | not) |
			.complete] | add // 0' "$1/link.json")"
	holds "$2: the delay is the network row of the edge over the link" \
		"far >= 40e6 && far - near >= 39e6 && near < 40e6" \
		far="$(network "$1" front/back)" near="$(network "$1" front/mid)"
}

# network DIR PATH: ns per request
network()
{
	jq --arg cgroup "$(cat "$1/cgroup")/" --arg path "$2" '[.attribution[] | select(
		.band == "all" and .component == "network" and
		([.path[] | ltrimstr($cgroup)] | join("/")) == $path) | .ns] | add // 0' "$1/link.json"
}

test_setup()
{
	local sent=$TOP/build/vm/run/$_kernel-$1/out

	run "$TOP/tools/vm-boot.sh" "$_kernel" "$1"
	is "$rc" 0 "$1: the machine boots and sends its results"
	[ "$rc" = 0 ] || { diag "$err"; return; }
	is "$(cat "$sent/stimulate.log")" "" "$1: the stimuli are made"
	test_programs "$sent" "$1"
	test_complaints "$sent" "$1"
	[ "$1" != v2io ] || test_verifier "$sent"
	if [ -e "$sent/link.json" ] && [[ " $SPANLESS " != *" $_kernel "* ]]; then
		test_slow_link "$sent" "$1"
	fi
	check "$sent" "$1: "
}

test_kernel()
{
	local setup

	_kernel=$1
	need_command qemu-system-x86_64 cpio jq mke2fs dmsetup
	need_file "$TOP/build/tests/vm/insns"
	[ -e "$TOP/build/vm/kernel/amd64/$1/vmlinuz" ] ||
		skip_all "no kernel $1: $(cat "$TOP/build/vm/kernel/amd64/$1.reason" 2> /dev/null ||
			echo "run tools/vm-fetch.sh")"
	diag "kernel $1 is $(cat "$TOP/build/vm/kernel/amd64/$1/release")"
	for setup in $SETUPS; do
		test_setup "$setup"
	done
	finish
}

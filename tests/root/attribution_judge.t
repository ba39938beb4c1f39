#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The judge of the attribution tests passes the truth, and nothing else.
. "$(dirname "$0")/../lib.sh"

need_command python3 jq
cd "$TMP" || exit 1

# 7 requests: front spins 3 ms, asks mid, which sleeps 2 ms; 0.1 ms each way, 0.2 ms at the client.
for i in 1 2 3 4 5 6 7; do
	t=$((i * 100000000))
	cat >> front << END
{"actor":"front","id":"front.$i","tag":"x","begun_ns":$t,"answered_ns":$((t + 5300000)),"cpu_ns":3000000,"runq_ns":100000,"sleep_ns":0,"lock_ns":0,"disk_ns":0,"handover_ns":0,"downstream_ns":2200000,"calling_cpu_ns":0,"calling_runq_ns":0,"calls":[{"peer":"mid","id":"front.$i.1","open_ns":0,"open_sleep_ns":0,"sent_ns":$((t + 3100000)),"read_ns":$((t + 5300000))}]}
END
	cat >> mid << END
{"actor":"mid","id":"front.$i.1","tag":"","begun_ns":$((t + 3200000)),"answered_ns":$((t + 5200000)),"cpu_ns":0,"runq_ns":0,"sleep_ns":2000000,"lock_ns":0,"disk_ns":0,"handover_ns":0,"downstream_ns":0,"calling_cpu_ns":0,"calling_runq_ns":0,"calls":[]}
END
done
jq -n 'def row(path; component; ns): {placement: "", trial: 1, phase: "measure", endpoint: "x",
		band: "all", path: path, component: component, ns: ns, sum_ns: ns, calls: 1};
	{attribution: [
		row([]; "cpu"; 150000), row([]; "other"; 10000),
		row(["front"]; "network"; 40000), row(["front"]; "cpu"; 3000000),
		row(["front"]; "runq"; 100000), row(["front"]; "downstream"; 2200000),
		row(["front", "mid"]; "network"; 150000), row(["front", "mid"]; "socket_queue"; 50000),
		row(["front", "mid"]; "other"; 2000000)],
	 coverage: [{placement: "", trial: 1, phase: "measure", endpoint: "x", complete: 700,
		total: 701, reasons: {}}],
	 endpoints: [{name: "x", placement: "", latency_uncorrected_ns: {count: 7, sum: 38500000}}]}' \
	> good.json

judge() { "$TOP/tests/lab/judge.py" "$@" front mid; }

run judge good.json
is "$rc" 0 "the truth can be judged"
[ -z "$err" ] || diag "$err"
unlike "$out" '^not ok' "and passes"
is "$(printf '%s\n' "$out" | grep -c '^ok ')" 20 "with a claim for each of its numbers"

sed -i 's/"runq_ns":0/"runq_ns":90000/' mid
run judge good.json
is "$(printf '%s\n' "$out" | grep -v '^ok ' | cut -d '(' -f 1)" "not ok x: front/mid says what it did " \
	"a truth that does not add up is told"
sed -i 's/"runq_ns":90000/"runq_ns":0/' mid

# wrong FILTER CLAIM: what FILTER makes of it fails in this claim, and in no other
wrong()
{
	jq "$1" good.json > wrong.json
	run judge wrong.json
	is "$(printf '%s\n' "$out" | sed -n 's/^not ok \(.*\) (.*/\1/p' | paste -sd '+')" "$2" \
		"wrong: $2"
}
at() { echo "(.attribution[] | select(.path == $1 and .component == \"$2\"))"; }

wrong "$(at '["front"]' cpu) |= (.sum_ns = 3200000)" "x: front cpu"
wrong "$(at '["front","mid"]' other) |= (.sum_ns = 1800000)" "x: front/mid other"
wrong "$(at '["front"]' runq) |= (.sum_ns = 20000)" "x: front run queue"
wrong "$(at '["front"]' downstream) |= (.ns = 2000000)" "x: front downstream"
wrong "$(at '["front","mid"]' network) |= (.sum_ns = 400000)" \
	"x: front/mid network and socket queue"
wrong "$(at '["front","mid"]' network) |= (.component = \"connect\")" \
	"x: front/mid network and socket queue+x: front/mid connect"
wrong '.coverage[0].complete = 690' "x: coverage"
wrong "$(at '[]' cpu) |= (.ns = 900000)" "x: the rows add up to the client's time"
wrong "$(at '[]' other) |= (.ns = 280000)" "x: the residual is below 5 %"
wrong '.attribution[6, 7, 8].calls = 0.9' "x: front/mid calls"
wrong '.attribution += [.attribution[8] | .path = ["front", "else"]]
	| .attribution[-1].ns = 0' "x: no child that it has not"
wrong '.attribution[].endpoint = "y" | .attribution += [.attribution[] | .endpoint = "z"]' \
	"x: is in the attribution"
like "$out" '^not ok' "an endpoint without rows fails whatever is asked"
echo '{}' > wrong.json
run judge wrong.json
isnt "$rc" 0 "a run without attribution cannot be judged"
finish

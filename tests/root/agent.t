#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# situ agent: what /metrics says of a known number of requests, in both texts; that no number goes
# back and memory stays; and what it answers to whoever asks for something else.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cgroup.sh"

need_root
need_command curl setpriv
HTTPD=$TOP/build/tests/stim/httpd
PYTHON=/usr/bin/python3 # the distribution's, which has its packages
need_file "$SITU" "$HTTPD" /sys/kernel/btf/vmlinux
evil='we"b\n{}='
make_cgroups load "$evil"
cd "$TMP" || exit 1

# --- what it does not start for
run_is 2 "an argument" "$SITU" agent now
one_line_error "takes no arguments, not 'now'" "it is named"
run_is 2 "no port" "$SITU" agent --listen 127.0.0.1
one_line_error "'127.0.0.1' is no address" "says how to write one"
run_is 2 "a name" "$SITU" agent --listen web:80
run_is 2 "an interval of nothing" "$SITU" agent --interval 1ms
run_is 3 "an address of somebody else" "$SITU" agent --listen 192.0.2.1:9435
one_line_error "no address for 192.0.2.1:9435" "says so"
run_is 3 "not root" setpriv --reuid 65534 --clear-groups "$SITU" agent --listen 127.0.0.1:0
one_line_error "root" "says so"

# start OPTION...: sets $agent and $url
start()
{
	spawn "$SITU" agent --listen 127.0.0.1:0 "$@" 2> log
	agent=$pid
	wait_until 60 grep -q '^Measuring' log || bail "the agent does not start: $(cat log)"
	url=$(sed -n 's|^Measuring: \(http://[0-9.:]*\)/metrics$|\1|p' log)
}
scrape() { curl -sS --max-time 60 "$url/metrics" > now; }

# value NAME: of that sample, with its labels
value() { NAME="$1 " awk 'index($0, ENVIRON["NAME"]) == 1 { print $NF }' now; }

# The text of an interval that began after now.
fresh()
{
	scrape
	_passed=$(value situ_agent_intervals_total)
	wait_until 60 passed $((_passed + 2))
}
passed() { scrape && [ "$(value situ_agent_intervals_total)" -ge "$1" ]; }

start --interval 1s
run_is 1 "a second agent" timeout 60 "$SITU" agent --listen "${url#http://}"
one_line_error "${url#http://} is in use" "the port is in use"

# --- pages
status() { curl -sS --max-time 60 -o /dev/null -w '%{http_code} %{content_type}' "$@"; }
is "$(curl -sS "$url/healthz")" ok "/healthz"
like "$(curl -sS "$url/")" '/metrics$' "/ points to /metrics"
is "$(status "$url/metrics?x=1")" "200 text/plain; version=0.0.4; charset=utf-8" "Prometheus' older text"
is "$(status -H 'Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1' "$url/metrics")" \
	"200 application/openmetrics-text; version=1.0.0; charset=utf-8" "OpenMetrics for who asks"
like "$(status "$url/metrics/../x")" '^404 ' "another path"
like "$(status -d a=b "$url/metrics")" '^405 ' "another method"
like "$(curl -sS -d a=b -D - "$url/metrics")" '^Allow: GET, HEAD' "says which there are"
like "$(status -I "$url/metrics")" '^200 ' "HEAD"
like "$(status -H "X: $(head -c 60000 /dev/zero | tr '\0' x)" "$url/metrics")" '^4[0-9][0-9] ' \
	"a header that is too long"

# --- a known number of requests
in_cgroup "$evil" "$HTTPD" > port &
httpd=$!
at_exit "kill $httpd; wait $httpd 2> /dev/null"
wait_until 10 [ -s port ]
web="http://127.0.0.1:$(cat port)"
edge=$(printf 'client="%s/load",server="%s/%s",server_addr="%s",client_host="%s",server_host="%s"' \
	"$CGROUP" "$CGROUP" 'we\"b\\n{}=' "${web#http://}" "$(uname -n)" "$(uname -n)")
ask() { in_cgroup load curl -sS "$web/[1-$1]" > /dev/null; }
fresh
cp now before
ask 137
fresh
cp now after
is "$(value "situ_edge_responses_total{$edge}")" 137 "137 requests, by names that are escaped"
is "$(value "situ_edge_response_seconds_count{$edge}")" 137 "a response time each"
is "$(value "situ_edge_connections_total{$edge}")" 1 "on one connection"
ask 63
fresh
is "$(value "situ_edge_responses_total{$edge}")" 200 "63 more"
is "$(value "situ_edge_service_seconds_bucket{$edge,le=\"+Inf\"}")" 200 "a server time each"
fresh
is "$(value "situ_edge_responses_total{$edge}")" 200 "none more"

# gone_back BEFORE AFTER: samples of counters and histograms that fell or are gone
gone_back()
{
	awk '/^#/ { next }
	{ value = $NF; sub(/ [^ ]*$/, "") }
	!/^[a-z_]*(_total|_bucket|_count|_sum)([{]|$)/ { next }
	NR == FNR { was[$0] = value; next }
	{ seen[$0] = 1 }
	$0 in was && value + 0 < was[$0] + 0 { print "fell:", $0, was[$0], value }
	END { for (name in was) if (!(name in seen)) print "gone:", name }' "$1" "$2"
}
ok "$([ "$(grep -c _total before)" -gt 50 ]; echo $?)" "there are counters"
is "$(gone_back before after)" "" "no counter goes back"
is "$(gone_back after now)" "" "... or later"
isnt "$(gone_back now before)" "" "... and it would be seen"
is "$(sed '/^#/d; s/ [^ ]*$//' now | sort | uniq -d)" "" "a sample is there once"

# --- what Prometheus says
if command -v promtool > /dev/null; then
	run_is 0 "promtool check metrics" sh -c 'promtool check metrics < now'
	is "$out$err" "" "nothing to remark"
else
	skip "promtool is not installed: it is part of the package prometheus" 2
fi
if "$PYTHON" -c 'import prometheus_client.openmetrics.parser' 2> /dev/null; then
	cat > parse.py << 'END'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as new
from prometheus_client.parser import text_string_to_metric_families as old
parse, name, server = {"new": new, "old": old}[sys.argv[1]], sys.argv[2], sys.argv[3]
samples = [s for f in parse(open(name).read()) for s in f.samples]
print(*[int(s.value) for s in samples if s.name == "situ_edge_responses_total" and
        s.labels["server"] == server and s.labels["client"].endswith("/load")])
END
	curl -sS -H 'Accept: application/openmetrics-text' "$url/metrics" > new
	run_is 0 "Prometheus' parser of OpenMetrics" "$PYTHON" parse.py new new "$CGROUP/$evil"
	is "$out" 200 "reads the number by the real name"
	run_is 0 "Prometheus' older parser" "$PYTHON" parse.py old now "$CGROUP/$evil"
	is "$out" 200 "reads the same"
else
	skip "python3-prometheus-client is not installed: run sudo tools/setup.sh" 4
fi

# --- memory: 200 scrapes beside a load, after as many have warmed it up
rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$agent/status"; }
scrapes()
{
	_nr=$1
	while [ "$_nr" -gt 0 ]; do
		curl -sS "$url/metrics" -H 'Accept: application/openmetrics-text' -o /dev/null || return 1
		_nr=$((_nr - 1))
	done
}
spawn sh -c 'while in_cgroup load curl -sS "$0/[1-1000]" > /dev/null; do sleep 0.2; done' "$web"
load=$pid
scrapes 200
ok $? "200 scrapes beside a load"
fresh
warm=$(rss_kb)
scrapes 200
ok $? "200 more"
fresh
diag "resident: $warm KiB, after 200 scrapes $(rss_kb) KiB"
ok "$([ "$(rss_kb)" -lt $((warm + 2048)) ]; echo $?)" "memory stays"
ok "$([ "$(value 'situ_agent_requests_total{page="metrics"}')" -ge 400 ]; echo $?)" "they are counted"
end "$load"

# --- whoever holds connections does not hold it up for good
if [ -x $PYTHON ]; then
	cat > hold.py << 'END'
import socket, sys, time
host, port = sys.argv[1].split(":")
held = []
for i in range(64):
    s = socket.socket()
    s.settimeout(0.2)
    try:
        s.connect((host, int(port)))
        s.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
    except OSError:
        pass
    held.append(s)
open("held", "w").write("held")
time.sleep(300)
END
	scrape
	passed=$(value situ_agent_intervals_total)
	spawn "$PYTHON" hold.py "${url#http://}"
	holder=$pid
	wait_until 60 [ -s held ]
	connections=$(find "/proc/$agent/fd" -lname 'socket:*' | grep -c .)
	ok "$([ "$connections" -le 17 ]; echo $?)" "of 64 connections no more than 16 are taken"
	wait_until 120 scrape
	ok $? "those that say nothing are ended, a scrape comes through"
	ok "$([ "$(value situ_agent_intervals_total)" -gt "$passed" ]; echo $?)" \
		"the measurement went on meanwhile"
	end "$holder"
else
	skip "python3 is not installed" 3
fi

# --- the end
end "$agent"
is "$rc" 0 "SIGTERM ends it with success"
is "$(grep -cv '^Measuring' log)" 0 "nothing else was said" || diag "$(cat log)"
start --interval 1h --no-spans
is "$(status "$url/healthz")" "200 text/plain; charset=utf-8" "without spans"
scrape
is "$(value situ_agent_intervals_total)" 0 "before the first interval is over there is a text"
end "$agent" INT
is "$rc" 0 "so does Ctrl-C, in the middle of an interval"
finish

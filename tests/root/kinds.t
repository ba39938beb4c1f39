#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every kind of service and host: a command, a start and a stop of its own, a container; a network
# namespace behind a link, and the machine itself. Each finds its peers, is measured under its name
# and leaves nothing.
. "$(dirname "$0")/../lib.sh"

need_root
need_command ip jq
need_file "$SITU" "$TOP/build/tests/stim/chain" /sys/kernel/btf/vmlinux
cd "$TMP" || exit 1
. "$TOP/tests/root/lab.sh"
CHAIN=$TOP/build/tests/stim/chain

# kinds FILE HOST-B SERVICE-BACK: a front on host a asks the back, which is on host b
kinds()
{
	cat > "$1" << END
name: kinds
hosts:
  - {name: a, cpus: "0"}
  - {name: b, cpus: "0"$2}
services:
  - name: back
    port: 8082
    env: ["GREETING=from {{host.front}}"]
    $3
  - name: front
    command: "$CHAIN 50 {{host.back}}:{{port.back}}"
    port: 8081
placements:
  - name: spread
    on:
      - {host: a, services: [front]}
      - {host: b, services: [back]}
trials: 1
$COUNTED
load: {workload: workload.yaml, target: front, rate: 101, connections: 2, warmup: 0s, duration: 2s}
END
}

# measured NAME: the run just ended was well, and the kernel saw all requests between the two
measured()
{
	wait "$pid"
	rc=$?
	is "$rc" 0 "$1: it ends well"
	[ "$rc" = 0 ] || diag "$(tail -n 8 run.err)"
	"$SITU" export "$DB" > run.json
	is "$(jq -r '[.services[] | select(.name | test("^(front|back)$")) | .name + "@" + .host] | sort | join(" ")' run.json)" \
		"back@b front@a" "$1: both services are measured where they are"
	# On a machine that is busy with other things, not all requests find the time to be sent.
	answered=$(jq '[.endpoints[] | select(.name == "all") | .answered] | add' run.json)
	is "$(jq '[.edges[] | select(.client == "front" and .server == "back") | .responses] | add' run.json)" \
		"$answered" "$1: the kernel saw the front ask the back once for each request"
	[ "$(jq '[.services[] | select(.name == "back") | .cpu_ns] | add' run.json)" -ge $((answered * 300000)) ]
	ok $? "$1: the back's CPU time is at least what it burns"
	clean "$1: nothing is left"
}

# 1. A service of its own scripts: the first one returns, the second one ends what it left.
cat > start.sh << END
#!/bin/sh
echo "\$GREETING in \$SITU_CGROUP"
setsid $CHAIN 300 &
echo \$! > "\$SITU_DIR/pid"
END
cat > stop.sh << 'END'
#!/bin/sh
echo "stopping $(cat "$SITU_DIR/pid")"
kill "$(cat "$SITU_DIR/pid")"
END
chmod +x start.sh stop.sh
kinds hook.yaml "" "{start: ./start.sh, stop: ./stop.sh}"
sed -i 's/^    {start: \(.*\), stop: \(.*\)}/    start: \1\n    stop: \2/' hook.yaml
start hook.yaml
measured "start and stop"
log=$(echo "$DB".logs/*/spread-1/back.log)
like "$(cat "$log")" '^from 10\.83\.0\.11 in /situ\.[0-9.]*/back$' "start and stop: its environment"
like "$(cat "$log")" '^stopping [0-9]+$' "start and stop: its stop command ran"

sed 's|start: .*|start: "false"|' hook.yaml > bad.yaml
start bad.yaml
wait "$pid"
is $? 1 "a start that fails: exit status 1"
like "$(tail -n 1 run.err)" "^situ: the start command of service 'back' failed or took longer than 30s in spread trial 1: see" \
	"a start that fails: one line"
clean "a start that fails: nothing is left"

sed -i "s|^setsid.*|setsid sh -c '$CHAIN 300 \& sleep 7919 \& ./measuring 1 sleep 0.2; kill -9 \$!; wait' \&|" start.sh
start hook.yaml
wait "$pid"
is $? 1 "a service that restarts its process: no trial counts"
like "$(cat run.err)" "does not count: process [0-9]+ \(sleep\) of service 'back' ended \(signal 9\) during measure" \
	"... for that reason"
clean "a service that restarts: nothing is left"

# 2. The machine itself.
kinds machine.yaml ", machine: true" "command: $CHAIN 300"
run_is 0 "the dry run" "$SITU" run --dry-run machine.yaml
like "$out" '^  b +10\.83\.0\.12 +CPUs 0, the machine itself$' "tells which host is the machine"
start machine.yaml
wait_until 20 said measuring
like "$(ip -o address)" " situ$pid +inet 10\.83\.0\.12/24 " "it has an address among the hosts"
measured "the machine itself"
unlike "$(ip -o link)" ' situ[0-9]+[@:]' "the machine itself: its device is gone"

# 3. A link.
if ip netns add "situ-test-$$" && at_exit "ip netns delete situ-test-$$ 2> /dev/null"; then
	tbf=1 netem=1
	ip netns exec "situ-test-$$" tc qdisc add dev lo root tbf rate 1mbit burst 32k latency 1s 2> /dev/null && tbf=0
	ip netns exec "situ-test-$$" tc qdisc replace dev lo root netem delay 1ms 2> /dev/null && netem=0
	ip netns delete "situ-test-$$"
fi
if [ "$tbf" = 0 ]; then
	kinds rate.yaml ", link: {rate: 10mbit}" "command: $CHAIN 300"
	start rate.yaml
	measured "a link's rate"
else
	skip "no tbf in this kernel" 5
fi
kinds delay.yaml ", link: {delay: 10ms}" "command: $CHAIN 300"
start delay.yaml
if [ "$netem" = 0 ]; then
	measured "a link's delay"
	[ "$(jq '[.edges[] | select(.client == "front" and .server == "back") | .network_ns.p50] | add' run.json)" -ge 20000000 ]
	ok $? "a link's delay: both ways are in the network's time"
else
	wait "$pid"
	is $? 3 "no netem in this kernel: exit status 3"
	like "$(tail -n 1 run.err)" '^situ: cannot set up the hosts. network .*: are netem \(a delay\) and tbf \(a rate\) in this kernel\?$' \
		"... and what is missing is told"
	clean "no netem: nothing is left"
	skip "no netem in this kernel" 3
fi

# 4. A container, of a directory: no registry is needed. podman is told what this machine lacks.
if command -v podman > /dev/null && command -v runc > /dev/null; then
	mkdir -p root/bin root/proc root/sys root/dev root/tmp root/etc root/run
	cp "$CHAIN" root/bin/
	for lib in $(ldd "$CHAIN" | grep -o '/[^ ]*'); do
		mkdir -p "root$(dirname "$lib")"
		cp "$lib" "root$lib"
	done
	kinds container.yaml "" "container: {rootfs: '{{here}}/root', options: '--ulimit nofile=1024:1024 --ulimit nproc=1000:1000', args: /bin/chain 300}"
	cat > podman << 'END'
#!/bin/sh
# crun knows no hybrid hierarchies.
exec /usr/bin/podman --runtime=runc "$@"
END
	chmod +x podman
	PATH=$TMP:$PATH start container.yaml
	measured "a container"
	is "$(find /sys/fs/cgroup -maxdepth 2 -name "situ.$pid.*" 2> /dev/null)" "" \
		"a container: no cgroup is left, of whatever hierarchy"
	is "$(podman ps --all --format '{{.Names}}' | grep "^situ\.$pid")" "" "a container: podman has none left"
else
	skip "no podman with runc" 7
fi

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A trial that was disturbed does not count: each disturbance that situ knows, brought about for
# real, and the reason that it gives.
. "$(dirname "$0")/../lib.sh"

need_root
need_command nginx ip jq setsid python3 ps
need_file "$SITU" "$TOP/build/tests/stim/spin" /sys/kernel/btf/vmlinux
cd "$TMP" || exit 1
. "$TOP/tests/root/lab.sh"

# only FILE: its packed placement alone, so that a case is one trial
only()
{
	sed -i '/^  - name: spread$/,/^trials:/{/^trials:/!d}' "$1"
}

# disturbed NAME ERE: the trial of the run just ended does not count, for a reason like that
disturbed()
{
	wait "$pid"
	is $? 1 "$1: no trial counts"
	like "$(cat run.err)" "^  packed, trial 1, attempt 1 of 1 does not count: $2" \
		"$1: the reason is told"
	like "$("$SITU" export --format json "$DB" | jq -r '.phases[].invalid')" "^$2" \
		"$1: the reason is kept"
	"$SITU" export --format json "$DB" | jq -e '[.phases[].invalid] | any(. != "")' > disturbed.out ||
		diag "$(cat run.out run.err)"
	clean "$1: nothing is left"
}

# process_of SERVICE: a process of the run's SERVICE that has no child there
process_of()
{
	_all=$(grep -l "/situ\.$pid\.[0-9]*/$1\$" /proc/[0-9]*/cgroup 2> /dev/null | cut -d/ -f3 |
		paste -sd,)
	[ -z "$_all" ] || ps -o pid=,ppid= -p "$_all" |
		awk '{ is[$1]; parent[$2] } END { for (p in is) if (!(p in parent)) print p }'
}

# 1. A worker that is killed: nginx starts another one, and its main process lives on.
experiment worker.yaml "sleep 7919" 1 0s 6s
only worker.yaml
start worker.yaml
wait_until 20 said measuring || diag "it never came to measure"
sleep 1.5
worker=$(process_of web)
kill -KILL "$worker"
disturbed "a worker is killed" \
	"process $worker \(nginx\) of service 'web' ended \(signal 9\) during measure$"

# 2. One that fails by itself, while the shell above it goes on.
# It has been there for longer than the second between two looks.
experiment fails.yaml "sh -c '{ ./measuring 1 sleep 2; exit 5; } & sleep 7919; :'" 1 0s 5s
only fails.yaml
start fails.yaml
disturbed "a process fails" \
	"process [0-9]+ \(sh\) of service 'helper' ended \(exit status 5\) during measure$"

# 3. Processes that come and go and end well, or as a script's do, are the service's own affair.
# Here they are there for a look or two, and are ended by a signal, or fail.
experiment fine.yaml "sh -c './measuring 1 true; while sleep 0.1; do timeout 1.2 sleep 9; yes | head -n 1; done > /dev/null'" 1 0s 4s
only fine.yaml
start fine.yaml
wait "$pid"
is $? 0 "processes that come and go do not matter"
clean "processes that come and go: nothing is left"

# 4. The kernel kills one for want of memory.
cat > hungry.sh << 'END'
#!/bin/sh
limit()
{
	for file in /sys/fs/cgroup$1/memory.max /sys/fs/cgroup/unified$1/memory.max \
		/sys/fs/cgroup/memory$1/memory.limit_in_bytes; do
		[ ! -w "$file" ] || { echo 20000000 > "$file" && return; }
	done
	echo "no memory controller"
}
limit "$(sed -n 's/^[0-9]*:\(memory\)*:\(.*helper\)$/\2/p' /proc/self/cgroup | head -n 1)"
{ ./measuring 1 sleep 0.5; exec tail /dev/zero; } &
while :; do sleep 7919; done
END
chmod +x hungry.sh
experiment hungry.yaml ./hungry.sh 1 0s 6s
only hungry.yaml
sed -i '/user: nobody/d' hungry.yaml
start hungry.yaml
disturbed "out of memory" \
	"the kernel killed 1 process of service 'helper' for want of memory during measure$"

# 5. The generator is held up.
experiment lag.yaml "sleep 7919" 1 0s 8s
only lag.yaml
sed -i 's/lag: 100000000%/lag: 100%/' lag.yaml
start lag.yaml
wait_until 20 said measuring
sleep 1
has_generator() { generator=$(process_of load) && [ -n "$generator" ]; }
wait_until 5 has_generator || diag "no generator in the cgroup 'load'"
kill -STOP "$generator"
sleep 0.5
kill -CONT "$generator"
disturbed "the generator lags" \
	"the load generator lagged: 1 % of its requests left [0-9.]+(ms|s) late or more"

# 6. The server leaves requests waiting, and does nothing: its one answer a time takes 50 ms.
cat > slow.py << 'END'
import http.server, os, time
class Slow(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        time.sleep(0.05)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer((os.environ["SITU_ADDRESS"], int(os.environ["SITU_PORT"])),
                                Slow).serve_forever()
END
experiment idle.yaml "sleep 7919" 1 0s 3s
only idle.yaml
sed -i "s/rate: 0,/rate: 95%,/; s/connections: 3/connections: 1/;
	s|command: ./web.sh|command: $(command -v python3) $TMP/slow.py|" idle.yaml
start idle.yaml
disturbed "an idle server" \
	"the rate was missed though the services were idle: [0-9.]+ % of the requests were not sent, and no host used more than [0-9.]+ % of its CPUs$"

# 7. What does not belong to the experiment takes the CPUs.
experiment others.yaml "sleep 7919" 1 0s 3s
only others.yaml
sed -i 's/others: 1,/others: 25%,/' others.yaml
start others.yaml
us=$pid
wait_until 20 said measuring
for _cpu in $(seq "$(nproc)"); do
	spawn "$TOP/build/tests/stim/spin" 3000 > /dev/null
done
pid=$us
disturbed "a busy neighbour" \
	"what does not belong to the experiment took [0-9.]+ % of the CPUs, more than 25 %$"

# 8. The hypervisor takes CPUs: what this machine's one cannot be made to do, its /proc/stat tells.
cat > in_stolen.sh << 'END'
#!/bin/sh
cp /proc/stat stat.real
cp stat.real stat.told
mount --bind stat.told /proc/stat || exit 99
exec "$@"
END
chmod +x in_stolen.sh
experiment steal.yaml "sleep 7919" 1 0s 4s
only steal.yaml
sed -i 's/steal: 1,/steal: 5%,/' steal.yaml
spawn unshare --mount --propagation private ./in_stolen.sh "$SITU" run -o "$DB" steal.yaml \
	> run.out 2> run.err
runs="$runs $pid"
wait_until 20 said measuring
sleep 0.7
# 10 seconds of one CPU, in ticks of 10 ms, as proc(5) has its eighth column.
awk '$1 == "cpu" { $9 += 1000 } { print }' stat.real > stat.next
cat stat.next > stat.told
disturbed "a greedy hypervisor" "the hypervisor took [0-9.]+ % of the CPUs, more than 5 %$"

# 9. Events that are lost: more cgroups than situ has places for (SLOTS_MAX).
cat > crowd.py << 'END'
import os, sys, time
places = int(sys.argv[1])
mounts = [line.split()[1:4] for line in open("/proc/self/mounts")]
trees = [m[0] for m in mounts if m[1] == "cgroup2" or
         (m[1] == "cgroup" and set(m[2].split(",")) & {"cpu", "cpuacct"})]
crowd = [[f"{tree}/situ-test.{os.getppid()}.{i}" for tree in trees] for i in range(places + 200)]
def move(paths):
    for path in paths:
        with open(path + "/cgroup.procs", "w") as file:
            file.write("0")
    time.sleep(0.0005)
try:
    for paths in crowd:
        for path in paths:
            os.mkdir(path)
        move(paths)
    for i in range(1000):
        time.sleep(0.0005)
finally:
    move(trees)
    for paths in crowd:
        for path in paths:
            if os.path.isdir(path):
                os.rmdir(path)
END
experiment lost.yaml "sleep 7919" 1 0s 8s
only lost.yaml
sed -i 's/lost: 1}/lost: 0.1%}/' lost.yaml
start lost.yaml
wait_until 20 said measuring
python3 crowd.py "$(sed -n 's/^#define SLOTS_MAX *\([0-9]*\).*/\1/p' "$TOP/bpf/contract.h")"
is $? 0 "so many cgroups can be made"
disturbed "lost events" \
	"[0-9.]+ % of the kernel's events were lost or without an owner, more than 0.1 %$"

finish

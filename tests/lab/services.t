#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whose milliseconds: services that do what each request says, under `situ run`, on one host and
# over two. What is attributed must be what the services say that they did.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/root/cgroup.sh"
. "$TOP/tests/lab/lab.sh"

need_lab
need_command redis-server losetup
need_file /dev/loop-control
cd "$TMP" || exit 1
chmod 755 "$TMP"

# A disk of our own, which no page cache answers for.
truncate -s 64M disk.img
dd if=/dev/urandom of=disk.img bs=1M count=64 conv=notrunc 2> /dev/null
disk=$(losetup --find --show --direct-io=on disk.img) || bail "no loop device"
at_exit "losetup -d $disk"

actor_script -d "$disk"
cp "$TOP/tests/shop/programs.sh" .
cat > postgres.sh << 'END'
#!/bin/sh
set -eu
. "$(dirname "$0")/programs.sh"
cd /
install -d -o postgres -g postgres -m 700 "$SITU_DIR/pg"
must_reach "$SITU_DIR/pg" as_postgres test -w
as_postgres "$(pg_bin)/initdb" --pgdata="$SITU_DIR/pg" --auth-local=reject --auth-host=reject \
	--no-sync > /dev/null
echo 'host all all all trust' > "$SITU_DIR/pg/pg_hba.conf"
echo 'CREATE ROLE lab LOGIN;' | as_postgres "$(pg_bin)/postgres" --single -D "$SITU_DIR/pg" postgres
exec setpriv --reuid=postgres --regid=postgres --init-groups "$(pg_bin)/postgres" \
	-D "$SITU_DIR/pg" -c listen_addresses="$SITU_ADDRESS" -c port="$SITU_PORT" \
	-c unix_socket_directories= -c shared_buffers=16MB -c jit=off
END
chmod +x postgres.sh

# An endpoint a line: what its name says, nothing else.
cat > scripts << 'END'
idle
spin		spin=3000
sleep		sleep=3000
read		read=20
lock		lock=2000
parts		spin=500,parts=4
chain		spin=1000,call=mid(spin=2000,call=back(spin=1000,sleep=2000))
sequence	call=mid(sleep=2000),spin=500,call=back(spin=2000)
parallel	call=mid(sleep=2000)back(sleep=5000)
parallel2	call=back(sleep=5000)mid(sleep=2000),sleep=500
busy		busy=2000,call=mid(sleep=4000)
fresh		call=again(call=once(sleep=1000),spin=500)
redis		redis=5
sql		sql=3000
END
workload

cat > lab.yaml << 'END'
name: lab
hosts:
  - name: a
    cpus: "0"
  - name: b
    cpus: "1"
services:
  - name: redis
    command: redis-server --bind {{host.redis}} --port {{port.redis}} --save '' --protected-mode no
    port: 6379
  - name: postgres
    command: ./postgres.sh
    port: 5432
    ready: {tcp: true, within: 60s}
  - {name: back, command: ./actor.sh, port: 9003}
  - {name: once, command: ./actor.sh, port: 9004}
  - name: mid
    command: ./actor.sh
    port: 9002
    env: ["PEERS=back={{host.back}}:{{port.back}}"]
  - name: again
    command: ./actor.sh
    port: 9005
    env: ["PEERS=once={{host.once}}:{{port.once}},fresh"]
  - name: front
    command: ./actor.sh
    port: 9001
    env:
      - "PEERS=mid={{host.mid}}:{{port.mid}} back={{host.back}}:{{port.back}} \
        again={{host.again}}:{{port.again}} redis={{host.redis}}:{{port.redis}} \
        postgres={{host.postgres}}:{{port.postgres}}"
placements:
  - name: packed
    on:
      - {host: a, services: [redis, postgres, back, once, mid, again, front]}
  - name: spread
    on:
      - {host: a, services: [front, back, once]}
      - {host: b, services: [mid, again, redis, postgres]}
END
lab_load 60 8
# Of what each actor says, time that the host takes from this VM is missing: "truth" is not judged.
# Interrupts' time, about 4 us a read, counts as CPU of who waited for the disk.
others=$(sed -n '/^read/!s/[[:space:]].*//p' scripts | paste -sd, -)
claims()
{
	for placement in packed spread; do
		claim "$placement" --placement "$placement" --opaque redis,postgres \
			--without truth --endpoint "idle,${others#idle,}" run.json truth/$placement.*
		claim "$placement" --placement "$placement" --opaque redis,postgres \
			--without truth,cpu --endpoint read run.json truth/$placement.*
	done
}
judged_runs claims

finish

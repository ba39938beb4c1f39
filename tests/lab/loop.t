#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whose milliseconds, where a thread has many requests under way or a request many threads: event
# loops, thread pools. What nothing tells apart must be unknown, never somebody else's.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/root/cgroup.sh"
. "$TOP/tests/lab/lab.sh"

need_lab
cd "$TMP" || exit 1
chmod 755 "$TMP"
actor_script

cat > scripts << 'END'
loop		call=loop(spin=200,call=back(sleep=1000000),spin=100)
fork		call=loop(call=back(sleep=800000)mid(sleep=1000000),spin=100)
chain		call=loop(spin=100,call=inner(spin=100,call=back(sleep=1000000),spin=100))
again		call=loop(call=back(sleep=15000),spin=100,call=mid(sleep=15000),spin=100)
pool		call=pool(spin=1000,call=back(sleep=1000))
crowd		call=crowd(sleep=3000)crowd(sleep=3000)crowd(sleep=3000)
guess		call=timer(sleep=3000,call=mid())timer(sleep=3000,call=back())
left		call=timer(sleep=40000,call=mid())
right		call=timer(sleep=40000,call=back())
turn		call=timer(spin=4000,sleep=30000)
worker		call=blind(sleep=40000,spin=2000)
sleeper		call=blind(sleep=40000)
END
workload

cat > lab.yaml << 'END'
name: loops
hosts:
  - {name: a, cpus: "0-1"}
services:
  - {name: back, command: ./actor.sh, port: 9001}
  - {name: mid, command: ./actor.sh, port: 9002}
  - name: inner
    command: ./actor.sh -m loop
    port: 9003
    env: ["PEERS=back={{host.back}}:{{port.back}}"]
  - name: loop
    command: ./actor.sh -m loop
    port: 9004
    env:
      - "PEERS=back={{host.back}}:{{port.back}} mid={{host.mid}}:{{port.mid}} \
        inner={{host.inner}}:{{port.inner}}"
  - name: pool
    command: ./actor.sh -m pool -n 1
    port: 9005
    env: ["PEERS=back={{host.back}}:{{port.back}}"]
  - {name: crowd, command: ./actor.sh -m pool -n 1, port: 9006}
  - name: timer
    command: ./actor.sh -m loop
    port: 9007
    env: ["PEERS=back={{host.back}}:{{port.back}} mid={{host.mid}}:{{port.mid}}"]
  - {name: blind, command: ./actor.sh -m loop, port: 9008}
  - name: front
    command: ./actor.sh
    port: 9009
    env:
      - "PEERS=loop={{host.loop}}:{{port.loop}} pool={{host.pool}}:{{port.pool}} \
        crowd={{host.crowd}}:{{port.crowd}} timer={{host.timer}}:{{port.timer}} \
        blind={{host.blind}}:{{port.blind}}"
placements:
  - name: packed
    on:
      - {host: a, services: [back, mid, inner, loop, pool, crowd, timer, blind, front]}
END
lab_load 150 128
# The first job of each thread cannot be followed: nobody has seen it take one yet. Of a pool that
# is never idle, the end of one answer's sending still counts for the next request.
# Of a guess both calls are under way at once on one thread, and a timer decides which goes on. While
# "turn" spins, timers of others come due: their calls follow right behind what it has read.
claims()
{
	claim loops --loop --coverage 0.95 --endpoint loop,fork,chain,again run.json truth/*
	claim pools --coverage 0.98 --endpoint pool run.json truth/*
	claim crowd --coverage 0.98 --without cpu,runq --endpoint crowd run.json truth/*
	jq -e '.coverage[]? | select(.endpoint == "guess") | .complete == 0 and .total > 0 and
		.reasons.ambiguous > 0' run.json > /dev/null
	claim_that $? "no request with two guesses is complete: they are ambiguous"
	claim guesses --only paths --endpoint left,right,turn run.json truth/*
	claim timers --loop --coverage 0 --only cpu --endpoint worker,sleeper run.json truth/*
}
judged_runs claims
finish

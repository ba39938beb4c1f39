#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# situ schedule with the real schedulers, each in namespaces of its own: systemd as process 1 with
# its timers and its journal, and Debian's cron. Each is to run an experiment at the full minute,
# and to say that it skipped one where another run was going on. And --every, --for and --overlap.
. "$(dirname "$0")/../lib.sh"

need_root
need_command ip jq unshare flock
need_file "$SITU" "$TOP/build/tests/stim/chain" /sys/kernel/btf/vmlinux
cd "$TMP" || exit 1
chmod 755 "$TMP"

cp "$TOP/tests/shop/truth-workload.yaml" .
sed '/^  - name: slowed$/,/^trials:/{/^trials:/!d}; s/^name: truth/name: brief/; s/^trials: .*/trials: 1/
	s/warmup: .*/warmup: 0s/; s/duration: .*/duration: 300ms/' "$TOP/tests/shop/truth.yaml" > brief.yaml
runs_of() { "$SITU" ls --json "$1" 2> /dev/null | jq '[.runs[] | select(.state == "finished")] | length'; }
has_run() { [ "$(runs_of "$1" || echo 0)" -gt 0 ] 2> /dev/null; }

# 1. By hand: runs that wait for each other, that leave starts out, and that are told.
run_is 0 "--every and --for" "$SITU" run -o every.db --every 4s --for 7s --lock every.lock brief.yaml
is "$(runs_of every.db)" 2 "two starts are two runs"
exec 9> held.lock
flock -x 9
run_is 0 "--overlap skip" "$SITU" run -o skip.db --lock held.lock --overlap skip brief.yaml
is "$err" "skipped: another run has the lock held.lock" "it skips, and says so"
spawn "$SITU" run -o skip.db --lock held.lock --overlap wait brief.yaml > wait.out 2> wait.err 9>&-
waits() { grep -q '^waiting for the run that has the lock held\.lock$' wait.err; }
wait_until 20 waits
ok $? "--overlap wait: it waits, and says so"
[ ! -e skip.db ]
ok $? "... without a run"
exec 9>&-
wait "$pid"
is $? 0 "then it goes on"
is "$(runs_of skip.db)" 1 "and runs"

# What both schedulers are to do, behind their own set-up: $1 is the store, $2 prints the log. The
# lock is held until a start was skipped. Each step leaves a file for the tests below.
cat > watch.sh << 'END'
store=$1 log=$2
wait_for()
{
	tries=0
	until "$@"; do
		[ $tries -lt 1400 ] || return 1
		tries=$((tries + 1))
		sleep 0.1
	done
}
skipped() { sh -c "$log" | grep -q 'skipped: another run has the lock /run/situ.lock'; }
finished() { "$SITU" ls --json "$store" 2> /dev/null | grep -q '"finished"'; }
exec 9> /run/situ.lock
flock -x 9
"$SITU" schedule brief.yaml --cron '* * * * *' -o "$store" > "$store.said" 2>&1
wait_for skipped && touch "$store.skipped"
exec 9>&-
wait_for finished && touch "$store.finished"
# A run tells what it has found when it is stored already.
told() { sh -c "$log" | grep -q '^Stored as run'; }
wait_for told
sh -c "$log" > "$store.journal" 2>&1
"$SITU" schedule --list > "$store.list" 2>&1
"$SITU" schedule brief.yaml --remove > "$store.removed" 2>&1
END

# 2. cron, with nobody's tables but its own.
cat > with-cron.sh << 'END'
mount -t tmpfs tmpfs /run
mount -t tmpfs -o mode=1730 tmpfs /var/spool/cron/crontabs
chgrp crontab /var/spool/cron/crontabs
mount -t tmpfs tmpfs /etc/cron.d
mount --bind /dev/null /etc/crontab
cron -f &
cron=$!
# cron sees by the second whether its tables are new: they must not be as old as their directory.
sleep 2
sh watch.sh "$PWD/cron.db" "cat $PWD/cron.db.log"
crontab -l > cron.db.left 2>&1
kill $cron
END

# 3. systemd as process 1, which gets a /run, units and a part of each cgroup tree of its own.
cat > with-systemd.sh << 'END'
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/systemd/system
mkdir -p /run/lock /run/log/journal
for unit in systemd-udevd.service systemd-udev-trigger.service \
	systemd-modules-load.service systemd-sysctl.service systemd-tmpfiles-setup.service \
	systemd-tmpfiles-setup-dev.service systemd-sysusers.service systemd-logind.service \
	systemd-remount-fs.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount \
	sys-kernel-tracing.mount sys-fs-fuse-connections.mount sys-kernel-config.mount \
	systemd-random-seed.service systemd-machine-id-commit.service \
	systemd-update-utmp.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount \
	systemd-ask-password-console.path systemd-ask-password-wall.path cryptsetup.target \
	swap.target local-fs.target; do
	ln -s /dev/null "/etc/systemd/system/$unit"
done
cat > /etc/systemd/system/watch.service << UNIT
[Unit]
Wants=timers.target systemd-journald.service
After=systemd-journald.service
[Service]
Type=oneshot
WorkingDirectory=$PWD
Environment=SITU=$SITU LC_ALL=C.UTF-8
ExecStart=/bin/sh watch.sh $PWD/systemd.db "journalctl --no-pager -o cat -u situ-brief.service"
ExecStopPost=/bin/sh -c 'ls /etc/systemd/system > $PWD/systemd.db.left; systemctl list-timers --all --no-pager > $PWD/systemd.db.timers; systemctl --no-block poweroff --force --force'
UNIT
exec env -i container=situ PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --unit=watch.service --log-target=null --show-status=0
END

# own_cgroups COMMAND...: in a cgroup of its own in every tree that is mounted
cat > own_cgroups.sh << 'END'
for mount in $(awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/self/mounts); do
	# A new cpuset has neither CPUs nor memory to run on.
	case $mount in *cpuset*) continue ;; esac
	mkdir -p "$mount/$OWN_CGROUP" && echo $$ > "$mount/$OWN_CGROUP/cgroup.procs"
done
exec "$@"
END
OWN_CGROUP=situ-test.$$
export SITU OWN_CGROUP
at_exit 'for mount in $(awk "\$3 ~ /^cgroup2?\$/ { print \$2 }" /proc/self/mounts); do
	[ ! -d "$mount/$OWN_CGROUP" ] || find "$mount/$OWN_CGROUP" -depth -type d -exec rmdir {} +
done'

with_cron='' with_systemd=''
if command -v cron > /dev/null && command -v crontab > /dev/null; then
	spawn timeout -k 5 300 unshare --mount --propagation private sh with-cron.sh > cron.out 2>&1
	with_cron=$pid
fi
if [ -x /lib/systemd/systemd ] && command -v journalctl > /dev/null; then
	spawn timeout -k 5 300 sh own_cgroups.sh unshare --mount --propagation private --pid --fork \
		--kill-child --uts --ipc --cgroup --mount-proc sh with-systemd.sh > systemd.out 2>&1
	with_systemd=$pid
fi

# checks NAME STORE WITH
checks()
{
	like "$(cat "$2.said")" "^Experiment brief is scheduled by $3 at '\* \* \* \* \*'" \
		"$1: the schedule is installed"
	[ -e "$2.skipped" ]
	ok $? "$1: a start during another run is skipped, and the log says so"
	[ -e "$2.finished" ]
	ok $? "$1: the next one runs to its end"
	like "$(cat "$2.journal")" "^Stored as run 1 in $2" "$1: its output is in the log"
	like "$(cat "$2.list")" '^brief  ' "$1: the schedule is listed"
	like "$(cat "$2.removed")" "^Experiment brief is scheduled no more\.\$" "$1: it is taken away"
	unlike "$(cat "$2.left")" 'brief' "$1: nothing is left of it"
}

if [ -n "$with_cron" ]; then
	wait "$with_cron"
	checks cron "$TMP/cron.db" "the crontab"
else
	skip "no cron" 7
fi
if [ -n "$with_systemd" ]; then
	wait "$with_systemd"
	checks systemd "$TMP/systemd.db" systemd
	unlike "$(cat systemd.db.timers)" 'brief' "systemd: no timer is left"
else
	skip "no systemd" 8
fi

finish

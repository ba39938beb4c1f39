#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots a kernel that tools/vm-fetch.sh has fetched, in QEMU without KVM, with an initramfs of
# what is built here; tests/vm/init runs in it and ends the machine.
# usage: tools/vm-boot.sh NAME SETUP       SETUP: a set-up of cgroups, as tests/vm/init has them
# Leaves in build/vm/run/NAME-SETUP what the machine has sent, and its console. Exits 0 when it
# has sent all, 1 when not, 3 when something to do it with is missing.
# One virtual CPU: several of them corrupt the guest's memory under TCG; 8 are possible.
set -eu -o pipefail
cd "$(dirname "$0")/.."
[ $# = 2 ] || { echo "usage: tools/vm-boot.sh NAME SETUP" >&2; exit 2; }
kernel=build/vm/kernel/amd64/$1 run=build/vm/run/$1-$2
PATH=$PATH:/usr/sbin:/sbin
seconds=${VM_SECONDS:-240}
qemu=0
trap '[ $qemu = 0 ] || kill -KILL $qemu' EXIT

fail()
{
	echo "vm-boot: $2" >&2
	exit "$1"
}

for command in qemu-system-x86_64 cpio mke2fs ip tc dmsetup; do
	command -v $command > /dev/null || fail 3 "no $command: run sudo tools/setup.sh vm"
done
[ -e /usr/bin/busybox ] || fail 3 "no busybox: run sudo tools/setup.sh vm"
[ -e "$kernel/vmlinuz" ] || fail 3 "no kernel $1: run tools/vm-fetch.sh"

# The shared libraries of $1 and its loader.
libraries()
{
	ldd "$1" | grep -o '/[^ ]*'
}

# The root directory, below $root.
make_root()
{
	local file

	mkdir -p "$root"/{bin,dev,disk,modules,proc,sys,tmp,situ/build/bpf,situ/build/tests/stim}
	cp /usr/bin/busybox "$root/bin/"
	install -m 755 tests/vm/init "$root/init"
	for file in build/situ build/tests/stim/{spin,echo} build/tests/lab/actor \
		build/bpf/*.bpf.o tests/lib.sh \
		tests/root/{cgroup,stimuli}.sh tests/vm/stimulate; do
		install -D "$file" "$root/situ/$file"
	done
	cp build/tests/vm/insns "$root/situ/insns"
	for file in ip tc dmsetup; do
		install -D "$(command -v $file)" "$root/usr/sbin/$file"
	done
	for file in $(libraries build/situ; libraries build/tests/vm/insns;
			libraries "$root/usr/sbin/ip"; libraries "$root/usr/sbin/tc";
			libraries "$root/usr/sbin/dmsetup"); do
		[ -e "$root$file" ] || install -D "$file" "$root$file"
	done
	cp "$kernel"/modules/*.ko "$root/modules/" 2> /dev/null || true
}

boot()
{
	local words="console=ttyS0 panic=-1 situ.setup=$1"

	[ "$1" != v2noio ] || words+=" cgroup_disable=io"
	qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp 1,maxcpus=8 -m 768 \
		-nodefaults -no-user-config -display none -no-reboot \
		-kernel "$kernel/vmlinuz" -initrd "$run/initramfs" \
		-append "$words" \
		-serial "file:$run/console" -serial "file:$run/sent" \
		-drive "file=$run/disk,format=raw,if=virtio,cache=unsafe" \
		-drive "file=$run/disk2,format=raw,if=virtio,cache=unsafe" < /dev/null &
	qemu=$!
	timeout --kill-after=5 "$seconds" tail --pid=$qemu -f /dev/null || true
	if kill -0 $qemu 2> /dev/null; then
		kill -KILL $qemu
		echo "vm-boot: $kernel did not end within $seconds s" >&2
	fi
	wait $qemu || true
	qemu=0
}

root=$run/root
rm -rf "$run"
mkdir -p "$run/out"
make_root
(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) > "$run/initramfs"
rm -rf "$root"
truncate -s 64M "$run/disk"
truncate -s 16M "$run/disk2"
mke2fs -q -F -t ext4 "$run/disk"
boot "$2"
rm -f "$run/initramfs" "$run/disk" "$run/disk2"
base64 -d < "$run/sent" 2> /dev/null | tar -xz -C "$run/out" 2> /dev/null ||
	fail 1 "kernel $1 with $2 has sent no results: see $run/console"
[ -e "$run/out/complete" ] || fail 1 "kernel $1 with $2 has sent a part: see $run/console"

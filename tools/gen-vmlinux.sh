#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Writes vmlinux/<arch>/vmlinux.h from a kernel's BTF: by default the running one's.
# usage: tools/gen-vmlinux.sh [ARCH [FILE RELEASE]]
# FILE is BTF, or an uncompressed kernel that holds some. For one that does not run here:
#	tools/vm-fetch.sh -a arm64 6.12 && cd build/vm/kernel/arm64/6.12 &&
#		../../../../../tools/gen-vmlinux.sh arm64 vmlinuz "$(cat release)"
set -eu -o pipefail
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)
arch=${1:-$(uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')}
file=${2:-/sys/kernel/btf/vmlinux}
release=${3:-$(uname -r)}
bpftool=$(command -v bpftool || echo /usr/sbin/bpftool)
header=$(mktemp)
btf=$(mktemp)
trap 'rm -f "$header" "$btf"' EXIT

# The 32-bit number at byte $1 of $file.
number()
{
	od -An -tu4 -j "$1" -N 4 "$file" | tr -d ' '
}

# Where BTF may begin in $file: its magic, version 1, no flags, a header of 24 bytes
# (include/uapi/linux/btf.h).
candidates()
{
	grep -obUaP '\x9f\xeb\x01\x00\x18\x00\x00\x00' "$file" | cut -d: -f1
}

[ -r "$file" ] || { echo "gen-vmlinux: cannot read $file: name a BTF file or a kernel" >&2; exit 3; }
for start in $(candidates); do
	# The strings are the last part: their offset, from the header's end, and their length.
	size=$((24 + $(number $((start + 16))) + $(number $((start + 20)))))
	tail -c +$((start + 1)) "$file" | head -c "$size" > "$btf" || true
	if "$bpftool" btf dump file "$btf" format c > "$header" 2> /dev/null &&
		grep -q '^struct task_struct {' "$header"; then
		mkdir -p "$top/vmlinux/$arch"
		cp "$header" "$top/vmlinux/$arch/vmlinux.h"
		echo "$release" > "$top/vmlinux/$arch/VERSION"
		exit 0
	fi
done
echo "gen-vmlinux: no kernel's BTF in $file: unpack the kernel, or name another" >&2
exit 3

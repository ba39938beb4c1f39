#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Writes vmlinux/<arch>/vmlinux.h from a kernel's BTF: by default the running one's.
# usage: tools/gen-vmlinux.sh [ARCH [BTF-FILE RELEASE]]
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
arch=${1:-$(uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')}
btf=${2:-/sys/kernel/btf/vmlinux}
release=${3:-$(uname -r)}
bpftool=$(command -v bpftool || echo /usr/sbin/bpftool)
[ -r "$btf" ] || { echo "gen-vmlinux: cannot read $btf: name a BTF file" >&2; exit 3; }
mkdir -p "$top/vmlinux/$arch"
"$bpftool" btf dump file "$btf" format c > "$top/vmlinux/$arch/vmlinux.h.new"
mv "$top/vmlinux/$arch/vmlinux.h.new" "$top/vmlinux/$arch/vmlinux.h"
echo "$release" > "$top/vmlinux/$arch/VERSION"

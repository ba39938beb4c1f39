#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Takes what the verifier counted in the last `make test-vm` for tests/vm/verifier.tsv. Say in the
# commit why it grew. usage: tools/vm-insns.sh
set -eu
cd "$(dirname "$0")/.."
table=tests/vm/verifier.tsv
{
	echo "# Instructions that the verifier went through: kernel, object or variant, program, count."
	echo "# Written by tools/vm-insns.sh."
	while read -r kernel _; do
		counts=build/vm/run/$kernel-v2io/out/insns.tsv
		[ -s "$counts" ] ||
			{ echo "vm-insns: no counts of $kernel: run make test-vm" >&2; exit 1; }
		awk -v OFS='\t' -v kernel="$kernel" '{ print kernel, $0 }' "$counts"
	done < <(grep -v '^#' tests/vm/kernels.tsv)
} > $table.new
mv $table.new $table

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each fuzz target survives a bounded number of inputs, the same ones each time. `make fuzz` is the
# long run. An input that breaks a target is kept in build/fuzz/.
. "$(dirname "$0")/../lib.sh"

for source in "$TOP"/tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	mkdir "$TMP/$name"
	run_is 0 "$name" "$TOP/build/fuzz/tests/fuzz/$name" -runs="${FUZZ_RUNS:-20000}" -seed=7919 \
		-max_len=512 -timeout=10 -artifact_prefix="$TOP/build/fuzz/$name-" "$TMP/$name"
done
finish

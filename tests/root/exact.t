#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Known truths: CPU time against the cgroup's own account, run-queue wait of two who share a CPU,
# bytes of direct writes, turns of a conversation. `make test-vm` does the same on other kernels.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/cgroup.sh"
. "$(dirname "$0")/stimuli.sh"
. "$(dirname "$0")/checks.sh"

need_root
own_network
need_command jq dd taskset
need_file "$STIM/spin" "$STIM/echo" /sys/kernel/btf/vmlinux
mkdir "$TMP/exact"
stimulate "$TMP/exact"
check "$TMP/exact"
finish

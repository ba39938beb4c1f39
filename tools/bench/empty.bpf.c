// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a hook costs by itself: an empty program for each tracepoint that situ may use, named
 * after it. bench/attach.c attaches those whose hooks situ uses on the running kernel.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define EMPTY(hook)             \
	SEC("?tp_btf/" #hook)   \
	int hook(void *context) \
	{                       \
		return 0;       \
	}

EMPTY(cgroup_rmdir)
EMPTY(sched_switch)
EMPTY(block_io_start)
EMPTY(block_rq_issue)
EMPTY(block_rq_complete)
EMPTY(tcp_probe)
EMPTY(inet_sock_set_state)
EMPTY(tcp_retransmit_skb)
EMPTY(tcp_receive_reset)
EMPTY(tcp_send_reset)

char LICENSE[] SEC("license") = "GPL";

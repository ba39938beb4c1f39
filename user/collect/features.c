// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "user/collect/features.h"

static const struct feature table[] = {
	{ .object = OBJECT_CGROUP,
	  .program = "cgroup_removed",
	  .hook = "cgroup_rmdir",
	  .gives = "slots of removed cgroups, taken back" },
	{ .object = OBJECT_SCHED,
	  .program = "sched_switch",
	  .hook = "sched_switch",
	  .gives = "CPU time, run-queue wait, slices" },
	{ .object = OBJECT_BLOCK,
	  .program = "block_complete",
	  .hook = "block_rq_complete",
	  .gives = "disk requests, queue and device time" },
	{ .object = OBJECT_BLOCK,
	  .program = "block_submitter",
	  .hook = "block_io_start",
	  .gives = "disk owner where the io controller is off",
	  .fallback = "block_submitter_issue" },
	{ .object = OBJECT_BLOCK,
	  .program = "block_submitter_issue",
	  .hook = "block_rq_issue",
	  .gives = "the same disk owner, one hook later",
	  .stands_in_for = "block_submitter" },
	{ .object = OBJECT_BLOCK,
	  .program = "block_issue",
	  .hook = "block_rq_issue",
	  .gives = "issue time on devices without iostats",
	  .on_demand = true },
	{ .object = OBJECT_TCP,
	  .program = "tcp_receive",
	  .hook = "tcp_probe",
	  .gives = "response and server time, RTT, bytes" },
	{ .object = OBJECT_TCP,
	  .program = "tcp_state",
	  .hook = "inet_sock_set_state",
	  .gives = "connections, connect time, roles" },
	{ .object = OBJECT_TCP,
	  .program = "tcp_reader",
	  .hook = "tcp_rcv_space_adjust",
	  .gives = "whose a connection is on cgroup v1" },
	{ .object = OBJECT_TCP,
	  .program = "tcp_retransmit",
	  .hook = "tcp_retransmit_skb",
	  .gives = "retransmitted segments" },
	{ .object = OBJECT_TCP,
	  .program = "tcp_reset_received",
	  .hook = "tcp_receive_reset",
	  .gives = "resets received" },
	{ .object = OBJECT_TCP,
	  .program = "tcp_reset_sent",
	  .hook = "tcp_send_reset",
	  .gives = "resets sent to other machines" },
	{ .object = OBJECT_SPAN,
	  .program = "span_sent",
	  .hook = "sock_send_length",
	  .gives = "spans: requests sent and answered",
	  .fallback = "span_sent_tcp" },
	{ .object = OBJECT_SPAN,
	  .program = "span_sent_tcp",
	  .hook = "tcp_sendmsg",
	  .gives = "the same, but for files sent as they are",
	  .stands_in_for = "span_sent",
	  .function = true },
	{ .object = OBJECT_SPAN,
	  .program = "span_received",
	  .hook = "sock_recv_length",
	  .gives = "spans: requests and answers read",
	  .fallback = "span_received_tcp" },
	{ .object = OBJECT_SPAN,
	  .program = "span_received_tcp",
	  .hook = "tcp_rcv_space_adjust",
	  .gives = "the same",
	  .stands_in_for = "span_received" },
	{ .object = OBJECT_SPAN,
	  .program = "span_state",
	  .hook = "inet_sock_set_state",
	  .gives = "spans: who opened a connection" },
	{ .object = OBJECT_SPAN,
	  .program = "span_exit",
	  .hook = "sched_process_exit",
	  .gives = "spans: what threads held, taken back" },
};

const char *feature_state_name(enum feature_state state)
{
	static const char *const names[] = {
		[FEATURE_USED] = "used",
		[FEATURE_STANDBY] = "on demand",
		[FEATURE_REPLACED] = "not needed",
		[FEATURE_MISSING] = "missing",
	};

	return names[state];
}

const char *bpf_object_name(enum bpf_object_id object)
{
	static const char *const names[] = {
		[OBJECT_CGROUP] = "cgroup", [OBJECT_SCHED] = "sched", [OBJECT_BLOCK] = "block",
		[OBJECT_TCP] = "tcp",	    [OBJECT_SPAN] = "span",
	};

	return names[object];
}

static bool has_hook(const struct btf *btf, const struct feature *row)
{
	char name[64];

	if (row->function)
		return btf__find_by_name_kind(btf, row->hook, BTF_KIND_FUNC) > 0;
	snprintf(name, sizeof(name), "btf_trace_%s", row->hook);
	return btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) > 0;
}

static bool has_member(const struct btf *btf, const char *type, const char *member)
{
	const struct btf_type *t;
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT), i;

	if (id < 0)
		return false;
	t = btf__type_by_id(btf, (u32)id);
	for (i = 0; i < btf_vlen(t); i++) {
		const char *name = btf__name_by_offset(btf, btf_members(t)[i].name_off);

		if (name && strcmp(name, member) == 0)
			return true;
	}
	return false;
}

static bool has_enumerator(const struct btf *btf, const char *type, const char *name)
{
	const struct btf_type *t;
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM), i;

	if (id < 0)
		return false;
	t = btf__type_by_id(btf, (u32)id);
	for (i = 0; i < btf_vlen(t); i++) {
		const char *is = btf__name_by_offset(btf, btf_enum(t)[i].name_off);

		if (is && strcmp(is, name) == 0)
			return true;
	}
	return false;
}

struct feature *features_find(struct features *features, const char *program)
{
	size_t i;

	for (i = 0; i < features->nr; i++) {
		if (strcmp(features->row[i].program, program) == 0)
			return &features->row[i];
	}
	return NULL;
}

static void decide(struct features *features, struct feature *row, const struct btf *btf)
{
	const struct feature *first;

	if (!has_hook(btf, row)) {
		row->state = FEATURE_MISSING;
		snprintf(row->reason, sizeof(row->reason), "no %s %s; %s%s",
			 row->function ? "function" : "tracepoint", row->hook,
			 row->fallback ? "instead: " : "not measured",
			 row->fallback ? row->fallback : "");
		return;
	}
	first = row->stands_in_for ? features_find(features, row->stands_in_for) : NULL;
	if (first && first->state == FEATURE_USED) {
		row->state = FEATURE_REPLACED;
		snprintf(row->reason, sizeof(row->reason), "%s is here", first->hook);
	} else if (row->on_demand) {
		row->state = FEATURE_STANDBY;
		snprintf(row->reason, sizeof(row->reason), "attached once a request has no stamp");
	}
}

static int print_warning(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN && getenv("SITU_DEBUG"))
		return vfprintf(stderr, fmt, ap);
	return 0;
}

void features_quiet_libbpf(void)
{
	libbpf_set_print(print_warning);
}

bool features_spans(const struct features *features)
{
	size_t i;

	for (i = 0; i < features->nr; i++) {
		const struct feature *row = &features->row[i];

		if (row->object == OBJECT_SPAN && row->state == FEATURE_MISSING && !row->fallback)
			return false;
	}
	return true;
}

static void leave_out_spans(struct features *features, const char *reason)
{
	size_t i;

	for (i = 0; i < features->nr; i++) {
		struct feature *row = &features->row[i];

		if (row->object != OBJECT_SPAN || row->state == FEATURE_MISSING)
			continue;
		row->state = FEATURE_MISSING;
		snprintf(row->reason, sizeof(row->reason), "%s", reason);
	}
}

void features_without_spans(struct features *features)
{
	leave_out_spans(features, "turned off");
}

/* All or none: a part of them would tell a part of the truth. */
static void decide_spans(struct features *features, const struct btf *btf)
{
	if (!has_enumerator(btf, "bpf_func_id", "BPF_FUNC_task_storage_get"))
		leave_out_spans(features, "no task storage in BPF (5.11)");
	else if (!features_spans(features))
		leave_out_spans(features, "a hook of the others is missing");
}

int features_decide(struct features *features, bool by_v1_cpu, struct err *err)
{
	struct feature *sched, *reader;
	struct btf *btf;
	size_t i;

	features_quiet_libbpf();
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return err_set(err, EXIT_ENVIRONMENT,
			       "this kernel has no BTF (/sys/kernel/btf/vmlinux): boot one built "
			       "with CONFIG_DEBUG_INFO_BTF=y, such as any of Debian 11 or later");
	memset(features, 0, sizeof(*features));
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		features->row[i] = table[i];
		features->nr++;
		decide(features, &features->row[i], btf);
	}
	features->sched_rq_clock = has_member(btf, "sched_entity", "cfs_rq") &&
				   has_member(btf, "cfs_rq", "rq") &&
				   has_member(btf, "sched_info", "last_queued");
	sched = features_find(features, "sched_switch");
	if (!features->sched_rq_clock && sched) {
		sched->state = FEATURE_MISSING;
		snprintf(sched->reason, sizeof(sched->reason),
			 "needs CONFIG_FAIR_GROUP_SCHED and CONFIG_SCHED_INFO");
	}
	reader = features_find(features, "tcp_reader");
	if (!by_v1_cpu && reader && reader->state == FEATURE_USED) {
		reader->state = FEATURE_REPLACED;
		snprintf(reader->reason, sizeof(reader->reason), "a socket names its cgroup v2");
	}
	decide_spans(features, btf);
	btf__free(btf);
	return 0;
}

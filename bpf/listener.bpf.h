/* SPDX-License-Identifier: GPL-2.0-only */
/* The ports that are listened on: which end of a connection is the server, and whose it is. */
#ifndef SITU_BPF_LISTENER_BPF_H
#define SITU_BPF_LISTENER_BPF_H

#include "bpf/conn.bpf.h"
#include "bpf/owner.bpf.h"

/*
 * Filled by user space before the programs are attached, kept up by tcp_state. The value is the
 * key of who called listen(), where its socket does not say so itself; 0: not known.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LISTENERS_MAX);
	__type(key, struct listener_key);
	__type(value, u64);
} tcp_listeners SEC(".maps");

static __always_inline struct listener_key listener_of(const struct sock *sk)
{
	return (struct listener_key){
		.netns = sk->__sk_common.skc_net.net->ns.inum,
		.port = sk->__sk_common.skc_num,
	};
}

static __always_inline bool is_listening(const struct sock *sk)
{
	struct listener_key key = listener_of(sk);

	return bpf_map_lookup_elem(&tcp_listeners, &key) != NULL;
}

/*
 * Which end of a connection that was open before @sk is. A port that connect() chose stands out:
 * __inet_hash_connect() marks its bucket by a negative fastreuse. Left are servers whose listener
 * is gone and clients with a port of their own choice.
 */
static __always_inline enum conn_role role_of(const struct sock *sk, const struct tcp_sock *tp)
{
	if (is_listening(sk))
		return ROLE_SERVER;
	if (tp->inet_conn.icsk_bind_hash->fastreuse < 0)
		return ROLE_CLIENT;
	lose(LOSS_CONN_NO_ROLE);
	return ROLE_UNKNOWN;
}

/* Stays when the listener goes: another one may share its port. */
static __always_inline void note_listener(const struct sock *sk)
{
	struct listener_key key = listener_of(sk);
	const struct kernfs_node *node;
	u64 owner = sock_is_ownerless(sk) ? caller_key(&node) : 0;

	if (bpf_map_update_elem(&tcp_listeners, &key, &owner, BPF_ANY))
		lose(LOSS_LISTENER_FULL);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests over unix-domain sockets: no address tells the ends apart but the listener's name,
 * which the accepted one inherits; no segment tells when data arrives, and nothing when a socket
 * is closed but its peer's reading the end. Both ends are reached from either.
 */
#ifndef SITU_BPF_UNIX_BPF_H
#define SITU_BPF_UNIX_BPF_H

#define AF_UNIX 1

unsigned long long unix_number; /* of the last connection */

static __always_inline struct conn *unix_end(struct sock *sk, bool serves)
{
	struct conn *conn = bpf_sk_storage_get(&shared_conns, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (!conn) {
		lose(LOSS_CONN_NO_STORAGE);
	} else if (!conn->local) {
		conn->local = 1;
		conn->role = serves ? ROLE_SERVER : ROLE_CLIENT;
		conn->row = DENSE_NONE;
	}
	return conn;
}

/* Both ends of @sk's connection, known by one number. False when it is no service's. */
static __always_inline bool unix_meet(struct event *e, struct sock *sk)
{
	struct unix_sock *self = bpf_skc_to_unix_sock(sk), *other;
	u64 number, old;
	bool serves;

	if (!self || !self->peer)
		return false;
	other = bpf_skc_to_unix_sock(self->peer);
	serves = self->addr != NULL;
	if (!other || serves == (other->addr != NULL))
		return false;
	e->conn = unix_end(sk, serves);
	e->peer = unix_end(self->peer, !serves);
	if (!e->conn || !e->peer)
		return false;
	if (!e->conn->slot)
		e->conn->slot = owner_of_task(e->task);
	if (*(u64 *)&e->conn->isn)
		return true;
	/* The server's is the one that counts, should both come here at once. */
	number = __sync_fetch_and_add(&unix_number, 1) + 1;
	old = __sync_val_compare_and_swap((u64 *)(serves ? &e->conn->isn : &e->peer->isn), 0,
					  number);
	if (old)
		number = old;
	*(u64 *)&e->conn->isn = number;
	*(u64 *)&e->peer->isn = number;
	return true;
}

static __always_inline int speak_unix(struct sock *sk, bool sent, int bytes)
{
	struct event e;

	if (sk->__sk_common.skc_family != AF_UNIX ||
	    (sk->sk_type != SOCK_STREAM && sk->sk_type != SOCK_SEQPACKET))
		return 0;
	if (!begin(&e, sk) || !unix_meet(&e, sk))
		return 0;
	if (bytes <= 0) {
		if (bytes == 0 && !sent)
			closing(e.conn);
		return 0;
	}
	e.stream = 0;
	use(&e, bpf_ktime_get_ns(), 0);
	speak(&e, sent);
	if (e.conn->role == ROLE_CLIENT)
		e.conn->arrived_ns = e.at_ns;
	return 0;
}

#endif

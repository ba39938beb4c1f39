/* SPDX-License-Identifier: GPL-2.0-only */
/* One request at a time: a libcurl easy handle, set up once and pointed at target after target. */
#ifndef SITU_LOADGEN_SLOT_H
#define SITU_LOADGEN_SLOT_H

#include <curl/curl.h>

#include "loadgen/plan.h"
#include "loadgen/record.h"
#include "loadgen/schedule.h"
#include "loadgen/session.h"

struct slot {
	CURL *easy;
	const struct plan *plan; /* of the request it carries or carried last; NULL: none yet */
	u64 intended_ns;	 /* CLOCK_MONOTONIC, as all of these */
	u64 begun_ns;		 /* when it was handed to libcurl */
	u64 started_ns;		 /* when it began to connect, or on a kept connection to send */
	u64 body_bytes;
	size_t match_state;
	unsigned int sent; /* times libcurl was about to send the request */
	bool busy;
	bool counts;		    /* it is none of the warm-up */
	u64 rest_ns;		    /* before its next request, after one without an answer */
	bool spoke_http2;	    /* has had an answer in it */
	struct slot *older, *newer; /* while busy: neighbours in the order of their start */
	u32 *served;		    /* of each local port of its addresses; NULL: do not count */
	unsigned int served_max;
	u64 *marks;		  /* see struct engine_config; NULL: none */
	const struct plan *plans; /* the first one */
	char *text;		  /* the request's varying texts; URL, then headers, then body */
	size_t text_room;
	struct curl_slist *varying; /* its varying headers, linked to the plan's constant ones */
	struct session_run run;	    /* the session whose step it carries, if one */
	bool jar;		    /* has cookies of a session's user */
	struct buf body;	    /* of the answer, when it is to be looked at as a whole */
	char error[CURL_ERROR_SIZE];
};

/*
 * Makes the easy handle, number @number of the thread's. @served counts the requests of each
 * connection by its local port, NULL where they have no limit. @sockets is handed to the socket
 * callbacks @open and @close. 0, or -ENOMEM: slot_free() in either case.
 */
int slot_make(struct slot *slot, const struct plans *plans, size_t number, u32 *served,
	      curl_opensocket_callback open, curl_closesocket_callback close, void *sockets);
void slot_free(struct slot *slot);

/*
 * Makes @slot carry request @index of @schedule, or the first one of a session that begins, with
 * an empty cookie jar. 0 or -ENOMEM.
 */
int slot_load(struct slot *slot, const struct plans *plans, const struct schedule *schedule,
	      u64 index);

/* Makes @slot carry the request that its session stands at. 0 or -ENOMEM. */
int slot_load_step(struct slot *slot, const struct plans *plans);

/* The plan that request @index of @schedule goes by. */
size_t slot_target(const struct plans *plans, const struct schedule *schedule, u64 index);

/* How a request ended, and what libcurl knows about its way there. */
struct outcome {
	enum error_class class;
	long code; /* the status of a complete answer, 0 without one */
	long connections;
	u64 bytes_rx; /* of the body, as they came over the wire */
	u64 bytes_tx;
	unsigned int first_phase;    /* of those that it went through; RECORD_PHASES: none */
	u64 phase_ns[RECORD_PHASES]; /* of a good answer only */
};

/* Whether the request that @slot carries still waits for the address of its host. */
bool slot_is_resolving(const struct slot *slot);

/*
 * Judges the transfer of @slot that libcurl ended with @result, and takes what its session needs
 * out of a good answer. Of a wrong one slot->error says why it is.
 */
void slot_judge(struct slot *slot, const struct transport *transport, CURLcode result,
		struct outcome *outcome);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A measurement from a caller's view: attach, begin a phase, end it and get its services and
 * edges by name. Everything between (maps, snapshots, cgroup names) stays behind this header.
 */
#ifndef SITU_ATTRIBUTE_MEASURE_H
#define SITU_ATTRIBUTE_MEASURE_H

#include <stdbool.h>

#include "user/base/err.h"
#include "user/model/run.h"

struct measure;

/*
 * Loads and attaches the BPF programs; those that follow requests through services only with
 * @spans, and where the kernel can. *@out is NULL on failure, with @err set (EXIT_ENVIRONMENT for
 * what this machine lacks). Programs go away with the process, however it ends.
 */
int measure_open(struct measure **out, bool spans, struct err *err);
void measure_close(struct measure *m); /* NULL is fine */

/*
 * Samples what each BPF program's runs take while it is on; costs two clock reads a run meanwhile.
 * 0 or -errno (a kernel before 5.8 cannot).
 */
int measure_sample_cost(struct measure *m, bool on);

/*
 * Calls the cgroup at @cgroup_path ("/situ.42/web": relative to the mount, in any hierarchy) and
 * all cgroups below it service @name on @host, before any other way of naming.
 * 0, -EINVAL, -ENOMEM.
 */
int measure_name_service(struct measure *m, const char *cgroup_path, const char *name,
			 const char *host);

/* Forgets every name given above: the cgroups of a trial are gone. */
void measure_forget_services(struct measure *m);

/* How often measure_poll() is called: the kernel's buffer holds some 5,000 spans. */
#define MEASURE_POLL_NS (100 * NSEC_PER_MSEC)

/*
 * Takes the requests' spans out of the kernel's buffer: to be called every MEASURE_POLL_NS or so
 * between measure_begin() and measure_end(). The fuller the buffer, the fewer the kernel sends, and
 * says for how many one stands; what still does not fit is counted as lost. 0 or -errno.
 */
int measure_poll(struct measure *m);

/*
 * Waits for the traces of a load that has just ended: to be called before the measure_end() that is
 * to have them all. The last answer on a connection is over when the connection is: an end may wait
 * 40 ms for the other one's delayed acknowledgement (TCP_DELACK_MIN), and a server's thread that
 * lost its CPU while it sent still has to come out of the kernel.
 */
void measure_settle(struct measure *m);

/*
 * The open file of the marks that tell which endpoint's a request of the load generator is: see
 * spans_marks_fd(). -1 where requests are not followed.
 */
int measure_marks_fd(struct measure *m);

/* Takes the snapshot that the next measure_end() counts from. */
int measure_begin(struct measure *m, struct err *err);

/*
 * Takes a snapshot and adds what happened since measure_begin() to @phase (which has its names
 * set): services, disks, edges, losses, self, programs, started_at_ns, duration_ns, and where the
 * time of requests went that were sent since measure_begin() and are over. May be called
 * again: each call counts from the same beginning. The phase owns all it is given.
 */
int measure_end(struct measure *m, struct phase *phase, struct err *err);

/*
 * Makes the next measure_end() count from the last one, without a gap between the two. Only
 * behind a measure_end() that succeeded.
 */
void measure_continue(struct measure *m);

#endif

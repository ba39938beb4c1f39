/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses that a crawl must not touch. */
#ifndef SITU_CRAWL_DENY_H
#define SITU_CRAWL_DENY_H

#include <stdbool.h>
#include <stddef.h>

struct deny {
	const char *const *patterns;
	size_t nr;
	bool no_defaults; /* only the patterns count, not the built-in words too */
};

/*
 * Whether @deny forbids @target, which may be a template. A pattern of letters, digits and '-'
 * forbids every address with that word in it, in any case: "logout" /user/logout.php and
 * /x?do=logout, but not /logouts. Any other is a shell pattern, '*' and '?', for all of the
 * address.
 */
bool deny_match(const struct deny *deny, const char *target);

/* The built-in words joined by ", ", for people. */
#define DENY_DEFAULTS                                                                        \
	"logout, log-out, logoff, signout, sign-out, delete, remove, destroy, drop, purge, " \
	"reset, unsubscribe, cancel, shutdown, restart, reboot, kill, memory, free"

#endif

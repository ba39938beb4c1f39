// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/contract.h"
#include "user/cmd/load_marks.h"
#include "user/experiment/loadphase.h"

int load_marks_map(u64 **marks, struct err *err)
{
	const char *text = getenv(LOADPHASE_MARKS);
	void *at;

	*marks = NULL;
	if (!text)
		return 0;
	at = mmap(NULL, SPAN_PORTS * sizeof(**marks), PROT_READ | PROT_WRITE, MAP_SHARED,
		  (int)strtol(text, NULL, 10), 0);
	if (at == MAP_FAILED)
		return err_set(err, EXIT_FAILED, "cannot map the marks (%s=%s): %s: unset it",
			       LOADPHASE_MARKS, text, strerror(errno));
	*marks = at;
	__atomic_store_n(&(*marks)[SPAN_MARKER], (u64)getpid(), __ATOMIC_RELEASE);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What everybody has to know of spans who keeps something for them. */
#ifndef SITU_BPF_SPAN_BPF_H
#define SITU_BPF_SPAN_BPF_H

#include "bpf/situ.bpf.h"

/* Set before loading: off, nothing is kept and nothing is paid. */
const volatile bool spans_on;

/* A span of the pool; of the past, when the generation is not that span's any more. */
struct span_ref {
	u32 at; /* 0: none */
	u32 generation;
};

#endif

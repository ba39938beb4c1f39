#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The stimulus tests on Debian's kernel 5.10.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/kernel.sh"
test_kernel 5.10

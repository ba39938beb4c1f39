#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A fresh copy of the prepared database, served on $SITU_ADDRESS:$SITU_PORT until SIGTERM.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/shop/programs.sh
. "$here/programs.sh"
cd / # user postgres may not be allowed into the directory this was called from

bin=$(pg_bin)
data=$SITU_DIR/pg

cp -a --reflink=auto "$SITU_PREPARED/pg" "$data"
must_reach "$data" as_postgres test -w
# fsync stays on: the commits of the shop are its disk load. No Unix socket: /run/postgresql may
# not exist, and nobody needs one.
exec setpriv --reuid=postgres --regid=postgres --init-groups "$bin/postgres" -D "$data" \
	-c listen_addresses="$SITU_ADDRESS" -c port="$SITU_PORT" -c unix_socket_directories= \
	-c shared_buffers=32MB -c max_connections=50 -c jit=off

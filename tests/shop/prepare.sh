#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes, once per run, what every trial starts from, in $SITU_PREPARED: a PostgreSQL data directory
# (pg/) and a Redis dump with filled carts (carts.rdb).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/shop/programs.sh
. "$here/programs.sh"
cd / # user postgres may not be allowed into the directory this was called from

# Carts 1..200 exist from the start with two products each: the workload reads and changes these,
# and pays for others (201..400), so that no request depends on one before it.
kept_carts=200

prepare_postgres()
{
	install -d -o postgres -g postgres -m 700 "$SITU_PREPARED/pg"
	must_reach "$SITU_PREPARED/pg" as_postgres test -w
	# Small WAL segments: less to copy for each trial.
	as_postgres "$(pg_bin)/initdb" --pgdata="$SITU_PREPARED/pg" --auth-local=reject \
		--auth-host=reject --encoding=UTF8 --locale=C.UTF-8 --wal-segsize=1 --no-sync
	# The role may do nothing outside the shop's tables, and the server listens on one address.
	echo 'host shop shop all trust' > "$SITU_PREPARED/pg/pg_hba.conf"
	echo 'CREATE DATABASE shop;' | pg_single postgres
	cat "$here/schema.sql" "$here/seed.sql" "$here/slim.sql" | pg_single shop
}

# Runs the SQL on stdin in database $1; the first error ends it.
pg_single()
{
	as_postgres "$(pg_bin)/postgres" --single -j -D "$SITU_PREPARED/pg" \
		-c exit_on_error=on -c min_wal_size=2MB "$1"
}

cart_commands()
{
	awk -v n="$kept_carts" 'BEGIN {
		item = "{\"qty\":1,\"sku\":\"%s\",\"name\":\"%s\",\"price\":%d,\"subtotal\":%d}"
		items = sprintf(item, "STAN-1", "Stan", 67, 67) "," sprintf(item, "BOLT-2", "Bolt", 42, 42)
		for (i = 1; i <= n; i++)
			printf "SET cart:visitor-%d \047{\"total\":109,\"tax\":18.17,\"items\":[%s]}\047\n",
				i, items
	}'
}

prepare_redis()
{
	socket=$SITU_PREPARED/redis.sock
	redis-server --port 0 --unixsocket "$socket" --dir "$SITU_PREPARED" \
		--dbfilename carts.rdb --save '' &
	redis_pid=$!
	trap 'kill "$redis_pid"' EXIT
	wait_for redis-cli -s "$socket" ping
	cart_commands | redis-cli -s "$socket"
	test "$(redis-cli -s "$socket" dbsize)" = "$kept_carts"
	redis-cli -s "$socket" save
	trap - EXIT
	kill "$redis_pid"
	wait "$redis_pid"
}

# Runs a command until it succeeds, for at most 5 seconds.
wait_for()
{
	tries=50
	until "$@"; do
		tries=$((tries - 1))
		test "$tries" -gt 0
		sleep 0.1
	done
}

prepare_postgres
prepare_redis

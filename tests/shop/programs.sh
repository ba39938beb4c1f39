# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Where Debian puts PostgreSQL's programs, and how to run them: they refuse to run as root. Sourced.

pg_bin()
{
	for dir in /usr/lib/postgresql/*/bin; do
		test -x "$dir/initdb" && newest=$dir
	done
	if [ -z "${newest:-}" ]; then
		echo 'shop: no PostgreSQL server: install the package postgresql' >&2
		exit 3
	fi
	echo "$newest"
}

as_postgres()
{
	setpriv --reuid=postgres --regid=postgres --init-groups "$@"
}

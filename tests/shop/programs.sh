# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Sourced: where Debian puts PostgreSQL's programs, and how to run something as another user.

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

# PostgreSQL's programs refuse to run as root.
as_postgres()
{
	setpriv --reuid=postgres --regid=postgres --init-groups "$@"
}

# must_reach FILE COMMAND...: says what to do when COMMAND, a test as another user, fails on FILE.
must_reach()
{
	file=$1
	shift
	if ! "$@" "$file"; then
		echo "shop: its user cannot reach $file: make the directories above it mode 755" >&2
		exit 1
	fi
}

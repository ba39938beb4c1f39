# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034
# The server whose answers are scripted (tests/stim/httpd.c), sourced behind ../lib.sh; skips the
# file where it is not built.
#	start_httpd		starts one: $URL, $pid
#	served			how many requests the one at $URL has had
HTTPD=$TOP/build/tests/stim/httpd
need_file "$HTTPD"

start_httpd()
{
	spawn "$HTTPD" > "$TMP/port"
	wait_until 5 [ -s "$TMP/port" ] || bail "the server does not start"
	URL=http://127.0.0.1:$(cat "$TMP/port")
}

served()
{
	curl -s "$URL/count"
}

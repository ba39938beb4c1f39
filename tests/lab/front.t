#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whose milliseconds, behind a proxy: nginx with and without kept connections to what is behind it,
# TLS to the client and to the next proxy, and a Unix-domain socket.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/root/cgroup.sh"
. "$TOP/tests/lab/lab.sh"

need_lab
own_network
need_command nginx ss openssl python3
lab_cgroups load web inner front mid back local

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab -keyout "$TMP/key" \
	-out "$TMP/cert" 2> /dev/null || bail "no certificate"

# proxy NAME TEXT: an nginx in the cgroup NAME whose servers are TEXT
proxy()
{
	mkdir -p "$TMP/$1.d"
	cat > "$TMP/$1.conf" <<- END
		daemon off; worker_processes 1; pid $TMP/$1.pid; error_log stderr error; user root;
		events { worker_connections 512; }
		http {
			access_log off;
			client_body_temp_path $TMP/$1.d; proxy_temp_path $TMP/$1.d;
			fastcgi_temp_path $TMP/$1.d; uwsgi_temp_path $TMP/$1.d; scgi_temp_path $TMP/$1.d;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_ssl_session_reuse off;
			proxy_ssl_verify off;
			ssl_certificate $TMP/cert;
			ssl_certificate_key $TMP/key;
			upstream kept { server 127.0.0.1:9001; keepalive 16; }
			upstream unix { server unix:$TMP/local.sock; keepalive 16; }
			upstream inner { server 127.0.0.1:18444; keepalive 16; }
			$2
		}
	END
	service "$1" nginx -e stderr -c "$TMP/$1.conf"
}

services()
{
	proxy inner "server { listen 127.0.0.1:18444 ssl; location / { proxy_pass http://kept; } }"
	proxy web "
		server { listen 127.0.0.1:18080; location / { proxy_pass http://kept; } }
		server { listen 127.0.0.1:18081; location / { proxy_pass http://127.0.0.1:9001; } }
		server { listen 127.0.0.1:18443 ssl; location / { proxy_pass http://kept; } }
		server { listen 127.0.0.1:18082; location / { proxy_pass https://inner; } }
		server { listen 127.0.0.1:18083; location / { proxy_pass http://unix; } }"
	actor back back 127.0.0.1:9003
	actor mid mid 127.0.0.1:9002 back=127.0.0.1:9003
	actor front front 127.0.0.1:9001 mid=127.0.0.1:9002
	actor local local "$TMP/local.sock" back="$TMP/back.sock"
	actor back back "$TMP/back.sock"
	listening 9001 9002 9003 18080 18444
}

script="spin=1000,sleep=1000,call=mid(spin=1000,call=back(sleep=2000))"
# proxied NAME OPTIONS URL [ARGUMENT...]: a recording of its own, and the judge about its trees
proxied()
{
	case=$1 options=$2 url=$3
	shift 3
	arguments=$*
	judged_again recorded claims
}
# A request to the port PORT of which nginx gets a part now and then, but never the end: it may go on
# with it at any time.
upload()
{
	service load python3 -c "if True:
		import socket, time
		link = socket.create_connection(('127.0.0.1', $1))
		link.sendall(b'POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 9999\r\n\r\n')
		while True:
			time.sleep(0.1)
			link.sendall(b'x')"
}
recorded()
{
	services
	[ "$case" != upload ] || upload 18080
	usage_before=$(cgroup_usage_ns web)
	measure "$case" "$options" "$url"
	usage_after=$(cgroup_usage_ns web)
	actors_end
}
claims()
{
	# shellcheck disable=SC2086 # words
	claim_alone "$case" --before web --coverage 0.95 $arguments "$TMP/truth"/*
	[ "$case" != kept ] || claim_proxy
}
# The proxy keeps no truth, but its cgroup does.
claim_proxy()
{
	awk -v got="$(row kept web cpu)" -v used="$((usage_after - usage_before))" 'BEGIN {
		truth = used / 203
		slack = truth * 0.05 > 50000 ? truth * 0.05 : 50000
		exit !(got <= truth + slack && got >= truth - slack) }'
	claim_that $? "the proxy's CPU time is what its cgroup used" \
		"$(row kept web cpu) ns of $(((usage_after - usage_before) / 203))"
}

script="spin=1000,sleep=1000,call=mid(spin=1000,call=back(sleep=2000))"
proxied kept "-n 203 -c 4" "http://127.0.0.1:18080/tag=kept,$script"
proxied upload "-n 203 -c 4" "http://127.0.0.1:18080/tag=upload,$script"
proxied fresh "-n 203 -c 4" "http://127.0.0.1:18081/tag=fresh,$script"
proxied closing "-n 203 -c 4 --no-keepalive" "http://127.0.0.1:18081/tag=closing,$script"
proxied tls "-n 203 -c 4 --insecure" "https://127.0.0.1:18443/tag=tls,$script"
proxied handshakes "-n 203 -c 4 --insecure --no-keepalive" \
	"https://127.0.0.1:18443/tag=handshakes,$script"
proxied inner "-n 203 -c 4" "http://127.0.0.1:18082/tag=inner,$script" --before web,inner
proxied unix "-n 203 -c 4" \
	"http://127.0.0.1:18083/tag=unix,spin=1000,sleep=1000,call=back(spin=1000,sleep=2000)"
finish

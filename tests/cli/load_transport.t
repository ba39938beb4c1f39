#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# How the load generator's requests travel: TLS, versions of HTTP, sockets and addresses, against
# nginx, and what it says when that goes wrong.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/httpd.sh"

need_command jq nginx openssl curl
need_file "$SITU"
PATH=$PATH:/usr/sbin

load()
{
	run timeout 60 "$SITU" load -q --json "$@"
	printf '%s\n' "$out" > "$TMP/json"
}
q()
{
	jq -r "$1" "$TMP/json"
}
all='.endpoints[] | select(.name == "all")'
counts="$all | [.attempted, .answered, (.codes | tojson), (.errors | tojson)] | join(\" \")"

# A CA, a server and a client that it vouches for, and another CA that vouches for nobody here.
ca()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-keyout "$TMP/$1.key" -out "$TMP/$1.crt" -subj "/CN=$1" 2> /dev/null
}
signed()
{
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$TMP/$1.key" \
		-out "$TMP/$1.csr" -subj "/CN=$1" 2> /dev/null
	printf 'subjectAltName=%s\n' "$2" > "$TMP/$1.ext"
	openssl x509 -req -in "$TMP/$1.csr" -CA "$TMP/ca.crt" -CAkey "$TMP/ca.key" \
		-CAcreateserial -days 2 -extfile "$TMP/$1.ext" -out "$TMP/$1.crt" 2> /dev/null
}
ca ca
ca stranger
signed server DNS:shop.test,IP:127.0.0.1
signed client DNS:client.test
[ -s "$TMP/client.crt" ] || bail "openssl makes no certificates"

start_httpd
PLAIN=$(cat "$TMP/port")

# start_nginx BASE: on six ports from BASE on, below those that connections start at.
start_nginx()
{
	TLS=$1 MUTUAL=$(($1 + 1)) H2=$(($1 + 2)) H2C=$(($1 + 3)) OLD=$(($1 + 4)) MANY=$(($1 + 5))
	cat > "$TMP/nginx.conf" << EOF
user $(id -un); daemon off; worker_processes 1; pid $TMP/nginx.pid; error_log $TMP/error.log crit;
worker_rlimit_nofile 12000;
events { worker_connections 11000; }
http {
	access_log off;
	client_body_temp_path $TMP/1; proxy_temp_path $TMP/2; fastcgi_temp_path $TMP/3;
	uwsgi_temp_path $TMP/4; scgi_temp_path $TMP/5;
	ssl_certificate $TMP/server.crt; ssl_certificate_key $TMP/server.key;
	default_type text/plain;
	gzip on; gzip_min_length 1; gzip_types text/plain;
	server {
		listen 127.0.0.1:$TLS ssl;
		listen 127.0.0.1:$H2 ssl http2;
		listen 127.0.0.1:$H2C http2;
		listen unix:$TMP/web.sock;
		location /from { return 200 "from \$remote_addr"; }
		location /host { return 200 "\$host \$server_protocol"; }
		location /file { root $TMP/www; }
		location / { return 200 "ok"; }
	}
	server {
		listen 127.0.0.1:$MANY backlog=4096;
		return 200 "ok";
	}
	server {
		listen 127.0.0.1:$MUTUAL ssl;
		ssl_client_certificate $TMP/ca.crt; ssl_verify_client on;
		location / { return 200 "ok"; }
	}
	server {
		listen 127.0.0.1:$OLD ssl;
		ssl_protocols TLSv1; ssl_ciphers DEFAULT:@SECLEVEL=0;
	}
}
EOF
	spawn nginx -p "$TMP" -c "$TMP/nginx.conf"
	wait_until 10 curl -ks -o /dev/null "https://127.0.0.1:$TLS/"
}
mkdir -p "$TMP/www/file"
i=0
while [ $i -lt 1000 ]; do printf 'the same line again\n'; i=$((i + 1)); done > "$TMP/www/file/long"
# Another program may have one of the ports.
start_nginx $((10000 + $$ % 20000)) || start_nginx $((10000 + ($$ + 7001) % 20000)) ||
	start_nginx $((10000 + ($$ + 13001) % 20000)) ||
	bail "nginx does not start: $(cat "$TMP/error.log")"

# TLS.
set -- --cacert "$TMP/ca.crt"
load -n 31 -c 3 "$@" "https://127.0.0.1:$TLS/"
is "$(q "$counts")" '31 31 {"200":31} {}' "TLS with our CA"
is "$(q "$all | .tls_ns.count == .connections and .tls_ns.min > 0")" true \
	"a TLS handshake for each connection"
load -n 5 -c 2 "https://127.0.0.1:$TLS/"
is "$(q "$counts")" '5 0 {} {"tls":5}' "a CA that the system does not know"
load -n 5 -c 2 --cacert "$TMP/stranger.crt" "https://127.0.0.1:$TLS/"
is "$(q "$counts")" '5 0 {} {"tls":5}' "the wrong CA"
load -n 5 -c 2 --insecure "https://127.0.0.1:$TLS/"
is "$(q "$counts")" '5 5 {"200":5} {}' "--insecure takes any"
load -n 5 -c 2 "$@" "https://localhost:$TLS/"
is "$(q "$counts")" '5 0 {} {"tls":5}' "a certificate for another name"
load -n 5 -c 2 --insecure "https://127.0.0.1:$OLD/"
is "$(q "$counts")" '5 0 {} {"tls":5}' "a version of TLS that is too old"
load -n 5 -c 2 "$@" "https://127.0.0.1:$MUTUAL/"
is "$(q "$counts")" '5 0 {"400":5} {"wrong_answer":5}' "a client certificate is asked for"
load -n 5 -c 2 "$@" --cert "$TMP/client.crt" --key "$TMP/client.key" "https://127.0.0.1:$MUTUAL/"
is "$(q "$counts")" '5 5 {"200":5} {}' "and given"

# Ten thousand connections, open at once: each carries two requests.
files=$(awk '/^Max open files/ { print $5 }' /proc/self/limits)
if [ "$files" -lt 12000 ]; then
	skip "10,000 connections: the hard limit of open files is $files" 3
else
	load -n 20000 -c 10000 --timeout 30s "http://127.0.0.1:$MANY/"
	is "$(q "$counts")" '20000 20000 {"200":20000} {}' "10,000 connections: exact counts"
	is "$(q "$all | .connections")" 10000 "10,000 connections: each opened once"
	is "$(q '.self.rss_bytes < 500000000')" true "10,000 connections: under 50 kB each"
fi

# Versions.
load -n 31 -c 3 --http2 --insecure "https://127.0.0.1:$H2/"
is "$(q "$counts")" '31 31 {"200":31} {}' "HTTP/2 over TLS"
is "$(q "$all | .connections")" 3 "HTTP/2: a connection to each request under way"
cat > "$TMP/protocol.yaml" << EOF
base: http://127.0.0.1:$H2C
endpoints:
  - {path: /host, expect: {contains: "HTTP/2.0"}}
EOF
load -f "$TMP/protocol.yaml" -n 31 -c 3 --http2 --no-keepalive
is "$(q "$counts")" '31 31 {"200":31} {}' "HTTP/2 without TLS"
case $(curl --version) in
"curl 7.88."*)
	run "$SITU" load -q -n 5 --http2 "http://127.0.0.1:$H2C/"
	is "$rc" 3 "a libcurl that cannot use such a connection twice"
	one_line_error "cannot use an HTTP/2 connection without TLS twice" "is said to be that"
	;;
*)
	load -n 31 -c 3 --http2 "http://127.0.0.1:$H2C/"
	is "$(q "$counts")" '31 31 {"200":31} {}' "the same on kept connections"
	is "$(q "$all | .connections")" 3 "three of them"
	;;
esac
load -n 5 -c 2 --http2 --insecure "https://127.0.0.1:$TLS/"
is "$(q "$counts")" '5 0 {"200":5} {"http2":5}' "a server that answers HTTP/2 with HTTP/1.1"
load -n 5 -c 2 --http2 --no-keepalive "http://127.0.0.1:$PLAIN/garbage"
is "$(q "$counts")" '5 0 {} {"http2":5}' "a server that knows no HTTP/2"
like "$(q '.load.first_failure')" "does the server speak HTTP/2" "and what that may mean"
if curl --version | grep -q HTTP3; then
	skip "this libcurl has HTTP/3" 2
else
	run "$SITU" load -n 1 --http3 "https://127.0.0.1:$TLS/"
	is "$rc" 3 "no HTTP/3: exit status"
	one_line_error "has no HTTP/3" "no HTTP/3: said so"
fi

# Addresses.
load -n 31 -c 3 --unix-socket "$TMP/web.sock" http://anything.test/
is "$(q "$counts")" '31 31 {"200":31} {}' "a unix socket"
load -n 3 -c 1 --unix-socket "$TMP/none.sock" http://anything.test/
is "$(q "$all | [.answered, .codes == {}] | join(\" \")")" "0 true" "a unix socket that is not there"
load -n 31 -c 3 "$@" --resolve "shop.test:$TLS:127.0.0.1" "https://shop.test:$TLS/"
is "$(q "$counts")" '31 31 {"200":31} {}' "--resolve, and TLS for that name"
cat > "$TMP/from.yaml" << EOF
base: https://127.0.0.1:$TLS
endpoints:
  - {path: /from, expect: {contains: "from 127.0.0.9"}}
EOF
load -f "$TMP/from.yaml" -n 10 -c 2 --insecure --source 127.0.0.9
is "$(q "$counts")" '10 10 {"200":10} {}' "a source address"
load -f "$TMP/from.yaml" -n 10 -c 2 --insecure --source 127.0.0.9 --source 127.0.0.8
is "$(q "$all | .answered > 0 and .errors.wrong_answer > 0")" true "source addresses take turns"
load -n 20 -c 1 --insecure --requests-per-connection 6 --source 127.0.0.9 "https://127.0.0.1:$TLS/"
is "$(q "$all | [.answered, .connections] | join(\" \")")" "20 4" "six requests a connection"

# Bodies.
load -n 3 -c 1 --unix-socket "$TMP/web.sock" http://a.test/file/long
is "$(q "$all | .bytes_rx")" 60000 "a body as it is"
cat > "$TMP/packed.yaml" << 'EOF'
base: http://a.test
endpoints:
  - {path: /file/long, expect: {contains: "again\nthe same line"}}
EOF
load -f "$TMP/packed.yaml" -n 3 -c 1 --compressed --unix-socket "$TMP/web.sock"
is "$(q "$all | .answered == 3 and .bytes_rx < 6000")" true "a packed body is unpacked, and counted packed"

# Many connections, with the limit of open files that shells have.
run sh -c 'ulimit -Sn 256; exec timeout 60 "$@"' sh "$SITU" load -q --json -n 4000 -c 2000 \
	--timeout 30s "http://127.0.0.1:$PLAIN/delay/50"
printf '%s\n' "$out" > "$TMP/json"
is "$(q "$counts")" '4000 4000 {"200":4000} {}' "2000 connections, from a limit of 256 files"

usage()
{
	_re=$1
	shift
	run_is 2 "usage: exit status for: $_re" "$SITU" load -q "$@"
	one_line_error "$_re" "usage: $_re"
}
usage "cannot read .*none.pem" --cacert "$TMP/none.pem" https://127.0.0.1/
usage "a key alone" --key "$TMP/client.key" https://127.0.0.1/
usage "not HOST:PORT:ADDRESS" --resolve shop.test:80 http://127.0.0.1/
usage "not HOST:PORT:ADDRESS" --resolve shop.test:80:elsewhere http://127.0.0.1/
usage "unix socket has no addresses" --unix-socket /x --source 127.0.0.9 http://127.0.0.1/
usage "http2 and --http3 exclude" --http2 --http3 https://127.0.0.1/

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A site of files behind nginx, with a script that has its API, is crawled; the workload that comes
# out is run as it is, and every request of it is answered.
. "$(dirname "$0")/../lib.sh"

need_command jq nginx curl gzip
need_file "$SITU"

nginx=$(command -v nginx || echo /usr/sbin/nginx)
WORK=$TMP/work.yaml

# Not somebody else's who listens there already: it has written our log.
answers()
{
	curl -s -o "$TMP/body" "$URL/" && [ -s "$TMP/nginx/log" ]
}

# serve PORT: a server of two sites, on three ports from that on: ours, and the pages of the demo's
# shop without its services.
serve()
{
	port=$1 URL=http://127.0.0.1:$1
	cat > "$TMP/nginx/conf" <<-END
	daemon off;
	pid $TMP/nginx/pid;
	error_log stderr crit;
	$([ "$(id -u)" != 0 ] || echo "user root;")
	events { worker_connections 64; }
	http {
		types { text/html html; application/javascript js; application/json json;
			application/xml xml; }
		access_log $TMP/nginx/log;
		client_body_temp_path $TMP/nginx/body;
		proxy_temp_path $TMP/nginx/proxy;
		fastcgi_temp_path $TMP/nginx/fastcgi;
		uwsgi_temp_path $TMP/nginx/uwsgi;
		scgi_temp_path $TMP/nginx/scgi;
		server {
			listen 127.0.0.1:$port;
			root $TOP/tests/stim/site;
			location = /round { return 302 /square; }
			location = /gate.html {
				default_type text/html;
				add_header Set-Cookie "pass=1; Path=/";
				return 200 '<a href="/inner.html">in</a> <a href="/open.html">on</a>';
			}
			location = /inner.html {
				default_type text/html;
				if (\$cookie_pass != 1) { return 403; }
				return 200 '<a href="/inmost.html">more</a>';
			}
			location = /inmost.html {
				if (\$cookie_pass != 1) { return 302 /gate.html; }
				return 200 "there";
			}
			location = /open.html { return 200 "open"; }
			location = /square { return 302 /round; }
			location = /bomb.html {
				alias $TMP/nginx/bomb;
				types {}
				default_type text/html;
				add_header Content-Encoding gzip;
			}
		}
		server {
			listen 127.0.0.1:$((port + 1));
			root $TOP/tests/shop/www;
		}
		server {
			listen 127.0.0.1:$((port + 2));
			location / { return 301 https://elsewhere.example/; }
		}
	}
	END
	spawn "$nginx" -p "$TMP/nginx" -e stderr -c "$TMP/nginx/conf"
	wait_until 10 answers
}
mkdir "$TMP/nginx"
head -c 67108864 /dev/zero | gzip -c > "$TMP/nginx/bomb"
chmod -R a+rX "$TMP"
# Another program may have one of the ports.
serve $((20000 + $$ % 10000)) || serve $((20000 + ($$ + 3001) % 10000)) ||
	serve $((20000 + ($$ + 6001) % 10000)) || bail "nginx does not start"

# found METHOD PATH: what the JSON says of it.
found()
{
	jq -r --arg m "$1" --arg p "$2" '.endpoints[] | select(.method == $m and .path == $p) |
		[(.sources | join(",")), .status, .reason] | join(" ")' "$TMP/json"
}
crawl()
{
	run timeout 60 "$SITU" crawl -r 1000 "$@"
	printf '%s\n' "$out" > "$TMP/json"
}

crawl "$URL/" -o "$WORK" --json
is "$rc" 0 "a site is crawled"
is "$err" "" "a short crawl is silent on stderr"
is "$(found GET /)" "link 200 yes" "the start"
is "$(found GET /about.html)" "link 200 yes" "a link"
is "$(found GET '/item/{item}.html')" "link 200 yes" "ids are one endpoint"
is "$(found GET '/search.html?q={q}')" "form 200 yes" "a form"
is "$(found GET /hidden.html)" "sitemap 200 yes" "the sitemap"
is "$(found GET /api/products.json)" "script 200 yes" "a path of the script"
is "$(found GET '/api/product/{sku}.json')" "script 200 yes" "a path put together, with values of the API"
is "$(found GET /api/nothing.json)" "script 404 status" "a path that is none"
is "$(found GET /user/logout)" "link denied denied" "the deny list"
is "$(found GET /private/)" "link robots robots" "robots.txt"
is "$(found POST /order)" "form - writes" "a form that writes"
is "$(found POST '/api/cart/{cart}/add')" "script - writes" "a script that writes"
is "$(found GET /round)" "link 302 yes" "a redirect in circles ends"
is "$(jq -r '.left_out.truncated_answers' "$TMP/json")" 1 "of a bomb 4 MiB are read"
is "$(jq -r '[.end, .schema] | join(" ")' "$TMP/json")" "done 1" "the crawl came to its end"
unlike "$(cat "$TMP/nginx/log")" '"POST|logout|private' "nothing was sent that must not be"
like "$(cat "$WORK")" '\{name: sku, values: \[HAL-1, STAN-1\]\}' "only values that were answered"
like "$(cat "$WORK")" '^#   GET /api/nothing.json: answered 404' "what was left out is said"

run_is 0 "the workload runs as it is" "$SITU" load -f "$WORK" -n 300 -c 2 --json
printf '%s\n' "$out" > "$TMP/load"
is "$(jq -r '.endpoints[] | select(.name == "all") | [.attempted, .answered] | join(" ")' "$TMP/load")" \
	"300 300" "every request of it is answered"
is "$(jq -r '[.endpoints[].name] | map(select(. == "GET /api/product/{sku}.json")) | length' "$TMP/load")" \
	1 "an endpoint has its template as name"

crawl "$URL/" -o "$WORK" --write-methods --var cart=7
is "$rc" 0 "--write-methods"
like "$out" '^/order +POST +form +- +yes' "the table has a form that writes"
like "$out" 'Run it: situ load -f' "the table says how to go on"
like "$(cat "$WORK")" 'body: "amount=2"' "its fields are the body"
unlike "$(cat "$TMP/nginx/log")" '"POST' "and is not sent by the crawl"
run_is 0 "the workload with it is valid" "$SITU" load -f "$WORK" -n 1

# A site that lets in who has its cookie.
crawl "$URL/gate.html" -o "$WORK" --json --no-robots
is "$rc" 0 "a site with a cookie is crawled"
is "$(found GET /inner.html)" "link cookie cookie" "what needs the cookie is found, and said to need it"
is "$(found GET /inmost.html)" "link cookie cookie" "and what is linked there, although it redirects"
is "$(found GET /open.html)" "link 200 yes" "what does not need it is used"
like "$(cat "$WORK")" '^#   GET /inner.html: answers only with' "the workload tells"
run_is 0 "and runs" "$SITU" load -q -f "$WORK" -n 20 --threshold 'errors<=0'

crawl "$URL/" --json --pages 2
is "$(jq -r .end "$TMP/json")" pages "--pages"
crawl "$URL/" --json --depth 0
is "$(found GET /about.html)" "link - not asked" "--depth 0 asks for the start only"
crawl "$URL/" --json --no-robots --deny '/item/*' --deny about
is "$(found GET /private/)" "link 404 status" "--no-robots"
is "$(found GET '/item/{item}.html')" "link denied denied" "--deny with a pattern"
is "$(found GET /about.html)" "link denied denied" "--deny with a word"
run_is 0 "-o -" "$SITU" crawl "$URL/" -r 1000 -o -
like "$out" '^endpoints:' "the workload goes to standard output"
unlike "$out" 'Run it' "and nothing else"

# Descriptions from files.
cat > "$TMP/api.json" << EOF
{"openapi": "3.0.0", "paths": {"/api/product/{id}.json": {"get": {"parameters": [
	{"name": "id", "in": "path", "example": "HAL-1"}]}}}}
EOF
cat > "$TMP/x.har" << EOF
{"log": {"entries": [{"request": {"method": "GET", "url": "$URL/api/product/STAN-1.json"}},
	{"request": {"method": "GET", "url": "http://elsewhere.example/"}}]}}
EOF
crawl "$URL/about.html" --json --depth 0 --openapi "$TMP/api.json" --har "$TMP/x.har"
is "$(found GET '/api/product/{id}.json')" "openapi,har 200 yes" "OpenAPI and HAR"
is "$(jq -r .left_out.har_other_origin "$TMP/json")" 1 "another site's requests are left out"
cat > "$TMP/api.yaml" << EOF
openapi: 3.0.0
paths:
  /api/product/{id}.json:
    get:
      parameters:
        - {name: id, in: path, example: HAL-1}
EOF
crawl "$URL/about.html" --json --depth 0 --openapi "$TMP/api.yaml"
is "$(found GET '/api/product/{id}.json')" "openapi 200 yes" "OpenAPI as YAML"
printf 'openapi: [3\npaths: {' > "$TMP/bad.yaml"
run "$SITU" crawl "$URL/" --json --openapi "$TMP/bad.yaml"
is "$rc" 2 "YAML that is none: exit status"
one_line_error "bad.yaml:2:.*neither JSON nor YAML" "says where"

# The pages of the shop, whose services are not there.
crawl "http://127.0.0.1:$((port + 1))/" -o "$WORK" --json
is "$rc" 0 "the shop's pages"
is "$(found GET /login.html | cut -d' ' -f2-)" "200 yes" "the shop: a page"
is "$(found GET '/api/catalogue/product/{sku}' | cut -d' ' -f1)" script "the shop: its API"
is "$(found PUT '/api/ratings/api/rate/{sku}/{n}')" "script - writes" "the shop: a method"
run_is 0 "the shop: the workload runs" "$SITU" load -f "$WORK" -n 50

# What goes wrong.
fails()
{
	_rc=$1 _re=$2
	shift 2
	run_is "$_rc" "exit status for: $_re" timeout 60 "$SITU" crawl "$@"
	one_line_error "$_re" "says: $_re"
}
fails 1 "does not answer.*does the server run" http://127.0.0.1:1/ --json
fails 1 "leads to https://elsewhere.example/, another site: crawl that" \
	"http://127.0.0.1:$((port + 2))/" --json
fails 1 "no endpoint that answers.*404" "$URL/nothing" --json --no-robots --depth 0 --deny '/hidden*'
fails 1 "robots.txt.*forbids /private/" "$URL/private/" --json --depth 0 --deny '/hidden*'
fails 1 "/memory is on the deny list" "$URL/memory" --json --depth 0 --deny '/hidden*'
fails 2 "give the URL" --json
fails 2 "one URL" --json "$URL" "$URL"
fails 2 "no place for the workload" "$URL"
fails 2 "both want standard output" "$URL" --json -o -
fails 2 "http://host:port" localhost --json
fails 2 "only http" ftp://127.0.0.1/ --json
fails 2 "out of range" "$URL" --json --pages 0
fails 2 "not NAME=VALUE" "$URL" --json --var x
fails 2 "Name: value" "$URL" --json -H nonsense
fails 2 "cannot read .*none.har" "$URL" --json --har "$TMP/none.har"
fails 2 "not JSON" "$URL" --json --har "$WORK"
fails 2 "x.har is no OpenAPI" "$URL" --json --openapi "$TMP/x.har"
fails 2 "api.json is no HAR" "$URL" --json --har "$TMP/api.json"
fails 2 "not on the site" "$URL" --json --openapi http://elsewhere.example/api.json
fails 1 "cannot read .*404" "$URL" --json --openapi "$URL/none.json"
fails 1 "cannot write|cannot open|cannot create" "$URL" -o "$TMP/none/w.yaml" -r 1000

# Ctrl-C: what was found so far is written.
rm -f "$WORK"
setsid "$SITU" crawl "$URL/" -o "$WORK" -r 20 > "$TMP/out" 2> "$TMP/err" &
pid=$!
before=$(grep -c 'GET /about.html' "$TMP/nginx/log")
more()
{
	[ "$(grep -c 'GET /about.html' "$TMP/nginx/log")" -gt "$before" ]
}
wait_until 20 more
kill -INT $pid
wait $pid
is "$?" 0 "interrupted: exit status"
like "$(cat "$TMP/out")" "Interrupted" "interrupted: it says so"
like "$(cat "$WORK")" "path: /about.html" "interrupted: what was found is written"

finish

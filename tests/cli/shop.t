#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The shop of the demo, started by hand on 127.0.0.1: each server on a port of its own, in
# a network of their own.
# shellcheck source=tests/lib.sh disable=SC2154
. "$(dirname "$0")/../lib.sh"

shop=$TOP/tests/shop
bin=$(dirname "$SITU")/tests/shop
services='catalogue user cart shipping ratings payment dispatch'
everything="redis postgres $services web"

need_root
own_network
need_command nginx redis-server redis-cli setpriv curl
ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || skip_all "no PostgreSQL server"
for service in $services; do
	need_file "$bin/$service"
done

# Below the ports that the kernel gives out by itself.
first_port=20000
at()
{
	echo "127.0.0.1:$((first_port + $1))"
}

export SITU_ADDRESS=127.0.0.1 SITU_PREPARED="$TMP/prepared"
REDIS=$(at 0) POSTGRES=$(at 1) CATALOGUE=$(at 2) USERS=$(at 3) CART=$(at 4) SHIPPING=$(at 5)
RATINGS=$(at 6) PAYMENT=$(at 7) DISPATCH=$(at 8) WEB=$(at 9)
export REDIS POSTGRES CATALOGUE USERS CART SHIPPING RATINGS PAYMENT
api=http://$WEB/api

address_of()
{
	case $1 in
	redis) echo "$REDIS" ;;
	postgres) echo "$POSTGRES" ;;
	catalogue) echo "$CATALOGUE" ;;
	user) echo "$USERS" ;;
	cart) echo "$CART" ;;
	shipping) echo "$SHIPPING" ;;
	ratings) echo "$RATINGS" ;;
	payment) echo "$PAYMENT" ;;
	dispatch) echo "$DISPATCH" ;;
	web) echo "$WEB" ;;
	esac
}

# start NAME COMMAND...: as situ would, with a directory of its own.
start()
{
	name=$1
	shift
	rm -rf "${TMP:?}/$name"
	mkdir "$TMP/$name"
	address=$(address_of "$name")
	spawn env SITU_DIR="$TMP/$name" SITU_PORT="${address#*:}" "$@" > "$TMP/$name.log" 2>&1
	eval "pid_$name=$pid"
}

start_redis()
{
	start redis redis-server --bind 127.0.0.1 --port "${REDIS#*:}" --dir "$SITU_PREPARED" \
		--dbfilename carts.rdb --save '' --protected-mode no
}

# http METHOD URL [BODY]: sets $status and $out.
http()
{
	method=$1 url=$2
	shift 2
	[ $# = 0 ] || set -- --data-binary "$1"
	run curl --silent --max-time 10 --request "$method" --output "$TMP/body" \
		--write-out '%{http_code}' "$@" "$url"
	status=$out
	out=$(tr '\n' ' ' < "$TMP/body") # one line, for the pattern
}

# answers STATUS ERE METHOD URL [BODY]
answers()
{
	want=$1 re=$2
	shift 2
	http "$@"
	like "$status $out" "^$want .*$re" "$want from $1 ${2#"$api"}"
}

healthy()
{
	http GET "http://$(address_of "$1")/health"
	[ "$status" = 200 ]
}

show_logs()
{
	for log in "$TMP"/*.log; do
		diag "$(tail -n 5 "$log" | sed "s|^|${log##*/}: |")"
	done
}

must()
{
	what=$1
	shift
	"$@" && return
	show_logs
	bail "$what"
}

mkdir "$SITU_PREPARED"
chmod 755 "$TMP" "$SITU_PREPARED"
run_is 0 'the stores are prepared' "$shop/prepare.sh"
start_redis
start postgres "$shop/postgres.sh"
for service in $services; do
	start "$service" "$bin/$service"
done
start web "$shop/web.sh"
for service in $services; do
	must "$service is not healthy" wait_until 20 healthy "$service"
done
must 'web does not answer' wait_until 20 curl -s -o "$TMP/body" "http://$WEB/"
pass 'everything is up'

# Pages.
answers 200 'shop\.js' GET "http://$WEB/"
answers 200 'catalogue' GET "http://$WEB/shop.js"
answers 404 '' GET "http://$WEB/nothing.html"

# catalogue
answers 200 '"Robot"' GET "$api/catalogue/categories"
answers 200 '"sku":"BOLT-2".*"sku":"WREN-11"' GET "$api/catalogue/products"
answers 200 '"sku":"MOSS-6"' GET "$api/catalogue/products/Artificial%20Intelligence"
answers 200 '\[\]$' GET "$api/catalogue/products/none"
answers 200 '"name":"Stan".*"price":67,"instock":1000,"categories":\["Robot"' \
	GET "$api/catalogue/product/STAN-1"
answers 200 '"sku":"NOVA-7"' GET "$api/catalogue/search/STAR"
answers 404 'unknown SKU' GET "$api/catalogue/product/NONE-1"
answers 400 'bad SKU' GET "$api/catalogue/product/a%0ab"
answers 400 'bad search' GET "$api/catalogue/search/$(printf '%065d' 0)"
answers 404 'no such path' GET "$api/catalogue/product/"
answers 404 'no such path' GET "$api/catalogue/product/STAN-1/more"
answers 405 'not allowed' POST "$api/catalogue/products"

# user
answers 200 '"uuid":"anonymous-1"' GET "$api/user/uniqueid"
answers 200 '"uuid":"anonymous-2"' GET "$api/user/uniqueid"
answers 200 '"name":"user1000"' POST "$api/user/login" '{"name":"user1000","password":"password"}'
answers 404 'wrong password' POST "$api/user/login" '{"name":"user1000","password":"Password"}'
answers 400 'needs' POST "$api/user/login" '{"name":"user1000"}'
answers 400 'needs' POST "$api/user/login" '{"name":'
answers 400 'needs' POST "$api/user/login"
answers 413 '' POST "$api/user/login" "$(printf '%040000d' 0)"
answers 404 'unknown user' GET "$api/user/check/kim"
answers 200 'OK' POST "$api/user/register" '{"name":"kim","password":"x","email":"k@shop.example"}'
answers 400 'taken' POST "$api/user/register" '{"name":"kim","password":"x","email":"k@shop.example"}'
answers 200 'k@shop\.example' POST "$api/user/login" '{"name":"kim","password":"x"}'
answers 200 'OK' GET "$api/user/check/kim"
answers 404 'no orders' GET "$api/user/history/kim"

# cart
answers 404 '' GET "$api/cart/cart/me"
answers 200 '"total":134\.0,"tax":22\.33,.*"qty":2' GET "$api/cart/add/me/STAN-1/2"
answers 200 '"qty":3' GET "$api/cart/add/me/STAN-1/1"
answers 200 '"total":243\.0' GET "$api/cart/add/me/BOLT-2/1"
answers 200 '"total":109\.0,.*"qty":1' GET "$api/cart/update/me/STAN-1/1"
answers 200 '"total":67\.0' GET "$api/cart/update/me/BOLT-2/0"
answers 200 '"total":67\.0' GET "$api/cart/cart/me"
answers 200 '"total":67\.0' GET "$api/cart/rename/me/you"
answers 200 'OK' DELETE "$api/cart/cart/you"
answers 404 '' DELETE "$api/cart/cart/you"
answers 404 '' GET "$api/cart/rename/you/me"
answers 404 '' GET "$api/cart/update/me/BOLT-2/1"
answers 404 'unknown SKU' GET "$api/cart/add/me/NONE-1/1"
answers 404 'out of stock' GET "$api/cart/add/me/RUST-9/1"
for quantity in 0 -1 1001 1x x %20 99999999999999999999; do
	answers 400 'bad quantity' GET "$api/cart/add/me/STAN-1/$quantity"
done
answers 400 'too many' GET "$api/cart/add/me/STAN-1/1000"
answers 400 'bad quantity' GET "$api/cart/update/me/STAN-1/-1"
answers 400 'bad cart id' GET "$api/cart/add/m%0de/STAN-1/1"
answers 400 '' GET "$api/cart/add/m%00e/STAN-1/1"

# ratings: a vote counts.
http GET "$api/ratings/api/fetch/STAN-1"
votes=$(printf '%s' "$out" | sed 's/.*"rating_count":\([0-9]*\).*/\1/')
answers 200 'true' PUT "$api/ratings/api/rate/STAN-1/5"
answers 200 "\"rating_count\":$((votes + 1))}" GET "$api/ratings/api/fetch/STAN-1"
answers 200 '"avg_rating":0\.0,"rating_count":0' GET "$api/ratings/api/fetch/RUST-9"
answers 404 'unknown SKU' PUT "$api/ratings/api/rate/NONE-1/5"
answers 400 'stars' PUT "$api/ratings/api/rate/STAN-1/6"
answers 405 'not allowed' GET "$api/ratings/api/rate/STAN-1/5"

# shipping
answers 200 '\{"count":1000\}$' GET "$api/shipping/count"
answers 200 '"code":"AU".*"code":"US"' GET "$api/shipping/codes"
answers 200 '"uuid":306,"code":"DE","city":"Oldbridge"' GET "$api/shipping/cities/DE"
answers 200 '"city":"Oldwood"' GET "$api/shipping/match/DE/old"
answers 400 '3 letters' GET "$api/shipping/match/DE/ol"
# 135 km is the distance of Berlin and the place of city 301, by another program's haversine.
answers 200 '"distance":135,"cost":6\.75' GET "$api/shipping/calc/301"
answers 404 'unknown city' GET "$api/shipping/calc/1001"
answers 400 'bad city' GET "$api/shipping/calc/x"
parcel='{"distance":135,"cost":6.75,"location":"Germany Eastbridge"}'
answers 404 'cart' POST "$api/shipping/confirm/nobody" "$parcel"
answers 400 'needs' POST "$api/shipping/confirm/me" '{"distance":135}'
answers 200 '"total":73\.75,.*"sku":"SHIP","name":"shipping to Germany Eastbridge"' \
	POST "$api/shipping/confirm/me" "$parcel"
cart=$out

# payment: the order goes to dispatch, a known user's history gets it, the cart is gone.
dispatched()
{
	[ "$(redis-cli -p "${REDIS#*:}" get "order:$1")" = dispatched ]
}

order_of()
{
	printf '%s' "$1" | sed 's/.*"orderid":"\([0-9a-f-]*\)".*/\1/'
}

answers 200 '"orderid":"[0-9a-f-]{36}"' POST "$api/payment/pay/me" "$cart"
wait_until 10 dispatched "$(order_of "$out")"
ok $? 'the order is dispatched'
answers 404 '' GET "$api/cart/cart/me"
answers 404 'no orders' GET "$api/user/history/me"
answers 200 '"orderid"' POST "$api/payment/pay/kim" "$cart"
answers 200 "\"orderid\":\"$(order_of "$out")\"" GET "$api/user/history/kim"
answers 400 'shipping' POST "$api/payment/pay/me" '{"total":0,"tax":0}'
answers 400 'shipping' POST "$api/payment/pay/me" '{"total":5,"items":[{"sku":7}]}'
answers 400 'shipping' POST "$api/payment/pay/me" \
	'{"total":5,"items":[{"sku":"A","qty":1,"price":5,"subtotal":5}]}'

# The requests of workload.yaml that depend on what was seeded.
for n in 1 200; do
	answers 200 '"total":109,' GET "$api/cart/cart/visitor-$n"
	answers 200 '"qty":2' GET "$api/cart/update/visitor-$n/BOLT-2/2"
done
answers 404 '' GET "$api/cart/cart/visitor-201"

# Users as the load script of Robot Shop has them, each step of theirs: 17.6 requests on average,
# and a login. They do not stay away here.
need_command jq
sed 's/^    pause:.*//' "$shop/robot-shop.yaml" > "$TMP/robot-shop.yaml"
run_is 0 'robot-shop.yaml runs' timeout 120 "$SITU" load -f "$TMP/robot-shop.yaml" -n 200 -c 4 \
	--json "http://$WEB"
printf '%s\n' "$out" > "$TMP/load.json"
of()
{
	jq -r --arg name "$1" '.endpoints[] | select(.name == $name) |
		[.attempted, .answered, (.codes | keys | join(" ")), (.errors | tojson)] | join(" ")' \
		"$TMP/load.json"
}
visits=$(of 'GET /')
visits=${visits%% *}
diag "$visits of 200 users look around"
like "$(of all)" '^([0-9]+) \1 200 \{\}$' 'every answer is 200'
is "$(of 'POST /api/user/login')" "$((200 - visits)) $((200 - visits)) 200 {}" 'the others log in'
is "$(of 'GET /api/cart/add/{id}/{sku}/1')" "$((2 * visits)) $((2 * visits)) 200 {}" \
	'each visitor takes two products'
is "$(of 'POST /api/payment/pay/{id}')" "$visits $visits 200 {}" 'and pays'
rated=$(of 'PUT /api/ratings/api/rate/{sku}/{stars}')
rated=${rated%% *}
[ "$rated" -gt $((visits * 2 * 15 / 100)) ] && [ "$rated" -lt $((visits * 2 * 45 / 100)) ]
ok $? "and some rate them: $rated"

# A store that is down is a 503, not a hang and not a 500; when it is back, all is well at once.
end "$pid_redis"
is "$rc" 0 'redis ends with 0 on SIGTERM'
answers 503 'down' GET "$api/user/uniqueid"
answers 503 'down' GET "$api/cart/cart/visitor-1"
answers 503 'down' POST "$api/payment/pay/me" "$cart"
answers 503 'down' POST "$api/shipping/confirm/visitor-1" "$parcel"
answers 503 '"redis":false' GET "http://$DISPATCH/health"
answers 200 'STAN-1' GET "$api/catalogue/products"
start_redis
wait_until 10 healthy cart
for n in 1 2 3 4 5 6 7 8; do
	answers 200 '"total":109,' GET "$api/cart/cart/visitor-$n"
done
answers 200 '"orderid"' POST "$api/payment/pay/me" "$cart"
wait_until 10 dispatched "$(order_of "$out")"
ok $? 'dispatch found redis again'

# SIGINT: PostgreSQL's fast way down, as it has clients now.
end "$pid_postgres" INT
is "$rc" 0 'postgres ends with 0 on SIGINT'
answers 503 'down' GET "$api/catalogue/product/STAN-1"
answers 503 'down' GET "$api/cart/add/me/STAN-1/1"
answers 503 '"redis":true,"postgres":false' GET "http://$USERS/health"
start postgres "$shop/postgres.sh"
wait_until 10 healthy user
for n in 1 2 3 4 5 6 7 8; do
	answers 200 '"sku":"STAN-1"' GET "$api/catalogue/product/STAN-1"
done
answers 404 'unknown user' GET "$api/user/check/kim" # a fresh copy of what was prepared

# What is wrong with the start is said in one line.
run_is 2 'no store named: exit 2' env -u REDIS SITU_PORT=1 "$bin/dispatch"
is "$err" 'dispatch: REDIS is not host:port: set it in the environment' 'and which is missing'
run_is 2 'a bad store: exit 2' env REDIS=host:70000 SITU_PORT=1 "$bin/dispatch"
run_is 2 'no port: exit 2' "$bin/dispatch"
run_is 1 'a port in use: exit 1' env SITU_PORT="${CART#*:}" "$bin/dispatch"
is "$err" "dispatch: cannot serve on $CART: Address already in use" 'and says so'
mkdir -m 700 "$TMP/closed"
mkdir "$TMP/closed/dir"
for script in web postgres; do
	run_is 1 "$script.sh in a directory closed to its user: exit 1" \
		env SITU_DIR="$TMP/closed/dir" SITU_PORT=1 "$shop/$script.sh"
	like "$err" 'mode 755' 'and what to do'
done

# Everything ends cleanly, in the reverse order of its start.
ended=
for service in $everything; do
	ended="$service $ended"
done
for service in $ended; do
	eval "end \$pid_$service"
	is "$rc" 0 "$service ends with 0 on SIGTERM"
done
finish

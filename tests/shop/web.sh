#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# nginx in front of the shop: static pages and /api/SERVICE/ -> the service, whose host:port the
# environment names. Everything it writes is under $SITU_DIR. In the foreground until SIGTERM.
set -eu
umask 022

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/shop/programs.sh
. "$here/programs.sh"
conf=$SITU_DIR/nginx.conf

# Workers run as nobody, who may not be able to reach the source tree.
cp -r "$here/www" "$SITU_DIR/www"
must_reach "$SITU_DIR/www/index.html" setpriv --reuid=nobody --regid=nogroup --clear-groups test -r

# An upstream block and its location. The keep-alive limits are out of the reach of a trial: a
# connection that is closed and made again in the middle would be measured as the service's.
upstream()
{
	cat <<-END
	upstream $1 {
		server $2;
		keepalive 16;
		keepalive_requests 1000000000;
		keepalive_time 1d;
		keepalive_timeout 300s;
	}
	END
}

location()
{
	cat <<-END
	location /api/$1/ {
		proxy_pass http://$1/;
	}
	END
}

cat > "$conf" <<END
daemon off;
user nobody nogroup;
worker_processes 1;
pid $SITU_DIR/nginx.pid;
error_log stderr warn;
events {
	worker_connections 1024;
}
http {
	types {
		text/html html;
		text/css css;
		text/javascript js;
	}
	access_log off;
	sendfile on;
	keepalive_requests 1000000000;
	keepalive_time 1d;
	client_body_temp_path $SITU_DIR/body;
	proxy_temp_path $SITU_DIR/proxy;
	fastcgi_temp_path $SITU_DIR/fastcgi;
	uwsgi_temp_path $SITU_DIR/uwsgi;
	scgi_temp_path $SITU_DIR/scgi;
	proxy_http_version 1.1;
	proxy_set_header Connection "";
	proxy_set_header Host \$host;
	# An answer that fails is the service's own: no second try hides it.
	proxy_next_upstream off;
$(
	upstream catalogue "$CATALOGUE"
	upstream user "$USERS"
	upstream cart "$CART"
	upstream shipping "$SHIPPING"
	upstream ratings "$RATINGS"
	upstream payment "$PAYMENT"
)
	server {
		listen $SITU_ADDRESS:$SITU_PORT;
		root $SITU_DIR/www;
		index index.html;
$(
	for service in catalogue user cart shipping ratings payment; do
		location "$service"
	done
)
	}
}
END

exec "$(command -v nginx || echo /usr/sbin/nginx)" -p "$SITU_DIR" -e stderr -c "$conf"

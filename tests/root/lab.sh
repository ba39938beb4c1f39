# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034
# A small experiment for tests of `situ run`, sourced behind lib.sh by one that stands in $TMP: a
# web server and a helper on two hosts. $DB is the store; $runs the situ that this test has started,
# $COUNTED the lines of an experiment by which every trial counts.
#	experiment FILE HELPER-COMMAND [TRIALS [WARMUP [DURATION]]]	writes its file
#	start FILE [ARGUMENT...]	runs it in the background; $pid, run.out and run.err
#	said ERE			whether it has said that yet
#	clean NAME			passes when within 10 seconds nothing of the runs is left
#	state_of_last			state of the latest run in the store
# and, for the command of a service, which starts in $TMP:
#	./measuring TRIAL COMMAND...	COMMAND, as soon as the run has said that it measures that trial
#					of all: however long its services took to start
DB=$TMP/run.db

page_workload

# The web server writes its own configuration: where it listens is told by the environment.
cat > web.sh << 'END'
#!/bin/sh
cat > "$SITU_DIR/nginx.conf" << CONF
daemon off;
pid $SITU_DIR/pid;
error_log stderr;
worker_processes 1;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $SITU_DIR/t;
	proxy_temp_path $SITU_DIR/t;
	fastcgi_temp_path $SITU_DIR/t;
	uwsgi_temp_path $SITU_DIR/t;
	scgi_temp_path $SITU_DIR/t;
	server { listen $SITU_ADDRESS:$SITU_PORT; location / { return 200 "ok\n"; } }
}
CONF
exec nginx -e stderr -c "$SITU_DIR/nginx.conf"
END

cat > measuring << 'END'
#!/bin/sh
trial=$1
shift
until grep -q "^\[$trial/.*measuring" run.err; do sleep 0.05; done
exec "$@"
END

chmod +x web.sh measuring
chmod 755 "$TMP"

# Whatever else runs on the machine of the test, its trials count.
COUNTED="retries: 0
limits: {lag: 100000000%, rate: 0, steal: 1, others: 1, lost: 1}"

experiment()
{
	pair_of helper > "$1" << END
  - name: helper
    command: $2
    user: nobody
    env:
      - FROM_FILE={{host.web}}:{{port.web}} {{cpus}}
    ready: {tcp: false}
  - name: web
    command: ./web.sh
    port: 8080
    ready: {http: /, within: 20s}
END
	cat >> "$1" << END
prepare: date > \$SITU_PREPARED/stamp
trials: ${3:-1}
$COUNTED
load:
  workload: workload.yaml
  target: web
  rate: 101
  connections: 3
  warmup: ${4:-200ms}
  duration: ${5:-1s}
END
}

# Everything of this test's runs that there is: its services carry its directory or a number.
left_behind()
{
	for _dir in /sys/fs/cgroup/situ.[0-9]* /sys/fs/cgroup/*/situ.[0-9]* /tmp/situ.[0-9]*; do
		[ -d "$_dir" ] || continue
		_owner=${_dir##*/situ.}
		_owner=${_owner%%.*}
		# Another situ of this machine is none of ours.
		case " $runs " in *" $_owner "*) echo "$_dir" ;; esac
	done
	for _proc in /proc/[0-9]*; do
		_gone "${_proc#/proc/}" && continue
		_args=$(tr '\0' ' ' 2> /dev/null < "$_proc/cmdline")
		_env=$(tr '\0' '\n' 2> /dev/null < "$_proc/environ" | grep "^SITU_HERE=$TMP\$")
		[ -z "$_env" ] || echo "${_proc#/proc/} $_args"
	done
}
nothing_left() { [ -z "$(left_behind)" ]; }
runs=''

clean()
{
	if wait_until 10 nothing_left; then pass "$1"; return; fi
	fail "$1"
	diag "$(left_behind)"
}

start()
{
	spawn "$SITU" run -o "$DB" "$@" > run.out 2> run.err
	runs="$runs $pid"
}
said() { grep -Eq "$1" run.err; }
state_of_last() { "$SITU" export --format json "$DB" | jq -r .run.state; }

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Actors in cgroups of their own, measured by `situ record` under a load, and judged against what
# they say that they did. Sourced behind ../lib.sh and ../root/cgroup.sh.
#	need_lab			skips the file where this cannot be done
# With `situ run`, in the directory $TMP:
#	actor_script [OPTION]...	writes actor.sh, a service's command; its $PEERS are its peers
#	workload			writes workload.yaml of the lines "NAME [SCRIPT]" of the file
#					scripts: endpoints that do it
#	lab_load RATE CONNECTIONS	ends lab.yaml: one trial, which counts, of 10 s of load on front
#	judged_runs CLAIMS		judged_again of a run of lab.yaml, and that it ends well: run.json,
#					truth/PLACEMENT.SERVICE
# With both:
#	judged_again RUN CLAIMS		calls the function RUN, which measures, and judges it by the
#					function CLAIMS, which calls `claim`s; what does not hold is
#					judged once more by a second run, and a third: other work of the
#					machine or its host disturbs one, a fault each
#	claim NAME ARGUMENT...		in CLAIMS: each claim of judge.py
#	claim_that STATUS NAME [WHY]	in CLAIMS: another one, which holds if STATUS is 0, or else WHY
# With `situ record`, in a RUN:
#	lab_cgroups NAME...		make_cgroups, and the actors end before the cgroups go
#	actor NAME ARGUMENT...		starts one in the cgroup NAME, by $prefix if set; $pid
#	listening PORT...		waits until somebody listens there
#	measure NAME OPTIONS URL	records while `situ load OPTIONS URL` runs in the cgroup load, by
#					$prefix: $TMP/NAME.json, the load's own result in $TMP/NAME.client
#	alone NAME OPTIONS URL		the same, with what `services` starts, ended at its end: a test's
#					own function, for a connection of before a recording is not known
#	hog COMMAND...			runs it in the cgroup hog until hog_end
#	service NAME COMMAND...		starts another one, as an actor is started and ended
#	actors_end			ends the actors, which then write the truth to $TMP/truth/NAME
#	claim_alone NAME ARGUMENT...	in CLAIMS: each claim of judge.py about $TMP/NAME.json and its
#					endpoint NAME; ARGUMENT: the truths, and its options
# $KEEP, if set, is a directory that gets the documents, to look at.
#	row NAME PATH COMPONENT		ns per request, over all endpoints; PATH: front/mid

LAB=$TOP/build/tests/lab
_actors='' _hog=''
mkdir -p "$TMP/truth"

need_lab()
{
	need_root
	need_command jq python3
	need_file "$LAB/actor" "$LAB/wire" /sys/kernel/btf/vmlinux
	"$SITU" record --help | grep -q -e --no-spans ||
		skip_all "this situ attributes no latency: it has no --no-spans"
}

actor_script()
{
	cat > actor.sh <<- END
		#!/bin/sh
		exec $LAB/actor -t $TMP/truth/\$SITU_PLACEMENT.\$SITU_SERVICE $* "\$@" \\
			\$SITU_SERVICE \$SITU_ADDRESS:\$SITU_PORT \$PEERS
	END
	chmod +x actor.sh
}

workload()
{
	echo "endpoints:"
	while read -r _name _script; do
		echo "  - {name: $_name, path: \"/tag=$_name${_script:+,$_script}\"}"
	done < scripts
} > workload.yaml

lab_load()
{
	cat >> lab.yaml <<- END
		trials: 1
		retries: 0
		limits: {lag: 100000%, rate: 0, steal: 1, others: 1, lost: 1}
		load: {workload: workload.yaml, target: front, rate: $1, connections: $2, warmup: 0s,
		  duration: 10s}
	END
}

_run_lab()
{
	rm -rf run.db run.db-wal run.db-shm run.db.logs
	spawn "$SITU" run -o run.db lab.yaml > run.out 2> run.err
	wait "$pid"
	rc=$?
	is $rc 0 "the run ends well"
	[ $rc = 0 ] || diag "$(cat run.err)"
	"$SITU" export --format json run.db > run.json
	is "$(jq '[.endpoints[] | select(.name == "all") | .errors | length] | add' run.json)" 0 \
		"every request is answered"
	[ -z "${KEEP:-}" ] || cp -r run.json truth run.err "$KEEP"
}

claim()
{
	_name=$1
	shift
	"$TOP/tests/lab/judge.py" "$@" > "$TMP/.verdict" 2>&1 ||
		echo "not ok cannot be judged ($(tail -n 1 "$TMP/.verdict"))" > "$TMP/.verdict"
	sed "s/^\(not \)\{0,1\}ok /&$_name: /" "$TMP/.verdict"
}

claim_that()
{
	if [ "$1" = 0 ]; then
		echo "ok $2"
	else
		echo "not ok $2${3:+ ($3)}"
	fi
}

# Tells the claims that have held in no run so far; fails when there are none.
_missed()
{
	sed -n 's/^not ok \(.*\) (.*/ok \1/p; s/^not \(ok [^(]*\)$/\1/p' "$1" |
		grep -vxF -f "$TMP/later" > "$TMP/missed" || return 1
	diag "judged once more: $(sed 's/^ok //' "$TMP/missed")"
}

judged_again()
{
	"$1"
	"$2" > "$TMP/first"
	: > "$TMP/later"
	for _again in 1 2; do
		_missed "$TMP/first" || break
		rm -rf "$TMP"/truth/*
		"$1"
		"$2" >> "$TMP/later"
	done
	while read -r _line; do
		_claim=${_line#not }
		_claim=${_claim#ok }
		if [ "${_line#not }" = "$_line" ] || grep -qxF "ok ${_claim%% (*}" "$TMP/later"; then
			pass "${_claim%% (*}"
		else
			fail "$_claim"
			diag "and later: $(grep -F "not ok ${_claim%% (*}" "$TMP/later")"
		fi
	done < "$TMP/first"
}

judged_runs()
{
	judged_again _run_lab "$1"
}

lab_cgroups()
{
	make_cgroups "$@"
	at_exit actors_end
}

service()
{
	_name=$1
	shift
	# shellcheck disable=SC2086 # words
	spawn in_cgroup "$_name" ${prefix:-} "$@"
	_actors="$_actors $pid"
}

actor()
{
	_name=$1
	shift
	service "$_name" "$LAB/actor" -t "$TMP/truth/$_name" "$@"
}

_listens()
{
	ss -Hltn "sport = :$1" | grep -q .
}

listening()
{
	for _port; do
		wait_until 10 _listens "$_port" || bail "nobody listens on port $_port"
	done
}

measure()
{
	_name=$1 _options=$2 _url=$3
	# shellcheck disable=SC2086 # options are words
	run "$SITU" record -q --json -o "$TMP/$_name.db" -- in_cgroup load ${prefix:-} \
		"$SITU" load --quiet --json $_options "$_url"
	is "$rc" 0 "$_name: the load is measured"
	[ -z "$err" ] || diag "$err"
	jq -s '.[0]' "$TMP/.out" > "$TMP/$_name.client"
	jq -s '.[1]' "$TMP/.out" > "$TMP/$_name.json"
	[ -z "${KEEP:-}" ] || cp "$TMP/$_name.json" "$TMP/$_name.client" "$KEEP"
}

alone()
{
	services
	measure "$@"
	actors_end
}

actors_end()
{
	for _actor in $_actors; do
		end "$_actor"
	done
	_actors=''
	[ -z "${KEEP:-}" ] || cp -r "$TMP/truth" "$KEEP"
}

hog()
{
	spawn in_cgroup hog "$@"
	_hog=$pid
	at_exit hog_end
}

_hog_alone()
{
	for _mount in $CGROUP_MOUNTS; do
		[ -z "$(cat "$_mount$CGROUP/hog/cgroup.procs")" ] || return 1
	done
}

# Its children are in its group, too.
hog_end()
{
	[ -n "$_hog" ] || return 0
	kill -s KILL -- "-$_hog"
	end "$_hog" KILL
	_hog=''
	wait_until 5 _hog_alone || diag "the hog does not end"
}

claim_alone()
{
	_case=$1
	shift
	claim "$_case" --cgroup "${CGROUP:-}" --client "$TMP/$_case.client" --endpoint "$_case" \
		"$TMP/$_case.json" "$@"
}

row()
{
	jq --arg cgroup "$CGROUP/" --arg path "$2" --arg component "$3" '[.attribution[] |
		select(.band == "all" and .endpoint != "all" and .component == $component and
			([.path[] | ltrimstr($cgroup)] | join("/")) == $path) | .ns] | add // 0' \
		"$TMP/$1.json"
}

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# situ run as far as it goes without root: usage, --dry-run, mistakes in the file, not root.
. "$(dirname "$0")/../lib.sh"

need_file "$SITU"
cd "$TMP" || exit 1

pair_experiment good.yaml

# mistake NAME SED ERE: the file with a mistake is refused in one line, before anything starts
mistake()
{
	sed "$2" good.yaml > bad.yaml
	run_is 2 "$1" "$SITU" run -o "$TMP/x.db" bad.yaml
	one_line_error "$3" "$1 is named with its place"
}

run_is 2 "no file" "$SITU" run
one_line_error "takes one experiment file" "a file is asked for"
run_is 2 "two files" "$SITU" run good.yaml good.yaml
one_line_error "takes one experiment file" "one file is asked for"
run_is 2 "a file that is not there" "$SITU" run nothing.yaml
one_line_error "cannot read nothing.yaml: No such file" "the missing file is named"
run_is 2 "a directory" "$SITU" run .
one_line_error "cannot read .: Is a directory" "the directory is named"
run_is 2 "too many trials" "$SITU" run -n 100000 good.yaml
one_line_error "--trials 100000 is out of range" "the range is told"
head -c 2000000 /dev/zero > zeros.yaml
run_is 2 "a file of another kind" "$SITU" run zeros.yaml
one_line_error "zeros.yaml is longer than 1048576 bytes" "its length is told"
head -c 5000 /dev/zero > zeros.yaml
run_is 2 "a short file of another kind" "$SITU" run zeros.yaml
one_line_error "zeros.yaml:1:1: not YAML" "it is not YAML"

run_is 0 "--dry-run" "$SITU" run --dry-run good.yaml
plan=$out
is "$err" "" "--dry-run says nothing on stderr"
like "$plan" "^Experiment pair$" "the experiment is named"
like "$plan" "^  a +10\.83\.0\.11 +CPUs 0$" "a host has its address and CPUs"
like "$plan" "^  client +10\.83\.0\.1 +CPUs all$" "so has the client"
like "$plan" "^Placement spread:$" "placements are listed"
like "$plan" "^  start +store, web$" "services start in the file's order"
is "$(printf '%s\n' "$plan" | grep -c '^  trial [1-4]  *packed, spread$\|^  trial [1-4]  *spread, packed$')" \
	4 "each block holds each placement once"
like "$plan" "^Total: 8 trials of 2 placements, 48\.0s of load" "the time is told"
run_is 0 "--dry-run again" "$SITU" run --dry-run good.yaml
is "$out" "$plan" "the same seed gives the same order"
run_is 0 "--trials overrides the file" "$SITU" run --dry-run --trials 9 good.yaml
like "$out" "^Total: 18 trials" "the number of trials is taken"
[ ! -e "$TMP/situ.db" ]
ok $? "--dry-run makes no store"

mistake "a tab" 's/^trials:/\ttrials:/' 'bad.yaml:22:1: not YAML \(found character that cannot start'
mistake "an unknown key" 's/port: 8080/prot: 8080/' "bad.yaml:13:5: unknown key 'prot': did you mean 'port'"
mistake "an unknown service in a placement" 's/\[store, web\]/[store, wep]/' \
	"bad.yaml:17:37: unknown service 'wep': did you mean 'web'"
mistake "a service that is left out" 's/\[store, web\]/[store]/' \
	"bad.yaml:17:7: placement 'packed' leaves out service 'web'"
mistake "an unknown host" 's/host: b/host: c/' "bad.yaml:21:16: unknown host 'c'"
mistake "a CPU that is not there" 's/cpus: "0"/cpus: "1023"/' 'bad.yaml:4:11: CPU 1023 is not online'
mistake "a port that is taken twice" 's/ready: {tcp: false}/port: 8080/' \
	"bad.yaml:13:11: services 'store' and 'web' share port 8080 on host 'a'"
mistake "an unknown word" 's/host.store}/hots.store}/' \
	"bad.yaml:12:14: unknown word '\{\{hots.store\}\}': did you mean '\{\{host.store\}\}'"
mistake "a missing workload" 's/workload.yaml/nowhere.yaml/' \
	"bad.yaml:25:13: cannot read the workload file nowhere.yaml"
mistake "a name that leaves its directory" 's/name: store/name: ..\/store/' \
	"bad.yaml:8:11: name '../store' is not of letters"
mistake "a name that writes to the terminal" 's/name: store/name: "\\e[2Jstore"/' \
	"bad.yaml:8:11: name '\?\[2Jstore' is not of letters"
[ ! -e x.db ]
ok $? "a mistake makes no store"

# Every kind of service and host.
sed 's/^    command: sleep 1000/    start: .\/up\n    stop: .\/down --cgroup={{cgroup}}/
	s/^    command: webserver.*/    container: {image: shop\/web, options: --init, args: "--store {{host.store}}"}/
	s/^  - name: b$/&\n    machine: true\n    link: {delay: 5ms, rate: 100mbit}/' good.yaml > kinds.yaml
run_is 0 "a start command, a container, the machine itself and a link" "$SITU" run --dry-run kinds.yaml
like "$out" "^  b +10\.83\.0\.12 +CPUs 0, the machine itself, 5ms later each way, at most 100mbit\$" \
	"the dry run tells of them"
mistake "no way to run a service" '/command: sleep/d' \
	"bad.yaml:8:5: service 'store' takes one of command, start and container: add one"
mistake "two ways to run a service" 's/command: sleep 1000/&\n    container: {image: x}/' \
	"bad.yaml:8:5: service 'store' takes one of command, start and container: keep one"
mistake "a start without a stop" 's/command: sleep/start: sleep/' \
	"bad.yaml:8:5: service 'store' has a start command: add a 'stop' to it"
mistake "a container of nothing" 's/command: sleep 1000/container: {args: x}/' \
	"bad.yaml:9:16: a container takes an image or a rootfs"
mistake "a variable that a shell would take apart" \
	's/command: sleep 1000/container: {image: x}\n    env: ["A B=1"]/' \
	"bad.yaml:10:11: the name in 'A B=1' is not of letters, digits"
mistake "a link of no rate" 's/^  - name: b$/&\n    link: {rate: fast}/' \
	"bad.yaml:6:18: 'fast' is not a rate"
mistake "two machines" 's/^    cpus: "0"$/&\n    machine: true/' \
	"bad.yaml:8:14: a second host is the machine itself"
mistake "a key that is nearly right" 's/^  - name: b$/&\n    lnik: {}/' \
	"bad.yaml:6:5: unknown key 'lnik': did you mean 'link'"

# Generated placements, conditions, repetition.
sed '/^placements:/,/^trials:/{/^trials:/!d}; s/^trials:/placements: [{generate: all}]\naa: true\n&/' good.yaml > rules.yaml
run_is 0 "generated placements" "$SITU" run --dry-run rules.yaml
like "$out" "^Placement all-aa:$" "all on one host"
like "$out" "^Placement all-ab:$" "each on its own"
like "$out" "^Placement all-aa-again: the first one again" "and the copy"
like "$out" "^Total: 12 trials of 3 placements" "no more than these"
run_is 0 "--until-decided" "$SITU" run --dry-run --until-decided --max-blocks 9 --budget 2h good.yaml
like "$out" "^Then more blocks until p50 and p99 of every placement are decided, up to 9 or until 7200s are over" \
	"the dry run tells of it"
run_is 0 "a condition" "$SITU" run --dry-run --check 'p99(/) spread/packed < 1.1' good.yaml
run_is 2 "a condition on nothing" "$SITU" run --dry-run --check 'p99 spread/paked < 1.1' good.yaml
one_line_error "the file has no placement 'paked'" "the placement is named"
run_is 2 "no condition" "$SITU" run --dry-run --check 'p99 is good' good.yaml
one_line_error "'p99 is good' is no check" "its form is told"
run_is 2 "--every alone" "$SITU" run --every 6h good.yaml
one_line_error "--every and --for go together" "--for is asked for"
run_is 2 "--budget alone" "$SITU" run --budget 6h good.yaml
one_line_error "--budget goes with --until-decided" "the other is asked for"
run_is 2 "--overlap of another kind" "$SITU" run --overlap perhaps good.yaml
one_line_error "neither wait nor skip" "the two are told"

# The JSON Schemas hold for what situ takes, and refuse what it refuses.
run_is 0 "the schema of experiment files" "$SITU" run --schema experiment
printf '%s\n' "$out" > experiment.schema.json
run_is 0 "the schema of workload files" "$SITU" run --schema workload
printf '%s\n' "$out" > workload.schema.json
run_is 2 "no other schema" "$SITU" run --schema experimint
one_line_error "unknown schema 'experimint': did you mean 'experiment'" "the nearest is told"
if python3 -c 'import jsonschema, yaml' 2> /dev/null; then
	# Editors read YAML 1.2, where the key "on" is a text; PyYAML would make it true.
	cat > holds.py << 'END'
import json, jsonschema, re, sys, yaml
class Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {
        first: [r for r in resolvers if r[0] != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true$|false$"), "tf")
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.validate(yaml.load(open(sys.argv[2]), Loader), schema)
END
	holds() # SCHEMA FILE
	{
		python3 holds.py "$@" > schema.log 2>&1
	}
	for file in good.yaml rules.yaml kinds.yaml "$TOP/tests/shop/experiment.yaml" \
		"$TOP/tests/shop/truth.yaml"; do
		holds experiment.schema.json "$file"
		ok $? "the schema holds for ${file##*/}"
	done
	for file in workload.yaml "$TOP/tests/shop/workload.yaml" "$TOP/tests/shop/robot-shop.yaml" \
		"$TOP/tests/shop/truth-workload.yaml"; do
		holds workload.schema.json "$file"
		ok $? "the schema holds for ${file##*/}"
	done
	for slip in 's/^trials:/trails:/' 's/rate: 100/rate: 0/' 's/port: 8080/port: 80808/' \
		's/name: packed/nome: packed/' '/^name:/d' '/command: sleep/d' \
		's/command: sleep/start: sleep/' 's/command: sleep 1000/container: {args: x}/'; do
		sed "$slip" good.yaml > bad.yaml
		! holds experiment.schema.json bad.yaml && ! "$SITU" run --dry-run bad.yaml > /dev/null 2>&1
		ok $? "both refuse $slip"
	done
else
	skip "no python3-jsonschema and python3-yaml" 17
fi

# As another user when the test itself is root.
as_user=''
[ "$(id -u)" != 0 ] || as_user='setpriv --reuid 65534 --regid 65534 --clear-groups'
chmod 755 "$TMP"
# shellcheck disable=SC2086
if [ -n "$as_user" ] && ! $as_user test -x "$SITU"; then
	skip "another user cannot reach $SITU" 3
else
	run_is 3 "not root" $as_user "$SITU" run -o /tmp/never.db good.yaml
	one_line_error "needs root.*: use sudo" "root is asked for"
	run_is 0 "--dry-run without root" $as_user "$SITU" run --dry-run good.yaml
fi

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# situ schedule: what it would write, what it writes with the schedulers' own programs replaced by
# ones that note how they were called, and what it refuses.
. "$(dirname "$0")/../lib.sh"

need_file "$SITU"
cd "$TMP" || exit 1

pair_experiment good.yaml

run_is 0 "a timer, as it would be" "$SITU" schedule good.yaml --cron '0 */6 * * mon' --with systemd --dry-run
like "$out" '^# /etc/systemd/system/situ-pair\.timer$' "the unit's place"
like "$out" '^OnCalendar=Mon \*-\*-\* 00,06,12,18:00:00$' "cron's time as systemd has it"
like "$out" "^ExecStart= \"$SITU\" \"run\" \"--lock\" \"/run/situ.lock\" \"--overlap\" \"skip\" \"-o\" \"$TMP/situ.db\" \"$TMP/good.yaml\"\$" \
	"the command, with whole paths"
if command -v systemd-analyze > /dev/null; then
	mkdir units
	printf '%s\n' "$out" | sed -n '/\.service$/,/\.timer$/p' | grep -v '^#' > units/situ-pair.service
	printf '%s\n' "$out" | sed -n '/\.timer$/,$p' | grep -v '^#' > units/situ-pair.timer
	run_is 0 "systemd takes the units" systemd-analyze verify "$PWD/units/situ-pair.timer"
	is "$(printf '%s' "$err" | grep situ-pair)" "" "... without a word"
	for cron in '*/20 0 1 jan-MAR *' '5 1,2-4 * * 0' '0 0 1 * mon' '@yearly' '* * * * *'; do
		"$SITU" schedule good.yaml --cron "$cron" --with systemd --dry-run |
			sed -n 's/^OnCalendar=//p' > calendars
		[ -s calendars ] && xargs -d '\n' systemd-analyze calendar < calendars > /dev/null 2>&1
		ok $? "systemd understands '$cron'"
	done
else
	skip "no systemd-analyze" 7
fi

run_is 0 "a line, as it would be" "$SITU" schedule good.yaml --cron @daily --with cron --dry-run -o /x.db
like "$out" "^0 0 \* \* \* '$SITU' 'run' '--lock' .* '-o' '/x.db' '$TMP/good.yaml' >> '/x.db.log' 2>&1 # situ schedule pair\$" \
	"the line of the crontab"

mkdir bin units.d
cat > bin/crontab << 'END'
#!/bin/sh
case $1 in
-l) [ -e "$TABLE" ] || { echo "no crontab for you" >&2; exit 1; }; cat "$TABLE" ;;
-) cat > "$TABLE" ;;
esac
END
cat > bin/systemctl << 'END'
#!/bin/sh
echo "$*" >> "$CALLS"
END
chmod +x bin/*
PATH=$TMP/bin:$PATH TABLE=$TMP/table CALLS=$TMP/calls
export PATH TABLE CALLS

run_is 0 "into no crontab yet" "$SITU" schedule good.yaml --cron '1 2 * * *' --with cron
is "$(wc -l < table)" 1 "there is one line"
echo '3 4 * * * other' >> table
run_is 0 "into one that has it" "$SITU" schedule good.yaml --cron '5 6 * * *' --with cron
is "$(cut -d' ' -f1-2 table | paste -sd,)" "3 4,5 6" "its line is replaced, others are kept"
run_is 0 "a list" "$SITU" schedule --list --units units.d
like "$out" "^pair  crontab: 5 6 \* \* \* .*run" "it names the schedule and its time"
run_is 0 "out of it" "$SITU" schedule good.yaml --remove --with cron
is "$(cat table)" "3 4 * * * other" "only its line is gone"
run_is 2 "out of it again" "$SITU" schedule good.yaml --remove --with cron
one_line_error "no schedule 'pair' in the crontab" "there is none"

run_is 0 "as a timer" "$SITU" schedule good.yaml --cron @weekly --with systemd --units units.d
is "$(ls units.d | paste -sd,)" "situ-pair.service,situ-pair.timer" "both units are written"
is "$(paste -sd, calls)" "daemon-reload,enable --now situ-pair.timer" "systemd is told"
run_is 0 "a list" "$SITU" schedule --list --units units.d
like "$out" "^pair  systemd: situ experiment pair, by cron's '0 0 \* \* 0'$" "it names the timer"
run_is 0 "no timer any more" "$SITU" schedule good.yaml --remove --with systemd --units units.d
is "$(ls units.d)" "" "both units are gone"
run_is 2 "no timer again" "$SITU" schedule good.yaml --remove --with systemd --units units.d
one_line_error "no schedule 'pair' in units.d" "there is none"

run_is 2 "a wrong time" "$SITU" schedule good.yaml --cron '61 * * * *' --with cron
one_line_error "'61' is no minute" "the field is told"
run_is 2 "another scheduler" "$SITU" schedule good.yaml --cron @daily --with at
one_line_error "unknown scheduler 'at'" "it is named"
run_is 2 "nothing to do" "$SITU" schedule good.yaml
one_line_error "with --cron or --remove" "what is asked for is told"
run_is 2 "two things at once" "$SITU" schedule good.yaml --cron @daily --remove
one_line_error "with --cron or --remove" "one is asked for"
run_is 2 "a wrong file" "$SITU" schedule nothing.yaml --cron @daily
one_line_error "cannot read nothing.yaml" "it is checked before anything is written"
mkdir 'odd%'
cp good.yaml workload.yaml 'odd%'
run_is 2 "a path that no crontab holds" "$SITU" schedule 'odd%/good.yaml' --cron @daily --with cron
one_line_error "characters that no schedule can hold" "it is told"

finish

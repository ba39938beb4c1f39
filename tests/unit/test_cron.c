// SPDX-License-Identifier: GPL-2.0-only
/* cron's five fields, systemd's calendar, and the texts of a schedule. */
#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "user/experiment/schedule.h"

static void becomes(const char *text, const char *calendar)
{
	struct buf out = buf_init(4096);
	struct err err = { 0 };
	struct cron cron;

	if (cron_parse(text, &cron, &err))
		fail_msg("%s", err.text);
	assert_int_equal(cron_on_calendar(&cron, &out), 0);
	assert_string_equal(out.data, calendar);
	buf_free(&out);
}

static void fails(const char *text, const char *words)
{
	struct err err = { 0 };
	struct cron cron;

	assert_int_equal(cron_parse(text, &cron, &err), -1);
	assert_int_equal(err.code, EXIT_USAGE);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in: %s", words, err.text);
}

static void times_become_calendars(void **state)
{
	(void)state;
	becomes("* * * * *", "OnCalendar=*-*-* *:*:00\n");
	becomes("0 */6 * * *", "OnCalendar=*-*-* 00,06,12,18:00:00\n");
	becomes("  5\t1,2-4 * *  * ", "OnCalendar=*-*-* 01,02,03,04:05:00\n");
	becomes("*/20 0 1 jan-MAR *", "OnCalendar=*-01,02,03-01 00:00,20,40:00\n");
	becomes("30 8 * * mon-fri", "OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 08:30:00\n");
	becomes("0 0 * * 7", "OnCalendar=Sun *-*-* 00:00:00\n");
	becomes("0 0 * * 0-7", "OnCalendar=*-*-* 00:00:00\n");
	becomes("0 10-20/5 * * *", "OnCalendar=*-*-* 10,15,20:00:00\n");
	becomes("59 23 31 12 *", "OnCalendar=*-12-31 23:59:00\n");
	becomes("@weekly", "OnCalendar=Sun *-*-* 00:00:00\n");
	becomes("@hourly", "OnCalendar=*-*-* *:00:00\n");
}

/* On the 1st, and on every Monday: systemd would take both for one condition. */
static void either_day_makes_two_lines(void **state)
{
	(void)state;
	becomes("0 0 1 * mon", "OnCalendar=Mon *-*-* 00:00:00\nOnCalendar=*-*-01 00:00:00\n");
	becomes("0 0 */2 * mon",
		"OnCalendar=Mon *-*-01,03,05,07,09,11,13,15,17,19,21,23,25,27,29,31 "
		"00:00:00\n");
}

static void mistakes_are_told(void **state)
{
	(void)state;
	fails("", "less than five fields");
	fails("0 0 * *", "less than five fields");
	fails("0 0 * * * *", "more than five fields");
	fails("60 0 * * *", "'60' is no minute");
	fails("0 24 * * *", "'24' is no hour");
	fails("0 0 0 * *", "'0' is no day of the month");
	fails("0 0 * 13 *", "'13' is no month");
	fails("0 0 * * 8", "'8' is no day of the week");
	fails("5-1 0 * * *", "'5-1' is no minute");
	fails("*/0 0 * * *", "'*/0' is no minute");
	fails("1/5 0 * * *", "'1/5' is no minute");
	fails("1, 0 * * *", "'1,' is no minute");
	fails("-1 0 * * *", "'-1' is no minute");
	fails("99999999999999999999 0 * * *", "is no minute");
	fails("0 0 * * mo", "'mo' is no day of the week");
	fails("0 0 * * mondays", "'mondays' is no day of the week");
	fails("@reboot", "'@reboot' is no minute");
	fails("0 0 * * *\nrm", "is no time");
	fails("0 0 * * * %", "is no time");
	fails("* * * * * *********************************************************************"
	      "*****************************************************************************",
	      "is no time");
	becomes("0 0 * * */99999999999", "OnCalendar=Sun *-*-* 00:00:00\n");
}

static struct schedule sample(const char *file)
{
	struct schedule s = {
		.name = "shop",
		.file = file,
		.bin = "/usr/bin/situ",
		.store = "/var/lib/s.db",
	};

	assert_int_equal(cron_parse("0 */6 * * *", &s.cron, &(struct err){ 0 }), 0);
	return s;
}

static void texts_quote_what_they_hold(void **state)
{
	struct schedule s = sample("/a b/$x'\"%.yaml"), plain = sample("/it's.yaml");
	struct buf out = buf_init(4096);

	(void)state;
	assert_int_equal(schedule_service_text(&s, &out), 0);
	assert_non_null(strstr(out.data,
			       "ExecStart= \"/usr/bin/situ\" \"run\" \"--lock\" \"/run/situ.lock\" "
			       "\"--overlap\" \"skip\" \"-o\" \"/var/lib/s.db\" "
			       "\"/a b/$$x'\\\"%%.yaml\"\n"));
	buf_free(&out);
	out = buf_init(4096);
	assert_int_equal(schedule_crontab_line(&s, &out), -EINVAL);
	buf_free(&out);
	out = buf_init(4096);
	assert_int_equal(schedule_crontab_line(&plain, &out), 0);
	assert_string_equal(out.data, "0 */6 * * * '/usr/bin/situ' 'run' '--lock' '/run/situ.lock' "
				      "'--overlap' 'skip' '-o' '/var/lib/s.db' '/it'\\''s.yaml' "
				      ">> '/var/lib/s.db.log' 2>&1 "
				      "# situ schedule shop\n");
	buf_free(&out);
	out = buf_init(4096);
	s.file = "/a\nb";
	assert_int_equal(schedule_service_text(&s, &out), -EINVAL);
	buf_free(&out);
}

static void a_crontab_keeps_what_is_not_ours(void **state)
{
	static const char old[] = "MAILTO=x\n"
				  "0 1 * * * backup # situ schedule shops\n"
				  "0 2 * * * situ # situ schedule shop\n"
				  "0 3 * * * last";
	struct buf out = buf_init(4096);

	(void)state;
	assert_true(schedule_crontab_without(old, "shop", &out));
	assert_string_equal(out.data, "MAILTO=x\n"
				      "0 1 * * * backup # situ schedule shops\n"
				      "0 3 * * * last\n");
	buf_free(&out);
	out = buf_init(4096);
	assert_false(schedule_crontab_without("", "shop", &out));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_become_calendars),
		cmocka_unit_test(either_day_makes_two_lines),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(texts_quote_what_they_hold),
		cmocka_unit_test(a_crontab_keeps_what_is_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

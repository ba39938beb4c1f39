// SPDX-License-Identifier: GPL-2.0-only
/* What the agent answers to which request. */
#include <string.h>

#include "tests/unit/unit.h"
#include "user/agent/route.h"

static void pages_by_method_and_path(void **state)
{
	static const struct {
		const char *method, *path;
		unsigned int status;
	} cases[] = {
		{ "GET", "/", 200 },
		{ "GET", "/metrics", 200 },
		{ "HEAD", "/metrics", 200 },
		{ "GET", "/healthz", 200 },
		{ "GET", "/metrics/", 404 },
		{ "GET", "/Metrics", 404 },
		{ "GET", "", 404 },
		{ "GET", "//", 404 },
		{ "GET", "/../metrics", 404 },
		{ "POST", "/metrics", 405 },
		{ "get", "/metrics", 405 },
		{ "DELETE", "/", 405 },
		{ "", "/healthz", 405 },
		{ "POST", "/nothing", 404 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum route_page page = route_page(cases[i].method, cases[i].path);

		if (route_status(page) != cases[i].status)
			fail_msg("%s %s: %u", cases[i].method, cases[i].path, route_status(page));
		assert_int_equal(route_body(page) == NULL, page == ROUTE_METRICS);
	}
	assert_string_equal(route_body(ROUTE_HEALTH), "ok\n");
}

#define PROMETHEUS_2                                                                             \
	"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;" \
	"q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
#define PROMETHEUS_3                                                                 \
	"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"     \
	"application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;" \
	"escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"

static void openmetrics_for_who_asks(void **state)
{
	static const char *const asks[] = {
		PROMETHEUS_2,
		PROMETHEUS_3,
		"application/openmetrics-text",
		" Application/OpenMetrics-Text ; q=0.001 ",
		"text/plain;q=0.5 , application/openmetrics-text;q=0.5",
		",,application/openmetrics-text",
	};
	static const char *const does_not[] = {
		"",
		"*/*",
		"text/plain",
		"application/openmetrics-text;q=0",
		"application/openmetrics-text;q=0.4,text/plain;q=0.5",
		"application/openmetrics-textile",
		"application/openmetrics-text;q=x",
		"application/openmetrics-text;q=",
		"application/openmetrics-text;q=2",
		"application/openmetrics-text;q=0x1",
		"application/openmetrics-text;q=0.00000000000000000001",
		";;;,;q=1,=",
	};
	size_t i;

	(void)state;
	assert_int_equal(route_text(NULL), OPENMETRICS_OLDER);
	for (i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		if (route_text(asks[i]) != OPENMETRICS_1_0)
			fail_msg("'%s' asks for OpenMetrics", asks[i]);
	}
	for (i = 0; i < sizeof(does_not) / sizeof(does_not[0]); i++) {
		if (route_text(does_not[i]) != OPENMETRICS_OLDER)
			fail_msg("'%s' does not ask for OpenMetrics", does_not[i]);
	}
}

static void types_name_the_text(void **state)
{
	(void)state;
	assert_non_null(strstr(route_content_type(OPENMETRICS_1_0), "version=1.0.0"));
	assert_non_null(strstr(route_content_type(OPENMETRICS_OLDER), "text/plain; version=0.0.4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_by_method_and_path),
		cmocka_unit_test(openmetrics_for_who_asks),
		cmocka_unit_test(types_name_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The form of a workload file; user/experiment/workload.schema.json says the same in JSON. */
#include "loadgen/match.h"
#include "loadgen/workload.h"

#define URL_MAX	   8192
#define BODY_MAX   (1U << 20)
#define VALUES_MAX 100000
#define FILE_MAX   4096
#define WORD_MAX   64
#define OPTIONAL   (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t value_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, URL_MAX),
};
static const cyaml_schema_value_t header_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, URL_MAX),
};
static const cyaml_schema_field_t variable_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct variable, name, 1, WORD_MAX - 1),
	CYAML_FIELD_SEQUENCE_COUNT("values", OPTIONAL, struct variable, values, nr_values,
				   &value_schema, 1, VALUES_MAX),
	CYAML_FIELD_INT_PTR("from", OPTIONAL, struct variable, from),
	CYAML_FIELD_INT_PTR("to", OPTIONAL, struct variable, to),
	CYAML_FIELD_STRING_PTR("per", OPTIONAL, struct variable, per, 1, WORD_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t variable_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct variable, variable_fields),
};
static const cyaml_schema_field_t data_fields[] = {
	CYAML_FIELD_STRING_PTR("file", CYAML_FLAG_POINTER, struct data, file, 1, FILE_MAX),
	CYAML_FIELD_STRING_PTR("as", CYAML_FLAG_POINTER, struct data, as, 1, WORD_MAX - 1),
	CYAML_FIELD_STRING_PTR("order", OPTIONAL, struct data, order, 1, WORD_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t data_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct data, data_fields),
};
static const cyaml_schema_field_t expect_json_fields[] = {
	CYAML_FIELD_STRING_PTR("pointer", CYAML_FLAG_POINTER, struct expect_json, pointer, 0,
			       URL_MAX),
	CYAML_FIELD_STRING_PTR("equals", CYAML_FLAG_POINTER, struct expect_json, equals, 0,
			       URL_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t expect_json_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct expect_json, expect_json_fields),
};
static const cyaml_schema_field_t expect_fields[] = {
	CYAML_FIELD_STRING_PTR("status", OPTIONAL, struct expect, status, 1, 256),
	CYAML_FIELD_STRING_PTR("contains", OPTIONAL, struct expect, contains, 1, MATCH_LEN_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("json", OPTIONAL, struct expect, json, nr_json,
				   &expect_json_schema, 1, WORD_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t extract_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct extract_rule, name, 1,
			       WORD_MAX - 1),
	CYAML_FIELD_STRING_PTR("from", CYAML_FLAG_POINTER, struct extract_rule, from, 1, WORD_MAX),
	CYAML_FIELD_STRING_PTR("pointer", OPTIONAL, struct extract_rule, pointer, 0, URL_MAX),
	CYAML_FIELD_STRING_PTR("list", OPTIONAL, struct extract_rule, list, 0, URL_MAX),
	CYAML_FIELD_STRING_PTR("where", OPTIONAL, struct extract_rule, where, 0, URL_MAX),
	CYAML_FIELD_STRING_PTR("pick", OPTIONAL, struct extract_rule, pick, 1, WORD_MAX),
	CYAML_FIELD_STRING_PTR("pattern", OPTIONAL, struct extract_rule, pattern, 1,
			       EXTRACT_PATTERN_MAX),
	CYAML_FIELD_STRING_PTR("header", OPTIONAL, struct extract_rule, header, 1, 256),
	CYAML_FIELD_STRING_PTR("cookie", OPTIONAL, struct extract_rule, cookie, 1, 256),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t extract_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct extract_rule, extract_fields),
};

/* What every request has; @path_flags: whether it must have a path. */
#define REQUEST_FIELDS(path_flags)                                                               \
	CYAML_FIELD_STRING_PTR("name", OPTIONAL, struct target, name, 1, 256),                   \
		CYAML_FIELD_STRING_PTR("method", OPTIONAL, struct target, method, 1, 32),        \
		CYAML_FIELD_STRING_PTR("path", path_flags, struct target, path, 1, URL_MAX),     \
		CYAML_FIELD_SEQUENCE_COUNT("headers", OPTIONAL, struct target, headers,          \
					   nr_headers, &header_schema, 0, WORKLOAD_HEADERS_MAX), \
		CYAML_FIELD_STRING_PTR("body", OPTIONAL, struct target, body, 0, BODY_MAX),      \
		CYAML_FIELD_MAPPING_PTR("expect", OPTIONAL, struct target, expect, expect_fields)

#define STEP_FIELDS(path_flags)                                                                 \
	REQUEST_FIELDS(path_flags),                                                             \
		CYAML_FIELD_STRING_PTR("think", OPTIONAL, struct target, think, 1, WORD_MAX),   \
		CYAML_FIELD_UINT_PTR("repeat", OPTIONAL, struct target, repeat),                \
		CYAML_FIELD_STRING_PTR("chance", OPTIONAL, struct target, chance, 1, WORD_MAX), \
		CYAML_FIELD_SEQUENCE_COUNT("extract", OPTIONAL, struct target, extract,         \
					   nr_extract, &extract_schema, 0, WORKLOAD_EXTRACTS_MAX)

static const cyaml_schema_field_t target_fields[] = {
	REQUEST_FIELDS(CYAML_FLAG_POINTER),
	CYAML_FIELD_UINT_PTR("weight", OPTIONAL, struct target, weight),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t target_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct target, target_fields),
};
static const cyaml_schema_field_t inner_fields[] = {
	STEP_FIELDS(CYAML_FLAG_POINTER),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t inner_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct target, inner_fields),
};
static const cyaml_schema_field_t step_fields[] = {
	STEP_FIELDS(OPTIONAL),
	CYAML_FIELD_SEQUENCE_COUNT("steps", OPTIONAL, struct target, steps, nr_steps, &inner_schema,
				   1, WORKLOAD_STEPS_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t step_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct target, step_fields),
};
static const cyaml_schema_field_t session_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct user_session, name, 1, 256),
	CYAML_FIELD_UINT_PTR("weight", OPTIONAL, struct user_session, weight),
	CYAML_FIELD_STRING_PTR("think", OPTIONAL, struct user_session, think, 1, WORD_MAX),
	CYAML_FIELD_STRING_PTR("pause", OPTIONAL, struct user_session, pause, 1, WORD_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("steps", CYAML_FLAG_POINTER, struct user_session, items,
				   nr_items, &step_schema, 1, WORKLOAD_STEPS_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t session_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct user_session, session_fields),
};
static const cyaml_schema_field_t workload_fields[] = {
	CYAML_FIELD_STRING_PTR("base", OPTIONAL, struct workload, base, 1, URL_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("vars", OPTIONAL, struct workload, vars, nr_vars,
				   &variable_schema, 0, VARTEXT_VARS_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("data", OPTIONAL, struct workload, data, nr_data, &data_schema,
				   0, WORKLOAD_DATA_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("endpoints", OPTIONAL, struct workload, endpoints, nr_endpoints,
				   &target_schema, 1, WORKLOAD_ENDPOINTS_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("sessions", OPTIONAL, struct workload, sessions, nr_sessions,
				   &session_schema, 1, WORKLOAD_SESSIONS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t workload_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct workload, workload_fields),
};

const cyaml_schema_value_t *workload_yaml(void)
{
	return &workload_schema;
}

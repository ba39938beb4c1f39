// SPDX-License-Identifier: GPL-2.0-only
/*
 * The written JSON Schemas say what the parser's own schemas say: the same keys, the same ones
 * required, the same kinds of value, the same lengths of lists, and a description of each.
 */
#include <string.h>

#include <jansson.h>

#include "loadgen/workload.h"
#include "tests/unit/unit.h"
#include "user/experiment/plan.h"
#include "user/experiment/schema.h"

/* True when @schema allows values of @type. */
static bool allows(const json_t *schema, const char *type)
{
	const json_t *types = json_object_get(schema, "type"), *one;
	size_t i;

	if (json_is_string(types))
		return strcmp(json_string_value(types), type) == 0;
	json_array_foreach (types, i, one) {
		if (strcmp(json_string_value(one), type) == 0)
			return true;
	}
	return false;
}

static bool requires(const json_t *schema, const char *key)
{
	const json_t *one;
	size_t i;

	json_array_foreach (json_object_get(schema, "required"), i, one) {
		if (strcmp(json_string_value(one), key) == 0)
			return true;
	}
	return false;
}

static const char *type_of(const cyaml_schema_value_t *yaml)
{
	switch (yaml->type) {
	case CYAML_INT:
	case CYAML_UINT:
		return "integer";
	case CYAML_FLOAT:
		return "number";
	case CYAML_BOOL:
		return "boolean";
	case CYAML_STRING:
		return "string";
	case CYAML_MAPPING:
		return "object";
	case CYAML_SEQUENCE:
		return "array";
	default:
		fail_msg("a kind of value that no test knows: %d", (int)yaml->type);
		return "";
	}
}

static void hold(const char *key, const json_t *json, const cyaml_schema_value_t *yaml);

static void hold_mapping(const char *key, const json_t *json, const cyaml_schema_value_t *yaml)
{
	const json_t *properties = json_object_get(json, "properties");
	const cyaml_schema_field_t *field;
	size_t nr = 0, required = 0;

	if (!json_is_false(json_object_get(json, "additionalProperties")))
		fail_msg("'%s' lets other keys pass", key);
	for (field = yaml->mapping.fields; field->key; field++, nr++) {
		bool must = !(field->value.flags & CYAML_FLAG_OPTIONAL);

		if (!json_object_get(properties, field->key))
			fail_msg("'%s' lacks '%s'", key, field->key);
		if (requires(json, field->key) != must)
			fail_msg("'%s': whether '%s' is required", key, field->key);
		required += must;
		if (!json_object_get(json_object_get(properties, field->key), "description"))
			fail_msg("'%s' is not described", field->key);
		hold(field->key, json_object_get(properties, field->key), &field->value);
	}
	if (json_object_size(properties) != nr)
		fail_msg("'%s' has keys that the parser does not know", key);
	assert_int_equal(json_array_size(json_object_get(json, "required")), required);
}

static void hold(const char *key, const json_t *json, const cyaml_schema_value_t *yaml)
{
	if (!allows(json, type_of(yaml)))
		fail_msg("'%s' is no %s", key, type_of(yaml));
	if (yaml->type == CYAML_MAPPING)
		hold_mapping(key, json, yaml);
	if (yaml->type != CYAML_SEQUENCE)
		return;
	if (json_integer_value(json_object_get(json, "minItems")) != yaml->sequence.min ||
	    json_integer_value(json_object_get(json, "maxItems")) != yaml->sequence.max)
		fail_msg("'%s' has another length", key);
	hold(key, json_object_get(json, "items"), yaml->sequence.entry);
}

static void check(const char *file, const cyaml_schema_value_t *yaml)
{
	json_error_t at;
	json_t *json = json_loads(schema_text(file), JSON_REJECT_DUPLICATES, &at);

	if (!json)
		fail_msg("%s: %d:%d: %s", file, at.line, at.column, at.text);
	hold(file, json, yaml);
	json_decref(json);
}

static void the_experiment_schema_is_the_parsers(void **state)
{
	(void)state;
	check("experiment", plan_schema());
}

static void the_workload_schema_is_the_parsers(void **state)
{
	(void)state;
	check("workload", workload_yaml());
}

static void there_is_no_other(void **state)
{
	(void)state;
	assert_null(schema_text("store"));
	assert_null(schema_text(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_experiment_schema_is_the_parsers),
		cmocka_unit_test(the_workload_schema_is_the_parsers),
		cmocka_unit_test(there_is_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* JSON held to a file of share/schema: the words of JSON Schema 2020-12 that
 * those of the wire use. */
#ifndef TESTS_SCHEMA_CHECK_H
#define TESTS_SCHEMA_CHECK_H

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static inline bool
is_of_type(const json_t *v, const char *type)
{
	return strcmp(type, "object") == 0    ? json_is_object(v)
	       : strcmp(type, "array") == 0   ? json_is_array(v)
	       : strcmp(type, "string") == 0  ? json_is_string(v)
	       : strcmp(type, "integer") == 0 ? json_is_integer(v)
	       : strcmp(type, "number") == 0  ? json_is_number(v)
	       : strcmp(type, "boolean") == 0 ? json_is_boolean(v)
					      : false;
}

static inline bool
fits_text(const json_t *v, const json_t *schema)
{
	const json_t *most = json_object_get(schema, "maxLength");
	const json_t *least = json_object_get(schema, "minLength");
	const char *p = json_string_value(json_object_get(schema, "pattern"));
	regex_t re;
	bool fits = true;

	if (most != NULL &&
	    json_string_length(v) > (size_t)json_integer_value(most))
		return false;
	if (least != NULL &&
	    json_string_length(v) < (size_t)json_integer_value(least))
		return false;
	if (p != NULL) {
		fits = regcomp(&re, p, REG_EXTENDED | REG_NOSUB) == 0;
		fits =
		    fits && regexec(&re, json_string_value(v), 0, NULL, 0) == 0;
		regfree(&re);
	}
	return fits;
}

static inline bool fits_schema(
    const json_t *v, const json_t *schema, const json_t *root);

static inline bool
fits_object(json_t *v, const json_t *schema, const json_t *root)
{
	const json_t *known = json_object_get(schema, "properties");
	json_t *name, *member;
	const char *key;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i, name)
	{
		if (json_object_get(v, json_string_value(name)) == NULL)
			return false;
	}
	json_object_foreach(v, key, member)
	{
		const json_t *is = json_object_get(known, key);

		if (is == NULL || !fits_schema(member, is, root))
			return false;
	}
	return true;
}

static inline bool
fits_schema(const json_t *v, const json_t *schema, const json_t *root)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref"));
	const json_t *least, *most, *words;
	json_t *item;
	size_t i;

	if (ref != NULL)
		schema = json_object_get(
		    json_object_get(root, "$defs"), ref + strlen("#/$defs/"));
	if (schema == NULL ||
	    !is_of_type(v, json_string_value(json_object_get(schema, "type"))))
		return false;
	least = json_object_get(schema, "minimum");
	most = json_object_get(schema, "maximum");
	if ((least != NULL &&
		json_number_value(v) < json_number_value(least)) ||
	    (most != NULL && json_number_value(v) > json_number_value(most)))
		return false;
	words = json_object_get(schema, "enum");
	for (i = 0; i < json_array_size(words); i++)
		if (json_equal(json_array_get(words, i), v))
			break;
	if (words != NULL && i == json_array_size(words))
		return false;
	if (json_is_string(v))
		return fits_text(v, schema);
	if (json_is_object(v))
		return fits_object((json_t *)v, schema, root);
	most = json_object_get(schema, "maxItems");
	if (most != NULL &&
	    json_array_size(v) > (size_t)json_integer_value(most))
		return false;
	json_array_foreach(v, i, item)
	{
		if (!fits_schema(item, json_object_get(schema, "items"), root))
			return false;
	}
	return true;
}

/* Whether the text is as share/schema/NAME.json says. */
static inline bool
fits_file(const char *text, size_t len, const char *name)
{
	char path[128];
	json_t *schema, *v;
	bool fits;

	snprintf(path, sizeof(path), "share/schema/%s.json", name);
	schema = json_load_file(path, 0, NULL);
	v = json_loadb(text, len, 0, NULL);
	fits = schema != NULL && v != NULL && fits_schema(v, schema, schema);
	json_decref(schema);
	json_decref(v);
	return fits;
}

#endif

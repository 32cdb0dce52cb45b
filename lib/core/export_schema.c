/* schema/TABLE.json: what a line of data/TABLE.jsonl is (JSON Schema 2020-12),
 * and of each member what it is for and how long it is kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/article30_int.h"
#include "core/export_int.h"

static const struct {
	const char *type, *format, *pattern, *unit;
} kinds[] = {
    [NVR_EXPORT_TEXT] = {"string"},
    [NVR_EXPORT_INT] = {"integer"},
    [NVR_EXPORT_REAL] = {"number"},
    [NVR_EXPORT_BOOL] = {"boolean"},
    [NVR_EXPORT_TIME] = {"string", "date-time"},
    [NVR_EXPORT_SPAN] = {"integer", .unit = "microseconds"},
    [NVR_EXPORT_ID] = {"string", .pattern = "^[0-9a-hjkmnp-tv-z]{13}$"},
    [NVR_EXPORT_BYTES] = {"string", .pattern = "^([0-9a-f]{2})*$"},
    [NVR_EXPORT_SEALED] = {"string"},
};

static void
set(json_t *object, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		json_object_set_new(object, key, json_string(text));
}

bool
nvr_export_is_url(
    const struct nvr_export_table *t, const struct nvr_export_column *c)
{
	return strcmp(t->name, "camera") == 0 && c->of[0] == '\0' &&
	       (strcmp(c->name, "url") == 0 ||
		   strcmp(c->name, "sub_url") == 0 ||
		   strcmp(c->name, "snapshot_url") == 0);
}

/* Anything may be null: a value that could not be read is. */
static json_t *
property(const struct nvr_export_table *t, const struct nvr_export_column *c)
{
	json_t *p = json_pack("{s:[ss]}", "type", kinds[c->kind].type, "null");

	set(p, "format", kinds[c->kind].format);
	set(p, "pattern", kinds[c->kind].pattern);
	set(p, "unit", kinds[c->kind].unit);
	set(p, "description", c->purpose);
	if (nvr_export_is_url(t, c))
		set(p, "$comment",
		    "scheme, host and port; path and query are held and not "
		    "exported, since cameras take passwords there");
	set(p, "legalBasis", c->basis);
	set(p, "article", nvr_article6(c->basis));
	set(p, "retention", c->retention);
	return p;
}

static json_t *
schema(const struct nvr_export_table *t)
{
	json_t *all = json_object(), *properties = json_object();
	json_t *required = json_array();

	set(all, "$schema", "https://json-schema.org/draft/2020-12/schema");
	set(all, "title", t->name);
	set(all, "description", nvr_table_words(t->name).words);
	set(all, "type", "object");
	for (int i = 0; i < t->n; i++) {
		json_object_set_new(
		    properties, t->column[i].name, property(t, &t->column[i]));
		json_array_append_new(required, json_string(t->column[i].name));
	}
	json_object_set_new(properties, "unreadable",
	    json_pack("{ss ss s{ss}}", "type", "array", "description",
		"members that are held and could not be read", "items", "type",
		"string"));
	if (strcmp(t->name, "log") == 0)
		json_object_set_new(properties, "withheld",
		    json_pack("{ss ss s{ss}}", "type", "array", "description",
			"members that are held and not exported: they hold a "
			"whole URL "
			"of a camera, in which its password may be",
			"items", "type", "string"));
	json_object_set_new(all, "properties", properties);
	json_object_set_new(all, "required", required);
	json_object_set_new(all, "additionalProperties", json_false());
	return all;
}

int
nvr_export_schema(struct nvr_exporting *x, const struct nvr_export_table *t)
{
	char path[NVR_ARCHIVE_PATH], *text;
	json_t *all = schema(t);
	int rc;

	snprintf(path, sizeof(path), "schema/%s.json", t->name);
	text = json_dumps(all, JSON_INDENT(1));
	json_decref(all);
	if (text == NULL)
		return nvr_fail_nomem(x->err);
	rc = nvr_archive_add(x->a, path, text, strlen(text), -1, x->err);
	free(text);
	return rc;
}

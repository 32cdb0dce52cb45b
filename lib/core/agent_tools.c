/* What a model may call in an agentic audit; see agent_int.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "core/agent_int.h"
#include "core/health.h"

#define KEYS 5
#define FINDINGS_MOST 20 /* audits of previous_findings */

struct tool {
	const char *name, *what;
	const char *key[KEYS + 1]; /* of its arguments, all of them needed */
	int (*run)(struct nvr_agent *a, json_t *arguments);
};

/* -1: it is none of those that it may look at. */
static int
camera_of(const struct nvr_agent *a, const json_t *arguments)
{
	const char *name =
	    json_string_value(json_object_get(arguments, "camera"));

	for (int i = 0; i < a->o.ncamera; i++)
		if (strcmp(a->o.camera[i]->name, name) == 0)
			return i;
	return -1;
}

static double
number_of(const json_t *arguments, const char *key)
{
	return json_number_value(json_object_get(arguments, key));
}

static int
list_cameras(struct nvr_agent *a, json_t *arguments)
{
	json_t *list = json_array();

	(void)arguments;
	for (int i = 0; list != NULL && i < a->o.ncamera; i++) {
		const struct nvr_camera *cam = a->o.camera[i];

		if (json_array_append_new(
			list, json_pack("{s:s, s:s}", "name", cam->name, "zone",
				  cam->zone)) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return nvr_agent_tell_json(a, list);
}

static int
take_snapshot(struct nvr_agent *a, json_t *arguments)
{
	int camera = camera_of(a, arguments);

	if (camera < 0)
		return nvr_agent_refuse(a, "no such camera");
	return nvr_agent_snapshot(a, camera);
}

static int
crop(struct nvr_agent *a, json_t *arguments)
{
	json_int_t id =
	    json_integer_value(json_object_get(arguments, "image_id"));
	double x = number_of(arguments, "x"), y = number_of(arguments, "y");
	double w = number_of(arguments, "w"), h = number_of(arguments, "h");

	if (id < 1 || id > a->nimage)
		return nvr_agent_refuse(a, "no such image_id");
	/* A sum of two decimals may be just over 1. */
	if (!(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 1 + 1e-9 &&
		y + h <= 1 + 1e-9))
		return nvr_agent_refuse(a,
		    "x, y, w and h are parts of the picture, 0 to 1, and the "
		    "crop has to lie in it");
	return nvr_agent_crop(a, &a->image[id - 1], x, y, w, h);
}

struct previous {
	struct nvr_agent *a;
	json_t *audits; /* NULL: no memory */
	json_t *findings;
	int64_t id[FINDINGS_MOST + 1];
	int n, limit;
};

/* That which is still going on, this one above all, has found nothing. */
static int
add_audit(void *ctx, const struct nvr_audit *audit)
{
	struct previous *p = ctx;
	char at[NVR_TIME_TEXT];

	if (strcmp(audit->status, "unfinished") == 0)
		return 0;
	if (json_array_append_new(
		p->audits, json_pack("{s:s, s:s, s:[]}", "at",
			       nvr_time_format(audit->at, at), "status",
			       audit->status, "findings")) != 0)
		return nvr_fail_nomem(&p->a->err);
	p->id[p->n++] = audit->id;
	return p->n == p->limit;
}

/* Whether it is one of our own words, and no text that a picture made. */
static bool
is_our_label(const struct nvr_agent *a, const struct nvr_finding *f)
{
	for (int i = 0; f->kind == NULL && i < NVR_HEALTH_LABELS; i++)
		if (strcmp(f->label,
			nvr_health_label_name((enum nvr_health_label)i)) == 0)
			return true;
	for (int i = 0; f->kind != NULL && strcmp(f->kind, "check") == 0 &&
			i < a->o.checks->n;
	     i++)
		if (strcmp(f->label, a->o.checks->item[i].id) == 0)
			return true;
	return false;
}

static int
add_finding(void *ctx, const struct nvr_finding *f)
{
	struct previous *p = ctx;
	json_t *o;

	if (!is_our_label(p->a, f))
		return 0;
	o = json_pack("{s:s, s:s}", "label", f->label, "verdict", f->verdict);
	if (o != NULL && !isnan(f->confidence) &&
	    json_object_set_new(o, "confidence", json_real(f->confidence)) !=
		0) {
		json_decref(o);
		o = NULL;
	}
	return json_array_append_new(p->findings, o) == 0
		   ? 0
		   : nvr_fail_nomem(&p->a->err);
}

static int
previous_findings(struct nvr_agent *a, json_t *arguments)
{
	int camera = camera_of(a, arguments);
	json_int_t limit =
	    json_integer_value(json_object_get(arguments, "limit"));
	struct previous p = {.a = a, .limit = (int)limit};
	struct nvr_audit_filter filter = {0};
	int rc;

	if (camera < 0)
		return nvr_agent_refuse(a, "no such camera");
	if (limit < 1 || limit > FINDINGS_MOST)
		return nvr_agent_refuse(a, "limit is 1 to 20");
	p.audits = json_array();
	if (p.audits == NULL)
		return nvr_fail_nomem(&a->err);
	filter.camera_id = a->o.camera[camera]->id;
	rc = nvr_audit_each(a->o.s->store, &filter, add_audit, &p, &a->err);
	for (int i = 0; rc >= 0 && i < p.n; i++) {
		p.findings = json_object_get(
		    json_array_get(p.audits, (size_t)i), "findings");
		rc = nvr_finding_each(
		    a->o.s->store, p.id[i], add_finding, &p, &a->err);
	}
	if (rc >= 0)
		return nvr_agent_tell_json(a, p.audits);
	json_decref(p.audits);
	return rc;
}

static int
compare_with_baseline(struct nvr_agent *a, json_t *arguments)
{
	int camera = camera_of(a, arguments);

	if (camera < 0)
		return nvr_agent_refuse(a, "no such camera");
	return nvr_agent_compare(a, camera);
}

static int
finish(struct nvr_agent *a, json_t *arguments)
{
	struct nvr_error why;
	int rc =
	    nvr_verdict_read(a->o.checks, a->arguments, &a->end.verdict, &why);

	(void)arguments;
	if (rc == NVR_E_DATA)
		return nvr_agent_refuse(a, why.text);
	if (rc != 0) {
		a->err = why;
		return rc;
	}
	return nvr_agent_stop(
	    a, a->bound[0] != '\0' ? "budget" : "ok", "%s", a->bound);
}

static const struct tool tools[] = {
    {"list_cameras", "The cameras that you may look at, and their zones.",
	{NULL}, list_cameras},
    {"take_snapshot",
	"Takes a new picture of a camera, twice a camera at most and not "
	"twice in a row; the next message shows it.",
	{"camera", NULL}, take_snapshot},
    {"crop",
	"Shows a part of a picture larger. x, y (its upper left corner), w and "
	"h are parts of that picture, 0 to 1.",
	{"image_id", "x", "y", "w", "h", NULL}, crop},
    {"previous_findings",
	"What earlier audits of a camera found, newest first; limit 1 to 20.",
	{"camera", "limit", NULL}, previous_findings},
    {"compare_with_baseline",
	"The local analyzer's measures of a camera's newest picture of this "
	"audit, beside its thresholds.",
	{"camera", NULL}, compare_with_baseline},
    {"finish", "Ends the audit with its findings.", {NULL}, finish},
};
#define NTOOLS (sizeof(tools) / sizeof(tools[0]))

static bool
is_integer(const char *key)
{
	return strcmp(key, "image_id") == 0 || strcmp(key, "limit") == 0;
}

static json_t *
names(const struct nvr_agent *a)
{
	json_t *list = json_array();

	for (int i = 0; list != NULL && i < a->o.ncamera; i++)
		json_array_append_new(list, json_string(a->o.camera[i]->name));
	return list;
}

static json_t *
parameters(const struct nvr_agent *a, const struct tool *t)
{
	json_t *properties = json_object(), *required = json_array();

	if (t->run == finish) {
		json_decref(properties);
		json_decref(required);
		return nvr_verdict_schema(a->o.checks);
	}
	for (const char *const *key = t->key; *key != NULL; key++) {
		json_t *p = strcmp(*key, "camera") == 0
				? json_pack("{s:s, s:o}", "type", "string",
				      "enum", names(a))
				: json_pack("{s:s}", "type",
				      is_integer(*key) ? "integer" : "number");

		json_object_set_new(properties, *key, p);
		json_array_append_new(required, json_string(*key));
	}
	return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties",
	    properties, "required", required, "additionalProperties", 0);
}

json_t *
nvr_agent_tools(const struct nvr_agent *a, const char *name)
{
	json_t *list = json_array();

	for (const struct tool *t = tools; t < tools + NTOOLS; t++) {
		if (name != NULL && strcmp(name, t->name) != 0)
			continue;
		if (json_array_append_new(
			list, json_pack("{s:s, s:{s:s, s:s, s:b, s:o}}", "type",
				  "function", "function", "name", t->name,
				  "description", t->what, "strict", 1,
				  "parameters", parameters(a, t))) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static bool
is_valid(const struct tool *t, const json_t *arguments)
{
	size_t n = 0;

	for (; t->key[n] != NULL; n++) {
		const char *key = t->key[n];
		const json_t *v = json_object_get(arguments, key);

		if (strcmp(key, "camera") == 0
			? !json_is_string(v)
			: !(is_integer(key) ? json_is_integer(v)
					    : json_is_number(v)))
			return false;
	}
	return t->run == finish || json_object_size(arguments) == n;
}

int
nvr_agent_call(struct nvr_agent *a, json_t *arguments)
{
	const struct tool *t = tools;

	while (t < tools + NTOOLS && strcmp(a->name, t->name) != 0)
		t++;
	if (t == tools + NTOOLS)
		return nvr_agent_refuse(a, "no such tool");
	if (!is_valid(t, arguments))
		return nvr_agent_refuse(
		    a, "the arguments are not as the schema has them");
	return t->run(a, arguments);
}

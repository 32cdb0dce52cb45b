/* Findings as JSON; see findings.h. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/findings.h"

static const char *const known[] = {"label", "verdict", "evidence",
    "confidence", "confidence_method", "uncertainty", "region"};

static int
wrong(struct nvr_error *err, size_t i, const char *key, const char *what)
{
	return nvr_fail(
	    err, NVR_E_DATA, "finding %zu: '%s' %s", i + 1, key, what);
}

/* A text of at most max bytes; NULL is fine where it is optional. */
static int
get_text(json_t *o, size_t i, const char *key, size_t max, bool optional,
    const char **ret, struct nvr_error *err)
{
	json_t *v = json_object_get(o, key);

	*ret = NULL;
	if (v == NULL || json_is_null(v))
		return optional ? 0 : wrong(err, i, key, "is missing");
	if (!json_is_string(v))
		return wrong(err, i, key, "is no text");
	*ret = json_string_value(v);
	if (json_string_length(v) > max ||
	    strlen(*ret) != json_string_length(v))
		return wrong(err, i, key, "is too long");
	return 0;
}

static int
get_confidence(json_t *o, size_t i, double *ret, struct nvr_error *err)
{
	json_t *v = json_object_get(o, "confidence");

	*ret = NAN;
	if (v == NULL || json_is_null(v))
		return 0;
	if (!json_is_number(v))
		return wrong(err, i, "confidence", "is no number");
	*ret = json_number_value(v);
	if (!(*ret >= 0 && *ret <= 1))
		return wrong(err, i, "confidence", "is not within 0 to 1");
	return 0;
}

static int
check_keys(json_t *o, size_t i, struct nvr_error *err)
{
	const char *key;
	json_t *v;

	json_object_foreach(o, key, v)
	{
		size_t k = 0;

		while (k < sizeof(known) / sizeof(known[0]) &&
		       strcmp(known[k], key) != 0)
			k++;
		if (k == sizeof(known) / sizeof(known[0]))
			return wrong(err, i,
			    nvr_text_printable(key) ? key : "?",
			    "is not in the schema");
	}
	return 0;
}

static int
parse_one(json_t *o, size_t i, struct nvr_finding *f, struct nvr_error *err)
{
	int rc;

	if (!json_is_object(o))
		return nvr_fail(
		    err, NVR_E_DATA, "finding %zu is no object", i + 1);
	rc = check_keys(o, i, err);
	if (rc == 0)
		rc = get_text(o, i, "label", 64, false, &f->label, err);
	if (rc == 0)
		rc = get_text(o, i, "verdict", 32, false, &f->verdict, err);
	if (rc == 0)
		rc = get_text(o, i, "evidence", 2000, false, &f->evidence, err);
	if (rc == 0)
		rc = get_confidence(o, i, &f->confidence, err);
	if (rc == 0)
		rc = get_text(o, i, "confidence_method", 64, true,
		    &f->confidence_method, err);
	if (rc == 0)
		rc = get_text(
		    o, i, "uncertainty", 64, true, &f->uncertainty, err);
	if (rc == 0)
		rc = get_text(o, i, "region", 256, true, &f->region, err);
	if (rc != 0)
		return rc;
	if (f->label[0] == '\0')
		return wrong(err, i, "label", "is empty");
	if (strcmp(f->verdict, "yes") != 0 && strcmp(f->verdict, "no") != 0 &&
	    strcmp(f->verdict, "cannot_determine") != 0)
		return wrong(
		    err, i, "verdict", "is none of yes, no, cannot_determine");
	return 0;
}

int
nvr_findings_parse(const void *text, size_t len, struct nvr_findings *ret,
    struct nvr_error *err)
{
	struct nvr_findings f = {0};
	json_error_t je;
	json_t *list, *model;
	int rc = 0;

	f.json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (f.json == NULL)
		return nvr_fail(
		    err, NVR_E_DATA, "not JSON: line %d: %s", je.line, je.text);
	list = json_object_get(f.json, "findings");
	model = json_object_get(f.json, "model");
	f.n = json_array_size(list);
	if (!json_is_array(list) || f.n > NVR_FINDINGS_MAX)
		rc = nvr_fail(err, NVR_E_DATA,
		    "it needs 'findings', an array of at most %d",
		    NVR_FINDINGS_MAX);
	else if (model != NULL && !json_is_null(model) &&
		 (!json_is_string(model) || json_string_length(model) > 128))
		rc = nvr_fail(err, NVR_E_DATA, "'model' is no short text");
	else if ((f.item = calloc(f.n + 1, sizeof(*f.item))) == NULL)
		rc = nvr_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < f.n; i++)
		rc = parse_one(json_array_get(list, i), i, &f.item[i], err);
	f.model = json_string_value(model);
	if (rc == 0)
		*ret = f;
	else
		nvr_findings_release(&f);
	return rc;
}

void
nvr_findings_release(struct nvr_findings *f)
{
	json_decref(f->json);
	free(f->item);
	*f = (struct nvr_findings){0};
}

static json_t *
text_or_null(const char *s)
{
	json_t *j = s != NULL ? json_string(s) : NULL;

	return j != NULL ? j : json_null();
}

static json_t *
number_or_null(int64_t n)
{
	return n > 0 ? json_integer(n) : json_null();
}

json_t *
nvr_finding_json(const struct nvr_finding *f)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
			 " s:o, s:o, s:o}",
	    "source", text_or_null(f->source), "kind", text_or_null(f->kind),
	    "label", text_or_null(f->label), "verdict",
	    text_or_null(f->verdict), "evidence", text_or_null(f->evidence),
	    "count", number_or_null(f->count), "confidence",
	    isnan(f->confidence) ? json_null() : json_real(f->confidence),
	    "confidence_method", text_or_null(f->confidence_method),
	    "calibrated",
	    f->calibrated > 0 ? json_real(f->calibrated) : json_null(),
	    "samples", number_or_null(f->samples), "agreed",
	    f->samples > 0 ? json_integer(f->agreed) : json_null(),
	    "uncertainty", text_or_null(f->uncertainty), "region",
	    text_or_null(f->region));
}

/* What a model answered, checked; see verdict.h. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/verdict_int.h"

/* Bounds; of texts in bytes. */
#define ANSWER_MAX (256 * 1024)
#define SCENE_MAX 1000
#define EVIDENCE_MAX 500
#define LABEL_MAX 64
#define OBJECTS_MAX 64
#define COUNT_MAX 10000
#define NOTES_MAX 64 /* visible texts, or limitations */
#define NOTE_MAX 500

/* Where in the answer something is wrong, as its path. */
struct place {
	const char *list; /* NULL: at the top */
	size_t i;
};

static int
wrong(struct nvr_error *err, const struct place *at, const char *key,
    const char *what)
{
	if (at->list != NULL)
		nvr_fail(err, NVR_E_DATA, "%s[%zu].%s %s", at->list, at->i, key,
		    what);
	else
		nvr_fail(err, NVR_E_DATA, "%s %s", key, what);
	return NVR_E_DATA;
}

/* A text of at most max bytes, made harmless where it stands. */
static int
get_text(json_t *o, const struct place *at, const char *key, size_t max,
    const char **ret, struct nvr_error *err)
{
	const json_t *v = json_object_get(o, key);
	char safe[SCENE_MAX + 1], limit[64];
	const char *s = json_string_value(v);
	json_t *copy;

	*ret = "";
	if (v == NULL)
		return wrong(err, at, key, "is missing");
	if (s == NULL)
		return wrong(err, at, key, "is not a string");
	if (json_string_length(v) > max) {
		snprintf(limit, sizeof(limit), "is longer than %zu bytes", max);
		return wrong(err, at, key, limit);
	}
	if (!nvr_text_printable(s)) {
		copy = json_string(nvr_text_safe(s, safe, sizeof(safe)));
		if (copy == NULL || json_object_set_new(o, key, copy) != 0)
			return nvr_fail_nomem(err);
		s = json_string_value(copy);
	}
	*ret = s;
	return 0;
}

static int
get_word(json_t *o, const struct place *at, const char *key,
    const char *const *words, const char **ret, struct nvr_error *err)
{
	const json_t *v = json_object_get(o, key);
	const char *s = json_string_value(v);
	char list[128] = "is none of ";

	*ret = "";
	for (const char *const *w = words; *w != NULL; w++) {
		if (s != NULL && strcmp(s, *w) == 0) {
			*ret = s;
			return 0;
		}
		strlcat(list, *w, sizeof(list));
		if (w[1] != NULL)
			strlcat(list, ", ", sizeof(list));
	}
	return wrong(err, at, key, v == NULL ? "is missing" : list);
}

static int
get_confidence(
    json_t *o, const struct place *at, double *ret, struct nvr_error *err)
{
	const json_t *v = json_object_get(o, "confidence");

	*ret = json_is_number(v) ? json_number_value(v) : NAN;
	if (*ret >= 0 && *ret <= 1)
		return 0;
	return wrong(err, at, "confidence",
	    v == NULL ? "is missing" : "is not a number from 0 to 1");
}

/* An array of at most max elements. */
static int
get_list(
    json_t *o, const char *key, size_t max, json_t **ret, struct nvr_error *err)
{
	*ret = json_object_get(o, key);
	if (*ret == NULL)
		return nvr_fail(err, NVR_E_DATA, "%s is missing", key);
	return json_is_array(*ret) && json_array_size(*ret) <= max
		   ? 0
		   : nvr_fail(err, NVR_E_DATA,
			 "%s is not an array of at most %zu", key, max);
}

/* An object with those members and no others; NULL ends the names. */
static int
check_members(const json_t *o, const struct place *at, const char *const *known,
    struct nvr_error *err)
{
	const char *key;
	json_t *v;

	if (!json_is_object(o))
		return at->list == NULL
			   ? nvr_fail(
				 err, NVR_E_DATA, "the answer is no object")
			   : nvr_fail(err, NVR_E_DATA,
				 "%s[%zu] is not an object", at->list, at->i);
	json_object_foreach((json_t *)o, key, v)
	{
		const char *const *k = known;
		char name[64];

		while (*k != NULL && strcmp(*k, key) != 0)
			k++;
		if (*k == NULL)
			return wrong(err, at,
			    nvr_text_safe(key, name, sizeof(name)),
			    "is not in the schema");
	}
	return 0;
}

/*
 * Where the finding of a check goes, in the order of the prompt; NULL, with
 * what is wrong, where it goes nowhere.
 */
static struct nvr_finding *
place_of(const struct nvr_checks *c, json_t *o, const struct place *at,
    struct nvr_finding *first, struct nvr_error *err)
{
	const char *id = json_string_value(json_object_get(o, "id"));
	int i = 0;

	while (i < c->n && (id == NULL || strcmp(c->item[i].id, id) != 0))
		i++;
	if (i < c->n && first[i].label == NULL) {
		first[i].label = id;
		return &first[i];
	}
	wrong(err, at, "id",
	    i < c->n	 ? "was answered before"
	    : id == NULL ? "is missing"
			 : "is no check that was asked for");
	return NULL;
}

static int
read_check(const struct nvr_checks *c, json_t *o, size_t i,
    struct nvr_finding *first, struct nvr_error *err)
{
	static const char *const known[] = {
	    "id", "evidence", "verdict", "uncertainty", "confidence", NULL};
	const struct place at = {"checks", i};
	struct nvr_finding *f;
	int rc = check_members(o, &at, known, err);

	if (rc != 0)
		return rc;
	f = place_of(c, o, &at, first, err);
	if (f == NULL)
		return err->code;
	f->kind = "check";
	rc = get_text(o, &at, "evidence", EVIDENCE_MAX, &f->evidence, err);
	if (rc == 0)
		rc = get_word(
		    o, &at, "verdict", nvr_verdict_verdicts, &f->verdict, err);
	if (rc == 0)
		rc = get_word(o, &at, "uncertainty", nvr_verdict_uncertainties,
		    &f->uncertainty, err);
	if (rc == 0)
		rc = get_confidence(o, &at, &f->confidence, err);
	if (rc != 0 || strcmp(f->uncertainty, "none") != 0)
		return rc;
	f->uncertainty = NULL;
	return strcmp(f->verdict, "cannot_determine") == 0
		   ? wrong(err, &at, "uncertainty",
			 "is none, but the verdict is cannot_determine")
		   : 0;
}

static int
read_checks(const struct nvr_checks *c, json_t *answer,
    struct nvr_finding *first, struct nvr_error *err)
{
	json_t *list;
	int rc;

	if (c->n == 0 && json_object_get(answer, "checks") == NULL)
		return 0;
	rc = get_list(answer, "checks", (size_t)c->n, &list, err);
	for (size_t i = 0; rc == 0 && i < json_array_size(list); i++)
		rc = read_check(c, json_array_get(list, i), i, first, err);
	for (int i = 0; rc == 0 && i < c->n; i++)
		if (first[i].label == NULL)
			rc = nvr_fail(err, NVR_E_DATA,
			    "the check '%s' is not answered", c->item[i].id);
	return rc;
}

static int
read_object(json_t *o, size_t i, struct nvr_finding *f, struct nvr_error *err)
{
	static const char *const known[] = {
	    "label", "count", "region", "evidence", "confidence", NULL};
	const struct place at = {"objects", i};
	const json_t *count = json_object_get(o, "count");
	int rc = check_members(o, &at, known, err);

	if (rc == 0)
		rc = get_text(o, &at, "label", LABEL_MAX, &f->label, err);
	if (rc == 0 && f->label[0] == '\0')
		rc = wrong(err, &at, "label", "is empty");
	if (rc == 0)
		rc = get_text(
		    o, &at, "evidence", EVIDENCE_MAX, &f->evidence, err);
	if (rc == 0)
		rc = get_word(
		    o, &at, "region", nvr_verdict_regions, &f->region, err);
	if (rc == 0)
		rc = get_confidence(o, &at, &f->confidence, err);
	if (rc != 0)
		return rc;
	f->count = json_is_integer(count) ? json_integer_value(count) : -1;
	if (f->count < 0 || f->count > COUNT_MAX)
		return wrong(err, &at, "count",
		    count == NULL ? "is missing"
				  : "is not an integer from 0 to 10000");
	if (strcmp(f->region, "whole") == 0)
		f->region = NULL;
	f->kind = "object";
	f->verdict = f->count > 0 ? "yes" : "no";
	return 0;
}

/* Texts that are checked and stay in the raw answer. */
static int
check_notes(json_t *answer, const char *key, struct nvr_error *err)
{
	json_t *list;
	int rc = get_list(answer, key, NOTES_MAX, &list, err);

	for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_string(v) || json_string_length(v) > NOTE_MAX)
			rc = nvr_fail(err, NVR_E_DATA,
			    "%s[%zu] is not a string of at most %d bytes", key,
			    i, NOTE_MAX);
	}
	return rc;
}

static int
read_findings(const struct nvr_checks *c, json_t *answer,
    struct nvr_findings *f, struct nvr_error *err)
{
	json_t *objects;
	size_t n = (size_t)c->n;
	int rc = get_list(answer, "objects", OBJECTS_MAX, &objects, err);

	if (rc != 0)
		return rc;
	f->item = calloc(n + OBJECTS_MAX, sizeof(*f->item));
	if (f->item == NULL)
		return nvr_fail_nomem(err);
	rc = read_checks(c, answer, f->item, err);
	for (size_t i = 0; rc == 0 && i < json_array_size(objects); i++)
		rc = read_object(
		    json_array_get(objects, i), i, &f->item[n + i], err);
	f->n = n + json_array_size(objects);
	for (size_t i = 0; i < f->n; i++) {
		f->item[i].source = "model";
		f->item[i].confidence_method = "verbalised";
	}
	return rc;
}

/* The object between white space and a fence, if there is one. */
static const char *
strip(const char *s, size_t *len)
{
	size_t n = strlen(s);
	const char *end = s + n;

	while (s < end && isspace((unsigned char)*s))
		s++;
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	if (end - s >= 6 && strncmp(s, "```", 3) == 0 &&
	    strncmp(end - 3, "```", 3) == 0) {
		end -= 3;
		s += 3;
		if (end - s >= 4 && strncasecmp(s, "json", 4) == 0)
			s += 4;
	}
	*len = (size_t)(end - s);
	return s;
}

static int
load(const char *content, json_t **ret, struct nvr_error *err)
{
	char text[128];
	json_error_t je;
	size_t len;

	if (strnlen(content, ANSWER_MAX + 1) > ANSWER_MAX)
		return nvr_fail(err, NVR_E_DATA,
		    "the answer is longer than %d bytes", ANSWER_MAX);
	content = strip(content, &len);
	*ret = json_loadb(content, len, JSON_REJECT_DUPLICATES, &je);
	return *ret != NULL
		   ? 0
		   : nvr_fail(err, NVR_E_DATA,
			 "the answer is not one JSON object: line %d: %s",
			 je.line, nvr_text_safe(je.text, text, sizeof(text)));
}

int
nvr_verdict_read(const struct nvr_checks *c, const char *content,
    struct nvr_verdict *ret, struct nvr_error *err)
{
	static const char *const known[] = {"scene", "image_quality", "objects",
	    "checks", "visible_text", "limitations", NULL};
	const struct place top = {NULL, 0};
	struct nvr_verdict v = {0};
	json_t *answer;
	int rc = load(content, &answer, err);

	if (rc != 0)
		return rc;
	v.findings.json = answer;
	rc = check_members(answer, &top, known, err);
	if (rc == 0)
		rc = get_text(answer, &top, "scene", SCENE_MAX, &v.scene, err);
	if (rc == 0)
		rc = get_word(answer, &top, "image_quality",
		    nvr_verdict_qualities, &v.quality, err);
	if (rc == 0)
		rc = read_findings(c, answer, &v.findings, err);
	if (rc == 0)
		rc = check_notes(answer, "visible_text", err);
	if (rc == 0)
		rc = check_notes(answer, "limitations", err);
	if (rc == 0)
		*ret = v;
	else
		nvr_verdict_release(&v);
	return rc;
}

void
nvr_verdict_release(struct nvr_verdict *v)
{
	nvr_findings_release(&v->findings);
	*v = (struct nvr_verdict){0};
}

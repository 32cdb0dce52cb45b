/* What a model is asked, and the schema of its answer; see verdict.h. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/verdict_int.h"

#define ID_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

const char *const nvr_verdict_qualities[] = {
    "good", "degraded", "unusable", NULL};
const char *const nvr_verdict_regions[] = {
    "left", "centre", "right", "whole", NULL};
const char *const nvr_verdict_verdicts[] = {
    "yes", "no", "cannot_determine", NULL};
const char *const nvr_verdict_uncertainties[] = {"none", "dark", "blurred",
    "occluded", "too_small", "out_of_view", "ambiguous", NULL};

/* Text with lines and tabs in it, but no other control characters. */
static bool
is_plain(const char *s)
{
	unsigned c;

	while (*s != '\0') {
		int n = nvr_utf8_next(s, &c);

		if (n == 0 ||
		    (nvr_is_control(c) && strchr("\t\r\n", (int)c) == NULL))
			return false;
		s += n;
	}
	return true;
}

static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t\r\n");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
		s[--n] = '\0';
	return s;
}

/* The length of the ID in `ID: question`, or 0 where the line is none. */
static size_t
id_length(const char *line)
{
	size_t n = strspn(line, ID_LETTERS);

	return line[n] == ':' && (line[n + 1] == ' ' || line[n + 1] == '\t')
		   ? n
		   : 0;
}

/* Whether each line that is not empty is a check.  Changes nothing. */
static bool
is_list(const char *text)
{
	while (*text != '\0') {
		text += strspn(text, " \t\r\n");
		if (*text != '\0' && id_length(text) == 0)
			return false;
		text += strcspn(text, "\n");
	}
	return true;
}

static int
add(struct nvr_checks *c, char *line, int number, struct nvr_error *err)
{
	struct nvr_check *k = &c->item[c->n];
	size_t n = id_length(line);

	if (c->n == NVR_CHECKS_MAX)
		return nvr_fail(err, NVR_E_USAGE,
		    "the prompt's line %d: more than %d checks", number,
		    NVR_CHECKS_MAX);
	if (n >= sizeof(k->id))
		return nvr_fail(err, NVR_E_USAGE,
		    "the prompt's line %d: its id is longer than %d letters",
		    number, NVR_CHECK_ID - 1);
	memcpy(k->id, line, n);
	k->id[n] = '\0';
	for (int i = 0; i < c->n; i++)
		if (strcmp(c->item[i].id, k->id) == 0)
			return nvr_fail(err, NVR_E_USAGE,
			    "the prompt's line %d: the check '%s' is there "
			    "twice",
			    number, k->id);
	k->question = trim(line + n + 1);
	c->n++;
	return 0;
}

static int
split(struct nvr_checks *c, struct nvr_error *err)
{
	char *rest = c->text, *line;
	int rc = 0, number = 0;

	while (rc == 0 && (line = strsep(&rest, "\n")) != NULL) {
		number++;
		line = trim(line);
		if (*line != '\0')
			rc = add(c, line, number, err);
	}
	return rc;
}

int
nvr_checks_parse(
    const char *prompt, struct nvr_checks *ret, struct nvr_error *err)
{
	struct nvr_checks c = {0};
	int rc = 0;

	if (prompt == NULL || prompt[strspn(prompt, " \t\r\n")] == '\0') {
		*ret = c;
		return 0;
	}
	if (strlen(prompt) > PROMPT_MAX)
		return nvr_fail(err, NVR_E_USAGE,
		    "the prompt is longer than %d bytes", PROMPT_MAX);
	if (!is_plain(prompt))
		return nvr_fail(err, NVR_E_USAGE,
		    "the prompt has control characters, or is not UTF-8");
	c.text = strdup(prompt);
	if (c.text == NULL)
		return nvr_fail_nomem(err);
	if (is_list(c.text)) {
		rc = split(&c, err);
	} else {
		c.item[0] = (struct nvr_check){"prompt", trim(c.text)};
		c.n = 1;
	}
	if (rc == 0)
		*ret = c;
	else
		nvr_checks_release(&c);
	return rc;
}

void
nvr_checks_release(struct nvr_checks *c)
{
	free(c->text);
	*c = (struct nvr_checks){0};
}

int
nvr_checks_text(
    const struct nvr_checks *c, struct nvr_buf *ret, struct nvr_error *err)
{
	const char *say = c->n > 0 ? "Checks to answer:\n"
				   : "There are no checks: tell what is to be "
				     "seen.\n";
	int rc = nvr_buf_addf(ret, err, "%s", say);

	for (int i = 0; rc == 0 && i < c->n; i++)
		rc = nvr_buf_addf(
		    ret, err, "\n%s: %s\n", c->item[i].id, c->item[i].question);
	return rc;
}

static json_t *
type(const char *name)
{
	return json_pack("{s:s}", "type", name);
}

static json_t *
one_of(const char *const *words)
{
	json_t *list = json_array();

	for (; *words != NULL; words++)
		json_array_append_new(list, json_string(*words));
	return json_pack("{s:s, s:o}", "type", "string", "enum", list);
}

static json_t *
array_of(json_t *items)
{
	return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

/* With all of its members required and no others, as `strict` wants it. */
static json_t *
object_of(json_t *members)
{
	json_t *required = json_array(), *v;
	const char *key;

	json_object_foreach(members, key, v)
	{
		json_array_append_new(required, json_string(key));
	}
	return json_pack("{s:s, s:b, s:o, s:o}", "type", "object",
	    "additionalProperties", 0, "required", required, "properties",
	    members);
}

static json_t *
check_schema(const struct nvr_checks *c)
{
	const char *ids[NVR_CHECKS_MAX + 1] = {NULL};

	for (int i = 0; i < c->n; i++)
		ids[i] = c->item[i].id;
	return object_of(json_pack("{s:o, s:o, s:o, s:o, s:o}", "id",
	    one_of(ids), "evidence", type("string"), "verdict",
	    one_of(nvr_verdict_verdicts), "uncertainty",
	    one_of(nvr_verdict_uncertainties), "confidence", type("number")));
}

static json_t *
object_schema(void)
{
	return object_of(
	    json_pack("{s:o, s:o, s:o, s:o, s:o}", "label", type("string"),
		"count", type("integer"), "region", one_of(nvr_verdict_regions),
		"evidence", type("string"), "confidence", type("number")));
}

json_t *
nvr_verdict_schema(const struct nvr_checks *c)
{
	json_t *o = json_pack("{s:o, s:o, s:o}", "scene", type("string"),
	    "image_quality", one_of(nvr_verdict_qualities), "objects",
	    array_of(object_schema()));

	/* An enumeration of no ids would be no schema. */
	if (c->n > 0)
		json_object_set_new(o, "checks", array_of(check_schema(c)));
	json_object_set_new(o, "visible_text", array_of(type("string")));
	json_object_set_new(o, "limitations", array_of(type("string")));
	return object_of(o);
}

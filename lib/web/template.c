/* Puts pages together; see template.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "web/template_int.h"

#define DEPTH 16  /* of objects, and of texts within texts */
#define WORD 64	  /* bytes of one, with its NUL */
#define PLACE 256 /* bytes of all between {{ and }} */

struct rendering {
	const struct nvr_web_view *view;
	const json_t *scope[DEPTH]; /* the innermost is the last */
	int nscopes, ntexts;
	struct nvr_buf *out;
	struct nvr_error *err;
};

/* A place, as words: {{how name rest}}. */
struct place {
	char how[WORD], name[WORD];
	char rest[PLACE];
};

enum ending { AT_TEXT, AT_ELSE, AT_END };

static int run(
    struct rendering *r, const char **p, bool live, enum ending *ending);

const char *
nvr_web_text(const char *name)
{
	const struct nvr_web_text *t = nvr_web_texts;

	while (t->name != NULL && strcmp(t->name, name) != 0)
		t++;
	return t->text;
}

static const json_t *
member(const json_t *o, const char *name)
{
	char first[WORD];
	size_t n = strcspn(name, ".");

	if (n >= sizeof(first))
		return NULL;
	memcpy(first, name, n);
	first[n] = '\0';
	o = json_object_get(o, first);
	return name[n] == '.' && o != NULL ? member(o, name + n + 1) : o;
}

/* NULL: there is none of that name. */
static const json_t *
find(const struct rendering *r, const char *name)
{
	const json_t *v = NULL;

	if (strcmp(name, ".") == 0)
		return r->scope[r->nscopes - 1];
	for (int i = r->nscopes; v == NULL && i > 0; i--)
		v = member(r->scope[i - 1], name);
	return v;
}

static bool
holds(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		return json_string_length(v) > 0;
	case JSON_INTEGER:
		return json_integer_value(v) != 0;
	case JSON_REAL:
		return json_real_value(v) != 0;
	case JSON_ARRAY:
		return json_array_size(v) > 0;
	case JSON_OBJECT:
		return json_object_size(v) > 0;
	default:
		return json_is_true(v);
	}
}

/* Reads what stands between {{ and }}, and moves on behind it. */
static int
read_place(const char **p, struct place *ret, struct nvr_error *err)
{
	const char *end = strstr(*p, "}}");
	char text[PLACE];
	int n = 0;

	if (end == NULL || (size_t)(end - *p) >= sizeof(text))
		return nvr_fail(err, NVR_E_BUG, "a place has no end");
	snprintf(text, sizeof(text), "%.*s", (int)(end - *p), *p);
	*p = end + 2;
	*ret = (struct place){0};
	if (sscanf(text, "%63s %63s %n", ret->how, ret->name, &n) < 1)
		return nvr_fail(err, NVR_E_BUG, "a place is empty");
	strlcpy(ret->rest, text + n, sizeof(ret->rest));
	return 0;
}

static int
enter(struct rendering *r, const json_t *scope)
{
	if (r->nscopes == DEPTH)
		return nvr_fail(r->err, NVR_E_BUG, "too much within itself");
	r->scope[r->nscopes++] = scope;
	return 0;
}

static int
whole(struct rendering *r, const char *text)
{
	enum ending ending = AT_TEXT;
	int rc = run(r, &text, true, &ending);

	return rc == 0 && ending != AT_TEXT
		   ? nvr_fail(r->err, NVR_E_BUG, "an end of nothing")
		   : rc;
}

static int
use(struct rendering *r, const char *name)
{
	const char *text = nvr_web_text(name);
	int rc;

	if (text == NULL || r->ntexts == DEPTH)
		return nvr_fail(
		    r->err, NVR_E_BUG, "no text '%s' can go here", name);
	r->ntexts++;
	rc = whole(r, text);
	r->ntexts--;
	if (rc != 0)
		nvr_prefix(r->err, "%s", name);
	return rc;
}

/* Up to its {{end}}: the first part if `yes`, else that behind {{else}}. */
static int
branch(struct rendering *r, const char **p, bool live, bool yes)
{
	enum ending ending;
	int rc = run(r, p, live && yes, &ending);

	if (rc == 0 && ending == AT_ELSE)
		rc = run(r, p, live && !yes, &ending);
	if (rc == 0 && ending != AT_END)
		rc = nvr_fail(r->err, NVR_E_BUG, "an {{end}} is missing");
	return rc;
}

static int
each(struct rendering *r, const char **p, bool live, const json_t *list)
{
	const char *from = *p;
	size_t n = live ? json_array_size(list) : 0;
	enum ending ending;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i + 1 < n; i++) {
		rc = enter(r, json_array_get(list, i));
		*p = from;
		if (rc == 0)
			rc = run(r, p, true, &ending);
		r->nscopes--;
	}
	*p = from;
	if (rc != 0 || n == 0)
		return rc == 0 ? branch(r, p, live, false) : rc;
	rc = enter(r, json_array_get(list, n - 1));
	if (rc == 0)
		rc = branch(r, p, true, true);
	r->nscopes--;
	return rc;
}

static int
with(struct rendering *r, const char **p, bool live, const json_t *o)
{
	int rc = live ? enter(r, o) : 0;

	if (rc == 0)
		rc = branch(r, p, live, true);
	r->nscopes -= live;
	return rc;
}

static int
csrf(struct rendering *r, const char *action)
{
	int rc = nvr_buf_addf(
	    r->out, r->err, "<input type=\"hidden\" name=\"csrf\" value=\"");

	if (rc == 0)
		rc = r->view->token(r->view->ctx, action, r->out, r->err);
	return rc == 0 ? nvr_buf_addf(r->out, r->err, "\">") : rc;
}

/* FNV-1a. */
static int
sum(struct rendering *r, const char *name)
{
	const char *text = nvr_web_text(name);
	uint64_t h = UINT64_C(14695981039346656037);

	if (text == NULL)
		return nvr_fail(r->err, NVR_E_BUG, "no text '%s'", name);
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return nvr_buf_addf(r->out, r->err, "%016" PRIx64, h);
}

/* A form's value or error of that field; may be NULL. */
static json_t *
of_field(const struct rendering *r, const char *where, const char *name)
{
	const json_t *v = find(r, where);

	return v != NULL ? json_object_get(v, name) : NULL;
}

static int
input(struct rendering *r, const struct place *place)
{
	char type[WORD] = "", complete[WORD] = "";
	json_t *o;
	int n = 0, rc;

	if (sscanf(place->rest, "%63s %63s %n", type, complete, &n) < 2)
		return nvr_fail(r->err, NVR_E_BUG, "an input lacks its words");
	o = json_pack("{ss ss ss ss sO? sO?}", "name", place->name, "type",
	    type, "complete", complete, "label", place->rest + n, "value",
	    of_field(r, "form", place->name), "wrong",
	    of_field(r, "errors", place->name));
	if (o == NULL)
		return nvr_fail_nomem(r->err);
	rc = enter(r, o);
	if (rc == 0)
		rc = use(r, "input");
	r->nscopes--;
	json_decref(o);
	return rc;
}

/* What writes something; live. */
static int
put(struct rendering *r, const struct place *place)
{
	const json_t *v;
	bool known;
	int rc;

	if (strcmp(place->how, "use") == 0)
		return use(r, place->name);
	if (strcmp(place->how, "body") == 0)
		return use(r, r->view->body);
	if (strcmp(place->how, "base") == 0)
		return nvr_html_attr(r->out, r->view->base, r->err);
	if (strcmp(place->how, "sum") == 0)
		return sum(r, place->name);
	if (strcmp(place->how, "csrf") == 0)
		return csrf(r, place->name);
	if (strcmp(place->how, "input") == 0)
		return input(r, place);
	v = find(r, place->name);
	rc = nvr_web_put(place->how, v, r->view, r->out, &known, r->err);
	if (rc == 0 && !known)
		rc = nvr_fail(r->err, NVR_E_BUG, "no such place");
	else if (rc == 0 && v == NULL)
		rc = nvr_fail(r->err, NVR_E_BUG, "there is no such value");
	if (rc != 0)
		nvr_prefix(r->err, "{{%s %s}}", place->how, place->name);
	return rc;
}

/* What other text stands within. */
static int
enclose(struct rendering *r, const char **p, bool live,
    const struct place *place, bool *is_block)
{
	const json_t *v = live ? find(r, place->name) : NULL;
	const char *s = json_string_value(v);

	*is_block = true;
	if (strcmp(place->how, "if") == 0)
		return branch(r, p, live, v != NULL && holds(v));
	if (strcmp(place->how, "is") == 0)
		return branch(
		    r, p, live, s != NULL && strcmp(s, place->rest) == 0);
	if (strcmp(place->how, "each") == 0)
		return each(r, p, live, v);
	if (strcmp(place->how, "with") == 0)
		return with(r, p, live && v != NULL, v);
	*is_block = false;
	return 0;
}

/* Up to the end of the text, or behind an {{else}} or {{end}} of its own. */
static int
run(struct rendering *r, const char **p, bool live, enum ending *ending)
{
	struct place place;
	int rc = 0;

	for (;;) {
		const char *open = strstr(*p, "{{");
		size_t len = open != NULL ? (size_t)(open - *p) : strlen(*p);
		bool is_block;

		if (live)
			rc = nvr_buf_add(r->out, *p, len, r->err);
		*p += len;
		*ending = AT_TEXT;
		if (rc != 0 || open == NULL)
			return rc;
		*p += 2;
		rc = read_place(p, &place, r->err);
		if (rc != 0)
			return rc;
		*ending = strcmp(place.how, "end") == 0	   ? AT_END
			  : strcmp(place.how, "else") == 0 ? AT_ELSE
							   : AT_TEXT;
		if (*ending != AT_TEXT)
			return 0;
		rc = enclose(r, p, live, &place, &is_block);
		if (rc == 0 && !is_block && live)
			rc = put(r, &place);
		if (rc != 0)
			return rc;
	}
}

static struct rendering
begin(
    const struct nvr_web_view *view, struct nvr_buf *out, struct nvr_error *err)
{
	return (struct rendering){.view = view,
	    .scope = {view->values},
	    .nscopes = 1,
	    .out = out,
	    .err = err};
}

int
nvr_web_render(const char *name, const struct nvr_web_view *view,
    struct nvr_buf *out, struct nvr_error *err)
{
	struct rendering r = begin(view, out, err);

	return use(&r, name);
}

int
nvr_web_render_text(const char *text, const struct nvr_web_view *view,
    struct nvr_buf *out, struct nvr_error *err)
{
	struct rendering r = begin(view, out, err);

	return whole(&r, text);
}

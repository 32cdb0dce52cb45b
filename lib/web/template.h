/*
 * Pages: texts with places for values (share/web/NAME.html), put together with
 * a JSON object, the view.  A place names the context that its value goes to,
 * so nothing is printed without the escaper of that context:
 *
 *	{{text NAME}}	between tags
 *	{{attr NAME}}	the value of an attribute, in double quotes
 *	{{part NAME}}	one piece of a URL, percent-encoded (RFC 3986, 2.1)
 *	{{int NAME}}	a whole number
 *	{{number NAME}}	a number to one digit
 *	{{size NAME}}	bytes, for people: `1.5G`
 *	{{span NAME}}	a duration in microseconds: `1h30m`
 *	{{time NAME}}	a moment in microseconds: an element with the clock of
 *			the reader's zone, and UTC where the pointer rests
 *	{{ago NAME}}	the same as how long ago it was
 *	{{base}}	what the portal's paths begin with
 *	{{sum NAME}}	another number whenever the text NAME is another one,
 *for what browsers may keep
 *
 *	{{if NAME}} … {{else}} … {{end}}	not null, false, 0, "" or empty
 *	{{is NAME WORD}} … {{else}} … {{end}}	the string WORD
 *	{{each NAME}} … {{else}} … {{end}}	for each of an array
 *	{{with NAME}} … {{end}}			names of that object come first
 *	{{use NAME}}	another text; {{body}} the one that the shell is around
 *	{{csrf ACTION}}	the hidden field that proves a form to be ours
 *	{{input NAME TYPE COMPLETE LABEL}}	a labelled field of a form: the
 *text input.html, with the value `form.NAME` and the error `errors.NAME`;
 *COMPLETE as of autocomplete, or `off`
 *
 * NAME is looked up in the innermost object first; `a.b` is a member of a
 * member, `.` the innermost value.  A place for a value that there is not is an
 * error, null writes nothing.
 */
#ifndef NVR_WEB_TEMPLATE_H
#define NVR_WEB_TEMPLATE_H

#include <jansson.h>

#include "base/buf.h"
#include "base/zone.h"

struct nvr_web_text {
	const char *name, *text;
};
extern const struct nvr_web_text nvr_web_texts[]; /* NULLs end */
/* NULL: there is none. */
const char *nvr_web_text(const char *name);

struct nvr_web_view {
	json_t *values;
	const char *body, *base; /* names the text for {{body}} */
	const struct nvr_zone *zone;
	int64_t now;
	/* Appends the token of that action. */
	int (*token)(void *ctx, const char *action, struct nvr_buf *out,
	    struct nvr_error *err);
	void *ctx;
};

/* Appends it.  NVR_E_BUG, with the text's name, for what is wrong with one. */
int nvr_web_render(const char *name, const struct nvr_web_view *view,
    struct nvr_buf *out, struct nvr_error *err);
/* The same of a text that has no name. */
int nvr_web_render_text(const char *text, const struct nvr_web_view *view,
    struct nvr_buf *out, struct nvr_error *err);

#endif

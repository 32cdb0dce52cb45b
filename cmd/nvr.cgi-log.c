/* Page: the security log of one's account (C6, C13). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/log.h"
#include "nvr.cgi-page.h"

#define ROWS 100

struct listing {
	struct portal_call *c;
	json_t *rows;
	int64_t first;
};

static json_t *
text_of(const struct nvr_log_entry *e, const char *name)
{
	const char *s = json_string_value(json_object_get(e->payload, name));

	return json_string(s != NULL ? s : "");
}

/* They come oldest first, and are read newest first. */
static int
add(void *ctx, const struct nvr_log_entry *e)
{
	struct listing *l = ctx;

	if (l->first == 0)
		l->first = e->at;
	return json_array_insert_new(l->rows, 0,
		   json_pack("{sI ss so so}", "at", (json_int_t)e->at, "type",
		       e->type, "who", text_of(e, "who"), "address",
		       text_of(e, "address"))) == 0
		   ? 0
		   : nvr_fail_nomem(l->c->err);
}

static int
show(struct portal_call *c)
{
	const char *before = nvr_web_field(&c->r->query, "before");
	struct listing l = {c, json_array(), 0};
	struct nvr_log_filter f = {
	    .account = c->session.account, .limit = ROWS};
	char text[24] = "";
	int rc;

	if (before != NULL)
		f.until = strtonum(before, 1, NVR_TIME_MAX, NULL);
	rc = nvr_log_each(c->s, &f, add, &l, c->err);
	if (json_array_size(l.rows) == ROWS)
		snprintf(text, sizeof(text), "%" PRId64, l.first);
	if (rc == 0)
		rc = portal_put(c, "before", json_string(text));
	if (rc == 0)
		return portal_put(c, "rows", l.rows);
	json_decref(l.rows);
	return rc;
}

const struct portal_page page_log = {
    "log", "Security log", PORTAL_SIGNED_IN, show, NULL, .rights = true};

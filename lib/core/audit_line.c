/* An audit as a line of JSON; see audit_line.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/id.h"
#include "base/time.h"
#include "core/audit_line.h"

/* A line that is being written; nothing follows a failure. */
struct line {
	struct nvr_buf *b;
	struct nvr_error *err;
	bool further; /* than the first member */
	int rc;
};

static void
put(struct line *l, const char *text, size_t len)
{
	if (l->rc == 0)
		l->rc = nvr_buf_add(l->b, text, len, l->err);
}

static void
put_key(struct line *l, const char *key)
{
	put(l, ",\"", l->further ? 2 : 0);
	if (!l->further)
		put(l, "\"", 1);
	l->further = true;
	put(l, key, strlen(key));
	put(l, "\":", 2);
}

/* What is no text any more comes out with `?` for what is broken. */
static int
put_chars(struct line *l, const char *text)
{
	struct nvr_buf mended = {0};
	int rc = nvr_json_chars(l->b, text, strlen(text), l->err);

	if (rc != NVR_E_DATA)
		return rc;
	rc = nvr_line_text(&mended, text, l->err);
	if (rc == 0 && mended.len > 0)
		rc = nvr_json_chars(l->b, mended.data, mended.len, l->err);
	nvr_buf_wipe(&mended);
	return rc;
}

static void
put_text(struct line *l, const char *key, const char *text)
{
	put_key(l, key);
	if (text == NULL) {
		put(l, "null", 4);
		return;
	}
	put(l, "\"", 1);
	if (l->rc == 0)
		l->rc = put_chars(l, text);
	put(l, "\"", 1);
}

static void
put_number(struct line *l, const char *key, int64_t n, bool there)
{
	char text[24];

	put_key(l, key);
	if (there)
		put(l, text,
		    (size_t)snprintf(text, sizeof(text), "%" PRId64, n));
	else
		put(l, "null", 4);
}

static void
put_real(struct line *l, const char *key, double v, bool there)
{
	char text[32];

	put_key(l, key);
	if (!there || !isfinite(v)) {
		put(l, "null", 4);
		return;
	}
	snprintf(text, sizeof(text), "%.6g", v);
	if (strpbrk(text, ".e") == NULL)
		strlcat(text, ".0", sizeof(text));
	put(l, text, strlen(text));
}

/* 0 is none. */
static void
put_time(struct line *l, const char *key, int64_t t)
{
	char text[NVR_TIME_TEXT];

	put_text(l, key, t != 0 ? nvr_time_format(t, text) : NULL);
}

static void
put_id(struct line *l, const char *key, int64_t id)
{
	char text[NVR_ID_TEXT];

	put_text(l, key, id != 0 ? nvr_id_format(id, text) : NULL);
}

int
nvr_audit_line_begin(
    struct nvr_buf *b, const struct nvr_audit *a, struct nvr_error *err)
{
	struct line l = {.b = b, .err = err};

	put(&l, "{", 1);
	put_time(&l, "at", a->at);
	put_text(&l, "camera", a->camera_name);
	put_text(&l, "status", a->status);
	put_id(&l, "id", a->id);
	put_id(&l, "camera_id", a->camera_id);
	put_id(&l, "still_id", a->still_id);
	put_text(&l, "type", a->type);
	put_text(&l, "origin", a->origin);
	put_text(&l, "analyzer", a->analyzer);
	put_text(&l, "profile", a->profile);
	put_text(&l, "model", a->model);
	put_text(&l, "prompt", a->prompt);
	put_text(&l, "error", a->error);
	put_time(&l, "taken_at", a->taken_at);
	put_number(&l, "duration_ms", a->duration_us / NVR_MILLISECOND, true);
	put_id(&l, "schedule_id", a->schedule_id);
	put_time(&l, "slot_at", a->slot_at);
	put_number(&l, "width", a->width, a->width != 0);
	put_number(&l, "height", a->height, a->height != 0);
	put_text(&l, "still_sha256", a->still_sha256);
	put_key(&l, "findings");
	put(&l, "[", 1);
	return l.rc;
}

int
nvr_audit_line_finding(struct nvr_buf *b, const struct nvr_finding *f,
    bool first, struct nvr_error *err)
{
	struct line l = {.b = b, .err = err};

	put(&l, ",{", first ? 0 : 2);
	if (first)
		put(&l, "{", 1);
	put_text(&l, "source", f->source);
	put_text(&l, "kind", f->kind);
	put_text(&l, "label", f->label);
	put_text(&l, "verdict", f->verdict);
	put_text(&l, "evidence", f->evidence);
	put_number(&l, "count", f->count, f->count > 0);
	put_real(&l, "confidence", f->confidence, true);
	put_text(&l, "confidence_method", f->confidence_method);
	put_real(&l, "calibrated", f->calibrated, f->calibrated > 0);
	put_number(&l, "samples", f->samples, f->samples > 0);
	put_number(&l, "agreed", f->agreed, f->samples > 0);
	put_text(&l, "uncertainty", f->uncertainty);
	put_text(&l, "region", f->region);
	put(&l, "}", 1);
	return l.rc;
}

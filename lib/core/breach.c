/* The register of breaches; see breach.h. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/breach.h"
#include "core/log.h"
#include "core/register.h"

int
nvr_breach_title(struct nvr_state *s, const struct nvr_breach *b,
    struct nvr_buf *title, struct nvr_error *err)
{
	return nvr_register_open(s, 0,
	    &(struct nvr_column){"breach", "title", b->id}, &b->title, title,
	    err);
}

int
nvr_breach_note_text(struct nvr_state *s, const struct nvr_breach_note *n,
    struct nvr_buf *text, struct nvr_error *err)
{
	return nvr_register_open(s, 0,
	    &(struct nvr_column){"breach_note", "text", n->id}, &n->text, text,
	    err);
}

struct kept {
	struct nvr_state *s;
	struct nvr_breach row; /* without its title */
	struct nvr_buf *title; /* gets it; NULL: it is not asked for */
	bool found;
	struct nvr_error *err;
};

static int
keep(void *ctx, const struct nvr_breach *b)
{
	struct kept *k = ctx;

	k->row = *b;
	k->found = true;
	k->row.title = (struct nvr_blob){NULL, 0};
	return k->title != NULL ? nvr_breach_title(k->s, b, k->title, k->err)
				: 0;
}

static int
find(struct nvr_state *s, int64_t id, struct nvr_buf *title, struct kept *k,
    struct nvr_error *err)
{
	char text[NVR_ID_TEXT];
	int rc;

	*k = (struct kept){.s = s, .title = title, .err = err};
	rc = nvr_breach_each(s->store, id > 0 ? id : -1, keep, k, err);
	if (rc == 0 && !k->found)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "no breach '%s'; 'nvr-account breach list' shows them",
		    nvr_id_format(id, text));
	return rc;
}

static int
log_line(
    struct nvr_state *s, int64_t id, const char *type, struct nvr_error *err)
{
	return nvr_log_append(
	    s, 0, type, json_pack("{so}", "id", nvr_register_id(id)), err);
}

static int
add_note(struct nvr_state *s, int64_t id, int64_t at, const char *text,
    struct nvr_error *err)
{
	struct nvr_breach_note n = {.id = nvr_id_new(),
	    .breach = id,
	    .at = at,
	    .who = s->actor.who != NULL ? s->actor.who() : ""};
	const struct nvr_column in = {"breach_note", "text", n.id};
	struct nvr_buf sealed = {0};
	int rc = nvr_check_text("the note", text, err);

	if (rc == 0)
		rc = nvr_register_seal(s, 0, &in, text, &sealed, &n.text, err);
	if (rc == 0)
		rc = nvr_breach_note_insert(s->store, &n, err);
	nvr_buf_release(&sealed);
	return rc;
}

int
nvr_breach_open(struct nvr_state *s, const char *title, int64_t known,
    const char *text, int64_t *id, struct nvr_error *err)
{
	int64_t now = nvr_time_now();
	struct nvr_breach b = {.id = nvr_id_new(),
	    .known_at = known != 0 ? known : now,
	    .opened_at = now};
	const struct nvr_column at = {"breach", "title", b.id};
	struct nvr_buf sealed = {0};
	int rc = nvr_check_line("the title", title, err);

	b.due_at = b.known_at + NVR_BREACH_REPORT;
	if (rc == 0 && (b.known_at < 0 || b.known_at > now))
		rc = nvr_fail(err, NVR_E_USAGE,
		    "a breach cannot have become known in the future");
	if (rc == 0)
		rc =
		    nvr_register_seal(s, 0, &at, title, &sealed, &b.title, err);
	if (rc == 0)
		rc = nvr_breach_insert(s->store, &b, err);
	nvr_buf_release(&sealed);
	if (rc == 0 && text != NULL)
		rc = add_note(s, b.id, now, text, err);
	if (rc == 0)
		rc = log_line(s, b.id, "breach.opened", err);
	if (rc == 0)
		*id = b.id;
	return rc;
}

/* reported is once: what was told first holds. */
static int
report(struct nvr_state *s, struct nvr_breach *b, int64_t now,
    struct nvr_error *err)
{
	if (b->reported_at != 0)
		return 0;
	b->reported_at = now;
	return log_line(s, b->id, "breach.reported", err);
}

int
nvr_breach_note(struct nvr_state *s, int64_t id, const char *text,
    bool reported, struct nvr_error *err)
{
	int64_t now = nvr_time_now();
	struct kept k;
	int rc = find(s, id, NULL, &k, err);

	if (rc == 0 && (text != NULL || !reported))
		rc = add_note(s, id, now, text, err);
	if (rc == 0 && text != NULL)
		rc = log_line(s, id, "breach.noted", err);
	if (rc == 0 && reported)
		rc = report(s, &k.row, now, err);
	if (rc == 0)
		rc = nvr_breach_update(s->store, &k.row, err);
	return rc;
}

int
nvr_breach_close(struct nvr_state *s, int64_t id, const char *text,
    bool reported, struct nvr_error *err)
{
	int64_t now = nvr_time_now();
	struct kept k;
	int rc = find(s, id, NULL, &k, err);

	if (rc == 0 && k.row.closed_at != 0)
		rc = nvr_fail(err, NVR_E_USAGE, "it is closed already");
	if (rc == 0 && !reported && k.row.reported_at == 0 && text == NULL)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "it was not reported to the authority: close it with "
		    "--reported, or with --text, why it need not be");
	if (rc == 0 && text != NULL)
		rc = add_note(s, id, now, text, err);
	if (rc == 0 && reported)
		rc = report(s, &k.row, now, err);
	k.row.closed_at = now;
	if (rc == 0)
		rc = nvr_breach_update(s->store, &k.row, err);
	if (rc == 0)
		rc = log_line(s, id, "breach.closed", err);
	return rc;
}

/* What those affected are told, which is noted once. */
struct words {
	struct nvr_state *s;
	const char *text;
	int64_t breach;
	struct nvr_error *err;
	bool noted;
};

static int
look(void *ctx, const struct nvr_breach_note *n)
{
	struct words *w = ctx;
	struct nvr_buf text = {0};
	int rc;

	rc = nvr_breach_note_text(w->s, n, &text, w->err);
	w->noted |= rc == 0 && strcmp(text.data, w->text) == 0;
	nvr_buf_wipe(&text);
	return rc == NVR_E_DATA ? 0 : rc; /* another one, then */
}

static int
note_words(struct nvr_state *s, void *ctx, struct nvr_error *err)
{
	struct words *w = ctx;
	int rc =
	    w->noted ? 0 : add_note(s, w->breach, nvr_time_now(), w->text, err);

	return rc == 0 ? log_line(s, w->breach, "breach.notified", err) : rc;
}

int
nvr_breach_notify(struct nvr_state *s, int64_t id, const char *text,
    const int64_t *accounts, int n, struct nvr_telling *t,
    struct nvr_error *err)
{
	struct words w = {.s = s, .text = text, .breach = id, .err = err};
	struct nvr_buf title = {0};
	char known[NVR_TIME_TEXT];
	struct kept k;
	int rc = find(s, id, &title, &k, err);

	if (rc == 0)
		rc = nvr_check_text("what they are told", text, err);
	if (rc == 0)
		rc = nvr_breach_note_each(s->store, id, look, &w, err);
	t->what = NVR_TOLD_BREACH;
	t->id = id;
	t->letter = (struct nvr_letter){.text = "breach",
	    .value = {{"title", title.data},
		{"known", nvr_letter_time(k.row.known_at, known)},
		{"text", text}}};
	if (rc == 0)
		rc = nvr_tell_many(s, t, accounts, n, note_words, &w, err);
	nvr_buf_wipe(&title);
	return rc;
}

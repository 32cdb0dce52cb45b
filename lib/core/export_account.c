/* Everything about an account; see export.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "core/export_int.h"
#include "core/log.h"
#include "store/erase.h"

/* Those that people open in spreadsheets. */
static const char *const sheets[] = {"access", "audit", "camera", "consent",
    "finding", "log", "request", "session", "site", "usage"};

int
nvr_export_missing(
    struct nvr_exporting *x, const char *what, const char *why, ...)
{
	struct nvr_export_missing *more =
	    reallocarray(x->missing, x->nmissing + 1, sizeof(*x->missing));
	va_list ap;

	if (more == NULL)
		return nvr_fail_nomem(x->err);
	x->missing = more;
	more += x->nmissing++;
	strlcpy(more->what, what, sizeof(more->what));
	va_start(ap, why);
	vsnprintf(more->why, sizeof(more->why), why, ap);
	va_end(ap);
	nvr_state_strip(x->s, more->why);
	return nvr_archive_gap(x->a, what, x->err, "%s", more->why);
}

static int
add_part(void *ctx, const struct nvr_export_table *t)
{
	struct nvr_exporting *x = ctx;
	struct nvr_export_part **more, *part = calloc(1, sizeof(*part));

	more = reallocarray(
	    x->part, x->nparts + 1, sizeof(struct nvr_export_part *));
	if (more != NULL)
		x->part = more;
	if (more == NULL || part == NULL) {
		free(part);
		return nvr_fail_nomem(x->err);
	}
	part->t = *t;
	part->rows = t->n > 0 ? 0 : -1;
	for (size_t i = 0; i < sizeof(sheets) / sizeof(sheets[0]); i++)
		part->csv |= strcmp(sheets[i], t->name) == 0;
	x->part[x->nparts++] = part;
	return 0;
}

/*
 * The keys ahead of everything else: from then on no key is dropped that what
 * is read may be sealed under.
 */
static int
take_keys(struct nvr_exporting *x)
{
	const struct nvr_ring *ring;
	int rc = nvr_keys_ring(x->s, x->o->account, &ring, x->err);

	if (rc == 0) {
		x->ring = *ring;
		rc = nvr_keys_ring(x->s, 0, &ring, x->err);
	}
	if (rc == 0)
		x->own = *ring;
	return rc;
}

static json_t *
asked(const struct nvr_export_account *o)
{
	json_t *include = json_array();

	if (o->stills)
		json_array_append_new(include, json_string("stills"));
	if (o->footage)
		json_array_append_new(include, json_string("footage"));
	return json_pack("{so sb}", "include", include, "sealed", o->sealed);
}

static int
enter_made(struct nvr_exporting *x)
{
	bool there = false;
	int rc = nvr_account_there(x->s->store, x->o->account, &there, x->err);

	if (rc == 0 && !there)
		rc = nvr_fail(x->err, NVR_E_NOENT, "there is no such account");
	if (rc == 0)
		rc = nvr_log_sound(x->s, x->err);
	x->headless = rc == NVR_E_DATA;
	if (rc == 0 || x->headless)
		rc = nvr_log_last(x->s->store, &x->end, x->err);
	return rc == 0 ? nvr_log_append(x->s, x->o->account, "export.made",
			     asked(x->o), x->err)
		       : rc;
}

/*
 * It is on record before anything leaves, as a reader may go away as soon as it
 * has seen enough.  What the log has from there on is not part of the archive,
 * so that the same store gives the same bytes.
 */
static int
enter(struct nvr_exporting *x)
{
	int rc = nvr_store_begin(x->s->store, x->err);

	return rc == 0 ? nvr_store_end(x->s->store, enter_made(x), x->err) : rc;
}

static int
write_part(struct nvr_exporting *x, struct nvr_export_part *part)
{
	struct nvr_export_writer *w = NULL;
	int rc;

	if (part->t.n == 0)
		return 0;
	if (strcmp(part->t.name, "log") == 0)
		return nvr_export_log(x, part);
	rc = nvr_export_writer_open(x, part, &w);
	if (rc == 0 && strcmp(part->t.name, "departure") == 0)
		rc = nvr_export_rows(x->s->store, &part->t, x->o->account,
		    x->o->now, nvr_export_write_departure,
		    &(struct nvr_export_departures){x, w, &part->t}, x->err);
	else if (rc == 0)
		rc = nvr_export_rows(x->s->store, &part->t, x->o->account,
		    x->o->now, nvr_export_write_row, w, x->err);
	if (rc == 0)
		return nvr_export_writer_close(w);
	nvr_export_writer_free(w);
	return rc;
}

/* What is of one moment, under a snapshot. */
static int
write_rows(struct nvr_exporting *x, const struct nvr_export_words *words,
    struct nvr_export_page **page, struct nvr_media **media)
{
	int rc = nvr_export_tables(x->s->store, add_part, x, x->err);

	for (size_t i = 0; rc == 0 && i < x->nparts; i++)
		rc = write_part(x, x->part[i]);
	if (rc == 0)
		rc = nvr_export_media_list(x, media);
	return rc == 0 ? nvr_export_page_begin(x, words, page) : rc;
}

static int
write_all(struct nvr_exporting *x, const struct nvr_export_words *words)
{
	struct nvr_export_page *page = NULL;
	struct nvr_media *media = NULL;
	int rc = nvr_store_snapshot(x->s->store, x->err);

	if (rc == 0) {
		rc = write_rows(x, words, &page, &media);
		nvr_store_rollback(x->s->store);
	}
	if (rc == 0 && media != NULL)
		rc = nvr_export_media_put(media);
	if (rc == 0)
		rc = nvr_export_page_put(page);
	nvr_export_media_free(media);
	nvr_export_page_free(page);
	return rc;
}

int
nvr_export_account(struct nvr_state *s, const struct nvr_export_account *o,
    struct nvr_archive *a, struct nvr_error *err)
{
	struct nvr_exporting x = {.s = s, .o = o, .a = a, .err = err};
	const struct nvr_export_words *words;
	int rc = nvr_export_words_in(o->language, &words, err);

	if (rc == 0 && !s->rights)
		rc = nvr_fail(
		    err, NVR_E_BUG, "an export without nvr_state_rights");
	if (rc == 0)
		rc = take_keys(&x);
	if (rc == 0)
		rc = enter(&x);
	if (rc == 0)
		rc = write_all(&x, words);
	for (size_t i = 0; i < x.nparts; i++)
		free(x.part[i]);
	free(x.part);
	free(x.missing);
	explicit_bzero(&x.ring, sizeof(x.ring));
	explicit_bzero(&x.own, sizeof(x.own));
	return rc;
}

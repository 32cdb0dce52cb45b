/*
 * Makes what was asked for; see offer.h.
 *
 * The row says `making`, the file comes whole and under its name, and only
 * then does one transaction enter what opens it and that it is ready.  A file
 * of a row that is not ready, or of none, is nobody's, and goes when the next
 * one begins.
 */

#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/time.h"
#include "core/keys.h"
#include "core/letter.h"
#include "core/log.h"
#include "core/offer.h"
#include "core/offer_int.h"
#include "core/register.h"
#include "core/request.h"

struct making {
	struct nvr_state *s;
	const struct nvr_offer_making *m;
	int64_t began; /* monotonic */
	struct nvr_offered o;
	struct nvr_age_identity key; /* of the one in hand */
	bool gone;		     /* its row is */
	struct nvr_error *err;
	struct nvr_error why;  /* it could not be made: for the operator */
	struct nvr_error told; /* the same for the person */
};

/* m->now, and as much later as it is by now. */
static int64_t
now_of(const struct making *x)
{
	return x->m->now + (nvr_time_monotonic() - x->began);
}

/* gone: there is no such row any more, or it was given up and is one that was
 * asked for anew, under the same number. */
static int
look(struct making *x, int64_t id)
{
	struct nvr_offered now;
	int rc = nvr_offer_get(x->s, id, &now, x->err);

	x->gone =
	    rc == NVR_E_NOENT || (rc == 0 && strcmp(now.state, "making") != 0);
	nvr_offer_release(&now);
	return x->gone ? 0 : rc;
}

/* In a transaction. */
static int
put(struct making *x, const char *state, const char *why)
{
	x->o.row.state = state;
	x->o.row.error = why;
	return nvr_offer_update(x->s->store, &x->o.row, x->err);
}

static int
begin(struct making *x, int64_t id)
{
	int rc = nvr_store_begin(x->s->store, x->err);

	if (rc != 0)
		return rc;
	rc = nvr_offer_get(x->s, id, &x->o, x->err);
	x->gone = rc == NVR_E_NOENT;
	if (x->gone)
		rc = 0;
	else if (rc == 0)
		rc = put(x, "making", "");
	return nvr_store_end(x->s->store, rc, x->err);
}

static int
post_letter(struct making *x)
{
	struct nvr_buf to = {0};
	struct nvr_letter l = {.account = x->o.row.account,
	    .text = "export-ready",
	    .expires = x->o.row.expires_at};
	char id[NVR_ID_TEXT];
	int64_t outbox;
	int rc;

	if (!nvr_letter_ready(x->s))
		return 0;
	l.value[0].name = "id";
	l.value[0].value = nvr_id_format(x->o.row.id, id);
	rc = nvr_register_address(x->s, l.account, &to, x->err);
	l.to = to.data;
	if (rc == 0)
		rc = nvr_letter_post(x->s, &l, &outbox, x->err);
	nvr_buf_wipe(&to);
	return rc;
}

/* Whoever answered it ahead of us, or lost it, has. */
static int
answer_request(struct making *x)
{
	int rc = nvr_request_grant(x->s, x->o.row.id, x->err);

	return rc == NVR_E_USAGE || rc == NVR_E_NOENT ? 0 : rc;
}

static int
seal_key(struct making *x, struct nvr_buf *ret)
{
	const struct nvr_column at = {"export", "identity", x->o.row.id};
	struct nvr_buf text = {0};
	int rc = nvr_age_identity_format(
	    &x->key, (time_t)(x->o.row.ready_at / NVR_SECOND), &text, x->err);

	if (rc == 0)
		rc = nvr_sealed_put(x->s, x->o.row.account, &at, text.data,
		    text.len, ret, x->err);
	nvr_buf_wipe(&text);
	return rc;
}

static int
enter_ready(struct making *x)
{
	struct nvr_buf sealed = {0};
	int rc = look(x, x->o.row.id);

	if (rc != 0 || x->gone)
		return rc;
	x->o.row.ready_at = now_of(x);
	x->o.row.expires_at = x->o.row.ready_at + NVR_OFFER_KEEP;
	rc = seal_key(x, &sealed);
	x->o.row.identity = (struct nvr_blob){sealed.data, sealed.len};
	if (rc == 0)
		rc = put(x, "ready", "");
	x->o.row.identity = (struct nvr_blob){NULL, 0};
	nvr_buf_release(&sealed);
	if (rc == 0)
		rc = answer_request(x);
	return rc == 0 ? post_letter(x) : rc;
}

static int
finish(struct making *x)
{
	int rc = nvr_store_begin(x->s->store, x->err);

	if (rc != 0)
		return rc;
	return nvr_store_end(x->s->store, enter_ready(x), x->err);
}

/* It could not be made, as x->err says, which the row says from now on. */
static int
give_up(struct making *x)
{
	struct nvr_offer *row = &x->o.row;
	int rc;

	x->why = x->told = *x->err;
	rc = nvr_store_begin(x->s->store, x->err);
	if (rc != 0)
		return rc;
	rc = look(x, row->id);
	nvr_state_strip(x->s, x->told.text); /* the row is the person's */
	row->ready_at = row->size_bytes = row->gaps = 0;
	row->expires_at = row->asked_at + NVR_OFFER_KEEP;
	if (rc == 0 && !x->gone)
		rc = put(x, "failed", x->told.text);
	rc = nvr_store_end(x->s->store, rc, x->err);
	if (rc == 0 && !x->gone && x->m->told != NULL)
		x->m->told(x->m->ctx, row, x->why.text);
	return rc;
}

/* What others keep us from goes on with the next call. */
static int
make_one(struct making *x, int64_t id)
{
	struct nvr_error ignored;
	int rc = begin(x, id);

	if (rc != 0 || x->gone)
		return rc;
	rc = nvr_age_identity_generate(&x->key, x->err);
	if (rc == 0)
		rc = nvr_offer_write(
		    x->s, &x->o.row, &x->key, x->m, now_of(x), x->err);
	if (rc == 0)
		rc = finish(x);
	nvr_age_identity_wipe(&x->key);
	if (rc == 0 && !x->gone) {
		if (x->m->told != NULL)
			x->m->told(x->m->ctx, &x->o.row, NULL);
		return 0;
	}
	nvr_offer_unlink(x->s, id, &ignored);
	return rc == 0 || rc == NVR_E_AGAIN ? rc : give_up(x);
}

static int
make_all(struct making *x)
{
	int64_t id;
	int rc;

	do {
		id = 0;
		rc = nvr_offer_next(x->s->store, now_of(x), &id, x->err);
		if (rc == 0 && id != 0) {
			rc = make_one(x, id);
			nvr_offer_release(&x->o);
		}
	} while (rc == 0 && id != 0);
	return rc;
}

int
nvr_offer_make(struct nvr_state *s, const struct nvr_offer_making *m,
    struct nvr_error *err)
{
	const struct nvr_offer_sweep all = {.until = INT64_MAX, .locked = true};
	struct making x = {
	    .s = s, .m = m, .began = nvr_time_monotonic(), .err = err};
	bool rights = nvr_state_rights(s, true);
	int fd = -1, rc = nvr_offer_lock(s, &fd, err);

	if (rc == 0) {
		rc = nvr_offer_sweep(s, &all, err);
		if (rc == 0)
			rc = make_all(&x);
		close(fd);
	}
	nvr_state_rights(s, rights);
	return rc;
}

/* What time does to sign-ins and what belongs to them; see signin.h. */
#include <string.h>

#include "base/id.h"
#include "core/keys.h"
#include "core/letter.h"
#include "core/log.h"
#include "core/signin_int.h"
#include "store/bucket.h"
#include "store/session.h"

#define UNFINISHED (3 * NVR_MINUTE)
#define LETTERS 256 /* at a time, as are factors */
#define ROWS 500    /* that go at a time, of each kind */

struct sweep {
	struct nvr_state *s;
	const struct nvr_sweeping *as;
	struct nvr_swept *ret;
	int64_t now;
	struct nvr_error *err;
};

static void
say(const struct sweep *w, const char *what, int64_t id, int64_t at)
{
	if (w->as->gone != NULL)
		w->as->gone(w->as->ctx, what, id, at);
}

/* A step of signing in, as its row was read. */
struct unfinished {
	int64_t id, account, created_at;
	struct nvr_buf sealed;
	struct nvr_error *err;
};

static int
take_step(void *ctx, const struct nvr_token_row *row)
{
	struct unfinished *u = ctx;

	u->id = row->id;
	u->account = row->account_id;
	u->created_at = row->created_at;
	return nvr_buf_add(&u->sealed, row->data, row->data_len, u->err);
}

/* Whether it is that row which is at fault, and not the store. */
static bool
is_damage(int rc)
{
	return rc == NVR_E_DATA || rc == NVR_E_NOENT || rc == NVR_E_USAGE;
}

static int
log_damage(struct sweep *w, const char *what, int64_t id)
{
	char text[NVR_ID_TEXT];

	w->ret->damaged++;
	/* Nobody's: what is damaged may be the account's key. */
	return nvr_log_append(w->s, 0, "sweep.damaged",
	    json_pack(
		"{s:s, s:s}", "what", what, "id", nvr_id_format(id, text)),
	    w->err);
}

/* The letter and the entry, from where the attempt was. */
static int
write_to(
    struct sweep *w, const struct unfinished *u, const struct nvr_account *a)
{
	struct nvr_column at = {"token", "data", u->id};
	struct nvr_actor actor = w->s->actor;
	char when[NVR_TIME_TEXT];
	struct nvr_step step = {0};
	struct nvr_buf data = {0};
	int rc = nvr_sealed_get(w->s, u->account, &at, u->sealed.data,
	    u->sealed.len, &data, w->err);

	if (rc == 0)
		rc = nvr_step_unpack(&data, &step, w->err);
	w->s->actor =
	    (struct nvr_actor){.address = step.address, .agent = step.agent};
	if (rc == 0)
		rc = nvr_tell(w->s, a, "second-factor-unfinished", "now",
		    nvr_letter_time(u->created_at, when), w->err);
	if (rc == 0)
		rc = nvr_log_append(
		    w->s, u->account, "signin.unfinished", NULL, w->err);
	w->s->actor = actor;
	nvr_buf_wipe(&data);
	explicit_bzero(&step, sizeof(step));
	return rc;
}

/* In one transaction, so that it is told once. */
static int
tell(struct sweep *w, const struct unfinished *u)
{
	struct nvr_account *a = NULL;
	bool won = false, told = false;
	int rc = nvr_store_begin(w->s->store, w->err);

	if (rc != 0)
		return rc;
	rc = nvr_token_tell(w->s->store, u->id, w->now, &won, w->err);
	if (rc == 0 && won)
		rc = nvr_account_get(w->s->store, u->account, &a, w->err);
	if (rc == 0 && won && a->deleted_at == 0) {
		rc = write_to(w, u, a);
		told = true;
	}
	nvr_account_free(a);
	rc = nvr_store_end(w->s->store, rc, w->err);
	if (rc == 0 && told)
		w->ret->told++;
	return rc;
}

static int
pass_over(struct sweep *w, const struct unfinished *u)
{
	bool won = false;
	int rc = nvr_store_begin(w->s->store, w->err);

	if (rc != 0)
		return rc;
	rc = nvr_token_tell(w->s->store, u->id, w->now, &won, w->err);
	if (rc == 0 && won)
		rc = log_damage(w, "token", u->id);
	return nvr_store_end(w->s->store, rc, w->err);
}

/* *all: none is left. */
static int
tell_unfinished(struct sweep *w, bool *all)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < LETTERS; i++) {
		struct unfinished u = {.err = w->err};

		rc = nvr_token_unfinished(w->s->store,
		    w->now + NVR_CODE_LASTS - UNFINISHED, take_step, &u,
		    w->err);
		*all = rc == NVR_E_NOENT;
		if (rc == 0)
			rc = tell(w, &u);
		if (!*all && is_damage(rc))
			rc = pass_over(w, &u);
		nvr_buf_wipe(&u.sealed);
	}
	return *all ? 0 : rc;
}

struct begun {
	int n;
	struct {
		int64_t account, id, at;
		enum nvr_factor which;
	} row[LETTERS];
};

static int
take_factor(void *ctx, const struct nvr_factor_row *f)
{
	struct begun *b = ctx;

	b->row[b->n].account = f->account_id;
	b->row[b->n].id = f->id;
	b->row[b->n].at = f->created_at;
	b->row[b->n++].which =
	    strcmp(f->kind, "sms") == 0 ? NVR_FACTOR_SMS : NVR_FACTOR_TOTP;
	return 0;
}

struct still {
	int64_t id;
	bool begun;
};

static int
see_factor(void *ctx, const struct nvr_factor_row *f)
{
	struct still *x = ctx;

	if (f->id == x->id)
		x->begun = f->confirmed_at == 0;
	return 0;
}

/* One that is still as it was read; its secret need not open for that. */
static int
drop(struct sweep *w, int64_t account, int64_t id, enum nvr_factor which,
    int64_t at)
{
	struct still x = {.id = id};
	bool there = false;
	int rc = nvr_store_begin(w->s->store, w->err);

	if (rc != 0)
		return rc;
	rc = nvr_factor_each(w->s->store, account, see_factor, &x, w->err);
	if (rc == 0 && x.begun)
		rc = nvr_factor_remove(w->s, account, which, &there, w->err);
	if (rc == 0 && there)
		rc = nvr_log_append(w->s, account, "factor.dropped",
		    json_pack("{s:s}", "kind", nvr_factor_words[which]),
		    w->err);
	rc = nvr_store_end(w->s->store, rc, w->err);
	if (rc == 0 && there) {
		w->ret->dropped++;
		say(w, "factor", id, at);
	}
	return rc;
}

static int
drop_begun(struct sweep *w)
{
	struct begun b = {0};
	int rc = nvr_factor_each_begun(
	    w->s->store, w->now - NVR_DAY, LETTERS, take_factor, &b, w->err);

	for (int i = 0; rc == 0 && i < b.n; i++) {
		rc = drop(w, b.row[i].account, b.row[i].id, b.row[i].which,
		    b.row[i].at);
		if (is_damage(rc)) {
			w->ret->damaged++;
			rc = 0;
		}
	}
	/* Damaged ones stay, and would be met again and again. */
	w->ret->more |= b.n == LETTERS && w->ret->dropped > 0;
	return rc;
}

/* Rows that went in a transaction, to be told when it is over. */
struct gone {
	const char *what;
	int64_t n;
	struct {
		int64_t id, at;
	} row[ROWS];
};

static int
take_gone(void *ctx, int64_t id, int64_t at)
{
	struct gone *g = ctx;

	g->row[g->n].id = id;
	g->row[g->n++].at = at;
	return 0;
}

/* rc: how the transaction went so far. */
static int
end(struct sweep *w, const struct gone *g, int rc)
{
	rc = nvr_store_end(w->s->store, rc, w->err);
	for (int64_t i = 0; rc == 0 && i < g->n; i++)
		say(w, g->what, g->row[i].id, g->row[i].at);
	w->ret->more |= rc == 0 && g->n == ROWS;
	return rc;
}

static int
expire_tokens(struct sweep *w)
{
	struct gone g = {.what = "token"};
	int rc = nvr_store_begin(w->s->store, w->err);

	return rc == 0 ? end(w, &g,
			     nvr_token_expire(w->s->store, w->now - NVR_DAY,
				 ROWS, take_gone, &g, w->err))
		       : rc;
}

static int
expire_sessions(struct sweep *w)
{
	struct nvr_store *st = w->s->store;
	struct gone g = {.what = "session"};
	int64_t buckets = 0;
	int rc = nvr_store_begin(st, w->err);

	if (rc != 0)
		return rc;
	rc = nvr_session_expire(st, w->now, w->now - w->s->rules->idle, ROWS,
	    take_gone, &g, w->err);
	if (rc == 0)
		rc = nvr_bucket_sweep(st, w->now, ROWS, &buckets, w->err);
	rc = end(w, &g, rc);
	if (rc == 0)
		w->ret->buckets = buckets;
	w->ret->more |= buckets == ROWS;
	return rc;
}

int
nvr_signin_sweep_as(struct nvr_state *s, const struct nvr_sweeping *as,
    struct nvr_swept *ret, struct nvr_error *err)
{
	struct sweep w = {s, as, ret, as->now, err};
	bool rights = nvr_state_rights(s, true), all = false;
	int rc;

	*ret = (struct nvr_swept){0};
	rc = tell_unfinished(&w, &all);
	ret->more |= !all;
	if (rc == 0)
		rc = drop_begun(&w);
	if (rc == 0 && all)
		rc = expire_tokens(&w);
	if (rc == 0)
		rc = expire_sessions(&w);
	nvr_state_rights(s, rights);
	return rc;
}

int
nvr_signin_sweep(
    struct nvr_state *s, struct nvr_swept *ret, struct nvr_error *err)
{
	const struct nvr_sweeping as = {.now = nvr_time_now()};

	return nvr_signin_sweep_as(s, &as, ret, err);
}

/* What is over, of one table. */
struct over {
	struct sweep *w;
	const char *what;
};

static int
say_over(void *ctx, int64_t id, int64_t at)
{
	struct over *o = ctx;

	say(o->w, o->what, id, at);
	return 0;
}

static int
say_factor(void *ctx, const struct nvr_factor_row *f)
{
	say(ctx, "factor", f->id, f->created_at);
	return 0;
}

int
nvr_signin_over(
    struct nvr_state *s, const struct nvr_sweeping *as, struct nvr_error *err)
{
	struct sweep w = {.as = as};
	struct over token = {&w, "token"}, session = {&w, "session"};
	int rc = nvr_factor_each_begun(
	    s->store, as->now - NVR_DAY, INT64_MAX, say_factor, &w, err);

	if (rc == 0)
		rc = nvr_token_each_over(
		    s->store, as->now - NVR_DAY, say_over, &token, err);
	if (rc == 0)
		rc = nvr_session_each_over(s->store, as->now,
		    as->now - s->rules->idle, say_over, &session, err);
	return rc;
}

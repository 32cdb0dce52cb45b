/* nvr-account list and show. */
#include <string.h>

#include "base/address.h"
#include "base/time.h"
#include "core/consent.h"
#include "core/keys.h"

#include "nvr-account.h"

#define BATCH 128

/*
 * Rows are opened a batch at a time, and printed once the keys are let go of:
 * who reads the list may be slow.
 */
struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	struct {
		struct nvr_account a; /* its numbers */
		struct nvr_person p;
		int rc;
	} row[BATCH];
	int n;
	int64_t bad; /* rows that do not open, and why the first does not */
	struct nvr_error why;
};

static const char *
state_of(const struct nvr_account *a)
{
	return a->restricted_at != 0 ? "restricted"
	       : a->deleted_at != 0  ? "deleted"
	       : a->verified_at == 0 ? "unconfirmed"
				     : "active";
}

/* Until then a deleted one can be restored. */
static int64_t
erased_from(const struct nvr_account *a)
{
	return a->deleted_at != 0 ? a->deleted_at + cli.conf.rules.restore : 0;
}

static const char *
or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

static void
print_row(struct nvr_out *out, const struct nvr_account *a,
    const struct nvr_person *p, bool good)
{
	char shown[NVR_ADDRESS_SHOWN];

	nvr_out_id(out, "id", a->id);
	nvr_out_text(out, "email",
	    p->email != NULL ? nvr_address_show(p->email, shown) : NULL);
	nvr_out_text(out, "name", p->name);
	nvr_out_text(out, "tier", a->tier);
	nvr_out_text(out, "state", good ? state_of(a) : "unreadable");
	nvr_out_time(out, "created_at", a->created_at);
	if (!opt.deleted)
		nvr_out_more(out);
	nvr_out_time(out, "erased_from", erased_from(a));
	nvr_out_more(out);
	nvr_out_text(out, "business", or_null(p->business));
	nvr_out_time(out, "verified_at", a->verified_at);
	nvr_out_time(out, "signin_at", a->signin_at);
	nvr_out_time(out, "deleted_at", a->deleted_at);
	nvr_out_time(out, "restricted_at", a->restricted_at);
	nvr_out_end(out);
}

static void
print_batch(struct listing *l)
{
	nvr_keys_read_end(l->s);
	for (int i = 0; i < l->n; i++) {
		print_row(
		    &l->out, &l->row[i].a, &l->row[i].p, l->row[i].rc == 0);
		nvr_person_wipe(&l->row[i].p);
	}
	l->n = 0;
}

/* One that cannot be read hides none of the others. */
static int
take_row(void *ctx, const struct nvr_account *a)
{
	struct listing *l = ctx;
	struct nvr_person *p = &l->row[l->n].p;
	struct nvr_error err;
	int rc = 0;

	if (l->n == 0)
		rc = nvr_keys_read_begin(l->s, &cli.err);
	if (rc != 0)
		return rc;
	rc = nvr_person_open(l->s, a, p, &err);
	if (rc != 0 && l->bad++ == 0)
		l->why = err;
	l->row[l->n].rc = rc;
	l->row[l->n].a = *a;
	l->row[l->n].a.tier =
	    strcmp(a->tier, "premium") == 0 ? "premium" : "free";
	if (++l->n == BATCH)
		print_batch(l);
	return 0;
}

int
run_list(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_account_filter f = {.since = opt.since,
	    .until = opt.until,
	    .deleted = opt.deleted,
	    .restricted = opt.restricted};
	struct listing l = {0};
	int rc = account_open(&l.s);

	(void)argc, (void)argv;
	if (rc != 0)
		return rc;
	nvr_out_init(&l.out, c->json);
	rc = nvr_account_each(l.s->store, &f, take_row, &l, &c->err);
	print_batch(&l);
	nvr_out_flush(&l.out);
	nvr_state_close(l.s);
	if (rc != 0 || l.bad == 0)
		return rc;
	c->err = l.why;
	return nvr_prefix(&c->err,
	    "accounts that cannot be read: %lld; the first because",
	    (long long)l.bad);
}

static int
add_consent(void *ctx, const struct nvr_consent *x)
{
	/* The last one of a kind holds. */
	json_object_set_new(ctx, x->kind, json_boolean(x->given));
	return 0;
}

static void
show_times(struct nvr_out *out, const struct nvr_account *a,
    const struct nvr_person *p)
{
	nvr_out_time(out, "created_at", a->created_at);
	nvr_out_time(out, "changed_at", a->changed_at);
	nvr_out_time(out, "verified_at", a->verified_at);
	nvr_out_time(out, "signin_at", a->signin_at);
	nvr_out_time(out, "password_at", a->password_at);
	nvr_out_time(out, "deleted_at", a->deleted_at);
	nvr_out_time(out, "erased_from", erased_from(a));
	nvr_out_time(out, "restricted_at", a->restricted_at);
	nvr_out_text(out, "restricted_why", or_null(p->restricted));
}

static void
show(const struct nvr_account *a, const struct nvr_person *p,
    const struct nvr_account_counts *n, json_t *consents)
{
	char shown[NVR_ADDRESS_SHOWN];
	struct nvr_out out;

	nvr_out_init_record(&out, cli.json);
	nvr_out_id(&out, "id", a->id);
	nvr_out_text(&out, "email", nvr_address_show(p->email, shown));
	nvr_out_text(&out, "name", p->name);
	nvr_out_text(&out, "business", or_null(p->business));
	nvr_out_text(&out, "tier", a->tier);
	nvr_out_text(&out, "state", state_of(a));
	nvr_out_text(&out, "age", a->adult_how);
	show_times(&out, a, p);
	nvr_out_bool(&out, "password", a->password.data != NULL);
	nvr_out_bool(&out, "totp", n->totp > 0);
	nvr_out_bool(&out, "sms", n->sms > 0);
	nvr_out_int(&out, "recovery_codes", n->recovery_codes);
	nvr_out_int(&out, "sessions", n->sessions);
	nvr_out_int(&out, "sites", n->sites);
	nvr_out_int(&out, "requests_open", n->requests_open);
	nvr_out_int(&out, "objections", n->objections);
	nvr_out_json(&out, "consents", consents);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

int
run_show(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_account_counts n = {0};
	json_t *consents = json_object();
	struct nvr_account *a = NULL;
	struct nvr_person p = {0};
	struct nvr_state *s = NULL;
	int rc = account_of(argv[0], &s, &a);

	(void)argc;
	if (rc == 0)
		rc = nvr_person_open(s, a, &p, &c->err);
	if (rc == 0)
		rc = nvr_account_count(
		    s->store, a->id, nvr_time_now(), &n, &c->err);
	if (rc == 0)
		rc = nvr_consent_each(s, a->id, add_consent, consents, &c->err);
	if (rc == 0)
		show(a, &p, &n, json_incref(consents));
	json_decref(consents);
	nvr_person_wipe(&p);
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}

/* nvr-account consent, object: what people agree to, and what they do not. */
#include <string.h>

#include "base/id.h"
#include "core/consent.h"
#include "core/factor.h"
#include "core/objection.h"
#include "core/register.h"

#include "nvr-account.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	const char *kind; /* NULL: all */
	struct nvr_buf why;
	int damaged; /* what is the matter with a row; 0: nothing */
};

static int
print_consent(void *ctx, const struct nvr_consent *c)
{
	struct listing *l = ctx;
	struct nvr_out *out = &l->out;

	if (l->kind != NULL && strcmp(l->kind, c->kind) != 0)
		return 0;
	nvr_out_text(out, "kind", c->kind);
	nvr_out_text(out, "state", c->given ? "given" : "withdrawn");
	nvr_out_text(out, "version", c->given ? c->version : NULL);
	nvr_out_text(out, "channel", c->channel);
	nvr_out_time(out, "at", c->at);
	nvr_out_more(out);
	nvr_out_id(out, "id", c->id);
	nvr_out_text(out, "text", c->given ? c->text : NULL);
	nvr_out_end(out);
	return 0;
}

static int
show(const char *who, const char *kind)
{
	struct listing l = {.kind = kind};
	int64_t account = 0;
	int rc = account_open(&l.s);

	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = account_id(l.s, who, &account);
	if (rc == 0)
		rc =
		    nvr_consent_each(l.s, account, print_consent, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_state_close(l.s);
	return rc;
}

/* The kinds that are given now, and what there is of the one that is asked
 * about. */
struct kinds {
	const char *kind;
	bool known, given;
	char last[NVR_REGISTER_LINE]; /* the rows come by kind */
	bool last_given;
	struct nvr_buf list;
};

static int
end_kind(struct kinds *k)
{
	return k->last_given ? nvr_buf_addf(&k->list, &cli.err, "%s%s",
				   k->list.len > 0 ? ", " : "", k->last)
			     : 0;
}

static int
see_kind(void *ctx, const struct nvr_consent *c)
{
	struct kinds *k = ctx;
	int rc = strcmp(c->kind, k->last) != 0 ? end_kind(k) : 0;

	strlcpy(k->last, c->kind, sizeof(k->last));
	k->last_given = c->given;
	if (strcmp(c->kind, k->kind) == 0) {
		k->known = true;
		k->given = c->given;
	}
	return rc;
}

/* Whether there is something to withdraw: *so where it is withdrawn. */
static int
check_given(struct nvr_state *s, int64_t account, const char *kind, bool *so)
{
	struct kinds k = {.kind = kind};
	int rc = nvr_consent_each(s, account, see_kind, &k, &cli.err);

	if (rc == 0)
		rc = end_kind(&k);
	if (rc == 0 && !k.known)
		rc = nvr_fail(&cli.err, NVR_E_NOENT,
		    "nobody consented to '%s': %s%s", kind,
		    k.list.len > 0 ? "given are " : "no consent is given",
		    k.list.len > 0 ? k.list.data : "");
	*so = rc == 0 && !k.given;
	if (*so)
		nvr_note(&cli,
		    "consent to '%s' is withdrawn already: nothing was changed",
		    kind);
	nvr_buf_release(&k.list);
	return rc;
}

static int
set(const char *who, const char *kind, bool give)
{
	struct nvr_consent c = {.kind = kind,
	    .given = give,
	    .version = opt.text_version,
	    .channel = opt.channel};
	struct nvr_state *s = NULL;
	bool so = false;
	int rc = account_text("text", opt.text, &c.text);

	if (rc == 0 && give && strcmp(kind, NVR_SMS_CONSENT) == 0)
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "consent to SMS comes with the number: nvr-account 2fa "
		    "EMAIL sms PHONE");
	if (rc == 0)
		rc = account_begin(&s);
	if (rc == 0)
		rc = account_id(s, who, &c.account);
	if (rc == 0 && !give)
		rc = check_given(s, c.account, kind, &so);
	if (rc == 0 && !so)
		rc = nvr_consent_set(s, &c, &cli.err);
	return account_end(s, rc);
}

/* The number goes with it. */
static int
withdraw_sms(const char *who)
{
	struct nvr_account *a = NULL;
	struct nvr_state *s = NULL;
	bool so = false;
	int rc = account_open(&s);

	if (rc == 0 && opt.channel != NULL)
		s->actor.channel = opt.channel;
	if (rc == 0)
		rc = nvr_account_find(s, who, &a, &cli.err);
	if (rc == 0)
		rc = check_given(s, a->id, NVR_SMS_CONSENT, &so);
	if (rc == 0 && !so)
		rc = nvr_factor_disable(s, a, NVR_FACTOR_SMS, &cli.err);
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}

int
run_consent(struct nvr_cli *c, int argc, char **argv)
{
	const char *verb = argv[1], *kind = argc > 2 ? argv[2] : NULL;

	(void)c;
	if (strcmp(verb, "show") == 0)
		return show(argv[0], kind);
	if (strcmp(verb, "give") != 0 && strcmp(verb, "withdraw") != 0)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "consent EMAIL give, withdraw or show, not '%s'", verb);
	if (kind == NULL)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "an argument is missing: consent EMAIL %s KIND", verb);
	if (strcmp(verb, "withdraw") == 0 && strcmp(kind, NVR_SMS_CONSENT) == 0)
		return withdraw_sms(argv[0]);
	return set(argv[0], kind, strcmp(verb, "give") == 0);
}

static int
print_objection(void *ctx, const struct nvr_objection *o)
{
	struct listing *l = ctx;
	const struct nvr_column at = {"objection", "why", o->id};
	struct nvr_out *out = &l->out;
	int rc = nvr_register_open(
	    l->s, o->account, &at, &o->why, &l->why, &cli.err);

	if (rc != 0)
		l->damaged = rc;
	nvr_out_text(out, "purpose", o->purpose);
	nvr_out_text(
	    out, "state", o->withdrawn_at == 0 ? "holds" : "withdrawn");
	nvr_out_time(out, "at", o->at);
	nvr_out_time(out, "withdrawn_at", o->withdrawn_at);
	nvr_out_text(
	    out, "why", rc == 0 && o->why.data != NULL ? l->why.data : NULL);
	nvr_out_more(out);
	nvr_out_id(out, "id", o->id);
	nvr_out_end(out);
	return 0;
}

static int
list_objections(const char *who)
{
	struct listing l = {0};
	int64_t account = 0;
	int rc = account_open(&l.s);

	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = account_id(l.s, who, &account);
	if (rc == 0)
		rc = nvr_objection_each(
		    l.s->store, account, print_objection, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_buf_wipe(&l.why);
	nvr_state_close(l.s);
	return rc == 0 ? l.damaged : rc;
}

/* What comes of it, which the person is to be told. */
static void
say_outcome(const char *purpose, int64_t request)
{
	const struct nvr_objectable *o = NULL;
	struct nvr_error ignored;
	char id[NVR_ID_TEXT];

	if (nvr_objectable_find(purpose, &o, &ignored) != 0)
		return;
	nvr_note(&cli, "%s: %s", o->word, o->what);
	if (o->grounds == NULL)
		nvr_note(&cli,
		    "this ends now; tell them so and close request "
		    "%s",
		    nvr_id_format(request, id));
	else
		nvr_note(&cli,
		    "this goes on: %s; tell them so and close request %s",
		    o->grounds, nvr_id_format(request, id));
}

int
run_object(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int64_t account = 0, request = 0;
	int rc;

	(void)c;
	if (argc == 1 && (opt.withdraw || opt.why != NULL))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "an argument is missing: object EMAIL PURPOSE");
	if (argc > 1) {
		rc = account_begin(&s);
		if (rc == 0)
			rc = account_id(s, argv[0], &account);
		if (rc == 0)
			rc = opt.withdraw ? nvr_object_withdraw(
						s, account, argv[1], &cli.err)
					  : nvr_object(s, account, argv[1],
						opt.why, &request, &cli.err);
		rc = account_end(s, rc);
		if (rc != 0)
			return rc;
		if (request != 0)
			say_outcome(argv[1], request);
	}
	return list_objections(argv[0]);
}

/* New accounts; see account.h. */
#include <string.h>

#include "base/calendar.h"
#include "base/id.h"
#include "base/time.h"
#include "base/unicode.h"
#include "core/account_int.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/password_rules.h"
#include "core/pepper.h"

#define OLDEST 130 /* years: whoever says more has mistyped */

/* An account in the making. */
struct draft {
	const struct nvr_account_new *n;
	struct nvr_account row;
	struct nvr_address address;
	char name[NVR_NAME_TEXT], business[NVR_NAME_TEXT];
	struct nvr_new_password password;
	struct nvr_buf sealed[4];
};

static int
bad_date(struct nvr_error *err)
{
	return nvr_fail(err, NVR_E_USAGE,
	    "the date of birth is no date of the past, as 1985-04-12");
}

/* Digits alone: YYYY-MM-DD of a day that there was. */
static int
parse_date(const char *text, struct nvr_date *ret, struct nvr_error *err)
{
	static const char shape[] = "0000-00-00";
	struct nvr_date d = {0}, again;
	int part[3] = {0};

	for (int i = 0, p = 0; i < 10; i++) {
		if (shape[i] == '-' && text[i] == '-')
			p++;
		else if (shape[i] == '0' && text[i] >= '0' && text[i] <= '9')
			part[p] = part[p] * 10 + text[i] - '0';
		else
			return bad_date(err);
	}
	d.year = part[0];
	d.month = part[1];
	d.mday = part[2];
	if (text[10] != '\0' || d.month < 1 || d.month > 12)
		return bad_date(err);
	again = nvr_days_date(nvr_date_days(d));
	if (again.month != d.month || again.mday != d.mday)
		return bad_date(err);
	*ret = d;
	return 0;
}

int
nvr_age_check(
    const char *born, long long years, int64_t now, struct nvr_error *err)
{
	int64_t days = nvr_floor_div(now, NVR_DAY);
	struct nvr_date b, today = nvr_days_date(days);
	int64_t age;

	if (parse_date(born, &b, err) != 0)
		return err->code;
	age = today.year - b.year;
	if (today.month < b.month ||
	    (today.month == b.month && today.mday < b.mday))
		age--;
	if (nvr_date_days(b) > days || age > OLDEST)
		return bad_date(err);
	if (age < years)
		return nvr_fail(err, NVR_E_PERMISSION,
		    "an account is for people of %lld years and more; nothing "
		    "was stored",
		    years);
	return 0;
}

static const char *
default_tier(const struct nvr_state *s)
{
	return s->rules->tier == NVR_TIER_PREMIUM ? "premium" : "free";
}

/* Holds what was entered to the rules, age first. */
static int
take(struct nvr_state *s, struct draft *d, int64_t now, struct nvr_error *err)
{
	const struct nvr_account_new *n = d->n;
	int rc = 0;

	if (n->born == NULL && !n->adult)
		return nvr_fail(err, NVR_E_USAGE,
		    "say when the person was born, or that they are old "
		    "enough (%lld years)",
		    s->rules->minimum_age);
	if (n->born != NULL)
		rc = nvr_age_check(n->born, s->rules->minimum_age, now, err);
	if (rc == 0)
		rc = nvr_address_parse(n->email, &d->address, err);
	if (rc == 0)
		rc = nvr_name_take("the name", n->name, d->name, err);
	if (rc == 0 && n->business != NULL && n->business[0] != '\0')
		rc = nvr_name_take(
		    "the name of the business", n->business, d->business, err);
	d->row = (struct nvr_account){
	    .tier = n->tier != NULL ? n->tier : default_tier(s),
	    .adult_how = n->born != NULL ? "born" : "declared",
	    .created_at = now,
	    .changed_at = now,
	    .verified_at = n->verified ? now : 0};
	if (rc == 0)
		rc = nvr_tier_check(d->row.tier, err);
	return rc;
}

static int
hash(struct nvr_state *s, struct draft *d, struct nvr_error *err)
{
	const char *about[] = {
	    d->address.mail, d->name, d->business, s->rules->title};

	return nvr_password_prepare(
	    s, d->n->password, about, 4, &d->password, err);
}

/* Under the account's key, which is there. */
static int
seal(struct nvr_state *s, struct draft *d, struct nvr_error *err)
{
	struct nvr_account *a = &d->row;
	int rc = nvr_account_seal(
	    s, a->id, "email", d->address.mail, &d->sealed[0], &a->email, err);

	if (rc == 0)
		rc = nvr_account_seal(
		    s, a->id, "name", d->name, &d->sealed[1], &a->name, err);
	if (rc == 0 && d->business[0] != '\0')
		rc = nvr_account_seal(s, a->id, "business", d->business,
		    &d->sealed[2], &a->business, err);
	if (rc == 0 && d->n->password != NULL) {
		rc = nvr_account_seal(s, a->id, "password", d->password.hash,
		    &d->sealed[3], &a->password, err);
		a->pepper = d->password.pepper;
		a->password_at = a->created_at;
	}
	return rc;
}

/* The row, its line in the log, and the letter; in a transaction. */
static int
enter(struct nvr_state *s, struct draft *d, struct nvr_error *err)
{
	struct nvr_account *a = &d->row;
	json_t *detail = json_pack("{s:s, s:s, s:b, s:b}", "tier", a->tier,
	    "age", a->adult_how, "verified", a->verified_at != 0, "password",
	    a->password.data != NULL);
	int rc;

	if (detail == NULL)
		return nvr_fail_nomem(err);
	rc = nvr_account_insert(s->store, a, err);
	if (rc == 0)
		rc = nvr_log_append(s, a->id, "account.created", detail, err);
	else
		json_decref(detail);
	if (rc == 0 && a->verified_at == 0)
		rc = nvr_account_link(s, a->id, "verify", NULL,
		    s->rules->verify, "verify", d->address.mail, err);
	return rc;
}

static void
release(struct draft *d)
{
	for (size_t i = 0; i < sizeof(d->sealed) / sizeof(d->sealed[0]); i++)
		nvr_buf_release(&d->sealed[i]);
	explicit_bzero(d, sizeof(*d));
}

int
nvr_account_create_in(struct nvr_state *s, int64_t id,
    const struct nvr_account_new *n, int64_t now, struct nvr_error *err)
{
	struct draft d = {.n = n};
	int rc = take(s, &d, now, err);

	d.row.id = id;
	if (rc == 0 && n->password != NULL)
		rc = nvr_fail(err, NVR_E_BUG, "hashing in a transaction");
	if (rc == 0)
		rc = nvr_account_lookup(s, &d.address, d.row.lookup, err);
	if (rc == 0)
		rc = seal(s, &d, err);
	if (rc == 0)
		rc = enter(s, &d, err);
	release(&d);
	return rc;
}

int
nvr_account_create(struct nvr_state *s, const struct nvr_account_new *n,
    int64_t now, int64_t *id, struct nvr_error *err)
{
	struct draft d = {.n = n};
	int rc = take(s, &d, now, err);
	bool keyed = false;

	if (rc == 0 && n->password != NULL)
		rc = hash(s, &d, err);
	if (rc == 0)
		rc = nvr_account_lookup(s, &d.address, d.row.lookup, err);
	/* The key comes first, so no row is ever without. */
	d.row.id = nvr_id_new();
	if (rc == 0)
		keyed = (rc = nvr_keys_add(s, d.row.id, err)) == 0;
	if (rc == 0)
		rc = seal(s, &d, err);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc == 0)
		rc = nvr_store_end(s->store, enter(s, &d, err), err);
	if (rc == 0)
		*id = d.row.id;
	else if (keyed)
		nvr_keys_destroy(s, d.row.id, &(struct nvr_error){0});
	release(&d);
	return rc;
}

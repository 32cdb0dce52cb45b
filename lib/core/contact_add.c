/* A new contact, and one that is told otherwise; see contact.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "base/zone.h"
#include "core/alert.h"
#include "core/consent.h"
#include "core/contact_int.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/mail.h"
#include "core/register.h"
#include "seal/base64.h"
#include "seal/digest.h"

#define URL_MAX 1024
#define KINDS_MAX 512
#define SECRET_MIN 24 /* bytes; Standard Webhooks */
#define SECRET_MAX 64
#define PREFIX "whsec_"

const char nvr_sms_alerts_version[] = "1";
const char nvr_sms_alerts_text[] =
    "I agree that my telephone number is stored and used to send me alerts by "
    "SMS, and for nothing else. I can withdraw this at any time; my number is "
    "deleted then.";

static int
check_mail(struct nvr_state *s, int64_t account, const char *address,
    struct nvr_error *err)
{
	struct nvr_buf own = {0};
	int rc = nvr_mail_recipient(address, err);

	if (rc != 0 || account == 0 || s->actor.who != NULL)
		return rc;
	rc = nvr_register_address(s, account, &own, err);
	if (rc == 0 && strcasecmp(own.data, address) != 0)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "alerts by mail go to the account's own address; whoever "
		    "runs the service can add another");
	nvr_buf_wipe(&own);
	return rc;
}

static int
check_sms(struct nvr_state *s, int64_t account, const char *number,
    struct nvr_error *err)
{
	size_t n = strlen(number);
	bool agreed = account == 0; /* the operator enters their own */
	int rc = 0;

	if (n < 8 || n > 16 || number[0] != '+' || number[1] == '0' ||
	    strspn(number + 1, "0123456789") != n - 1)
		return nvr_fail(err, NVR_E_USAGE,
		    "that is no telephone number: write it with its country's "
		    "code and digits alone, as in +4915112345678");
	if (!agreed)
		rc = nvr_consented(s, account, NVR_SMS_ALERTS, &agreed, err);
	if (rc == 0 && !agreed)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "alerts by SMS need the account's consent: 'nvr-account "
		    "consent EMAIL give " NVR_SMS_ALERTS "'");
	return rc;
}

static int
check_webhook(struct nvr_state *s, const char *url, struct nvr_error *err)
{
	bool lax = s->rules != NULL && s->rules->notify.webhook_private;
	struct nvr_url u = {0};
	int rc = nvr_url_parse(url, &u, err);

	if (rc != 0)
		return rc;
	if (u.user != NULL || u.password != NULL)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "user and password do not belong into the URL: what is "
		    "sent is signed");
	else if (strcmp(u.scheme, "https") != 0 &&
		 (!lax || strcmp(u.scheme, "http") != 0))
		rc = nvr_fail(err, NVR_E_USAGE, "a webhook's URL is https://…");
	else if (strlen(url) > URL_MAX || strchr(url, '#') != NULL)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "a webhook's URL has no fragment and %d bytes at the most",
		    URL_MAX);
	nvr_url_release(&u);
	return rc;
}

static int
check_exec(int64_t account, const char *path, struct nvr_error *err)
{
	struct stat st;

	if (account != 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "programs are run for whoever runs the service alone: "
		    "--operator");
	if (path[0] != '/' || strlen(path) > URL_MAX)
		return nvr_fail(
		    err, NVR_E_USAGE, "the program needs an absolute path");
	if (stat(path, &st) != 0)
		return nvr_fail_errno(err, NVR_E_USAGE, "'%s'", path);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		return nvr_fail(err, NVR_E_USAGE, "'%s' is no program", path);
	return 0;
}

static int
check_address(struct nvr_state *s, int64_t account,
    const struct nvr_contact_change *c, struct nvr_error *err)
{
	if (!nvr_text_printable(c->address) || c->address[0] == '\0')
		return nvr_fail(err, NVR_E_USAGE,
		    "the address is empty, or has control characters");
	if (strcmp(c->channel, "mail") == 0)
		return check_mail(s, account, c->address, err);
	if (strcmp(c->channel, "sms") == 0)
		return check_sms(s, account, c->address, err);
	if (strcmp(c->channel, "webhook") == 0)
		return check_webhook(s, c->address, err);
	if (strcmp(c->channel, "exec") == 0)
		return check_exec(account, c->address, err);
	return nvr_fail(err, NVR_E_USAGE,
	    "a channel is mail, sms, webhook or exec, not '%s'", c->channel);
}

/* HH:MM */
static bool
is_clock(const char *p)
{
	return isdigit((unsigned char)p[0]) && isdigit((unsigned char)p[1]) &&
	       p[2] == ':' && p[3] >= '0' && p[3] < '6' &&
	       isdigit((unsigned char)p[4]) &&
	       (p[0] - '0') * 10 + p[1] - '0' < 24;
}

static int
check_when(const struct nvr_contact *c, struct nvr_error *err)
{
	const char *quiet = c->quiet;
	struct nvr_zone *zone = NULL;
	char safe[96];

	if (quiet[0] != '\0' &&
	    (strlen(quiet) != 11 || !is_clock(quiet) || quiet[5] != '-' ||
		!is_clock(quiet + 6) || strncmp(quiet, quiet + 6, 5) == 0))
		return nvr_fail(err, NVR_E_USAGE,
		    "quiet hours are as 22:00-07:00, not '%s'",
		    nvr_text_safe(quiet, safe, sizeof(safe)));
	if (c->after < 0)
		return nvr_fail(err, NVR_E_USAGE, "a time ahead of an alert");
	if (nvr_zone_open(c->zone, &zone, err) != 0)
		return err->code;
	nvr_zone_close(zone);
	return 0;
}

/* Kinds that there are, one blank between them. */
static int
check_kinds(const char *kinds, struct nvr_error *err)
{
	char word[64];

	if (strlen(kinds) > KINDS_MAX)
		return nvr_fail(err, NVR_E_USAGE, "too many kinds of alerts");
	while (*kinds != '\0') {
		size_t n = strcspn(kinds, " ");

		snprintf(word, sizeof(word), "%.*s", (int)n, kinds);
		if (nvr_alert_kind_check(word, err) != 0)
			return nvr_prefix(err, "kinds of alerts");
		kinds += n;
		if (*kinds == ' ' && *++kinds == '\0')
			return nvr_fail(err, NVR_E_USAGE,
			    "kinds of alerts are words, as 'camera-offline "
			    "storage-low'");
	}
	return 0;
}

/* When it is told of what. */
static int
check_rules(const struct nvr_contact *c, struct nvr_error *err)
{
	int rc = check_when(c, err);

	return rc == 0 ? check_kinds(c->kinds, err) : rc;
}

int
nvr_contact_key(const char *secret, uint8_t key[NVR_CONTACT_KEY])
{
	size_t len = strlen(secret);
	int n = -1;

	while (len > 0 && secret[len - 1] == '=')
		len--;
	if (strncmp(secret, PREFIX, 6) == 0 && (len - 6) * 6 / 8 <= SECRET_MAX)
		n = nvr_base64_decode(secret + 6, len - 6, key);
	return n >= SECRET_MIN ? n : -1;
}

/* What is drawn, or what was given, checked. */
static int
put_secret(const struct nvr_contact_change *c, struct nvr_buf *out,
    struct nvr_error *err)
{
	uint8_t key[NVR_CONTACT_KEY];
	int n, rc;

	if (strcmp(c->channel, "webhook") != 0)
		return c->secret == NULL ? 0
					 : nvr_fail(err, NVR_E_USAGE,
					       "only a webhook has a secret");
	if (c->secret == NULL) {
		rc = nvr_random(key, 32, err);
		if (rc == 0)
			rc = nvr_buf_addf(out, err, PREFIX);
		if (rc == 0)
			rc = nvr_base64_add(out, key, 32, err);
		explicit_bzero(key, sizeof(key));
		return rc;
	}
	n = nvr_contact_key(c->secret, key);
	explicit_bzero(key, sizeof(key));
	if (n < 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "a webhook's secret is whsec_ and base64 of 24 to 64 "
		    "random bytes");
	return nvr_buf_add(out, c->secret, strlen(c->secret), err);
}

static int
check_room(struct nvr_state *s, int64_t account, struct nvr_error *err)
{
	struct nvr_account *a = NULL;
	int64_t n = 0;
	int rc = 0;

	if (account != 0)
		rc = nvr_account_get(s->store, account, &a, err);
	nvr_account_free(a);
	if (rc == 0)
		rc = nvr_contact_count(s->store, account, &n, err);
	if (rc == 0 && n >= NVR_CONTACTS_MAX)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "there are %d contacts already, which is the most",
		    NVR_CONTACTS_MAX);
	return rc;
}

static int
insert(struct nvr_state *s, struct nvr_contact *row, const char *address,
    const char *secret, struct nvr_error *err)
{
	struct nvr_column at = {"contact", "address", row->id};
	struct nvr_buf sealed[2] = {{0}, {0}};
	uint8_t hash[NVR_SHA256_LEN];
	char token[65];
	int rc = nvr_register_seal(
	    s, row->account_id, &at, address, &sealed[0], &row->address, err);

	at.column = "secret";
	if (rc == 0)
		rc = nvr_register_seal(s, row->account_id, &at, secret,
		    &sealed[1], &row->secret, err);
	if (rc == 0)
		rc = nvr_contact_token(s, row->id, token, err);
	if (rc == 0)
		rc = nvr_sha256(token, 64, hash, err);
	if (rc == 0)
		rc = nvr_contact_insert(s->store, row, hash, err);
	explicit_bzero(token, sizeof(token));
	nvr_buf_release(&sealed[0]);
	nvr_buf_release(&sealed[1]);
	return rc;
}

static int
add(struct nvr_state *s, const struct nvr_contact_change *c,
    struct nvr_contact *row, const char *secret, struct nvr_error *err)
{
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = check_room(s, row->account_id, err);
	if (rc == 0)
		rc = check_address(s, row->account_id, c, err);
	if (rc == 0)
		rc = insert(s, row, c->address, secret, err);
	if (rc == 0)
		rc = nvr_log_append(s, row->account_id, "contact.added",
		    json_pack("{so ss ss}", "contact", nvr_register_id(row->id),
			"channel", c->channel, "least",
			nvr_severity_names[c->least]),
		    err);
	return nvr_store_end(s->store, rc, err);
}

int
nvr_contact_add(struct nvr_state *s, int64_t account,
    const struct nvr_contact_change *c, int64_t *id, struct nvr_error *err)
{
	struct nvr_contact row = {.id = nvr_id_new(),
	    .account_id = account,
	    .channel = c->channel,
	    .least = c->least,
	    .kinds = nvr_or_empty(c->kinds),
	    .after = c->after,
	    .quiet = nvr_or_empty(c->quiet),
	    .zone = nvr_or_empty(c->zone),
	    .created_at = nvr_time_now()};
	struct nvr_buf secret = {0};
	int rc = check_rules(&row, err);

	if (rc == 0)
		rc = put_secret(c, &secret, err);
	if (rc == 0)
		rc = add(s, c, &row, secret.data, err);
	nvr_buf_wipe(&secret);
	if (rc == 0)
		*id = row.id;
	return rc;
}

struct setting {
	struct nvr_state *s;
	const struct nvr_contact_change *c;
	bool found;
	struct nvr_error *err;
};

/* In the transaction. */
static int
change(void *ctx, const struct nvr_contact *old)
{
	struct setting *t = ctx;
	const struct nvr_contact_change *c = t->c;
	struct nvr_contact row = *old;
	int rc;

	t->found = true;
	row.least = c->least < NVR_SEVERITIES ? c->least : old->least;
	row.kinds = c->kinds != NULL ? c->kinds : old->kinds;
	row.quiet = c->quiet != NULL ? c->quiet : old->quiet;
	row.zone = c->zone != NULL ? c->zone : old->zone;
	row.after = c->after >= 0 ? c->after : old->after;
	rc = check_rules(&row, t->err);
	if (rc == 0)
		rc = nvr_contact_change(
		    t->s->store, &row, nvr_time_now(), t->err);
	return rc == 0 ? nvr_log_append(t->s, row.account_id, "contact.changed",
			     json_pack("{so ss ss sI ss ss}", "contact",
				 nvr_register_id(row.id), "least",
				 nvr_severity_names[row.least], "kinds",
				 row.kinds, "after_us", (json_int_t)row.after,
				 "quiet", row.quiet, "zone", row.zone),
			     t->err)
		       : rc;
}

int
nvr_contact_set(struct nvr_state *s, int64_t id,
    const struct nvr_contact_change *c, struct nvr_error *err)
{
	struct setting t = {s, c, false, err};
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_contact_find(s->store, id, change, &t, err);
	if (rc == 0 && !t.found)
		rc = nvr_contact_none(err);
	return nvr_store_end(s->store, rc, err);
}

/* How often something may be tried; see throttle.h. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/throttle.h"
#include "store/bucket.h"

#define MOST 4	 /* buckets at once */
#define SWEEP 16 /* rows at a time; each try makes fewer */

/* What one token is worth, rounded up, so that n never become n + 1. */
static int64_t
worth(const struct nvr_rate *r)
{
	return r->n > 0 ? (r->per + r->n - 1) / r->n : r->per + 1;
}

/* What n tokens are worth. */
static int64_t
whole(const struct nvr_rate *r)
{
	return r->n > 0 ? worth(r) * r->n : 0;
}

/* As the row says it is now, whatever the clock did since. */
static int
look(struct nvr_state *s, const uint8_t key[NVR_ACCOUNT_KEY_LEN],
    const struct nvr_try *t, int64_t now, struct nvr_bucket *b,
    struct nvr_error *err)
{
	char text[160];
	int rc;

	if (snprintf(text, sizeof(text), "%s|%s", t->kind, t->key) >=
	    (int)sizeof(text))
		return nvr_fail(err, NVR_E_BUG, "a bucket's name is too long");
	*b = (struct nvr_bucket){0};
	rc = nvr_lookup_hmac(key, text, b->name, err);
	if (rc == 0)
		rc = nvr_bucket_get(s->store, b, err);
	if (rc == NVR_E_NOENT) {
		b->at = now;
		rc = 0;
	}
	if (b->at < now)
		b->level_us -=
		    now - b->at < b->level_us ? now - b->at : b->level_us;
	if (b->level_us > whole(t->rate)) /* the rate was another one */
		b->level_us = whole(t->rate);
	b->account_id = t->account;
	return rc;
}

static int
put(struct nvr_state *s, struct nvr_bucket *b, int64_t now,
    struct nvr_error *err)
{
	b->at = now;
	b->full_at = now + b->level_us;
	return nvr_bucket_put(s->store, b, err);
}

int
nvr_throttle(struct nvr_state *s, const struct nvr_try *t, int n, int64_t now,
    int64_t *wait, int *empty, struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	struct nvr_bucket b[MOST] = {0};
	char text[NVR_TIME_TEXT];
	int64_t lacks, most = 0;
	int rc = n > MOST ? nvr_fail(err, NVR_E_BUG, "too many buckets")
			  : nvr_service_key(s, "bucket", key, err);

	for (int i = 0; rc == 0 && i < n; i++) {
		rc = look(s, key, &t[i], now, &b[i], err);
		if (rc != 0)
			break;
		lacks = b[i].level_us + worth(t[i].rate) - whole(t[i].rate);
		if (lacks > most) {
			most = lacks;
			*empty = i;
		}
	}
	explicit_bzero(key, sizeof(key));
	for (int i = 0; rc == 0 && i < n; i++) {
		/* A row of the future is written anew, that it may run off. */
		if (most > 0 && b[i].at <= now)
			continue;
		if (most == 0)
			b[i].level_us += worth(t[i].rate);
		rc = put(s, &b[i], now, err);
	}
	if (rc == 0 && most == 0)
		rc = nvr_bucket_sweep(s->store, now, SWEEP, NULL, err);
	if (rc != 0 || most == 0)
		return rc;
	*wait = most;
	most += NVR_SECOND - 1;
	return nvr_fail(err, NVR_E_AGAIN, "too many attempts: wait for %s",
	    nvr_duration_format(most - most % NVR_SECOND, text));
}

static int
log_refusal(struct nvr_state *s, const struct nvr_try *empty, int64_t now,
    struct nvr_error *err)
{
	const struct nvr_rate once = {1, empty->rate->per};
	char kind[32];
	struct nvr_try x = {kind, empty->key, &once, empty->account};
	int64_t wait;
	int i, rc;

	snprintf(kind, sizeof(kind), "refused-%s", empty->kind);
	rc = nvr_throttle(s, &x, 1, now, &wait, &i, err);
	if (rc == 0)
		rc = nvr_log_append(s, empty->account, "signin.throttled",
		    json_pack("{s:s}", "of", empty->kind), err);
	return rc == NVR_E_AGAIN ? 0 : rc;
}

int
nvr_throttle_take(struct nvr_state *s, const struct nvr_try *t, int n,
    int64_t now, int64_t *wait, struct nvr_error *err)
{
	struct nvr_error again;
	bool refused;
	int empty = 0, rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	*wait = 0;
	rc = nvr_throttle(s, t, n, now, wait, &empty, err);
	again = *err;
	refused = rc == NVR_E_AGAIN && *wait > 0;
	if (refused)
		rc = log_refusal(s, &t[empty], now, err);
	rc = nvr_store_end(s->store, rc, err);
	if (rc == 0 && refused) {
		*err = again;
		rc = NVR_E_AGAIN;
	}
	return rc;
}

int
nvr_network(
    const char *address, char out[NVR_NETWORK_TEXT], struct nvr_error *err)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t raw[16] = {0};
	char text[INET6_ADDRSTRLEN];
	bool four = inet_pton(AF_INET, address, raw) == 1;

	if (!four && inet_pton(AF_INET6, address, raw) != 1)
		return nvr_fail(err, NVR_E_USAGE,
		    "that is no IP address: write 192.0.2.1 "
		    "or 2001:db8::1");
	if (!four && memcmp(raw, mapped, sizeof(mapped)) == 0) {
		memmove(raw, raw + sizeof(mapped), 4);
		four = true;
	}
	memset(raw + (four ? 3 : 8), 0, four ? 1 : 8);
	inet_ntop(four ? AF_INET : AF_INET6, raw, text, sizeof(text));
	snprintf(out, NVR_NETWORK_TEXT, "%s/%d", text, four ? 24 : 64);
	return 0;
}

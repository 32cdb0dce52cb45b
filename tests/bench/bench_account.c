/*
 * A store of very many accounts: how long it takes to find one by its address,
 * beside the bare query.  The newest thousand are of today, for nvr-account
 * list; one in a thousand of the others is a whole account, the rest are rows
 * and keys of the same size whose sealed values nobody can open.
 *
 *	bench_account DIR [ACCOUNTS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/account_int.h"
#include "core/keys_int.h"
#include "seal/digest.h"
#include "store/db.h"

#define WHOLE 1000  /* one in so many */
#define RECENT 1000 /* and these, of the last day */
#define BATCH 50000
#define LOOKUPS 2000

static const char BARE[] = "SELECT account_id FROM account WHERE lookup = ?1";

static struct nvr_error err;

static void
must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "bench_account: %s\n", err.text);
		exit(1);
	}
}

static void
put_key(struct nvr_keys *k, int64_t id, const uint8_t *key)
{
	struct nvr_column at = nvr_wrapped_at(id, false);
	struct nvr_wrapped_key row = {.account_id = id, .created_at = 1};
	uint8_t noise[NVR_ACCOUNT_KEY_LEN + NVR_COLUMN_OVERHEAD];
	struct nvr_buf wrapped = {0};

	arc4random_buf(noise, sizeof(noise));
	row.wrapped = noise;
	row.wrapped_len = sizeof(noise);
	if (key != NULL) {
		must(nvr_column_seal(
		    k->master, &at, key, NVR_ACCOUNT_KEY_LEN, &wrapped, &err));
		row.wrapped = wrapped.data;
	}
	must(nvr_keydb_put(k->db, &row, &err));
	nvr_buf_release(&wrapped);
}

static void
seal(const uint8_t *key, struct nvr_column at, const char *text,
    struct nvr_buf *buf, struct nvr_blob *ret)
{
	static char noise[64];

	arc4random_buf(noise, sizeof(noise));
	*ret = (struct nvr_blob){noise, strlen(text) + NVR_COLUMN_OVERHEAD};
	if (key == NULL)
		return;
	must(nvr_column_seal(key, &at, text, strlen(text), buf, &err));
	ret->data = buf->data;
}

static void
email_of(int64_t i, char text[64])
{
	snprintf(text, 64, "somebody.%lld@example.org", (long long)i);
}

static void
put_account(struct nvr_state *s, struct nvr_keys *k, const uint8_t *lookup,
    int64_t i, int64_t at, bool whole)
{
	struct nvr_account a = {.tier = "free",
	    .adult_how = "declared",
	    .created_at = at,
	    .changed_at = at};
	struct nvr_buf email = {0}, name = {0};
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	char text[64];

	a.id = ((at / 1000 - INT64_C(1577836800000)) << 22) + i;
	arc4random_buf(key, sizeof(key));
	arc4random_buf(a.lookup, sizeof(a.lookup));
	email_of(i, text);
	if (whole)
		must(nvr_lookup_hmac(lookup, text, a.lookup, &err));
	put_key(k, a.id, whole ? key : NULL);
	seal(whole ? key : NULL, (struct nvr_column){"account", "email", a.id},
	    text, &email, &a.email);
	seal(whole ? key : NULL, (struct nvr_column){"account", "name", a.id},
	    "Somebody of Somewhere", &name, &a.name);
	must(nvr_account_insert(s->store, &a, &err));
	nvr_buf_release(&email);
	nvr_buf_release(&name);
}

static void
fill(struct nvr_state *s, int64_t n)
{
	int64_t now = nvr_time_now(), at;
	uint8_t lookup[NVR_ACCOUNT_KEY_LEN];
	struct nvr_keys *k;

	must(nvr_keys_open(s, &k, &err));
	must(nvr_service_key(s, "lookup", lookup, &err));
	for (int64_t i = 0; i < n; i++) {
		bool recent = i >= n - RECENT;

		if (i % BATCH == 0) {
			must(nvr_store_begin(s->store, &err));
			must(nvr_store_begin(k->db, &err));
		}
		at = recent ? now - (n - i) * NVR_SECOND
			    : now - 2 * NVR_DAY - (n - i) * NVR_MINUTE;
		put_account(s, k, lookup, i, at, recent || i % WHOLE == 0);
		if ((i + 1) % BATCH == 0 || i + 1 == n) {
			must(nvr_store_commit(k->db, &err));
			must(nvr_store_commit(s->store, &err));
		}
	}
}

static double
find_all(struct nvr_state *s, int64_t n, bool bare)
{
	int64_t start = nvr_time_monotonic(), id, i;
	uint8_t lookup[NVR_ACCOUNT_LOOKUP];
	struct nvr_account *a;
	char text[64];

	for (int j = 0; j < LOOKUPS; j++) {
		/* A step that shares no factor with 1,000: each in its turn. */
		i = (int64_t)j * 7919 % (n / WHOLE) * WHOLE;
		email_of(i, text);
		if (bare) {
			arc4random_buf(lookup, sizeof(lookup));
			must(nvr_db_number(s->store, BARE, &id, &err, "b",
			    (const void *)lookup, sizeof(lookup)));
			continue;
		}
		must(nvr_account_find(s, text, &a, &err));
		nvr_account_free(a);
	}
	return (double)(nvr_time_monotonic() - start) / LOOKUPS;
}

int
main(int argc, char **argv)
{
	int64_t n =
	    argc > 2 ? strtonum(argv[2], 10000, 100000000, NULL) : 1000000;
	struct nvr_state *s;
	int64_t start;
	double found, bare;

	must(nvr_state_open(
	    argc > 1 ? argv[1] : ".", NVR_STATE_CREATE, &s, &err));
	s->rights = true;
	start = nvr_time_monotonic();
	fill(s, n);
	printf("%lld accounts made in\t%.0f s\n", (long long)n,
	    (double)(nvr_time_monotonic() - start) / NVR_SECOND);
	find_all(s, n, false);
	found = find_all(s, n, false);
	bare = find_all(s, n, true);
	printf("found by address in\t%.0f us\t(%.1f times the bare query)\n",
	    found, found / bare);
	nvr_state_close(s);
	return 0;
}

/* Replacing keys of accounts; see rotate.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/rotate_int.h"
#include "seal/digest.h"

#define POLL_US 50000

/* Accounts above `after`, up to `last`, a batch at a time. */
struct range {
	int64_t after, last;
	int n;
	int64_t account[NVR_ROTATE_BATCH];
};

static int
take(void *ctx, const struct nvr_wrapped_key *k)
{
	struct range *a = ctx;

	a->account[a->n++] = k->account_id;
	return 0;
}

/* In a transaction of keys.db: K becomes the previous one of a new key. */
static int
start_one(struct nvr_state *s, struct nvr_keys *k, int64_t account, bool *newer,
    struct nvr_error *err)
{
	struct nvr_column at = nvr_wrapped_at(account, false);
	struct nvr_column before = nvr_wrapped_at(account, true);
	struct nvr_wrapped_key row = {
	    .account_id = account, .created_at = nvr_time_now()};
	struct nvr_buf wrapped = {0}, previous = {0};
	uint8_t new[NVR_ACCOUNT_KEY_LEN];
	const struct nvr_ring *ring;
	bool there;
	int rc;

	nvr_keys_forget(k, account);
	rc = nvr_keys_ring(s, account, &ring, err);
	if (rc != 0 || ring->n == 2)
		return rc; /* one that was cut short goes on */
	rc = nvr_random(new, sizeof(new), err);
	if (rc == 0)
		rc = nvr_column_seal(
		    k->master, &at, new, sizeof(new), &wrapped, err);
	if (rc == 0)
		rc = nvr_column_seal(k->master, &before, ring->key[0],
		    NVR_ACCOUNT_KEY_LEN, &previous, err);
	row.wrapped = wrapped.data;
	row.wrapped_len = wrapped.len;
	row.previous = previous.data;
	row.previous_len = previous.len;
	if (rc == 0)
		rc = nvr_keydb_replace(k->db, &row, &there, err);
	*newer |= rc == 0;
	nvr_keys_forget(k, account);
	nvr_buf_release(&wrapped);
	nvr_buf_release(&previous);
	explicit_bzero(new, sizeof(new));
	return rc;
}

/* Those from the cursor on, so that a call that was cut short goes on there. */
static int
start_all(struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT];
	struct range a = {.after = -1};
	const char *bad;
	bool newer = false;
	int rc = nvr_setting_get(k->db, NVR_KEYS_CURSOR, text, err);

	if (rc == 0 && text[0] != '\0')
		a.after = strtonum(text, 0, INT64_MAX, &bad);
	if (rc == NVR_E_NOENT)
		rc = 0;
	do {
		a.n = 0;
		if (rc == 0)
			rc = nvr_store_begin(k->db, err);
		if (rc != 0)
			return rc;
		rc = nvr_keydb_each(
		    k->db, a.after, NVR_ROTATE_BATCH, take, &a, err);
		for (int i = 0; rc == 0 && i < a.n; i++)
			rc = start_one(
			    s, k, a.after = a.account[i], &newer, err);
		snprintf(text, sizeof(text), "%" PRId64, a.after);
		if (rc == 0 && a.n > 0)
			rc = nvr_setting_put(k->db, NVR_KEYS_CURSOR, text, err);
		if (rc == 0 && newer)
			rc = nvr_setting_put(k->db, NVR_KEYS_NEWER, "1", err);
		rc = nvr_store_end(k->db, rc, err);
	} while (rc == 0 && a.n == NVR_ROTATE_BATCH);
	return rc;
}

static int
start(struct nvr_state *s, struct nvr_keys *k, int64_t account,
    struct nvr_error *err)
{
	bool newer = false;
	int rc = nvr_store_begin(k->db, err);

	if (rc != 0)
		return rc;
	rc = start_one(s, k, account, &newer, err);
	if (rc == 0 && newer)
		rc = nvr_setting_put(k->db, NVR_KEYS_NEWER, "1", err);
	return nvr_store_end(k->db, rc, err);
}

/* Waits until no other program holds that byte, for an instant. */
static int
wait_for(struct nvr_keys *k, int byte, int64_t until, struct nvr_error *err)
{
	const struct timespec poll = {.tv_nsec = POLL_US * 1000};
	int rc;

	while ((rc = nvr_keys_lock(k, byte, F_WRLCK, err)) == NVR_E_AGAIN &&
	       nvr_time_monotonic() < until)
		nanosleep(&poll, NULL);
	if (rc == 0)
		return nvr_keys_lock(k, byte, F_UNLCK, err);
	return rc == NVR_E_AGAIN
		   ? nvr_fail(err, NVR_E_AGAIN,
			 "a program that runs has read the previous key and "
			 "may still write under it: end it (nvr-audit run, the "
			 "portal), then do this again")
		   : rc;
}

/*
 * Waits until every program that has read keys has read them since the newer
 * ones were entered: it found both.  What was entered in a call that ended
 * waiting here has its generation, or waits for one.
 */
static int
barrier(struct nvr_keys *k, int64_t patience, struct nvr_error *err)
{
	int64_t until = nvr_time_monotonic() + patience;
	char newer[NVR_SETTING_TEXT] = "";
	int rc = nvr_setting_get(k->db, NVR_KEYS_NEWER, newer, err);

	if (rc == NVR_E_NOENT)
		rc = 0;
	if (rc == 0)
		rc = wait_for(
		    k, NVR_KEYS_EVEN + NVR_KEYS_ODD - k->use, until, err);
	if (rc != 0 || newer[0] == '\0')
		return rc;
	rc = nvr_keys_generation(k, err);
	return rc == 0 ? wait_for(k, NVR_KEYS_EVEN + NVR_KEYS_ODD - k->use,
			     until, err)
		       : rc;
}

/* The log first: a row too many is better than none. */
static int
tell(struct nvr_state *s, const struct range *a, struct nvr_error *err)
{
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	for (int i = 0; rc == 0 && i < a->n; i++) {
		/* Read again: of who was erased a moment ago nothing is said.
		 */
		nvr_keys_forget(s->keys, a->account[i]);
		rc = nvr_rotate_say(s, a->account[i],
		    a->account[i] == 0 ? "owner" : "account", err);
		if (rc == NVR_E_NOENT)
			rc = 0;
	}
	return nvr_store_end(s->store, rc, err);
}

static int
drop(struct nvr_keys *k, const struct range *a, struct nvr_error *err)
{
	int rc = nvr_store_begin(k->db, err);

	if (rc != 0)
		return rc;
	for (int i = 0; rc == 0 && i < a->n; i++) {
		rc = nvr_keydb_drop_previous(k->db, a->account[i], err);
		nvr_keys_forget(k, a->account[i]);
	}
	return nvr_store_end(k->db, rc, err);
}

static int
pass(struct nvr_state *s, struct nvr_keys *k, const struct range *of,
    bool dropping, struct nvr_rotation *r, struct nvr_error *err)
{
	struct range a = *of;
	int rc, n;

	r->damaged = 0;
	do {
		a.n = 0;
		rc = nvr_keydb_each_rotating(
		    k->db, a.after, a.last, NVR_ROTATE_BATCH, take, &a, err);
		n = a.n;
		if (n > 0)
			a.after = a.account[n - 1];
		if (rc == 0)
			rc = nvr_reseal(s, a.account, &a.n, r, err);
		if (rc == 0 && dropping && a.n > 0)
			rc = tell(s, &a, err);
		if (rc == 0 && dropping && a.n > 0)
			rc = drop(k, &a, err);
		if (rc == 0 && dropping)
			r->keys += a.n;
	} while (rc == 0 && n == NVR_ROTATE_BATCH);
	return rc;
}

/* What was sealed before the barrier alone may be under a previous key. */
static int
settle(struct nvr_state *s, struct nvr_keys *k, const struct range *of,
    struct nvr_rotation *r, struct nvr_error *err)
{
	int rc = barrier(k, 0, err);
	bool clear = rc == 0;

	if (rc == 0 || rc == NVR_E_AGAIN)
		rc = pass(s, k, of, clear, r, err);
	if (rc == 0 && !clear)
		rc = barrier(k, r->patience, err);
	if (rc == 0 && !clear)
		rc = pass(s, k, of, true, r, err);
	return rc;
}

int
nvr_rotate_account(struct nvr_state *s, int64_t account, struct nvr_rotation *r,
    struct nvr_error *err)
{
	struct range of = {.after = account - 1, .last = account};
	struct nvr_rotating g;
	int rc = nvr_rotate_begin(s, &g, err);

	if (rc != 0)
		return rc;
	rc = start(s, g.k, account, err);
	if (rc == 0)
		rc = settle(s, g.k, &of, r, err);
	nvr_rotate_end(s, &g);
	return rc;
}

int
nvr_rotate_accounts(
    struct nvr_state *s, struct nvr_rotation *r, struct nvr_error *err)
{
	struct range of = {.after = -1, .last = INT64_MAX};
	struct nvr_rotating g;
	int rc = nvr_rotate_begin(s, &g, err);

	if (rc != 0)
		return rc;
	rc = start_all(s, g.k, err);
	if (rc == 0)
		rc = settle(s, g.k, &of, r, err);
	if (rc == 0)
		rc = nvr_setting_put(g.k->db, NVR_KEYS_CURSOR, "", err);
	nvr_rotate_end(s, &g);
	return rc;
}

/* Telling many people of one thing; see telling.h. */
#include <string.h>

#include "base/time.h"
#include "core/register.h"
#include "core/telling.h"

#define BATCH 500 /* what a crash costs, and others wait for */

/* Letters that cannot be posted are found out ahead of the first. */
static int
check(struct nvr_state *s, struct nvr_error *err)
{
	if (nvr_letter_ready(s))
		return 0;
	return nvr_fail(err, NVR_E_CONFIG,
	    "nvr.conf needs url and mail-from in [portal] for letters");
}

/* An account whose key or address is no good holds nobody else up. */
static int
pass_over(struct nvr_telling *t, int rc, const struct nvr_error *err)
{
	/* It is being erased at this moment. */
	if (rc == NVR_E_NOENT)
		return 0;
	if (rc != NVR_E_USAGE && rc != NVR_E_DATA)
		return rc;
	if (t->failed++ == 0)
		strlcpy(t->why, err->text, sizeof(t->why));
	return 0;
}

static int
tell(struct nvr_state *s, struct nvr_telling *t, int64_t account,
    struct nvr_error *err)
{
	struct nvr_letter l = t->letter;
	struct nvr_buf to = {0};
	int64_t outbox = 0;
	int rc = nvr_register_address(s, account, &to, err);

	l.account = account;
	l.to = to.data;
	if (rc == 0)
		rc = nvr_letter_post(s, &l, &outbox, err);
	nvr_buf_wipe(&to);
	if (rc != 0)
		return pass_over(t, rc, err);
	rc = nvr_told_add(
	    s->store, t->what, t->id, account, nvr_time_now(), outbox, err);
	if (rc == 0)
		t->told++;
	return rc;
}

static int
end(struct nvr_state *s, int rc, struct nvr_error *err)
{
	return nvr_store_end(s->store, rc, err);
}

/* Of everybody, the next few above *after; *n of them. */
static int
tell_next(struct nvr_state *s, struct nvr_telling *t, int64_t *after, int *n,
    struct nvr_error *err)
{
	int64_t account[BATCH];
	int rc = nvr_told_next(
	    s->store, t->what, t->id, *after, BATCH, account, n, err);

	for (int i = 0; rc == 0 && i < *n; i++)
		rc = tell(s, t, account[i], err);
	if (rc == 0 && *n > 0)
		*after = account[*n - 1];
	return rc;
}

static int
tell_some(struct nvr_state *s, struct nvr_telling *t, const int64_t *accounts,
    int n, struct nvr_error *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < n; i++) {
		bool told = false;

		rc = nvr_told_is(
		    s->store, t->what, t->id, accounts[i], &told, err);
		if (rc == 0 && !told)
			rc = tell(s, t, accounts[i], err);
	}
	return rc;
}

int
nvr_tell_many(struct nvr_state *s, struct nvr_telling *t,
    const int64_t *accounts, int n,
    int (*begin)(struct nvr_state *s, void *ctx, struct nvr_error *err),
    void *ctx, struct nvr_error *err)
{
	int64_t after = 0;
	int rc = check(s, err), found = 0;
	bool first = true;

	if (rc != 0 || t->dry)
		return rc;
	do {
		rc = nvr_store_begin(s->store, err);
		if (rc == 0 && first)
			rc = begin(s, ctx, err);
		if (rc == 0)
			rc = n > 0 ? tell_some(s, t, accounts, n, err)
				   : tell_next(s, t, &after, &found, err);
		rc = end(s, rc, err);
		if (rc == 0 && t->progress != NULL)
			t->progress(t->ctx, t->told);
		first = false;
	} while (rc == 0 && found == BATCH);
	return rc;
}

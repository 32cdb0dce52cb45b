/* Accounts whose days are over; see erasure.h. */
#include "base/time.h"
#include "core/erasure_int.h"

/* Some of them in hand. */
struct due {
	struct nvr_state *s;
	int64_t now, before;
	struct nvr_deleted row[NVR_ERASE_BATCH];
	bool goes[NVR_ERASE_BATCH];
	size_t n;
	struct nvr_error *err;
};

static int
take(void *ctx, int64_t account, int64_t at)
{
	struct due *d = ctx;

	d->row[d->n++] = (struct nvr_deleted){account, at};
	return 0;
}

/* Somebody may have restricted it since, or brought it back. */
static int
choose(void *ctx, struct nvr_erased_list *list)
{
	struct due *d = ctx;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < d->n; i++) {
		const struct nvr_erased e = {
		    d->row[i].account, nvr_erasure_time(d->now)};

		rc = nvr_erasure_is_due(
		    d->s->store, e.account, d->before, &d->goes[i], d->err);
		if (rc == 0 && d->goes[i])
			rc = nvr_erased_add(list, &e);
	}
	return rc;
}

int
nvr_erase_due(struct nvr_state *s, int64_t now,
    int (*went)(void *ctx, int64_t account, int64_t at), void *ctx, int *n,
    struct nvr_error *err)
{
	struct due d = {
	    .s = s, .now = now, .before = now - s->rules->restore, .err = err};
	const struct nvr_erasure_choice those = {choose, &d};
	struct nvr_deleted last = {0};
	int rc;

	*n = 0;
	do {
		int some = 0;

		d.n = 0;
		rc = nvr_erasure_each_due(
		    s->store, d.before, last, NVR_ERASE_BATCH, take, &d, err);
		if (rc == 0 && d.n > 0)
			rc = nvr_erasure_do(s, &those, &some, err);
		*n += some;
		for (size_t i = 0; rc == 0 && i < d.n; i++) {
			last = d.row[i];
			if (d.goes[i] && went != NULL)
				rc = went(ctx, last.account, last.at);
		}
	} while (rc == 0 && d.n == NVR_ERASE_BATCH);
	return rc;
}

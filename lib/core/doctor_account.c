/* What is wrong with what accounts need; see doctor.h. */
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/time.h"
#include "core/account.h"
#include "core/doctor_int.h"
#include "core/log.h"
#include "core/offer_int.h"
#include "core/pepper.h"
#include "core/portal.h"
#include "store/breach.h"
#include "store/request.h"

#define SAMPLE 1000 /* accounts: a few hundredths of a second */

static void
check_peppers(struct nvr_doctor *d)
{
	int64_t version = 0;
	int rc = nvr_pepper_check(d->s, &version, &d->err);

	nvr_doctor_judge(d, "peppers", rc,
	    version > 0 ? "those that passwords need are there"
			: "none was needed yet",
	    nvr_doctor_key(rc));
}

static void
check_log(struct nvr_doctor *d)
{
	uint8_t seed[NVR_ACCOUNT_KEY_LEN];
	bool drawn = false;
	int rc = nvr_log_key_check(d->s, seed, &drawn, &d->err);

	explicit_bzero(seed, sizeof(seed));
	nvr_doctor_judge(d, "log key", rc,
	    drawn ? "it is the one that signs heads" : "none was needed yet",
	    nvr_doctor_key(rc));
	rc = nvr_log_sound(d->s, &d->err);
	nvr_doctor_judge(d, "log", rc, "it ends where it was written last",
	    "keep a copy of the store, and see what 'nvr-account log --verify "
	    "--against' a kept head says");
}

struct sampling {
	struct nvr_doctor *d;
	int64_t n, bad, first;
	struct nvr_error why;
};

static int
sample(void *ctx, const struct nvr_account *a)
{
	struct sampling *x = ctx;
	struct nvr_person p = {0};

	x->n++;
	/* Without a key it was told of already. */
	if (nvr_person_open(x->d->s, a, &p, &x->d->err) != 0 &&
	    x->d->err.code != NVR_E_NOENT && x->bad++ == 0) {
		x->first = a->id;
		x->why = x->d->err;
	}
	nvr_person_wipe(&p);
	return 0;
}

static void
check_sealed(struct nvr_doctor *d)
{
	struct sampling x = {.d = d};
	bool rights = nvr_state_rights(d->s, true);
	char id[NVR_ID_TEXT];
	int rc = nvr_account_newest(d->s->store, SAMPLE, sample, &x, &d->err);

	nvr_state_rights(d->s, rights);
	if (rc != 0)
		nvr_doctor_judge(
		    d, "sealed values", rc, "", "restore a backup");
	else if (x.bad > 0)
		nvr_doctor_tell(d, "sealed values", NVR_CHECK_TROUBLE,
		    "restore a backup of the store in another folder, and "
		    "compare",
		    "of the newest %lld accounts %lld do not open; the first "
		    "is %s: %s",
		    (long long)x.n, (long long)x.bad,
		    nvr_id_format(x.first, id), x.why.text);
	else if (x.n > 0)
		nvr_doctor_tell(d, "sealed values", NVR_CHECK_OK, NULL,
		    "those of the newest %lld accounts open", (long long)x.n);
}

static void
check_portal(struct nvr_doctor *d)
{
	int rc = nvr_portal_check(d->rules, &d->err);

	nvr_doctor_judge(d, "portal", rc,
	    d->rules->url[0] == '\0' || d->rules->mail_from[0] == '\0'
		? "no letters: nvr.conf has no url and mail-from in [portal]"
		: d->rules->url,
	    "put it right in nvr.conf");
}

struct overdue {
	int64_t now, n;
};

static int
see_request(void *ctx, const struct nvr_request *r)
{
	struct overdue *x = ctx;

	x->n += r->done_at == 0 && r->due_at < x->now;
	return 0;
}

static int
see_breach(void *ctx, const struct nvr_breach *b)
{
	struct overdue *x = ctx;

	x->n += b->reported_at == 0 && b->closed_at == 0 && b->due_at <= x->now;
	return 0;
}

static void
check_overdue(struct nvr_doctor *d)
{
	const struct nvr_request_filter open = {0};
	struct overdue x = {nvr_time_now(), 0};

	if (nvr_request_each(d->s->store, &open, see_request, &x, &d->err) ==
		0 &&
	    x.n > 0)
		nvr_doctor_tell(d, "requests", NVR_CHECK_WARNING,
		    "'nvr-account requests' shows them", "%lld overdue",
		    (long long)x.n);
	x.n = 0;
	if (nvr_breach_each(d->s->store, 0, see_breach, &x, &d->err) == 0 &&
	    x.n > 0)
		nvr_doctor_tell(d, "breaches", NVR_CHECK_WARNING,
		    "'nvr-account breach' shows them",
		    "%lld overdue to be reported", (long long)x.n);
}

struct offers {
	struct nvr_doctor *d;
	int64_t gone, strays;
};

static int
see_offer(void *ctx, const struct nvr_offer *o)
{
	struct offers *x = ctx;
	int fd = -1;

	if (strcmp(o->state, "ready") != 0)
		return 0;
	x->gone +=
	    nvr_offer_open(x->d->s, o->id, &fd, &x->d->err) == NVR_E_NOENT;
	if (fd >= 0)
		close(fd);
	return 0;
}

static void
see_stray(void *ctx, const char *path, int64_t at, int64_t bytes)
{
	struct offers *x = ctx;

	(void)path, (void)at, (void)bytes;
	x->strays++;
}

/* Exports that are offered, and their files. */
static void
check_offers(struct nvr_doctor *d)
{
	const struct nvr_offer_filter all = {0};
	struct offers x = {.d = d};
	const struct nvr_offer_sweep look = {
	    .until = INT64_MAX, .look = true, .told = see_stray, .ctx = &x};
	int rc = nvr_offer_each(d->s->store, &all, see_offer, &x, &d->err);

	if (rc == 0)
		rc = nvr_offer_sweep(d->s, &look, &d->err);
	if (rc != 0)
		nvr_doctor_judge(d, "exports", rc, "", "see who owns it");
	if (x.gone > 0)
		nvr_doctor_tell(d, "exports", NVR_CHECK_WARNING,
		    "'nvr-export list' shows them; they can be asked for anew",
		    "the files of %lld are gone", (long long)x.gone);
	if (x.strays > 0)
		nvr_doctor_tell(d, "exports", NVR_CHECK_WARNING,
		    "'nvr-retain' deletes them", "%lld files have no row",
		    (long long)x.strays);
}

void
nvr_doctor_accounts(struct nvr_doctor *d)
{
	check_peppers(d);
	check_sealed(d);
	check_log(d);
	check_portal(d);
	check_overdue(d);
	check_offers(d);
}

/* What is wrong; see doctor.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/id.h"
#include "base/time.h"
#include "core/backup.h"
#include "core/doctor_int.h"
#include "core/enrolment.h"
#include "core/keep.h"
#include "core/erasure.h"
#include "core/inventory.h"
#include "core/keys_int.h"
#include "core/ledger.h"
#include "core/retain.h"
#include "store/account.h"
#include "store/baseline.h"
#include "store/footage.h"
#include "store/still.h"

void
nvr_doctor_tell(struct nvr_doctor *d, const char *name, int level,
    const char *advice, const char *fmt, ...)
{
	char text[sizeof(d->err.text)];
	struct nvr_check k = {name, (enum nvr_check_level)level, text,
	    level == NVR_CHECK_OK ? NULL : advice};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (level > d->worst)
		d->worst = level;
	d->say(d->ctx, &k);
}

void
nvr_doctor_judge(struct nvr_doctor *d, const char *name, int rc,
    const char *fine, const char *advice)
{
	if (rc == 0)
		nvr_doctor_tell(d, name, NVR_CHECK_OK, NULL, "%s", fine);
	else
		nvr_doctor_tell(
		    d, name, NVR_CHECK_TROUBLE, advice, "%s", d->err.text);
}

static const char *
store_advice(int rc)
{
	switch (rc) {
	case NVR_E_NOENT:
		return "run 'nvr-store init', or name the folder with -d";
	case NVR_E_CONFIG:
		return "run 'nvr-store migrate', or install the newer release";
	case NVR_E_PERMISSION:
		return "run it as the user whose store it is";
	case NVR_E_AGAIN:
		return "see which program holds it with 'fuser nvr.db'";
	default:
		return "stop all tools, keep a copy, restore a backup";
	}
}

/* How much footage each stream has: kept beside it, and by it put right. */
static void
check_totals(struct nvr_doctor *d)
{
	int n = 0, rc = nvr_footage_mend(d->s->store, &n, &d->err);

	if (rc == 0 && n > 0)
		nvr_doctor_tell(d, "footage totals", NVR_CHECK_WARNING,
		    "nothing more: they were put right",
		    "of %d streams there was more or less footage than counted",
		    n);
	else
		nvr_doctor_judge(d, "footage totals", rc,
		    "they are those of the rows", store_advice(rc));
}

static int
check_store(struct nvr_doctor *d)
{
	int version = 0;
	int rc = nvr_state_open(d->dir, 0, &d->s, &d->err);

	nvr_doctor_judge(d, "store", rc, d->dir, store_advice(rc));
	if (rc != 0)
		return rc;
	d->in_force = *d->rules;
	if (nvr_enrolment_rules(d->s, &d->in_force, &d->err) == 0)
		d->rules = &d->in_force;
	d->s->rules = d->rules;
	nvr_store_version(d->s->store, &version, &d->err);
	nvr_doctor_tell(d, "schema", NVR_CHECK_OK, NULL, "%d", version);
	rc = nvr_store_verify(d->s->store, &d->err);
	nvr_doctor_judge(d, "integrity", rc,
	    "every page and reference is sound",
	    "stop all tools, keep a copy, restore a backup");
	if (rc == 0)
		check_totals(d);
	return rc;
}

const char *
nvr_doctor_key(int rc)
{
	return rc == NVR_E_PERMISSION
		   ? "chmod 400 it"
		   : "put it back from its backup; it cannot be made anew";
}

struct keyless {
	struct nvr_doctor *d;
	struct nvr_keys *keys;
	int64_t n, first;
};

static int
see_key(void *ctx, const struct nvr_wrapped_key *k)
{
	(void)ctx, (void)k;
	return 0;
}

static int
look_for_key(void *ctx, const struct nvr_account *a)
{
	struct keyless *x = ctx;
	int rc = nvr_keydb_get(x->keys->db, a->id, see_key, NULL, &x->d->err);

	if (rc == NVR_E_NOENT && x->n++ == 0)
		x->first = a->id;
	return rc == NVR_E_NOENT ? 0 : rc;
}

/* keys.db, and that it and the store know the same accounts. */
static void
check_accounts(struct nvr_doctor *d, struct nvr_keys *keys)
{
	const struct nvr_account_filter all = {0};
	struct keyless x = {d, keys, 0, 0};
	char id[NVR_ID_TEXT];
	int rc = nvr_store_verify(keys->db, &d->err);

	nvr_doctor_judge(d, "keys.db", rc, "every page is sound",
	    "put it back from its backup: 'nvr-store restore'");
	if (rc == 0 &&
	    nvr_account_each(d->s->store, &all, look_for_key, &x, &d->err) ==
		0 &&
	    x.n > 0)
		nvr_doctor_tell(d, "accounts", NVR_CHECK_TROUBLE,
		    "put keys.db back from its backup",
		    "%lld have no key, so what is sealed of them is lost: the "
		    "first is %s",
		    (long long)x.n, nvr_id_format(x.first, id));
}

struct comparing {
	const struct nvr_ledger *l;
	int64_t n, missing;
};

static int
compare(void *ctx, const struct nvr_erased *e)
{
	struct comparing *c = ctx;

	c->n++;
	c->missing += !nvr_ledger_has(c->l, e->account);
	return 0;
}

static void
check_ledger(struct nvr_doctor *d)
{
	struct nvr_ledger l;
	struct comparing c = {.l = &l};
	int64_t forged = 0;
	int rc = nvr_ledger_read(d->s, NULL, &l, &d->err);

	if (rc == 0) {
		rc = nvr_ledger_sound(&l, &d->err);
		if (rc == 0)
			rc = nvr_erasures_each(
			    d->s, d->s->store, compare, &c, &forged, &d->err);
		if (rc == 0 && forged > 0)
			rc = nvr_fail(&d->err, NVR_E_DATA,
			    "%lld rows of the store's table 'erasure' were not "
			    "written by these programs, or with other keys; "
			    "they destroy nothing",
			    (long long)forged);
		if (rc == 0 && (c.missing > 0 || c.n != (int64_t)l.n))
			rc = nvr_fail(&d->err, NVR_E_DATA,
			    "the ledger '%s' names %zu accounts, the store "
			    "%lld, and not the same",
			    l.path, l.n, (long long)c.n);
		nvr_ledger_close(&l);
	}
	nvr_doctor_judge(d, "ledger of erasures", rc, "file and store agree",
	    "put the line right; the store's table 'erasure' knows who was "
	    "erased");
}

static void
check_keys(struct nvr_doctor *d)
{
	const struct nvr_age_identity *box;
	struct nvr_keys *keys;
	char path[PATH_MAX];
	struct stat sb;
	int rc;

	snprintf(path, sizeof(path), "%s/keys", d->dir);
	if (stat(path, &sb) == 0 && (sb.st_mode & 077) != 0)
		nvr_doctor_tell(d, "keys", NVR_CHECK_TROUBLE,
		    "chmod 700 the folder", "'%s' is open to others", path);
	rc = nvr_state_box(d->s, &box, &d->err);
	nvr_doctor_judge(
	    d, "box key", rc, "only its owner can read it", nvr_doctor_key(rc));
	rc = nvr_keys_open(d->s, &keys, &d->err);
	nvr_doctor_judge(d, "account keys", rc, "the master key opens them",
	    nvr_doctor_key(rc));
	d->have_keys = rc == 0;
	if (rc == 0)
		check_accounts(d, keys);
	if (rc == 0)
		nvr_doctor_accounts(d);
	check_ledger(d);
	snprintf(path, sizeof(path), "%s/nvr.db", d->dir);
	if (stat(path, &sb) == 0 && (sb.st_mode & 07) != 0)
		nvr_doctor_tell(d, "store mode", NVR_CHECK_WARNING,
		    "chmod o= it", "everyone on this machine can read '%s'",
		    path);
}

/* Whether the master key is the one that sealed this. */
static int
open_baseline(void *ctx, const struct nvr_baseline_row *row)
{
	struct nvr_column at = {"baseline", "data", row->key.camera_id};
	struct nvr_doctor *d = ctx;
	struct nvr_buf plain = {0};

	if (nvr_sealed_get(
		d->s, 0, &at, row->data, row->len, &plain, &d->err) != 0)
		nvr_doctor_tell(d, "baselines", NVR_CHECK_TROUBLE,
		    "put the master key back from its backup, or 'nvr-audit "
		    "baseline reset' the camera",
		    "%s", d->err.text);
	nvr_buf_release(&plain);
	return 0;
}

static int
count_secret(void *ctx, const struct nvr_camera *cam)
{
	struct nvr_doctor *d = ctx;
	struct nvr_secrets x;

	if (d->have_keys)
		nvr_baseline_each(
		    d->s->store, cam->id, open_baseline, d, &d->err);
	if (nvr_inventory_secrets(d->s, cam, &x, &d->err) != 0)
		nvr_doctor_tell(d, "credentials", NVR_CHECK_TROUBLE,
		    "'nvr-camera set' with --url, --user and --password-file",
		    "%s", d->err.text);
	else
		nvr_secrets_wipe(&x);
	return 0;
}

static int
count_still(void *ctx, const struct nvr_aged_row *row)
{
	(void)row;
	++*(int *)ctx;
	return 0;
}

/* Where nobody runs nvr-retain, nothing that was promised comes true. */
static void
check_retention(struct nvr_doctor *d)
{
	int64_t n = 0;
	int rc = nvr_retain_overdue(d->s, &n, &d->err);

	if (rc == 0 && n > 0)
		nvr_doctor_tell(d, "retention", NVR_CHECK_WARNING,
		    "run nvr-retain; is nvr-retain.timer on?",
		    n == 1 ? "%lld thing is past its time"
			   : "%lld things are past their time",
		    (long long)n);
	else
		nvr_doctor_judge(d, "retention", rc, "nothing is past its time",
		    "see what 'nvr-retain verify' says");
}

static void
check_media(struct nvr_doctor *d)
{
	struct nvr_aged_by by = nvr_keep_due(d->s, nvr_time_now(), 0);
	int expired = 0, rc = nvr_state_media(d->s, &d->err);

	nvr_doctor_judge(d, "media folder", rc, "it is this store's",
	    "mount the disk that belongs to this store");
	if (rc == 0)
		check_retention(d);
	for (int i = 0; i < 3; i++)
		nvr_aged_each(d->s->store, nvr_keep_ends[i], &by, count_still,
		    &expired, &d->err);
	if (expired > 0)
		nvr_doctor_tell(d, "kept stills", NVR_CHECK_WARNING,
		    "run nvr-retain, which deletes them",
		    "%d are older than they may become", expired);
}

static void
check_space(struct nvr_doctor *d)
{
	struct statvfs vfs;
	long long mib;

	if (statvfs(d->dir, &vfs) != 0) {
		nvr_doctor_tell(d, "free space", NVR_CHECK_TROUBLE,
		    "see the disk", "cannot be told: %s", strerror(errno));
		return;
	}
	mib = (long long)(vfs.f_bavail * (vfs.f_frsize / 1024)) / 1024;
	nvr_doctor_tell(d, "free space",
	    mib < d->rules->keep.floor >> 20 ? NVR_CHECK_WARNING : NVR_CHECK_OK,
	    "make room, or lower min-free in nvr.conf", "%lld MiB", mib);
	if (vfs.f_flag & ST_RDONLY)
		nvr_doctor_tell(d, "disk", NVR_CHECK_TROUBLE,
		    "see 'dmesg': a failing disk turns read-only",
		    "it is mounted read-only");
}

int
nvr_doctor(const char *dir, const struct nvr_rules *rules,
    void (*say)(void *ctx, const struct nvr_check *k), void *ctx)
{
	struct nvr_doctor d = {
	    .dir = dir, .rules = rules, .say = say, .ctx = ctx};

	if (check_store(&d) == 0) {
		check_keys(&d);
		check_media(&d);
		if (d.worst < NVR_CHECK_TROUBLE &&
		    nvr_camera_each(
			d.s->store, false, count_secret, &d, &d.err) == 0 &&
		    d.worst < NVR_CHECK_TROUBLE)
			nvr_doctor_tell(&d, "credentials", NVR_CHECK_OK, NULL,
			    "all of them open with the box key");
	}
	nvr_doctor_left(&d);
	check_space(&d);
	nvr_doctor_clock(&d);
	nvr_state_close(d.s);
	return d.worst;
}

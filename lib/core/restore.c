/*
 * Putting the backup of a store in place; see backup.h.
 *
 * All is done to a copy beside the present database, under the lock of the
 * ledger: whatever stops it, the present one is there as it was, and the
 * ledger is at most longer than before, which the next opening heeds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/owner.h"
#include "base/time.h"
#include "core/backup_int.h"
#include "core/erasure_int.h"
#include "core/keys.h"
#include "core/log.h"
#include "store/backup.h"
#include "store/carry.h"
#include "store/offer.h"

static void
path_in(const struct nvr_restoring *x, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", x->s.dir, name);
}

int
nvr_restore_ledger(
    struct nvr_restoring *x, struct nvr_ledger *l, struct nvr_error *err)
{
	int rc = nvr_ledger_open(&x->s, l, err);

	if (rc != 0)
		return rc;
	rc = nvr_ledger_sound(l, err);
	if (rc == 0)
		rc = nvr_ledger_add(l, x->more.entry, x->more.n, err);
	if (rc != 0)
		nvr_ledger_close(l);
	return rc;
}

/* The ledger learns what the present store knows of erasures. */
static int
add_rows(struct nvr_restoring *x, struct nvr_ledger *l, struct nvr_error *err)
{
	struct nvr_erased_list r = {.err = err};
	int rc = 0;

	if (x->live != NULL && !x->empty)
		rc = nvr_erasures_each(
		    &x->s, x->live, nvr_erased_add, &r, &r.forged, err);
	if (rc == 0 && r.n > 0)
		rc = nvr_ledger_add(l, r.e, r.n, err);
	free(r.e);
	return rc;
}

static int
drop_all(const char *path, struct nvr_error *err)
{
	int rc = nvr_restore_drop(path, err);

	return rc == 0 ? nvr_restore_drop_beside(path, err) : rc;
}

static int
open_copy(struct nvr_restoring *x, const char *copy, struct nvr_error *err)
{
	char uuid[NVR_SETTING_TEXT];
	int rc = drop_all(copy, err);

	if (rc == 0)
		rc = nvr_backup_fetch(x->r->dir, &x->b, "nvr.db", copy, err);
	if (rc == 0)
		rc = nvr_own(copy, err);
	if (rc == 0)
		rc = nvr_store_open(copy, NVR_STORE_MIGRATE, &x->s.store, err);
	if (rc == 0)
		rc = nvr_setting_get(x->s.store, "media_uuid", uuid, err);
	if (rc == 0 && strcmp(uuid, x->b.store) != 0)
		rc = nvr_fail(err, NVR_E_DATA,
		    "'%s' is of another store than its backup.json says",
		    x->r->dir);
	return rc;
}

/* An empty store was made by mistake, and the media folder with it. */
static int
claim_media(struct nvr_restoring *x, struct nvr_error *err)
{
	char path[PATH_MAX], text[64];
	struct stat sb;
	int rc = 0;

	path_in(x, "media", path);
	if (!x->empty && stat(path, &sb) == 0)
		return 0;
	rc = nvr_own_folder(path, err);
	path_in(x, "media/nvr-media", path);
	snprintf(text, sizeof(text), "%s\n", x->b.store);
	if (rc == 0)
		rc = nvr_file_write(path, text, strlen(text), 0600, 0, err);
	return rc == 0 ? nvr_own(path, err) : rc;
}

static int
enter(struct nvr_restoring *x, struct nvr_error *err)
{
	char taken[NVR_TIME_TEXT], now[24];
	int rc = nvr_store_begin(x->s.store, err);

	if (rc != 0)
		return rc;
	snprintf(now, sizeof(now), "%lld", (long long)nvr_time_now());
	rc = nvr_store_sign_out(x->s.store, err);
	if (rc == 0)
		rc = nvr_setting_put(x->s.store, NVR_RESTORED, now, err);
	if (rc == 0)
		rc = nvr_log_append(&x->s, 0, "store.restored",
		    json_pack("{s:s, s:s, s:i}", "what", "store", "taken_at",
			nvr_time_format(x->b.taken_at, taken), "erased",
			x->ret->erased),
		    err);
	return nvr_store_end(x->s.store, rc, err);
}

static int
put_in_place(struct nvr_restoring *x, const char *copy, struct nvr_error *err)
{
	struct nvr_error ignored;
	int rc;

	if (x->live == NULL)
		return nvr_restore_rename(x, copy, err);
	rc = nvr_store_replace(x->live, x->s.store, err);
	if (rc == 0)
		nvr_store_settle(x->live, &ignored);
	return rc;
}

/*
 * What people decided since the backup is not undone by it.  A present
 * database that cannot be read, or not with these keys, has nothing to say.
 */
static int
carry_over(
    struct nvr_restoring *x, const struct nvr_ledger *l, struct nvr_error *err)
{
	struct nvr_carried c = {0};
	bool any = false;
	int rc = NVR_E_DATA;

	if (x->live != NULL && !x->empty)
		rc = nvr_restore_readable(x, x->live, l, err);
	if (rc == 0)
		rc = nvr_store_carry(
		    x->s.store, x->live, nvr_time_now(), &c, err);
	if (rc == 0) {
		x->ret->own_log = !c.log;
		x->ret->lost = (int)c.lost;
		x->ret->removed = (int)c.removed;
	} else if (rc == NVR_E_DATA) {
		rc = nvr_account_any(x->s.store, &any, err);
		if (rc == 0)
			rc = nvr_removals_anew(x->s.store, nvr_time_now(), err);
		/* A backup has no files of theirs. */
		if (rc == 0)
			rc = nvr_offer_delete_all(x->s.store, err);
		x->ret->undone = any;
	}
	/* Else keys.db would miss what the backup's log never had. */
	return rc == 0 && !c.log ? nvr_log_know_anew(&x->s, err) : rc;
}

int
nvr_restore_store(struct nvr_restoring *x, struct nvr_error *err)
{
	char copy[PATH_MAX], keys[PATH_MAX];
	struct nvr_ledger l = {.fd = -1};
	struct nvr_error ignored;
	int rc;

	path_in(x, "keys/keys.db", keys);
	if (access(keys, F_OK) != 0)
		return nvr_fail(err, NVR_E_NOENT,
		    "there is no '%s': restore the backup of the keys first",
		    keys);
	path_in(x, "nvr.db.restore", copy);
	rc = open_copy(x, copy, err);
	if (rc == 0)
		rc = nvr_restore_ledger(x, &l, err);
	if (rc == 0)
		rc = nvr_restore_readable(x, x->s.store, &l, err);
	if (rc == 0)
		rc = carry_over(x, &l, err);
	if (rc == 0)
		rc = add_rows(x, &l, err);
	/* Whatever the backup has heeded, it was another ledger. */
	if (rc == 0)
		rc = nvr_ledger_heed(x->s.store, -1, err);
	if (rc == 0)
		rc = nvr_erasures_heed(&x->s, &l, &x->ret->erased, err);
	if (rc == 0)
		rc = enter(x, err);
	if (rc == 0)
		rc = claim_media(x, err);
	if (rc == 0)
		rc = put_in_place(x, copy, err);
	nvr_keys_close(x->s.keys);
	nvr_store_close(x->s.store);
	x->s.keys = NULL;
	x->s.store = NULL;
	if (drop_all(copy, rc == 0 ? err : &ignored) != 0 && rc == 0)
		rc = err->code;
	nvr_ledger_close(&l);
	x->ret->files += rc == 0;
	return rc;
}

struct emptiness {
	bool empty;
};

static int
see_table(void *ctx, const char *name, int64_t rows)
{
	struct emptiness *e = ctx;

	if (rows > 0 &&
	    (strcmp(name, "camera") == 0 || strcmp(name, "account") == 0 ||
		strcmp(name, "erasure") == 0))
		e->empty = false;
	return 0;
}

/* Whose media lies here; "" when there is none. */
static void
media_of(const struct nvr_restoring *x, char uuid[40])
{
	struct nvr_error ignored;
	struct nvr_buf text = {0};
	char path[PATH_MAX];

	path_in(x, "media/nvr-media", path);
	uuid[0] = '\0';
	if (nvr_file_read(path, 256, &text, &ignored) == 0 && text.len > 0) {
		text.data[strcspn(text.data, "\r\n")] = '\0';
		strlcpy(uuid, text.data, 40);
	}
	nvr_buf_release(&text);
}

/* Neither another store nor another's footage is replaced; uuid is the present
 * store's, "" when that is not known. */
static int
judge(struct nvr_restoring *x, const char *uuid, bool empty,
    struct nvr_error *err)
{
	bool same = uuid[0] == '\0' || strcmp(uuid, x->b.store) == 0;
	char media[40];

	media_of(x, media);
	x->empty = !same && empty;
	if ((same || empty) &&
	    (media[0] == '\0' || strcmp(media, x->b.store) == 0 ||
		strcmp(media, uuid) == 0))
		return 0;
	return nvr_fail(err, NVR_E_CREATE,
	    "in '%s' there is another store than the one of this backup: name "
	    "another folder with -d",
	    x->s.dir);
}

/* What is there now: live, damaged or empty, and whose. */
static int
look(struct nvr_restoring *x, struct nvr_error *err)
{
	char path[PATH_MAX], uuid[NVR_SETTING_TEXT] = "";
	struct emptiness e = {true};
	int rc = 0;

	path_in(x, "nvr.db", path);
	if (access(path, F_OK) == 0)
		rc = nvr_state_migrate(
		    x->s.dir, NVR_STORE_DURABLE, &x->live, err);
	x->damaged = rc == NVR_E_DATA;
	if (x->damaged || rc == NVR_E_NOENT)
		rc = 0;
	if (rc == 0 && x->live != NULL) {
		rc = nvr_setting_get(x->live, "media_uuid", uuid, err);
		if (rc == NVR_E_NOENT)
			rc = 0;
		if (rc == 0)
			rc = nvr_store_each_table(x->live, see_table, &e, err);
	}
	if (rc != 0)
		return rc;
	return judge(x, uuid, e.empty, err);
}

int
nvr_restore(const char *state, const struct nvr_restore *r,
    struct nvr_restored *ret, struct nvr_error *err)
{
	struct nvr_restored done = {0};
	struct nvr_restoring x = {.r = r, .ret = &done, .more = {.fd = -1}};
	int fd = -1, rc = nvr_backup_read(r->dir, &x.b, err);

	x.s.actor = r->actor;
	if (rc == 0 &&
	    strlcpy(x.s.dir, state, sizeof(x.s.dir)) >= sizeof(x.s.dir))
		rc = nvr_fail(
		    err, NVR_E_USAGE, "the path '%s' is too long", state);
	if (rc == 0 && r->ledger != NULL)
		rc = nvr_ledger_read(&x.s, r->ledger, &x.more, err);
	if (rc == 0)
		rc = nvr_ledger_sound(&x.more, err);
	if (rc == 0)
		rc = nvr_own_folder(state, err);
	if (rc == 0)
		rc = nvr_restore_lock(state, &fd, err);
	if (rc == 0)
		rc = r->box ? nvr_restore_box(&x, err) : look(&x, err);
	if (rc == 0 && !r->box)
		rc = x.b.keys ? nvr_restore_keys(&x, err)
			      : nvr_restore_store(&x, err);
	nvr_store_close(x.live);
	nvr_ledger_close(&x.more);
	if (fd >= 0)
		close(fd);
	if (rc == 0)
		*ret = done;
	return rc;
}

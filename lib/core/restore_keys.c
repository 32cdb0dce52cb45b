/*
 * Putting back what is missing of keys/; see backup.h.  What is there stays:
 * it knows accounts that are newer than any backup.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/owner.h"
#include "core/backup_int.h"
#include "core/erasure.h"
#include "core/keys_int.h"
#include "core/log.h"

#define PEPPERS 1000

static void
path_in(const struct nvr_restoring *x, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/keys/%s", x->s.dir, name);
}

static bool
is_there(const struct nvr_restoring *x, const char *name)
{
	char path[PATH_MAX];
	struct stat sb;

	path_in(x, name, path);
	return lstat(path, &sb) == 0 &&
	       (!S_ISREG(sb.st_mode) || sb.st_size > 0);
}

int
nvr_restore_put_back(struct nvr_restoring *x, const char *name, const char *as,
    struct nvr_error *err)
{
	char copy[PATH_MAX], path[PATH_MAX];
	int rc;

	path_in(x, ".restore", copy);
	path_in(x, as, path);
	unlink(copy);
	rc = nvr_backup_fetch(x->r->dir, &x->b, name, copy, err);
	if (rc == 0)
		rc = nvr_own(copy, err);
	if (rc == 0 && (chmod(copy, 0400) != 0 || rename(copy, path) != 0))
		rc = nvr_fail_errno(err, 0, "cannot put back '%s'", path);
	path_in(x, "", path);
	if (rc == 0)
		rc = nvr_dir_sync(path, err);
	if (rc == 0)
		x->ret->files++;
	return rc;
}

/* What is put back as it is.  keys.db, master and the ledger are seen to by
 * themselves; anything else is none of ours. */
static bool
is_plain(const char *name)
{
	char same[24];
	const char *bad = NULL;
	int n;

	if (strcmp(name, "box.age") == 0 || strcmp(name, "log") == 0 ||
	    strcmp(name, "recorder") == 0)
		return true;
	if (strncmp(name, "pepper-", 7) != 0)
		return false;
	n = (int)strtonum(name + 7, 1, PEPPERS, &bad);
	snprintf(same, sizeof(same), "pepper-%d", n);
	return bad == NULL && strcmp(same, name) == 0;
}

/* The ledger that the backup has is heeded like any other. */
static int
add_backups(
    struct nvr_restoring *x, struct nvr_ledger *l, struct nvr_error *err)
{
	char path[PATH_MAX];
	struct nvr_ledger theirs;
	int rc;

	if (!nvr_backup_has(&x->b, "erasures"))
		return 0;
	path_in(x, ".restore", path);
	unlink(path);
	rc = nvr_backup_fetch(x->r->dir, &x->b, "erasures", path, err);
	if (rc != 0)
		return rc;
	rc = nvr_ledger_read(&x->s, path, &theirs, err);
	unlink(path);
	if (rc != 0)
		return rc;
	snprintf(theirs.path, sizeof(theirs.path), "%s/erasures", x->r->dir);
	rc = nvr_ledger_sound(&theirs, err);
	if (rc == 0)
		rc = nvr_ledger_add(l, theirs.entry, theirs.n, err);
	nvr_ledger_close(&theirs);
	return rc;
}

static int
check_owner(
    struct nvr_restoring *x, struct nvr_store *db, struct nvr_error *err)
{
	char uuid[NVR_SETTING_TEXT];
	int rc = nvr_setting_get(db, NVR_KEYS_STORE, uuid, err);

	if (rc == 0 && strcmp(uuid, x->b.store) != 0)
		rc = nvr_fail(err, NVR_E_DATA,
		    "the keys belong to another store than the backup%s",
		    x->empty ? ": 'nvr-store restore --box' puts its box key "
			       "alone into a store that is new"
			     : "");
	return rc;
}

/*
 * The master key that wraps what is in db, which is not in place yet.  Beside
 * another one it waits as master.new, and is taken once db is.
 */
static int
put_master(struct nvr_restoring *x, struct nvr_store *db, struct nvr_error *err)
{
	char folder[PATH_MAX], path[PATH_MAX];
	int rc;

	path_in(x, "", folder);
	rc = nvr_backup_master(folder, db, path, err);
	if (rc != NVR_E_NOENT)
		return rc;
	rc = nvr_backup_master(x->r->dir, db, path, err);
	return rc == 0
		   ? nvr_restore_put_back(x, strrchr(path, '/') + 1,
			 is_there(x, "master") ? "master.new" : "master", err)
		   : rc;
}

static int
fetch_db(struct nvr_restoring *x, const struct nvr_ledger *l, const char *copy,
    struct nvr_error *err)
{
	struct nvr_store *db = NULL;
	char journal[PATH_MAX];
	int rc;

	snprintf(journal, sizeof(journal), "%s-journal", copy);
	unlink(copy);
	unlink(journal);
	rc = nvr_backup_fetch(x->r->dir, &x->b, "keys.db", copy, err);
	if (rc == 0)
		rc = nvr_own(copy, err);
	if (rc == 0)
		rc = nvr_store_open(
		    copy, NVR_STORE_KEYS | NVR_STORE_MIGRATE, &db, err);
	if (rc == 0)
		rc = check_owner(x, db, err);
	if (rc == 0)
		rc = nvr_keys_destroy_all(db, l, err);
	if (rc == 0)
		rc = put_master(x, db, err);
	nvr_store_close(db);
	return rc;
}

static bool
has_store(const struct nvr_restoring *x)
{
	return x->live != NULL && !x->empty;
}

static int
put_db(
    struct nvr_restoring *x, const struct nvr_ledger *l, struct nvr_error *err)
{
	char path[PATH_MAX], copy[PATH_MAX];
	int rc;

	path_in(x, "keys.db", path);
	path_in(x, "keys.db.restore", copy);
	rc = fetch_db(x, l, copy, err);
	/* Should it be cut short from here on the store's next opening sees to
	 * those whom only its table names. */
	if (rc == 0 && has_store(x))
		rc = nvr_ledger_heed(x->live, -1, err);
	/* SQLite would take what a lost one has left for this one's. */
	if (rc == 0)
		rc = nvr_restore_drop_beside(path, err);
	if (rc == 0 && rename(copy, path) != 0)
		rc = nvr_fail_errno(err, 0, "cannot put back '%s'", path);
	if (rc != 0) {
		unlink(copy);
		return rc;
	}
	x->ret->files++;
	path_in(x, "", path);
	return nvr_dir_sync(path, err);
}

/* keys.db is there and stays: its master key may be what is missing. */
static int
mend_master(struct nvr_restoring *x, struct nvr_error *err)
{
	struct nvr_store *db = NULL;
	char path[PATH_MAX];
	int rc;

	path_in(x, "keys.db", path);
	rc = nvr_store_open(path, NVR_STORE_KEYS | NVR_STORE_MIGRATE, &db, err);
	if (rc == NVR_E_DATA)
		rc = nvr_fail(err, NVR_E_DATA,
		    "'%s' is damaged: keep a copy elsewhere, delete it, and "
		    "run this again",
		    path);
	if (rc == 0)
		rc = check_owner(x, db, err);
	if (rc == 0)
		rc = put_master(x, db, err);
	nvr_store_close(db);
	return rc;
}

/*
 * The store is there as well: both are seen to agree, whom its table names is
 * erased, and it is recorded.
 */
static int
enter(struct nvr_restoring *x, struct nvr_ledger *l, struct nvr_error *err)
{
	struct nvr_keys *k;
	int rc;

	x->s.store = x->live;
	rc = nvr_keys_open(&x->s, &k, err);
	if (rc == 0)
		rc = nvr_erasures_heed(&x->s, l, &x->ret->erased, err);
	if (rc == 0)
		rc = nvr_store_begin(x->s.store, err);
	if (rc == 0) {
		rc = nvr_log_append(&x->s, 0, "store.restored",
		    json_pack(
			"{s:s, s:i}", "what", "keys", "files", x->ret->files),
		    err);
		rc = nvr_store_end(x->s.store, rc, err);
	}
	nvr_keys_close(x->s.keys);
	x->s.keys = NULL;
	x->s.store = NULL;
	return rc;
}

int
nvr_restore_keys(struct nvr_restoring *x, struct nvr_error *err)
{
	struct nvr_ledger l = {.fd = -1};
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/keys", x->s.dir);
	rc = nvr_own_folder(path, err);
	if (rc == 0)
		rc = nvr_restore_ledger(x, &l, err);
	if (rc == 0)
		rc = add_backups(x, &l, err);
	for (int i = 0; rc == 0 && i < x->b.n; i++)
		if (is_plain(x->b.file[i].name) &&
		    !is_there(x, x->b.file[i].name))
			rc = nvr_restore_put_back(
			    x, x->b.file[i].name, x->b.file[i].name, err);
	if (rc == 0)
		rc = is_there(x, "keys.db") ? mend_master(x, err)
					    : put_db(x, &l, err);
	if (rc == 0 && x->ret->files > 0 && has_store(x))
		rc = enter(x, &l, err);
	nvr_ledger_close(&l);
	return rc;
}

/* Making backups; see backup.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "core/backup.h"
#include "core/backup_int.h"
#include "core/keys_int.h"
#include "core/log.h"
#include "store/backup.h"

#define KEY_FILE (64 << 20) /* bytes of one; the ledger is the largest */

static int
is_empty(const char *path, bool *ret, struct nvr_error *err)
{
	DIR *d = opendir(path);
	const struct dirent *e;

	if (d == NULL)
		return nvr_fail_errno(err, 0, "cannot open '%s'", path);
	*ret = true;
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			*ret = false;
	closedir(d);
	return 0;
}

/* *made: it was not there. */
static int
make_folder(const char *path, bool *made, struct nvr_error *err)
{
	bool empty = false;
	struct stat sb;
	int rc;

	*made = stat(path, &sb) != 0;
	rc = nvr_dir_make(path, 0700, err);
	if (rc == 0)
		rc = is_empty(path, &empty, err);
	if (rc == 0 && !empty)
		rc = nvr_fail(err, NVR_E_CREATE,
		    "'%s' is not empty: each backup has a folder of its own",
		    path);
	return rc;
}

/* All of it is ours: it was empty.  What stays is told after what went wrong,
 * since keys may be among it. */
static int
discard(const char *path, bool made, int rc, struct nvr_error *err)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	bool left = d == NULL;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			left |= unlinkat(dirfd(d), e->d_name, 0) != 0;
	if (d != NULL)
		closedir(d);
	if (made)
		left |= rmdir(path) != 0;
	return left ? nvr_prefix(
			  err, "delete '%s', which could not be removed", path)
		    : rc;
}

static int
note(struct nvr_backup *b, const char *dir, const char *name,
    struct nvr_error *err)
{
	char path[PATH_MAX];
	int64_t size = 0;
	int rc;

	if (b->n == NVR_BACKUP_FILES ||
	    strlcpy(b->file[b->n].name, name, sizeof(b->file[0].name)) >=
		sizeof(b->file[0].name))
		return nvr_fail(err, NVR_E_DATA,
		    "'%s' is one file of the keys too many", name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	rc = nvr_backup_digest(path, NULL, b->file[b->n].sha256, &size, err);
	b->size_bytes += size;
	b->n++;
	return rc;
}

static int
copy_store(struct nvr_state *s, const char *dir, const struct nvr_telling *t,
    struct nvr_backup *b, struct nvr_error *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/nvr.db", dir);
	rc = nvr_store_copy(s->store, path, t->told, t->ctx, err);
	return rc == 0 ? note(b, dir, "nvr.db", err) : rc;
}

static int
copy_key_file(struct nvr_state *s, const char *dir, const char *name,
    struct nvr_backup *b, struct nvr_error *err)
{
	char path[PATH_MAX];
	struct nvr_buf data = {0};
	int rc;

	snprintf(path, sizeof(path), "%s/keys/%s", s->dir, name);
	rc = nvr_file_read(path, KEY_FILE, &data, err);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (rc == 0)
		rc = nvr_file_write(path, data.data, data.len, 0400, 1, err);
	nvr_buf_wipe(&data);
	return rc == 0 ? note(b, dir, name, err) : rc;
}

static int
copy_key_files(struct nvr_state *s, const char *dir, struct nvr_backup *b,
    struct nvr_error *err)
{
	char path[PATH_MAX];
	const struct dirent *e;
	struct stat sb;
	DIR *d;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/keys", s->dir);
	d = opendir(path);
	if (d == NULL)
		return nvr_fail_errno(err, 0, "cannot open '%s'", path);
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' &&
		    strncmp(e->d_name, "keys.db", 7) != 0 &&
		    fstatat(dirfd(d), e->d_name, &sb, AT_SYMLINK_NOFOLLOW) ==
			0 &&
		    S_ISREG(sb.st_mode))
			rc = copy_key_file(s, dir, e->d_name, b, err);
	closedir(d);
	return rc;
}

/* The master key may have been replaced between the two copies. */
static int
check_keys(const char *dir, struct nvr_error *err)
{
	char path[PATH_MAX], master[PATH_MAX];
	struct nvr_store *db = NULL;
	int rc;

	snprintf(path, sizeof(path), "%s/keys.db", dir);
	rc = nvr_store_open(path, NVR_STORE_KEYS | NVR_STORE_READ, &db, err);
	if (rc == 0)
		rc = nvr_backup_master(dir, db, master, err);
	nvr_store_close(db);
	return rc == NVR_E_NOENT ? nvr_fail(err, NVR_E_AGAIN,
				       "the master key was replaced "
				       "meanwhile; try again")
				 : rc;
}

/* As long as keys are open, none is dropped that others are under. */
static int
copy_keys(struct nvr_state *s, const char *dir, const struct nvr_telling *t,
    struct nvr_backup *b, struct nvr_error *err)
{
	struct nvr_keys *k;
	char path[PATH_MAX];
	int rc = nvr_keys_open(s, &k, err);

	snprintf(path, sizeof(path), "%s/keys.db", dir);
	if (rc == 0)
		rc = nvr_store_copy(k->db, path, t->told, t->ctx, err);
	if (rc == 0)
		rc = note(b, dir, "keys.db", err);
	if (rc == 0)
		rc = copy_key_files(s, dir, b, err);
	return rc == 0 ? check_keys(dir, err) : rc;
}

/* Should the store be past writing, that is one more reason for a backup. */
static void
enter(struct nvr_state *s, bool keys)
{
	struct nvr_error ignored;

	if (nvr_store_begin(s->store, &ignored) != 0)
		return;
	if (nvr_log_append(s, 0, "store.backed-up",
		json_pack("{s:s}", "what", keys ? "keys" : "store"),
		&ignored) != 0 ||
	    nvr_store_commit(s->store, &ignored) != 0)
		nvr_store_rollback(s->store);
}

int
nvr_backup_make(struct nvr_state *s, const char *dir, bool keys,
    const struct nvr_telling *t, struct nvr_backup *ret, struct nvr_error *err)
{
	struct nvr_backup b = {.keys = keys, .taken_at = nvr_time_now()};
	char uuid[NVR_SETTING_TEXT];
	bool made = false;
	int version = 0, rc = make_folder(dir, &made, err);

	if (rc != 0)
		return rc;
	enter(s, keys);
	rc = nvr_setting_get(s->store, "media_uuid", uuid, err);
	if (rc == 0)
		rc = nvr_store_version(s->store, &version, err);
	if (rc == 0) {
		strlcpy(b.store, uuid, sizeof(b.store));
		b.schema = version;
		rc = keys ? copy_keys(s, dir, t, &b, err)
			  : copy_store(s, dir, t, &b, err);
	}
	if (rc == 0)
		rc = nvr_backup_write(dir, &b, err);
	if (rc == 0)
		*ret = b;
	else
		rc = discard(dir, made, rc, err);
	return rc;
}

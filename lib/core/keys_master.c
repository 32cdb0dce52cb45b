/*
 * The master key, and the lock of the folder keys/.
 *
 * A replacement (rotate.c) writes master.new, wraps everything in keys.db anew
 * in one transaction that also names the new key, and renames.  So whoever
 * reads finds one of the two files to be the key that keys.db names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/owner.h"
#include "base/time.h"
#include "core/keys_int.h"
#include "seal/digest.h"

#define TRIES 5

int
nvr_master_id(const uint8_t master[NVR_ACCOUNT_KEY_LEN], char id[NVR_MASTER_ID],
    struct nvr_error *err)
{
	uint8_t mac[NVR_LOOKUP_LEN];
	int rc = nvr_lookup_hmac(master, "master", mac, err);

	if (rc == 0)
		nvr_hex(mac, (NVR_MASTER_ID - 1) / 2, id);
	return rc;
}

int
nvr_master_read(
    const char *path, uint8_t ret[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err)
{
	struct nvr_buf key = {0};
	int rc = nvr_key_check(path, err);

	if (rc == 0)
		rc = nvr_file_read(path, NVR_ACCOUNT_KEY_LEN, &key, err);
	if (rc == 0 && key.len != NVR_ACCOUNT_KEY_LEN)
		rc = nvr_fail(err, NVR_E_DATA,
		    "the key '%s' has %zu bytes, not %d", path, key.len,
		    NVR_ACCOUNT_KEY_LEN);
	if (rc == 0)
		memcpy(ret, key.data, NVR_ACCOUNT_KEY_LEN);
	nvr_buf_wipe(&key);
	return rc;
}

/* Whether that file holds the key of this id, which *key then is. */
static int
holds(struct nvr_state *s, const char *name, const char *want,
    uint8_t key[NVR_ACCOUNT_KEY_LEN], bool *ret, struct nvr_error *err)
{
	char path[PATH_MAX], id[NVR_MASTER_ID] = "";
	int rc;

	nvr_keys_path(s, name, path);
	rc = nvr_master_read(path, key, err);
	if (rc == 0)
		rc = nvr_master_id(key, id, err);
	*ret = rc == 0 && strcmp(id, want) == 0;
	return rc;
}

/* A file that cannot be replaced, since it is mounted, takes the content. */
static int
write_over(const char *path, const uint8_t key[NVR_ACCOUNT_KEY_LEN],
    struct nvr_error *err)
{
	int fd, rc = 0;

	if (chmod(path, 0600) != 0)
		return nvr_fail_errno(err, 0, "cannot open '%s'", path);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		rc = nvr_fail_errno(err, 0, "cannot open '%s'", path);
	if (rc == 0)
		rc = nvr_write_all(fd, key, NVR_ACCOUNT_KEY_LEN, err);
	if (rc == 0 &&
	    (ftruncate(fd, NVR_ACCOUNT_KEY_LEN) != 0 || fsync(fd) != 0))
		rc = nvr_fail_errno(err, NVR_E_IO, "cannot write '%s'", path);
	if (fd >= 0)
		close(fd);
	(void)chmod(path, 0400);
	return rc;
}

/* master.new, which is that key, becomes master. */
static void
take_place(struct nvr_state *s, const uint8_t key[NVR_ACCOUNT_KEY_LEN])
{
	char path[PATH_MAX], fresh[PATH_MAX];
	struct nvr_error ignored;

	nvr_keys_path(s, "master", path);
	nvr_keys_path(s, "master.new", fresh);
	if (rename(fresh, path) != 0) {
		if ((errno != EBUSY && errno != EXDEV) ||
		    write_over(path, key, &ignored) != 0)
			return;
		unlink(fresh);
	}
	nvr_keys_path(s, "", path);
	(void)nvr_dir_sync(path, &ignored);
}

/* *ret: master.new is the key that keys.db names and master is not; one that
 * is not there is none. */
static int
waits(struct nvr_state *s, struct nvr_keys *k, uint8_t key[NVR_ACCOUNT_KEY_LEN],
    bool *ret, struct nvr_error *err)
{
	char want[NVR_SETTING_TEXT];
	bool is = false;
	int rc = nvr_setting_get(k->db, NVR_KEYS_MASTER, want, err);

	*ret = false;
	if (rc == 0)
		rc = holds(s, "master", want, key, &is, err);
	if ((rc != 0 && rc != NVR_E_NOENT && rc != NVR_E_DATA) || is)
		return rc;
	rc = holds(s, "master.new", want, key, ret, err);
	return rc == NVR_E_NOENT ? 0 : rc;
}

/*
 * Gives master.new its name, where it is the key that keys.db names.  Only
 * under the lock: a further replacement may write another master.new.  What
 * fails is left to whoever comes next.
 */
static void
complete(struct nvr_state *s, struct nvr_keys *k)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	struct nvr_error ignored;
	bool is = false;

	if (!k->rotating &&
	    nvr_keys_lock(k, NVR_KEYS_ROTATE, F_WRLCK, &ignored) != 0)
		return;
	if (waits(s, k, key, &is, &ignored) == 0 && is)
		take_place(s, key);
	explicit_bzero(key, sizeof(key));
	if (!k->rotating)
		(void)nvr_keys_lock(k, NVR_KEYS_ROTATE, F_UNLCK, &ignored);
}

int
nvr_master_in_place(
    struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	char path[PATH_MAX];
	bool is = false;
	int rc = waits(s, k, key, &is, err);

	explicit_bzero(key, sizeof(key));
	nvr_keys_path(s, "master", path);
	return rc == 0 && is ? nvr_fail(err, NVR_E_IO,
				   "'%s.new' is the master key in force, and "
				   "cannot take the place of '%s': leave it, "
				   "see that it can be renamed (a file that is "
				   "mounted cannot), and do this again",
				   path, path)
			     : rc;
}

/* Takes over the key that keys.db names; *ret: there is one. */
static int
look(struct nvr_state *s, struct nvr_keys *k, const char *want, bool *ret,
    struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	struct nvr_error none;
	bool fresh = false;
	int rc = holds(s, "master", want, key, ret, err);

	if ((rc == 0 || rc == NVR_E_NOENT || rc == NVR_E_DATA) && !*ret &&
	    holds(s, "master.new", want, key, &fresh, &none) == 0 && fresh) {
		*ret = true;
		rc = 0;
	}
	if (rc == 0 && *ret) {
		memcpy(k->master, key, sizeof(key));
		strlcpy(k->id, want, sizeof(k->id));
		explicit_bzero(k->ring, sizeof(k->ring));
	}
	explicit_bzero(key, sizeof(key));
	if (fresh)
		complete(s, k);
	return rc;
}

int
nvr_keys_master(struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err)
{
	char want[NVR_SETTING_TEXT], path[PATH_MAX];
	bool found = false;
	int rc = 0;

	/* Another program may be at it: then the next look finds one. */
	for (int i = 0; rc == 0 && i < TRIES; i++) {
		rc = nvr_setting_get(k->db, NVR_KEYS_MASTER, want, err);
		if (rc == 0 && strcmp(k->id, want) == 0)
			return 0;
		if (rc == 0)
			rc = look(s, k, want, &found, err);
		if (rc != 0 || found)
			return rc;
	}
	nvr_keys_path(s, "master", path);
	return rc != 0 ? rc
		       : nvr_fail(err, NVR_E_DATA,
			     "'%s' is not the key that wraps keys.db: put the "
			     "one back that belongs to it",
			     path);
}

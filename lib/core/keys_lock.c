/* The lock of the folder keys/, keys/.lock: who has read keys, and when. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/owner.h"
#include "core/keys_int.h"

int
nvr_keys_lock(struct nvr_keys *k, int byte, short type, struct nvr_error *err)
{
	struct flock lock = {
	    .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	if (k->lock < 0)
		return nvr_fail(err, NVR_E_PERMISSION,
		    "keys cannot be replaced on a read-only disk");
	if (fcntl(k->lock, F_OFD_SETLK, &lock) == 0)
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return nvr_fail(err, NVR_E_AGAIN,
		    "another program holds the lock of the keys");
	return nvr_fail_errno(err, NVR_E_IO, "cannot lock the keys");
}

static int
read_generation(struct nvr_keys *k, int64_t *ret, struct nvr_error *err)
{
	int rc =
	    nvr_setting_int(k->db, NVR_KEYS_AGE, INT64_MAX - 1, 0, ret, err);

	return rc == 0 && *ret < 0 ? nvr_fail(err, NVR_E_DATA,
					 "keys.db: its generation is no number")
				   : rc;
}

static int
byte_of(int64_t generation)
{
	return generation % 2 == 0 ? NVR_KEYS_EVEN : NVR_KEYS_ODD;
}

/* Another program has it to itself for an instant only. */
static int
hold(struct nvr_keys *k, int byte, struct nvr_error *err)
{
	struct flock lock = {.l_type = F_RDLCK,
	    .l_whence = SEEK_SET,
	    .l_start = byte,
	    .l_len = 1};

	while (fcntl(k->lock, F_OFD_SETLKW, &lock) != 0)
		if (errno != EINTR)
			return nvr_fail_errno(
			    err, NVR_E_IO, "cannot lock the keys");
	return 0;
}

int
nvr_keys_use_again(struct nvr_keys *k, struct nvr_error *err)
{
	int64_t before, now = 0;
	int rc = read_generation(k, &before, err);

	if (k->lock < 0)
		return rc;
	/* One may begin between its reading and the lock. */
	while (rc == 0) {
		rc = hold(k, byte_of(before), err);
		if (rc == 0)
			rc = read_generation(k, &now, err);
		if (rc == 0 && k->use >= 0 && k->use != byte_of(before))
			rc = nvr_keys_lock(k, k->use, F_UNLCK, err);
		if (rc == 0)
			k->use = byte_of(before);
		if (rc != 0 || now == before)
			return rc;
		before = now;
	}
	return rc;
}

int
nvr_keys_generation(struct nvr_keys *k, struct nvr_error *err)
{
	char text[24];
	int64_t now;
	int rc = nvr_store_begin(k->db, err);

	if (rc != 0)
		return rc;
	rc = read_generation(k, &now, err);
	snprintf(text, sizeof(text), "%" PRId64, now + 1);
	if (rc == 0)
		rc = nvr_setting_put(k->db, NVR_KEYS_AGE, text, err);
	if (rc == 0)
		rc = nvr_setting_put(k->db, NVR_KEYS_NEWER, "", err);
	rc = nvr_store_end(k->db, rc, err);
	return rc == 0 ? nvr_keys_use_again(k, err) : rc;
}

int
nvr_keys_use(struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err)
{
	char path[PATH_MAX], folder[PATH_MAX];
	int rc;

	nvr_keys_path(s, "", folder);
	nvr_keys_path(s, ".lock", path);
	k->use = -1;
	rc = nvr_own_open(path, O_RDWR, &k->lock, err);
	if (rc != 0)
		return access(folder, W_OK) != 0 && errno == EROFS ? 0 : rc;
	return nvr_keys_use_again(k, err);
}

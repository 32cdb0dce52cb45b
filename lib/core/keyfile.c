/* Keys in files of their own; see keyfile.h. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/owner.h"
#include "core/keyfile.h"
#include "core/keys_int.h"
#include "seal/digest.h"

int
nvr_key_write(const char *path, const uint8_t key[NVR_ACCOUNT_KEY_LEN],
    bool fresh, struct nvr_error *err)
{
	int rc =
	    nvr_file_write(path, key, NVR_ACCOUNT_KEY_LEN, 0400, fresh, err);

	return rc == 0 ? nvr_own(path, err) : rc;
}

/* A file that comes to be in between is the key. */
static int
draw(const char *path, uint8_t ret[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err)
{
	struct nvr_error lost;
	int rc = nvr_random(ret, NVR_ACCOUNT_KEY_LEN, err);

	if (rc == 0)
		rc = nvr_key_write(path, ret, true, err);
	if (rc == NVR_E_CREATE && nvr_master_read(path, ret, &lost) == 0)
		return 0;
	if (rc != 0)
		explicit_bzero(ret, NVR_ACCOUNT_KEY_LEN);
	return rc;
}

int
nvr_key_file(struct nvr_state *s, const char *name, bool make,
    uint8_t ret[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/keys/%s", s->dir, name);
	rc = nvr_master_read(path, ret, err);
	if (rc != NVR_E_NOENT)
		return rc;
	if (make)
		return draw(path, ret, err);
	return nvr_fail(err, NVR_E_NOENT,
	    "the key '%s' is not there: put it back from its backup", path);
}

int
nvr_log_key(struct nvr_state *s, uint8_t seed[NVR_ACCOUNT_KEY_LEN],
    struct nvr_error *err)
{
	return nvr_key_file(s, "log", true, seed, err);
}

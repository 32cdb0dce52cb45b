/* Keys in files of their own; see keyfile.h. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/owner.h"
#include "core/keyfile.h"
#include "core/keys_int.h"
#include "seal/digest.h"
#include "seal/sshsig.h"

#define LOG "log"

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

/* What tells keys/log from another key: its public part. */
static int
signer_of(const uint8_t seed[NVR_ACCOUNT_KEY_LEN], char ret[NVR_SHA256_HEX],
    struct nvr_error *err)
{
	uint8_t public[NVR_SIGN_KEY_LEN];
	int rc = nvr_sign_public(seed, public, err);

	if (rc == 0)
		nvr_hex(public, sizeof(public), ret);
	return rc;
}

int
nvr_log_key_check(struct nvr_state *s, uint8_t seed[NVR_ACCOUNT_KEY_LEN],
    bool *drawn, struct nvr_error *err)
{
	char want[NVR_SETTING_TEXT], is[NVR_SHA256_HEX];
	struct nvr_keys *k = NULL;
	bool known;
	int rc = nvr_keys_open(s, &k, err);

	if (rc == 0)
		rc = nvr_setting_get(k->db, NVR_KEYS_SIGNER, want, err);
	known = rc == 0;
	*drawn = true;
	if (rc == 0 || (rc == NVR_E_NOENT && k != NULL))
		rc = nvr_key_file(s, LOG, false, seed, err);
	else
		return rc;
	if (rc == NVR_E_NOENT && !known) {
		*drawn = false;
		return 0;
	}
	if (rc == 0)
		rc = signer_of(seed, is, err);
	if (rc == 0 && known && strcmp(is, want) != 0)
		rc = nvr_fail(err, NVR_E_DATA,
		    "'%s/keys/" LOG "' is not the key that signed the "
		    "heads of this log: put that back from its backup",
		    s->dir);
	/* Who drew it may have been cut short. */
	if (rc == 0 && !known)
		rc = nvr_setting_put(k->db, NVR_KEYS_SIGNER, is, err);
	return rc;
}

int
nvr_log_key(struct nvr_state *s, uint8_t seed[NVR_ACCOUNT_KEY_LEN],
    struct nvr_error *err)
{
	bool drawn;
	int rc = nvr_log_key_check(s, seed, &drawn, err);

	if (rc != 0 || drawn)
		return rc;
	rc = nvr_key_file(s, LOG, true, seed, err);
	return rc == 0 ? nvr_log_key_check(s, seed, &drawn, err) : rc;
}

/* Who signed an archive; see archive_read.h. */
#include <string.h>

#include "base/text.h"
#include "core/archive_read_int.h"

static int
verify(struct nvr_checker *k, const uint8_t key[NVR_SIGN_KEY_LEN],
    const uint8_t hash[NVR_SHA512_LEN], bool *ret, struct nvr_error *err)
{
	struct nvr_error why;
	int rc = nvr_sshsig_verify_hash(key, NVR_ARCHIVE_NAMESPACE, hash,
	    nvr_or_empty(k->signature.data), ret, &why);

	if (rc == NVR_E_DATA) {
		*ret = false;
		return 0;
	}
	if (rc != 0)
		*err = why;
	return rc;
}

/* *ret: one of the keys that are trusted made it; key is that one.  *late: it
 * is trusted at another time. */
static int
verify_trusted(struct nvr_checker *k, const uint8_t hash[NVR_SHA512_LEN],
    uint8_t key[NVR_SIGN_KEY_LEN], bool *ret, bool *late, struct nvr_error *err)
{
	const char *text = k->c->signer;
	bool any = false, valid;
	int rc = 0;

	*ret = false;
	while (rc == 0 && !*ret &&
	       nvr_next_signer(&text, k->c->now, key, &valid)) {
		any = true;
		rc = verify(k, key, hash, ret, err);
		*late |= *ret && !valid;
		*ret &= valid;
	}
	if (rc == 0 && !any)
		return nvr_fail(err, NVR_E_USAGE,
		    "there is no ssh-ed25519 key in what is to be trusted that "
		    "may sign as '" NVR_ARCHIVE_NAMESPACE "'");
	return rc;
}

/* The line that came with it is that of the key. */
static int
check_line(struct nvr_checker *k, const uint8_t key[NVR_SIGN_KEY_LEN],
    struct nvr_error *err)
{
	struct nvr_buf want = {0};
	int rc = nvr_archive_signer_line(key, &want, err);

	if (rc == 0 && k->signer.len > 0 &&
	    (want.len != k->signer.len ||
		memcmp(want.data, k->signer.data, want.len) != 0))
		nvr_check_finding(k, NVR_ARCHIVE_SIGNER,
		    "was changed: it is not the line of the key that signed");
	nvr_buf_release(&want);
	return rc;
}

static int
name_signer(struct nvr_checker *k, const uint8_t key[NVR_SIGN_KEY_LEN],
    struct nvr_error *err)
{
	const char *said =
	    json_string_value(json_object_get(k->sum->head, "signer"));
	int rc = nvr_sign_fingerprint(key, k->sum->signer, err);

	if (rc == 0 && !k->disagrees &&
	    (said == NULL || strcmp(said, k->sum->signer) != 0))
		nvr_check_finding(k, NVR_ARCHIVE_MANIFEST,
		    "names another signer than who signed it");
	return rc == 0 ? check_line(k, key, err) : rc;
}

/* By the key that came with it, where none that is trusted made it. */
static int
verify_own(struct nvr_checker *k, const uint8_t hash[NVR_SHA512_LEN], bool late,
    bool *ret, struct nvr_error *err)
{
	const char *own = nvr_or_empty(k->signer.data);
	uint8_t key[NVR_SIGN_KEY_LEN];
	bool ignored, have = nvr_next_signer(&own, k->c->now, key, &ignored);
	int rc = 0;

	if (!have && k->signer.len > 0)
		nvr_check_finding(k, NVR_ARCHIVE_SIGNER, "holds no such key");
	if (have)
		rc = verify(k, key, hash, ret, err);
	if (rc == 0 && *ret)
		rc = name_signer(k, key, err);
	if (rc == 0 && *ret && k->c->signer != NULL)
		nvr_check_finding(k, NVR_ARCHIVE_SIGNATURE,
		    "was made by %s, which is not trusted%s", k->sum->signer,
		    late ? " at this time" : "");
	else if (rc == 0 && !*ret && k->signature.len > 0 &&
		 (have || k->c->signer != NULL))
		nvr_check_finding(k, NVR_ARCHIVE_SIGNATURE,
		    "does not fit the manifest: the one or the other was "
		    "changed");
	return rc;
}

/* What no signature vouches for is no later version, but damage. */
static int
judge_schema(struct nvr_checker *k, bool vouched, struct nvr_error *err)
{
	if (!k->unknown)
		return 0;
	if (vouched)
		return nvr_fail(err, NVR_E_CONFIG,
		    "its manifest is not of '" NVR_ARCHIVE_SCHEMA
		    "', which is all that this version knows");
	nvr_check_finding(k, NVR_ARCHIVE_MANIFEST,
	    "is not of '" NVR_ARCHIVE_SCHEMA "', so not all could be checked");
	return 0;
}

int
nvr_check_signature(struct nvr_checker *k, struct nvr_error *err)
{
	uint8_t hash[NVR_SHA512_LEN], key[NVR_SIGN_KEY_LEN];
	bool good = false, late = false;
	int rc = nvr_sha512_final(k->sha, hash, err);

	if (k->signature.len == 0)
		nvr_check_finding(k, NVR_ARCHIVE_SIGNATURE, "is missing");
	if (k->signer.len == 0)
		nvr_check_finding(k, NVR_ARCHIVE_SIGNER, "is missing");
	if (rc == 0 && k->c->signer != NULL)
		rc = verify_trusted(k, hash, key, &good, &late, err);
	if (rc != 0)
		return rc;
	k->sum->trusted = good;
	rc = good ? name_signer(k, key, err)
		  : verify_own(k, hash, late, &good, err);
	if (rc != 0)
		return rc;
	return judge_schema(
	    k, good && (k->sum->trusted || k->c->signer == NULL), err);
}

/* Who signed an archive; see archive_read.h. */
#include <string.h>

#include "base/text.h"
#include "core/archive_read_int.h"

/* Whether the options ahead of a key (ssh-keygen(1), ALLOWED SIGNERS) let it
 * sign archives. */
static bool
may_sign(const char *line, const char *key)
{
	static const char option[] = "namespaces=\"";
	size_t want = strlen(NVR_ARCHIVE_NAMESPACE), n;
	const char *p =
	    memmem(line, (size_t)(key - line), option, strlen(option));

	if (memmem(line, (size_t)(key - line), "cert-authority", 14) != NULL)
		return false;
	if (p == NULL)
		return true;
	for (p += strlen(option); p < key && *p != '"';
	     p += n + (p[n] == ',')) {
		n = strcspn(p, ",\"");
		if (n == want && memcmp(p, NVR_ARCHIVE_NAMESPACE, n) == 0)
			return true;
	}
	return false;
}

/* The next key of an allowed_signers file, or of a .pub. */
static bool
next_key(const char **text, uint8_t ret[NVR_SIGN_KEY_LEN])
{
	struct nvr_error ignored;

	while (**text != '\0') {
		const char *line = *text;
		size_t len = strcspn(line, "\n");
		const char *key = memmem(line, len, "ssh-ed25519 ", 12);

		*text += len + (line[len] == '\n');
		if (line[0] != '#' && key != NULL && may_sign(line, key) &&
		    nvr_sign_public_parse(key, ret, &ignored) == 0)
			return true;
	}
	return false;
}

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

/* *ret: one of the keys that are trusted made it; key is that one. */
static int
verify_trusted(struct nvr_checker *k, const uint8_t hash[NVR_SHA512_LEN],
    uint8_t key[NVR_SIGN_KEY_LEN], bool *ret, struct nvr_error *err)
{
	const char *text = k->c->signer;
	uint8_t one[NVR_SIGN_KEY_LEN];
	bool any = false;
	int rc = 0;

	*ret = false;
	while (rc == 0 && !*ret && next_key(&text, one)) {
		any = true;
		rc = verify(k, one, hash, ret, err);
		if (*ret)
			memcpy(key, one, sizeof(one));
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

int
nvr_check_signature(struct nvr_checker *k, struct nvr_error *err)
{
	uint8_t hash[NVR_SHA512_LEN], key[NVR_SIGN_KEY_LEN];
	const char *own = nvr_or_empty(k->signer.data);
	bool good = false, have;
	int rc = nvr_sha512_final(k->sha, hash, err);

	if (k->signature.len == 0)
		nvr_check_finding(k, NVR_ARCHIVE_SIGNATURE, "is missing");
	if (k->signer.len == 0)
		nvr_check_finding(k, NVR_ARCHIVE_SIGNER, "is missing");
	if (rc == 0 && k->c->signer != NULL)
		rc = verify_trusted(k, hash, key, &good, err);
	if (rc != 0)
		return rc;
	k->sum->trusted = good;
	if (good)
		return name_signer(k, key, err);
	have = next_key(&own, key);
	if (!have && k->signer.len > 0)
		nvr_check_finding(k, NVR_ARCHIVE_SIGNER, "holds no such key");
	if (have)
		rc = verify(k, key, hash, &good, err);
	if (rc == 0 && good)
		rc = name_signer(k, key, err);
	if (rc == 0 && good && k->c->signer != NULL)
		nvr_check_finding(k, NVR_ARCHIVE_SIGNATURE,
		    "was made by %s, which is not trusted", k->sum->signer);
	else if (rc == 0 && !good && k->signature.len > 0 &&
		 (have || k->c->signer != NULL))
		nvr_check_finding(k, NVR_ARCHIVE_SIGNATURE,
		    "does not fit the manifest: the one or the other was "
		    "changed");
	return rc;
}

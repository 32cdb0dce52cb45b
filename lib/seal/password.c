/* Passwords; see password.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "seal/base64.h"
#include "seal/crypto.h"
#include "seal/digest.h"
#include "seal/password.h"

#define HASH_LEN 60 /* `$2b$CC$`, 22 of salt, 31 of hash */
#define SALT_LEN 29 /* `$2b$CC$` and the salt */
#define SALT_BYTES 16
#define MAC_LEN 48 /* of SHA-384 */

/* What bcrypt gets in place of the password. */
struct peppered {
	char text[NVR_BASE64_LEN(MAC_LEN) + 1];
};

static int
pepper(const uint8_t key[NVR_PEPPER_LEN], const char *password,
    struct peppered *ret, struct nvr_error *err)
{
	size_t len = strlen(password);
	uint8_t mac[MAC_LEN];

	if (len > NVR_PASSWORD_MAX)
		return nvr_fail(err, NVR_E_USAGE,
		    "a password has at most %d bytes", NVR_PASSWORD_MAX);
	if (HMAC(EVP_sha384(), key, NVR_PEPPER_LEN,
		(const unsigned char *)password, len, mac, NULL) == NULL)
		return nvr_fail_crypto(err, "HMAC");
	nvr_base64_encode(mac, sizeof(mac), ret->text);
	OPENSSL_cleanse(mac, sizeof(mac));
	return 0;
}

/*
 * setting is `$2b$CC$` and the salt, or a hash.  libxcrypt answers a setting
 * that it does not take with text that begins with `*`.
 */
static int
bcrypt(const struct peppered *p, const char *setting,
    char out[NVR_PASSWORD_HASH], struct nvr_error *err)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *hash;
	int rc = 0;

	if (data == NULL)
		return nvr_fail_nomem(err);
	errno = 0;
	hash = crypt_r(p->text, setting, data);
	if (hash != NULL && hash[0] != '*' && strlen(hash) == HASH_LEN)
		strlcpy(out, hash, NVR_PASSWORD_HASH);
	else if (errno == ENOMEM)
		rc = nvr_fail_nomem(err);
	else
		rc = nvr_fail(
		    err, NVR_E_DATA, "the C library has no bcrypt for this");
	explicit_bzero(data, sizeof(*data));
	free(data);
	return rc;
}

/* bcrypt has an alphabet of its own for base64; the bits are random anyway. */
static int
salt(int cost, char out[SALT_LEN + 1], struct nvr_error *err)
{
	uint8_t bytes[SALT_BYTES];
	char *p;
	int n, rc = nvr_random(bytes, sizeof(bytes), err);

	if (rc != 0)
		return rc;
	n = snprintf(out, SALT_LEN + 1, "$2b$%02d$", cost);
	nvr_base64_encode(bytes, sizeof(bytes), out + n);
	for (p = out + n; *p != '\0'; p++)
		if (*p == '+')
			*p = '.';
	/* The last of the 22 carries two bits, and only so may it look. */
	out[SALT_LEN - 1] = ".Oeu"[bytes[SALT_BYTES - 1] & 3];
	return 0;
}

int
nvr_password_cost(const char *hash, int *ret, struct nvr_error *err)
{
	static const char alphabet[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789";
	int cost;

	if (strnlen(hash, HASH_LEN + 1) != HASH_LEN ||
	    strncmp(hash, "$2b$", 4) != 0 || hash[4] < '0' || hash[4] > '3' ||
	    hash[5] < '0' || hash[5] > '9' || hash[6] != '$' ||
	    strspn(hash + 7, alphabet) != HASH_LEN - 7)
		return nvr_fail(
		    err, NVR_E_DATA, "the hash of the password is damaged");
	cost = 10 * (hash[4] - '0') + hash[5] - '0';
	if (cost < NVR_PASSWORD_COST_MIN || cost > NVR_PASSWORD_COST_MAX)
		return nvr_fail(err, NVR_E_DATA,
		    "the hash of the password is damaged: its cost is %d, not "
		    "%d to %d",
		    cost, NVR_PASSWORD_COST_MIN, NVR_PASSWORD_COST_MAX);
	*ret = cost;
	return 0;
}

int
nvr_password_hash(const uint8_t key[NVR_PEPPER_LEN], int cost,
    const char *password, char out[NVR_PASSWORD_HASH], struct nvr_error *err)
{
	char setting[SALT_LEN + 1];
	struct peppered p;
	int rc;

	if (cost < NVR_PASSWORD_COST_MIN || cost > NVR_PASSWORD_COST_MAX)
		return nvr_fail(err, NVR_E_USAGE,
		    "the cost of a password's hash is %d to %d, not %d",
		    NVR_PASSWORD_COST_MIN, NVR_PASSWORD_COST_MAX, cost);
	rc = salt(cost, setting, err);
	if (rc == 0)
		rc = pepper(key, password, &p, err);
	if (rc == 0)
		rc = bcrypt(&p, setting, out, err);
	explicit_bzero(&p, sizeof(p));
	return rc;
}

int
nvr_password_check(const uint8_t key[NVR_PEPPER_LEN], const char *hash,
    const char *password, bool *ret, struct nvr_error *err)
{
	char again[NVR_PASSWORD_HASH];
	struct peppered p;
	int cost, rc = nvr_password_cost(hash, &cost, err);

	if (rc == 0)
		rc = pepper(key, password, &p, err);
	if (rc == 0)
		rc = bcrypt(&p, hash, again, err);
	if (rc == 0)
		*ret = CRYPTO_memcmp(again, hash, HASH_LEN) == 0;
	explicit_bzero(&p, sizeof(p));
	explicit_bzero(again, sizeof(again));
	return rc;
}

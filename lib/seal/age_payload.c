/* The keys and nonces of an age payload; see age_payload.h. */
#include <string.h>

#include "seal/age_payload.h"

int
nvr_age_payload_key(const uint8_t file_key[NVR_AGE_FILE_KEY_LEN],
    const uint8_t salt[NVR_AGE_SALT_LEN], uint8_t key[NVR_KEY_LEN],
    struct nvr_error *err)
{
	return nvr_hkdf(file_key, NVR_AGE_FILE_KEY_LEN, salt, NVR_AGE_SALT_LEN,
	    "payload", strlen("payload"), key, err);
}

void
nvr_age_nonce(uint64_t index, bool last, uint8_t nonce[NVR_NONCE_LEN])
{
	int i;

	memset(nonce, 0, NVR_NONCE_LEN);
	for (i = NVR_NONCE_LEN - 2; index > 0; i--, index >>= 8)
		nonce[i] = (uint8_t)index;
	nonce[NVR_NONCE_LEN - 1] = last;
}

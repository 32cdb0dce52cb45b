/* A file that is opened to somebody else; see age.h. */
#include <stdlib.h>

#include <openssl/crypto.h>

#include "seal/age_header.h"

int
nvr_age_header_for(const struct nvr_bytes *source,
    const struct nvr_age_identity *identity, const struct nvr_age_recipient *to,
    struct nvr_buf *out, uint64_t *ret, struct nvr_error *err)
{
	uint8_t key[NVR_AGE_FILE_KEY_LEN];
	size_t n = source->size < NVR_AGE_MAX_HEADER ? (size_t)source->size
						     : NVR_AGE_MAX_HEADER;
	size_t len = 0, was = out->len;
	char *head = malloc(NVR_AGE_MAX_HEADER);
	int rc;

	if (head == NULL)
		return nvr_fail_nomem(err);
	rc = source->pread(source->ctx, head, n, 0, err);
	if (rc == 0)
		rc = nvr_age_header_read(head, n, identity, key, &len, err);
	if (rc == 0)
		rc = nvr_age_header_write(key, to, 1, out, err);
	OPENSSL_cleanse(key, sizeof(key));
	free(head);
	if (rc != 0) {
		out->len = was;
		return rc;
	}
	*ret = len;
	return 0;
}

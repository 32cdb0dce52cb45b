/*
 * Sealed columns: personal values in the database, each readable only with the
 * key of the account it belongs to, and only in the place it was written to.
 *
 * The key of a column is HKDF-SHA256 (RFC 5869) of the 32-byte account key,
 * without salt, its info being
 *
 *	"nvr column v1" NUL table NUL column NUL
 *
 * A sealed value is a version byte, 1, a random nonce of 12 bytes and what
 * AES-256-GCM (NIST SP 800-38D) makes of the text, with its tag of 16 bytes.
 * The associated data are the info and the row's number as eight bytes, most
 * significant first; as a C string holds no NUL, no two places share them.
 *
 * A random nonce is good for 2^32 values of one column under one key, far
 * more than an account has rows.
 */
#ifndef NVR_SEAL_COLUMN_H
#define NVR_SEAL_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define NVR_ACCOUNT_KEY_LEN 32
#define NVR_LOOKUP_LEN 32
#define NVR_COLUMN_OVERHEAD (1 + 12 + 16) /* sealed bytes beyond the text's */

/* The place of a value. */
struct nvr_column {
	const char *table, *column; /* 1 to 64 bytes each */
	int64_t row;		    /* not negative */
};

/*
 * Appends the sealed value to out, which is unchanged on failure.
 * NVR_E_USAGE for a place that is out of bounds.
 */
int nvr_column_seal(const uint8_t account_key[NVR_ACCOUNT_KEY_LEN],
    const struct nvr_column *at, const void *data, size_t len,
    struct nvr_buf *out, struct nvr_error *err);

/*
 * Appends the text to out, which the caller frees with nvr_buf_wipe.
 * NVR_E_DATA, naming table and column, if the value was changed, moved from
 * another place or sealed under another key.
 */
int nvr_column_open(const uint8_t account_key[NVR_ACCOUNT_KEY_LEN],
    const struct nvr_column *at, const void *sealed, size_t len,
    struct nvr_buf *out, struct nvr_error *err);

/*
 * Opens many values of one column, whose accounts' keys are derived once each:
 * as nvr_column_open, without what that sets up for a single one.  The caller
 * wipes the derived keys.
 */
struct nvr_column_opener;

int nvr_column_opener_new(const char *table, const char *column,
    struct nvr_column_opener **ret, struct nvr_error *err);
int nvr_column_opener_key(struct nvr_column_opener *o,
    const uint8_t account_key[NVR_ACCOUNT_KEY_LEN],
    uint8_t ret[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err);
int nvr_column_opener_open(struct nvr_column_opener *o,
    const uint8_t key[NVR_ACCOUNT_KEY_LEN], int64_t row, const void *sealed,
    size_t len, struct nvr_buf *out, struct nvr_error *err);
void nvr_column_opener_free(struct nvr_column_opener *o);

/*
 * What stands for an e-mail address in an index, so that it can be looked up
 * but not read: HMAC-SHA256 under the HKDF key of info "nvr lookup v1".  The
 * text is hashed as it comes: normalise it first.  The key is one for all
 * accounts, as the account is what is being looked for.
 */
int nvr_lookup_hmac(const uint8_t key[NVR_ACCOUNT_KEY_LEN], const char *text,
    uint8_t out[NVR_LOOKUP_LEN], struct nvr_error *err);

#endif

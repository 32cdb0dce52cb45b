/*
 * Signatures of HTTP requests (RFC 9421) by Ed25519 (RFC 8032), in the one form
 * that recorders and portals of nvr use:
 *
 *	Content-Digest: sha-256=:BASE64:
 *	Nvr-Sequence: N
 *	Signature-Input: nvr=("@method" "@authority" "@path" "content-digest"
 *	    "nvr-sequence");created=SECONDS;keyid="KEY";alg="ed25519"
 *	Signature: nvr=:BASE64:
 *
 * on one line each.  The digest is of RFC 9530; KEY is the public key, 64
 * hexadecimal digits.  What is in any other form is refused, however well it
 * is signed: there is one way to say each thing, so nothing can be said twice.
 */
#ifndef NVR_SEAL_HTTPSIG_H
#define NVR_SEAL_HTTPSIG_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "seal/sshsig.h"

struct nvr_http_message {
	const char *method;    /* POST */
	const char *authority; /* host, or host:port; lower case */
	const char *path;      /* /api/v1/heartbeat */
	const void *body;
	size_t len;
	uint64_t sequence;
	int64_t created; /* microseconds; whole seconds are signed */
};

/* What JSON can carry everywhere (RFC 8259, 6). */
#define NVR_HTTPSIG_SEQUENCE (((uint64_t)1 << 53) - 1)

#define NVR_HTTPSIG_HEADER 512
struct nvr_http_signature {
	/* The values of the four headers, without their names. */
	char digest[NVR_HTTPSIG_HEADER], sequence[NVR_HTTPSIG_HEADER];
	char input[NVR_HTTPSIG_HEADER], signature[NVR_HTTPSIG_HEADER];
};

/* NVR_E_DATA for a message that cannot be signed: its path has a query, … */
int nvr_httpsig_sign(const uint8_t seed[NVR_SIGN_KEY_LEN],
    const struct nvr_http_message *m, struct nvr_http_signature *ret,
    struct nvr_error *err);

/*
 * Reads what the headers say of the key, the sequence and the time, which are
 * true only once verify() says so.  NVR_E_DATA for any other form.
 */
int nvr_httpsig_parse(const struct nvr_http_signature *s,
    uint8_t key[NVR_SIGN_KEY_LEN], uint64_t *sequence, int64_t *created,
    struct nvr_error *err);

/* m: as the server got it, with sequence and created as parsed.  *good: that
 * key signed that.  NVR_E_DATA where nothing could be signed so. */
int nvr_httpsig_verify(const uint8_t key[NVR_SIGN_KEY_LEN],
    const struct nvr_http_message *m, const struct nvr_http_signature *s,
    bool *good, struct nvr_error *err);

#endif

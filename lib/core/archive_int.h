/* What writing and reading of archives share. */
#ifndef NVR_CORE_ARCHIVE_INT_H
#define NVR_CORE_ARCHIVE_INT_H

#include "core/archive.h"
#include "media/spool.h"
#include "seal/digest.h"
#include "seal/sshsig.h"

#define NVR_ARCHIVE_SCHEMA "nvr-export/1"
#define NVR_ARCHIVE_MANIFEST "MANIFEST.json"
#define NVR_ARCHIVE_SIGNATURE "MANIFEST.json.sig"
#define NVR_ARCHIVE_SIGNER "SIGNER"
/* How the manifest's parts begin; see archive_manifest.c. */
#define NVR_ARCHIVE_FILES "\"files\": ["
#define NVR_ARCHIVE_GAPS "],\n\"gaps\": ["
#define NVR_ARCHIVE_END "]\n}\n"
#define NVR_ARCHIVE_SIG_MAX ((size_t)2048)

/*
 * Bytes that wait to be read again, in the order they came: under a key that
 * is nobody's, in memory as long as they are few, then in a file without a
 * name.  { .spool.folder = … } is an empty one.
 */
struct nvr_stash {
	struct nvr_spool spool;
	struct nvr_age_writer *writer;
	struct nvr_age_reader *reader;
	uint64_t size; /* of what was written */
	uint64_t at;   /* where it is read */
};

/* key: the same each time. */
int nvr_stash_write(struct nvr_stash *st, const struct nvr_age_identity *key,
    const void *data, size_t len, struct nvr_error *err);
/* Ends the writing with the first call.  *got is less than len at its end
 * alone. */
int nvr_stash_read(struct nvr_stash *st, const struct nvr_age_identity *key,
    void *buf, size_t len, size_t *got, struct nvr_error *err);
/* Anywhere in it, as bytes of st->size; ends the writing. */
int nvr_stash_bytes(struct nvr_stash *st, const struct nvr_age_identity *key,
    struct nvr_bytes *ret, struct nvr_error *err);
void nvr_stash_release(struct nvr_stash *st);

struct nvr_archive {
	struct nvr_archive_options o;
	struct nvr_sink sink;
	struct nvr_pack *pack;
	struct nvr_age_writer *sealed; /* the whole of it; NULL: it is not */
	struct nvr_age_identity key;   /* of all that waits */
	uint8_t seed[NVR_ACCOUNT_KEY_LEN];
	const struct nvr_state *s;
	char store[NVR_SETTING_TEXT];
	struct nvr_stash files, gaps; /* their lines of the manifest */
	uint64_t nfiles;
	int64_t ngaps;
	uint64_t written;
	/* The file that is open, where sha is not NULL. */
	struct nvr_sha256 *sha;
	char path[NVR_ARCHIVE_PATH];
	uint64_t size;
};

/* MANIFEST.json, its signature, and SIGNER. */
int nvr_archive_manifest(struct nvr_archive *a, struct nvr_error *err);

/* `nvr namespaces=… ssh-ed25519 …`, appended. */
int nvr_archive_signer_line(const uint8_t key[NVR_SIGN_KEY_LEN],
    struct nvr_buf *out, struct nvr_error *err);

#endif

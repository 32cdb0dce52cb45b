/*
 * Reading an archive back, without the store: every file is held to the
 * manifest, the manifest to its signature.  One changed, missing or added byte
 * or file is found and named.  Times, owners and permissions are of the archive
 * alone, and of no manifest: nothing vouches for them.
 */
#ifndef NVR_CORE_ARCHIVE_READ_H
#define NVR_CORE_ARCHIVE_READ_H

#include <jansson.h>

#include "core/archive.h"

struct nvr_archive_check {
	/* Up to len bytes of the archive; 0 is the end, negative fails. */
	int64_t (*read)(
	    void *ctx, void *buf, size_t len, struct nvr_error *err);
	/* Each file as it comes, ahead of any verdict, or NULL: its bytes with
	 * data NULL and len 0 at its beginning. */
	int (*file)(void *ctx, const char *path, const void *data, size_t len,
	    struct nvr_error *err);
	/* What is wrong, for people. */
	void (*finding)(void *ctx, const char *path, const char *text);
	/* What the manifest says is missing. */
	void (*gap)(void *ctx, const char *what, const char *why);
	void *ctx;
	const struct nvr_age_identity *identity; /* of a sealed one, or NULL */
	/* Lines of keys that are trusted, of an allowed_signers file or a .pub;
	 * NULL: what came with it. */
	const char *signer;
	int64_t now; /* for the dates that such lines may have */
	const char *temp;
};

struct nvr_archive_summary {
	/* The manifest without `files` and `gaps`, or NULL; the caller's. */
	json_t *head;
	uint64_t files, bytes;
	int64_t gaps, findings;
	/* `SHA256:…`, the fingerprint as ssh-keygen shows it; "": of nobody. */
	char signer[128];
	bool trusted; /* it is the one that was given */
};

/*
 * Goes through all of it, whatever it finds: what is damaged is named where it
 * is, and is the end.  Memory is bounded: no more than 2,048 files at a time
 * are told apart as renamed or moved, rather than missing and added. NVR_E_DATA
 * where it is no such archive at all; NVR_E_PERMISSION where it is sealed and
 * not to be opened with that identity; NVR_E_CONFIG where its manifest is of a
 * later version and signed; NVR_E_USAGE where there is no key in `signer`. What
 * file() fails with, ends it too.
 */
int nvr_archive_verify(const struct nvr_archive_check *c,
    struct nvr_archive_summary *ret, struct nvr_error *err);

#endif

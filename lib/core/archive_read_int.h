/* The parts of reading an archive back. */
#ifndef NVR_CORE_ARCHIVE_READ_INT_H
#define NVR_CORE_ARCHIVE_READ_INT_H

#include "core/archive_int.h"
#include "core/archive_read.h"

/* What a file is said to be, or is. */
struct nvr_record {
	char path[NVR_ARCHIVE_PATH];
	uint64_t size;
	uint8_t sha[NVR_SHA256_LEN];
};

/* One that has no partner yet, and where it stood. */
struct nvr_lone {
	struct nvr_record record;
	uint64_t place;
};

struct nvr_lones {
	struct nvr_lone *lone;
	size_t n;
};

struct nvr_checker {
	const struct nvr_archive_check *c;
	struct nvr_archive_summary *sum;
	struct nvr_age_identity key; /* of what waits */

	/* The files as they came, and how far the manifest is with them. */
	struct nvr_stash came;
	uint64_t said_place, came_place;   /* of the next one */
	uint64_t said_latest, came_latest; /* of those with a partner, and 1 */
	struct nvr_lones said_alone, came_alone;

	/* The manifest. */
	struct nvr_buf line, head;
	struct nvr_sha512 *sha;
	int part;
	bool manifest;	/* it was there */
	bool disagrees; /* with what such a manifest looks like */
	bool unknown;	/* its schema */
	bool repacked;	/* it stands ahead of files that it names */
	bool untold;	/* so many that not all of them are kept */
	struct nvr_buf signature, signer;
};

__attribute__((format(printf, 3, 4))) void nvr_check_finding(
    struct nvr_checker *k, const char *path, const char *fmt, ...);

void nvr_check_release(struct nvr_checker *k);

/* A file came. */
int nvr_check_came(
    struct nvr_checker *k, const struct nvr_record *r, struct nvr_error *err);
/* The manifest has it next. */
int nvr_check_said(
    struct nvr_checker *k, const struct nvr_record *r, struct nvr_error *err);
/* The manifest names one of that path, which has not come. */
bool nvr_check_expects(const struct nvr_checker *k, const char *path);
/* There is no more: what is still without a partner. */
int nvr_check_rest(struct nvr_checker *k, struct nvr_error *err);

/* The manifest as it comes, and its end. */
int nvr_check_manifest(
    struct nvr_checker *k, const void *data, size_t len, struct nvr_error *err);
void nvr_check_manifest_end(struct nvr_checker *k);

/* The next key of an allowed_signers file, or of a .pub; false: no more.
 * valid: its line's dates hold. */
bool nvr_next_signer(
    const char **text, int64_t now, uint8_t ret[NVR_SIGN_KEY_LEN], bool *valid);

/* Who signed it. */
int nvr_check_signature(struct nvr_checker *k, struct nvr_error *err);

#endif

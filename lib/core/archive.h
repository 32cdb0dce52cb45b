/*
 * An archive that proves itself.  Files, and behind them
 *
 *	MANIFEST.json
 *		of each file its bytes, rows and SHA-256, what was asked for,
 *		what is missing and why
 *	MANIFEST.json.sig
 *		its signature: PROTOCOL.sshsig of OpenSSH, armored, in the
 *		namespace `nvr-export`, by keys/log
 *	SIGNER
 *		the line by which ssh-keygen knows that key
 *
 * so that `ssh-keygen -Y verify -f SIGNER -I nvr -n nvr-export -s
 * MANIFEST.json.sig <MANIFEST.json` and sha256sum(1) are all that is needed.  A
 * key that comes with what it signs proves that nothing was changed since;
 * whose it is, only a copy from elsewhere tells (`nvr-export signer`).
 *
 * The manifest (share/schema/export-manifest.json) is written a file to a line,
 * in the order of the archive, so that both can be gone through side by side
 * and nothing grows with their number.
 *
 * Files in the making wait in files without a name below `temp`, under a key of
 * their own that nobody keeps: no disk tells of them.
 */
#ifndef NVR_CORE_ARCHIVE_H
#define NVR_CORE_ARCHIVE_H

#include <jansson.h>

#include "core/state.h"
#include "pack/pack.h"

#define NVR_ARCHIVE_NAMESPACE "nvr-export"
#define NVR_ARCHIVE_PATH 256 /* bytes of a path, and its NUL */

struct nvr_archive_options {
	enum nvr_pack_format format;
	const struct nvr_sink *sink;
	/* Who may open the archive: it is an age file then; n 0: anybody. */
	const struct nvr_age_recipient *recipients;
	size_t nrecipients;
	int64_t now;	  /* of the manifest and all files */
	const char *tool; /* and its version */
	const char *temp; /* borrowed until free */
	json_t *asked;	  /* what was asked for; its reference is taken */
	/* Bytes of files that it was given so far; or NULL. */
	void (*progress)(void *ctx, uint64_t written);
	/* What is missing, as it is found; or NULL. */
	void (*gap)(void *ctx, const char *what, const char *why);
	void *ctx;
};

struct nvr_archive;

/* The state is for the key that signs. */
int nvr_archive_open(struct nvr_state *s, const struct nvr_archive_options *o,
    struct nvr_archive **ret, struct nvr_error *err);

/* A file that is at hand.  rows: of a table; -1: it is none. */
int nvr_archive_add(struct nvr_archive *a, const char *path, const void *data,
    size_t len, int64_t rows, struct nvr_error *err);

/*
 * One of a known size, written on as it comes.  Until it is done with end()
 * nothing else can go into the archive.
 */
int nvr_archive_begin(struct nvr_archive *a, const char *path, uint64_t size,
    struct nvr_error *err);
int nvr_archive_write(
    struct nvr_archive *a, const void *data, size_t len, struct nvr_error *err);
int nvr_archive_end(struct nvr_archive *a, struct nvr_error *err);

/*
 * One whose size is not known yet; several can be in the making.  put() takes
 * it into the archive, unless it is empty and `rows` is 0, and frees it; so
 * does free(), without.
 */
struct nvr_archive_file;
int nvr_archive_file(struct nvr_archive *a, const char *path,
    struct nvr_archive_file **ret, struct nvr_error *err);
int nvr_archive_file_write(struct nvr_archive_file *f, const void *data,
    size_t len, struct nvr_error *err);
int nvr_archive_file_put(
    struct nvr_archive_file *f, int64_t rows, struct nvr_error *err);
void nvr_archive_file_free(struct nvr_archive_file *f);

/* What should be in it and is not, for people: what (a path, a camera and a
 * time), and why. */
int nvr_archive_gap(struct nvr_archive *a, const char *what,
    struct nvr_error *err, const char *why, ...)
    __attribute__((format(printf, 4, 5)));
int64_t nvr_archive_gaps(const struct nvr_archive *a);

/* Manifest, signature, and the end of the archive.  Only free follows. */
int nvr_archive_close(struct nvr_archive *a, struct nvr_error *err);
void nvr_archive_free(struct nvr_archive *a);

/*
 * What people called something (`../../etc/passwd`, an emoji) as a part of a
 * path: its letters and digits, and the id, so that no two are the same:
 * `Front door` is `front-door-01h2xcejqtf2n`.
 */
#define NVR_ARCHIVE_NAME 64
void nvr_archive_name(const char *name, int64_t id, char ret[NVR_ARCHIVE_NAME]);
/* A time as a part of a path: 20260131T093000Z, or with .250 behind. */
void nvr_archive_time(int64_t t, char ret[NVR_ARCHIVE_NAME]);

/* The line by which ssh-keygen knows who signs: `nvr namespaces=… ssh-ed25519
 * …`, appended to out. */
int nvr_archive_signer(
    struct nvr_state *s, struct nvr_buf *out, struct nvr_error *err);

#endif

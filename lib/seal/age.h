/*
 * age v1 files, the public format of https://c2sp.org/age: a text header that
 * wraps a file key for each recipient, then the data in chunks of 64 KiB under
 * ChaCha20-Poly1305.  The stock `age` program opens what is written here, and
 * what it writes for X25519 recipients opens here.
 *
 * Only binary files and X25519 keys are dealt with: no armor, no passphrase,
 * no plugins.
 *
 * A reader or writer holds about 64 KiB, wherever it stands in the file.  All
 * secrets are wiped when what owns them is freed, wiped or fails, and no error
 * text holds key material.
 */
#ifndef NVR_SEAL_AGE_H
#define NVR_SEAL_AGE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

#define NVR_AGE_KEY_LEN 32
#define NVR_AGE_MAX_RECIPIENTS 16
#define NVR_AGE_RECIPIENT_TEXT 63 /* room for "age1…" and its NUL */
#define NVR_AGE_CHUNK 65536	  /* bytes of data in a chunk */

/* Who may open a file: an X25519 public key.  Not a secret. */
struct nvr_age_recipient {
	uint8_t key[NVR_AGE_KEY_LEN];
};

/* What opens it.  Wipe it after use. */
struct nvr_age_identity {
	uint8_t secret[NVR_AGE_KEY_LEN];
	struct nvr_age_recipient recipient;
};

/* Keys */

int nvr_age_recipient_parse(
    const char *text, struct nvr_age_recipient *ret, struct nvr_error *err);
void nvr_age_recipient_format(const struct nvr_age_recipient *recipient,
    char out[NVR_AGE_RECIPIENT_TEXT]);

/*
 * Reads an identity file as age-keygen(1) writes it: comments, blank lines
 * and just one AGE-SECRET-KEY-1 line; lines may end in CRLF.
 */
int nvr_age_identity_parse(const char *text, size_t len,
    struct nvr_age_identity *ret, struct nvr_error *err);
int nvr_age_identity_generate(
    struct nvr_age_identity *ret, struct nvr_error *err);
/* Appends such a file to out, which the caller frees with nvr_buf_wipe. */
int nvr_age_identity_format(const struct nvr_age_identity *identity,
    time_t created, struct nvr_buf *out, struct nvr_error *err);
void nvr_age_identity_wipe(struct nvr_age_identity *identity);

/*
 * A header for somebody else, of the same file key, appended to out: with it in
 * place of the first *ret bytes of the file the identity of `to` opens it.
 * Errors as of nvr_age_reader_open.
 */
int nvr_age_header_for(const struct nvr_bytes *source,
    const struct nvr_age_identity *identity, const struct nvr_age_recipient *to,
    struct nvr_buf *out, uint64_t *ret, struct nvr_error *err);

/* Whether bytes are such a file, as far as one sees who has no key for it:
 * NVR_E_DATA. */
int nvr_age_file_check(const void *data, size_t len, struct nvr_error *err);

/* Writing */

struct nvr_age_writer;

/*
 * Draws a file key, wraps it for 1 to NVR_AGE_MAX_RECIPIENTS recipients and
 * writes the header.  NVR_E_USAGE for another number of them, NVR_E_DATA for
 * a recipient that is no sound key.
 */
int nvr_age_writer_open(const struct nvr_sink *sink,
    const struct nvr_age_recipient *recipients, size_t n,
    struct nvr_age_writer **ret, struct nvr_error *err);

/* Any size.  After a failure the writer accepts nothing more. */
int nvr_age_writer_write(struct nvr_age_writer *writer, const void *data,
    size_t len, struct nvr_error *err);

/*
 * Writes the final chunk.  Up to 64 KiB are held back until then, since only
 * an empty file may end in an empty chunk; a file without its final chunk
 * counts as cut short.
 */
int nvr_age_writer_finish(struct nvr_age_writer *writer, struct nvr_error *err);
void nvr_age_writer_free(struct nvr_age_writer *writer);

/*
 * The key of the payload alone, for a crash journal: who has it can read the
 * chunks of this one file, finished or not, with nvr_age_reader_open_key.
 * Keep it sealed to the box key, drop it once the file is finished, and wipe
 * the copy.
 */
void nvr_age_writer_payload_key(
    const struct nvr_age_writer *writer, uint8_t ret[NVR_AGE_KEY_LEN]);

/* Reading */

struct nvr_age_reader;

/*
 * Reads the header.  NVR_E_PERMISSION if the file is sealed for others only,
 * NVR_E_DATA if it is no age file, malformed, damaged or cut short.
 */
int nvr_age_reader_open(const struct nvr_bytes *source,
    const struct nvr_age_identity *identity, struct nvr_age_reader **ret,
    struct nvr_error *err);

/*
 * The same with a payload key.  The header is not authenticated, as that
 * takes the file key: for repairs only.
 */
int nvr_age_reader_open_key(const struct nvr_bytes *source,
    const uint8_t payload_key[NVR_AGE_KEY_LEN], struct nvr_age_reader **ret,
    struct nvr_error *err);
void nvr_age_reader_free(struct nvr_age_reader *reader);

/*
 * The size of the data, once the final chunk has been verified: then the file
 * is neither cut short nor added to.
 */
int nvr_age_reader_size(
    struct nvr_age_reader *reader, uint64_t *ret, struct nvr_error *err);

/*
 * Reads at an offset of the data.  *got is less than len only at the end, and
 * then the final chunk has been verified.  Opens just the chunks it needs and
 * keeps the last one, so small reads in order open each chunk once.  NVR_E_DATA
 * for a damaged chunk; what stands in other chunks can still be read.
 */
int nvr_age_reader_pread(struct nvr_age_reader *reader, void *buf, size_t len,
    uint64_t offset, size_t *got, struct nvr_error *err);

/*
 * For a file that lost its end: from now on, what stands ahead of the first
 * chunk that is not whole is all there is, and *ret says how much that is.
 * It ends well whatever it finds, so use it on files known to be torn, never
 * to bless one.
 */
int nvr_age_reader_tear(
    struct nvr_age_reader *reader, uint64_t *ret, struct nvr_error *err);

/*
 * Writes a copy of the file that ends after `size` bytes of its data: header
 * and chunks as they are, the last one sealed anew as the final one.  Under
 * one key this is sound only where the copy takes the place of a file that
 * was never finished: no nonce seals two texts.
 */
int nvr_age_reader_cut(struct nvr_age_reader *reader,
    const uint8_t payload_key[NVR_AGE_KEY_LEN], uint64_t size,
    const struct nvr_sink *out, struct nvr_error *err);

/*
 * The same in order, from where nothing can seek, such as a pipe.  read(): up
 * to len bytes; 0 is the end, negative an NVR_E code, and so here.  The end has
 * been verified once it is reached; NVR_E_DATA ahead of it for what is damaged,
 * cut short or added to, after which nothing more is to be read.
 */
struct nvr_age_stream;

int nvr_age_stream_open(
    int64_t (*read)(void *ctx, void *buf, size_t len, struct nvr_error *err),
    void *ctx, const struct nvr_age_identity *identity,
    struct nvr_age_stream **ret, struct nvr_error *err);
int64_t nvr_age_stream_read(
    struct nvr_age_stream *s, void *buf, size_t len, struct nvr_error *err);
void nvr_age_stream_free(struct nvr_age_stream *s);

/* Small blobs in memory: appends to out, which is unchanged on failure. */

int nvr_age_seal(const struct nvr_age_recipient *recipients, size_t n,
    const void *data, size_t len, struct nvr_buf *out, struct nvr_error *err);
/* The caller frees out with nvr_buf_wipe if the data is secret. */
int nvr_age_open(const struct nvr_age_identity *identity, const void *data,
    size_t len, struct nvr_buf *out, struct nvr_error *err);

#endif

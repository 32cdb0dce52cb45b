/*
 * Reading archives; see pack.h.  libarchive forgives much: what follows the
 * archive, what stands between its files, a gzip's wrong sum.  What it reads
 * goes through a window, in which all of that is looked at.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "pack/pack_int.h"
#include "pack/unpack_int.h"

#define RECORD 512
#define ZEROS_MIN (2 * RECORD)		/* ends a tar */
#define ZEROS_MAX ((uint64_t)64 * 1024) /* and fills its last block */

int
nvr_unpack_damaged(struct nvr_error *err, const char *why)
{
	return nvr_fail(
	    err, NVR_E_DATA, "the archive is damaged, or none: %s", why);
}

static int
failed(struct nvr_unpack *u, struct archive *a, struct nvr_error *err)
{
	const char *why = archive_error_string(a);

	if (u->sunk.code != 0) {
		*err = u->sunk;
		return err->code;
	}
	if (archive_errno(a) == ENOMEM)
		return nvr_fail_nomem(err);
	return nvr_unpack_damaged(err, why != NULL ? why : "no reason");
}

static la_ssize_t
feed(struct archive *a, void *ctx, const void **ret)
{
	struct nvr_unpack *u = ctx;
	int64_t n = u->read(u->ctx, u->in, sizeof(u->in), &u->sunk);
	size_t keep = n < 8 ? (size_t)n : 8;

	if (n < 0) {
		archive_set_error(a, EIO, "cannot read");
		return -1;
	}
	memmove(u->last, u->last + keep, 8 - keep);
	memcpy(u->last + 8 - keep, u->in + n - keep, keep);
	u->fed += (uint64_t)n;
	*ret = u->in;
	return (la_ssize_t)n;
}

/* CRC-32 of ISO 3309, as RFC 1952 has it. */
static void
crc_open(uint32_t table[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c & 1 ? 0xedb88320 ^ c >> 1 : c >> 1;
		table[i] = c;
	}
}

static uint32_t
crc_add(const uint32_t table[256], uint32_t crc, const uint8_t *p, size_t len)
{
	crc = ~crc;
	while (len-- > 0)
		crc = table[(crc ^ *p++) & 255] ^ crc >> 8;
	return ~crc;
}

/* More into the window: how much; 0 at the end. */
static la_ssize_t
pump(struct nvr_unpack *u)
{
	uint8_t *to = u->window + u->end % NVR_UNPACK_WINDOW;
	size_t room = NVR_UNPACK_BLOCK - u->end % NVR_UNPACK_BLOCK;
	la_ssize_t n = archive_read_data(u->raw, to, room);

	if (n > 0 && u->gzip)
		u->crc = crc_add(u->crc_table, u->crc, to, (size_t)n);
	u->end += n > 0 ? (uint64_t)n : 0;
	return n;
}

static la_ssize_t
hand_on(struct archive *a, void *ctx, const void **ret)
{
	struct nvr_unpack *u = ctx;
	la_ssize_t n;

	if (u->handed == u->end && pump(u) < 0) {
		archive_set_error(a, archive_errno(u->raw), "%s",
		    archive_error_string(u->raw));
		return -1;
	}
	*ret = u->window + u->handed % NVR_UNPACK_WINDOW;
	n = (la_ssize_t)(u->end - u->handed);
	u->handed = u->end;
	return n;
}

int
nvr_unpack_peek(struct nvr_unpack *u, uint64_t offset, void *buf, size_t len,
    struct nvr_error *err)
{
	la_ssize_t n;

	while (offset + len > u->end) {
		n = pump(u);
		if (n < 0)
			return failed(u, u->raw, err);
		if (n == 0)
			return nvr_unpack_damaged(err, "it is cut short");
	}
	/* The block that comes next takes the place of the oldest. */
	if (u->end - offset > NVR_UNPACK_WINDOW - NVR_UNPACK_BLOCK)
		return nvr_unpack_damaged(err, "a header is too long");
	for (uint8_t *p = buf; len > 0; len--)
		*p++ = u->window[offset++ % NVR_UNPACK_WINDOW];
	return 0;
}

int
nvr_unpack_over(struct nvr_unpack *u, uint64_t offset, struct nvr_error *err)
{
	la_ssize_t n = u->end > offset ? 1 : pump(u);

	if (n < 0)
		return failed(u, u->raw, err);
	return n == 0 ? 0 : nvr_unpack_damaged(err, "something follows it");
}

/* What is compressed: not at all, or once. */
static int
open_raw(struct nvr_unpack *u, struct nvr_error *err)
{
	struct archive_entry *ignored;
	struct archive *a = u->raw;
	int rc = archive_read_support_filter_gzip(a) |
		 archive_read_support_filter_zstd(a) |
		 archive_read_support_format_raw(a);

	if (rc != ARCHIVE_OK ||
	    archive_read_open(a, u, NULL, feed, NULL) != 0 ||
	    archive_read_next_header(a, &ignored) != ARCHIVE_OK)
		return failed(u, a, err);
	if (archive_filter_count(a) > 2)
		return nvr_unpack_damaged(err, "it is compressed twice");
	u->gzip = archive_filter_code(a, 0) == ARCHIVE_FILTER_GZIP;
	crc_open(u->crc_table);
	return 0;
}

static int
open_files(struct nvr_unpack *u, struct nvr_error *err)
{
	struct archive *a = u->files;
	uint8_t begins[4];
	int rc = nvr_unpack_peek(u, 0, begins, sizeof(begins), err);

	if (rc != 0)
		return rc;
	u->zip = memcmp(begins, "PK", 2) == 0;
	rc = u->zip ? archive_read_support_format_zip_streamable(a)
		    : archive_read_support_format_tar(a);
	if (rc != ARCHIVE_OK ||
	    archive_read_open(a, u, NULL, hand_on, NULL) != ARCHIVE_OK)
		return failed(u, a, err);
	return 0;
}

int
nvr_unpack_open(
    int64_t (*read)(void *ctx, void *buf, size_t len, struct nvr_error *err),
    void *ctx, struct nvr_unpack **ret, struct nvr_error *err)
{
	struct nvr_unpack *u = calloc(1, sizeof(*u));
	int rc;

	if (u == NULL)
		return nvr_fail_nomem(err);
	u->read = read;
	u->ctx = ctx;
	u->raw = archive_read_new();
	u->files = archive_read_new();
	if (u->raw == NULL || u->files == NULL)
		rc = nvr_fail_nomem(err);
	else if (getrandom(&u->key, sizeof(u->key), 0) != sizeof(u->key))
		rc = nvr_fail_errno(err, NVR_E_NOMEM, "no random bytes");
	else
		rc = open_raw(u, err);
	if (rc == 0)
		rc = open_files(u, err);
	if (rc != 0) {
		nvr_unpack_free(u);
		return rc;
	}
	*ret = u;
	return 0;
}

void
nvr_unpack_free(struct nvr_unpack *u)
{
	if (u == NULL)
		return;
	archive_read_free(u->files);
	archive_read_free(u->raw);
	free(u);
}

static int
check_zeros(
    struct nvr_unpack *u, uint64_t from, uint64_t to, struct nvr_error *err)
{
	uint8_t piece[RECORD] = {0};
	size_t n;
	int rc;

	for (; from < to; from += n) {
		n = to - from < sizeof(piece) ? (size_t)(to - from)
					      : sizeof(piece);
		rc = nvr_unpack_peek(u, from, piece, n, err);
		if (rc != 0)
			return rc;
		for (size_t i = 0; i < n; i++)
			if (piece[i] != 0)
				return nvr_unpack_damaged(
				    err, "something stands between its files");
	}
	return 0;
}

/* Behind the last file there is nothing but zeros, and not too many. */
static int
check_tail(struct nvr_unpack *u, uint64_t from, struct nvr_error *err)
{
	la_ssize_t n;

	do {
		n = pump(u);
	} while (n > 0 && u->end - from <= ZEROS_MAX);
	if (n < 0)
		return failed(u, u->raw, err);
	if (n > 0)
		return nvr_unpack_damaged(err, "something follows it");
	if (u->end - from < ZEROS_MIN)
		return nvr_unpack_damaged(err, "it is cut short");
	return check_zeros(u, from, u->end, err);
}

/* All of the source was of use. */
static int
check_source(struct nvr_unpack *u, struct nvr_error *err)
{
	const void *ignored;

	if (archive_filter_bytes(u->raw, -1) != (la_int64_t)u->fed ||
	    feed(u->raw, u, &ignored) != 0)
		return u->sunk.code != 0
			   ? failed(u, u->raw, err)
			   : nvr_unpack_damaged(err, "something follows it");
	if (u->gzip && (nvr_le32(u->last) != u->crc ||
			   nvr_le32(u->last + 4) != (uint32_t)u->end))
		return nvr_unpack_damaged(err, "its gzip has another sum");
	return 0;
}

/* What stands from the end of the last file's data to `next`. */
static int
end_file(struct nvr_unpack *u, uint64_t next, struct nvr_error *err)
{
	uint64_t end = u->data + u->got;

	if (!u->open)
		return 0;
	u->open = false;
	if (u->zip)
		return nvr_zip_end(u, next, err);
	if (next < end || next - end >= RECORD)
		return nvr_unpack_damaged(err, "a file has another size");
	return check_zeros(u, end, next, err);
}

static int
finish(struct nvr_unpack *u, uint64_t at, struct nvr_error *err)
{
	int rc = u->zip ? nvr_zip_tail(u, at, err) : check_tail(u, at, err);

	return rc == 0 ? check_source(u, err) : rc;
}

static int
begin_file(struct nvr_unpack *u, struct archive_entry *e, uint64_t at,
    struct nvr_packed *ret, struct nvr_error *err)
{
	const char *path = archive_entry_pathname(e);

	if (path == NULL)
		return nvr_unpack_damaged(err, "a file without a path");
	if (archive_entry_filetype(e) == AE_IFDIR)
		return nvr_fail(err, NVR_E_DATA,
		    "'%.300s' in the archive is a folder: it was packed again, "
		    "and only as it was made can it be checked",
		    path);
	if (archive_entry_filetype(e) != AE_IFREG ||
	    archive_entry_hardlink(e) != NULL ||
	    archive_entry_symlink(e) != NULL ||
	    archive_entry_sparse_count(e) != 0 || archive_entry_is_encrypted(e))
		return nvr_fail(err, NVR_E_DATA,
		    "'%.300s' in the archive is no plain file", path);
	if (!nvr_pack_path(path))
		return nvr_fail(err, NVR_E_DATA,
		    "'%.300s' in the archive is a path that no export has",
		    path);
	ret->path = path;
	ret->size = UINT64_MAX;
	if (archive_entry_size_is_set(e))
		ret->size = (uint64_t)archive_entry_size(e);
	u->open = true;
	u->done = false;
	u->got = 0;
	u->data = (uint64_t)archive_filter_bytes(u->files, 0);
	return u->zip ? nvr_zip_begin(u, at, err) : 0;
}

int
nvr_unpack_next(
    struct nvr_unpack *u, struct nvr_packed *ret, struct nvr_error *err)
{
	char rest[4096];
	struct archive_entry *e;
	int64_t n = 1;
	uint64_t at;
	int rc;

	while (u->open && !u->done && n > 0)
		n = nvr_unpack_read(u, rest, sizeof(rest), err);
	if (n < 0)
		return (int)n;
	rc = archive_read_next_header(u->files, &e);
	if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF)
		return failed(u, u->files, err);
	at = (uint64_t)archive_read_header_position(u->files);
	if (end_file(u, at, err) != 0)
		return err->code;
	if (rc == ARCHIVE_EOF)
		return finish(u, at, err);
	rc = begin_file(u, e, at, ret, err);
	return rc == 0 ? 1 : rc;
}

int64_t
nvr_unpack_read(
    struct nvr_unpack *u, void *buf, size_t len, struct nvr_error *err)
{
	la_ssize_t n;

	if (!u->open || u->done || len == 0)
		return 0;
	n = archive_read_data(u->files, buf, len);
	if (n < 0)
		return failed(u, u->files, err);
	u->done = n == 0;
	u->got += (uint64_t)n;
	return n;
}

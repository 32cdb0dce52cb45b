/* Bytes that wait; see archive_int.h. */
#include "core/archive_int.h"

/* A spool takes no more at once. */
#define PIECE ((size_t)32 * 1024)

static int
spool_write(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	const char *p = data;
	size_t n;
	int rc = 0;

	for (; rc == 0 && len > 0; p += n, len -= n) {
		n = len < PIECE ? len : PIECE;
		rc = nvr_spool_add(ctx, p, n, err);
	}
	return rc;
}

static int
spool_pread(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *err)
{
	char *p = buf;
	size_t got;
	int rc;

	for (; len > 0; p += got, len -= got, offset += got) {
		rc = nvr_spool_read(ctx, offset, p, len, &got, err);
		if (rc != 0)
			return rc;
		if (got == 0)
			return nvr_fail(
			    err, NVR_E_BUG, "what was put aside is cut short");
	}
	return 0;
}

int
nvr_stash_write(struct nvr_stash *st, const struct nvr_age_identity *key,
    const void *data, size_t len, struct nvr_error *err)
{
	const struct nvr_sink sink = {spool_write, &st->spool};
	int rc = 0;

	if (st->writer == NULL)
		rc = nvr_age_writer_open(
		    &sink, &key->recipient, 1, &st->writer, err);
	if (rc == 0)
		rc = nvr_age_writer_write(st->writer, data, len, err);
	if (rc == 0)
		st->size += len;
	return rc;
}

static int
turn_around(struct nvr_stash *st, const struct nvr_age_identity *key,
    struct nvr_error *err)
{
	struct nvr_bytes source = {spool_pread, &st->spool, 0};
	int rc = nvr_age_writer_finish(st->writer, err);

	nvr_age_writer_free(st->writer);
	st->writer = NULL;
	source.size = nvr_spool_len(&st->spool);
	return rc == 0 ? nvr_age_reader_open(&source, key, &st->reader, err)
		       : rc;
}

int
nvr_stash_read(struct nvr_stash *st, const struct nvr_age_identity *key,
    void *buf, size_t len, size_t *got, struct nvr_error *err)
{
	int rc = 0;

	*got = 0;
	if (st->size == 0)
		return 0;
	if (st->reader == NULL)
		rc = turn_around(st, key, err);
	if (rc == 0)
		rc = nvr_age_reader_pread(
		    st->reader, buf, len, st->at, got, err);
	st->at += *got;
	return rc;
}

static int
read_at(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *err)
{
	const struct nvr_stash *st = ctx;
	size_t got = 0;
	int rc = nvr_age_reader_pread(st->reader, buf, len, offset, &got, err);

	return rc == 0 && got < len
		   ? nvr_fail(err, NVR_E_BUG, "what was put aside is cut short")
		   : rc;
}

int
nvr_stash_bytes(struct nvr_stash *st, const struct nvr_age_identity *key,
    struct nvr_bytes *ret, struct nvr_error *err)
{
	*ret = (struct nvr_bytes){read_at, st, st->size};
	return st->reader == NULL ? turn_around(st, key, err) : 0;
}

void
nvr_stash_release(struct nvr_stash *st)
{
	nvr_age_writer_free(st->writer);
	nvr_age_reader_free(st->reader);
	nvr_spool_release(&st->spool);
	*st = (struct nvr_stash){0};
}

/* Archives that prove themselves: what goes into them; see archive.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/archive_int.h"
#include "core/keyfile.h"

#define STORE_UUID "media_uuid"
#define PIECE ((size_t)64 * 1024)

struct nvr_archive_file {
	struct nvr_archive *archive;
	struct nvr_stash data;
	struct nvr_sha256 *sha;
	char path[NVR_ARCHIVE_PATH];
};

static int
write_out(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct nvr_archive *a = ctx;

	if (a->sealed != NULL)
		return nvr_age_writer_write(a->sealed, data, len, err);
	return a->sink.write(a->sink.ctx, data, len, err);
}

int
nvr_archive_open(struct nvr_state *s, const struct nvr_archive_options *o,
    struct nvr_archive **ret, struct nvr_error *err)
{
	struct nvr_archive *a = calloc(1, sizeof(*a));
	struct nvr_sink sink = {write_out, a};
	int rc;

	if (a == NULL) {
		json_decref(o->asked);
		return nvr_fail_nomem(err);
	}
	a->o = *o;
	a->s = s;
	a->sink = *o->sink;
	a->files.spool.folder = a->gaps.spool.folder = o->temp;
	rc = nvr_age_identity_generate(&a->key, err);
	/* Before anything is written: without it there is no archive. */
	if (rc == 0)
		rc = nvr_log_key(s, a->seed, err);
	if (rc == 0)
		rc = nvr_setting_get(s->store, STORE_UUID, a->store, err);
	if (rc == 0 && o->nrecipients > 0)
		rc = nvr_age_writer_open(
		    o->sink, o->recipients, o->nrecipients, &a->sealed, err);
	if (rc == 0)
		rc = nvr_pack_open(o->format, &sink, o->now, &a->pack, err);
	if (rc != 0) {
		nvr_archive_free(a);
		return rc;
	}
	*ret = a;
	return 0;
}

void
nvr_archive_free(struct nvr_archive *a)
{
	if (a == NULL)
		return;
	nvr_pack_free(a->pack);
	nvr_age_writer_free(a->sealed);
	nvr_sha256_free(a->sha);
	nvr_stash_release(&a->files);
	nvr_stash_release(&a->gaps);
	nvr_age_identity_wipe(&a->key);
	explicit_bzero(a->seed, sizeof(a->seed));
	json_decref(a->o.asked);
	free(a);
}

static void
tell(struct nvr_archive *a, size_t len)
{
	a->written += len;
	if (a->o.progress != NULL)
		a->o.progress(a->o.ctx, a->written);
}

/* Its line of the manifest. */
static int
enter(struct nvr_archive *a, const char *path, uint64_t size, int64_t rows,
    struct nvr_sha256 *sha, struct nvr_error *err)
{
	char line[NVR_ARCHIVE_PATH + 192], hex[NVR_SHA256_HEX], count[40] = "";
	uint8_t hash[NVR_SHA256_LEN];
	int rc = nvr_sha256_final(sha, hash, err);
	int n;

	if (rc != 0)
		return rc;
	nvr_hex(hash, sizeof(hash), hex);
	if (rows >= 0)
		snprintf(count, sizeof(count), "\"rows\": %" PRId64 ", ", rows);
	n = snprintf(line, sizeof(line),
	    "%s{\"path\": \"%s\", \"size_bytes\": %" PRIu64
	    ", %s\"sha256\": \"%s\"}",
	    a->nfiles > 0 ? ",\n" : "\n", path, size, count, hex);
	rc = nvr_stash_write(&a->files, &a->key, line, (size_t)n, err);
	a->nfiles += rc == 0;
	return rc;
}

static int
take_path(struct nvr_archive *a, const char *path, char ret[NVR_ARCHIVE_PATH],
    struct nvr_error *err)
{
	if (a->sha != NULL)
		return nvr_fail(err, NVR_E_BUG,
		    "'%s': '%s' is not at its end yet", path, a->path);
	if (strlcpy(ret, path, NVR_ARCHIVE_PATH) >= NVR_ARCHIVE_PATH ||
	    strcmp(path, NVR_ARCHIVE_MANIFEST) == 0 ||
	    strcmp(path, NVR_ARCHIVE_SIGNATURE) == 0 ||
	    strcmp(path, NVR_ARCHIVE_SIGNER) == 0)
		return nvr_fail(
		    err, NVR_E_BUG, "'%s' cannot go into the archive", path);
	return 0;
}

int
nvr_archive_begin(struct nvr_archive *a, const char *path, uint64_t size,
    struct nvr_error *err)
{
	int rc = take_path(a, path, a->path, err);

	if (rc == 0)
		rc = nvr_pack_file(a->pack, path, size, err);
	if (rc == 0)
		rc = nvr_sha256_open(&a->sha, err);
	a->size = size;
	return rc;
}

int
nvr_archive_write(
    struct nvr_archive *a, const void *data, size_t len, struct nvr_error *err)
{
	int rc;

	if (a->sha == NULL)
		return nvr_fail(err, NVR_E_BUG, "no file was begun");
	rc = nvr_sha256_update(a->sha, data, len, err);
	if (rc == 0)
		rc = nvr_pack_write(a->pack, data, len, err);
	if (rc == 0)
		tell(a, len);
	return rc;
}

static int
end(struct nvr_archive *a, int64_t rows, struct nvr_error *err)
{
	int rc;

	if (a->sha == NULL)
		return nvr_fail(err, NVR_E_BUG, "no file was begun");
	rc = enter(a, a->path, a->size, rows, a->sha, err);
	nvr_sha256_free(a->sha);
	a->sha = NULL;
	return rc;
}

int
nvr_archive_end(struct nvr_archive *a, struct nvr_error *err)
{
	return end(a, -1, err);
}

int
nvr_archive_add(struct nvr_archive *a, const char *path, const void *data,
    size_t len, int64_t rows, struct nvr_error *err)
{
	int rc = nvr_archive_begin(a, path, len, err);

	if (rc == 0)
		rc = nvr_archive_write(a, data, len, err);
	return rc == 0 ? end(a, rows, err) : rc;
}

int
nvr_archive_file(struct nvr_archive *a, const char *path,
    struct nvr_archive_file **ret, struct nvr_error *err)
{
	struct nvr_archive_file *f = calloc(1, sizeof(*f));
	int rc;

	if (f == NULL)
		return nvr_fail_nomem(err);
	f->archive = a;
	f->data.spool.folder = a->o.temp;
	rc = take_path(a, path, f->path, err);
	if (rc == 0)
		rc = nvr_sha256_open(&f->sha, err);
	if (rc != 0) {
		nvr_archive_file_free(f);
		return rc;
	}
	*ret = f;
	return 0;
}

int
nvr_archive_file_write(struct nvr_archive_file *f, const void *data, size_t len,
    struct nvr_error *err)
{
	int rc = nvr_sha256_update(f->sha, data, len, err);

	if (rc == 0)
		rc =
		    nvr_stash_write(&f->data, &f->archive->key, data, len, err);
	if (rc != 0)
		return nvr_prefix(err, "'%s' in the making", f->path);
	tell(f->archive, len);
	return 0;
}

/* From where it waited. */
static int
copy(struct nvr_archive *a, struct nvr_stash *from, struct nvr_error *err)
{
	char *piece = malloc(PIECE);
	size_t got = 0;
	int rc = 0;

	if (piece == NULL)
		return nvr_fail_nomem(err);
	do {
		rc = nvr_stash_read(from, &a->key, piece, PIECE, &got, err);
		if (rc == 0)
			rc = nvr_pack_write(a->pack, piece, got, err);
	} while (rc == 0 && got == PIECE);
	explicit_bzero(piece, PIECE);
	free(piece);
	return rc;
}

int
nvr_archive_file_put(
    struct nvr_archive_file *f, int64_t rows, struct nvr_error *err)
{
	struct nvr_archive *a = f->archive;
	int rc = 0;

	if (f->data.size > 0 || rows != 0) {
		rc = take_path(a, f->path, a->path, err);
		if (rc == 0)
			rc = nvr_pack_file(a->pack, f->path, f->data.size, err);
		if (rc == 0)
			rc = copy(a, &f->data, err);
		if (rc == 0)
			rc = enter(a, f->path, f->data.size, rows, f->sha, err);
	}
	nvr_archive_file_free(f);
	return rc;
}

void
nvr_archive_file_free(struct nvr_archive_file *f)
{
	if (f == NULL)
		return;
	nvr_stash_release(&f->data);
	nvr_sha256_free(f->sha);
	free(f);
}

int
nvr_archive_gap(struct nvr_archive *a, const char *what, struct nvr_error *err,
    const char *why, ...)
{
	char text[512], safe_what[1024], safe_why[512];
	json_t *gap;
	char *line;
	va_list ap;
	int rc;

	va_start(ap, why);
	vsnprintf(text, sizeof(text), why, ap);
	va_end(ap);
	nvr_state_strip(a->s, text);
	nvr_text_safe(what, safe_what, sizeof(safe_what));
	nvr_text_safe(text, safe_why, sizeof(safe_why));
	if (a->o.gap != NULL)
		a->o.gap(a->o.ctx, safe_what, safe_why);
	gap = json_pack("{s:s, s:s}", "what", safe_what, "why", safe_why);
	line = json_dumps(gap, 0);
	json_decref(gap);
	if (line == NULL)
		return nvr_fail_nomem(err);
	rc = nvr_stash_write(&a->gaps, &a->key, a->ngaps > 0 ? ",\n" : "\n",
	    a->ngaps > 0 ? 2 : 1, err);
	if (rc == 0)
		rc =
		    nvr_stash_write(&a->gaps, &a->key, line, strlen(line), err);
	free(line);
	a->ngaps += rc == 0;
	return rc;
}

int64_t
nvr_archive_gaps(const struct nvr_archive *a)
{
	return a->ngaps;
}

int
nvr_archive_close(struct nvr_archive *a, struct nvr_error *err)
{
	int rc = 0;

	if (a->sha != NULL)
		rc = nvr_fail(
		    err, NVR_E_BUG, "'%s' is not at its end yet", a->path);
	if (rc == 0)
		rc = nvr_archive_manifest(a, err);
	if (rc == 0)
		rc = nvr_pack_finish(a->pack, err);
	if (rc == 0 && a->sealed != NULL)
		rc = nvr_age_writer_finish(a->sealed, err);
	return rc;
}

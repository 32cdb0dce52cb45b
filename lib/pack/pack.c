/* Writing archives; see pack.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/time.h"
#include "pack/pack.h"
#include "pack/pack_int.h"

#define BLOCK ((size_t)64 * 1024) /* what the sink gets at a time */
#define FILL_UP (UINT64_C(16) << 20)

struct nvr_pack {
	enum nvr_pack_format format;
	struct archive *a;
	struct archive_entry *entry;
	struct nvr_sink sink;
	struct nvr_error sunk; /* what the sink said */
	int64_t at;
	uint64_t left; /* bytes of the file that are to come */
};

static const char *const names[NVR_PACK_FORMATS] = {
    [NVR_PACK_TAR_ZST] = "tar.zst",
    [NVR_PACK_TAR_GZ] = "tar.gz",
    [NVR_PACK_ZIP] = "zip",
};

const char *
nvr_pack_name(enum nvr_pack_format format)
{
	return names[format];
}

int
nvr_pack_parse(
    const char *name, enum nvr_pack_format *ret, struct nvr_error *err)
{
	for (int i = 0; i < NVR_PACK_FORMATS; i++)
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum nvr_pack_format)i;
			return 0;
		}
	return nvr_fail(err, NVR_E_USAGE,
	    "an archive is tar.zst, tar.gz or zip, not '%s'", name);
}

bool
nvr_pack_path(const char *path)
{
	size_t n;

	do {
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		for (size_t i = 0; i < n; i++)
			if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz"
				   "0123456789._-",
				path[i]) == NULL)
				return false;
		path += n;
	} while (*path++ == '/');
	return true;
}

/* What libarchive said, unless it is the sink that failed. */
static int
result(struct nvr_pack *p, bool good, struct nvr_error *err)
{
	if (p->sunk.code != 0) {
		*err = p->sunk;
		return err->code;
	}
	if (good)
		return 0;
	return nvr_fail(err,
	    archive_errno(p->a) == ENOMEM ? NVR_E_NOMEM : NVR_E_IO,
	    "cannot write the archive: %s", archive_error_string(p->a));
}

/*
 * libarchive is not told of a failure, as it would lose memory then: what
 * follows goes nowhere.
 */
static la_ssize_t
sink_write(struct archive *a, void *ctx, const void *data, size_t len)
{
	struct nvr_pack *p = ctx;

	(void)a;
	if (p->sunk.code == 0)
		p->sink.write(p->sink.ctx, data, len, &p->sunk);
	return (la_ssize_t)len;
}

/*
 * The fastest levels: rows come out at about a fifth, and what is compressed
 * already, which most of an archive is, passes at the speed of memory, but for
 * gzip.  Zstandard takes nine times as long for that at level 1.
 */
static int
choose(struct nvr_pack *p)
{
	struct archive *a = p->a;
	const char *filter = "zstd", *level = "-1";
	int rc;

	if (p->format == NVR_PACK_ZIP)
		return archive_write_set_format_zip(a) |
		       archive_write_set_format_option(
			   a, "zip", "compression-level", "1");
	rc = archive_write_set_format_pax_restricted(a);
	if (p->format == NVR_PACK_TAR_GZ) {
		filter = "gzip";
		level = "1";
		rc |= archive_write_add_filter_gzip(a) |
		      archive_write_set_filter_option(
			  a, filter, "timestamp", NULL);
	} else {
		rc |= archive_write_add_filter_zstd(a);
	}
	return rc | archive_write_set_filter_option(
			a, filter, "compression-level", level);
}

int
nvr_pack_open(enum nvr_pack_format format, const struct nvr_sink *sink,
    int64_t at, struct nvr_pack **ret, struct nvr_error *err)
{
	struct nvr_pack *p = calloc(1, sizeof(*p));
	int rc;

	if (p == NULL)
		return nvr_fail_nomem(err);
	p->format = format;
	p->sink = *sink;
	p->at = at;
	p->a = archive_write_new();
	p->entry = archive_entry_new();
	if (p->a == NULL || p->entry == NULL) {
		nvr_pack_free(p);
		return nvr_fail_nomem(err);
	}
	rc = choose(p);
	if (rc == ARCHIVE_OK)
		rc = archive_write_set_bytes_per_block(p->a, BLOCK) |
		     archive_write_set_bytes_in_last_block(p->a, 1) |
		     archive_write_open(p->a, p, NULL, sink_write, NULL);
	rc = result(p, rc == ARCHIVE_OK, err);
	if (rc != 0) {
		nvr_pack_free(p);
		return rc;
	}
	*ret = p;
	return 0;
}

static bool
compressed(const char *path)
{
	static const char *const ends[] = {
	    ".jpg", ".mp4", ".age", ".png", ".gz", ".zst", ".zip"};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(ends) / sizeof(*ends); i++)
		if (strcmp(dot, ends[i]) == 0)
			return true;
	return false;
}

int
nvr_pack_file(
    struct nvr_pack *p, const char *path, uint64_t size, struct nvr_error *err)
{
	struct archive_entry *e = p->entry;

	if (p->left != 0 || size > INT64_MAX || !nvr_pack_path(path))
		return nvr_fail(
		    err, NVR_E_BUG, "'%s' cannot go into the archive", path);
	archive_entry_clear(e);
	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, strncmp(path, "keys/", 5) == 0 ? 0600 : 0644);
	archive_entry_set_size(e, (la_int64_t)size);
	archive_entry_set_mtime(e, (time_t)(p->at / NVR_SECOND), 0);
	if (p->format == NVR_PACK_ZIP &&
	    (compressed(path) ? archive_write_zip_set_compression_store(p->a)
			      : archive_write_zip_set_compression_deflate(
				    p->a)) != ARCHIVE_OK)
		return result(p, false, err);
	p->left = size;
	return result(p, archive_write_header(p->a, e) == ARCHIVE_OK, err);
}

int
nvr_pack_write(
    struct nvr_pack *p, const void *data, size_t len, struct nvr_error *err)
{
	if (len > p->left)
		return nvr_fail(err, NVR_E_BUG,
		    "a file of the archive is longer than it was said to be");
	p->left -= len;
	return result(p,
	    len == 0 || archive_write_data(p->a, data, len) == (la_ssize_t)len,
	    err);
}

int
nvr_pack_finish(struct nvr_pack *p, struct nvr_error *err)
{
	if (p->left != 0)
		return nvr_fail(err, NVR_E_BUG,
		    "a file of the archive is shorter than it was said to be");
	return result(p, archive_write_close(p->a) == ARCHIVE_OK, err);
}

void
nvr_pack_free(struct nvr_pack *p)
{
	if (p == NULL)
		return;
	/* What is not finished goes nowhere.  It would fill up the file, which
	 * takes its time where much is left; else it loses 64 KiB. */
	if (p->sunk.code == 0)
		p->sunk.code = NVR_E_BUG;
	if (p->a != NULL && p->left > FILL_UP)
		archive_write_fail(p->a);
	archive_write_free(p->a);
	archive_entry_free(p->entry);
	free(p);
}

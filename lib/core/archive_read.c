/* Reading an archive back; see archive_read.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/archive_read_int.h"

#define PIECE ((size_t)64 * 1024)
#define SEALED "age-encryption.org/"
#define SEALED_LEN (sizeof(SEALED) - 1)

/* Where the bytes come from: their first ones are looked at. */
struct source {
	const struct nvr_archive_check *c;
	char first[SEALED_LEN];
	size_t have, at;
	struct nvr_age_stream *opened; /* NULL: it is not sealed */
};

void
nvr_check_finding(struct nvr_checker *k, const char *path, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	k->sum->findings++;
	if (k->c->finding != NULL)
		k->c->finding(k->c->ctx, path, text);
}

static int64_t
read_given(void *ctx, void *buf, size_t len, struct nvr_error *err)
{
	struct source *src = ctx;

	if (src->at == src->have)
		return src->c->read(src->c->ctx, buf, len, err);
	if (len > src->have - src->at)
		len = src->have - src->at;
	memcpy(buf, src->first + src->at, len);
	src->at += len;
	return (int64_t)len;
}

static int64_t
read_opened(void *ctx, void *buf, size_t len, struct nvr_error *err)
{
	struct source *src = ctx;

	return nvr_age_stream_read(src->opened, buf, len, err);
}

static int
open_source(struct source *src, struct nvr_error *err)
{
	const struct nvr_archive_check *c = src->c;
	int64_t n = 1;

	while (n > 0 && src->have < SEALED_LEN) {
		n = c->read(c->ctx, src->first + src->have,
		    SEALED_LEN - src->have, err);
		if (n < 0)
			return (int)n;
		src->have += (size_t)n;
	}
	if (src->have < SEALED_LEN ||
	    memcmp(src->first, SEALED, SEALED_LEN) != 0)
		return 0;
	if (c->identity == NULL)
		return nvr_fail(err, NVR_E_PERMISSION,
		    "the archive is sealed: it takes an identity to open it");
	return nvr_age_stream_open(
	    read_given, src, c->identity, &src->opened, err);
}

/* Bytes of the file that is open: what becomes of them. */
struct taker {
	struct nvr_checker *k;
	struct nvr_unpack *u;
	struct nvr_record record;
	struct nvr_sha256 *sha; /* NULL: none of the manifest's files */
	bool refused;		/* by who gets the files */
	struct nvr_buf *into;	/* of the signature and SIGNER; or NULL */
};

static int
hand_on(struct taker *t, const void *data, size_t len, struct nvr_error *err)
{
	const struct nvr_archive_check *c = t->k->c;
	int rc = 0;

	if (c->file != NULL)
		rc = c->file(c->ctx, t->record.path, data, len, err);
	t->refused = rc != 0;
	return rc;
}

static int
take(struct taker *t, const void *data, size_t len, struct nvr_error *err)
{
	int rc;

	if (t->sha == NULL && t->into == NULL)
		return nvr_check_manifest(t->k, data, len, err);
	if (t->into != NULL && t->into->len + len <= NVR_ARCHIVE_SIG_MAX)
		return nvr_buf_add(t->into, data, len, err);
	if (t->into != NULL)
		return 0;
	rc = nvr_sha256_update(t->sha, data, len, err);
	return rc == 0 ? hand_on(t, data, len, err) : rc;
}

static int
take_all(struct taker *t, struct nvr_error *err)
{
	char piece[PIECE];
	int64_t n;
	int rc = 0;

	while ((n = nvr_unpack_read(t->u, piece, sizeof(piece), err)) > 0) {
		rc = take(t, piece, (size_t)n, err);
		if (rc != 0)
			return rc;
		t->record.size += (uint64_t)n;
	}
	return (int)n;
}

/* A file that the manifest should have. */
static int
take_file(struct taker *t, struct nvr_error *err)
{
	int rc = nvr_sha256_open(&t->sha, err);

	if (rc == 0)
		rc = hand_on(t, NULL, 0, err);
	if (rc == 0)
		rc = take_all(t, err);
	if (rc == 0)
		rc = nvr_sha256_final(t->sha, t->record.sha, err);
	nvr_sha256_free(t->sha);
	t->sha = NULL;
	return rc == 0 ? nvr_check_came(t->k, &t->record, err) : rc;
}

static int
take_manifest(struct taker *t, struct nvr_error *err)
{
	int rc = nvr_sha512_open(&t->k->sha, err);

	t->k->manifest = true;
	if (rc == 0)
		rc = take_all(t, err);
	if (rc == 0)
		nvr_check_manifest_end(t->k);
	return rc;
}

/* Behind the manifest there are two files, in this order. */
static int
take_behind(struct taker *t, struct nvr_error *err)
{
	struct nvr_checker *k = t->k;
	const char *path = t->record.path;
	int rc;

	if (strcmp(path, NVR_ARCHIVE_SIGNATURE) == 0 && k->signature.len == 0 &&
	    k->signer.len == 0)
		t->into = &k->signature;
	else if (strcmp(path, NVR_ARCHIVE_SIGNER) == 0 && k->signer.len == 0)
		t->into = &k->signer;
	else if (!nvr_check_expects(k, path))
		nvr_check_finding(k, path, "was added behind the manifest");
	else if (!k->repacked) {
		nvr_check_finding(k, NVR_ARCHIVE_MANIFEST,
		    "stands ahead of files that it names: the archive was "
		    "packed again in another order, and they were not checked");
		k->repacked = true;
	}
	if (t->into == NULL)
		return 0;
	rc = take_all(t, err);
	if (rc == 0 && t->record.size != t->into->len)
		nvr_check_finding(k, path, "was changed: it is too long");
	/* What is read as text ends there, and hides what follows. */
	if (rc == 0 && t->into->len > 0 &&
	    memchr(t->into->data, '\0', t->into->len) != NULL)
		nvr_check_finding(k, path, "was changed: it has a NUL in it");
	return rc;
}

/* 1: there may be more. */
static int
take_next(struct taker *t, struct nvr_error *err)
{
	struct nvr_packed f;
	int rc = nvr_unpack_next(t->u, &f, err);

	if (rc != 1)
		return rc;
	t->record = (struct nvr_record){0};
	t->into = NULL;
	if (strlcpy(t->record.path, f.path, sizeof(t->record.path)) >=
	    sizeof(t->record.path))
		return nvr_fail(err, NVR_E_DATA, "a path in it is too long");
	if (t->k->manifest)
		rc = take_behind(t, err);
	else if (strcmp(f.path, NVR_ARCHIVE_MANIFEST) == 0)
		rc = take_manifest(t, err);
	else
		rc = take_file(t, err);
	return rc == 0 ? 1 : rc;
}

/* What can no longer be read is a finding where something was, and the end. */
static int
take_archive(struct taker *t, struct nvr_error *err)
{
	bool begun = false;
	int rc;

	while ((rc = take_next(t, err)) == 1)
		begun = true;
	if (rc == NVR_E_DATA && !t->refused &&
	    (begun || t->record.path[0] != '\0')) {
		nvr_check_finding(t->k, t->record.path,
		    "cannot be read to its end, and nothing behind it: %s",
		    err->text);
		return 1;
	}
	return rc;
}

static int
judge(struct nvr_checker *k, bool whole, struct nvr_error *err)
{
	int rc = 0;

	/* What could not be read says nothing of what is missing. */
	if (whole && k->manifest && !k->disagrees && !k->repacked)
		rc = nvr_check_rest(k, err);
	if (rc != 0)
		return rc;
	if (k->manifest)
		return nvr_check_signature(k, err);
	if (!whole) {
		nvr_check_finding(k, NVR_ARCHIVE_MANIFEST,
		    "is missing: nothing else could be checked");
		return 0;
	}
	return nvr_fail(err, NVR_E_DATA,
	    "it is no archive of nvr-export: there is no " NVR_ARCHIVE_MANIFEST
	    " in it");
}

static int
check(struct nvr_checker *k, struct nvr_error *err)
{
	struct source src = {.c = k->c};
	struct taker t = {.k = k};
	int rc = nvr_age_identity_generate(&k->key, err);

	if (rc == 0)
		rc = open_source(&src, err);
	if (rc == 0)
		rc = nvr_unpack_open(
		    src.opened != NULL ? read_opened : read_given, &src, &t.u,
		    err);
	if (rc == 0)
		rc = take_archive(&t, err);
	if (rc >= 0)
		rc = judge(k, rc == 0, err);
	nvr_unpack_free(t.u);
	nvr_age_stream_free(src.opened);
	return rc;
}

void
nvr_check_release(struct nvr_checker *k)
{
	nvr_stash_release(&k->came);
	nvr_age_identity_wipe(&k->key);
	free(k->said_alone.lone);
	free(k->came_alone.lone);
	nvr_buf_release(&k->line);
	nvr_buf_release(&k->head);
	nvr_buf_release(&k->signature);
	nvr_buf_release(&k->signer);
	nvr_sha512_free(k->sha);
}

int
nvr_archive_verify(const struct nvr_archive_check *c,
    struct nvr_archive_summary *ret, struct nvr_error *err)
{
	struct nvr_archive_summary sum = {0};
	struct nvr_checker k = {.c = c, .sum = &sum};
	int rc;

	k.came.spool.folder = c->temp;
	rc = check(&k, err);
	nvr_check_release(&k);
	if (rc != 0) {
		json_decref(sum.head);
		return rc;
	}
	*ret = sum;
	return 0;
}

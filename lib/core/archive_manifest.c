/*
 * What an archive ends in; see archive.h.  The manifest is one JSON object, of
 * which each file and each gap has a line of its own:
 *
 *	{
 *	"schema": "nvr-export/1",
 *	…
 *	"files": [
 *	{"path": …},
 *	{"path": …}
 *	],
 *	"gaps": [
 *	]
 *	}
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/archive_int.h"

#define PIECE ((size_t)64 * 1024)

/* Goes into the archive, and into what is signed. */
struct writer {
	struct nvr_archive *archive;
	struct nvr_sha512 *sha;
	struct nvr_error *err;
};

static int
put(struct writer *w, const void *data, size_t len)
{
	int rc = nvr_sha512_update(w->sha, data, len, w->err);

	return rc == 0 ? nvr_pack_write(w->archive->pack, data, len, w->err)
		       : rc;
}

static int
put_stash(struct writer *w, struct nvr_stash *st)
{
	char piece[PIECE];
	size_t got = 0;
	int rc;

	do {
		rc = nvr_stash_read(
		    st, &w->archive->key, piece, sizeof(piece), &got, w->err);
		if (rc == 0)
			rc = put(w, piece, got);
	} while (rc == 0 && got == sizeof(piece));
	return rc;
}

static int
add_member(
    struct nvr_buf *out, const char *name, json_t *value, struct nvr_error *err)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);
	int rc = text != NULL
		     ? nvr_buf_addf(out, err, "\"%s\": %s,\n", name, text)
		     : nvr_fail_nomem(err);

	free(text);
	json_decref(value);
	return rc;
}

/* Up to the first file. */
static int
make_head(struct nvr_archive *a, const char *signer, struct nvr_buf *out,
    struct nvr_error *err)
{
	char at[NVR_TIME_TEXT];
	json_t *asked =
	    a->o.asked != NULL ? json_incref(a->o.asked) : json_object();
	int rc = nvr_buf_addf(
	    out, err, "{\n\"schema\": \"" NVR_ARCHIVE_SCHEMA "\",\n");

	if (rc == 0)
		rc = add_member(out, "tool", json_string(a->o.tool), err);
	if (rc == 0)
		rc = add_member(out, "made_at",
		    json_string(nvr_time_format(a->o.now, at)), err);
	if (rc == 0)
		rc = add_member(out, "store", json_string(a->store), err);
	if (rc == 0)
		rc = add_member(out, "asked", json_incref(asked), err);
	json_decref(asked);
	if (rc == 0)
		rc = add_member(out, "signer", json_string(signer), err);
	return rc == 0 ? nvr_buf_addf(out, err, NVR_ARCHIVE_FILES) : rc;
}

static int
write_manifest(struct writer *w, const struct nvr_buf *head)
{
	struct nvr_archive *a = w->archive;
	uint64_t size = head->len + a->files.size + 1 +
			strlen(NVR_ARCHIVE_GAPS) + a->gaps.size + 1 +
			strlen(NVR_ARCHIVE_END);
	int rc = nvr_pack_file(a->pack, NVR_ARCHIVE_MANIFEST, size, w->err);

	if (rc == 0)
		rc = put(w, head->data, head->len);
	if (rc == 0)
		rc = put_stash(w, &a->files);
	if (rc == 0)
		rc =
		    put(w, "\n" NVR_ARCHIVE_GAPS, 1 + strlen(NVR_ARCHIVE_GAPS));
	if (rc == 0)
		rc = put_stash(w, &a->gaps);
	return rc == 0
		   ? put(w, "\n" NVR_ARCHIVE_END, 1 + strlen(NVR_ARCHIVE_END))
		   : rc;
}

static int
add_text(struct nvr_archive *a, const char *path, const struct nvr_buf *text,
    struct nvr_error *err)
{
	int rc = nvr_pack_file(a->pack, path, text->len, err);

	return rc == 0 ? nvr_pack_write(a->pack, text->data, text->len, err)
		       : rc;
}

static int
sign(struct nvr_archive *a, const uint8_t key[NVR_SIGN_KEY_LEN],
    struct nvr_sha512 *sha, struct nvr_error *err)
{
	uint8_t hash[NVR_SHA512_LEN];
	struct nvr_buf signature = {0}, signer = {0};
	int rc = nvr_sha512_final(sha, hash, err);

	if (rc == 0)
		rc = nvr_sshsig_sign_hash(
		    a->seed, NVR_ARCHIVE_NAMESPACE, hash, &signature, err);
	if (rc == 0)
		rc = add_text(a, NVR_ARCHIVE_SIGNATURE, &signature, err);
	if (rc == 0)
		rc = nvr_archive_signer_line(key, &signer, err);
	if (rc == 0)
		rc = add_text(a, NVR_ARCHIVE_SIGNER, &signer, err);
	nvr_buf_release(&signature);
	nvr_buf_release(&signer);
	return rc;
}

int
nvr_archive_manifest(struct nvr_archive *a, struct nvr_error *err)
{
	uint8_t key[NVR_SIGN_KEY_LEN];
	char fingerprint[NVR_SIGN_FINGERPRINT];
	struct writer w = {.archive = a, .err = err};
	struct nvr_buf head = {0};
	int rc = nvr_sign_public(a->seed, key, err);

	if (rc == 0)
		rc = nvr_sign_fingerprint(key, fingerprint, err);
	if (rc == 0)
		rc = make_head(a, fingerprint, &head, err);
	if (rc == 0)
		rc = nvr_sha512_open(&w.sha, err);
	if (rc == 0)
		rc = write_manifest(&w, &head);
	if (rc == 0)
		rc = sign(a, key, w.sha, err);
	nvr_sha512_free(w.sha);
	nvr_buf_release(&head);
	return rc;
}

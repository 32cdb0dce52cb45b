/* The files of a backup; see backup.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "core/backup_int.h"
#include "core/keys_int.h"
#include "seal/digest.h"

#define FORMAT 1
#define JSON_MOST 65536

static int
pour(int in, int out, const char *path, struct nvr_sha256 *sha, int64_t *size,
    struct nvr_error *err)
{
	char piece[65536];
	ssize_t n;
	int rc = 0;

	*size = 0;
	while (rc == 0 && (n = read(in, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return nvr_fail_errno(
			    err, NVR_E_IO, "reading '%s'", path);
		rc = nvr_sha256_update(sha, piece, (size_t)n, err);
		if (rc == 0 && out >= 0)
			rc = nvr_write_all(out, piece, (size_t)n, err);
		*size += n;
	}
	explicit_bzero(piece, sizeof(piece));
	if (rc == 0 && out >= 0 && fsync(out) != 0)
		rc = nvr_fail_errno(err, NVR_E_IO, "writing");
	return rc;
}

int
nvr_backup_digest(const char *path, const char *to, char sha256[65],
    int64_t *size, struct nvr_error *err)
{
	struct nvr_sha256 *sha = NULL;
	uint8_t digest[NVR_SHA256_LEN];
	int in = -1, out = -1, rc = nvr_sha256_open(&sha, err);

	if (rc == 0) {
		in = open(path, O_RDONLY | O_CLOEXEC);
		if (in < 0)
			rc = nvr_fail_errno(err, 0, "cannot open '%s'", path);
	}
	if (rc == 0 && to != NULL) {
		out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (out < 0)
			rc = nvr_fail_errno(err, 0, "cannot create '%s'", to);
	}
	if (rc == 0)
		rc = pour(in, out, path, sha, size, err);
	if (rc == 0)
		rc = nvr_sha256_final(sha, digest, err);
	if (rc == 0)
		nvr_hex(digest, sizeof(digest), sha256);
	if (in >= 0)
		close(in);
	if (out >= 0) {
		close(out);
		if (rc != 0)
			unlink(to);
	}
	nvr_sha256_free(sha);
	return rc;
}

int
nvr_backup_write(
    const char *dir, const struct nvr_backup *b, struct nvr_error *err)
{
	char path[PATH_MAX], at[NVR_TIME_TEXT];
	json_t *files = json_object(), *top;
	char *text = NULL;
	int rc;

	for (int i = 0; i < b->n; i++)
		json_object_set_new(
		    files, b->file[i].name, json_string(b->file[i].sha256));
	top = json_pack("{s:i, s:s, s:s, s:I, s:s, s:o}", "format", FORMAT,
	    "what", b->keys ? "keys" : "store", "store", b->store, "schema",
	    (json_int_t)b->schema, "taken_at", nvr_time_format(b->taken_at, at),
	    "sha256", files);
	if (top != NULL)
		text = json_dumps(top, JSON_INDENT(2));
	json_decref(top);
	if (text == NULL)
		return nvr_fail_nomem(err);
	snprintf(path, sizeof(path), "%s/backup.json", dir);
	rc = nvr_file_write(path, text, strlen(text), 0600, 1, err);
	free(text);
	return rc;
}

/* Names of files in this very folder, and nothing hidden. */
static bool
take_files(json_t *files, struct nvr_backup *b)
{
	const char *name, *sha;
	json_t *value;

	json_object_foreach(files, name, value)
	{
		sha = json_string_value(value);
		if (b->n == NVR_BACKUP_FILES || sha == NULL ||
		    strlen(sha) != 64 || name[0] == '.' || name[0] == '\0' ||
		    strchr(name, '/') != NULL || !nvr_text_printable(name) ||
		    strlen(name) >= sizeof(b->file[0].name))
			return false;
		strlcpy(b->file[b->n].name, name, sizeof(b->file[0].name));
		strlcpy(b->file[b->n++].sha256, sha, sizeof(b->file[0].sha256));
	}
	return b->n > 0;
}

static bool
take(json_t *top, struct nvr_backup *b, int *format)
{
	const char *what, *store, *at;
	struct nvr_error ignored;
	json_int_t schema;
	json_t *files;

	if (json_unpack(top, "{s:i, s:s, s:s, s:I, s:s, s:o}", "format", format,
		"what", &what, "store", &store, "schema", &schema, "taken_at",
		&at, "sha256", &files) != 0 ||
	    nvr_time_parse(at, 0, &b->taken_at, &ignored) != 0)
		return false;
	b->keys = strcmp(what, "keys") == 0;
	b->schema = schema;
	return (b->keys || strcmp(what, "store") == 0) &&
	       strlcpy(b->store, store, sizeof(b->store)) == 36 &&
	       take_files(files, b);
}

int
nvr_backup_read(const char *dir, struct nvr_backup *ret, struct nvr_error *err)
{
	struct nvr_backup b = {0};
	struct nvr_buf text = {0};
	char path[PATH_MAX];
	json_t *top = NULL;
	int format = FORMAT, rc;

	snprintf(path, sizeof(path), "%s/backup.json", dir);
	rc = nvr_file_read(path, JSON_MOST, &text, err);
	if (rc == NVR_E_NOENT)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "'%s' is no whole backup: there is no backup.json in it",
		    dir);
	if (rc == 0)
		top = json_loadb(
		    text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (rc == 0 && (top == NULL || !take(top, &b, &format)))
		rc = nvr_fail(err, NVR_E_DATA, "'%s' is damaged", path);
	if (rc == 0 && format != FORMAT)
		rc = nvr_fail(err, NVR_E_CONFIG,
		    "'%s' has format %d: install the newer release", path,
		    format);
	json_decref(top);
	nvr_buf_release(&text);
	if (rc == 0)
		*ret = b;
	return rc;
}

bool
nvr_backup_has(const struct nvr_backup *b, const char *name)
{
	int i = 0;

	while (i < b->n && strcmp(b->file[i].name, name) != 0)
		i++;
	return i < b->n;
}

int
nvr_backup_fetch(const char *dir, const struct nvr_backup *b, const char *name,
    const char *to, struct nvr_error *err)
{
	char path[PATH_MAX], sha256[65];
	int64_t size;
	int rc, i = 0;

	while (i < b->n && strcmp(b->file[i].name, name) != 0)
		i++;
	if (i == b->n)
		return nvr_fail(
		    err, NVR_E_NOENT, "the backup '%s' has no '%s'", dir, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	rc = nvr_backup_digest(path, to, sha256, &size, err);
	if (rc == 0 && strcmp(sha256, b->file[i].sha256) != 0) {
		unlink(to);
		rc = nvr_fail(
		    err, NVR_E_DATA, "'%s' is not what was backed up", path);
	}
	return rc;
}

int
nvr_backup_master(const char *dir, struct nvr_store *db, char path[PATH_MAX],
    struct nvr_error *err)
{
	static const char *const names[] = {"master", "master.new"};
	char want[NVR_SETTING_TEXT], id[NVR_MASTER_ID];
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	int rc = nvr_setting_get(db, NVR_KEYS_MASTER, want, err);

	for (int i = 0; rc == 0 && i < 2; i++) {
		snprintf(path, PATH_MAX, "%s/%s", dir, names[i]);
		if (access(path, F_OK) != 0)
			continue;
		rc = nvr_master_read(path, key, err);
		if (rc == 0)
			rc = nvr_master_id(key, id, err);
		explicit_bzero(key, sizeof(key));
		if (rc == 0 && strcmp(id, want) == 0)
			return 0;
	}
	return rc != 0 ? rc
		       : nvr_fail(err, NVR_E_NOENT,
			     "the master key that wraps keys.db is not in '%s'",
			     dir);
}

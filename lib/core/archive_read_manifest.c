/* A manifest as it comes; see archive_manifest.c for what it looks like. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/archive_read_int.h"

#define LINE_MAX_LEN ((size_t)64 * 1024)
#define HEAD_MAX_LEN ((size_t)256 * 1024)

enum { HEAD, FILES, GAPS_BEGIN, GAPS, CLOSE, OVER };

static int
disagree(struct nvr_checker *k)
{
	if (!k->disagrees)
		nvr_check_finding(k, NVR_ARCHIVE_MANIFEST,
		    "is not as nvr-export writes it, so not all could be "
		    "checked");
	k->disagrees = true;
	return 0;
}

static json_t *
parse(const char *text, size_t len)
{
	return json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
}

/* All ahead of the files, as an object of its own. */
static int
read_head(struct nvr_checker *k, struct nvr_error *err)
{
	const char *schema, *text = nvr_or_empty(k->head.data);
	size_t len = k->head.len;

	if (len < 2 || memcmp(text + len - 2, ",\n", 2) != 0)
		return disagree(k);
	k->head.len -= 2;
	if (nvr_buf_add(&k->head, "}", 1, err) != 0)
		return err->code;
	k->sum->head = parse(k->head.data, k->head.len);
	if (k->sum->head == NULL)
		return disagree(k);
	schema = json_string_value(json_object_get(k->sum->head, "schema"));
	/* Of a later version, or damaged: its signature is going to tell. */
	k->unknown = schema == NULL || strcmp(schema, NVR_ARCHIVE_SCHEMA) != 0;
	k->disagrees = k->unknown;
	k->part = FILES;
	return 0;
}

static int
head_line(
    struct nvr_checker *k, const char *line, size_t len, struct nvr_error *err)
{
	if (strcmp(line, NVR_ARCHIVE_FILES) == 0)
		return read_head(k, err);
	if (k->head.len + len > HEAD_MAX_LEN)
		return disagree(k);
	return nvr_buf_addf(&k->head, err, "%s\n", line);
}

static bool
read_hex(const char *hex, uint8_t ret[NVR_SHA256_LEN])
{
	char again[NVR_SHA256_HEX];
	unsigned byte;

	if (strlen(hex) != NVR_SHA256_HEX - 1)
		return false;
	for (size_t i = 0; i < NVR_SHA256_LEN; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		ret[i] = (uint8_t)byte;
	}
	nvr_hex(ret, NVR_SHA256_LEN, again);
	return strcmp(hex, again) == 0;
}

static int
file_line(
    struct nvr_checker *k, const char *line, size_t len, struct nvr_error *err)
{
	struct nvr_record r = {0};
	const char *path, *sha;
	json_t *size, *file = parse(line, len);
	bool good;

	path = json_string_value(json_object_get(file, "path"));
	sha = json_string_value(json_object_get(file, "sha256"));
	size = json_object_get(file, "size_bytes");
	good = path != NULL && sha != NULL && json_is_integer(size) &&
	       json_integer_value(size) >= 0 && read_hex(sha, r.sha) &&
	       strlcpy(r.path, path, sizeof(r.path)) < sizeof(r.path) &&
	       nvr_text_printable(r.path);
	r.size = (uint64_t)json_integer_value(size);
	json_decref(file);
	return good ? nvr_check_said(k, &r, err) : disagree(k);
}

static int
gap_line(struct nvr_checker *k, const char *line, size_t len)
{
	const char *what, *why;
	json_t *gap = parse(line, len);

	what = json_string_value(json_object_get(gap, "what"));
	why = json_string_value(json_object_get(gap, "why"));
	if (what == NULL || why == NULL) {
		json_decref(gap);
		return disagree(k);
	}
	k->sum->gaps++;
	if (k->c->gap != NULL)
		k->c->gap(k->c->ctx, what, why);
	json_decref(gap);
	return 0;
}

static int
take_line(
    struct nvr_checker *k, const char *line, size_t len, struct nvr_error *err)
{
	size_t object = len - (len > 0 && line[len - 1] == ',');

	if (strlen(line) != len)
		return disagree(k);
	switch (k->part) {
	case HEAD:
		return head_line(k, line, len, err);
	case FILES:
		if (line[0] == '{')
			return file_line(k, line, object, err);
		k->part = GAPS_BEGIN;
		return strcmp(line, "],") == 0 ? 0 : disagree(k);
	case GAPS_BEGIN:
		k->part = GAPS;
		return strcmp(line, "\"gaps\": [") == 0 ? 0 : disagree(k);
	case GAPS:
		if (line[0] == '{')
			return gap_line(k, line, object);
		k->part = CLOSE;
		return strcmp(line, "]") == 0 ? 0 : disagree(k);
	case CLOSE:
		k->part = OVER;
		return strcmp(line, "}") == 0 ? 0 : disagree(k);
	default:
		return disagree(k);
	}
}

int
nvr_check_manifest(
    struct nvr_checker *k, const void *data, size_t len, struct nvr_error *err)
{
	const char *p = data, *end;
	size_t n;
	int rc = nvr_sha512_update(k->sha, data, len, err);

	for (; rc == 0 && len > 0 && !k->disagrees; p += n, len -= n) {
		end = memchr(p, '\n', len);
		n = end != NULL ? (size_t)(end - p) + 1 : len;
		if (k->line.len + n > LINE_MAX_LEN)
			return disagree(k);
		rc = nvr_buf_add(&k->line, p, n - (end != NULL), err);
		if (rc != 0 || end == NULL)
			continue;
		rc = take_line(k, nvr_or_empty(k->line.data), k->line.len, err);
		k->line.len = 0;
	}
	return rc;
}

void
nvr_check_manifest_end(struct nvr_checker *k)
{
	if (!k->disagrees && (k->part != OVER || k->line.len != 0))
		disagree(k);
}

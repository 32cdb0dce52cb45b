/*
 * Archives from outside, and manifests in one that is sound otherwise.  The
 * first byte says which.  Whatever comes, no path leaves the folder, and what
 * is wrong is found or refused.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/archive_read_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct source {
	const uint8_t *data;
	size_t len;
	uint64_t findings;
};

static void
require(bool b)
{
	if (!b)
		abort();
}

static int64_t
source_read(void *ctx, void *buf, size_t len, struct nvr_error *err)
{
	struct source *s = ctx;

	(void)err;
	if (len > s->len)
		len = s->len;
	memcpy(buf, s->data, len);
	s->data += len;
	s->len -= len;
	return (int64_t)len;
}

static int
take_file(void *ctx, const char *path, const void *data, size_t len,
    struct nvr_error *err)
{
	(void)ctx, (void)err;
	require(path[0] != '\0' && path[0] != '/');
	require(strstr(path, "//") == NULL && strlen(path) < NVR_ARCHIVE_PATH);
	for (const char *p = path; p != NULL; p = strchr(p, '/')) {
		p += *p == '/';
		require(strncmp(p, "../", 3) != 0 && strcmp(p, "..") != 0);
	}
	require(data != NULL || len == 0);
	return 0;
}

static void
take_finding(void *ctx, const char *path, const char *text)
{
	struct source *s = ctx;

	require(path != NULL && text[0] != '\0');
	s->findings++;
}

static void
take_gap(void *ctx, const char *what, const char *why)
{
	(void)ctx;
	require(what != NULL && why != NULL);
}

static void
try_archive(const uint8_t *data, size_t len)
{
	struct source s = {data, len, 0};
	const struct nvr_archive_check c = {.read = source_read,
	    .file = take_file,
	    .finding = take_finding,
	    .gap = take_gap,
	    .ctx = &s,
	    .temp = "/tmp"};
	struct nvr_archive_summary sum;
	struct nvr_error err;
	int rc = nvr_archive_verify(&c, &sum, &err);

	if (rc != 0) {
		require(rc == NVR_E_DATA || rc == NVR_E_PERMISSION ||
			rc == NVR_E_CONFIG);
		return;
	}
	require((uint64_t)sum.findings == s.findings);
	require(
	    sum.findings > 0 || (sum.head != NULL && sum.signer[0] != '\0'));
	json_decref(sum.head);
}

/* In pieces of as many bytes as the first says. */
static void
try_manifest(const uint8_t *data, size_t len)
{
	struct source s = {NULL, 0, 0};
	const struct nvr_archive_check c = {.finding = take_finding,
	    .gap = take_gap,
	    .ctx = &s,
	    .temp = "/tmp"};
	struct nvr_archive_summary sum = {0};
	struct nvr_checker k = {.c = &c, .sum = &sum};
	const struct nvr_record files[] = {{.path = "a"},
	    {.path = "b", .size = 1}, {.path = "c"}, {.path = "d", .size = 3}};
	size_t piece = len > 0 ? data[0] + (size_t)1 : 1, n;
	struct nvr_error err;
	int rc = 0;

	k.came.spool.folder = c.temp;
	require(nvr_age_identity_generate(&k.key, &err) == 0);
	require(nvr_sha512_open(&k.sha, &err) == 0);
	for (size_t i = 0; i < 4; i++)
		require(nvr_check_came(&k, &files[i], &err) == 0);
	for (; rc == 0 && len > 0; data += n, len -= n) {
		n = len < piece ? len : piece;
		rc = nvr_check_manifest(&k, data, n, &err);
	}
	if (rc == 0) {
		nvr_check_manifest_end(&k);
		if (!k.disagrees)
			rc = nvr_check_rest(&k, &err);
	}
	require(rc == 0 || rc == NVR_E_CONFIG);
	nvr_check_release(&k);
	json_decref(sum.head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 1)
		return 0;
	if (data[0] == 'm')
		try_manifest(data + 1, len - 1);
	else
		try_archive(data + 1, len - 1);
	return 0;
}

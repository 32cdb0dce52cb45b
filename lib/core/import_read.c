/* An archive that is to be taken in, looked at; see import_int.h. */
#include <string.h>
#include <sys/statvfs.h>

#include "base/text.h"
#include "core/import_int.h"

/* What may wait: that much, and so many times what was read. */
#define GROWS_BY (UINT64_C(1) << 30)
#define GROWS 200
#define LOOKS (UINT64_C(16) << 20)  /* from one look at the disk to the next */
#define FLOOR (UINT64_C(256) << 20) /* stays free */

/* The table of `data/TABLE.jsonl`; "": it is none. */
static void
table_of(const char *path, char ret[64])
{
	size_t len = strlen(path);

	ret[0] = '\0';
	if (len > 11 && len - 11 < 64 && memcmp(path, "data/", 5) == 0 &&
	    strcmp(path + len - 6, ".jsonl") == 0)
		strlcpy(ret, path + 5, len - 10);
}

/* What waits is on the disk ahead of anybody's having signed it. */
static int
take_room(struct nvr_import_reading *g, size_t len, struct nvr_error *err)
{
	struct statvfs vfs;

	g->total += len;
	if (g->total > GROWS_BY + GROWS * g->came)
		return nvr_fail(err, NVR_E_DATA,
		    "it unpacks to more than 1 GiB and %d times its size, "
		    "which "
		    "no export does: ask for another one",
		    GROWS);
	if (g->total - g->looked < LOOKS)
		return 0;
	g->looked = g->total;
	if (statvfs(g->o->temp, &vfs) != 0)
		return nvr_fail_errno(err, NVR_E_IO, "'%s'", g->o->temp);
	if ((uint64_t)vfs.f_bavail * vfs.f_frsize < FLOOR)
		return nvr_fail(err, NVR_E_IO,
		    "'%s' has less than 256 MiB left: let TMPDIR be a folder "
		    "of "
		    "a disk with more",
		    g->o->temp);
	return 0;
}

static int
check_lines(struct nvr_import_reading *g, const char *path, const char *data,
    size_t len, struct nvr_error *err)
{
	const char *end = data + len, *lf;
	bool fits = true;

	for (; fits && data < end; data = lf + (lf < end)) {
		lf = memchr(data, '\n', (size_t)(end - data));
		if (lf == NULL)
			lf = end;
		g->line += (size_t)(lf - data);
		fits = g->line <= NVR_IMPORT_LINE;
		if (lf < end)
			g->line = 0;
	}
	return fits ? 0
		    : nvr_fail(err, NVR_E_DATA,
			  "%s: a line is longer than 1 MiB", path);
}

static int
begin_file(
    struct nvr_import_reading *g, const char *path, struct nvr_error *err)
{
	char name[64];
	int t, rc = take_room(g, NVR_ARCHIVE_PATH, err);

	if (rc != 0)
		return rc;
	g->into = NULL;
	g->line = 0;
	table_of(path, name);
	g->pictures += strncmp(path, "stills/", 7) == 0 ||
		       strncmp(path, "footage/", 8) == 0;
	if (name[0] == '\0')
		return 0;
	t = nvr_import_table(name);
	if (t >= 0 && g->there[t])
		return nvr_fail(err, NVR_E_DATA, "'%s' is in it twice", path);
	if (t >= 0) {
		g->there[t] = true;
		g->into = &g->table[t];
	} else if (g->nothers < NVR_IMPORT_OTHERS && nvr_text_printable(name)) {
		strlcpy(g->other[g->nothers++], name, sizeof(g->other[0]));
	}
	return 0;
}

static int
take_file(void *ctx, const char *path, const void *data, size_t len,
    struct nvr_error *err)
{
	struct nvr_import_reading *g = ctx;
	int rc;

	if (data == NULL)
		return begin_file(g, path, err);
	if (g->into == NULL)
		return 0;
	rc = check_lines(g, path, data, len, err);
	if (rc == 0)
		rc = take_room(g, len, err);
	return rc == 0 ? nvr_stash_write(g->into, &g->key, data, len, err) : rc;
}

static int64_t
read_in(void *ctx, void *buf, size_t len, struct nvr_error *err)
{
	struct nvr_import_reading *g = ctx;
	int64_t got = g->o->read(g->o->ctx, buf, len, err);

	g->came += got > 0 ? (uint64_t)got : 0;
	return got;
}

static void
find(void *ctx, const char *path, const char *text)
{
	struct nvr_import_reading *g = ctx;

	if (g->o->finding != NULL)
		g->o->finding(g->o->ctx, path, text);
}

/* That it is of an account, and all as it was signed. */
static int
check_archive(const struct nvr_archive_summary *sum, struct nvr_error *err)
{
	const char *what = json_string_value(
	    json_object_get(json_object_get(sum->head, "asked"), "what"));

	if (sum->findings > 0)
		return nvr_fail(err, NVR_E_DATA,
		    "the archive is not as its manifest says (%lld "
		    "findings): nothing was imported",
		    (long long)sum->findings);
	if (what == NULL || strcmp(what, "account") != 0)
		return nvr_fail(err, NVR_E_DATA,
		    "it is no archive of an account, as 'nvr-export account' "
		    "makes them");
	return 0;
}

int
nvr_import_look(struct nvr_import_reading *g, struct nvr_import_summary *ret,
    struct nvr_error *err)
{
	const struct nvr_archive_check c = {.read = read_in,
	    .file = take_file,
	    .finding = find,
	    .ctx = g,
	    .identity = g->o->identity,
	    .signer = g->o->signer,
	    .now = g->o->now,
	    .temp = g->o->temp};
	struct nvr_archive_summary sum = {0};
	int rc = nvr_age_identity_generate(&g->key, err);

	for (int i = 0; rc == 0 && i < NVR_IMPORT_TABLES; i++)
		g->table[i].spool.folder = g->o->temp;
	if (rc == 0)
		rc = nvr_archive_verify(&c, &sum, err);
	if (rc != 0)
		return rc;
	rc = check_archive(&sum, err);
	strlcpy(ret->signer, sum.signer, sizeof(ret->signer));
	ret->trusted = sum.trusted;
	json_decref(sum.head);
	if (rc == 0 && !g->there[0])
		rc = nvr_fail(err, NVR_E_DATA,
		    "data/account.jsonl is not in it: whose is it?");
	return rc;
}

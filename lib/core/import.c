/* An account's archive, taken in; see import.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/archive_int.h"
#include "core/import_int.h"
#include "core/keys.h"
#include "core/log.h"

#define PIECE ((size_t)64 * 1024)
#define MOST_BYTES (INT64_C(1) << 36) /* of a table */
#define OTHERS 64

static const struct {
	const char *table;
	int64_t most; /* rows */
	int (*row)(struct nvr_importing *x, struct nvr_import_row *r);
} tables[NVR_IMPORT_TABLES] = {
    {"account", 1, nvr_import_account},
    {"consent", NVR_IMPORT_SOME, nvr_import_consent},
    {"site", NVR_IMPORT_SOME, nvr_import_site},
    {"camera", NVR_IMPORT_SOME, nvr_import_camera},
    {"camera_recipient", NVR_IMPORT_SOME, nvr_import_recipient},
    {"schedule_camera", 10 * NVR_IMPORT_SOME, nvr_import_pairs},
    {"schedule", NVR_IMPORT_SOME, nvr_import_schedule},
    {"audit", INT64_MAX, nvr_import_audit},
    {"finding", INT64_MAX, nvr_import_finding},
    {"attempt", INT64_MAX, nvr_import_attempt},
    {"departure", INT64_MAX, nvr_import_departure},
    {"step", INT64_MAX, nvr_import_step},
};

/* Why tables stay where they are; all others are of the other store. */
static const struct {
	const char *table, *why;
} staying[] = {
    {"session", "who has signed in there signs in here anew"},
    {"factor", "a second factor is set up anew"},
    {"recovery_code", "a second factor is set up anew"},
    {"log", "it proves what that store did; the archive keeps it"},
    {"usage", "limits here count what is used here"},
    {"still", "pictures do not come with an import"},
    {"run", "footage does not come with an import"},
    {"segment", "footage does not come with an import"},
    {"baseline", "what a camera looks like is learnt anew"},
};

/* The archive while it is looked at. */
struct reading {
	const struct nvr_import *o;
	struct nvr_age_identity key; /* of what waits */
	struct nvr_stash table[NVR_IMPORT_TABLES];
	bool there[NVR_IMPORT_TABLES];
	struct nvr_stash *into; /* the file that is open; NULL: not for us */
	char other[OTHERS][64]; /* tables that stay where they are */
	int nothers;
	int64_t pictures;
};

void
nvr_import_left(struct nvr_importing *x, const char *what, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	if (x->o->left == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	x->o->left(x->o->ctx, what, why);
}

int
nvr_import_id(struct nvr_importing *x, struct nvr_import_ids *ids, int64_t id)
{
	int64_t *more = reallocarray(ids->id, ids->n + 1, sizeof(*more));
	size_t i = ids->n;

	if (more == NULL)
		return nvr_fail_nomem(x->err);
	ids->id = more;
	/* In order; as they come they mostly are. */
	for (; i > 0 && more[i - 1] > id; i--)
		more[i] = more[i - 1];
	more[i] = id;
	ids->n++;
	return 0;
}

bool
nvr_import_has(const struct nvr_import_ids *ids, int64_t id)
{
	size_t from = 0, to = ids->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (ids->id[mid] == id)
			return true;
		if (ids->id[mid] < id)
			from = mid + 1;
		else
			to = mid;
	}
	return false;
}

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

static int
begin_file(struct reading *g, const char *path, struct nvr_error *err)
{
	char name[64];

	g->into = NULL;
	table_of(path, name);
	g->pictures += strncmp(path, "stills/", 7) == 0 ||
		       strncmp(path, "footage/", 8) == 0;
	if (name[0] == '\0')
		return 0;
	for (int i = 0; i < NVR_IMPORT_TABLES; i++) {
		if (strcmp(tables[i].table, name) != 0)
			continue;
		if (g->there[i])
			return nvr_fail(
			    err, NVR_E_DATA, "'%s' is in it twice", path);
		g->there[i] = true;
		g->into = &g->table[i];
		return 0;
	}
	if (g->nothers < OTHERS && nvr_text_printable(name))
		strlcpy(g->other[g->nothers++], name, sizeof(g->other[0]));
	return 0;
}

static int
take_file(void *ctx, const char *path, const void *data, size_t len,
    struct nvr_error *err)
{
	struct reading *g = ctx;

	if (data == NULL)
		return begin_file(g, path, err);
	if (g->into == NULL)
		return 0;
	if (g->into->size + len > MOST_BYTES)
		return nvr_fail(err, NVR_E_DATA, "'%s' is too long", path);
	return nvr_stash_write(g->into, &g->key, data, len, err);
}

static int64_t
read_in(void *ctx, void *buf, size_t len, struct nvr_error *err)
{
	struct reading *g = ctx;

	return g->o->read(g->o->ctx, buf, len, err);
}

static void
find(void *ctx, const char *path, const char *text)
{
	struct reading *g = ctx;

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

static int
look(struct reading *g, struct nvr_import_summary *ret, struct nvr_error *err)
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

static int
take_line(struct nvr_importing *x, int t, const char *line, size_t len)
{
	struct nvr_import_row r = {.err = x->err};
	json_error_t je;
	int rc;

	if (++x->sum->table[t].rows > tables[t].most)
		rc = nvr_fail(x->err, NVR_E_DATA, "there are more than %lld",
		    (long long)tables[t].most);
	else if ((r.o = json_loadb(line, len, JSON_REJECT_DUPLICATES, &je)) ==
		     NULL ||
		 !json_is_object(r.o))
		rc = nvr_fail(x->err, NVR_E_DATA, "it is no object of JSON");
	else
		rc = tables[t].row(x, &r);
	json_decref(r.o);
	if (rc > 0)
		x->sum->table[t].taken++;
	/* Who enters something by hand has used it wrongly: not here. */
	if (rc == NVR_E_USAGE || rc == NVR_E_NOENT)
		rc = x->err->code = NVR_E_DATA;
	return rc >= 0 ? 0
		       : nvr_prefix(x->err, "data/%s.jsonl, line %lld",
			     tables[t].table, (long long)x->sum->table[t].rows);
}

/* The lines that are whole go, what is left of the last one stays. */
static int
take_lines(struct nvr_importing *x, int t, struct nvr_buf *b)
{
	char *at = b->data, *end = b->data + b->len, *lf;
	int rc = 0;

	while (rc == 0 && (lf = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		rc = take_line(x, t, at, (size_t)(lf - at));
		at = lf + 1;
	}
	b->len = (size_t)(end - at);
	memmove(b->data, at, b->len);
	if (rc == 0 && b->len > NVR_IMPORT_LINE)
		rc = nvr_fail(x->err, NVR_E_DATA,
		    "data/%s.jsonl, line %lld: it is longer than 1 MiB",
		    tables[t].table, (long long)x->sum->table[t].rows + 1);
	return rc;
}

static int
take_table(struct nvr_importing *x, struct reading *g, int t)
{
	struct nvr_buf b = {0};
	char piece[PIECE / 4];
	size_t got = 1;
	int rc = 0;

	x->sum->table[t].table = tables[t].table;
	x->audit = 0;
	while (rc == 0 && got > 0) {
		rc = nvr_stash_read(
		    &g->table[t], &g->key, piece, sizeof(piece), &got, x->err);
		if (rc == 0 && got > 0)
			rc = nvr_buf_add(&b, piece, got, x->err);
		if (rc == 0 && got > 0)
			rc = take_lines(x, t, &b);
	}
	if (rc == 0 && b.len > 0)
		rc = take_line(x, t, b.data, b.len);
	explicit_bzero(piece, sizeof(piece));
	nvr_buf_wipe(&b);
	return rc;
}

static void
tell_left(struct nvr_importing *x, const struct reading *g)
{
	const char *why;

	for (int i = 0; i < g->nothers; i++) {
		why = "it is of what the other store did";
		for (size_t k = 0; k < sizeof(staying) / sizeof(*staying); k++)
			if (strcmp(staying[k].table, g->other[i]) == 0)
				why = staying[k].why;
		nvr_import_left(x, g->other[i], "%s", why);
	}
	if (g->pictures > 0)
		nvr_import_left(x, "pictures",
		    "%lld files: pictures do not come with an import",
		    (long long)g->pictures);
	if (x->homeless > 0)
		nvr_import_left(x, "audits",
		    "%lld are of cameras that are not in the archive: the name "
		    "alone stays",
		    (long long)x->homeless);
	if (x->schedules.n > 0)
		nvr_import_left(x, "schedules",
		    "%zu are paused, as they cost and send pictures elsewhere: "
		    "'nvr-audit schedule resume'",
		    x->schedules.n);
}

static int
enter(struct nvr_importing *x, struct reading *g)
{
	struct nvr_import_summary *sum = x->sum;
	json_t *rows;
	int rc = 0;

	for (int i = 0; rc == 0 && i < NVR_IMPORT_TABLES; i++) {
		rc = take_table(x, g, i);
		if (rc == 0 && sum->table[0].taken == 0)
			rc = nvr_fail(x->err, NVR_E_DATA,
			    "data/account.jsonl is empty: whose is it?");
	}
	if (rc != 0)
		return rc;
	rows = json_object();
	for (int i = 0; i < NVR_IMPORT_TABLES; i++)
		if (sum->table[i].taken > 0)
			json_object_set_new(rows, sum->table[i].table,
			    json_integer(sum->table[i].taken));
	return nvr_log_append(x->s, sum->account, "account.imported",
	    json_pack("{so ss sb}", "rows", rows, "signer", sum->signer,
		"trusted", sum->trusted),
	    x->err);
}

/* The key comes first, so no row is ever without. */
static int
enter_all(struct nvr_importing *x, struct reading *g)
{
	struct nvr_error ignored;
	int rc;

	x->sum->account = nvr_id_new();
	rc = nvr_keys_add(x->s, x->sum->account, x->err);
	if (rc != 0)
		return rc;
	rc = nvr_store_begin(x->s->store, x->err);
	if (rc == 0)
		rc = nvr_store_end(x->s->store, enter(x, g), x->err);
	if (rc == 0)
		tell_left(x, g);
	else
		nvr_keys_destroy(x->s, x->sum->account, &ignored);
	return rc;
}

int
nvr_import(struct nvr_state *s, const struct nvr_import *o,
    struct nvr_import_summary *ret, struct nvr_error *err)
{
	struct nvr_import_summary sum = {0};
	struct nvr_importing x = {.s = s, .o = o, .sum = &sum, .err = err};
	struct reading *g = calloc(1, sizeof(*g));
	int rc;

	if (g == NULL)
		return nvr_fail_nomem(err);
	g->o = o;
	rc = look(g, &sum, err);
	if (rc == 0)
		rc = enter_all(&x, g);
	for (int i = 0; i < NVR_IMPORT_TABLES; i++)
		nvr_stash_release(&g->table[i]);
	nvr_age_identity_wipe(&g->key);
	free(g);
	free(x.sites.id);
	free(x.cameras.id);
	free(x.schedules.id);
	free(x.pair);
	if (rc == 0)
		*ret = sum;
	return rc;
}

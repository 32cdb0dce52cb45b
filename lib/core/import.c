/* An account's archive, taken in; see import.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/erasure.h"
#include "core/import_int.h"
#include "core/keys.h"
#include "core/log.h"

#define PIECE ((size_t)64 * 1024)

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

int
nvr_import_table(const char *name)
{
	int i = 0;

	while (i < NVR_IMPORT_TABLES && strcmp(tables[i].table, name) != 0)
		i++;
	return i < NVR_IMPORT_TABLES ? i : -1;
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

/*
 * Who records waits for the lock, so what may be a million rows goes in many
 * transactions.  Until the last of them the account can do nothing: nobody has
 * its password, and its schedules are paused.
 */
static int
let_others(struct nvr_importing *x, int t)
{
	int rc;

	if (tables[t].most != INT64_MAX || !nvr_store_enough(x->s->store))
		return 0;
	rc = nvr_store_commit(x->s->store, x->err);
	if (rc != 0)
		return rc;
	x->begun = true;
	nvr_store_rest();
	return nvr_store_begin(x->s->store, x->err);
}

/* The lines that are whole go, what is left of the last one stays. */
static int
take_lines(struct nvr_importing *x, int t, struct nvr_buf *b)
{
	char *at = b->data, *end = b->data + b->len, *lf;
	int rc = 0;

	while (rc == 0 && (lf = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		rc = take_line(x, t, at, (size_t)(lf - at));
		if (rc == 0)
			rc = let_others(x, t);
		at = lf + 1;
	}
	b->len = (size_t)(end - at);
	memmove(b->data, at, b->len);
	return rc;
}

static int
take_table(struct nvr_importing *x, struct nvr_import_reading *g, int t)
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
tell_left(struct nvr_importing *x, const struct nvr_import_reading *g)
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

/* They came with their schedules alone. */
static void
count_pairs(struct nvr_importing *x)
{
	int64_t n = 0;

	for (size_t i = 0; i < x->npairs; i++)
		n += nvr_import_has(&x->schedules, x->pair[i].schedule);
	x->sum->table[nvr_import_table("schedule_camera")].taken = n;
}

static int
enter(struct nvr_importing *x, struct nvr_import_reading *g)
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
	count_pairs(x);
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

/* What came of it goes, and leaves a line in the ledger where rows did. */
static int
undo(struct nvr_importing *x, int rc)
{
	struct nvr_error ignored;
	char id[NVR_ID_TEXT];

	if (!x->begun)
		nvr_keys_destroy(x->s, x->sum->account, &ignored);
	else if (nvr_erase(x->s, x->sum->account, &ignored) != 0)
		nvr_prefix(x->err,
		    "account %s has come in part ('nvr-account delete --now' "
		    "ends "
		    "it)",
		    nvr_id_format(x->sum->account, id));
	return rc;
}

/* The key comes first, so no row is ever without. */
static int
enter_all(struct nvr_importing *x, struct nvr_import_reading *g)
{
	int rc;

	x->sum->account = nvr_id_new();
	rc = nvr_keys_add(x->s, x->sum->account, x->err);
	if (rc != 0)
		return rc;
	rc = nvr_store_begin(x->s->store, x->err);
	if (rc == 0)
		rc = nvr_store_end(x->s->store, enter(x, g), x->err);
	if (rc != 0)
		return undo(x, rc);
	tell_left(x, g);
	return 0;
}

int
nvr_import(struct nvr_state *s, const struct nvr_import *o,
    struct nvr_import_summary *ret, struct nvr_error *err)
{
	struct nvr_import_summary sum = {0};
	struct nvr_importing x = {.s = s, .o = o, .sum = &sum, .err = err};
	struct nvr_import_reading *g = calloc(1, sizeof(*g));
	int rc;

	if (g == NULL)
		return nvr_fail_nomem(err);
	g->o = o;
	rc = nvr_import_look(g, &sum, err);
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

/* Sites, as rows; see site.h. */
#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/site.h"

#define COLUMNS                                                         \
	"id, account_id, lookup, name, jurisdiction, zone, retain_us, " \
	"retain_bytes,"                                                 \
	" created_at, changed_at, removed_at"

static const char GET[] = "SELECT " COLUMNS " FROM site WHERE id = ?1";
static const char FIND[] =
    "SELECT " COLUMNS " FROM site WHERE (?1 = 0 OR account_id = ?1)"
    " AND lookup = ?2 AND removed_at IS NULL LIMIT 2";
static const char FIND_REMOVED[] =
    "SELECT " COLUMNS " FROM site WHERE account_id = ?1"
    " AND lookup = ?2 AND removed_at IS NOT NULL ORDER BY removed_at DESC "
    "LIMIT 1";
static const char EACH[] =
    "SELECT " COLUMNS " FROM site WHERE (?1 = 0 OR account_id = ?1)"
    " AND (removed_at IS NOT NULL) = (?2 <> 0) ORDER BY account_id, id";
static const char DUE[] =
    "SELECT " COLUMNS " FROM site s WHERE s.removed_at IS NOT NULL"
    " AND s.removed_at < ?1 AND NOT EXISTS (SELECT 1 FROM camera c"
    " WHERE c.site_id = s.id AND (c.removed_at IS NULL OR c.removed_at >= ?2"
    " OR EXISTS (SELECT 1 FROM hold h WHERE h.camera_id = c.id"
    " AND h.released_at IS NULL)))" NVR_LOSABLE(
	"s") " AND (s.removed_at, s.id) > (?3, ?4) ORDER BY s.removed_at, s.id "
	     "LIMIT ?5";
static const char COUNT[] = "SELECT COUNT(*) FROM site";
static const char DROP[] =
    "DELETE FROM site WHERE id = ?1 AND removed_at IS NOT NULL"
    " AND removed_at < ?2 AND NOT EXISTS (SELECT 1 FROM camera c"
    " WHERE c.site_id = site.id)" NVR_LOSABLE("site");
static const char CAMERAS[] =
    "SELECT COUNT(*) FROM camera WHERE site_id = ?1 AND removed_at IS NULL";
static const char INSERT[] =
    "INSERT INTO site (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
    " ?9, ?10, ?11)";
static const char UPDATE[] =
    "UPDATE site SET lookup = ?3, name = ?4, jurisdiction = ?5, zone = ?6,"
    " retain_us = ?7, retain_bytes = ?8, changed_at = ?10, removed_at = ?11"
    " WHERE id = ?1 AND account_id = ?2 AND created_at = ?9";

/* The row under the query, borrowed. */
static void
read_row(struct nvr_query *q, struct nvr_site *s)
{
	struct nvr_blob lookup = nvr_db_bytes(q, 2);

	*s = (struct nvr_site){
	    .id = nvr_db_int(q, 0),
	    .account_id = nvr_db_int(q, 1),
	    .name = nvr_db_bytes(q, 3),
	    .jurisdiction = nvr_db_text(q, 4),
	    .zone = nvr_db_text(q, 5),
	    .retain_us = nvr_db_int(q, 6),
	    .retain_bytes = nvr_db_int(q, 7),
	    .created_at = nvr_db_int(q, 8),
	    .changed_at = nvr_db_int(q, 9),
	    .removed_at = nvr_db_int(q, 10),
	};
	if (lookup.len == sizeof(s->lookup))
		memcpy(s->lookup, lookup.data, lookup.len);
}

/* One allocation holds the struct and what it points to. */
static struct nvr_site *
copy(const struct nvr_site *s)
{
	const char *const from[] = {s->jurisdiction, s->zone};
	size_t size[2], all = sizeof(*s) + s->name.len;
	struct nvr_site *c;
	char *at;

	for (int i = 0; i < 2; i++)
		all += size[i] = strlen(from[i]) + 1;
	c = malloc(all);
	if (c == NULL)
		return NULL;
	*c = *s;
	at = (char *)(c + 1);
	const char **to[] = {&c->jurisdiction, &c->zone};
	for (int i = 0; i < 2; i++) {
		*to[i] = memcpy(at, from[i], size[i]);
		at += size[i];
	}
	if (s->name.data != NULL)
		c->name.data = memcpy(at, s->name.data, s->name.len);
	return c;
}

/* The row of the started query: 1; 0: none.  The query is done afterwards. */
static int
take_one(struct nvr_query *q, struct nvr_site **ret, struct nvr_error *err)
{
	struct nvr_site row, *s = NULL;
	int rc, n = 0;

	while ((rc = nvr_db_step(q, err)) == 1 && n++ == 0) {
		read_row(q, &row);
		s = copy(&row);
		if (s == NULL) {
			rc = nvr_fail_nomem(err);
			break;
		}
	}
	nvr_db_done(q);
	if (rc >= 0 && n > 1)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "several accounts have a site of that name: say "
		    "ADDRESS/NAME");
	if (rc == 0 && n == 1) {
		*ret = s;
		return 1;
	}
	nvr_site_free(s);
	return rc;
}

int
nvr_site_get(struct nvr_store *st, int64_t id, struct nvr_site **ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "i", id);

	if (rc == 0)
		rc = take_one(&q, ret, err);
	if (rc == 0)
		return nvr_fail(err, NVR_E_NOENT, "no site has that id");
	return rc < 0 ? rc : 0;
}

static int
find(struct nvr_store *st, const char *sql, int64_t account,
    const uint8_t lookup[NVR_SITE_LOOKUP], struct nvr_site **ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, sql, err, "ib", account, lookup, (size_t)NVR_SITE_LOOKUP);

	if (rc == 0)
		rc = take_one(&q, ret, err);
	if (rc == 0)
		return nvr_fail(err, NVR_E_NOENT, "no site has that name");
	return rc < 0 ? rc : 0;
}

int
nvr_site_find(struct nvr_store *st, int64_t account,
    const uint8_t lookup[NVR_SITE_LOOKUP], struct nvr_site **ret,
    struct nvr_error *err)
{
	return find(st, FIND, account, lookup, ret, err);
}

int
nvr_site_find_removed(struct nvr_store *st, int64_t account,
    const uint8_t lookup[NVR_SITE_LOOKUP], struct nvr_site **ret,
    struct nvr_error *err)
{
	return find(st, FIND_REMOVED, account, lookup, ret, err);
}

void
nvr_site_free(struct nvr_site *site)
{
	free(site);
}

static int
each(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_site *site), void *ctx,
    struct nvr_error *err)
{
	struct nvr_site s;

	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		read_row(q, &s);
		rc = row(ctx, &s);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_site_each(struct nvr_store *st, int64_t account, bool removed,
    int (*row)(void *ctx, const struct nvr_site *site), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc =
	    nvr_db_query(st, &q, EACH, err, "ii", account, (int64_t)removed);

	return each(&q, rc, row, ctx, err);
}

int
nvr_site_each_due(struct nvr_store *st, int64_t before, int64_t cameras,
    int64_t after_removed, int64_t after_id, int64_t limit,
    int (*row)(void *ctx, const struct nvr_site *site), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, DUE, err, "iiiii", before, cameras,
	    after_removed, after_id, limit);

	return each(&q, rc, row, ctx, err);
}

int
nvr_site_count(struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, COUNT, ret, err, "");
}

int
nvr_site_drop(struct nvr_store *st, int64_t id, int64_t before, bool *gone,
    struct nvr_error *err)
{
	return nvr_db_changed(
	    st, nvr_db_run(st, DROP, err, "ii", id, before), gone);
}

int
nvr_site_cameras(
    struct nvr_store *st, int64_t id, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, CAMERAS, ret, err, "i", id);
}

static int
write_row(struct nvr_store *st, const char *sql, const struct nvr_site *s,
    struct nvr_error *err)
{
	int rc = nvr_db_run(st, sql, err, "iibbttiiiis", s->id, s->account_id,
	    s->lookup, sizeof(s->lookup), s->name.data, s->name.len,
	    s->jurisdiction, s->zone, s->retain_us, s->retain_bytes,
	    s->created_at, s->changed_at, s->removed_at);

	if (rc == NVR_E_CREATE)
		return nvr_fail(err, NVR_E_CREATE,
		    "the account has a site of that name already");
	return rc;
}

int
nvr_site_insert(
    struct nvr_store *st, const struct nvr_site *site, struct nvr_error *err)
{
	return write_row(st, INSERT, site, err);
}

int
nvr_site_update(
    struct nvr_store *st, const struct nvr_site *site, struct nvr_error *err)
{
	int rc = write_row(st, UPDATE, site, err);

	if (rc == 0 && nvr_db_changes(st) != 1)
		return nvr_fail(err, NVR_E_NOENT, "the site is gone");
	return rc;
}

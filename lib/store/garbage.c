/* Files that are to go; see garbage.h. */
#include <string.h>

#include "store/db.h"
#include "store/garbage.h"

static const char ADD[] = "INSERT INTO garbage (path, added_at) VALUES (?1, ?2)"
			  " ON CONFLICT (path) DO NOTHING";
static const char DROP[] = "DELETE FROM garbage WHERE path = ?1";
static const char HAS[] = "SELECT 1 FROM garbage WHERE path = ?1";
static const char EACH[] =
    "SELECT path, added_at FROM garbage WHERE path > ?1"
    " AND (added_at <= ?2 OR added_at > ?3) ORDER BY path";

int
nvr_garbage_add(
    struct nvr_store *st, const char *path, int64_t now, struct nvr_error *err)
{
	return nvr_db_run(st, ADD, err, "ti", path, now);
}

int
nvr_garbage_drop(struct nvr_store *st, const char *path, struct nvr_error *err)
{
	return nvr_db_run(st, DROP, err, "t", path);
}

int
nvr_garbage_has(
    struct nvr_store *st, const char *path, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, HAS, &n, err, "t", path);

	*ret = n != 0;
	return rc;
}

int
nvr_garbage_each(struct nvr_store *st, const char *after, int64_t until,
    int64_t later, int (*row)(void *ctx, const struct nvr_garbage *g),
    void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "tii", after, until, later);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_blob path = nvr_db_bytes(&q, 0);
		struct nvr_garbage g = {nvr_db_text(&q, 0), nvr_db_int(&q, 1)};

		rc = 0;
		/* A hostile store has others, and blobs, which sort last. */
		if (g.path != NULL && strlen(g.path) == path.len &&
		    strcmp(g.path, after) > 0)
			rc = row(ctx, &g);
	}
	nvr_db_done(&q);
	return rc;
}

/* Invitations of recorders, as rows; see remote.h. */
#include <string.h>

#include "store/db.h"
#include "store/remote.h"

static const char INVITE[] =
    "INSERT INTO invitation (id, account_id, site_id, hash, replaces,"
    " created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
#define SELECT                                              \
	"SELECT i.id, i.account_id, i.site_id, i.replaces," \
	" i.created_at, i.expires_at, i.used_at FROM invitation i"
static const char INVITED[] = SELECT " WHERE i.hash = ?1";
static const char GET[] = SELECT " WHERE i.id = ?1";
static const char EACH[] =
    SELECT " WHERE (CAST(?1 AS BIGINT) = 0 OR i.account_id = ?1)"
	   " AND i.used_at IS NULL AND i.expires_at > ?2" NVR_USABLE(
	       "i") " ORDER BY i.id";
static const char END[] =
    "UPDATE invitation SET expires_at = ?2 WHERE id = ?1 AND used_at IS NULL"
    " AND expires_at > ?2";
static const char INVITATION_USE[] =
    "UPDATE invitation SET used_at = ?2 WHERE id = ?1 AND used_at IS NULL"
    " AND expires_at > ?2";

int
nvr_invitation_insert(
    struct nvr_store *st, const struct nvr_invitation *i, struct nvr_error *err)
{
	return nvr_db_run(st, INVITE, err, "iiibsii", i->id, i->account_id,
	    i->site_id, i->hash, sizeof(i->hash), i->replaces, i->created_at,
	    i->expires_at);
}

static void
read_row(struct nvr_query *q, struct nvr_invitation *i)
{
	*i = (struct nvr_invitation){.id = nvr_db_int(q, 0),
	    .account_id = nvr_db_int(q, 1),
	    .site_id = nvr_db_int(q, 2),
	    .replaces = nvr_db_int(q, 3),
	    .created_at = nvr_db_int(q, 4),
	    .expires_at = nvr_db_int(q, 5),
	    .used_at = nvr_db_int(q, 6)};
}

/* The one there is; rc: of the query. */
static int
take(struct nvr_query *q, int rc, struct nvr_invitation *ret,
    struct nvr_error *err)
{
	if (rc == 0 && (rc = nvr_db_step(q, err)) == 1)
		read_row(q, ret);
	else if (rc == 0)
		rc = nvr_fail(err, NVR_E_NOENT, "there is no such invitation");
	nvr_db_done(q);
	return rc < 0 ? rc : 0;
}

int
nvr_invitation_find(struct nvr_store *st,
    const uint8_t hash[NVR_INVITATION_HASH], struct nvr_invitation *ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, INVITED, err, "b", hash, (size_t)NVR_INVITATION_HASH);

	rc = take(&q, rc, ret, err);
	if (rc == 0)
		memcpy(ret->hash, hash, sizeof(ret->hash));
	return rc;
}

int
nvr_invitation_get(struct nvr_store *st, int64_t id, struct nvr_invitation *ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "i", id);

	return take(&q, rc, ret, err);
}

int
nvr_invitation_each(struct nvr_store *st, int64_t account, int64_t now,
    int (*row)(void *ctx, const struct nvr_invitation *i), void *ctx,
    struct nvr_error *err)
{
	struct nvr_invitation i;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "ii", account, now);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		read_row(&q, &i);
		rc = row(ctx, &i);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_invitation_end(struct nvr_store *st, int64_t id, int64_t now, bool *was,
    struct nvr_error *err)
{
	return nvr_db_changed(st, nvr_db_run(st, END, err, "ii", id, now), was);
}

int
nvr_invitation_use(struct nvr_store *st, int64_t id, int64_t now, bool *won,
    struct nvr_error *err)
{
	return nvr_db_changed(
	    st, nvr_db_run(st, INVITATION_USE, err, "ii", id, now), won);
}

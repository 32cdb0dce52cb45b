/* The columns that are sealed; see sealed.h. */
#include "store/db.h"
#include "store/sealed.h"

/* A table whose rows have a number and an account. */
#define OF_ACCOUNT(t, c, row)                                               \
	{                                                                   \
		t, c, row, false,                                           \
		    "SELECT " row ", " c " FROM " t                         \
		    " WHERE account_id = ?1 AND " row " > ?2 AND " c        \
		    " IS NOT NULL ORDER BY " row " LIMIT ?3",               \
		    "UPDATE " t " SET " c " = ?1 WHERE " row " = ?2 AND " c \
		    " = ?3"                                                 \
	}

/* One that is sealed under the store's own key, whosever it is. */
#define OF_STORE(t, c, row)                                                  \
	{                                                                    \
		t, c, row, true,                                             \
		    "SELECT " row ", " c " FROM " t " WHERE ?1 = 0 AND " row \
		    " > ?2 ORDER BY " row " LIMIT ?3",                       \
		    "UPDATE " t " SET " c " = ?1 WHERE " row " = ?2 AND " c  \
		    " = ?3"                                                  \
	}

/* The same, where a camera has several: all of the next camera's. */
#define OF_CAMERA(t, c)                                                       \
	{                                                                     \
		t, c, "camera_id", true,                                      \
		    "SELECT camera_id, " c " FROM " t                         \
		    " WHERE camera_id = (SELECT MIN(n.camera_id) FROM " t     \
		    " n WHERE n.camera_id > ?2) AND ?1 = 0 AND ?3 > 0",       \
		    "UPDATE " t " SET " c " = ?1 WHERE camera_id = ?2 AND " c \
		    " = ?3"                                                   \
	}

const struct nvr_sealed_column nvr_sealed_columns[] = {
    OF_ACCOUNT("account", "email", "account_id"),
    OF_ACCOUNT("account", "name", "account_id"),
    OF_ACCOUNT("account", "business", "account_id"),
    OF_ACCOUNT("account", "password", "account_id"),
    OF_ACCOUNT("account", "restricted_why", "account_id"),
    OF_ACCOUNT("site", "name", "id"),
    OF_ACCOUNT("session", "address", "id"),
    OF_ACCOUNT("session", "agent", "id"),
    OF_ACCOUNT("token", "data", "id"),
    OF_ACCOUNT("factor", "secret", "id"),
    OF_ACCOUNT("objection", "why", "id"),
    OF_ACCOUNT("request", "person", "id"),
    OF_ACCOUNT("request", "note", "id"),
    OF_ACCOUNT("request", "answer", "id"),
    OF_ACCOUNT("log", "sealed", "seq"),
    OF_ACCOUNT("contact", "address", "id"),
    OF_ACCOUNT("contact", "secret", "id"),
    OF_ACCOUNT("outbox", "recipient", "id"),
    OF_ACCOUNT("outbox", "message", "id"),
    OF_ACCOUNT("export", "identity", "id"),
    OF_STORE("disclosure", "authority", "id"),
    OF_STORE("disclosure", "basis", "id"),
    OF_STORE("disclosure", "reviewed_by", "id"),
    OF_STORE("disclosure", "what", "id"),
    OF_STORE("breach", "title", "id"),
    OF_STORE("breach_note", "text", "id"),
    OF_CAMERA("baseline", "data"),
    OF_CAMERA("asked", "cells"),
    {NULL, NULL, NULL, false, NULL, NULL},
};

int
nvr_sealed_each(struct nvr_store *st, const struct nvr_sealed_column *c,
    int64_t account, int64_t after, int64_t limit,
    int (*row)(void *ctx, int64_t row, const void *sealed, size_t len),
    void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	const void *sealed;
	size_t len;
	int rc =
	    nvr_db_query(st, &q, c->select, err, "iii", account, after, limit);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		sealed = nvr_db_blob(&q, 1, &len);
		rc = row(ctx, nvr_db_int(&q, 0), sealed, len);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_sealed_replace(struct nvr_store *st, const struct nvr_sealed_column *c,
    int64_t row, const void *old, size_t old_len, const void *sealed,
    size_t len, struct nvr_error *err)
{
	return nvr_db_run(
	    st, c->replace, err, "bib", sealed, len, row, old, old_len);
}

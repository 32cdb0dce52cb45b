/* Where people are told of alerts, as rows; see contact.h. */
#include <string.h>

#include "base/text.h"
#include "store/contact.h"
#include "store/db.h"

const char *const nvr_severity_names[NVR_SEVERITIES] = {
    "info", "warning", "critical"};

static const char INSERT[] =
    "INSERT INTO contact (id, account_id, channel, address, secret, least,"
    " kinds, after_us, quiet, zone, unsubscribe, created_at, changed_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)";
static const char READDRESS[] =
    "UPDATE contact SET address = ?2, changed_at = ?3 WHERE id = ?1";
static const char CHANGE[] =
    "UPDATE contact SET least = ?2, kinds = ?3, after_us = ?4, quiet = ?5,"
    " zone = ?6, changed_at = ?7 WHERE id = ?1";
static const char DELETE[] = "DELETE FROM contact WHERE id = ?1";
#define SELECT                                                           \
	"SELECT id, account_id, channel, address, secret, least, kinds," \
	" after_us, quiet, zone, unsubscribed_at, created_at FROM contact"
static const char OF[] = SELECT " WHERE account_id = ?1 ORDER BY id";
static const char GET[] = SELECT " WHERE id = ?1";
static const char IDS[] =
    "SELECT id FROM contact WHERE account_id = ?1 AND channel = ?2"
    " ORDER BY id LIMIT ?3";
static const char COUNT[] =
    "SELECT COUNT(*) FROM contact WHERE account_id = ?1";
static const char BY_HASH[] =
    "SELECT id, account_id FROM contact WHERE unsubscribe = ?1";
static const char UNSUBSCRIBE[] =
    "UPDATE contact SET unsubscribed_at = ?2, changed_at = ?2 WHERE id = ?1"
    " AND unsubscribed_at IS NULL";

int
nvr_contact_insert(struct nvr_store *st, const struct nvr_contact *c,
    const uint8_t unsubscribe[32], struct nvr_error *err)
{
	return nvr_db_run(st, INSERT, err, "iitbbttittbi", c->id, c->account_id,
	    c->channel, c->address.data, c->address.len, c->secret.data,
	    c->secret.len, nvr_severity_names[c->least], c->kinds, c->after,
	    c->quiet, c->zone, unsubscribe, (size_t)32, c->created_at);
}

int
nvr_contact_readdress(struct nvr_store *st, int64_t id,
    const struct nvr_blob *address, int64_t now, struct nvr_error *err)
{
	return nvr_db_run(
	    st, READDRESS, err, "ibi", id, address->data, address->len, now);
}

int
nvr_contact_change(struct nvr_store *st, const struct nvr_contact *c,
    int64_t now, struct nvr_error *err)
{
	return nvr_db_run(st, CHANGE, err, "ittitti", c->id,
	    nvr_severity_names[c->least], c->kinds, c->after, c->quiet, c->zone,
	    now);
}

int
nvr_contact_delete(struct nvr_store *st, int64_t id, struct nvr_error *err)
{
	return nvr_db_run(st, DELETE, err, "i", id);
}

static enum nvr_severity
severity(const char *text)
{
	int i = NVR_CRITICAL;

	while (i > NVR_INFO && strcmp(nvr_severity_names[i], text) != 0)
		i--;
	return (enum nvr_severity)i;
}

static int
each(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
    struct nvr_error *err)
{
	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		struct nvr_contact c = {
		    .id = nvr_db_int(q, 0),
		    .account_id = nvr_db_int(q, 1),
		    .channel = nvr_db_text(q, 2),
		    .address = nvr_db_bytes(q, 3),
		    .secret = nvr_db_bytes(q, 4),
		    .least = severity(nvr_or_empty(nvr_db_text(q, 5))),
		    .kinds = nvr_or_empty(nvr_db_text(q, 6)),
		    .after = nvr_db_int(q, 7),
		    .quiet = nvr_or_empty(nvr_db_text(q, 8)),
		    .zone = nvr_or_empty(nvr_db_text(q, 9)),
		    .unsubscribed_at = nvr_db_int(q, 10),
		    .created_at = nvr_db_int(q, 11),
		};

		rc = row(ctx, &c);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_contact_list(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, OF, err, "i", account);

	return each(&q, rc, row, ctx, err);
}

int
nvr_contact_find(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "i", id);

	return each(&q, rc, row, ctx, err);
}

int
nvr_contact_ids(struct nvr_store *st, int64_t account, const char *channel,
    int64_t *ids, int max, int *n, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, IDS, err, "iti", account, channel, (int64_t)max);

	*n = 0;
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		ids[(*n)++] = nvr_db_int(&q, 0);
		rc = 0;
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_contact_count(
    struct nvr_store *st, int64_t account, int64_t *n, struct nvr_error *err)
{
	return nvr_db_number(st, COUNT, n, err, "i", account);
}

int
nvr_contact_by_link(struct nvr_store *st, const uint8_t hash[32], int64_t *id,
    int64_t *account, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, BY_HASH, err, "b", hash, (size_t)32);

	*id = 0;
	if (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		*id = nvr_db_int(&q, 0);
		*account = nvr_db_int(&q, 1);
		rc = 0;
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_contact_unsubscribed(struct nvr_store *st, int64_t id, int64_t now,
    bool *ret, struct nvr_error *err)
{
	return nvr_db_changed(
	    st, nvr_db_run(st, UNSUBSCRIBE, err, "ii", id, now), ret);
}

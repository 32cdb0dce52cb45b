/* What is to be sent, as rows; see outbox.h. */
#include "store/db.h"
#include "store/outbox.h"

static const char ADD[] =
    "INSERT INTO outbox (id, account_id, channel, kind, recipient, message,"
    " created_at, next_at, expires_at, contact_id, essential)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10)";
/* What is restricted is kept. */
static const char EXPIRE[] =
    "DELETE FROM outbox WHERE expires_at <= ?1" NVR_LOSABLE("outbox");
static const char DROP[] =
    "DELETE FROM outbox WHERE account_id = ?1 AND channel = ?2"
    " AND contact_id IS NULL";
static const char DROP_CONTACT[] =
    "DELETE FROM outbox WHERE account_id = ?1 AND contact_id = ?2";

#define HEAD                                                           \
	"SELECT id, account_id, channel, kind, contact_id, essential," \
	" created_at, attempts, next_at, expires_at, dead_at, error"
#define WAITING " sent_at IS NULL AND dead_at IS NULL"
static const char DUE[] =
    HEAD ", recipient, message FROM outbox WHERE channel = ?1 AND next_at <= ?2"
	 " AND" WAITING " AND (expires_at IS NULL OR expires_at > ?2)"
	 " AND ((contact_id IS NULL AND kind <> 'report') OR (1 = 1" NVR_USABLE(
	     "outbox") ")) ORDER BY next_at, id";
static const char AHEAD[] =
    "SELECT COUNT(*) FROM outbox WHERE next_at > ?1 AND" WAITING;
static const char MEND[] =
    "UPDATE outbox SET next_at = ?2 WHERE next_at > ?1 AND" WAITING;
static const char TAKE[] =
    "UPDATE outbox SET attempts = attempts + 1, next_at = ?3 WHERE id = ?1"
    " AND attempts = ?2 AND" WAITING;
static const char SENT[] =
    "UPDATE outbox SET sent_at = ?2, next_at = NULL, error = NULL"
    " WHERE id = ?1";
static const char LATER[] =
    "UPDATE outbox SET next_at = ?2, error = ?3 WHERE id = ?1 AND" WAITING;
static const char PUSH[] =
    "UPDATE outbox SET next_at = ?3 WHERE account_id = ?1 AND contact_id = ?2"
    " AND next_at < ?3 AND" WAITING;
static const char DEAD[] =
    "UPDATE outbox SET dead_at = ?2, next_at = NULL, error = ?3"
    " WHERE id = ?1 AND" WAITING;
static const char RETRY[] =
    "UPDATE outbox SET dead_at = NULL, attempts = 0, next_at = ?2 WHERE"
    " sent_at IS NULL AND ((?1 = 0 AND dead_at IS NOT NULL) OR id = ?1)";
static const char DELETE[] =
    "DELETE FROM outbox WHERE id = ?1 AND sent_at IS NULL";
static const char QUEUE[] =
    HEAD " FROM outbox WHERE sent_at IS NULL ORDER BY created_at, id";
static const char GET[] = HEAD " FROM outbox WHERE id = ?1 AND sent_at IS NULL";
static const char COUNT_DEAD_TO[] =
    "SELECT COUNT(*) FROM outbox WHERE account_id = ?1 AND contact_id = ?2"
    " AND dead_at > ?3";
static const char COUNT_DEAD[] =
    "SELECT COUNT(*) FROM outbox WHERE dead_at >= ?1";

int
nvr_outbox_add(
    struct nvr_store *st, const struct nvr_outgoing *o, struct nvr_error *err)
{
	return nvr_db_run(st, ADD, err, "iittbbissi", o->id, o->account_id,
	    o->channel, o->kind, o->recipient, o->recipient_len, o->message,
	    o->message_len, o->created_at, o->expires_at, o->contact_id,
	    (int64_t)!o->optional);
}

int
nvr_outbox_expire(struct nvr_store *st, int64_t now, struct nvr_error *err)
{
	return nvr_db_run(st, EXPIRE, err, "i", now);
}

int
nvr_outbox_drop(struct nvr_store *st, int64_t account, const char *channel,
    struct nvr_error *err)
{
	return nvr_db_run(st, DROP, err, "it", account, channel);
}

int
nvr_outbox_drop_contact(struct nvr_store *st, int64_t account, int64_t contact,
    struct nvr_error *err)
{
	return nvr_db_run(st, DROP_CONTACT, err, "ii", account, contact);
}

static void
read_head(struct nvr_query *q, struct nvr_outgoing *o)
{
	*o = (struct nvr_outgoing){
	    .id = nvr_db_int(q, 0),
	    .account_id = nvr_db_int(q, 1),
	    .channel = nvr_db_text(q, 2),
	    .kind = nvr_db_text(q, 3),
	    .contact_id = nvr_db_int(q, 4),
	    .optional = nvr_db_int(q, 5) == 0,
	    .created_at = nvr_db_int(q, 6),
	    .attempts = nvr_db_int(q, 7),
	    .next_at = nvr_db_int(q, 8),
	    .expires_at = nvr_db_int(q, 9),
	    .dead_at = nvr_db_int(q, 10),
	    .error = nvr_db_text(q, 11),
	};
}

int
nvr_outbox_due(struct nvr_store *st, const char *channel, int64_t now,
    int (*row)(void *ctx, const struct nvr_outgoing *o), void *ctx,
    struct nvr_error *err)
{
	struct nvr_outgoing o;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, DUE, err, "ti", channel, now);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		read_head(&q, &o);
		o.recipient = nvr_db_blob(&q, 12, &o.recipient_len);
		o.message = nvr_db_blob(&q, 13, &o.message_len);
		rc = row(ctx, &o);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_outbox_mend(
    struct nvr_store *st, int64_t now, int64_t most, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, AHEAD, &n, err, "i", most);

	/* Seldom: an idle store is not written to each minute. */
	return rc == 0 && n > 0 ? nvr_db_run(st, MEND, err, "ii", most, now)
				: rc;
}

int
nvr_outbox_take(struct nvr_store *st, int64_t id, int64_t attempts,
    int64_t next_at, bool *ret, struct nvr_error *err)
{
	return nvr_db_changed(
	    st, nvr_db_run(st, TAKE, err, "iii", id, attempts, next_at), ret);
}

int
nvr_outbox_sent(
    struct nvr_store *st, int64_t id, int64_t now, struct nvr_error *err)
{
	return nvr_db_run(st, SENT, err, "ii", id, now);
}

int
nvr_outbox_later(struct nvr_store *st, int64_t id, int64_t next_at,
    const char *error, struct nvr_error *err)
{
	return nvr_db_run(st, LATER, err, "iit", id, next_at, error);
}

int
nvr_outbox_push(struct nvr_store *st, int64_t account, int64_t contact,
    int64_t next_at, struct nvr_error *err)
{
	return nvr_db_run(st, PUSH, err, "iii", account, contact, next_at);
}

int
nvr_outbox_dead(struct nvr_store *st, int64_t id, int64_t now,
    const char *error, struct nvr_error *err)
{
	return nvr_db_run(st, DEAD, err, "iit", id, now, error);
}

int
nvr_outbox_retry(struct nvr_store *st, int64_t id, int64_t now, int64_t *n,
    struct nvr_error *err)
{
	int rc = nvr_db_run(st, RETRY, err, "ii", id, now);

	if (rc == 0)
		*n = nvr_db_changes(st);
	return rc;
}

int
nvr_outbox_delete(
    struct nvr_store *st, int64_t id, bool *ret, struct nvr_error *err)
{
	return nvr_db_changed(st, nvr_db_run(st, DELETE, err, "i", id), ret);
}

int
nvr_outbox_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_outgoing *o), void *ctx,
    struct nvr_error *err)
{
	struct nvr_outgoing o;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, QUEUE, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		read_head(&q, &o);
		rc = row(ctx, &o);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_outbox_get(struct nvr_store *st, int64_t id, struct nvr_outgoing *ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "i", id);

	if (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		read_head(&q, ret);
		/* What is borrowed ends here. */
		ret->channel = ret->kind = ret->error = NULL;
		rc = 0;
	} else if (rc == 0) {
		rc = nvr_fail(
		    err, NVR_E_NOENT, "no such message waits to be sent");
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_outbox_dead_count(
    struct nvr_store *st, int64_t since, int64_t *n, struct nvr_error *err)
{
	return nvr_db_number(st, COUNT_DEAD, n, err, "i", since);
}

int
nvr_outbox_dead_to(struct nvr_store *st, int64_t account, int64_t contact,
    int64_t since, int64_t *n, struct nvr_error *err)
{
	return nvr_db_number(
	    st, COUNT_DEAD_TO, n, err, "iii", account, contact, since);
}

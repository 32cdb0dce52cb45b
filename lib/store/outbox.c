/* What is to be sent, as rows; see outbox.h. */
#include "store/db.h"
#include "store/outbox.h"

static const char ADD[] =
    "INSERT INTO outbox (id, account_id, channel, kind, recipient, message,"
    " created_at, next_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7,"
    " ?8)";
/* What is restricted is kept. */
static const char EXPIRE[] =
    "DELETE FROM outbox WHERE expires_at <= ?1" NVR_LOSABLE("outbox");
static const char DROP[] =
    "DELETE FROM outbox WHERE account_id = ?1 AND channel = ?2";

int
nvr_outbox_add(
    struct nvr_store *st, const struct nvr_outgoing *o, struct nvr_error *err)
{
	return nvr_db_run(st, ADD, err, "iittbbis", o->id, o->account_id,
	    o->channel, o->kind, o->recipient, o->recipient_len, o->message,
	    o->message_len, o->created_at, o->expires_at);
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

/* Delivers what waits in the outbox; see deliver.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/id.h"
#include "base/owner.h"
#include "base/text.h"
#include "core/contact.h"
#include "core/deliver_int.h"
#include "core/log.h"
#include "core/register.h"
#include "seal/digest.h"
#include "store/outbox.h"

#define FOR (3 * NVR_DAY) /* it is tried, and */
#define TRIES 5		  /* so often at the least; */
#define TRIES_MOST 40	  /* whatever the clock says */
#define PERSIST 5	  /* times that a busy store is asked */

const char *const nvr_channel_names[NVR_CHANNELS] = {
    "mail", "sms", "exec", "webhook"};
const char *const nvr_fate_names[NVR_FATES] = {
    "sent", "later", "later", "failed", "ended", "withheld"};

int64_t
nvr_deliver_wait(int64_t attempts, uint32_t chance)
{
	int64_t wait = NVR_WAIT_LEAST;

	for (int64_t i = 1; i < attempts && wait < NVR_WAIT_MOST; i++)
		wait *= 2;
	if (wait > NVR_WAIT_MOST)
		wait = NVR_WAIT_MOST;
	return wait - wait / 10 + (int64_t)(chance % 1000) * (wait / 5000);
}

json_t *
nvr_parcel_log(const struct nvr_parcel *p, const char *why)
{
	char safe[256];

	return json_pack("{so ss ss ss}", "message", nvr_register_id(p->id),
	    "channel", nvr_channel_names[p->channel], "kind", p->kind, "why",
	    nvr_text_safe(why, safe, sizeof(safe)));
}

void
nvr_parcel_release(struct nvr_parcel *p)
{
	nvr_buf_wipe(&p->to);
	nvr_buf_wipe(&p->message);
	nvr_buf_wipe(&p->secret);
	*p = (struct nvr_parcel){0};
}

int
nvr_courier_wait(struct nvr_courier *c, int64_t most, struct nvr_error *err)
{
	int rc = c->loop != NULL ? nvr_loop_turn(c->loop, most, err) : 0;

	if (rc != 0) {
		nvr_loop_close(c->loop);
		c->loop = NULL;
	}
	return rc;
}

void
nvr_courier_release(struct nvr_courier *c)
{
	nvr_loop_close(c->loop);
	nvr_smtp_close(c->line);
	nvr_buf_wipe(&c->password);
	nvr_buf_wipe(&c->token);
}

void
nvr_courier_tell(struct nvr_courier *c, const struct nvr_parcel *p,
    enum nvr_fate fate, int64_t next_at, const char *why)
{
	const struct nvr_delivered d = {.id = p->id,
	    .account_id = p->account,
	    .attempts = p->attempts,
	    .next_at = next_at,
	    .channel = nvr_channel_names[p->channel],
	    .kind = p->kind,
	    .fate = fate,
	    .why = fate == NVR_FATE_SENT ? "" : why};

	c->sum.sent += fate == NVR_FATE_SENT;
	c->sum.failed += fate == NVR_FATE_LATER || fate == NVR_FATE_BLOCKED ||
			 fate == NVR_FATE_DEAD || fate == NVR_FATE_ENDED;
	if (c->d->told != NULL)
		c->d->told(c->d->ctx, &d);
}

/* In the transaction; *next is the time of the next attempt. */
static int
put_outcome(struct nvr_courier *c, const struct nvr_parcel *p, int64_t now,
    int64_t *next, struct nvr_error *err)
{
	const struct nvr_outcome *o = &p->o;
	struct nvr_store *st = c->s->store;
	uint32_t chance = 0;
	int rc = nvr_random(&chance, sizeof(chance), err);

	*next = 0;
	if (rc != 0)
		return rc;
	switch (o->fate) {
	case NVR_FATE_SENT:
		return nvr_outbox_sent(st, p->id, now, err);
	case NVR_FATE_ENDED:
		if (p->contact != 0)
			return nvr_contact_end(
			    c->s, p->account, p->contact, o->why.text, err);
		/* fall through */
	case NVR_FATE_DEAD:
		rc = nvr_outbox_dead(st, p->id, now, o->why.text, err);
		return rc == 0
			   ? nvr_log_append(c->s, p->account, "message.failed",
				 nvr_parcel_log(p, o->why.text), err)
			   : rc;
	default:
		*next =
		    now + (o->wait > 0 ? o->wait
				       : nvr_deliver_wait(p->attempts, chance));
		rc = nvr_outbox_later(st, p->id, *next, o->why.text, err);
		/* Its server is slow or gone: the others would find the same.
		 */
		if (rc == 0 && p->contact != 0)
			rc = nvr_outbox_push(
			    st, p->account, p->contact, *next, err);
		return rc;
	}
}

/* What became of it lasts from here on. */
static int
record(struct nvr_courier *c, struct nvr_parcel *p, struct nvr_error *err)
{
	struct nvr_outcome *o = &p->o;
	int64_t now = nvr_time_now(), next = 0;
	char id[NVR_ID_TEXT];
	bool old = now - p->created_at > FOR && p->attempts >= TRIES;
	int rc;

	c->blocked[p->channel] |= o->fate == NVR_FATE_BLOCKED;
	if ((o->fate == NVR_FATE_LATER || o->fate == NVR_FATE_BLOCKED) &&
	    (old || p->attempts >= TRIES_MOST))
		o->fate = NVR_FATE_DEAD;
	for (int i = 0; i < PERSIST; i++) {
		rc = nvr_store_begin(c->s->store, err);
		if (rc == 0)
			rc = nvr_store_end(c->s->store,
			    put_outcome(c, p, now, &next, err), err);
		if (rc != NVR_E_AGAIN)
			break;
	}
	if (rc == 0)
		nvr_courier_tell(c, p, o->fate, next, o->why.text);
	else if (o->fate == NVR_FATE_SENT)
		nvr_prefix(err,
		    "message %s went out, and will again, as that is not "
		    "recorded",
		    nvr_id_format(p->id, id));
	return rc;
}

/* How many of a channel are under way. */
static int
count_out(const struct nvr_courier *c, enum nvr_channel channel)
{
	int n = 0;

	for (int i = 0; i < NVR_OUT_MOST; i++)
		n += c->out[i].id != 0 && c->out[i].channel == channel;
	return n;
}

/* One message, of the first channel that has one; *more: there was. */
static int
send_one(struct nvr_courier *c, bool *more, struct nvr_error *err)
{
	static const int most[NVR_CHANNELS] = {[NVR_MAIL] = 1,
	    [NVR_SMS] = 1,
	    [NVR_EXEC] = 1,
	    [NVR_WEBHOOK] = NVR_WEBHOOKS_MOST};
	enum nvr_taken taken = NVR_NONE;
	struct nvr_parcel *p = c->out;
	int rc = 0;

	while (p->id != 0)
		p++;
	for (int i = 0; rc == 0 && taken == NVR_NONE && i < NVR_CHANNELS; i++)
		if (!c->blocked[i] &&
		    count_out(c, (enum nvr_channel)i) < most[i])
			rc = nvr_parcel_take(
			    c, (enum nvr_channel)i, p, &taken, err);
	if (rc == 0 && taken == NVR_TAKEN) {
		c->nout++;
		nvr_send(c, p);
	}
	*more = rc == 0 && (taken == NVR_TAKEN || taken == NVR_ANOTHER);
	return rc;
}

/* What is done is recorded.  The first error counts, and the others, too, are
 * given their chance. */
static int
record_done(struct nvr_courier *c, struct nvr_error *err)
{
	struct nvr_error later;
	int rc = 0;

	for (int i = 0; i < NVR_OUT_MOST; i++) {
		struct nvr_parcel *p = &c->out[i];
		int failed;

		if (p->id == 0 || !p->done)
			continue;
		failed = record(c, p, rc == 0 ? err : &later);
		rc = rc == 0 ? failed : rc;
		nvr_parcel_release(p);
		c->nout--;
	}
	return rc;
}

static int
send_all(struct nvr_courier *c, struct nvr_error *err)
{
	struct nvr_error later;
	bool more = true;
	int rc = send_one(c, &more, err);

	while (rc == 0 && (more || c->nout > 0)) {
		rc = nvr_courier_wait(c, more ? 0 : NVR_SECOND, err);
		if (rc == 0)
			rc = record_done(c, err);
		if (rc == 0)
			rc = send_one(c, &more, err);
	}
	/* It is sent by now, or will be, whatever went wrong with another. */
	while (c->nout > 0) {
		nvr_courier_wait(c, NVR_SECOND, &later);
		record_done(c, &later);
	}
	return rc;
}

/* One at a time, as two would take turns at a server that wants to be left
 * alone. */
static int
lock(struct nvr_state *s, int *fd, struct nvr_error *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/.notify", s->dir);
	rc = nvr_own_open(path, O_RDWR, fd, err);
	if (rc != 0 || flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return rc;
	rc = errno == EWOULDBLOCK
		 ? nvr_fail(err, NVR_E_AGAIN, "another nvr-notify is at it")
		 : nvr_fail_errno(err, NVR_E_IO, "cannot lock '%s'", path);
	close(*fd);
	*fd = -1;
	return rc;
}

int
nvr_deliver_run(struct nvr_state *s, const struct nvr_deliver *d,
    struct nvr_deliver_sum *sum, struct nvr_error *err)
{
	struct nvr_courier c = {.s = s, .d = d};
	int64_t now = nvr_time_now();
	int fd = -1, rc = lock(s, &fd, err);

	if (rc == 0)
		rc = nvr_outbox_mend(
		    s->store, now, now + 2 * NVR_WAIT_MOST, err);
	if (rc == 0)
		rc = send_all(&c, err);
	nvr_courier_release(&c);
	if (fd >= 0)
		close(fd);
	*sum = c.sum;
	return rc;
}

int
nvr_deliver_retry(
    struct nvr_state *s, int64_t id, int64_t *n, struct nvr_error *err)
{
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_outbox_retry(s->store, id, nvr_time_now(), n, err);
	if (rc == 0 && id != 0 && *n == 0)
		rc = nvr_fail(
		    err, NVR_E_NOENT, "no such message waits to be sent");
	if (rc == 0 && *n > 0)
		rc = nvr_log_append(s, 0, "message.retried",
		    json_pack("{sI so*}", "messages", (json_int_t)*n, "message",
			id != 0 ? nvr_register_id(id) : NULL),
		    err);
	return nvr_store_end(s->store, rc, err);
}

int
nvr_deliver_drop(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	struct nvr_outgoing o = {0};
	bool so = false;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_outbox_get(s->store, id, &o, err);
	if (rc == 0)
		rc = nvr_outbox_delete(s->store, id, &so, err);
	if (rc == 0)
		rc = nvr_log_append(s, o.account_id, "message.dropped",
		    json_pack("{so}", "message", nvr_register_id(id)), err);
	return nvr_store_end(s->store, rc, err);
}

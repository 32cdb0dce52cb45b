/* A recorder reports; see remote.h. */
#include <string.h>

#include "base/time.h"
#include "core/remote_int.h"
#include "store/restrict.h"
#include "store/telemetry.h"

/* Measuring and sending take a while. */
#define TAKES NVR_MINUTE

static int
check_state(struct nvr_hearing *h)
{
	if (strcmp(h->row->state, "revoked") == 0)
		return nvr_remote_refuse(h->refusal, NVR_BEAT_REVOKED,
		    "nothing of it is taken any more");
	if (strcmp(h->row->state, "active") != 0)
		return nvr_remote_refuse(h->refusal, NVR_BEAT_WAITING,
		    "'nvr-account recorder approve' lets it in");
	return 0;
}

static int
check_bar(struct nvr_hearing *h)
{
	enum nvr_bar bar = NVR_BAR_NONE;
	int rc = nvr_barred(h->s->store, h->row->account_id, &bar, h->err);

	if (rc != 0 || bar == NVR_BAR_NONE)
		return rc;
	/* Without a time to wait: once it is lifted the next is heard. */
	return nvr_remote_refuse(
	    h->refusal, NVR_BEAT_BUSY, "%s", nvr_bar_reason(bar));
}

/* Than the one that was heard last. */
static bool
is_another_machine(const struct nvr_hearing *h)
{
	const struct nvr_remote *r = h->row;
	const uint8_t *last = r->has_moved ? r->moved : r->fingerprint;

	return memcmp(h->beat.fingerprint, last, sizeof(r->fingerprint)) != 0 ||
	       nvr_hearing_is_behind(h);
}

/*
 * Two machines with one key may report in the same second each time: both are
 * heard, so that they are found.  And a report that a clock which was set back
 * has taken later than now holds nobody up.
 */
static int
check_pace(struct nvr_hearing *h)
{
	int64_t since = h->received - h->row->seen_at;

	if (since < 0 || since >= NVR_REMOTE_PACE || is_another_machine(h))
		return 0;
	h->refusal->retry = NVR_REMOTE_PACE - since;
	return nvr_remote_refuse(h->refusal, NVR_BEAT_TOO_OFTEN,
	    "a report of it was taken less than a second ago");
}

/* That it is of now. */
static int
check_report(struct nvr_hearing *h)
{
	const struct nvr_beat_report *b = &h->beat.report;

	if (b->sequence != h->m->sequence)
		return nvr_remote_refuse(h->refusal, NVR_BEAT_MALFORMED,
		    "report.sequence is not the one that was signed");
	if (b->at < h->r->now - NVR_SKEW - TAKES ||
	    b->at > h->r->now + NVR_TELEMETRY_AHEAD)
		return nvr_remote_refuse(h->refusal, NVR_BEAT_SKEW,
		    "report.at is not a time of now");
	return 0;
}

static int
check(struct nvr_hearing *h, struct nvr_http_message *m)
{
	uint8_t key[NVR_REMOTE_KEY];
	int rc = nvr_remote_read(h->r, m, key, h->refusal, h->err);

	if (rc == 0)
		rc = nvr_remote_by_key(h->s->store, key, &h->row, h->err);
	if (rc == NVR_E_NOENT)
		return nvr_remote_refuse(h->refusal, NVR_BEAT_UNKNOWN,
		    "it was never enrolled here, or was revoked long ago");
	if (rc == 0)
		rc = nvr_remote_prove(h->r, m, key, h->refusal, h->err);
	if (rc == 0)
		rc = check_state(h);
	if (rc == 0)
		rc = nvr_remote_late(h->r, m, h->refusal);
	if (rc != 0)
		return rc;
	rc = nvr_beat_parse(m->body, m->len, &h->beat, h->err);
	if (rc == NVR_E_DATA)
		return nvr_remote_refuse(
		    h->refusal, NVR_BEAT_MALFORMED, "%s", h->err->text);
	return rc == 0 ? check_report(h) : rc;
}

/* As it is now that nobody else writes. */
static int
again(struct nvr_hearing *h)
{
	struct nvr_remote *now = NULL;
	int rc = nvr_remote_get(h->s->store, h->row->id, &now, h->err);

	if (rc == NVR_E_NOENT)
		return nvr_remote_refuse(
		    h->refusal, NVR_BEAT_UNKNOWN, "it is gone by now");
	if (rc != 0)
		return rc;
	nvr_remote_free(h->row);
	h->row = now;
	rc = check_state(h);
	if (rc == 0 && (int64_t)h->m->sequence <= now->sequence) {
		h->refusal->sequence = (uint64_t)now->sequence;
		rc = nvr_remote_refuse(h->refusal, NVR_BEAT_REPLAYED,
		    "a report with this sequence, or a greater one, was taken "
		    "before");
	}
	if (rc == 0)
		rc = check_pace(h);
	return rc == 0 ? check_bar(h) : rc;
}

static int
transact(struct nvr_hearing *h, int64_t began)
{
	int rc = nvr_store_begin(h->s->store, h->err);

	if (rc != 0)
		return rc;
	/* What came since is told by it, also if we had to wait. */
	h->received = h->r->now + (nvr_time_monotonic() - began);
	rc = again(h);
	if (rc == 0)
		rc = nvr_hearing_enter(h);
	if (rc == 0)
		rc = nvr_hearing_answer(h);
	return nvr_store_end(h->s->store, rc, h->err);
}

int
nvr_remote_hear(struct nvr_state *s, const struct nvr_remote_request *r,
    struct nvr_beat_answer *ret, struct nvr_beat_refusal *refusal,
    struct nvr_error *err)
{
	int64_t began = nvr_time_monotonic();
	struct nvr_http_message m;
	struct nvr_hearing h = {.s = s,
	    .r = r,
	    .m = &m,
	    .ret = ret,
	    .refusal = refusal,
	    .err = err};
	int rc;

	*ret = (struct nvr_beat_answer){0};
	rc = check(&h, &m);
	if (rc == 0 && h.row != NULL) /* which check() has found */
		rc = transact(&h, began);
	nvr_beat_release(&h.beat);
	nvr_remote_free(h.row);
	return nvr_remote_told(rc, r, refusal);
}

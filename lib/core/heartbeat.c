/* One heartbeat of a recorder; see heartbeat.h. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "core/fingerprint.h"
#include "core/heartbeat_int.h"
#include "core/keyfile.h"

void
nvr_beating_note(const struct nvr_beating *b, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (b->h->note != NULL)
		b->h->note(b->h->ctx, text);
}

/* In the caller's transaction. */
static int
wait_in_line(struct nvr_beating *b)
{
	struct nvr_buf text = {0};
	int64_t before = b->m.report.at - b->h->keep_us;
	int rc = nvr_beat_report_write(&b->m.report, &text, b->err);

	if (rc == 0)
		rc = nvr_unsent_put(b->s->store, b->row.sequence,
		    b->m.report.at, text.data, b->err);
	if (rc == 0)
		rc = nvr_unsent_trim(
		    b->s->store, before, b->h->keep_bytes, b->err);
	nvr_buf_release(&text);
	return rc;
}

/* Ahead of sending: no number is ever used twice, and no report is lost. */
static int
keep(struct nvr_beating *b)
{
	int rc = nvr_store_begin(b->s->store, b->err);

	if (rc != 0)
		return rc;
	rc = wait_in_line(b);
	b->row.tried_at = b->m.report.at;
	if (rc == 0)
		rc = nvr_enrolment_put(b->s->store, &b->row, b->err);
	if (rc == 0)
		rc = nvr_measure_keep(b->s, &b->m, b->err);
	return nvr_store_end(b->s->store, rc, b->err);
}

/*
 * A disk that is full, or takes nothing any more, is what a portal should hear
 * of: the report goes, though nothing remembers it but the lock's file.  The
 * store is let go: on a full disk who has it has it alone.
 */
static int
keep_or_not(struct nvr_beating *b)
{
	struct nvr_error ignored;
	int rc = keep(b);

	if (rc != NVR_E_IO && rc != NVR_E_PERMISSION)
		return rc;
	nvr_beating_note(b, "%s: this report is not kept", b->err->text);
	nvr_beating_note_number(b);
	nvr_unsent_count(b->s->store, &b->ret->waiting, &ignored);
	nvr_store_close(b->s->store);
	b->s->store = NULL;
	return 0;
}

/* Under another number, since the portal had one above it. */
static int
renumber(struct nvr_beating *b, uint64_t above)
{
	uint64_t was = b->row.sequence;
	int rc = nvr_beating_number(b, above);

	if (rc == 0 && b->s->store == NULL)
		nvr_beating_note_number(b);
	if (rc != 0 || b->s->store == NULL)
		return rc;
	rc = nvr_store_begin(b->s->store, b->err);
	if (rc != 0)
		return rc;
	rc = nvr_unsent_drop(b->s->store, was, b->err);
	if (rc == 0)
		rc = wait_in_line(b);
	if (rc == 0)
		rc = nvr_enrolment_put(b->s->store, &b->row, b->err);
	return nvr_store_end(b->s->store, rc, b->err);
}

/* One that cannot be read goes with them, to nobody. */
static int
add_late(void *ctx, uint64_t sequence, const char *report)
{
	struct nvr_beating *b = ctx;
	struct nvr_error ignored;
	struct nvr_beat_report r;

	if (nvr_beat_report_parse(report, &r, &ignored) != 0)
		r.sequence = 0;
	b->late[b->nlate] = r;
	b->late_row[b->nlate++] = sequence;
	return 0;
}

static int
compose(struct nvr_beating *b, struct nvr_buf *body)
{
	struct nvr_beat_report late[NVR_BEAT_LATE];
	struct nvr_beat x = {.report = b->m.report,
	    .agent = NVR_VERSION,
	    .interval = nvr_enrolment_interval(b->s),
	    .started_at = b->m.started_at,
	    .settings = b->row.version,
	    .previous = b->previous,
	    .camera = b->m.camera,
	    .ncameras = b->m.ncameras,
	    .tells_inventory = b->told,
	    .inventory = b->m.inventory,
	    .ninventory = b->told ? b->m.ncameras : 0,
	    .late = late};
	int rc = nvr_fingerprint(b->h->root, x.fingerprint, b->err);

	for (size_t i = 0; i < b->nlate; i++)
		if (b->late[i].sequence != 0)
			late[x.nlate++] = b->late[i];
	return rc == 0 ? nvr_beat_write(&x, body, b->err) : rc;
}

static int
post(struct nvr_beating *b, const struct nvr_uplink *u,
    struct nvr_uplink_answer *a)
{
	struct nvr_buf body = {0};
	int rc = compose(b, &body);

	/* With less of it there is room. */
	if (rc == NVR_E_DATA && b->nlate > 0) {
		b->nlate = 0;
		nvr_buf_release(&body);
		rc = compose(b, &body);
	}
	if (rc == NVR_E_DATA && b->told) {
		nvr_beating_note(b,
		    "what there is to tell of %zu cameras is too much: the "
		    "portal is not told of them",
		    b->m.ncameras);
		b->told = false;
		nvr_buf_release(&body);
		rc = compose(b, &body);
	}
	if (rc == 0)
		rc = nvr_uplink_post(
		    u, "/api/v1/heartbeat", b->row.sequence, &body, a, b->err);
	nvr_buf_release(&body);
	return rc;
}

/* Once more where only the number was wrong: after a restored backup. */
static int
converse(struct nvr_beating *b, const struct nvr_uplink *u,
    struct nvr_beat_answer *answer)
{
	struct nvr_uplink_answer a = {0};
	int rc = post(b, u, &a);

	if (rc == 0 && !a.taken && a.refusal.problem == NVR_BEAT_REPLAYED &&
	    a.refusal.sequence >= b->row.sequence) {
		rc = renumber(b, a.refusal.sequence);
		if (rc == 0)
			rc = post(b, u, &a);
	}
	if (rc == 0 && !a.taken) {
		if (a.refusal.retry > 0)
			b->row.wait_until = b->m.report.at + a.refusal.retry;
		if (a.refusal.problem == NVR_BEAT_TOO_LARGE)
			b->row.late = (int64_t)(b->nlate / 2);
		rc = nvr_uplink_refused(u, &a.refusal, nvr_time_now(), b->err);
	}
	if (rc == 0) {
		rc = nvr_beat_answer_parse(
		    a.body.data, a.body.len, answer, b->err);
		if (rc != 0)
			nvr_prefix(b->err, "%s: its answer", b->row.url);
	}
	nvr_buf_release(&a.body);
	return rc;
}

/* Why it failed stands in the store, for `status`. */
static int
failed(struct nvr_beating *b)
{
	struct nvr_error lost;
	int rc;

	if (b->s->store == NULL || nvr_store_begin(b->s->store, &lost) != 0)
		return b->err->code;
	strlcpy(b->row.error, b->err->text, sizeof(b->row.error));
	rc = nvr_enrolment_put(b->s->store, &b->row, &lost);
	nvr_store_end(b->s->store, rc, &lost);
	return b->err->code;
}

static int
send_it(struct nvr_beating *b)
{
	uint8_t seed[NVR_ACCOUNT_KEY_LEN];
	const struct nvr_uplink u = {.url = b->row.url,
	    .pin = b->row.pin,
	    .tls_ca = b->row.tls_ca,
	    .seed = seed,
	    .deadline = b->h->deadline};
	struct nvr_beat_answer answer = {0};
	int64_t take = b->row.late;
	int rc = nvr_key_file(b->s, "recorder", false, seed, b->err);

	if (rc == NVR_E_NOENT)
		rc = nvr_fail(b->err, rc,
		    "the key '%s/keys/recorder' is not there: put it back from "
		    "its backup, or nvr-heartbeat leave and enrol anew",
		    b->s->dir);
	if (rc == 0)
		rc = nvr_beating_inventory(b);
	b->told =
	    !b->row.told || memcmp(b->row.inventory, b->inventory, 32) != 0;
	if (b->told && b->m.beyond > 0)
		nvr_beating_note(b,
		    "a portal is told of %d cameras at the most: %lld are left "
		    "out",
		    NVR_BEAT_CAMERAS, (long long)b->m.beyond);
	if (rc == 0 && take > 0 && b->s->store != NULL)
		rc = nvr_unsent_each(b->s->store, b->row.sequence,
		    take < NVR_BEAT_LATE ? take : NVR_BEAT_LATE, add_late, b,
		    b->err);
	/* Unless it is taken the next goes alone. */
	b->row.late = 0;
	b->row.wait_until = 0;
	if (rc == 0)
		rc = converse(b, &u, &answer);
	explicit_bzero(seed, sizeof(seed));
	rc = rc == 0 ? nvr_beating_taken(b, &answer) : failed(b);
	nvr_beat_answer_release(&answer);
	return rc;
}

int
nvr_heartbeat(struct nvr_state *s, const struct nvr_heartbeat *h,
    struct nvr_heartbeat_done *ret, struct nvr_error *err)
{
	struct nvr_beating b = {.s = s, .h = h, .ret = ret, .err = err};
	char until[NVR_TIME_TEXT];
	struct nvr_error ignored;
	int64_t left;
	int rc;

	*ret = (struct nvr_heartbeat_done){0};
	rc = nvr_enrolment_get(s->store, &b.row, err);
	if (rc != 0)
		return rc;
	rc = nvr_measure(s, h->root, nvr_time_now(), &b.m, err);
	if (rc == 0)
		rc = nvr_beating_number(&b, 0);
	if (rc == 0)
		rc = keep_or_not(&b);
	left = b.row.wait_until - b.m.report.at;
	if (rc == 0 && !h->urgent && left > 0 && left <= NVR_HEARTBEAT_WAIT)
		rc = nvr_fail(err, NVR_E_AGAIN,
		    "the portal wants to be left alone until %s: --now asks it "
		    "all the same",
		    nvr_time_format(b.row.wait_until, until));
	else if (rc == 0)
		rc = send_it(&b);
	if (s->store != NULL)
		nvr_unsent_count(s->store, &ret->waiting, &ignored);
	nvr_measure_release(&b.m);
	return rc;
}

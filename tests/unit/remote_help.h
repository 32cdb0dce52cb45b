/* Recorders elsewhere, as they talk to the portal of this store. */
#ifndef TESTS_REMOTE_HELP_H
#define TESTS_REMOTE_HELP_H

#include "account_help.h"
#include "base/id.h"
#include "core/remote.h"
#include "core/site.h"
#include "store/db.h"

#define HOST "portal.example"
#define SECRET "rtsp://admin:orchid-42@192.0.2.9/1"

struct machine {
	uint8_t seed[NVR_SIGN_KEY_LEN];
	uint8_t fingerprint[NVR_FINGERPRINT];
	uint64_t last; /* the sequence that it used */
	int64_t id;
	struct nvr_age_identity box;
};

static int64_t account, site, now;
static struct nvr_beat_refusal refusal;
static struct nvr_beat_answer answer;
static struct nvr_beat_enrolled enrolled;
static struct nvr_beat beat; /* what say() says */
static struct nvr_beat_camera cameras[2];

static inline struct machine
machine(uint8_t n)
{
	struct machine m = {.seed = {n}, .fingerprint = {n}};

	ok(nvr_age_identity_generate(&m.box, &err));
	return m;
}

static inline int
make_portal(void **state)
{
	struct nvr_site_change c = NVR_SITE_NO_CHANGE;
	int rc = make(state);

	if (rc != 0)
		return rc;
	account = add("jane@example.org");
	c.name = "home", c.jurisdiction = "DE";
	c.retain_us = 30 * NVR_DAY, c.retain_bytes = 1 << 30;
	ok(nvr_site_add(s, account, &c, &err));
	site = sql("nvr.db", "SELECT id FROM site");
	now = nvr_time_now() / NVR_SECOND * NVR_SECOND; /* as the wire has it */
	return 0;
}

/* A request, signed at that time. */
static inline struct nvr_http_signature
sign(const struct machine *m, struct nvr_http_message *msg, const char *path,
    const struct nvr_buf *body, uint64_t sequence, int64_t at)
{
	struct nvr_http_signature sig = {0};

	*msg = (struct nvr_http_message){.method = "POST",
	    .authority = HOST,
	    .path = path,
	    .body = body->data,
	    .len = body->len,
	    .sequence = sequence,
	    .created = at};
	ok(nvr_httpsig_sign(m->seed, msg, &sig, &err));
	return sig;
}

static inline enum nvr_beat_problem
enrol_with(struct machine *m, const char *code)
{
	struct nvr_beat_enrol e = {
	    .code = code, .agent = "nvr 0.1", .interval = NVR_MINUTE};
	char box[NVR_AGE_RECIPIENT_TEXT];
	struct nvr_http_signature sig;
	struct nvr_http_message msg;
	struct nvr_buf body = {0};
	struct nvr_remote_request r = {
	    &msg, &sig, .address = "192.0.2.7", .now = now};

	nvr_age_recipient_format(&m->box.recipient, box);
	e.box = box;
	memcpy(e.fingerprint, m->fingerprint, sizeof(e.fingerprint));
	ok(nvr_beat_enrol_write(&e, &body, &err));
	m->last = (uint64_t)(now / NVR_MILLISECOND) > m->last
		      ? (uint64_t)(now / NVR_MILLISECOND)
		      : m->last + 1;
	sig = sign(m, &msg, "/api/v1/enrol", &body, m->last, now);
	enrolled = (struct nvr_beat_enrolled){0};
	ok(nvr_remote_enrol(s, &r, &enrolled, &refusal, &err));
	if (refusal.problem == NVR_BEAT_FINE)
		m->id = enrolled.recorder;
	nvr_buf_release(&body);
	return refusal.problem;
}

static inline struct machine
enrol(uint8_t n)
{
	struct machine m = machine(n);
	char code[NVR_CODE_TEXT];

	ok(nvr_remote_invite(s, site, 0, code, &err));
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_FINE);
	return m;
}

/* What all is well looks like; `beat` may be changed before it is said. */
static inline void
prepare(const struct machine *m)
{
	cameras[0] = (struct nvr_beat_camera){7, "recording", now, 0};
	cameras[1] = (struct nvr_beat_camera){8, "lost", 0, 3};
	beat = (struct nvr_beat){.report = {.at = now,
				     .cpu = 10,
				     .memory = 20,
				     .load = 0.5,
				     .temperature = 40,
				     .disk_free = 50,
				     .disk_free_bytes = 1 << 20,
				     .uptime = NVR_DAY,
				     .clock = 1000,
				     .cameras = 2,
				     .cameras_down = 1},
	    .agent = "nvr 0.1",
	    .interval = NVR_MINUTE,
	    .started_at = now - NVR_DAY,
	    .camera = cameras,
	    .ncameras = 2,
	    .previous = m->last};
	memcpy(beat.fingerprint, m->fingerprint, sizeof(beat.fingerprint));
}

/* The present beat, signed for `at` and heard at now. */
static inline int
try_say(struct machine *m, int64_t at)
{
	struct nvr_http_signature sig;
	struct nvr_http_message msg;
	struct nvr_buf body = {0};
	struct nvr_remote_request r = {
	    &msg, &sig, .address = "192.0.2.7", .now = now};
	int rc;

	m->last = (uint64_t)(at / NVR_MILLISECOND) > m->last
		      ? (uint64_t)(at / NVR_MILLISECOND)
		      : m->last + 1;
	beat.report.sequence = m->last;
	ok(nvr_beat_write(&beat, &body, &err));
	sig = sign(m, &msg, "/api/v1/heartbeat", &body, m->last, at);
	nvr_beat_answer_release(&answer);
	rc = nvr_remote_hear(s, &r, &answer, &refusal, &err);
	nvr_buf_release(&body);
	return rc;
}

static inline enum nvr_beat_problem
say(struct machine *m)
{
	ok(try_say(m, now));
	return refusal.problem;
}

/* A beat a minute later, of which nothing is special. */
static inline enum nvr_beat_problem
beat_of(struct machine *m)
{
	now += NVR_MINUTE;
	prepare(m);
	return say(m);
}

static inline int
end_portal(void **state)
{
	nvr_beat_answer_release(&answer);
	return end(state);
}

static inline int64_t
reports(void)
{
	return sql("nvr.db", "SELECT COUNT(*) FROM telemetry");
}

/* What opens a camera, sealed to the recorder. */
static inline struct nvr_buf
sealed_to(const struct nvr_age_recipient *to, const char *text)
{
	struct nvr_buf out = {0};

	ok(nvr_age_seal(to, 1, text, strlen(text), &out, &err));
	return out;
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_portal, end_portal)

#endif

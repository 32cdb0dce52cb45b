/* A recorder's tie to a portal; see enrolment.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/time.h"
#include "core/changes.h"
#include "core/enrolment.h"
#include "core/fingerprint.h"
#include "core/keyfile.h"
#include "core/log.h"
#include "core/uplink.h"

#define KEY "recorder"
#define CODE_MAX 64

static void
key_path(const struct nvr_state *s, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/keys/" KEY, s->dir);
}

static int
drop_key(const struct nvr_state *s, struct nvr_error *err)
{
	char path[PATH_MAX];

	key_path(s, path);
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	return nvr_fail_errno(err, 0, "cannot delete '%s'", path);
}

static int
check(const struct nvr_enrolling *e, struct nvr_enrolment *row,
    struct nvr_error *err)
{
	int rc = nvr_uplink_check(e->url, row->url, sizeof(row->url), err);

	if (rc == 0 && e->pin[0] != '\0')
		rc = nvr_uplink_check_pin(e->pin, err);
	if (rc == 0 &&
	    strlcpy(row->pin, e->pin, sizeof(row->pin)) >= sizeof(row->pin))
		rc = nvr_fail(err, NVR_E_USAGE, "these are too many pins");
	if (rc == 0 && (e->code[0] == '\0' || strlen(e->code) > CODE_MAX ||
			   !nvr_text_printable(e->code)))
		rc = nvr_fail(err, NVR_E_USAGE,
		    "that is no code, as nvr-account recorder invite makes "
		    "one");
	if (rc != 0 || e->tls_ca[0] == '\0')
		return rc;
	if (e->tls_ca[0] != '/' || !nvr_text_printable(e->tls_ca) ||
	    strlcpy(row->tls_ca, e->tls_ca, sizeof(row->tls_ca)) >=
		sizeof(row->tls_ca))
		return nvr_fail(err, NVR_E_USAGE,
		    "the file of authorities is to be named by its whole "
		    "path, since it is read each time");
	return 0;
}

int
nvr_enrol_check(const struct nvr_enrolling *e, struct nvr_error *err)
{
	struct nvr_enrolment row = {0};

	return check(e, &row, err);
}

static int
describe(struct nvr_state *s, const struct nvr_enrolling *e,
    struct nvr_buf *body, struct nvr_error *err)
{
	char box[NVR_AGE_RECIPIENT_TEXT];
	struct nvr_beat_enrol x = {.code = e->code,
	    .box = box,
	    .agent = NVR_VERSION,
	    .interval = nvr_enrolment_interval(s)};
	const struct nvr_age_identity *id;
	int rc = nvr_state_box(s, &id, err);

	if (rc == 0)
		rc = nvr_fingerprint(e->root, x.fingerprint, err);
	if (rc != 0)
		return rc;
	nvr_age_recipient_format(&id->recipient, box);
	return nvr_beat_enrol_write(&x, body, err);
}

/* The portal's word is no more than a row; the row stays after power loss. */
static int
enter(
    struct nvr_state *s, const struct nvr_enrolment *row, struct nvr_error *err)
{
	int rc = nvr_store_durable(s->store, err);

	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	rc = nvr_enrolment_put(s->store, row, err);
	if (rc == 0)
		rc = nvr_log_append(s, 0, "portal.enrolled",
		    json_pack("{s:o, s:o}", "portal",
			nvr_change_value(row->url), "recorder",
			nvr_change_id(row->recorder)),
		    err);
	return nvr_store_end(s->store, rc, err);
}

/* *refused: there is nobody by this key there who could have that code. */
static int
ask(struct nvr_state *s, const struct nvr_enrolling *e,
    struct nvr_enrolment *row, struct nvr_beat_enrolled *ret, bool *refused,
    struct nvr_error *err)
{
	uint8_t seed[NVR_ACCOUNT_KEY_LEN];
	const struct nvr_uplink u = {.url = row->url,
	    .pin = row->pin,
	    .tls_ca = row->tls_ca,
	    .seed = seed,
	    .deadline = e->deadline};
	struct nvr_uplink_answer a = {0};
	struct nvr_buf body = {0};
	int rc = nvr_key_file(s, KEY, true, seed, err);

	if (rc == 0)
		rc = describe(s, e, &body, err);
	row->enrolled_at = nvr_time_now();
	row->sequence = (uint64_t)(row->enrolled_at / NVR_MILLISECOND);
	if (rc == 0)
		rc = nvr_uplink_post(
		    &u, "/api/v1/enrol", row->sequence, &body, &a, err);
	*refused = rc == 0 && !a.taken &&
		   (a.refusal.problem == NVR_BEAT_CODE ||
		       a.refusal.problem == NVR_BEAT_REVOKED);
	if (rc == 0 && !a.taken)
		rc = nvr_uplink_refused(&u, &a.refusal, nvr_time_now(), err);
	if (rc == 0)
		rc = nvr_beat_enrolled_parse(a.body.data, a.body.len, ret, err);
	explicit_bzero(seed, sizeof(seed));
	nvr_buf_wipe(&body);
	nvr_buf_release(&a.body);
	row->recorder = ret->recorder;
	row->replaces = ret->replaces;
	return rc;
}

/*
 * By the key that is left of one whose answer was lost, since the portal may
 * have entered that; and by another one where it does not take this code of it.
 */
static int
ask_by_key(struct nvr_state *s, const struct nvr_enrolling *e,
    struct nvr_enrolment *row, struct nvr_beat_enrolled *ret,
    struct nvr_error *err)
{
	struct nvr_error ignored;
	bool left, refused;
	char path[PATH_MAX];
	int rc;

	key_path(s, path);
	do {
		left = access(path, F_OK) == 0;
		rc = ask(s, e, row, ret, &refused, err);
	} while (refused && drop_key(s, &ignored) == 0 && left);
	return rc;
}

int
nvr_enrol(struct nvr_state *s, const struct nvr_enrolling *e,
    struct nvr_beat_enrolled *ret, struct nvr_error *err)
{
	struct nvr_enrolment row = {0}, was;
	int rc = check(e, &row, err);

	*ret = (struct nvr_beat_enrolled){0};
	if (rc != 0)
		return rc;
	rc = nvr_enrolment_get(s->store, &was, err);
	if (rc == 0)
		return nvr_fail(err, NVR_E_CREATE,
		    "this recorder is enrolled at '%s' already: nvr-heartbeat "
		    "leave ends that",
		    was.url);
	if (rc == NVR_E_NOENT)
		rc = ask_by_key(s, e, &row, ret, err);
	return rc == 0 ? enter(s, &row, err) : rc;
}

int
nvr_leave(struct nvr_state *s, struct nvr_error *err)
{
	struct nvr_enrolment row;
	int rc = nvr_enrolment_get(s->store, &row, err);

	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	rc = nvr_enrolment_drop(s->store, err);
	if (rc == 0)
		rc = nvr_log_append(s, 0, "portal.left",
		    json_pack("{s:o}", "portal", nvr_change_value(row.url)),
		    err);
	rc = nvr_store_end(s->store, rc, err);
	return rc == 0 ? drop_key(s, err) : rc;
}

/* The request that enrols a recorder, and its answer, as JSON; see beat.h. */
#include <string.h>

#include "base/time.h"
#include "core/beat_int.h"
#include "store/telemetry.h"

#define CODE_MAX 64
#define BOX_MAX 64 /* age1…, 62 */

int
nvr_beat_interval(const json_t *o, int64_t *ret, struct nvr_error *err)
{
	int rc = nvr_beat_ms(o, "", "interval_ms", NVR_DAY, ret, err);

	if (rc == 0 && *ret < NVR_SECOND)
		rc = nvr_beat_wrong(
		    err, "", "interval_ms", "is less than a second");
	return rc;
}

int
nvr_beat_enrol_write(
    const struct nvr_beat_enrol *e, struct nvr_buf *out, struct nvr_error *err)
{
	json_t *o = json_object();
	int bad = 0;

	bad |= json_object_set_new(o, "code", json_string(e->code));
	bad |= json_object_set_new(o, "box", json_string(e->box));
	bad |= json_object_set_new(o, "fingerprint",
	    nvr_beat_hex_json(e->fingerprint, sizeof(e->fingerprint)));
	bad |= json_object_set_new(o, "agent", json_string(e->agent));
	bad |= json_object_set_new(
	    o, "interval_ms", json_integer(e->interval / NVR_MILLISECOND));
	return nvr_beat_dump(o, bad != 0, NVR_BEAT_MAX, out, err);
}

int
nvr_beat_enrol_parse(const void *body, size_t len, struct nvr_beat_enrol *ret,
    struct nvr_error *err)
{
	static const char *const known[] = {
	    "code", "box", "fingerprint", "agent", "interval_ms", NULL};
	int rc;

	*ret = (struct nvr_beat_enrol){0};
	rc = nvr_beat_load(body, len, NVR_BEAT_MAX, &ret->raw, err);
	if (rc == 0)
		rc = nvr_beat_members(ret->raw, "", known, err);
	if (rc == 0)
		rc = nvr_beat_text(
		    ret->raw, "", "code", CODE_MAX, false, &ret->code, err);
	if (rc == 0)
		rc = nvr_beat_text(
		    ret->raw, "", "box", BOX_MAX, false, &ret->box, err);
	if (rc == 0)
		rc = nvr_beat_hex(ret->raw, "fingerprint", ret->fingerprint,
		    sizeof(ret->fingerprint), err);
	if (rc == 0)
		rc = nvr_beat_text(ret->raw, "", "agent", NVR_TELEMETRY_AGENT,
		    false, &ret->agent, err);
	return rc == 0 ? nvr_beat_interval(ret->raw, &ret->interval, err) : rc;
}

void
nvr_beat_enrol_release(struct nvr_beat_enrol *e)
{
	json_decref(e->raw);
	*e = (struct nvr_beat_enrol){0};
}

int
nvr_beat_enrolled_write(const struct nvr_beat_enrolled *e, struct nvr_buf *out,
    struct nvr_error *err)
{
	json_t *o = json_object();
	int bad = 0;

	bad |=
	    json_object_set_new(o, "recorder", nvr_beat_id_json(e->recorder));
	bad |= json_object_set_new(o, "waits", json_boolean(e->waits));
	bad |= json_object_set_new(o, "replaces", json_boolean(e->replaces));
	bad |= json_object_set_new(o, "now", nvr_beat_time_json(e->now));
	return nvr_beat_dump(o, bad != 0, NVR_BEAT_MAX, out, err);
}

int
nvr_beat_enrolled_parse(const void *body, size_t len,
    struct nvr_beat_enrolled *ret, struct nvr_error *err)
{
	static const char *const known[] = {
	    "recorder", "waits", "replaces", "now", NULL};
	json_t *o = NULL;
	int rc = nvr_beat_load(body, len, NVR_BEAT_MAX, &o, err);

	*ret = (struct nvr_beat_enrolled){0};
	if (rc == 0)
		rc = nvr_beat_members(o, "", known, err);
	if (rc == 0)
		rc = nvr_beat_id(o, "", "recorder", &ret->recorder, err);
	if (rc == 0)
		rc = nvr_beat_flag(o, "", "waits", &ret->waits, err);
	if (rc == 0)
		rc = nvr_beat_flag(o, "", "replaces", &ret->replaces, err);
	if (rc == 0)
		rc = nvr_beat_time(o, "", "now", &ret->now, err);
	json_decref(o);
	return rc;
}

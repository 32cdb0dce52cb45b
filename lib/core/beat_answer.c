/* What a portal answers, and what it refuses, as JSON; see beat.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "core/beat_int.h"
#include "seal/httpsig.h"

int
nvr_beat_answer_write(
    const struct nvr_beat_answer *a, struct nvr_buf *out, struct nvr_error *err)
{
	json_t *o = json_object();
	int bad = 0;

	bad |= json_object_set_new(o, "now", nvr_beat_time_json(a->now));
	bad |= json_object_set_new(
	    o, "sequence", json_integer((json_int_t)a->sequence));
	bad |= json_object_set_new(
	    o, "wants_inventory", json_boolean(a->wants_inventory));
	bad |= json_object_set_new(o, "moved", json_boolean(a->moved));
	bad |= json_object_set_new(o, "late", json_integer(a->late));
	bad |= json_object_set_new(
	    o, "settings", nvr_beat_settings_json(&a->settings));
	if (a->ninherited > 0)
		bad |= json_object_set_new(o, "inherited",
		    nvr_beat_inventory_json(a->inherited, a->ninherited));
	return nvr_beat_dump(o, bad != 0, NVR_BEAT_ANSWER_MAX, out, err);
}

/* What cannot be is left, and costs nothing but the settings. */
static int
read_settings(struct nvr_beat_answer *ret, struct nvr_error *err)
{
	int rc = nvr_beat_missing(ret->raw, "", "settings", err);

	if (rc == 0 &&
	    nvr_beat_settings_read(json_object_get(ret->raw, "settings"),
		&ret->settings, &ret->unset) != 0)
		ret->settings = (struct nvr_beat_settings){.version = 0};
	return rc;
}

static int
read_answer(struct nvr_beat_answer *ret, struct nvr_error *err)
{
	const json_t *o = ret->raw;
	int64_t sequence = 0, late = 0;
	int rc = nvr_beat_time(o, "", "now", &ret->now, err);

	if (rc == 0)
		rc = nvr_beat_missing(o, "", "sequence", err);
	if (rc == 0)
		rc = nvr_beat_whole(o, "", "sequence", 0,
		    (int64_t)NVR_HTTPSIG_SEQUENCE, &sequence, err);
	if (rc == 0)
		rc = nvr_beat_flag(
		    o, "", "wants_inventory", &ret->wants_inventory, err);
	if (rc == 0)
		rc = nvr_beat_flag(o, "", "moved", &ret->moved, err);
	if (rc == 0)
		rc = nvr_beat_missing(o, "", "late", err);
	if (rc == 0)
		rc =
		    nvr_beat_whole(o, "", "late", 0, NVR_BEAT_LATE, &late, err);
	ret->sequence = (uint64_t)sequence;
	ret->late = (int)late;
	return rc == 0 ? read_settings(ret, err) : rc;
}

int
nvr_beat_answer_parse(const void *body, size_t len, struct nvr_beat_answer *ret,
    struct nvr_error *err)
{
	static const char *const known[] = {"now", "sequence",
	    "wants_inventory", "moved", "late", "settings", "inherited", NULL};
	bool is_there;
	int rc;

	*ret = (struct nvr_beat_answer){0};
	rc = nvr_beat_load(body, len, NVR_BEAT_ANSWER_MAX, &ret->raw, err);
	if (rc == 0)
		rc = nvr_beat_members(ret->raw, "", known, err);
	if (rc == 0)
		rc = read_answer(ret, err);
	if (rc == 0)
		rc = nvr_buf_reserve(&ret->held, len, err);
	if (rc == 0)
		rc = nvr_beat_inventory_read(ret->raw, "inherited", &ret->held,
		    &ret->inherited, &ret->ninherited, &is_there, err);
	return rc;
}

void
nvr_beat_answer_release(struct nvr_beat_answer *a)
{
	free(a->inherited);
	json_decref(a->raw);
	nvr_buf_release(&a->held);
	*a = (struct nvr_beat_answer){0};
}

static const struct {
	int status;
	const char *word, *title;
} problems[NVR_BEAT_PROBLEMS] = {
    [NVR_BEAT_FINE] = {200, "fine", "it is fine"},
    [NVR_BEAT_MALFORMED] = {400, "malformed", "the request is malformed"},
    [NVR_BEAT_UNSIGNED] = {401, "unsigned", "the signature is not right"},
    [NVR_BEAT_UNKNOWN] = {401, "unknown", "no recorder has this key"},
    [NVR_BEAT_SKEW] = {401, "skew", "the clock is wrong"},
    [NVR_BEAT_CODE] = {403, "code", "the code is wrong or past its time"},
    [NVR_BEAT_REVOKED] = {403, "revoked", "the recorder was revoked"},
    [NVR_BEAT_WAITING] = {403, "waiting", "the recorder is not approved yet"},
    [NVR_BEAT_REPLAYED] = {409, "replayed", "the sequence was taken before"},
    [NVR_BEAT_TOO_LARGE] = {413, "too-large", "the request is too large"},
    [NVR_BEAT_HOST] = {421, "host", "this is no host of that name"},
    [NVR_BEAT_TOO_OFTEN] = {429, "too-often", "too many requests"},
    [NVR_BEAT_BUSY] = {503, "busy", "the portal cannot take it now"},
};

int
nvr_beat_status(enum nvr_beat_problem p)
{
	return p < NVR_BEAT_PROBLEMS ? problems[p].status : 500;
}

const char *
nvr_beat_word(enum nvr_beat_problem p)
{
	return p < NVR_BEAT_PROBLEMS ? problems[p].word : "";
}

const char *
nvr_beat_title(enum nvr_beat_problem p)
{
	return p < NVR_BEAT_PROBLEMS ? problems[p].title : "";
}

int
nvr_beat_refusal_write(const struct nvr_beat_refusal *r, struct nvr_buf *out,
    struct nvr_error *err)
{
	json_t *o = json_object();
	int bad = 0;

	if (r->problem >= NVR_BEAT_PROBLEMS) {
		json_decref(o);
		return nvr_fail(err, NVR_E_BUG, "no such refusal");
	}
	bad |= json_object_set_new(o, "type", json_string("about:blank"));
	bad |= json_object_set_new(
	    o, "title", json_string(problems[r->problem].title));
	bad |= json_object_set_new(
	    o, "status", json_integer(problems[r->problem].status));
	bad |= json_object_set_new(
	    o, "code", json_string(problems[r->problem].word));
	if (r->detail[0] != '\0')
		bad |= json_object_set_new(o, "detail", json_string(r->detail));
	if (r->now > 0)
		bad |=
		    json_object_set_new(o, "now", nvr_beat_time_json(r->now));
	if (r->sequence > 0)
		bad |= json_object_set_new(
		    o, "sequence", json_integer((json_int_t)r->sequence));
	if (r->retry > 0)
		bad |= json_object_set_new(
		    o, "retry_ms", json_integer(r->retry / NVR_MILLISECOND));
	return nvr_beat_dump(o, bad != 0, NVR_BEAT_MAX, out, err);
}

/* What is not as we write it is not told, RFC 9457, 3: its members are hints.
 */
static void
read_hints(const json_t *o, struct nvr_beat_refusal *ret)
{
	struct nvr_error ignored;
	int64_t sequence = 0, ms = 0;
	const char *detail = json_string_value(json_object_get(o, "detail"));

	nvr_text_safe(nvr_or_empty(detail), ret->detail, sizeof(ret->detail));
	if (nvr_beat_time(o, "", "now", &ret->now, &ignored) != 0)
		ret->now = 0;
	nvr_beat_whole(o, "", "sequence", 1, (int64_t)NVR_HTTPSIG_SEQUENCE,
	    &sequence, &ignored);
	nvr_beat_whole(
	    o, "", "retry_ms", 1, NVR_DAY / NVR_MILLISECOND, &ms, &ignored);
	ret->sequence = (uint64_t)sequence;
	ret->retry = ms * NVR_MILLISECOND;
}

int
nvr_beat_refusal_parse(const void *body, size_t len,
    struct nvr_beat_refusal *ret, struct nvr_error *err)
{
	const char *word;
	json_t *o = NULL;
	int rc = nvr_beat_load(body, len, NVR_BEAT_MAX, &o, err);
	int p = NVR_BEAT_MALFORMED;

	*ret = (struct nvr_beat_refusal){
	    .problem = NVR_BEAT_PROBLEMS, .title = ""};
	if (rc == 0)
		rc = nvr_beat_text(o, "", "code", 64, false, &word, err);
	if (rc == 0) {
		while (p < NVR_BEAT_PROBLEMS &&
		       strcmp(problems[p].word, word) != 0)
			p++;
		ret->problem = (enum nvr_beat_problem)p;
		ret->title = nvr_beat_title(ret->problem);
		read_hints(o, ret);
	}
	json_decref(o);
	return rc;
}

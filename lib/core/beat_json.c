/* Members of a heartbeat's JSON, read and written; see beat_int.h. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/beat_int.h"
#include "seal/digest.h"

#define LEVELS_MAX 16
/* jansson takes some 150 bytes for each; a heartbeat that is full has 5,000. */
#define VALUES_MAX 16384

/* Whether it is worth parsing: jansson itself goes 2,048 levels down. */
static bool
is_shallow(const char *p, size_t len)
{
	size_t values = 0;
	int depth = 0;
	bool in_text = false;

	for (size_t i = 0; i < len; i++) {
		if (in_text) {
			if (p[i] == '\\')
				i++;
			else
				in_text = p[i] != '"';
		} else if (p[i] == '"') {
			in_text = true;
		} else if (p[i] == '[' || p[i] == '{') {
			values++;
			depth++;
		} else if (p[i] == ']' || p[i] == '}') {
			depth--;
		} else if (p[i] == ',') {
			values++;
		}
		if (depth > LEVELS_MAX || values > VALUES_MAX)
			return false;
	}
	return true;
}

int
nvr_beat_load(const void *body, size_t len, size_t max, json_t **ret,
    struct nvr_error *err)
{
	json_t *o;

	if (body == NULL || len > max)
		return nvr_fail(
		    err, NVR_E_DATA, "it has more than %zu KiB", max / 1024);
	/* jansson skips one that follows a number. */
	if (memchr(body, '\0', len) != NULL)
		return nvr_fail(err, NVR_E_DATA, "a NUL is in it");
	if (!is_shallow(body, len))
		return nvr_fail(err, NVR_E_DATA,
		    "it is nested deeper than %d levels, or has too many "
		    "values",
		    LEVELS_MAX);
	o = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		return nvr_fail(err, NVR_E_DATA,
		    "it is no object of JSON, or has a member twice");
	}
	*ret = o;
	return 0;
}

int
nvr_beat_wrong(
    struct nvr_error *err, const char *where, const char *key, const char *what)
{
	char name[64];

	return nvr_fail(err, NVR_E_DATA, "%s%s%s %s", where,
	    where[0] != '\0' ? "." : "", nvr_text_safe(key, name, sizeof(name)),
	    what);
}

int
nvr_beat_missing(
    const json_t *o, const char *where, const char *key, struct nvr_error *err)
{
	return json_object_get(o, key) != NULL
		   ? 0
		   : nvr_beat_wrong(err, where, key, "is missing");
}

int
nvr_beat_members(const json_t *o, const char *where, const char *const *known,
    struct nvr_error *err)
{
	const char *key;
	json_t *v;

	if (!json_is_object(o))
		return nvr_beat_wrong(err, "", where, "is no object");
	json_object_foreach((json_t *)o, key, v)
	{
		const char *const *k = known;

		while (*k != NULL && strcmp(*k, key) != 0)
			k++;
		if (*k == NULL)
			return nvr_beat_wrong(
			    err, where, key, "is not in the schema");
	}
	return 0;
}

int
nvr_beat_text(const json_t *o, const char *where, const char *key, size_t max,
    bool optional, const char **ret, struct nvr_error *err)
{
	const json_t *v = json_object_get(o, key);
	const char *s = json_string_value(v);
	int rc = optional ? 0 : nvr_beat_missing(o, where, key, err);

	*ret = "";
	if (v == NULL)
		return rc;
	if (s == NULL || json_string_length(v) > max || !nvr_text_printable(s))
		return nvr_beat_wrong(
		    err, where, key, "is no text, or too long");
	if (!optional && s[0] == '\0')
		return nvr_beat_wrong(err, where, key, "is empty");
	*ret = s;
	return 0;
}

int
nvr_beat_whole(const json_t *o, const char *where, const char *key, int64_t min,
    int64_t max, int64_t *ret, struct nvr_error *err)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL)
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < min ||
	    json_integer_value(v) > max)
		return nvr_beat_wrong(
		    err, where, key, "is no number that it can be");
	*ret = json_integer_value(v);
	return 0;
}

int
nvr_beat_flag(const json_t *o, const char *where, const char *key, bool *ret,
    struct nvr_error *err)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_boolean(v))
		return nvr_beat_wrong(err, where, key, "is not true or false");
	*ret = json_is_true(v);
	return 0;
}

int
nvr_beat_ms(const json_t *o, const char *where, const char *key, int64_t max_us,
    int64_t *ret, struct nvr_error *err)
{
	int64_t ms = 0;
	int rc = nvr_beat_missing(o, where, key, err);

	if (rc == 0)
		rc = nvr_beat_whole(
		    o, where, key, 0, max_us / NVR_MILLISECOND, &ms, err);
	if (rc == 0)
		*ret = ms * NVR_MILLISECOND;
	return rc;
}

/* In the one form that we write. */
int
nvr_beat_time(const json_t *o, const char *where, const char *key, int64_t *ret,
    struct nvr_error *err)
{
	const json_t *v = json_object_get(o, key);
	const char *s = json_string_value(v);
	char again[NVR_TIME_TEXT];
	struct nvr_error ignored;
	int64_t t;

	if (s == NULL || strlen(s) >= sizeof(again) || s[0] == '\0' ||
	    strchr(s, 'T') == NULL || nvr_time_parse(s, 0, &t, &ignored) != 0 ||
	    t < 0 || t > NVR_TIME_MAX ||
	    strcmp(nvr_time_format(t, again), s) != 0)
		return nvr_beat_wrong(err, where, key,
		    "is no time such as 2026-11-21T08:00:00.000Z");
	*ret = t;
	return 0;
}

int
nvr_beat_id(const json_t *o, const char *where, const char *key, int64_t *ret,
    struct nvr_error *err)
{
	const char *s = json_string_value(json_object_get(o, key));
	char again[NVR_ID_TEXT];
	struct nvr_error ignored;
	int64_t id;

	if (s == NULL || nvr_id_parse(s, &id, &ignored) != 0 || id <= 0 ||
	    strcmp(nvr_id_format(id, again), s) != 0)
		return nvr_beat_wrong(err, where, key, "is no id");
	*ret = id;
	return 0;
}

int
nvr_beat_hex(const json_t *o, const char *key, uint8_t *ret, size_t len,
    struct nvr_error *err)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (s == NULL || strlen(s) != 2 * len || !nvr_hex_read(s, ret, len))
		return nvr_beat_wrong(
		    err, "", key, "is not as many hexadecimal digits");
	return 0;
}

int
nvr_beat_list(const json_t *o, const char *key, size_t max, json_t **ret,
    struct nvr_error *err)
{
	*ret = json_object_get(o, key);
	if (*ret == NULL ||
	    (json_is_array(*ret) && json_array_size(*ret) <= max))
		return 0;
	return nvr_beat_wrong(err, "", key, "is no list, or too long");
}

json_t *
nvr_beat_time_json(int64_t t)
{
	char text[NVR_TIME_TEXT];

	return json_string(nvr_time_format(t, text));
}

json_t *
nvr_beat_id_json(int64_t id)
{
	char text[NVR_ID_TEXT];

	return json_string(nvr_id_format(id, text));
}

json_t *
nvr_beat_hex_json(const uint8_t *data, size_t len)
{
	char hex[NVR_SHA256_HEX];

	if (len > NVR_SHA256_LEN)
		return NULL;
	nvr_hex(data, len, hex);
	return json_string(hex);
}

struct dump {
	struct nvr_buf *out;
	struct nvr_error *err;
	int rc;
};

static int
dump_some(const char *text, size_t len, void *ctx)
{
	struct dump *d = ctx;

	d->rc = nvr_buf_add(d->out, text, len, d->err);
	return d->rc;
}

int
nvr_beat_dump(
    json_t *o, bool bad, size_t max, struct nvr_buf *out, struct nvr_error *err)
{
	struct dump d = {out, err, 0};
	size_t before = out->len;

	/* Six digits: the same text again once it was read. */
	if (bad || o == NULL ||
	    (json_dump_callback(o, dump_some, &d,
		 JSON_COMPACT | JSON_REAL_PRECISION(6)) != 0 &&
		d.rc == 0))
		d.rc = nvr_fail_nomem(err);
	if (d.rc == 0 && out->len - before > max)
		d.rc = nvr_fail(
		    err, NVR_E_DATA, "it has more than %zu KiB", max / 1024);
	json_decref(o);
	return d.rc;
}

/* What of cameras changes seldom, as JSON; see beat.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/beat_int.h"
#include "seal/base64.h"

static int
set_secrets(json_t *o, const struct nvr_beat_inventory *c)
{
	struct nvr_buf text = {0};
	struct nvr_error ignored;
	int bad;

	if (c->secrets_len == 0)
		return 0;
	bad = nvr_base64_add(&text, c->secrets, c->secrets_len, &ignored);
	if (bad == 0)
		bad = json_object_set_new(o, "secrets", json_string(text.data));
	nvr_buf_release(&text);
	return bad;
}

/* What is empty is left out. */
static int
set_text(json_t *o, const char *key, const char *text)
{
	return text != NULL && text[0] != '\0'
		   ? json_object_set_new(o, key, json_string(text))
		   : 0;
}

json_t *
nvr_beat_inventory_json(const struct nvr_beat_inventory *list, size_t n)
{
	json_t *all = json_array(), *o;
	int bad = 0;

	for (size_t i = 0; i < n; i++) {
		const struct nvr_beat_inventory *c = &list[i];

		o = json_object();
		bad |= json_object_set_new(o, "id", nvr_beat_id_json(c->id));
		bad |= set_text(o, "name", c->name);
		bad |= set_text(o, "zone", c->zone);
		bad |= set_text(o, "manufacturer", c->manufacturer);
		bad |= set_text(o, "model", c->model);
		bad |= set_secrets(o, c);
		bad |= json_array_append_new(all, o);
	}
	if (bad == 0)
		return all;
	json_decref(all);
	return NULL;
}

/* Behind what is held already, which has room for it: nothing moves. */
static int
read_secrets(const json_t *o, const char *where, struct nvr_buf *held,
    struct nvr_beat_inventory *c, struct nvr_error *err)
{
	const json_t *v = json_object_get(o, "secrets");
	const char *s = json_string_value(v);
	size_t n = json_string_length(v), room = held->cap - held->len;
	int size;

	if (v == NULL)
		return 0;
	if (s == NULL || n < 4 || n % 4 != 0 ||
	    n / 4 * 3 > NVR_BEAT_SECRETS + 2 || n / 4 * 3 > room)
		return nvr_beat_wrong(
		    err, where, "secrets", "is no base64, or too long");
	if (s[n - 1] == '=')
		n -= s[n - 2] == '=' ? 2 : 1;
	size = nvr_base64_decode(s, n, (uint8_t *)held->data + held->len);
	if (size < 1 || size > NVR_BEAT_SECRETS)
		return nvr_beat_wrong(
		    err, where, "secrets", "is no base64, or too long");
	c->secrets = held->data + held->len;
	c->secrets_len = (size_t)size;
	held->len += (size_t)size;
	return 0;
}

static int
read_one(const json_t *o, const char *where, struct nvr_buf *held,
    struct nvr_beat_inventory *c, struct nvr_error *err)
{
	static const char *const known[] = {
	    "id", "name", "zone", "manufacturer", "model", "secrets", NULL};
	int rc = nvr_beat_members(o, where, known, err);

	if (rc == 0)
		rc = nvr_beat_id(o, where, "id", &c->id, err);
	if (rc == 0)
		rc = nvr_beat_text(
		    o, where, "name", NVR_BEAT_NAME, false, &c->name, err);
	if (rc == 0)
		rc = nvr_beat_text(
		    o, where, "zone", NVR_BEAT_NAME, true, &c->zone, err);
	if (rc == 0)
		rc = nvr_beat_text(o, where, "manufacturer", NVR_BEAT_NAME,
		    true, &c->manufacturer, err);
	if (rc == 0)
		rc = nvr_beat_text(
		    o, where, "model", NVR_BEAT_NAME, true, &c->model, err);
	return rc == 0 ? read_secrets(o, where, held, c, err) : rc;
}

int
nvr_beat_inventory_read(const json_t *o, const char *key, struct nvr_buf *held,
    struct nvr_beat_inventory **ret, size_t *n, bool *is_there,
    struct nvr_error *err)
{
	struct nvr_beat_inventory *list;
	char where[32];
	json_t *from;
	int rc = nvr_beat_list(o, key, NVR_BEAT_CAMERAS, &from, err);

	*is_there = from != NULL;
	if (rc != 0 || json_array_size(from) == 0)
		return rc;
	list = calloc(json_array_size(from), sizeof(*list));
	if (list == NULL)
		return nvr_fail_nomem(err);
	*ret = list;
	for (size_t i = 0; rc == 0 && i < json_array_size(from); i++) {
		snprintf(where, sizeof(where), "%s[%zu]", key, i);
		rc = read_one(
		    json_array_get(from, i), where, held, &list[i], err);
		for (size_t k = 0; rc == 0 && k < i; k++)
			if (list[k].id == list[i].id)
				rc = nvr_beat_wrong(
				    err, where, "id", "is there twice");
	}
	*n = json_array_size(from);
	return rc;
}

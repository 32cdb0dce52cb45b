/* What opens a camera, and who may open its footage; see inventory.h. */
#include <string.h>

#include "base/id.h"
#include "core/inventory.h"

#define NPARTS 5
#define NPARTS_OLD 4 /* before there were sub streams */

/* The id binds the secrets to their row: they cannot be moved to another. */
int
nvr_secrets_seal(struct nvr_state *s, int64_t camera,
    const struct nvr_secrets *x, struct nvr_buf *out, struct nvr_error *err)
{
	const char *part[NPARTS] = {
	    x->user, x->password, x->url, x->snapshot_url, x->sub_url};
	const struct nvr_age_identity *box;
	struct nvr_buf plain = {0};
	char id[NVR_ID_TEXT];
	int rc = nvr_state_box(s, &box, err);

	nvr_id_format(camera, id);
	/* Room for all of it: growing would leave copies behind. */
	if (rc == 0)
		rc = nvr_buf_reserve(&plain, 16384, err);
	if (rc == 0)
		rc = nvr_buf_add(&plain, id, sizeof(id), err);
	for (int i = 0; rc == 0 && i < NPARTS; i++)
		rc = nvr_buf_add(&plain, part[i], strlen(part[i]) + 1, err);
	if (rc == 0)
		rc = nvr_age_seal(
		    &box->recipient, 1, plain.data, plain.len, out, err);
	nvr_buf_wipe(&plain);
	return rc;
}

/* The parts of the opened secrets, each ended by NUL. */
static int
split_secrets(
    const struct nvr_camera *cam, struct nvr_secrets *x, struct nvr_error *err)
{
	const char **to[NPARTS] = {
	    &x->user, &x->password, &x->url, &x->snapshot_url, &x->sub_url};
	const char *p = x->raw.data, *end = p + x->raw.len;
	char id[NVR_ID_TEXT];

	nvr_id_format(cam->id, id);
	if (x->raw.len < sizeof(id) || end[-1] != '\0' || strcmp(p, id) != 0)
		return nvr_fail(err, NVR_E_DATA,
		    "the secrets of camera '%s' belong to another camera",
		    cam->name);
	p += sizeof(id);
	for (int i = 0; i < NPARTS; i++) {
		if (p >= end && i == NPARTS_OLD)
			break;
		if (p >= end)
			return nvr_fail(err, NVR_E_DATA,
			    "the secrets of camera '%s' are damaged",
			    cam->name);
		*to[i] = p;
		p += strlen(p) + 1;
	}
	return 0;
}

int
nvr_inventory_secrets(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_secrets *ret, struct nvr_error *err)
{
	struct nvr_secrets x = {
	    "", "", cam->url, cam->snapshot_url, cam->sub_url, {0}};
	const struct nvr_age_identity *box;
	int rc;

	if (cam->secrets == NULL) {
		*ret = x;
		return 0;
	}
	rc = nvr_state_box(s, &box, err);
	if (rc == 0 &&
	    nvr_age_open(box, cam->secrets, cam->secrets_len, &x.raw, err) != 0)
		rc = nvr_prefix(err, "the secrets of camera '%s'", cam->name);
	if (rc == 0)
		rc = split_secrets(cam, &x, err);
	if (rc == 0)
		*ret = x;
	else
		nvr_secrets_wipe(&x);
	return rc;
}

void
nvr_secrets_wipe(struct nvr_secrets *secrets)
{
	nvr_buf_wipe(&secrets->raw);
	*secrets = (struct nvr_secrets){0};
}

struct collect {
	struct nvr_age_recipient *to;
	size_t n;
	struct nvr_error *err;
};

static int
collect_recipient(void *ctx, const char *text)
{
	struct collect *c = ctx;

	if (c->n == NVR_AGE_MAX_RECIPIENTS)
		return nvr_fail(c->err, NVR_E_USAGE,
		    "a camera has at most %d recipients",
		    NVR_AGE_MAX_RECIPIENTS);
	return nvr_age_recipient_parse(text, &c->to[c->n++], c->err);
}

int
nvr_inventory_recipients(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_age_recipient ret[NVR_AGE_MAX_RECIPIENTS], size_t *n,
    struct nvr_error *err)
{
	struct collect c = {ret, 0, err};
	int rc = collect_recipient(&c, cam->recipient);

	if (rc == 0)
		rc = nvr_camera_recipient_each(
		    s->store, cam->id, collect_recipient, &c, err);
	if (rc == 0)
		*n = c.n;
	return rc;
}

int
nvr_inventory_identity(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_buf *text, struct nvr_error *err)
{
	const struct nvr_age_identity *box;
	int rc;

	if (cam->identity == NULL)
		return nvr_fail(err, NVR_E_NOENT,
		    "the identity of camera '%s' is kept elsewhere", cam->name);
	rc = nvr_state_box(s, &box, err);
	return rc == 0 ? nvr_age_open(
			     box, cam->identity, cam->identity_len, text, err)
		       : rc;
}

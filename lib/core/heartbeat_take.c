/* What a portal answers, entered; see heartbeat.h. */
#include <string.h>

#include "base/time.h"
#include "base/url.h"
#include "core/heartbeat_int.h"
#include "core/inventory.h"
#include "seal/digest.h"

/* What is known of a camera whose URL cannot be opened here (RFC 2606). */
#define NO_URL "rtsp://camera.invalid/"

static int
hash_text(struct nvr_sha256 *sha, const char *text, struct nvr_error *err)
{
	return nvr_sha256_update(sha, text, strlen(text) + 1, err);
}

static int
hash_camera(struct nvr_sha256 *sha, const struct nvr_beat_inventory *i,
    struct nvr_error *err)
{
	uint64_t n = i->secrets_len;
	int rc = nvr_sha256_update(sha, &i->id, sizeof(i->id), err);

	if (rc == 0)
		rc = hash_text(sha, i->name, err);
	if (rc == 0)
		rc = hash_text(sha, i->zone, err);
	if (rc == 0)
		rc = hash_text(sha, i->manufacturer, err);
	if (rc == 0)
		rc = hash_text(sha, i->model, err);
	if (rc == 0)
		rc = nvr_sha256_update(sha, &n, sizeof(n), err);
	if (rc == 0 && n > 0)
		rc = nvr_sha256_update(sha, i->secrets, n, err);
	return rc;
}

int
nvr_beating_inventory(struct nvr_beating *b)
{
	struct nvr_sha256 *sha = NULL;
	int rc = nvr_sha256_open(&sha, b->err);

	for (size_t i = 0; rc == 0 && i < b->m.ncameras; i++) {
		struct nvr_beat_inventory *v = &b->m.inventory[i];

		/* Freed where it lies, told of nobody. */
		if (v->secrets_len > NVR_BEAT_SECRETS) {
			nvr_beating_note(b,
			    "the secrets of camera '%s' are too long for the "
			    "portal to keep",
			    v->name);
			v->secrets_len = 0;
		}
		rc = hash_camera(sha, v, b->err);
	}
	if (rc == 0)
		rc = nvr_sha256_final(sha, b->inventory, b->err);
	nvr_sha256_free(sha);
	return rc;
}

/* The present one, and those that went with it, wait no more. */
static int
drop_sent(struct nvr_beating *b)
{
	int rc = nvr_unsent_drop(b->s->store, b->row.sequence, b->err);

	for (size_t i = 0; rc == 0 && i < b->nlate; i++)
		rc = nvr_unsent_drop(b->s->store, b->late_row[i], b->err);
	return rc;
}

static int
enter(struct nvr_beating *b, const struct nvr_beat_answer *a)
{
	int rc = nvr_store_begin(b->s->store, b->err);

	if (rc != 0)
		return rc;
	rc = drop_sent(b);
	if (rc == 0)
		rc = nvr_beating_set(b, a);
	b->row.sent_at = b->m.report.at;
	b->row.error[0] = '\0';
	b->row.late = a->late;
	if (b->told) {
		memcpy(b->row.inventory, b->inventory, 32);
		b->row.told = true;
	}
	if (a->wants_inventory && !b->told)
		b->row.told = false;
	if (rc == 0)
		rc = nvr_enrolment_put(b->s->store, &b->row, b->err);
	return nvr_store_end(b->s->store, rc, b->err);
}

/* A camera by another name where that one is taken; it counts. */
static int
add_in(struct nvr_beating *b, const struct nvr_beat_inventory *i,
    struct nvr_camera_change *c)
{
	const struct nvr_given g = {.id = i->id,
	    .created_at = nvr_time_now(),
	    .changed_at = nvr_time_now()};
	struct nvr_enrolment row = b->row;
	char other[NVR_BEAT_NAME + 16];
	int rc = nvr_store_begin(b->s->store, b->err);

	if (rc != 0)
		return rc;
	rc = nvr_inventory_add_in(b->s, &g, c, b->err);
	if (rc == NVR_E_CREATE) {
		snprintf(other, sizeof(other), "%s (before)", i->name);
		c->name = other;
		rc = nvr_inventory_add_in(b->s, &g, c, b->err);
		c->name = i->name;
	}
	row.inherited++;
	if (rc == 0)
		rc = nvr_enrolment_put(b->s->store, &row, b->err);
	rc = nvr_store_end(b->s->store, rc, b->err);
	if (rc == 0)
		b->row = row;
	return rc;
}

/* Whoever is told the box key's public half can seal anything: nothing that
 * comes from there is opened on this machine. */
static bool
is_elsewhere(const char *text)
{
	struct nvr_error ignored;
	struct nvr_url u;
	bool is;

	if (text[0] == '\0')
		return true;
	if (nvr_url_parse(text, &u, &ignored) != 0)
		return false;
	is = strncmp(u.scheme, "rtsp", 4) == 0 ||
	     strncmp(u.scheme, "http", 4) == 0;
	nvr_url_release(&u);
	return is;
}

/*
 * Its secrets are sealed to the box key of the recorder that had it, and open
 * where this machine has that one (C5); else the camera waits for its URL.
 */
static int
inherit(struct nvr_beating *b, const struct nvr_beat_inventory *i, bool *opened)
{
	struct nvr_camera_change c = NVR_CAMERA_NO_CHANGE;
	const struct nvr_camera cam = {.id = i->id,
	    .name = i->name,
	    .url = NO_URL,
	    .snapshot_url = "",
	    .sub_url = "",
	    .secrets = i->secrets,
	    .secrets_len = i->secrets_len};
	struct nvr_secrets x = {0};
	struct nvr_error why;
	int rc;

	*opened = i->secrets != NULL &&
		  nvr_inventory_secrets(b->s, &cam, &x, &why) == 0 &&
		  is_elsewhere(x.url) && is_elsewhere(x.snapshot_url) &&
		  is_elsewhere(x.sub_url);
	c.name = i->name;
	c.zone = i->zone;
	c.manufacturer = i->manufacturer;
	c.model = i->model;
	c.url = *opened ? x.url : NO_URL;
	c.url_private = c.snapshot_private = c.sub_private = true;
	c.record = "none";
	if (*opened) {
		c.user = x.user;
		c.password = x.password;
		c.snapshot_url = x.snapshot_url;
		c.sub_url = x.sub_url;
	}
	rc = add_in(b, i, &c);
	nvr_secrets_wipe(&x);
	return rc;
}

static void
inherit_one(struct nvr_beating *b, const struct nvr_beat_inventory *i)
{
	bool opened = false;

	if (inherit(b, i, &opened) != 0) {
		nvr_beating_note(b, "camera '%s' of the recorder before: %s",
		    i->name, b->err->text);
		return;
	}
	b->ret->inherited++;
	nvr_beating_note(b,
	    "camera '%s' of the recorder before is here, unrecorded%s", i->name,
	    opened ? ""
		   : "; this machine's box key does not open its secrets, or "
		     "they lead to this machine: it needs its URL");
}

/* One that does not go in is no reason to refuse the others: each is offered
 * until an inventory had it. */
static void
inherit_all(struct nvr_beating *b, const struct nvr_beat_answer *a)
{
	struct nvr_camera *there = NULL;
	struct nvr_error err;

	for (size_t i = 0; i < a->ninherited; i++) {
		int rc = nvr_camera_get_any(
		    b->s->store, a->inherited[i].id, &there, &err);

		if (rc == 0)
			nvr_camera_free(there);
		if (rc != NVR_E_NOENT)
			continue;
		if (!b->row.replaces || b->row.inherited >= NVR_BEAT_CAMERAS) {
			nvr_beating_note(b,
			    !b->row.replaces
				? "the portal gives cameras to this recorder, "
				  "which was not said to take the place of "
				  "another: they are left"
				: "the portal gives more than 256 cameras: the "
				  "others are left");
			return;
		}
		inherit_one(b, &a->inherited[i]);
	}
}

int
nvr_beating_taken(struct nvr_beating *b, const struct nvr_beat_answer *a)
{
	int rc;

	b->ret->moved = a->moved;
	/* What it sets it sets once more. */
	if (b->s->store == NULL)
		return 0;
	rc = enter(b, a);
	if (rc != 0)
		return rc;
	b->ret->late = b->nlate;
	inherit_all(b, a);
	return 0;
}

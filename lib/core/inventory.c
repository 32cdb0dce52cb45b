/* The rules about cameras; see inventory.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "core/inventory_int.h"
#include "core/site.h"
#include "still/mask.h"
#include "store/baseline.h"
#include "store/footage.h"
#include "store/still.h"

#define NAME_MAX_LEN NVR_CAMERA_NAME_MAX
#define TEXT_MAX_LEN 256

/* First operands that mean something else to one of the tools. */
static const char *const reserved[] = {"list", "show", "baseline", "models",
    "label", "calibration", "schedule", "usage", "report", "status", "verify",
    "hold", "holds", "release", "all", "add", "set"};

static const char *const schemes[] = {
    "rtsp", "rtsps", "http", "https", "file", "v4l2"};

int
nvr_name_check(const char *what, const char *name, struct nvr_error *err)
{
	if (name[0] == '\0' || strlen(name) > NAME_MAX_LEN || name[0] == '-' ||
	    name[0] == '.' || strchr(name, '/') != NULL ||
	    strchr(name, '%') != NULL || name[0] == ' ' ||
	    name[strlen(name) - 1] == ' ' || !nvr_text_printable(name))
		return nvr_fail(err, NVR_E_USAGE,
		    "a %s's name has 1 to %d bytes, no '/' or '%%', no "
		    "blank at an end, and begins with neither '-' nor '.'",
		    what, NAME_MAX_LEN);
	return 0;
}

int
nvr_camera_name_check(const char *name, struct nvr_error *err)
{
	const char *dot = strrchr(name, '.');
	int rc = nvr_name_check("camera", name, err);

	if (rc != 0)
		return rc;
	if (dot != NULL &&
	    (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0))
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' would be taken for a file; choose another name",
		    name);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(name, reserved[i]) == 0)
			return nvr_fail(err, NVR_E_USAGE,
			    "'%s' is a word of the tools; choose another name",
			    name);
	return 0;
}

static int
check_text(const char *what, const char *text, struct nvr_error *err)
{
	if (strlen(text) > TEXT_MAX_LEN || !nvr_text_printable(text))
		return nvr_fail(err, NVR_E_USAGE,
		    "the %s has more than %d bytes or control characters", what,
		    TEXT_MAX_LEN);
	return 0;
}

static int
check_scheme(const struct nvr_url *u, struct nvr_error *err)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strcmp(u->scheme, schemes[i]) == 0)
			return 0;
	return nvr_fail(err, NVR_E_USAGE,
	    "the protocol '%s' is not allowed; a camera is rtsp, rtsps, http, "
	    "https, file or v4l2",
	    u->scheme);
}

/* What a set of changes comes to, before it is sealed. */
struct draft {
	struct nvr_camera cam; /* borrows from all of the below */
	struct nvr_camera *old;
	const struct nvr_given *given; /* of a new one; or NULL */
	struct nvr_site *site;
	struct nvr_secrets was; /* of old */
	struct nvr_url url, snapshot, sub;
	struct nvr_buf shown, shown_snapshot, shown_sub, sealed, identity;
	char recipient[NVR_AGE_RECIPIENT_TEXT];
	const char *user, *password;
	bool secret_query;
};

static void
draft_release(struct draft *d)
{
	nvr_camera_free(d->old);
	nvr_site_free(d->site);
	nvr_secrets_wipe(&d->was);
	nvr_url_release(&d->url);
	nvr_url_release(&d->snapshot);
	nvr_buf_release(&d->shown);
	nvr_url_release(&d->sub);
	nvr_buf_release(&d->shown_snapshot);
	nvr_buf_release(&d->shown_sub);
	nvr_buf_release(&d->sealed);
	nvr_buf_release(&d->identity);
}

/* Takes a URL apart: shown is what anyone may see of it. */
static int
take_url(struct draft *d, const char *text, bool embedded, struct nvr_url *u,
    struct nvr_buf *shown, struct nvr_error *err)
{
	bool secret = false;
	int rc = nvr_url_parse(text, u, err);

	if (rc == 0)
		rc = check_scheme(u, err);
	if (rc == 0)
		rc = nvr_url_redact(u->bare, &secret, shown, err);
	if (rc != 0)
		return rc;
	if ((u->password != NULL || secret) && !embedded)
		return nvr_fail(err, NVR_E_USAGE,
		    "a URL with a password in it can be read by every user "
		    "of this machine: use --user and --password-file, or '-' "
		    "to give the URL on standard input");
	d->secret_query |= secret;
	if (u->user != NULL)
		d->user = u->user;
	if (u->password != NULL)
		d->password = u->password;
	return 0;
}

/* A URL that a camera may have besides; given NULL: the one it had. */
static int
take_further(struct draft *d, const char *given, bool embedded, const char *was,
    struct nvr_url *u, struct nvr_buf *shown, const char **to,
    struct nvr_error *err)
{
	int rc;

	if (given == NULL && d->old != NULL) {
		given = was;
		embedded = true;
	}
	*to = "";
	if (nvr_or_empty(given)[0] == '\0')
		return 0;
	rc = take_url(d, given, embedded, u, shown, err);
	if (rc == 0)
		*to = shown->data;
	return rc;
}

static int
take_urls(
    struct draft *d, const struct nvr_camera_change *c, struct nvr_error *err)
{
	int rc = 0;

	/* The stored URLs are in the secrets whole, and redacted in the row. */
	if (c->url != NULL)
		rc = take_url(
		    d, c->url, c->url_private, &d->url, &d->shown, err);
	else if (d->old != NULL)
		rc = take_url(d, d->was.url, true, &d->url, &d->shown, err);
	else
		rc = nvr_fail(err, NVR_E_USAGE, "a camera needs a URL");
	if (rc != 0)
		return rc;
	d->cam.url = d->shown.data;
	rc = take_further(d, c->snapshot_url, c->snapshot_private,
	    d->was.snapshot_url, &d->snapshot, &d->shown_snapshot,
	    &d->cam.snapshot_url, err);
	if (rc == 0 && d->cam.snapshot_url[0] != 0 &&
	    strncmp(d->snapshot.scheme, "http", 4) != 0)
		rc = nvr_fail(
		    err, NVR_E_USAGE, "a snapshot URL is http or https");
	if (rc == 0)
		rc = take_further(d, c->sub_url, c->sub_private, d->was.sub_url,
		    &d->sub, &d->shown_sub, &d->cam.sub_url, err);
	return rc;
}

static int
take_recording(
    struct draft *d, const struct nvr_camera_change *c, struct nvr_error *err)
{
	static const char *const words[] = {"none", "main", "sub", "both"};

	if (c->record != NULL)
		d->cam.record = c->record;
	if (c->audio >= 0)
		d->cam.audio = c->audio != 0;
	for (int i = 0; i < NVR_STREAMS; i++) {
		if (c->retain[i].us >= 0)
			d->cam.retain[i].us = c->retain[i].us;
		if (c->retain[i].bytes >= 0)
			d->cam.retain[i].bytes = c->retain[i].bytes;
	}
	if (c->retain_events >= 0)
		d->cam.retain_events = c->retain_events;
	if (c->retain_stills >= 0)
		d->cam.retain_stills = c->retain_stills;
	if (nvr_camera_records(&d->cam, NVR_SUB) && d->cam.sub_url[0] == '\0')
		return nvr_fail(err, NVR_E_USAGE,
		    "to record its sub stream the camera needs --sub-url");
	for (int i = 0; i < 4; i++)
		if (strcmp(d->cam.record, words[i]) == 0)
			return 0;
	return nvr_fail(err, NVR_E_USAGE,
	    "--record is none, main, sub or both, not '%s'", d->cam.record);
}

static int
take_texts(
    struct draft *d, const struct nvr_camera_change *c, struct nvr_error *err)
{
	const struct {
		const char *what, *given;
		const char **to;
	} text[] = {
	    {"zone", c->zone, &d->cam.zone},
	    {"manufacturer", c->manufacturer, &d->cam.manufacturer},
	    {"model", c->model, &d->cam.model},
	    {"CA file's name", c->tls_ca, &d->cam.tls_ca},
	};
	struct nvr_mask mask;
	int rc = 0;

	if (c->name != NULL) {
		rc = nvr_camera_name_check(c->name, err);
		d->cam.name = c->name;
	}
	for (size_t i = 0; rc == 0 && i < 4; i++) {
		if (text[i].given == NULL)
			continue;
		rc = check_text(text[i].what, text[i].given, err);
		*text[i].to = text[i].given;
	}
	if (rc == 0 && c->mask != NULL) {
		rc = nvr_mask_parse(c->mask, &mask, err);
		d->cam.mask = c->mask;
	}
	if (rc == 0 && c->transport != NULL) {
		if (strcmp(c->transport, "tcp") != 0 &&
		    strcmp(c->transport, "udp") != 0)
			rc = nvr_fail(err, NVR_E_USAGE,
			    "the transport '%s' is neither tcp nor udp",
			    c->transport);
		d->cam.transport = c->transport;
	}
	if (c->tls_verify >= 0)
		d->cam.tls_verify = c->tls_verify != 0;
	return rc;
}

static int
seal_secrets(struct nvr_state *s, struct draft *d, struct nvr_error *err)
{
	struct nvr_secrets x = {nvr_or_empty(d->user),
	    nvr_or_empty(d->password), d->url.bare,
	    nvr_or_empty(d->snapshot.bare), nvr_or_empty(d->sub.bare), {0}};
	int rc;

	d->cam.secrets = NULL;
	d->cam.secrets_len = 0;
	if (x.user[0] == '\0' && x.password[0] == '\0' && !d->secret_query)
		return 0;
	rc = nvr_secrets_seal(s, d->cam.id, &x, &d->sealed, err);
	d->cam.secrets = d->sealed.data;
	d->cam.secrets_len = d->sealed.len;
	return rc;
}

/* A new camera's own key; the identity is wrapped by the box key. */
static int
make_identity(struct nvr_state *s, struct draft *d, struct nvr_error *err)
{
	const struct nvr_age_identity *box;
	struct nvr_age_identity id = {0};
	struct nvr_buf text = {0};
	int rc = nvr_state_box(s, &box, err);

	if (rc == 0)
		rc = nvr_age_identity_generate(&id, err);
	if (rc == 0)
		rc = nvr_age_identity_format(
		    &id, (time_t)(d->cam.created_at / NVR_SECOND), &text, err);
	if (rc == 0)
		rc = nvr_age_seal(
		    &box->recipient, 1, text.data, text.len, &d->identity, err);
	if (rc == 0) {
		nvr_age_recipient_format(&id.recipient, d->recipient);
		d->cam.recipient = d->recipient;
		d->cam.identity = d->identity.data;
		d->cam.identity_len = d->identity.len;
	}
	nvr_age_identity_wipe(&id);
	nvr_buf_wipe(&text);
	return rc;
}

static int
take_recipient(struct draft *d, const char *text, struct nvr_error *err)
{
	struct nvr_age_recipient r;
	int rc = nvr_age_recipient_parse(text, &r, err);

	d->cam.recipient = text;
	d->cam.identity = NULL;
	d->cam.identity_len = 0;
	return rc;
}

/* Whose it is follows from where it hangs. */
static int
take_site(
    struct nvr_state *s, struct draft *d, int64_t id, struct nvr_error *err)
{
	int rc;

	if (id < 0)
		return 0;
	d->cam.site_id = d->cam.account_id = 0;
	if (id == 0)
		return 0;
	rc = nvr_site_get(s->store, id, &d->site, err);
	if (rc == 0 && d->cam.removed_at == 0)
		rc = nvr_site_check(s, d->site, err);
	if (rc == 0) {
		d->cam.site_id = id;
		d->cam.account_id = d->site->account_id;
	}
	return rc;
}

static int
draft_fill(struct nvr_state *s, struct draft *d,
    const struct nvr_camera_change *c, struct nvr_error *err)
{
	int rc;

	d->cam.changed_at = nvr_time_now();
	if (d->old == NULL) {
		d->cam = (struct nvr_camera){.id = nvr_id_new(),
		    .zone = "",
		    .manufacturer = "",
		    .model = "",
		    .transport = "tcp",
		    .tls_ca = "",
		    .tls_verify = true,
		    .mask = "",
		    .sub_url = "",
		    .record = "main",
		    .audio = true,
		    .created_at = nvr_time_now()};
		d->cam.changed_at = d->cam.created_at;
		if (d->given != NULL) {
			d->cam.id = d->given->id;
			d->cam.created_at = d->given->created_at;
			d->cam.changed_at = d->given->changed_at;
			d->cam.removed_at = d->given->removed_at;
		}
	} else {
		rc = nvr_inventory_secrets(s, d->old, &d->was, err);
		/* What cannot be read can be replaced, by all of it anew. */
		if (rc == NVR_E_DATA && c->url != NULL)
			d->was.snapshot_url = d->was.sub_url = "";
		else if (rc == NVR_E_DATA)
			return nvr_prefix(
			    err, "give --url, --user and --password-file anew");
		else if (rc != 0)
			return rc;
		d->user = d->was.user;
		d->password = d->was.password;
	}
	rc = take_texts(d, c, err);
	if (rc == 0)
		rc = take_urls(d, c, err);
	if (rc == 0)
		rc = take_recording(d, c, err);
	if (rc == 0)
		rc = take_site(s, d, c->site, err);
	if (rc != 0)
		return rc;
	if (c->user != NULL)
		d->user = c->user;
	if (c->password != NULL)
		d->password = c->password;
	rc = seal_secrets(s, d, err);
	if (rc == 0 && c->recipient != NULL)
		rc = take_recipient(d, c->recipient, err);
	else if (rc == 0 && d->cam.recipient == NULL)
		rc = make_identity(s, d, err);
	return rc;
}

static int
change_recipients(struct nvr_state *s, const struct draft *d,
    const struct nvr_camera_change *c, struct nvr_error *err)
{
	struct nvr_age_recipient all[NVR_AGE_MAX_RECIPIENTS], one;
	size_t n;
	int rc = 0;

	for (int i = 0; rc == 0 && i < c->nadd; i++) {
		rc = nvr_age_recipient_parse(c->add_recipients[i], &one, err);
		if (rc == 0)
			rc = nvr_camera_recipient_add(
			    s->store, d->cam.id, c->add_recipients[i], err);
	}
	for (int i = 0; rc == 0 && i < c->ndrop; i++)
		rc = nvr_camera_recipient_drop(
		    s->store, d->cam.id, c->drop_recipients[i], err);
	/* Fails when there are more than a file can have. */
	return rc == 0 ? nvr_inventory_recipients(s, &d->cam, all, &n, err)
		       : rc;
}

/* What only the present identity opens must not be locked up for ever. */
static int
check_new_recipient(struct nvr_state *s, const struct draft *d,
    const struct nvr_camera_change *c, struct nvr_error *err)
{
	int64_t stills = 0;
	bool footage = false;
	int rc;

	if (c->recipient == NULL || d->old->identity == NULL)
		return 0;
	rc = nvr_still_count(s->store, d->old->id, &stills, err);
	if (rc == 0)
		rc = nvr_footage_any(s->store, d->old->id, &footage, err);
	if (rc == 0 && footage)
		return nvr_fail(err, NVR_E_USAGE,
		    "there is footage that opens only with the camera's "
		    "present identity: remove the camera and add it anew");
	if (rc == 0 && stills > 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "%lld kept stills open only with the camera's present "
		    "identity: wait until they have expired",
		    (long long)stills);
	return rc;
}

/*
 * Rows of what a camera saw are whose the camera is: with it they, its files
 * and their key would be another's.  What was nobody's may become an account's.
 */
static int
check_move(struct nvr_state *s, const struct draft *d, struct nvr_error *err)
{
	bool used = false;
	int rc;

	if (d->old->account_id == 0 || d->cam.account_id == d->old->account_id)
		return 0;
	rc = nvr_camera_used(s->store, d->old->id, &used, err);
	if (rc == 0 && used)
		return nvr_fail(err, NVR_E_USAGE,
		    "camera '%s' has footage, stills, audits or events of its "
		    "account, which stay there: remove it and add it anew",
		    d->old->name);
	return rc;
}

/* name NULL: a new camera. */
static int
edit_in(struct nvr_state *s, const char *name, const struct nvr_given *g,
    const struct nvr_camera_change *c, struct nvr_error *err)
{
	struct draft d = {.given = g};
	int rc = 0;

	if (name != NULL) {
		rc = nvr_inventory_find(s, name, &d.old, err);
		if (rc == 0)
			rc = check_new_recipient(s, &d, c, err);
		if (rc == 0)
			d.cam = *d.old;
	}
	if (rc == 0)
		rc = draft_fill(s, &d, c, err);
	if (rc == 0 && name != NULL)
		rc = check_move(s, &d, err);
	if (rc == 0)
		rc = name != NULL ? nvr_camera_update(s->store, &d.cam, err)
				  : nvr_camera_insert(s->store, &d.cam, err);
	if (rc == 0)
		rc = change_recipients(s, &d, c, err);
	/* A reference shows what is masked from now on, and would be sent. */
	if (rc == 0 && c->mask != NULL)
		rc = nvr_baseline_unrefer(s->store, d.cam.id, err);
	if (rc == 0)
		rc = name != NULL
			 ? nvr_camera_log_change(s, d.old, &d.cam, c, err)
			 : nvr_camera_log(s, "camera.added", &d.cam, err);
	draft_release(&d);
	return rc;
}

static int
edit(struct nvr_state *s, const char *name, const struct nvr_camera_change *c,
    struct nvr_error *err)
{
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	return nvr_store_end(s->store, edit_in(s, name, NULL, c, err), err);
}

int
nvr_inventory_add_in(struct nvr_state *s, const struct nvr_given *g,
    const struct nvr_camera_change *c, struct nvr_error *err)
{
	return edit_in(s, NULL, g, c, err);
}

int
nvr_inventory_add(struct nvr_state *s, const struct nvr_camera_change *c,
    struct nvr_error *err)
{
	return edit(s, NULL, c, err);
}

int
nvr_inventory_set(struct nvr_state *s, const char *name,
    const struct nvr_camera_change *c, struct nvr_error *err)
{
	return edit(s, name, c, err);
}

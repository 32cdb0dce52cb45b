/* Rows of an account's own things; see import_int.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cron.h"
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "base/zone.h"
#include "core/account_int.h"
#include "core/consent.h"
#include "core/import_int.h"
#include "core/inventory.h"
#include "core/schedule_log.h"
#include "core/site.h"
#include "core/verdict.h"

#define TEXT 4096
#define URL 8192
#define MOST_TIME (100 * 366 * NVR_DAY) /* that anything is kept */
#define MOST_BYTES (INT64_C(1) << 60)

int
nvr_import_account(struct nvr_importing *x, struct nvr_import_row *r)
{
	const struct nvr_account_new n = {
	    .email = nvr_row_word(r, "email", TEXT),
	    .name = nvr_row_word(r, "name", TEXT),
	    .business = nvr_row_word_or_null(r, "business", TEXT),
	    .tier = "free",
	    .adult = true};
	int rc = r->rc;

	if (rc == 0)
		rc = nvr_account_create_in(
		    x->s, x->sum->account, &n, x->o->now, x->err);
	if (rc == NVR_E_CREATE)
		return nvr_fail(x->err, rc,
		    "there is an account of that address already: end that one "
		    "first, or give it another address by 'nvr-account set "
		    "--email'");
	return rc == 0 ? 1 : rc;
}

int
nvr_import_consent(struct nvr_importing *x, struct nvr_import_row *r)
{
	const struct nvr_consent c = {.account = x->sum->account,
	    .at = nvr_row_time(r, "at", NVR_IMPORT_LATEST(x)),
	    .kind = nvr_row_word(r, "kind", TEXT),
	    .given = nvr_row_flag(r, "given"),
	    .version = nvr_row_word(r, "version", TEXT),
	    .text = nvr_row_prose(r, "text", 65536),
	    .channel = nvr_row_word(r, "channel", TEXT)};
	int rc = r->rc == 0 ? nvr_consent_set(x->s, &c, x->err) : r->rc;

	return rc == 0 ? 1 : rc;
}

static struct nvr_given
given(struct nvr_importing *x, struct nvr_import_row *r)
{
	int64_t latest = NVR_IMPORT_LATEST(x);

	return (struct nvr_given){.id = nvr_row_id(r, "id"),
	    .created_at = nvr_row_time(r, "created_at", latest),
	    .changed_at = nvr_row_time(r, "changed_at", latest),
	    .removed_at = nvr_row_time_or_0(r, "removed_at", latest)};
}

/* What is in the way of an id. */
static int
taken(struct nvr_importing *x, int rc, const char *what, const char *name)
{
	if (rc != NVR_E_CREATE)
		return rc;
	return nvr_fail(x->err, rc,
	    "the %s '%s', or its name, is there already: was this archive "
	    "imported before?",
	    what, name);
}

int
nvr_import_site(struct nvr_importing *x, struct nvr_import_row *r)
{
	const struct nvr_given g = given(x, r);
	const struct nvr_site_change c = {.name = nvr_row_word(r, "name", TEXT),
	    .jurisdiction = nvr_row_word(r, "jurisdiction", 16),
	    .zone = nvr_row_word(r, "zone", 128),
	    .retain_us = nvr_row_int(r, "retain_us", 0, MOST_TIME),
	    .retain_bytes = nvr_row_int(r, "retain_bytes", 0, MOST_BYTES)};
	int rc = r->rc;

	if (rc == 0)
		rc = nvr_site_add_in(x->s, x->sum->account, &g, &c, x->err);
	rc = taken(x, rc, "site", c.name);
	if (rc == 0)
		rc = nvr_import_id(x, &x->sites, g.id);
	return rc == 0 ? 1 : rc;
}

/* A host that no network has (RFC 2606). */
#define NOWHERE "rtsp://camera.invalid/"

/* Files and devices are another machine's, however that is spelt; what is
 * no camera's at all is not taken. */
static int
take_url(struct nvr_importing *x, const char **text, const char *instead)
{
	struct nvr_url u = {0};
	int rc = (*text)[0] != '\0' ? nvr_url_parse(*text, &u, x->err) : 0;

	if (rc == 0 &&
	    (strcmp(u.scheme, "file") == 0 || strcmp(u.scheme, "v4l2") == 0))
		*text = instead;
	else if (rc == 0 && (*text)[0] != '\0' &&
		 strcmp(u.scheme, "rtsp") != 0 &&
		 strcmp(u.scheme, "rtsps") != 0 &&
		 strcmp(u.scheme, "http") != 0 &&
		 strcmp(u.scheme, "https") != 0)
		rc = nvr_fail(x->err, NVR_E_DATA,
		    "the protocol '%s' does not come with an import", u.scheme);
	nvr_url_release(&u);
	return rc;
}

static int
add_camera(struct nvr_importing *x, const struct nvr_given *g,
    struct nvr_camera_change *c, bool credentials)
{
	int rc = take_url(x, &c->url, NOWHERE);

	if (rc == 0)
		rc = take_url(x, &c->sub_url, "");
	if (rc == 0)
		rc = take_url(x, &c->snapshot_url, "");
	if (rc != 0)
		return rc;
	if (g->removed_at == 0 && strcmp(c->record, "none") != 0)
		nvr_import_left(x, c->name,
		    "not recorded, where it was '%s': the path of its URL%s "
		    "not in the archive: 'nvr-camera set' with --url%s and "
		    "--record",
		    c->record, credentials ? " and its credentials are" : " is",
		    credentials ? ", --user, --password-file" : "");
	c->record = "none";
	if (!nvr_import_has(&x->sites, c->site))
		return nvr_fail(x->err, NVR_E_DATA,
		    "camera '%s' is of a site that is not in the archive",
		    c->name);
	rc = taken(
	    x, nvr_inventory_add_in(x->s, g, c, x->err), "camera", c->name);
	return rc == 0 ? nvr_import_id(x, &x->cameras, g->id) : rc;
}

int
nvr_import_camera(struct nvr_importing *x, struct nvr_import_row *r)
{
	const struct nvr_given g = given(x, r);
	bool own = nvr_row_flag(r, "has_identity");
	bool credentials = nvr_row_flag(r, "has_credentials");
	struct nvr_camera_change c = {.name = nvr_row_word(r, "name", TEXT),
	    .zone = nvr_row_word(r, "zone", TEXT),
	    .manufacturer = nvr_row_word(r, "manufacturer", TEXT),
	    .model = nvr_row_word(r, "model", TEXT),
	    .url = nvr_row_word(r, "url", URL),
	    .snapshot_url = nvr_row_word(r, "snapshot_url", URL),
	    .sub_url = nvr_row_word(r, "sub_url", URL),
	    .url_private = true,
	    .snapshot_private = true,
	    .sub_private = true,
	    .transport = nvr_row_word(r, "transport", 16),
	    .tls_ca = nvr_row_word(r, "tls_ca", TEXT),
	    .mask = nvr_row_word(r, "mask", 65536),
	    .tls_verify = nvr_row_flag(r, "tls_verify"),
	    .audio = nvr_row_flag(r, "audio"),
	    .record = nvr_row_word(r, "record", 16),
	    .site = nvr_row_id(r, "site_id"),
	    .retain = {{nvr_row_int_or(r, "retain_us", 0, MOST_TIME, 0),
			   nvr_row_int_or(r, "retain_bytes", 0, MOST_BYTES, 0)},
		{nvr_row_int_or(r, "retain_sub_us", 0, MOST_TIME, 0),
		    nvr_row_int_or(r, "retain_sub_bytes", 0, MOST_BYTES, 0)}},
	    .retain_events =
		nvr_row_int_or(r, "retain_events_us", 0, MOST_TIME, 0),
	    .retain_stills =
		nvr_row_int_or(r, "retain_stills_us", 0, MOST_TIME, 0),
	    /* Where the store had its key, it gets another one here. */
	    .recipient = own ? NULL : nvr_row_word(r, "recipient", 256)};
	int rc = r->rc == 0 ? add_camera(x, &g, &c, credentials) : r->rc;

	return rc == 0 ? 1 : rc;
}

int
nvr_import_recipient(struct nvr_importing *x, struct nvr_import_row *r)
{
	struct nvr_age_recipient all[NVR_AGE_MAX_RECIPIENTS];
	const char *recipient = nvr_row_word(r, "recipient", 256);
	int64_t id = nvr_row_id(r, "camera_id");
	struct nvr_camera *cam = NULL;
	int rc = r->rc;
	size_t n;

	if (rc == 0 && !nvr_import_has(&x->cameras, id))
		rc = nvr_fail(x->err, NVR_E_DATA,
		    "it is of a camera that is not in the archive");
	if (rc == 0)
		rc = nvr_age_recipient_parse(recipient, &all[0], x->err);
	if (rc == 0)
		rc = nvr_camera_recipient_add(
		    x->s->store, id, recipient, x->err);
	if (rc == 0)
		rc = nvr_camera_get_any(x->s->store, id, &cam, x->err);
	if (rc == 0) /* fails when there are more than a file can have */
		rc = nvr_inventory_recipients(x->s, cam, all, &n, x->err);
	nvr_camera_free(cam);
	return rc == 0 ? 1 : rc;
}

int
nvr_import_pairs(struct nvr_importing *x, struct nvr_import_row *r)
{
	const struct nvr_import_pair p = {
	    nvr_row_id(r, "schedule_id"), nvr_row_id(r, "camera_id")};
	struct nvr_import_pair *more;

	if (r->rc != 0)
		return r->rc;
	if (!nvr_import_has(&x->cameras, p.camera))
		return nvr_fail(x->err, NVR_E_DATA,
		    "it is of a camera that is not in the archive");
	if (x->npairs == 10 * NVR_IMPORT_SOME)
		return nvr_fail(x->err, NVR_E_DATA, "there are too many");
	more = reallocarray(x->pair, x->npairs + 1, sizeof(*more));
	if (more == NULL)
		return nvr_fail_nomem(x->err);
	x->pair = more;
	x->pair[x->npairs++] = p;
	return 1;
}

static int
check_timing(struct nvr_importing *x, const struct nvr_schedule *s)
{
	struct nvr_zone *z = NULL;
	struct nvr_cron cron;
	int rc = 0;

	if ((s->every_us != 0) == (s->cron != NULL))
		return nvr_fail(x->err, NVR_E_DATA,
		    "schedule '%s' is either every so often or by cron",
		    s->name);
	if (s->cron == NULL)
		return s->every_us >= NVR_MINUTE
			   ? 0
			   : nvr_fail(x->err, NVR_E_DATA,
				 "schedule '%s' is more often than 1m",
				 s->name);
	rc = nvr_cron_parse(s->cron, &cron, x->err);
	if (rc == 0)
		rc = nvr_zone_open(s->zone, &z, x->err);
	nvr_zone_close(z);
	return rc;
}

/* NULL: it may come. */
static const char *
why_no_schedule(const struct nvr_schedule *s, int cameras)
{
	const char *a = s->analyzer;

	if (a[0] != '\0' && strcmp(a, "local") != 0 && strcmp(a, "openai") != 0)
		return "its analyzer is a program of another machine";
	if (s->all_cameras)
		return "it is for all cameras, of whomever";
	return cameras == 0 ? "none of its cameras is in the archive" : NULL;
}

/* Schedules of all accounts have names of their own: `nightly 2`. */
static int
insert_schedule(struct nvr_importing *x, struct nvr_schedule *s)
{
	const char *name = s->name;
	struct nvr_schedule *other = NULL;
	char next[80];
	int rc = nvr_schedule_get(x->s->store, s->id, &other, x->err);

	nvr_schedule_free(other);
	if (rc != NVR_E_NOENT)
		return rc != 0 ? rc : taken(x, NVR_E_CREATE, "schedule", name);
	rc = NVR_E_CREATE;
	for (int i = 2; rc == NVR_E_CREATE && i < 1000; i++) {
		rc = nvr_schedule_insert(x->s->store, s, x->err);
		if (rc != NVR_E_CREATE)
			break;
		snprintf(next, sizeof(next), "%.58s %d", name, i);
		s->name = next;
	}
	if (rc == 0 && s->name != name)
		nvr_import_left(x, name,
		    "the schedule is '%s' here: there was one of its name",
		    s->name);
	s->name = name;
	return rc;
}

static int
add_schedule(struct nvr_importing *x, struct nvr_schedule *s,
    const int64_t *camera, int n)
{
	struct nvr_schedule_audience hearers = {0};
	int rc = insert_schedule(x, s);

	if (rc == 0)
		rc =
		    nvr_schedule_cameras(x->s->store, s->id, camera, n, x->err);
	if (rc == 0)
		rc = nvr_schedule_hearers(x->s, s->id, &hearers, x->err);
	if (rc == 0)
		rc = nvr_schedule_log(
		    x->s, "schedule.added", NULL, s, true, &hearers, x->err);
	return rc == 0 ? nvr_import_id(x, &x->schedules, s->id) : rc;
}

static int
check_schedule(struct nvr_importing *x, const struct nvr_schedule *s)
{
	struct nvr_checks checks = {0};
	int rc = nvr_name_check("schedule", s->name, x->err);

	if (rc == 0)
		rc = check_timing(x, s);
	if (rc == 0 && s->prompt[0] != '\0')
		rc = nvr_checks_parse(s->prompt, &checks, x->err);
	nvr_checks_release(&checks);
	return rc;
}

static int
take_schedule(struct nvr_importing *x, struct nvr_schedule *s)
{
	int64_t *camera = reallocarray(NULL, x->npairs + 1, sizeof(*camera));
	const char *why;
	int n = 0, rc = check_schedule(x, s);

	if (camera == NULL)
		return nvr_fail_nomem(x->err);
	for (size_t i = 0; i < x->npairs; i++)
		if (x->pair[i].schedule == s->id)
			camera[n++] = x->pair[i].camera;
	why = why_no_schedule(s, n);
	if (rc == 0 && why != NULL)
		nvr_import_left(x, s->name, "the schedule: %s", why);
	else if (rc == 0)
		rc = add_schedule(x, s, camera, n);
	free(camera);
	return rc == 0 ? why == NULL : rc;
}

int
nvr_import_schedule(struct nvr_importing *x, struct nvr_import_row *r)
{
	int64_t latest = NVR_IMPORT_LATEST(x);
	struct nvr_schedule s = {.id = nvr_row_id(r, "id"),
	    .name = nvr_row_word(r, "name", 64),
	    .every_us = nvr_row_int_or(r, "every_us", 0, MOST_TIME, 0),
	    .cron = nvr_row_word_or_null(r, "cron", 256),
	    .zone = nvr_row_word(r, "zone", 128),
	    .all_cameras = nvr_row_flag(r, "all_cameras"),
	    .analyzer = nvr_row_word(r, "analyzer", TEXT),
	    .model = nvr_row_word(r, "model", 128),
	    .prompt = nvr_row_prose(r, "prompt", 65536),
	    .agentic = nvr_row_flag(r, "agentic"),
	    .skip_unchanged = nvr_row_flag(r, "skip_unchanged"),
	    .samples = nvr_row_int(r, "samples", 1, 15),
	    .keep_us = nvr_row_int(r, "keep_us", 0, MOST_TIME),
	    .created_at = nvr_row_time(r, "created_at", latest),
	    .changed_at = nvr_row_time(r, "changed_at", latest)};

	return r->rc == 0 ? take_schedule(x, &s) : r->rc;
}

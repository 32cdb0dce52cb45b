/* Recorders elsewhere: invited, approved, revoked; see remote.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/changes.h"
#include "core/log.h"
#include "core/remote_code.h"
#include "core/remote_int.h"
#include "core/site.h"

int
nvr_remote_log(struct nvr_state *s, const char *type,
    const struct nvr_remote *r, json_t *more, struct nvr_error *err)
{
	json_t *o = json_pack("{s:o, s:o}", "recorder_id", nvr_change_id(r->id),
	    "site_id", nvr_change_id(r->site_id));

	if (more != NULL && o != NULL)
		json_object_update(o, more);
	json_decref(more);
	return nvr_log_append(s, r->account_id, type, o, err);
}

/* Whom it replaces is of the same account, whatever became of it. */
static int
check_replaced(struct nvr_state *s, const struct nvr_site *site,
    int64_t replaces, struct nvr_error *err)
{
	struct nvr_remote *old = NULL;
	int rc;

	if (replaces == 0)
		return 0;
	rc = nvr_remote_get(s->store, replaces, &old, err);
	if (rc == 0 && old->account_id != site->account_id)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "the recorder to replace is of another account");
	nvr_remote_free(old);
	return rc;
}

static int
invite(struct nvr_state *s, int64_t site_id, struct nvr_invitation *i,
    struct nvr_error *err)
{
	struct nvr_site *site = NULL;
	const struct nvr_remote r = {.site_id = site_id};
	int rc = nvr_site_get(s->store, site_id, &site, err);

	if (rc == 0)
		rc = nvr_site_check(s, site, err);
	if (rc == 0)
		rc = check_replaced(s, site, i->replaces, err);
	if (rc == 0) {
		i->account_id = site->account_id;
		i->site_id = site_id;
		rc = nvr_invitation_insert(s->store, i, err);
	}
	if (rc == 0)
		rc = nvr_log_append(s, i->account_id, "recorder.invited",
		    json_pack("{s:o, s:o, s:o}", "site_id",
			nvr_change_id(r.site_id), "invitation_id",
			nvr_change_id(i->id), "replaces",
			nvr_change_id(i->replaces)),
		    err);
	nvr_site_free(site);
	return rc;
}

int
nvr_remote_invite(struct nvr_state *s, int64_t site, int64_t replaces,
    char code[NVR_CODE_TEXT], struct nvr_error *err)
{
	struct nvr_invitation i = {.id = nvr_id_new(),
	    .replaces = replaces,
	    .created_at = nvr_time_now()};
	int rc;

	i.expires_at = i.created_at + NVR_INVITATION;
	rc = nvr_remote_code_draw(code, i.hash, err);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc == 0)
		rc = nvr_store_end(s->store, invite(s, site, &i, err), err);
	if (rc != 0)
		explicit_bzero(code, NVR_CODE_TEXT);
	return rc;
}

static int
uninvite(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	struct nvr_invitation i;
	bool was = false;
	int rc = nvr_invitation_get(s->store, id, &i, err);

	if (rc == 0)
		rc =
		    nvr_invitation_end(s->store, id, nvr_time_now(), &was, err);
	if (rc == 0 && !was)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "the invitation was used, or is past its time");
	return rc == 0 ? nvr_log_append(s, i.account_id, "recorder.uninvited",
			     json_pack("{s:o, s:o}", "site_id",
				 nvr_change_id(i.site_id), "invitation_id",
				 nvr_change_id(id)),
			     err)
		       : rc;
}

int
nvr_remote_uninvite(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	int rc = nvr_store_begin(s->store, err);

	return rc == 0 ? nvr_store_end(s->store, uninvite(s, id, err), err)
		       : rc;
}

static int
revoke(struct nvr_state *s, struct nvr_remote *r, int64_t now, int64_t by,
    struct nvr_error *err)
{
	int rc;

	r->state = "revoked";
	r->revoked_at = now;
	rc = nvr_remote_update(s->store, r, err);
	return rc == 0 ? nvr_remote_log(s, "recorder.revoked", r,
			     by != 0 ? json_pack("{s:o}", "replaced_by",
					   nvr_change_id(by))
				     : NULL,
			     err)
		       : rc;
}

/* The one whose place it takes, unless that is gone or revoked already. */
static int
revoke_replaced(struct nvr_state *s, const struct nvr_remote *r, int64_t now,
    struct nvr_error *err)
{
	struct nvr_remote *old = NULL;
	struct nvr_error none;
	int rc;

	if (r->replaces == 0)
		return 0;
	rc = nvr_remote_get(s->store, r->replaces, &old, &none);
	if (rc != 0 && rc != NVR_E_NOENT)
		*err = none;
	else
		rc = rc == 0 && old->account_id == r->account_id &&
			     strcmp(old->state, "revoked") != 0
			 ? revoke(s, old, now, r->id, err)
			 : 0;
	nvr_remote_free(old);
	return rc;
}

/* What is right about it, from now on. */
static int
approve(struct nvr_state *s, struct nvr_remote *r, struct nvr_error *err)
{
	bool waits = strcmp(r->state, "waiting") == 0;
	int64_t now = nvr_time_now();
	int rc;

	if (strcmp(r->state, "revoked") == 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "the recorder was revoked: invite it anew");
	if (!waits && !r->has_moved && r->cloned_at == 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "there is nothing to approve: the recorder is active, and "
		    "is the machine that it was");
	r->state = "active";
	if (waits)
		r->approved_at = now;
	if (r->has_moved)
		memcpy(r->fingerprint, r->moved, sizeof(r->fingerprint));
	r->has_moved = false;
	r->moved_at = r->cloned_at = r->doubted_at = r->doubts = 0;
	rc = nvr_remote_update(s->store, r, err);
	if (rc == 0)
		rc = nvr_remote_log(s, "recorder.approved", r,
		    json_pack("{s:s}", "what", waits ? "enrolled" : "moved"),
		    err);
	return rc == 0 && waits ? revoke_replaced(s, r, now, err) : rc;
}

int
nvr_remote_approve(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	struct nvr_remote *r = NULL;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_remote_get(s->store, id, &r, err);
	if (rc == 0)
		rc = approve(s, r, err);
	rc = nvr_store_end(s->store, rc, err);
	nvr_remote_free(r);
	return rc;
}

int
nvr_remote_revoke(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	struct nvr_remote *r = NULL;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_remote_get(s->store, id, &r, err);
	if (rc == 0 && strcmp(r->state, "revoked") == 0)
		rc = nvr_fail(
		    err, NVR_E_USAGE, "the recorder was revoked already");
	if (rc == 0)
		rc = revoke(s, r, nvr_time_now(), 0, err);
	rc = nvr_store_end(s->store, rc, err);
	nvr_remote_free(r);
	return rc;
}

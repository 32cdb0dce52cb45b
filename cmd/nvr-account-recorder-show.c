/* nvr-account recorder show, invitations, revoke. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/remote.h"
#include "core/site.h"

#include "nvr-account.h"

struct showing {
	struct nvr_state *s;
	struct nvr_out out;
	struct nvr_site_names names;
	int64_t id;
	json_t *cameras;
};

static int
put_it(void *ctx, const struct nvr_remote_now *n)
{
	struct showing *x = ctx;

	if (n->r->id == x->id)
		recorder_put(&x->out,
		    nvr_site_label(x->s, &x->names, n->r->site_id), n, true);
	return 0;
}

static json_t *
text_json(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *
time_json(int64_t t)
{
	char text[NVR_TIME_TEXT];

	return t == 0 ? json_null() : json_string(nvr_time_format(t, text));
}

static int
add_camera(void *ctx, const struct nvr_remote_camera *c)
{
	struct showing *x = ctx;
	char id[NVR_ID_TEXT], line[512];

	if (cli.json) {
		json_array_append_new(x->cameras,
		    json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			"id", nvr_id_format(c->id, id), "name", c->name, "zone",
			text_json(c->zone), "manufacturer",
			text_json(c->manufacturer), "model",
			text_json(c->model), "state", text_json(c->state),
			"newest", time_json(c->newest), "gaps",
			c->gaps < 0 ? json_null() : json_integer(c->gaps),
			"changed_at", time_json(c->changed_at)));
		return 0;
	}
	snprintf(line, sizeof(line), "%s %s",
	    c->state[0] != '\0' ? c->state : "-", c->name);
	nvr_out_text(&x->out, "camera", line);
	return 0;
}

static int
show(struct showing *x)
{
	struct nvr_remote *r = NULL;
	int rc = nvr_remote_get(x->s->store, x->id, &r, &cli.err);

	if (rc != 0)
		return rc;
	nvr_out_init_record(&x->out, cli.json);
	rc = nvr_remote_overview(
	    x->s->store, r->account_id, r->site_id, put_it, x, &cli.err);
	x->cameras = json_array();
	if (rc == 0)
		rc = nvr_remote_cameras(
		    x->s->store, x->id, add_camera, x, &cli.err);
	if (rc == 0 && cli.json)
		nvr_out_json(&x->out, "camera", json_incref(x->cameras));
	if (rc == 0)
		nvr_out_end(&x->out);
	nvr_out_flush(&x->out);
	json_decref(x->cameras);
	nvr_remote_free(r);
	return rc;
}

int
recorder_show(int argc, char **argv)
{
	struct showing x = {.s = NULL};
	int rc = account_row(argv[0], &x.id);

	(void)argc;
	if (rc == 0)
		rc = account_open(&x.s);
	if (rc == 0)
		rc = show(&x);
	nvr_site_names_wipe(&x.names);
	nvr_state_close(x.s);
	return rc;
}

static int
invitation_row(void *ctx, const struct nvr_invitation *i)
{
	struct showing *x = ctx;

	nvr_out_id(&x->out, "id", i->id);
	nvr_out_text(
	    &x->out, "site", nvr_site_label(x->s, &x->names, i->site_id));
	nvr_out_time(&x->out, "until", i->expires_at);
	if (i->replaces != 0)
		nvr_out_id(&x->out, "replaces", i->replaces);
	else
		nvr_out_text(&x->out, "replaces", NULL);
	nvr_out_more(&x->out);
	nvr_out_id(&x->out, "account_id", i->account_id);
	nvr_out_id(&x->out, "site_id", i->site_id);
	nvr_out_time(&x->out, "created_at", i->created_at);
	nvr_out_end(&x->out);
	return 0;
}

int
recorder_invitations(int argc, char **argv)
{
	struct showing x = {.s = NULL};
	int64_t account = 0;
	int rc = account_open(&x.s);

	if (rc == 0 && argc > 0)
		rc = account_id(x.s, argv[0], &account);
	nvr_out_init(&x.out, cli.json);
	if (rc == 0)
		rc = nvr_invitation_each(x.s->store, account, nvr_time_now(),
		    invitation_row, &x, &cli.err);
	nvr_out_flush(&x.out);
	nvr_site_names_wipe(&x.names);
	nvr_state_close(x.s);
	return rc;
}

/* A recorder, or an invitation of one. */
static int
revoke(struct nvr_state *s, int64_t id)
{
	struct nvr_remote *r = NULL;
	int rc = nvr_remote_get(s->store, id, &r, &cli.err);

	if (rc == NVR_E_NOENT) {
		rc = nvr_remote_uninvite(s, id, &cli.err);
		if (rc == NVR_E_NOENT)
			rc = nvr_fail(&cli.err, NVR_E_NOENT,
			    "there is no such recorder, and no open invitation "
			    "of that id");
		else if (rc == 0)
			account_done(id, "invitation revoked", 0);
		return rc;
	}
	if (rc == 0 && strcmp(r->state, "revoked") == 0) {
		nvr_note(&cli, "it is revoked already: nothing was changed");
	} else if (rc == 0) {
		rc = nvr_remote_revoke(s, id, &cli.err);
		if (rc == 0)
			account_done(id, "recorder revoked", 0);
	}
	nvr_remote_free(r);
	return rc;
}

int
recorder_revoke(int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = account_row(argv[0], &id);

	(void)argc;
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0)
		rc = revoke(s, id);
	nvr_state_close(s);
	return rc;
}

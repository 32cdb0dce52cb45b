/* nvr-account site: where cameras of an account hang. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/size.h"
#include "base/time.h"
#include "core/site.h"

#include "nvr-account.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	int64_t account; /* whose address is the one below */
	char email[320];
	struct nvr_buf name;
	int damaged; /* what is the matter with a row; 0: nothing */
};

/* Its address, or where that does not open its id. */
static const char *
whose(struct listing *l, int64_t account, char id[NVR_ID_TEXT])
{
	struct nvr_account *a = NULL;
	struct nvr_person p = {0};
	struct nvr_error ignored;

	if (l->account != account) {
		l->account = account;
		strlcpy(l->email, nvr_id_format(account, id), sizeof(l->email));
		if (nvr_account_get(l->s->store, account, &a, &ignored) == 0 &&
		    nvr_person_open(l->s, a, &p, &ignored) == 0)
			strlcpy(l->email, p.email, sizeof(l->email));
		nvr_person_wipe(&p);
		nvr_account_free(a);
	}
	return l->email;
}

/* Numbers for programs, and for people what --retain takes. */
static void
limits(struct nvr_out *out, const struct nvr_site *site)
{
	char time[NVR_TIME_TEXT] = "", size[NVR_SIZE_TEXT] = "";
	bool us = site->retain_us > 0, bytes = site->retain_bytes > 0;

	nvr_duration_format(site->retain_us, time);
	nvr_size_format(site->retain_bytes, size);
	if (us && cli.json)
		nvr_out_int(
		    out, "retain_ms", site->retain_us / NVR_MILLISECOND);
	else
		nvr_out_text(
		    out, cli.json ? "retain_ms" : "retain", us ? time : NULL);
	if (bytes && cli.json)
		nvr_out_int(out, "retain_bytes", site->retain_bytes);
	else
		nvr_out_text(out, "retain_bytes", bytes ? size : NULL);
}

static int
list_row(void *ctx, const struct nvr_site *site)
{
	struct listing *l = ctx;
	struct nvr_out *out = &l->out;
	char id[NVR_ID_TEXT];
	int64_t cameras = 0;
	int rc = nvr_site_cameras(l->s->store, site->id, &cameras, &cli.err);

	if (rc == 0)
		rc = nvr_site_name(l->s, site, &l->name, &cli.err);
	/* One that does not open hides no other. */
	if (rc == NVR_E_DATA || rc == NVR_E_NOENT)
		l->damaged = rc;
	else if (rc != 0)
		return rc;
	nvr_out_text(out, "site", rc == 0 ? l->name.data : NULL);
	nvr_out_text(out, "email", whose(l, site->account_id, id));
	nvr_out_text(out, "jurisdiction", site->jurisdiction);
	nvr_out_text(out, "zone", site->zone[0] != '\0' ? site->zone : NULL);
	limits(out, site);
	nvr_out_int(out, "cameras", cameras);
	nvr_out_more(out);
	nvr_out_id(out, "id", site->id);
	nvr_out_id(out, "account_id", site->account_id);
	nvr_out_time(out, "created_at", site->created_at);
	nvr_out_time(out, "changed_at", site->changed_at);
	nvr_out_time(out, "removed_at", site->removed_at);
	nvr_out_end(out);
	return 0;
}

static int
list(struct nvr_state *s, int64_t account)
{
	struct listing l = {.s = s};
	int rc;

	nvr_out_init(&l.out, cli.json);
	rc = nvr_site_each(
	    s->store, account, opt.deleted, list_row, &l, &cli.err);
	nvr_out_flush(&l.out);
	explicit_bzero(l.email, sizeof(l.email));
	nvr_buf_wipe(&l.name);
	return rc == 0 ? l.damaged : rc;
}

static int
act(struct nvr_state *s, const struct nvr_account *a, const char *verb,
    const char *name)
{
	struct nvr_site_change c = {
	    .name = strcmp(verb, "add") == 0 ? name : opt.name,
	    .jurisdiction = opt.jurisdiction,
	    .zone = opt.zone,
	    .retain_us = opt.retain,
	    .retain_bytes = opt.retain_bytes};
	bool removed = strcmp(verb, "remove") == 0;
	const char *done = strcmp(verb, "add") == 0   ? "added"
			   : strcmp(verb, "set") == 0 ? "changed"
			   : removed		      ? "removed"
						      : "restored";
	char text[320];
	int rc = nvr_account_active(a, &cli.err);

	if (rc == 0 && strcmp(verb, "add") == 0)
		rc = nvr_site_add(s, a->id, &c, &cli.err);
	else if (rc == 0 && strcmp(verb, "set") == 0)
		rc = nvr_site_set(s, a->id, name, &c, &cli.err);
	else if (rc == 0 && removed)
		rc = nvr_site_remove(s, a->id, name, &cli.err);
	else if (rc == 0)
		rc = nvr_site_restore(
		    s, a->id, name, opt.name, cli.conf.rules.restore, &cli.err);
	snprintf(text, sizeof(text), "site '%s' %s", name, done);
	if (rc == 0)
		account_done(a->id, text,
		    removed ? nvr_time_now() + cli.conf.rules.restore : 0);
	return rc;
}

/* Which words and options go together. */
static int
check_usage(const char *verb, int argc)
{
	static const char *const verbs[] = {
	    "list", "add", "set", "remove", "restore"};
	bool edits = strcmp(verb, "add") == 0 || strcmp(verb, "set") == 0;
	bool given = opt.jurisdiction != NULL || opt.zone != NULL ||
		     opt.retain >= 0 || opt.retain_bytes >= 0;
	size_t i = 0;

	while (i < 5 && strcmp(verb, verbs[i]) != 0)
		i++;
	if (i == 5)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "site add, list, set, remove or restore, not '%.40s'",
		    verb);
	if (i > 0 && argc != 3)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "site %s EMAIL NAME", verb);
	if (i == 0 && argc > 2)
		return nvr_fail(&cli.err, NVR_E_USAGE, "site list [EMAIL]");
	if (given && !edits)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "site %s does not take what a site is like; 'site set' "
		    "changes it",
		    verb);
	if (opt.name != NULL && (i < 2 || i == 3))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--name: only 'site set' and 'site restore' take a new "
		    "name");
	if (i == 2 && !given && opt.name == NULL)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "site set: nothing to change");
	return 0;
}

int
run_site(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_account *a = NULL;
	struct nvr_state *s = NULL;
	int rc = check_usage(argv[0], argc);

	(void)c;
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0 && argc > 1)
		rc = nvr_account_find(s, argv[1], &a, &cli.err);
	if (rc == 0 && strcmp(argv[0], "list") == 0)
		rc = list(s, a != NULL ? a->id : 0);
	else if (rc == 0 && a != NULL)
		rc = act(s, a, argv[0], argv[2]);
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}

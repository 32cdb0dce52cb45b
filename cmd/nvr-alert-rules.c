/* nvr-alert rules: when somebody is told. */
#include <math.h>
#include <string.h>

#include "base/time.h"
#include "core/account.h"
#include "core/site.h"

#include "nvr-alert.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	struct nvr_site_names names;
};

static void
put_us(struct nvr_out *out, const char *name, int64_t us)
{
	if (us >= 0)
		nvr_out_int(out, name, us / NVR_MILLISECOND);
	else
		nvr_out_text(out, name, NULL);
}

/* snoozed: until when nothing of the kind is told. */
static void
put_rule(struct listing *l, const struct nvr_alert_rule *r, int64_t snoozed)
{
	struct nvr_out *out = &l->out;
	const char *site = nvr_site_label(l->s, &l->names, r->site_id);

	nvr_out_text(out, "kind", r->kind);
	nvr_out_text(out, "site", site[0] != '\0' ? site : NULL);
	if (r->account_id != 0)
		nvr_out_id(out, "account_id", r->account_id);
	else
		nvr_out_text(out, "account_id", NULL);
	nvr_out_text(out, "enabled",
	    r->enabled < 0   ? NULL
	    : r->enabled > 0 ? "yes"
			     : "no");
	nvr_out_text(out, "severity",
	    r->severity >= 0 ? nvr_severity_names[r->severity] : NULL);
	if (r->percent >= 0)
		nvr_out_real(out, "percent", r->percent);
	else
		nvr_out_text(out, "percent", NULL);
	if (r->bytes >= 0)
		nvr_out_int(out, "size_bytes", r->bytes);
	else
		nvr_out_text(out, "size_bytes", NULL);
	put_us(out, "time_ms", r->us);
	put_us(out, "grace_ms", r->grace);
	nvr_out_more(out);
	nvr_out_time(out, "changed_at", r->changed_at);
	nvr_out_time(out, "snoozed_until", snoozed);
	nvr_out_end(out);
}

static int
list_own(void *ctx, const struct nvr_alert_rule *r)
{
	put_rule(ctx, r, 0);
	return 0;
}

/* What holds where nobody says otherwise: nvr.conf's. */
static int
list_presets(struct listing *l)
{
	struct nvr_alert_rules *rules;
	struct nvr_alert_limits m;
	int rc = nvr_alert_rules_load(l->s, &rules, &cli.err);

	if (rc != 0)
		return rc;
	for (const struct nvr_alert_kind *k = nvr_alert_kinds;
	     rc == 0 && k->name != NULL; k++) {
		struct nvr_alert_rule r = {.kind = k->name};
		int64_t until;

		/* Of an account that there is not. */
		nvr_alert_limits(rules, k, -1, 0, &m);
		r.enabled = m.enabled;
		r.severity = m.severity;
		r.percent = k->percent ? m.percent : NAN;
		r.bytes = k->bytes ? m.bytes : -1;
		r.us = k->us ? m.us : -1;
		r.grace = m.grace;
		rc = nvr_alert_snoozed(l->s, k->name, &until, &cli.err);
		if (rc == 0)
			put_rule(l, &r, until > nvr_time_now() ? until : 0);
	}
	nvr_alert_rules_free(rules);
	return rc;
}

static int
list(struct nvr_state *s)
{
	struct listing l = {.s = s};
	int rc;

	nvr_out_init(&l.out, cli.json);
	rc = list_presets(&l);
	if (rc == 0)
		rc = nvr_alert_rule_each(s->store, list_own, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_site_names_wipe(&l.names);
	return rc;
}

/* Of which account, and of which of its sites. */
static int
find_place(struct nvr_state *s, struct nvr_alert_rule *r)
{
	struct nvr_account *a = NULL;
	struct nvr_site *site = NULL;
	int rc = 0;

	if (opt.account != NULL) {
		rc = nvr_account_find(s, opt.account, &a, &cli.err);
		if (rc == 0)
			r->account_id = a->id;
		nvr_account_free(a);
	}
	if (rc == 0 && opt.site != NULL) {
		rc = nvr_site_by_name(
		    s, r->account_id, opt.site, false, &site, &cli.err);
		if (rc == 0) {
			r->account_id = site->account_id;
			r->site_id = site->id;
		}
		nvr_site_free(site);
	}
	return rc;
}

static int
find_severity(struct nvr_alert_rule *r)
{
	if (opt.severity == NULL)
		return 0;
	for (int i = 0; i < NVR_SEVERITIES; i++)
		if (strcmp(opt.severity, nvr_severity_names[i]) == 0)
			r->severity = i;
	return r->severity >= 0
		   ? 0
		   : nvr_fail(&cli.err, NVR_E_USAGE,
			 "--severity is info, warning or critical");
}

static int
set(struct nvr_state *s, const char *kind)
{
	struct nvr_alert_rule r = {.kind = kind,
	    .enabled = opt.off	? 0
		       : opt.on ? 1
				: -1,
	    .severity = -1,
	    .percent = opt.percent >= 0 ? (double)opt.percent : NAN,
	    .bytes = opt.bytes,
	    .us = opt.us,
	    .grace = opt.grace,
	    .changed_at = nvr_time_now()};
	bool sets = r.enabled >= 0 || opt.severity != NULL ||
		    opt.percent >= 0 || r.bytes >= 0 || r.us >= 0 ||
		    r.grace >= 0;
	int rc;

	if (sets == opt.reset || (opt.off && opt.on))
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "say what is to hold, or --reset");
	rc = find_severity(&r);
	if (rc == 0)
		rc = find_place(s, &r);
	if (rc != 0)
		return rc;
	return opt.reset ? nvr_alert_rule_reset(
			       s, r.account_id, r.site_id, kind, &cli.err)
			 : nvr_alert_rule_set(s, &r, &cli.err);
}

int
alert_rules(struct nvr_cli *c, int argc, char **argv)
{
	bool sets = argc > 0 && strcmp(argv[0], "set") == 0;
	struct nvr_state *s = NULL;
	int rc;

	if (argc != (sets ? 2 : argc > 0) ||
	    (argc > 0 && !sets && strcmp(argv[0], "list") != 0))
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "rules are there to list, or to set KIND");
	rc = nvr_open(c, sets ? NVR_STATE_DURABLE : 0, &s);
	if (rc == 0)
		rc = sets ? set(s, argv[1]) : list(s);
	nvr_state_close(s);
	return rc;
}

/* nvr-alert list, show, ack and snooze. */
#include <math.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/site.h"

#include "nvr-alert.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	struct nvr_site_names names;
	int64_t now;
	bool open; /* there is one that nobody has seen to */
};

static void
put_id(struct nvr_out *out, const char *name, int64_t id)
{
	if (id != 0)
		nvr_out_id(out, name, id);
	else
		nvr_out_text(out, name, NULL);
}

static void
put_alert(struct listing *l, const struct nvr_alert *a)
{
	struct nvr_out *out = &l->out;
	const char *site = nvr_site_label(l->s, &l->names, a->site_id);

	nvr_out_id(out, "id", a->id);
	nvr_out_text(out, "state",
	    a->inhibited_by != 0 && a->state != NVR_ALERT_CLOSED
		? "inhibited"
		: nvr_alert_states[a->state]);
	nvr_out_text(out, "severity", nvr_severity_names[a->severity]);
	nvr_out_text(out, "kind", a->kind);
	nvr_out_text(out, "subject", a->subject);
	nvr_out_text(out, "site", site[0] != '\0' ? site : NULL);
	nvr_out_time(out, "since", a->since);
	nvr_out_text(out, "why", a->why);
	nvr_out_text(out, "acked_by", a->acked_at != 0 ? a->acked_by : NULL);
	nvr_out_time(out, "snoozed_until",
	    a->snoozed_until > l->now ? a->snoozed_until : 0);
	nvr_out_more(out);
	put_id(out, "account_id", a->account_id);
	put_id(out, "object", a->object);
	nvr_out_time(out, "opened_at", a->opened_at);
	nvr_out_time(out, "closed_at", a->closed_at);
	nvr_out_time(out, "acked_at", a->acked_at);
	nvr_out_bool(out, "unstable", a->unstable);
	put_id(out, "inhibited_by", a->inhibited_by);
}

static int
list_one(void *ctx, const struct nvr_alert *a)
{
	struct listing *l = ctx;

	if (!opt.all && (a->state != NVR_ALERT_OPEN || a->inhibited_by != 0))
		return 0;
	put_alert(l, a);
	nvr_out_end(&l->out);
	l->open |= a->state == NVR_ALERT_OPEN && a->inhibited_by == 0 &&
		   a->acked_at == 0 && a->snoozed_until <= l->now;
	return 0;
}

int
alert_list(struct nvr_cli *c, int argc, char **argv)
{
	struct listing l = {.now = nvr_time_now()};
	int rc = nvr_open(c, 0, &l.s);

	(void)argc, (void)argv;
	nvr_out_init(&l.out, c->json);
	if (rc == 0)
		rc = nvr_alert_each(l.s->store,
		    opt.all ? NVR_ALERTS_ALL : NVR_ALERTS_NOT_CLOSED, list_one,
		    &l, &c->err);
	nvr_out_flush(&l.out);
	nvr_site_names_wipe(&l.names);
	nvr_state_close(l.s);
	return rc == 0 && l.open ? NVR_EXIT_NEGATIVE : rc;
}

static int
add_event(void *ctx, const struct nvr_alert_event *e)
{
	char at[NVR_TIME_TEXT];

	json_array_append_new(ctx,
	    json_pack("{s:s, s:s, s:s, s:s}", "at", nvr_time_format(e->at, at),
		"what", e->what, "why", e->why, "who", e->who));
	return 0;
}

static int
show_event(void *ctx, const struct nvr_alert_event *e)
{
	struct nvr_out *out = ctx;

	nvr_out_time(out, "at", e->at);
	nvr_out_text(out, "what", e->what);
	nvr_out_text(out, "why", e->why);
	nvr_out_text(out, "who", e->who);
	nvr_out_end(out);
	return 0;
}

static int
show(struct listing *l, int64_t id)
{
	json_t *events = json_array();
	struct nvr_alert a;
	int rc = nvr_alert_get(l->s->store, id, &a, &cli.err);

	nvr_out_init_record(&l->out, cli.json);
	if (rc == 0 && cli.json)
		rc = nvr_alert_event_each(
		    l->s->store, id, add_event, events, &cli.err);
	if (rc == 0) {
		put_alert(l, &a);
		nvr_out_int(&l->out, "flips", a.flips);
		if (isnan(a.value))
			nvr_out_text(&l->out, "value", NULL);
		else
			nvr_out_real(&l->out, "value", a.value);
		if (cli.json)
			nvr_out_json(&l->out, "events", json_incref(events));
		nvr_out_end(&l->out);
		nvr_out_flush(&l->out);
	}
	json_decref(events);
	if (rc != 0 || cli.json)
		return rc;
	nvr_out_init(&l->out, false);
	rc = nvr_alert_event_each(
	    l->s->store, id, show_event, &l->out, &cli.err);
	nvr_out_flush(&l->out);
	return rc;
}

int
alert_show(struct nvr_cli *c, int argc, char **argv)
{
	struct listing l = {.now = nvr_time_now()};
	int64_t id = 0;
	int rc = nvr_id_parse(argv[0], &id, &c->err);

	(void)argc;
	if (rc == 0)
		rc = nvr_open_made(c, 0, &l.s);
	if (rc == 0)
		rc = show(&l, id);
	nvr_site_names_wipe(&l.names);
	nvr_state_close(l.s);
	return rc;
}

int
alert_ack(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = nvr_open_made(c, NVR_STATE_DURABLE, &s);

	for (int i = 0; rc == 0 && i < argc; i++) {
		rc = nvr_id_parse(argv[i], &id, &c->err);
		if (rc != 0)
			break;
		rc = (opt.undo ? nvr_alert_unack : nvr_alert_ack)(s, id,
		    opt.why != NULL ? opt.why : "", nvr_time_now(), &c->err);
		if (rc != 0)
			nvr_prefix(&c->err, "'%.40s'", argv[i]);
	}
	nvr_state_close(s);
	return rc;
}

static int
snooze(struct nvr_state *s, const char *what, int64_t now)
{
	int64_t id = 0, until = now + opt.until;
	struct nvr_error ignored;
	int rc;

	/* What is no id is a kind, perhaps a mistyped one. */
	if (nvr_id_parse(what, &id, &ignored) != 0) {
		rc = nvr_alert_kind_check(what, &cli.err);
		return rc == 0 ? nvr_alert_snooze_kind(
				     s, what, until, now, &cli.err)
			       : rc;
	}
	rc = nvr_alert_snooze(s, id, until, now, &cli.err);
	return rc != 0 ? nvr_prefix(&cli.err, "'%.40s'", what) : 0;
}

int
alert_snooze(struct nvr_cli *c, int argc, char **argv)
{
	int64_t now = nvr_time_now();
	struct nvr_state *s = NULL;
	int rc;

	if (opt.until < 0)
		return nvr_fail(&c->err, NVR_E_USAGE, "--for says how long");
	if (opt.until > NVR_TIME_MAX - now)
		return nvr_fail(&c->err, NVR_E_USAGE, "--for is too long");
	rc = nvr_open_made(c, NVR_STATE_DURABLE, &s);
	for (int i = 0; rc == 0 && i < argc; i++)
		rc = snooze(s, argv[i], now);
	nvr_state_close(s);
	return rc;
}

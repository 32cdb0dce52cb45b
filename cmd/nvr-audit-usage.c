/* nvr-audit usage: what audits by models took, and what is left of limits. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/money.h"
#include "base/time.h"
#include "core/budget.h"
#include "core/inventory.h"

#include "nvr-audit.h"
#include "open.h"

static const char *const by_words[] = {[NVR_BY_CAMERA] = "camera",
    [NVR_BY_MODEL] = "model",
    [NVR_BY_DAY] = "day",
    [NVR_BY_ACCOUNT] = "account"};

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	enum nvr_usage_by by;
	struct nvr_usage_filter f;
	struct nvr_usage total;
	int rows;
	bool owner; /* there was the row of what is no account's */
};

/* A limit that is set, and what is used of it now. */
struct limit {
	const char *name, *json; /* in nvr.conf; in JSON */
	int64_t most, used;
	bool money;
};

#define LIMITS 6

static int
load_limits(struct listing *l, int64_t account, struct limit limits[LIMITS])
{
	const struct nvr_tier *t = &cli.conf.tier[cli.conf.tier_used];
	struct nvr_store *st = l->s->store;
	struct nvr_usage day, month;
	struct nvr_budget_days days;
	int rc = nvr_budget_tier(
	    st, cli.conf.tier, NVR_TIERS, account, &t, &cli.err);

	nvr_budget_days(nvr_time_now(), &days);
	if (rc == 0)
		rc = nvr_usage_sum(
		    st, account, days.today, days.today + 1, &day, &cli.err);
	if (rc == 0)
		rc = nvr_usage_sum(
		    st, account, days.month, days.next_month, &month, &cli.err);
	if (rc != 0)
		return rc;
	struct limit all[LIMITS] = {
	    {"audits-per-day", "audits_day", t->audits_day, day.audits, false},
	    {"audits-per-month", "audits_month", t->audits_month, month.audits,
		false},
	    {"tokens-per-day", "tokens_day", t->tokens_day,
		day.tokens_in + day.tokens_out + day.reserved_tokens, false},
	    {"tokens-per-month", "tokens_month", t->tokens_month,
		month.tokens_in + month.tokens_out + month.reserved_tokens,
		false},
	    {"cost-per-day", "cost_day_micros", t->cost_day,
		day.cost_micros + day.reserved_micros, true},
	    {"cost-per-month", "cost_month_micros", t->cost_month,
		month.cost_micros + month.reserved_micros, true},
	};
	memcpy(limits, all, sizeof(all));
	return 0;
}

static json_t *
limits_json(const struct limit limits[LIMITS])
{
	json_t *all = json_object();

	for (int i = 0; i < LIMITS; i++)
		json_object_set_new(all, limits[i].json,
		    json_pack("{s:I, s:o}", "used", (json_int_t)limits[i].used,
			"limit",
			limits[i].most < 0 ? json_null()
					   : json_integer(limits[i].most)));
	return all;
}

/* What the row is of; NULL: of nothing that has a name. */
static const char *
key_of(const struct listing *l, const struct nvr_usage *u, const char *name,
    char buf[NVR_TIME_TEXT])
{
	int64_t id = u->camera_id;

	switch (l->by) {
	case NVR_BY_MODEL:
		return u->model;
	case NVR_BY_DAY:
		nvr_time_format(u->day * NVR_DAY, buf);
		buf[strlen("YYYY-MM-DD")] = '\0';
		return buf;
	case NVR_BY_ACCOUNT:
		id = u->account_id;
		break;
	default:
		break;
	}
	if (name != NULL || id == 0)
		return name;
	return nvr_id_format(id, buf);
}

static void
put_money(struct listing *l, const char *name, const char *json, int64_t micros)
{
	char buf[NVR_MONEY_TEXT];

	if (l->out.mode == NVR_OUT_JSON)
		nvr_out_int(&l->out, json, micros);
	else
		nvr_out_text(&l->out, name, nvr_money_format(micros, buf));
}

static void
put_counts(struct listing *l, const char *key, const struct nvr_usage *u)
{
	struct nvr_out *out = &l->out;
	bool json = out->mode == NVR_OUT_JSON;

	nvr_out_text(out, by_words[l->by], key == NULL && !json ? "-" : key);
	nvr_out_int(out, "audits", u->audits);
	nvr_out_int(out, "requests", u->requests);
	nvr_out_int(out, "tokens_in", u->tokens_in);
	nvr_out_int(out, "tokens_out", u->tokens_out);
	put_money(l, "cost", "cost_micros", u->cost_micros);
	nvr_out_text(out, "currency", cli.conf.currency);
	nvr_out_int(out, "unreported", u->unreported);
	nvr_out_int(out, "reserved_tokens", u->reserved_tokens);
	put_money(l, "reserved", "reserved_micros", u->reserved_micros);
}

static int
print_row(void *ctx, const struct nvr_usage *u, const char *name)
{
	struct limit limits[LIMITS];
	struct listing *l = ctx;
	char buf[NVR_TIME_TEXT];
	int rc = 0;

	put_counts(l, key_of(l, u, name, buf), u);
	if (l->by == NVR_BY_ACCOUNT) {
		l->owner |= u->account_id == 0;
		if (l->out.mode == NVR_OUT_JSON &&
		    (rc = load_limits(l, u->account_id, limits)) == 0)
			nvr_out_json(&l->out, "limits", limits_json(limits));
	}
	nvr_out_end(&l->out);
	l->rows++;
	l->total.audits += u->audits;
	l->total.requests += u->requests;
	l->total.unreported += u->unreported;
	l->total.tokens_in += u->tokens_in;
	l->total.tokens_out += u->tokens_out;
	l->total.cost_micros += u->cost_micros;
	l->total.reserved_tokens += u->reserved_tokens;
	l->total.reserved_micros += u->reserved_micros;
	return rc;
}

/* For people, below the table: the limits that are set. */
static int
print_limits(struct listing *l)
{
	const struct nvr_tier *t = &cli.conf.tier[cli.conf.tier_used];
	char used[NVR_MONEY_TEXT], most[NVR_MONEY_TEXT];
	struct limit limits[LIMITS];
	int rc = load_limits(l, 0, limits);

	for (int i = 0; rc == 0 && i < LIMITS; i++) {
		const struct limit *m = &limits[i];

		if (m->most < 0)
			continue;
		snprintf(used, sizeof(used), "%" PRId64, m->used);
		snprintf(most, sizeof(most), "%" PRId64, m->most);
		if (m->money) {
			nvr_money_format(m->used, used);
			nvr_money_format(m->most, most);
		}
		printf("%s of tier %s: %s of %s used\n", m->name, t->name, used,
		    most);
	}
	return rc;
}

static int
choose(struct listing *l)
{
	struct nvr_camera *cam = NULL;
	struct nvr_budget_days days;
	int rc;

	l->by = NVR_BY_MODEL;
	for (int i = 0; opt.by != NULL; i++) {
		if (i > NVR_BY_ACCOUNT)
			return nvr_fail(&cli.err, NVR_E_USAGE,
			    "--by: camera, model, day or account, not '%s'",
			    opt.by);
		l->by = (enum nvr_usage_by)i;
		if (strcmp(opt.by, by_words[i]) == 0)
			break;
	}
	if (opt.camera.n > 1)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--camera: one at a time");
	nvr_budget_days(nvr_time_now(), &days);
	l->f.since = opt.since != 0 ? opt.since / NVR_DAY : days.month;
	l->f.until =
	    opt.until != 0 ? (opt.until + NVR_DAY - 1) / NVR_DAY : INT64_MAX;
	rc = nvr_open(&cli, 0, &l->s);
	if (rc != 0 || opt.camera.n == 0)
		return rc;
	rc = nvr_inventory_find(l->s, opt.camera.item[0], &cam, &cli.err);
	if (rc == NVR_E_NOENT)
		rc = nvr_camera_find_removed(
		    l->s->store, opt.camera.item[0], &cam, &cli.err);
	if (rc == 0)
		l->f.camera_id = cam->id;
	nvr_camera_free(cam);
	return rc;
}

int
audit_usage(struct nvr_cli *c, int argc, char **argv)
{
	static const struct nvr_usage none;
	struct listing l = {0};
	int rc = choose(&l);
	bool table;

	(void)c, (void)argc, (void)argv;
	nvr_out_init(&l.out, cli.json);
	table = l.out.mode == NVR_OUT_TABLE;
	if (rc == 0)
		rc = nvr_usage_each(
		    l.s->store, l.by, &l.f, print_row, &l, &cli.err);
	if (rc == 0 && l.by == NVR_BY_ACCOUNT && !l.owner)
		rc = print_row(&l, &none, NULL);
	if (rc == 0 && table && l.rows > 1) {
		put_counts(&l, "total", &l.total);
		nvr_out_end(&l.out);
	}
	nvr_out_flush(&l.out);
	if (rc == 0 && table && l.by == NVR_BY_ACCOUNT)
		rc = print_limits(&l);
	nvr_state_close(l.s);
	return rc;
}

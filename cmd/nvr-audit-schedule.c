/*
 * nvr-audit schedule: which cameras are audited when.  What changes one is in
 * nvr-audit-schedule-edit.c.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "core/schedule_log.h"

#include "nvr-audit.h"
#include "open.h"

/* The schedule of nearly that name. */
struct near {
	const char *name;
	int best;
	char found[128];
};

static int
compare_name(void *ctx, const struct nvr_schedule *s)
{
	struct near *n = ctx;
	int d = nvr_text_distance(n->name, s->name);

	if (d < n->best) {
		n->best = d;
		strlcpy(n->found, s->name, sizeof(n->found));
	}
	return 0;
}

int
schedule_find(struct nvr_state *s, const char *name, struct nvr_schedule **ret)
{
	struct near n = {name, 3, ""};
	struct nvr_error ignored;
	int rc = nvr_schedule_find(s->store, name, ret, &cli.err);

	if (rc != NVR_E_NOENT)
		return rc;
	if (nvr_schedule_each(s->store, compare_name, &n, &ignored) == 0 &&
	    n.found[0] != '\0')
		return nvr_fail(&cli.err, NVR_E_NOENT,
		    "no schedule '%s'; did you mean '%s'?", name, n.found);
	return nvr_fail(&cli.err, NVR_E_NOENT,
	    "no schedule '%s'; 'nvr-audit schedule list' shows them", name);
}

static int
run_remove(const char *name)
{
	struct nvr_schedule_audience a = {.n = 0};
	struct nvr_schedule *old = NULL;
	struct nvr_state *s = NULL;
	int rc = nvr_open(&cli, NVR_STATE_DURABLE, &s);
	bool begun = false;

	if (rc == 0)
		rc = nvr_store_begin(s->store, &cli.err);
	begun = rc == 0;
	if (rc == 0)
		rc = schedule_find(s, name, &old);
	if (rc == 0)
		rc = nvr_schedule_hearers(s, old->id, &a, &cli.err);
	if (rc == 0)
		rc = nvr_schedule_remove(s->store, old->id, &cli.err);
	if (rc == 0)
		rc = nvr_schedule_log(
		    s, "schedule.removed", NULL, old, false, &a, &cli.err);
	if (rc == 0)
		rc = nvr_store_commit(s->store, &cli.err);
	if (rc != 0 && begun)
		nvr_store_rollback(s->store);
	nvr_schedule_free(old);
	nvr_state_close(s);
	return rc;
}

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	json_t *cameras;
	struct nvr_buf names;
};

static int
add_camera(void *ctx, int64_t camera, const char *name)
{
	struct listing *l = ctx;

	(void)camera;
	json_array_append_new(l->cameras, json_string(name));
	return nvr_buf_addf(
	    &l->names, &cli.err, "%s%s", l->names.len > 0 ? "," : "", name);
}

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static void
ms_or_null(struct nvr_out *out, const char *name, int64_t us)
{
	if (us != 0)
		nvr_out_int(out, name, us / NVR_MILLISECOND);
	else
		nvr_out_text(out, name, NULL);
}

/* `every 15m`, or the expression and its zone. */
static void
print_when(struct nvr_out *out, const struct nvr_schedule *s)
{
	char text[512], d[NVR_TIME_TEXT];

	if (s->cron == NULL)
		snprintf(text, sizeof(text), "every %s",
		    nvr_duration_format(s->every_us, d));
	else
		snprintf(text, sizeof(text), "%s%s%s", s->cron,
		    s->zone[0] != '\0' ? " " : "", s->zone);
	nvr_out_text(out, "when", text);
}

static void
print_row(struct listing *l, const struct nvr_schedule *s)
{
	struct nvr_out *out = &l->out;

	nvr_out_text(out, "name", s->name);
	print_when(out, s);
	nvr_out_text(out, "state", s->next_at != 0 ? "active" : "paused");
	nvr_out_time(out, "next_at", s->next_at);
	nvr_out_time(out, "ran_at", s->ran_at);
	if (out->mode == NVR_OUT_JSON)
		nvr_out_json(out, "cameras", json_incref(l->cameras));
	else
		nvr_out_text(out, "cameras",
		    s->all_cameras ? "(all)" : nvr_or_empty(l->names.data));
	nvr_out_text(out, "model", or_null(s->model));
	nvr_out_more(out);
	nvr_out_id(out, "id", s->id);
	ms_or_null(out, "every_ms", s->every_us);
	nvr_out_text(out, "cron", s->cron);
	nvr_out_text(out, "zone", or_null(s->zone));
	nvr_out_bool(out, "all_cameras", s->all_cameras);
	nvr_out_text(out, "analyzer", or_null(s->analyzer));
	nvr_out_text(out, "prompt", or_null(s->prompt));
	nvr_out_bool(out, "agentic", s->agentic);
	nvr_out_int(out, "samples", s->samples);
	nvr_out_bool(out, "skip_unchanged", s->skip_unchanged);
	ms_or_null(out, "keep_ms", s->keep_us);
	nvr_out_time(out, "created_at", s->created_at);
	nvr_out_time(out, "changed_at", s->changed_at);
	nvr_out_end(out);
}

static int
list_one(void *ctx, const struct nvr_schedule *s)
{
	struct listing *l = ctx;
	int rc;

	l->cameras = json_array();
	l->names.len = 0;
	rc = nvr_schedule_each_camera(
	    l->s->store, s->id, add_camera, l, &cli.err);
	if (rc == 0)
		print_row(l, s);
	json_decref(l->cameras);
	return rc;
}

static int
run_list(const char *name)
{
	struct listing l = {0};
	int rc = nvr_open(&cli, 0, &l.s);

	(void)name;
	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = nvr_schedule_each(l.s->store, list_one, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_buf_release(&l.names);
	nvr_state_close(l.s);
	return rc;
}

static const struct verb {
	const char *name;
	bool edits; /* takes the options that say what a schedule is */
	int (*run)(const char *name);
} verbs[] = {
    {"add", true, schedule_add},
    {"set", true, schedule_set},
    {"list", false, run_list},
    {"remove", false, run_remove},
    {"pause", false, schedule_pause},
    {"resume", false, schedule_resume},
};

static bool
says_what(void)
{
	return opt.all || opt.camera.n > 0 || opt.analyzer != NULL ||
	       opt.model != NULL || opt.prompt != NULL || opt.agentic ||
	       opt.samples != 0 || opt.skip_unchanged || opt.keep != 0 ||
	       opt.every != 0 || opt.cron != NULL || opt.zone != NULL ||
	       opt.no_agentic || opt.no_skip_unchanged || opt.no_keep;
}

int
audit_schedule(struct nvr_cli *c, int argc, char **argv)
{
	const struct verb *v = NULL;
	bool list;

	(void)c;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[0], verbs[i].name) == 0)
			v = &verbs[i];
	if (v == NULL)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "schedule add, set, list, remove, pause or resume, not "
		    "'%s'",
		    argv[0]);
	list = v->run == run_list;
	if (list && argc > 1)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "unexpected argument '%s'", argv[1]);
	if (!list && argc < 2)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "an argument is missing: schedule %s NAME", v->name);
	if (!v->edits && says_what())
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "schedule %s takes no options of a schedule; 'schedule "
		    "set' changes them",
		    v->name);
	if (v->run == schedule_set && !says_what())
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "schedule set: nothing to change is given");
	return v->run(list ? NULL : argv[1]);
}

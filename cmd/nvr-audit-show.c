/* nvr-audit list and show: what is stored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/audit_line.h"
#include "core/findings.h"
#include "core/inventory.h"

#include "nvr-audit.h"
#include "open.h"

/* The labels that were found; what went wrong, or the first one's evidence. */
static void
sum_up(
    const struct nvr_audit *a, char *labels, size_t size, const char **evidence)
{
	labels[0] = '\0';
	*evidence = a->error;
	for (size_t i = 0; i < a->nfindings; i++) {
		if (strcmp(a->findings[i].verdict, "yes") != 0)
			continue;
		if (labels[0] != '\0')
			strlcat(labels, ",", size);
		else if (a->error == NULL)
			*evidence = a->findings[i].evidence;
		strlcat(labels, a->findings[i].label, size);
	}
}

/* As JSON, with the members that wait in out->row behind its own. */
static int
put_json(struct nvr_out *out, const struct nvr_audit *a, struct nvr_buf *b)
{
	char *more = NULL;
	int rc = nvr_audit_line_begin(b, a, &cli.err);

	for (size_t i = 0; rc == 0 && i < a->nfindings; i++)
		rc = nvr_audit_line_finding(
		    b, &a->findings[i], i == 0, &cli.err);
	if (rc == 0 && json_object_size(out->row) > 0) {
		more = json_dumps(out->row, JSON_COMPACT | JSON_ENSURE_ASCII);
		rc = more == NULL
			 ? nvr_fail_nomem(&cli.err)
			 : nvr_buf_addf(b, &cli.err, "],%s\n", more + 1);
	} else if (rc == 0) {
		rc = nvr_buf_add(b, "]}\n", 3, &cli.err);
	}
	free(more);
	json_decref(out->row);
	out->row = NULL;
	return rc;
}

static int
print_json(struct nvr_out *out, const struct nvr_audit *a)
{
	struct nvr_buf b = {0};
	int rc = put_json(out, a, &b);

	if (rc == 0)
		fwrite(b.data, 1, b.len, stdout);
	if (rc == 0 && out->stream)
		fflush(stdout);
	nvr_out_failed();
	nvr_buf_wipe(&b);
	return rc;
}

int
audit_line(struct nvr_out *out, const struct nvr_audit *a)
{
	const char *evidence;
	char labels[512];

	if (out->mode == NVR_OUT_JSON)
		return print_json(out, a);
	sum_up(a, labels, sizeof(labels), &evidence);
	nvr_out_time(out, "at", a->at);
	nvr_out_text(out, "camera", a->camera_name);
	nvr_out_text(out, "status", a->status);
	nvr_out_text(out, "found", labels[0] != '\0' ? labels : "-");
	nvr_out_text(out, "evidence", evidence);
	nvr_out_id(out, "id", a->id);
	nvr_out_end(out);
	return 0;
}

/* An audit's findings, copied out of their rows. */
struct collect {
	struct nvr_finding item[NVR_FINDINGS_MAX];
	json_t *keep; /* owns the texts */
	size_t n;
};

static const char *
keep_text(struct collect *c, const char *text)
{
	json_t *j = text != NULL ? json_string(text) : NULL;

	if (j != NULL)
		json_array_append_new(c->keep, j);
	return json_string_value(j);
}

static int
collect_finding(void *ctx, const struct nvr_finding *f)
{
	struct collect *c = ctx;
	struct nvr_finding *to;

	if (c->n == NVR_FINDINGS_MAX)
		return 0;
	to = &c->item[c->n++];
	*to = *f;
	to->source = keep_text(c, f->source);
	to->kind = keep_text(c, f->kind);
	to->label = keep_text(c, f->label);
	to->verdict = keep_text(c, f->verdict);
	to->evidence = keep_text(c, f->evidence);
	to->confidence_method = keep_text(c, f->confidence_method);
	to->uncertainty = keep_text(c, f->uncertainty);
	to->region = keep_text(c, f->region);
	return 0;
}

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	long long n;
	int (*print)(struct listing *l, const struct nvr_audit *a);
};

static int
with_findings(void *ctx, const struct nvr_audit *row)
{
	static struct collect c;
	struct listing *l = ctx;
	struct nvr_audit a = *row;
	int rc;

	c.n = 0;
	c.keep = json_array();
	rc = nvr_finding_each(
	    l->s->store, row->id, collect_finding, &c, &cli.err);
	a.findings = c.item;
	a.nfindings = c.n;
	if (rc == 0)
		rc = l->print(l, &a);
	json_decref(c.keep);
	return rc;
}

static int
print_line(struct listing *l, const struct nvr_audit *a)
{
	l->n++;
	return audit_line(&l->out, a);
}

static int
print_lines(struct nvr_state *s, const struct nvr_audit_filter *f,
    struct nvr_out *out, long long *n)
{
	struct listing l = {.s = s, .out = *out, .print = print_line};
	int rc = nvr_audit_each(s->store, f, with_findings, &l, &cli.err);

	*out = l.out;
	*n = l.n;
	return rc;
}

/* A camera's history under all its names; one that is gone, by its name. */
static int
choose_camera(struct nvr_state *s, struct nvr_audit_filter *f, int *unknown)
{
	struct nvr_camera *cam = NULL;

	*unknown = 0;
	if (opt.camera.n == 0)
		return 0;
	if (opt.camera.n > 1)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--camera: one at a time");
	f->camera = opt.camera.item[0];
	*unknown = nvr_inventory_find(s, f->camera, &cam, &cli.err);
	if (cam != NULL)
		f->camera_id = cam->id;
	nvr_camera_free(cam);
	return *unknown == NVR_E_NOENT ? 0 : *unknown;
}

static int
check_status(void)
{
	static const char *const known[] = {"ok", "learning", "error",
	    "invalid", "refused", "filtered", "truncated", "budget", "unusable",
	    "unchanged", "unfinished"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (opt.status == NULL || strcmp(opt.status, known[i]) == 0)
			return 0;
	return nvr_fail(&cli.err, NVR_E_USAGE,
	    "--status: '%s' is none of ok, learning, unusable, unchanged, "
	    "refused, filtered, truncated, invalid, error, budget, unfinished",
	    opt.status);
}

int
audit_list(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_audit_filter f = {.since = opt.since,
	    .until = opt.until,
	    .status = opt.status,
	    .limit = opt.limit};
	struct nvr_state *s = NULL;
	struct nvr_out out;
	long long n = 0;
	int unknown = 0, rc = check_status();

	(void)c, (void)argc, (void)argv;
	nvr_out_init(&out, cli.json);
	if (rc == 0)
		rc = nvr_open(&cli, 0, &s);
	if (rc == 0)
		rc = choose_camera(s, &f, &unknown);
	if (rc == 0)
		rc = print_lines(s, &f, &out, &n);
	nvr_out_flush(&out);
	nvr_state_close(s);
	return rc == 0 && n == 0 ? unknown : rc;
}

/* What nobody told is null, and never 0. */
static json_t *
told(int64_t n)
{
	return n >= 0 ? json_integer(n) : json_null();
}

static int
print_attempt(void *ctx, const struct nvr_attempt *a)
{
	char text[NVR_TIME_TEXT];

	json_array_append_new(ctx,
	    json_pack("{s:s, s:I, s:s?, s:s, s:s?, s:o, s:s?, s:s?, s:s?, s:o,"
		      " s:o, s:o, s:o, s:o, s:o}",
		"at", nvr_time_format(a->at, text), "latency_ms",
		(json_int_t)(a->latency_us / 1000), "purpose", a->purpose,
		"status", a->status, "error", a->error, "http_status",
		a->http_status != 0 ? json_integer(a->http_status)
				    : json_null(),
		"request_id", a->request_id, "request_sha256",
		a->request_sha256, "model", a->model, "tokens_in",
		told(a->tokens_in), "tokens_out", told(a->tokens_out),
		"tokens_cached", told(a->tokens_cached), "cost_micros",
		told(a->cost_micros), "reserved_tokens",
		told(a->reserved_tokens), "reserved_micros",
		told(a->reserved_micros)));
	return 0;
}

static int
print_departure(void *ctx, const struct nvr_departure *d)
{
	char text[NVR_TIME_TEXT];

	json_array_append_new(ctx,
	    json_pack("{s:s, s:s, s:I, s:s}", "at",
		nvr_time_format(d->at, text), "destination", d->destination,
		"size_bytes", (json_int_t)d->size_bytes, "sha256", d->sha256));
	return 0;
}

static void
print_finding(const struct nvr_finding *f)
{
	struct nvr_out out;
	char text[64];

	nvr_out_init(&out, false);
	out.mode = NVR_OUT_TSV;
	if (f->source != NULL)
		nvr_out_text(&out, "source", f->source);
	nvr_out_text(&out, "label", f->label);
	nvr_out_text(&out, "verdict", f->verdict);
	nvr_out_text(&out, "evidence", f->evidence);
	if (f->confidence_method != NULL) {
		nvr_out_real(&out, "confidence", f->confidence);
		nvr_out_text(&out, "method", f->confidence_method);
	}
	if (f->calibrated > 0) {
		snprintf(text, sizeof(text), "calibrated=%.4g", f->calibrated);
		nvr_out_text(&out, "calibrated", text);
	}
	if (f->samples > 0) {
		snprintf(text, sizeof(text), "agreed=%lld/%lld",
		    (long long)f->agreed, (long long)f->samples);
		nvr_out_text(&out, "agreed", text);
	}
	if (f->uncertainty != NULL || f->confidence_method == NULL)
		nvr_out_text(&out, "uncertainty", f->uncertainty);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

/* A line for each, of what is known of it. */
static void
print_parts(const char *what, const json_t *list)
{
	struct nvr_out out;
	char text[600];
	const char *key;
	json_t *part, *v;
	size_t i;

	nvr_out_init(&out, false);
	out.mode = NVR_OUT_TSV;
	json_array_foreach(list, i, part)
	{
		nvr_out_text(&out, "what", what);
		json_object_foreach(part, key, v)
		{
			if (json_is_null(v))
				continue;
			if (json_is_string(v))
				snprintf(text, sizeof(text), "%s=%s", key,
				    json_string_value(v));
			else
				snprintf(text, sizeof(text), "%s=%lld", key,
				    (long long)json_integer_value(v));
			nvr_out_text(&out, key, text);
		}
		nvr_out_end(&out);
	}
	nvr_out_flush(&out);
}

static int
add_step(void *ctx, const struct nvr_step *step)
{
	char text[NVR_TIME_TEXT];

	json_array_append_new(
	    ctx, json_pack("{s:s, s:s, s:s, s:s}", "at",
		     nvr_time_format(step->at, text), "kind", step->kind,
		     "name", step->name, "text", step->text));
	return 0;
}

static int
print_step(void *ctx, const struct nvr_step *step)
{
	struct nvr_out out;

	(void)ctx;
	nvr_out_init(&out, false);
	out.mode = NVR_OUT_TSV;
	nvr_out_time(&out, "at", step->at);
	nvr_out_text(&out, "kind", step->kind);
	nvr_out_text(&out, "name", step->name);
	nvr_out_text(&out, "text", step->text);
	nvr_out_end(&out);
	nvr_out_flush(&out);
	return 0;
}

/* The rows that hang on an audit, as arrays. */
static int
collect_parts(struct listing *l, int64_t id, json_t *parts)
{
	json_t *attempts = json_array(), *left = json_array(),
	       *steps = json_array();
	int rc = nvr_attempt_each(
	    l->s->store, id, print_attempt, attempts, &cli.err);

	if (rc == 0)
		rc = nvr_departure_each(
		    l->s->store, id, print_departure, left, &cli.err);
	if (rc == 0 && opt.trace)
		rc = nvr_step_each(l->s->store, id, add_step, steps, &cli.err);
	json_object_set_new(parts, "attempts", attempts);
	json_object_set_new(parts, "left", left);
	if (opt.trace)
		json_object_set(parts, "steps", steps);
	json_decref(steps);
	return rc;
}

static void
print_record(struct nvr_out *out, const struct nvr_audit *a)
{
	nvr_out_id(out, "id", a->id);
	nvr_out_time(out, "at", a->at);
	nvr_out_text(out, "camera", a->camera_name);
	nvr_out_time(out, "taken_at", a->taken_at);
	nvr_out_text(out, "type", a->type);
	nvr_out_text(out, "origin", a->origin);
	nvr_out_text(out, "analyzer", a->analyzer);
	if (a->profile != NULL) {
		nvr_out_text(out, "profile", a->profile);
		nvr_out_text(out, "model", a->model);
	}
	nvr_out_text(out, "prompt", a->prompt);
	nvr_out_text(out, "status", a->status);
	nvr_out_text(out, "error", a->error);
	nvr_out_int(out, "duration_ms", a->duration_us / 1000);
	nvr_out_text(out, "still_sha256", a->still_sha256);
	nvr_out_end(out);
}

static int
print_all(struct listing *l, const struct nvr_audit *a)
{
	json_t *parts = json_object();
	int rc = collect_parts(l, a->id, parts);

	if (rc == 0 && cli.json) {
		l->out.row = parts;
		return audit_line(&l->out, a);
	}
	if (rc == 0) {
		print_record(&l->out, a);
		for (size_t i = 0; i < a->nfindings; i++)
			print_finding(&a->findings[i]);
		print_parts("attempt", json_object_get(parts, "attempts"));
		print_parts("left", json_object_get(parts, "left"));
		if (opt.trace)
			rc = nvr_step_each(
			    l->s->store, a->id, print_step, NULL, &cli.err);
	}
	json_decref(parts);
	return rc;
}

int
audit_show(struct nvr_cli *c, int argc, char **argv)
{
	struct listing l = {.print = print_all};
	int64_t id;
	int rc = nvr_open(&cli, 0, &l.s);

	(void)c;
	nvr_out_init_record(&l.out, cli.json);
	for (int i = 0; rc == 0 && i < argc; i++) {
		rc = nvr_id_parse(argv[i], &id, &cli.err);
		if (rc == 0)
			rc = nvr_audit_get(
			    l.s->store, id, with_findings, &l, &cli.err);
		if (rc != 0)
			nvr_prefix(&cli.err, "%s", argv[i]);
	}
	nvr_out_flush(&l.out);
	nvr_state_close(l.s);
	return rc;
}

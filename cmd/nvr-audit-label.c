/* nvr-audit label and calibration: what people say of findings, and what that
 * says of a model. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/calibration.h"

#include "nvr-audit.h"
#include "open.h"

/* The finding that is meant, and the audit's labels, for who has to choose. */
struct choice {
	struct nvr_label label;
	char model[128], prompt_sha256[80], name[256], verdict[24];
	char labels[256];
	int rank, n; /* of the best so far; how many of it */
	const struct nvr_audit *audit;
};

/* Checks go ahead of objects, and those of what the camera is like. */
enum { CHECK, OBJECT, LOCAL, NONE };

static int
rank_of(const struct nvr_finding *f)
{
	if (f->source != NULL && strcmp(f->source, "local") == 0)
		return LOCAL;
	return f->kind != NULL && strcmp(f->kind, "object") == 0 ? OBJECT
								 : CHECK;
}

static bool
is_local(const struct choice *c, int rank)
{
	return rank == LOCAL || strcmp(c->audit->analyzer, "local") == 0;
}

static void
take(struct choice *c, const struct nvr_finding *f, int rank)
{
	const struct nvr_audit *a = c->audit;
	bool local = is_local(c, rank);
	const char *model = a->model != NULL ? a->model : a->analyzer;

	strlcpy(c->model, local ? "local" : model, sizeof(c->model));
	strlcpy(c->prompt_sha256,
	    local || a->prompt_sha256 == NULL ? "" : a->prompt_sha256,
	    sizeof(c->prompt_sha256));
	strlcpy(c->name, f->label, sizeof(c->name));
	strlcpy(c->verdict, f->verdict, sizeof(c->verdict));
	/* What samples agree on is another scale, which is not calibrated. */
	c->label.confidence = f->samples > 1 ? NAN : f->confidence;
}

static int
weigh(void *ctx, const struct nvr_finding *f)
{
	struct choice *c = ctx;
	int rank = rank_of(f);

	if (strlen(f->label) >= sizeof(c->name))
		return 0;
	if (c->labels[0] != '\0')
		strlcat(c->labels, ", ", sizeof(c->labels));
	strlcat(c->labels, f->label, sizeof(c->labels));
	if ((opt.check != NULL && strcmp(opt.check, f->label) != 0) ||
	    rank > c->rank)
		return 0;
	if (rank < c->rank) {
		c->rank = rank;
		c->n = 0;
	}
	if (c->n++ == 0)
		take(c, f, rank);
	return 0;
}

struct labelling {
	struct nvr_state *s;
	struct nvr_out out;
	const char *truth;
};

static int
store_label(struct labelling *l, struct choice *c)
{
	int rc;

	c->label.id = nvr_id_new();
	c->label.audit_id = c->audit->id;
	c->label.label = c->name;
	c->label.model = c->model;
	c->label.prompt_sha256 = c->prompt_sha256;
	c->label.verdict = c->verdict;
	c->label.truth = l->truth;
	c->label.labelled_by = nvr_cli_who();
	c->label.labelled_at = nvr_time_now();
	rc = nvr_label_put(l->s->store, &c->label, &cli.err);
	if (rc != 0)
		return rc;
	nvr_out_id(&l->out, "audit_id", c->label.audit_id);
	nvr_out_text(&l->out, "label", c->name);
	nvr_out_text(&l->out, "verdict", c->verdict);
	nvr_out_text(&l->out, "truth", l->truth);
	nvr_out_text(&l->out, "model", c->model);
	nvr_out_more(&l->out);
	nvr_out_text(&l->out, "prompt_sha256",
	    c->prompt_sha256[0] != '\0' ? c->prompt_sha256 : NULL);
	if (isnan(c->label.confidence))
		nvr_out_text(&l->out, "confidence", NULL);
	else
		nvr_out_real(&l->out, "confidence", c->label.confidence);
	nvr_out_text(&l->out, "labelled_by", nvr_cli_who());
	nvr_out_time(&l->out, "labelled_at", c->label.labelled_at);
	nvr_out_end(&l->out);
	return 0;
}

static int
label_audit(void *ctx, const struct nvr_audit *a)
{
	struct labelling *l = ctx;
	struct choice c = {.rank = NONE, .audit = a};
	int rc = nvr_finding_each(l->s->store, a->id, weigh, &c, &cli.err);

	if (rc != 0)
		return rc;
	if (c.labels[0] == '\0')
		return nvr_fail(&cli.err, NVR_E_NOENT,
		    "the audit, whose status is %s, found nothing to label",
		    a->status);
	if (opt.check != NULL && c.n == 0)
		return nvr_fail(&cli.err, NVR_E_NOENT,
		    "--check: the audit has no '%s'; it has %s", opt.check,
		    c.labels);
	if (opt.check != NULL && c.n > 1)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--check: the audit has '%s' %d times; it has %s",
		    opt.check, c.n, c.labels);
	if (opt.check == NULL && (c.rank != CHECK || c.n != 1))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "say which finding is meant with --check: %s", c.labels);
	return store_label(l, &c);
}

int
audit_label(struct nvr_cli *c, int argc, char **argv)
{
	struct labelling l = {.truth = argv[1]};
	int64_t id;
	int rc = nvr_id_parse(argv[0], &id, &cli.err);

	(void)c, (void)argc;
	if (rc == 0 && strcmp(l.truth, "yes") != 0 &&
	    strcmp(l.truth, "no") != 0)
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "label ID yes or no, not '%s'", l.truth);
	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = nvr_open(&cli, NVR_STATE_DURABLE, &l.s);
	if (rc == 0)
		rc = nvr_audit_get(l.s->store, id, label_audit, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_state_close(l.s);
	return rc;
}

static void
put_real(struct nvr_out *out, const char *name, double v)
{
	if (isnan(v))
		nvr_out_text(out, name, NULL);
	else
		nvr_out_real(out, name, v);
}

static int
print_reliability(void *ctx, const struct nvr_reliability *r)
{
	struct nvr_out *out = ctx;
	char text[80];

	nvr_out_text(out, "model", r->model);
	snprintf(text, sizeof(text), "%.*s",
	    out->mode == NVR_OUT_JSON ? 64 : 12, r->prompt_sha256);
	nvr_out_text(out, "prompt_sha256", text[0] != '\0' ? text : NULL);
	nvr_out_text(out, "label", r->label);
	nvr_out_int(out, "labels", r->labels);
	nvr_out_int(out, "right", r->right);
	nvr_out_real(
	    out, "abstained", (double)r->abstained / (double)r->labels);
	put_real(out, "brier", r->brier);
	put_real(out, "brier_calibrated", r->brier_calibrated);
	for (int i = 0; i < NVR_RISK_STEPS; i++) {
		snprintf(text, sizeof(text), "risk_%d",
		    100 * (i + 1) / NVR_RISK_STEPS);
		put_real(out, text, r->risk[i]);
	}
	put_real(out, "slope", r->slope);
	put_real(out, "intercept", r->intercept);
	nvr_out_end(out);
	return 0;
}

int
audit_calibration(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc = nvr_open(&cli, 0, &s);

	(void)c, (void)argc, (void)argv;
	nvr_out_init(&out, cli.json);
	if (rc == 0)
		rc = nvr_calibrate(
		    s, nvr_time_now(), print_reliability, &out, &cli.err);
	nvr_out_flush(&out);
	nvr_state_close(s);
	return rc;
}

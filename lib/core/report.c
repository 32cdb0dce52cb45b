/* Audits of a time as a report: what is counted; see report.h. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/report_int.h"
#include "store/event.h"

#define HELD ((size_t)64 << 10) /* bytes that wait for the sink */

/* A failure never reads as all clear: each says that nothing was examined. */
const struct nvr_status_word nvr_status_words[NVR_STATUSES] = {
    {"ok", "examined", true},
    {"learning", "examined, while what is usual is still being learnt", true},
    {"unchanged", "looked as before; the model was not asked again", true},
    {"unusable", "not examined: the picture was black or covered", false},
    {"refused", "not examined: the model refused to answer", false},
    {"filtered", "not examined: a content filter stopped it", false},
    {"truncated", "not examined: the answer was cut short", false},
    {"invalid", "not examined: the answer made no sense", false},
    {"error", "not examined: something failed", false},
    {"budget", "not examined to the end: a limit was reached", false},
    {"unfinished", "not examined: it is under way, or was stopped", false},
};

void
nvr_put(struct nvr_report *r, const char *text)
{
	if (r->rc == 0)
		r->rc = nvr_buf_add(&r->buf, text, strlen(text), r->err);
	if (r->rc == 0 && r->buf.len >= HELD) {
		r->rc =
		    r->to->write(r->to->ctx, r->buf.data, r->buf.len, r->err);
		r->buf.len = 0;
	}
}

void
nvr_putf(struct nvr_report *r, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	nvr_put(r, text);
}

void
nvr_put_html(struct nvr_report *r, const char *text)
{
	if (r->rc == 0)
		r->rc = nvr_html_text(&r->buf, nvr_or_empty(text), r->err);
}

void
nvr_put_attr(struct nvr_report *r, const char *text)
{
	if (r->rc == 0)
		r->rc = nvr_html_attr(&r->buf, nvr_or_empty(text), r->err);
}

const char *
nvr_moment(int64_t t, char buf[NVR_TIME_TEXT])
{
	nvr_time_format(t, buf);
	buf[10] = ' ';
	buf[19] = '\0';
	return buf;
}

const char *
nvr_summary_text(const struct nvr_report *r, char buf[NVR_SUMMARY_TEXT])
{
	const struct nvr_report_tally *t = &r->total;
	int n = snprintf(buf, NVR_SUMMARY_TEXT,
	    "%" PRId64 " audit%s of %zu camera%s. ", t->audits,
	    nvr_plural(t->audits), r->ncameras,
	    nvr_plural((int64_t)r->ncameras));

	if (t->alarms == 0)
		strlcat(buf, "No alarm.", NVR_SUMMARY_TEXT);
	else
		snprintf(buf + n, NVR_SUMMARY_TEXT - (size_t)n,
		    "%" PRId64 " alarm%s, in %" PRId64 " of them.", t->alarms,
		    nvr_plural(t->alarms), t->alarmed);
	return buf;
}

const char *
nvr_confidence_text(const struct nvr_finding *f, char buf[NVR_CONFIDENCE_TEXT])
{
	char part[160];

	strlcpy(buf, "no confidence given", NVR_CONFIDENCE_TEXT);
	if (!isnan(f->confidence))
		snprintf(buf, NVR_CONFIDENCE_TEXT, "confidence %.2f (%.64s)",
		    f->confidence, nvr_or_empty(f->confidence_method));
	if (f->calibrated > 0) {
		snprintf(
		    part, sizeof(part), ", calibrated %.2f", f->calibrated);
		strlcat(buf, part, NVR_CONFIDENCE_TEXT);
	}
	if (f->samples > 1) {
		snprintf(part, sizeof(part), ", %lld of %lld samples agree",
		    (long long)f->agreed, (long long)f->samples);
		strlcat(buf, part, NVR_CONFIDENCE_TEXT);
	}
	if (f->region != NULL) {
		snprintf(part, sizeof(part), ", region %.128s", f->region);
		strlcat(buf, part, NVR_CONFIDENCE_TEXT);
	}
	return buf;
}

const char *
nvr_finder_text(const struct nvr_audit *a, const struct nvr_finding *f,
    char buf[NVR_CONFIDENCE_TEXT])
{
	const char *model = a->model != NULL ? a->model : a->profile;
	const char *who = f->source != NULL ? f->source : a->analyzer;

	if (strcmp(who, "local") == 0 || model == NULL)
		snprintf(buf, NVR_CONFIDENCE_TEXT, "%.256s", who);
	else
		snprintf(buf, NVR_CONFIDENCE_TEXT, "%.200s %.256s", who, model);
	return buf;
}

static bool
is_wanted(const struct nvr_report_options *o, int64_t id, const char *name)
{
	for (int i = 0; i < o->nonly; i++)
		if (o->only[i].id != 0 ? o->only[i].id == id
				       : strcmp(o->only[i].name, name) == 0)
			return true;
	return o->nonly == 0;
}

static void
count(struct nvr_report_tally *t, const struct nvr_report_count *c)
{
	int status = 0;

	while (status < NVR_STATUSES - 1 &&
	       strcmp(nvr_status_words[status].status, c->status) != 0)
		status++;
	t->first = t->audits == 0 || c->first < t->first ? c->first : t->first;
	t->last = c->last > t->last ? c->last : t->last;
	t->audits += c->audits;
	t->status[status] += c->audits;
	if (!nvr_status_words[status].examined)
		t->blind += c->audits;
	t->alarmed += c->alarmed;
	t->alarms += c->alarms;
	t->unknown += c->unknown;
}

/* The rows of a camera follow each other. */
static int
take_count(void *ctx, const struct nvr_report_count *c)
{
	struct nvr_report *r = ctx;
	struct nvr_report_tally *t =
	    r->ncameras > 0 ? &r->camera[r->ncameras - 1] : NULL;

	if (!is_wanted(r->o, c->camera_id, c->name))
		return 0;
	if (t == NULL || t->id != c->camera_id ||
	    (t->id == 0 && strcmp(t->name, c->name) != 0)) {
		t = reallocarray(
		    r->camera, r->ncameras + 1, sizeof(*r->camera));
		if (t == NULL)
			return nvr_fail_nomem(r->err);
		r->camera = t;
		t += r->ncameras;
		*t = (struct nvr_report_tally){.id = c->camera_id,
		    .name = strdup(c->name),
		    .removed = c->removed};
		if (t->name == NULL)
			return nvr_fail_nomem(r->err);
		r->ncameras++;
	}
	count(t, c);
	count(&r->total, c);
	return 0;
}

/* The sum of that name, made when there is none yet. */
static struct nvr_report_sum *
sum_of(struct nvr_report_sum **list, size_t *n, const char *name)
{
	struct nvr_report_sum *grown;

	for (size_t i = 0; i < *n; i++)
		if (strcmp((*list)[i].name, name) == 0)
			return &(*list)[i];
	grown = reallocarray(*list, *n + 1, sizeof(**list));
	if (grown == NULL)
		return NULL;
	*list = grown;
	grown += *n;
	*grown = (struct nvr_report_sum){.name = strdup(name)};
	if (grown->name == NULL)
		return NULL;
	++*n;
	return grown;
}

static int
take_cost(void *ctx, const struct nvr_report_cost *c)
{
	struct nvr_report *r = ctx;
	struct nvr_report_sum *s = sum_of(&r->cost, &r->ncosts, c->model);

	if (s == NULL)
		return nvr_fail_nomem(r->err);
	s->cost.requests += c->requests;
	s->cost.unreported += c->unreported;
	s->cost.tokens_in += c->tokens_in;
	s->cost.tokens_out += c->tokens_out;
	s->cost.micros += c->micros;
	s->cost.reserved_micros += c->reserved_micros;
	return 0;
}

static int
take_departure(void *ctx, const struct nvr_report_departure *d)
{
	struct nvr_report *r = ctx;
	struct nvr_report_sum *s = sum_of(&r->left, &r->nleft, d->destination);

	if (s == NULL)
		return nvr_fail_nomem(r->err);
	s->left.pictures += d->pictures;
	s->left.bytes += d->bytes;
	return 0;
}

struct nvr_report_span
nvr_report_span(
    const struct nvr_report *r, const struct nvr_report_tally *camera)
{
	return (struct nvr_report_span){
	    camera->id, camera->name, r->o->since, r->o->until};
}

/* Cameras of several accounts can have one name. */
static int
label(struct nvr_report *r, struct nvr_report_tally *t)
{
	char id[NVR_ID_TEXT];
	bool shared = false;

	for (size_t i = 0; i < r->ncameras && !shared; i++)
		shared = &r->camera[i] != t && t->id != 0 &&
			 strcmp(r->camera[i].name, t->name) == 0;
	if (!shared)
		t->label = strdup(t->name);
	else if (asprintf(&t->label, "%s (%s)", t->name,
		     nvr_id_format(t->id, id)) < 0)
		t->label = NULL;
	return t->label != NULL ? 0 : nvr_fail_nomem(r->err);
}

int
nvr_report_collect(struct nvr_report *r)
{
	struct nvr_report_span span = {
	    .since = r->o->since, .until = r->o->until};
	int rc = nvr_report_counts(r->s->store, &span, take_count, r, r->err);

	for (size_t i = 0; rc == 0 && i < r->ncameras; i++) {
		span = nvr_report_span(r, &r->camera[i]);
		rc = label(r, &r->camera[i]);
		if (rc == 0)
			rc = nvr_report_costs(
			    r->s->store, &span, take_cost, r, r->err);
		if (rc == 0)
			rc = nvr_report_departures(
			    r->s->store, &span, take_departure, r, r->err);
	}
	return r->rc = rc;
}

static void
free_sums(struct nvr_report_sum *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i].name);
	free(list);
}

void
nvr_report_release(struct nvr_report *r)
{
	for (size_t i = 0; i < r->ncameras; i++)
		free(r->camera[i].name), free(r->camera[i].label);
	free(r->camera);
	free_sums(r->cost, r->ncosts);
	free_sums(r->left, r->nleft);
	nvr_buf_wipe(&r->buf);
}

/* Who takes which camera's stills out: ahead of the first of them. */
static int
log_access(struct nvr_report *r)
{
	int64_t n = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->ncameras; i++) {
		const struct nvr_report_tally *t = &r->camera[i];
		const struct nvr_report_span span = nvr_report_span(r, t);
		const struct nvr_access a = {.id = nvr_id_new(),
		    .at = nvr_time_now(),
		    .who = r->o->who,
		    .action = "report",
		    .camera_id = t->id,
		    .camera_name = t->name,
		    .since = t->first,
		    .until = t->last,
		    .detail = "stills of alarms"};

		if (t->id == 0)
			continue;
		rc = nvr_report_stills(
		    r->s->store, &span, r->o->now, &n, r->err);
		if (rc == 0 && n > 0)
			rc = nvr_access_add(r->s->store, &a, r->err);
	}
	return rc;
}

int
nvr_report_run(struct nvr_report *r, enum nvr_report_format format)
{
	if (r->rc == 0 && r->stills && format == NVR_REPORT_HTML &&
	    r->o->who != NULL)
		r->rc = log_access(r);
	if (format == NVR_REPORT_HTML)
		nvr_report_html(r);
	else if (format == NVR_REPORT_TEXT)
		nvr_report_text(r);
	else if (format == NVR_REPORT_CSV)
		nvr_report_csv(r);
	else
		nvr_report_jsonl(r);
	if (r->rc == 0 && r->buf.len > 0)
		r->rc =
		    r->to->write(r->to->ctx, r->buf.data, r->buf.len, r->err);
	r->buf.len = 0;
	return r->rc;
}

int
nvr_report_each(struct nvr_report *r,
    int (*row)(
	void *ctx, const struct nvr_audit *a, const struct nvr_finding *f),
    void *ctx)
{
	struct nvr_report_span span = {
	    .since = r->o->since, .until = r->o->until};
	int n = r->o->nonly > 0 ? r->o->nonly : 1;

	for (int i = 0; r->rc == 0 && i < n; i++) {
		if (r->o->nonly > 0) {
			span.camera_id = r->o->only[i].id;
			span.name = r->o->only[i].name;
		}
		r->rc = nvr_report_findings(
		    r->s->store, &span, false, row, ctx, r->err);
	}
	return r->rc;
}

/* Rows as they are, of one moment: there is nothing to count. */
static int
write_rows(struct nvr_report *r, enum nvr_report_format format)
{
	r->rc = nvr_store_snapshot(r->s->store, r->err);
	if (r->rc != 0)
		return r->rc;
	nvr_report_run(r, format);
	nvr_store_rollback(r->s->store);
	return r->rc;
}

int
nvr_report_write(struct nvr_state *s, const struct nvr_report_options *o,
    enum nvr_report_format format, const struct nvr_sink *to,
    struct nvr_error *err)
{
	struct nvr_report r = {
	    .s = s, .o = o, .to = to, .stills = true, .err = err};

	if (format == NVR_REPORT_CSV || format == NVR_REPORT_JSONL)
		write_rows(&r, format);
	else if (nvr_report_collect(&r) == 0)
		nvr_report_run(&r, format);
	nvr_report_release(&r);
	return r.rc;
}

/* What an export of footage lacks: data/gaps.jsonl, each stretch once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/coverage.h"
#include "core/export_footage_int.h"

struct gaps {
	struct nvr_evidence *e;
	struct nvr_archive_file *f;
	size_t at;   /* the lost stretch that is next */
	int64_t end; /* of the last one that was told */
	int64_t n;
};

int
nvr_evidence_lose(
    struct nvr_evidence *e, int64_t start, int64_t end, const char *why)
{
	struct nvr_evidence_lost *more;

	if (start < e->o->since)
		start = e->o->since;
	if (end > e->o->until)
		end = e->o->until;
	if (end <= start)
		return 0;
	if ((e->nlost & (e->nlost - 1)) == 0) {
		more = reallocarray(
		    e->lost, e->nlost == 0 ? 1 : e->nlost * 2, sizeof(*more));
		if (more == NULL)
			return nvr_fail_nomem(e->x.err);
		e->lost = more;
	}
	e->lost[e->nlost] =
	    (struct nvr_evidence_lost){start, end, why, e->nlost};
	e->nlost++;
	return 0;
}

/* Of two that begin together, the one that has the other comes first. */
static int
by_start(const void *a, const void *b)
{
	const struct nvr_evidence_lost *x = a, *y = b;

	if (x->start != y->start)
		return x->start > y->start ? 1 : -1;
	if (x->end != y->end)
		return x->end < y->end ? 1 : -1;
	return (x->order > y->order) - (x->order < y->order);
}

static int
tell(struct gaps *g, int64_t start, int64_t end, const char *why)
{
	char from[NVR_TIME_TEXT], to[NVR_TIME_TEXT], what[96];
	int rc;

	nvr_time_format(start, from);
	nvr_time_format(end, to);
	g->n++;
	rc = nvr_evidence_line(g->e, g->f,
	    json_pack("{s:s, s:s, s:I, s:s}", "start_at", from, "end_at", to,
		"duration_ms", (json_int_t)((end - start) / NVR_MILLISECOND),
		"reason", why));
	snprintf(what, sizeof(what), "%s to %s", from, to);
	return rc == 0 ? nvr_evidence_gap(g->e, what, "%s", why) : rc;
}

/* Those that begin ahead of a time; what follows on the one before, for the
 * same reason, is one with it. */
static int
tell_lost(struct gaps *g, int64_t ahead)
{
	const struct nvr_evidence *e = g->e;
	struct nvr_evidence_lost one;
	int rc = 0;

	while (rc == 0 && g->at < e->nlost && e->lost[g->at].start < ahead) {
		const struct nvr_evidence_lost *next;

		one = e->lost[g->at++];
		for (; g->at < e->nlost; g->at++) {
			next = &e->lost[g->at];
			if (next->end > one.end &&
			    (next->start - one.end >= NVR_GAP_MIN ||
				strcmp(next->why, one.why) != 0))
				break;
			if (next->end > one.end)
				one.end = next->end;
		}
		if (one.start < g->end)
			one.start = g->end;
		if (one.end <= one.start)
			continue;
		g->end = one.end;
		rc = tell(g, one.start, one.end, one.why);
	}
	return rc;
}

/* Whether it was ever recorded, only what is left around it can tell. */
static int
tell_gap(
    struct gaps *g, const struct nvr_span *span, int64_t start, int64_t end)
{
	char why[192], began[NVR_TIME_TEXT];

	if (span->began != 0 && span->began <= start)
		snprintf(why, sizeof(why),
		    "nothing is kept: it was recorded, and was deleted or lost "
		    "since");
	else if (span->began != 0 && end - span->began >= NVR_GAP_MIN)
		snprintf(why, sizeof(why),
		    "nothing is kept: from %s on it was recorded, and was "
		    "deleted or lost since",
		    nvr_time_format(span->began, began));
	else
		snprintf(why, sizeof(why),
		    "nothing is kept: it was not recorded, or was deleted "
		    "since%s%s",
		    span->reason[0] != '\0' ? "; recording went on because of: "
					    : "",
		    span->reason);
	return tell(g, start, end, why);
}

static int
put_span(void *ctx, const struct nvr_span *span)
{
	struct gaps *g = ctx;
	int64_t since = g->e->o->since, until = g->e->o->until;
	int64_t start = span->start > since ? span->start : since;
	int64_t end = span->end < until ? span->end : until;
	int rc = tell_lost(g, start);

	if (rc != 0 || span->kind == NVR_SPAN_SEGMENT)
		return rc;
	if (span->kind == NVR_SPAN_OPEN)
		return tell(g, start, end,
		    "it was being written and had no hash yet: ask again in a "
		    "while");
	return tell_gap(g, span, start, end);
}

int
nvr_evidence_gaps(struct nvr_evidence *e)
{
	const struct nvr_export_footage *o = e->o;
	struct gaps g = {.e = e};
	char to[NVR_TIME_TEXT];
	int rc = nvr_archive_file(e->x.a, "data/gaps.jsonl", &g.f, e->x.err);

	if (e->nlost > 0)
		qsort(e->lost, e->nlost, sizeof(*e->lost), by_start);
	if (rc == 0)
		rc = nvr_coverage_strict(e->x.s, o->camera->id, o->stream,
		    o->since, o->until, o->now, put_span, &g, e->x.err);
	if (rc == 0)
		rc = tell_lost(&g, INT64_MAX);
	if (rc == 0 && o->until > o->now + NVR_SECOND)
		rc = nvr_evidence_gap(
		    e, nvr_time_format(o->until, to), "it lies in the future");
	if (rc == 0)
		return nvr_evidence_put(e, g.f, "data/gaps.jsonl", g.n);
	nvr_archive_file_free(g.f);
	return rc;
}

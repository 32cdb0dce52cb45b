/* Audits as JSON Lines: those of `nvr-audit list --json`. */
#include "core/audit_line.h"
#include "core/report_int.h"

struct lines {
	struct nvr_report *r;
	int64_t audit; /* whose line is open; 0: none */
	bool found;    /* it has a finding */
};

static int
put_row(void *ctx, const struct nvr_audit *a, const struct nvr_finding *f)
{
	struct lines *l = ctx;
	struct nvr_report *r = l->r;

	if (a->id != l->audit) {
		if (l->audit != 0)
			nvr_put(r, "]}\n");
		if (r->rc == 0)
			r->rc = nvr_audit_line_begin(&r->buf, a, r->err);
		l->audit = a->id;
		l->found = false;
	}
	if (f != NULL && r->rc == 0)
		r->rc = nvr_audit_line_finding(&r->buf, f, !l->found, r->err);
	l->found |= f != NULL;
	return r->rc;
}

void
nvr_report_jsonl(struct nvr_report *r)
{
	struct lines l = {.r = r};

	nvr_report_each(r, put_row, &l);
	if (l.audit != 0)
		nvr_put(r, "]}\n");
}

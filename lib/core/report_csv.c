/*
 * A report as CSV (RFC 4180): a row a finding, and one for each audit without
 * any.  Texts are in quotes, numbers are not; see nvr_csv_field.
 */
#include <inttypes.h>
#include <math.h>

#include "base/escape.h"
#include "base/id.h"
#include "base/time.h"
#include "core/report_int.h"

static void
put_field(struct nvr_report *r, const char *text)
{
	if (r->rc == 0)
		r->rc = nvr_csv_field(&r->buf, text, r->err);
	nvr_put(r, ",");
}

/* NaN: nobody told. */
static void
put_number(struct nvr_report *r, double v)
{
	if (!isnan(v))
		nvr_putf(r, "%.4g", v);
	nvr_put(r, ",");
}

static void
put_count(struct nvr_report *r, int64_t n)
{
	if (n != 0)
		nvr_putf(r, "%" PRId64, n);
	nvr_put(r, ",");
}

static int
put_row(void *ctx, const struct nvr_audit *a, const struct nvr_finding *f)
{
	static const struct nvr_finding none = {.confidence = NAN};
	struct nvr_report *r = ctx;
	char text[NVR_TIME_TEXT];

	put_field(r, nvr_time_format(a->at, text));
	put_field(r, a->camera_name);
	put_field(r, nvr_id_format(a->id, text));
	put_field(r, a->type);
	put_field(r, a->analyzer);
	put_field(r, a->model);
	put_field(r, a->status);
	put_field(r, a->error);
	if (f == NULL)
		f = &none;
	put_field(r, f->source);
	put_field(r, f->kind);
	put_field(r, f->label);
	put_field(r, f->verdict);
	put_field(r, f->evidence);
	put_count(r, f->count);
	put_number(r, f->confidence);
	put_field(r, f->confidence_method);
	put_number(r, f->calibrated > 0 ? f->calibrated : NAN);
	put_count(r, f->samples);
	if (f->samples > 0)
		nvr_putf(r, "%" PRId64, f->agreed);
	nvr_put(r, ",");
	put_field(r, f->uncertainty);
	put_field(r, f->region);
	if (a->camera_id != 0)
		nvr_put(r, nvr_id_format(a->camera_id, text));
	nvr_put(r, "\r\n");
	return r->rc;
}

void
nvr_report_csv(struct nvr_report *r)
{
	nvr_put(r, "at,camera,audit,type,analyzer,model,status,error,source,"
		   "kind,label,verdict,evidence,count,confidence,"
		   "confidence_method,confidence_calibrated,samples,agreed,"
		   "uncertainty,region,camera_id\r\n");
	nvr_report_each(r, put_row, r);
}

/* A report as a mail; see report.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "core/mail.h"
#include "core/report_int.h"

struct mail {
	struct nvr_report *r;
	struct nvr_buf *out;
	size_t start;		 /* where in out it begins */
	struct nvr_buf pictures; /* parts that follow the HTML */
	struct nvr_quoted quoted;
	char boundary[NVR_ID_TEXT]; /* no body can have it behind `=_` */
	bool full;
};

/* What is left out when the mail gets too large, one after the other. */
static const struct {
	bool stills;
	int64_t alarms;
	const char *says;
} tries[] = {
    {true, 0, NULL},
    {false, 0,
	"The stills are left out: with them the mail would be larger than "
	"10 MiB."},
    {false, 100,
	"The stills, and all but the newest 100 alarms of each camera, are "
	"left out: with them the mail would be larger than 10 MiB."},
    {false, 5,
	"The stills, and all but the newest 5 alarms of each camera, are left "
	"out: with them the mail would be larger than 10 MiB."},
};

static int
check_size(struct mail *m, struct nvr_error *err)
{
	size_t size = m->out->len - m->start + m->pictures.len;

	m->full = size > NVR_REPORT_MAIL_MAX;
	return m->full ? nvr_fail(err, NVR_E_DATA,
			     "the report does not fit a mail of 10 MiB: choose "
			     "a shorter time or fewer cameras")
		       : 0;
}

static int
write_quoted(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct mail *m = ctx;
	int rc = nvr_quoted_write(&m->quoted, m->out, data, len, err);

	return rc == 0 ? check_size(m, err) : rc;
}

static int
add_picture(void *ctx, const char *cid, const void *jpeg, size_t len,
    struct nvr_error *err)
{
	struct mail *m = ctx;
	int rc = nvr_buf_addf(&m->pictures, err,
	    "--=_R%s\r\n"
	    "Content-Type: image/jpeg\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-ID: <%s>\r\n"
	    "Content-Disposition: inline; filename=\"%.13s.jpg\"\r\n\r\n",
	    m->boundary, cid, cid);

	if (rc == 0)
		rc = nvr_mail_base64(&m->pictures, jpeg, len, err);
	return rc == 0 ? check_size(m, err) : rc;
}

/* Subject: what there is to do, and of which camera where it is one. */
static int
put_subject(struct mail *m, struct nvr_error *err)
{
	const struct nvr_report *r = m->r;
	char text[512];

	snprintf(text, sizeof(text),
	    "Audit report%s%.256s: %" PRId64 " alarm%s, %" PRId64
	    " not examined",
	    r->ncameras == 1 ? " of " : "",
	    r->ncameras == 1 ? r->camera[0].name : "", r->total.alarms,
	    r->total.alarms == 1 ? "" : "s", r->total.blind);
	if (r->total.audits == 0)
		strlcpy(text, "Audit report: no audits", sizeof(text));
	return nvr_mail_text_field(m->out, "Subject", text, err);
}

static int
put_head(struct mail *m, const char *from, const char *address,
    struct nvr_error *err)
{
	int rc = nvr_mail_date_field(m->out, m->r->o->now, err);

	if (rc == 0)
		rc = nvr_buf_addf(
		    m->out, err, "From: %s\r\nTo: %s\r\n", from, address);
	if (rc == 0)
		rc = put_subject(m, err);
	if (rc == 0)
		rc = nvr_buf_addf(m->out, err,
		    "Message-ID: <%s%s>\r\n"
		    "MIME-Version: 1.0\r\n"
		    "Auto-Submitted: auto-generated\r\n"
		    "Content-Type: multipart/alternative;\r\n"
		    " boundary=\"=_A%s\"\r\n\r\n",
		    m->boundary, strrchr(from, '@'), m->boundary);
	return rc;
}

static int
put_part(struct mail *m, char level, const char *type,
    enum nvr_report_format format, struct nvr_error *err)
{
	int rc = nvr_buf_addf(m->out, err,
	    "--=_%c%s\r\n"
	    "Content-Type: %s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
	    level, m->boundary, type);

	m->quoted = (struct nvr_quoted){0};
	if (rc == 0)
		rc = nvr_report_run(m->r, format);
	if (rc == 0)
		rc = nvr_quoted_end(&m->quoted, m->out, err);
	return rc;
}

static int
put_mail(struct mail *m, const char *from, const char *address,
    struct nvr_error *err)
{
	int rc = put_head(m, from, address, err);

	if (rc == 0)
		rc = put_part(m, 'A', "text/plain", NVR_REPORT_TEXT, err);
	if (rc == 0)
		rc = nvr_buf_addf(m->out, err,
		    "--=_A%s\r\n"
		    "Content-Type: multipart/related; type=\"text/html\";\r\n"
		    " boundary=\"=_R%s\"\r\n\r\n",
		    m->boundary, m->boundary);
	if (rc == 0)
		rc = put_part(m, 'R', "text/html", NVR_REPORT_HTML, err);
	if (rc == 0 && m->pictures.len > 0)
		rc =
		    nvr_buf_add(m->out, m->pictures.data, m->pictures.len, err);
	m->pictures.len = 0;
	if (rc == 0)
		rc = nvr_buf_addf(m->out, err, "--=_R%s--\r\n\r\n--=_A%s--\r\n",
		    m->boundary, m->boundary);
	return rc == 0 ? check_size(m, err) : rc;
}

int
nvr_report_mail(struct nvr_state *s, const struct nvr_report_options *o,
    int64_t id, const char *from, const char *address, struct nvr_buf *ret,
    int64_t *expires, struct nvr_error *err)
{
	struct nvr_report r = {.s = s, .o = o, .err = err};
	struct mail m = {.r = &r, .out = ret, .start = ret->len};
	const struct nvr_sink sink = {write_quoted, &m};
	struct nvr_report_pictures pictures = {.add = add_picture, .ctx = &m};
	int rc = nvr_mail_address(from, err);

	if (rc == 0)
		rc = nvr_mail_address(address, err);
	if (rc == 0)
		rc = nvr_report_collect(&r);
	if (rc == 0)
		pictures.domain = strrchr(from, '@') + 1;
	r.to = &sink;
	r.pictures = &pictures;
	nvr_id_format(id, m.boundary);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		if ((i == 0 && rc != 0) || (i > 0 && !m.full))
			break;
		ret->len = m.start;
		m.pictures.len = 0;
		m.full = false;
		r.rc = 0;
		r.expires = 0;
		r.stills = tries[i].stills;
		r.alarms = tries[i].alarms;
		r.left_out = tries[i].says;
		rc = put_mail(&m, from, address, err);
	}
	if (rc != 0)
		ret->len = m.start;
	*expires = r.expires;
	nvr_buf_wipe(&m.pictures);
	nvr_report_release(&r);
	return rc;
}

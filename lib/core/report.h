/*
 * Audits of a time as a report: one HTML file without outside references,
 * plain text, CSV that no spreadsheet takes for formulas, or the JSON Lines of
 * `nvr-audit list`.  Everything that a model or a camera said is
 * data: base/escape.h has one function for each place it can go to.
 *
 * Audits are read and written one by one; what is held is bounded by the
 * number of cameras and of models.
 */
#ifndef NVR_CORE_REPORT_H
#define NVR_CORE_REPORT_H

#include "base/bytes.h"
#include "core/inventory.h"

enum nvr_report_format {
	NVR_REPORT_HTML,
	NVR_REPORT_TEXT,
	NVR_REPORT_CSV,
	NVR_REPORT_JSONL,
};

/* A camera; id 0: one that is none of this store, by the name in its stills. */
struct nvr_report_camera {
	int64_t id;
	const char *name;
	int64_t account; /* whose it is; 0: nobody's */
};

struct nvr_report_options {
	int64_t since, until, now; /* since <= an audit's time < until */
	const struct nvr_report_camera *only;
	int nonly;	      /* 0: all there are */
	const char *currency; /* of the costs */
	const char *who;      /* takes kept stills out, for the log of that */
};

/* Writes it to the sink. */
int nvr_report_write(struct nvr_state *s, const struct nvr_report_options *o,
    enum nvr_report_format format, const struct nvr_sink *to,
    struct nvr_error *err);

#define NVR_REPORT_MAIL_MAX (10 << 20) /* bytes of a mail */

/*
 * The same as a mail, appended to ret (RFC 5322, 2045 to 2047, 2387, 2392):
 * multipart/alternative of text and of HTML with its pictures inline.  What
 * does not fit NVR_REPORT_MAIL_MAX is left out, first the stills, then the
 * older alarms, and the mail says so.  NVR_E_USAGE for an address that is
 * none.  *expires is when the first of its stills is no longer kept, and the
 * mail may not be either; 0: it has none.  id is of the outbox's row that it
 * goes to, and in its Message-ID.
 */
int nvr_report_mail(struct nvr_state *s, const struct nvr_report_options *o,
    int64_t id, const char *from, const char *address, struct nvr_buf *ret,
    int64_t *expires, struct nvr_error *err);

#endif

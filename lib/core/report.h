/*
 * Audits of a time as a report: one HTML file without outside references,
 * plain text, CSV that no spreadsheet takes for formulas, or JSON Lines.
 * Everything that a model or a camera said is data: each format has one
 * function that escapes it, named after the place it is meant for.
 */
#ifndef NVR_CORE_REPORT_H
#define NVR_CORE_REPORT_H

#include "base/bytes.h"
#include "core/inventory.h"
#include "store/audit.h"

enum nvr_report_format {
	NVR_REPORT_HTML,
	NVR_REPORT_TEXT,
	NVR_REPORT_CSV,
	NVR_REPORT_JSONL,
};

struct nvr_report_options {
	int64_t since, until;
	const struct nvr_camera *camera; /* NULL: all */
	bool stills;	 /* show those that were kept and are not expired */
	const char *cid; /* HTML for a mail: pictures are `cid:…@` this; NULL */
	const char *currency; /* of the costs */
};

/* Writes it to the sink. */
int nvr_report_write(struct nvr_state *s, const struct nvr_report_options *o,
    enum nvr_report_format format, const struct nvr_sink *to,
    struct nvr_error *err);

/*
 * The whole of it as a mail (RFC 5322, 2045 to 2047, 2387, 2392):
 * multipart/alternative of text and of HTML with its pictures inline.
 * NVR_E_USAGE for an address that is none.
 */
int nvr_report_mail(struct nvr_state *s, const struct nvr_report_options *o,
    const char *from, const char *address, struct nvr_buf *ret,
    struct nvr_error *err);

#endif

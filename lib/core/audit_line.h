/*
 * An audit as a line of JSON (share/schema/audit.json), written as text
 * straight away, as there may be a million of them.
 */
#ifndef NVR_CORE_AUDIT_LINE_H
#define NVR_CORE_AUDIT_LINE_H

#include "base/buf.h"
#include "store/audit.h"

/* Up to its findings, each of which follows by a call; `first` has no comma
 * ahead of it.  What closes the line, `]}`, is the caller's. */
int nvr_audit_line_begin(
    struct nvr_buf *b, const struct nvr_audit *a, struct nvr_error *err);
int nvr_audit_line_finding(struct nvr_buf *b, const struct nvr_finding *f,
    bool first, struct nvr_error *err);

#endif

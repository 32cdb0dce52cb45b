/*
 * The record of processing activities that article 30 of the GDPR asks for,
 * made of what is in force: privacy_column, nvr.conf, the registers, and the
 * jurisdictions of sites (C12, C26).  It names whose settings are not set.
 *
 * Of people it says nothing: sites are named, but for those of accounts that
 * are restricted or deleted, which are counted.
 */
#ifndef NVR_CORE_ARTICLE30_H
#define NVR_CORE_ARTICLE30_H

#include "base/model.h"
#include "core/paper.h"
#include "core/state.h"

struct nvr_article30 {
	int64_t now;
	const char *version; /* of the program */
	bool seal;	     /* [store] seal = age */
	bool tls12;	     /* [net] tls-min = 1.2 */
	const struct nvr_model *models;
	int nmodels;
};

/* *ret is the document, which the caller releases. */
int nvr_article30(struct nvr_state *s, const struct nvr_article30 *a,
    enum nvr_paper_format format, struct nvr_buf *ret, struct nvr_error *err);

#endif

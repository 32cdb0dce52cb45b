/*
 * What the registers of rights share: consents, objections, requests,
 * disclosures, breaches, notices, processors.
 */
#ifndef NVR_CORE_REGISTER_H
#define NVR_CORE_REGISTER_H

#include "core/state.h"

#define NVR_REGISTER_LINE 512	      /* bytes of a name, a title, a reason */
#define NVR_REGISTER_TEXT (64 * 1024) /* of a text, a note */

/* What it is called (`a channel`) and what it must be; NVR_E_USAGE says. */
int nvr_check_word(const char *what, const char *text, struct nvr_error *err);
int nvr_check_line(const char *what, const char *text, struct nvr_error *err);
int nvr_check_text(const char *what, const char *text, struct nvr_error *err);

#endif

/* The words and bounds of an answer, for checks.c and verdict.c. */
#ifndef NVR_CORE_VERDICT_INT_H
#define NVR_CORE_VERDICT_INT_H

#include "core/verdict.h"

#define PROMPT_MAX 8000 /* bytes */

/* NULL ends each. */
extern const char *const nvr_verdict_qualities[];
extern const char *const nvr_verdict_regions[];
extern const char *const nvr_verdict_verdicts[];
extern const char *const nvr_verdict_uncertainties[];

#endif

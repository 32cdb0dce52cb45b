/*
 * Lines of an INI file: blank ones, comments that begin with `#` or `;`,
 * `[section]` and `name = value`, all of them as long as they are and indented
 * or not.  A `;` after a blank begins a comment on any line; a `#` elsewhere
 * than at its beginning does not.
 */
#ifndef NVR_CLI_INI_H
#define NVR_CLI_INI_H

#include "base/error.h"

struct nvr_ini {
	char *at, *end; /* what is left; it is changed, and *end is NUL */
	int line; /* the number of the last one, from 1 on; start with 0 */
	const char *section;	  /* start with "" */
	const char *name, *value; /* borrowed from the text, as section is */
};

/* The next setting: 1; 0 when there is none.  NVR_E_CONFIG for another line. */
int nvr_ini_next(struct nvr_ini *ini, struct nvr_error *err);

#endif

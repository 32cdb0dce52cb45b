/*
 * Messages to people: texts of share/letters, filled in and put into the
 * outbox as mails or SMS, for nvr-notify to deliver.
 *
 * A text's first line is the subject, a blank line follows; `{name}` stands
 * for a value.  `{portal}` is the portal's name.  Links begin with nvr.conf's
 * [portal] url and never with what a request says.
 */
#ifndef NVR_CORE_LETTER_H
#define NVR_CORE_LETTER_H

#include "core/state.h"

#define NVR_LETTER_VALUES 8

struct nvr_letter {
	int64_t account;
	const char *text; /* which one: `verify`, `reset`, … */
	const char *to;	  /* an address, or a number for SMS */
	bool sms;
	int64_t expires; /* not sent any more after that; 0: always */
	struct {
		const char *name, *value;
	} value[NVR_LETTER_VALUES];
};

/*
 * In the caller's transaction; *id names the outbox's row.  NVR_E_CONFIG where
 * nvr.conf has no sender, or no url for a text that has a link: a letter that
 * cannot be sent is not one to promise.
 */
int nvr_letter_post(struct nvr_state *s, const struct nvr_letter *l,
    int64_t *id, struct nvr_error *err);

/* Whether nvr.conf says enough for letters to be posted. */
bool nvr_letter_ready(const struct nvr_state *s);

#endif

/* How every tool opens the store. */
#ifndef NVR_CMD_OPEN_H
#define NVR_CMD_OPEN_H

#include "cli/cli.h"
#include "core/state.h"

/* The first use makes the store, and says so. */
static inline int
nvr_open(struct nvr_cli *c, int flags, struct nvr_state **s)
{
	static char who[NVR_WHO_TEXT];
	int rc = nvr_state_open(c->store, flags | NVR_STATE_CREATE, s, &c->err);

	if (rc == 0) {
		(*s)->rules = &c->conf.rules;
		(*s)->actor.who = nvr_cli_who(who);
		(*s)->actor.channel = "terminal";
	}
	if (rc == 0 && (*s)->created)
		nvr_note(c, "made a store in '%s'", c->store);
	return rc;
}

#endif

/* How every tool opens the store. */
#ifndef NVR_CMD_OPEN_H
#define NVR_CMD_OPEN_H

#include "cli/cli.h"
#include "core/enrolment.h"
#include "core/state.h"
#include "store/restrict.h"

/* A store that there is. */
static inline int
nvr_open_made(struct nvr_cli *c, int flags, struct nvr_state **s)
{
	int rc = nvr_state_open(c->store, flags, s, &c->err);

	if (rc == 0) {
		(*s)->rules = &c->conf.rules;
		(*s)->actor.who = nvr_cli_who;
		(*s)->actor.channel = "terminal";
		rc = nvr_enrolment_rules(*s, &c->conf.rules, &c->err);
	}
	return rc;
}

/* The first use makes the store, and says so. */
static inline int
nvr_open(struct nvr_cli *c, int flags, struct nvr_state **s)
{
	int rc = nvr_open_made(c, flags | NVR_STATE_CREATE, s);

	if (rc == 0 && (*s)->created)
		nvr_note(c, "made a store in '%s'", c->store);
	return rc;
}

/* All cameras are not quite all, and who asked for them should know. */
static inline void
nvr_note_barred(struct nvr_cli *c, struct nvr_state *s)
{
	struct nvr_error ignored;
	int64_t n = 0;

	if (nvr_barred_cameras(s->store, &n, &ignored) == 0 && n > 0)
		nvr_note(c,
		    "%lld camera%s left out: the account is restricted, or "
		    "deleted",
		    (long long)n, n == 1 ? " is" : "s are");
}

#endif

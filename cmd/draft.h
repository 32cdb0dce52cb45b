/* The file that a tool is writing, of which a signal leaves nothing, nor of who
 * helps with it. */
#ifndef NVR_CMD_DRAFT_H
#define NVR_CMD_DRAFT_H

#include <signal.h>
#include <unistd.h>

#include "base/draft.h"
#include "core/children.h"

static struct nvr_draft draft;

static void
draft_stop(int sig)
{
	if (draft.temp[0] != '\0')
		unlink(draft.temp);
	nvr_children_signal(SIGKILL);
	signal(sig, SIG_DFL);
	raise(sig);
}

static inline void
draft_catch(void)
{
	signal(SIGINT, draft_stop);
	signal(SIGTERM, draft_stop);
	signal(SIGHUP, draft_stop);
}

#endif

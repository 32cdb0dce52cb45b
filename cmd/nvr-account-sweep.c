/* nvr-account sweep: what time has done, for a timer. */
#include "core/signin.h"

#include "nvr-account.h"

int
run_sweep(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_swept swept = {0};
	struct nvr_state *s = NULL;
	int rc = account_open(&s);

	(void)argc, (void)argv;
	if (rc == 0)
		rc = nvr_signin_sweep(s, &swept, &c->err);
	nvr_state_close(s);
	if (swept.told > 0)
		nvr_note(c,
		    "told of %d sign-in%s that got past the password and no "
		    "further",
		    swept.told, swept.told == 1 ? "" : "s");
	if (swept.dropped > 0)
		nvr_note(c, "dropped %d second factor%s that nobody confirmed",
		    swept.dropped, swept.dropped == 1 ? "" : "s");
	if (rc == 0 && swept.damaged > 0)
		rc = nvr_fail(&c->err, NVR_E_DATA,
		    "%d row%s passed over: damaged; see 'nvr-account log'",
		    swept.damaged, swept.damaged == 1 ? " was" : "s were");
	return rc;
}

/* nvr-retain report: the record of processing activities. */
#include "nvr-retain.h"

int
retain_report(struct nvr_cli *c, int argc, char **argv)
{
	(void)argc, (void)argv;
	return nvr_fail(&c->err, NVR_E_UNAVAILABLE, "not yet");
}

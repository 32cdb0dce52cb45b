/* nvr-retain forecast: when each camera and disk will be full. */
#include "nvr-retain.h"

int
retain_forecast(struct nvr_cli *c, int argc, char **argv)
{
	(void)argc, (void)argv;
	return nvr_fail(&c->err, NVR_E_UNAVAILABLE, "not yet");
}

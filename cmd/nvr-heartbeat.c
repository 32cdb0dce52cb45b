/* nvr-heartbeat: see its page. */
#include "cli/cli.h"

static struct nvr_cli cli;

static const struct nvr_opt opts[] = {
    NVR_OPTS_COMMON(cli),
};

static const struct nvr_tool tool = {
    .name = "nvr-heartbeat",
    .summary = "heartbeat",
    .args = "",
    .opts = opts,
};

int
main(int argc, char **argv)
{
	nvr_cli_start(&cli, &tool, argc, argv);
	return nvr_finish(0);
}

#include "nvr-record.h"
int
record_status(struct nvr_cli *c, int argc, char **argv)
{
	(void)c, (void)argc, (void)argv;
	return 0;
}
int
record_list(struct nvr_cli *c, int argc, char **argv)
{
	(void)c, (void)argc, (void)argv;
	return 0;
}
int
record_hold(struct nvr_cli *c, int argc, char **argv)
{
	(void)c, (void)argc, (void)argv;
	return 0;
}
int
record_release(struct nvr_cli *c, int argc, char **argv)
{
	(void)c, (void)argc, (void)argv;
	return 0;
}
int
record_holds(struct nvr_cli *c, int argc, char **argv)
{
	(void)c, (void)argc, (void)argv;
	return 0;
}
int
record_verify(struct nvr_cli *c, int argc, char **argv)
{
	(void)c, (void)argc, (void)argv;
	return 0;
}

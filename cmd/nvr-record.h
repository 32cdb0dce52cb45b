/* What the files of nvr-record share. */
#ifndef NVR_CMD_RECORD_H
#define NVR_CMD_RECORD_H

#include "cli/cli.h"
#include "cli/out.h"
#include "store/footage.h"

extern struct nvr_cli cli;
extern struct record_options {
	bool all, released, resume;
	const char *stream, *why;
	int64_t since, until, duration;
	long long count;
} opt;

/* NVR_E_USAGE unless it is main or sub; NULL is main. */
int record_stream(enum nvr_stream *ret);

/* The fields of a segment, for JSON alone. */
void record_segment(struct nvr_out *out, const struct nvr_segment *seg);

int record_status(struct nvr_cli *c, int argc, char **argv);
int record_list(struct nvr_cli *c, int argc, char **argv);
int record_hold(struct nvr_cli *c, int argc, char **argv);
int record_release(struct nvr_cli *c, int argc, char **argv);
int record_holds(struct nvr_cli *c, int argc, char **argv);
int record_verify(struct nvr_cli *c, int argc, char **argv);

#endif

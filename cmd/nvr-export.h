/* What the parts of nvr-export share. */
#ifndef NVR_CMD_EXPORT_H
#define NVR_CMD_EXPORT_H

#include "cli/cli.h"
#include "cli/out.h"
#include "core/archive.h"

#define EXPORT_TOOL "nvr-export " NVR_VERSION

struct export_options {
	const char *output, *format, *include, *language, *stream, *reason;
	const char *signer, *identity;
	struct nvr_list recipients, cameras, areas;
	int64_t since, until, now;
	bool sealed, originals, mask;
};

extern struct nvr_cli cli;
extern struct export_options opt;

/*
 * Where an archive goes: --output, or stdout where that is no terminal; a
 * reader that leaves ends it quietly, and what fails leaves no file.
 */
struct export_archive {
	json_t *asked; /* what was asked for; taken */
	/* Which files are in it. */
	int (*fill)(void *ctx, struct nvr_archive *a, struct nvr_error *err);
	void *ctx;
	uint64_t expected; /* bytes that are going to be read, for the progress;
			    * 0: unknown */
};
/* 0, NVR_EXIT_NEGATIVE where something is missing, or negative. */
int export_archive(struct nvr_state *s, const struct export_archive *e);

/* --include: NVR_OFFER_STILLS and the others. */
int export_include(int *ret, struct nvr_error *err);
/* --now, or now. */
int64_t export_now(void);

int export_account(struct nvr_cli *c, int argc, char **argv);
int export_footage(struct nvr_cli *c, int argc, char **argv);
int export_audits(struct nvr_cli *c, int argc, char **argv);
int export_verify(struct nvr_cli *c, int argc, char **argv);
int export_import(struct nvr_cli *c, int argc, char **argv);
int export_signer(struct nvr_cli *c, int argc, char **argv);
int export_ask(struct nvr_cli *c, int argc, char **argv);
int export_pending(struct nvr_cli *c, int argc, char **argv);
int export_list(struct nvr_cli *c, int argc, char **argv);
int export_fetch(struct nvr_cli *c, int argc, char **argv);
int export_drop(struct nvr_cli *c, int argc, char **argv);

#endif

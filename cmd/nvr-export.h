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
/* Whether an archive can go where --output says. */
int export_output(struct nvr_error *err);

/* What goes there: close() with what became of it, which it returns unless who
 * read it has left.  A failure leaves no file. */
struct export_output {
	int fd;
	bool file, left;
	uint64_t bytes;
};
int export_output_open(struct export_output *o, struct nvr_error *err);
int export_output_write(
    void *o, const void *data, size_t len, struct nvr_error *err);
int export_output_close(struct export_output *o, int rc, struct nvr_error *err);

/*
 * An archive that is read: a file, or `-`.  read() is of struct
 * nvr_archive_check and shows how far it is.
 */
struct export_input {
	int fd;
	const char *name;
	uint64_t done;
	struct nvr_progress progress;
};
int export_input_open(struct export_input *in, const char *name,
    const char *what, struct nvr_error *err);
int64_t export_input_read(
    void *ctx, void *buf, size_t len, struct nvr_error *err);
void export_input_close(struct export_input *in);

/* --identity: wiped by the caller; *have false: none was given. */
int export_identity(struct nvr_age_identity *ret, bool *have, const char *input,
    struct nvr_error *err);
/* --signer, into buf; *ret NULL: none was given. */
int export_trusted(
    struct nvr_buf *buf, const char **ret, struct nvr_error *err);
/* Where what waits may lie: TMPDIR, or /tmp. */
const char *export_temp(void);

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

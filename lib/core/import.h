/*
 * An account's archive (core/export.h) taken into this store: portability
 * (GDPR, article 20).
 *
 * Everything in it is hostile.  Nothing is entered ahead of the whole archive
 * having been held to its manifest, and that to its signature; then all of it
 * is, in one transaction, by the rules that hold for what people enter.  What
 * waits meanwhile is sealed, below `temp`.
 *
 * The account is a new one: its address is not confirmed, it has no password,
 * no second factor and no session, and is of the tier `free`.  Its consents,
 * sites, cameras, schedules and audits come with their times; these but the
 * consents by their ids too, where these are free here.  Consents of an archive
 * that nobody vouches for (`trusted`) come by the channel `import`, and theirs
 * is in the log: they hold nothing here.  Cameras come without their
 * credentials and the paths of their URLs, and are not recorded until both are
 * set; a file or device in place of one is a host that there is not.  Schedules
 * are paused, as they cost and send pictures elsewhere.  Pictures do not come.
 *
 * Errors: NVR_E_DATA for an archive that is damaged, or says what cannot be,
 * with the file and line; NVR_E_CREATE where something of it is here already;
 * those of nvr_archive_verify.
 */
#ifndef NVR_CORE_IMPORT_H
#define NVR_CORE_IMPORT_H

#include "core/archive_read.h"

struct nvr_import {
	/* As in struct nvr_archive_check: */
	int64_t (*read)(
	    void *ctx, void *buf, size_t len, struct nvr_error *err);
	void (*finding)(void *ctx, const char *path, const char *text);
	/* What is in the archive and not taken as it is, and why. */
	void (*left)(void *ctx, const char *what, const char *why);
	void *ctx;
	const struct nvr_age_identity *identity;
	const char *signer, *temp;
	int64_t now;
};

#define NVR_IMPORT_TABLES 12
struct nvr_import_summary {
	int64_t account;
	struct {
		const char *table;
		int64_t rows, taken; /* in the archive; of these, here */
	} table[NVR_IMPORT_TABLES];
	char signer[128]; /* who signed it; see nvr_archive_summary */
	bool trusted;
};

int nvr_import(struct nvr_state *s, const struct nvr_import *o,
    struct nvr_import_summary *ret, struct nvr_error *err);

#endif

/*
 * What goes into an archive: everything about an account (GDPR, articles 15 and
 * 20), or a stretch of a camera's recording as evidence.
 *
 * All that is read of the store is of one moment, whatever others write; media
 * is read as it is there, and what is gone by then is a gap.  What is held is
 * told (article 15): rows, stills and footage that are past their time are in
 * it for as long as nvr-retain has not deleted them.
 */
#ifndef NVR_CORE_EXPORT_H
#define NVR_CORE_EXPORT_H

#include "core/archive.h"
#include "core/inventory.h"

struct nvr_export_account {
	int64_t account;
	int64_t now;
	bool stills, footage; /* the pictures themselves, too */
	bool sealed;	      /* as they lie there, with what opens them */
	const char *language; /* of the page: `en` */
};

/*
 *	README.html		for people: what is here, why, until when, who
 *				received it, which rights there are
 *	data/TABLE.jsonl	a row to a line, of each table of the register
 *	data/TABLE.csv		those that people open in spreadsheets
 *	schema/TABLE.json	JSON Schema (2020-12) of a line
 *	data/log.jsonl		its part of the security log, each row with what
 *				it takes to reckon its hash anew
 *	data/log-head.txt	a signed head of all of it, with .sig and
 *				data/log-signer
 *	stills/CAMERA/TIME.jpg
 *	footage/CAMERA/TIME.mp4
 *
 * The state must be opened for rights.  In a transaction of its own, ahead of
 * everything else, it is logged as `export.made`, which is not part of it.
 * What cannot be read of a row is null there and a gap (core/archive.h).
 */
int nvr_export_account(struct nvr_state *s, const struct nvr_export_account *o,
    struct nvr_archive *a, struct nvr_error *err);

/* NVR_E_USAGE, with those that there are, for a page that nobody has
 * written; known ahead of the first byte. */
int nvr_export_language(const char *language, struct nvr_error *err);

struct nvr_export_footage {
	const struct nvr_camera *camera;
	enum nvr_stream stream;
	int64_t since, until, now;
	const char *reason, *who, *tool;
	const char *temp;
	const char *language;
	/* Segments as they lie there, for who has this identity; NULL: none */
	const struct nvr_age_identity *originals;
	const char
	    *mask; /* areas to paint over (see inventory.h); NULL: none */
};

/*
 *	README.html		for people, and how to check it with stock tools
 *	clips/TIME.mp4		one for each run
 *	originals/TIME-ID.mp4.age	and their headers for the identity
 *	data/segments.csv	hashes of then and of now
 *	data/audits.jsonl, findings.jsonl, gaps.jsonl, events.jsonl,
 *holds.jsonl, data/clock.json, log.jsonl
 *
 * Who takes footage out is entered (store/event.h) before anything of it
 * leaves.
 */
int nvr_export_footage(struct nvr_state *s, const struct nvr_export_footage *o,
    struct nvr_archive *a, struct nvr_error *err);

#endif

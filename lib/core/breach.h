/*
 * The register of breaches (GDPR, articles 33 and 34): from when one is known
 * there are 72 hours to tell the supervisory authority, and those affected are
 * told without undue delay.  Titles and notes are sealed under the key of
 * account 0.  See register.h.
 */
#ifndef NVR_CORE_BREACH_H
#define NVR_CORE_BREACH_H

#include "core/telling.h"
#include "store/breach.h"

#define NVR_BREACH_REPORT (72 * NVR_HOUR)

/* known 0: now; text NULL: no note yet. */
int nvr_breach_open(struct nvr_state *s, const char *title, int64_t known,
    const char *text, int64_t *id, struct nvr_error *err);

/* text NULL: only that the authority was told, which `reported` says. */
int nvr_breach_note(struct nvr_state *s, int64_t id, const char *text,
    bool reported, struct nvr_error *err);

/*
 * One that is not reported needs a text that says why the authority need not
 * be told (article 33(1) and (5)): NVR_E_USAGE else.
 */
int nvr_breach_close(struct nvr_state *s, int64_t id, const char *text,
    bool reported, struct nvr_error *err);

/* What is sealed of them, opened; the caller wipes text. */
int nvr_breach_title(struct nvr_state *s, const struct nvr_breach *b,
    struct nvr_buf *title, struct nvr_error *err);
int nvr_breach_note_text(struct nvr_state *s, const struct nvr_breach_note *n,
    struct nvr_buf *text, struct nvr_error *err);

/*
 * Tells those affected: n accounts, or with n 0 all there are.  text is what
 * they are told (article 34(2)); one that is new becomes a note.  Who was told
 * is not told again, whatever the text.  In transactions of its own; told,
 * failed, why, progress and ctx of t are the caller's, the rest is filled in.
 */
int nvr_breach_notify(struct nvr_state *s, int64_t id, const char *text,
    const int64_t *accounts, int n, struct nvr_telling *t,
    struct nvr_error *err);

#endif

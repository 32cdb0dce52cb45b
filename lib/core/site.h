/*
 * Sites: where cameras of an account hang, under whose law (C26), and how
 * long their footage is kept (C18).
 */
#ifndef NVR_CORE_SITE_H
#define NVR_CORE_SITE_H

#include "base/buf.h"
#include "core/state.h"
#include "store/camera.h"
#include "store/site.h"

/* NULL and -1 leave what is there. */
struct nvr_site_change {
	const char *name, *jurisdiction, *zone; /* zone "": not told */
	int64_t retain_us, retain_bytes;	/* 0: as nvr.conf says */
};
#define NVR_SITE_NO_CHANGE                          \
	{                                           \
		.retain_us = -1, .retain_bytes = -1 \
	}

/*
 * Each is one transaction, with its row of the security log.  NVR_E_USAGE
 * names what is not acceptable.  A site that has cameras, or recorders
 * that are not revoked, is not removed; one that is comes back within `within`
 * microseconds (N14), new_name NULL: by its old name.
 */
int nvr_site_add(struct nvr_state *s, int64_t account,
    const struct nvr_site_change *c, struct nvr_error *err);
/* The same in the caller's transaction, of what another store had. */
int nvr_site_add_in(struct nvr_state *s, int64_t account,
    const struct nvr_given *g, const struct nvr_site_change *c,
    struct nvr_error *err);
int nvr_site_set(struct nvr_state *s, int64_t account, const char *name,
    const struct nvr_site_change *c, struct nvr_error *err);
int nvr_site_remove(struct nvr_state *s, int64_t account, const char *name,
    struct nvr_error *err);
int nvr_site_restore(struct nvr_state *s, int64_t account, const char *name,
    const char *new_name, int64_t within, struct nvr_error *err);

/* Whether cameras may be put there: NVR_E_NOENT for one that is removed,
 * NVR_E_PERMISSION for one that is restricted. */
int nvr_site_check(
    struct nvr_state *s, const struct nvr_site *site, struct nvr_error *err);

/*
 * Names are sealed under the account's key.  They are found by `lookup`, an
 * HMAC under a key of the store's own, and so by all of their bytes.
 */
int nvr_site_lookup(struct nvr_state *s, const char *name, size_t len,
    uint8_t ret[NVR_SITE_LOOKUP], struct nvr_error *err);
/* The caller wipes name, which is emptied first. */
int nvr_site_name(struct nvr_state *s, const struct nvr_site *site,
    struct nvr_buf *name, struct nvr_error *err);
/* account 0: whoever's; NVR_E_USAGE when several have one of that name. */
int nvr_site_by_name(struct nvr_state *s, int64_t account, const char *name,
    bool removed, struct nvr_site **ret, struct nvr_error *err);

/* Names that were opened, to be shown with many cameras. */
struct nvr_site_names {
	struct nvr_site_named {
		int64_t id;
		char *name;
	} * item;
	size_t n;
};
/* Borrowed until it is wiped; "" for site 0, and its id where the name does
 * not open. */
const char *nvr_site_label(
    struct nvr_state *s, struct nvr_site_names *names, int64_t id);
void nvr_site_names_wipe(struct nvr_site_names *names);

/*
 * A site for cameras, by its name or, where several accounts have one of it,
 * by ADDRESS/NAME; checked.
 */
int nvr_site_which(struct nvr_state *s, const char *which,
    struct nvr_site **ret, struct nvr_error *err);

/*
 * How long and how much of the stream's footage is kept: the camera's own
 * limit, else its site's; 0: as nvr.conf says.
 */
void nvr_site_retention(const struct nvr_camera *cam, enum nvr_stream stream,
    int64_t *us, int64_t *bytes);

#endif

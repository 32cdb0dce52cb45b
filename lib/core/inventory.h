/*
 * The rules about cameras: what may be entered, what is kept secret, and how
 * a removed one comes back.
 */
#ifndef NVR_CORE_INVENTORY_H
#define NVR_CORE_INVENTORY_H

#include "core/state.h"
#include "store/camera.h"

/* What opens a camera.  Kept in camera.secrets, sealed to the box key. */
struct nvr_secrets {
	const char *user, *password; /* "" for none */
	const char *url;	     /* as the camera wants it, not redacted */
	const char *snapshot_url;    /* "" for none */
	const char *sub_url;	     /* the same */
	struct nvr_buf raw;	     /* holds them */
};

/*
 * Changes to a camera; a NULL leaves what is there.  URLs may hold a user,
 * password and secret parameters when `…_private` says that they did not
 * come from the command line, where everyone could read them.
 */
struct nvr_camera_change {
	const char *name, *zone, *manufacturer, *model;
	const char *url, *snapshot_url, *sub_url;
	bool url_private, snapshot_private, sub_private; /* see above */
	const char *user, *password;
	const char *transport, *tls_ca, *mask;
	int tls_verify, audio; /* 0, 1; -1: as it is */
	const char *record;    /* none, main, sub, both */
	/* How long and how much is kept; 0: as nvr.conf says; -1: as it is. */
	struct {
		int64_t us, bytes;
	} retain[NVR_STREAMS];
	int64_t retain_events, retain_stills; /* the same */
	/* Its id; the camera is its account's from now on.  0: none, and of
	 * nobody; -1: as it is. */
	int64_t site;
	/* age1… whose identity is kept elsewhere: the own one is dropped. */
	const char *recipient;
	const char *const *add_recipients, *const *drop_recipients;
	int nadd, ndrop;
};
#define NVR_CAMERA_NO_CHANGE                                          \
	{                                                             \
		.tls_verify = -1, .audio = -1, .site = -1,            \
		.retain_events = -1, .retain_stills = -1, .retain = { \
			{-1, -1},                                     \
			{-1, -1}                                      \
		}                                                     \
	}

/*
 * NVR_E_USAGE names what is not acceptable: a name with a slash or control
 * characters, a protocol that no tool opens, a bad mask, a bad recipient.
 * Either all of the change is made or none.
 */
int nvr_inventory_add(struct nvr_state *s, const struct nvr_camera_change *c,
    struct nvr_error *err);
/* The same in the caller's transaction, of what another store had. */
int nvr_inventory_add_in(struct nvr_state *s, const struct nvr_given *g,
    const struct nvr_camera_change *c, struct nvr_error *err);
int nvr_inventory_set(struct nvr_state *s, const char *name,
    const struct nvr_camera_change *c, struct nvr_error *err);

/* What may name a camera, or another thing; NVR_E_USAGE says what may not. */
int nvr_name_check(const char *what, const char *name, struct nvr_error *err);

/*
 * Appends the camera's own identity to text, as age-keygen writes one: who has
 * it opens the camera's stills and footage.  NVR_E_NOENT when it is kept
 * elsewhere.
 */
int nvr_inventory_identity(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_buf *text, struct nvr_error *err);

/*
 * A copy that the caller frees with nvr_camera_free.  name: its name; where
 * several accounts have one of that name SITE/NAME; or its id.  NVR_E_NOENT
 * names cameras of nearly that name; NVR_E_USAGE when it is not clear which
 * one; NVR_E_PERMISSION when it is restricted.
 */
int nvr_inventory_find(struct nvr_state *s, const char *name,
    struct nvr_camera **ret, struct nvr_error *err);

/* The same, were it removed, restricted or deleted: its things are there. */
int nvr_inventory_find_any(struct nvr_state *s, const char *name,
    struct nvr_camera **ret, struct nvr_error *err);

/* Out of use, and back again while no more than `within` microseconds have
 * passed.  new_name NULL: its old one. */
int nvr_inventory_remove(
    struct nvr_state *s, const char *name, struct nvr_error *err);
int nvr_inventory_restore(struct nvr_state *s, const char *name,
    const char *new_name, int64_t within, struct nvr_error *err);

/* Appends them, sealed to the box key for the camera of that id. */
int nvr_secrets_seal(struct nvr_state *s, int64_t camera,
    const struct nvr_secrets *x, struct nvr_buf *out, struct nvr_error *err);

/* Opens the seal; of a camera without secrets it gives the plain URLs. */
int nvr_inventory_secrets(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_secrets *ret, struct nvr_error *err);
void nvr_secrets_wipe(struct nvr_secrets *secrets);

/* Everyone whom the camera's stills and footage are sealed to. */
int nvr_inventory_recipients(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_age_recipient ret[NVR_AGE_MAX_RECIPIENTS], size_t *n,
    struct nvr_error *err);

#endif

/* Cameras, as rows.  The rules about them are in core/inventory.h. */
#ifndef NVR_STORE_CAMERA_H
#define NVR_STORE_CAMERA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/restrict.h"
#include "store/store.h"

/* The two streams of a camera that can be recorded: fine and small. */
enum nvr_stream { NVR_MAIN, NVR_SUB, NVR_STREAMS };
extern const char *const nvr_stream_names[NVR_STREAMS]; /* main, sub */

struct nvr_camera {
	int64_t id;
	const char *name; /* unique in its account, but for removed ones */
	const char *zone, *manufacturer, *model; /* "" when unknown */
	const char *url;	  /* without anything secret in it */
	const char *snapshot_url; /* the same; "" for none */
	const char *transport;	  /* tcp or udp, for RTSP */
	const char *tls_ca;	  /* a PEM file; "": the system's CAs */
	bool tls_verify;
	const void *secrets; /* age to the box key; NULL: none needed */
	size_t secrets_len;
	const char *recipient; /* age1…: what its footage is sealed to */
	const void *identity;  /* age to the box key; NULL: kept elsewhere */
	size_t identity_len;
	const char *mask; /* core/mask.h; "" for none */
	int64_t created_at, changed_at;
	int64_t removed_at;  /* 0: not removed */
	const char *sub_url; /* the small stream, as url; "" for none */
	const char *record;  /* none, main, sub or both */
	bool audio;	     /* recorded as well */
	struct {
		int64_t us, bytes; /* 0: as nvr.conf says */
	} retain[NVR_STREAMS];
	int64_t retain_events; /* footage around findings; 0: as the rest */
	int64_t retain_stills; /* microseconds, as all; 0: as nvr.conf says */
	int64_t site_id, account_id; /* 0: of no site; of no account */
	/* Read only: */
	struct {
		int64_t us, bytes; /* what holds for both streams where the
				      camera has none of its own; 0: none */
	} site_retain;
	enum nvr_bar bar;
};

/* Whether the stream is to be recorded. */
bool nvr_camera_records(const struct nvr_camera *cam, enum nvr_stream stream);

/*
 * Copies that the caller frees with nvr_camera_free.  NVR_E_NOENT;
 * NVR_E_PERMISSION when it is restricted.  By what people call them
 * core/inventory.h finds them.
 */
int nvr_camera_get(struct nvr_store *st, int64_t id, struct nvr_camera **ret,
    struct nvr_error *err);
/* The same, were it removed or restricted: its footage is still there. */
int nvr_camera_get_any(struct nvr_store *st, int64_t id,
    struct nvr_camera **ret, struct nvr_error *err);
/* The one of that name that was removed last. */
int nvr_camera_find_removed(struct nvr_store *st, const char *name,
    struct nvr_camera **ret, struct nvr_error *err);
/* The same, were it restricted. */
int nvr_camera_find_removed_any(struct nvr_store *st, const char *name,
    struct nvr_camera **ret, struct nvr_error *err);
void nvr_camera_free(struct nvr_camera *cam);

/* Live cameras by name, or the removed ones, newest removal first; not those
 * that are restricted.  The row is borrowed for the call.  Stops when row()
 * returns other than 0. */
int nvr_camera_each(struct nvr_store *st, bool removed,
    int (*row)(void *ctx, const struct nvr_camera *cam), void *ctx,
    struct nvr_error *err);

/* Live ones of that name, three at the most, restricted or not; site: at one
 * whose `lookup` that is (store/site.h), or NULL. */
int nvr_camera_each_named(struct nvr_store *st, const char *name,
    const struct nvr_blob *site,
    int (*row)(void *ctx, const struct nvr_camera *cam), void *ctx,
    struct nvr_error *err);

/* NVR_E_CREATE when the name is taken. */
int nvr_camera_insert(
    struct nvr_store *st, const struct nvr_camera *cam, struct nvr_error *err);
/* Whether rows are there that tell what it saw or who looked: footage, stills,
 * audits, events, holds, accesses.  Most are whose the camera is. */
int nvr_camera_used(
    struct nvr_store *st, int64_t id, bool *ret, struct nvr_error *err);
/* Everything but id and created_at; removed_at as well. */
int nvr_camera_update(
    struct nvr_store *st, const struct nvr_camera *cam, struct nvr_error *err);

/* Who else may open the camera's footage. */
int nvr_camera_recipient_add(struct nvr_store *st, int64_t camera,
    const char *recipient, struct nvr_error *err);
int nvr_camera_recipient_drop(struct nvr_store *st, int64_t camera,
    const char *recipient, struct nvr_error *err);
int nvr_camera_recipient_each(struct nvr_store *st, int64_t camera,
    int (*row)(void *ctx, const char *recipient), void *ctx,
    struct nvr_error *err);

#endif

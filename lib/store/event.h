/*
 * What happened to recordings, what is held, and who took footage out.  Rows
 * are only added; a release is written into its hold.
 */
#ifndef NVR_STORE_EVENT_H
#define NVR_STORE_EVENT_H

#include "store/camera.h"

struct nvr_event {
	int64_t id, camera_id;
	enum nvr_stream stream;
	int64_t at;
	const char *kind;   /* lost, back, … */
	const char *detail; /* for people */
};

int nvr_event_add(
    struct nvr_store *st, const struct nvr_event *e, struct nvr_error *err);
/* By time, from since on. */
int nvr_event_each(struct nvr_store *st, int64_t camera, enum nvr_stream stream,
    int64_t since, int64_t until,
    int (*row)(void *ctx, const struct nvr_event *e), void *ctx,
    struct nvr_error *err);

struct nvr_hold {
	int64_t id, camera_id;
	int64_t since, until;
	const char *why, *held_by;
	int64_t held_at;
	const char *released_by; /* NULL: it holds */
	int64_t released_at;
	const char *released_why;
};

int nvr_hold_add(
    struct nvr_store *st, const struct nvr_hold *h, struct nvr_error *err);
/* Those of the camera that lie within since and until, or h->id of them alone
 * unless that is 0; *n says how many. */
int nvr_hold_release(struct nvr_store *st, const struct nvr_hold *h, int *n,
    struct nvr_error *err);
/* Whose footage it keeps, or kept; 0: there is no such hold. */
int nvr_hold_camera(
    struct nvr_store *st, int64_t id, int64_t *ret, struct nvr_error *err);
/* By beginning; camera 0: of all but those of restricted accounts; released
 * ones too where asked for. */
int nvr_hold_each(struct nvr_store *st, int64_t camera, bool released,
    int (*row)(void *ctx, const struct nvr_hold *h), void *ctx,
    struct nvr_error *err);

struct nvr_access {
	int64_t id, at;
	const char *who, *action; /* clip, still, … */
	int64_t camera_id;
	const char *camera_name;
	int64_t since, until;
	const char *detail;
};

int nvr_access_add(
    struct nvr_store *st, const struct nvr_access *a, struct nvr_error *err);
/* By time, from since on; camera 0: of all. */
int nvr_access_each(struct nvr_store *st, int64_t camera, int64_t since,
    int (*row)(void *ctx, const struct nvr_access *a), void *ctx,
    struct nvr_error *err);

#endif

/* What pictures of an account's export share; see export_int.h. */
#ifndef NVR_CORE_EXPORT_MEDIA_INT_H
#define NVR_CORE_EXPORT_MEDIA_INT_H

#include "core/archive_int.h"
#include "core/export_int.h"

/* What is to be put, as it waits. */
struct nvr_media_item {
	enum {
		NVR_MEDIA_STILL,
		NVR_MEDIA_SEGMENT,
		NVR_MEDIA_RUN,
		NVR_MEDIA_KEY
	} kind;
	enum nvr_stream stream;
	int64_t id, camera_id, run_id;
	int64_t start_at, end_at; /* of a still: taken, and 0 */
	bool sealed;
	bool shared; /* a key: it opens another account's pictures, too */
	char sha256[NVR_SHA256_HEX];
	char path[NVR_ARCHIVE_PATH]; /* of a still; "": none that can be */
};

struct nvr_media {
	struct nvr_exporting *x;
	struct nvr_stash list;
	/* The camera in hand. */
	int64_t camera_id;	     /* 0: none yet */
	struct nvr_camera *camera;   /* NULL: it is gone */
	char name[NVR_ARCHIVE_NAME]; /* its folder */
	struct nvr_age_identity key;
	bool have_key;
};

int nvr_media_camera(struct nvr_media *m, int64_t id);
int nvr_media_gap(struct nvr_media *m, const char *what, const char *why, ...)
    __attribute__((format(printf, 3, 4)));
/* A file of the state folder, byte for byte; a gap where it is not there, or
 * has another SHA-256. */
int nvr_media_copy(struct nvr_media *m, const char *file, const char *path,
    const char *sha256);
int nvr_media_still(struct nvr_media *m, const struct nvr_media_item *t);
int nvr_media_segment(struct nvr_media *m, const struct nvr_media_item *t);
int nvr_media_run(struct nvr_media *m, const struct nvr_media_item *t);

#endif

/* What pictures of an account's export share; see export_int.h. */
#ifndef NVR_CORE_EXPORT_MEDIA_INT_H
#define NVR_CORE_EXPORT_MEDIA_INT_H

#include "core/export_int.h"

struct nvr_media {
	struct nvr_state *s;
	const struct nvr_export_account *o;
	struct nvr_archive *a;
	const char *temp;
	struct nvr_error *err;
	/* The camera in hand. */
	int64_t camera_id; /* 0: none yet */
	struct nvr_camera *camera;
	char name[NVR_ARCHIVE_NAME]; /* its folder */
	struct nvr_age_identity key;
	bool have_key;
};

int nvr_media_camera(struct nvr_media *m, int64_t id);
/* A file of the state folder, byte for byte, or a gap. */
int nvr_media_copy(struct nvr_media *m, const char *file, const char *path);
int nvr_media_footage(struct nvr_media *m);

#endif

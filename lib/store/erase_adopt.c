/* Cameras of the erased whose footage stays (C20); see erase.h. */
#include <stdio.h>

#include "base/id.h"
#include "store/db.h"
#include "store/erase_int.h"
#include "store/retain_camera.h"

static const char RECORDED[] =
    "SELECT id FROM camera c WHERE c." NVR_ERASING
    " AND (EXISTS (SELECT 1 FROM segment x WHERE x.camera_id = c.id)"
    " OR EXISTS (SELECT 1 FROM open_segment x WHERE x.camera_id = c.id)"
    " OR EXISTS (SELECT 1 FROM run x WHERE x.camera_id = c.id)"
    " OR EXISTS (SELECT 1 FROM hold x WHERE x.camera_id = c.id))"
    " ORDER BY id LIMIT 1";
/*
 * What is left of it finds, opens and limits its footage, and masks what is
 * taken from that.  Neither who had it nor where it hung can be told from it,
 * and it cannot be recorded: its address is NVR_ADOPTED_URL.
 */
static const char ADOPT[] =
    "UPDATE camera SET account_id = 0, name = ?2, zone = '',"
    " manufacturer = '', model = '', url = '" NVR_ADOPTED_URL
    "', snapshot_url = '',"
    " sub_url = '', transport = 'tcp', tls_ca = '', tls_verify = 1,"
    " record = 'none', secrets = NULL, changed_at = ?3 WHERE id = ?1";

static int
adopt(struct nvr_store *st, const struct nvr_erasing *to, int64_t camera,
    struct nvr_error *err)
{
	char name[NVR_ID_TEXT + 8], id[NVR_ID_TEXT];
	int rc;

	snprintf(name, sizeof(name), "adopted-%s", nvr_id_format(camera, id));
	rc = nvr_db_run(st, ADOPT, err, "iti", camera, name, to->now);
	return rc == 0 ? to->adopted(to->ctx, camera, name) : rc;
}

int
nvr_erase_adopt(
    struct nvr_store *st, const struct nvr_erasing *to, struct nvr_error *err)
{
	int64_t id = 0;
	int rc;

	do {
		rc = nvr_db_number(st, RECORDED, &id, err, "");
		if (rc == 0 && id != 0)
			rc = adopt(st, to, id, err);
		if (rc == 0 && id != 0 && nvr_store_enough(st))
			rc = 1;
	} while (rc == 0 && id != 0);
	return rc;
}

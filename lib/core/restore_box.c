/*
 * Putting the box key of a backup into the store of another recorder, which is
 * given the cameras of the one that was backed up; see backup.h.  What is
 * sealed to the key that was there would be lost, so nothing may be.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/owner.h"
#include "core/backup_int.h"
#include "core/keys.h"
#include "core/log.h"
#include "store/enrolment.h"

#define BOX "box.age"

static int
see_table(void *ctx, const char *name, int64_t rows)
{
	if (strcmp(name, "camera") == 0)
		*(int64_t *)ctx = rows;
	return 0;
}

/* The portal knows a recorder by its box key as well. */
static int
check_free(struct nvr_restoring *x, struct nvr_error *err)
{
	struct nvr_enrolment e;
	int64_t cameras = 0;
	int rc = nvr_store_each_table(x->live, see_table, &cameras, err);

	if (rc == 0 && cameras > 0)
		return nvr_fail(err, NVR_E_CREATE,
		    "the store in '%s' has cameras, or had some, which its own "
		    "box key opens: name a new folder with -d",
		    x->s.dir);
	if (rc == 0)
		rc = nvr_enrolment_get(x->live, &e, err);
	if (rc == 0)
		return nvr_fail(err, NVR_E_CREATE,
		    "this recorder is enrolled by the box key that it has: "
		    "nvr-heartbeat leave ends that");
	return rc == NVR_E_NOENT ? 0 : rc;
}

/* A backup of it that has the same one is no change. */
static bool
is_same(const struct nvr_restoring *x)
{
	char path[PATH_MAX], sha256[65];
	struct nvr_error ignored;
	int64_t size;

	snprintf(path, sizeof(path), "%s/keys/" BOX, x->s.dir);
	if (nvr_backup_digest(path, NULL, sha256, &size, &ignored) != 0)
		return false;
	for (int i = 0; i < x->b.n; i++)
		if (strcmp(x->b.file[i].name, BOX) == 0)
			return strcmp(x->b.file[i].sha256, sha256) == 0;
	return false;
}

/* A store that is half made has no log yet. */
static int
enter(struct nvr_restoring *x, struct nvr_error *err)
{
	char ready[NVR_SETTING_TEXT];
	struct nvr_keys *k;
	int rc = nvr_setting_get(x->live, "ready", ready, err);

	if (rc != 0)
		return rc == NVR_E_NOENT ? 0 : rc;
	x->s.store = x->live;
	rc = nvr_keys_open(&x->s, &k, err);
	if (rc == 0)
		rc = nvr_store_begin(x->live, err);
	if (rc == 0) {
		rc = nvr_log_append(&x->s, 0, "store.restored",
		    json_pack("{s:s}", "what", "box"), err);
		rc = nvr_store_end(x->live, rc, err);
	}
	nvr_keys_close(x->s.keys);
	x->s.keys = NULL;
	x->s.store = NULL;
	return rc;
}

int
nvr_restore_box(struct nvr_restoring *x, struct nvr_error *err)
{
	char path[PATH_MAX];
	int rc = 0;

	if (!x->b.keys)
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' has no keys: it is 'nvr-store backup --keys' that "
		    "copies them",
		    x->r->dir);
	if (is_same(x))
		return 0;
	snprintf(path, sizeof(path), "%s/nvr.db", x->s.dir);
	if (access(path, F_OK) == 0)
		rc = nvr_state_migrate(
		    x->s.dir, NVR_STORE_DURABLE, &x->live, err);
	if (rc == 0 && x->live != NULL)
		rc = check_free(x, err);
	snprintf(path, sizeof(path), "%s/keys", x->s.dir);
	if (rc == 0)
		rc = nvr_own_folder(path, err);
	if (rc == 0)
		rc = nvr_restore_put_back(x, BOX, BOX, err);
	return rc == 0 && x->live != NULL ? enter(x, err) : rc;
}

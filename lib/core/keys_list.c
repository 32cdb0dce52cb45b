/* Which keys there are; see rotate.h. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "core/keys_int.h"
#include "core/pepper.h"
#include "core/rotate.h"

struct listing {
	int (*row)(void *ctx, const struct nvr_key_info *k);
	void *ctx;
	int64_t current; /* pepper */
};

/* When the file was written, which is when the key was drawn; 0: it is not
 * there. */
static int64_t
written(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 ? (int64_t)sb.st_mtim.tv_sec * NVR_SECOND +
					  sb.st_mtim.tv_nsec / 1000
				    : 0;
}

static int
list_service(void *ctx, const struct nvr_wrapped_service *k)
{
	struct listing *l = ctx;

	return l->row(l->ctx, &(struct nvr_key_info){.what = "service",
				  .name = k->name,
				  .keys = 1,
				  .created_at = k->created_at,
				  .current = true});
}

static int
find_current(void *ctx, int64_t version, const char *path)
{
	struct listing *l = ctx;

	(void)path;
	l->current = version;
	return 0;
}

static int
list_pepper(void *ctx, int64_t version, const char *path)
{
	struct listing *l = ctx;
	char name[24];

	snprintf(name, sizeof(name), "%" PRId64, version);
	return l->row(l->ctx, &(struct nvr_key_info){.what = "pepper",
				  .name = name,
				  .keys = 1,
				  .created_at = written(path),
				  .current = version == l->current});
}

static int
list_master(struct nvr_state *s, struct nvr_keys *k, struct listing *l)
{
	char path[PATH_MAX], fresh[PATH_MAX];

	nvr_keys_path(s, "master", path);
	nvr_keys_path(s, "master.new", fresh);
	return l->row(l->ctx, &(struct nvr_key_info){.what = "master",
				  .name = k->id,
				  .keys = 1,
				  .created_at = written(path),
				  .replacing = access(fresh, F_OK) == 0,
				  .current = true});
}

static int
list_log(struct nvr_state *s, struct listing *l)
{
	char path[PATH_MAX];

	nvr_keys_path(s, "log", path);
	if (access(path, F_OK) != 0)
		return 0;
	return l->row(l->ctx, &(struct nvr_key_info){.what = "log",
				  .keys = 1,
				  .created_at = written(path),
				  .current = true});
}

int
nvr_keys_list(struct nvr_state *s,
    int (*row)(void *ctx, const struct nvr_key_info *k), void *ctx,
    struct nvr_error *err)
{
	struct listing l = {.row = row, .ctx = ctx};
	struct nvr_keydb_count count;
	struct nvr_keys *k;
	int rc = nvr_keys_open(s, &k, err);

	if (rc == 0)
		rc = nvr_keydb_count(k->db, &count, err);
	if (rc == 0)
		rc = list_master(s, k, &l);
	if (rc == 0)
		rc = row(ctx, &(struct nvr_key_info){.what = "accounts",
				  .keys = count.keys,
				  .created_at = count.oldest,
				  .replacing = count.rotating,
				  .current = true});
	if (rc == 0)
		rc = nvr_keydb_service_each(k->db, list_service, &l, err);
	if (rc == 0)
		rc = nvr_pepper_each(s, find_current, &l, err);
	if (rc == 0)
		rc = nvr_pepper_each(s, list_pepper, &l, err);
	return rc == 0 ? list_log(s, &l) : rc;
}

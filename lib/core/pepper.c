/* Peppers; see pepper.h. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/keys_int.h"
#include "core/pepper.h"
#include "seal/digest.h"
#include "store/account.h"

#define PREFIX "pepper-"
#define MAX_VERSION 999999999
#define COST "bcrypt_cost"
#define COST_MAX 20 /* as nvr.conf has it: more is no setting of ours */

/* The version in a file's name; 0: it is not a pepper's. */
static int64_t
version_of(const char *name)
{
	char again[64];
	const char *bad;
	int64_t n;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return 0;
	n = strtonum(name + strlen(PREFIX), 1, MAX_VERSION, &bad);
	if (bad != NULL)
		return 0;
	snprintf(again, sizeof(again), PREFIX "%" PRId64, n);
	return strcmp(again, name) == 0 ? n : 0;
}

static int
by_version(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int
list(const char *dir, struct nvr_buf *versions, struct nvr_error *err)
{
	struct dirent *e;
	int64_t version;
	DIR *d = opendir(dir);
	int rc = 0;

	if (d == NULL)
		return nvr_fail_errno(err, 0, "cannot open '%s'", dir);
	while (rc == 0 && (errno = 0, e = readdir(d)) != NULL) {
		version = version_of(e->d_name);
		if (version != 0)
			rc = nvr_buf_add(
			    versions, &version, sizeof(version), err);
	}
	if (rc == 0 && errno != 0)
		rc = nvr_fail_errno(err, NVR_E_IO, "cannot read '%s'", dir);
	closedir(d);
	return rc;
}

int
nvr_pepper_each(struct nvr_state *s,
    int (*each)(void *ctx, int64_t version, const char *path), void *ctx,
    struct nvr_error *err)
{
	char dir[PATH_MAX - 64], path[PATH_MAX];
	struct nvr_buf versions = {0};
	int64_t *v;
	size_t n;
	int rc;

	snprintf(dir, sizeof(dir), "%s/keys", s->dir);
	rc = list(dir, &versions, err);
	v = (int64_t *)(void *)versions.data;
	n = versions.len / sizeof(*v);
	if (n > 0)
		qsort(v, n, sizeof(*v), by_version);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		snprintf(
		    path, sizeof(path), "%s/" PREFIX "%" PRId64, dir, v[i]);
		rc = each(ctx, v[i], path);
	}
	nvr_buf_release(&versions);
	return rc;
}

static int
take_highest(void *ctx, int64_t version, const char *path)
{
	int64_t *highest = ctx;

	(void)path;
	if (version > *highest)
		*highest = version;
	return 0;
}

static int
take_last(void *ctx, int64_t version)
{
	*(int64_t *)ctx = version;
	return 0;
}

/* The highest that was ever drawn, as keys.db remembers.  One that has no
 * memory of it yet is told by the accounts. */
static int
highest_drawn(struct nvr_state *s, int64_t *n, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT];
	const char *bad;
	struct nvr_keys *k = NULL;
	int rc = nvr_keys_open(s, &k, err);

	*n = 0;
	if (rc == 0)
		rc = nvr_setting_get(k->db, NVR_KEYS_PEPPERS, text, err);
	if (rc == 0)
		*n = strtonum(text, 1, MAX_VERSION, &bad);
	if (rc == NVR_E_NOENT && k != NULL)
		rc = nvr_account_peppers(s->store, take_last, n, err);
	return rc;
}

static int
remember(struct nvr_state *s, int64_t version, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT];
	struct nvr_keys *k;
	int rc = nvr_keys_open(s, &k, err);

	snprintf(text, sizeof(text), "%" PRId64, version);
	return rc == 0 ? nvr_setting_put(k->db, NVR_KEYS_PEPPERS, text, err)
		       : rc;
}

/* The highest that was drawn, and the highest that is there; 0: none. */
static int
find_highest(
    struct nvr_state *s, int64_t *drawn, int64_t *there, struct nvr_error *err)
{
	int rc;

	*there = 0;
	rc = nvr_pepper_each(s, take_highest, there, err);
	if (rc == 0)
		rc = highest_drawn(s, drawn, err);
	/* Who drew it may have been cut short. */
	if (rc == 0 && *there > *drawn)
		rc = remember(s, *there, err);
	return rc;
}

/*
 * 0: none was ever drawn.  A lower one is none in its place: passwords would
 * be hashed with what is about to be replaced, and with a new one nobody could
 * sign in.
 */
static int
find_current(struct nvr_state *s, int64_t *ret, struct nvr_error *err)
{
	int64_t drawn;
	int rc = find_highest(s, &drawn, ret, err);

	if (rc == 0 && *ret < drawn)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "the key '%s/keys/" PREFIX "%" PRId64 "', without which no "
		    "password can be checked, is gone: put it back from its "
		    "backup; where there is none, 'nvr-store keys rotate "
		    "pepper' draws another, and all passwords are to be reset",
		    s->dir, drawn);
	return rc;
}

int
nvr_pepper_current(struct nvr_state *s, int64_t *version,
    uint8_t key[NVR_PEPPER_LEN], struct nvr_error *err)
{
	char name[64];
	int64_t n = 0;
	int rc = find_current(s, &n, err);

	if (rc != 0)
		return rc;
	/* The first is drawn here, and only the first. */
	snprintf(name, sizeof(name), PREFIX "%" PRId64, n > 0 ? n : 1);
	rc = nvr_key_file(s, name, n == 0, key, err);
	if (rc == 0 && n == 0)
		rc = remember(s, 1, err);
	if (rc == 0)
		*version = n > 0 ? n : 1;
	return rc;
}

int
nvr_pepper_get(struct nvr_state *s, int64_t version,
    uint8_t key[NVR_PEPPER_LEN], struct nvr_error *err)
{
	char name[64];
	int rc;

	snprintf(name, sizeof(name), PREFIX "%" PRId64, version);
	rc = nvr_key_file(s, name, false, key, err);
	return rc == 0 ? 0 : nvr_prefix(err, "the pepper of passwords");
}

int
nvr_pepper_add(struct nvr_state *s, int64_t *version, struct nvr_error *err)
{
	uint8_t key[NVR_PEPPER_LEN];
	char path[PATH_MAX];
	int64_t drawn = 0, n = 0;
	int rc = find_highest(s, &drawn, &n, err);

	/* Never one again that is gone: what it was part of may be back. */
	n = drawn > n ? drawn : n;
	if (rc == 0 && n == MAX_VERSION)
		rc = nvr_fail(err, NVR_E_USAGE, "there are too many peppers");
	if (rc == 0)
		rc = nvr_random(key, sizeof(key), err);
	snprintf(
	    path, sizeof(path), "%s/keys/" PREFIX "%" PRId64, s->dir, n + 1);
	/* Another program may add the same: then it is there already. */
	if (rc == 0)
		rc = nvr_key_write(path, key, true, err);
	explicit_bzero(key, sizeof(key));
	if (rc == 0)
		rc = remember(s, n + 1, err);
	if (rc == 0)
		*version = n + 1;
	return rc;
}

struct needed {
	struct nvr_state *s;
	struct nvr_error *err;
};

static int
see_needed(void *ctx, int64_t version)
{
	uint8_t key[NVR_PEPPER_LEN];
	struct needed *x = ctx;
	int rc = nvr_pepper_get(x->s, version, key, x->err);

	explicit_bzero(key, sizeof(key));
	return rc;
}

int
nvr_pepper_check(struct nvr_state *s, int64_t *version, struct nvr_error *err)
{
	struct needed x = {s, err};
	int64_t n = 0;
	int rc = find_current(s, &n, err);

	if (rc == 0)
		rc = nvr_account_peppers(s->store, see_needed, &x, err);
	if (rc == 0 && n > 0)
		rc = see_needed(&x, n);
	if (rc == 0)
		*version = n;
	return rc;
}

int
nvr_cost_highest(struct nvr_state *s, long long cost, long long *highest,
    struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT] = "";
	const char *bad;
	long long seen;
	int rc = nvr_setting_get(s->store, COST, text, err);

	if (rc != 0 && rc != NVR_E_NOENT)
		return rc;
	seen = strtonum(text, 1, COST_MAX, &bad); /* 0: none */
	*highest = seen > cost ? seen : cost;
	if (seen >= cost)
		return 0;
	snprintf(text, sizeof(text), "%lld", cost);
	return nvr_setting_put(s->store, COST, text, err);
}

/* The state folder; see state.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/owner.h"
#include "base/time.h"
#include "core/erasure.h"
#include "core/keyfile.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/state.h"
#include "core/station.h"
#include "seal/digest.h"

#define MEDIA_UUID "media_uuid"
#define READY "ready"
#define UUID_TEXT 37

static void
path_in(const struct nvr_state *s, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", s->dir, name);
}

int
nvr_key_check(const char *path, struct nvr_error *err)
{
	struct stat sb;

	if (stat(path, &sb) != 0)
		return nvr_fail_errno(err, 0, "the key '%s'", path);
	if ((sb.st_mode & 077) != 0)
		return nvr_fail(err, NVR_E_PERMISSION,
		    "the key '%s' is open to others (mode %04o): run 'chmod "
		    "400 %s', and take its secrets for known",
		    path, (unsigned)sb.st_mode & 07777, path);
	if (sb.st_size == 0)
		return nvr_fail(err, NVR_E_DATA, "the key '%s' is empty", path);
	return 0;
}

/* A random UUID, version 4 (RFC 9562). */
static int
make_uuid(char text[UUID_TEXT], struct nvr_error *err)
{
	unsigned char b[16];
	int rc = nvr_random(b, sizeof(b), err);

	if (rc != 0)
		return rc;
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(text, UUID_TEXT,
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
	    b[11], b[12], b[13], b[14], b[15]);
	return 0;
}

static int
make_keys(const struct nvr_state *s, struct nvr_error *err)
{
	struct nvr_age_identity id;
	unsigned char master[NVR_ACCOUNT_KEY_LEN];
	struct nvr_buf text = {0};
	char path[PATH_MAX];
	int rc;

	path_in(s, "keys", path);
	rc = nvr_own_folder(path, err);
	if (rc != 0)
		return rc;
	path_in(s, "keys/box.age", path);
	if (access(path, F_OK) != 0) {
		rc = nvr_age_identity_generate(&id, err);
		if (rc == 0)
			rc = nvr_age_identity_format(&id,
			    (time_t)(nvr_time_now() / NVR_SECOND), &text, err);
		if (rc == 0)
			rc = nvr_file_write(
			    path, text.data, text.len, 0400, 1, err);
		if (rc == 0)
			rc = nvr_own(path, err);
		nvr_age_identity_wipe(&id);
		nvr_buf_wipe(&text);
	}
	path_in(s, "keys/master", path);
	if (rc == 0 && access(path, F_OK) != 0) {
		rc = nvr_random(master, sizeof(master), err);
		if (rc == 0)
			rc = nvr_key_write(path, master, true, err);
		explicit_bzero(master, sizeof(master));
	}
	return rc;
}

static int
read_uuid(const char *path, char uuid[UUID_TEXT], struct nvr_error *err)
{
	struct nvr_buf text = {0};
	int rc = nvr_file_read(path, 256, &text, err);

	if (rc == 0) {
		text.data[strcspn(text.data, "\r\n")] = '\0';
		if (strlcpy(uuid, text.data, UUID_TEXT) != UUID_TEXT - 1)
			rc = nvr_fail(
			    err, NVR_E_DATA, "'%s' holds no UUID", path);
	}
	nvr_buf_release(&text);
	return rc;
}

/* Names the folder in the store first: then a half-made one is known. */
static int
make_media(struct nvr_state *s, struct nvr_error *err)
{
	char uuid[NVR_SETTING_TEXT], there[UUID_TEXT], path[PATH_MAX];
	int rc, known;

	known = nvr_setting_get(s->store, MEDIA_UUID, uuid, err) == 0;
	if (!known && err->code != NVR_E_NOENT)
		return err->code;
	path_in(s, "media/nvr-media", path);
	if (access(path, F_OK) == 0) {
		rc = read_uuid(path, there, err);
		if (rc == 0 && (!known || strcmp(uuid, there) != 0))
			rc = nvr_fail(err, NVR_E_CREATE,
			    "'%s/media' belongs to another store; put its "
			    "nvr.db back, or name another folder with -d",
			    s->dir);
		return rc;
	}
	rc = known ? 0 : make_uuid(uuid, err);
	if (rc == 0 && !known)
		rc = nvr_setting_put(s->store, MEDIA_UUID, uuid, err);
	if (rc != 0)
		return rc;
	path_in(s, "media", path);
	rc = nvr_own_folder(path, err);
	path_in(s, "media/nvr-media", path);
	strlcat(uuid, "\n", sizeof(uuid));
	if (rc == 0)
		rc = nvr_file_write(path, uuid, strlen(uuid), 0600, 1, err);
	return rc == 0 ? nvr_own(path, err) : rc;
}

/* Under the lock.  Every step does only what is still missing. */
static int
complete(struct nvr_state *s, struct nvr_error *err)
{
	char ready[NVR_SETTING_TEXT], path[PATH_MAX];
	mode_t mask;
	int rc;

	path_in(s, "nvr.db", path);
	mask = umask(077);
	rc = nvr_own_touch(path, err);
	if (rc == 0)
		rc = nvr_store_open(
		    path, NVR_STORE_CREATE | NVR_STORE_DURABLE, &s->store, err);
	if (rc == 0 && nvr_setting_get(s->store, READY, ready, err) != 0) {
		rc = err->code == NVR_E_NOENT ? make_media(s, err) : err->code;
		if (rc == 0)
			rc = make_keys(s, err);
		if (rc == 0)
			rc = nvr_keys_make(s, true, err);
		if (rc == 0)
			rc = nvr_setting_put(s->store, READY, "1", err);
		s->created = rc == 0;
	}
	umask(mask);
	nvr_store_close(s->store);
	s->store = NULL;
	return rc;
}

static int
create(struct nvr_state *s, struct nvr_error *err)
{
	char path[PATH_MAX];
	int fd, rc = nvr_own_folder(s->dir, err);

	if (rc != 0)
		return rc;
	path_in(s, ".lock", path);
	rc = nvr_own_open(path, O_RDWR, &fd, err);
	if (rc != 0)
		return rc;
	if (flock(fd, LOCK_EX) != 0)
		rc = nvr_fail_errno(err, NVR_E_IO, "cannot lock '%s'", path);
	else
		rc = complete(s, err);
	close(fd);
	return rc;
}

int
nvr_state_migrate(
    const char *dir, int how, struct nvr_store **ret, struct nvr_error *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/nvr.db", dir);
	rc = nvr_store_open(path, how, ret, err);
	if (rc != NVR_E_CONFIG)
		return rc;
	rc = nvr_station_none(dir, err);
	if (rc != 0)
		return nvr_prefix(err, "cannot migrate the store '%s'", path);
	return nvr_store_open(path, how | NVR_STORE_MIGRATE, ret, err);
}

static int
open_store(struct nvr_state *s, int flags, struct nvr_error *err)
{
	char ready[NVR_SETTING_TEXT], path[PATH_MAX];
	int how = (flags & NVR_STATE_DURABLE ? NVR_STORE_DURABLE : 0) |
		  (flags & NVR_STATE_LOOK ? NVR_STORE_LOOK : 0);
	int rc;

	path_in(s, "nvr.db", path);
	if (access(path, F_OK) != 0 && errno != ENOENT)
		return nvr_fail_errno(
		    err, 0, "cannot open the store '%s'", path);
	if (access(path, F_OK) != 0)
		return nvr_fail(err, NVR_E_NOENT,
		    "there is no store in '%s'; 'nvr-store init' makes one",
		    s->dir);
	rc = flags & NVR_STATE_MIGRATE
		 ? nvr_state_migrate(s->dir, how, &s->store, err)
		 : nvr_store_open(path, how, &s->store, err);
	if (rc == 0 && nvr_setting_get(s->store, READY, ready, err) != 0)
		rc =
		    err->code == NVR_E_NOENT
			? nvr_fail(err, NVR_E_NOENT,
			      "the store in '%s' is only half made; 'nvr-store "
			      "init' completes it",
			      s->dir)
			: err->code;
	return rc == 0 ? nvr_erasures_check(s, err) : rc;
}

int
nvr_state_open(
    const char *dir, int flags, struct nvr_state **ret, struct nvr_error *err)
{
	struct nvr_state *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return nvr_fail_nomem(err);
	if (strlcpy(s->dir, dir, sizeof(s->dir)) >= sizeof(s->dir)) {
		free(s);
		return nvr_fail(
		    err, NVR_E_USAGE, "the path '%s' is too long", dir);
	}
	rc = open_store(s, flags, err);
	if (rc == NVR_E_NOENT && flags & NVR_STATE_CREATE) {
		nvr_store_close(s->store);
		s->store = NULL;
		rc = create(s, err);
		if (rc == 0)
			rc = open_store(s, flags, err);
	}
	if (rc != 0) {
		nvr_state_close(s);
		return rc;
	}
	*ret = s;
	return 0;
}

bool
nvr_state_rights(struct nvr_state *s, bool on)
{
	bool was = s->rights;

	s->rights = on;
	return was;
}

void
nvr_state_rest(struct nvr_state *s)
{
	nvr_log_settle(s);
	nvr_age_identity_wipe(&s->box);
	s->have_box = false;
	nvr_keys_close(s->keys);
	s->keys = NULL;
}

void
nvr_state_close(struct nvr_state *s)
{
	if (s == NULL)
		return;
	nvr_state_rest(s);
	nvr_store_close(s->store);
	free(s);
}

int
nvr_state_box(struct nvr_state *s, const struct nvr_age_identity **ret,
    struct nvr_error *err)
{
	struct nvr_buf text = {0};
	char path[PATH_MAX];
	int rc = 0;

	if (!s->have_box) {
		path_in(s, "keys/box.age", path);
		rc = nvr_key_check(path, err);
		if (rc == 0)
			rc = nvr_file_read(path, 65536, &text, err);
		if (rc == 0 && nvr_age_identity_parse(
				   text.data, text.len, &s->box, err) != 0)
			rc = nvr_prefix(err, "the key '%s'", path);
		s->have_box = rc == 0;
		nvr_buf_wipe(&text);
	}
	if (rc == 0)
		*ret = &s->box;
	return rc;
}

int
nvr_state_media(struct nvr_state *s, struct nvr_error *err)
{
	char uuid[NVR_SETTING_TEXT], there[UUID_TEXT], path[PATH_MAX];
	int rc = nvr_setting_get(s->store, MEDIA_UUID, uuid, err);

	if (rc != 0)
		return rc;
	path_in(s, "media/nvr-media", path);
	rc = read_uuid(path, there, err);
	if (rc == NVR_E_PERMISSION) /* its text says so */
		return err->code = NVR_E_UNAVAILABLE;
	if (rc != 0)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the media folder '%s/media' is not there: is its disk "
		    "mounted?",
		    s->dir);
	if (strcmp(uuid, there) != 0)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "'%s/media' belongs to another store: is the right disk "
		    "mounted?",
		    s->dir);
	return 0;
}

void
nvr_state_strip(const struct nvr_state *s, char *text)
{
	size_t len = strlen(s->dir);
	char *p = text, *rest;

	while (len > 0 && (p = strstr(p, s->dir)) != NULL) {
		rest = p + len;
		rest += strspn(rest, "/");
		/* Not the middle of another path. */
		if (rest > p + len && (p == text || strchr("' :\"", p[-1])))
			memmove(p, rest, strlen(rest) + 1);
		else
			p++;
	}
}

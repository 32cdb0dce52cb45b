/* The files of offered exports, and their rows; see offer_int.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/id.h"
#include "base/owner.h"
#include "base/time.h"
#include "core/offer_int.h"

#define SUFFIX ".age"
#define IDENTITY_MAX                                                   \
	4096	    /* bytes of a sealed one, and far more than it has \
		     */
#define PATIENCE 40 /* of 50 ms: who sweeps is done by then */

struct keeping {
	struct nvr_offered *o;
	bool found;
	struct nvr_error *err;
};

static int
keep(void *ctx, const struct nvr_offer *row)
{
	struct keeping *k = ctx;
	struct nvr_offered *o = k->o;

	k->found = true;
	o->row = *row;
	strlcpy(o->state, row->state, sizeof(o->state));
	strlcpy(o->format, row->format, sizeof(o->format));
	strlcpy(o->language, row->language, sizeof(o->language));
	strlcpy(o->error, row->error, sizeof(o->error));
	o->row.state = o->state;
	o->row.format = o->format;
	o->row.language = o->language;
	o->row.error = o->error;
	o->row.identity = (struct nvr_blob){NULL, 0};
	if (row->identity.len > IDENTITY_MAX)
		return nvr_fail(
		    k->err, NVR_E_DATA, "the key of the export is none");
	if (row->identity.len > 0 &&
	    nvr_buf_add(&o->identity, row->identity.data, row->identity.len,
		k->err) != 0)
		return k->err->code;
	o->row.identity = (struct nvr_blob){o->identity.data, o->identity.len};
	return 0;
}

int
nvr_offer_get(struct nvr_state *s, int64_t id, struct nvr_offered *ret,
    struct nvr_error *err)
{
	const struct nvr_offer_filter one = {.id = id > 0 ? id : -1};
	struct keeping k = {.o = ret, .err = err};
	char text[NVR_ID_TEXT];
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = nvr_offer_each(s->store, &one, keep, &k, err);
	if (rc == 0 && !k.found)
		rc = nvr_fail(err, NVR_E_NOENT, "there is no export '%s'",
		    nvr_id_format(id, text));
	return rc;
}

void
nvr_offer_release(struct nvr_offered *o)
{
	nvr_buf_release(&o->identity);
	memset(o, 0, sizeof(*o));
}

void
nvr_offer_path(int64_t id, char ret[NVR_OFFER_PATH])
{
	char text[NVR_ID_TEXT];

	snprintf(ret, NVR_OFFER_PATH, NVR_OFFERS "/%s" SUFFIX,
	    nvr_id_format(id, text));
}

static int
lock(int fd)
{
	const struct timespec pause = {0, 50000000};
	int rc;

	for (int i = 0; (rc = flock(fd, LOCK_EX | LOCK_NB)) != 0 &&
			errno == EWOULDBLOCK && i < PATIENCE;
	     i++)
		nanosleep(&pause, NULL);
	return rc;
}

int
nvr_offer_lock(struct nvr_state *s, int *fd, struct nvr_error *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/" NVR_OFFERS, s->dir);
	rc = nvr_own_folder(path, err);
	strlcat(path, "/.lock", sizeof(path));
	if (rc == 0)
		rc = nvr_own_open(path, O_RDWR, fd, err);
	if (rc != 0)
		return rc;
	if (lock(*fd) == 0)
		return 0;
	rc = errno == EWOULDBLOCK
		 ? nvr_fail(
		       err, NVR_E_AGAIN, "another nvr-export is making exports")
		 : nvr_fail_errno(err, NVR_E_IO, "cannot lock '%s'", path);
	close(*fd);
	return rc;
}

/* -1, with errno. */
static int
open_folder(const struct nvr_state *s)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" NVR_OFFERS, s->dir);
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Within the folder. */
static const char *
name_of(int64_t id, char path[NVR_OFFER_PATH])
{
	nvr_offer_path(id, path);
	return path + strlen(NVR_OFFERS "/");
}

int
nvr_offer_unlink(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	char path[NVR_OFFER_PATH];
	int folder = open_folder(s), rc = 0;

	if (folder < 0 && errno == ENOENT)
		return 0;
	if (folder < 0)
		return nvr_fail_errno(
		    err, 0, "cannot open '%s/" NVR_OFFERS "'", s->dir);
	if ((unlinkat(folder, name_of(id, path), 0) != 0 && errno != ENOENT) ||
	    fsync(folder) != 0)
		rc = nvr_fail_errno(
		    err, 0, "cannot delete '%s/%s'", s->dir, path);
	close(folder);
	return rc;
}

int
nvr_offer_open(struct nvr_state *s, int64_t id, int *fd, struct nvr_error *err)
{
	char path[NVR_OFFER_PATH], text[NVR_ID_TEXT];
	int folder = open_folder(s), why = errno;

	*fd = -1;
	if (folder >= 0) {
		*fd = openat(folder, name_of(id, path),
		    O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		why = errno;
		close(folder);
	}
	if (*fd >= 0)
		return 0;
	errno = why;
	if (why == ENOENT)
		return nvr_fail(err, NVR_E_NOENT,
		    "the file of the export '%s' is gone: ask for another one",
		    nvr_id_format(id, text));
	return nvr_fail_errno(
	    err, 0, "cannot open the export '%s'", nvr_id_format(id, text));
}

struct sweeping {
	struct nvr_state *s;
	const struct nvr_offer_sweep *w;
	bool alone; /* nobody is writing there */
	int folder;
	int64_t n;
	struct nvr_error *err;
};

/* ID.age, or what it is drafted as; what a spool left of itself has no id. */
static bool
is_ours(const char *name, int64_t *id, bool *whole)
{
	char text[NVR_ID_TEXT];
	struct nvr_error ignored;

	*id = 0;
	*whole = false;
	if (strncmp(name, ".nvr-", 5) == 0)
		return true;
	if (strlcpy(text, name, sizeof(text)) < sizeof(text) ||
	    strncmp(name + NVR_ID_TEXT - 1, SUFFIX, strlen(SUFFIX)) != 0)
		return false;
	*whole = name[NVR_ID_TEXT - 1 + strlen(SUFFIX)] == '\0';
	return nvr_id_parse(text, id, &ignored) == 0;
}

static int
is_stray(struct sweeping *x, const char *name, bool *ret)
{
	struct nvr_offered o;
	int64_t id;
	bool whole;
	int rc;

	*ret = false;
	if (!is_ours(name, &id, &whole))
		return 0;
	if (id == 0) {
		*ret = x->alone;
		return 0;
	}
	rc = nvr_offer_get(x->s, id, &o, x->err);
	/* The row comes ahead of its file, so that is one that is gone. */
	if (rc == NVR_E_NOENT)
		*ret = true;
	else if (rc == 0)
		*ret = x->alone && !(whole && strcmp(o.state, "ready") == 0);
	nvr_offer_release(&o);
	return rc == NVR_E_NOENT ? 0 : rc;
}

static int
sweep_one(struct sweeping *x, const char *name)
{
	char path[sizeof(NVR_OFFERS) + NAME_MAX + 1];
	bool stray = false;
	struct stat sb;
	int64_t at;
	int rc = is_stray(x, name, &stray);

	if (rc != 0 || !stray ||
	    fstatat(x->folder, name, &sb, AT_SYMLINK_NOFOLLOW) != 0)
		return rc;
	at =
	    (int64_t)sb.st_mtim.tv_sec * NVR_SECOND + sb.st_mtim.tv_nsec / 1000;
	if (at > x->w->until)
		return 0;
	snprintf(path, sizeof(path), NVR_OFFERS "/%s", name);
	if (!x->w->look && unlinkat(x->folder, name, 0) != 0 && errno != ENOENT)
		return nvr_fail_errno(
		    x->err, 0, "cannot delete '%s/%s'", x->s->dir, path);
	x->n++;
	if (x->w->told != NULL)
		x->w->told(x->w->ctx, path, at, sb.st_size);
	return 0;
}

/* One that cannot be deleted does not keep the others. */
static int
sweep_all(struct sweeping *x)
{
	struct nvr_error first = {0};
	struct dirent *e;
	DIR *dir = fdopendir(x->folder);

	if (dir == NULL) {
		close(x->folder);
		return nvr_fail_nomem(x->err);
	}
	while ((e = readdir(dir)) != NULL)
		if (sweep_one(x, e->d_name) != 0 && first.code == 0)
			first = *x->err;
	if (!x->w->look && x->n > 0 && fsync(x->folder) != 0 && first.code == 0)
		nvr_fail_errno(&first, NVR_E_IO,
		    "cannot write '%s/" NVR_OFFERS "'", x->s->dir);
	closedir(dir);
	if (first.code != 0)
		*x->err = first;
	return first.code;
}

int
nvr_offer_sweep(
    struct nvr_state *s, const struct nvr_offer_sweep *w, struct nvr_error *err)
{
	struct sweeping x = {.s = s, .w = w, .alone = w->locked, .err = err};
	char path[PATH_MAX];
	int fd = -1, rc;

	x.folder = open_folder(s);
	if (x.folder < 0)
		return errno == ENOENT
			   ? 0
			   : nvr_fail_errno(err, 0,
				 "cannot open '%s/" NVR_OFFERS "'", s->dir);
	if (!w->locked) {
		snprintf(path, sizeof(path), "%s/" NVR_OFFERS "/.lock", s->dir);
		fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		x.alone = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
	}
	rc = sweep_all(&x);
	if (fd >= 0)
		close(fd);
	return rc;
}

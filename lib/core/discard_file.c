/* Deletes the files whose rows are gone; see discard.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/text.h"
#include "core/discard_int.h"

bool
nvr_discard_ours(const char *path)
{
	size_t depth = 0, len;

	if (strlen(path) >= NVR_DISCARD_PATH || !nvr_text_printable(path) ||
	    strncmp(path, "media/", strlen("media/")) != 0)
		return false;
	for (const char *at = path;; at += len + 1) {
		len = strcspn(at, "/");
		if (strncmp(at, "..", len) == 0) /* "" and "." as well */
			return false;
		depth++;
		if (at[len] == '\0')
			return depth >= 3;
	}
}

/* The id that a file of footage/CAMERA/STREAM/DAY has in its name. */
static int64_t
id_in(const char *path)
{
	const char *slash = strrchr(path, '/');
	char text[NVR_ID_TEXT];
	struct nvr_error ignored;
	int64_t id;

	if (slash == NULL ||
	    strlcpy(text, slash + 1, sizeof(text)) < NVR_ID_TEXT ||
	    slash[NVR_ID_TEXT] != '.' || nvr_id_parse(text, &id, &ignored) != 0)
		return 0;
	return id;
}

struct wanted {
	int64_t id;
	bool found;
};

static int
match_open(void *ctx, const struct nvr_open_segment *o)
{
	struct wanted *w = ctx;

	w->found |= o->id == w->id;
	return 0;
}

int
nvr_discard_named(
    struct nvr_state *s, const char *path, bool *ret, struct nvr_error *err)
{
	struct wanted w = {id_in(path), false};
	struct nvr_segment seg;
	char own[NVR_SEGMENT_PATH];
	int rc;

	*ret = false;
	if (strncmp(path, NVR_STILLS_PATH, strlen(NVR_STILLS_PATH)) == 0)
		return nvr_still_has(
		    s->store, path + strlen("media/"), ret, err);
	if (w.id == 0)
		return 0;
	/* The journal first: its row becomes the segment's in one step. */
	rc = nvr_open_segment_each(s->store, 0, NVR_MAIN, match_open, &w, err);
	*ret = w.found;
	if (rc != 0 || w.found)
		return rc;
	rc = nvr_segment_get(s->store, w.id, &seg, err);
	if (rc != 0)
		return rc == NVR_E_NOENT ? 0 : rc;
	nvr_segment_path(seg.camera_id, seg.stream, seg.id, seg.sealed, own);
	*ret = strcmp(path, own) == 0;
	return 0;
}

void
nvr_discard_failed(
    struct nvr_discard *d, const char *path, const struct nvr_error *why)
{
	if (d->failed != NULL)
		d->failed(d->ctx, path, why);
}

static void
cannot(struct nvr_discard *d, struct nvr_discard_entry *e, int why)
{
	struct nvr_error err;

	errno = why;
	/* A link is no folder either, by what it is opened with. */
	if (why == ENOTDIR)
		nvr_fail(&err, NVR_E_DATA,
		    "cannot delete '%s/%s': what should be a folder above it "
		    "is none; a link is not followed",
		    d->s->dir, e->path);
	else
		nvr_fail_errno(
		    &err, 0, "cannot delete '%s/%s'", d->s->dir, e->path);
	e->gone = false;
	nvr_discard_failed(d, e->path, &err);
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

struct folder {
	int fd, parent; /* the one that it lies in; -1: the media folder */
	bool missing;	/* fd is the deepest that there is */
};

static void
close_folder(struct folder *f)
{
	close_fd(&f->parent);
	close_fd(&f->fd);
}

/*
 * The folder of that file.  Component by component, so that the kernel follows
 * none that is a link.  Returns errno.
 */
static int
open_folder(struct nvr_discard *d, const char *path, struct folder *f)
{
	const char *at = path + strlen("media/"), *slash;
	char name[NVR_DISCARD_PATH];
	int fd, why;

	*f = (struct folder){fcntl(d->media, F_DUPFD_CLOEXEC, 0), -1, false};
	if (f->fd < 0)
		return errno;
	for (; (slash = strchr(at, '/')) != NULL; at = slash + 1) {
		snprintf(name, sizeof(name), "%.*s", (int)(slash - at), at);
		fd = openat(f->fd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		why = errno;
		f->missing = fd < 0 && why == ENOENT;
		if (f->missing)
			return 0;
		if (fd < 0) {
			close_folder(f);
			return why;
		}
		close_fd(&f->parent);
		f->parent = f->fd;
		f->fd = fd;
	}
	return 0;
}

/* Of media/footage/CAMERA/STREAM/DAY/FILE the day, unless files are in it. */
static void
remove_day(const struct folder *f, const char *path)
{
	const char *file = strrchr(path, '/') + 1;
	char name[NVR_DISCARD_PATH];
	int depth = 0;

	for (const char *at = path; *at != '\0'; at++)
		depth += *at == '/';
	if (f->missing || depth != 5 ||
	    strncmp(path, "media/footage/", 14) != 0)
		return;
	strlcpy(name, path, (size_t)(file - path));
	unlinkat(f->parent, strrchr(name, '/') + 1, AT_REMOVEDIR);
}

/* All of one folder. */
static void
remove_files(struct nvr_discard *d, struct nvr_discard_entry *e, size_t n)
{
	struct folder f;
	int no_folder = open_folder(d, e->path, &f), why;

	for (size_t i = 0; i < n; i++) {
		const char *name = strrchr(e[i].path, '/') + 1;

		e[i].gone = no_folder == 0 &&
			    (f.missing || unlinkat(f.fd, name, 0) == 0 ||
				errno == ENOENT);
		if (!e[i].gone)
			cannot(d, &e[i], no_folder != 0 ? no_folder : errno);
	}
	if (no_folder != 0)
		return;
	why = fsync(f.fd) == 0 ? 0 : errno;
	for (size_t i = 0; i < n && why != 0; i++)
		if (e[i].gone)
			cannot(d, &e[i], why);
	if (why == 0)
		remove_day(&f, e->path);
	close_folder(&f);
}

static int
by_path(const void *a, const void *b)
{
	const struct nvr_discard_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* How many of the sorted entries from e on lie in one folder. */
static size_t
in_folder(const struct nvr_discard_entry *e, size_t n)
{
	size_t len = (size_t)(strrchr(e->path, '/') - e->path) + 1, of = 1;

	while (of < n && strncmp(e[of].path, e->path, len) == 0 &&
	       strchr(e[of].path + len, '/') == NULL)
		of++;
	return of;
}

void
nvr_discard_sort(struct nvr_discard *d)
{
	qsort(d->e, d->n, sizeof(d->e[0]), by_path);
}

void
nvr_discard_files(struct nvr_discard *d)
{
	for (size_t i = 0, n; i < d->n; i += n) {
		n = in_folder(&d->e[i], d->n - i);
		remove_files(d, &d->e[i], n);
	}
}

void
nvr_discard_check(struct nvr_discard *d)
{
	struct folder f;
	size_t left = 0;

	for (size_t i = 0, n; i < d->n; i += n) {
		int why = open_folder(d, d->e[i].path, &f);

		n = in_folder(&d->e[i], d->n - i);
		if (why == 0 && !f.missing &&
		    faccessat(f.fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
			why = errno;
		for (size_t j = i; j < i + n; j++)
			if (why != 0)
				cannot(d, &d->e[j], why);
			else
				d->e[left++] = d->e[j];
		close_folder(&f);
	}
	d->n = left;
}

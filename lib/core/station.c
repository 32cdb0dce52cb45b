/* Who records a stream; see station.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/owner.h"
#include "core/station.h"
#include "store/retain_camera.h"

static const char MAGIC[8] = "nvr-st1";

const char *const nvr_station_words[] = {"stopped", "connecting", "recording",
    "lost", "full", "no-media", "restricted"};
#define NWORDS (sizeof(nvr_station_words) / sizeof(nvr_station_words[0]))

struct nvr_station {
	int fd;
	struct nvr_station_page *page;
};

static void
station_path(const char *dir, int64_t camera, enum nvr_stream stream,
    char path[PATH_MAX])
{
	char id[NVR_ID_TEXT];

	snprintf(path, PATH_MAX, "%s/run/%s-%s", dir, nvr_id_format(camera, id),
	    nvr_stream_names[stream]);
}

/* POSIX locks tell who holds them; they end with the process. */
static pid_t
holder(int fd)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_GETLK, &l) != 0 || l.l_type == F_UNLCK)
		return 0;
	return l.l_pid;
}

int
nvr_station_taken(const struct nvr_station_page *page, struct nvr_error *err)
{
	return nvr_fail(err, NVR_E_AGAIN,
	    page->state == NVR_STATION_STOPPED
		? "process %d mends what a crash left of it; try again once "
		  "that is done"
		: "process %d records it already; end that one first",
	    (int)page->pid);
}

static int
lock(int fd, struct nvr_error *err)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct nvr_station_page page;

	if (fcntl(fd, F_SETLK, &l) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return nvr_fail_errno(err, NVR_E_IO, "cannot lock it");
	if (pread(fd, &page, sizeof(page), 0) != sizeof(page))
		page.state = NVR_STATION_CONNECTING;
	page.pid = holder(fd);
	return nvr_station_taken(&page, err);
}

int
nvr_station_take(struct nvr_state *s, int64_t camera, enum nvr_stream stream,
    struct nvr_station **ret, struct nvr_error *err)
{
	struct nvr_station *st = calloc(1, sizeof(*st));
	char path[PATH_MAX];
	int rc;

	if (st == NULL)
		return nvr_fail_nomem(err);
	st->fd = -1;
	snprintf(path, sizeof(path), "%s/run", s->dir);
	rc = nvr_own_folder(path, err);
	station_path(s->dir, camera, stream, path);
	if (rc == 0)
		rc = nvr_own_open(path, O_RDWR, &st->fd, err);
	if (rc == 0)
		rc = lock(st->fd, err);
	if (rc == 0 && ftruncate(st->fd, sizeof(*st->page)) != 0)
		rc = nvr_fail_errno(err, NVR_E_IO, "cannot write '%s'", path);
	/* A full disk would show as SIGBUS at the first write. */
	if (rc == 0 && posix_fallocate(st->fd, 0, sizeof(*st->page)) != 0)
		rc = nvr_fail(err, NVR_E_IO, "no space left for '%s'", path);
	if (rc == 0) {
		st->page = mmap(NULL, sizeof(*st->page), PROT_READ | PROT_WRITE,
		    MAP_SHARED, st->fd, 0);
		if (st->page == MAP_FAILED) {
			st->page = NULL;
			rc = nvr_fail_errno(
			    err, NVR_E_IO, "cannot map '%s'", path);
		}
	}
	if (rc != 0) {
		nvr_station_leave(st);
		return rc;
	}
	*st->page = (struct nvr_station_page){
	    .pid = getpid(), .state = NVR_STATION_CONNECTING};
	memcpy(st->page->magic, MAGIC, sizeof(MAGIC));
	*ret = st;
	return 0;
}

struct nvr_station_page *
nvr_station_page(struct nvr_station *st)
{
	return st->page;
}

void
nvr_station_leave(struct nvr_station *st)
{
	if (st == NULL)
		return;
	if (st->page != NULL)
		munmap(st->page, sizeof(*st->page));
	if (st->fd >= 0)
		close(st->fd);
	free(st);
}

int
nvr_station_read(const char *dir, int64_t camera, enum nvr_stream stream,
    struct nvr_station_page *ret, struct nvr_error *err)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	*ret = (struct nvr_station_page){0};
	station_path(dir, camera, stream, path);
	fd = open(path, O_RDWR | O_CLOEXEC); /* F_GETLK asks for writing */
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return nvr_fail_errno(err, 0, "cannot open '%s'", path);
	n = pread(fd, ret, sizeof(*ret), 0);
	if (n != sizeof(*ret) || memcmp(ret->magic, MAGIC, sizeof(MAGIC)) != 0)
		*ret = (struct nvr_station_page){0};
	ret->pid = holder(fd);
	if (ret->pid == 0 || ret->state < 0 || ret->state >= (int)NWORDS)
		ret->state = NVR_STATION_STOPPED;
	ret->why[sizeof(ret->why) - 1] = '\0';
	close(fd);
	return 0;
}

/* NULL with rc 0: there is no such folder. */
static int
open_folder(const char *dir, DIR **ret, struct nvr_error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/run", dir);
	*ret = opendir(path);
	return *ret != NULL || errno == ENOENT
		   ? 0
		   : nvr_fail_errno(err, 0, "cannot open '%s'", path);
}

static pid_t
holder_of(DIR *d, const char *name)
{
	int fd = openat(
	    dirfd(d), name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	pid_t pid = fd >= 0 ? holder(fd) : 0;

	if (fd >= 0)
		close(fd);
	return pid;
}

static bool
is_stream(const char *name)
{
	for (int i = 0; i < NVR_STREAMS; i++)
		if (strcmp(name, nvr_stream_names[i]) == 0)
			return true;
	return false;
}

/* `ID-main` of a camera that is gone, and of which nobody holds it. */
static int
sweep_one(struct nvr_state *s, DIR *d, const char *name, struct nvr_error *err)
{
	struct nvr_error ignored;
	char text[NVR_ID_TEXT];
	bool there = true;
	int64_t id;
	int rc;

	if (strlcpy(text, name, sizeof(text)) < sizeof(text) ||
	    name[sizeof(text) - 1] != '-' || !is_stream(name + sizeof(text)) ||
	    nvr_id_parse(text, &id, &ignored) != 0)
		return 0;
	rc = nvr_camera_there(s->store, id, &there, err);
	if (rc != 0 || there || holder_of(d, name) != 0)
		return rc;
	return unlinkat(dirfd(d), name, 0) == 0 || errno == ENOENT
		   ? 0
		   : nvr_fail_errno(err, 0, "cannot delete 'run/%s'", name);
}

int
nvr_station_sweep(struct nvr_state *s, struct nvr_error *err)
{
	struct dirent *e;
	DIR *d;
	int rc = open_folder(s->dir, &d, err);

	if (rc != 0 || d == NULL)
		return rc;
	while (rc == 0 && (e = readdir(d)) != NULL)
		rc = sweep_one(s, d, e->d_name, err);
	closedir(d);
	return rc;
}

int
nvr_station_none(const char *dir, struct nvr_error *err)
{
	struct dirent *e;
	pid_t pid;
	DIR *d;
	int rc = open_folder(dir, &d, err);

	if (rc != 0 || d == NULL)
		return rc;
	while (rc == 0 && (e = readdir(d)) != NULL) {
		pid = holder_of(d, e->d_name);
		if (pid != 0)
			rc = nvr_fail(err, NVR_E_AGAIN,
			    "process %d records with it: stop that first",
			    (int)pid);
	}
	closedir(d);
	return rc;
}

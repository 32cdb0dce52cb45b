/* A video file as libav reads it: only this one, and only its containers. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/video_int.h"

#define FORMATS                                                             \
	"mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,h264,hevc,mjpeg," \
	"jpeg_pipe"
#define IO_SIZE 65536

struct nvr_video_file {
	int fd;
	AVIOContext *io;
};

/* libav reads our descriptor, so that it opens nothing by itself. */
static int
io_read(void *arg, uint8_t *buf, int size)
{
	const struct nvr_video_file *f = arg;
	ssize_t n = read(f->fd, buf, (size_t)size);

	return n > 0 ? (int)n : n == 0 ? AVERROR_EOF : AVERROR(errno);
}

static int64_t
io_seek(void *arg, int64_t offset, int whence)
{
	const struct nvr_video_file *f = arg;
	struct stat st;

	if (whence & AVSEEK_SIZE)
		return fstat(f->fd, &st) == 0 ? st.st_size : AVERROR(errno);
	offset = lseek(f->fd, offset, whence & ~AVSEEK_FORCE);
	return offset >= 0 ? offset : AVERROR(errno);
}

/* O_NONBLOCK: to open a FIFO would otherwise wait for its writer. */
static int
open_fd(const char *path, int *ret, struct nvr_error *err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int rc = 0;

	if (fd < 0)
		return nvr_fail_errno(err, 0, "cannot open the file");
	if (fstat(fd, &st) != 0)
		rc = nvr_fail_errno(err, 0, "cannot look at the file");
	else if (!S_ISREG(st.st_mode))
		rc = nvr_fail(err, NVR_E_DATA, "not a regular file");
	else if (st.st_size == 0)
		rc = nvr_fail(err, NVR_E_DATA, "the file is empty");
	if (rc != 0)
		close(fd);
	else
		*ret = fd;
	return rc;
}

int
nvr_video_open_file(
    const char *path, struct nvr_video_file **ret, struct nvr_error *err)
{
	struct nvr_video_file *f = calloc(1, sizeof(*f));
	uint8_t *buf = NULL;
	int rc;

	if (f == NULL)
		return nvr_fail_nomem(err);
	rc = open_fd(path, &f->fd, err);
	if (rc != 0) {
		free(f);
		return rc;
	}
	buf = av_malloc(IO_SIZE);
	if (buf != NULL)
		f->io = avio_alloc_context(
		    buf, IO_SIZE, 0, f, io_read, NULL, io_seek);
	if (f->io == NULL) {
		av_free(buf);
		nvr_video_close_file(f);
		return nvr_fail_nomem(err);
	}
	*ret = f;
	return 0;
}

int
nvr_video_demux(struct nvr_video_file *f, struct nvr_video_watch *watch,
    AVFormatContext **ret, struct nvr_error *err)
{
	char text[AV_ERROR_MAX_STRING_SIZE];
	int rc;

	if (avio_seek(f->io, 0, SEEK_SET) != 0)
		return nvr_fail(err, NVR_E_IO, "cannot read the file");
	f->io->error = 0;
	rc = nvr_video_format(FORMATS, "", watch, ret, err);
	if (rc != 0)
		return rc;
	(*ret)->pb = f->io;
	rc = avformat_open_input(ret, NULL, NULL, NULL);
	if (rc < 0)
		return nvr_fail(err, NVR_E_DATA, "not a video file: %s",
		    nvr_video_why(rc, text, sizeof(text)));
	return 0;
}

void
nvr_video_close_file(struct nvr_video_file *f)
{
	if (f == NULL)
		return;
	if (f->io != NULL)
		av_freep(&f->io->buffer);
	avio_context_free(&f->io);
	close(f->fd);
	free(f);
}

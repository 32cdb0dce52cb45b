/*
 * The calls for data that fault_power.c stands before; it alone includes this.
 * Each call does what it is asked to by the next library's function of its
 * name.
 */

/* --- Data. --- */

static void
log_data(struct lock *l, int fd, struct record r, ssize_t n, off_t at,
    const struct iovec *v, int count)
{
	int flags = fcntl(fd, F_GETFL), saved = errno;
	struct stat sb;
	size_t left = (size_t)n;

	/* Position and end have moved; pwrite to O_APPEND appends as well. */
	if (at < 0)
		at = lseek(fd, 0, SEEK_CUR) - n;
	else if ((flags & O_APPEND) && fstat(fd, &sb) == 0)
		at = sb.st_size - n;
	r.off = (uint64_t)at;
	r.len = left;
	put_record(l, 'W', r);
	for (int i = 0; i < count && left > 0; i++) {
		size_t part = v[i].iov_len < left ? v[i].iov_len : left;

		put(l->fd, v[i].iov_base, part);
		left -= part;
	}
	errno = saved;
}

/* With O_DSYNC or O_SYNC a write is its own flush. */
static void
log_write(struct lock *l, int fd, struct record r, ssize_t n, off_t at,
    const struct iovec *v, int count, int rwf)
{
	int flags = fcntl(fd, F_GETFL);

	if (n <= 0)
		return;
	log_data(l, fd, r, n, at, v, count);
	if (!(flags & O_DSYNC) && !(rwf & (RWF_DSYNC | RWF_SYNC)))
		return;
	r.off = UINT64_MAX;
	put_record(l, 'D', r);
}

#define WRITE(name, params, args, at, v, count, rwf)        \
	ssize_t name params                                 \
	{                                                   \
		struct record r;                            \
		struct stat sb;                             \
		struct lock l;                              \
		ssize_t n;                                  \
                                                            \
		if (!ours(fd, &r, &sb))                     \
			return NEXT(name) args;             \
		enter(&l);                                  \
		n = NEXT(name) args;                        \
		log_write(&l, fd, r, n, at, v, count, rwf); \
		leave(&l);                                  \
		return n;                                   \
	}

#define ONE (&(struct iovec){(void *)(uintptr_t)buf, len}), 1

#define WRITE1(...) WRITE(__VA_ARGS__)
WRITE1(write, (int fd, const void *buf, size_t len), (fd, buf, len), -1, ONE, 0)
WRITE1(pwrite, (int fd, const void *buf, size_t len, off_t at),
    (fd, buf, len, at), at, ONE, 0)
WRITE1(pwrite64, (int fd, const void *buf, size_t len, off64_t at),
    (fd, buf, len, at), at, ONE, 0)
WRITE(writev, (int fd, const struct iovec *v, int c), (fd, v, c), -1, v, c, 0)
WRITE(pwritev, (int fd, const struct iovec *v, int c, off_t at), (fd, v, c, at),
    at, v, c, 0)
WRITE(pwritev64, (int fd, const struct iovec *v, int c, off64_t at),
    (fd, v, c, at), at, v, c, 0)
WRITE(pwritev2, (int fd, const struct iovec *v, int c, off_t at, int rwf),
    (fd, v, c, at, rwf), at, v, c, rwf)
WRITE(pwritev64v2, (int fd, const struct iovec *v, int c, off64_t at, int rwf),
    (fd, v, c, at, rwf), at, v, c, rwf)

/* What the kernel copied is read back; at is the end of it, or -1. */
static void
log_copy(struct lock *l, int fd, struct record r, ssize_t n, off_t end)
{
	char self[32], buf[65536];
	int in, saved = errno;

	if (n <= 0)
		return;
	if (end < 0)
		end = lseek(fd, 0, SEEK_CUR);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	in = RAW_OPEN(AT_FDCWD, self, O_RDONLY);
	for (off_t at = end - n; at < end;) {
		off_t left = end - at, max = (off_t)sizeof(buf);
		ssize_t k =
		    pread(in, buf, (size_t)(left < max ? left : max), at);

		if (k <= 0)
			die("read what was copied");
		log_data(l, fd, r, k, at, &(struct iovec){buf, (size_t)k}, 1);
		at += k;
	}
	RAW_CLOSE(in);
	errno = saved;
}

#define COPY(name, params, args, end)           \
	ssize_t name params                     \
	{                                       \
		struct record r;                \
		struct stat sb;                 \
		struct lock l;                  \
		ssize_t n;                      \
                                                \
		if (!ours(out, &r, &sb))        \
			return NEXT(name) args; \
		enter(&l);                      \
		n = NEXT(name) args;            \
		log_copy(&l, out, r, n, end);   \
		leave(&l);                      \
		return n;                       \
	}

COPY(copy_file_range,
    (int in, off64_t *ioff, int out, off64_t *ooff, size_t len, unsigned fl),
    (in, ioff, out, ooff, len, fl), ooff != NULL ? *ooff : -1)
COPY(sendfile, (int out, int in, off_t *ioff, size_t len), (out, in, ioff, len),
    -1)
COPY(sendfile64, (int out, int in, off64_t *ioff, size_t len),
    (out, in, ioff, len), -1)
COPY(splice,
    (int in, off64_t *ioff, int out, off64_t *ooff, size_t len, unsigned fl),
    (in, ioff, out, ooff, len, fl), ooff != NULL ? *ooff : -1)

/* Shared blocks would have to be read back whole: let it copy instead. */
int
ioctl(int fd, unsigned long request, ...)
{
	struct record r;
	struct stat sb;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if ((request == FICLONE || request == FICLONERANGE ||
		request == FIDEDUPERANGE) &&
	    ours(fd, &r, &sb)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return NEXT(ioctl)(fd, request, arg);
}

/* --- Sizes. --- */

/* The size is what it has become; a range of zeros was asked for by mode. */
static void
log_size_change(
    struct lock *l, int fd, struct record r, int mode, off_t at, off_t len)
{
	off_t size = 0;
	struct stat sb;

	if (fstat(fd, &sb) == 0)
		size = sb.st_size;
	r.off = (uint64_t)size;
	put_record(l, 'T', r);
	if (!(mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) ||
	    at >= size)
		return;
	r.off = (uint64_t)at;
	r.dir = (uint64_t)(len < size - at ? len : size - at);
	put_record(l, 'Z', r);
}

#define RESIZE(name, params, args, mode, at, len)                          \
	int name params                                                    \
	{                                                                  \
		struct record r;                                           \
		struct stat sb;                                            \
		struct lock l;                                             \
		int rc;                                                    \
                                                                           \
		if (!ours(fd, &r, &sb))                                    \
			return NEXT(name) args;                            \
		if ((mode) &                                               \
		    (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)) { \
			errno = EOPNOTSUPP;                                \
			return -1;                                         \
		}                                                          \
		enter(&l);                                                 \
		rc = NEXT(name) args;                                      \
		if (rc == 0)                                               \
			log_size_change(&l, fd, r, mode, at, len);         \
		leave(&l);                                                 \
		return rc;                                                 \
	}

RESIZE(ftruncate, (int fd, off_t size), (fd, size), 0, 0, 0)
RESIZE(ftruncate64, (int fd, off64_t size), (fd, size), 0, 0, 0)
RESIZE(posix_fallocate, (int fd, off_t at, off_t len), (fd, at, len), 0, 0, 0)
RESIZE(posix_fallocate64, (int fd, off64_t at, off64_t len), (fd, at, len), 0,
    0, 0)
RESIZE(fallocate, (int fd, int mode, off_t at, off_t len), (fd, mode, at, len),
    mode, at, len)
RESIZE(fallocate64, (int fd, int mode, off64_t at, off64_t len),
    (fd, mode, at, len), mode, at, len)

int
truncate(const char *path, off_t size)
{
	int fd = RAW_OPEN(AT_FDCWD, path, O_WRONLY | O_NONBLOCK), rc, saved;

	if (fd < 0)
		return -1;
	rc = ftruncate(fd, size);
	saved = errno;
	RAW_CLOSE(fd);
	errno = saved;
	return rc;
}

int
truncate64(const char *path, off64_t size)
{
	return truncate(path, size);
}

/* --- Mappings, flushes, marks. --- */

#define MMAP(name, off)                                                       \
	void *name(                                                           \
	    void *addr, size_t len, int prot, int flags, int fd, off at)      \
	{                                                                     \
		struct record r;                                              \
		struct stat sb;                                               \
		struct lock l;                                                \
                                                                              \
		if ((flags & MAP_SHARED) && (prot & PROT_WRITE) && fd >= 0 && \
		    ours(fd, &r, &sb)) {                                      \
			enter(&l);                                            \
			put_record(&l, 'M', r);                               \
			leave(&l);                                            \
		}                                                             \
		return NEXT(name)(addr, len, prot, flags, fd, at);            \
	}

MMAP(mmap, off_t)
MMAP(mmap64, off64_t)

#define FLUSH(name, type, is_ours)             \
	int name(int fd)                       \
	{                                      \
		struct record r = {0};         \
		struct stat sb;                \
		struct lock l;                 \
		int rc;                        \
                                               \
		if (!(is_ours))                \
			return NEXT(name)(fd); \
		r.off = log_size();            \
		rc = NEXT(name)(fd);           \
		if (rc != 0)                   \
			return rc;             \
		enter(&l);                     \
		put_record(&l, type, r);       \
		leave(&l);                     \
		return 0;                      \
	}

FLUSH(fsync, 'F', ours(fd, &r, &sb))
FLUSH(fdatasync, 'D', ours(fd, &r, &sb))
FLUSH(syncfs, 'A', ours(fd, &r, &sb))

void
sync(void)
{
	struct record r = {0};
	struct lock l;

	if (root[0] == '\0') {
		NEXT(sync)();
		return;
	}
	r.off = log_size();
	NEXT(sync)();
	enter(&l);
	put_record(&l, 'A', r);
	leave(&l);
}

int
access(const char *path, int mode)
{
	return mark(path) ? 0 : NEXT(access)(path, mode);
}

int
faccessat(int at, const char *path, int mode, int flags)
{
	return mark(path) ? 0 : NEXT(faccessat)(at, path, mode, flags);
}

int
eaccess(const char *path, int mode)
{
	return mark(path) ? 0 : NEXT(eaccess)(path, mode);
}

int
euidaccess(const char *path, int mode)
{
	return mark(path) ? 0 : NEXT(euidaccess)(path, mode);
}

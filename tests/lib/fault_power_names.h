/*
 * The calls for names that fault_power.c stands before; it alone includes this.
 * Each call does what it is asked to by the next library's function of its
 * name.
 */

/* --- Opening and making. --- */

struct opening {
	struct lock l;
	int locked, existed, truncates;
};

static void
open_begin(struct opening *o, int at, const char *path, int flags)
{
	int nameless = (flags & O_TMPFILE) == O_TMPFILE, saved = errno;
	struct stat sb;

	*o = (struct opening){.truncates = (flags & O_TRUNC) != 0};
	if (root[0] == '\0' || (!(flags & (O_CREAT | O_TRUNC)) && !nameless))
		return;
	enter(&o->l);
	o->locked = 1;
	o->existed = !nameless && fstatat(at, path, &sb, 0) == 0;
	errno = saved;
	/* The other end of a FIFO may be long in coming. */
	if (o->existed && !S_ISREG(sb.st_mode)) {
		leave(&o->l);
		o->locked = 0;
	}
}

static int
open_end(struct opening *o, int fd)
{
	char path[PATH_MAX];
	struct place p = {0};
	struct record r;
	struct stat sb;

	if (!o->locked)
		return fd;
	if (fd >= 0 && ours(fd, &r, &sb) && (!o->existed || o->truncates)) {
		r.mode = sb.st_mode;
		if (o->existed) {
			put_record(&o->l, 'T', r);
		} else if (sb.st_nlink == 0) {
			put_names(&o->l, 'C', r, "", "");
		} else {
			under_root(fd, path);
			locate(AT_FDCWD, path, &p);
			named(&o->l, 'C', r, &p, "", AT_FDCWD, path);
		}
	}
	leave(&o->l);
	return fd;
}

#define OPEN(name, at, params, args)                                       \
	int name params                                                    \
	{                                                                  \
		struct opening o;                                          \
		mode_t mode = 0;                                           \
		va_list ap;                                                \
                                                                           \
		va_start(ap, flags);                                       \
		if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) \
			mode = va_arg(ap, mode_t);                         \
		va_end(ap);                                                \
		open_begin(&o, at, path, flags);                           \
		return open_end(&o, NEXT(name) args);                      \
	}

OPEN(open, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, at, (int at, const char *path, int flags, ...),
    (at, path, flags, mode))
OPEN(openat64, at, (int at, const char *path, int flags, ...),
    (at, path, flags, mode))

/* Of fortified programs; these make nothing. */
#define OPEN_2(name, at, params, args)                \
	int name params;                              \
	int name params                               \
	{                                             \
		struct opening o;                     \
                                                      \
		open_begin(&o, at, path, flags);      \
		return open_end(&o, NEXT(name) args); \
	}

OPEN_2(__open_2, AT_FDCWD, (const char *path, int flags), (path, flags))
OPEN_2(__open64_2, AT_FDCWD, (const char *path, int flags), (path, flags))
OPEN_2(__openat_2, at, (int at, const char *path, int flags), (at, path, flags))
OPEN_2(
    __openat64_2, at, (int at, const char *path, int flags), (at, path, flags))

int
creat(const char *path, mode_t mode)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int
creat64(const char *path, mode_t mode)
{
	return creat(path, mode);
}

/* Before, the path is a pattern that does not exist. */
#define MKSTEMP(name, params, args)                      \
	int name params                                  \
	{                                                \
		struct opening o;                        \
                                                         \
		open_begin(&o, AT_FDCWD, path, O_CREAT); \
		return open_end(&o, NEXT(name) args);    \
	}

MKSTEMP(mkstemp, (char *path), (path))
MKSTEMP(mkstemp64, (char *path), (path))
MKSTEMP(mkostemp, (char *path, int flags), (path, flags))
MKSTEMP(mkostemp64, (char *path, int flags), (path, flags))
MKSTEMP(mkstemps, (char *path, int suffix), (path, suffix))
MKSTEMP(mkostemps, (char *path, int suffix, int flags), (path, suffix, flags))

/* --- Names. --- */

#define NAMED(name, params, args, type, at, made, more)                        \
	int name params                                                        \
	{                                                                      \
		struct place p;                                                \
		struct lock l;                                                 \
		int rc;                                                        \
                                                                               \
		locate(at, path, &p);                                          \
		if (!p.in)                                                     \
			return NEXT(name) args;                                \
		enter(&l);                                                     \
		rc = NEXT(name) args;                                          \
		if (rc == 0)                                                   \
			named(                                                 \
			    &l, type, (struct record){0}, &p, more, at, made); \
		leave(&l);                                                     \
		return rc;                                                     \
	}

NAMED(mkdir, (const char *path, mode_t mode), (path, mode), 'C', AT_FDCWD, path,
    "")
NAMED(mkdirat, (int at, const char *path, mode_t mode), (at, path, mode), 'C',
    at, path, "")
NAMED(symlink, (const char *to, const char *path), (to, path), 'S', AT_FDCWD,
    path, to)
NAMED(symlinkat, (const char *to, int at, const char *path), (to, at, path),
    'S', at, path, to)
NAMED(unlink, (const char *path), (path), 'U', AT_FDCWD, NULL, "")
NAMED(rmdir, (const char *path), (path), 'U', AT_FDCWD, NULL, "")
NAMED(unlinkat, (int at, const char *path, int flags), (at, path, flags), 'U',
    at, NULL, "")

int
remove(const char *path)
{
	if (unlink(path) == 0)
		return 0;
	return errno == EISDIR ? rmdir(path) : -1;
}

char *
mkdtemp(char *path)
{
	struct place p;
	struct lock l;
	char *made;

	locate(AT_FDCWD, path, &p);
	if (!p.in)
		return NEXT(mkdtemp)(path);
	enter(&l);
	made = NEXT(mkdtemp)(path);
	if (made != NULL) {
		locate(AT_FDCWD, path, &p);
		named(&l, 'C', (struct record){0}, &p, "", AT_FDCWD, path);
	}
	leave(&l);
	return made;
}

#define RENAME(call, params, args, at, at2, how)                 \
	int call params                                          \
	{                                                        \
		struct record r = {.flags = how};                \
		struct place p, p2;                              \
		struct lock l;                                   \
		int rc;                                          \
                                                                 \
		locate(at, path, &p);                            \
		locate(at2, path2, &p2);                         \
		if (p.in != p2.in) {                             \
			errno = EXDEV;                           \
			return -1;                               \
		}                                                \
		if (!p.in)                                       \
			return NEXT(call) args;                  \
		enter(&l);                                       \
		rc = NEXT(call) args;                            \
		r.dir2 = p2.dir;                                 \
		if (rc == 0)                                     \
			named(&l, 'R', r, &p, p2.name, 0, NULL); \
		leave(&l);                                       \
		return rc;                                       \
	}

RENAME(rename, (const char *path, const char *path2), (path, path2), AT_FDCWD,
    AT_FDCWD, 0)
RENAME(renameat, (int at, const char *path, int at2, const char *path2),
    (at, path, at2, path2), at, at2, 0)
RENAME(renameat2,
    (int at, const char *path, int at2, const char *path2, unsigned flags),
    (at, path, at2, path2, flags), at, at2, flags)

/* The file to be linked; /proc/self/fd names one that has no name. */
static int
is_inside(int at, const char *path, int flags)
{
	int fd = path[0] == '\0' ? at : -1, in;

	if (fd < 0)
		fd = RAW_OPEN(at, path,
		    O_PATH | (flags & AT_SYMLINK_FOLLOW ? 0 : O_NOFOLLOW));
	if (fd < 0)
		return 1; /* the call itself will say why not */
	in = under_root(fd, NULL);
	if (fd != at)
		RAW_CLOSE(fd);
	return in;
}

#define LINK(name, params, args, at, at2, flags)                              \
	int name params                                                       \
	{                                                                     \
		struct place p;                                               \
		struct lock l;                                                \
		int rc;                                                       \
                                                                              \
		locate(at2, path2, &p);                                       \
		if (!p.in)                                                    \
			return NEXT(name) args;                               \
		if (!is_inside(at, path, flags)) {                            \
			errno = EXDEV;                                        \
			return -1;                                            \
		}                                                             \
		enter(&l);                                                    \
		rc = NEXT(name) args;                                         \
		if (rc == 0)                                                  \
			named(                                                \
			    &l, 'L', (struct record){0}, &p, "", at2, path2); \
		leave(&l);                                                    \
		return rc;                                                    \
	}

LINK(link, (const char *path, const char *path2), (path, path2), AT_FDCWD,
    AT_FDCWD, 0)
LINK(linkat, (int at, const char *path, int at2, const char *path2, int flags),
    (at, path, at2, path2, flags), at, at2, flags)

/* --- Modes. --- */

int
fchmod(int fd, mode_t mode)
{
	struct record r;
	struct stat sb;
	struct lock l;
	int rc;

	if (!ours(fd, &r, &sb))
		return NEXT(fchmod)(fd, mode);
	enter(&l);
	rc = NEXT(fchmod)(fd, mode);
	r.mode = mode & 07777;
	if (rc == 0)
		put_record(&l, 'H', r);
	leave(&l);
	return rc;
}

int
fchmodat(int at, const char *path, mode_t mode, int flags)
{
	struct record r = {.mode = mode & 07777};
	struct stat sb;
	struct lock l;
	int fd = RAW_OPEN(at, path, O_PATH), in, rc;

	in = fd >= 0 && ours(fd, &r, &sb);
	if (fd >= 0)
		RAW_CLOSE(fd);
	if (!in)
		return NEXT(fchmodat)(at, path, mode, flags);
	enter(&l);
	rc = NEXT(fchmodat)(at, path, mode, flags);
	r.mode = mode & 07777;
	if (rc == 0)
		put_record(&l, 'H', r);
	leave(&l);
	return rc;
}

int
chmod(const char *path, mode_t mode)
{
	return fchmodat(AT_FDCWD, path, mode, 0);
}

/* The file of the ledger; see ledger.h. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/owner.h"
#include "base/id.h"
#include "base/time.h"
#include "core/ledger.h"

#define TIME_LEN 24
#define LINE (TIME_LEN + 1 + NVR_ID_TEXT - 1) /* without its end */
#define MOST (64 << 20)			      /* bytes of all of it */
#define PATIENCE (10 * NVR_SECOND)

static void
path_of(const struct nvr_state *s, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/keys/erasures", s->dir);
}

int
nvr_ledger_size(const struct nvr_state *s, int64_t *ret, struct nvr_error *err)
{
	char path[PATH_MAX];
	struct stat sb;

	path_of(s, path);
	*ret = 0;
	if (lstat(path, &sb) != 0)
		return errno == ENOENT
			   ? 0
			   : nvr_fail_errno(err, 0, "the ledger '%s'", path);
	if (!S_ISREG(sb.st_mode))
		return nvr_fail(
		    err, NVR_E_DATA, "the ledger '%s' is no file", path);
	*ret = sb.st_size;
	return 0;
}

/* Exactly as it was written; a tab may stand for the space, since that is how
 * tools print it. */
static bool
read_line(const char *line, size_t len, struct nvr_erased *e)
{
	char text[LINE + 1], at[NVR_TIME_TEXT], id[NVR_ID_TEXT];
	struct nvr_error ignored;

	if (len != LINE || (line[TIME_LEN] != ' ' && line[TIME_LEN] != '\t'))
		return false;
	memcpy(text, line, LINE);
	text[TIME_LEN] = text[LINE] = '\0';
	if (nvr_time_parse(text, 0, &e->at, &ignored) != 0 ||
	    nvr_id_parse(text + TIME_LEN + 1, &e->account, &ignored) != 0)
		return false;
	return e->account > 0 &&
	       strcmp(nvr_time_format(e->at, at), text) == 0 &&
	       strcmp(nvr_id_format(e->account, id), text + TIME_LEN + 1) == 0;
}

/* As `nvr-store erasures --json` prints it. */
static bool
read_json(const char *line, size_t len, struct nvr_erased *e)
{
	json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *at = json_string_value(json_object_get(o, "at"));
	const char *id = json_string_value(json_object_get(o, "account"));
	char text[LINE + 1];
	bool good = json_object_size(o) == 2 && at != NULL && id != NULL &&
		    snprintf(text, sizeof(text), "%s %s", at, id) == LINE &&
		    read_line(text, LINE, e);

	json_decref(o);
	return good;
}

static int
by_account(const void *a, const void *b)
{
	const struct nvr_erased *x = a, *y = b;

	return x->account < y->account ? -1 : x->account > y->account;
}

static int
by_account_and_time(const void *a, const void *b)
{
	const struct nvr_erased *x = a, *y = b;
	int order = by_account(a, b);

	return order != 0 ? order : x->at < y->at ? -1 : x->at > y->at;
}

static void
sort(struct nvr_ledger *l)
{
	size_t n = 0;

	if (l->n > 0)
		qsort(l->entry, l->n, sizeof(*l->entry), by_account_and_time);
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || l->entry[n - 1].account != l->entry[i].account)
			l->entry[n++] = l->entry[i];
		else if (l->entry[n - 1].end < l->entry[i].end)
			l->entry[n - 1].end = l->entry[i].end;
	l->n = n;
}

/* size becomes where the last whole line ends. */
static int
parse(struct nvr_ledger *l, const struct nvr_buf *text, bool copy,
    struct nvr_error *err)
{
	const char *p = text->data, *end, *eol;
	int64_t number = 0;

	l->entry = calloc(text->len / (LINE + 1) + 1, sizeof(*l->entry));
	if (l->entry == NULL)
		return nvr_fail_nomem(err);
	end = p != NULL ? p + text->len : NULL;
	for (; p != NULL && (eol = memchr(p, '\n', (size_t)(end - p))) != NULL;
	     p = eol + 1) {
		size_t len = (size_t)(eol - p);

		number++;
		if (read_line(p, len, &l->entry[l->n]) ||
		    (copy && read_json(p, len, &l->entry[l->n])))
			l->entry[l->n++].end = eol + 1 - text->data;
		else if (l->bad++ == 0)
			l->first_bad = number;
	}
	l->size = p == NULL ? 0 : p - text->data;
	sort(l);
	return 0;
}

int
nvr_ledger_read(const struct nvr_state *s, const char *path,
    struct nvr_ledger *l, struct nvr_error *err)
{
	struct nvr_buf text = {0};
	int rc;

	*l = (struct nvr_ledger){.fd = -1};
	if (path == NULL)
		path_of(s, l->path);
	else
		strlcpy(l->path, path, sizeof(l->path));
	rc = nvr_file_read(l->path, MOST, &text, err);
	if (rc == NVR_E_NOENT && path == NULL)
		rc = 0;
	/* A copy may lack its last end of line. */
	if (rc == 0 && path != NULL && text.len > 0 &&
	    text.data[text.len - 1] != '\n')
		rc = nvr_buf_add(&text, "\n", 1, err);
	if (rc == 0)
		rc = parse(l, &text, path != NULL, err);
	nvr_buf_release(&text);
	if (rc != 0)
		nvr_ledger_close(l);
	return rc;
}

void
nvr_ledger_close(struct nvr_ledger *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->entry);
	l->fd = -1;
	l->entry = NULL;
	l->n = 0;
}

static int
lock(struct nvr_ledger *l, struct nvr_error *err)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	int64_t end = nvr_time_monotonic() + PATIENCE;

	while (flock(l->fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return nvr_fail_errno(
			    err, NVR_E_IO, "cannot lock '%s'", l->path);
		if (nvr_time_monotonic() > end)
			return nvr_fail(err, NVR_E_AGAIN,
			    "another program is erasing an account; try again");
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int
open_file(struct nvr_state *s, struct nvr_ledger *l, struct nvr_error *err)
{
	int how = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	char folder[PATH_MAX];
	int rc;

	if (access(l->path, F_OK) == 0)
		return nvr_own_open(l->path, how, &l->fd, err);
	rc = nvr_own_open(l->path, how, &l->fd, err);
	if (rc != 0)
		return nvr_prefix(err, "the ledger of erasures");
	snprintf(folder, sizeof(folder), "%s/keys", s->dir);
	return nvr_dir_sync(folder, err);
}

/*
 * What stands behind the last end of a line is torn, by a loss of power while
 * it was written; or it is a whole one whose end an editor left away.
 */
static int
mend(struct nvr_ledger *l, int64_t size, struct nvr_error *err)
{
	int failed = size - l->size == LINE ? write(l->fd, "\n", 1) != 1
					    : ftruncate(l->fd, l->size) != 0;

	if (failed || fsync(l->fd) != 0)
		return nvr_fail_errno(
		    err, NVR_E_IO, "cannot mend the ledger '%s'", l->path);
	return 0;
}

static int
read_locked(struct nvr_state *s, struct nvr_ledger *l, struct nvr_error *err)
{
	int64_t size = 0;
	int fd = l->fd, rc = nvr_ledger_size(s, &size, err);

	if (rc == 0)
		rc = nvr_ledger_read(s, NULL, l, err);
	l->fd = fd;
	if (rc != 0 || size == l->size)
		return rc;
	rc = mend(l, size, err);
	if (rc != 0)
		return rc;
	free(l->entry);
	rc = nvr_ledger_read(s, NULL, l, err);
	l->fd = fd;
	return rc;
}

int
nvr_ledger_open(
    struct nvr_state *s, struct nvr_ledger *l, struct nvr_error *err)
{
	int rc;

	*l = (struct nvr_ledger){.fd = -1};
	path_of(s, l->path);
	rc = open_file(s, l, err);
	if (rc == 0)
		rc = lock(l, err);
	if (rc == 0)
		rc = read_locked(s, l, err);
	if (rc != 0)
		nvr_ledger_close(l);
	return rc;
}

bool
nvr_ledger_has(const struct nvr_ledger *l, int64_t account)
{
	struct nvr_erased key = {.account = account};

	return l->n > 0 && bsearch(&key, l->entry, l->n, sizeof(*l->entry),
			       by_account) != NULL;
}

static int
append(struct nvr_ledger *l, const struct nvr_buf *text, struct nvr_error *err)
{
	int rc = nvr_write_all(l->fd, text->data, text->len, err);

	if (rc == 0 && fsync(l->fd) != 0)
		rc = nvr_fail_errno(err, NVR_E_IO, "writing");
	if (rc == 0) {
		l->size += (int64_t)text->len;
		return 0;
	}
	/* Half a line is mended by whoever opens it next. */
	(void)!ftruncate(l->fd, l->size);
	return nvr_prefix(err, "the ledger '%s'", l->path);
}

/* Of a time that comes from a table. */
static int64_t
sane(int64_t at)
{
	return at < 0 || at > NVR_TIME_MAX ? 0 : at;
}

int
nvr_ledger_add(struct nvr_ledger *l, const struct nvr_erased *list, size_t n,
    struct nvr_error *err)
{
	struct nvr_erased *more =
	    reallocarray(l->entry, l->n + n + 1, sizeof(*more));
	char at[NVR_TIME_TEXT], id[NVR_ID_TEXT];
	struct nvr_buf text = {0};
	size_t fresh = 0;
	int rc = 0;

	if (more == NULL)
		return nvr_fail_nomem(err);
	l->entry = more;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (nvr_ledger_has(l, list[i].account))
			continue;
		l->entry[l->n + fresh] = list[i];
		rc = nvr_buf_addf(&text, err, "%s %s\n",
		    nvr_time_format(sane(list[i].at), at),
		    nvr_id_format(list[i].account, id));
		l->entry[l->n + fresh++].end = l->size + (int64_t)text.len;
	}
	if (rc == 0 && fresh > 0)
		rc = append(l, &text, err);
	if (rc == 0 && fresh > 0) {
		l->n += fresh;
		sort(l);
	}
	nvr_buf_release(&text);
	return rc;
}

int
nvr_ledger_sound(const struct nvr_ledger *l, struct nvr_error *err)
{
	if (l->bad == 0)
		return 0;
	return nvr_fail(err, NVR_E_DATA,
	    "line %lld of the ledger '%s' is no 'TIME ID'%s",
	    (long long)l->first_bad, l->path,
	    l->bad > 1 ? ", and others are none either" : "");
}

int
nvr_ledger_heeded(struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	return nvr_setting_int(st, NVR_ERASURES, INT64_MAX, 0, ret, err);
}

int
nvr_ledger_heed(struct nvr_store *st, int64_t size, struct nvr_error *err)
{
	return nvr_setting_put_int(st, NVR_ERASURES, size, err);
}

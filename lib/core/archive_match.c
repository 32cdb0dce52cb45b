/*
 * The files of an archive beside those of its manifest; see archive_read.h.
 * Both come in the same order, so that one of each is held at a time; what has
 * no partner waits for it, a few thousand at most.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/archive_read_int.h"

#define MOST ((size_t)2048)

/* As they wait: the path's length, and it without a NUL. */
struct packed {
	uint64_t size;
	uint8_t sha[NVR_SHA256_LEN];
	uint8_t path_len;
};

_Static_assert(NVR_ARCHIVE_PATH <= UINT8_MAX + 1, "the length has a byte");

int
nvr_check_came(
    struct nvr_checker *k, const struct nvr_record *r, struct nvr_error *err)
{
	struct packed p = {
	    .size = r->size, .path_len = (uint8_t)strlen(r->path)};
	int rc;

	memcpy(p.sha, r->sha, sizeof(p.sha));
	k->sum->files++;
	k->sum->bytes += r->size;
	rc = nvr_stash_write(&k->came, &k->key, &p, sizeof(p), err);
	return rc == 0 ? nvr_stash_write(
			     &k->came, &k->key, r->path, p.path_len, err)
		       : rc;
}

/* 1: the next one that came; 0: there is none. */
static int
next_came(struct nvr_checker *k, struct nvr_lone *ret, struct nvr_error *err)
{
	struct packed p;
	size_t got;
	int rc = nvr_stash_read(&k->came, &k->key, &p, sizeof(p), &got, err);

	if (rc != 0 || got == 0)
		return rc;
	rc = nvr_stash_read(
	    &k->came, &k->key, ret->record.path, p.path_len, &got, err);
	if (rc != 0)
		return rc;
	ret->record.path[p.path_len] = '\0';
	ret->record.size = p.size;
	memcpy(ret->record.sha, p.sha, sizeof(p.sha));
	ret->place = k->came_place++;
	return 1;
}

static void
missing(struct nvr_checker *k, const struct nvr_record *r)
{
	nvr_check_finding(k, r->path, "is missing");
}

static void
added(struct nvr_checker *k, const struct nvr_record *r)
{
	nvr_check_finding(
	    k, r->path, "was added: the manifest has no such file");
}

static void
take_out(struct nvr_lones *l, size_t i)
{
	l->n--;
	memmove(l->lone + i, l->lone + i + 1, (l->n - i) * sizeof(*l->lone));
}

static int
wait(struct nvr_checker *k, struct nvr_lones *l, const struct nvr_lone *lone,
    void (*give_up)(struct nvr_checker *, const struct nvr_record *),
    struct nvr_error *err)
{
	if (l->lone == NULL)
		l->lone = malloc(MOST * sizeof(*l->lone));
	if (l->lone == NULL)
		return nvr_fail_nomem(err);
	if (l->n == MOST) {
		give_up(k, &l->lone[0].record);
		take_out(l, 0);
	}
	l->lone[l->n++] = *lone;
	return 0;
}

/* Takes the one of that path out. */
static bool
find(struct nvr_lones *l, const char *path, struct nvr_lone *ret)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->lone[i].record.path, path) == 0) {
			*ret = l->lone[i];
			take_out(l, i);
			return true;
		}
	return false;
}

static void
pair(struct nvr_checker *k, const struct nvr_lone *said,
    const struct nvr_lone *came)
{
	const struct nvr_record *s = &said->record, *c = &came->record;

	if (s->size != c->size)
		nvr_check_finding(k, s->path,
		    "was changed: it has %" PRIu64 " bytes, not %" PRIu64,
		    c->size, s->size);
	else if (memcmp(s->sha, c->sha, sizeof(s->sha)) != 0)
		nvr_check_finding(
		    k, s->path, "was changed: its SHA-256 is another one");
	/* One that overtook others, or was overtaken. */
	if (said->place + 1 < k->said_latest ||
	    came->place + 1 < k->came_latest)
		nvr_check_finding(k, s->path, "is not in its place");
	if (said->place + 1 > k->said_latest)
		k->said_latest = said->place + 1;
	if (came->place + 1 > k->came_latest)
		k->came_latest = came->place + 1;
}

/* 1: one that is neither what the manifest has nor had; 0: there is none. */
static int
next_stranger(struct nvr_checker *k, const char *path, struct nvr_lone *ret,
    struct nvr_error *err)
{
	struct nvr_lone said = {0};
	int rc;

	while ((rc = next_came(k, ret, err)) == 1) {
		if (path != NULL && strcmp(ret->record.path, path) == 0)
			return 1;
		if (!find(&k->said_alone, ret->record.path, &said))
			return 1;
		pair(k, &said, ret);
	}
	return rc;
}

int
nvr_check_said(
    struct nvr_checker *k, const struct nvr_record *r, struct nvr_error *err)
{
	struct nvr_lone said = {*r, k->said_place++}, came = {0};
	int rc = 0;

	if (find(&k->came_alone, r->path, &came)) {
		pair(k, &said, &came);
		return 0;
	}
	rc = next_stranger(k, r->path, &came, err);
	if (rc < 0)
		return rc;
	if (rc == 1 && strcmp(came.record.path, r->path) == 0) {
		pair(k, &said, &came);
		return 0;
	}
	if (rc == 1 && wait(k, &k->came_alone, &came, added, err) != 0)
		return err->code;
	/* None has come: whether they follow is not known yet. */
	if (k->sum->files == 0 && k->said_alone.n == MOST) {
		k->untold = true;
		return 0;
	}
	return wait(k, &k->said_alone, &said, missing, err);
}

bool
nvr_check_expects(const struct nvr_checker *k, const char *path)
{
	for (size_t i = 0; i < k->said_alone.n; i++)
		if (strcmp(k->said_alone.lone[i].record.path, path) == 0)
			return true;
	return k->untold;
}

/* The same bytes under another name. */
static bool
renamed(struct nvr_checker *k, const struct nvr_record *said)
{
	struct nvr_lones *l = &k->came_alone;

	for (size_t i = 0; i < l->n; i++) {
		const struct nvr_record *came = &l->lone[i].record;

		if (came->size != said->size ||
		    memcmp(came->sha, said->sha, sizeof(said->sha)) != 0)
			continue;
		nvr_check_finding(
		    k, said->path, "was renamed: it is '%s'", came->path);
		take_out(l, i);
		return true;
	}
	return false;
}

int
nvr_check_rest(struct nvr_checker *k, struct nvr_error *err)
{
	struct nvr_lone came = {0};
	int rc;

	while ((rc = next_stranger(k, NULL, &came, err)) == 1) {
		rc = wait(k, &k->came_alone, &came, added, err);
		if (rc != 0)
			return rc;
	}
	for (size_t i = 0; rc == 0 && i < k->said_alone.n; i++)
		if (!renamed(k, &k->said_alone.lone[i].record))
			missing(k, &k->said_alone.lone[i].record);
	if (rc == 0 && k->untold)
		nvr_check_finding(
		    k, NVR_ARCHIVE_MANIFEST, "names more that are missing");
	for (size_t i = 0; rc == 0 && i < k->came_alone.n; i++)
		added(k, &k->came_alone.lone[i].record);
	return rc;
}

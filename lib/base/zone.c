/* Time zones out of the system's files; see zone.h. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/calendar.h"
#include "base/file.h"
#include "base/zone.h"
#include "base/zone_int.h"

#define FILE_MAX 65536
#define NAME_MAX_LEN 64
#define FIRST_YEAR 1969 /* for which the footer's rule is written out */
#define LAST_YEAR 2199
/* Far enough, and no sum of them overflows. */
#define FOREVER (INT64_C(1) << 40)

struct nvr_zone {
	size_t n;
	struct {
		int64_t start, offset;
	} span[]; /* ascending; the first is from the beginning on */
};

struct cursor {
	const uint8_t *at;
	size_t left;
};

/* The counts of a header, in its order. */
struct counts {
	int version;
	size_t isut, isstd, leap, time, type, chars;
};

static int64_t
big_endian(const uint8_t *p, int n)
{
	uint64_t v = n == 8 || p[0] < 0x80 ? 0 : UINT64_MAX;

	for (int i = 0; i < n; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

/* NULL when there is not so much left. */
static const uint8_t *
take(struct cursor *in, size_t n)
{
	const uint8_t *p = in->at;

	if (n > in->left)
		return NULL;
	in->at += n;
	in->left -= n;
	return p;
}

static bool
take_header(struct cursor *in, struct counts *c)
{
	size_t *const to[] = {
	    &c->isut, &c->isstd, &c->leap, &c->time, &c->type, &c->chars};
	const uint8_t *p = take(in, 44);

	if (p == NULL || memcmp(p, "TZif", 4) != 0)
		return false;
	c->version = p[4];
	for (int i = 0; i < 6; i++) {
		*to[i] = (uint32_t)big_endian(p + 20 + 4 * (size_t)i, 4);
		if (*to[i] > FILE_MAX)
			return false;
	}
	return true;
}

/* The clock is changed at that moment.  What changes nothing is left out. */
static void
add(struct nvr_zone *z, int64_t at, int64_t offset)
{
	if (z->n > 1 && at <= z->span[z->n - 1].start)
		at = z->span[--z->n].start;
	if (offset == z->span[z->n - 1].offset)
		return;
	z->span[z->n].start = at;
	z->span[z->n++].offset = offset;
}

/* The changes that the file lists; *last is the last of them. */
static bool
add_listed(struct nvr_zone *z, const struct counts *c, const uint8_t *times,
    const uint8_t *types, int64_t *last)
{
	const uint8_t *index = times + c->time * 8;

	*last = -FOREVER;
	for (size_t i = 0; i < c->time; i++) {
		int64_t at = big_endian(times + i * 8, 8);

		if (index[i] >= c->type || (i > 0 && at <= *last))
			return false;
		*last = at;
		if (at > -FOREVER && at < FOREVER)
			add(z, at, big_endian(types + (size_t)index[i] * 6, 4));
		else if (at < 0)
			z->span[0].offset =
			    big_endian(types + (size_t)index[i] * 6, 4);
	}
	return true;
}

/* The footer's rule holds from the last listed change on. */
static bool
add_rule(struct nvr_zone *z, const char *text, bool listed, int64_t last)
{
	struct nvr_zone_rule r;
	int64_t begin, end, year = FIRST_YEAR;

	if (text[0] == '\0')
		return true;
	if (!nvr_zone_rule_parse(text, &r))
		return false;
	if (!listed)
		z->span[0].offset = r.standard;
	if (!r.changes)
		return true;
	if (last > 0 && last < FOREVER)
		year = nvr_days_date(last / 86400).year;
	for (; year <= LAST_YEAR; year++) {
		nvr_zone_rule_year(&r, year, &begin, &end);
		if (begin < end && begin > last)
			add(z, begin, r.summer);
		if (end > last)
			add(z, end, r.standard);
		if (begin >= end && begin > last)
			add(z, begin, r.summer);
	}
	return true;
}

static bool
take_footer(struct cursor *in, char *text, size_t size)
{
	const uint8_t *p = take(in, 1);
	const uint8_t *end =
	    p != NULL && *p == '\n' ? memchr(in->at, '\n', in->left) : NULL;
	size_t len;

	if (end == NULL)
		return false;
	len = (size_t)(end - in->at);
	if (len >= size || memchr(in->at, '\0', len) != NULL)
		return false;
	memcpy(text, in->at, len);
	text[len] = '\0';
	return true;
}

static bool
parse(struct cursor *in, struct nvr_zone **ret, bool *nomem)
{
	const uint8_t *times, *types;
	struct nvr_zone *z;
	struct counts c;
	char rule[128];
	int64_t last;
	bool ok;

	/* The first block is for readers of 32 bits. */
	if (!take_header(in, &c) || c.version < '2' ||
	    take(in, c.time * 5 + c.type * 6 + c.chars + c.leap * 8 + c.isstd +
			 c.isut) == NULL ||
	    !take_header(in, &c) || c.type == 0 || c.leap != 0)
		return false;
	times = take(in, c.time * 9);
	types = times != NULL ? take(in, c.type * 6) : NULL;
	if (types == NULL || take(in, c.chars + c.isstd + c.isut) == NULL ||
	    !take_footer(in, rule, sizeof(rule)))
		return false;
	for (size_t i = 0; i < c.type; i++)
		if (llabs(big_endian(types + i * 6, 4)) > NVR_ZONE_OFFSET_MAX)
			return false;
	z = malloc(
	    sizeof(*z) + (1 + c.time + 2 * (LAST_YEAR - FIRST_YEAR + 1)) *
			     sizeof(z->span[0]));
	*nomem = z == NULL;
	if (z == NULL)
		return false;
	z->n = 1;
	z->span[0].start = -FOREVER;
	z->span[0].offset = big_endian(types, 4);
	ok = add_listed(z, &c, times, types, &last) &&
	     add_rule(z, rule, c.time > 0, last);
	if (ok)
		*ret = z;
	else
		free(z);
	return ok;
}

int
nvr_zone_parse(
    const void *data, size_t len, struct nvr_zone **ret, struct nvr_error *err)
{
	struct cursor in = {data, len};
	bool nomem = false;

	if (parse(&in, ret, &nomem))
		return 0;
	if (nomem)
		return nvr_fail_nomem(err);
	return nvr_fail(err, NVR_E_DATA,
	    "it is no time zone without leap "
	    "seconds (TZif of version 2 or later)");
}

/* Only names of the database, which are paths: no way out of its folder. */
static bool
is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789_+-/";
	size_t len = strlen(name);

	return len <= NAME_MAX_LEN && strspn(name, letters) == len &&
	       name[0] != '/';
}

static int
make_utc(struct nvr_zone **ret, struct nvr_error *err)
{
	struct nvr_zone *z = malloc(sizeof(*z) + sizeof(z->span[0]));

	if (z == NULL)
		return nvr_fail_nomem(err);
	z->n = 1;
	z->span[0].start = -FOREVER;
	z->span[0].offset = 0;
	*ret = z;
	return 0;
}

int
nvr_zone_open(const char *name, struct nvr_zone **ret, struct nvr_error *err)
{
	char path[sizeof(NVR_ZONE_DIR) + NAME_MAX_LEN + 2] = "/etc/localtime";
	struct nvr_buf file = {0};
	int rc;

	if (!is_name(name))
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' is no name of a time zone, as Europe/Berlin is",
		    name);
	if (name[0] != '\0')
		snprintf(path, sizeof(path), NVR_ZONE_DIR "/%s", name);
	rc = nvr_file_read(path, FILE_MAX, &file, err);
	if (rc == NVR_E_NOENT && name[0] == '\0')
		return make_utc(ret, err);
	if (rc == 0)
		rc = nvr_zone_parse(file.data, file.len, ret, err);
	nvr_buf_release(&file);
	/* Other files lie there as well, and folders, which cannot be read. */
	if (name[0] != '\0' &&
	    (rc == NVR_E_NOENT || rc == NVR_E_DATA || rc == NVR_E_IO))
		return nvr_fail(err, NVR_E_USAGE,
		    "there is no time zone '%s'; " NVR_ZONE_DIR
		    " has them all, as Europe/Berlin",
		    name);
	return rc == 0 ? 0 : nvr_prefix(err, "the time zone '%s'", path);
}

void
nvr_zone_close(struct nvr_zone *z)
{
	free(z);
}

struct nvr_zone_span
nvr_zone_span(const struct nvr_zone *z, int64_t t)
{
	size_t lo = 0, hi = z->n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (z->span[mid].start <= t)
			lo = mid;
		else
			hi = mid;
	}
	return (struct nvr_zone_span){z->span[lo].start,
	    hi < z->n ? z->span[hi].start : FOREVER, z->span[lo].offset};
}

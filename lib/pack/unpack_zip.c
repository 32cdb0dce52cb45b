/*
 * The two tables of contents of a zip (APPNOTE 6.3.10, 4.3), held against each
 * other; see unpack_int.h.  Neither is kept: each becomes a fingerprint.
 */
#include <string.h>

#include "pack/unpack_int.h"

#define LOCAL "PK\3\4"
#define LOCAL_LEN 30
#define CENTRAL "PK\1\2"
#define CENTRAL_LEN 46
#define DATA "PK\7\10"
#define END64 "PK\6\6"
#define END64_LEN 56
#define LOCATOR "PK\6\7"
#define LOCATOR_LEN 20
#define END "PK\5\6"
#define END_LEN 22
#define VERSION_MAX 63 /* what it takes to open it */
#define NAME_MAX_LEN 4096
#define EXTRA_MAX_LEN 1024
#define STORED 0
#define DEFLATED 8
#define ENCRYPTED 0x0001
#define BEHIND 0x0008 /* the sizes follow the data */
#define TYPE 0170000  /* of a Unix mode */
#define REGULAR 0100000
#define FOLDER 0x10 /* of DOS */

/* What says how large an entry is, be it ahead of it or at the end. */
struct sizes {
	uint64_t size, packed, offset;
};

static int
bad(struct nvr_error *err)
{
	return nvr_unpack_damaged(err, "its tables of contents do not agree");
}

/* A polynomial modulo 2^61 - 1 at a point that nobody knows. */
static void
add(struct nvr_unpack *u, struct nvr_unpack_sum *sum, uint64_t v)
{
	const uint64_t p = (UINT64_C(1) << 61) - 1;
	/* In halves, so that each is below it. */
	const uint64_t half[2] = {v >> 32, v & UINT32_MAX};

	for (int i = 0; i < 2; i++)
		sum->value = (uint64_t)(((unsigned __int128)sum->value *
						(u->key % (p - 1) + 1) +
					    half[i] + 1) %
					p);
}

static void
add_entry(struct nvr_unpack *u, struct nvr_unpack_sum *sum,
    const struct nvr_zip_local *e)
{
	const uint64_t fields[] = {e->offset, e->packed, e->size, e->crc,
	    e->method, e->flags, e->name_len, e->version, e->time};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		add(u, sum, fields[i]);
	sum->entries++;
}

static int
add_name(struct nvr_unpack *u, struct nvr_unpack_sum *sum, uint64_t offset,
    size_t len, struct nvr_error *err)
{
	uint8_t c;
	int rc = 0;

	if (len == 0 || len > NAME_MAX_LEN)
		return bad(err);
	for (; rc == 0 && len > 0; len--) {
		rc = nvr_unpack_peek(u, offset++, &c, 1, err);
		if (rc == 0)
			add(u, sum, c);
	}
	return rc;
}

/* A time of last change, which alone is in both tables, or owners, all. */
static bool
add_stamp(struct nvr_unpack *u, struct nvr_unpack_sum *sum, const uint8_t *p)
{
	size_t len = nvr_le16(p + 2);

	if (memcmp(p, "UT", 2) == 0 && len > 5)
		len = 5;
	else if (memcmp(p, "UT", 2) != 0 && memcmp(p, "ux", 2) != 0)
		return false;
	add(u, sum, nvr_le16(p));
	for (size_t i = 0; i < len; i++)
		add(u, sum, p[4 + i]);
	return true;
}

/*
 * Times and owners (UT, ux) and large sizes are known, and nothing else is:
 * there are fields that give a file another name.
 */
static int
read_extra(struct nvr_unpack *u, struct nvr_unpack_sum *sum, uint64_t offset,
    size_t len, struct sizes *sizes, struct nvr_error *err)
{
	uint64_t *large[] = {&sizes->size, &sizes->packed, &sizes->offset};
	uint8_t extra[EXTRA_MAX_LEN];
	const uint8_t *p = extra, *end, *field;
	int rc;

	if (len > sizeof(extra))
		return bad(err);
	rc = nvr_unpack_peek(u, offset, extra, len, err);
	for (; rc == 0 && len >= 4; len -= (size_t)(end - p), p = end) {
		if (nvr_le16(p + 2) > len - 4)
			return bad(err);
		end = p + 4 + nvr_le16(p + 2);
		field = p + 4;
		if (nvr_le16(p) == 0x0001) {
			for (int i = 0; i < 3; i++)
				if (*large[i] == UINT32_MAX &&
				    end - field >= 8) {
					*large[i] = nvr_le64(field);
					field += 8;
				}
		} else if (!add_stamp(u, sum, p)) {
			return nvr_unpack_damaged(
			    err, "a field that no export has");
		}
	}
	return rc == 0 && len != 0 ? bad(err) : rc;
}

int
nvr_zip_begin(struct nvr_unpack *u, uint64_t offset, struct nvr_error *err)
{
	struct nvr_zip_local *l = &u->local;
	uint8_t h[LOCAL_LEN];
	struct sizes sizes;
	size_t extra;
	int rc = nvr_unpack_peek(u, offset, h, sizeof(h), err);

	if (rc != 0 || memcmp(h, LOCAL, 4) != 0)
		return rc != 0 ? rc : bad(err);
	sizes = (struct sizes){nvr_le32(h + 22), nvr_le32(h + 18), 0};
	extra = nvr_le16(h + 28);
	*l = (struct nvr_zip_local){.offset = offset,
	    .version = nvr_le16(h + 4),
	    .method = nvr_le16(h + 8),
	    .flags = nvr_le16(h + 6),
	    .time = nvr_le32(h + 10),
	    .crc = nvr_le32(h + 14),
	    .name_len = nvr_le16(h + 26)};
	l->data = offset + LOCAL_LEN + l->name_len + extra;
	if ((l->method != STORED && l->method != DEFLATED) ||
	    (l->flags & ENCRYPTED) != 0)
		return nvr_fail(err, NVR_E_DATA,
		    "the archive holds a file that is encrypted, or packed by "
		    "a method of its own");
	rc = add_name(u, &u->sum, offset + LOCAL_LEN, l->name_len, err);
	if (rc == 0)
		rc =
		    read_extra(u, &u->sum, l->data - extra, extra, &sizes, err);
	l->size = sizes.size;
	l->packed = sizes.packed;
	return rc;
}

/* Ahead of the data there may be nothing, or the largest there is. */
static bool
is_said(uint64_t ahead, uint64_t v)
{
	return ahead == v || ahead == 0 || ahead == UINT32_MAX;
}

/* Its sum and sizes, of four or eight bytes each, behind the data. */
static int
read_behind(struct nvr_unpack *u, uint64_t next, struct nvr_error *err)
{
	struct nvr_zip_local *l = &u->local;
	const struct nvr_zip_local ahead = *l;
	uint8_t d[24];

	for (uint64_t n = 16; n <= 24; n += 8) {
		if (next < l->data + n)
			break;
		if (nvr_unpack_peek(u, next - n, d, (size_t)n, err) != 0)
			return err->code;
		l->crc = nvr_le32(d + 4);
		l->packed = n == 16 ? nvr_le32(d + 8) : nvr_le64(d + 8);
		l->size = n == 16 ? nvr_le32(d + 12) : nvr_le64(d + 16);
		if (memcmp(d, DATA, 4) == 0 &&
		    l->packed == next - n - l->data &&
		    is_said(ahead.packed, l->packed) &&
		    is_said(ahead.size, l->size) && is_said(ahead.crc, l->crc))
			return 0;
	}
	return bad(err);
}

int
nvr_zip_end(struct nvr_unpack *u, uint64_t next, struct nvr_error *err)
{
	struct nvr_zip_local *l = &u->local;
	int rc = 0;

	if ((l->flags & BEHIND) != 0)
		rc = read_behind(u, next, err);
	else if (next != l->data + l->packed)
		return bad(err);
	if (rc == 0 && l->size != u->got)
		return bad(err);
	add_entry(u, &u->sum, l);
	return rc;
}

/* One of the table at the end; *at goes on. */
static int
read_central(struct nvr_unpack *u, struct nvr_unpack_sum *sum, uint64_t *at,
    struct nvr_error *err)
{
	uint8_t h[CENTRAL_LEN];
	struct nvr_zip_local e;
	struct sizes sizes;
	uint32_t attributes, type;
	int rc = nvr_unpack_peek(u, *at, h, sizeof(h), err);

	if (rc != 0)
		return rc;
	e = (struct nvr_zip_local){.version = nvr_le16(h + 6),
	    .method = nvr_le16(h + 10),
	    .flags = nvr_le16(h + 8),
	    .time = nvr_le32(h + 12),
	    .crc = nvr_le32(h + 16),
	    .name_len = nvr_le16(h + 28)};
	sizes = (struct sizes){
	    nvr_le32(h + 24), nvr_le32(h + 20), nvr_le32(h + 42)};
	attributes = nvr_le32(h + 38);
	type = attributes >> 16 & TYPE;
	/* No comment, and no link, which some would make of it. */
	if (memcmp(h, CENTRAL, 4) != 0 || nvr_le16(h + 6) > VERSION_MAX ||
	    nvr_le16(h + 32) != 0 || nvr_le16(h + 34) != 0 ||
	    (attributes & FOLDER) != 0 || (type != 0 && type != REGULAR))
		return bad(err);
	*at += CENTRAL_LEN;
	rc = add_name(u, sum, *at, e.name_len, err);
	*at += e.name_len;
	if (rc == 0)
		rc = read_extra(u, sum, *at, nvr_le16(h + 30), &sizes, err);
	*at += nvr_le16(h + 30);
	e.offset = sizes.offset;
	e.packed = sizes.packed;
	e.size = sizes.size;
	add_entry(u, sum, &e);
	return rc;
}

/* The end of an archive that is too large for the old one's fields. */
static int
read_end64(
    struct nvr_unpack *u, uint64_t begin, uint64_t *at, struct nvr_error *err)
{
	uint8_t h[END64_LEN + LOCATOR_LEN];
	uint64_t end = *at;
	int rc = nvr_unpack_peek(u, *at, h, sizeof(h), err);

	if (rc != 0)
		return rc;
	*at += sizeof(h);
	if (nvr_le64(h + 4) != END64_LEN - 12 || nvr_le32(h + 16) != 0 ||
	    nvr_le32(h + 20) != 0 || nvr_le64(h + 24) != u->sum.entries ||
	    nvr_le64(h + 32) != u->sum.entries ||
	    nvr_le64(h + 40) != end - begin || nvr_le64(h + 48) != begin ||
	    memcmp(h + END64_LEN, LOCATOR, 4) != 0 ||
	    nvr_le32(h + END64_LEN + 4) != 0 ||
	    nvr_le64(h + END64_LEN + 8) != end ||
	    nvr_le32(h + END64_LEN + 16) != 1)
		return bad(err);
	return 0;
}

static bool
is16(const uint8_t *p, uint64_t v, bool large)
{
	return nvr_le16(p) == v || (large && nvr_le16(p) == UINT16_MAX);
}

static bool
is32(const uint8_t *p, uint64_t v, bool large)
{
	return nvr_le32(p) == v || (large && nvr_le32(p) == UINT32_MAX);
}

static int
read_end(
    struct nvr_unpack *u, uint64_t begin, uint64_t at, struct nvr_error *err)
{
	uint64_t size = at - begin;
	uint8_t h[END_LEN];
	bool large;
	int rc = nvr_unpack_peek(u, at, h, 4, err);

	if (rc != 0)
		return rc;
	large = memcmp(h, END64, 4) == 0;
	if (large)
		rc = read_end64(u, begin, &at, err);
	if (rc == 0)
		rc = nvr_unpack_peek(u, at, h, sizeof(h), err);
	if (rc != 0)
		return rc;
	if (memcmp(h, END, 4) != 0 || nvr_le32(h + 4) != 0 ||
	    !is16(h + 8, u->sum.entries, large) ||
	    !is16(h + 10, u->sum.entries, large) ||
	    !is32(h + 12, size, large) || !is32(h + 16, begin, large) ||
	    nvr_le16(h + 20) != 0)
		return bad(err);
	return nvr_unpack_over(u, at + END_LEN, err);
}

int
nvr_zip_tail(struct nvr_unpack *u, uint64_t offset, struct nvr_error *err)
{
	struct nvr_unpack_sum sum = {0};
	uint64_t at = offset;
	int rc = 0;

	while (rc == 0 && sum.entries < u->sum.entries)
		rc = read_central(u, &sum, &at, err);
	if (rc == 0 && sum.value != u->sum.value)
		return bad(err);
	return rc == 0 ? read_end(u, offset, at, err) : rc;
}

/* What a still says of itself; see exif.h. */
#include <libexif/exif-data.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "base/time.h"
#include "still/exif.h"

#define APP1 0xe1
#define MAX_PAYLOAD 65533 /* of a segment whose length has 16 bits */
static const unsigned char EXIF_MAGIC[6] = "Exif\0";

static int
add_text(ExifData *ed, ExifIfd ifd, ExifTag tag, const char *text)
{
	ExifMem *mem = exif_mem_new_default();
	ExifEntry *e = exif_entry_new_mem(mem);
	size_t len = strlen(text) + 1;

	if (e == NULL) {
		exif_mem_unref(mem);
		return -1;
	}
	e->tag = tag;
	e->format = EXIF_FORMAT_ASCII;
	e->components = len;
	e->size = (unsigned)len;
	e->data = exif_mem_alloc(mem, (ExifLong)len);
	if (e->data != NULL) {
		memcpy(e->data, text, len);
		exif_content_add_entry(ed->ifd[ifd], e);
	}
	len = e->data == NULL;
	exif_entry_unref(e);
	exif_mem_unref(mem);
	return len == 0 ? 0 : -1;
}

static int
fill(ExifData *ed, const struct nvr_exif *x)
{
	time_t sec = (time_t)(x->taken_at / NVR_SECOND);
	char when[20], sub[8], id[33];
	struct tm tm;

	if (gmtime_r(&sec, &tm) == NULL)
		return -1;
	strftime(when, sizeof(when), "%Y:%m:%d %H:%M:%S", &tm);
	snprintf(sub, sizeof(sub), "%06d", (int)(x->taken_at % NVR_SECOND));
	snprintf(id, sizeof(id), "%016llx%016llx",
	    (unsigned long long)x->camera_id, (unsigned long long)x->still_id);
	if (x->make[0] != '\0')
		add_text(ed, EXIF_IFD_0, EXIF_TAG_MAKE, x->make);
	if (x->model[0] != '\0')
		add_text(ed, EXIF_IFD_0, EXIF_TAG_MODEL, x->model);
	return add_text(ed, EXIF_IFD_0, EXIF_TAG_IMAGE_DESCRIPTION, x->camera) |
	       add_text(ed, EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_ORIGINAL, when) |
	       add_text(
		   ed, EXIF_IFD_EXIF, EXIF_TAG_SUB_SEC_TIME_ORIGINAL, sub) |
	       add_text(
		   ed, EXIF_IFD_EXIF, EXIF_TAG_OFFSET_TIME_ORIGINAL, "+00:00") |
	       add_text(ed, EXIF_IFD_EXIF, EXIF_TAG_IMAGE_UNIQUE_ID, id);
}

/* The whole APP1 segment. */
static int
make_segment(
    const struct nvr_exif *x, struct nvr_buf *out, struct nvr_error *err)
{
	unsigned char *data = NULL, head[4] = {0xff, APP1};
	ExifData *ed = exif_data_new();
	unsigned len = 0;
	int rc = 0;

	if (ed == NULL)
		return nvr_fail_nomem(err);
	exif_data_set_byte_order(ed, EXIF_BYTE_ORDER_INTEL);
	if (fill(ed, x) == 0)
		exif_data_save_data(ed, &data, &len);
	if (data == NULL || len > MAX_PAYLOAD) {
		rc = nvr_fail(err, NVR_E_BUG, "cannot make EXIF");
	} else {
		head[2] = (unsigned char)((len + 2) >> 8);
		head[3] = (unsigned char)(len + 2);
		rc = nvr_buf_add(out, head, sizeof(head), err);
		if (rc == 0)
			rc = nvr_buf_add(out, data, len, err);
	}
	free(data);
	exif_data_unref(ed);
	return rc;
}

/*
 * The next segment of the header at *at: its marker, or 0 where the header
 * ends.  *size counts the marker and the length as well.
 */
static int
segment(const unsigned char *p, size_t len, size_t at, size_t *size)
{
	if (at + 4 > len || p[at] != 0xff || p[at + 1] < 0xc0 ||
	    p[at + 1] == 0xda)
		return 0;
	*size = 2 + ((size_t)p[at + 2] << 8 | p[at + 3]);
	if (at + *size > len)
		return 0;
	return p[at + 1];
}

static int
is_exif(const unsigned char *p, int marker, size_t size)
{
	return marker == APP1 && size >= 4 + sizeof(EXIF_MAGIC) &&
	       memcmp(p + 4, EXIF_MAGIC, sizeof(EXIF_MAGIC)) == 0;
}

int
nvr_exif_put(const void *jpeg, size_t len, const struct nvr_exif *exif,
    struct nvr_buf *out, struct nvr_error *err)
{
	const unsigned char *p = jpeg;
	size_t at = 2, size = 0;
	int marker, rc;

	if (len < 4 || p[0] != 0xff || p[1] != 0xd8)
		return nvr_fail(err, NVR_E_DATA, "it is not a JPEG");
	rc = nvr_buf_add(out, p, 2, err);
	/* JFIF (T.871) wants its APP0 first; EXIF comes right behind. */
	if (rc == 0 && segment(p, len, at, &size) == 0xe0) {
		rc = nvr_buf_add(out, p + at, size, err);
		at += size;
	}
	if (rc == 0)
		rc = make_segment(exif, out, err);
	while (rc == 0 && (marker = segment(p, len, at, &size)) != 0) {
		if (!is_exif(p + at, marker, size))
			rc = nvr_buf_add(out, p + at, size, err);
		at += size;
	}
	return rc == 0 ? nvr_buf_add(out, p + at, len - at, err) : rc;
}

static void
get_text(ExifData *ed, ExifTag tag, char *buf, size_t size)
{
	ExifEntry *e = exif_data_get_entry(ed, tag);
	size_t n;

	buf[0] = '\0';
	if (e == NULL || e->format != EXIF_FORMAT_ASCII || e->data == NULL)
		return;
	n = e->size < size ? e->size : size - 1;
	memcpy(buf, e->data, n);
	buf[n] = '\0';
	if (!nvr_text_printable(buf))
		buf[0] = '\0';
}

/* What the EXIF says, with UTC where it names no offset. */
static int64_t
get_time(ExifData *ed)
{
	char when[32], sub[16], offset[16], text[80];
	struct nvr_error ignored;
	int64_t t = 0;

	get_text(ed, EXIF_TAG_DATE_TIME_ORIGINAL, when, sizeof(when));
	get_text(ed, EXIF_TAG_SUB_SEC_TIME_ORIGINAL, sub, sizeof(sub));
	get_text(ed, EXIF_TAG_OFFSET_TIME_ORIGINAL, offset, sizeof(offset));
	if (strlen(when) != 19)
		return 0;
	when[4] = when[7] = '-';
	snprintf(text, sizeof(text), "%s%s%s%s", when,
	    sub[0] != '\0' ? "." : "", sub, offset[0] != '\0' ? offset : "Z");
	if (nvr_time_parse(text, 0, &t, &ignored) != 0)
		return 0;
	return t;
}

static void
get_ids(ExifData *ed, struct nvr_exif *x)
{
	char text[40], half[17];
	char *end;

	get_text(ed, EXIF_TAG_IMAGE_UNIQUE_ID, text, sizeof(text));
	if (strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32)
		return;
	memcpy(half, text, 16);
	half[16] = '\0';
	x->camera_id = (int64_t)strtoull(half, &end, 16);
	x->still_id = (int64_t)strtoull(text + 16, &end, 16);
	if (x->camera_id < 0 || x->still_id < 0)
		x->camera_id = x->still_id = 0;
}

void
nvr_exif_get(const void *jpeg, size_t len, struct nvr_exif *ret)
{
	const unsigned char *p = jpeg;
	size_t at = 2, size = 0;
	ExifData *ed;
	int marker;

	*ret = (struct nvr_exif){0};
	if (len < 4 || p[0] != 0xff || p[1] != 0xd8)
		return;
	while ((marker = segment(p, len, at, &size)) != 0) {
		if (is_exif(p + at, marker, size))
			break;
		at += size;
	}
	if (marker == 0)
		return;
	ed = exif_data_new_from_data(p + at + 4, (unsigned)(size - 4));
	if (ed == NULL)
		return;
	get_text(
	    ed, EXIF_TAG_IMAGE_DESCRIPTION, ret->camera, sizeof(ret->camera));
	get_text(ed, EXIF_TAG_MAKE, ret->make, sizeof(ret->make));
	get_text(ed, EXIF_TAG_MODEL, ret->model, sizeof(ret->model));
	ret->taken_at = get_time(ed);
	get_ids(ed, ret);
	exif_data_unref(ed);
}

/* Boxes of MP4; see mp4_box.h. */
#include <stdlib.h>

#include "media/mp4_box.h"

const uint8_t *
nvr_span_take(struct nvr_span *s, size_t n)
{
	const uint8_t *p = s->data;

	if (n > s->len)
		return NULL;
	s->data += n;
	s->len -= n;
	return p;
}

int
nvr_span_box(struct nvr_span *s, uint32_t *type, struct nvr_span *box,
    struct nvr_error *err)
{
	const uint8_t *p = s->data;
	uint64_t size, header = 8;

	/* QuickTime ends some lists by four bytes of 0. */
	if (s->len < 8)
		return 0;
	size = nvr_be32(p);
	*type = nvr_be32(p + 4);
	if (size == 1 && s->len >= 16) {
		size = nvr_be64(p + 8);
		header = 16;
	} else if (size == 0) {
		size = s->len;
	}
	if (size < header || size > s->len)
		return nvr_fail(
		    err, NVR_E_DATA, "a box does not fit in the one around it");
	box->data = p + header;
	box->len = (size_t)(size - header);
	nvr_span_take(s, (size_t)size);
	return 1;
}

int
nvr_span_find(struct nvr_span in, uint32_t type, struct nvr_span *box,
    struct nvr_error *err)
{
	struct nvr_span b;
	uint32_t t;
	int rc;

	while ((rc = nvr_span_box(&in, &t, &b, err)) == 1) {
		if (t != type)
			continue;
		*box = b;
		return 1;
	}
	return rc;
}

int
nvr_window_get(struct nvr_window *w, uint64_t offset, size_t len,
    const uint8_t **ret, struct nvr_error *err)
{
	uint64_t size = w->bytes->size;
	size_t want = len > NVR_WINDOW_AHEAD ? len : NVR_WINDOW_AHEAD;
	uint8_t *p;
	int rc;

	if (offset >= w->at && offset - w->at <= w->len &&
	    len <= w->len - (offset - w->at)) {
		*ret = w->data + (offset - w->at);
		return 0;
	}
	if (offset > size || len > size - offset)
		return nvr_fail(err, NVR_E_DATA, "the file ends too early");
	if (want > size - offset)
		want = (size_t)(size - offset);
	if (want > w->cap) {
		p = realloc(w->data, want);
		if (p == NULL)
			return nvr_fail_nomem(err);
		w->data = p;
		w->cap = want;
	}
	w->len = 0;
	rc = w->bytes->pread(w->bytes->ctx, w->data, want, offset, err);
	if (rc != 0)
		return rc;
	w->at = offset;
	w->len = want;
	*ret = w->data;
	return 0;
}

void
nvr_window_release(struct nvr_window *w)
{
	free(w->data);
	*w = (struct nvr_window){0};
}

int
nvr_window_box(struct nvr_window *w, uint64_t offset, uint64_t limit,
    struct nvr_box *ret, struct nvr_error *err)
{
	struct nvr_box b = {.offset = offset, .header = 8};
	const uint8_t *p;
	uint64_t size;
	int rc;

	if (offset > limit || limit - offset < 8)
		return 0;
	rc = nvr_window_get(w, offset, 8, &p, err);
	if (rc != 0)
		return rc;
	size = nvr_be32(p);
	b.type = nvr_be32(p + 4);
	if (size == 1) {
		if (limit - offset < 16)
			return 0;
		rc = nvr_window_get(w, offset, 16, &p, err);
		if (rc != 0)
			return rc;
		size = nvr_be64(p + 8);
		b.header = 16;
	} else if (size == 0) {
		size = limit - offset;
	}
	if (size < b.header)
		return nvr_fail(err, NVR_E_DATA,
		    "a box of %llu bytes at %llu is too short",
		    (unsigned long long)size, (unsigned long long)offset);
	b.end = size > limit - offset ? UINT64_MAX : offset + size;
	*ret = b;
	return 1;
}

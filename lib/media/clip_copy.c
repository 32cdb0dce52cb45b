/* The second pass: the bytes of the samples, in large reads; see clip.h. */
#include <stdlib.h>
#include <string.h>

#include "media/clip_int.h"

#define BLOCK ((uint64_t)512 * 1024)
/* What is lost of a block that cannot be read, and what it begins at: the
 * chunks of a sealed file. */
#define PIECE ((uint64_t)64 * 1024)

struct copy {
	struct nvr_clip *c;
	const struct nvr_sink *sink;
	uint8_t *block;
	struct nvr_clip_segment segment;
	uint32_t next; /* the segment that the source gives next */
	bool readable;
	uint64_t zeroed; /* of this segment */
	struct nvr_error why;
};

static void
report_zeroed(struct copy *p)
{
	if (p->zeroed > 0)
		nvr_clip_event(p->c, &(struct nvr_clip_event){
					 .kind = NVR_CLIP_ZEROED,
					 .at = p->segment.start,
					 .from = p->segment.from,
					 .end = p->segment.end,
					 .bytes = p->zeroed,
					 .segment = p->next - 1,
					 .why = p->why.text,
				     });
	p->zeroed = 0;
}

/* Goes on to a segment; the source gives them all, in their order. */
static int
go_to(struct copy *p, uint32_t index, struct nvr_error *err)
{
	struct nvr_clip_segment s;
	int rc;

	if (p->next > index)
		return 0;
	report_zeroed(p);
	while (p->next <= index) {
		s = (struct nvr_clip_segment){.start = p->c->o->since};
		rc = p->c->source->next(p->c->source->ctx, &s, &p->why);
		p->segment = s;
		p->readable = rc == 1;
		p->next++;
		if (rc == 0)
			nvr_fail(&p->why, NVR_E_NOENT, "it is gone");
		if (rc < 0 && !nvr_clip_damage(rc)) {
			*err = p->why;
			return rc;
		}
	}
	return 0;
}

static int
read_or_zero(struct copy *p, uint8_t *to, uint64_t len, uint64_t offset)
{
	const struct nvr_bytes *b = &p->segment.bytes;
	int rc = NVR_E_DATA;

	if (p->readable && (offset > b->size || len > b->size - offset))
		nvr_fail(&p->why, NVR_E_DATA, "the file became shorter");
	else if (p->readable)
		rc = b->pread(b->ctx, to, (size_t)len, offset, &p->why);
	return rc;
}

/* Piece by piece, so that a damaged one leaves the others. */
static int
salvage(struct copy *p, uint64_t len, uint64_t offset, struct nvr_error *err)
{
	uint64_t done, n;
	int rc;

	for (done = 0; done < len; done += n) {
		n = PIECE - (offset + done) % PIECE;
		if (n > len - done)
			n = len - done;
		rc = read_or_zero(p, p->block + done, n, offset + done);
		if (rc != 0 && !nvr_clip_damage(rc)) {
			*err = p->why;
			return rc;
		}
		if (rc == 0)
			continue;
		memset(p->block + done, 0, (size_t)n);
		p->zeroed += n;
	}
	return 0;
}

static int
copy_range(
    struct copy *p, const struct nvr_clip_extent *e, struct nvr_error *err)
{
	uint64_t done, n;
	int rc = go_to(p, e->segment, err);

	for (done = 0; done < e->len && rc == 0; done += n) {
		n = BLOCK - (e->offset + done) % PIECE;
		if (n > e->len - done)
			n = e->len - done;
		if (read_or_zero(p, p->block, n, e->offset + done) != 0)
			rc = salvage(p, n, e->offset + done, err);
		if (rc == 0)
			rc = p->sink->write(
			    p->sink->ctx, p->block, (size_t)n, err);
	}
	return rc;
}

/* Chunks that follow each other in a segment are read together. */
static int
copy_all(struct copy *p, struct nvr_error *err)
{
	struct nvr_clip_extent range = {0}, e;
	uint64_t i = 0;
	int rc, done = 0;

	while ((rc = nvr_clip_extent(p->c, &i, &e, err)) == 1) {
		if (range.len > 0 && range.segment == e.segment &&
		    range.offset + range.len == e.offset) {
			range.len += e.len;
			continue;
		}
		if (range.len > 0)
			done = copy_range(p, &range, err);
		if (done != 0)
			return done;
		range = e;
	}
	return rc != 0 || range.len == 0 ? rc : copy_range(p, &range, err);
}

int
nvr_clip_copy(
    struct nvr_clip *c, const struct nvr_sink *sink, struct nvr_error *err)
{
	struct copy p = {.c = c, .sink = sink};
	int rc;

	p.block = malloc(BLOCK);
	if (p.block == NULL)
		return nvr_fail_nomem(err);
	rc = copy_all(&p, err);
	report_zeroed(&p);
	free(p.block);
	return rc;
}

/* Types of NAL units and where their parameter sets are. */
#include "media/nal.h"

#define BITS(from, to) \
	(((UINT64_C(2) << (to)) - 1) & ~((UINT64_C(1) << (from)) - 1))

enum { H264_STAP_A = 24, H264_FU_A = 28, H264_FU_B = 29 };
enum { H265_AP = 48, H265_FU = 49 };

uint64_t
nvr_nal_slices(bool h265)
{
	return h265 ? BITS(0, 31) : BITS(1, 5);
}

uint64_t
nvr_nal_keys(bool h265)
{
	return h265 ? BITS(16, 21) : NVR_NAL_BIT(5);
}

uint64_t
nvr_nal_sets(bool h265)
{
	return h265 ? BITS(32, 34) : BITS(7, 8);
}

static int
type_of(bool h265, uint8_t first)
{
	return h265 ? first >> 1 & 63 : first & 31;
}

/* Several units, each after its size of two bytes. */
static uint64_t
aggregated(bool h265, const uint8_t *p, size_t len)
{
	uint64_t types = 0;

	while (len > 2) {
		size_t size = (size_t)p[0] << 8 | p[1];

		if (size == 0 || size > len - 2)
			break;
		types |= NVR_NAL_BIT(type_of(h265, p[2]));
		p += 2 + size;
		len -= 2 + size;
	}
	return types;
}

struct nvr_nal_payload
nvr_nal_payload(bool h265, const uint8_t *p, size_t len)
{
	struct nvr_nal_payload ret = {0};
	size_t header = h265 ? 2 : 1;
	int type;

	if (len <= header)
		return ret;
	type = type_of(h265, p[0]);
	if (type == (h265 ? H265_AP : H264_STAP_A)) {
		ret.types = aggregated(h265, p + header, len - header);
	} else if (h265 ? type == H265_FU
			: type == H264_FU_A || type == H264_FU_B) {
		if (p[header] & 0x80)
			ret.types = NVR_NAL_BIT(p[header] & (h265 ? 63 : 31));
		else
			ret.continues = true;
		ret.unfinished = !(p[header] & 0x40);
	} else {
		ret.types = NVR_NAL_BIT(type);
	}
	return ret;
}

/* The first byte after the next 00 00 01, or end. */
static const uint8_t *
after_start(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *one;

	for (p += 2; p < end; p = one + 1) {
		one = memchr(p, 1, (size_t)(end - p));
		if (one == NULL)
			break;
		if (one[-1] == 0 && one[-2] == 0)
			return one + 1;
	}
	return end;
}

/*
 * Steps to the next unit: *nal and its length.  The length is only looked for
 * when the type is wanted, so that slices are not read through.
 */
static bool
next_unit(bool h265, uint64_t wanted, const uint8_t **p, const uint8_t *end,
    const uint8_t **nal, size_t *len, int *type)
{
	const uint8_t *next;

	if (end - *p < 3)
		return false;
	*nal = after_start(*p, end);
	if (*nal == end)
		return false;
	*type = type_of(h265, **nal);
	*p = *nal;
	*len = 0;
	if (!(wanted & NVR_NAL_BIT(*type)))
		return true;
	next = end - *nal < 3 ? end : after_start(*nal, end);
	if (next != end ||
	    (end - *nal >= 3 && memcmp(end - 3, "\0\0\1", 3) == 0))
		next -= 3;
	while (next > *nal && next[-1] == 0)
		next--; /* zeros belong to the start code that follows */
	*len = (size_t)(next - *nal);
	*p = next;
	return true;
}

uint64_t
nvr_nal_types(bool h265, const uint8_t *data, size_t len)
{
	const uint8_t *p = data, *nal;
	uint64_t types = 0;
	size_t n;
	int type;

	while (len > 0 && !(types & nvr_nal_slices(h265)) &&
	       next_unit(h265, 0, &p, data + len, &nal, &n, &type))
		types |= NVR_NAL_BIT(type);
	return types;
}

/* Appends the units of one type; *found when there was one. */
static int
copy_type(bool h265, int wanted, const uint8_t *data, size_t len,
    struct nvr_buf *ret, bool *found, struct nvr_error *err)
{
	const uint8_t *p = data, *nal;
	int type, rc = 0;
	size_t n;

	while (rc == 0 && next_unit(h265, NVR_NAL_BIT(wanted), &p, data + len,
			      &nal, &n, &type)) {
		if (nvr_nal_slices(h265) & NVR_NAL_BIT(type))
			break;
		if (type != wanted || n == 0)
			continue;
		*found = true;
		rc = nvr_buf_add(ret, "\0\0\0\1", 4, err);
		if (rc == 0)
			rc = nvr_buf_add(ret, nal, n, err);
	}
	return rc;
}

int
nvr_nal_parameters(bool h265, const struct nvr_buf *old, const uint8_t *data,
    size_t len, struct nvr_buf *ret, struct nvr_error *err)
{
	const int first = h265 ? 32 : 7, last = h265 ? 34 : 8;
	int rc = 0;

	for (int type = first; rc == 0 && type <= last; type++) {
		bool found = false;

		rc = copy_type(h265, type, data, len, ret, &found, err);
		if (rc == 0 && !found && old->len > 0)
			rc = copy_type(h265, type, (const uint8_t *)old->data,
			    old->len, ret, &found, err);
	}
	return rc;
}

/* Ids of rows; see id.h. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"

#define EPOCH_MS INT64_C(1577836800000) /* 2020-01-01T00:00:00Z */
#define RANDOM_BITS 22

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

int64_t
nvr_id_new(void)
{
	static int64_t last;
	int64_t ms = nvr_time_now() / NVR_MILLISECOND - EPOCH_MS;
	int64_t id;

	if (ms < 0)
		ms = 0; /* a clock before 2020: order is lost, ids are not */
	id = (ms & ((INT64_C(1) << 41) - 1)) << RANDOM_BITS |
	     (int64_t)(arc4random() & ((1U << RANDOM_BITS) - 1));
	if (id <= last)
		id = last + 1;
	last = id;
	return id;
}

int64_t
nvr_id_time(int64_t id)
{
	return ((id >> RANDOM_BITS) + EPOCH_MS) * NVR_MILLISECOND;
}

const char *
nvr_id_format(int64_t id, char buf[NVR_ID_TEXT])
{
	for (int i = NVR_ID_TEXT - 2; i >= 0; i--) {
		buf[i] = alphabet[id & 31];
		id >>= 5;
	}
	buf[NVR_ID_TEXT - 1] = '\0';
	return buf;
}

int
nvr_id_parse(const char *text, int64_t *ret, struct nvr_error *err)
{
	uint64_t v = 0;
	const char *at;

	if (strlen(text) != NVR_ID_TEXT - 1)
		goto out;
	for (const char *p = text; *p != '\0'; p++) {
		at = strchr(alphabet, *p);
		if (at == NULL || v >> 58 != 0)
			goto out;
		v = v << 5 | (uint64_t)(at - alphabet);
	}
	/* No row has it, and to many a filter it says `all of them`. */
	if (v == 0)
		goto out;
	*ret = (int64_t)v;
	return 0;
out:
	return nvr_fail(
	    err, NVR_E_USAGE, "'%s' is not an id of 13 characters", text);
}

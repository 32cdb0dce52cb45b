/* Files of time zones, and cron expressions in them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cron.h"
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(const struct nvr_cron *c, const struct nvr_zone *z, int64_t after)
{
	int64_t at = nvr_cron_next(c, z, after), late;

	if (at == 0)
		return;
	if (at <= after)
		abort();
	/* There is nothing in between, from wherever one looks. */
	late = after + (at - after) / 2;
	if (nvr_cron_next(c, z, late) != at)
		abort();
}

static void
check_zone(const struct nvr_zone *z)
{
	static const char *const texts[] = {
	    "* * * * *", "30 2 * * *", "0 0 29 2 *", "0 */3 1 * sun"};
	struct nvr_error err;
	struct nvr_cron c;
	struct nvr_zone_span s;

	for (int64_t t = 0; t < INT64_C(7258118400); t = s.end) {
		s = nvr_zone_span(z, t);
		if (s.start > t || s.end <= t)
			abort();
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (nvr_cron_parse(texts[i], &c, &err) != 0)
			abort();
		check(&c, z, INT64_C(1774746000) * NVR_SECOND);
		check(&c, z, INT64_C(3400000000) * NVR_SECOND);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct nvr_zone *z;
	struct nvr_error err;
	struct nvr_cron c;
	char *text;

	if (nvr_zone_parse(data, len, &z, &err) == 0) {
		check_zone(z);
		nvr_zone_close(z);
		return 0;
	}
	text = malloc(len + 1);
	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (nvr_cron_parse(text, &c, &err) == 0 &&
	    nvr_zone_open("Europe/Berlin", &z, &err) == 0) {
		check(&c, z, INT64_C(1774746000) * NVR_SECOND);
		nvr_zone_close(z);
	}
	free(text);
	return 0;
}

/* Times, durations, ids, URLs, masks and names: what comes from arguments. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/size.h"
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "net/wait.h"
#include "still/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_url(const char *text)
{
	struct nvr_buf shown = {0}, path = {0};
	struct nvr_error err;
	struct nvr_url u;
	bool secret;
	char host[64];

	nvr_url_is_loopback(text);
	if (!nvr_text_printable(nvr_url_host(text, host, sizeof(host))))
		abort();
	if (nvr_url_parse(text, &u, &err) != 0)
		return;
	if (nvr_url_redact(u.bare, &secret, &shown, &err) != 0)
		abort();
	nvr_url_path(u.bare, &path, &err);
	nvr_buf_release(&shown);
	nvr_buf_release(&path);
	nvr_url_release(&u);
}

static void
check_wait(const char *text)
{
	if (nvr_wait_after(text, text, 0) < -1 || nvr_wait_reset(text) < -1 ||
	    nvr_wait_count(text) < -1)
		abort();
}

static void
check_time(const char *text)
{
	char buf[NVR_TIME_TEXT], again[NVR_TIME_TEXT], size[NVR_SIZE_TEXT];
	struct nvr_error err;
	int64_t t, back;

	/* What is written can be read, and is the same moment. */
	if (nvr_time_parse(text, 0, &t, &err) == 0 && t >= 0 &&
	    t <= NVR_TIME_MAX) {
		nvr_time_format(t, buf);
		if (nvr_time_parse(buf, 0, &back, &err) != 0 ||
		    back / NVR_MILLISECOND != t / NVR_MILLISECOND)
			abort();
	}
	if (nvr_duration_parse(text, &t, &err) == 0) {
		nvr_duration_format(t, buf);
		if (nvr_duration_parse(buf, &back, &err) != 0 || back != t)
			abort();
	}
	if (nvr_size_parse(text, 0, INT64_MAX, &t, &err) == 0) {
		nvr_size_format(t, size);
		if (nvr_size_parse(size, 0, INT64_MAX, &back, &err) != 0 ||
		    back != t)
			abort();
	}
	if (nvr_id_parse(text, &t, &err) == 0 &&
	    strcmp(nvr_id_format(t, again), text) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), safe[64];
	struct nvr_picture *pic;
	struct nvr_mask mask;
	struct nvr_error err;

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	check_url(text);
	check_wait(text);
	check_time(text);
	nvr_text_safe(text, safe, sizeof(safe));
	if (!nvr_text_printable(safe))
		abort();
	nvr_text_distance(text, "gate");
	if (nvr_mask_parse(text, &mask, &err) == 0 &&
	    nvr_picture_new(61, 37, &pic, &err) == 0) {
		nvr_mask_paint(&mask, pic);
		nvr_picture_free(pic);
	}
	free(text);
	return 0;
}

/*
 * What recorders and portals say to each other.  The first byte says what the
 * rest is: a report, an answer, a refusal, what enrols, or the headers of a
 * signature.  What is read is written the same again, and no signature holds
 * but the good one as it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/beat.h"
#include "seal/httpsig.h"

#define BODY "{}"
#define AT (INT64_C(1795334400) * NVR_SECOND)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct nvr_error err;
static struct nvr_http_signature good; /* set by LLVMFuzzerInitialize */
static struct nvr_http_message message;
static uint8_t key[NVR_SIGN_KEY_LEN];

static void
require(bool b)
{
	if (!b)
		abort();
}

static void
require_same(const struct nvr_buf *a, const struct nvr_buf *b)
{
	require(a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
}

static void
try_beat(const char *text, size_t len)
{
	struct nvr_beat one, two;
	struct nvr_buf a = {0}, b = {0};
	int rc = nvr_beat_parse(text, len, &one, &err);

	require(rc == 0 || rc == NVR_E_DATA);
	if (rc == 0) {
		/* It may be longer than what was read. */
		rc = nvr_beat_write(&one, &a, &err);
		require(rc == 0 || rc == NVR_E_DATA);
	}
	if (rc == 0 && a.len > 0) {
		require(nvr_beat_parse(a.data, a.len, &two, &err) == 0);
		require(nvr_beat_write(&two, &b, &err) == 0);
		require_same(&a, &b);
		nvr_beat_release(&two);
	}
	nvr_beat_release(&one);
	nvr_buf_release(&a);
	nvr_buf_release(&b);
}

static void
try_answer(const char *text, size_t len)
{
	struct nvr_beat_answer one, two;
	struct nvr_buf a = {0}, b = {0};
	int rc = nvr_beat_answer_parse(text, len, &one, &err);

	require(rc == 0 || rc == NVR_E_DATA);
	if (rc == 0) {
		require(nvr_beat_answer_write(&one, &a, &err) == 0);
		require(nvr_beat_answer_parse(a.data, a.len, &two, &err) == 0);
		require(nvr_beat_answer_write(&two, &b, &err) == 0);
		require_same(&a, &b);
		nvr_beat_answer_release(&two);
	}
	nvr_beat_answer_release(&one);
	nvr_buf_release(&a);
	nvr_buf_release(&b);
}

static void
try_refusal(const char *text, size_t len)
{
	struct nvr_beat_refusal one, two;
	struct nvr_buf a = {0};
	int rc = nvr_beat_refusal_parse(text, len, &one, &err);

	require(rc == 0 || rc == NVR_E_DATA);
	if (rc == 0 && one.problem != NVR_BEAT_PROBLEMS) {
		require(nvr_beat_refusal_write(&one, &a, &err) == 0);
		require(nvr_beat_refusal_parse(a.data, a.len, &two, &err) == 0);
		require(two.problem == one.problem && two.now == one.now &&
			two.sequence == one.sequence &&
			strcmp(two.detail, one.detail) == 0);
	}
	nvr_buf_release(&a);
}

static void
try_enrol(const char *text, size_t len)
{
	struct nvr_beat_enrol one, two;
	struct nvr_beat_enrolled done;
	struct nvr_buf a = {0};
	int rc = nvr_beat_enrol_parse(text, len, &one, &err);

	require(rc == 0 || rc == NVR_E_DATA);
	if (rc == 0) {
		require(nvr_beat_enrol_write(&one, &a, &err) == 0);
		require(nvr_beat_enrol_parse(a.data, a.len, &two, &err) == 0);
		nvr_beat_enrol_release(&two);
	}
	nvr_beat_enrol_release(&one);
	nvr_buf_release(&a);
	rc = nvr_beat_enrolled_parse(text, len, &done, &err);
	require(rc == 0 || rc == NVR_E_DATA);
}

/* Four lines; what is not there is as it was signed. */
static void
try_headers(const char *text, size_t len)
{
	struct nvr_http_signature s = good;
	char *const to[] = {s.digest, s.sequence, s.input, s.signature};
	struct nvr_http_message m = message;
	uint8_t who[NVR_SIGN_KEY_LEN];
	bool is = false;
	int rc;

	for (int i = 0; i < 4 && len > 0; i++) {
		const char *end = memchr(text, '\n', len);
		size_t n = end != NULL ? (size_t)(end - text) : len;
		size_t fits =
		    n < NVR_HTTPSIG_HEADER ? n : NVR_HTTPSIG_HEADER - 1;

		memcpy(to[i], text, fits);
		to[i][fits] = '\0';
		n += end != NULL;
		text += n;
		len -= n;
	}
	rc = nvr_httpsig_parse(&s, who, &m.sequence, &m.created, &err);
	require(rc == 0 || rc == NVR_E_DATA);
	if (rc == 0)
		rc = nvr_httpsig_verify(who, &m, &s, &is, &err);
	require(rc == 0 || rc == NVR_E_DATA);
	if (rc != 0 || !is || memcmp(who, key, sizeof(key)) != 0)
		return;
	require(strcmp(s.digest, good.digest) == 0 &&
		strcmp(s.sequence, good.sequence) == 0 &&
		strcmp(s.input, good.input) == 0 &&
		strcmp(s.signature, good.signature) == 0);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t seed[NVR_SIGN_KEY_LEN] = {1, 2, 3};

	(void)argc;
	(void)argv;
	message = (struct nvr_http_message){.method = "POST",
	    .authority = "portal.example",
	    .path = "/api/v1/heartbeat",
	    .body = BODY,
	    .len = strlen(BODY),
	    .sequence = 5,
	    .created = AT};
	require(nvr_sign_public(seed, key, &err) == 0);
	require(nvr_httpsig_sign(seed, &message, &good, &err) == 0);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const tries[])(const char *text, size_t len) = {
	    try_beat, try_answer, try_refusal, try_enrol, try_headers};
	char *text;

	if (len < 1)
		return 0;
	/* Of its own size, so that a byte too many is seen. */
	text = malloc(len);
	require(text != NULL);
	memcpy(text, data + 1, len - 1);
	tries[data[0] % 5](text, len - 1);
	free(text);
	return 0;
}

/*
 * Signatures from outside: as armored text, as the blob in the armor, and as a
 * good one that was changed.  The first byte says which.  None may verify but
 * the good one as it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "seal/base64.h"
#include "seal/sshsig.h"

#define NS "nvr-log"
#define TEXT "head"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t key[NVR_SIGN_KEY_LEN];
static struct nvr_buf good, blob; /* set by LLVMFuzzerInitialize */
static struct nvr_error err;

static void
require(bool b)
{
	if (!b)
		abort();
}

static bool
verifies(const char *text)
{
	bool is = false;
	int rc =
	    nvr_sshsig_verify(key, NS, TEXT, strlen(TEXT), text, &is, &err);

	require(rc == 0 || rc == NVR_E_DATA);
	return rc == 0 && is;
}

/* The base64 of a text, without line ends. */
static void
bare(const char *text, struct nvr_buf *out)
{
	for (; *text != '\0'; text++)
		if (*text != '\n' && *text != '\r')
			require(nvr_buf_add(out, text, 1, &err) == 0);
}

static void
try_text(const char *text)
{
	struct nvr_buf a = {0}, b = {0};

	if (verifies(text)) {
		bare(text, &a);
		bare(good.data, &b);
		require(strcmp(a.data, b.data) == 0);
	}
	nvr_buf_release(&a);
	nvr_buf_release(&b);
}

static void
try_blob(const uint8_t *data, size_t len)
{
	struct nvr_buf text = {0};

	require(
	    nvr_buf_addf(&text, &err, "-----BEGIN SSH SIGNATURE-----\n") == 0);
	require(nvr_base64_add(&text, data, len, &err) == 0);
	require(
	    nvr_buf_addf(&text, &err, "\n-----END SSH SIGNATURE-----\n") == 0);
	if (verifies(text.data))
		require(len == blob.len && memcmp(data, blob.data, len) == 0);
	nvr_buf_release(&text);
}

/* Pairs of a place and what is put there. */
static void
try_changed(
    const struct nvr_buf *from, const uint8_t *data, size_t len, bool as_blob)
{
	struct nvr_buf b = {0};

	require(nvr_buf_add(&b, from->data, from->len, &err) == 0);
	for (; len >= 2; len -= 2, data += 2)
		b.data[data[0] % b.len] ^= (char)data[1];
	if (as_blob)
		try_blob((const uint8_t *)b.data, b.len);
	else
		try_text(b.data);
	nvr_buf_release(&b);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t seed[NVR_SIGN_KEY_LEN] = {1, 2, 3};
	struct nvr_buf text = {0};
	size_t begin = strlen("-----BEGIN SSH SIGNATURE-----");

	(void)argc;
	(void)argv;
	require(nvr_sign_public(seed, key, &err) == 0);
	require(
	    nvr_sshsig_sign(seed, NS, TEXT, strlen(TEXT), &good, &err) == 0);
	require(verifies(good.data));
	bare(good.data, &text);
	text.len = strcspn(text.data + begin, "=-");
	require(nvr_buf_reserve(&blob, text.len, &err) == 0);
	blob.len = (size_t)nvr_base64_decode(
	    text.data + begin, text.len, (uint8_t *)blob.data);
	nvr_buf_release(&text);
	try_blob((const uint8_t *)blob.data, blob.len);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text;

	if (len < 1)
		return 0;
	switch (data[0] % 4) {
	case 0:
		text = strndup((const char *)data + 1, len - 1);
		require(text != NULL);
		try_text(text);
		free(text);
		break;
	case 1:
		try_blob(data + 1, len - 1);
		break;
	case 2:
		try_changed(&good, data + 1, len - 1, false);
		break;
	default:
		try_changed(&blob, data + 1, len - 1, true);
		break;
	}
	return 0;
}

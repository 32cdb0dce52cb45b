/* Codes of invitations; see remote_code.h. */
#include <string.h>

#include "core/remote_code.h"
#include "seal/digest.h"
#include "seal/totp.h"

#define BYTES 16
#define CHARS 26
#define GROUP 5 /* the last has one more */
#define GROUPS 5

int
nvr_remote_code_draw(char code[NVR_CODE_TEXT],
    uint8_t hash[NVR_INVITATION_HASH], struct nvr_error *err)
{
	uint8_t raw[BYTES];
	char text[CHARS + 1], *p = code;
	int rc = nvr_random(raw, sizeof(raw), err);

	if (rc == 0) {
		nvr_base32_encode(raw, sizeof(raw), text);
		for (int i = 0; i < CHARS; i++) {
			if (i > 0 && i % GROUP == 0 && i / GROUP < GROUPS)
				*p++ = '-';
			if (text[i] >= 'A' && text[i] <= 'Z')
				text[i] = (char)(text[i] - 'A' + 'a');
			*p++ = text[i];
		}
		*p = '\0';
		rc = nvr_sha256(text, CHARS, hash, err);
	}
	explicit_bzero(raw, sizeof(raw));
	explicit_bzero(text, sizeof(text));
	return rc;
}

int
nvr_remote_code_hash(
    const char *typed, uint8_t hash[NVR_INVITATION_HASH], struct nvr_error *err)
{
	char text[CHARS];
	size_t n = 0;
	bool bad = false;
	int rc;

	for (; *typed != '\0' && !bad; typed++) {
		char c = *typed;

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		bad = n == CHARS ||
		      strchr("abcdefghijklmnopqrstuvwxyz234567", c) == NULL;
		if (!bad)
			text[n++] = c;
	}
	rc = bad || n != CHARS
		 ? nvr_fail(err, NVR_E_DATA, "that is no code of an invitation")
		 : nvr_sha256(text, CHARS, hash, err);
	explicit_bzero(text, sizeof(text));
	return rc;
}

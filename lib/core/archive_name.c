/* Names in archives, and who signs them; see archive.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/id.h"
#include "base/time.h"
#include "core/archive_int.h"
#include "core/keyfile.h"

#define WORD 40 /* bytes of it that come from the name */

void
nvr_archive_name(const char *name, int64_t id, char ret[NVR_ARCHIVE_NAME])
{
	char text[NVR_ID_TEXT];
	size_t n = 0;

	for (; *name != '\0' && n < WORD; name++) {
		unsigned char c = (unsigned char)*name;

		if (c < 0x80 && isalnum(c))
			ret[n++] = (char)tolower(c);
		else if (n > 0 && ret[n - 1] != '-')
			ret[n++] = '-';
	}
	if (n > 0 && ret[n - 1] == '-')
		n--;
	snprintf(ret + n, NVR_ARCHIVE_NAME - n, "%s%s", n > 0 ? "-" : "",
	    nvr_id_format(id, text));
}

void
nvr_archive_time(int64_t t, char ret[NVR_ARCHIVE_NAME])
{
	char text[NVR_TIME_TEXT];
	size_t n = 0;

	/* 2026-01-31T09:30:00.250Z */
	for (const char *p = nvr_time_format(t, text); *p != '\0'; p++)
		if (strncmp(p, ".000", 4) == 0)
			p += 3;
		else if (*p != '-' && *p != ':')
			ret[n++] = *p;
	ret[n] = '\0';
}

int
nvr_archive_signer_line(const uint8_t key[NVR_SIGN_KEY_LEN],
    struct nvr_buf *out, struct nvr_error *err)
{
	int rc = nvr_buf_addf(
	    out, err, "nvr namespaces=\"%s\" ", NVR_ARCHIVE_NAMESPACE);

	if (rc == 0)
		rc = nvr_sign_public_text(key, out, err);
	return rc == 0 ? nvr_buf_add(out, "\n", 1, err) : rc;
}

int
nvr_archive_signer(
    struct nvr_state *s, struct nvr_buf *out, struct nvr_error *err)
{
	uint8_t seed[NVR_ACCOUNT_KEY_LEN], key[NVR_SIGN_KEY_LEN];
	int rc = nvr_log_key(s, seed, err);

	if (rc == 0)
		rc = nvr_sign_public(seed, key, err);
	explicit_bzero(seed, sizeof(seed));
	return rc == 0 ? nvr_archive_signer_line(key, out, err) : rc;
}

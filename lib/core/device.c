/* Browsers that were signed in before; see device.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "core/device.h"
#include "core/keys.h"
#include "seal/digest.h"

#define SAID 48 /* digits that stand ahead of the HMAC */

static int
write_text(struct nvr_state *s, int64_t id, int64_t account, int64_t expires,
    int64_t password_at, char text[NVR_DEVICE_TEXT], struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN], mac[NVR_LOOKUP_LEN];
	char all[SAID + 17];
	int rc = nvr_service_key(s, "device", key, err);

	snprintf(all, sizeof(all),
	    "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
	    (uint64_t)id, (uint64_t)account, (uint64_t)expires,
	    (uint64_t)password_at);
	strlcpy(text, all, SAID + 1);
	if (rc == 0)
		rc = nvr_lookup_hmac(key, all, mac, err);
	explicit_bzero(key, sizeof(key));
	nvr_hex(mac, sizeof(mac), text + SAID);
	return rc;
}

int
nvr_device_make(struct nvr_state *s, const struct nvr_account *a, int64_t id,
    int64_t now, char text[NVR_DEVICE_TEXT], struct nvr_error *err)
{
	return write_text(s, id != 0 ? id : nvr_id_new(), a->id,
	    now + NVR_DEVICE_LASTS, a->password_at, text, err);
}

int
nvr_device_check(struct nvr_state *s, const char *text,
    const struct nvr_account *a, int64_t now, int64_t *id,
    struct nvr_error *err)
{
	int64_t is, whose, expires;
	char ours[NVR_DEVICE_TEXT];
	unsigned differ = 0;
	int rc;

	*id = 0;
	if (text == NULL ||
	    strnlen(text, NVR_DEVICE_TEXT) != NVR_DEVICE_TEXT - 1 ||
	    sscanf(text, "%16" SCNx64 "%16" SCNx64 "%16" SCNx64,
		(uint64_t *)&is, (uint64_t *)&whose, (uint64_t *)&expires) != 3)
		return 0;
	rc = write_text(
	    s, is, whose, expires, a != NULL ? a->password_at : 0, ours, err);
	for (int i = 0; i < NVR_DEVICE_TEXT - 1; i++)
		differ |= (unsigned char)ours[i] ^ (unsigned char)text[i];
	if (rc == 0 && differ == 0 && a != NULL && whose == a->id &&
	    expires > now)
		*id = is;
	return rc;
}

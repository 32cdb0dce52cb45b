/* Codes that are typed to sign in; see factor.h. */
#include <ctype.h>
#include <string.h>

#include "base/time.h"
#include "core/factor_int.h"
#include "seal/digest.h"

bool
nvr_code_same(const char *code, const char *typed)
{
	unsigned differ = 0;

	if (code == NULL || strlen(code) != NVR_CODE_TEXT - 1 ||
	    strlen(typed) != NVR_CODE_TEXT - 1)
		return false;
	for (int i = 0; i < NVR_CODE_TEXT - 1; i++)
		differ |= (unsigned)code[i] ^ (unsigned)typed[i];
	return differ == 0;
}

/* As it is stored: without the spaces and hyphens that people type and paste,
 * in capitals.  Empty where it is too long. */
static void
plain(const char *typed, char out[NVR_RECOVERY_TEXT])
{
	size_t n = 0;

	for (; *typed != '\0'; typed++) {
		if (*typed == ' ' || *typed == '-')
			continue;
		if (n == NVR_RECOVERY_TEXT - 1) {
			n = 0;
			break;
		}
		out[n++] = (char)toupper((unsigned char)*typed);
	}
	out[n] = '\0';
}

bool
nvr_recovery_shaped(const char *typed)
{
	char code[NVR_RECOVERY_TEXT];
	size_t len;

	plain(typed, code);
	len = strlen(code);
	explicit_bzero(code, sizeof(code));
	return len == NVR_RECOVERY_TEXT - 1;
}

static int
check_totp(struct nvr_state *s, int64_t account, const char *code, bool *right,
    struct nvr_error *err)
{
	int64_t step = 0, now = nvr_time_now() / NVR_SECOND / NVR_TOTP_STEP;
	struct nvr_factor_open f = {0};
	int rc = nvr_factor_load(s, account, NVR_FACTOR_TOTP, &f, err);

	if (rc == 0 && f.confirmed_at != 0)
		rc = nvr_totp_match((uint8_t *)f.secret.data, now, f.last_step,
		    code, &step, err);
	nvr_buf_wipe(&f.secret);
	if (rc == 0 && step != 0)
		rc = nvr_factor_step(
		    s->store, account, "totp", step, right, err);
	return rc;
}

static int
check_sms(struct nvr_state *s, int64_t account, const char *sms,
    const char *code, bool *right, struct nvr_error *err)
{
	struct nvr_factor_open f = {0};
	int rc = 0;

	if (!nvr_code_same(sms, code))
		return 0;
	/* The number may have gone since the code was sent. */
	rc = nvr_factor_load(s, account, NVR_FACTOR_SMS, &f, err);
	nvr_buf_wipe(&f.secret);
	*right = rc == 0 && f.confirmed_at != 0;
	return rc;
}

int
nvr_factor_check(struct nvr_state *s, int64_t account, const char *sms,
    const char *typed, bool *right, enum nvr_factor *which,
    struct nvr_error *err)
{
	uint8_t hash[NVR_RECOVERY_HASH];
	char code[NVR_RECOVERY_TEXT] = "";
	int rc = 0;

	*right = false;
	plain(typed, code);
	if (strlen(code) == NVR_RECOVERY_TEXT - 1) {
		*which = NVR_FACTOR_RECOVERY;
		rc = nvr_sha256(code, NVR_RECOVERY_TEXT - 1, hash, err);
		if (rc == 0)
			rc = nvr_recovery_use(s->store, account, hash,
			    nvr_time_now(), right, err);
	} else if (strlen(code) == NVR_CODE_TEXT - 1) {
		*which = NVR_FACTOR_TOTP;
		rc = check_totp(s, account, code, right, err);
		if (rc == 0 && !*right) {
			*which = NVR_FACTOR_SMS;
			rc = check_sms(s, account, sms, code, right, err);
		}
	}
	explicit_bzero(code, sizeof(code));
	return rc;
}

int
nvr_step_pack(
    const struct nvr_step *x, struct nvr_buf *out, struct nvr_error *err)
{
	int rc = nvr_buf_reserve(out, sizeof(*x), err);

	if (rc == 0)
		rc = nvr_buf_add(out, x->code, strlen(x->code) + 1, err);
	if (rc == 0)
		rc = nvr_buf_add(out, x->address, strlen(x->address) + 1, err);
	if (rc == 0)
		rc = nvr_buf_add(out, x->agent, strlen(x->agent) + 1, err);
	return rc;
}

int
nvr_step_unpack(
    const struct nvr_buf *data, struct nvr_step *ret, struct nvr_error *err)
{
	char *to[] = {ret->code, ret->address, ret->agent};
	size_t room[] = {
	    sizeof(ret->code), sizeof(ret->address), sizeof(ret->agent)};
	const char *p = data->data, *end = p + data->len;

	for (int i = 0; i < 3; i++) {
		const char *nul =
		    p != NULL ? memchr(p, '\0', (size_t)(end - p)) : NULL;

		if (nul == NULL || strlcpy(to[i], p, room[i]) >= room[i])
			return nvr_fail(err, NVR_E_DATA,
			    "a second step of signing in is damaged");
		p = nul + 1;
	}
	return 0;
}

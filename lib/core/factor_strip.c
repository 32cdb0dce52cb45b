/* Second factors that somebody else may have set up; see account_int.h. */
#include "core/account_int.h"
#include "core/factor_int.h"
#include "core/log.h"

static int
strip(struct nvr_state *s, int64_t account, enum nvr_factor which,
    int64_t since, struct nvr_error *err)
{
	struct nvr_factor_open f = {0};
	bool there;
	int rc = nvr_factor_load(s, account, which, &f, err);

	nvr_buf_wipe(&f.secret);
	if (rc != 0 || f.id == 0 ||
	    (f.confirmed_at != 0 && f.confirmed_at < since))
		return rc;
	rc = nvr_factor_remove(s, account, which, &there, err);
	return rc == 0
		   ? nvr_log_append(s, account, "factor.removed",
			 json_pack("{s:s}", "kind", nvr_factor_words[which]),
			 err)
		   : rc;
}

int
nvr_factor_strip(
    struct nvr_state *s, int64_t account, int64_t since, struct nvr_error *err)
{
	int rc = strip(s, account, NVR_FACTOR_TOTP, since, err);

	if (rc == 0)
		rc = strip(s, account, NVR_FACTOR_SMS, since, err);
	return rc == 0 ? nvr_recovery_delete(s->store, account, since, err)
		       : rc;
}

/* Settings of the store itself; see store.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"

static const char GET[] = "SELECT value FROM setting WHERE name = ?1";
static const char PUT[] =
    "INSERT INTO setting (name, value) VALUES (?1, ?2)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value";

int
nvr_setting_get(struct nvr_store *st, const char *name,
    char value[NVR_SETTING_TEXT], struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "t", name);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1)
		strlcpy(value, nvr_db_text(&q, 0), NVR_SETTING_TEXT);
	else if (rc == 0)
		rc = nvr_fail(
		    err, NVR_E_NOENT, "the store has no setting '%s'", name);
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_setting_put(struct nvr_store *st, const char *name, const char *value,
    struct nvr_error *err)
{
	return nvr_db_run(st, PUT, err, "tt", name, value);
}

int
nvr_setting_int(struct nvr_store *st, const char *name, int64_t most,
    int64_t none, int64_t *ret, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT];
	const char *wrong = NULL;
	int rc = nvr_setting_get(st, name, text, err);

	*ret = none;
	if (rc != 0)
		return rc == NVR_E_NOENT ? 0 : rc;
	*ret = strtonum(text, 0, most, &wrong);
	if (wrong != NULL)
		*ret = -1;
	return 0;
}

int
nvr_setting_put_int(struct nvr_store *st, const char *name, int64_t value,
    struct nvr_error *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	return nvr_setting_put(st, name, text, err);
}

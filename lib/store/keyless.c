/* Notes of keys without an account; see keyless.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/time.h"
#include "store/db.h"
#include "store/keyless.h"

#define NAME "keyless-"
#define NAME_LEN (sizeof(NAME) - 1)

static const char NOTE[] = "INSERT INTO setting (name, value) VALUES (?1, ?2)"
			   " ON CONFLICT (name) DO NOTHING";
static const char FORGET[] = "DELETE FROM setting WHERE name = ?1";
static const char NOTES[] =
    "SELECT name, value FROM setting WHERE name > ?1 AND name < 'keyless.'"
    " ORDER BY name LIMIT ?2";
static const char NEWEST[] = "SELECT MAX(created_at) FROM account_key";

static const char *
name_of(int64_t account, char name[NAME_LEN + NVR_ID_TEXT])
{
	char id[NVR_ID_TEXT];

	snprintf(name, NAME_LEN + NVR_ID_TEXT, NAME "%s",
	    nvr_id_format(account, id));
	return name;
}

int
nvr_keyless_note(
    struct nvr_store *db, int64_t account, int64_t at, struct nvr_error *err)
{
	char name[NAME_LEN + NVR_ID_TEXT], text[24];

	snprintf(text, sizeof(text), "%lld", (long long)at);
	return nvr_db_run(db, NOTE, err, "tt", name_of(account, name), text);
}

int
nvr_keyless_forget(struct nvr_store *db, int64_t account, struct nvr_error *err)
{
	char name[NAME_LEN + NVR_ID_TEXT];

	return nvr_db_run(db, FORGET, err, "t", name_of(account, name));
}

int
nvr_keyless_notes(struct nvr_store *db, int64_t after, int64_t limit,
    int (*row)(void *ctx, int64_t account, int64_t since), void *ctx,
    struct nvr_error *err)
{
	char from[NAME_LEN + NVR_ID_TEXT];
	struct nvr_error ignored;
	struct nvr_query q;
	int rc =
	    nvr_db_query(db, &q, NOTES, err, "ti", name_of(after, from), limit);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const char *wrong = NULL;
		int64_t account, since = strtonum(nvr_db_text(&q, 1), 0,
				     NVR_TIME_MAX, &wrong);

		rc = 0;
		if (nvr_id_parse(
			nvr_db_text(&q, 0) + NAME_LEN, &account, &ignored) == 0)
			rc = row(ctx, account, wrong == NULL ? since : -1);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_keyless_newest(struct nvr_store *db, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(db, NEWEST, ret, err, "");
}

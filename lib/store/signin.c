/* What signing in changes of an account's row; see signin.h. */
#include "store/db.h"
#include "store/signin.h"

static const char REHASH[] = "UPDATE account SET password = ?3, pepper = ?4"
			     " WHERE account_id = ?1 AND password = ?2";
static const char SIGNED_IN[] =
    "UPDATE account SET signin_at = ?2 WHERE account_id = ?1";

int
nvr_account_rehash(struct nvr_store *st, int64_t account,
    const struct nvr_blob *from, const struct nvr_blob *to, int64_t pepper,
    struct nvr_error *err)
{
	return nvr_db_run(st, REHASH, err, "ibbi", account, from->data,
	    from->len, to->data, to->len, pepper);
}

int
nvr_account_signed_in(
    struct nvr_store *st, int64_t account, int64_t now, struct nvr_error *err)
{
	return nvr_db_run(st, SIGNED_IN, err, "ii", account, now);
}

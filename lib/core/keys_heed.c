/* Keys of the erased are destroyed, whatever backup they come from. */
#include <string.h>

#include "core/keys_int.h"
#include "core/ledger.h"

/* Of those whose lines end behind there. */
static int
destroy(struct nvr_store *db, const struct nvr_ledger *l, int64_t behind,
    struct nvr_error *err)
{
	int rc = nvr_store_begin(db, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < l->n; i++)
		if (l->entry[i].end > behind)
			rc = nvr_keydb_delete(db, l->entry[i].account, err);
	if (rc == 0)
		rc = nvr_ledger_heed(db, l->size, err);
	return nvr_store_end(db, rc, err);
}

int
nvr_keys_destroy_all(
    struct nvr_store *db, const struct nvr_ledger *l, struct nvr_error *err)
{
	return destroy(db, l, INT64_MIN, err);
}

/* Whether a line ends there: what was heeded is of this ledger. */
static bool
is_end(const struct nvr_ledger *l, int64_t at)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->entry[i].end == at)
			return true;
	return false;
}

int
nvr_keys_heed(
    struct nvr_state *s, const struct nvr_ledger *l, struct nvr_error *err)
{
	struct nvr_keys *k;
	int64_t heeded = 0;
	int rc = nvr_keys_open(s, &k, err);

	if (rc != 0)
		return rc;
	explicit_bzero(k->ring, sizeof(k->ring));
	rc = nvr_ledger_heeded(k->db, &heeded, err);
	if (rc != 0 || heeded == l->size)
		return rc;
	return destroy(k->db, l, is_end(l, heeded) ? heeded : INT64_MIN, err);
}

int
nvr_keys_catch_up(
    struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err)
{
	struct nvr_ledger l;
	int64_t size, heeded = 0;
	int rc = nvr_ledger_size(s, &size, err);

	if (rc == 0)
		rc = nvr_ledger_heeded(k->db, &heeded, err);
	if (rc != 0 || size == heeded)
		return rc;
	rc = nvr_ledger_read(s, NULL, &l, err);
	if (rc != 0)
		return rc;
	if (l.size != heeded)
		rc = nvr_keys_destroy_all(k->db, &l, err);
	nvr_ledger_close(&l);
	return rc;
}

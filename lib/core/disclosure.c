/* What an authority was given; see disclosure.h. */
#include "base/id.h"
#include "base/time.h"
#include "core/disclosure.h"
#include "core/log.h"
#include "core/register.h"

int
nvr_disclose(struct nvr_state *s, const struct nvr_disclosure *d,
    const char *what, int64_t *id, struct nvr_error *err)
{
	struct nvr_disclosure full = *d;
	struct nvr_buf sealed = {0};
	int rc = nvr_check_line("the authority", d->authority, err);

	if (rc == 0)
		rc = nvr_check_line("the legal basis", d->basis, err);
	if (rc == 0)
		rc = nvr_check_line("who reviewed it", d->reviewed_by, err);
	if (rc == 0)
		rc = nvr_check_text("what was given", what, err);
	full.id = nvr_id_new();
	full.at = nvr_time_now();
	if (rc == 0)
		rc = nvr_register_seal(s, 0,
		    &(struct nvr_column){"disclosure", "what", full.id}, what,
		    &sealed, &full.what, err);
	if (rc == 0)
		rc = nvr_disclosure_insert(s->store, &full, err);
	nvr_buf_release(&sealed);
	if (rc == 0)
		rc = nvr_log_append(s, 0, "disclosure.recorded",
		    json_pack("{so so}", "id", nvr_register_id(full.id), "of",
			nvr_register_id(full.account)),
		    err);
	if (rc == 0)
		*id = full.id;
	return rc;
}

int
nvr_disclosure_open(struct nvr_state *s, const struct nvr_disclosure *d,
    struct nvr_buf *what, struct nvr_error *err)
{
	const struct nvr_column at = {"disclosure", "what", d->id};

	return nvr_register_open(s, 0, &at, &d->what, what, err);
}

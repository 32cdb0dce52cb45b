/* What an authority was given; see disclosure.h. */
#include "base/id.h"
#include "base/time.h"
#include "core/disclosure.h"
#include "core/log.h"
#include "core/register.h"

#define TEXTS 4
static const char *const column[TEXTS] = {
    "authority", "basis", "reviewed_by", "what"};

static int
check(const struct nvr_disclosed *d, struct nvr_error *err)
{
	int rc = nvr_check_line("the authority", d->authority, err);

	if (rc == 0)
		rc = nvr_check_line("the legal basis", d->basis, err);
	if (rc == 0)
		rc = nvr_check_line("who reviewed it", d->reviewed_by, err);
	return rc == 0 ? nvr_check_text("what was given", d->what, err) : rc;
}

static json_t *
when(int64_t tell_at)
{
	char text[NVR_TIME_TEXT];

	return tell_at != 0 ? json_string(nvr_time_format(tell_at, text))
			    : json_null();
}

int
nvr_disclose(struct nvr_state *s, const struct nvr_disclosed *d, int64_t *id,
    struct nvr_error *err)
{
	struct nvr_disclosure row = {.id = nvr_id_new(),
	    .account = d->account,
	    .at = nvr_time_now(),
	    .tell_at = d->tell_at};
	const char *const text[TEXTS] = {
	    d->authority, d->basis, d->reviewed_by, d->what};
	struct nvr_blob *const to[TEXTS] = {
	    &row.authority, &row.basis, &row.reviewed_by, &row.what};
	struct nvr_buf sealed[TEXTS] = {{0}};
	int rc = check(d, err);

	for (int i = 0; rc == 0 && i < TEXTS; i++)
		rc = nvr_register_seal(s, 0,
		    &(struct nvr_column){"disclosure", column[i], row.id},
		    text[i], &sealed[i], to[i], err);
	if (rc == 0)
		rc = nvr_disclosure_insert(s->store, &row, err);
	for (int i = 0; i < TEXTS; i++)
		nvr_buf_release(&sealed[i]);
	if (rc == 0)
		rc = nvr_log_append(s, 0, "disclosure.recorded",
		    json_pack("{so so so}", "id", nvr_register_id(row.id), "of",
			nvr_register_id(row.account), "tell_at",
			when(row.tell_at)),
		    err);
	if (rc == 0)
		*id = row.id;
	return rc;
}

int
nvr_disclosure_tell_at(
    struct nvr_state *s, int64_t id, int64_t tell_at, struct nvr_error *err)
{
	int rc = nvr_disclosure_tell(s->store, id, tell_at, err);

	return rc == 0 ? nvr_log_append(s, 0, "disclosure.changed",
			     json_pack("{so so}", "id", nvr_register_id(id),
				 "tell_at", when(tell_at)),
			     err)
		       : rc;
}

struct opening {
	struct nvr_state *s;
	int (*row)(void *ctx, const struct nvr_disclosed *d);
	void *ctx;
	struct nvr_buf text[TEXTS];
	struct nvr_error *err;
	int damaged;
};

static int
open_row(void *ctx, const struct nvr_disclosure *d)
{
	struct opening *o = ctx;
	struct nvr_disclosed open = {
	    .id = d->id,
	    .account = d->account,
	    .at = d->at,
	    .tell_at = d->tell_at,
	};
	const struct nvr_blob *const from[TEXTS] = {
	    &d->authority, &d->basis, &d->reviewed_by, &d->what};
	const char **const to[TEXTS] = {
	    &open.authority, &open.basis, &open.reviewed_by, &open.what};

	for (int i = 0; i < TEXTS; i++) {
		const struct nvr_column at = {"disclosure", column[i], d->id};
		int rc = nvr_register_open(
		    o->s, 0, &at, from[i], &o->text[i], o->err);

		if (rc == 0)
			*to[i] = o->text[i].data;
		else
			o->damaged = rc;
	}
	return o->row(o->ctx, &open);
}

int
nvr_disclosed_each(struct nvr_state *s, int64_t since,
    int (*row)(void *ctx, const struct nvr_disclosed *d), void *ctx,
    struct nvr_error *err)
{
	struct opening o = {.s = s, .row = row, .ctx = ctx, .err = err};
	int rc = nvr_disclosure_each(s->store, since, open_row, &o, err);

	for (int i = 0; i < TEXTS; i++)
		nvr_buf_wipe(&o.text[i]);
	return rc == 0 ? o.damaged : rc;
}

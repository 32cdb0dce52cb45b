/* Exports that are asked for, and those who fetch them; see offer.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/time.h"
#include "core/export.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/offer.h"
#include "core/offer_int.h"
#include "core/register.h"
#include "core/request.h"
#include "core/throttle.h"
#include "store/erase.h"

#define BEAT NVR_MINUTE /* of nvr-export.timer */
#define PIECE 65536
#define TAKEN_BACK                                                           \
	"The export was taken back before it was made. It can be asked for " \
	"again."

json_t *
nvr_offer_asked(int64_t account, int include, const char *language)
{
	json_t *list = json_array();
	char id[NVR_ID_TEXT];

	if ((include & NVR_OFFER_STILLS) != 0)
		json_array_append_new(list, json_string("stills"));
	if ((include & NVR_OFFER_FOOTAGE) != 0)
		json_array_append_new(list, json_string("footage"));
	return json_pack("{ss ss so sb ss}", "what", "account", "account",
	    nvr_id_format(account, id), "include", list, "sealed",
	    (include & NVR_OFFER_SEALED) != 0, "language", language);
}

struct finding {
	const struct nvr_offer *o; /* that is asked for */
	int64_t id;		   /* what was found; 0: nothing */
};

static int
see_making(void *ctx, const struct nvr_offer *o)
{
	struct finding *f = ctx;

	if ((strcmp(o->state, "asked") == 0 ||
		strcmp(o->state, "making") == 0) &&
	    o->expires_at > f->o->asked_at)
		f->id = o->id;
	return 0;
}

/* Of the account, none is in the making. */
static int
check_making(struct nvr_state *s, const struct nvr_offer *o, int64_t *wait,
    struct nvr_error *err)
{
	const struct nvr_offer_filter of = {.account = o->account};
	struct finding f = {.o = o};
	char id[NVR_ID_TEXT];
	int rc = nvr_offer_each(s->store, &of, see_making, &f, err);

	if (rc != 0 || f.id == 0)
		return rc;
	*wait = BEAT;
	return nvr_fail(err, NVR_E_AGAIN,
	    "the export '%s' is in the making: wait for a minute and look "
	    "again",
	    nvr_id_format(f.id, id));
}

static int
see_request(void *ctx, const struct nvr_request *r)
{
	struct finding *f = ctx;

	if (f->id == 0 && r->account == f->o->account &&
	    strcmp(r->kind, "export") == 0)
		f->id = r->id;
	return 0;
}

/*
 * The request that is open and due first, whose export failed or was given up,
 * or a new one.
 */
static int
enter_request(struct nvr_state *s, struct nvr_offer *o, struct nvr_error *err)
{
	const struct nvr_request_filter open = {0};
	struct finding f = {.o = o};
	const struct nvr_request_new request = {
	    .account = o->account, .kind = "export", .received = o->asked_at};
	bool was;
	int rc = nvr_request_each(s->store, &open, see_request, &f, err);

	if (rc != 0)
		return rc;
	if (f.id == 0)
		return nvr_request_add(s, &request, &o->id, err);
	o->id = f.id;
	return nvr_offer_delete(s->store, f.id, &was, err);
}

static int
enter(struct nvr_state *s, struct nvr_offer *o, int64_t *wait,
    struct nvr_error *err)
{
	bool there = false;
	int rc = nvr_account_there(s->store, o->account, &there, err);

	if (rc == 0 && !there)
		rc = nvr_fail(err, NVR_E_NOENT, "there is no such account");
	if (rc == 0)
		rc = check_making(s, o, wait, err);
	if (rc == 0)
		rc = enter_request(s, o, err);
	if (rc == 0)
		rc = nvr_offer_insert(s->store, o, err);
	if (rc != 0)
		return rc;
	return nvr_log_append(s, o->account, "export.asked",
	    json_pack("{so ss so}", "id", nvr_register_id(o->id), "format",
		o->format, "asked",
		nvr_offer_asked(o->account, o->include, o->language)),
	    err);
}

static int
check(const struct nvr_offer *o, struct nvr_error *err)
{
	enum nvr_pack_format format;
	int rc = nvr_pack_parse(o->format, &format, err);

	if (rc == 0)
		rc = nvr_export_language(o->language, err);
	if (rc == 0 && (o->include < 0 || o->include > 7))
		rc = nvr_fail(err, NVR_E_USAGE, "an export has no such parts");
	if (rc == 0 && o->account <= 0)
		rc = nvr_fail(err, NVR_E_NOENT, "an export is of an account");
	return rc;
}

static int
ask(struct nvr_state *s, struct nvr_offer *o, int64_t *wait,
    struct nvr_error *err)
{
	char key[NVR_ID_TEXT];
	const struct nvr_try rate = {"export", nvr_id_format(o->account, key),
	    &s->rules->exports, o->account};
	int rc = check_making(s, o, wait, err);

	if (rc == 0 &&
	    nvr_throttle_take(s, &rate, 1, o->asked_at, wait, err) != 0)
		rc = nvr_prefix(err, "exports of this account");
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc == 0)
		rc = nvr_store_end(s->store, enter(s, o, wait, err), err);
	return rc;
}

int
nvr_offer_ask(struct nvr_state *s, const struct nvr_offer *o, int64_t *id,
    int64_t *wait, struct nvr_error *err)
{
	bool rights = nvr_state_rights(s, true);
	struct nvr_offer mine = *o;
	int rc;

	*wait = 0;
	mine.state = "asked";
	if (mine.asked_at == 0)
		mine.asked_at = nvr_time_now();
	mine.expires_at = mine.asked_at + NVR_OFFER_KEEP;
	rc = check(&mine, err);
	if (rc == 0)
		rc = ask(s, &mine, wait, err);
	if (rc == 0)
		*id = mine.id;
	nvr_state_rights(s, rights);
	return rc;
}

/* Whether it can be fetched, as somebody may know. */
static int
judge(const struct nvr_offer *o, int64_t account, int64_t now,
    struct nvr_error *err)
{
	char id[NVR_ID_TEXT];

	nvr_id_format(o->id, id);
	if (account != 0 && o->account != account)
		return nvr_fail(
		    err, NVR_E_NOENT, "there is no export '%s'", id);
	if (o->expires_at <= now)
		return nvr_fail(err, NVR_E_NOENT,
		    "the export '%s' is past its time: ask for another one",
		    id);
	if (strcmp(o->state, "failed") == 0)
		return nvr_fail(err, NVR_E_NOENT,
		    "the export '%s' could not be made: ask for it again", id);
	if (strcmp(o->state, "ready") != 0)
		return nvr_fail(err, NVR_E_AGAIN,
		    "the export '%s' is not made yet: wait for a minute and "
		    "look again",
		    id);
	return 0;
}

static int64_t
read_file(void *ctx, void *buf, size_t len, struct nvr_error *err)
{
	const int *fd = ctx;
	ssize_t n;

	do {
		n = read(*fd, buf, len);
	} while (n < 0 && errno == EINTR);
	return n >= 0 ? n
		      : nvr_fail_errno(err, NVR_E_IO, "cannot read the export");
}

/* What opens the file. */
static int
open_identity(struct nvr_state *s, const struct nvr_offer *o,
    struct nvr_age_identity *ret, struct nvr_error *err)
{
	const struct nvr_column at = {"export", "identity", o->id};
	struct nvr_buf text = {0};
	int rc = nvr_sealed_get(
	    s, o->account, &at, o->identity.data, o->identity.len, &text, err);

	if (rc == 0)
		rc = nvr_age_identity_parse(text.data, text.len, ret, err);
	nvr_buf_wipe(&text);
	return rc;
}

/* Looks once more, since it may have been taken back meanwhile. */
static int
enter_taken(struct nvr_state *s, int64_t id, int64_t account, int64_t now,
    struct nvr_error *err)
{
	struct nvr_offered o = {0};
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_offer_get(s, id, &o, err);
	if (rc == 0)
		rc = judge(&o.row, account, now, err);
	if (rc == 0) {
		o.row.taken_at = now;
		rc = nvr_offer_update(s->store, &o.row, err);
	}
	if (rc == 0)
		rc = nvr_log_append(s, o.row.account, "export.taken",
		    json_pack("{so}", "id", nvr_register_id(id)), err);
	nvr_offer_release(&o);
	return nvr_store_end(s->store, rc, err);
}

static int
copy(struct nvr_age_stream *in, const struct nvr_sink *sink,
    struct nvr_error *err)
{
	uint8_t piece[PIECE];
	int64_t n;
	int rc = 0;

	while (rc == 0 &&
	       (n = nvr_age_stream_read(in, piece, sizeof(piece), err)) != 0)
		rc = n < 0 ? (int)n
			   : sink->write(sink->ctx, piece, (size_t)n, err);
	explicit_bzero(piece, sizeof(piece));
	return rc;
}

static int
fetch(struct nvr_state *s, const struct nvr_offer *o, int64_t account,
    const struct nvr_sink *sink, int64_t now, struct nvr_error *err)
{
	struct nvr_age_identity key = {0};
	struct nvr_age_stream *in = NULL;
	int fd = -1, rc = open_identity(s, o, &key, err);

	if (rc == 0)
		rc = nvr_offer_open(s, o->id, &fd, err);
	if (rc == 0)
		rc = nvr_age_stream_open(read_file, &fd, &key, &in, err);
	nvr_age_identity_wipe(&key);
	if (rc == 0)
		rc = enter_taken(s, o->id, account, now, err);
	if (rc == 0)
		rc = copy(in, sink, err);
	nvr_age_stream_free(in);
	if (fd >= 0)
		close(fd);
	return rc;
}

int
nvr_offer_fetch(struct nvr_state *s, int64_t id, int64_t account,
    const struct nvr_sink *sink, int64_t now, struct nvr_error *err)
{
	bool rights = nvr_state_rights(s, true);
	struct nvr_offered o;
	int rc = nvr_offer_get(s, id, &o, err);

	if (rc == 0)
		rc = judge(&o.row, account, now, err);
	if (rc == 0)
		rc = fetch(s, &o.row, account, sink, now, err);
	nvr_offer_release(&o);
	nvr_state_rights(s, rights);
	return rc;
}

/* One that was made is answered; so it may be otherwise by hand. */
static int
refuse_request(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	int rc = nvr_request_done(s, id, "refused", TAKEN_BACK, err);

	return rc == NVR_E_USAGE || rc == NVR_E_NOENT ? 0 : rc;
}

static int
drop(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	struct nvr_offered o = {0};
	bool was;
	int rc = nvr_offer_get(s, id, &o, err);

	if (rc == 0)
		rc = nvr_offer_delete(s->store, id, &was, err);
	if (rc == 0)
		rc = refuse_request(s, id, err);
	if (rc == 0)
		rc = nvr_log_append(s, o.row.account, "export.dropped",
		    json_pack("{so}", "id", nvr_register_id(id)), err);
	nvr_offer_release(&o);
	return rc;
}

int
nvr_offer_drop(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	bool rights = nvr_state_rights(s, true);
	int rc = nvr_store_begin(s->store, err);

	if (rc == 0)
		rc = nvr_store_end(s->store, drop(s, id, err), err);
	nvr_state_rights(s, rights);
	return rc == 0 ? nvr_offer_unlink(s, id, err) : rc;
}

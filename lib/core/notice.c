/* Changes of policy; see notice.h. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/log.h"
#include "core/notice.h"
#include "core/register.h"

struct kept {
	struct nvr_notice row;
	char *kind, *version, *text;
	int64_t now;
	bool found;
	struct nvr_error *err;
};

static int
keep(void *ctx, const struct nvr_notice *n)
{
	struct kept *k = ctx;

	k->row = *n;
	k->found = true;
	k->row.kind = k->kind = strdup(n->kind);
	k->row.version = k->version = strdup(n->version);
	k->row.text = k->text = strdup(n->text);
	return k->kind != NULL && k->version != NULL && k->text != NULL
		   ? 0
		   : nvr_fail_nomem(k->err);
}

/*
 * The first day, as --effective reads one, that is far enough ahead: days
 * begin where the zone of who runs it says.
 */
static int
check_ahead(int64_t effective, int64_t now, struct nvr_error *err)
{
	int64_t first = now + NVR_NOTICE_AHEAD, t = 0;
	char day[NVR_TIME_TEXT];
	struct nvr_error ignored;

	if (effective >= first && effective <= NVR_TIME_MAX)
		return 0;
	for (int i = -1; i < 3 && t < first; i++)
		if (nvr_time_parse(nvr_letter_day(first + i * NVR_DAY, day),
			now, &t, &ignored) != 0)
			break;
	return nvr_fail(err, NVR_E_USAGE,
	    "people are told 30 days ahead: it can take effect on %s at the "
	    "earliest",
	    day);
}

static int
log_line(struct nvr_state *s, const struct nvr_notice *n, const char *type,
    struct nvr_error *err)
{
	return nvr_log_append(s, 0, type,
	    json_pack("{so ss ss}", "id", nvr_register_id(n->id), "kind",
		n->kind, "version", n->version),
	    err);
}

int
nvr_notice_new(struct nvr_state *s, const struct nvr_notice *n, int64_t *id,
    struct nvr_error *err)
{
	struct nvr_notice full = *n;
	int64_t now = nvr_time_now();
	int rc = nvr_check_word("the kind of policy", n->kind, err);

	if (rc == 0)
		rc = nvr_check_line("the version", n->version, err);
	if (rc == 0)
		rc = nvr_check_text("the text", n->text, err);
	if (rc == 0)
		rc = check_ahead(n->effective_at, now, err);
	full.id = nvr_id_new();
	full.created_at = now;
	if (rc == 0)
		rc = nvr_notice_put(s->store, &full, &full.id, err);
	if (rc == 0)
		rc = log_line(s, &full, "notice.drafted", err);
	if (rc == 0)
		*id = full.id;
	return rc;
}

/* In the first transaction of sending. */
static int
announce(struct nvr_state *s, void *ctx, struct nvr_error *err)
{
	const struct kept *k = ctx;
	int rc;

	if (k->row.announced_at != 0)
		return log_line(s, &k->row, "notice.resumed", err);
	rc = nvr_notice_announce(s->store, &k->row, k->now, err);
	return rc == 0 ? log_line(s, &k->row, "notice.announced", err) : rc;
}

int
nvr_notice_send(struct nvr_state *s, int64_t id, struct nvr_telling *t,
    struct nvr_error *err)
{
	struct kept k = {.now = nvr_time_now(), .err = err};
	char text[NVR_ID_TEXT], at[NVR_TIME_TEXT];
	int rc = nvr_notice_each(s->store, id > 0 ? id : -1, keep, &k, err);

	if (rc == 0 && !k.found)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "no notice '%s'; 'nvr-account notice status' shows them",
		    nvr_id_format(id, text));
	if (rc == 0 && k.row.announced_at == 0)
		rc = check_ahead(k.row.effective_at, k.now, err);
	t->what = NVR_TOLD_NOTICE;
	t->id = id;
	t->letter = (struct nvr_letter){.text = "notice",
	    .value = {{"kind", k.kind}, {"version", k.version},
		{"effective", nvr_letter_time(k.row.effective_at, at)},
		{"text", k.text}}};
	if (rc == 0)
		rc = nvr_tell_many(s, t, NULL, 0, announce, &k, err);
	free(k.kind);
	free(k.version);
	free(k.text);
	return rc;
}

int
nvr_notice_each_unseen(struct nvr_state *s, int64_t account,
    int (*row)(void *ctx, const struct nvr_notice *n), void *ctx,
    struct nvr_error *err)
{
	return nvr_notice_unseen(s->store, account, row, ctx, err);
}

int
nvr_notice_seen(
    struct nvr_state *s, int64_t id, int64_t account, struct nvr_error *err)
{
	return nvr_notice_see(s->store, id, account, nvr_time_now(), err);
}

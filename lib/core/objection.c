/* Objections; see objection.h. */
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/log.h"
#include "core/objection.h"
#include "core/register.h"
#include "core/request.h"

struct purposes {
	const char *wanted;
	bool found;
	char list[384], last[64];
};

/* privacy_column says more behind a comma or a colon, of single columns. */
static int
look(void *ctx, const char *text)
{
	struct purposes *p = ctx;
	size_t len = strcspn(text, ",:");
	char purpose[64];

	if (len >= sizeof(purpose))
		return 0;
	memcpy(purpose, text, len);
	purpose[len] = '\0';
	p->found = p->found || strcmp(purpose, p->wanted) == 0;
	if (strcmp(purpose, p->last) == 0)
		return 0;
	strlcat(p->list, p->list[0] != '\0' ? "', '" : "", sizeof(p->list));
	strlcat(p->list, purpose, sizeof(p->list));
	strlcpy(p->last, purpose, sizeof(p->last));
	return 0;
}

static int
check_purpose(struct nvr_state *s, const char *purpose, struct nvr_error *err)
{
	struct purposes p = {.wanted = purpose};
	int rc = nvr_purpose_each(s->store, look, &p, err);

	if (rc == 0 && !p.found)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "objections are to one of '%s'; what is done by consent is "
		    "ended by 'nvr-account consent'",
		    p.list);
	return rc;
}

int
nvr_object(struct nvr_state *s, int64_t account, const char *purpose,
    const char *why, int64_t *request, struct nvr_error *err)
{
	struct nvr_objection o = {.id = nvr_id_new(),
	    .account = account,
	    .purpose = purpose,
	    .at = nvr_time_now()};
	const struct nvr_column at = {"objection", "why", o.id};
	const struct nvr_request_new n = {
	    .account = account, .kind = "objection", .note = why};
	struct nvr_buf sealed = {0};
	bool holds = false;
	int rc = check_purpose(s, purpose, err);

	if (rc == 0 && why != NULL)
		rc = nvr_check_line("the reason", why, err);
	if (rc == 0)
		rc = nvr_objected(s, account, purpose, &holds, err);
	if (rc == 0 && holds)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "an objection to '%s' holds already", purpose);
	if (rc == 0)
		rc = nvr_register_seal(
		    s, account, &at, why, &sealed, &o.why, err);
	if (rc == 0)
		rc = nvr_objection_insert(s->store, &o, err);
	nvr_buf_release(&sealed);
	if (rc == 0)
		rc = nvr_log_append(s, account, "objection.made",
		    json_pack("{ss}", "purpose", purpose), err);
	return rc == 0 ? nvr_request_add(s, &n, request, err) : rc;
}

int
nvr_object_withdraw(struct nvr_state *s, int64_t account, const char *purpose,
    struct nvr_error *err)
{
	int n = 0;
	int rc = check_purpose(s, purpose, err);

	if (rc == 0)
		rc = nvr_objection_end(
		    s->store, account, purpose, nvr_time_now(), &n, err);
	if (rc == 0 && n == 0)
		rc = nvr_fail(
		    err, NVR_E_NOENT, "no objection to '%s' holds", purpose);
	if (rc != 0)
		return rc;
	return nvr_log_append(s, account, "objection.withdrawn",
	    json_pack("{ss}", "purpose", purpose), err);
}

int
nvr_objected(struct nvr_state *s, int64_t account, const char *purpose,
    bool *ret, struct nvr_error *err)
{
	return nvr_objection_holds(s->store, account, purpose, ret, err);
}

/* Objections; see objection.h. */
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/log.h"
#include "core/objection.h"
#include "core/register.h"
#include "core/request.h"

const struct nvr_objectable nvr_objectables[] = {
    {"calibration",
	"how far a model's answers can be believed is reckoned from verdicts "
	"that were entered for the account's audits",
	{"calibration of models", "whose calibration it is"}, NULL},
    {"security-log",
	"what was done to the account is written into the security log",
	{"security log", "whose entry it is"},
	"without it neither an attack on the account nor who opened its data "
	"could be shown, to the person as to anyone"},
    {"throttling",
	"how often a password or a code was tried, and from which network, is "
	"counted",
	{"limits guessing"},
	"without it passwords and codes could be guessed, of all accounts"},
    {"sessions",
	"a session keeps from where and with what program it was opened",
	{"shows from where"},
	"without it a person could not tell a stranger's session from their "
	"own; it goes with the session"},
    {"clean-up",
	"the names of files that are to be deleted are kept until they are",
	{"finishes deletions after a crash"},
	"without it what is to be deleted could stay"},
    {NULL, NULL, {NULL}, NULL},
};

/* The register's own name of it is taken, too. */
static const struct nvr_objectable *
look_up(const char *purpose)
{
	const struct nvr_objectable *o = nvr_objectables;

	for (; o->word != NULL; o++) {
		if (strcmp(o->word, purpose) == 0)
			return o;
		for (int i = 0; i < 2 && o->purpose[i] != NULL; i++)
			if (strcmp(o->purpose[i], purpose) == 0)
				return o;
	}
	return NULL;
}

int
nvr_objectable_find(const char *purpose, const struct nvr_objectable **ret,
    struct nvr_error *err)
{
	char list[256] = "";

	*ret = look_up(purpose);
	if (*ret != NULL)
		return 0;
	for (const struct nvr_objectable *o = nvr_objectables; o->word != NULL;
	     o++) {
		strlcat(list, list[0] != '\0' ? ", " : "", sizeof(list));
		strlcat(list, o->word, sizeof(list));
	}
	return nvr_fail(err, NVR_E_USAGE,
	    "objections are to one of: %s; what is done by consent is ended by "
	    "'nvr-account consent'",
	    list);
}

int
nvr_object(struct nvr_state *s, int64_t account, const char *purpose,
    const char *why, int64_t *request, struct nvr_error *err)
{
	struct nvr_objection o = {
	    .id = nvr_id_new(), .account = account, .at = nvr_time_now()};
	const struct nvr_column at = {"objection", "why", o.id};
	const struct nvr_request_new n = {
	    .account = account, .kind = "objection", .note = why};
	struct nvr_buf sealed = {0};
	const struct nvr_objectable *to = NULL;
	bool holds = false;
	int rc = nvr_objectable_find(purpose, &to, err);

	if (rc == 0)
		o.purpose = to->word;
	if (rc == 0 && why != NULL)
		rc = nvr_check_line("the reason", why, err);
	if (rc == 0)
		rc = nvr_objected(s, account, o.purpose, &holds, err);
	if (rc == 0 && holds)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "an objection to '%s' holds already", o.purpose);
	if (rc == 0)
		rc = nvr_register_seal(
		    s, account, &at, why, &sealed, &o.why, err);
	if (rc == 0)
		rc = nvr_objection_insert(s->store, &o, err);
	nvr_buf_release(&sealed);
	if (rc == 0)
		rc = nvr_log_append(s, account, "objection.made",
		    json_pack("{ss}", "purpose", o.purpose), err);
	return rc == 0 ? nvr_request_add(s, &n, request, err) : rc;
}

int
nvr_object_withdraw(struct nvr_state *s, int64_t account, const char *purpose,
    struct nvr_error *err)
{
	const struct nvr_objectable *to = NULL;
	int n = 0;
	int rc = nvr_objectable_find(purpose, &to, err);

	if (rc == 0)
		rc = nvr_objection_end(
		    s->store, account, to->word, nvr_time_now(), &n, err);
	if (rc == 0 && n == 0)
		rc = nvr_fail(
		    err, NVR_E_NOENT, "no objection to '%s' holds", to->word);
	if (rc != 0)
		return rc;
	return nvr_log_append(s, account, "objection.withdrawn",
	    json_pack("{ss}", "purpose", to->word), err);
}

int
nvr_objected(struct nvr_state *s, int64_t account, const char *purpose,
    bool *ret, struct nvr_error *err)
{
	return nvr_objection_holds(s->store, account, purpose, ret, err);
}

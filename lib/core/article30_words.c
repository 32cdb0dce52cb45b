/* The words of the record of processing activities; see article30.h. */
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "base/time.h"
#include "core/article30_int.h"
#include "store/sealed.h"

#define NO_LIMIT "no limit"
#define USERS NVR_SUBJECT_USERS
#define SEEN NVR_SUBJECT_SEEN
#define OPERATORS NVR_SUBJECT_OPERATORS

const char *const nvr_subject_words[] = {
    "people who sign in",
    "people whom the cameras see",
    "people who run it, or are named in its registers",
    NULL,
};

/* Of everything that the schema has; a test finds what is missing. */
static const struct nvr_table_words words[] = {
    {"access", "footage that was taken out", OPERATORS | SEEN},
    {"account", "accounts", USERS},
    {"aggregate", "anonymous counts", 0},
    {"alert", "alerts", USERS},
    {"alert_event", "what became of alerts", USERS | OPERATORS},
    {"alert_rule", "thresholds of alerts", USERS},
    {"alert_told", "who was told of alerts", USERS},
    {"asked", "views that were asked about", SEEN},
    {"attempt", "requests to analyzers", USERS | SEEN},
    {"audit", "audits", USERS | SEEN},
    {"baseline", "what healthy cameras measure like", SEEN},
    {"breach", "breaches of security", USERS | OPERATORS},
    {"breach_note", "notes on breaches", USERS | OPERATORS},
    {"breach_told", "who was told of a breach", USERS},
    {"bucket", "limits on guessing", USERS},
    {"calibration", "calibration of models", USERS},
    {"camera", "cameras", USERS},
    {"camera_recipient", "who else may open footage", USERS},
    {"consent", "consents", USERS},
    {"contact", "who is told of alerts", USERS | OPERATORS},
    {"departure", "pictures that left", SEEN},
    {"disclosure", "disclosures to authorities", USERS | OPERATORS},
    {"enrolment", "the portal that it reports to", OPERATORS},
    {"enrolment_rule", "thresholds that the portal has set", OPERATORS},
    {"erasure", "the ledger of erasures", USERS},
    {"event", "events of recordings", USERS},
    {"export", "exports that people asked for", USERS},
    {"factor", "second factors", USERS},
    {"finding", "findings of audits", SEEN},
    {"footage_sum", "how much footage there is", USERS},
    {"garbage", "files that are to go", USERS},
    {"hold", "legal holds", SEEN | OPERATORS},
    {"incident", "when something was found", SEEN},
    {"invitation", "invitations of recorders", USERS},
    {"label", "verdicts of people on findings", USERS},
    {"log", "the security log", USERS | OPERATORS},
    {"log_mark", "signed states of the security log", USERS},
    {"log_tail", "the end of the security log", USERS},
    {"migration", "history of the schema", 0},
    {"notice", "changes of policy", OPERATORS},
    {"notice_told", "who was told of a change", USERS},
    {"objection", "objections", USERS},
    {"open_segment", "footage being written", SEEN},
    {"outbox", "messages", USERS},
    {"privacy_column", "this register", 0},
    {"processor", "the register of processors", OPERATORS},
    {"recorder", "recorders elsewhere", USERS},
    {"recorder_camera", "cameras of recorders elsewhere", USERS},
    {"recovery_code", "recovery codes", USERS},
    {"request", "requests of people about their rights", USERS},
    {"run", "unbroken stretches of footage", SEEN},
    {"schedule", "schedules of audits", USERS},
    {"schedule_camera", "cameras of schedules", USERS},
    {"segment", "footage", SEEN},
    {"session", "sessions", USERS},
    {"setting", "settings of the store", 0},
    {"site", "sites", USERS},
    {"step", "steps of audits", USERS | SEEN},
    {"still", "kept stills", SEEN},
    {"telemetry", "reports of recorders", USERS},
    {"telemetry_sum", "reports of recorders, rolled up", USERS},
    {"token", "links and steps of signing in", USERS},
    {"unsent", "reports that wait for the portal", OPERATORS},
    {"usage", "usage by account", USERS},
};

struct nvr_table_words
nvr_table_words(const char *of)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].table, of) == 0)
			return words[i];
	return (struct nvr_table_words){of, of, USERS | SEEN | OPERATORS};
}

const char *
nvr_article6(const char *basis)
{
	return strcmp(basis, "consent") == 0	  ? "6(1)(a)"
	       : strcmp(basis, "contract") == 0	  ? "6(1)(b)"
	       : strcmp(basis, "legal") == 0	  ? "6(1)(c)"
	       : strcmp(basis, "legitimate") == 0 ? "6(1)(f)"
						  : NULL;
}

bool
nvr_privacy_is_sealed(const struct nvr_privacy_column *c)
{
	bool of_table = false;

	/* A purpose may be said of all columns, of which those are sealed. */
	for (const struct nvr_sealed_column *s = nvr_sealed_columns;
	     s->table != NULL; s++) {
		if (strcmp(s->table, c->table) != 0)
			continue;
		of_table = true;
		if (strcmp(s->column, c->column) == 0)
			return true;
	}
	return !of_table && strstr(c->purpose, ", sealed") != NULL;
}

/* `90d`, or that there is no limit. */
static const char *
keep(int64_t us, char buf[NVR_TIME_TEXT])
{
	return us != 0 ? nvr_duration_format(us, buf) : NO_LIMIT;
}

/* Rules that are one duration; false: it is none of them. */
static bool
single(const struct nvr_rules *r, const char *rule, char buf[NVR_IN_FORCE])
{
	const struct nvr_keeping *k = &r->keep;
	const struct {
		const char *rule, *from;
		int64_t us;
	} all[] = {
	    {"accounts", " after its deletion", r->restore},
	    {"account", " after the account's deletion", r->restore},
	    {"sites", " after its removal", r->restore},
	    {"cameras", " after its removal", k->cameras},
	    {"events", "", k->events},
	    {"accesses", "", k->accesses},
	    {"holds", " after the release", k->holds},
	    {"usage", "", k->usage},
	    {"outbox", " after it was sent, or made if it never was",
		k->outbox},
	    {"requests", " after the answer", k->requests},
	    {"disclosures", "", k->registers},
	    {"breaches", " after it was closed", k->registers},
	    {"processors", " after the end", k->requests},
	    {"recorders", " after it was revoked", k->recorders},
	    {"alerts", " after it was closed", k->alerts},
	    {"log", "", r->log_keep},
	};
	char text[NVR_TIME_TEXT];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(all[i].rule, rule) != 0)
			continue;
		if (all[i].us == 0)
			strlcpy(buf, NO_LIMIT, NVR_IN_FORCE);
		else
			snprintf(buf, NVR_IN_FORCE, "%s%s",
			    nvr_duration_format(all[i].us, text), all[i].from);
		return true;
	}
	return false;
}

static void
of_sessions(
    const struct nvr_rules *r, const char *table, char buf[NVR_IN_FORCE])
{
	char a[NVR_TIME_TEXT], b[NVR_TIME_TEXT], c[NVR_TIME_TEXT];

	if (strcmp(table, "session") == 0)
		snprintf(buf, NVR_IN_FORCE,
		    "%s at the most, %s without a request",
		    nvr_duration_format(r->session, a),
		    nvr_duration_format(r->idle, b));
	else if (strcmp(table, "token") == 0)
		snprintf(buf, NVR_IN_FORCE,
		    "links: %s to set a password, %s to confirm an address, "
		    "%s to undo its change; and a day",
		    nvr_duration_format(r->reset, a),
		    nvr_duration_format(r->verify, b),
		    nvr_duration_format(r->undo, c));
	else
		strlcpy(buf, "at the next run", NVR_IN_FORCE);
}

/* Rules that are more than one duration. */
static void
compound(const struct nvr_rules *r, const char *table, const char *rule,
    char buf[NVR_IN_FORCE])
{
	const struct nvr_keeping *k = &r->keep;
	char a[NVR_TIME_TEXT], b[NVR_TIME_TEXT], c[NVR_TIME_TEXT];
	char size[NVR_SIZE_TEXT];

	if (strcmp(rule, "audits") == 0)
		snprintf(buf, NVR_IN_FORCE, "%s free, %s premium, %s owner",
		    keep(k->audits[NVR_TIER_FREE], a),
		    keep(k->audits[NVR_TIER_PREMIUM], b),
		    keep(k->audits[NVR_TIER_OWNER], c));
	else if (strcmp(rule, "stills") == 0)
		snprintf(buf, NVR_IN_FORCE,
		    "%s at the most; of free accounts %s",
		    nvr_duration_format(k->stills, a),
		    nvr_duration_format(k->stills_free, b));
	else if (strcmp(table, "incident") == 0)
		snprintf(buf, NVR_IN_FORCE,
		    "while footage within %s of it is kept",
		    nvr_duration_format(k->around, a));
	else if (strcmp(rule, "recordings") == 0)
		snprintf(buf, NVR_IN_FORCE,
		    "by age: %s, by bytes: %s, of each stream of which "
		    "neither the camera nor the site says otherwise",
		    keep(k->footage, a),
		    k->footage_bytes != 0
			? nvr_size_format(k->footage_bytes, size)
			: NO_LIMIT);
	else if (strcmp(table, "telemetry") == 0)
		snprintf(buf, NVR_IN_FORCE, "%s", keep(k->telemetry, a));
	else if (strcmp(rule, "telemetry") == 0)
		snprintf(buf, NVR_IN_FORCE,
		    "%s as hours, then as days while the account exists",
		    keep(k->hours, a));
	else if (strcmp(rule, "sessions") == 0)
		of_sessions(r, table, buf);
	else
		strlcpy(buf,
		    strcmp(rule, "garbage") == 0 ? "at the next run"
		    : strcmp(rule, "exports") == 0
			? "7 days after it was made, or asked for where it "
			  "was not"
		    : strcmp(rule, "use") == 0	 ? "as long as it is in use"
		    : strcmp(rule, "never") == 0 ? "while the store exists"
						 : "no rule",
		    NVR_IN_FORCE);
}

const char *
nvr_in_force(const struct nvr_rules *r, const char *table, const char *rule,
    char buf[NVR_IN_FORCE])
{
	char part[NVR_IN_FORCE];

	if (rule[0] == '-') { /* with the row of that kind */
		nvr_in_force(r, "", rule + 1, part);
		snprintf(
		    buf, NVR_IN_FORCE, "with that of %s: %s", rule + 1, part);
	} else if (!single(r, rule, buf)) {
		compound(r, table, rule, buf);
	}
	return buf;
}

const char *
nvr_rule_words(const char *rule)
{
	static const char *const said[][2] = {
	    {"-alerts", "with the alert"},
	    {"-audits", "with the audit"},
	    {"-breaches", "with the breach"},
	    {"-cameras", "with the camera"},
	    {"-log", "with the log"},
	    {"-recorders", "with the recorder"},
	    {"account", "with the account"},
	    {"never", "while the store exists"},
	    {"use", "by what made it"},
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (strcmp(said[i][0], rule) == 0)
			return said[i][1];
	return rule;
}

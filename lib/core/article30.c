/* The record of processing activities; see article30.h. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "core/article30_int.h"
#include "core/retain.h"
#include "store/log.h"

/* Of who is not needed everywhere nothing is said where nobody is set; JSON has
 * the same keys always. */
static void
put_who(
    struct nvr_paper *p, const char *key, const char *label, const char *who)
{
	if (who[0] == '\0' && p->format != NVR_PAPER_JSON)
		return;
	nvr_paper_fact(p, key, label);
	nvr_paper_text(p, who, NULL);
}

static void
put_controller(struct nvr_record *r)
{
	const struct nvr_rules *rules = r->s->rules;
	struct nvr_paper *p = &r->p;

	nvr_paper_heading(p, "Who answers for it: article 30(1)(a)");
	nvr_paper_facts(p, "controller", "Controller");
	nvr_paper_fact(p, "name", "Name");
	nvr_paper_text(p, rules->controller,
	    "not set: 'name' in [controller] of nvr.conf");
	nvr_paper_fact(p, "contact", "Contact");
	nvr_paper_text(p, rules->contact,
	    "not set: 'contact' in [controller] of nvr.conf");
	nvr_paper_fact(p, "officer", "Data protection officer");
	nvr_paper_text(p, rules->officer,
	    "not set: 'officer' in [controller] of nvr.conf, where article 37 "
	    "asks for one");
	put_who(p, "representative", "Representative (article 27)",
	    rules->representative);
	put_who(p, "joint", "Joint controllers (article 26)", rules->joint);
	nvr_paper_facts_end(p);
}

static int
put_head(struct nvr_record *r)
{
	struct nvr_paper *p = &r->p;
	int version = 0, rc = nvr_store_version(r->s->store, &version, r->err);

	if (rc != 0)
		return rc;
	nvr_paper_say(p,
	    "As article 30 of the GDPR asks for it, made of what is in force "
	    "here: the register of columns, nvr.conf, and the registers of "
	    "this store. All times are UTC.");
	nvr_paper_facts(p, "record", "This record");
	nvr_paper_fact(p, "generated_at", "Made");
	nvr_paper_time(p, r->a->now, NULL);
	nvr_paper_fact(p, "tool", "By");
	nvr_paper_text(p, "nvr-retain", NULL);
	nvr_paper_fact(p, "version", "Version");
	nvr_paper_text(p, r->a->version, NULL);
	nvr_paper_fact(p, "schema", "Schema of the store");
	nvr_paper_int(p, version);
	nvr_paper_facts_end(p);
	return 0;
}

/* What is sealed, and how: of this store's settings. */
static int
put_measures(struct nvr_record *r)
{
	const struct nvr_article30 *a = r->a;
	struct nvr_paper *p = &r->p;
	struct nvr_log_end last = {0};
	int rc = nvr_log_last(r->s->store, &last, r->err);

	if (rc != 0)
		return rc;
	nvr_paper_heading(p, "Measures of security: article 30(1)(g)");
	nvr_paper_facts(p, "measures", "In force");
	nvr_paper_fact(p, "media", "New footage and stills");
	nvr_paper_text(p,
	    a->seal ? "sealed as age files (X25519, ChaCha20-Poly1305)"
		    : "NOT SEALED: 'seal' in [store] of nvr.conf is none",
	    NULL);
	nvr_paper_fact(p, "columns", "Personal columns");
	nvr_paper_text(
	    p, "sealed under a key of each account (AES-256-GCM)", NULL);
	nvr_paper_fact(p, "keys", "Keys");
	nvr_paper_text(p,
	    "apart from the data, in keys.db, wrapped by a master key; "
	    "erasing an account destroys its key",
	    NULL);
	nvr_paper_fact(p, "bcrypt_cost", "Passwords: bcrypt, at the cost");
	nvr_paper_int(p, r->s->rules->cost);
	nvr_paper_fact(p, "tls_min", "Cameras over https: TLS from");
	nvr_paper_text(p, a->tls12 ? "1.2" : "1.3", NULL);
	nvr_paper_fact(p, "log", "Security log");
	nvr_paper_text(p,
	    "append-only, a chain of hashes: 'nvr-account log --verify'", NULL);
	nvr_paper_fact(p, "log_entries", "Entries of it so far");
	nvr_paper_int(p, last.seq);
	nvr_paper_facts_end(p);
	return 0;
}

/* Whether the limits are kept to.  That it cannot be told is told too. */
static void
put_state(struct nvr_record *r)
{
	struct nvr_paper *p = &r->p;
	struct nvr_error why = {0};
	int64_t overdue = 0;
	int rc = nvr_retain_overdue(r->s, &overdue, &why);

	nvr_paper_facts(p, "state", "Whether they are kept to");
	nvr_paper_fact(p, "overdue",
	    "Past its time and still there ('nvr-retain verify')");
	if (rc == 0)
		nvr_paper_int(p, overdue);
	else
		nvr_paper_text(p, NULL, "it cannot be told");
	nvr_paper_fact(p, "overdue_error", "Why it cannot be told");
	nvr_paper_text(p, rc != 0 ? why.text : NULL, NULL);
	nvr_paper_fact(p, "holds", "Holds in force, which keep footage longer");
	nvr_paper_int(p, r->counts.holds);
	nvr_paper_facts_end(p);
}

static void
put_processor(struct nvr_record *r)
{
	struct nvr_paper *p = &r->p;

	nvr_paper_heading(p, "On behalf of others: article 30(2)");
	nvr_paper_say(p,
	    "Who signs in and has sites or cameras here is the controller of "
	    "what those record; this store is kept for them. 'nvr-account "
	    "list' names them.");
	nvr_paper_facts(p, "processor", "As a processor");
	nvr_paper_fact(p, "controllers", "Accounts with sites or cameras");
	nvr_paper_int(p, r->counts.accounts);
	nvr_paper_fact(p, "processing", "Processing on their behalf");
	nvr_paper_text(p,
	    "recording and keeping footage, taking stills, auditing them, "
	    "telling what was found, deleting it in time",
	    NULL);
	nvr_paper_fact(p, "transfers", "Transfers and measures");
	nvr_paper_text(p, "as above", NULL);
	nvr_paper_facts_end(p);
}

static int
put_all(struct nvr_record *r)
{
	int rc = nvr_privacy_count(r->s->store, &r->counts, r->err);

	if (rc == 0)
		rc = put_head(r);
	if (rc == 0)
		put_controller(r);
	if (rc == 0)
		rc = nvr_record_data(r);
	if (rc == 0)
		rc = nvr_record_recipients(r);
	if (rc == 0)
		rc = nvr_record_places(r);
	if (rc == 0)
		rc = nvr_record_limits(r);
	if (rc == 0)
		put_state(r);
	if (rc == 0)
		rc = put_measures(r);
	if (rc == 0)
		put_processor(r);
	return rc;
}

int
nvr_article30(struct nvr_state *s, const struct nvr_article30 *a,
    enum nvr_paper_format format, struct nvr_buf *ret, struct nvr_error *err)
{
	struct nvr_record r = {.s = s, .a = a, .err = err};
	int rc;

	nvr_paper_begin(&r.p, format, "Record of processing activities", err);
	rc = put_all(&r);
	if (r.p.rc == 0)
		r.p.rc = rc;
	return nvr_paper_end(&r.p, ret);
}

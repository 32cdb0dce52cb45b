/*
 * nvr-account: accounts, and what people with cameras are promised.  Each
 * command is in a file of nearly its name; the rules are in lib/core.
 */
#include "core/portal.h"
#include "store/telemetry_series.h"

#include "nvr-account.h"
#include "open.h"

struct nvr_cli cli;
struct account_options opt = {
    .retain = -1, .retain_bytes = -1, .after = -1, .limit = 100};

static const struct nvr_opt opts[] = {
    {NVR_OPT_TEXT, 0, "name", &opt.name, "TEXT",
	"full name; of a site: its new name", "create set site processors"},
    {NVR_OPT_TEXT, 0, "business", &opt.business, "TEXT",
	"name of the business; '' for none", "create set"},
    {NVR_OPT_TEXT, 0, "email", &opt.email, "EMAIL",
	"the new address, once it is confirmed", "set"},
    {NVR_OPT_TEXT, 0, "tier", &opt.tier, "TIER", "free or premium", "create"},
    {NVR_OPT_TEXT, 0, "born", &opt.born, "DATE",
	"YYYY-MM-DD: is checked, not kept", "create"},
    {NVR_OPT_FLAG, 0, "adult", &opt.adult, NULL, "old enough, as declared",
	"create"},
    {NVR_OPT_FLAG, 0, "verified", &opt.verified, NULL,
	"the address is known to be right", "create set"},
    {NVR_OPT_TEXT, 0, "password-file", &opt.password_file, "FILE",
	"its password; '-' is stdin", "create passwd signin reset"},
    {NVR_OPT_TEXT, 0, "why", &opt.why, "TEXT", "the reason, for the record",
	"delete restore restrict unrestrict object requests"},
    {NVR_OPT_FLAG, 0, "now", &opt.now, NULL, "erase at once, for good",
	"delete"},
    {NVR_OPT_FLAG, 0, "due", &opt.due, NULL,
	"erase those whose time to be restored is over", "delete"},
    {NVR_OPT_FLAG, 0, "yes-erase", &opt.yes_erase, NULL, "--now: do not ask",
	"delete"},
    {NVR_OPT_FLAG, 0, "withdraw", &opt.withdraw, NULL, "no longer object",
	"object"},
    {NVR_OPT_TEXT, 0, "jurisdiction", &opt.jurisdiction, "CODE",
	"ISO 3166: DE, US-CA", "site processors"},
    {NVR_OPT_TEXT, 0, "zone", &opt.zone, "ZONE",
	"its time zone (Europe/Berlin)", "site contact"},
    {NVR_OPT_OPEN, 0, "retain", &opt.retain, "DURATION",
	"keep footage for so long; none: as nvr.conf", "site", NVR_MINUTE},
    {NVR_OPT_OPEN_BYTES, 0, "retain-bytes", &opt.retain_bytes, "SIZE",
	"and no more than this; none: as nvr.conf", "site"},
    {NVR_OPT_TEXT, 0, "address", &opt.address, "IP", "from where", "signin"},
    {NVR_OPT_TEXT, 0, "agent", &opt.agent, "TEXT", "with what", "signin"},
    {NVR_OPT_TEXT, 0, "device-file", &opt.device_file, "FILE",
	"what proves that it was signed in before", "signin reset"},
    {NVR_OPT_TEXT, 0, "token-file", &opt.token_file, "FILE",
	"the token; '-' is stdin", "signin signout session confirm reset"},
    {NVR_OPT_TEXT, 0, "code-file", &opt.code_file, "FILE",
	"the code of the second factor; '-' is stdin", "signin 2fa"},
    {NVR_OPT_FLAG, 0, "all", &opt.all, NULL, "all of them",
	"sessions requests breach"},
    {NVR_OPT_TEXT, 0, "kind", &opt.kind, "KIND", "access, erasure, ...",
	"requests"},
    {NVR_OPT_TEXT, 0, "text-version", &opt.text_version, "TEXT", "of the text",
	"consent"},
    {NVR_OPT_LINES, 0, "text", &opt.text, "TEXT", "the text; @FILE",
	"consent notice breach"},
    {NVR_OPT_TEXT, 0, "channel", &opt.channel, "WORD",
	"how: mail, phone, letter, ...", "consent requests"},
    {NVR_OPT_TEXT, 0, "person", &opt.person, "TEXT",
	"who asks, where there is no account", "requests"},
    {NVR_OPT_LINES, 0, "note", &opt.note, "TEXT", "in words; @FILE",
	"requests"},
    {NVR_OPT_TEXT, 0, "outcome", &opt.outcome, "WORD",
	"granted, partly or refused", "requests"},
    {NVR_OPT_TIME, 0, "received", &opt.received, "TIME", "when it came",
	"requests"},
    {NVR_OPT_TEXT, 0, "authority", &opt.authority, "TEXT", "who asked",
	"disclose"},
    {NVR_OPT_TEXT, 0, "basis", &opt.basis, "TEXT", "on what legal basis",
	"disclose"},
    {NVR_OPT_TEXT, 0, "reviewed-by", &opt.reviewed_by, "TEXT",
	"who reviewed it", "disclose"},
    {NVR_OPT_LINES, 0, "what", &opt.what, "TEXT", "what was given; @FILE",
	"disclose"},
    {NVR_OPT_TEXT, 0, "tell", &opt.tell, "TIME",
	"from when the person may be told; now, never", "disclose"},
    {NVR_OPT_TIME, 0, "known", &opt.known, "TIME", "when it became known",
	"breach"},
    {NVR_OPT_FLAG, 0, "reported", &opt.reported, NULL,
	"the supervisory authority was told", "breach"},
    {NVR_OPT_LIST, 0, "account", &opt.account, "EMAIL", "whom it affects",
	"breach"},
    {NVR_OPT_TIME, 0, "effective", &opt.effective, "TIME",
	"from when it holds: 30 days ahead at least", "notice"},
    {NVR_OPT_TEXT, 0, "purpose", &opt.purpose, "TEXT", "what for",
	"processors"},
    {NVR_OPT_TEXT, 0, "data", &opt.data, "TEXT", "what data", "processors"},
    {NVR_OPT_TEXT, 0, "safeguard", &opt.safeguard, "TEXT",
	"of a transfer: adequacy, SCC, ...", "processors"},
    {NVR_OPT_TEXT, 0, "host", &opt.host, "HOST", "where it goes", "processors"},
    {NVR_OPT_TEXT, 0, "replaces", &opt.replaces, "ID",
	"whose cameras it gets, once it is approved", "recorder"},
    {NVR_OPT_TIME, 0, "since", &opt.since, "TIME", "not before",
	"list log disclose requests recorder"},
    {NVR_OPT_TIME, 0, "until", &opt.until, "TIME", "before",
	"list log recorder"},
    {NVR_OPT_NUMBER, 0, "points", &opt.points, "N",
	"of telemetry, at the most (default 300)", "recorder", 1,
	NVR_SERIES_POINTS},
    {NVR_OPT_NUMBER, 0, "limit", &opt.limit, "N",
	"the newest so many (default 100)", "log", 1, 1000000000},
    {NVR_OPT_FLAG, 0, "deleted", &opt.deleted, NULL, "the deleted ones",
	"list site"},
    {NVR_OPT_FLAG, 0, "restricted", &opt.restricted, NULL,
	"the restricted ones", "list"},
    {NVR_OPT_FLAG, 0, "verify", &opt.verify, NULL,
	"check the chain, row by row", "log"},
    {NVR_OPT_FLAG, 0, "head", &opt.head, NULL, "sign the end of the chain",
	"log"},
    {NVR_OPT_TEXT, 0, "against", &opt.against, "FILE",
	"--verify: a head that was kept", "log"},
    {NVR_OPT_TEXT, 0, "mail", &opt.mail, "EMAIL",
	"to this address; log: the --head", "log contact"},
    {NVR_OPT_FLAG, 0, "operator", &opt.operator, NULL,
	"of who runs the service", "contact"},
    {NVR_OPT_TEXT, 0, "sms", &opt.sms, "NUMBER", "to this number", "contact"},
    {NVR_OPT_TEXT, 0, "webhook", &opt.webhook, "URL", "to this server",
	"contact"},
    {NVR_OPT_TEXT, 0, "exec", &opt.exec, "PROGRAM",
	"to a program, for --operator alone", "contact"},
    {NVR_OPT_TEXT, 0, "secret-file", &opt.secret_file, "FILE",
	"what a webhook is signed with; else one is drawn", "contact"},
    {NVR_OPT_TEXT, 0, "least", &opt.least, "SEVERITY",
	"info, warning (default) or critical", "contact"},
    {NVR_OPT_TEXT, 0, "kinds", &opt.kinds, "KINDS",
	"of alerts, with blanks; else all", "contact"},
    {NVR_OPT_DURATION, 0, "after", &opt.after, "DURATION",
	"once an alert is so old, and nobody took it on", "contact"},
    {NVR_OPT_TEXT, 0, "quiet-hours", &opt.quiet_hours, "HH:MM-HH:MM",
	"in --zone: all but critical ones wait", "contact"},
    {NVR_OPT_FLAG, 0, "public-key", &opt.public_key, NULL,
	"who signs, for ssh-keygen -Y verify", "log"},
    {NVR_OPT_FLAG, 0, "prune", &opt.prune, NULL, "drop what is past log-keep",
	"log"},
    {NVR_OPT_FLAG, 'n', "dry-run", &opt.dry_run, NULL, "only say what would be",
	"notice breach log"},
    NVR_OPTS_COMMON(cli),
};

int
account_open(struct nvr_state **s)
{
	int rc = nvr_portal_check(&cli.conf.rules, &cli.err);

	if (rc == 0)
		rc = nvr_open(&cli, NVR_STATE_DURABLE, s);
	if (rc == 0)
		(*s)->rights = true;
	return rc;
}

int
account_of(const char *who, struct nvr_state **s, struct nvr_account **a)
{
	int rc = account_open(s);

	return rc == 0 ? nvr_account_find(*s, who, a, &cli.err) : rc;
}

void
account_done(int64_t id, const char *done, int64_t until)
{
	struct nvr_out out;

	nvr_out_init(&out, cli.json);
	nvr_out_id(&out, "id", id);
	nvr_out_text(&out, "done", done);
	if (until == 0)
		nvr_out_more(&out);
	nvr_out_time(&out, "until", until);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

static const struct nvr_command commands[] = {
    {"create", "EMAIL", "make an account", 1, 1, run_create},
    {"list", "", "list accounts", 0, 0, run_list},
    {"show", "EMAIL", "show what is known of one", 1, 1, run_show},
    {"set", "EMAIL", "correct name, business or address", 1, 1, run_set},
    {"passwd", "EMAIL", "set a password", 1, 1, run_passwd},
    {"tier", "EMAIL TIER", "free or premium", 2, 2, run_tier},
    {"delete", "EMAIL", "delete one; it can be restored", 0, 1, run_delete},
    {"restore", "EMAIL", "bring a deleted one back", 1, 1, run_restore},
    {"restrict", "EMAIL", "keep its data and use none", 1, 1, run_restrict},
    {"unrestrict", "EMAIL", "use it again", 1, 1, run_unrestrict},
    {"confirm", "[EMAIL]", "do what a link does, or post it again", 0, 1,
	run_confirm},
    {"signin", "[EMAIL]", "sign in, or go on with --token-file", 0, 1,
	run_signin},
    {"signout", "", "end the session of a token", 0, 0, run_signout},
    {"session", "", "whose token it is, as the portal asks", 0, 0, run_session},
    {"sessions", "EMAIL [revoke [ID]]", "list sessions, or end them", 1, 3,
	run_sessions},
    {"sweep", "", "tell of sign-ins left half-way, drop what is over", 0, 0,
	run_sweep},
    {"2fa", "EMAIL [enrol-totp|confirm|codes|sms|withdraw-sms|disable]",
	"show and change second factors", 1, 3, run_2fa},
    {"reset", "[EMAIL]", "post a link that sets a password, or use it", 0, 1,
	run_reset},
    {"consent", "EMAIL give|withdraw|show [KIND]",
	"what someone agreed to, with text and version", 2, 3, run_consent},
    {"object", "EMAIL [PURPOSE]",
	"to calibration, security-log, throttling, sessions or clean-up", 1, 2,
	run_object},
    {"requests", "[list|add EMAIL|done ID|extend ID]",
	"requests under people's rights; 1: one is overdue", 0, 2,
	run_requests},
    {"disclose", "EMAIL|list|tell ID", "what an authority was given", 1, 2,
	run_disclose},
    {"breach", "[list|open TITLE|note|notify|close|show ID]",
	"the register of breaches; 1: one is overdue", 0, 3, run_breach},
    {"notice", "[status|new KIND VERSION|send ID]",
	"changes of policy, and who was told", 0, 3, run_notice},
    {"processors", "[list|add NAME|end NAME]",
	"who receives data; 1: somebody unknown does", 0, 2, run_processors},
    {"contact", "[list|add [EMAIL]|set|remove ID]", "who is told of alerts", 0,
	2, run_contact},
    {"site", "add|set|list|remove|restore [EMAIL [NAME]]",
	"where cameras hang, and under whose law", 1, 3, run_site},
    {"recorder", "[list|invite|approve|revoke|telemetry]",
	"which recorders report here, and how they fare", 0, 3, run_recorder},
    {"log", "[EMAIL]", "the security log; 1: it does not verify", 0, 1,
	run_log},
    {NULL, NULL, NULL, 0, 0, NULL},
};

static const struct nvr_tool tool = {
    .name = "nvr-account",
    .summary = "accounts, sessions, consents, rights, and their log",
    .opts = opts,
    .commands = commands,
};

int
main(int argc, char **argv)
{
	nvr_cli_start(&cli, &tool, argc, argv);
	return nvr_finish(nvr_cli_run(&cli));
}

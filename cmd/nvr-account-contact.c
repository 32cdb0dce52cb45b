/* nvr-account contact: who is told of alerts. */
#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "base/time.h"
#include "core/contact.h"

#include "nvr-account.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	struct nvr_buf address, secret;
	int64_t only; /* of that one, with its secret; 0: all */
	const struct nvr_contact_change *added; /* which that one is */
	int damaged;
};

/* Of whom: an account, or the operator. */
static int
whose(struct nvr_state *s, int argc, char **argv, int64_t *account)
{
	if ((argc > 0) == opt.operator)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "contacts are of an account, EMAIL, or of who runs the "
		    "service, --operator");
	*account = 0;
	return argc > 0 ? account_id(s, argv[0], account) : 0;
}

/* Which may be meant, of other kinds or at other hours. */
static void
note_same(struct listing *l, const struct nvr_contact *c)
{
	struct nvr_buf address = {0};
	struct nvr_error ignored;
	char id[NVR_ID_TEXT];

	if (strcmp(c->channel, l->added->channel) == 0 &&
	    nvr_contact_open(l->s, c, &address, NULL, &ignored) == 0 &&
	    strcasecmp(address.data, l->added->address) == 0)
		nvr_note(&cli,
		    "%s has this address, too: it is told twice of what both "
		    "are for",
		    nvr_id_format(c->id, id));
	nvr_buf_wipe(&address);
}

static int
show(void *ctx, const struct nvr_contact *c)
{
	struct listing *l = ctx;
	struct nvr_out *out = &l->out;
	int rc = 0;

	if (l->only != 0 && l->only != c->id) {
		note_same(l, c);
		return 0;
	}
	rc = nvr_contact_open(l->s, c, &l->address, &l->secret, &cli.err);
	if (rc != 0)
		l->damaged = rc;
	nvr_out_id(out, "id", c->id);
	nvr_out_text(out, "channel", c->channel);
	nvr_out_text(out, "address", rc == 0 ? l->address.data : NULL);
	nvr_out_text(out, "least", nvr_severity_names[c->least]);
	nvr_out_text(out, "kinds", c->kinds[0] != '\0' ? c->kinds : NULL);
	nvr_out_int(out, "after_ms", c->after / NVR_MILLISECOND);
	nvr_out_text(out, "quiet", c->quiet[0] != '\0' ? c->quiet : NULL);
	nvr_out_text(out, "zone", c->zone[0] != '\0' ? c->zone : NULL);
	nvr_out_time(out, "unsubscribed_at", c->unsubscribed_at);
	if (l->only != 0 && l->secret.len > 0)
		nvr_out_text(out, "secret", l->secret.data);
	nvr_out_more(out);
	nvr_out_time(out, "created_at", c->created_at);
	if (c->account_id != 0)
		nvr_out_id(out, "account_id", c->account_id);
	else
		nvr_out_text(out, "account_id", NULL);
	nvr_out_end(out);
	return 0;
}

static int
list(struct nvr_state *s, int64_t account, int64_t only,
    const struct nvr_contact_change *added)
{
	struct listing l = {.s = s, .only = only, .added = added};
	int rc;

	nvr_out_init(&l.out, cli.json);
	rc = nvr_contact_each(s, account, show, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_buf_wipe(&l.address);
	nvr_buf_wipe(&l.secret);
	return rc == 0 ? l.damaged : rc;
}

static int
do_list(int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int64_t account = 0;
	int rc = account_open(&s);

	if (rc == 0)
		rc = whose(s, argc, argv, &account);
	if (rc == 0)
		rc = list(s, account, 0, NULL);
	nvr_state_close(s);
	return rc;
}

/* One of --mail, --sms, --webhook and --exec. */
static int
channel(struct nvr_contact_change *c)
{
	const struct {
		const char *name, *address;
	} all[] = {{"mail", opt.mail}, {"sms", opt.sms},
	    {"webhook", opt.webhook}, {"exec", opt.exec}};
	int n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].address == NULL)
			continue;
		c->channel = all[i].name;
		c->address = all[i].address;
		n++;
	}
	return n == 1 ? 0
		      : nvr_fail(&cli.err, NVR_E_USAGE,
			    "a contact has one of --mail, --sms, --webhook "
			    "and --exec");
}

static int
severity(enum nvr_severity *ret)
{
	int i = 0;

	if (opt.least == NULL)
		return 0;
	while (
	    i < NVR_SEVERITIES && strcmp(nvr_severity_names[i], opt.least) != 0)
		i++;
	*ret = (enum nvr_severity)i;
	return i < NVR_SEVERITIES
		   ? 0
		   : nvr_fail(&cli.err, NVR_E_USAGE,
			 "--least is info, warning or critical, not '%s'",
			 opt.least);
}

static int
do_add(int argc, char **argv)
{
	struct nvr_contact_change c = {.least = NVR_WARNING,
	    .kinds = opt.kinds,
	    .quiet = opt.quiet_hours,
	    .zone = opt.zone,
	    .after = opt.after > 0 ? opt.after : 0};
	struct nvr_state *s = NULL;
	struct nvr_buf secret = {0};
	struct nvr_error ignored;
	int64_t account = 0, id = 0;
	int rc = channel(&c);

	if (rc == 0)
		rc = severity(&c.least);
	if (rc == 0 && opt.secret_file != NULL) {
		rc = nvr_secret_read(
		    &cli, opt.secret_file, "secret-file", "secret", &secret);
		c.secret = secret.data;
	}
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0)
		rc = whose(s, argc, argv, &account);
	if (rc == 0)
		rc = nvr_contact_add(s, account, &c, &id, &cli.err);
	/* What it is signed with is shown this once: unseen it is of no use. */
	if (rc == 0) {
		rc = list(s, account, id, &c);
		if (rc == 0)
			rc = account_shown();
		if (rc != 0)
			nvr_contact_remove(s, id, &ignored);
	}
	nvr_buf_wipe(&secret);
	nvr_state_close(s);
	return rc;
}

static int
do_set(int argc, char **argv)
{
	struct nvr_contact_change c = {.least = NVR_SEVERITIES,
	    .kinds = opt.kinds,
	    .quiet = opt.quiet_hours,
	    .zone = opt.zone,
	    .after = opt.after};
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = account_row(argv[0], &id);

	(void)argc;
	if (rc == 0)
		rc = severity(&c.least);
	if (rc == 0 && c.least == NVR_SEVERITIES && c.kinds == NULL &&
	    c.quiet == NULL && c.zone == NULL && c.after < 0)
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "set takes --least, --kinds, --after, --quiet-hours or "
		    "--zone");
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0)
		rc = nvr_contact_set(s, id, &c, &cli.err);
	nvr_state_close(s);
	return rc;
}

static int
do_remove(int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = account_row(argv[0], &id);

	(void)argc;
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0)
		rc = nvr_contact_remove(s, id, &cli.err);
	nvr_state_close(s);
	return rc;
}

int
run_contact(struct nvr_cli *c, int argc, char **argv)
{
	static const struct account_verb verbs[] = {
	    {"list", "[EMAIL]", "operator", 0, 1, do_list},
	    {"add", "[EMAIL]",
		"operator mail sms webhook exec secret-file least kinds after "
		"quiet-hours zone",
		0, 1, do_add},
	    {"set", "ID", "least kinds after quiet-hours zone", 1, 1, do_set},
	    {"remove", "ID", "", 1, 1, do_remove},
	};

	(void)c;
	return account_verb(
	    "contact", verbs, sizeof(verbs) / sizeof(verbs[0]), argc, argv);
}

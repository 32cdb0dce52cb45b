/* nvr-account: what its commands share. */
#include <readpassphrase.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "core/register.h"

#include "nvr-account.h"

int
account_begin(struct nvr_state **s)
{
	int rc = account_open(s);

	return rc == 0 ? nvr_store_begin((*s)->store, &cli.err) : rc;
}

int
account_end(struct nvr_state *s, int rc)
{
	if (s == NULL)
		return rc;
	rc = nvr_store_end(s->store, rc, &cli.err);
	nvr_state_close(s);
	return rc;
}

int
account_shown(void)
{
	if (fflush(stdout) == 0 && nvr_out_failed() == 0)
		return 0;
	return nvr_fail(&cli.err, NVR_E_IO,
	    "cannot write to standard output: %s; what could not be shown "
	    "does not hold",
	    strerror(nvr_out_failed()));
}

int
account_ask(const char *around, const char *fmt, const char *word, ...)
{
	char prompt[256], line[64];
	va_list ap;

	va_start(ap, word);
	vsnprintf(prompt, sizeof(prompt), fmt, ap);
	va_end(ap);
	if (readpassphrase(prompt, line, sizeof(line),
		RPP_ECHO_ON | RPP_REQUIRE_TTY) == NULL)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "there is no terminal to ask on: %s", around);
	if (strcmp(line, word) == 0)
		return 0;
	nvr_warn("nothing was changed");
	return NVR_EXIT_NEGATIVE;
}

/* The word is one of those in the list. */
static bool
is_among(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p != '\0'; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == len && memcmp(p, word, len) == 0)
			return true;
		p += n;
	}
	return false;
}

/* An option that a verb has no use for is a misunderstanding. */
static int
check_options(const char *command, const struct account_verb *v)
{
	const struct {
		const char *name;
		bool given;
	} all[] = {{"all", opt.all}, {"kind", opt.kind != NULL},
	    {"text-version", opt.text_version != NULL},
	    {"text", opt.text != NULL}, {"channel", opt.channel != NULL},
	    {"person", opt.person != NULL}, {"note", opt.note != NULL},
	    {"outcome", opt.outcome != NULL}, {"received", opt.received != 0},
	    {"since", opt.since != 0}, {"until", opt.until != 0},
	    {"points", opt.points != 0}, {"authority", opt.authority != NULL},
	    {"basis", opt.basis != NULL},
	    {"reviewed-by", opt.reviewed_by != NULL},
	    {"what", opt.what != NULL}, {"tell", opt.tell != NULL},
	    {"known", opt.known != 0}, {"reported", opt.reported},
	    {"account", opt.account.n > 0}, {"effective", opt.effective != 0},
	    {"purpose", opt.purpose != NULL}, {"data", opt.data != NULL},
	    {"host", opt.host != NULL},
	    {"jurisdiction", opt.jurisdiction != NULL},
	    {"safeguard", opt.safeguard != NULL}, {"why", opt.why != NULL},
	    {"replaces", opt.replaces != NULL}, {"dry-run", opt.dry_run},
	    {"operator", opt.operator}, {"mail", opt.mail != NULL},
		{"sms", opt.sms != NULL}, {"webhook", opt.webhook != NULL},
		{"exec", opt.exec != NULL},
		{"secret-file", opt.secret_file != NULL},
		{"least", opt.least != NULL}, {"kinds", opt.kinds != NULL},
		{"after", opt.after >= 0}, {"zone", opt.zone != NULL},
		{"quiet-hours", opt.quiet_hours != NULL}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].given && !is_among(v->takes, all[i].name))
			return nvr_fail(&cli.err, NVR_E_USAGE,
			    "%s %s takes no --%s", command, v->name,
			    all[i].name);
	return 0;
}

int
account_verb_run(
    const char *command, const struct account_verb *v, int argc, char **argv)
{
	int rc;

	if (argc < v->min)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "an argument is missing: %s %s %s", command, v->name,
		    v->args);
	if (argc > v->max)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "unexpected argument '%s'", argv[v->max]);
	rc = check_options(command, v);
	return rc == 0 ? v->run(argc, argv) : rc;
}

int
account_verb(const char *command, const struct account_verb *verbs, int n,
    int argc, char **argv)
{
	char words[128] = "";

	if (argc == 0)
		return account_verb_run(command, verbs, 0, argv);
	for (int i = 0; i < n; i++) {
		if (strcmp(argv[0], verbs[i].name) == 0)
			return account_verb_run(
			    command, &verbs[i], argc - 1, argv + 1);
		strlcat(words, i == 0 ? "" : ", ", sizeof(words));
		strlcat(words, verbs[i].name, sizeof(words));
	}
	return nvr_fail(&cli.err, NVR_E_USAGE, "%s is one of %s, not '%s'",
	    command, words, argv[0]);
}

int
account_text(const char *option, const char *value, const char **ret)
{
	static struct nvr_buf text;

	return nvr_lines_read(
	    option, value, NVR_REGISTER_TEXT, &text, ret, &cli.err);
}

int
account_row(const char *text, int64_t *id)
{
	return nvr_id_parse(text, id, &cli.err);
}

int
account_id(struct nvr_state *s, const char *who, int64_t *id)
{
	struct nvr_account *a = NULL;
	int rc = nvr_account_find(s, who, &a, &cli.err);

	if (rc == 0)
		*id = a->id;
	nvr_account_free(a);
	return rc;
}

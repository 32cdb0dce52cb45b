/* nvr.conf; see conf.h. */
#include <ctype.h>
#include <ini.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/money.h"
#include "base/size.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/conf.h"

enum type {
	TEXT,
	CHOICE, /* bool */
	WORD,	/* int, the number of a word */
	WORDS,	/* unsigned, a bit a word */
	NUMBER,
	LIMIT, /* NUMBER, or none: -1 */
	BYTES,
	DURATION,
	MONEY, /* or none: -1 */
};

struct key {
	const char *section, *name;
	enum type type;
	size_t offset;
	const char *preset;   /* the default, in nvr.conf's words */
	long long min, max;   /* DURATION: max 0 is none; TEXT: room */
	const char *no, *yes; /* CHOICE: the words for false and true */
	const char *const *words;
};

static const char *const tier_words[] = {"owner", "free", "premium", NULL};

/* Sections of which there are several: [model NAME], [tier NAME]. */
#define AT_MODEL(field) offsetof(struct nvr_model, field)
#define AT_TIER(field) offsetof(struct nvr_tier, field)
#define AT(field) offsetof(struct nvr_conf, field)
#define MANY INT64_C(1000000000000)

static const struct key keys[] = {
    {"store", "path", TEXT, AT(store), "", 0, 1024, NULL, NULL},
    {"store", "seal", CHOICE, AT(seal), "age", 0, 0, "none", "age"},
    {"store", "min-free", BYTES, AT(min_free), "1G", 0, INT64_MAX, NULL, NULL},
    {"snap", "jobs", NUMBER, AT(jobs), "4", 1, 64, NULL, NULL},
    {"snap", "timeout", DURATION, AT(timeout), "10s", 1, 0, NULL, NULL},
    {"snap", "quality", NUMBER, AT(quality), "90", 1, 100, NULL, NULL},
    {"record", "segment", DURATION, AT(segment), "1m", NVR_SECOND,
	15 * NVR_MINUTE, NULL, NULL},
    {"record", "flush", DURATION, AT(flush), "5s", NVR_SECOND, NVR_MINUTE, NULL,
	NULL},
    {"record", "timeout", DURATION, AT(record_timeout), "10s", 1, NVR_MINUTE,
	NULL, NULL},
    {"net", "tls-min", CHOICE, AT(tls12), "1.3", 0, 0, "1.3", "1.2"},
    {"still", "keep-max", DURATION, AT(keep_max), "24h", 0, 0, NULL, NULL},
    {"audit", "analyzer", TEXT, AT(analyzer), "local", 0, 256, NULL, NULL},
    {"audit", "model", TEXT, AT(use_model), "gpt-4o", 0, 64, NULL, NULL},
    {"audit", "jobs", NUMBER, AT(audit_jobs), "4", 1, 256, NULL, NULL},
    {"audit", "tier", WORD, AT(tier_used), "owner", 0, 0, NULL, NULL,
	tier_words},
    {"audit", "currency", TEXT, AT(currency), "USD", 0, 16, NULL, NULL},
    {"audit", "mail-from", TEXT, AT(mail_from), "", 0, 256, NULL, NULL},
    {"model", "url", TEXT, AT_MODEL(url), "https://api.openai.com/v1", 0, 512,
	NULL, NULL},
    {"model", "model", TEXT, AT_MODEL(model), "", 0, 128, NULL, NULL},
    {"model", "key-file", TEXT, AT_MODEL(key_file), "", 0, 512, NULL, NULL},
    {"model", "tls-ca", TEXT, AT_MODEL(tls_ca), "", 0, 512, NULL, NULL},
    {"model", "api", WORD, AT_MODEL(api), "openai", 0, 0, NULL, NULL,
	nvr_api_words},
    {"model", "quirks", WORDS, AT_MODEL(quirks), "", 0, 0, NULL, NULL,
	nvr_quirk_words},
    {"model", "detail", WORD, AT_MODEL(detail), "high", 0, 0, NULL, NULL,
	nvr_detail_words},
    {"model", "max-tokens", NUMBER, AT_MODEL(max_tokens), "1200", 16, 1000000,
	NULL, NULL},
    {"model", "timeout", DURATION, AT_MODEL(timeout), "2m", 1, NVR_HOUR, NULL,
	NULL},
    {"model", "price-in", MONEY, AT_MODEL(price_in), "none", 0, 0, NULL, NULL},
    {"model", "price-out", MONEY, AT_MODEL(price_out), "none", 0, 0, NULL,
	NULL},
    {"model", "price-date", TEXT, AT_MODEL(price_date), "", 0, 16, NULL, NULL},
    {"model", "steps", NUMBER, AT_MODEL(steps), "6", 1, 100, NULL, NULL},
    {"model", "stills", NUMBER, AT_MODEL(stills), "8", 1, 100, NULL, NULL},
    {"model", "tokens", LIMIT, AT_MODEL(tokens), "30000", 1, 100000000, NULL,
	NULL},
    {"model", "cost", MONEY, AT_MODEL(cost), "none", 0, 0, NULL, NULL},
    {"model", "time", DURATION, AT_MODEL(time), "3m", 1, NVR_HOUR, NULL, NULL},
    {"tier", "audits-per-day", LIMIT, AT_TIER(audits_day), "none", 0, MANY,
	NULL, NULL},
    {"tier", "audits-per-month", LIMIT, AT_TIER(audits_month), "none", 0, MANY,
	NULL, NULL},
    {"tier", "tokens-per-audit", LIMIT, AT_TIER(tokens_audit), "none", 0, MANY,
	NULL, NULL},
    {"tier", "tokens-per-day", LIMIT, AT_TIER(tokens_day), "none", 0, MANY,
	NULL, NULL},
    {"tier", "tokens-per-month", LIMIT, AT_TIER(tokens_month), "none", 0, MANY,
	NULL, NULL},
    {"tier", "cost-per-audit", MONEY, AT_TIER(cost_audit), "none", 0, 0, NULL,
	NULL},
    {"tier", "cost-per-day", MONEY, AT_TIER(cost_day), "none", 0, 0, NULL,
	NULL},
    {"tier", "cost-per-month", MONEY, AT_TIER(cost_month), "none", 0, 0, NULL,
	NULL},
    {"exec", "timeout", DURATION, AT(exec_timeout), "30s", 1, 0, NULL, NULL},
    {"exec", "max-output", BYTES, AT(exec_output), "1M", 1, 1 << 30, NULL,
	NULL},
    {"camera", "restore-within", DURATION, AT(restore), "30d", 0, 0, NULL,
	NULL},
};
#define NKEYS (sizeof(keys) / sizeof(keys[0]))

struct load {
	struct nvr_conf *conf;
	struct nvr_error *err; /* the first thing that is wrong */
};

/* The number of a word; the error lists them all. */
static int
find_word(const char *const *words, const char *text, size_t len, int *ret,
    struct nvr_error *err)
{
	char all[160] = "";

	for (int i = 0; words[i] != NULL; i++) {
		if (strlen(words[i]) == len &&
		    strncmp(words[i], text, len) == 0) {
			*ret = i;
			return 0;
		}
		strlcat(all, i > 0 ? ", " : "", sizeof(all));
		strlcat(all, words[i], sizeof(all));
	}
	return nvr_fail(
	    err, NVR_E_CONFIG, "'%.*s' is none of %s", (int)len, text, all);
}

static int
set_words(
    const struct key *k, unsigned *at, const char *text, struct nvr_error *err)
{
	unsigned bits = 0;
	int bit;

	while (*(text += strspn(text, " ,")) != '\0') {
		size_t len = strcspn(text, " ,");

		if (find_word(k->words, text, len, &bit, err) != 0)
			return NVR_E_CONFIG;
		bits |= 1U << bit;
		text += len;
	}
	*at = bits;
	return 0;
}

static int
set_number(
    const struct key *k, long long *at, const char *text, struct nvr_error *err)
{
	const char *wrong = NULL;
	bool none = k->type == LIMIT && strcmp(text, "none") == 0;
	long long v = none ? -1 : strtonum(text, k->min, k->max, &wrong);

	if (wrong != NULL)
		return nvr_fail(err, NVR_E_CONFIG,
		    "'%s' is not a number from %lld to %lld%s", text, k->min,
		    k->max, k->type == LIMIT ? ", or none" : "");
	*at = v;
	return 0;
}

/* key k of what lies at base, from its text. */
static int
set(const struct key *k, void *base, const char *text, struct nvr_error *err)
{
	void *at = (char *)base + k->offset;
	int64_t v64 = -1;
	int word;

	switch (k->type) {
	case TEXT:
		if (strlcpy(at, text, (size_t)k->max) >= (size_t)k->max)
			return nvr_fail(err, NVR_E_CONFIG, "too long");
		return 0;
	case CHOICE:
		if (strcmp(text, k->no) != 0 && strcmp(text, k->yes) != 0)
			return nvr_fail(err, NVR_E_CONFIG,
			    "'%s' is neither '%s' nor '%s'", text, k->no,
			    k->yes);
		*(bool *)at = strcmp(text, k->yes) == 0;
		return 0;
	case WORD:
		if (find_word(k->words, text, strlen(text), &word, err) != 0)
			return err->code;
		*(int *)at = word;
		return 0;
	case WORDS:
		return set_words(k, at, text, err);
	case NUMBER:
	case LIMIT:
		return set_number(k, at, text, err);
	case MONEY:
		if (strcmp(text, "none") != 0 &&
		    nvr_money_parse(text, &v64, err) != 0)
			return err->code;
		*(int64_t *)at = v64;
		return 0;
	case BYTES:
		if (nvr_size_parse(text, k->min, k->max, &v64, err) != 0)
			return err->code;
		*(long long *)at = v64;
		return 0;
	case DURATION:
		if (nvr_duration_parse(text, &v64, err) != 0)
			return err->code;
		if (v64 < k->min)
			return nvr_fail(
			    err, NVR_E_CONFIG, "'%s' is too short", text);
		if (k->max > 0 && v64 > k->max)
			return nvr_fail(
			    err, NVR_E_CONFIG, "'%s' is too long", text);
		*(int64_t *)at = v64;
		return 0;
	}
	return 0;
}

/* The presets of a section, into the struct that it fills. */
static void
preset(const char *section, void *base)
{
	struct nvr_error err;

	for (size_t i = 0; i < NKEYS; i++)
		if (strcmp(keys[i].section, section) == 0)
			set(&keys[i], base, keys[i].preset, &err);
}

static struct nvr_model *
add_model(struct nvr_conf *conf, const char *name)
{
	struct nvr_model *m = &conf->model[conf->nmodel++];

	preset("model", m);
	strlcpy(m->name, name, sizeof(m->name));
	strlcpy(m->model, name, sizeof(m->model));
	return m;
}

static bool
is_plural(const struct key *k)
{
	return strcmp(k->section, "model") == 0 ||
	       strcmp(k->section, "tier") == 0;
}

void
nvr_conf_init(struct nvr_conf *conf)
{
	struct nvr_error err;

	memset(conf, 0, sizeof(*conf));
	for (size_t i = 0; i < NKEYS; i++)
		if (!is_plural(&keys[i]))
			set(&keys[i], conf, keys[i].preset, &err);
	for (int i = 0; i < NVR_TIERS; i++) {
		preset("tier", &conf->tier[i]);
		conf->tier[i].name = tier_words[i];
	}
	conf->tier[NVR_TIER_FREE].audits_day = 24;
	conf->tier[NVR_TIER_FREE].audits_month = 500;
	conf->tier[NVR_TIER_PREMIUM].audits_day = 1000;
	conf->tier[NVR_TIER_PREMIUM].audits_month = 20000;
	add_model(conf, conf->use_model);
}

/* What the section `model NAME` or `tier NAME` fills. */
static int
find_base(struct nvr_conf *conf, const char *section, void **ret,
    struct nvr_error *err)
{
	const char *name = strchr(section, ' ');
	int i;

	if (name == NULL || name[1 + strspn(name + 1, " ")] == '\0')
		return nvr_fail(err, NVR_E_CONFIG,
		    "section [%s] has a name: [%s NAME]", section, section);
	name += strspn(name, " ");
	if (section[0] == 't') {
		if (find_word(tier_words, name, strlen(name), &i, err) != 0)
			return nvr_prefix(err, "section [%s]", section);
		*ret = &conf->tier[i];
		return 0;
	}
	for (i = 0; i < conf->nmodel; i++) {
		if (strcmp(conf->model[i].name, name) == 0) {
			*ret = &conf->model[i];
			return 0;
		}
	}
	if (strlen(name) >= sizeof(conf->model[0].name))
		return nvr_fail(
		    err, NVR_E_CONFIG, "section [%s]: too long", section);
	if (conf->nmodel == NVR_MODELS_MAX)
		return nvr_fail(err, NVR_E_CONFIG,
		    "section [%s]: there are %d models already", section,
		    NVR_MODELS_MAX);
	*ret = add_model(conf, name);
	return 0;
}

/* inih's callback: 0 stops at this line. */
static int
handle(void *ctx, const char *section, const char *name, const char *value)
{
	struct load *l = ctx;
	const struct key *near = NULL;
	size_t len = strcspn(section, " ");
	void *base = l->conf;

	if (l->err->code != 0)
		return 0;
	if (!nvr_text_printable(value) || !nvr_text_printable(section))
		return nvr_fail(l->err, NVR_E_CONFIG,
			   "control characters are refused") == 0;
	for (size_t i = 0; i < NKEYS; i++) {
		const struct key *k = &keys[i];

		if (near == NULL && strcmp(k->name, name) == 0)
			near = k;
		if (strncmp(k->section, section, len) != 0 ||
		    k->section[len] != '\0' || strcmp(k->name, name) != 0)
			continue;
		if (is_plural(k)
			? find_base(l->conf, section, &base, l->err) != 0
			: section[len] != '\0')
			break;
		if (set(k, base, value, l->err) == 0)
			return 1;
		nvr_prefix(l->err, "%s", name);
		l->err->code = NVR_E_CONFIG;
		return 0;
	}
	if (l->err->code != 0)
		return 0;
	if (near != NULL)
		nvr_fail(l->err, NVR_E_CONFIG,
		    "'%s' belongs in section [%s%s], not [%s]", name,
		    near->section, is_plural(near) ? " NAME" : "", section);
	else
		nvr_fail(l->err, NVR_E_CONFIG,
		    "unknown setting '%s' in section [%s]; see nvr.conf(5)",
		    name, section);
	return 0;
}

int
nvr_conf_load(struct nvr_conf *conf, const char *path, struct nvr_error *err)
{
	struct nvr_error first = {0};
	struct load l = {conf, &first};
	struct stat sb;
	FILE *f = fopen(path, "re");
	int line;

	if (f == NULL)
		return nvr_fail_errno(
		    err, NVR_E_CONFIG, "cannot open '%s'", path);
	if (fstat(fileno(f), &sb) == 0 && S_ISDIR(sb.st_mode)) {
		fclose(f);
		return nvr_fail(err, NVR_E_CONFIG, "'%s' is a folder", path);
	}
	line = ini_parse_file(f, handle, &l);
	fclose(f);
	if (line == 0)
		return 0;
	if (line < 0)
		return nvr_fail(err, NVR_E_CONFIG, "%s: cannot be read", path);
	return nvr_fail(err, NVR_E_CONFIG, "%s:%d: %s", path, line,
	    first.code != 0 ? first.text
			    : "neither [section] nor 'key = value' "
			      "(a line has at most 199 bytes)");
}

int
nvr_conf_model(const struct nvr_conf *conf, const char *name,
    const struct nvr_model **ret, struct nvr_error *err)
{
	char all[200] = "";

	for (int i = 0; i < conf->nmodel; i++) {
		if (strcmp(conf->model[i].name, name) == 0) {
			*ret = &conf->model[i];
			return 0;
		}
		strlcat(all, i > 0 ? ", " : "", sizeof(all));
		strlcat(all, conf->model[i].name, sizeof(all));
	}
	return nvr_fail(err, NVR_E_CONFIG,
	    "nvr.conf has no section [model %s]; there is %s", name, all);
}

static void
print_words(const char *const *words, unsigned bits)
{
	const char *between = "";

	for (int i = 0; words[i] != NULL; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		printf("%s%s", between, words[i]);
		between = " ";
	}
}

static void
print_value(const struct key *k, const void *at)
{
	char buf[NVR_TIME_TEXT], size[NVR_SIZE_TEXT], money[NVR_MONEY_TEXT];

	if (k->type == TEXT)
		printf("%s", (const char *)at);
	else if (k->type == CHOICE)
		printf("%s", *(const bool *)at ? k->yes : k->no);
	else if (k->type == WORD)
		printf("%s", k->words[*(const int *)at]);
	else if (k->type == WORDS)
		print_words(k->words, *(const unsigned *)at);
	else if ((k->type == MONEY && *(const int64_t *)at < 0) ||
		 (k->type == LIMIT && *(const long long *)at < 0))
		printf("none");
	else if (k->type == MONEY)
		printf("%s", nvr_money_format(*(const int64_t *)at, money));
	else if (k->type == DURATION)
		printf("%s", nvr_duration_format(*(const int64_t *)at, buf));
	else if (k->type == BYTES)
		printf("%s", nvr_size_format(*(const long long *)at, size));
	else
		printf("%lld", *(const long long *)at);
}

/* All keys of a section, as they stand in base; name: [section NAME]. */
static void
print_section(const char *section, const char *name, const void *base)
{
	printf("%s[%s%s%s]\n", section == keys[0].section ? "" : "\n", section,
	    name[0] != '\0' ? " " : "", name);
	for (size_t i = 0; i < NKEYS; i++) {
		if (strcmp(keys[i].section, section) != 0)
			continue;
		printf("%s = ", keys[i].name);
		print_value(&keys[i], (const char *)base + keys[i].offset);
		putchar('\n');
	}
}

void
nvr_conf_print(const struct nvr_conf *conf)
{
	const char *last = "";

	for (size_t i = 0; i < NKEYS; i++) {
		const char *section = keys[i].section;

		if (strcmp(section, last) == 0)
			continue;
		last = section;
		if (!is_plural(&keys[i]))
			print_section(section, "", conf);
		for (int m = 0; section[0] == 'm' && m < conf->nmodel; m++)
			print_section(
			    section, conf->model[m].name, &conf->model[m]);
		for (int t = 0; section[0] == 't' && t < NVR_TIERS; t++)
			print_section(
			    section, conf->tier[t].name, &conf->tier[t]);
	}
}

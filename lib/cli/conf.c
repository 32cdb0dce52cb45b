/* nvr.conf; see conf.h. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/money.h"
#include "base/size.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/conf_int.h"
#include "cli/ini.h"
#include "cli/limit.h"

#define BOM "\xef\xbb\xbf"

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
set_words(const struct nvr_conf_key *k, unsigned *at, const char *text,
    struct nvr_error *err)
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
set_number(const struct nvr_conf_key *k, long long *at, const char *text,
    struct nvr_error *err)
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

static int
set_date(const struct nvr_conf_key *k, char *at, const char *text,
    struct nvr_error *err)
{
	struct tm tm = {0};
	char again[16] = "";
	const char *end = strptime(text, "%Y-%m-%d", &tm);

	/* What is no day, as 02-30, comes out as another. */
	if (end != NULL && timegm(&tm) != -1)
		strftime(again, sizeof(again), "%Y-%m-%d", &tm);
	if (strcmp(again, text) != 0)
		return nvr_fail(err, NVR_E_CONFIG,
		    "'%s' is not a date as 2026-01-31", text);
	strlcpy(at, text, (size_t)k->max);
	return 0;
}

/* `20/1h`: how many in how long. */
static int
set_rate(struct nvr_rate *at, const char *text, struct nvr_error *err)
{
	const char *slash = strchr(text, '/'), *wrong = "";
	struct nvr_rate r = {0};
	char n[24];

	if (slash != NULL && (size_t)(slash - text) < sizeof(n)) {
		strlcpy(n, text, (size_t)(slash - text) + 1);
		r.n = strtonum(n, 1, 1000000, &wrong);
	}
	if (wrong != NULL || nvr_duration_parse(slash + 1, &r.per, err) != 0 ||
	    r.per < NVR_SECOND || r.per > 31 * NVR_DAY)
		return nvr_fail(err, NVR_E_CONFIG,
		    "'%s' is not a rate as 20/1h, of 1 to 1000000 in 1s to "
		    "31d",
		    text);
	*at = r;
	return 0;
}

/* key k of what lies at base, from its text. */
static int
set(const struct nvr_conf_key *k, void *base, const char *text,
    struct nvr_error *err)
{
	void *at = (char *)base + k->offset;
	int64_t v64 = -1;
	int word, rc = 0;

	switch (k->type) {
	case TEXT:
		if (strlcpy(at, text, (size_t)k->max) >= (size_t)k->max)
			return nvr_fail(err, NVR_E_CONFIG,
			    "too long: %lld bytes at the most", k->max - 1);
		return 0;
	case DATE:
		return set_date(k, at, text, err);
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
		if (strcmp(text, "none") != 0)
			rc = nvr_money_parse(text, &v64, err);
		break;
	case RATE:
		return set_rate(at, text, err);
	case BYTES:
		rc = nvr_size_parse(text, k->min, k->max, &v64, err);
		break;
	case DURATION:
		rc = nvr_duration_within(text, k->min, k->max, &v64, err);
		break;
	case OPEN:
	case OPEN_BYTES:
		rc = nvr_limit_parse(
		    text, k->type == OPEN_BYTES, k->min, k->max, &v64, err);
		break;
	}
	if (rc == 0 && (k->type == BYTES || k->type == OPEN_BYTES))
		*(long long *)at = v64;
	else if (rc == 0)
		*(int64_t *)at = v64;
	return rc;
}

/* The presets of a section, into the struct that it fills. */
static void
preset(const char *section, void *base)
{
	struct nvr_error err;

	for (size_t i = 0; i < NVR_CONF_KEYS; i++)
		if (strcmp(nvr_conf_keys[i].section, section) == 0)
			set(&nvr_conf_keys[i], base, nvr_conf_keys[i].preset,
			    &err);
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

void
nvr_conf_init(struct nvr_conf *conf)
{
	struct nvr_error err;

	memset(conf, 0, sizeof(*conf));
	for (size_t i = 0; i < NVR_CONF_KEYS; i++)
		if (!nvr_conf_key_plural(&nvr_conf_keys[i]))
			set(&nvr_conf_keys[i], conf, nvr_conf_keys[i].preset,
			    &err);
	for (int i = 0; i < NVR_TIERS; i++) {
		preset("tier", &conf->tier[i]);
		conf->tier[i].name = nvr_tier_words[i];
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
		if (find_word(nvr_tier_words, name, strlen(name), &i, err) != 0)
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
		return nvr_fail(err, NVR_E_CONFIG,
		    "section [%s]: too long: its name has %zu bytes at the "
		    "most",
		    section, sizeof(conf->model[0].name) - 1);
	if (conf->nmodel == NVR_MODELS_MAX)
		return nvr_fail(err, NVR_E_CONFIG,
		    "section [%s]: there are %d models already", section,
		    NVR_MODELS_MAX);
	*ret = add_model(conf, name);
	return 0;
}

/* A line of the file. */
static int
take(struct nvr_conf *conf, const struct nvr_ini *line, struct nvr_error *err)
{
	const char *section = line->section, *name = line->name;
	const struct nvr_conf_key *near = NULL;
	size_t len = strcspn(section, " ");
	void *base = conf;

	if (!nvr_text_printable(line->value) || !nvr_text_printable(section))
		return nvr_fail(
		    err, NVR_E_CONFIG, "control characters are refused");
	for (size_t i = 0; i < NVR_CONF_KEYS; i++) {
		const struct nvr_conf_key *k = &nvr_conf_keys[i];

		if (near == NULL && strcmp(k->name, name) == 0)
			near = k;
		if (strncmp(k->section, section, len) != 0 ||
		    k->section[len] != '\0' || strcmp(k->name, name) != 0 ||
		    (!nvr_conf_key_plural(k) && section[len] != '\0'))
			continue;
		if (nvr_conf_key_plural(k) &&
		    find_base(conf, section, &base, err) != 0)
			return err->code;
		return set(k, base, line->value, err) == 0
			   ? 0
			   : nvr_prefix(err, "%s", name);
	}
	if (near != NULL)
		return nvr_fail(err, NVR_E_CONFIG,
		    "'%s' belongs in section [%s%s], not [%s]", name,
		    near->section, nvr_conf_key_plural(near) ? " NAME" : "",
		    section);
	return nvr_fail(err, NVR_E_CONFIG,
	    "unknown setting '%s' in section [%s]; see nvr.conf(5)", name,
	    section);
}

int
nvr_conf_load(struct nvr_conf *conf, const char *path, struct nvr_error *err)
{
	struct nvr_buf text = {0};
	struct nvr_ini line = {.section = ""};
	int rc = nvr_file_read(path, NVR_CONF_MAX, &text, err);

	if (rc == 0 && text.len > 0) {
		/* Some editors begin with a mark that says it is UTF-8. */
		line.at = text.data + (strncmp(text.data, BOM, 3) == 0 ? 3 : 0);
		line.end = text.data + text.len;
		while ((rc = nvr_ini_next(&line, err)) == 1 &&
		       (rc = take(conf, &line, err)) == 0)
			;
		if (rc != 0)
			nvr_prefix(err, "%s:%d", path, line.line);
	}
	nvr_buf_release(&text);
	if (rc != 0)
		err->code = NVR_E_CONFIG;
	return rc != 0 ? NVR_E_CONFIG : 0;
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

/* nvr.conf; see conf.h. */
#include <ctype.h>
#include <ini.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/size.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/conf.h"

enum type { TEXT, CHOICE, NUMBER, BYTES, DURATION };

struct key {
	const char *section, *name;
	enum type type;
	size_t offset;
	const char *preset;   /* the default, in nvr.conf's words */
	long long min, max;   /* DURATION: max 0 is none; TEXT: room */
	const char *no, *yes; /* CHOICE: the words for false and true */
};

#define AT(field) offsetof(struct nvr_conf, field)

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

static int
set(const struct key *k, struct nvr_conf *conf, const char *text,
    struct nvr_error *err)
{
	void *at = (char *)conf + k->offset;
	const char *wrong;
	int64_t v64;
	long long v;

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
	case NUMBER:
		v = strtonum(text, k->min, k->max, &wrong);
		if (wrong != NULL)
			return nvr_fail(err, NVR_E_CONFIG,
			    "'%s' is not a number from %lld to %lld", text,
			    k->min, k->max);
		*(long long *)at = v;
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

void
nvr_conf_init(struct nvr_conf *conf)
{
	struct nvr_error err;

	memset(conf, 0, sizeof(*conf));
	for (size_t i = 0; i < NKEYS; i++)
		set(&keys[i], conf, keys[i].preset, &err);
}

/* inih's callback: 0 stops at this line. */
static int
handle(void *ctx, const char *section, const char *name, const char *value)
{
	struct load *l = ctx;
	const struct key *near = NULL;

	if (l->err->code != 0)
		return 0;
	if (!nvr_text_printable(value))
		return nvr_fail(l->err, NVR_E_CONFIG,
			   "control characters are refused") == 0;
	for (size_t i = 0; i < NKEYS; i++) {
		if (strcmp(keys[i].name, name) == 0)
			near = &keys[i];
		if (strcmp(keys[i].section, section) != 0 ||
		    strcmp(keys[i].name, name) != 0)
			continue;
		if (set(&keys[i], l->conf, value, l->err) == 0)
			return 1;
		nvr_prefix(l->err, "%s", name);
		l->err->code = NVR_E_CONFIG;
		return 0;
	}
	if (near != NULL)
		nvr_fail(l->err, NVR_E_CONFIG,
		    "'%s' belongs in section [%s], not [%s]", name,
		    near->section, section);
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

void
nvr_conf_print(const struct nvr_conf *conf)
{
	const char *section = "";
	char buf[NVR_TIME_TEXT], size[NVR_SIZE_TEXT];

	for (size_t i = 0; i < NKEYS; i++) {
		const struct key *k = &keys[i];
		const void *at = (const char *)conf + k->offset;

		if (strcmp(section, k->section) != 0)
			printf("%s[%s]\n", i > 0 ? "\n" : "", k->section);
		section = k->section;
		printf("%s = ", k->name);
		if (k->type == TEXT)
			printf("%s\n", (const char *)at);
		else if (k->type == CHOICE)
			printf("%s\n", *(const bool *)at ? k->yes : k->no);
		else if (k->type == DURATION)
			printf("%s\n",
			    nvr_duration_format(*(const int64_t *)at, buf));
		else if (k->type == BYTES)
			printf("%s\n",
			    nvr_size_format(*(const long long *)at, size));
		else
			printf("%lld\n", *(const long long *)at);
	}
}

/*
 * nvr.conf: an INI file (ini.h) whose every key has a default, so that it
 * need not exist.  See nvr.conf(5) and share/nvr.conf.example, which lists
 * each key with its default; a test compares it with the table in conf.c.
 */
#ifndef NVR_CLI_CONF_H
#define NVR_CLI_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/model.h"
#include "base/rules.h"

struct nvr_conf {
	char store[1024];	/* [store] path; "": the default place */
	bool seal;		/* [store] seal = age | none */
	long long jobs;		/* [snap] jobs */
	int64_t timeout;	/* [snap] timeout, microseconds */
	long long quality;	/* [snap] quality, 1..100 */
	bool tls12;		/* [net] tls-min = 1.2 | 1.3 */
	int64_t segment, flush; /* [record] microseconds */
	int64_t record_timeout; /* [record] timeout, microseconds */
	char analyzer[256];	/* [audit] analyzer */
	char use_model[64];	/* [audit] model: the name of a profile */
	long long audit_jobs;	/* [audit] jobs */
	int tier_used;		/* [audit] tier: of what is no account's */
	char currency[16];	/* [audit] currency */
	char mail_from[256];	/* [audit] mail-from */
	struct nvr_model model[NVR_MODELS_MAX]; /* [model NAME] */
	int nmodel;
	struct nvr_tier tier[NVR_TIERS]; /* [tier owner], free, premium */
	int64_t exec_timeout;		 /* [exec] timeout, microseconds */
	long long exec_output;		 /* [exec] max-output, bytes */
	struct nvr_rules rules; /* [account], [portal], [retain], … */
};

/* The defaults. */
void nvr_conf_init(struct nvr_conf *conf);

/*
 * NVR_E_CONFIG with file and line for what it does not know or accept, and for
 * more than so many bytes.
 */
#define NVR_CONF_MAX 1048576
int nvr_conf_load(
    struct nvr_conf *conf, const char *path, struct nvr_error *err);

/* The profile of that name; NVR_E_CONFIG says which there are. */
int nvr_conf_model(const struct nvr_conf *conf, const char *name,
    const struct nvr_model **ret, struct nvr_error *err);

/* `[section]`, `key = value` of each key as it stands in conf, to stdout. */
void nvr_conf_print(const struct nvr_conf *conf);

#endif

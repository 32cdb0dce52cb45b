/* The table of settings, for conf.c and conf_keys.c alone. */
#ifndef NVR_CLI_CONF_INT_H
#define NVR_CLI_CONF_INT_H

#include <stddef.h>

#include "cli/conf.h"

enum nvr_conf_type {
	TEXT,
	CHOICE, /* bool */
	WORD,	/* int, the number of a word */
	WORDS,	/* unsigned, a bit a word */
	NUMBER,
	LIMIT, /* NUMBER, or none: -1 */
	BYTES,
	DURATION,
	OPEN,	    /* DURATION, or none: 0 */
	OPEN_BYTES, /* BYTES, or none: 0 */
	MONEY,	    /* or none: -1 */
	RATE,	    /* struct nvr_rate: 20/1h */
	DATE,	    /* YYYY-MM-DD, or nothing; max: room */
};

/* A setting: where it stands in nvr.conf, and in memory. */
struct nvr_conf_key {
	const char *section, *name;
	enum nvr_conf_type type;
	size_t offset;
	const char *preset;   /* the default, in nvr.conf's words */
	long long min, max;   /* DURATION: max 0 is none; TEXT: room */
	const char *no, *yes; /* CHOICE: the words for false and true */
	const char *const *words;
};

#define NVR_CONF_KEYS 119

extern const struct nvr_conf_key nvr_conf_keys[NVR_CONF_KEYS];
extern const char *const nvr_tier_words[]; /* NULL ends */

/* Of a section that there are several of: [model NAME], [tier NAME]. */
bool nvr_conf_key_plural(const struct nvr_conf_key *k);

#endif

/* The settings and their defaults; see conf.h. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/size.h"
#include "base/time.h"
#include "cli/conf_int.h"

const char *const nvr_tier_words[] = {"owner", "free", "premium", NULL};

#define AT_MODEL(field) offsetof(struct nvr_model, field)
#define AT_TIER(field) offsetof(struct nvr_tier, field)
#define AT_RULE(field) offsetof(struct nvr_conf, rules.field)
#define AT(field) offsetof(struct nvr_conf, field)
#define MANY INT64_C(1000000000000)

const struct nvr_conf_key nvr_conf_keys[NVR_CONF_KEYS] = {
    {"store", "path", TEXT, AT(store), "", 0, 1024, NULL, NULL},
    {"store", "seal", CHOICE, AT(seal), "age", 0, 0, "none", "age"},
    {"store", "min-free", BYTES, AT_RULE(keep.floor), "1G", 0, INT64_MAX, NULL,
	NULL},
    {"snap", "jobs", NUMBER, AT(jobs), "4", 1, 64, NULL, NULL},
    {"snap", "timeout", DURATION, AT(timeout), "10s", NVR_MILLISECOND, 0, NULL,
	NULL},
    {"snap", "quality", NUMBER, AT(quality), "90", 1, 100, NULL, NULL},
    {"record", "segment", DURATION, AT(segment), "1m", NVR_SECOND,
	15 * NVR_MINUTE, NULL, NULL},
    {"record", "flush", DURATION, AT(flush), "5s", NVR_SECOND, NVR_MINUTE, NULL,
	NULL},
    {"record", "timeout", DURATION, AT(record_timeout), "10s", NVR_MILLISECOND,
	NVR_MINUTE, NULL, NULL},
    {"net", "tls-min", CHOICE, AT(tls12), "1.3", 0, 0, "1.3", "1.2"},
    {"still", "keep-max", DURATION, AT_RULE(keep.stills), "24h", 0, 0, NULL,
	NULL},
    {"audit", "analyzer", TEXT, AT(analyzer), "local", 0, 256, NULL, NULL},
    {"audit", "model", TEXT, AT(use_model), "gpt-4o", 0, 64, NULL, NULL},
    {"audit", "jobs", NUMBER, AT(audit_jobs), "4", 1, 256, NULL, NULL},
    {"audit", "tier", WORD, AT(tier_used), "owner", 0, 0, NULL, NULL,
	nvr_tier_words},
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
    {"model", "timeout", DURATION, AT_MODEL(timeout), "2m", NVR_MILLISECOND,
	NVR_HOUR, NULL, NULL},
    {"model", "price-in", MONEY, AT_MODEL(price_in), "none", 0, 0, NULL, NULL},
    {"model", "price-out", MONEY, AT_MODEL(price_out), "none", 0, 0, NULL,
	NULL},
    {"model", "price-date", DATE, AT_MODEL(price_date), "", 0, 16, NULL, NULL},
    {"model", "steps", NUMBER, AT_MODEL(steps), "6", 1, 100, NULL, NULL},
    {"model", "stills", NUMBER, AT_MODEL(stills), "8", 1, 100, NULL, NULL},
    {"model", "tokens", LIMIT, AT_MODEL(tokens), "30000", 1, 100000000, NULL,
	NULL},
    {"model", "cost", MONEY, AT_MODEL(cost), "none", 0, 0, NULL, NULL},
    {"model", "time", DURATION, AT_MODEL(time), "3m", NVR_MILLISECOND, NVR_HOUR,
	NULL, NULL},
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
    {"exec", "timeout", DURATION, AT(exec_timeout), "30s", NVR_MILLISECOND, 0,
	NULL, NULL},
    {"exec", "max-output", BYTES, AT(exec_output), "1M", 1, 1 << 30, NULL,
	NULL},
    {"camera", "restore-within", DURATION, AT_RULE(keep.cameras), "30d",
	NVR_MINUTE, 0, NULL, NULL},
    {"retain", "footage", OPEN, AT_RULE(keep.footage), "none", NVR_MINUTE, 0,
	NULL, NULL},
    {"retain", "footage-bytes", OPEN_BYTES, AT_RULE(keep.footage_bytes), "none",
	1, INT64_MAX, NULL, NULL},
    {"retain", "around-findings", DURATION, AT_RULE(keep.around), "5m", 0,
	NVR_DAY, NULL, NULL},
    {"retain", "audits-owner", OPEN, AT_RULE(keep.audits[NVR_TIER_OWNER]),
	"90d", NVR_MINUTE, 0, NULL, NULL},
    {"retain", "audits-free", OPEN, AT_RULE(keep.audits[NVR_TIER_FREE]), "30d",
	NVR_MINUTE, 0, NULL, NULL},
    {"retain", "audits-premium", OPEN, AT_RULE(keep.audits[NVR_TIER_PREMIUM]),
	"90d", NVR_MINUTE, 0, NULL, NULL},
    {"retain", "stills-free", DURATION, AT_RULE(keep.stills_free), "24h",
	NVR_MINUTE, NVR_DAY, NULL, NULL},
    {"retain", "usage", OPEN, AT_RULE(keep.usage), "730d", 62 * NVR_DAY, 0,
	NULL, NULL},
    {"retain", "events", OPEN, AT_RULE(keep.events), "90d", NVR_MINUTE, 0, NULL,
	NULL},
    {"retain", "accesses", OPEN, AT_RULE(keep.accesses), "365d", NVR_DAY, 0,
	NULL, NULL},
    {"retain", "holds", OPEN, AT_RULE(keep.holds), "365d", NVR_DAY, 0, NULL,
	NULL},
    {"retain", "outbox", OPEN, AT_RULE(keep.outbox), "30d", NVR_MINUTE, 0, NULL,
	NULL},
    {"retain", "requests", OPEN, AT_RULE(keep.requests), "1095d", NVR_DAY, 0,
	NULL, NULL},
    {"retain", "registers", OPEN, AT_RULE(keep.registers), "3650d", NVR_DAY, 0,
	NULL, NULL},
    {"retain", "telemetry", OPEN, AT_RULE(keep.telemetry), "90d", NVR_DAY, 0,
	NULL, NULL},
    {"retain", "telemetry-hourly", OPEN, AT_RULE(keep.hours), "730d", NVR_DAY,
	0, NULL, NULL},
    {"retain", "recorders", OPEN, AT_RULE(keep.recorders), "30d", NVR_MINUTE, 0,
	NULL, NULL},
    {"retain", "grace", DURATION, AT_RULE(keep.grace), "2h", 0, 7 * NVR_DAY,
	NULL, NULL},
    {"retain", "alerts", OPEN, AT_RULE(keep.alerts), "365d", NVR_DAY, 0, NULL,
	NULL},
    {"controller", "name", TEXT, AT_RULE(controller), "", 0, 256, NULL, NULL},
    {"controller", "contact", TEXT, AT_RULE(contact), "", 0, 256, NULL, NULL},
    {"controller", "officer", TEXT, AT_RULE(officer), "", 0, 256, NULL, NULL},
    {"controller", "representative", TEXT, AT_RULE(representative), "", 0, 256,
	NULL, NULL},
    {"controller", "joint", TEXT, AT_RULE(joint), "", 0, 256, NULL, NULL},
    {"controller", "purpose", TEXT, AT_RULE(filming), "", 0, 256, NULL, NULL},
    {"controller", "basis", TEXT, AT_RULE(filming_basis), "", 0, 256, NULL,
	NULL},
    {"account", "minimum-age", NUMBER, AT_RULE(minimum_age), "18", 13, 130,
	NULL, NULL},
    {"account", "tier", WORD, AT_RULE(tier), "free", 0, 0, NULL, NULL,
	nvr_tier_words + 1},
    {"account", "bcrypt-cost", NUMBER, AT_RULE(cost), "12", 12, 20, NULL, NULL},
    {"account", "hashes", NUMBER, AT_RULE(hashes), "2", 1, 256, NULL, NULL},
    {"account", "restore-within", DURATION, AT_RULE(restore), "30d", NVR_MINUTE,
	30 * NVR_DAY, NULL, NULL},
    {"account", "log-keep", DURATION, AT_RULE(log_keep), "365d", NVR_DAY, 0,
	NULL, NULL},
    {"account", "session", DURATION, AT_RULE(session), "30d", NVR_MINUTE,
	400 * NVR_DAY, NULL, NULL},
    {"account", "idle", DURATION, AT_RULE(idle), "7d", NVR_MINUTE,
	400 * NVR_DAY, NULL, NULL},
    {"account", "reset-link", DURATION, AT_RULE(reset), "30m", NVR_MINUTE,
	NVR_DAY, NULL, NULL},
    {"account", "verify-link", DURATION, AT_RULE(verify), "7d", NVR_MINUTE,
	30 * NVR_DAY, NULL, NULL},
    {"account", "undo-link", DURATION, AT_RULE(undo), "7d", NVR_HOUR,
	30 * NVR_DAY, NULL, NULL},
    {"account", "attempts-network", RATE, AT_RULE(network), "20/1h", 0, 0, NULL,
	NULL},
    {"account", "attempts-pair", RATE, AT_RULE(pair), "10/1h", 0, 0, NULL,
	NULL},
    {"account", "attempts-account", RATE, AT_RULE(account), "60/1d", 0, 0, NULL,
	NULL},
    {"account", "attempts-device", RATE, AT_RULE(device), "20/1h", 0, 0, NULL,
	NULL},
    {"account", "codes", RATE, AT_RULE(code), "96/1d", 0, 0, NULL, NULL},
    {"account", "messages", RATE, AT_RULE(message), "20/1d", 0, 0, NULL, NULL},
    {"portal", "url", TEXT, AT_RULE(url), "", 0, 512, NULL, NULL},
    {"portal", "name", TEXT, AT_RULE(title), "nvr", 0, 64, NULL, NULL},
    {"portal", "mail-from", TEXT, AT_RULE(mail_from), "", 0, 256, NULL, NULL},
    {"portal", "export-rate", RATE, AT_RULE(exports), "3/1d", 0, 0, NULL, NULL},
    {"portal", "hosts", TEXT, AT_RULE(hosts), "", 0, 1024, NULL, NULL},
    {"portal", "enrol-rate", RATE, AT_RULE(enrol), "60/1h", 0, 0, NULL, NULL},
    {"notify", "smtp", TEXT, AT_RULE(notify.smtp), "", 0, 512, NULL, NULL},
    {"notify", "smtp-user", TEXT, AT_RULE(notify.smtp_user), "", 0, 256, NULL,
	NULL},
    {"notify", "smtp-password-file", TEXT, AT_RULE(notify.smtp_password), "", 0,
	512, NULL, NULL},
    {"notify", "sendmail", TEXT, AT_RULE(notify.sendmail), "", 0, 512, NULL,
	NULL},
    {"notify", "sms-url", TEXT, AT_RULE(notify.sms_url),
	"https://api.twilio.com", 0, 512, NULL, NULL},
    {"notify", "sms-account", TEXT, AT_RULE(notify.sms_account), "", 0, 128,
	NULL, NULL},
    {"notify", "sms-token-file", TEXT, AT_RULE(notify.sms_token), "", 0, 512,
	NULL, NULL},
    {"notify", "sms-from", TEXT, AT_RULE(notify.sms_from), "", 0, 64, NULL,
	NULL},
    {"notify", "tls-ca", TEXT, AT_RULE(notify.tls_ca), "", 0, 512, NULL, NULL},
    {"notify", "webhook-private", CHOICE, AT_RULE(notify.webhook_private), "no",
	0, 0, "no", "yes"},
    {"notify", "timeout", DURATION, AT_RULE(notify.timeout), "20s", NVR_SECOND,
	5 * NVR_MINUTE, NULL, NULL},
    {"notify", "mail-rate", RATE, AT_RULE(notify.mail), "600/1h", 0, 0, NULL,
	NULL},
    {"notify", "sms-rate", RATE, AT_RULE(notify.sms), "60/1h", 0, 0, NULL,
	NULL},
    {"notify", "webhook-rate", RATE, AT_RULE(notify.webhook), "1200/1h", 0, 0,
	NULL, NULL},
    {"alert", "interval", DURATION, AT_RULE(alert.interval), "1m", NVR_SECOND,
	NVR_DAY, NULL, NULL},
    {"alert", "camera-offline", DURATION, AT_RULE(alert.camera), "1m", 0,
	30 * NVR_DAY, NULL, NULL},
    {"alert", "storage-percent", NUMBER, AT_RULE(alert.space), "5", 0, 100,
	NULL, NULL},
    {"alert", "storage-bytes", OPEN_BYTES, AT_RULE(alert.space_bytes), "none",
	1, INT64_MAX, NULL, NULL},
    {"alert", "storage-left", OPEN, AT_RULE(alert.space_left), "3d", NVR_HOUR,
	0, NULL, NULL},
    {"alert", "clock", DURATION, AT_RULE(alert.clock), "2m", NVR_SECOND,
	NVR_DAY, NULL, NULL},
    {"alert", "request-due", DURATION, AT_RULE(alert.request), "7d", 0,
	30 * NVR_DAY, NULL, NULL},
    {"alert", "group-wait", DURATION, AT_RULE(alert.wait), "30s", 0, NVR_HOUR,
	NULL, NULL},
    {"alert", "group-interval", DURATION, AT_RULE(alert.apart), "5m", 0,
	NVR_DAY, NULL, NULL},
    {"alert", "remind", OPEN, AT_RULE(alert.remind), "24h", NVR_MINUTE, 0, NULL,
	NULL},
    {"heartbeat", "interval", DURATION, AT_RULE(heartbeat), "1m", NVR_SECOND,
	NVR_DAY, NULL, NULL},
};

bool
nvr_conf_key_plural(const struct nvr_conf_key *k)
{
	return strcmp(k->section, "model") == 0 ||
	       strcmp(k->section, "tier") == 0;
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
print_rate(const struct nvr_rate *r)
{
	char per[NVR_TIME_TEXT];

	printf("%lld/%s", r->n, nvr_duration_format(r->per, per));
}

static bool
is_none(const struct nvr_conf_key *k, const void *at)
{
	switch (k->type) {
	case MONEY:
		return *(const int64_t *)at < 0;
	case LIMIT:
		return *(const long long *)at < 0;
	case OPEN:
		return *(const int64_t *)at == 0;
	case OPEN_BYTES:
		return *(const long long *)at == 0;
	default:
		return false;
	}
}

static void
print_value(const struct nvr_conf_key *k, const void *at)
{
	char buf[NVR_TIME_TEXT], size[NVR_SIZE_TEXT], money[NVR_MONEY_TEXT];

	if (k->type == TEXT || k->type == DATE)
		printf("%s", (const char *)at);
	else if (k->type == CHOICE)
		printf("%s", *(const bool *)at ? k->yes : k->no);
	else if (k->type == WORD)
		printf("%s", k->words[*(const int *)at]);
	else if (k->type == WORDS)
		print_words(k->words, *(const unsigned *)at);
	else if (is_none(k, at))
		printf("none");
	else if (k->type == RATE)
		print_rate(at);
	else if (k->type == MONEY)
		printf("%s", nvr_money_format(*(const int64_t *)at, money));
	else if (k->type == DURATION || k->type == OPEN)
		printf("%s", nvr_duration_format(*(const int64_t *)at, buf));
	else if (k->type == BYTES || k->type == OPEN_BYTES)
		printf("%s", nvr_size_format(*(const long long *)at, size));
	else
		printf("%lld", *(const long long *)at);
}

/* All keys of a section, as they stand in base; name: [section NAME]. */
static void
print_section(const char *section, const char *name, const void *base)
{
	printf("%s[%s%s%s]\n", section == nvr_conf_keys[0].section ? "" : "\n",
	    section, name[0] != '\0' ? " " : "", name);
	for (size_t i = 0; i < NVR_CONF_KEYS; i++) {
		if (strcmp(nvr_conf_keys[i].section, section) != 0)
			continue;
		printf("%s = ", nvr_conf_keys[i].name);
		print_value(&nvr_conf_keys[i],
		    (const char *)base + nvr_conf_keys[i].offset);
		putchar('\n');
	}
}

void
nvr_conf_print(const struct nvr_conf *conf)
{
	const char *last = "";

	for (size_t i = 0; i < NVR_CONF_KEYS; i++) {
		const char *section = nvr_conf_keys[i].section;

		if (strcmp(section, last) == 0)
			continue;
		last = section;
		if (!nvr_conf_key_plural(&nvr_conf_keys[i]))
			print_section(section, "", conf);
		for (int m = 0; section[0] == 'm' && m < conf->nmodel; m++)
			print_section(
			    section, conf->model[m].name, &conf->model[m]);
		for (int t = 0; section[0] == 't' && t < NVR_TIERS; t++)
			print_section(
			    section, conf->tier[t].name, &conf->tier[t]);
	}
}

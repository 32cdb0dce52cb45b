/* What is news to whom; see alert.h.  No store, and no clock. */
#include <string.h>

#include "base/zone.h"
#include "core/alert_int.h"

static int
minutes(const char *text, int *ret)
{
	if (strspn(text, "0123456789") != 2 || text[2] != ':' ||
	    strspn(text + 3, "0123456789") != 2)
		return -1;
	*ret = ((text[0] - '0') * 10 + text[1] - '0') * 60 +
	       (text[3] - '0') * 10 + text[4] - '0';
	return *ret < 24 * 60 && text[3] < '6' ? 0 : -1;
}

int
nvr_alert_quiet(const char *quiet, const char *zone, int64_t now, bool *ret,
    struct nvr_error *err)
{
	struct nvr_zone *z = NULL;
	int64_t day, t = now / NVR_SECOND;
	int from, to, at, rc;

	*ret = false;
	if (quiet[0] == '\0')
		return 0;
	if (minutes(quiet, &from) != 0 || quiet[5] != '-' ||
	    minutes(quiet + 6, &to) != 0 || quiet[11] != '\0')
		return nvr_fail(err, NVR_E_DATA,
		    "quiet hours are HH:MM-HH:MM, as 22:00-07:00");
	rc = nvr_zone_open(zone, &z, err);
	if (rc != 0)
		return rc;
	day = (t + nvr_zone_span(z, t).offset) % 86400;
	nvr_zone_close(z);
	at = (int)((day + 86400) % 86400 / 60);
	*ret = from <= to ? at >= from && at < to : at >= from || at < to;
	return 0;
}

static bool
has_word(const char *words, const char *word)
{
	size_t n = strlen(word), len;

	for (; *words != '\0'; words += len) {
		words += strspn(words, " ");
		len = strcspn(words, " ");
		if (len == n && memcmp(words, word, n) == 0)
			return true;
	}
	return false;
}

bool
nvr_alert_is_for(const struct nvr_contact *c, const struct nvr_alert *a)
{
	const struct nvr_alert_kind *kind = nvr_alert_kind(a->kind);

	return kind != NULL && a->severity >= (int)c->least &&
	       (c->kinds[0] == '\0' || has_word(c->kinds, a->kind)) &&
	       (c->unsubscribed_at == 0 || kind->essential) &&
	       !(kind->letter && strcmp(c->channel, "mail") == 0) &&
	       a->inhibited_by == 0 && a->opened_at != 0;
}

/* at: since when it is news. */
static const char *
news_of_open(const struct nvr_contact *c, const struct nvr_alert *a,
    const struct nvr_alert_told *told, const struct nvr_alert_kind *kind,
    int64_t remind, int64_t now, int64_t *at)
{
	int64_t last = told->reminded_at > told->opened_at ? told->reminded_at
							   : told->opened_at;

	if (a->acked_at != 0 || a->snoozed_until > now)
		return NULL;
	if (told->opened_at == 0) {
		*at = a->opened_at;
		return now - a->opened_at >= c->after ? "opened" : NULL;
	}
	*at = now - NVR_HOUR; /* waits for nothing */
	if (kind->once)
		return NULL;
	return (remind > 0 && now - last >= remind) || a->snoozed_until > last
		   ? "reminded"
		   : NULL;
}

/* Who was told of it hears that it is over; and who had to wait for longer than
 * it lasted, but nobody who came since. */
static const char *
news_of_closed(const struct nvr_contact *c, const struct nvr_alert *a,
    const struct nvr_alert_told *told, const struct nvr_alert_kind *kind,
    int64_t *at)
{
	*at = a->closed_at;
	if (told->closed_at != 0 || kind->once)
		return NULL;
	if (told->opened_at != 0)
		return "closed";
	return c->after == 0 && a->acked_at == 0 &&
		       a->snoozed_until <= a->closed_at &&
		       c->created_at <= a->closed_at
		   ? "closed"
		   : NULL;
}

const char *
nvr_alert_news_of(const struct nvr_contact *c, const struct nvr_alert *a,
    const struct nvr_alert_told *told, int64_t remind, int64_t now, int64_t *at)
{
	const struct nvr_alert_kind *kind = nvr_alert_kind(a->kind);

	return a->state == NVR_ALERT_CLOSED
		   ? news_of_closed(c, a, told, kind, at)
		   : news_of_open(c, a, told, kind, remind, now, at);
}

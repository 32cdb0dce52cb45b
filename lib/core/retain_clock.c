/*
 * Whether the clock can be right, by which all retention goes: one that is a
 * year ahead would make everything old.  See retain_int.h.
 *
 * The setting is `BOOT WALL RUNNING ACCEPTED`, as struct nvr_clock_stamp has
 * them; BOOT is - where it is not known.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "core/log.h"
#include "core/retain_clock_int.h"
#include "core/retain_int.h"
#include "store/newest.h"

#define STAMP "retain_clock"
#define RAN "retain_ran"   /* `BOOT WALL`, of the last whole run */
#define LATE "retain_late" /* _KIND: from when on some of it may be left */
#define LATE_MOST (7 * NVR_DAY)
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define HEX "0123456789abcdef-"

static int
refuse(const struct nvr_clock *is, int64_t was, const char *what,
    struct nvr_error *err)
{
	char now[NVR_TIME_TEXT], then[NVR_TIME_TEXT];

	nvr_time_format(is->wall, now);
	return nvr_fail(err, NVR_E_PERMISSION,
	    "the clock cannot be right: it says %s, %s %s: set it or, where "
	    "this is the day in UTC, say --trust-clock %.10s",
	    now, what, nvr_time_format(was, then), now);
}

/* Whether both looks were in the same run of the machine. */
static bool
is_same_run(const struct nvr_clock *is, const struct nvr_clock *was)
{
	return is->boot[0] != '\0' && strcmp(is->boot, was->boot) == 0 &&
	       is->running >= was->running;
}

int
nvr_clock_judge(const struct nvr_clock *is, const struct nvr_clock_stamp *was,
    int64_t newest, struct nvr_error *err)
{
	int64_t wall = is->wall;

	if (was != NULL && newest <= was->accepted)
		newest = 0;
	if (newest != 0 && wall < newest - NVR_CLOCK_SLACK)
		return refuse(is, newest, "and the newest row is of", err);
	if (was != NULL && wall < was->seen.wall - NVR_CLOCK_SLACK)
		return refuse(
		    is, was->seen.wall, "and the last run was at", err);
	if (was != NULL && is_same_run(is, &was->seen) &&
	    wall - was->seen.wall > is->running - was->seen.running + NVR_DAY)
		return refuse(is, was->seen.wall,
		    "further ahead than the machine has been running since",
		    err);
	/* How far it went by itself is not known: only that it was on. */
	if (was == NULL && newest != 0 && wall - newest > NVR_DAY &&
	    wall - newest <= is->running)
		return refuse(is, newest,
		    "and though the machine has been running since, the newest "
		    "row is of",
		    err);
	return 0;
}

/* *known: there is one; what is none is as good as none. */
static int
read_stamp(struct nvr_state *s, struct nvr_clock_stamp *ret, bool *known,
    struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT], *rest = text, *boot;
	int rc = nvr_setting_get(s->store, STAMP, text, err);

	*known = false;
	if (rc != 0)
		return rc == NVR_E_NOENT ? 0 : rc;
	boot = strsep(&rest, " ");
	*ret = (struct nvr_clock_stamp){0};
	if (strcmp(boot, "-") != 0)
		strlcpy(ret->seen.boot, boot, sizeof(ret->seen.boot));
	*known = nvr_text_number(&rest, 0, NVR_TIME_MAX, &ret->seen.wall) &&
		 nvr_text_number(&rest, 0, NVR_TIME_MAX, &ret->seen.running) &&
		 nvr_text_number(&rest, 0, NVR_TIME_MAX, &ret->accepted) &&
		 rest == NULL;
	return 0;
}

static int
write_stamp(struct nvr_state *s, const struct nvr_clock_stamp *c, bool trusted,
    struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT], until[NVR_TIME_TEXT];
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	snprintf(text, sizeof(text), "%s %" PRId64 " %" PRId64 " %" PRId64,
	    c->seen.boot[0] != '\0' ? c->seen.boot : "-", c->seen.wall,
	    c->seen.running, c->accepted);
	rc = nvr_setting_put(s->store, STAMP, text, err);
	if (rc == 0 && trusted)
		rc = nvr_log_append(s, 0, "clock.trusted",
		    json_pack(
			"{s:s}", "newest", nvr_time_format(c->accepted, until)),
		    err);
	return nvr_store_end(s->store, rc, err);
}

static int
check_today(
    const struct nvr_clock *is, const char *today, struct nvr_error *err)
{
	char now[NVR_TIME_TEXT];

	nvr_time_format(is->wall, now);
	if (strlen(today) == 10 && strncmp(today, now, 10) == 0)
		return 0;
	return nvr_fail(err, NVR_E_USAGE,
	    "by this clock it is %.10s in UTC: where it is another day, set "
	    "the clock",
	    now);
}

static int
check(struct nvr_state *s, const struct nvr_clock *is, const char *today,
    bool keep, struct nvr_error *err)
{
	struct nvr_clock_stamp was = {0};
	bool known = false, trusted = false;
	int64_t newest = 0;
	int rc = today != NULL ? check_today(is, today, err) : 0;

	if (rc == 0)
		rc = read_stamp(s, &was, &known, err);
	if (rc == 0)
		rc = nvr_newest(s->store, &newest, err);
	if (rc != 0)
		return rc;
	/* Rows are from outside. */
	newest = newest < 0 ? 0 : newest > NVR_TIME_MAX ? NVR_TIME_MAX : newest;
	rc = nvr_clock_judge(is, known ? &was : NULL, newest, err);
	if (rc == NVR_E_PERMISSION && today != NULL) {
		trusted = true;
		was.accepted = newest;
		rc = 0;
	}
	was.seen = *is;
	return rc == 0 && keep ? write_stamp(s, &was, trusted, err) : rc;
}

int
nvr_clock_check_at(struct nvr_state *s, const struct nvr_clock *is,
    const char *today, bool keep, struct nvr_error *err)
{
	/* What was overcome is not told. */
	struct nvr_error mine = {0};
	int rc = check(s, is, today, keep, &mine);

	if (rc != 0)
		*err = mine;
	return rc;
}

static void
read_boot(char ret[NVR_CLOCK_BOOT])
{
	struct nvr_buf text = {0};
	struct nvr_error ignored;

	ret[0] = '\0';
	if (nvr_file_read(BOOT_ID, NVR_CLOCK_BOOT, &text, &ignored) == 0 &&
	    text.len > 0)
		strlcpy(ret, text.data, NVR_CLOCK_BOOT);
	ret[strspn(ret, HEX)] = '\0';
	nvr_buf_release(&text);
}

int
nvr_clock_check(struct nvr_state *s, int64_t now, const char *today, bool keep,
    struct nvr_error *err)
{
	struct nvr_clock is = {.wall = now};
	struct timespec t;

	read_boot(is.boot);
	if (clock_gettime(CLOCK_BOOTTIME, &t) == 0)
		is.running = (int64_t)t.tv_sec * NVR_SECOND + t.tv_nsec / 1000;
	else
		is.boot[0] = '\0';
	return nvr_clock_check_at(s, &is, today, keep, err);
}

static void
late_name(const char *kind, char name[64])
{
	snprintf(name, 64, "%s_%s", LATE, kind);
}

/* Since when that kind is not wholly done; 0: it is. */
static int
read_late(
    struct nvr_state *s, const char *kind, int64_t *ret, struct nvr_error *err)
{
	char name[64];

	late_name(kind, name);
	return nvr_setting_int(s->store, name, NVR_TIME_MAX, 0, ret, err);
}

int
nvr_clock_since(struct nvr_state *s, const char *kind, int64_t now,
    bool trusted, int64_t *since, bool *proven, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT], boot[NVR_CLOCK_BOOT], *rest = text, *was;
	struct nvr_error mine;
	int64_t ran, late = 0;
	int rc = nvr_setting_get(s->store, RAN, text, &mine);

	*since = now - NVR_DAY;
	*proven = false;
	if (rc == NVR_E_NOENT)
		return 0;
	if (rc != 0) {
		*err = mine;
		return rc;
	}
	was = strsep(&rest, " ");
	if (!nvr_text_number(&rest, 0, NVR_TIME_MAX, &ran) || rest != NULL)
		return 0;
	read_boot(boot);
	*proven = trusted || (boot[0] != '\0' && strcmp(boot, was) == 0);
	if (*proven && ran < *since)
		*since = ran;
	rc = *proven ? read_late(s, kind, &late, err) : 0;
	if (late > 0 && late < now - LATE_MOST)
		late = now - LATE_MOST;
	if (late > 0 && late < *since)
		*since = late;
	return rc;
}

static int
keep_late(
    struct nvr_state *s, const char *kind, int64_t late, struct nvr_error *err)
{
	char name[64];
	int64_t was = 0;
	int rc = read_late(s, kind, &was, err);

	late_name(kind, name);
	return rc == 0 && was != late
		   ? nvr_setting_put_int(s->store, name, late, err)
		   : rc;
}

int
nvr_clock_ran(struct nvr_state *s, int64_t now, bool trusted,
    const struct nvr_retained *done, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT], boot[NVR_CLOCK_BOOT];
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	for (int i = 0; rc == 0 && i < done->nkinds; i++) {
		const char *kind = done->kind[i].kind;
		int64_t late = 0;
		bool proven;

		if (done->kind[i].failed > 0)
			rc = nvr_clock_since(
			    s, kind, now, trusted, &late, &proven, err);
		if (rc == 0)
			rc = keep_late(s, kind, late, err);
	}
	read_boot(boot);
	snprintf(text, sizeof(text), "%s %" PRId64,
	    boot[0] != '\0' ? boot : "-", now);
	if (rc == 0)
		rc = nvr_setting_put(s->store, RAN, text, err);
	return nvr_store_end(s->store, rc, err);
}

/* Whose rows are, and what is restricted: kept, and not used (N20). */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/id.h"
#include "base/jurisdiction.h"
#include "base/time.h"
#include "core/budget.h"
#include "core/erasure.h"
#include "core/inventory.h"
#include "core/keys.h"
#include "core/site.h"
#include "core/streams.h"
#include "store/account.h"
#include "store/audit.h"
#include "store/baseline.h"
#include "store/db.h"
#include "store/footage.h"
#include "store/label.h"
#include "store/outbox.h"
#include "store/report.h"
#include "store/request.h"
#include "store/restrict.h"
#include "store/retain.h"
#include "store/schedule.h"
#include "store/still.h"
#include "store/usage.h"

#define T0 (INT64_C(1800000000) * NVR_SECOND)

static char dir[] = "/tmp/nvr-restrict-XXXXXX";
static struct nvr_state *s;
static struct nvr_store *st;
static struct nvr_error err;
static int64_t ann, bob, yard; /* accounts; ann's site */
static int64_t hers, his;      /* cameras, both `gate` */

#define MUST(call)                                \
	do {                                      \
		if ((call) != 0)                  \
			fail_msg("%s", err.text); \
	} while (0)

static int64_t
add_account(uint8_t mark, const char *tier)
{
	struct nvr_account a = {.id = nvr_id_new(),
	    .email = {"x", 1},
	    .name = {"x", 1},
	    .tier = tier,
	    .adult_how = "declared",
	    .created_at = T0,
	    .changed_at = T0};

	memset(a.lookup, mark, sizeof(a.lookup));
	MUST(nvr_keys_add(s, a.id, &err));
	MUST(nvr_account_insert(st, &a, &err));
	return a.id;
}

static enum nvr_bar barred; /* hers, now */

static void
restricts(int64_t account, enum nvr_bar bar)
{
	struct nvr_account *a = NULL;

	MUST(nvr_account_get(st, account, &a, &err));
	a->restricted_at = bar == NVR_BAR_RESTRICTED ? T0 : 0;
	a->deleted_at = bar == NVR_BAR_DELETED ? T0 : 0;
	barred = bar;
	MUST(nvr_account_update(st, a, &err));
	nvr_account_free(a);
}

static int64_t
add_site(int64_t account, const char *name)
{
	const struct nvr_site_change c = {.name = name,
	    .jurisdiction = "DE",
	    .retain_us = 7 * NVR_DAY,
	    .retain_bytes = 1000};
	struct nvr_site *site = NULL;
	int64_t id;

	MUST(nvr_site_add(s, account, &c, &err));
	MUST(nvr_site_by_name(s, account, name, false, &site, &err));
	id = site->id;
	nvr_site_free(site);
	return id;
}

static int64_t
add_camera(const char *name, int64_t account, int64_t site)
{
	struct nvr_camera cam = {.id = nvr_id_new(),
	    .account_id = account,
	    .site_id = site,
	    .name = name,
	    .zone = "",
	    .manufacturer = "",
	    .model = "",
	    .url = "rtsp://192.0.2.1/",
	    .snapshot_url = "",
	    .transport = "tcp",
	    .tls_ca = "",
	    .recipient = "age1",
	    .mask = "",
	    .sub_url = "",
	    .record = "main",
	    .created_at = T0,
	    .changed_at = T0};

	MUST(nvr_camera_insert(st, &cam, &err));
	return cam.id;
}

static int
set_up(void **unused)
{
	(void)unused;
	if (mkdtemp(dir) == NULL ||
	    nvr_state_open(dir, NVR_STATE_CREATE, &s, &err) != 0)
		return -1;
	st = s->store;
	ann = add_account(1, "free");
	bob = add_account(2, "premium");
	yard = add_site(ann, "yard");
	hers = add_camera("gate", ann, yard);
	his = add_camera("gate", bob, add_site(bob, "yard"));
	return 0;
}

static int
drop(const char *path, const struct stat *sb, int type, struct FTW *where)
{
	(void)sb, (void)type, (void)where;
	return remove(path);
}

static int
tear_down(void **unused)
{
	(void)unused;
	nvr_state_close(s);
	return nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* What holds for hers, restricted, deleted and again not; his never changes. */
static void
both(void (*test)(bool barred))
{
	test(false);
	restricts(ann, NVR_BAR_RESTRICTED);
	test(true);
	restricts(ann, NVR_BAR_DELETED);
	test(true);
	restricts(ann, NVR_BAR_NONE);
	test(false);
}

static int
count(void *ctx, const struct nvr_camera *cam)
{
	*(int *)ctx += cam->name[0] == 'g';
	return 0;
}

static void
cameras(bool restricted)
{
	struct nvr_camera *cam = NULL;
	char id[NVR_ID_TEXT];
	enum nvr_bar bar;
	int n = 0;

	assert_int_equal(nvr_camera_get(st, hers, &cam, &err),
	    restricted ? NVR_E_PERMISSION : 0);
	nvr_camera_free(cam);
	cam = NULL;
	if (restricted)
		assert_non_null(strstr(err.text, nvr_bar_reason(barred)));
	assert_int_equal(
	    nvr_inventory_find(s, nvr_id_format(hers, id), &cam, &err),
	    restricted ? NVR_E_PERMISSION : 0);
	nvr_camera_free(cam);
	MUST(nvr_camera_get_any(st, hers, &cam, &err));
	assert_int_equal(cam->bar != NVR_BAR_NONE, restricted);
	nvr_camera_free(cam);
	MUST(nvr_camera_get(st, his, &cam, &err));
	nvr_camera_free(cam);
	MUST(nvr_camera_each(st, false, count, &n, &err));
	assert_int_equal(n, restricted ? 1 : 2);
	MUST(nvr_barred_camera(st, hers, &bar, &err));
	assert_int_equal(bar, barred);
	MUST(nvr_barred_camera(st, his, &bar, &err));
	assert_int_equal(bar, NVR_BAR_NONE);
}

static void
restricted_cameras_are_refused_and_left_out(void **unused)
{
	(void)unused;
	both(cameras);
}

static void
one_name_of_several_is_told_apart(void **unused)
{
	struct nvr_camera *cam = NULL;
	char id[NVR_ID_TEXT];

	(void)unused;
	assert_int_equal(
	    nvr_inventory_find(s, "gate", &cam, &err), NVR_E_USAGE);
	assert_non_null(strstr(err.text, "'yard/gate'"));
	/* The sites are of one name, too. */
	assert_non_null(strstr(err.text, nvr_id_format(his, id)));
	assert_int_equal(
	    nvr_inventory_find(s, "yard/gate", &cam, &err), NVR_E_USAGE);
	assert_null(cam);
	MUST(nvr_inventory_find(s, id, &cam, &err));
	assert_true(cam->id == his && cam->account_id == bob);
	nvr_camera_free(cam);
	cam = NULL;
	for (const char *const *p = (const char *const[]){"nobody", "yard/",
		 "/gate", "yard/gate/x", "0000000000000", "", NULL};
	     *p != NULL; p++)
		assert_int_equal(
		    nvr_inventory_find(s, *p, &cam, &err), NVR_E_NOENT);
	assert_null(cam);
}

static int64_t
add_segment(int64_t camera)
{
	struct nvr_open_segment o = {.id = nvr_id_new(),
	    .camera_id = camera,
	    .stream = NVR_MAIN,
	    .run_id = 1,
	    .start_at = T0};
	struct nvr_segment seg = {.id = o.id,
	    .camera_id = camera,
	    .stream = NVR_MAIN,
	    .run_id = 1,
	    .start_at = T0,
	    .end_at = T0 + NVR_SECOND,
	    .size_bytes = 1};

	MUST(nvr_segment_open(st, &o, &err));
	MUST(nvr_segment_close(st, &seg, &err));
	return seg.id;
}

static int64_t oldest;

static void
footage(bool restricted)
{
	static const struct nvr_rules rules;
	bool kept = barred == NVR_BAR_RESTRICTED;
	struct nvr_open_segment o = {
	    .id = nvr_id_new(), .camera_id = hers, .run_id = 1, .start_at = T0};
	struct nvr_streams x = {0};
	struct nvr_victims *v = NULL;
	struct nvr_segment seg;
	size_t of;

	/* The journal takes no new one; the old ones stay. */
	assert_int_equal(
	    nvr_segment_open(st, &o, &err), restricted ? NVR_E_PERMISSION : 0);
	if (!restricted)
		MUST(nvr_segment_forget(st, o.id, &err));
	s->rules = &rules;
	MUST(nvr_streams_load(s, 0, T0 + NVR_DAY, &x, &err));
	MUST(nvr_victims_open(s, &x, &v, &err));
	assert_int_equal(nvr_victims_next(v, &seg, &of, &err), 1);
	assert_int_equal(seg.camera_id, kept ? his : hers);
	nvr_victims_close(v);
	nvr_streams_free(&x);
	if (kept)
		assert_int_equal(nvr_segment_discard(st, oldest, "x", &err),
		    NVR_E_PERMISSION);
	MUST(nvr_segment_get(st, oldest, &seg, &err));
}

static void
what_is_not_to_be_recorded_has_no_journal(void **unused)
{
	struct nvr_open_segment o = {
	    .id = nvr_id_new(), .camera_id = hers, .run_id = 1, .start_at = T0};
	struct nvr_run run = {.id = nvr_id_new(),
	    .camera_id = hers,
	    .reason = "start",
	    .video = "h264",
	    .width = 1,
	    .height = 1};
	enum nvr_bar bar;

	(void)unused;
	sqlite3_exec(
	    st->db, "UPDATE camera SET record = 'none'", NULL, NULL, NULL);
	assert_int_equal(nvr_segment_open(st, &o, &err), NVR_E_PERMISSION);
	assert_non_null(strstr(err.text, "not to be recorded"));
	assert_int_equal(nvr_run_insert(st, &run, &err), NVR_E_PERMISSION);
	sqlite3_exec(
	    st->db, "UPDATE camera SET record = 'sub'", NULL, NULL, NULL);
	MUST(nvr_barred_recording(st, hers, "main", &bar, &err));
	assert_int_equal(bar, NVR_BAR_OFF);
	MUST(nvr_barred_recording(st, hers, "sub", &bar, &err));
	assert_int_equal(bar, NVR_BAR_NONE);
	MUST(nvr_barred_recording(st, 12345, "sub", &bar, &err));
	assert_int_equal(bar, NVR_BAR_OFF);
	sqlite3_exec(
	    st->db, "UPDATE camera SET record = 'main'", NULL, NULL, NULL);
}

static void
room_is_not_made_of_restricted_footage(void **unused)
{
	(void)unused;
	oldest = add_segment(hers);
	add_segment(his);
	both(footage);
}

static int64_t
add_audit(int64_t camera, int64_t still)
{
	struct nvr_finding f = {.label = "covered",
	    .verdict = "yes",
	    .evidence = "",
	    .confidence = 1};
	struct nvr_attempt t = {.at = T0, .status = "ok"};
	struct nvr_departure d = {T0, "host", 1, "x"};
	struct nvr_audit a = {.id = nvr_id_new(),
	    .camera_id = camera,
	    .camera_name = "gate",
	    .at = T0,
	    .type = "regular",
	    .origin = "camera",
	    .analyzer = "local",
	    .schema_version = 1,
	    .status = "ok",
	    .still_id = still,
	    .findings = &f,
	    .nfindings = 1,
	    .attempts = &t,
	    .nattempts = 1,
	    .departures = &d,
	    .ndepartures = 1};
	struct nvr_step step = {T0, "said", "", ""};

	MUST(nvr_audit_insert(st, &a, &err));
	MUST(nvr_step_put(st, a.id, 1, &step, &err));
	return a.id;
}

static int64_t audit;

static int
audit_row(void *ctx, const struct nvr_audit *a)
{
	*(int *)ctx += a->id == audit;
	return 0;
}

#define COUNTER(name, type)                       \
	static int name(void *ctx, type const *x) \
	{                                         \
		(void)x;                          \
		++*(int *)ctx;                    \
		return 0;                         \
	}
COUNTER(finding_row, struct nvr_finding)
COUNTER(attempt_row, struct nvr_attempt)
COUNTER(departure_row, struct nvr_departure)
COUNTER(step_row, struct nvr_step)
COUNTER(label_row, struct nvr_label)
COUNTER(count_row, struct nvr_report_count)
COUNTER(still_row, struct nvr_still_row)
COUNTER(aged_row, struct nvr_aged_row)

static int
usage_row(void *ctx, const struct nvr_usage *u, const char *name)
{
	(void)name, (void)u;
	++*(int *)ctx;
	return 0;
}

static void
audits(bool restricted)
{
	const struct nvr_audit_filter all = {0};
	const struct nvr_usage_filter days = {0, INT64_MAX, hers};
	const struct nvr_report_span span = {hers, "gate", 0, NVR_TIME_MAX};
	int want = !restricted, n[8] = {0};

	MUST(nvr_audit_each(st, &all, audit_row, &n[0], &err));
	assert_int_equal(nvr_audit_get(st, audit, audit_row, &n[0], &err),
	    restricted ? NVR_E_PERMISSION : 0);
	assert_int_equal(n[0], 2 * want);
	assert_int_equal(
	    nvr_audit_get(st, 1, audit_row, &n[0], &err), NVR_E_NOENT);
	MUST(nvr_finding_each(st, audit, finding_row, &n[1], &err));
	MUST(nvr_attempt_each(st, audit, attempt_row, &n[2], &err));
	MUST(nvr_departure_each(st, audit, departure_row, &n[3], &err));
	MUST(nvr_step_each(st, audit, step_row, &n[4], &err));
	MUST(nvr_label_each(st, label_row, &n[5], &err));
	MUST(nvr_report_counts(st, &span, count_row, &n[6], &err));
	MUST(nvr_usage_each(st, NVR_BY_ACCOUNT, &days, usage_row, &n[7], &err));
	for (int i = 1; i < 8; i++)
		assert_int_equal(n[i], want);
}

static const char *const nobodys[] = {"UPDATE audit SET account_id = 0",
    "UPDATE finding SET account_id = 0", "UPDATE attempt SET account_id = 0",
    "UPDATE departure SET account_id = 0", "UPDATE step SET account_id = 0",
    "UPDATE label SET account_id = 0", "UPDATE usage SET account_id = 0"};

static void
restricted_audits_are_in_no_list_and_no_report(void **unused)
{
	struct nvr_label l = {.id = nvr_id_new(),
	    .label = "covered",
	    .model = "m",
	    .prompt_sha256 = "x",
	    .verdict = "yes",
	    .truth = "yes",
	    .labelled_by = "me"};
	struct nvr_usage u = {.account_id = ann,
	    .day = 1,
	    .camera_id = hers,
	    .model = "m",
	    .audits = 1};
	struct nvr_objection o = {.id = nvr_id_new(),
	    .account = ann,
	    .purpose = "calibration",
	    .at = T0};
	int n = 0, ended = 0;

	(void)unused;
	audit = add_audit(hers, 0);
	l.audit_id = audit;
	MUST(nvr_label_put(st, &l, &err));
	MUST(nvr_usage_add(st, &u, &err));
	both(audits);
	/* C21: who objects to it is not calibrated with. */
	MUST(nvr_objection_insert(st, &o, &err));
	MUST(nvr_label_each(st, label_row, &n, &err));
	assert_int_equal(n, 0);
	MUST(nvr_objection_end(st, ann, "calibration", T0, &ended, &err));
	MUST(nvr_label_each(st, label_row, &n, &err));
	assert_int_equal(n, 1);
	/* As they are from before her camera was hers. */
	for (size_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++)
		MUST(nvr_db_run(st, nobodys[i], &err, ""));
	both(audits);
}

static int64_t still;

static void
stills(bool restricted)
{
	int n = 0, got = nvr_still_get(st, still, still_row, &n, &err);
	const struct nvr_aged_by by = {.now = T0};
	int64_t kept = 0;
	bool has, stays = barred == NVR_BAR_RESTRICTED;

	assert_int_equal(got, restricted ? NVR_E_NOENT : 0);
	n = 0;
	MUST(nvr_aged_each(
	    st, NVR_AGED_STILLS_EXPIRED, &by, aged_row, &n, &err));
	assert_int_equal(n, stays ? 0 : 1);
	/* What looks after it sees it all the same. */
	MUST(nvr_still_count(st, hers, &kept, &err));
	MUST(nvr_still_has(st, "stills/x", &has, &err));
	assert_true(has && kept == 1);
}

static void
restricted_stills_and_messages_do_not_expire(void **unused)
{
	static const char sha[] =
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	struct nvr_still_row row = {
	    nvr_id_new(), hers, T0, T0, "stills/x", 1, sha};
	struct nvr_outgoing o = {.id = nvr_id_new(),
	    .account_id = ann,
	    .created_at = T0,
	    .expires_at = T0,
	    .channel = "mail",
	    .kind = "report",
	    .recipient = "x",
	    .recipient_len = 1,
	    .message = "x",
	    .message_len = 1};

	(void)unused;
	still = row.id;
	MUST(nvr_still_insert(st, &row, &err));
	both(stills);
	MUST(nvr_db_run(st, "UPDATE still SET account_id = 0", &err, ""));
	both(stills);
	MUST(nvr_outbox_add(st, &o, &err));
	restricts(ann, NVR_BAR_RESTRICTED);
	MUST(nvr_outbox_expire(st, T0, &err));
	assert_int_equal(nvr_outbox_add(st, &o, &err), NVR_E_CREATE);
	restricts(ann, NVR_BAR_DELETED);
	MUST(nvr_outbox_expire(st, T0, &err));
	MUST(nvr_outbox_add(st, &o, &err));
	restricts(ann, NVR_BAR_NONE);
	MUST(nvr_outbox_expire(st, T0, &err));
	MUST(nvr_outbox_add(st, &o, &err));
}

static int64_t schedule[2];

static int
schedule_camera(void *ctx, int64_t camera, const char *name)
{
	(void)name;
	*(int *)ctx |= camera == hers ? 1 : camera == his ? 2 : 0;
	return 0;
}

static void
schedules(bool restricted)
{
	for (int i = 0; i < 2; i++) {
		int seen = 0;

		MUST(nvr_schedule_each_camera(
		    st, schedule[i], schedule_camera, &seen, &err));
		assert_int_equal(seen, restricted ? 2 : 3);
	}
}

static void
schedules_leave_restricted_cameras_out(void **unused)
{
	struct nvr_schedule x = {.name = "all",
	    .every_us = NVR_MINUTE,
	    .zone = "",
	    .all_cameras = true,
	    .analyzer = "",
	    .model = "",
	    .prompt = "",
	    .samples = 1,
	    .created_at = T0,
	    .changed_at = T0};

	(void)unused;
	for (int i = 0; i < 2; i++) {
		schedule[i] = x.id = nvr_id_new();
		MUST(nvr_schedule_insert(st, &x, &err));
		x.name = "named";
		x.all_cameras = false;
	}
	MUST(nvr_schedule_cameras(
	    st, schedule[1], (const int64_t[]){hers, his}, 2, &err));
	both(schedules);
}

static void
sites_take_no_cameras_while_restricted(void **unused)
{
	struct nvr_camera_change c = NVR_CAMERA_NO_CHANGE;
	struct nvr_camera *cam = NULL;
	int64_t us, bytes;

	(void)unused;
	c.name = "shed";
	c.url = "rtsp://192.0.2.1/";
	c.site = yard;
	restricts(ann, NVR_BAR_RESTRICTED);
	assert_int_equal(nvr_inventory_add(s, &c, &err), NVR_E_PERMISSION);
	restricts(ann, NVR_BAR_NONE);
	MUST(nvr_camera_get(st, hers, &cam, &err));
	assert_true(cam->site_id == yard);
	/* C18: its own limit, its site's, nvr.conf's. */
	nvr_site_retention(cam, NVR_MAIN, &us, &bytes);
	assert_true(us == 7 * NVR_DAY && bytes == 1000);
	cam->retain[NVR_MAIN].us = NVR_DAY;
	nvr_site_retention(cam, NVR_MAIN, &us, &bytes);
	assert_true(us == NVR_DAY && bytes == 1000);
	cam->site_retain.us = cam->site_retain.bytes = 0;
	nvr_site_retention(cam, NVR_SUB, &us, &bytes);
	assert_true(us == 0 && bytes == 0);
	nvr_camera_free(cam);
}

static void
C18_the_limits_of_a_removed_site_hold_for_what_is_left(void **unused)
{
	struct nvr_camera *cam = NULL;
	int64_t us, bytes;

	(void)unused;
	MUST(nvr_db_run(st,
	    "UPDATE camera SET removed_at = 1 WHERE site_id ="
	    " ?1",
	    &err, "i", yard));
	MUST(nvr_db_run(st, "UPDATE site SET removed_at = 2 WHERE id = ?1",
	    &err, "i", yard));
	MUST(nvr_camera_get_any(st, hers, &cam, &err));
	nvr_site_retention(cam, NVR_SUB, &us, &bytes);
	assert_true(us == 7 * NVR_DAY && bytes == 1000);
	nvr_camera_free(cam);
	cam = NULL;
	MUST(nvr_db_run(st, "UPDATE camera SET removed_at = NULL", &err, ""));
	MUST(nvr_db_run(st, "UPDATE site SET removed_at = NULL", &err, ""));
}

static void
a_tier_is_the_accounts(void **unused)
{
	const struct nvr_tier tiers[] = {
	    {.name = "owner"}, {.name = "free"}, {.name = "premium"}};
	const int64_t account[] = {0, ann, bob, 7};
	const int want[] = {0, 1, 2, 0};

	(void)unused;
	for (int i = 0; i < 4; i++) {
		const struct nvr_tier *t = &tiers[0];

		MUST(nvr_budget_tier(st, tiers, 3, account[i], &t, &err));
		assert_ptr_equal(t, &tiers[want[i]]);
	}
}

static void
jurisdictions_are_codes_of_iso_3166(void **unused)
{
	static const char *const bad[] = {"", "D", "XX", "UK", "DEU", "DE-",
	    "DE-ABCD", "D1", "de by", "-DE", "DE\n", "\xc3\x84", NULL};
	char code[NVR_JURISDICTION];

	(void)unused;
	MUST(nvr_jurisdiction_parse("de", code, &err));
	assert_string_equal(code, "DE");
	MUST(nvr_jurisdiction_parse("us-ca", code, &err));
	assert_string_equal(code, "US-CA");
	MUST(nvr_jurisdiction_parse("FR-75C", code, &err));
	for (int i = 0; bad[i] != NULL; i++)
		assert_int_equal(
		    nvr_jurisdiction_parse(bad[i], code, &err), NVR_E_USAGE);
	assert_string_equal(code, "FR-75C");
}

static const struct nvr_column note = {"request", "note", 1};

static int
opens(int64_t account, const struct nvr_buf *sealed)
{
	struct nvr_buf text = {0};
	int rc = nvr_sealed_get(
	    s, account, &note, sealed->data, sealed->len, &text, &err);

	nvr_buf_release(&text);
	return rc;
}

static struct nvr_buf hers_sealed;

static void
keys(bool restricted)
{
	int want = barred == NVR_BAR_RESTRICTED ? NVR_E_PERMISSION : 0;
	const struct nvr_ring *ring;

	(void)restricted;
	/* Whoever had it cached, by right or from before. */
	s->rights = true;
	MUST(opens(ann, &hers_sealed));
	s->rights = false;
	assert_int_equal(opens(ann, &hers_sealed), want);
	assert_int_equal(nvr_keys_ring(s, ann, &ring, &err), want);
	MUST(nvr_keys_ring(s, 0, &ring, &err));
}

static void
a_cached_key_ends_with_restriction(void **unused)
{
	(void)unused;
	MUST(nvr_sealed_put(s, ann, &note, "x", 1, &hers_sealed, &err));
	both(keys);
	nvr_buf_release(&hers_sealed);
}

static void
a_cached_key_ends_with_erasure(void **unused)
{
	int64_t cas = add_account(3, "free");
	struct nvr_buf sealed = {0};
	struct nvr_state *other = NULL;

	(void)unused;
	MUST(nvr_sealed_put(s, cas, &note, "x", 1, &sealed, &err));
	MUST(opens(cas, &sealed));
	MUST(nvr_state_open(dir, 0, &other, &err));
	MUST(nvr_erase(other, cas, &err));
	nvr_state_close(other);
	assert_int_equal(opens(cas, &sealed), NVR_E_NOENT);
	nvr_buf_release(&sealed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(restricted_cameras_are_refused_and_left_out),
	    cmocka_unit_test(one_name_of_several_is_told_apart),
	    cmocka_unit_test(room_is_not_made_of_restricted_footage),
	    cmocka_unit_test(what_is_not_to_be_recorded_has_no_journal),
	    cmocka_unit_test(restricted_audits_are_in_no_list_and_no_report),
	    cmocka_unit_test(restricted_stills_and_messages_do_not_expire),
	    cmocka_unit_test(schedules_leave_restricted_cameras_out),
	    cmocka_unit_test(sites_take_no_cameras_while_restricted),
	    cmocka_unit_test(
		C18_the_limits_of_a_removed_site_hold_for_what_is_left),
	    cmocka_unit_test(a_tier_is_the_accounts),
	    cmocka_unit_test(a_cached_key_ends_with_restriction),
	    cmocka_unit_test(a_cached_key_ends_with_erasure),
	    cmocka_unit_test(jurisdictions_are_codes_of_iso_3166),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

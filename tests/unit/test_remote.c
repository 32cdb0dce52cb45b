/* Recorders are invited, enrolled, approved and replaced; what the portal has
 * of their cameras. */
#include "remote_help.h"

static void
a_code_enrols_one_recorder_once(void **state)
{
	struct machine m = machine(1), other = machine(2);
	char code[NVR_CODE_TEXT];

	(void)state;
	ok(nvr_remote_invite(s, site, 0, code, &err));
	assert_int_equal(strlen(code), 26 + 4);
	assert_int_equal(
	    strspn(code, "abcdefghijklmnopqrstuvwxyz234567-"), strlen(code));
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_FINE);
	assert_false(enrolled.waits || enrolled.replaces);
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	assert_int_equal(enrol_with(&other, code), NVR_BEAT_CODE);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM recorder"), 1);
	assert_int_equal(logged(account, "recorder.invited", ""), 1);
	assert_int_equal(logged(account, "recorder.enrolled", "SHA256:"), 1);
}

static void
a_code_is_not_stored(void **state)
{
	char code[NVR_CODE_TEXT], bare[NVR_CODE_TEXT];
	size_t n = 0;

	(void)state;
	ok(nvr_remote_invite(s, site, 0, code, &err));
	for (const char *p = code; *p != '\0'; p++)
		if (*p != '-')
			bare[n++] = *p;
	bare[n] = '\0';
	assert_int_equal(n, 26);
	assert_false(holds("nvr.db", code) || holds("nvr.db-wal", code));
	assert_false(holds("nvr.db", bare) || holds("nvr.db-wal", bare));
	assert_int_equal(
	    sql("nvr.db", "SELECT length(hash) FROM invitation"), 32);
}

static void
a_code_can_be_typed_as_people_do(void **state)
{
	struct machine m = machine(1);
	char code[NVR_CODE_TEXT], typed[2 * NVR_CODE_TEXT] = " ";
	size_t n = 1;

	(void)state;
	ok(nvr_remote_invite(s, site, 0, code, &err));
	for (const char *p = code; *p != '\0'; p++)
		typed[n++] = *p == '-'		      ? ' '
			     : *p >= 'a' && *p <= 'z' ? (char)(*p - 32)
						      : *p;
	assert_int_equal(enrol_with(&m, typed), NVR_BEAT_FINE);
}

static void
a_wrong_code_and_an_old_one_enrol_nobody(void **state)
{
	struct machine m = machine(1);
	char code[NVR_CODE_TEXT];

	(void)state;
	ok(nvr_remote_invite(s, site, 0, code, &err));
	code[0] = code[0] == 'a' ? 'b' : 'a';
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_CODE);
	assert_int_equal(enrol_with(&m, "short"), NVR_BEAT_CODE);
	assert_int_equal(enrol_with(&m, "0189!"), NVR_BEAT_CODE);
	ok(nvr_remote_invite(s, site, 0, code, &err));
	now += NVR_INVITATION + NVR_SECOND;
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_CODE);
	now -= 3 * NVR_SECOND;
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_FINE);
}

static void
one_whose_answer_was_lost_is_answered_again(void **state)
{
	struct machine m = machine(1), other = machine(2);
	char code[NVR_CODE_TEXT];
	int64_t id;

	(void)state;
	ok(nvr_remote_invite(s, site, 0, code, &err));
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_FINE);
	id = m.id;
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_FINE);
	assert_true(m.id == id);
	now += NVR_DAY;
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_FINE);
	assert_true(m.id == id);
	/* By another code, too; it is used up, and no code for another place.
	 */
	ok(nvr_remote_invite(s, site, 0, code, &err));
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_FINE);
	assert_true(m.id == id);
	assert_int_equal(enrol_with(&other, code), NVR_BEAT_CODE);
	ok(nvr_remote_invite(s, site, id, code, &err));
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_CODE);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM recorder"), 1);
	ok(nvr_remote_revoke(s, id, &err));
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_REVOKED);
}

/* Who has the code and not the key. */
static void
a_key_is_enrolled_by_who_has_it(void **state)
{
	struct machine m = machine(1), thief = machine(2);
	struct nvr_http_signature sig, own;
	struct nvr_http_message msg;
	struct nvr_buf body = {0};
	struct nvr_remote_request r = {&msg, &sig, "192.0.2.7", now};

	(void)state;
	ok(nvr_buf_addf(&body, &err, "{}"));
	sig = sign(&m, &msg, "/api/v1/enrol", &body, 5, now);
	own = sign(&thief, &msg, "/api/v1/enrol", &body, 5, now);
	/* The thief's signature under the other's name. */
	memcpy(sig.signature, own.signature, sizeof(sig.signature));
	ok(nvr_remote_enrol(s, &r, &enrolled, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_UNSIGNED);
	nvr_buf_release(&body);
}

static void
what_enrols_is_checked(void **state)
{
	struct machine m = machine(1);
	struct nvr_beat_enrol e = {.code = "aaaaa-aaaaa-aaaaa-aaaaa-aaaaaa",
	    .box = "age1nothing",
	    .agent = "nvr",
	    .interval = NVR_MINUTE};
	struct nvr_http_signature sig;
	struct nvr_http_message msg;
	struct nvr_buf body = {0};
	struct nvr_remote_request r = {&msg, &sig, NULL, now};

	(void)state;
	ok(nvr_beat_enrol_write(&e, &body, &err));
	sig = sign(&m, &msg, "/api/v1/enrol", &body, 5, now);
	ok(nvr_remote_enrol(s, &r, &enrolled, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_MALFORMED);
	sig = sign(&m, &msg, "/api/v1/enrol", &body, 6, now - NVR_HOUR);
	ok(nvr_remote_enrol(s, &r, &enrolled, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_SKEW);
	nvr_buf_release(&body);
}

static void
a_network_may_try_so_often(void **state)
{
	struct machine m = machine(1);
	int n = 0;

	(void)state;
	while (n < 100 && enrol_with(&m, "wrong") == NVR_BEAT_CODE)
		n++;
	assert_int_equal(n, 60);
	assert_int_equal(refusal.problem, NVR_BEAT_TOO_OFTEN);
	assert_true(refusal.retry > 0 && refusal.retry <= NVR_HOUR);
}

static void
no_recorder_is_invited_to_what_is_not_there(void **state)
{
	char code[NVR_CODE_TEXT];
	struct machine m;

	(void)state;
	assert_fails(
	    nvr_remote_invite(s, site + 1, 0, code, &err), NVR_E_NOENT, "site");
	assert_fails(nvr_remote_invite(s, site, 99, code, &err), NVR_E_NOENT,
	    "recorder");
	m = enrol(1);
	sql("nvr.db", "UPDATE recorder SET account_id = 5");
	assert_fails(nvr_remote_invite(s, site, m.id, code, &err), NVR_E_NOENT,
	    "another account");
	assert_int_equal(code[0], '\0');
}

static void
a_site_with_recorders_stays(void **state)
{
	struct machine m = enrol(1);
	char code[NVR_CODE_TEXT];

	(void)state;
	assert_fails(nvr_site_remove(s, account, "home", &err), NVR_E_USAGE,
	    "still has recorders (1)");
	ok(nvr_remote_invite(s, site, 0, code, &err));
	ok(nvr_remote_revoke(s, m.id, &err));
	ok(nvr_site_remove(s, account, "home", &err));
	/* And nobody enrols there by an invitation that is left. */
	m = machine(2);
	assert_int_equal(enrol_with(&m, code), NVR_BEAT_CODE);
}

/* What the recorder tells of its cameras, with their secrets sealed. */
static struct nvr_beat_inventory inventory[2];
static struct nvr_buf secrets;

static enum nvr_beat_problem
tell_inventory(struct machine *m)
{
	now += NVR_MINUTE;
	prepare(m);
	secrets = sealed_to(&m->box.recipient, SECRET);
	inventory[0] = (struct nvr_beat_inventory){
	    7, "gate", "drive", "Acme", "X1", secrets.data, secrets.len};
	inventory[1] =
	    (struct nvr_beat_inventory){8, "yard", "", "", "", NULL, 0};
	beat.tells_inventory = true;
	beat.inventory = inventory;
	beat.ninventory = 2;
	return say(m);
}

static void
cameras_are_kept_as_they_are_told(void **state)
{
	struct machine m = enrol(1);

	(void)state;
	assert_int_equal(tell_inventory(&m), NVR_BEAT_FINE);
	assert_false(answer.wants_inventory);
	assert_int_equal(
	    sql("nvr.db", "SELECT COUNT(*) FROM recorder_camera WHERE name ="
			  " 'gate' AND zone = 'drive' AND manufacturer ="
			  " 'Acme' AND model = 'X1' AND state = 'recording'"
			  " AND newest_at > 0 AND gaps = 0"),
	    1);
	assert_int_equal(
	    sql("nvr.db", "SELECT COUNT(*) FROM recorder_camera WHERE name ="
			  " 'yard' AND secrets IS NULL AND state = 'lost'"
			  " AND newest_at IS NULL AND gaps = 3"),
	    1);
	nvr_buf_release(&secrets);
	/* One goes. */
	now += NVR_MINUTE;
	prepare(&m);
	beat.tells_inventory = true;
	beat.inventory = &inventory[1];
	beat.ninventory = 1;
	assert_int_equal(say(&m), NVR_BEAT_FINE);
	assert_true(answer.wants_inventory); /* of 7 it tells the state */
	assert_int_equal(
	    sql("nvr.db", "SELECT COUNT(*) FROM recorder_camera"), 1);
}

/* C4 and C5 */
static void
c5_the_copy_of_a_credential_is_opened_by_the_recorder_alone(void **state)
{
	struct machine m = enrol(1);
	const struct nvr_age_identity *own = NULL;
	struct nvr_buf text = {0};

	(void)state;
	assert_int_equal(tell_inventory(&m), NVR_BEAT_FINE);
	assert_false(holds("nvr.db", "orchid-42"));
	assert_false(holds("nvr.db-wal", "orchid-42"));
	assert_int_equal(
	    sql("nvr.db", "SELECT length(secrets) FROM recorder_camera WHERE"
			  " camera_id = 7"),
	    (int64_t)secrets.len);
	/* As it came; not for the portal's own box key. */
	ok(nvr_state_box(s, &own, &err));
	assert_int_equal(
	    nvr_age_open(own, secrets.data, secrets.len, &text, &err),
	    NVR_E_PERMISSION);
	ok(nvr_age_open(&m.box, secrets.data, secrets.len, &text, &err));
	assert_string_equal(text.data, SECRET);
	nvr_buf_wipe(&text);
	nvr_buf_release(&secrets);
}

static void
c5_what_is_not_sealed_is_refused(void **state)
{
	static const char *const bad[] = {SECRET, "age-encryption.org/v1\n",
	    "age-encryption.org/v1\n-> X25519 a\nb\n--- c\n", NULL};
	struct machine m = enrol(1);

	(void)state;
	for (const char *const *p = bad; *p != NULL; p++) {
		now += NVR_MINUTE;
		prepare(&m);
		inventory[0] = (struct nvr_beat_inventory){
		    7, "gate", "", "", "", *p, strlen(*p)};
		beat.tells_inventory = true;
		beat.inventory = inventory;
		beat.ninventory = 1;
		assert_int_equal(say(&m), NVR_BEAT_MALFORMED);
	}
	assert_int_equal(reports(), 0);
	assert_int_equal(
	    sql("nvr.db", "SELECT COUNT(*) FROM recorder_camera"), 0);
}

static void
c5_one_that_replaces_another_waits_and_then_gets_its_cameras(void **state)
{
	struct machine old = enrol(1), new = machine(2);
	char code[NVR_CODE_TEXT];

	(void)state;
	assert_int_equal(tell_inventory(&old), NVR_BEAT_FINE);
	ok(nvr_remote_invite(s, site, old.id, code, &err));
	new.box = old.box; /* from its backup */
	assert_int_equal(enrol_with(&new, code), NVR_BEAT_FINE);
	assert_true(enrolled.waits && enrolled.replaces);
	assert_int_equal(beat_of(&new), NVR_BEAT_WAITING);
	ok(nvr_remote_approve(s, new.id, &err));
	assert_int_equal(enrol_with(&new, code), NVR_BEAT_FINE);
	assert_true(!enrolled.waits && enrolled.replaces);
	assert_int_equal(beat_of(&old), NVR_BEAT_REVOKED);
	assert_int_equal(logged(account, "recorder.revoked", "replaced_by"), 1);
	assert_int_equal(beat_of(&new), NVR_BEAT_FINE);
	assert_int_equal(answer.ninherited, 2);
	assert_true(answer.inherited[0].id == 7);
	assert_string_equal(answer.inherited[0].name, "gate");
	assert_int_equal(answer.inherited[0].secrets_len, secrets.len);
	assert_memory_equal(
	    answer.inherited[0].secrets, secrets.data, secrets.len);
	assert_null(answer.inherited[1].secrets);
	nvr_buf_release(&secrets);
}

/* It tells of the camera of that id, and of one of its own. */
static void
tell_of(struct machine *m, int64_t id)
{
	now += NVR_MINUTE;
	prepare(m);
	beat.ncameras = 0;
	inventory[0] =
	    (struct nvr_beat_inventory){id, "x", "", "", "", NULL, 0};
	inventory[1] =
	    (struct nvr_beat_inventory){99, "own", "", "", "", NULL, 0};
	beat.tells_inventory = true;
	beat.inventory = inventory;
	beat.ninventory = 2;
	assert_int_equal(say(m), NVR_BEAT_FINE);
}

static void
c5_each_camera_is_offered_until_it_was_told_of_once(void **state)
{
	struct machine old = enrol(1), new = machine(2);
	char code[NVR_CODE_TEXT];

	(void)state;
	assert_int_equal(tell_inventory(&old), NVR_BEAT_FINE);
	nvr_buf_release(&secrets);
	ok(nvr_remote_invite(s, site, old.id, code, &err));
	assert_int_equal(enrol_with(&new, code), NVR_BEAT_FINE);
	ok(nvr_remote_approve(s, new.id, &err));
	tell_of(&new, 98); /* one that it had before */
	assert_int_equal(answer.ninherited, 2);
	tell_of(&new, 7);
	assert_int_equal(answer.ninherited, 1);
	assert_true(answer.inherited[0].id == 8);
	/* The first was removed there, which is no reason to give it again. */
	tell_of(&new, 8);
	assert_int_equal(answer.ninherited, 0);
	tell_of(&new, 98);
	assert_int_equal(answer.ninherited, 0);
	/* What is sealed to the box key of the one before is still here. */
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM recorder_camera"
				       " WHERE secrets IS NOT NULL"),
	    1);
}

static void
nothing_is_approved_that_is_fine(void **state)
{
	struct machine m = enrol(1);

	(void)state;
	assert_fails(nvr_remote_approve(s, m.id, &err), NVR_E_USAGE, "nothing");
	assert_fails(
	    nvr_remote_approve(s, 12345, &err), NVR_E_NOENT, "recorder");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_code_enrols_one_recorder_once),
	    T(a_code_is_not_stored),
	    T(a_code_can_be_typed_as_people_do),
	    T(a_wrong_code_and_an_old_one_enrol_nobody),
	    T(one_whose_answer_was_lost_is_answered_again),
	    T(a_key_is_enrolled_by_who_has_it),
	    T(what_enrols_is_checked),
	    T(a_network_may_try_so_often),
	    T(no_recorder_is_invited_to_what_is_not_there),
	    T(a_site_with_recorders_stays),
	    T(cameras_are_kept_as_they_are_told),
	    T(c5_the_copy_of_a_credential_is_opened_by_the_recorder_alone),
	    T(c5_what_is_not_sealed_is_refused),
	    T(c5_one_that_replaces_another_waits_and_then_gets_its_cameras),
	    T(c5_each_camera_is_offered_until_it_was_told_of_once),
	    T(nothing_is_approved_that_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#!/usr/bin/env bats
# nvr-account recorder: one as a whole, and invitations that are open.

load ../lib/helpers

setup() {
	use_store
	nvr-account create jane@example.org --name 'Jane Doe' --adult -q
	nvr-account site add jane@example.org home --jurisdiction DE -q
	sqlite3 "$D/nvr.db" "INSERT INTO recorder (id, account_id, site_id,
	    state, public_key, box, fingerprint, interval_us, created_at, at, seen_at, agent)
	    SELECT 7, account_id, id, 'active', randomblob(32), 'age1x',
	    randomblob(32), 60000000, 1, 5000000, 6000000, '0.1' FROM site;
	INSERT INTO telemetry (recorder_id, at, account_id, received_at, cpu, cameras, cameras_down)
	    SELECT 7, 5000000, account_id, 6000000, 12.5, 2, 1 FROM site;
	INSERT INTO recorder_camera (recorder_id, camera_id, account_id, name, zone, secrets, state,
	    newest_at, gaps, changed_at) SELECT 7, 8, account_id, 'gate', 'yard', x'00', 'recording',
	    4000000, 3, 1000000 FROM site;
	INSERT INTO recorder_camera (recorder_id, camera_id, account_id, name, changed_at)
	    SELECT 7, 9, account_id, 'door', 1000000 FROM site"
	id=0000000000007
}

invite() { nvr-account recorder invite jane@example.org home -q >/dev/null; }
invitation() { nvr-account recorder invitations --json | jq -r .id; }

@test "a recorder is shown as a whole: site, figures, cameras and how they are" {
	nvr-account recorder show $id --json >"$BATS_TEST_TMPDIR/out"
	json_as account-recorder-show <"$BATS_TEST_TMPDIR/out"
	jq -e '.site == "home" and .state == "active" and .cpu_percent == 12.5 and
	    .cameras == 2 and .cameras_down == 1 and .memory_percent == null and
	    .camera[0] == {id: "0000000000008", name: "gate", zone: "yard", manufacturer: null,
	    model: null, state: "recording", newest: "1970-01-01T00:00:04.000Z", gaps: 3,
	    changed_at: "1970-01-01T00:00:01.000Z"} and
	    .camera[1].name == "door" and .camera[1].state == null and .camera[1].gaps == null' \
	    "$BATS_TEST_TMPDIR/out"
	run -0 nvr-account recorder show $id
	for t in 'site: home' 'seen_at: 1970-01-01T00:00:06.000Z' 'cpu_percent: 12.5' \
	    'memory_percent: ' 'camera: recording gate' 'camera: - door'; do has "$t"; done
	run -66 nvr-account recorder show 000000000000a
	run -64 nvr-account recorder show
	run -64 nvr-account recorder show nonsense
}

@test "of a restricted account there is no more to see than in the list" {
	nvr-account -q restrict jane@example.org --why asked
	nvr-account recorder show $id --json >"$BATS_TEST_TMPDIR/out"
	json_as account-recorder-show <"$BATS_TEST_TMPDIR/out"
	jq -e '.cpu_percent == null and .camera == []' "$BATS_TEST_TMPDIR/out"
}

@test "invitations that are open are listed, without their codes, and taken back" {
	run -0 nvr-account recorder invitations
	[ -z "$output" ]
	code=$(nvr-account recorder invite jane@example.org home -q --replaces $id --json | jq -r .code)
	nvr-account create joe@example.org --name Joe --adult -q
	nvr-account recorder invitations --json >"$BATS_TEST_TMPDIR/out"
	json_as account-recorder-invitations <"$BATS_TEST_TMPDIR/out"
	jq -e '.site == "home" and .replaces == "'$id'" and .until > .created_at' "$BATS_TEST_TMPDIR/out"
	run ! grep -q "$code" "$BATS_TEST_TMPDIR/out"
	[ -z "$(nvr-account recorder invitations joe@example.org)" ]
	i=$(invitation)
	nvr-account recorder revoke "$i" --json | json_as account-action
	[ -z "$(nvr-account recorder invitations)" ]
	[ "$(sqlite3 "$D/nvr.db" "SELECT COUNT(*) FROM invitation WHERE expires_at > created_at + 60000000")" = 0 ]
	nvr-account log jane@example.org | grep -q "recorder.uninvited.*$i"
	run -66 nvr-account recorder revoke "$i"
	has "no such recorder, and no open invitation"
}

@test "an invitation that was used, or is past its time, is none" {
	invite
	sqlite3 "$D/nvr.db" "UPDATE invitation SET used_at = 1"
	[ -z "$(nvr-account recorder invitations)" ]
	invite
	sqlite3 "$D/nvr.db" "UPDATE invitation SET expires_at = 1"
	[ -z "$(nvr-account recorder invitations)" ]
}

@test "revoked already is said, and not done or logged again" {
	nvr-account -q recorder revoke $id
	run -0 nvr-account recorder revoke $id
	has "revoked already"
	[ "$(nvr-account log jane@example.org | grep -c recorder.revoked)" = 1 ]
}

#!/usr/bin/env bats
# The box key alone, for a recorder that takes the place of another.

setup() {
	load ../lib/helpers.bash
	use_store "$BATS_TEST_TMPDIR/old"
	nvr-camera -q add gate rtsp://192.0.2.7/s --user admin --password-file - <<<s3cret
	nvr-store -q backup --keys "$BATS_TEST_TMPDIR/keys" >/dev/null
	nvr-store -q backup "$BATS_TEST_TMPDIR/store" >/dev/null
	old=$(sha256sum <"$D/keys/box.age")
	use_store "$BATS_TEST_TMPDIR/new"
}

box() { nvr-store -q restore --yes --box "$BATS_TEST_TMPDIR/keys" "$@"; }
has_old() { [ "$(sha256sum <"$D/keys/box.age")" = "$old" ]; }

@test "C5: a new recorder is given the box key of the one before, and nothing else of it" {
	run -0 box
	has_old
	[ "$(ls "$D/keys")" = box.age ]
	[ "$(stat -c %a "$D/keys/box.age")" = 400 ]
	run -0 nvr-store init
	has_old
	run -0 nvr-store check
	nvr-camera -q add door rtsp://192.0.2.8/s --user admin --password-file - <<<other
	run -0 nvr-camera show door
	# And once more, where it is so already.
	run -0 box
	has $'\t0\t0'
}

@test "C5: into a store that was made already it goes as long as it has no camera" {
	nvr-store -q init >/dev/null
	run -65 nvr-store restore --yes "$BATS_TEST_TMPDIR/keys"
	has "restore --box"
	run -0 box
	has $'\t1\t0'
	has_old
	run -0 nvr-store check
	run -0 nvr-account log --json
	grep -q "store.restored.*box" <<<"$output"
	run -0 nvr-account log --verify
}

@test "a box key that something is sealed to, or that the portal knows, stays" {
	nvr-camera -q add door rtsp://192.0.2.8/s --user admin --password-file - <<<other
	is=$(sha256sum <"$D/keys/box.age")
	run -73 box
	has "has cameras"
	nvr-camera -q remove door
	run -73 box
	[ "$(sha256sum <"$D/keys/box.age")" = "$is" ]
	use_store "$BATS_TEST_TMPDIR/third"
	nvr-store -q init >/dev/null
	sqlite3 "$D/nvr.db" "INSERT INTO enrolment (id, url, recorder_id, enrolled_at)
	    VALUES (1, 'https://portal.example', 1, 1)"
	run -73 box
	has "nvr-heartbeat leave"
}

@test "what is no backup of keys, or has been changed, is no box key" {
	run -64 nvr-store restore --yes --box "$BATS_TEST_TMPDIR/store"
	has "backup --keys"
	chmod u+w "$BATS_TEST_TMPDIR/keys/box.age"
	echo >>"$BATS_TEST_TMPDIR/keys/box.age"
	run -65 box
	[ ! -e "$D/keys/box.age" ]
	run -64 nvr-store restore --box "$BATS_TEST_TMPDIR/keys" </dev/null
	run -64 nvr-store restore --yes --box --ledger - "$BATS_TEST_TMPDIR/keys" </dev/null
}

@test "keys without their store say both ways out" {
	run -0 nvr-store -q restore --yes "$BATS_TEST_TMPDIR/keys"
	run -73 nvr-store init
	has "restore that one"
	has "restore --box"
	run -0 nvr-store -q restore --yes "$BATS_TEST_TMPDIR/store"
	run -0 nvr-camera show gate
}

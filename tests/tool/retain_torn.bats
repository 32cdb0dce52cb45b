#!/usr/bin/env bats
# What a crash left of recordings ends with the rest, though no recorder of its
# stream ever starts again.

setup_file() {
	load ../lib/helpers.bash
	load ../lib/record.bash
	start_flood
}

setup() {
	load ../lib/record.bash
	use_recorder
	settings 'segment = 30s'
	add gate
}

teardown() { kill_record; }
teardown_file() {
	load ../lib/helpers.bash
	stop_cameras
}

nvr-retain() { command nvr-retain -d "$D" -c "$C" "$@"; }
journals() { sql 'SELECT COUNT(*) FROM open_segment'; }
parts() { find "$D/media" -name '*.part'; }

# crash: what it leaves of one being recorded.
crash() {
	start_record gate
	await recording
	for _ in $(seq 200); do
		[ -n "$(find "$D/media" -name '*.part' -size +192k)" ] && break
		sleep 0.05
	done
	# shellcheck disable=SC2046
	kill -KILL $(pgrep -P "$rec") "$rec"
	wait "$rec" || true
	rec=
	[ "$(journals)" = 1 ]
}

# back DAYS: as if the crash had been then.
back() {
	sql "UPDATE open_segment SET start_at = start_at - $1 * 86400000000"
	parts | xargs -d '\n' touch -d "-$1 days"
}

@test "C18: a crash's recording of a stream that is recorded no more ends by its age" {
	crash
	nvr-camera -q set gate --record none
	printf '%s\n' '[retain]' 'footage = 1d' >>"$C"
	run -0 nvr-retain verify
	back 90
	run -1 nvr-retain verify
	has $'recordings\t1\t'
	run -0 nvr-retain -n
	[ "$(cut -f1,3,4,7,8 <<<"$output")" = $'recordings\tgate\tmain\tolder than 1d\tC18' ]
	nvr-retain -n --json | jq -S 'del(.age_ms)' >"$BATS_TEST_TMPDIR/plan"
	[ "$(journals)" = 1 ]
	# What is held stays.
	nvr-record hold gate --since 91d --until 89d --why 'a case' >/dev/null
	run -0 nvr-retain verify
	sql "UPDATE hold SET released_at = held_at, released_by = 'x'"
	nvr-retain -v --json | jq -S 'del(.age_ms)' >"$BATS_TEST_TMPDIR/went"
	diff "$BATS_TEST_TMPDIR/plan" "$BATS_TEST_TMPDIR/went"
	[ "$(journals)" = 0 ] && [ -z "$(find "$D/media/footage" -type f)" ]
	run -0 nvr-retain verify
}

@test "N14: a camera that was removed after a crash goes with all it has" {
	crash
	nvr-camera -q remove gate
	run -0 nvr-retain
	# Mended, as its recorder would have.
	[ "$(journals)" = 0 ] && [ -z "$(parts)" ]
	[ "$(sql 'SELECT COUNT(*) FROM segment WHERE frames > 10')" = 1 ]
	nvr-record verify
	sql "INSERT INTO open_segment (id, camera_id, stream, run_id, start_at, media_start_us, payload_key)
	    SELECT id + 1, camera_id, stream, run_id, start_at, 0, x'00' FROM segment"
	sql "UPDATE camera SET removed_at = removed_at - 31 * 86400000000"
	run -1 nvr-retain verify
	has $'cameras\t1\t'
	run -0 nvr-retain
	[ "$(sql 'SELECT COUNT(*) FROM camera')" = 0 ]
	[ "$(journals)" = 0 ] && [ -z "$(find "$D/media/footage" -type f)" ]
	run -0 nvr-retain verify
}

@test "what nobody can mend stays until it is due, and a running recorder's own is left" {
	crash
	sql "UPDATE open_segment SET payload_key = x'00'"
	printf '%s\n' '[retain]' 'footage = 30d' >>"$C"
	run -0 nvr-retain
	[ "$(journals)" = 1 ] && [ -n "$(parts)" ]
	back 20
	run -0 nvr-retain
	[ "$(journals)" = 1 ]
	back 20
	run -0 nvr-retain
	has $'recordings\t1\t'
	[ "$(journals)" = 0 ] && [ -z "$(find "$D/media/footage" -type f)" ]
	start_record gate
	await recording 2
	sql "UPDATE open_segment SET start_at = 1"
	sql "UPDATE camera SET removed_at = 1"
	run -0 nvr-retain
	[ "$(journals)" = 1 ] && [ -n "$(parts)" ]
	[ "$(sql 'SELECT COUNT(*) FROM camera')" = 1 ]
	sql "UPDATE camera SET removed_at = NULL"
	stop_record
}

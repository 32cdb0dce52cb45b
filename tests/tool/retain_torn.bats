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

# held FROM UNTIL: of what was begun, in seconds from its beginning.
held() {
	sql "DELETE FROM hold"
	sql "INSERT INTO hold (id, camera_id, since, until, why, held_by, held_at)
	    SELECT 1, camera_id, start_at + $1 * 1000000, start_at + $2 * 1000000,
	    'x', 'x', 1 FROM open_segment"
}

@test "N4: a hold on what is behind its beginning keeps it, whatever its file's time says" {
	crash
	nvr-camera -q set gate --record none
	printf '%s\n' '[retain]' 'footage = 1d' >>"$C"
	back 90
	# As if it could not be mended, so that it stays in the journal.
	sql "UPDATE open_segment SET payload_key = x'00'"
	part=$(parts)
	# A clock that was set back; and a crash between its last name and its row.
	touch -d '-100 days' "$part"
	for _ in final late; do
		held 1 2
		run -0 nvr-retain -n
		[ "$output" = "" ]
		run -0 nvr-retain
		[ "$(journals)" = 1 ]
		[ "$(find "$D/media/footage" -type f | wc -l)" = 1 ]
		held 3500 3599
		run -0 nvr-retain
		[ "$(journals)" = 1 ]
		mv "$part" "${part%.part}" || true
	done
	# No segment is as long as that.
	held 3600 3700
	run -0 nvr-retain
	[ "$(journals)" = 0 ] && [ -z "$(find "$D/media/footage" -type f)" ]
}

@test "one that no camera has any more stops no other, and goes with its file" {
	crash
	add yard
	printf '%s\n' '[retain]' 'footage = 1d' >>"$C"
	sql "PRAGMA foreign_keys = OFF;
	    INSERT INTO segment (id, camera_id, stream, run_id, start_at, end_at,
	    media_start_us, media_us, frames, size_bytes, sha256, sealed)
	    SELECT 1, (SELECT id FROM camera WHERE name = 'yard'), 'main', run_id,
	    1, 2, 0, 1, 1, 1, zeroblob(32), 1 FROM open_segment;
	    DELETE FROM camera WHERE name = 'gate'"
	held 1 2
	run -0 nvr-retain
	[ "$(sql 'SELECT COUNT(*) FROM segment')" = 0 ]
	[ "$(journals)" = 1 ] && [ -n "$(parts)" ]
	sql "DELETE FROM hold"
	run -1 nvr-retain verify
	run -0 nvr-retain -v
	has "its camera is not there any more"
	[ "$(journals)" = 0 ] && [ -z "$(find "$D/media/footage" -type f)" ]
	run -0 nvr-account log --json
	has "its camera is not there any more"
	run -0 nvr-retain verify
}

@test "a station that cannot be read is told of: 74" {
	crash
	nvr-camera -q set gate --record none
	printf '%s\n' '[retain]' 'footage = 1d' 'events = 90d' >>"$C"
	back 90
	sql "INSERT INTO event (id, camera_id, stream, at, kind)
	    SELECT 1, camera_id, stream, 1, 'lost' FROM open_segment"
	mv "$D/run" "$D/away" && touch "$D/run"
	run -74 nvr-retain verify
	run -74 nvr-retain
	has "$D/run"
	# The others' promises are kept.
	[ "$(sql 'SELECT COUNT(*) FROM event WHERE id = 1')" = 0 ]
	[ "$(journals)" = 1 ]
	rm "$D/run" && mv "$D/away" "$D/run"
	run -0 nvr-retain
	[ "$(journals)" = 0 ]
}

@test "what it mends is an event, as what nvr-record mends" {
	crash
	run -0 nvr-retain
	[ "$(journals)" = 0 ]
	[ "$(sql "SELECT COUNT(*) FROM event WHERE kind = 'mended'")" = 1 ]
}

@test "who begins to record meanwhile is told that it is being mended" {
	crash
	file=$D/run/$(nvr-camera list --json | jq -r .id)-main
	# As nvr-retain holds it: state 0.
	python3 - "$file" <<'P' 3>&- &
import fcntl, struct, sys, time
f = open(sys.argv[1], 'r+b')
fcntl.lockf(f, fcntl.LOCK_EX)
f.seek(12)
f.write(struct.pack('=i', 0))
f.flush()
time.sleep(60)
P
	holder=$!
	for _ in $(seq 100); do
		[ "$(nvr-record status gate --json | jq .pid)" = $holder ] && break
		sleep 0.05
	done
	run -75 nvr-record -c "$C" gate
	kill $holder
	has "gate: process $holder mends what a crash left of it"
}

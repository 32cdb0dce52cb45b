#!/usr/bin/env bats
# nvr-record and everything that can go wrong.  After each fault: no file that
# is not valid, no row without its file, no file without its row, and recording
# went on without a hand.
# shellcheck disable=SC2034 # layer: see start_record

setup_file() {
	load ../lib/helpers.bash
	load ../lib/record.bash
	start_flood
	start_camera gst --size 320x240 --fps 10 --gop 10 --counter --audio aac
	start_camera bframes --size 320x240 --fps 10 --gop 10 --counter --bframes 2
	start_camera sound --audio aac --audio-only
	start_slow
}

teardown_file() {
	load ../lib/helpers.bash
	load ../lib/record.bash
	use_slow
	kill_record
	stop_cameras
}

setup() {
	load ../lib/record.bash
	use_recorder
}

teardown() {
	kill_record
	[ -z "${helper-}" ] || kill "$helper" 2>/dev/null || true
	umount -l "$D/media" 2>/dev/null || true
	drop_disk
}

# What takes minutes to show goes on beside the other tests: a process that
# hangs, and a camera without a picture.
use_slow() {
	use_store "$BATS_FILE_TMPDIR/slow"
	C=$BATS_FILE_TMPDIR/slow.conf
	log=$BATS_FILE_TMPDIR/slow.log
	rec=$(cat "$BATS_FILE_TMPDIR/slow.pid" 2>/dev/null || true)
}

start_slow() {
	use_slow
	settings
	nvr-store init >/dev/null
	nvr-camera add gate "$(url_of flood)slow"
	nvr-camera add sound "$(url_of sound)"
	"$NVR_BUILD/nvr-record" -d "$D" -c "$C" --json --duration 400s --all \
	    >"$log" 2>"$log.err" 3>&- &
	rec=$!
	echo $rec >"$BATS_FILE_TMPDIR/slow.pid"
	await segment
	kill -STOP "$(pid_of gate)"
}

reasons() { sql "SELECT reason FROM run ORDER BY monotonic_us" | tr '\n' ' '; }

# fill KIB: the small disk, by somebody else, so that no more is left.
fill() {
	local avail
	avail=$(df --output=avail -k "$D" | tail -n 1)
	dd if=/dev/zero of="$BATS_TEST_TMPDIR/disk/filler" bs=1k \
	    count=$((avail - $1)) status=none
}

@test "a full disk: it says so, and goes on when there is room" {
	small_disk 8000
	use_store "$BATS_TEST_TMPDIR/disk/store"
	nvr-store init >/dev/null
	add gate
	settings '[store]' 'min-free = 4M'
	nvr-record hold gate --since 1h --until 2100-01-01 --why court >/dev/null
	start_record gate
	await segment 7
	fill 4000
	await full
	sleep 1
	before=$(sql 'SELECT COUNT(*) FROM segment')
	run -1 nvr-record status gate
	has $'\tfull\t'
	has "may be deleted"
	sleep 2
	[ "$(sql 'SELECT COUNT(*) FROM segment')" = "$before" ] # holds hold
	[ "$(seen full)" = 1 ]
	nvr-record release gate --why closed
	await room
	[ "$(sql 'SELECT COUNT(*) FROM segment')" -lt "$before" ]
	more segment 2
	run -0 nvr-record status gate
	stop_record
	sound
}

@test "a disk that is full to the last byte: what was written is mended" {
	small_disk 6000
	use_store "$BATS_TEST_TMPDIR/disk/store"
	nvr-store init >/dev/null
	add gate
	start_record gate
	await segment 2
	fill 150
	for _ in $(seq 400); do
		grep -qE '"event":"(abandoned|full)"' "$log" && break
		sleep 0.05
	done
	grep -E '"event":"(abandoned|full)"' "$log"
	sleep 4
	rm "$BATS_TEST_TMPDIR/disk/filler"
	more segment 3 30
	stop_record
	# Nothing came over it that a restart would have had to mend.
	sound
}

@test "a floor that is too low: room is made all the same" {
	small_disk 6000
	use_store "$BATS_TEST_TMPDIR/disk/store"
	nvr-store init >/dev/null
	add gate
	settings '[store]' 'min-free = 100K'
	start_record gate
	await segment 4
	fill 150
	more segment 5 40
	stop_record
	sound
}

@test "a flush, a write or a rename that fails costs the rest of one segment" {
	need_shims
	add gate
	layer=(env NVR_FAULT="$BATS_TEST_TMPDIR/fault"
	    LD_PRELOAD="$NVR_BUILD/tests/lib/fault_file.so")
	start_record gate
	await segment
	n=0
	for call in fdatasync write fsync rename; do
		n=$((n + 1))
		echo $call >"$BATS_TEST_TMPDIR/fault.new"
		mv "$BATS_TEST_TMPDIR/fault.new" "$BATS_TEST_TMPDIR/fault"
		await abandoned $n
		[ ! -e "$BATS_TEST_TMPDIR/fault" ]
		more segment
	done
	stop_record
	sound
	[ "$(seen mended)" -ge 1 ] # unless it was in its first second
	[ "$(sql "SELECT COUNT(*) FROM event WHERE kind = 'abandoned'
	    AND detail LIKE '%Input/output error%'")" = 4 ]
	run gaps gate
	# From one key frame to the next, and what the last flush did not have.
	while read -r _ _ from to; do
		[ $((to - from)) -le 75 ]
	done <<<"$output"
}

@test "the camera drops, jumps, changes its picture: a new run, and it goes on" {
	add gate "$(url_of gst)"
	start_record gate
	await segment 2
	tell gst drop
	await back
	more segment
	tell gst jump 7200
	more segment 2
	tell gst jump -3600
	more segment 2
	tell gst resize 160x120
	more segment 2
	less "$(wall) - $(newest)" 4
	stop_record
	tell gst resize 320x240
	[ "$(reasons)" = "start back clock-jump clock-back picture-changed " ]
	[ "$(sql "SELECT width FROM run ORDER BY monotonic_us DESC LIMIT 1")" = 160 ]
	# Wall time went on all the while.
	[ "$(sql "SELECT COUNT(*) FROM segment a JOIN segment b ON b.id > a.id
	    AND b.start_at < a.end_at - 500000")" = 0 ]
	sound
	run gaps gate
	echo "$output"
	# Up to the next key frame; a lost connection takes a second more.
	while read -r _ _ from to; do
		[ $((to - from)) -le 40 ]
	done <<<"$output"
	[ "$(sql "SELECT GROUP_CONCAT(kind, ' ') FROM event WHERE kind IN
	    ('lost', 'back')")" = "lost back" ]
}

@test "the camera stalls: after ten seconds it is lost, and then back" {
	add gate "$(url_of gst)"
	start_record gate
	await segment
	tell gst stall
	start=$(wall)
	await lost 1 15
	less "$(wall) - $start" 12
	run -1 nvr-record status gate
	has $'\tlost\t'
	has "no picture for 10 s"
	tell gst clear
	await back 1 10
	more segment
	stop_record
	run -1 nvr-record list gate --json
	jq -se 'map(select(.what == "gap")) | .[0].note == "back"
	    and .[0].duration_ms > 9000 and .[0].duration_ms < 16000' <<<"$output"
	sound
}

@test "broken parameter sets in the stream end nothing and break no file" {
	add gate "$(url_of gst)"
	start_record gate
	await segment 2
	tell gst badsps
	sleep 3
	tell gst clear
	more segment 2
	stop_record
	sound
}

@test "B-frames keep their order" {
	add gate "$(url_of bframes)"
	nvr-record -c "$C" --count 3 gate
	sound
	run -0 gaps gate
	[ -z "$output" ]
	f=$(opened "$(files_of gate | head -n 1)" gate)
	ffprobe -v error -show_entries frame=pict_type -of csv=p=0 "$f" | grep -q B
	# As the player gets them, each a tenth of a second after the other; only
	# the first is from whenever the client came.
	ffprobe -v error -select_streams v -show_entries frame=pts_time \
	    -of csv=p=0 "$f" | grep . | awk -F, 'NR > 2 && ($1 - last < 0.08 ||
	    $1 - last > 0.12) { print; bad = 1 } { last = $1 } END { exit bad }'
}

@test "the system's clock steps: a new run in the new time, nothing else" {
	need_shims
	add gate
	layer=(env NVR_CLOCK="$BATS_TEST_TMPDIR/clock"
	    LD_PRELOAD="$NVR_BUILD/tests/lib/fault_clock.so")
	start_record gate
	await segment 2
	echo 3600 >"$BATS_TEST_TMPDIR/clock.new"
	mv "$BATS_TEST_TMPDIR/clock.new" "$BATS_TEST_TMPDIR/clock"
	more segment 3
	less 3590 "$(newest) - $(wall)"
	echo -7200 >"$BATS_TEST_TMPDIR/clock.new"
	mv "$BATS_TEST_TMPDIR/clock.new" "$BATS_TEST_TMPDIR/clock"
	more segment 3
	[ "$(sql "SELECT COUNT(*) FROM segment
	    WHERE end_at < $(date +%s) * 1000000 - 7190000000")" -ge 2 ]
	stop_record
	[ "$(reasons)" = "start clock-step clock-step " ]
	[ "$(seen lost)" = 0 ]
	sound
}

@test "the media folder is unmounted, or moved: nothing is written in its place" {
	small_disk 20000
	add gate
	mv "$D"/media/* "$BATS_TEST_TMPDIR/disk"
	mount --bind "$BATS_TEST_TMPDIR/disk" "$D/media"
	start_record gate
	await segment
	umount -l "$D/media"
	await no-media
	sleep 3
	run -1 nvr-record status gate
	has $'\tno-media\t'
	has "is its disk mounted?"
	[ -z "$(find "$D/media" -type f)" ]
	mount --bind "$BATS_TEST_TMPDIR/disk" "$D/media"
	await media
	await mended
	more segment 2
	umount -l "$D/media"
	await no-media 2
	mv "$D/media" "$D/away"
	sleep 2
	[ ! -e "$D/media" ]
	mv "$D/away" "$D/media"
	mount --bind "$BATS_TEST_TMPDIR/disk" "$D/media"
	await media 2
	more segment 2
	for _ in $(seq 100); do
		[ "$(sql 'SELECT COUNT(*) FROM open_segment')" -gt 1 ] || break
		sleep 0.1
	done
	stop_record
	sound
	# A run that never began is none.
	[ "$(sql "SELECT COUNT(*) FROM run WHERE id NOT IN
	    (SELECT run_id FROM segment)")" = 0 ]
}

@test "a long reader of the store is not noticed" {
	add gate
	start_record gate
	await segment
	(echo 'BEGIN; SELECT COUNT(*) FROM segment;' && sleep 5) |
	    sqlite3 "$D/nvr.db" >/dev/null 3>&- &
	helper=$!
	more segment 4
	kill -0 "$helper"
	wait "$helper"
	stop_record
	[ "$(seen store-busy)" = 0 ]
	run -0 gaps gate
	[ -z "$output" ]
	sound
}

@test "a long writer of the store delays rows, and no picture is lost" {
	add gate
	start_record gate
	await segment
	(echo '.bail on' && echo '.timeout 2000' && echo 'BEGIN EXCLUSIVE;' &&
	    sleep 12 && echo 'COMMIT;') | sqlite3 "$D/nvr.db" 3>&- &
	helper=$!
	await store-busy
	wait "$helper"
	await store
	more segment 3
	stop_record
	[ "$(seen lost)" = 0 ]
	run -0 gaps gate
	[ -z "$output" ]
	[ "$(sql 'SELECT COUNT(*) FROM run')" = 1 ]
	sound
}

@test "at the end a busy store is waited for" {
	add gate
	start_record gate
	await segment
	(echo 'BEGIN EXCLUSIVE;' && sleep 2 && echo 'COMMIT;') |
	    sqlite3 "$D/nvr.db" 3>&- &
	helper=$!
	sleep 0.3
	stop_record
	wait "$helper"
	sound
	[ "$(sql "SELECT COUNT(*) FROM event WHERE kind = 'stop'")" = 1 ]
}

@test "a camera without a picture is lost, and says why" {
	use_slow
	rec= # which has more to show
	await lost 1 40
	grep '"camera":"sound".*"event":"lost"' "$log"
	run -1 nvr-record status sound
	has $'\tlost\t'
	[ "$(sql "SELECT COUNT(*) FROM run JOIN camera ON camera.id = camera_id
	    WHERE name = 'sound'")" = 0 ]
}

@test "a process that hangs is killed, and recording goes on" {
	use_slow
	await hung 1 140
	await recording 2
	more segment 2
	kill -TERM "$rec"
	gone "$rec"
	rm "$BATS_FILE_TMPDIR/slow.pid"
	sound
}

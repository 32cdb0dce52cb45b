#!/usr/bin/env bats
# nvr-record and crashes: of its processes, and of the machine.  After each: no
# file that is not valid, no row without its file, no file without its row, and
# recording went on without a hand.
# shellcheck disable=SC2034 # layer: see start_record

setup_file() {
	load ../lib/helpers.bash
	load ../lib/record.bash
	start_flood
}

teardown_file() {
	load ../lib/helpers.bash
	stop_cameras
}

setup() {
	load ../lib/record.bash
	use_recorder
}

teardown() {
	kill_record
	[ -z "${helper-}" ] || kill "$helper" 2>/dev/null || true
}

# grown N BYTES: until so many open segments are as large.
grown() {
	for _ in $(seq 400); do
		[ "$(find "$D/media" -name '*.part' -size "+${2}c" 2>/dev/null | wc -l)" -lt "$1" ] ||
		    return 0
		sleep 0.05
	done
	return 1
}

@test "kill -9 of a recording process, 20 times: at most 2 s and 64 KiB are lost" {
	settings '[record]' 'segment = 5s'
	for i in $(seq 20); do
		add "c$i"
	done
	start_record --all
	await recording 20
	sleep 1
	nvr-record status --json >"$BATS_TEST_TMPDIR/status" || true
	for pid in $(jq .pid "$BATS_TEST_TMPDIR/status" | shuf); do
		sleep "0.$((RANDOM % 400 + 100))"
		kill -KILL "$pid"
	done
	await crashed 20
	await recording 40
	sleep 1
	stop_record 30
	sound
	[ "$(seen mended)" -ge 5 ]
	kill -USR1 "$(cat "$BATS_FILE_TMPDIR/flood.pid")"
	await_line "$BATS_FILE_TMPDIR/flood.log" "^total"
	worst=0
	for i in $(seq 20); do
		run -0 gaps "c$i"
		[ "${#lines[@]}" -le 1 ] # where the second run begins
		# Its first client is the process that was killed.
		sent=$(sed -n "s|^client .* path /$BATS_TEST_NUMBER-c$i .* frames \([0-9]*\) .*|\1|p" \
		    "$BATS_FILE_TMPDIR/flood.log" | head -n 1)
		has=$(sql "SELECT COALESCE(SUM(frames), 0) FROM segment WHERE run_id =
		    (SELECT MIN(run.id) FROM run JOIN camera ON camera.id = camera_id
		    WHERE name = 'c$i')")
		lost=$((sent - has))
		[ $lost -ge 0 ]
		[ $lost -le $worst ] || worst=$lost
	done
	echo "# the most that was lost: $worst of 25 frames a second" >&3
	# 64 KiB are 0.6 s of this camera.
	[ $worst -le 65 ]
}

@test "kill -9 of the parent: nobody is orphaned or doubled" {
	for c in gate yard door; do
		add $c
	done
	start_record --all
	await segment 6
	old=$(pgrep -P "$rec")
	[ "$(wc -l <<<"$old")" = 3 ]
	kill -KILL "$rec"
	wait "$rec" || true
	start_record --all
	for pid in $old; do
		gone "$pid" 3
	done
	await recording 6
	new=$(pgrep -P "$rec" | sort)
	[ "$(for c in gate yard door; do pid_of $c; done | sort)" = "$new" ]
	[ "$(pgrep -f -c "nvr-record -d $D")" = 4 ]
	more segment 3
	stop_record
	# They had the time to close what they were writing.
	[ "$(seen mended)" = 0 ]
	sound
}

@test "kill -9 of parent and children together: the next start mends" {
	for c in gate yard door; do
		add $c
	done
	settings '[record]' 'segment = 5s'
	for n in 1 2; do
		start_record --all
		more recording 3
		grown 3 196608 # a fragment of this camera, whole chunks of it
		sleep "0.$((RANDOM % 900 + 100))"
		# shellcheck disable=SC2046
		# The parent last: its death tells the others to end in good order.
		kill -KILL $(pgrep -P "$rec") "$rec"
		wait "$rec" || true
	done
	[ "$(sql 'SELECT COUNT(*) FROM open_segment')" = 3 ]
	start_record --all
	await mended 6
	await recording 9
	more segment 3
	stop_record
	sound
	[ "$(sql "SELECT COUNT(*) FROM segment WHERE frames > 10")" -ge 9 ]
}

@test "power loss at any moment: what was promised is there, the rest is mended" {
	mkdir -p "$power_root"
	use_store "$power_root/store"
	nvr-store init >/dev/null
	add gate
	settings '[record]' 'segment = 3s'
	power_begin
	layer=(env NVR_POWER_ROOT="$power_root" NVR_POWER_LOG="$power_log"
	    LD_PRELOAD="$NVR_BUILD/tests/lib/fault_power.so")
	start_record gate
	await recording
	power_mark "began $(wall)"
	for _ in $(seq 24); do
		# Before the mark: what is not there yet is not promised.
		n=$(seen segment)
		power_mark "wall $(wall) $n"
		sleep 0.35
	done
	stop_record
	power_check
	sound
	out=$BATS_TEST_TMPDIR/out
	export POWER_CONF=$C
	cd "$root"
	for mode in drop random; do
		run -0 power_try "$out" --points 20 --mode $mode -- \
		    tests/lib/after_power "$out"
		has "20 points, 0 failed"
	done
}

@test "power loss while an earlier crash is mended: nothing more is lost" {
	need_shims
	mkdir -p "$power_root"
	use_store "$power_root/store"
	nvr-store init >/dev/null
	add gate
	settings '[record]' 'segment = 9s'
	start_record gate
	await recording
	sleep 3
	kill -KILL "$rec" "$(pgrep -P "$rec")"
	wait "$rec" || true
	nvr-camera set gate --url rtsp://127.0.0.1:1/none
	power_begin
	power_mark "began 0"
	power_mark "wall $(wall) 1"
	power_exec nvr-record -c "$C" --duration 200ms gate >/dev/null
	out=$BATS_TEST_TMPDIR/out
	export POWER_CONF=$C
	cd "$root"
	for mode in drop random; do
		run -0 power_try "$out" --points 20 --mode $mode -- \
		    tests/lib/after_power "$out"
		has "20 points, 0 failed"
	done
}

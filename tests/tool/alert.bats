#!/usr/bin/env bats
# nvr-alert: what is wrong, and who must know.

setup() {
	load ../lib/helpers.bash
	use_store
	conf=$BATS_TEST_TMPDIR/nvr.conf
	printf '[portal]\nmail-from = nvr@example.org\n[alert]\ngroup-wait = 0s\ngroup-interval = 0s\ncamera-offline = 0s\n' >"$conf"
}

nvr-alert() { command nvr-alert -c "$conf" -d "$D" "$@"; }
db() { sqlite3 "$D/nvr.db" "PRAGMA foreign_keys = ON; $1"; }

# add_recorder ID SECONDS: heard so long ago, with a camera.
add_recorder() {
	db "INSERT INTO recorder (id, site_id, state, public_key, box,
	    fingerprint, interval_us, created_at, seen_at) VALUES ($1, 0,
	    'active', randomblob(32), 'age1x', zeroblob(32), 60000000, 1,
	    ($(date +%s) - $2) * 1000000);
	    INSERT INTO recorder_camera (recorder_id, camera_id, name, state,
	    changed_at) VALUES ($1, $1 + 1000, 'gate $1', 'recording', 1)"
}

hear() { db "UPDATE recorder SET seen_at = $(date +%s%6N)"; }

@test "an outage is told once, to who is there, until it is over" {
	nvr-alert
	nvr-account -q contact add --operator --mail me@example.org
	add_recorder 1 600
	run -0 nvr-alert
	[ -z "$output" ]
	run -1 nvr-alert list
	has recorder-offline
	has critical
	[ "$(db "SELECT COUNT(*) FROM outbox WHERE contact_id IS NOT NULL")" = 1 ]
	id=$(nvr-alert list --json | jq -r .id) || true
	run -0 nvr-alert show "$id"
	[[ $output != *events* ]]
	to=$(nvr-account contact list --operator --json | jq -r .id)
	has "mail $to: opened, in the outbox"
	nvr-alert
	[ "$(db "SELECT COUNT(*) FROM outbox")" = 1 ]
	hear
	nvr-alert -v | grep -P '^0\t0\t1\t0$'
	hear
	nvr-alert -v | grep -P '^0\t1\t0\t1$'
	run -0 nvr-alert list
	[ -z "$output" ]
	[ "$(db "SELECT COUNT(*) FROM outbox")" = 2 ]
	run -0 nvr-alert list --all
	has closed
}

@test "who has seen it says so, and is in the log" {
	nvr-alert
	add_recorder 1 600
	nvr-alert
	id=$(nvr-alert list --json | jq -r .id) || true
	nvr-alert ack "$id" --why "on my way"
	run -0 nvr-alert list
	run -0 nvr-alert show "$id"
	has "on my way"
	has opened
	nvr-account log | grep alert.acked
	run -66 nvr-alert ack 0000000000001
	has "no such alert"
	run -64 nvr-alert ack "no id"
	run -64 nvr-alert snooze "$id"
	has "--for says how long"
	add_recorder 2 600
	nvr-alert
	run -1 nvr-alert list
	nvr-alert snooze recorder-offline --for 2h
	run -0 nvr-alert list
	[ "$(nvr-alert list --json | jq -s 'map(.snoozed_until != null) | all')" = true ]
	run -64 nvr-alert snooze recorder-offlin --for 2h
	has "'recorder-offlin' is none of: recorder-offline, camera-offline,"
	[[ $output != *"not an id"* ]]
	# One that opens while that lasts, too.
	add_recorder 3 600
	nvr-alert -v | grep -P '^1\t0\t0\t0$'
	run -0 nvr-alert list
	nvr-alert rules --json | jq -se 'map(select(.snoozed_until != null).kind) == ["recorder-offline"]'
	nvr-alert snooze recorder-offline --for 0s
	run -1 nvr-alert list
	[ "$(wc -l <<<"$output")" = 3 ]
	nvr-alert rules --json | jq -se 'all(.snoozed_until == null)'
	# What was acknowledged or snoozed by mistake.
	db "DELETE FROM alert WHERE object > 1"
	run -0 nvr-alert list
	run -64 nvr-alert ack --undo --why "not yet" "no id"
	nvr-alert ack --undo --why "not me" "$id"
	nvr-alert ack --undo "$id" # once
	run -1 nvr-alert list
	nvr-alert show "$id" --json | json_as alert-show
	[ "$(nvr-alert show "$id" | grep -c unacked)" = 1 ]
	nvr-account log | grep alert.unacked
	nvr-alert snooze "$id" --for 2h
	run -0 nvr-alert list
	nvr-alert snooze "$id" --for 0s
	run -1 nvr-alert list
}

@test "rules are of all, of an account and of a site" {
	nvr-alert rules set camera-offline --grace 5m --severity info
	nvr-alert rules set storage-low --percent 0 --bytes 20G --time none
	run -0 nvr-alert rules
	[ "$(wc -l <<<"$output")" = 18 ]
	has $'storage-low\t\t\t\t\t0\t21474836480\t0\t'
	nvr-alert rules set storage-low --off
	run -0 nvr-alert rules --json
	jq -se 'map(select(.kind == "storage-low"))[1] | .enabled == "no" and
	    .size_bytes == 21474836480' <<<"$output"
	nvr-alert rules set storage-low --reset
	[ "$(nvr-alert rules | wc -l)" = 17 ]
	run -66 nvr-alert rules set storage-low --reset
	run -64 nvr-alert rules set camera-offline --percent 5
	has "no such threshold"
	run -64 nvr-alert rules set no-such --off
	has "none of"
	run -64 nvr-alert rules set camera-offline
	run -64 nvr-alert rules set camera-offline --off --reset
	run -64 nvr-alert rules sett
	run -64 nvr-alert rules set camera-offline --severity bad
	run -66 nvr-alert rules set camera-offline --off --site nowhere
	run -66 nvr-alert rules set camera-offline --off --account a@example.org
	[ "$(nvr-account log --json | jq -r .type | grep -c alert.rule)" = 4 ]
}

line() {
	printf '{"at":"%s","camera":"gate","stream":"%s","event":"%s","detail":"%s","camera_id":"%s"}\n' \
	    "$(date -u +%FT%TZ)" "${3-main}" "$1" "$2" "$id"
}

@test "what nvr-record says is judged as it comes" {
	nvr-camera -q add gate rtsp://192.0.2.7/s
	id=$(nvr-camera show gate --json | jq -r .id)
	line lost "no data for 10s" | nvr-alert -
	run -1 nvr-alert list
	has "camera-offline"
	has "lost: no data for 10s"
	line segment "" | nvr-alert -
	run -1 nvr-alert list
	# Twice good: the second time is another one.
	line back "" | nvr-alert -
	run -1 nvr-alert list
	sleep 0.01
	line recording "" | nvr-alert - --json | jq -e '.closed == 1'
	run -0 nvr-alert list
	# Other cameras, and other lines, are nobody's.
	id=0000000000001
	line lost "" | nvr-alert -
	run -65 nvr-alert - <<<'{"event":"lost"}'
	run -65 nvr-alert - <<<"$(head -c 100000 /dev/zero | tr '\0' x)"
	run -65 nvr-alert - <<<'[[[[['
	run -0 nvr-alert - </dev/null
	run -0 nvr-alert list
}

@test "a camera is as bad as its worst stream" {
	nvr-camera -q add gate rtsp://192.0.2.7/s
	id=$(nvr-camera show gate --json | jq -r .id)
	{
		line lost "no data" main
		line recording "" sub
	} | nvr-alert -
	run -1 nvr-alert list
	has "lost: no data"
	{
		line recording "" main
		line lost "the sub stream" sub
	} | nvr-alert -
	run -1 nvr-alert list
}

@test "good news wait for a store that others hold" {
	nvr-camera -q add gate rtsp://192.0.2.7/s
	id=$(nvr-camera show gate --json | jq -r .id)
	line lost "" | nvr-alert -
	{
		echo "BEGIN IMMEDIATE;"
		sleep 5.5
	} | sqlite3 "$D/nvr.db" 3>&- &
	sleep 0.2
	line back "" | nvr-alert -
	wait
	[ "$(db "SELECT good FROM alert")" = 1 ]
}

@test "a recorder by itself misses its cameras that were recorded once" {
	nvr-camera -q add gate rtsp://192.0.2.7/s
	nvr-alert
	run -0 nvr-alert list
	db "INSERT INTO event (id, camera_id, stream, at, kind) SELECT 1, id,
	    'main', $(date +%s%6N), 'start' FROM camera"
	nvr-alert
	run -1 nvr-alert list
	has "nobody records it"
	has gate
	# What tells that it was recorded goes in time, and it is missed still.
	db "DELETE FROM event"
	for _ in 1 2 3; do nvr-alert; done
	run -1 nvr-alert list
	# One that is not to be recorded any more is not missed.
	nvr-camera -q set gate --record none
	nvr-alert
	run -0 nvr-alert list
	[ -z "$output" ]
	nvr-alert show "$(nvr-alert list --all --json | jq -r .id)" |
	    grep 'ended.*not to be recorded'
}

@test "one camera that cannot be judged keeps no other from it" {
	nvr-camera -q add gate rtsp://192.0.2.7/s
	nvr-camera -q add yard rtsp://192.0.2.8/s
	gate=$(nvr-camera show gate --json | jq -r .id)
	yard=$(nvr-camera show yard --json | jq -r .id)
	nvr-alert
	db "CREATE TRIGGER refuse BEFORE INSERT ON alert WHEN NEW.subject =
	    'gate' BEGIN SELECT RAISE(ABORT, 'no such row'); END"
	run -73 nvr-alert - < <(
		id=$gate line lost ""
		sleep 0.5
		id=$yard line lost ""
	)
	has "no such row"
	run -1 nvr-alert list
	has yard
}

@test "every JSON line of alerts is as its schema says" {
	nvr-alert --json | json_as alert-run
	add_recorder 1 600
	nvr-alert
	nvr-alert list --json >"$BATS_TEST_TMPDIR/list" || [ $? = 1 ]
	json_as alert-list <"$BATS_TEST_TMPDIR/list"
	nvr-alert rules set recorder-offline --off
	nvr-alert
	nvr-alert show --json "$(jq -r .id "$BATS_TEST_TMPDIR/list")" | json_as alert-show
	nvr-alert rules set recorder-offline --reset
	nvr-alert show --json "$(jq -r .id "$BATS_TEST_TMPDIR/list")" | json_as alert-show
	nvr-alert rules set camera-offline --off
	nvr-alert rules --json | json_as alert-rules
}

@test "an output that is lost is an error" {
	nvr-alert
	run -74 sh -c 'nvr-alert -d "$1" rules >/dev/full' sh "$D"
	run -64 nvr-alert nothing
	run -64 nvr-alert show
}

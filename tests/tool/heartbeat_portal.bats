#!/usr/bin/env bats
# Recorders and their portal, both real: nvr-heartbeat, lighttpd, nvr.cgi.

setup_file() {
	load ../lib/helpers.bash
	load ../lib/portal.bash
	use_portal "$BATS_FILE_TMPDIR/portal"
	start_portal
	at_portal -q create ann@example.org --name Ann --adult --verified
	export P port fast
}

teardown_file() {
	load ../lib/portal.bash
	stop_portal
}

setup() {
	load ../lib/helpers.bash
	load ../lib/portal.bash
	site=site$BATS_TEST_NUMBER
	at_portal -q site add ann@example.org $site --jurisdiction DE
	new_recorder one
}

at_portal() { command nvr-account -d "$P/store" "$@"; }
rows() { sqlite3 "$P/store/nvr.db" "$1"; }
new_recorder() { use_store "$BATS_TEST_TMPDIR/$1" && nvr-store -q init >/dev/null; }
# One a second is taken of each recorder.
report() {
	rows "UPDATE recorder SET seen_at = seen_at - 1000000"
	timeout 30 "$NVR_BUILD/nvr-heartbeat" -d "$D" "$@"
}
# shellcheck disable=SC2120
here-alert() { nvr-alert -d "$D" "$@"; }
invite() { at_portal recorder invite ann@example.org $site "$@" --json | jq -r .code; }
join_it() { # [option …]: the recorder's id in $id
	id=$(invite "$@" | report -q enrol "$fast" - --tls-ca "$P/ca.pem" --json | jq -r .recorder)
	[ -n "$id" ]
}
recorder() { at_portal recorder list ann@example.org --json | jq -e "select(.id == \"$id\") | $1"; }

@test "C3, C4: an enrolled recorder is heard, by figures and cameras" {
	nvr-camera -q add gate rtsp://192.0.2.7/s --zone yard --manufacturer Acme --record main
	join_it
	run -0 report
	[ -z "$output" ]
	run -0 report
	[ "$(rows "SELECT COUNT(*), MIN(cameras), MIN(cameras_down), MIN(disk_free_bytes > 0)
	    FROM telemetry t JOIN recorder r ON r.id = t.recorder_id
	    JOIN site s ON s.id = r.site_id WHERE r.sequence > 0 AND r.seen_at > 0
	    AND r.id = (SELECT MAX(id) FROM recorder)")" = "2|1|1|1" ]
	[ "$(rows "SELECT zone, manufacturer, state FROM recorder_camera WHERE name = 'gate'")" = "yard|Acme|stopped" ]
	# A code is good once.
	code=$(invite)
	new_recorder two
	report -q enrol "$fast" - --tls-ca "$P/ca.pem" <<<"$code" >/dev/null
	new_recorder three
	run -77 report enrol "$fast" - --tls-ca "$P/ca.pem" <<<"$code"
	[ "$(grep -o 'code' <<<"$output" | wc -l)" -le 2 ]
	has "never was one: 'nvr-account recorder invite' makes another"
}

@test "an enrolment whose answer is lost is had by its code all the same" {
	code=$(invite)
	# The portal has entered it when this store turns out to be full.
	sqlite3 "$D/nvr.db" "CREATE TRIGGER full BEFORE INSERT ON enrolment
	    BEGIN SELECT RAISE(ABORT, 'full'); END"
	report enrol "$fast" - --tls-ca "$P/ca.pem" <<<"$code" && return 1
	sqlite3 "$D/nvr.db" "DROP TRIGGER full"
	# It is past its time by now, and what it enrolled is not.
	rows "UPDATE invitation SET expires_at = 1 WHERE id = (SELECT MAX(id) FROM invitation)"
	run -0 report enrol "$fast" - --tls-ca "$P/ca.pem" <<<"$code"
	run -0 report
	[ "$(rows "SELECT COUNT(*) FROM recorder WHERE site_id =
	    (SELECT site_id FROM recorder WHERE id = (SELECT MAX(id) FROM recorder))")" = 1 ]
	# The key that is left is of a recorder of this site: elsewhere, and in
	# the place of another, it enrols as another one.
	id=$(rows "SELECT MAX(id) FROM recorder")
	sqlite3 "$D/nvr.db" "DELETE FROM enrolment"
	at_portal -q site add ann@example.org elsewhere --jurisdiction DE
	run -0 report enrol "$fast" - --tls-ca "$P/ca.pem" <<<"$(site=elsewhere invite)"
	[ "$(rows "SELECT COUNT(*) FROM recorder WHERE id > $id AND public_key <>
	    (SELECT public_key FROM recorder WHERE id = $id)")" = 1 ]
}

@test "six hours without the portal come late, in order, once, and raise no alert" {
	join_it
	report
	before=$(rows "SELECT COUNT(*) FROM telemetry")
	sqlite3 "$D/nvr.db" "UPDATE enrolment SET url = 'https://localhost:1'"
	for m in $(seq 24); do
		run -69 timeout 30 faketime -f "-$((375 - 15 * m))m" "$NVR_BUILD/nvr-heartbeat" -d "$D"
	done
	sqlite3 "$D/nvr.db" "UPDATE enrolment SET url = '$fast'"
	run -0 report
	run -0 report --json
	[ "$(jq .late <<<"$output")" = 24 ]
	run -0 report
	[ "$(rows "SELECT COUNT(*) FROM telemetry") " = "$((before + 27)) " ]
	[ "$(rows "SELECT SUM(late) FROM telemetry")" = 24 ]
	[ "$(rows "SELECT at FROM telemetry WHERE late = 1 ORDER BY rowid")" = \
	    "$(rows "SELECT at FROM telemetry WHERE late = 1 ORDER BY at")" ]
	command nvr-alert -q -d "$P/store"
	[ "$(rows "SELECT COUNT(*) FROM alert WHERE object = (SELECT MAX(id) FROM recorder)")" = 0 ]
	# An answer that was lost: it is told again, and entered once.
	before=$(rows "SELECT COUNT(*) FROM telemetry")
	at=$(date -u -d '5 minutes ago' +%FT%T.000Z)
	for n in 1 2; do
		sqlite3 "$D/nvr.db" "INSERT INTO unsent (sequence, at, report)
		    VALUES (5, $(date -d "$at" +%s)000000, '{\"sequence\":5,\"at\":\"$at\"}')"
		run -0 report --json
		[ "$(jq .late <<<"$output")" = 1 ]
		[ "$(rows "SELECT COUNT(*) FROM telemetry")" = $((before + 1 + n)) ]
	done
	[ "$(sqlite3 "$D/nvr.db" "SELECT COUNT(*) FROM unsent")" = 0 ]
}

@test "a revoked recorder is told so, and its reports wait" {
	join_it
	report
	at_portal -q recorder revoke "$id"
	run -77 report
	has "revoked there: nvr-heartbeat leave ends it here"
	hasnt "any more"
	run -1 report status
	has "waiting: 1"
	run -0 report leave
	has "the portal is not told"
	hasnt "knows it still"
}

@test "C5: a recorder that replaces another gets its cameras once it is approved" {
	nvr-camera -q add gate rtsp://192.0.2.7/s --user admin --password-file - <<<s3cret
	join_it
	report
	run ! grep -aq s3cret "$P/store/nvr.db" "$P/store/nvr.db-wal"
	old=$id
	nvr-store -q backup --keys "$BATS_TEST_TMPDIR/keys" >/dev/null
	new_recorder two
	nvr-store -q restore --yes --box "$BATS_TEST_TMPDIR/keys" >/dev/null
	nvr-camera -q add own rtsp://192.0.2.8/s
	join_it --replaces "$old"
	run -77 report
	has "approved"
	at_portal -q recorder approve "$id"
	run -0 report
	has "camera 'gate' of the recorder before is here, unrecorded"
	run -0 nvr-camera show gate --json
	[ "$(jq -r '.record, .url' <<<"$output" | xargs)" = "none rtsp://192.0.2.7/s" ]
	run -0 report
	run -0 report
	[ -z "$output" ]
}

@test "C18: what the site keeps is what its recorder keeps" {
	join_it
	at_portal -q site set ann@example.org $site --retain 10d
	report
	run -0 report --json
	run -0 report status --json
	[ "$(jq .retain_ms <<<"$output")" = 864000000 ]
	at_portal -q site set ann@example.org $site --retain default 2>/dev/null ||
	    at_portal -q site set ann@example.org $site --retain none
	report && report
	run -0 report status --json
	[ "$(jq .retain_ms <<<"$output")" = 0 ]
}

@test "a threshold that is set at the portal opens an alert on the recorder" {
	at_site() { nvr-alert -d "$P/store" rules set storage-low --account ann@example.org --site $site "$@"; }
	nvr-camera -q add gate rtsp://192.0.2.7/s
	join_it
	report && report
	at_site --percent 100 --severity critical
	run -0 report
	has "the portal has set"
	here-alert
	run -1 here-alert list
	has $'critical\tstorage-low'
	# Taken back, it is over once it was good twice.
	at_site --reset
	run -0 report
	has "the portal has set"
	run -0 report
	[ -z "$output" ]
	here-alert && here-alert
	run -0 here-alert list
	[ -z "$output" ]
}

@test "a machine that changed asks, and does not shut itself out" {
	join_it
	report
	# The portal remembers another one.
	rows "UPDATE recorder SET fingerprint = zeroblob(32) WHERE id = (SELECT MAX(id) FROM recorder)"
	run -0 report
	has "another machine than before"
	# What is logged of it is sealed: the keys for that are let go of.
	for n in 1 2; do
		run ! grep -q "$P/store/keys" <(readlink "/proc/$(cat "$P/$n.pid")/fd/"*)
	done
	run -0 report
	at_portal -q recorder approve "$id"
	run -0 report
	[ -z "$output" ]
}

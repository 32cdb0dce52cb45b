#!/usr/bin/env bats
# Why retention stands still is told by the doctor, and so is what a clock that
# was wrong has left behind.

setup() {
	load ../lib/helpers.bash
	use_store
	nvr-store init >/dev/null
	nvr-camera -q add gate rtsp://127.0.0.1/x
}

sql() { sqlite3 "$D/nvr.db" "$1"; }
# result CHECK: what the doctor said of it.
result() { jq -r "select(.check == \"$1\") | .result" <<<"$output"; }
# event DAYS: that many days from now.
event() {
	sql "INSERT INTO event (id, camera_id, stream, at, kind)
	    SELECT COALESCE((SELECT MAX(id) FROM event), 0) + 1, id, 'main',
	    ($(date +%s) + $1 * 86400) * 1000000, 'lost' FROM camera"
}

@test "a row of 2046 stops retention: the doctor says so, and what to do" {
	event 7000
	run -77 nvr-retain
	run -1 nvr-store check --json
	[ "$(result clock)" = trouble ]
	has "the newest row is of"
	has "--trust-clock $(date -u +%F)"
	run -0 nvr-retain --trust-clock "$(date -u +%F)"
	# Its time is wrong for all that.
	run -0 nvr-store check --json
	[ "$(result clock)" = ok ]
	[ "$(result times)" = warning ]
	has "1 row is of more than a day ahead"
	sql 'DELETE FROM event'
	run -0 nvr-store check --json
	[ "$(result times)" = ok ]
}

@test "a clock that is two days behind stops it, and the doctor says so" {
	[ -z "$sanitized" ] || skip "faketime and ASan do not mix"
	command -v faketime >/dev/null || skip "no faketime"
	run -0 nvr-retain
	run -77 faketime -f -2d "$NVR_BUILD/nvr-retain" -d "$D"
	run -1 faketime -f -2d "$NVR_BUILD/nvr-store" -d "$D" check --json
	[ "$(result clock)" = trouble ]
	has "set it or, where this is the day"
	hasnt '"times"'
	# It only looks.
	run -0 nvr-store check --json
	[ "$(result clock)" = ok ]
}

#!/usr/bin/env bats
# How long stills may be kept: by account, by camera, and when that changes.

setup() {
	load ../lib/helpers.bash
	use_store
	nvr-account -q create ann@example.org --name Ann --adult --verified >/dev/null
	nvr-account -q site add ann@example.org yard --jurisdiction DE
	nvr-camera -q add gate http://127.0.0.1:9/ --site yard
	nvr-camera -q add own http://127.0.0.1:9/
	printf '[still]\nkeep-max = 10d\n' >"$BATS_TEST_TMPDIR/conf"
}

sql() { sqlite3 "$D/nvr.db" "$1"; }
premium() { sql "UPDATE account SET tier = 'premium'"; }

@test "N4: each tool names the limit that a camera's stills have" {
	c="-c $BATS_TEST_TMPDIR/conf"
	run -64 nvr-snap $c gate --keep 25h -o x.jpg
	has "stills of 'gate' are kept for 1d at the most, as stills-free"
	run -64 nvr-snap $c own --keep 11d -o x.jpg
	has "for 10d at the most, as keep-max"
	run -64 nvr-snap $c --all --keep 25h -o %c.jpg
	has "'gate'"
	run -64 nvr-audit $c gate --keep 25h
	has "stills-free"
	run -64 nvr-audit $c baseline accept gate --keep 25h
	has "stills-free"
	run -64 nvr-audit $c schedule add x --camera own --camera gate --every 1h --keep 25h
	has "stills-free"
	nvr-audit $c -q schedule add x --camera own --every 1h --keep 25h
	premium
	nvr-audit $c -q schedule add y --camera gate --every 1h --keep 25h
	nvr-camera -q set gate --retain-stills 2d
	run -64 nvr-snap $c gate --keep 3d -o x.jpg
	has "for 2d at the most, as the camera's retain-stills"
}

@test "N14: a removed camera is gone for good when its time is over" {
	nvr-camera -q remove own
	nvr-retain -q
	nvr-camera restore own
	nvr-camera -q remove own
	sql "UPDATE camera SET removed_at = removed_at - 31 * 86400000000
	    WHERE name = 'own'"
	run -0 nvr-retain -n --json --only cameras
	[ "$(jq -r '[.kind, .object, .why, .promise] | join(" ")' <<<"$output")" = \
	    "cameras own older than 30d N14" ]
	run -1 nvr-retain verify --only cameras
	run -0 nvr-retain --only cameras
	run -0 nvr-retain verify --only cameras
	[ "$(sql "SELECT COUNT(*) FROM camera WHERE name = 'own'")" = 0 ]
	[ "$(nvr-account log --json | jq -r 'select(.type == "camera.erased") | .detail.camera')" = own ]
}

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

# segments CAMERA DAYS N: recorded so long ago.
segments() {
	"$root/tests/lib/retain_site.py" segments "$D" "$1" main $(($(date +%s) - $2 * 86400)) "$3" >/dev/null
}

@test "C18: what was held since a backup is held after it is restored" {
	segments own 40 3
	segments own 1 9
	nvr-store backup "$BATS_TEST_TMPDIR/backup"
	run -0 nvr-retain -n --only recordings
	[ -z "$output" ]
	nvr-record -q hold own --since 41d --until 39d --why 'a burglary'
	printf '[retain]\nfootage = 30d\n' >"$BATS_TEST_TMPDIR/conf"
	run -0 nvr-store restore "$BATS_TEST_TMPDIR/backup" --yes
	nvr-retain -q -c "$BATS_TEST_TMPDIR/conf"
	[ "$(sql 'SELECT COUNT(*) FROM segment')" = 12 ]
	[ "$(find "$D/media" -name '*.mp4*' | wc -l)" = 12 ]
	nvr-record -q release own --since 42d --until 38d --why solved
	nvr-retain -q -c "$BATS_TEST_TMPDIR/conf"
	[ "$(sql 'SELECT COUNT(*) FROM segment')" = 9 ]
}

@test "C18: of an erased account footage goes when its site's limit says, and no more comes" {
	nvr-account -q site set ann@example.org yard --retain 30d
	segments gate 40 3
	segments gate 1 9
	nvr-account -q delete --now --yes-erase ann@example.org --why asked
	adopted=adopted-$(nvr-camera list --json | jq -r 'select(.name | startswith("adopted-")).id')
	[ "$(nvr-camera show "$adopted" --json | jq -c '[.record, .retain_ms]')" = '["none",2592000000]' ]
	nvr-account log --json | jq -se --arg c "$adopted" 'any(.type == "camera.adopted" and .detail.camera == $c)'
	nvr-retain -q
	[ "$(sql 'SELECT COUNT(*) FROM segment')" = 9 ]
}

@test "a camera of a deleted or restricted account can be asked for alone, as all do it" {
	segments gate 40 3
	printf '[retain]\nfootage = 30d\n' >"$BATS_TEST_TMPDIR/conf"
	c="-c $BATS_TEST_TMPDIR/conf --camera gate"
	nvr-account -q restrict ann@example.org --why court
	run -0 nvr-retain $c -n
	[ -z "$output" ]
	run -0 nvr-retain $c verify
	run -0 nvr-retain $c forecast
	nvr-account -q unrestrict ann@example.org --why over
	nvr-account -q delete ann@example.org
	run -0 nvr-retain $c -n
	[ "${#lines[@]}" = 3 ]
	run -1 nvr-retain $c verify
	run -0 nvr-retain $c forecast
	id=$(sql "SELECT id FROM camera WHERE name = 'gate'")
	sql "UPDATE camera SET removed_at = $(date +%s)000000 WHERE id = $id"
	run -0 nvr-retain $c -n
	[ "${#lines[@]}" = 3 ]
	run -66 nvr-retain --camera gaet -n
	run -66 nvr-retain --camera owm -n
	has "did you mean 'own'"
}

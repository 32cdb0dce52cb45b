#!/usr/bin/env bats
# nvr-retain by hand: what it shows, what it takes, what it refuses.

setup() {
	load ../lib/helpers.bash
	use_store
	C=$BATS_TEST_TMPDIR/conf
	echo '[retain]' >"$C"
	now=$(date +%s)
	nvr-store init >/dev/null
	nvr-camera -q add gate rtsp://192.0.2.7/s
}

nvr-retain() { command nvr-retain -d "$D" -c "$C" "$@"; }
sql() { sqlite3 -cmd '.timeout 20000' "$D/nvr.db" "$@"; }
count() { sql "SELECT COUNT(*) FROM $1"; }

# audits N DAYS [CAMERA]: of so long ago, a second apart.
audits() {
	sql "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
	    INSERT INTO audit (id, camera_id, camera_name, at, taken_at, duration_us, type,
		origin, analyzer, schema_version, status)
	    SELECT abs(random()), c.id, c.name, t, t, 1, 'regular', 'cli', 'local', 1, 'ok'
	    FROM (SELECT ($now - $2 * 86400 + i) * 1000000 AS t FROM n), camera c
	    WHERE c.name = '${3:-gate}'"
}

# segments N DAYS [CAMERA]: their files.
segments() {
	"$root/tests/lib/retain_site.py" segments "$D" "${3:-gate}" main $((now - $2 * 86400)) "$1"
}

@test "a dry run deletes nothing, a run what that showed, and another nothing" {
	audits 3 100
	audits 20 1
	run -0 nvr-retain -n
	[ "${#lines[@]}" = 3 ]
	[ "$(cut -f1,3,4,5,7,8 <<<"${lines[0]}")" = $'audits\tgate\t\t0\tolder than 90d\tN13' ]
	[ "$(count audit)" = 23 ]
	nvr-retain -n --json >"$BATS_TEST_TMPDIR/plan"
	json_as retain <"$BATS_TEST_TMPDIR/plan"
	[ "$(jq -r .why "$BATS_TEST_TMPDIR/plan" | sort | uniq -c | xargs)" = "3 older than 90d" ]
	jq -se 'all(.age_ms > 99 * 86400000 and .age_ms < 101 * 86400000)' "$BATS_TEST_TMPDIR/plan"
	run -0 nvr-retain
	[ "$(cut -f1,2,3,5,6 <<<"$output")" = $'audits\t3\t0\t0\tN13' ]
	[ "$(count audit)" = 20 ]
	run -0 nvr-retain
	[ -z "$output" ]
	run -0 nvr-retain -n
	[ -z "$output" ]
}

@test "a time that is none has no age" {
	audits 1 100
	sqlite3 "$D/nvr.db" "UPDATE audit SET at = -9223372036854775807"
	nvr-retain -n --json >"$BATS_TEST_TMPDIR/plan"
	json_as retain <"$BATS_TEST_TMPDIR/plan"
	jq -se 'length == 1 and .[0].age_ms == null' "$BATS_TEST_TMPDIR/plan"
}

@test "a run with -v has a line for each thing that went, as the plan had it" {
	audits 12 100
	audits 20 1
	nvr-retain -n --json | jq -S 'del(.age_ms)' >"$BATS_TEST_TMPDIR/plan"
	nvr-retain -v --json | jq -S 'del(.age_ms)' >"$BATS_TEST_TMPDIR/went"
	[ "$(jq -s length "$BATS_TEST_TMPDIR/went")" = 12 ]
	diff <(jq -c . "$BATS_TEST_TMPDIR/plan" | sort) <(jq -c . "$BATS_TEST_TMPDIR/went" | sort)
}

@test "verify is 1 while something is overdue, with a line for each rule" {
	run -0 nvr-retain verify
	[ "${#lines[@]}" -ge 19 ]
	audits 3 100
	run -1 nvr-retain verify
	has $'audits\t3\t0\t'
	nvr-retain verify --json >"$BATS_TEST_TMPDIR/verify" || [ $? = 1 ]
	json_as retain-kinds <"$BATS_TEST_TMPDIR/verify"
	jq -se 'map(select(.objects > 0).kind) == ["audits"]' "$BATS_TEST_TMPDIR/verify"
	run -0 nvr-retain verify --only events
	[ "${#lines[@]}" = 1 ]
	# Late by less than the grace is in time.
	printf 'grace = 7d\naudits-owner = 99d\n' >>"$C"
	run -0 nvr-retain verify
	run -1 nvr-retain verify --until 2099-01-01
	nvr-retain >/dev/null
	[ "$(count audit)" = 0 ]
}

@test "--only is of one kind, and says which there are" {
	audits 3 100
	nvr-retain --only events
	[ "$(count audit)" = 3 ]
	run -64 nvr-retain --only audit
	has "--only: 'audit' is none of: accounts, "
	run -64 command nvr-retain -d /nowhere --only audit -n
	run -0 nvr-retain --only audits
	[ "$(count audit)" = 0 ]
}

@test "--camera is of one camera, also of one that was removed" {
	nvr-camera -q add yard rtsp://192.0.2.8/s
	audits 3 100
	audits 4 100 yard
	run -66 nvr-retain --camera nobody
	has "no camera 'nobody'"
	run -64 nvr-retain --camera gate --only sessions
	has "sessions are of no camera"
	nvr-retain --camera gate >/dev/null
	[ "$(sql "SELECT camera_name, COUNT(*) FROM audit GROUP BY 1")" = "yard|4" ]
	nvr-camera -q remove yard
	run -0 nvr-retain --camera yard
	has $'audits\t4'
	[ "$(count audit)" = 0 ]
}

@test "check says how much is past its time, and what to do" {
	run -0 nvr-store -c "$C" check
	has $'retention\tok\t'
	audits 3 100
	run -0 nvr-store -c "$C" check
	has $'retention\twarning\t3 things are past their time\trun nvr-retain; is nvr-retain.timer on?'
	nvr-retain -q --yes-delete-most 3
	run -0 nvr-store -c "$C" check
	has $'retention\tok\t'
}

@test "--until shows what will be due, and does not delete it" {
	audits 3 1
	run -0 nvr-retain -n --until "$(date -d '+80 days' +%F)"
	[ -z "$output" ]
	run -0 nvr-retain -n --until "$(date -d '+100 days' +%F)"
	[ "${#lines[@]}" = 3 ]
	run -64 nvr-retain --until "$(date -d '+100 days' +%F)"
	has "--until: what is not due yet is not deleted"
	run -64 command nvr-retain -d /nowhere --until 2099-01-01
	[ "$(count audit)" = 3 ]
	# As it would have been: what is due since then stays.
	audits 3 100
	nvr-retain --until 20d
	[ "$(count audit)" = 6 ]
}

@test "it makes no store" {
	for a in -n verify '' 'report --article30' forecast; do
		# shellcheck disable=SC2086
		run -66 command nvr-retain -d "$BATS_TEST_TMPDIR/none" $a
		has "there is no store"
	done
	[ ! -e "$BATS_TEST_TMPDIR/none" ]
}

@test "more than half goes only when told the number that the plan named" {
	audits 20 100
	audits 10 1
	segments 3 2 >/dev/null
	nvr-camera set gate --retain 1d
	run -0 --separate-stderr nvr-retain -n
	[ "${#lines[@]}" = 23 ]
	[[ $stderr == *"a run would leave out: 20 of 30 audits of the owner "*"--yes-delete-most 23"* ]]
	# All else goes.
	run -77 --separate-stderr nvr-retain
	[ "$(cut -f1,2 <<<"$output")" = $'recordings\t3' ]
	[[ $stderr == *"left out: 20 of 30 audits of the owner "*"--yes-delete-most 23"* ]]
	run -77 nvr-retain --yes-delete-most 19
	has "--yes-delete-most 20"
	run -64 nvr-retain --yes-delete-most 0
	[ "$(count audit)" = 30 ]
	run -0 --separate-stderr nvr-retain -n --yes-delete-most 20
	[ -z "$stderr" ]
	run -0 nvr-retain --yes-delete-most 20
	[ "$(count audit)" = 10 ]
}

@test "a media folder of another store, and an empty store beside old footage: 69, 73" {
	segments 3 10 >/dev/null
	cp "$D/media/nvr-media" "$BATS_TEST_TMPDIR/uuid"
	sed -i 'y/0123456789abcdef/fedcba9876543210/' "$D/media/nvr-media"
	audits 3 100
	for a in -n verify '' '--only recordings'; do
		# shellcheck disable=SC2086
		run -69 nvr-retain $a
	done
	[ "$(count audit)" = 3 ]
	# What has no files does not ask for them.
	run -0 nvr-retain --only audits
	mv "$BATS_TEST_TMPDIR/uuid" "$D/media/nvr-media"
	run -0 nvr-retain -n
	mv "$D/nvr.db" "$BATS_TEST_TMPDIR/"
	rm -f "$D"/nvr.db-*
	run -66 nvr-retain
	run -73 nvr-store init
	[ "$(find "$D/media/footage" -type f | wc -l)" = 3 ]
}

@test "a second run names the first and leaves it alone: 75" {
	audits 3 100
	mkfifo "$BATS_TEST_TMPDIR/go"
	echo 4711 >"$D/.retain"
	flock "$D/.retain" cat "$BATS_TEST_TMPDIR/go" 3>&- &
	for _ in $(seq 100); do flock -n "$D/.retain" true && sleep 0.02 || break; done
	run -75 nvr-retain
	has "another nvr-retain is at it, pid 4711"
	# Who only looks is in nobody's way.
	run -0 nvr-retain -n
	run -1 nvr-retain verify
	echo >"$BATS_TEST_TMPDIR/go"
	wait
	[ "$(count audit)" = 3 ]
	run -0 nvr-retain
	[ "$(count audit)" = 0 ]
	run -1 grep '[0-9]' "$D/.retain"
}

@test "a name that is made to deceive is shown as what it is" {
	audits 2 100
	sql "UPDATE audit SET camera_name = char(9, 10, 27) || '[31m\\' || char(8238) || 'etag'"
	run -0 nvr-retain -n
	[ "${#lines[@]}" = 2 ]
	[ "$(awk -F'\t' '{ print NF }' <<<"$output" | sort -u)" = 8 ]
	hasnt $'\e'
	nvr-retain -n --json | json_as retain
	sql "UPDATE audit SET camera_name = CAST(x'ff80' AS TEXT)"
	run -0 nvr-retain -n --json
	run -0 nvr-retain -v
	[ "$(count audit)" = 0 ]
}

@test "what is lost of the output is told, and what was due is gone all the same" {
	audits 3 100
	run -74 bash -c "command nvr-retain -d $D -n >/dev/full"
	has "standard output"
	[ "$(count audit)" = 3 ]
	run -74 bash -c "command nvr-retain -d $D -v >/dev/full"
	[ "$(count audit)" = 0 ]
}

@test "a kind that cannot be looked at is told and left, and the others go: 74" {
	audits 3 100
	sql 'ALTER TABLE outbox RENAME COLUMN expires_at TO gone'
	run -74 nvr-retain -n
	has "outbox cannot be looked at: "
	has $'audits\t'
	[ "$(count audit)" = 3 ]
	run -74 nvr-retain verify
	run -74 nvr-retain
	has "1 thing could not be deleted: "
	has $'audits\t3\t'
	[ "$(count audit)" = 0 ]
}

@test "--trust-clock is a date, and today's" {
	for d in today 2026-02-30x 26-1-1 2026-1-1 ''; do
		run -64 nvr-retain --trust-clock "$d"
		has "--trust-clock: '$d' is not a date"
	done
	run -64 nvr-retain --trust-clock 2020-01-01
	run -0 nvr-retain --trust-clock "$(date -u +%F)"
}

@test "C16: telemetry that is gone is in the sums" {
	sql "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2879)
	    INSERT INTO telemetry (recorder_id, at, received_at, cpu, temperature)
	    SELECT 7, t, t, i % 100, 40 FROM (SELECT i, (($now / 3600 - 100 * 24) * 3600
		+ i * 60) * 1000000 AS t FROM n)"
	[ "$(nvr-retain -n | cut -f1 | sort | uniq -c | xargs)" = "48 telemetry" ]
	run -0 nvr-retain --yes-delete-most 48
	has $'telemetry\t48\t0'
	[ "$(count telemetry)" = 0 ]
	[ "$(sql "SELECT SUM(reports) FROM telemetry_sum WHERE period = 'hour'")" = 2880 ]
	[ "$(sql "SELECT SUM(reports), ROUND(SUM(cpu * reports)), MAX(cpu_max), AVG(temperature)
	    FROM telemetry_sum WHERE period = 'day'")" = "2880|141760.0|99.0|40.0" ]
	run -0 nvr-retain verify
}

@test "C18: recordings go with their files, and what fails is counted: 74" {
	echo 'footage = 7d' >>"$C"
	mapfile -t files < <(segments 3 10)
	segments 8 1 >/dev/null
	run -0 nvr-retain -n
	[ "${#lines[@]}" = 3 ]
	[ "$(cut -f1,3,4,5,7,8 <<<"${lines[0]}")" = $'recordings\tgate\tmain\t1000\tolder than 7d\tC18' ]
	rm "${files[1]}"
	mkdir "${files[1]}" # no file that could be unlinked
	run -74 --separate-stderr nvr-retain
	[[ $stderr == *"1 thing could not be deleted: "* ]]
	[ "$(count segment)" = 8 ]
	[ ! -e "${files[0]}" ] && [ ! -e "${files[2]}" ]
	rmdir "${files[1]}"
	run -0 nvr-retain
	[ "$(count garbage)" = 0 ]
}

#!/usr/bin/env bats
# nvr-account recorder: who may report here, as its page says.

load ../lib/helpers

setup() {
	use_store
	nvr-account create jane@example.org --name 'Jane Doe' --adult -q
	nvr-account site add jane@example.org home --jurisdiction DE -q
}

# A recorder as it would be once it has enrolled; the tools do the rest.
enter() { # state [column value …]
	local columns='' values=''
	local state=$1
	shift
	while [ $# -gt 0 ]; do
		columns+=", $1" values+=", $2"
		shift 2
	done
	sqlite3 "$D/nvr.db" "INSERT INTO recorder (id, account_id, site_id,
	    state, public_key, box, fingerprint, interval_us, created_at$columns)
	    SELECT id + 1, account_id, id, '$state', randomblob(32), 'age1x',
	    randomblob(32), 60000000, created_at$values FROM site"
}

the_id() { nvr-account recorder list --json | jq -r .id; }

@test "an invitation is shown once, holds for 15 minutes, and is logged" {
	nvr-account recorder invite jane@example.org home --json -q \
	    >"$BATS_TEST_TMPDIR/code"
	json_as account-recorder-invite <"$BATS_TEST_TMPDIR/code"
	code=$(jq -r .code "$BATS_TEST_TMPDIR/code")
	run ! grep -rqF "$code" "$D"
	run ! grep -rqF "${code//-/}" "$D"
	[ "$(sqlite3 "$D/nvr.db" 'SELECT expires_at - created_at
	    FROM invitation')" = 900000000 ]
	nvr-account log jane@example.org | grep -q recorder.invited
	run -0 nvr-account log jane@example.org
	[[ "$output" != *"$code"* ]]
	run -0 --separate-stderr nvr-account recorder invite jane@example.org home
	[[ "$output" =~ ^[a-z2-7-]{30}$'\t'2 ]]
	[[ "$stderr" = *'15 minutes'* ]]
}

@test "what cannot be invited is refused with the way out" {
	run -66 nvr-account recorder invite jane@example.org attic
	run -66 nvr-account recorder invite joe@example.org home
	run -66 nvr-account recorder invite jane@example.org home \
	    --replaces 0000000000001
	run -64 nvr-account recorder invite jane@example.org home --replaces x
	run -64 nvr-account recorder invite jane@example.org
	run -64 nvr-account recorder list --replaces 0000000000001
	run -64 nvr-account recorder bless
	[[ "$output" = *'list, invite, approve, revoke'* ]]
	[ "$(sqlite3 "$D/nvr.db" 'SELECT COUNT(*) FROM invitation')" = 0 ]
}

@test "one that waits is asked about, and approved" {
	enter waiting
	nvr-account recorder list --json | json_as account-recorder
	[ "$(nvr-account recorder list --json | jq -r .question)" = new ]
	nvr-account recorder approve "$(the_id)" --json | json_as account-action
	[ "$(nvr-account recorder list --json | jq -r '.state, .question')" = \
	    "$(printf 'active\nnull')" ]
	nvr-account log jane@example.org | grep -q 'recorder.approved.*enrolled'
	run -64 nvr-account recorder approve "$(the_id)"
	[[ "$output" = *'nothing to approve'* ]]
}

@test "C3: a changed fingerprint is asked about: moved or cloned?" {
	enter active moved "x'$(printf '%064d' 7)'" moved_at 1
	[ "$(nvr-account recorder list --json | jq -r .question)" = moved ]
	nvr-account recorder approve "$(the_id)" -q
	[ "$(nvr-account recorder list --json | jq -r .question)" = null ]
	[ "$(sqlite3 "$D/nvr.db" 'SELECT hex(fingerprint) FROM recorder')" = \
	    "$(printf '%064d' 7)" ]
	sqlite3 "$D/nvr.db" 'UPDATE recorder SET cloned_at = 1'
	[ "$(nvr-account recorder list --json | jq -r .question)" = cloned ]
}

@test "one that is revoked stays revoked, and its site can go" {
	enter active
	run -64 nvr-account site remove jane@example.org home
	[[ "$output" = *'still has recorders (1)'* ]]
	nvr-account recorder revoke "$(the_id)" -q
	[ "$(nvr-account recorder list --json | jq -r .state)" = revoked ]
	run -0 nvr-account recorder revoke "$(the_id)"
	run -64 nvr-account recorder approve "$(the_id)"
	run -66 nvr-account recorder revoke 0000000000001
	nvr-account site remove jane@example.org home -q
	nvr-account recorder list | grep -q revoked
}

@test "those of one account are listed apart" {
	enter active
	nvr-account create joe@example.org --name Joe --adult -q
	[ "$(nvr-account recorder list | wc -l)" = 1 ]
	[ "$(nvr-account recorder list jane@example.org | wc -l)" = 1 ]
	[ "$(nvr-account recorder list joe@example.org | wc -l)" = 0 ]
}

@test "C3: a recorder that was revoked goes after 30 days, with its cameras" {
	enter revoked revoked_at "$(date -d '-31 days' +%s)000000"
	sqlite3 "$D/nvr.db" "INSERT INTO recorder_camera (recorder_id, camera_id,
	    name, changed_at) SELECT id, 7, 'gate', 1 FROM recorder"
	nvr-retain --only recorders --dry-run | grep -q 'recorders.*older than 30d'
	nvr-retain --only recorders -q
	[ "$(sqlite3 "$D/nvr.db" 'SELECT (SELECT COUNT(*) FROM recorder)
	    + (SELECT COUNT(*) FROM recorder_camera)')" = 0 ]
}

# What recorder the_id has reported: a line of `minutes ago` and the CPU each.
report() {
	while read -r ago cpu; do
		echo "INSERT INTO telemetry (recorder_id, at, account_id,
		    received_at, cpu, disk_free, cameras, cameras_down) SELECT id,
		    $now - $ago * 60000000, account_id, $now, $cpu, 50.5, 4, 1
		    FROM recorder;"
	done | sqlite3 "$D/nvr.db"
	sqlite3 "$D/nvr.db" "UPDATE recorder SET at = (SELECT MAX(at)
	    FROM telemetry)"
}

@test "how a recorder fares: its newest figures, and points of a span" {
	now=$(date -d "$(date +%F) -1 day" +%s)000000
	enter active
	[ "$(nvr-account recorder list --json | jq .cpu_percent)" = null ]
	report < <(seq 1 59 | sed 's/$/ 10/'; echo 0 90.25)
	nvr-account recorder list --json | json_as account-recorder
	[ "$(nvr-account recorder list --json | jq -c \
	    '[.cpu_percent, .disk_free_percent, .cameras_down, .memory_percent]')" = \
	    '[90.25,50.5,1,null]' ]
	[ "$(nvr-account recorder list | cut -f 8-10)" = "$(printf '90.25\t50.5\t1')" ]
	id=$(the_id) at=$(date -u -d "@${now%000000}" +%FT%TZ)
	span=(--since "$(date -u -d "@$((${now%000000} - 3540))" +%FT%TZ)"
	    --until "$(date -u -d "@$((${now%000000} + 1))" +%FT%TZ)")
	nvr-account recorder telemetry "$id" "${span[@]}" --json \
	    >"$BATS_TEST_TMPDIR/points"
	json_as account-recorder-telemetry <"$BATS_TEST_TMPDIR/points"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/points")" = 60 ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/points" | jq -r \
	    '.at, .reports, .cpu_percent, .cameras_down_max, .memory_percent')" = \
	    "$(printf '%s\n1\n90.25\n1\nnull' "${at%Z}.000Z")" ]
	[ "$(nvr-account recorder telemetry "$id" "${span[@]}" --points 7 | wc -l)" -le 7 ]
	# Of now there is nothing, and of a week there are hours.
	[ -z "$(nvr-account recorder telemetry "$id" --since 1h)" ]
	[ "$(nvr-account recorder telemetry "$id" --since 7d --json |
	    jq -s 'map(.reports) | add')" = 60 ]
}

@test "no telemetry of a recorder that is not there, or may not be used" {
	now=$(date +%s)000000
	enter active
	report <<<'1 10'
	id=$(the_id)
	[ "$(nvr-account recorder telemetry "$id" | wc -l)" = 1 ]
	run -66 nvr-account recorder telemetry 0000000000001
	run -64 nvr-account recorder telemetry x
	run -64 nvr-account recorder telemetry
	run -64 nvr-account recorder telemetry "$id" --points 0
	run -64 nvr-account recorder telemetry "$id" --since 1h --until 2h
	run -64 nvr-account recorder list --points 5
	run -64 nvr-account recorder revoke "$id" --until 1h
	nvr-account -q restrict jane@example.org --why 'art. 18'
	run -77 nvr-account recorder telemetry "$id"
	[ "$(nvr-account recorder list --json | jq .cpu_percent)" = null ]
	nvr-account -q unrestrict jane@example.org --why done
	[ "$(nvr-account recorder telemetry "$id" | wc -l)" = 1 ]
}

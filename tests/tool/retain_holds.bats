#!/usr/bin/env bats
# Holds can be begun, seen and ended, whatever became of their camera.

setup() {
	load ../lib/helpers.bash
	use_store
	nvr-account -q create ann@example.org --name Ann --adult --verified >/dev/null
	nvr-account -q site add ann@example.org yard --jurisdiction DE
	nvr-camera -q add gate http://127.0.0.1:9/ --site yard
	nvr-camera -q add own http://127.0.0.1:9/
}

sql() { sqlite3 "$D/nvr.db" "$1"; }
hold() { nvr-record hold "$1" --since 1h --why x --json | jq -r .id; }
held() { sql 'SELECT COUNT(*) FROM hold WHERE released_at IS NULL'; }
logged() { nvr-account log --json | jq -r "select(.type == \"$1\").detail | [.camera, .hold_id // \"-\", .why] | join(\" \")"; }

# As if the camera had been removed, or the account deleted, a month ago.
a_month_later() {
	sql "UPDATE camera SET removed_at = removed_at - 31 * 86400000000;
	    UPDATE account SET deleted_at = deleted_at - 31 * 86400000000"
}

@test "C18: a hold on a removed camera is listed by its name, and ended by it" {
	hold own >/dev/null
	nvr-camera -q remove own
	run -0 nvr-record holds own --json
	[ "$(jq -r .camera <<<"$output")" = own ]
	a_month_later
	nvr-retain -q
	[ "$(held)" = 1 ]
	run -0 nvr-record release own --why over
	[ "$(held)" = 0 ]
	[ "$(logged hold.released)" = 'own - over' ]
	nvr-retain -q
	[ "$(sql "SELECT COUNT(*) FROM camera WHERE name = 'own'")" = 0 ]
}

@test "C18: what is a removed camera's can be held, without bringing it back" {
	"$root/tests/lib/retain_site.py" segments "$D" own main "$(($(date +%s) - 3600))" 3 >/dev/null
	nvr-camera -q remove own
	run -0 nvr-record hold own --since 2h --why evidence
	a_month_later
	nvr-retain -q
	[ "$(sql 'SELECT COUNT(*) FROM segment')" = 3 ]
	[ "$(sql "SELECT removed_at > 0 FROM camera WHERE name = 'own'")" = 1 ]
	[[ $(logged hold.added) == 'own '*' evidence' ]]
}

@test "C18: a name means the camera that there is; a hold's id, or a camera's, the one that was" {
	old=$(hold own)
	camera=$(nvr-camera show own --json | jq -r .id)
	nvr-camera -q remove own
	nvr-camera -q add own http://127.0.0.1:9/
	run -66 nvr-record release own --why over
	has "no hold of 'own'"
	has "nvr-record holds"
	new=$(hold own)
	run -0 nvr-record holds own --json
	[ "$(jq -r .id <<<"$output")" = "$new" ]
	run -0 nvr-record holds "$camera" --json
	[ "$(jq -r .id <<<"$output")" = "$old" ]
	# The id stands in every line.
	run -0 nvr-record holds
	[ "$(cut -f 8 <<<"$output" | xargs)" = "$old $new" ]
	run -0 nvr-record release "$old" --why over
	[ "$(sql 'SELECT COUNT(*) FROM hold WHERE released_at > 0')" = 1 ]
	[ "$(nvr-record holds --json | jq -r .id)" = "$new" ]
	[ "$(logged hold.released)" = "own $old over" ]
	run -66 nvr-record release "$old" --why again
	has "no such hold"
	again=$(hold "$camera")
	run -0 nvr-record release "$camera" --why over
	[ "$(nvr-record holds --json | jq -r .id)" = "$new" ]
	[ "$again" != "$new" ]
	run -66 nvr-record release 0000000000001 --why x
	has "no camera or hold '0000000000001'"
	run -66 nvr-record release nobody --why x
	run -66 nvr-record hold "$new" --since 1h --why x
}

@test "C18 N14: a hold on what is a deleted account's is listed, and ends by its id" {
	id=$(hold gate)
	nvr-account -q delete ann@example.org
	run -0 nvr-record holds --json
	[ "$(jq -r .id <<<"$output")" = "$id" ]
	run -77 nvr-record release gate --why over
	run -0 nvr-record release "$id" --why over
	[ "$(held)" = 0 ]
	[ "$(logged hold.released)" = "gate $id over" ]
}

@test "C18 C20: a hold outlasts its account, and is ended by name or id" {
	one=$(hold gate)
	two=$(hold gate)
	nvr-account -q delete --now --yes-erase ann@example.org
	name=$(nvr-record holds --json | jq -sr '.[0].camera')
	run -0 nvr-record holds "$name" --json
	[ "$(jq -sr 'map(.id) | sort | join(" ")' <<<"$output")" = "$one $two" ]
	run -0 nvr-record release "$one" --why over
	run -0 nvr-record release "$name" --why over
	[ "$(held)" = 0 ]
}

@test "N20 C18: a restricted account's holds are in no list, and the id ends them all the same" {
	id=$(hold gate)
	nvr-account -q restrict ann@example.org --why 'accuracy contested'
	run -0 nvr-record holds
	[ -z "$output" ]
	run -77 nvr-record hold gate --since 1h --why x
	run -0 nvr-record release "$id" --why over
	[ "$(held)" = 0 ]
	nvr-account -q unrestrict ann@example.org --why settled
	[ "$(logged hold.released)" = "gate $id over" ]
}

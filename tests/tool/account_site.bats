#!/usr/bin/env bats
# nvr-account site: where cameras hang, whose they are, and what hangs on that.

setup_file() {
	load ../lib/helpers.bash
	load ../lib/model.bash
	start_model model
	views "$BATS_FILE_TMPDIR/views" 4
}

teardown_file() {
	load ../lib/helpers.bash
	stop_cameras
}

setup() {
	load ../lib/helpers.bash
	load ../lib/model.bash
	use_store
	T=$BATS_TEST_TMPDIR
	export TZ=UTC
	V=$BATS_FILE_TMPDIR/views/001.jpg
	for w in ann bob; do
		nvr-account -q create $w@example.org --name $w --adult --verified >/dev/null
	done
}

site() { nvr-account -q site "$@"; }
one() { site list --json "$@" | jq -e "$J" >/dev/null; }
sql() { sqlite3 "$D/nvr.db" "$1"; }
# What the security log says of that type, newest last.
log() { nvr-account log "$1" --json | jq -c "select(.type == \"$2\") | .detail"; }

@test "C18, C26: a site says under whose law it is, and how long footage is kept" {
	site add ann@example.org yard --jurisdiction us-ca --zone America/Los_Angeles \
	    --retain 14d --retain-bytes 20G
	J='.site == "yard" and .email == "ann@example.org" and .jurisdiction == "US-CA"
	    and .zone == "America/Los_Angeles" and .retain_ms == 1209600000
	    and .retain_bytes == 20 * 1073741824 and .cameras == 0 and .removed_at == null' one
	site set ann@example.org yard --name depot --jurisdiction DE --zone '' --retain none
	J='.site == "depot" and .jurisdiction == "DE" and .zone == null and .retain_ms == null
	    and .retain_bytes == 20 * 1073741824' one ann@example.org
	run -64 nvr-account site set ann@example.org depot --retain 0
	has "say 'none' for no limit"
	run -64 nvr-account site set ann@example.org depot --retain-bytes 0
	site add bob@example.org depot --jurisdiction FR
	[ "$(site list | wc -l) $(site list bob@example.org | cut -f2,3)" = $'2 bob@example.org\tFR' ]
}

@test "C26: what is no jurisdiction, no name or no zone is refused, and nothing is entered" {
	run -64 nvr-account site add ann@example.org yard
	has "--jurisdiction"
	for j in '' D XX ZZ EU DEU DE- DE-ABCD 'DE ' 'D3' DE_BY UK Ä $'D\nE' "$(printf 'A%.0s' {1..5000})"; do
		run -64 nvr-account site add ann@example.org yard --jurisdiction "$j"
	done
	for n in '' a/b -x .x ' x' $'a\tb' $'\e[31m' $'\u202e' "$(printf 'n%.0s' {1..65})"; do
		run -64 nvr-account site add ann@example.org --jurisdiction DE -- "$n"
	done
	run -64 nvr-account site add ann@example.org yard --jurisdiction DE --zone Mars/Olympus
	run -64 nvr-account site add ann@example.org yard --jurisdiction DE --zone ../../etc/passwd
	run -66 nvr-account site add nobody@example.org yard --jurisdiction DE
	run -64 nvr-account site burn ann@example.org yard
	run -64 nvr-account site set ann@example.org yard
	[ -z "$(site list)" ]
	site add ann@example.org yard --jurisdiction DE
	run -73 nvr-account site add ann@example.org yard --jurisdiction DE
	has "already"
	run -66 nvr-account site set bob@example.org yard --zone UTC
}

@test "cameras of one name are told apart by their site, or by their id" {
	for w in ann bob; do site add $w@example.org yard --jurisdiction DE; done
	site add bob@example.org barn --jurisdiction DE
	run -64 nvr-camera add gate "file://$V" --site yard
	has "ADDRESS/yard"
	nvr-camera add gate "file://$V" --site ANN@example.org/yard
	nvr-camera add gate "file://$V" --site barn
	run -73 nvr-camera add gate "file://$V" --site bob@example.org/yard
	run -66 nvr-camera add shed "file://$V" --site moor
	run -64 --separate-stderr nvr-camera show gate
	[[ $stderr == *"'yard/gate' or 'barn/gate'"* ]]
	id=$(nvr-camera show --json barn/gate | jq -r .id)
	[ "$(nvr-camera show --json "$id" | jq -r .site)" = barn ]
	run -66 nvr-camera show moor/gate
	nvr-camera set barn/gate --site bob@example.org/yard
	run -64 --separate-stderr nvr-snap gate -o "$T/x.jpg"
	[[ $stderr == *"'yard/gate' or '$id'"* ]]
	run -64 nvr-camera show yard/gate
	nvr-snap "$id" -o "$T/x.jpg"
	nvr-snap --all >"$T/all.jpg"
	run -0 --separate-stderr nvr-audit --json --all
	[ "$(jq -r .camera_id <<<"$output" | sort -u | wc -l)" = 2 ]
	[ "$(nvr-audit list --json --camera "$id" | wc -l)" = 1 ]
	run -64 nvr-camera set "$id" --no-site
	has "remove it and add it anew"
	nvr-camera add door "file://$V" --site barn
	id=$(nvr-camera show --json door | jq -r .id)
	nvr-camera set "$id" --no-site
	J='.account_id == null and .site == null'
	nvr-camera show --json "$id" | jq -e "$J" >/dev/null
}

@test "a camera's own limit wins, then its site's" {
	site add ann@example.org yard --jurisdiction DE --retain 14d
	nvr-camera add gate "file://$V" --site yard
	nvr-camera list --json | jq -e '.site == "yard" and .retain_ms == null' >/dev/null
	# That it has none of its own is what `none` says, and no more.
	run -0 nvr-camera set --help
	has "none: as its site, else nvr.conf"
	"$root/tests/lib/retain_site.py" segments "$D" gate main "$(date -d -20days +%s)" 2 >/dev/null
	nvr-camera -q set gate --retain 30d
	run -0 nvr-retain -n
	[ -z "$output" ]
	nvr-camera -q set gate --retain none
	run -0 nvr-retain -n
	[[ ${lines[1]} == *"older than 14d"* ]]
	run -64 nvr-camera set gate --site yard --no-site
}

@test "N14: a removed site comes back within 30 days; one with cameras does not go" {
	site add ann@example.org yard --jurisdiction DE
	nvr-camera add gate "file://$V" --site yard
	run -64 nvr-account site remove ann@example.org yard
	has "still has cameras (1)"
	nvr-camera -q remove gate
	site remove ann@example.org yard
	[ -z "$(site list)" ]
	[ "$(site list --deleted | cut -f1)" = yard ]
	run -64 nvr-camera restore gate
	has "its site 'yard' is removed"
	run -66 nvr-camera add shed "file://$V" --site yard
	site add ann@example.org yard --jurisdiction FR
	run -73 nvr-account site restore ann@example.org yard
	has "--name"
	site restore ann@example.org yard --name old
	[ "$(site list | cut -f1 | xargs)" = "old yard" ]
	nvr-camera restore gate
	[ "$(nvr-camera show --json gate | jq -r .site)" = old ]
	nvr-camera set gate --site yard
	site remove ann@example.org old
	[ -z "$sanitized" ] || skip "faketime and the sanitizers do not mix"
	run -66 faketime -f +31d "$NVR_BUILD/nvr-account" -d "$D" site restore ann@example.org old
	has "could be restored until"
}

@test "C13: changes of settings are in the log of whose they are, without secrets" {
	printf 'hunter2-secret' >"$T/pw"
	for w in ann bob; do site add $w@example.org $w-yard --jurisdiction DE; done
	site set ann@example.org ann-yard --retain 7d
	nvr-camera add gate rtsp://192.0.2.1/s --site ann-yard
	nvr-camera set gate --zone front --user u --password-file "$T/pw" --retain 3d --retain-events 90d
	nvr-camera set gate --zone front
	nvr-audit schedule add night --cron '0 3 * * *' --camera gate 2>/dev/null
	nvr-audit schedule set night --keep 1h 2>/dev/null
	nvr-record hold gate --since 1h --why 'case 7' >/dev/null
	nvr-record -q release gate --why closed
	run -64 nvr-camera set gate --site bob-yard
	sql 'DELETE FROM hold' # as it is after its time
	nvr-camera set gate --site bob-yard
	nvr-audit schedule remove night
	nvr-camera -q remove gate
	nvr-camera restore gate
	[ "$(nvr-account log ann@example.org --json | jq -r .type | grep -v '^account' | xargs)" = \
	    "site.added site.changed camera.added camera.changed schedule.added schedule.changed hold.added hold.released camera.changed" ]
	[ "$(nvr-account log bob@example.org --json | jq -r .type | grep -v '^account' | xargs)" = \
	    "site.added camera.changed schedule.removed camera.removed camera.restored" ]
	log ann@example.org camera.changed | head -1 | jq -e '.camera == "gate" and .fields ==
	    {zone: {old: null, new: "front"}, retain_ms: {old: 0, new: 259200000},
	    retain_events_ms: {old: 0, new: 7776000000}, credentials: "changed"}' >/dev/null
	# Each hears of its own site alone.
	log ann@example.org camera.changed | tail -1 | jq -e '.fields == {site: {old: "ann-yard", new: null}}' >/dev/null
	log bob@example.org camera.changed | jq -e '.fields == {site: {old: null, new: "bob-yard"}}' >/dev/null
	log ann@example.org schedule.changed | jq -e '.fields == {keep_ms: {old: 0, new: 3600000}}' >/dev/null
	log ann@example.org hold.added | jq -e '.why == "case 7" and .camera == "gate"' >/dev/null
	run -0 nvr-account log --json
	hasnt hunter2
	[ "$(jq -r .who <<<"$output" | sort -u)" != null ]
	nvr-account log --verify >/dev/null
	# One that names others' cameras, too, or all, is in the recorder's own.
	nvr-camera add lot rtsp://192.0.2.2/s
	own() { sql "SELECT COUNT(*) FROM log WHERE account_id = 0 AND type LIKE 'schedule.%'"; }
	[ "$(own)" = 0 ]
	nvr-audit -q schedule add two --every 1h --camera gate --camera lot
	nvr-audit -q schedule add all --every 1h --all
	[ "$(own)" = 2 ]
}

@test "what is made for a camera is its account's, so that it does not move" {
	for w in ann bob; do site add $w@example.org $w --jurisdiction DE; done
	site add ann@example.org shed --jurisdiction DE
	nvr-camera add gate "file://$V" --site ann
	printf '[audit]\nmail-from = nvr@example.org\n' >"$T/conf"
	nvr-camera set gate --site bob
	nvr-camera set gate --site ann
	nvr-audit -q --keep 1h gate >/dev/null || true
	nvr-audit -q schedule add often --every 1h --camera gate
	nvr-audit -q -c "$T/conf" report --since 1h --camera gate --mail sup@example.org >/dev/null
	a=$(sql "SELECT account_id FROM site ORDER BY id" | sed -n 1p)
	for to in '--site bob' --no-site; do
		# shellcheck disable=SC2086
		run -64 nvr-camera set gate --zone street $to
		has "remove it and add it anew"
	done
	[ "$(sql 'SELECT account_id, zone FROM camera')" = "$a|" ]
	nvr-camera set gate --site shed
	nvr-camera -q remove gate
	nvr-camera add gate "file://$V" --site bob
	nvr-audit -q gate >/dev/null || true
	b=$(sql "SELECT account_id FROM site ORDER BY id" | sed -n 2p)
	[ "$(sql 'SELECT account_id FROM audit ORDER BY id')" = "$a"$'\n'"$b" ]
	[ "$(sql 'SELECT DISTINCT f.account_id = a.account_id FROM audit a JOIN finding f ON f.audit_id = a.id')" = 1 ]
	[ "$(sql 'SELECT account_id FROM still') $(sql 'SELECT account_id FROM schedule_camera')" = "$a $a" ]
	[ "$(sql "SELECT account_id FROM outbox WHERE kind = 'report'")" = "$a" ]
}

@test "whatever an account's camera has keeps it there; nobody's may move" {
	for w in ann bob; do site add $w@example.org $w --jurisdiction DE; done
	nvr-camera add gate "file://$V" --site ann
	id=$(sql 'SELECT id FROM camera')
	kept() { # TABLE COLUMNS VALUES
		sql "INSERT INTO $1 (camera_id, $2) VALUES ($id, $3)"
		run -64 nvr-camera set gate --site bob
		sql "DELETE FROM $1"
	}
	kept segment 'id, stream, run_id, start_at, end_at, media_start_us, media_us, frames, size_bytes, sha256, sealed' "1, 'main', 1, 1, 2, 0, 1, 1, 1, zeroblob(32), 1"
	kept run 'id, stream, started_at, monotonic_us, reason, video, width, height' "1, 'main', 1, 1, 'start', 'h264', 1, 1"
	kept event 'id, stream, at, kind' "1, 'main', 1, 'x'"
	kept hold 'id, since, until, why, held_by, held_at' "1, 1, 2, 'x', 'x', 1"
	kept access 'id, at, who, action, camera_name, since, until' "1, 1, 'x', 'list', 'gate', 1, 2"
	nvr-camera set gate --no-site
	"$root/tests/lib/retain_site.py" segments "$D" gate main "$(date -d -2days +%s)" 2 >/dev/null
	nvr-camera set gate --site bob
	run -64 nvr-camera set gate --site ann
}

@test "N9: an audit is held to the tier of its camera's account, and counts for it" {
	for w in ann bob; do site add $w@example.org $w --jurisdiction DE; done
	nvr-account -q tier bob@example.org premium
	nvr-camera add a "file://$V" --site ann
	nvr-camera add b "file://$V" --site bob
	nvr-camera add o "file://$V"
	plan '' '[tier free]' 'audits-per-day = 1' '[tier premium]' 'audits-per-day = 2' '[tier owner]' 'audits-per-day = 3'
	for c in a b o a b o b o o; do
		nvr-audit -q -c "$C" -p 'car: a car?' $c >/dev/null || true
	done
	[ "$(sql "SELECT camera_name, status, COUNT(*) FROM audit GROUP BY 1, 2 ORDER BY 1, 2" | xargs)" = \
	    "a|budget|1 a|ok|1 b|budget|1 b|ok|2 o|budget|1 o|ok|3" ]
	run -0 nvr-audit -c "$C" usage --by account --json
	[ "$(jq -s 'map([.audits, .limits.audits_day.used, .limits.audits_day.limit]) | sort' -c <<<"$output")" = '[[1,1,1],[2,2,2],[3,3,3]]' ]
	# Requests, findings and steps carry it as well.
	[ "$(sql 'SELECT COUNT(*) FROM audit a JOIN attempt t ON t.audit_id = a.id JOIN departure d ON d.audit_id = a.id
	    WHERE t.account_id = a.account_id AND d.account_id = a.account_id AND a.account_id <> 0')" = 3 ]
}

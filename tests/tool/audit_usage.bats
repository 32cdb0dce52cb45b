#!/usr/bin/env bats
# nvr-audit usage, label and calibration: what models took, and how far they
# can be believed.  What models said is entered here: none is asked.

setup_file() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/filled"
	make_jpeg "$BATS_FILE_TMPDIR/s.jpg"
	nvr-camera add gate "file://$BATS_FILE_TMPDIR/s.jpg"
	nvr-camera add yard "file://$BATS_FILE_TMPDIR/s.jpg"
	nvr-audit -q --camera gate "$BATS_FILE_TMPDIR/s.jpg"
	today=$(($(date +%s) / 86400))
	month=$(($(date -u -d "$(date -u +%Y-%m-01)" +%s) / 86400))
	sqlite3 "$D/nvr.db" "
	    INSERT INTO usage SELECT 0, $today, id, 'gpt-4o', 3, 4, 1, 4420, 300, 14050, 1500, 11000 FROM camera WHERE name = 'gate';
	    INSERT INTO usage SELECT 0, $today, id, 'attic', 2, 2, 0, 9000, 100, 0, 0, 0 FROM camera WHERE name = 'yard';
	    INSERT INTO usage SELECT 0, $month, id, 'gpt-4o', 1, 1, 0, 1000, 100, 3500, 0, 0 FROM camera WHERE name = 'yard';
	    INSERT INTO usage SELECT 0, $month - 1, id, 'gpt-4o', 7, 7, 0, 7000, 700, 24500, 0, 0 FROM camera WHERE name = 'yard';"
}

setup() {
	load ../lib/helpers.bash
	use_store
	cp -a "$BATS_FILE_TMPDIR/filled" "$D"
}

as_schema() { # NAME, JSON lines on stdin
	jq -se --slurpfile s "$root/share/schema/$1.json" '
	    def ok($t): (type as $is | ($t | if type == "array" then . else [.] end) | any(. == $is or (. == "integer" and $is == "number")));
	    $s[0] as $s | length > 0 and all(. as $o | ($s.required - keys == []) and (keys - ($s.properties | keys) == []) and
	    all(keys[]; . as $k | $o[$k] | ok($s.properties[$k].type)))'
}

# An audit by a model, with the findings of the VALUES that follow its ID:
# (ordinal, source, kind, label, verdict, confidence).
put_audit() { # ID STATUS [VALUES]
	sqlite3 "$D/nvr.db" "
	    INSERT INTO audit (id, camera_id, camera_name, at, duration_us, type, origin, analyzer, profile, model, prompt, prompt_sha256, schema_version, status)
	    SELECT $1, id, name, 1700000000000000 + $1, 1, 'regular', 'camera', 'openai', 'gpt-4o', 'gpt-4o-2024-11-20', 'Is it open?', '0123456789abcdef', 1, '$2' FROM camera WHERE name = 'gate';
	    ${3:+INSERT INTO finding (audit_id, ordinal, source, kind, label, verdict, confidence, evidence)
	    SELECT $1, column1, column2, column3, column4, column5, column6, 'seen' FROM (VALUES $3);}"
}

open_yes="(1, 'local', NULL, 'black', 'no', 0.9), (2, 'model', 'check', 'open', 'yes', 0.8), (3, 'model', 'object', 'car', 'yes', 0.7)"
one=0000000000001

@test "N9: usage tells what models took, this month, the dearest first" {
	run -0 nvr-audit usage
	[ "${lines[0]}" = "$(printf 'gpt-4o\t4\t5\t5420\t400\t0.01755\tUSD\t1\t1500\t0.011')" ]
	[ "${lines[1]}" = "$(printf 'attic\t2\t2\t9000\t100\t0.00\tUSD\t0\t0\t0.00')" ]
	[ "${#lines[@]}" = 2 ]
	run -0 nvr-audit usage --json
	as_schema audit-usage <<<"$output"
	jq -se '.[0] | .model == "gpt-4o" and .reserved_micros == 11000 and .unreported == 1' <<<"$output"
}

@test "usage by camera, by day and by account" {
	run -0 nvr-audit usage --by camera --since 2020-01-01
	[ "$(cut -f1,2 <<<"$output")" = "$(printf 'yard\t10\ngate\t3')" ]
	run -0 nvr-audit usage --by day --since 2020-01-01
	[ "$(head -1 <<<"$output" | cut -f1,2)" = "$(printf '%s\t7' "$(date -u -d "$(date -u +%Y-%m-01) -1 day" +%F)")" ]
	[ "$(tail -1 <<<"$output" | cut -f1)" = "$(date -u +%F)" ]
	run -0 nvr-audit usage --by day --since 2020-01-01 --json
	as_schema audit-usage <<<"$output"
	run -0 nvr-audit usage --by account
	[ "$(cut -f1,2 <<<"$output")" = "$(printf -- '-\t6')" ]
}

@test "usage of one camera, also of one that was removed" {
	run -0 nvr-audit usage --camera gate
	[ "$(cut -f1,2 <<<"$output")" = "$(printf 'gpt-4o\t3')" ]
	nvr-camera remove gate
	run -0 nvr-audit usage --camera gate --by camera
	[ "$(cut -f1,2 <<<"$output")" = "$(printf 'gate\t3')" ]
	run -66 nvr-audit usage --camera nobody
	has "nobody"
}

@test "usage until a moment counts its day, and before last month nothing" {
	run -0 nvr-audit usage --by day --since 2020-01-01 --until "$(date -u +%Y-%m-01)T00:00:00Z"
	[ "$(cut -f2 <<<"$output")" = 7 ]
	run -0 nvr-audit usage --until 2020-01-02
	[ -z "$output" ]
	run -64 nvr-audit usage --by week
	has "camera, model, day or account, not 'week'"
}

@test "N9: the limits and what is used of them, set aside included" {
	printf '[audit]\ntier = free\n[tier free]\ncost-per-day = 2.50\ntokens-per-month = 100000\n' >"$BATS_TEST_TMPDIR/nvr.conf"
	run -0 nvr-audit -c "$BATS_TEST_TMPDIR/nvr.conf" usage --by account --json
	as_schema audit-usage <<<"$output"
	jq -e '.account == null and .limits.cost_day_micros.limit == 2500000 and .limits.audits_day.limit == 24 and .limits.tokens_day.limit == null' <<<"$output"
	jq -e '.limits.tokens_month.used == 16420 and .limits.cost_month_micros.used == 28550' <<<"$output"
	sqlite3 "$D/nvr.db" "DELETE FROM usage"
	run -0 nvr-audit -c "$BATS_TEST_TMPDIR/nvr.conf" usage --by account --json
	jq -e '.audits == 0 and .limits.audits_month == {used: 0, limit: 500}' <<<"$output"
	run -0 script -qec "nvr-audit -d '$D' -c '$BATS_TEST_TMPDIR/nvr.conf' usage --by account" /dev/null
	has "cost-per-day of tier free: 0.00 of 2.50 used"
}

@test "for people there is a line of totals" {
	run -0 script -qec "nvr-audit -d '$D' usage --since 2020-01-01" /dev/null
	has "total"
	has "13"
	run -0 nvr-audit usage --since 2020-01-01
	hasnt "total"
}

@test "N5: the last word on a finding is the one that counts" {
	put_audit 1 ok "$open_yes"
	run -0 nvr-audit label $one no --json
	as_schema audit-label <<<"$output"
	jq -e '.label == "open" and .verdict == "yes" and .truth == "no" and .model == "gpt-4o-2024-11-20" and .prompt_sha256 == "0123456789abcdef" and .confidence == 0.8' <<<"$output"
	run -0 nvr-audit label $one yes
	[ "$output" = "$(printf '%s\topen\tyes\tyes\tgpt-4o-2024-11-20' $one)" ]
	[ "$(sqlite3 "$D/nvr.db" "SELECT truth, labelled_by FROM label")" = "yes|$(id -un)" ]
}

@test "a label says which finding it means, where there are several" {
	put_audit 1 ok "$open_yes, (4, 'model', 'check', 'lit', 'no', 0.6)"
	run -64 nvr-audit label $one no
	has "--check: black, open, car, lit"
	nvr-audit label $one no --check lit
	nvr-audit label $one no --check car
	nvr-audit label $one yes --check black
	[ "$(sqlite3 "$D/nvr.db" "SELECT label, model, truth FROM label ORDER BY label")" = "$(printf 'black|local|yes\ncar|gpt-4o-2024-11-20|no\nlit|gpt-4o-2024-11-20|no')" ]
	run -66 nvr-audit label $one no --check door
	has "no 'door'"
}

@test "a label is of a model's check first, where the camera's own is called the same" {
	put_audit 1 ok "(1, 'local', NULL, 'covered', 'no', 0.9), (2, 'model', 'check', 'covered', 'yes', 0.8)"
	run -0 nvr-audit label $one yes --check covered --json
	jq -e '.verdict == "yes" and .confidence == 0.8' <<<"$output"
}

@test "a name that an answer has twice is no finding that can be labelled" {
	put_audit 1 ok "$open_yes, (4, 'model', 'object', 'car', 'yes', 0.6)"
	run -64 nvr-audit label $one no --check car
	has "'car' 2 times; it has black, open, car, car"
	[ -z "$(sqlite3 "$D/nvr.db" "SELECT * FROM label")" ]
}

@test "labels of audits that are not there, found nothing, or are said badly" {
	run -66 nvr-audit label $one no
	has "no audit has that id"
	put_audit 1 refused
	run -66 nvr-audit label $one no
	has "refused"
	run -64 nvr-audit label $one maybe
	has "not 'maybe'"
	run -64 nvr-audit label l no
	[ -z "$(sqlite3 "$D/nvr.db" "SELECT * FROM label")" ]
}

@test "a finding of the local analyzer can be labelled as well" {
	id=$(nvr-audit list --json | jq -r .id)
	run -64 nvr-audit label "$id" no
	has "black"
	run -0 nvr-audit label "$id" no --check black --json
	jq -e '.model == "local" and .prompt_sha256 == null' <<<"$output"
}

@test "N5: labels outlive their audits" {
	put_audit 1 ok "$open_yes"
	nvr-audit label $one no
	sqlite3 "$D/nvr.db" "PRAGMA foreign_keys = ON; DELETE FROM audit WHERE id = 1"
	[ "$(sqlite3 "$D/nvr.db" "SELECT audit_id IS NULL, label, truth FROM label")" = "1|open|no" ]
	run -0 nvr-audit calibration
	[ "$(cut -f1-7 <<<"$output")" = "$(printf 'gpt-4o-2024-11-20\t0123456789ab\topen\t1\t0\t0\t0.64')" ]
}

@test "N5: with a hundred labels a calibration is stored" {
	run -0 nvr-audit calibration
	[ -z "$output" ]
	for i in $(seq 99); do
		echo "INSERT INTO label VALUES ($i, 0, NULL, 'open', 'gpt-4o', 'abc', 'yes', 0.$((50 + i % 40)), '$([ $((i * i % 7)) -lt 3 ] && echo yes || echo no)', 'jane', $i);"
	done | sqlite3 "$D/nvr.db"
	run -0 nvr-audit calibration --json
	as_schema audit-calibration <<<"$output"
	jq -e '.labels == 99 and .slope == null and .brier > 0' <<<"$output"
	sqlite3 "$D/nvr.db" "INSERT INTO label VALUES (100, 0, NULL, 'open', 'gpt-4o', 'abc', 'yes', 0.9, 'yes', 'jane', 100), (101, 0, NULL, 'open', 'gpt-4o', 'abc', 'cannot_determine', 0.9, 'yes', 'jane', 101)"
	run -0 nvr-audit calibration --json
	as_schema audit-calibration <<<"$output"
	jq -e '.labels == 101 and .slope != null and .brier_calibrated > 0 and .risk_100 >= 0' <<<"$output"
	[ "$(sqlite3 "$D/nvr.db" "SELECT model, prompt_sha256, label, labels FROM calibration")" = "gpt-4o|abc|open|100" ]
}

#!/usr/bin/env bats
# nvr-account: consents, and the registers of rights.

setup() {
	load ../lib/helpers.bash
	use_store
	conf=$BATS_TEST_TMPDIR/nvr.conf
	cat >"$conf" <<-EOT
		[portal]
		url = https://nvr.example
		name = Example NVR
		mail-from = nvr@example.org
	EOT
	nvr-account() { command nvr-account -c "$conf" -d "$D" "$@"; }
	nvr-account -q create jane@example.org --name "Jane Doe" --adult --verified
}

# faked WHEN CMD …: as of then; WHEN as faketime has it.
faked() { faketime -f "$1" nvr-account -c "$conf" -d "$D" "${@:2}"; }

# Tests that fake the clock begin with this.
need_clock() {
	[ -z "$sanitized" ] || skip "the sanitizers want to be loaded first"
}

sql() { sqlite3 "$D/nvr.db" "$1"; }

json() { jq -r "$@" <<<"$output"; }

@test "consent keeps the text, version and channel it was given by" {
	run -64 nvr-account consent jane@example.org give training --text-version 1
	has "the text"
	run -64 nvr-account consent jane@example.org give training --text x
	has "version"
	run -64 nvr-account consent jane@example.org give 'Trai ning' --text-version 1 --text x
	printf 'We train on it.\r\nYou can stop.\n' >"$BATS_TEST_TMPDIR/text"
	nvr-account consent jane@example.org give training --text-version 2026-1 \
	    --text "@$BATS_TEST_TMPDIR/text" --channel letter
	run -0 nvr-account consent jane@example.org show --json
	json_as account-consent <<<"$output"
	[ "$(json '[.kind, .state, .version, .channel, .text] | join("|")')" = \
	    $'training|given|2026-1|letter|We train on it.\nYou can stop.' ]
	nvr-account consent jane@example.org withdraw training
	run -0 nvr-account consent jane@example.org show training
	[ "$(cut -f1,2 <<<"$output")" = $'training\tgiven\ntraining\twithdrawn' ]
	run -0 nvr-account consent jane@example.org show messages
	[ -z "$output" ]
	run -66 nvr-account consent john@example.org show
}

@test "C14: withdrawing consent to SMS deletes the number" {
	run -64 nvr-account consent jane@example.org give sms --text-version 1 --text x
	has "2fa"
	nvr-account -q 2fa jane@example.org sms +4930123456
	[ "$(sql "SELECT COUNT(*) FROM factor WHERE kind = 'sms'")" = 1 ]
	nvr-account consent jane@example.org withdraw sms
	[ "$(sql "SELECT COUNT(*) FROM factor")" = 0 ]
	[ "$(sql "SELECT COUNT(*) FROM outbox WHERE channel = 'sms'")" = 0 ]
	run -0 nvr-account consent jane@example.org show sms
	[ "$(cut -f2 <<<"$output" | xargs)" = "given withdrawn" ]
}

@test "C21: an objection is recorded and opens a request" {
	run -64 nvr-account object jane@example.org advertising
	has "calibration, security-log, throttling, sessions, clean-up"
	run -0 --separate-stderr nvr-account object jane@example.org security-log \
	    --why "not needed" --json
	json_as account-object <<<"$output"
	[[ $stderr == *"this goes on: without it"* ]]
	run -0 --separate-stderr nvr-account requests --json
	json_as account-requests <<<"$output"
	[ "$(json '[.kind, .state, .person, .note] | join("|")')" = \
	    "objection|open|jane@example.org|not needed" ]
	nvr-account object jane@example.org "security log" --withdraw
	run -66 nvr-account object jane@example.org "security log" --withdraw
	run -0 nvr-account object jane@example.org
	has withdrawn
	run -0 --separate-stderr nvr-account object jane@example.org calibration
	[[ $stderr == *"this ends now"* ]]
}

@test "N20, C21: a request has 30 days; warned of in the last week, negative when overdue" {
	need_clock
	run -0 --separate-stderr faked '2031-02-01 12:00:00' requests add jane@example.org \
	    --kind access --received 2031-01-31T10:00:00Z --channel letter \
	    --note "asks for all" --json
	[ "$(json .due_at)" = 2031-02-28T10:00:00.000Z ]
	id=$(json .id)
	run -0 --separate-stderr faked '2031-02-10 12:00:00' requests list
	[ -z "$stderr" ]
	run -0 --separate-stderr faked '2031-02-22 12:00:00' requests list
	[[ "$stderr" == *"1 request is due within 7 days"* ]]
	run -1 --separate-stderr faked '2031-03-01 12:00:00' requests list
	[[ "$stderr" == *"1 request is overdue, since 2031-02-28"* ]]
	[ "$(cut -f3 <<<"$output")" = overdue ]
	run -64 faked '2031-03-01 12:00:00' requests extend "$id" --why slow
	run -0 faked '2031-02-20 12:00:00' requests extend "$id" --why "a year of it" --json
	[ "$(json .due_at)" = 2031-04-28T10:00:00.000Z ]
	json_as account-requests <<<"$output"
	run -64 nvr-account requests done "$id" --outcome refused
	run -64 nvr-account requests done "$id" --outcome granted --kind access
	has "takes no --kind"
	nvr-account requests done "$id" --outcome granted --note "sent by post"
	run -0 nvr-account requests list
	[ -z "$output" ]
	run -0 nvr-account requests list --all --json
	[ "$(json '.state + .answer')" = "grantedsent by post" ]
	json_as account-requests <<<"$output"
	# Received, extended, answered: each by a letter, if in no clear text.
	[ "$(sql "SELECT group_concat(kind) FROM outbox")" = \
	    request-received,request-extended,request-done ]
}

@test "who has no account can ask too, and stands nowhere in clear" {
	run -64 nvr-account requests add --kind access
	run -64 nvr-account requests add jane@example.org --person Joe --kind access
	run -0 nvr-account requests add --person "Joe Bloggs" --kind erasure --note "seen at the gate"
	run -0 nvr-account requests list --json
	[ "$(json .person)" = "Joe Bloggs" ]
	[ "$(json .account)" = null ]
	nvr-account object jane@example.org "limits guessing" --why "Bloggs knows"
	run -1 grep -aq "Bloggs\|at the gate" "$D"/nvr.db*
}

@test "C12: a disclosure names authority, basis, reviewer and what was given" {
	full=(--authority "AG Berlin" --basis "StPO 94" --reviewed-by "Dr. Law" --what "a clip of the gate")
	for leave in 0 2 4 6; do
		part=("${full[@]}")
		unset "part[$leave]" "part[$((leave + 1))]"
		run -64 nvr-account disclose jane@example.org "${part[@]}"
		has missing
	done
	run -64 nvr-account disclose list "${full[@]}"
	run -0 nvr-account -q disclose jane@example.org "${full[@]}" --json
	json_as account-disclose <<<"$output"
	[ "$(nvr-account disclose list | cut -f4-)" = $'AG Berlin\tStPO 94\tDr. Law\ta clip of the gate\t' ]
	run -0 nvr-account disclose list --since 2030-01-01
	[ -z "$output" ]
	run -1 grep -aq "clip of the gate" "$D"/nvr.db*
}

@test "C12: from when the person may be told of a disclosure is said, then or later" {
	full=(jane@example.org --authority court --basis law --reviewed-by me --what "a clip")
	run --separate-stderr -0 command nvr-account -c "$conf" -d "$D" disclose "${full[@]}" --json
	json_as account-disclose <<<"$output"
	[ "$(json .tell_at)" = null ]
	[[ "$stderr" == *"disclose tell"* ]]
	id=$(json .id)
	run -0 nvr-account disclose tell "$id" --tell 2099-01-01T00:00:00Z --json
	json_as account-disclose <<<"$output"
	[ "$(json .tell_at)" = 2099-01-01T00:00:00.000Z ]
	run -0 nvr-account disclose tell "$id" --tell never --json
	[ "$(json .tell_at)" = null ]
	run -0 nvr-account disclose "${full[@]}" --tell now --json
	[ "$(json .tell_at)" != null ]
	run -64 nvr-account disclose "${full[@]}" --tell someday
	run -64 nvr-account disclose tell "$id"
	has "--tell is missing"
	run -64 nvr-account disclose tell
	run -64 nvr-account disclose list --tell now
	run -66 nvr-account disclose tell 0000000000001 --tell now
	run -0 nvr-account log jane@example.org --json
	hasnt disclosure
}

@test "C12: what was disclosed outlives the account" {
	nvr-account -q disclose jane@example.org --authority court --basis law \
	    --reviewed-by me --what "a clip"
	nvr-account -q delete jane@example.org --now --yes-erase
	run -0 nvr-account disclose list
	has "a clip"
}

@test "C15: a breach has a clock of 72 hours" {
	need_clock
	run -0 nvr-account breach open "lost disk" --known "$(date -u -d '-1 hour' +%FT%TZ)" \
	    --text "a disk was lost" --json
	json_as account-breach <<<"$output"
	id=$(json .id)
	json '.hours_left > 70.9 and .hours_left <= 71' | grep -q true
	run -0 nvr-account breach list
	run -1 --separate-stderr faked '+72h' breach list
	[[ "$stderr" == *"1 breach is overdue"* ]]
	[ "$(cut -f3 <<<"$output")" = overdue ]
	run -64 nvr-account breach close "$id"
	has "--reported"
	nvr-account breach note "$id" "the police was called"
	nvr-account breach note "$id" --reported
	run -0 faked '+72h' breach list --json
	[ "$(json '.state, (.notes | length)' | xargs)" = "reported 2" ]
	nvr-account breach close "$id" --text "found again"
	run -0 nvr-account breach show "$id" --json
	json_as account-breach-note <<<"$output"
	[ "$(json .text | tail -1)" = "found again" ]
	run -66 nvr-account breach show 0000000000001
}

@test "C15: those affected are told, and once" {
	nvr-account -q create john@example.org --name John --adult --verified
	nvr-account -q create ann@example.org --name Ann --adult --verified
	nvr-account -q delete ann@example.org
	id=$(nvr-account breach open "lost disk" --text "a disk was lost" --json | jq -r .id)
	run -64 nvr-account breach notify "$id" --all
	has "--text is missing"
	run -64 nvr-account breach notify "$id" --text "Your pictures." </dev/null
	has "--account EMAIL for each whom it affects, or --all"
	run -64 nvr-account breach notify "$id" --text x --all --account john@example.org
	run -0 nvr-account breach notify "$id" --text x -n --json
	json_as account-telling <<<"$output"
	[ "$(json '"\(.told) \(.left)"')" = "0 3" ]
	[ "$(sql "SELECT COUNT(*) FROM outbox WHERE kind = 'breach'")" = 0 ]
	run -0 nvr-account breach notify "$id" --text x --account john@example.org --json
	[ "$(json .told)" = 1 ]
	run -0 --separate-stderr nvr-account breach notify "$id" --text x --all --json
	[ "$(json '"\(.told) \(.left)"')" = "2 0" ]
	[[ $stderr == *"told already, and not told again, whatever the text: 1" ]]
	run -0 --separate-stderr nvr-account breach notify "$id" --text y --account john@example.org --json
	[ "$(json .told)" = 0 ]
	[[ $stderr == *"not told again, whatever the text: 1" ]]
	[ "$(sql "SELECT COUNT(*) FROM outbox WHERE kind = 'breach'")" = 3 ]
	run -0 nvr-account breach show "$id" --all --json
	[ "$(wc -l <<<"$output")" = 3 ]
	json_as account-told <<<"$output"
}

@test "N22, C25: a change is announced 30 days ahead, and who was told is known" {
	need_clock
	echo "We keep less." >"$BATS_TEST_TMPDIR/text"
	run -64 faked '2031-06-10 12:00:00' notice new privacy-policy 3 \
	    --text "@$BATS_TEST_TMPDIR/text" --effective 2031-07-10
	has "2031-07-11 at the earliest"
	run -0 faked '2031-06-10 12:00:00' notice new privacy-policy 3 \
	    --text "@$BATS_TEST_TMPDIR/text" --effective 2031-07-11 --json
	json_as account-notice <<<"$output"
	id=$(json .id)
	# What was not sent that day is too late the day after.
	run -64 faked '2031-06-12 12:00:00' notice send "$id"
	has "2031-07-13 at the earliest"
	run -64 faked '2031-06-12 12:00:00' notice send "$id" -n
	run -0 faked '2031-06-10 13:00:00' notice send "$id" -n --json
	[ "$(json '"\(.told) \(.left)"')" = "0 1" ]
	run -0 faked '2031-06-10 13:00:00' notice send "$id" --json
	json_as account-telling <<<"$output"
	[ "$(json '"\(.told) \(.left)"')" = "1 0" ]
	run -0 faked '2031-06-11 13:00:00' notice status
	[ "$(cut -f3-9 <<<"$output")" = \
	    $'3\tannounced\t2031-07-11T00:00:00.000Z\t2031-06-10T13:00:00.000Z\t1\t0\t0' ]
	run -0 nvr-account notice status "$id" --json
	json_as account-told <<<"$output"
	[[ "$(json .told_at)" == 2031-06-10T13:00:0* ]]
	[ "$(sql "SELECT COUNT(*) FROM outbox WHERE kind = 'notice'")" = 1 ]
	run -73 faked '2031-06-11 13:00:00' notice new privacy-policy 3 --text x --effective 2031-08-11
}

@test "N22: who is told too late is counted, and the run is negative" {
	need_clock
	id=$(faked '2027-06-10 12:00:00' notice new terms 1 --text x \
	    --effective 2027-07-11 --json | jq -r .id)
	sql "UPDATE notice SET announced_at = effective_at - 2592000000000"
	run -1 --separate-stderr faked '2027-06-20 12:00:00' notice send "$id" --json
	[[ "$stderr" == *"1 were told less than 30 days ahead"* ]]
	[ "$(json .late)" = 1 ]
}

@test "nothing is announced where letters cannot be posted" {
	: >"$conf"
	id=$(nvr-account notice new terms 1 --text x --effective "$(date -d '+32 days' +%F)" --json | jq -r .id)
	run -78 nvr-account notice send "$id"
	has "[portal]"
	[ "$(nvr-account notice status | cut -f4)" = draft ]
	# Requests are taken all the same.
	nvr-account requests add jane@example.org --kind access
}

@test "C12, C26: who receives data is in a register, with where and on what ground" {
	run -0 nvr-account processors
	[ -z "$output" ]
	cat >>"$conf" <<-EOT
		[model eye]
		url = https://api.example.org/v1
		model = gpt-4o
		key-file = /nonexistent
	EOT
	run -1 --separate-stderr nvr-account processors --json
	json_as account-processors <<<"$output"
	[ "$(json '[.state, .host, .model] | join(" ")')" = "unknown api.example.org eye" ]
	[[ "$stderr" == *"named in no register"* ]]
	add=(processors add "Example AI" --purpose audits --data stills --safeguard SCC --host api.example.org)
	run -64 nvr-account "${add[@]}"
	run -64 nvr-account "${add[@]}" --jurisdiction Atlantis
	run -0 nvr-account "${add[@]}" --jurisdiction us --json
	json_as account-processors <<<"$output"
	[ "$(json .jurisdiction)" = US ]
	run -73 nvr-account "${add[@]}" --jurisdiction US
	run -0 nvr-account processors
	nvr-account processors end "Example AI"
	run -1 nvr-account processors
	has ended
}

@test "C12: where pictures really went is listed until somebody is named for it" {
	nvr-camera add gate rtsp://192.0.2.7/s
	sql "INSERT INTO audit (id, camera_id, camera_name, at, duration_us, type, origin, analyzer, schema_version, status)
	    SELECT 7, id, name, 1, 1, 'regular', 'x', 'openai', 1, 'ok' FROM camera"
	sql "INSERT INTO departure (audit_id, ordinal, at, destination, size_bytes, sha256) VALUES
	    (7, 1, 1795248000000000, 'evil.example', 9, 'x'), (7, 2, 1795248000000001, '127.0.0.1:80', 9, 'x')"
	run -1 --separate-stderr nvr-account processors --json
	[ "$(json '[.host, .pictures, .since] | join(" ")')" = "evil.example 1 2026-11-21T08:00:00.000Z" ]
}

@test "every action has its line in the log" {
	nvr-account -q requests add jane@example.org --kind access
	nvr-account -q breach open "lost disk"
	nvr-account -q notice new terms 1 --text x --effective "$(date -d '+32 days' +%F)"
	nvr-account -q processors add X --purpose p --data d --safeguard s --jurisdiction DE
	nvr-account -q consent jane@example.org give stills --text-version 1 --text x
	nvr-account -q object jane@example.org "security log"
	[ "$(sql "SELECT group_concat(type, ' ') FROM log WHERE type NOT LIKE 'account.%' AND type NOT LIKE 'log.%'")" = \
	    "request.added breach.opened notice.drafted processor.added consent.given objection.made request.added" ]
}

@test "hostile words are refused or harmless" {
	esc=$'\e[31m'
	run -64 nvr-account breach open "a${esc}b"
	run -64 nvr-account processors add $'a\nb' --purpose p --data d --safeguard s --jurisdiction DE
	run -64 nvr-account requests add --person $'\u202ea' --kind access
	head -c 70000 /dev/zero | tr '\0' a >"$BATS_TEST_TMPDIR/long"
	run -65 nvr-account breach open x --text "@$BATS_TEST_TMPDIR/long"
	printf 'a\0b' >"$BATS_TEST_TMPDIR/nul"
	run -65 nvr-account breach open x --text "@$BATS_TEST_TMPDIR/nul"
	nvr-account -q processors add "'; DROP TABLE processor; --" --purpose '<b>' --data '$(x)' --safeguard '%s%n' --jurisdiction DE
	run -0 nvr-account processors
	has "DROP TABLE"
	run -64 nvr-account requests forget
	has "list, add, done, extend"
}

@test "a row that cannot be opened hides no other, and the list fails" {
	for n in 1 2 3; do
		nvr-account -q requests add jane@example.org --kind access --note "n$n" >/dev/null
		nvr-account -q disclose jane@example.org --authority "Court $n" \
		    --basis "§ 100" --reviewed-by kim --what "w$n" >/dev/null
	done
	for p in throttling security-log; do
		nvr-account -q object jane@example.org "$p" --why "w" >/dev/null
	done
	sql "UPDATE request SET note = x'00' WHERE id = (SELECT MIN(id) FROM request)"
	sql "UPDATE disclosure SET what = x'00' WHERE id = (SELECT MIN(id) FROM disclosure)"
	sql "UPDATE objection SET why = x'00' WHERE id = (SELECT MIN(id) FROM objection)"
	run --separate-stderr -65 nvr-account requests --json
	[ "$(json -s 'map(.note) | join(" ")')" = " n2 n3 w w" ]
	[ "$(json -s '.[0].person')" = null ]
	run --separate-stderr -65 nvr-account disclose list --json
	[ "$(json -s 'map(.what) | join(" ")')" = " w2 w3" ]
	run --separate-stderr -65 nvr-account object jane@example.org --json
	[ "$(json -s 'map(.why) | join(" ")')" = " w" ]
}

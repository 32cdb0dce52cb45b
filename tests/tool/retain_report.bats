#!/usr/bin/env bats
# nvr-retain report: the record of processing activities (GDPR, article 30).

# One store, which no test changes.
setup_file() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/store"
	for w in ann bob cyd; do
		nvr-account -q create $w@example.org --name $w --adult --verified >/dev/null
	done
	nvr-account -q site add ann@example.org '<script>yard' --jurisdiction DE
	nvr-account -q site add ann@example.org attic --jurisdiction US-CA --retain 14d
	nvr-account -q site add bob@example.org 'bob'"'"'s barn' --jurisdiction BR
	nvr-camera -q add gate rtsp://192.0.2.1/ --site attic --record main >/dev/null
	nvr-camera -q add lobby rtsp://192.0.2.2/ --sub-url rtsp://192.0.2.2/s \
	    --record both --retain 30d --retain-bytes 20G >/dev/null
	nvr-account -q restrict bob@example.org --why 'she says so' >/dev/null
	nvr-account -q processors add 'Example "AI" <b>' --purpose 'audits & more' \
	    --data stills --jurisdiction US --safeguard SCC --host api.example.org >/dev/null
	nvr-account -q processors add Postbote --purpose mail --data addresses \
	    --jurisdiction DE >/dev/null
	# What no tool lets in: a file of another's making.
	sqlite3 "$D/nvr.db" "UPDATE processor SET safeguard = 'a' || char(27) ||
	    '[31m' || char(0x202e) || char(10) || '<img src=x onerror=alert(1)>'
	    WHERE name = 'Postbote'"
}

setup() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/store"
	T=$BATS_TEST_TMPDIR
	printf '[controller]\nname = Wache & <Söhne>\ncontact = privacy@example.org\n' >"$T/conf"
}

report() { command nvr-retain -d "$D" -c "$T/conf" report --article30 "$@"; }
check() { python3 "$root/tests/lib/report_check.py" "$@" >"$T/checked"; }

@test "the report has to be named, and its format known" {
	run -64 nvr-retain report
	has --article30
	run -64 report --format pdf
	has "html, text or json"
	run -64 report --json --format html
	run -64 nvr-retain --article30
}

@test "C12, C26: text of 80 columns that says who, why, to whom, where and how long" {
	report >"$T/text"
	check text "$T/text" 'Name: Wache & <Söhne>' 'Contact: privacy@example.org' \
	    "Data protection officer: not set: 'officer' in [controller] of nvr.conf" \
	    'Legal basis: legitimate; Article of the GDPR: 6(1)(f)' \
	    'Example "AI" <b> Purpose: audits & more; Data: stills; Where: US; Safeguard: SCC; Host: api.example.org' \
	    'In force: 30d free, 90d premium, 90d owner' \
	    'US-CA In the EEA: no; Sites: 1; Of which are not named: 0; Cameras: 1; Names: attic' \
	    'BR In the EEA: no; Sites: 1; Of which are not named: 1; Cameras: 0' \
	    'age files' 'TLS from: 1.3' 'article 30(2)'
}

@test "C12, C26: the page is one file, well made, in which nothing hostile is markup" {
	report --format html >"$T/html"
	check html "$T/html" 'Wache & <Söhne>' '<script>yard' 'Example "AI" <b>' \
	    'a?[31m? <img src=x onerror=alert(1)>'
	grep -q '&lt;script&gt;yard' "$T/html"
	run -1 grep -P '<(script|img|b)\b|\x1b' "$T/html"
}

@test "C12, C26: JSON as its schema says, the same each time" {
	report --json >"$T/a"
	report --format json >"$T/b"
	json_as retain-report <"$T/a"
	cmp <(jq 'del(.record)' "$T/a") <(jq 'del(.record)' "$T/b")
	jq -e '.controller == {name: "Wache & <Söhne>", contact: "privacy@example.org", officer: null,
	    representative: null, joint: null}
	    and .filming == {purpose: null, basis: null}
	    and [.transfers[].name] == ["Example \"AI\" <b>"]
	    and [.recipients[].name] == ["Example \"AI\" <b>", "Postbote"]
	    and [.sites[] | [.jurisdiction, .eea, .barred]] ==
		[["BR", false, 1], ["DE", true, 0], ["US-CA", false, 0]]
	    and .places.siteless == 1 and .processor.controllers == 2
	    and .record.schema >= 5' "$T/a" >/dev/null
	# Each of its objects has the keys that the schema names, and no other.
	jq -e --slurpfile s "$root/share/schema/retain-report.json" '. as $o |
	    $s[0].properties | to_entries | all(.[]; .key as $k | .value |
	    (.required // .items.required | sort) as $want |
	    [$o[$k]] | flatten | all(.[]; keys == $want))' "$T/a" >/dev/null
}

@test "C12: a transfer whose end is to come is one until then" {
	transfers() { report --json | jq -c '[.transfers[].name]'; }
	sqlite3 "$D/nvr.db" "UPDATE processor SET until = 4102444800000000 WHERE jurisdiction = 'US'"
	[ "$(transfers)" = '["Example \"AI\" <b>"]' ]
	sqlite3 "$D/nvr.db" "UPDATE processor SET until = 1 WHERE jurisdiction = 'US'"
	[ "$(transfers)" = '[]' ]
}

@test "C12: every purpose and every table with personal data is in it" {
	report --json >"$T/a"
	# What names rows, and whose they are, is no purpose.
	jq -e '[.purposes[].purpose] | all(test("names the row|whose .* is|finds the site") | not)' "$T/a" >/dev/null
	diff <(sqlite3 "$D/nvr.db" "SELECT DISTINCT purpose FROM privacy_column
	    WHERE retention <> 'row' AND legal_basis <> 'none' AND purpose NOT LIKE 'whose %'" |
	    sed "s/, sealed.*//" | LC_ALL=C sort -u) \
	    <(jq -r '.purposes[].purpose' "$T/a" | LC_ALL=C sort -u)
	diff <(sqlite3 "$D/nvr.db" "SELECT DISTINCT table_name FROM privacy_column
	    WHERE legal_basis <> 'none' ORDER BY 1") <(jq -r '.categories[].table' "$T/a")
	# Sealed is what is sealed, and what the register only says so of is not.
	jq -e '[.categories[] | select(.table == "outbox").sealed] == [["message", "recipient"]]
	    and [.categories[] | select(.table == "camera").sealed] == [["identity", "secrets"]]' "$T/a" >/dev/null
}

@test "N13, C16, C17, C18: what is in force comes from nvr.conf, cameras and sites" {
	printf '[retain]\naudits-free = 7d\naudits-owner = none\ntelemetry = 10d\nfootage-bytes = 5G\n[account]\nlog-keep = 400d\nrestore-within = 1m\n[store]\nseal = none\n[net]\ntls-min = 1.2\n' >>"$T/conf"
	report --json >"$T/a"
	of() { jq -r ".limits[] | select(.table == \"$1\").in_force" "$T/a"; }
	[ "$(of audit)" = "7d free, 90d premium, no limit owner" ]
	[ "$(of finding)" = "with that of audits: 7d free, 90d premium, no limit owner" ]
	[ "$(of telemetry)" = 10d ]
	[ "$(of log)" = 400d ]
	[ "$(of consent)" = "1m after the account's deletion" ]
	[[ $(of segment) == "by age: no limit, by bytes: 5G, "* ]]
	# attic has 14 days, lobby 30 on its main stream and nothing on the other.
	jq -e '.footage | .cameras == 2 and .streams == 3 and .age_min_ms == 14 * 86400000
	    and .age_max_ms == 30 * 86400000 and .age_unlimited == 1
	    and .bytes_min == 5 * 1073741824 and .bytes_max == 20 * 1073741824
	    and .bytes_unlimited == 0' "$T/a" >/dev/null
	jq -e '.measures | .tls_min == "1.2" and (.media | startswith("NOT SEALED"))' "$T/a" >/dev/null
}

@test "C12: why people are filmed, and who else answers for it, is said once it is set" {
	run report
	has "Why people are filmed: not set: 'purpose' in [controller] of nvr.conf"
	hasnt Representative
	hasnt "Joint controllers"
	printf 'purpose = protection of property\nbasis = 6(1)(f)\njoint = Roe & Co\n' >>"$T/conf"
	printf 'representative = Legal Ltd, Dublin\n' >>"$T/conf"
	report >"$T/text"
	check text "$T/text" 'Why people are filmed: protection of property' \
	    'On which basis (article of the GDPR): 6(1)(f)' 'Joint controllers (article 26): Roe & Co' \
	    'Representative (article 27): Legal Ltd, Dublin'
	report --json >"$T/a"
	json_as retain-report <"$T/a"
	jq -e '.filming.basis == "6(1)(f)" and .controller.joint == "Roe & Co"' "$T/a" >/dev/null
}

@test "C17, C18: limits are in words, with what restriction and erasure make of them" {
	report --json >"$T/a"
	jq -e '[.limits[].rule] | (index("with the camera") and index("with the audit")
	    and index("with the account") and index("while the store exists")
	    and index("by what made it")) and all(test("^(-|never$|use$|account$)") | not)' "$T/a" >/dev/null
	of() { jq -r ".limits[] | select(.table == \"$1\").in_force" "$T/a"; }
	[ "$(of log)" = 365d ]
	cp -r "$D" "$T/store"
	use_store "$T/store"
	# Of whom processing is restricted the log keeps all entries.
	sqlite3 "$D/nvr.db" "UPDATE log SET at = 1704067200000000 WHERE seq =
	    (SELECT MIN(seq) FROM log WHERE account_id = (SELECT account_id FROM account WHERE restricted_at > 0))"
	# What is left of an erased account.
	"$root/tests/lib/retain_site.py" segments "$D" gate main "$(date -d -1day +%s)" 2 >/dev/null
	nvr-account -q site set ann@example.org attic --retain 14d
	nvr-account -q delete --now --yes-erase ann@example.org --why asked
	report --json >"$T/a"
	json_as retain-report <"$T/a"
	[ "$(of log)" = "365d; longer while an account is restricted: since 2024-01-01T00:00:00.000Z" ]
	jq -e '.left | .streams == 1 and .size_bytes > 0 and .age_min_ms == 14 * 86400000
	    and .age_max_ms == 14 * 86400000 and .age_unlimited == 0' "$T/a" >/dev/null
}

@test "C12: a host that pictures go to and nobody is named for stands out" {
	echo k >"$T/key"
	printf '[model far]\nurl = https://far.example.net/v1\nkey-file = %s\n' "$T/key" >>"$T/conf"
	report --json | jq -e '[.unnamed[] | [.host, .model]] == [["far.example.net", "far"]]' >/dev/null
	run report
	has 'far.example.net'
	has 'processors add NAME'
}

@test "nothing sealed of people, and nobody restricted, is in it" {
	for f in html text json; do
		run report --format $f
		for w in ann@ bob cyd barn 'she says'; do
			hasnt "$w"
		done
	done
}

@test "a report is of an empty store too, and tells of a disk that is full" {
	use_store "$T/empty"
	nvr-store -q init >/dev/null
	rm "$T/conf" && touch "$T/conf"
	run report
	has "Name: not set: 'name' in [controller] of nvr.conf"
	has 'None.'
	report --json | json_as retain-report
	run -74 bash -c "command nvr-retain -d '$D' report --article30 >/dev/full"
	# What cannot be verified is told, and the record is made all the same.
	rm "$D/media/nvr-media"
	report --json | jq -e '.state.overdue == null and .state.overdue_error != null' >/dev/null
}

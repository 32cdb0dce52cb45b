#!/usr/bin/env bats
# Erasing accounts, backups, and restoring them.

bats_require_minimum_version 1.5.0

# One store for all, made once: a hash of a password takes a quarter second.
setup_file() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/store"
	printf 'Zwölf Boxkämpfer 7\n' >"$BATS_FILE_TMPDIR/password"
	printf '[portal]\nurl = https://nvr.example.org\nmail-from = nvr@example.org\n' \
	    >"$BATS_FILE_TMPDIR/conf"
	mkfifo "$BATS_FILE_TMPDIR/hold"
	nvr-store init >/dev/null
	# A reader keeps the WAL from being emptied.
	sqlite3 "$D/nvr.db" <"$BATS_FILE_TMPDIR/hold" >/dev/null 3>&- &
	exec 9>"$BATS_FILE_TMPDIR/hold"
	echo "BEGIN; SELECT COUNT(*) FROM account;" >&9
	nvr-account -q -c "$BATS_FILE_TMPDIR/conf" create jane@example.org \
	    --name 'Jane Ünique' --business 'Beispiel & Co' --adult \
	    --password-file "$BATS_FILE_TMPDIR/password" >/dev/null
	nvr-account -q create john@example.org --name 'John Doe' --adult >/dev/null
	nvr-account -q -c "$BATS_FILE_TMPDIR/conf" 2fa jane@example.org \
	    sms +4915112345678 >/dev/null
	nvr-account -q requests add jane@example.org --kind access \
	    --channel mail --note 'rings at +4915112345678' >/dev/null
	nvr-account -q site add jane@example.org 'Hinterhof Süd' --jurisdiction DE
	nvr-account -q disclose jane@example.org --authority 'Amtsgericht Nord' --basis 'Beschluss 77' \
	    --reviewed-by 'Rita Recht' --what 'Zeiten im Mai' >/dev/null
	nvr-account -q breach open 'Laptop gestohlen' --text 'im Zug vergessen' >/dev/null
	mkdir "$BATS_FILE_TMPDIR/stolen"
	cp "$D"/nvr.db* "$BATS_FILE_TMPDIR/stolen"
	echo "ROLLBACK;" >&9
	exec 9>&-
	wait
}

setup() {
	load ../lib/helpers.bash
	use_store
	cp -a "$BATS_FILE_TMPDIR/store" "$D"
	backup=$BATS_TEST_TMPDIR/backup
	keys=$BATS_TEST_TMPDIR/keys
}

teardown() {
	drop_disk
}

erase() { nvr-account -q delete "$1" --now --yes-erase >/dev/null; }

gone() { # EMAIL [+31d]: nobody has that address, and nothing is amiss then
	run -66 nvr-account show "$1"
	run -0 ${2:+faketime -f "$2"} "$NVR_BUILD/nvr-store" -d "$D" check
	hasnt trouble
}

# secrets FILE …: what of Jane is in there in clear, as UTF-8 and UTF-16.
secrets() {
	local word form
	for word in jane@example.org 'Jane' 'Ünique' 'Beispiel &' \
	    15112345678 'Zwölf Boxkämpfer 7' 'rings at' Hinterhof Amtsgericht \
	    'Beschluss 77' Recht 'im Mai' Laptop 'im Zug'; do
		for form in UTF-8 UTF-16LE UTF-16BE; do
			python3 - "$word" "$form" "$@" <<-'END'
				import sys
				word = sys.argv[1].encode(sys.argv[2])
				for f in sys.argv[3:]:
				    if word.lower() in open(f, "rb").read().lower():
				        print(f, word)
			END
		done
	done
}

@test "C2 N16: a stolen copy of the database shows no name, address, phone or password, no site, disclosure or breach" {
	[ -s "$BATS_FILE_TMPDIR/stolen/nvr.db-wal" ]
	run -0 secrets "$BATS_FILE_TMPDIR"/stolen/*
	[ -z "$output" ]
	# It would be seen.
	printf 'x\0J\0a\0n\0e\0x' >"$BATS_TEST_TMPDIR/x"
	run -0 secrets "$BATS_TEST_TMPDIR/x"
	[ -n "$output" ]
	[ "$(sqlite3 "$BATS_FILE_TMPDIR/stolen/nvr.db" 'SELECT COUNT(*) FROM factor, request')" = 1 ]
}

@test "C20: an erased account is in no backup that is put back with nvr-store restore" {
	nvr-store backup "$backup"
	erase jane@example.org
	run -0 nvr-store restore "$backup" --yes
	has "erased again: 1"
	gone jane@example.org
	run -0 nvr-account show john@example.org
	[ "$(sqlite3 "$D/nvr.db" 'SELECT COUNT(*) FROM session, token')" = 0 ]
}

# What was decided, of those who are in the backup.
decisions() {
	local t
	for t in account factor recovery_code consent objection request disclosure breach breach_note \
	    breach_told notice notice_told processor outbox; do
		sqlite3 "$D/nvr.db" "SELECT '$t', quote(t), * FROM (SELECT '' AS t), $t WHERE account_id <> '$1' ORDER BY 3, 4, 5"
	done
}

@test "C14 N20: what people decided since a backup holds after it is restored" {
	local a="nvr-account -q -c $BATS_FILE_TMPDIR/conf" e=@example.org id eve
	$a create bob$e --name Bob --adult >/dev/null
	$a consent jane$e give training --text-version 1 --text 'You may.' >/dev/null
	$a requests add bob$e --kind access --channel mail >/dev/null
	$a processors add Cloud --purpose audits --data stills --jurisdiction DE --safeguard none --host api.example.org >/dev/null
	$a restrict bob$e --why court >/dev/null
	$a object john$e calibration >/dev/null
	nvr-store backup "$backup"
	printf 'Sieben kleine Frösche 12\n' >"$BATS_TEST_TMPDIR/new"
	$a passwd jane$e --password-file "$BATS_TEST_TMPDIR/new"
	$a set jane$e --email new$e --verified >/dev/null
	$a set john$e --email jane$e --verified >/dev/null
	$a consent new$e withdraw training >/dev/null
	$a consent new$e give research --text-version 1 --text 'You may.' >/dev/null
	$a 2fa new$e withdraw-sms >/dev/null
	$a object new$e security-log >/dev/null
	$a object jane$e calibration --withdraw >/dev/null
	$a unrestrict bob$e --why over >/dev/null
	$a delete bob$e >/dev/null
	id=$($a requests --json | jq -rs '[.[] | select(.kind == "access") | .id][0]')
	$a requests done "$id" --outcome granted --note x >/dev/null
	$a disclose jane$e --authority Court --basis 'order 7' --reviewed-by Ada --what times >/dev/null
	$a breach open 'lost disk' --text 'in a train' >/dev/null
	$a notice new privacy 2 --effective 2100-01-01 --text 'anew' >/dev/null
	$a processors end Cloud >/dev/null
	$a create eve$e --name Eve --adult >/dev/null
	eve=$(sqlite3 "$D/nvr.db" 'SELECT MAX(account_id) FROM account')
	before=$(decisions "$eve")
	rows=$(sqlite3 "$D/nvr.db" 'SELECT COUNT(*) FROM log')
	run -0 nvr-store restore "$backup" --yes
	has "made since the backup, and are lost: 1"
	diff <(echo "$before") <(decisions "$eve")
	run -66 nvr-account show eve$e
	# What is sealed opens, and the log tells of all of it.
	[ "$(nvr-account show --json new$e | jq -r .name) $(nvr-account show --json jane$e | jq -r .name)" = 'Jane Ünique John Doe' ]
	[ "$(sqlite3 "$D/nvr.db" 'SELECT COUNT(*) FROM log')" = $((rows + 1)) ]
	run -0 nvr-account log --verify
	# Nor is it undone where the key of whom was lost goes.
	[ -n "$sanitized" ] || {
		faketime -f +31d "$NVR_BUILD/nvr-account" -d "$D" -q delete --due
		run -0 nvr-account log --verify
	}
}

@test "restoring where no store can be read says what to go through" {
	nvr-store backup "$backup"
	rm "$D"/nvr.db*
	run -0 nvr-store restore "$backup" --yes
	has "go through what was restricted"
	run -0 nvr-account log --verify
}

@test "C20: nor in one that is put back by hand" {
	nvr-store backup "$backup"
	nvr-store backup -q --keys "$keys"
	erase jane@example.org
	[ ! -s "$D/nvr.db-wal" ]
	cp "$backup/nvr.db" "$D/nvr.db"
	run -0 nvr-camera list # any tool
	[ "$(sqlite3 "$D/nvr.db" 'SELECT COUNT(*) FROM account, erasure')" = 1 ]
	gone jane@example.org
	cp -f "$keys/keys.db" "$D/keys/keys.db"
	gone jane@example.org
	[ "$(sqlite3 "$D/keys/keys.db" 'SELECT COUNT(*) FROM account_key')" = 2 ]
	# With both, and what the backup knew of the ledger.
	cp -f "$backup/nvr.db" "$D"
	cp -f "$keys/keys.db" "$D/keys/"
	gone jane@example.org
	run -0 nvr-account show john@example.org
}

@test "C20: a whole store from backups is held to a copy of the ledger" {
	nvr-store backup "$backup"
	nvr-store backup -q --keys "$keys"
	erase jane@example.org
	nvr-store erasures >"$BATS_TEST_TMPDIR/ledger"
	D=$BATS_TEST_TMPDIR/new
	run -66 nvr-store restore "$backup" --yes
	has "keys first"
	nvr-store restore "$keys" --yes
	run -0 nvr-store restore "$backup" --yes --ledger "$BATS_TEST_TMPDIR/ledger"
	gone jane@example.org
	run -0 nvr-account show john@example.org
	run -0 --separate-stderr nvr-store erasures
	[ "$output" = "$(cat "$BATS_TEST_TMPDIR/ledger")" ]
	[ "$(stat -c %a "$D" "$D/keys" "$D/media" "$D/nvr.db" "$D/keys/keys.db" "$D/keys/erasures" | xargs)" = "700 700 700 600 600 600" ]
}

@test "C20: a deleted account whose 30 days are over is erased by delete --due" {
	[ -z "$sanitized" ] || skip "faketime and ASan do not mix"
	nvr-account -q delete jane@example.org >/dev/null
	run -0 nvr-account delete --due
	[ -z "$output" ]
	run -0 nvr-account show jane@example.org
	run -0 faketime -f +29d "$NVR_BUILD/nvr-account" -d "$D" delete --due
	[ -z "$output" ]
	run -0 faketime -f +31d "$NVR_BUILD/nvr-account" -d "$D" delete --due
	has "accounts erased: 1"
	gone jane@example.org +31d
	run -64 nvr-account delete --due john@example.org
	run -64 nvr-account delete
}

@test "a backup is made while others write, and opens on its own" {
	for i in $(seq 10); do
		nvr-camera add "c$i" rtsp://127.0.0.1/x
	done &
	run -0 --separate-stderr nvr-store backup "$backup" --json
	jq -e '.what == "store" and .schema >= 4 and .size_bytes > 0' <<<"$output"
	wait
	[ "$(stat -c %a "$backup" "$backup/nvr.db" | xargs)" = "700 600" ]
	[ "$(find "$backup" -type f -printf "%f\n" | sort | xargs)" = "backup.json nvr.db" ]
	[ "$(jq -r '.sha256["nvr.db"]' "$backup/backup.json")" = "$(sha256sum <"$backup/nvr.db" | cut -c 1-64)" ]
	sqlite3 "$backup/nvr.db" 'PRAGMA integrity_check' | grep -qx ok
	run -73 nvr-store backup "$backup"
	has "not empty"
}

@test "others read all the while a backup is put in place" {
	nvr-store backup "$backup"
	nvr-camera add late rtsp://127.0.0.1/x
	(while [ ! -e "$BATS_TEST_TMPDIR/stop" ]; do
		nvr-account show john@example.org >/dev/null || exit 1
	done) 3>&- &
	for _ in 1 2; do
		nvr-store restore "$backup" --yes >/dev/null
	done
	touch "$BATS_TEST_TMPDIR/stop"
	wait $!
	run -66 nvr-camera show late
}

@test "a full disk leaves no half of a backup" {
	small_disk 300
	run -74 nvr-store backup "$BATS_TEST_TMPDIR/disk/backup"
	has "space"
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/disk")" ]
	mkdir "$BATS_TEST_TMPDIR/disk/backup"
	run -74 nvr-store backup "$BATS_TEST_TMPDIR/disk/backup"
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/disk/backup")" ]
}

@test "restoring asks, and refuses what is no backup or another store's" {
	nvr-store backup "$backup"
	run -64 nvr-store restore "$backup" </dev/null
	has "--yes"
	run -66 nvr-store restore "$D" --yes
	has "backup.json"
	D=$BATS_TEST_TMPDIR/other
	nvr-camera -q add gate rtsp://127.0.0.1/x
	run -73 nvr-store restore "$backup" --yes
	has "another store"
	run -0 nvr-camera show gate
}

@test "two erasures at once are both done" {
	erase jane@example.org &
	erase john@example.org
	wait $!
	gone jane@example.org
	gone john@example.org
	run -0 --separate-stderr nvr-store erasures --json
	[ "$(jq -s 'map(.account) | unique | length' <<<"$output")" = 2 ]
}

@test "check tells of a line that is none and of an account without a key" {
	erase jane@example.org
	echo "2026-11-22 0000000000000" >>"$D/keys/erasures"
	run -1 nvr-store check
	has "line 2 of the ledger"
	run -65 nvr-store erasures
	has "line 2"
	sqlite3 "$D/keys/keys.db" 'DELETE FROM account_key WHERE account_id > 0'
	run -1 nvr-store check
	has "1 have no key"
}

#!/usr/bin/env bats
# What nvr-store check says of accounts, and nvr.conf's [portal].

setup_file() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/store"
	printf 'zebra-lantern-copper-92-orbit\n' >"$BATS_FILE_TMPDIR/pw"
	nvr-account -q create jane@example.org --name Jane --adult --verified
}

setup() {
	load ../lib/helpers.bash
	cp -r "$BATS_FILE_TMPDIR/store" "$BATS_TEST_TMPDIR/store"
	use_store "$BATS_TEST_TMPDIR/store"
	conf=$BATS_TEST_TMPDIR/conf
}

sql() { sqlite3 "$D/nvr.db" "$1"; }
check() { nvr-store -c "$conf" check; }

@test "check has a line for each of the things that accounts need" {
	printf '[portal]\nurl = https://nvr.example\nmail-from = nvr@example.org\n' >"$conf"
	run -0 check
	for w in peppers 'sealed values' 'log key' log portal; do
		has "$w	ok"
	done
	has "portal	ok	https://nvr.example"
	: >"$conf"
	run -0 check
	has "portal	ok	no letters"
}

@test "check finds a value that does not open, and names whose" {
	: >"$conf"
	sql "UPDATE account SET name = zeroblob(60)"
	run -1 check
	has "sealed values	trouble	of the newest 1 accounts 1 do not open; the first is"
}

@test "C13: a log that was wiped away is missed, by check and by what is written next" {
	: >"$conf"
	sql "DELETE FROM log; DELETE FROM log_tail; DELETE FROM log_mark"
	run -1 check
	has "log	trouble"
	run -1 nvr-account log --verify
	has "the log is gone: there was one at 20"
	nvr-account -q tier jane@example.org premium
	run -1 nvr-account log --verify
	has "row 1 tells that the log did not end where it was written last"
	[ "$(nvr-account log | head -n 1 | cut -f 2)" = log.tampered ]
}

@test "C13: a log that was cut back behind its newest head is missed, also without its marks" {
	: >"$conf"
	cp "$D/nvr.db" "$BATS_TEST_TMPDIR/older"
	nvr-account -q tier jane@example.org premium
	nvr-account -q log --head >/dev/null
	run -0 nvr-account log --verify
	rm "$D"/nvr.db*
	cp "$BATS_TEST_TMPDIR/older" "$D/nvr.db"
	run -1 nvr-account log --verify
	has "is not of this chain: the chain ends at row"
	run -1 check
	has "log	trouble"
}

@test "C14, C15: check warns of requests and breaches that are overdue" {
	: >"$conf"
	nvr-account -q requests add jane@example.org --kind access --received 2026-01-01 --channel mail >/dev/null
	nvr-account -q breach open "A lost disk" --known 2026-01-01 >/dev/null
	run -0 check
	has "requests	warning	1 overdue"
	has "breaches	warning	1 overdue to be reported"
}

@test "links begin with an https URL and nothing else: 78 names the key" {
	for url in http://nvr.example ftp://nvr.example nvr.example https:// \
	    https://jane@nvr.example https://nvr.example/?a=b 'https://nvr.example/#a' \
	    'https://nvr.example/"x'; do
		printf '[portal]\nurl = %s\nmail-from = nvr@example.org\n' "$url" >"$conf"
		run -78 nvr-account -c "$conf" show jane@example.org
		has "url in [portal]"
		run -1 check
		has "portal	trouble"
	done
	for url in http://127.0.0.1:8080/nvr http://localhost https://nvr.example:8443/a/; do
		printf '[portal]\nurl = %s\n' "$url" >"$conf"
		run -0 nvr-account -c "$conf" show jane@example.org
	done
	printf '[portal]\nmail-from = NVR <nvr@example.org>\n' >"$conf"
	run -78 nvr-account -c "$conf" show jane@example.org
	has "mail-from in [portal]"
}

@test "C20: restoring where there is no store tells of the ledger, which may be JSON" {
	T=$BATS_TEST_TMPDIR
	nvr-store -q backup "$T/b"
	nvr-store -q backup --keys "$T/k"
	nvr-account -q delete jane@example.org --now --yes-erase >/dev/null
	nvr-store erasures --json >"$T/ledger"
	D=$T/new
	nvr-store -q restore "$T/k" --yes
	run -0 nvr-store restore "$T/b" --yes
	has "is known only where --ledger FILE says it"
	run -0 nvr-account show jane@example.org
	rm -r "$D"
	nvr-store -q restore "$T/k" --yes
	run -0 --separate-stderr nvr-store restore "$T/b" --yes --ledger "$T/ledger" --json
	[ "$(jq .erased <<<"$output")" = 1 ]
	[[ $stderr != *"is known only"* ]]
	run -66 nvr-account show jane@example.org
	run -0 nvr-account log --verify
	run -0 nvr-store check
	echo '{"at": "2026-11-22T07:00:00.000Z", "account": "0000000000000"}' >"$T/ledger"
	run -65 nvr-store restore "$T/b" --yes --ledger "$T/ledger"
}

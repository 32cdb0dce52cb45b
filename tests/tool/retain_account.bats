#!/usr/bin/env bats
# nvr-retain: accounts, sites, sessions, the security log, and the clock.

at() { # TIME COMMAND …: at a time
	faketime -f "$1" "$NVR_BUILD/$2" -q -d "$D" "${@:3}"
}

# One store for all, made once and two years ago, and seen by a run.
setup_file() {
	load ../lib/helpers.bash
	[ -z "$sanitized" ] || return 0
	use_store "$BATS_FILE_TMPDIR/store"
	printf 'zebra-lantern-copper-92-orbit\n' >"$BATS_FILE_TMPDIR/good"
	at -400d nvr-account create old@example.org --name Old --adult
	nvr-account -q create joe@example.org --name Joe --adult --verified
	nvr-account -q create jane@example.org --name 'Jane Ünique' --adult \
	    --verified --password-file "$BATS_FILE_TMPDIR/good"
	nvr-account -q site add jane@example.org 'Hinterhof Süd' --jurisdiction DE
	nvr-account -q site add joe@example.org 'Dachboden' --jurisdiction DE
	nvr-account -q requests add jane@example.org --kind access \
	    --channel mail --note 'rings at +4915112345678' >/dev/null
}

setup() {
	load ../lib/helpers.bash
	[ -z "$sanitized" ] || skip "faketime and the sanitizers do not mix"
	cp -r "$BATS_FILE_TMPDIR/store" "$BATS_TEST_TMPDIR/store"
	use_store "$BATS_TEST_TMPDIR/store"
	export TZ=UTC
}

sql() { sqlite3 "$D/nvr.db" "$1"; }
kind() { nvr-retain --only "$@"; }
later() { # +31d [option …]: as the timer runs it then
	faketime -f "$1" "$NVR_BUILD/nvr-retain" -d "$D" "${@:2}"
}

# secrets FOLDER: what of Jane is in there in clear, as UTF-8 and UTF-16.
secrets() {
	python3 - "$1" <<-'END'
		import os, sys
		for path, _, names in os.walk(sys.argv[1]):
		    for n in names:
		        data = open(os.path.join(path, n), "rb").read().lower()
		        for word in ("jane@example.org", "jane", "ünique",
		            "hinterhof", "15112345678", "rings at"):
		            for form in "utf-8", "utf-16-le", "utf-16-be":
		                if word.encode(form) in data:
		                    print(n, word)
	END
}

@test "C20 N14: 31 days after an account was deleted nothing of it is left, and its key is destroyed" {
	kind accounts
	nvr-account -q delete jane@example.org
	id=$(sql 'SELECT account_id FROM account WHERE deleted_at IS NOT NULL')
	run -0 later +29d --only accounts -n
	[ -z "$output" ]
	run -0 later +31d --only accounts -n
	[[ "$output" == accounts* && "$output" != *jane* && "$output" == *"deleted over 30d ago"*C20 ]]
	run -0 later +29d --only accounts
	[ -z "$output" ]
	[ ! -e "$D/keys/erasures" ] || [ "$(wc -l <"$D/keys/erasures")" = 0 ]
	run -0 later +31d --only accounts
	[[ "$output" == accounts$'\t'1$'\t'* ]]
	[ "$(wc -l <"$D/keys/erasures")" = 1 ]
	[ "$(sqlite3 "$D/keys/keys.db" "SELECT COUNT(*) FROM account_key WHERE account_id = $id")" = 0 ]
	[ "$(sql "SELECT (SELECT COUNT(*) FROM account WHERE account_id = $id) + (SELECT COUNT(*) FROM site
	    WHERE account_id = $id) + (SELECT COUNT(*) FROM request WHERE account_id = $id)
	    + (SELECT COUNT(*) FROM log WHERE account_id = $id AND sealed IS NOT NULL)")" = 0 ]
	run -0 secrets "$D"
	[ -z "$output" ]
	# It would be seen.
	printf 'x\0J\0a\0n\0e\0x' >"$D/x"
	run -0 secrets "$D"
	[ -n "$output" ]
	rm "$D/x"
	run -66 nvr-account show jane@example.org
	run -0 nvr-account show joe@example.org
	nvr-account -q log --verify
	run -0 at +31d nvr-store check
	hasnt trouble
}

@test "N14: a removed site goes after 30 days, and its name is never shown" {
	kind sites
	nvr-account -q site remove joe@example.org Dachboden
	run -0 later +29d --only sites
	[ -z "$output" ]
	run -0 later +31d --only sites -n
	[[ "$output" == sites* && "$output" != *Dachboden* && "$output" == *"removed over 30d ago"*N14 ]]
	run -0 later +31d --only sites
	[ "$(sql 'SELECT COUNT(*) FROM site')" = 1 ]
	run -0 nvr-account log joe@example.org --json
	has '"site.erased"'
}

@test "N7: a session goes when it is idle, and its token with it" {
	nvr-account -q signin jane@example.org --address 192.0.2.7 --agent Firefox \
	    --password-file "$BATS_FILE_TMPDIR/good" >/dev/null
	kind sessions
	[ "$(sql 'SELECT COUNT(*) FROM session')" = 1 ]
	run -0 later +6d --only sessions -n
	hasnt session$'\t'
	run -0 later +8d --only sessions
	[ "$(sql 'SELECT COUNT(*) FROM session')" = 0 ]
	[ "$(sql 'SELECT COUNT(*) FROM bucket')" = 0 ]
	run -0 later +8d --only sessions -n
	[ -z "$output" ]
}

@test "C17: a year on the security log is pruned, and verifies from the mark that was signed" {
	[ "$(sql 'SELECT MIN(seq) FROM log')" = 1 ]
	run -0 kind log -n
	[[ "${lines[0]}" == log$'\t'"row 1"$'\t'*"written over 365d ago"*C17 ]]
	kind log
	[ "$(sql 'SELECT MIN(seq) FROM log')" -gt 1 ]
	nvr-account -q log --verify
	[ "$(sql "SELECT COUNT(*) FROM log WHERE type = 'log.pruned'")" = 1 ]
	run -0 kind log
	[ -z "$output" ]
}

@test "a clock that is behind, or ran ahead by itself, deletes nothing until somebody says the day" {
	kind accounts
	nvr-account -q delete jane@example.org
	run -77 later -40d --only accounts
	has "the newest row is of $(date -u +%F)"
	has "say --trust-clock $(date -u -d '-40 days' +%F)"
	# What the machine has been running is not faked: the clock alone was.
	ahead() { DONT_FAKE_MONOTONIC=1 later +31d --only accounts "$@"; }
	if [ -r /proc/sys/kernel/random/boot_id ]; then
		run -77 ahead
		has "than the machine has been running since"
		run -0 ahead -n
		has "a run would be refused: the clock cannot be right"
		run -64 ahead --trust-clock "$(date -u +%F)"
		[ "$(sql 'SELECT COUNT(*) FROM account')" = 3 ]
	fi
	run -0 ahead --trust-clock "$(date -u -d '+31 days' +%F)"
	[ "$(sql 'SELECT COUNT(*) FROM account')" = 2 ]
	# Back in our time there are rows of the future, once.
	run -77 kind accounts
	run -0 kind accounts --trust-clock "$(date -u +%F)"
	run -0 kind accounts
	run -0 nvr-account log --json
	[ "$(jq -r .type <<<"$output" | grep -c '^clock.trusted$')" -ge 1 ]
}

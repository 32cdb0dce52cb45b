#!/usr/bin/env bats
# nvr-account signin, signout, sessions, reset.

setup() {
	load ../lib/helpers.bash
	use_store
	cd "$BATS_TEST_TMPDIR" || return
	cat >conf <<-'C'
		[account]
		attempts-pair = 3/1h
		[portal]
		url = https://nvr.example.org
		mail-from = nvr@example.org
	C
	echo 'seven green bicycles' >pw
	echo 'seven grey bicycles' >bad
	account create jane@example.org --name 'Jane Doe' --adult --verified \
	    --password-file pw
}

account() { nvr-account -q -c conf "$@"; }
signin() { account signin "$1" --password-file "${@:2}"; }
entries() { # TYPE: how many the log has of it
	sqlite3 "$D/nvr.db" "SELECT COUNT(*) FROM log WHERE type = '$1'"
}
check() { # schema, JSON lines on stdin
	jq -se --slurpfile s "$root/share/schema/$1.json" '$s[0] as $s |
	    length > 0 and all(keys == ($s.properties | keys))'
}

@test "N7 C6: a session is 64 characters, and shows from where and with what" {
	run -0 signin jane@example.org pw --address 2001:db8::7 --agent 'Firefox 150' --device-file device
	[[ "$output" =~ ^session$'\t'[0-9a-f]{64}$ ]]
	[ "$(stat -c %a device)" = 600 ]
	run -0 account sessions jane@example.org
	has 2001:db8::7
	has 'Firefox 150'
	account sessions jane@example.org --json | check account-sessions
	signin jane@example.org pw --json | check account-signin
	[ "$(entries signin.ok)" = 2 ]
}

@test "N18 N7: neither password nor token, address or agent is in the store" {
	token=$(signin jane@example.org pw --address 198.51.100.77 --agent Lynx-2.8 | cut -f2)
	run -77 signin jane@example.org bad
	for secret in "$token" 'seven gr' jane@ 'Jane Doe' 198.51.100 Lynx; do
		run -1 grep -raqF -- "$secret" "$D"
	done
}

@test "C13: a wrong password and an unknown address are refused alike, and logged" {
	run -77 signin jane@example.org bad
	words=$output
	run -77 signin jim@example.org bad
	[ "$output" = "$words" ]
	[ "$(entries signin.failed)" = 2 ]
}

@test "N19: after too many attempts the owner's browser still gets in" {
	run -0 signin jane@example.org pw --device-file device
	for _ in 1 2; do run -77 signin jane@example.org bad; done
	for _ in 1 2 3; do run -75 signin jane@example.org pw; done
	has 'wait for'
	run -0 signin jane@example.org pw --device-file device
	sed -i 's/^..../ffff/' device
	run -75 signin jane@example.org pw --device-file device
	[ "$(entries signin.throttled)" = 1 ]
}

@test "signing out and revoking end sessions" {
	for i in 1 2 3; do signin jane@example.org pw | cut -f2 >token$i; done
	run -0 account signout --token-file token1
	run -77 account signout --token-file - <token1
	id=$(account sessions jane@example.org | head -n 1 | cut -f1)
	run -0 account sessions jane@example.org revoke "$id"
	run -66 account sessions jane@example.org revoke "$id"
	run -0 account sessions jane@example.org revoke --all
	run -0 account sessions jane@example.org
	[ -z "$output" ]
	[ "$(entries signout)" = 1 ]
	[ "$(entries session.revoked)" = 2 ]
	run -64 account sessions jane@example.org revoke
	run -64 account sessions jane@example.org drop "$id"
}

@test "a reset replies the same whoever is asked about, and takes no wrong token" {
	run -0 nvr-account -c conf reset jane@example.org
	words=$output
	run -0 nvr-account -c conf reset jim@example.org
	[ "$output" = "$words" ]
	[ "$(sqlite3 "$D/nvr.db" "SELECT COUNT(*) FROM outbox WHERE kind = 'reset'")" = 1 ]
	printf '%064d\n' 0 >token
	run -77 account reset --token-file token --password-file pw
	run -64 account reset
	run -64 account reset jane@example.org --token-file token
	sed -i /url/d conf
	run -78 account reset jane@example.org
}

@test "a link to confirm is posted again, and replies the same whoever is asked about" {
	account create new@example.org --name 'New One' --adult
	run -0 nvr-account -c conf confirm new@example.org
	words=$output
	run -0 nvr-account -c conf confirm jane@example.org
	[ "$output" = "$words" ]
	run -0 nvr-account -c conf confirm jim@example.org
	[ "$output" = "$words" ]
	[ "$(sqlite3 "$D/nvr.db" "SELECT COUNT(*) FROM outbox WHERE kind = 'verify'")" = 2 ]
	run -64 account confirm new@example.org --token-file pw
	run -64 account confirm jane
}

@test "hostile names, passwords and tokens are refused" {
	for who in '' jane '@' $'jane@example.org\e[2J' "x' OR '1'='1@example.org" \
	    "$(head -c 20000 /dev/zero | tr '\0' a)@example.org"; do
		run -64 signin "$who" pw
	done
	head -c 5000 /dev/zero | tr '\0' x >long
	run -65 signin jane@example.org long
	printf 'a\0b\nc' >nul
	run ! signin jane@example.org nul
	run -77 account signout --token-file pw
	run -64 signin jane@example.org pw --address 300.1.1.1
}

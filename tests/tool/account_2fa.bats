#!/usr/bin/env bats
# nvr-account 2fa, and signing in with a second factor.

setup() {
	load ../lib/helpers.bash
	use_store
	cd "$BATS_TEST_TMPDIR" || return
	cat >conf <<-'C'
		[portal]
		name = Our cameras
		url = https://nvr.example.org
		mail-from = nvr@example.org
	C
	echo 'seven green bicycles' >pw
	account create jane@example.org --name 'Jane Doe' --adult --verified \
	    --password-file pw
}

account() { nvr-account -q -c conf "$@"; }
twofa() { account 2fa jane@example.org "$@"; }
step() { # signs in up to the second factor; the token is in ./token
	run -1 account signin jane@example.org --password-file pw
	[[ "$output" == second-factor$'\t'* ]]
	cut -f2 <<<"$output" >token
}
with() { # CODE: the second step
	account signin --token-file token --code-file - <<<"$1"
}
enrol() {
	uri=$(twofa enrol-totp)
	secret=$(sed 's/.*secret=\([A-Z2-7]*\).*/\1/' <<<"$uri")
	first=$(oathtool --totp -b "$secret")
	twofa confirm --code-file - <<<"$first"
}
check() { # schema, JSON lines on stdin
	jq -se --slurpfile s "$root/share/schema/$1.json" '$s[0] as $s |
	    length > 0 and all(keys == ($s.properties | keys))'
}

@test "an authenticator app's code signs in, and no code does twice" {
	enrol
	[[ "$uri" == otpauth://totp/Our%20cameras:jane%40example.org\?* ]]
	step
	run -77 with "$first"
	code=$(oathtool --totp -b -N '+30 seconds' "$secret")
	run -0 with "$code"
	[[ "$output" =~ ^session$'\t'[0-9a-f]{64}$ ]]
	step
	run -77 with "$code"
	run -0 account sessions jane@example.org
	has totp
}

@test "recovery codes are shown once and stand in once each" {
	run -66 twofa codes
	enrol
	run -0 twofa codes
	[ "$(wc -l <<<"$output")" = 10 ]
	mapfile -t codes <<<"$output"
	[[ "${codes[0]}" =~ ^[A-Z2-7]{24}$ ]]
	for code in "${codes[@]}" "$secret"; do
		run -1 grep -raqF "$code" "$D"
	done
	step
	run -0 with "${codes[3]}"
	step
	run -77 with "${codes[3]}"
	run -0 with "$(tr A-Z a-z <<<"${codes[4]}" | fold -w 4 | paste -sd-)"
	twofa | grep -q $'^recovery\ton\t\t\t8$'
	twofa --json | check account-2fa
	twofa codes --json | check account-2fa-codes
}

@test "C14: a number is taken with consent, and goes with it" {
	run -0 nvr-account -c conf 2fa jane@example.org sms +4915112345678
	has 'agreed to'
	has 'is safer'
	[ "$(sqlite3 "$D/nvr.db" "SELECT kind, given, version, channel FROM consent")" = 'sms|1|1|terminal' ]
	run -0 twofa
	has +49…678
	hasnt 12345
	run -1 grep -raqF 15112345 "$D"
	# It is not asked for until it is proved.
	run -0 account signin jane@example.org --password-file pw
	run -77 twofa confirm --code-file - <<<000000
	run -0 twofa withdraw-sms
	[ "$(sqlite3 "$D/nvr.db" "SELECT given FROM consent ORDER BY id" | xargs)" = '1 0' ]
	[ "$(sqlite3 "$D/nvr.db" "SELECT (SELECT COUNT(*) FROM factor) + (SELECT COUNT(*) FROM outbox WHERE channel = 'sms')")" = 0 ]
	run -66 twofa withdraw-sms
	for number in 015112345678 +49-151 '+49151 1' 'tel:+4915112345678'; do
		run -64 twofa sms "$number"
	done
}

@test "disabling asks for no code, tells by letter, and is logged" {
	enrol
	run -0 twofa disable totp
	run -66 twofa disable totp
	run -64 twofa disable recovery
	run -64 twofa nonsense
	run -0 account signin jane@example.org --password-file pw
	[ "$(sqlite3 "$D/nvr.db" "SELECT COUNT(*) FROM outbox WHERE kind = 'factor-changed'")" = 2 ]
	[ "$(sqlite3 "$D/nvr.db" "SELECT type FROM log WHERE type LIKE 'factor.%'" | xargs)" = 'factor.begun factor.added factor.removed' ]
}

@test "the QR code on a terminal is dark on light, and reads back as the URI" {
	run -0 script -qec "command nvr-account -q -c conf -d '$D' 2fa jane@example.org enrol-totp" /dev/null
	has $'\e[38;5;231;48;5;16m'
	uri=$(grep -ao 'otpauth://[^[:space:]]*' <<<"$output")
	python3 "$root/tests/lib/qr_read.py" <<<"$output" >says || {
		[ $? = 3 ] && skip 'libzbar is not there'
	}
	[ "$(cat says)" = "$uri" ]
}

@test "C13: a sweep tells once of a password without its second factor" {
	[ -z "$sanitized" ] || skip "faketime and the sanitizers do not mix"
	sweep() { faketime -f "$1" "$NVR_BUILD/nvr-account" -c conf -d "$D" sweep; }
	enrol
	step
	run -0 sweep +1m
	[ -z "$output" ]
	run -0 sweep +4m
	has "told of 1 sign-in"
	run -0 sweep +5m
	[ -z "$output" ]
	[ "$(sqlite3 "$D/nvr.db" "SELECT COUNT(*) FROM outbox WHERE kind = 'second-factor-unfinished'")" = 1 ]
}

#!/usr/bin/env bats
# nvr-account: what is shown only once, what is so already, and how it is said.

setup_file() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/store"
	printf 'zebra-lantern-copper-92-orbit\n' >"$BATS_FILE_TMPDIR/pw"
	chmod 600 "$BATS_FILE_TMPDIR/pw"
	nvr-account -q create jane@example.org --name Jane --adult --verified \
	    --password-file "$BATS_FILE_TMPDIR/pw"
	uri=$(nvr-account 2fa jane@example.org enrol-totp)
	secret=$(sed -n 's/.*secret=\([A-Z2-7]*\).*/\1/p' <<<"$uri")
	oathtool --totp --base32 "$secret" >"$BATS_FILE_TMPDIR/code"
	nvr-account -q 2fa jane@example.org confirm --code-file "$BATS_FILE_TMPDIR/code"
}

setup() {
	load ../lib/helpers.bash
	cp -r "$BATS_FILE_TMPDIR/store" "$BATS_TEST_TMPDIR/store"
	use_store "$BATS_TEST_TMPDIR/store"
	pw=$BATS_FILE_TMPDIR/pw
}

sql() { sqlite3 "$D/nvr.db" "$1"; }
logged() { sql "SELECT COUNT(*) FROM log"; }

@test "recovery codes that nobody saw do not take the place of those that were" {
	nvr-account 2fa jane@example.org codes >"$BATS_TEST_TMPDIR/codes"
	n=$(logged)
	was=$(sql "SELECT hex(hash) FROM recovery_code ORDER BY 1")
	run -74 sh -c "'$NVR_BUILD/nvr-account' -d '$D' 2fa jane@example.org codes >/dev/full"
	has "what could not be shown does not hold"
	[ "$(sql "SELECT hex(hash) FROM recovery_code ORDER BY 1")" = "$was" ]
	[ "$(logged)" = "$n" ]
}

@test "an authenticator that nobody saw is not begun" {
	nvr-account -q create john@example.org --name John --adult --verified
	run -74 sh -c "'$NVR_BUILD/nvr-account' -d '$D' 2fa john@example.org enrol-totp >/dev/full"
	[ "$(sql "SELECT COUNT(*) FROM factor WHERE confirmed_at IS NULL")" = 0 ]
}

@test "a session that nobody saw begin is ended" {
	head -n 1 < <(nvr-account 2fa jane@example.org codes) >"$BATS_TEST_TMPDIR/code"
	run -74 sh -c "'$NVR_BUILD/nvr-account' -d '$D' signin jane@example.org \
	    --password-file '$pw' --code-file '$BATS_TEST_TMPDIR/code' >/dev/full"
	[ "$(sql "SELECT COUNT(*) FROM session")" = 0 ]
}

@test "password and code together sign in at once" {
	nvr-account 2fa jane@example.org codes >"$BATS_TEST_TMPDIR/codes"
	run -77 nvr-account signin jane@example.org --password-file "$pw" --code-file - <<<000000
	run -0 nvr-account -q signin jane@example.org --password-file "$pw" --code-file - \
	    <"$BATS_TEST_TMPDIR/codes"
	[[ $output == session* ]]
	run -64 nvr-account signin jane@example.org --password-file - --code-file - <"$pw"
	has "standard input can be one of them"
}

@test "what is asked for is called by its name, and an open file is worth a note" {
	for w in "signin jane@example.org" signout confirm; do
		secret=token
		[ "$w" = "${w% *}" ] || secret=password
		# shellcheck disable=SC2086
		run -64 setsid -w "$NVR_BUILD/nvr-account" -d "$D" $w </dev/null
		has "no terminal to ask for the $secret on: use --$secret-file FILE"
	done
	: >"$BATS_TEST_TMPDIR/empty"
	run -65 nvr-account signout --token-file "$BATS_TEST_TMPDIR/empty"
	has "the token is empty"
	chmod 644 "$BATS_TEST_TMPDIR/empty"
	run -65 nvr-account signout --token-file "$BATS_TEST_TMPDIR/empty"
	has "others can read the token in"
	run -65 nvr-account -q signout --token-file "$BATS_TEST_TMPDIR/empty"
	hasnt "others can read"
}

@test "each change prints a line of what was done" {
	run -0 nvr-account site add jane@example.org home --jurisdiction DE --zone Europe/Berlin
	has "site 'home' added"
	run -0 nvr-account site set jane@example.org home --retain 30d --retain-bytes 1G
	has "site 'home' changed"
	run -0 nvr-account site list
	has "30d	1G"
	[ "$(nvr-account site list --json | jq -c '[.retain_ms, .retain_bytes]')" = "[2592000000,1073741824]" ]
	run -0 --separate-stderr nvr-account site remove jane@example.org home --json
	json_as account-action <<<"$output"
	[ "$(jq -r '.done, .until != null' <<<"$output" | xargs)" = "site home removed true" ]
	run -0 nvr-account sessions jane@example.org revoke --all
	has "0 sessions ended"
	run -0 nvr-account 2fa jane@example.org disable totp
	has "totp removed"
}

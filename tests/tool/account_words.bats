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

@test "session says whose token it is, and 77 when it is none" {
	recovery=$(nvr-account 2fa jane@example.org codes | head -n 1)
	nvr-account -q signin jane@example.org --password-file "$pw" --code-file - \
	    <<<"$recovery" --json >"$BATS_TEST_TMPDIR/s"
	jq -r .token "$BATS_TEST_TMPDIR/s" >"$BATS_TEST_TMPDIR/token"
	chmod 600 "$BATS_TEST_TMPDIR/token"
	run -0 nvr-account session --token-file "$BATS_TEST_TMPDIR/token" --json
	json_as account-session <<<"$output"
	[ "$(jq -r '.account, .factor' <<<"$output" | xargs)" = \
	    "$(jq -r .account_id "$BATS_TEST_TMPDIR/s") recovery" ]
	nvr-account -q signout --token-file "$BATS_TEST_TMPDIR/token"
	run -77 nvr-account session --token-file "$BATS_TEST_TMPDIR/token"
	run -77 nvr-account session --token-file - <<<nonsense
}

@test "C14: what was never consented to cannot be withdrawn, and twice is once" {
	run -66 nvr-account consent jane@example.org withdraw newsletter
	has "no consent is given"
	nvr-account -q consent jane@example.org give training --text-version 1 --text yes
	nvr-account -q consent jane@example.org give stills --text-version 1 --text yes
	run -66 nvr-account consent jane@example.org withdraw newsletter
	has "given are stills, training"
	run -66 nvr-account consent jane@example.org withdraw sms
	nvr-account -q consent jane@example.org withdraw training
	n=$(logged)
	run -0 nvr-account consent jane@example.org withdraw training
	has "withdrawn already"
	[ "$(logged)" = "$n" ]
	[ "$(nvr-account consent jane@example.org show training | wc -l)" = 2 ]
}

@test "what is so already is no failure, and is neither done nor logged again" {
	nvr-account -q restrict jane@example.org
	request=$(nvr-account -q requests add jane@example.org --kind access --channel mail --json | jq -r .id)
	nvr-account -q requests "done" "$request" --outcome granted
	breach=$(nvr-account -q breach open lost --json | jq -r .id)
	nvr-account -q breach close "$breach" --reported
	n=$(logged)
	run -0 nvr-account restrict jane@example.org
	has "is restricted already"
	run -0 nvr-account requests "done" "$request" --outcome granted
	has "answered already"
	run -64 nvr-account requests "done" "$request" --outcome refused --note no
	run -0 nvr-account breach close "$breach"
	has "closed already"
	[ "$(logged)" = "$n" ]
	nvr-account -q unrestrict jane@example.org
	run -0 nvr-account unrestrict jane@example.org
	has "is not restricted"
	until=$(nvr-account -q delete jane@example.org --json | jq -r .until)
	run -0 --separate-stderr nvr-account delete jane@example.org
	[[ $stderr == *"is deleted already"* ]]
	[[ $output == *"${until%.*}"* ]]
	run -0 nvr-account list --deleted
	has "${until%.*}"
}

@test "a payload that is gone without an erasure is missing, and not erased" {
	sql "UPDATE log SET sealed = NULL WHERE seq = 1"
	run -0 nvr-account log --limit 1000
	has "(missing)"
	[ "$(nvr-account log --json --limit 1000 | head -n 1 | jq -c '[.erased, .opens]')" = "[false,false]" ]
}

@test "a head as JSON is one to verify against" {
	nvr-account log --head --json >"$BATS_TEST_TMPDIR/head"
	run -0 nvr-account log --verify --against "$BATS_TEST_TMPDIR/head"
	echo '{"head": "nothing"}' >"$BATS_TEST_TMPDIR/head"
	run -65 nvr-account log --verify --against "$BATS_TEST_TMPDIR/head"
}

@test "C11: within the EEA no transfer needs a safeguard, outside one does" {
	run -0 nvr-account processors add Host --purpose hosting --data all --jurisdiction DE
	has "	none	"
	run -64 nvr-account processors add Model --purpose audits --data stills --jurisdiction US
	has safeguard
	run -0 nvr-account processors add Model --purpose audits --data stills --jurisdiction US --safeguard SCC
}

@test "restriction: who asks for all cameras is told how many are left out" {
	nvr-camera -q add gate rtsp://192.0.2.7/a
	sql "UPDATE camera SET account_id = (SELECT account_id FROM account)"
	nvr-account -q restrict jane@example.org
	for t in "camera list" "snap --all" "audit --all"; do
		# shellcheck disable=SC2086
		run "$NVR_BUILD/nvr-${t%% *}" -d "$D" ${t#* }
		has "1 camera is left out"
	done
	run -0 nvr-camera -q list
	[ -z "$output" ]
}

@test "list says once that a key is gone, and stops" {
	nvr-account -q create john@example.org --name John --adult --verified
	mv "$D/keys/master" "$BATS_TEST_TMPDIR/master"
	run -66 nvr-account list
	[ "${#lines[@]}" = 1 ]
	has master
	head -c 32 /dev/zero >"$D/keys/master"
	chmod 400 "$D/keys/master"
	run -65 nvr-account list
	[ "${#lines[@]}" = 1 ]
	has "put the one back"
	cp "$BATS_TEST_TMPDIR/master" "$D/keys/master"
	mv "$D/keys/keys.db" "$BATS_TEST_TMPDIR/keys.db"
	run -66 nvr-account list
	[ "${#lines[@]}" = 1 ]
	has "keys.db"
	mv "$BATS_TEST_TMPDIR/keys.db" "$D/keys/keys.db"
	sqlite3 "$D/keys/keys.db" "DELETE FROM account_key WHERE account_id > 0"
	run -66 --separate-stderr nvr-account list
	[ "$(cut -f 5 <<<"$output" | uniq -c | xargs)" = "2 unreadable" ]
	[ "$stderr" = "nvr-account: accounts that cannot be read: 2; the first because: the account has no key" ]
}

#!/usr/bin/env bats
# nvr-account log: what was done, and what is done to the log itself.

at() { # TIME COMMAND …: at a time, where that can be had
	local when=$1
	shift
	if [ -n "$sanitized" ]; then
		nvr-account -q "$@"
	else
		faketime "$when" "$NVR_BUILD/nvr-account" -q -d "$D" "$@"
	fi
}
no_clock() { [ -z "$sanitized" ] || skip "faketime and the sanitizers do not mix"; }

setup_file() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/store"
	printf 'zebra-lantern-copper-92-orbit\n' >"$BATS_FILE_TMPDIR/good"
	printf 'not the right one at all\n' >"$BATS_FILE_TMPDIR/bad"
	at '2026-03-01 12:00:00' create jane@example.org --name Jane --adult \
	    --verified --password-file "$BATS_FILE_TMPDIR/good"
	at '2026-03-01 12:01:00' create joe@example.org --name Joe --adult \
	    --verified --password-file "$BATS_FILE_TMPDIR/good"
	at '2026-03-02 12:00:00' set jane@example.org --name 'Jane Doe'
}

# Each test has a store of its own, with this in its log.
setup() {
	load ../lib/helpers.bash
	cp -r "$BATS_FILE_TMPDIR/store" "$BATS_TEST_TMPDIR/store"
	use_store "$BATS_TEST_TMPDIR/store"
	export TZ=UTC
}

log() { nvr-account log "$@"; }
sql() { sqlite3 "$D/nvr.db" "$1"; }

# as_schema NAME: JSON lines on stdin, keys and types.
as_schema() {
	jq -se --slurpfile s "$root/share/schema/$1.json" '
	    def ok($t): (type as $is | ($t | if type == "array" then . else [.] end) | any(. == $is or (. == "integer" and $is == "number")));
	    $s[0] as $s | length > 0 and all(. as $o | ($s.required - keys == []) and (keys - ($s.properties | keys) == []) and
	    all(keys[]; . as $k | $o[$k] | ok($s.properties[$k].type)))'
}

@test "C13: sign-in, sign-out, failed attempts and changes are in the log, with who and from where" {
	nvr-account -q signin jane@example.org --address 192.0.2.7 --agent Firefox \
	    --password-file "$BATS_FILE_TMPDIR/good" --json >"$BATS_TEST_TMPDIR/session"
	run ! nvr-account -q signin jane@example.org --address 192.0.2.8 \
	    --password-file "$BATS_FILE_TMPDIR/bad"
	jq -r .token "$BATS_TEST_TMPDIR/session" | nvr-account -q signout --token-file -
	log jane@example.org >"$BATS_TEST_TMPDIR/log"
	grep "account.created	jane@example.org" "$BATS_TEST_TMPDIR/log"
	grep "account.changed	jane@example.org	name: Jane -> Jane Doe" "$BATS_TEST_TMPDIR/log"
	grep "signin.ok	jane@example.org.*	192.0.2.7$" "$BATS_TEST_TMPDIR/log"
	grep "signin.failed	jane@example.org.*	192.0.2.8$" "$BATS_TEST_TMPDIR/log"
	grep "signout	jane@example.org" "$BATS_TEST_TMPDIR/log"
	cut -f 5 "$BATS_TEST_TMPDIR/log" | grep -q "$(id -un)"
	run ! grep joe@example.org "$BATS_TEST_TMPDIR/log"
}

@test "C13: JSON has all of a row, as the schema says" {
	log --json >"$BATS_TEST_TMPDIR/log"
	as_schema account-log <"$BATS_TEST_TMPDIR/log"
	jq -se '.[0].email == "jane@example.org" and .[0].channel == "terminal"
	    and all(.erased == false and .opens) and
	    (map(.seq) == [range(1; length + 1)])' "$BATS_TEST_TMPDIR/log"
	log --verify --json | as_schema account-log-verify
	log --head --json | as_schema account-log-head
	log --public-key --json | as_schema account-log-signer
	log --prune -n --json | as_schema account-log-prune
}

@test "C13: JSON also of rows that hold no detail, and of erased ones" {
	nvr-account -q signin jane@example.org --password-file "$BATS_FILE_TMPDIR/good" |
	    cut -f 2 | nvr-account -q signout --token-file -
	nvr-account -q passwd jane@example.org --password-file "$BATS_FILE_TMPDIR/good"
	nvr-account -q delete joe@example.org --now --yes-erase
	log --json >"$BATS_TEST_TMPDIR/log"
	as_schema account-log <"$BATS_TEST_TMPDIR/log"
	jq -se 'any(.type == "signout" and .detail == null) and any(.type | contains("password"))
	    and any(.erased and .detail == null)' "$BATS_TEST_TMPDIR/log"
}

@test "an id of zeros names nobody, and not everybody" {
	nvr-account -q signin jane@example.org --password-file "$BATS_FILE_TMPDIR/good" >/dev/null
	run -64 nvr-account sessions jane@example.org revoke 0000000000000
	[ "$(nvr-account sessions jane@example.org | wc -l)" = 1 ]
	run -64 nvr-account log 0000000000000
	has "'0000000000000' is not an id"
	run -64 nvr-account show 0000000000000
}

@test "the log is cut by time and number, the newest last" {
	no_clock
	[ "$(log --since 2026-03-02 | wc -l)" = 1 ]
	log --since 2026-03-02 | grep account.changed
	[ "$(log --until 2026-03-01T12:00:30Z | cut -f 3 | sort -u)" = jane@example.org ]
	[ "$(log --limit 1)" = "$(log | tail -n 1)" ]
	[ -z "$(log --since 2026-03-03)" ]
}

@test "C13: what is in the log is not to be read in the database" {
	log | grep -q 'Jane Doe'
	sql .dump >"$BATS_TEST_TMPDIR/dump"
	run ! grep -i 'jane' "$BATS_TEST_TMPDIR/dump"
	run ! grep -ai 'jane' "$D/nvr.db"
}

@test "C13: a whole log verifies, and one that was tampered with does not" {
	run -0 log --verify
	[[ "$output" =~ ^[0-9]+\ rows\ from\ 20.*\ to\ 20.*\ verify$ ]]
	cp "$D/nvr.db" "$BATS_TEST_TMPDIR/kept"
	sql "UPDATE log SET type = 'signin.ok' WHERE seq = 1"
	run -1 log --verify
	has "row 1 was changed"
	has "something is wrong with the log, in 1 place"
	run -1 log --verify --json
	[ "$(jq -c '[.troubles, .findings[0].kind, .findings[0].seq]' <<<"$output")" = '[1,"changed",1]' ]
	cp "$BATS_TEST_TMPDIR/kept" "$D/nvr.db"
	sql "DELETE FROM log WHERE seq = 2"
	run -1 log --verify
	has "row 2 is missing"
	cp "$BATS_TEST_TMPDIR/kept" "$D/nvr.db"
	n=$(sql "SELECT max(seq) FROM log")
	sql "DELETE FROM log WHERE seq = $n"
	run -1 log --verify
	has "the last row is cut off: the tail says $n"
	run -65 log --head
	has "--verify"
}

@test "C13: ssh-keygen verifies a head, and not one that was changed" {
	log --public-key >"$BATS_TEST_TMPDIR/signers"
	log --head >"$BATS_TEST_TMPDIR/head"
	cd "$BATS_TEST_TMPDIR"
	sed '/^-----BEGIN/,$d' head >text
	sed -n '/^-----BEGIN/,$p' head >text.sig
	grep -q "^store $(sql "SELECT value FROM setting WHERE name = 'media_uuid'")$" text
	run -0 ssh-keygen -Y verify -f signers -I nvr-log -n nvr-log -s text.sig <text
	has 'Good "nvr-log" signature'
	sed 's/^seq .*/seq 1/' text >other
	run ! ssh-keygen -Y verify -f signers -I nvr-log -n nvr-log -s text.sig <other
	run ! ssh-keygen -Y verify -f signers -I nvr-log -n file -s text.sig <text
}

@test "C13: an older state that is put back is found by a head that was kept" {
	cp -r "$D" "$BATS_TEST_TMPDIR/older"
	nvr-account -q set jane@example.org --name Janet
	log --head >"$BATS_TEST_TMPDIR/head"
	run -0 log --verify --against "$BATS_TEST_TMPDIR/head"
	D=$BATS_TEST_TMPDIR/older
	cp "$BATS_TEST_TMPDIR/store/keys/log" "$D/keys/"
	run -0 log --verify
	run -1 log --verify --against "$BATS_TEST_TMPDIR/head"
	has "is not of this chain"
	run -65 log --verify --against /dev/null
	has "'/dev/null': there is no signed head"
	run -66 log --verify --against "$BATS_TEST_TMPDIR/none"
}

@test "a head is mailed from the portal's sender, and can be checked as it is mailed" {
	run -78 log --head --mail audit@example.net
	has mail-from
	printf '[portal]\nmail-from = nvr@example.org\n' >"$BATS_TEST_TMPDIR/conf"
	run -64 log -c "$BATS_TEST_TMPDIR/conf" --head --mail 'a@b, c@d'
	run -0 log -c "$BATS_TEST_TMPDIR/conf" --head --mail audit@example.net --json
	as_schema account-log-head <<<"$output"
	[ "$(sql "SELECT channel, kind, account_id, next_at IS NOT NULL FROM outbox")" = 'mail|log-head|0|1' ]
	jq -r .head <<<"$output" | sed 's/$/\r/' >"$BATS_TEST_TMPDIR/mail"
	run -0 log --verify --against "$BATS_TEST_TMPDIR/mail"
	run ! grep -a audit@example.net "$D/nvr.db"
}

@test "C13: after an erasure the log still verifies and tells nothing" {
	nvr-account -q delete jane@example.org --now --yes-erase
	run -0 log --verify
	run -0 log
	hasnt jane
	has "(erased)"
	has joe@example.org
}

@test "a clock that was set back an hour is a note and no trouble" {
	no_clock
	at '2026-03-02 11:00:00' set joe@example.org --name 'Joe B'
	run -0 log --verify
	[[ "$output" =~ the\ clock\ ran\ back\ by\ (1h|59m.*)\ ahead\ of\ row ]]
	has " verify"
	at '2026-03-02 12:30:00' set joe@example.org --name 'Joe C'
	run -0 log --verify
}

@test "programs that write at once make one chain, and verifying does not mind them" {
	for i in 1 2 3; do
		for k in 1 2 3 4; do
			nvr-account -q set joe@example.org --name "Joe $i $k" >/dev/null 3>&-
		done &
	done
	run -0 log --verify
	wait
	run -0 log --verify
	[ "$(log joe@example.org | grep -c 'account.changed')" = 12 ]
}

@test "C17: what is past log-keep is pruned, and the rest verifies" {
	no_clock
	at '2027-03-01 11:59:00' log --prune -n >"$BATS_TEST_TMPDIR/n"
	grep -q '^rows: 0$' "$BATS_TEST_TMPDIR/n"
	before=$(log | wc -l)
	old=$(log --until 2026-03-02 | wc -l)
	at '2027-03-02 11:00:00' log --prune -n | grep -q "^rows: $old$"
	[ "$(log | wc -l)" = "$before" ]
	at '2027-03-02 11:00:00' log --prune | grep -q "^rows: $old$"
	[ -z "$(log --until 2026-03-02)" ]
	log --until 2026-03-03 | grep -q 'Jane -> Jane Doe'
	log | grep -q log.pruned
	run -0 log --verify
	printf '[account]\nlog-keep = 30d\n' >"$BATS_TEST_TMPDIR/conf"
	at '2027-04-10 11:00:00' -c "$BATS_TEST_TMPDIR/conf" log --prune
	[ "$(log | wc -l)" = 1 ]
	run -0 log --verify
	sql "DELETE FROM log_mark"
	run -1 log --verify
	has "are missing"
}

@test "what a stranger sends is shown without control characters" {
	run nvr-account -q signin jane@example.org --address 192.0.2.9 \
	    --agent $'\e[31mred\u202e' --password-file "$BATS_FILE_TMPDIR/bad"
	log >"$BATS_TEST_TMPDIR/out"
	log --json >>"$BATS_TEST_TMPDIR/out"
	run ! grep -P '\x1b|\xe2\x80\xae' "$BATS_TEST_TMPDIR/out"
	run -0 log --verify
}

@test "options that do not go together are refused" {
	run -64 log --verify --head
	run -64 log --verify jane@example.org
	run -64 log --against x
	run -64 log --mail a@example.org
	run -64 log -n
	run -64 log --prune --since 1d
	run -66 log nobody@example.org
	run -64 log nonsense
}

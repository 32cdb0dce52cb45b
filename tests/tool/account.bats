#!/usr/bin/env bats
# nvr-account: accounts that are made, shown, corrected, deleted.

setup() {
	load ../lib/helpers.bash
	use_store
	export TZ=UTC
	T=$BATS_TEST_TMPDIR
	jane=(create jane@example.org --name 'Jane Doe' --adult)
}

account() { nvr-account -q "$@"; }
field() { account show "$1" --json | jq -r "$2"; }
# What the store has, in words; keys change whenever they are sealed anew.
rows() { sqlite3 "$D/nvr.db" "SELECT COUNT(*) FROM account UNION ALL SELECT COUNT(*) FROM log"; sqlite3 "$D/keys/keys.db" 'SELECT COUNT(*) FROM account_key'; }

# check SCHEMA: JSON lines on stdin have its keys, of its types.
check() {
	jq -se --slurpfile s "$root/share/schema/$1.json" '
	    def ok($t): (type as $is | ($t | if type == "array" then . else [.] end) | any(. == $is or (. == "integer" and $is == "number")));
	    $s[0] as $s | length > 0 and all(. as $o | ($s.required - keys == []) and (keys - ($s.properties | keys) == []) and
	    all(keys[]; . as $k | $o[$k] | ok($s.properties[$k].type)))'
}

@test "N6, C2: an account is made and shown, and a stolen store shows nothing of it" {
	echo 'gull-anvil-orbit-plum' >"$T/pw"
	run -0 nvr-account create Erika@MÜNCHEN.example --name 'Erika Mustermann' --business Steelworks \
	    --born 1985-04-12 --tier premium --password-file "$T/pw"
	has created
	has "no letter asks to confirm the address"
	"${NVR_BUILD}/nvr-account" -d "$D" show erika@münchen.example --json | check account-show
	account list --json | check account-list
	[ "$(field ERIKA@xn--mnchen-3ya.example '[.email, .name, .business, .tier, .state, .age, .password] | join("|")')" = \
	    "Erika@münchen.example|Erika Mustermann|Steelworks|premium|unconfirmed|born|true" ]
	id=$(account list | cut -f1)
	[ "$(field "$id" .id)" = "$id" ]
	run ! grep -raiE 'mustermann|steelworks|gull-anvil|erika|nchen|1985-04-12|\$2b\$' "$D"
}

@test "N21, C24: who is too young is refused, and nothing is stored" {
	account "${jane[@]}"
	before=$(rows)
	run -77 nvr-account create kid@example.org --name Kid --born "$(date -d '-18 years +1 day' +%F)"
	has "nothing was stored"
	hasnt kid
	[ "$(rows)" = "$before" ]
	run -0 nvr-account create grown@example.org --name Grown --born "$(date -d '-18 years' +%F)"
	printf '[account]\nminimum-age = 16\n' >"$T/conf"
	run -0 nvr-account -c "$T/conf" create teen@example.org --name Teen --born "$(date -d '-17 years' +%F)"
	run -64 nvr-account create x@example.org --name X --born 2001-02-29
	run -64 nvr-account create x@example.org --name X
	run -64 nvr-account create x@example.org --name X --adult --born 1985-04-12
	run -64 nvr-account create x@example.org --adult
}

@test "of many programs that make one address one wins" {
	account "${jane[@]}"
	for i in 1 2 3 4 5 6; do
		local_part=$(printf %s Race | sed "s/./\u&/$((i % 4 + 1))")
		{ account create "$local_part@example.org" --name "Racer $i" --adult >"$T/out$i" 2>&1 && echo won >>"$T/won"; } &
	done
	wait
	[ "$(wc -l <"$T/won")" = 1 ]
	[ "$(cat "$T"/out* | grep -c 'already$')" = 5 ]
	[ "$(rows | xargs)" = "2 2 3" ] # two accounts, their lines, their keys and the owner's
}

@test "N20: names, business and address are corrected" {
	account "${jane[@]}" --verified
	run -0 nvr-account set jane@example.org --name 'Janet Roe' --business 'Roe & Co' --json
	check account-action <<<"$output"
	[ "$(jq -r .done <<<"$output")" = "name, business" ]
	run -0 nvr-account set jane@example.org --name 'Janet Roe'
	has "nothing changed"
	run -78 nvr-account set jane@example.org --email janet@example.org
	has "--verified"
	run -0 nvr-account set jane@example.org --email Janet@example.org --verified
	has "the old address was not told"
	run -66 nvr-account show jane@example.org
	[ "$(field janet@example.org '[.email, .name, .business, .state] | join("|")')" = "Janet@example.org|Janet Roe|Roe & Co|active" ]
	account create other@example.org --name Other --adult
	run -73 nvr-account set other@example.org --email JANET@example.org --verified
	run -64 nvr-account set other@example.org
	run -0 nvr-account tier other@example.org premium
	[ "$(field other@example.org .tier)" = premium ]
	run -64 nvr-account tier other@example.org gold
}

@test "N20: a new address is asked, and the old one keeps until it answers" {
	printf '[portal]\nurl = https://nvr.example\nmail-from = nvr@example.org\n' >"$T/conf"
	account -c "$T/conf" "${jane[@]}"
	run -0 nvr-account -c "$T/conf" set jane@example.org --email new@example.org
	has "asked the new address"
	run -66 nvr-account show new@example.org
	[ "$(sqlite3 "$D/nvr.db" 'SELECT kind FROM outbox ORDER BY id' | xargs)" = "verify address-confirm" ]
	[ "$(sqlite3 "$D/nvr.db" 'SELECT purpose FROM token ORDER BY id' | xargs)" = "verify address" ]
	printf '%064d\n' 0 >"$T/token"
	run -77 nvr-account confirm --token-file "$T/token"
	printf 'x\n' >"$T/token"
	run -77 nvr-account confirm --token-file "$T/token"
	run ! grep -rai new@example "$D"
}

@test "N14, C20, C22: a deleted account comes back for 30 days" {
	account "${jane[@]}"
	run -0 nvr-account delete jane@example.org --why 'asked for it' --json
	check account-action <<<"$output"
	until=$(date -d "$(jq -r .until <<<"$output")" +%s)
	[ $((until - $(date +%s) - 30 * 86400)) -le 1 ]
	run -0 nvr-account delete jane@example.org
	[ "$(field jane@example.org .state)" = deleted ]
	run -0 nvr-account list --deleted
	has jane@example.org
	run -0 nvr-account restore jane@example.org
	run -66 nvr-account restore jane@example.org
	has "is not deleted: 'nvr-account list --deleted' shows"
	hasnt restored
	run -0 nvr-account list --deleted
	[ -z "$output" ]
	[ -z "$sanitized" ] || skip "faketime and the sanitizers do not mix"
	account delete jane@example.org
	run -0 faketime -f +29d "$NVR_BUILD/nvr-account" -d "$D" restore jane@example.org
	account delete jane@example.org
	run -77 faketime -f +31d "$NVR_BUILD/nvr-account" -d "$D" restore jane@example.org
	has "too long ago"
}

# answer LINE …: delete --now on a terminal, where these lines are typed.
answer() {
	python3 - "$NVR_BUILD/nvr-account" "$D" "$@" <<'PY'
import os, pty, sys
tool, store, lines = sys.argv[1], sys.argv[2], sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(tool, [tool, "-d", store, "delete", "--now", "jane@example.org"])
seen = b""
while True:
    try:
        part = os.read(fd, 4096)
    except OSError:
        break
    if not part:
        break
    seen += part
    if seen.endswith(b": ") and lines:
        os.write(fd, lines.pop(0).encode() + b"\n")
        seen += b"\n"
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
}

@test "C20, C22: erasing at once asks twice" {
	account "${jane[@]}"
	account create other@example.org --name Other --adult
	run -64 nvr-account delete --now jane@example.org </dev/null
	[ -z "$sanitized" ] || skip "a terminal is asked once"
	run -64 answer other@example.org
	has "another account"
	run -1 answer jane@example.org yes
	has "nothing was changed"
	[ "$(field jane@example.org .state)" = unconfirmed ]
	run -0 answer JANE@example.org erase
	has erased
	run -66 nvr-account show jane@example.org
	run -0 nvr-account delete --now --yes-erase other@example.org
	[ -z "$(account list)" ]
	run -64 nvr-account delete --yes-erase jane@example.org
}

@test "N20: a restricted account is shown to whom it belongs, with the reason" {
	account "${jane[@]}" --verified
	run -0 nvr-account restrict jane@example.org --why 'accuracy is contested'
	[ "$(field jane@example.org '.state + "|" + .restricted_why')" = "restricted|accuracy is contested" ]
	run -0 nvr-account restrict jane@example.org
	has "is restricted already"
	run -0 nvr-account list --restricted
	has jane@example.org
	run ! grep -rai contested "$D"
	run -0 nvr-account unrestrict jane@example.org
	[ "$(field jane@example.org .state)" = active ]
}

@test "hostile names and addresses are refused, and shown as nothing else" {
	long=$(printf 'a%.0s' {1..120000})
	for name in '' ' ' $'a\nb' $'\e]0;owned\a' $'Jane\u202eeoD' $'a\u200bb' $'\xff' "$long"; do
		run -64 nvr-account create x@example.org --name "$name" --adult
		[ "${#output}" -lt 600 ]
	done
	for email in '' x 'a b@example.org' 'a@b@example.org' '"a"@example.org' 'J <a@example.org>' \
	    'a@example.org,b@example.org' 'a@[192.0.2.7]' 'a@localhost' $'a\u202e@example.org' $'a\e[2J@example.org' \
	    $'a\u200b@example.org' 'a@a_b.org' $'\xff@example.org' "$long@example.org" "x'; DROP TABLE account; --"; do
		run -64 nvr-account create "$email" --name X --adult
		run -64 nvr-account show "$email"
		! grep -q $'\e' <<<"$output"
	done
	account create "o'brien@example.org" --name "Robert'); DROP TABLE account;--" --adult
	account create a@аррӏе.com --name 'Cyrillic' --adult
	account create a@apple.com --name 'Latin' --adult
	run -0 nvr-account list
	[ "${#lines[@]}" = 3 ]
	has "Robert'); DROP TABLE account;--"
	has a@xn--80ak6aa92e.com
}

@test "passwords come from files, and are held to the rules" {
	account "${jane[@]}"
	for bad in short 'JaneDoe-2024' 'Passw0rd2024Admin' 'qwertyuiop123456' "$(printf 'x%.0s' {1..1025})"; do
		echo "$bad" >"$T/pw"
		run -64 nvr-account passwd jane@example.org --password-file "$T/pw"
		hasnt "$bad"
	done
	printf 'gull-anvil\0-orbit-plum' >"$T/pw"
	run -65 nvr-account passwd jane@example.org --password-file "$T/pw"
	[ "$(field jane@example.org .password)" = false ]
	for i in $(seq 256); do printf '🐍😀🦊🌻'; done >"$T/pw"
	run -0 nvr-account passwd jane@example.org --password-file - <"$T/pw"
	[ "$(field jane@example.org .password)" = true ]
}

@test "lists by time; what cannot be read hides none of the others" {
	account "${jane[@]}"
	account create other@example.org --name Other --adult
	[ -z "$(account list --since 2100-01-01)" ]
	[ -z "$(account list --until 2020-01-01)" ]
	[ "$(account list --since 1h | wc -l)" = 2 ]
	sqlite3 "$D/nvr.db" "UPDATE account SET name = x'00' WHERE rowid = 1"
	run -65 nvr-account list --json
	[ "$(grep -c '"unreadable"' <<<"$output")" = 1 ]
	has other@example.org
	grep '^{' <<<"$output" | check account-list
}

#!/usr/bin/env bats
# nvr-export ask, pending, list, fetch, drop: exports that are offered.

setup_file() { # a password takes 250 ms
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/origin"
	for p in jane joe; do
		nvr-account -q create $p@example.org --name $p --adult --verified
	done >/dev/null
}

setup() {
	load ../lib/helpers.bash
	T=$BATS_TEST_TMPDIR
	cp -r "$BATS_FILE_TMPDIR/origin" "$T/store"
	use_store
	nvr-export() { command nvr-export -d "$D" "$@"; }
}

teardown() {
	umount "$D/exports" 2>/dev/null || true
}

ask() { nvr-export --json ask "${1:-jane@example.org}" | jq -r .id; }
state() { nvr-export --json list | jq -r .state; }
files() { find "$D/exports" -type f ! -name .lock | wc -l; }
later() { faketime -f "$1" "$NVR_BUILD/$2" -d "$D" "${@:3}"; }

@test "N20: what is asked for is made, listed, fetched and verified" {
	id=$(ask)
	run -75 nvr-export fetch "$id" -o "$T/x.zip"
	has "not made yet"
	[ ! -e "$T/x.zip" ]
	run -75 nvr-export ask jane@example.org
	has "in the making: wait for a minute"
	nvr-export --json pending | tee "$T/made" | json_as export-action
	[ "$(jq -r '.action + " " + .id' "$T/made")" = "ready $id" ]
	nvr-export --json list jane@example.org | tee "$T/list" | json_as export-list
	nvr-export fetch "$id" >"$T/piped.zip"
	nvr-export --json fetch "$id" -o "$T/x.zip" | json_as export-action
	cmp "$T/piped.zip" "$T/x.zip"
	[ "$(stat -c %s "$T/x.zip")" = "$(jq .size_bytes "$T/list")" ]
	nvr-export signer >"$T/signer"
	run -0 nvr-export verify --signer "$T/signer" "$T/x.zip"
	unzip -p "$T/x.zip" data/account.jsonl | grep -q jane@example.org
	# Who has the disk has nothing of it.
	[ "$(stat -c '%a %a' "$D/exports" "$D/exports/$id.age" | xargs)" = "700 700 600 600" ]
	run ! grep -rqa -e jane@example -e MANIFEST "$D/exports"
	run -0 nvr-account log --json
	for type in export.asked export.made export.taken request.done; do
		has "\"$type\""
	done
	run -0 nvr-account --json requests list --all
	[ "$(jq -r '.id + " " + .state' <<<"$output")" = "$id granted" ]
	run -0 nvr-export drop "$id"
	run -66 nvr-export fetch "$id" -o "$T/y.zip"
	[ "$(files)" = 0 ]
	run -66 nvr-export drop "$id"
	run -64 nvr-export fetch whatever -o "$T/y.zip"
	run -66 nvr-export ask nobody@example.org
}

@test "a reader that leaves ends it quietly, and a full disk is said to be one" {
	id=$(ask)
	nvr-export -q pending >/dev/null
	nvr-export fetch "$id" 2>"$T/err" | head -c 10 >/dev/null
	[ ! -s "$T/err" ]
	run -74 bash -c "'$NVR_BUILD/nvr-export' -d '$D' fetch $id >/dev/full"
}

@test "an account has as many as the rate says, and hears how long to wait" {
	printf '[portal]\nexport-rate = 1/1d\n' >"$T/conf"
	id=$(ask)
	nvr-export drop "$id" >/dev/null
	run -75 nvr-export -c "$T/conf" ask jane@example.org
	has "wait for "
}

@test "killed in the middle it is made by the next, and nothing is left" {
	[ -z "$sanitized" ] || skip "the sanitizers do more"
	strace -o /dev/null true 2>/dev/null || skip "strace cannot trace here"
	id=$(ask)
	run strace -f -qq -o /dev/null -e inject=rename:signal=KILL \
	    "$NVR_BUILD/nvr-export" -d "$D" pending
	[ "$(state)" = making ]
	[ "$(files)" = 1 ]
	run -75 nvr-export fetch "$id" -o "$T/x.zip"
	run -0 nvr-export pending
	has "ready"
	[ "$(files)" = 1 ]
	nvr-export fetch "$id" | nvr-export -q verify -
}

@test "a full disk: it failed, says why, and is asked for anew" {
	mkdir -m 700 "$D/exports"
	mount -t tmpfs -o size=8k none "$D/exports" 2>/dev/null || skip "cannot mount a tmpfs here"
	id=$(ask)
	run -1 nvr-export pending
	has "could not be made"
	[ "$(state)" = failed ]
	nvr-export --json list | jq -r .error | grep -q 'No space'
	[ "$(files)" = 0 ]
	run -66 nvr-export fetch "$id" -o "$T/x.zip"
	has "ask for it again"
	umount "$D/exports"
	[ "$(ask)" = "$id" ]
	run -0 nvr-export pending
	nvr-export fetch "$id" | nvr-export -q verify -
}

@test "N20: after seven days nvr-retain takes it, and what was never made" {
	[ -z "$sanitized" ] || skip "faketime and the sanitizers do not mix"
	id=$(ask)
	nvr-export -q pending >/dev/null
	ask joe@example.org >/dev/null
	nvr-retain -q
	run -0 later +6d nvr-retain
	[ "$(files)" = 1 ]
	run -66 later +8d nvr-export fetch "$id" -o "$T/x.zip"
	has "past its time"
	run -1 later +8d nvr-retain --json verify
	echo "$output"
	json_as retain-kinds <<<"$output"
	[ "$(jq -c 'select(.kind == "exports") | [.objects, .promise]' <<<"$output")" = '[2,"N20"]' ]
	# As if a crash had come between the row and the file.
	cp -p "$D/exports/$id.age" "$D/exports/0000000000001.age"
	run -0 later +8d nvr-retain -n
	has "exports/$id.age"
	run -0 later +8d nvr-retain
	[[ "$output" == *"exports	3"* ]]
	[ "$(files)" = 0 ]
	[ -z "$(nvr-export list)" ]
	run -0 nvr-account log --json
	has '"kind":"exports"'
	run -0 later +8d nvr-retain verify
}

@test "C22: erasing the account takes it at once" {
	ask >/dev/null
	other=$(ask joe@example.org)
	nvr-export -q pending >/dev/null
	[ "$(files)" = 2 ]
	nvr-account -q delete jane@example.org --now --yes-erase >/dev/null
	[ "$(nvr-export list | cut -f1)" = "$other" ]
	[ "$(files)" = 1 ]
	nvr-export fetch "$other" | nvr-export -q verify -
}

@test "restricted and deleted accounts ask and are answered" {
	nvr-account -q restrict jane@example.org --why contested >/dev/null
	nvr-account -q delete jane@example.org >/dev/null
	id=$(ask)
	run -0 nvr-export pending
	nvr-export fetch "$id" | nvr-export -q verify -
}

@test "a restored backup has the offers of now, and none whose file is gone" {
	gone=$(ask)
	nvr-export -q pending >/dev/null
	nvr-store -q backup "$T/backup" >/dev/null
	[ -z "$(find "$T/backup" -name '*.age')" ]
	nvr-export drop "$gone" >/dev/null
	id=$(ask)
	nvr-export -q pending >/dev/null
	nvr-store -q restore --yes "$T/backup" >/dev/null
	run -66 nvr-export fetch "$gone" -o "$T/x.zip"
	nvr-export fetch "$id" | nvr-export -q verify -
	# Elsewhere there are no files.
	D=$T/elsewhere
	cp -r "$T/store/keys" "$T/keys"
	mkdir -m 700 "$D"
	mv "$T/keys" "$D/keys"
	nvr-store -q restore --yes "$T/backup" >/dev/null
	[ -z "$(nvr-export list)" ]
}

@test "check tells of files without rows and of rows without files" {
	id=$(ask)
	nvr-export -q pending >/dev/null
	run -0 nvr-store check
	hasnt "exports"
	mv "$D/exports/$id.age" "$D/exports/0000000000001.age"
	run nvr-store check
	has "the files of 1 are gone"
	has "1 files have no row"
	run -66 nvr-export fetch "$id" -o "$T/x.zip"
	has "is gone"
}

@test "schemas say what each member is" {
	run -0 jq -r '.. | objects | .properties? // empty | to_entries[] |
	    select(.value.description == null) | .key' \
	    "$root"/share/schema/export-{verify,manifest,list,action}.json
	[ -z "$output" ] || { echo "$output" && false; }
}

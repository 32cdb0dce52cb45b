#!/usr/bin/env bats
# nvr-store keys: keys are listed and replaced, whatever happens in between.
# shellcheck disable=SC2030,SC2031,SC2317

setup() {
	load ../lib/helpers.bash
	use_store
	nvr-account() { command nvr-account -d "$D" "$@"; }
	cp -r "$BATS_FILE_TMPDIR/store" "$D"
}

# One store with an account in it, for all tests: a password takes its time.
setup_file() {
	load ../lib/helpers.bash
	D=$BATS_FILE_TMPDIR/store
	nvr-store -d "$D" init >/dev/null
	printf 'a phrase that nobody has\n' >"$BATS_FILE_TMPDIR/pw"
	nvr-account -q -d "$D" create erika@example.org --name 'Erika M.' \
	    --adult --password-file "$BATS_FILE_TMPDIR/pw"
}

whole() { # everything opens, nothing is under way
	run -0 nvr-account show erika@example.org
	has "Erika M."
	run -0 nvr-store keys list
	[[ $output != *replacing* ]]
	run -0 nvr-account log --verify
}

state_of() { nvr-store keys list | awk -F'\t' -v w="$1" '$1 == w {print $5}'; }

@test "keys are listed by what they are, and none is shown" {
	run -0 nvr-store keys list
	[ "$(cut -f1 <<<"$output" | uniq | xargs)" = "master accounts service pepper" ]
	[ "$(awk -F'\t' '$1 == "accounts" {print $3}' <<<"$output")" = 2 ]
	for f in "$D"/keys/{master,pepper-1}; do
		run ! grep -qi "$(od -An -tx1 "$f" | tr -d ' \n' | cut -c1-16)" \
		    <<<"$output"
	done
}

@test "a new master key is in place, and the old one opens nothing" {
	cp "$D/keys/master" "$BATS_TEST_TMPDIR/old"
	run -0 nvr-store keys rotate master
	[ "$(cut -f1,3 <<<"$output")" = $'master\t2' ]
	whole
	run ! cmp -s "$D/keys/master" "$BATS_TEST_TMPDIR/old"
	[ "$(stat -c %a "$D/keys/master")" = 400 ]
	cp -f "$BATS_TEST_TMPDIR/old" "$D/keys/master"
	run -65 nvr-account show erika@example.org
	has "put the one back"
}

@test "a new key of an account seals all of its values" {
	before=$(sqlite3 "$D/nvr.db" "SELECT hex(email), hex(name) FROM account")
	run -0 nvr-store keys rotate account erika@example.org
	[ "$(cut -f1,3,5 <<<"$output")" = $'account\t1\t0' ]
	[ "$(cut -f4 <<<"$output")" -ge 4 ]
	[ "$before" != "$(sqlite3 "$D/nvr.db" "SELECT hex(email), hex(name) FROM account")" ]
	whole
	run -0 nvr-account log erika@example.org
	has key.rotated
	run -0 nvr-store keys rotate account --all
	[ "$(cut -f2,3 <<<"$output")" = $'all\t2' ]
	run -0 nvr-store keys rotate account owner
	whole
}

@test "the password holds under a new pepper, which it follows at the next sign-in" {
	run -0 nvr-store keys rotate pepper
	[ "$(cut -f1,2 <<<"$output")" = $'pepper\t2' ]
	[ "$(nvr-store keys list | awk -F'\t' '$1 == "pepper" {print $2, $5}' | xargs)" = "1 older 2 current" ]
	run -0 nvr-account signin erika@example.org --password-file "$BATS_FILE_TMPDIR/pw"
	[ "$(sqlite3 "$D/nvr.db" "SELECT pepper FROM account")" = 2 ]
	rm "$D/keys/pepper-1"
	run -0 nvr-account signin erika@example.org --password-file "$BATS_FILE_TMPDIR/pw"
}

@test "a pepper that is gone is not replaced in silence: signing in says so" {
	nvr-account -q signin erika@example.org --password-file "$BATS_FILE_TMPDIR/pw" >/dev/null
	nvr-account -q log --head >/dev/null
	mkdir "$BATS_TEST_TMPDIR/kept"
	mv "$D"/keys/{pepper-1,log} "$BATS_TEST_TMPDIR/kept"
	run -66 nvr-account signin erika@example.org --password-file "$BATS_FILE_TMPDIR/pw"
	has "pepper-1', without which no password can be checked, is gone: put it back from its backup"
	run -66 nvr-account log --head
	has "keys/log' is not there: put it back from its backup"
	run -1 nvr-store check
	has "peppers	trouble"
	has "log key	trouble"
	mv "$BATS_TEST_TMPDIR"/kept/* "$D/keys"
	run -0 nvr-account signin erika@example.org --password-file "$BATS_FILE_TMPDIR/pw"
	run -0 nvr-store check
	has "peppers	ok"
	has "log key	ok"
}

# kill_at CALLS N COMMAND…: killed as the Nth of these calls begins; false when
# it had fewer.
kill_at() {
	local calls=$1 n=$2
	shift 2
	! strace -f -o /dev/null -e inject="$calls:signal=KILL:when=$n" \
	    "$NVR_BUILD/nvr-store" -d "$D" "$@" >/dev/null 2>&1
}

@test "a rotation that is killed at any step is finished by the next" {
	[ -z "$sanitized" ] || skip "strace and a sanitizer do not go together"
	strace -o /dev/null true 2>/dev/null || skip "strace cannot trace here"
	for what in master "account --all"; do
		for ((n = 1; ; n += ${#what} / 6)); do # 1, and 2
			rm -rf "$D" && cp -r "$BATS_FILE_TMPDIR/store" "$D"
			# shellcheck disable=SC2086
			kill_at fsync,fdatasync,rename,unlink "$n" \
			    keys rotate $what || break
			run -0 nvr-account show erika@example.org
			# shellcheck disable=SC2086
			run -0 nvr-store keys rotate $what
			whole
			[ ! -e "$D/keys/master.new" ]
		done
		echo "$what: killed at $((n - 1)) places"
		[ "$n" -gt 10 ]
	done
}

@test "a rotation killed at random, beside programs that read, loses nothing" {
	for i in $(seq 8); do
		timeout -s KILL "0.0$((RANDOM % 6 + 1))" "$NVR_BUILD/nvr-store" \
		    -d "$D" keys rotate master >/dev/null 2>&1 &
		timeout -s KILL "0.0$((RANDOM % 6 + 1))" "$NVR_BUILD/nvr-store" \
		    -d "$D" keys rotate account --all >/dev/null 2>&1 &
		nvr-account show erika@example.org >/dev/null
		wait
	done
	run -0 nvr-store keys rotate account --all
	run -0 nvr-store keys rotate master
	whole
}

@test "of several rotations at once each is done whole or refused" {
	for i in 1 2 3 4 5 6; do
		nvr-store keys rotate master >/dev/null 2>"$BATS_TEST_TMPDIR/err.$i" &
		pids[i]=$!
	done
	done=0
	for i in 1 2 3 4 5 6; do
		code=0
		wait "${pids[i]}" || code=$?
		[ "$code" = 0 ] && done=$((done + 1))
		[ "$code" = 0 ] || [ "$code" = 75 ]
	done
	[ "$done" -ge 1 ]
	whole
}

@test "a program that runs keeps the previous key: 75, and again when it ended" {
	exec 9<>"$D/keys/.lock"
	# What a program does that has read a key.
	python3 - 9<&9 <<-'P'
		import fcntl, struct
		fcntl.fcntl(9, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 1, 0))
	P
	run -75 nvr-store keys rotate account erika@example.org
	has "do this again"
	[ "$(state_of accounts)" = replacing ]
	run -0 nvr-account show erika@example.org
	exec 9>&-
	run -0 nvr-store keys rotate account erika@example.org
	whole
}

@test "a value that does not open keeps the previous key, and is named" {
	sqlite3 "$D/nvr.db" "UPDATE account SET name = zeroblob(40)"
	run -1 nvr-store keys rotate account --all
	has "account.name of row"
	[ "$(state_of accounts)" = replacing ]
}

@test "what keys does not take is said" {
	run -64 nvr-store keys
	run -64 nvr-store keys show
	run -64 nvr-store keys list more
	run -64 nvr-store keys list --all
	has "keys list takes no --all"
	run -64 nvr-store keys rotate
	run -64 nvr-store keys rotate account
	run -64 nvr-store keys rotate account owner --all
	run -64 nvr-store keys rotate master --all
	run -64 nvr-store keys rotate pepper owner
	run -66 nvr-store keys rotate account nobody@example.org
	D=$BATS_TEST_TMPDIR/none
	run -66 nvr-store keys list
	[ ! -e "$D" ]
}

@test "what root replaces stays the service's to read" {
	[ "$(id -u)" = 0 ] || skip "only root gives files away"
	chown -R 12345:12345 "$D"
	nvr-store keys rotate master
	nvr-store keys rotate pepper
	[ "$(stat -c %u "$D"/keys/{master,pepper-2} | xargs)" = "12345 12345" ]
}

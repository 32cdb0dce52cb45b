#!/usr/bin/env bats
# What waits to be sent when the disk is full, and when the store is lost.

setup() {
	load ../lib/helpers.bash
	sent=$BATS_TEST_TMPDIR/sent
	mkdir "$sent"
	conf=$BATS_TEST_TMPDIR/nvr.conf
	printf '[portal]\nmail-from = nvr@example.org\n[notify]\nsendmail = %s\n' \
	    "$BATS_TEST_TMPDIR/deliver" >"$conf"
	deliver 'cat >"$file"'
}

teardown() { drop_disk; }

nvr-notify() { command nvr-notify -d "$D" -c "$conf" "$@"; }
nvr-account() { command nvr-account -d "$D" -c "$conf" "$@"; }
db() { sqlite3 "$D/nvr.db" "$@"; }

# What takes mail and alerts: a file for each, which is $file.
deliver() { # COMMAND
	printf '#!/bin/sh\nfile=%s/$NVR_ID.$$\n%s\n' "$sent" "$1" \
	    >"$BATS_TEST_TMPDIR/deliver"
	chmod +x "$BATS_TEST_TMPDIR/deliver"
}

# post N: so many mails wait.
post() {
	for _ in $(seq "$1"); do
		nvr-account -q log --head --mail op@example.org >/dev/null
	done
}
count() { find "$sent" -type f | wc -l; }
ids() { grep -rh '^Message-ID' "$sent" | sort "$@"; }

@test "a disk that fills up as a mail is taken costs a repeat, and no loss" {
	small_disk 4000
	use_store "$BATS_TEST_TMPDIR/disk/store"
	nvr-store -q init >/dev/null
	nvr-account -q contact add --operator --exec /bin/true >/dev/null
	post 3
	deliver 'cat >"$file"; cat /dev/zero >'"$BATS_TEST_TMPDIR"'/disk/fill 2>/dev/null || true'
	run -74 nvr-notify
	has "went out, and will again"
	has "no space left"
	[ "$(count)" = 1 ]
	rm "$BATS_TEST_TMPDIR/disk/fill"
	deliver 'cat >"$file"'
	run -0 nvr-notify
	[ "$(count)" = 3 ]
	run -0 faketime -f +2m "$NVR_BUILD/nvr-notify" -d "$D" -c "$conf"
	[ "$(count)" = 4 ]
	[ "$(ids -u | wc -l)" = 3 ]
	[ "$(db 'SELECT COUNT(*) FROM outbox WHERE sent_at IS NOT NULL')" = 3 ]
	run -0 nvr-store check
}

# One mail and one alert wait, of a store with a backup.
begin() {
	use_store
	nvr-store -q init >/dev/null
	nvr-account contact add --operator --exec "$BATS_TEST_TMPDIR/deliver" \
	    --quiet-hours 00:00-00:01 >/dev/null
	nvr-account contact add --operator --mail op@example.org >/dev/null
	post 1
	db "INSERT INTO recorder (id, site_id, state, public_key, box,
	    fingerprint, interval_us, created_at, seen_at) VALUES (1, 0,
	    'active', randomblob(32), 'age1x', zeroblob(32), 60000000, 1,
	    ($(date +%s) - 600) * 1000000)"
	printf '[alert]\ngroup-wait = 0s\n' >>"$conf"
	command nvr-alert -q -d "$D" -c "$conf"
	[ "$(db 'SELECT COUNT(*) FROM outbox')" = 3 ]
	contacts=$(nvr-account contact list --operator)
	[[ $contacts == *op@example.org* ]]
	nvr-store -q backup "$BATS_TEST_TMPDIR/backup" >/dev/null
	nvr-store -q backup --keys "$BATS_TEST_TMPDIR/keys" >/dev/null
}

@test "a lost store comes back with its contacts, and what waited goes out once" {
	begin
	D=$BATS_TEST_TMPDIR/new
	nvr-store -q restore --yes "$BATS_TEST_TMPDIR/keys"
	nvr-store -q restore --yes "$BATS_TEST_TMPDIR/backup"
	[ "$(nvr-account contact list --operator)" = "$contacts" ]
	run -0 nvr-notify
	[ "$(cut -f 4 <<<"$output")" = $'sent\nsent\nsent' ]
	[ "$(count)" = 3 ]
	run -0 nvr-notify
	[ "$(count)" = 3 ]
}

@test "what was sent since the backup is not sent again, nor to who wants no more" {
	begin
	run -0 nvr-notify
	[ "$(count)" = 3 ]
	post 1
	db "UPDATE contact SET unsubscribed_at = 1 WHERE channel = 'mail'"
	nvr-store -q restore --yes "$BATS_TEST_TMPDIR/backup"
	[ "$(nvr-account contact list --operator | cut -f 1-8)" = \
	    "$(cut -f 1-8 <<<"$contacts")" ]
	[ "$(db 'SELECT COUNT(*) FROM contact WHERE unsubscribed_at = 1')" = 1 ]
	run -0 nvr-notify
	[ "$(count)" = 4 ]
}

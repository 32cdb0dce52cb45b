#!/usr/bin/env bats
# nvr-store, and the ways a store can be in trouble.

setup() {
	load ../lib/helpers.bash
	use_store
}

teardown() {
	drop_disk
}

@test "init makes a store with keys that only the owner reads" {
	run -0 nvr-store init
	has age1
	[ "$(stat -c %a "$D" "$D/keys" "$D/keys/box.age" "$D/keys/master" "$D/nvr.db" | xargs)" = "700 700 400 400 600" ]
	grep -q '^AGE-SECRET-KEY-1' "$D/keys/box.age"
	[ "$(stat -c %s "$D/keys/master")" = 32 ]
}

@test "the box key is one that age-keygen reads" {
	run -0 nvr-store init
	[ "$(age-keygen -y "$D/keys/box.age")" = "$(cut -f2 <<<"$output")" ]
}

@test "init of a store that is there keeps it and its keys" {
	nvr-store init
	before=$(sha256sum "$D"/keys/*)
	run -0 nvr-store init
	has "already"
	[ "$before" = "$(sha256sum "$D"/keys/*)" ]
}

@test "the first use makes the store and says so" {
	run -0 nvr-camera list
	has "made a store in '$D'"
	run -0 nvr-camera list
	[ -z "$output" ]
}

@test "many inits at once make one store" {
	for i in $(seq 8); do
		nvr-store init >"$BATS_TEST_TMPDIR/out.$i" 2>/dev/null &
	done
	wait
	[ "$(cut -f2 "$BATS_TEST_TMPDIR"/out.* | sort -u | wc -l)" = 1 ]
	[ "$(cut -f3 "$BATS_TEST_TMPDIR"/out.* | grep -c yes)" = 1 ]
	run -0 nvr-store check
}

@test "an init that was killed anywhere is completed by the next" {
	strace -o /dev/null true 2>/dev/null || skip "strace cannot trace here"
	for n in 2 5 9 14; do
		D=$BATS_TEST_TMPDIR/killed.$n
		strace -f -o /dev/null -e inject=fsync,fdatasync:signal=KILL:when=$n \
		    nvr-store -d "$D" init >/dev/null 2>&1 || true
		run -0 --separate-stderr nvr-store init
		run -0 nvr-store check
	done
}

@test "check has nothing to say against a new store" {
	nvr-store init
	run -0 nvr-store check
	hasnt trouble
	has "integrity"
	run -0 --separate-stderr nvr-store check --json
	jq -se 'all(.result != "trouble") and (map(.check) | index("clock"))' <<<"$output"
}

@test "check says that there is no store, and what to do" {
	run -1 nvr-store check
	has "nvr-store init"
}

@test "a key that others can read is refused, by check and in use" {
	nvr-store init
	chmod 644 "$D/keys/box.age"
	run -1 nvr-store check
	has "open to others"
	has "chmod 400"
	echo secret | run -77 nvr-camera add gate rtsp://127.0.0.1/x --user u --password-file -
	has "chmod 400"
}

@test "a lost key is told by name and never made anew" {
	nvr-store init
	rm "$D/keys/box.age"
	run -1 nvr-store check
	has "box.age"
	run -0 nvr-camera list
	run -66 nvr-camera add gate rtsp://127.0.0.1/x
	[ ! -e "$D/keys/box.age" ]
}

@test "a store from a newer release is refused" {
	nvr-store init
	sqlite3 "$D/nvr.db" "INSERT INTO migration VALUES (999, '$(printf 'a%.0s' {1..64})', 1)"
	run -78 nvr-camera list
	has "install the newer release"
	run -1 nvr-store check
	has "999"
}

@test "a store with another history of its schema is refused" {
	nvr-store init
	sqlite3 "$D/nvr.db" "UPDATE migration SET sha256 = '$(printf 'b%.0s' {1..64})'"
	run -78 nvr-camera list
	has "another schema"
}

@test "a damaged store is refused with a way out" {
	nvr-store init
	dd if=/dev/urandom of="$D/nvr.db" bs=4096 seek=1 count=6 conv=notrunc status=none
	run -1 nvr-store check
	has "damaged"
	has "backup"
	head -c 4096 /dev/urandom >"$D/nvr.db"
	rm -f "$D"/nvr.db-*
	run -65 nvr-camera list
	has "damaged"
}

@test "a store that another program holds is waited for, then told" {
	nvr-store init
	mkfifo "$BATS_TEST_TMPDIR/hold"
	sqlite3 "$D/nvr.db" <"$BATS_TEST_TMPDIR/hold" &
	exec 9>"$BATS_TEST_TMPDIR/hold"
	echo "BEGIN IMMEDIATE; SELECT 'held';" >&9
	for _ in $(seq 100); do
		sqlite3 "$D/nvr.db" 'BEGIN IMMEDIATE' 2>/dev/null || break
		sleep 0.02
	done
	run -75 nvr-camera add gate rtsp://127.0.0.1/x
	has "locked by another program"
	echo "ROLLBACK;" >&9
	exec 9>&-
	wait
	run -0 nvr-camera add gate rtsp://127.0.0.1/x
}

@test "a store on a read-only disk can be read, and says why it is not written" {
	small_disk 4096
	D=$BATS_TEST_TMPDIR/disk/store
	nvr-camera add gate rtsp://127.0.0.1/x
	mount -o remount,ro "$BATS_TEST_TMPDIR/disk"
	run -0 nvr-camera list
	has gate
	run -77 nvr-camera add yard rtsp://127.0.0.1/y
	has "read-only"
	run -1 nvr-store check
	has "read-only"
}

@test "a full disk in the middle of a write loses nothing that was there" {
	small_disk 2400
	D=$BATS_TEST_TMPDIR/disk/store
	nvr-camera add gate rtsp://127.0.0.1/x
	dd if=/dev/zero of="$BATS_TEST_TMPDIR/disk/fill" bs=1k status=none || true
	for i in $(seq 200); do
		nvr-camera add "c$i" rtsp://127.0.0.1/x 2>"$BATS_TEST_TMPDIR/err" || break
	done
	grep -q "no space left\|No space left" "$BATS_TEST_TMPDIR/err"
	rm "$BATS_TEST_TMPDIR/disk/fill"
	run -0 nvr-camera show gate
	run -0 nvr-store check
	run -0 nvr-camera add after rtsp://127.0.0.1/x
}

@test "init on a full disk fails clearly and can be repeated" {
	small_disk 64
	D=$BATS_TEST_TMPDIR/disk/store
	run ! nvr-store init
	has "space"
	mount -o remount,size=4096k "$BATS_TEST_TMPDIR/disk"
	run -0 nvr-store init
	run -0 nvr-store check
}

@test "the media folder of another store is refused" {
	nvr-store init
	echo 00000000-0000-4000-8000-000000000000 >"$D/media/nvr-media"
	run -1 nvr-store check
	has "another store"
	rm "$D/media/nvr-media"
	run -1 nvr-store check
	has "mounted"
}

@test "an empty new store does not adopt footage that is there" {
	nvr-store init
	rm "$D"/nvr.db*
	run -73 nvr-store init
	has "belongs to another store"
}

@test "check warns when space is short and when the clock is wrong" {
	nvr-store init
	printf '[store]\nmin-free = 100T\n' >"$BATS_TEST_TMPDIR/conf"
	run -0 nvr-store -c "$BATS_TEST_TMPDIR/conf" check
	has "warning"
	has "min-free"
	[ -n "$sanitized" ] || command -v faketime >/dev/null || skip "no faketime"
	[ -z "$sanitized" ] || skip "faketime and ASan do not mix"
	run -1 faketime '2001-01-01' "$NVR_BUILD/nvr-store" -d "$D" check
	has "chrony"
}

@test "stats counts the rows of each table" {
	nvr-camera add gate rtsp://127.0.0.1/x
	run -0 nvr-store stats
	has $'camera\t1'
	run -0 nvr-store stats --json
	jq -se 'map(select(.table == "camera")) | .[0].rows == 1' <<<"$output"
}

# Every column of every table, and every index.
columns() { # FILE
	sqlite3 "$1" "SELECT m.name, p.name, p.type, p.\"notnull\", p.dflt_value, p.pk
	    FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'
	    ORDER BY 1, 2; SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY 1;
	    SELECT version, sha256 FROM migration ORDER BY 1"
}

@test "every released schema is brought up to date" {
	nvr-store init >/dev/null
	columns "$D/nvr.db" >"$BATS_TEST_TMPDIR/new"
	audits='SELECT id, camera_id, status FROM audit;
	    SELECT audit_id, label, verdict, evidence, confidence FROM finding;
	    SELECT audit_id, status FROM attempt; SELECT audit_id, sha256 FROM departure'
	for f in "$root"/tests/fixtures/store-*.sql; do
		D=$BATS_TEST_TMPDIR/$(basename "$f")
		mkdir -p "$D/keys" "$D/media"
		chmod 700 "$D" "$D/keys"
		sqlite3 "$D/nvr.db" <"$f"
		# The keys of the store that it was are gone; others do here.
		head -c 32 /dev/urandom >"$D/keys/master"
		chmod 400 "$D/keys/master"
		sqlite3 "$D/nvr.db" "DELETE FROM setting WHERE name = 'keys'"
		rows=$(sqlite3 "$D/nvr.db" "$audits")
		run -0 nvr-store migrate
		[ "$(sqlite3 "$D/nvr.db" "$audits")" = "$rows" ]
		run -0 nvr-camera list
		has "gate"
		sqlite3 "$D/nvr.db" 'PRAGMA integrity_check' | grep -qx ok
		[ -z "$(sqlite3 "$D/nvr.db" 'PRAGMA foreign_key_check')" ]
		columns "$D/nvr.db" | diff "$BATS_TEST_TMPDIR/new" -
	done
}

@test "a store is not migrated while somebody records with it" {
	mkdir -p "$D/keys" "$D/media" "$D/run"
	chmod 700 "$D" "$D/keys"
	sqlite3 "$D/nvr.db" <"$root/tests/fixtures/store-0001.sql"
	touch "$D/run/0000000000001-main"
	python3 -c 'import fcntl, sys, time
f = open(sys.argv[1], "r+")
fcntl.lockf(f, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(20)' "$D/run/0000000000001-main" >"$BATS_TEST_TMPDIR/locked" 3>&- &
	await_line "$BATS_TEST_TMPDIR/locked" locked
	run -75 nvr-store migrate
	has "cannot migrate"
	has "process $! records with it: stop that first"
	kill %1
	wait || true
	run -0 nvr-store migrate
	# What is up to date is no matter.
	run -0 nvr-store migrate
}

@test "cameras of a store without recordings are recorded with sound from then on" {
	mkdir -p "$D/keys" "$D/media"
	chmod 700 "$D" "$D/keys"
	sqlite3 "$D/nvr.db" <"$root/tests/fixtures/store-0001.sql"
	before=$(sqlite3 "$D/nvr.db" "SELECT hex(secrets), hex(identity), recipient FROM camera ORDER BY id")
	run -0 nvr-store migrate
	run -0 nvr-camera show gate --json
	jq -e '.zone == "entrance" and .record == "main" and .audio and .sub_url == null
	    and .retain_ms == null and .retain_bytes == null' <<<"$output"
	[ "$before" = "$(sqlite3 "$D/nvr.db" "SELECT hex(secrets), hex(identity), recipient FROM camera ORDER BY id")" ]
	run -0 nvr-audit list
	has gate
	for t in run segment open_segment garbage event hold access; do
		[ "$(nvr-store stats | awk -v t=$t '$1 == t { print $2 }')" = 0 ]
	done
}

@test "an unwritable folder is named" {
	touch "$BATS_TEST_TMPDIR/file"
	D=$BATS_TEST_TMPDIR/file/store
	run ! nvr-store init
	has "$BATS_TEST_TMPDIR/file"
}

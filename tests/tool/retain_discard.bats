#!/usr/bin/env bats
# Deleting files, as far as it shows in the tools; tests/unit/test_discard.c has
# the rest.

setup() {
	load ../lib/helpers.bash
	use_store
	nvr-camera add gate rtsp://192.0.2.1/s
}

sql() { sqlite3 "$D/nvr.db" "$1"; }

# garbage PATH …: they are to go since an hour.
garbage() {
	local p
	for p; do
		mkdir -p "$D/media/$(dirname "$p")"
		echo footage >"$D/media/$p"
		sql "INSERT INTO garbage (path, added_at)
		    VALUES ('media/$p', $(date -d -1hour +%s)000000)"
	done
}

@test "C18: check counts footage, and puts totals right that are not" {
	run -0 nvr-store check
	hasnt "put right"
	sql "INSERT INTO footage_sum (camera_id, stream, segments, size_bytes)
	    SELECT id, 'main', 7, 700 FROM camera"
	run -0 nvr-store check
	has "put right"
	[ "$(sql 'SELECT segments, size_bytes FROM footage_sum')" = "0|0" ]
	run -0 nvr-store check
	hasnt "put right"
}

@test "C18: one folder that cannot be deleted from stops no other" {
	garbage footage/a/x footage/b/x footage/c/x
	rm -r "$D/media/footage/b"
	mkdir "$BATS_TEST_TMPDIR/precious"
	echo precious >"$BATS_TEST_TMPDIR/precious/x"
	ln -s "$BATS_TEST_TMPDIR/precious" "$D/media/footage/b"
	run -0 nvr-retain --dry-run --only garbage --json
	jq -se 'map(select(.object != null)) | length == 3' <<<"$output"
	run nvr-retain --only garbage
	has "not followed"
	[ ! -e "$D/media/footage/a/x" ]
	[ ! -e "$D/media/footage/c/x" ]
	grep -q precious "$BATS_TEST_TMPDIR/precious/x"
	[ "$(sql 'SELECT path FROM garbage')" = media/footage/b/x ]
	rm "$D/media/footage/b"
	run -0 nvr-retain --only garbage
	[ "$(sql 'SELECT COUNT(*) FROM garbage')" = 0 ]
}

@test "C18: verify follows the media folder to another disk, and no link in it" {
	"$root/tests/lib/retain_site.py" segments "$D" gate main "$(date -d -1day +%s)" 2 >/dev/null
	mv "$D/media" "$BATS_TEST_TMPDIR/disk"
	ln -s "$BATS_TEST_TMPDIR/disk" "$D/media"
	run nvr-record verify
	hasnt unknown
	mkdir "$BATS_TEST_TMPDIR/elsewhere"
	touch "$BATS_TEST_TMPDIR/elsewhere/x" "$BATS_TEST_TMPDIR/disk/stray"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$D/media/footage/link"
	run nvr-record verify
	[ "$(grep -c unknown <<<"$output")" = 2 ]
	has media/footage/link
	has media/stray
}

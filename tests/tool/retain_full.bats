#!/usr/bin/env bats
# A disk that is full to the last byte: what can be looked at there.

setup() {
	load ../lib/helpers.bash
	small_disk 4000
	use_store "$BATS_TEST_TMPDIR/disk/store"
	C=$BATS_TEST_TMPDIR/conf
	printf '[store]\nmin-free = 0\n[retain]\nfootage = 30d\n' >"$C"
	nvr-store init >/dev/null
	nvr-camera -q add gate http://127.0.0.1:9/
	"$root/tests/lib/retain_site.py" segments "$D" gate main "$(($(date +%s) - 40 * 86400))" 3 >/dev/null
}

teardown() { drop_disk; }

fill() {
	local file=$BATS_TEST_TMPDIR/disk/filler
	dd if=/dev/zero of="$file.$1" bs=1k status=none || true
	dd if=/dev/zero of="$file.last" bs=1 status=none || true
	[ "$(df --output=avail -k "$D" | tail -n 1)" -eq 0 ]
}
files() { find "$D/media" -name '*.mp4*' | wc -l; }
reserve() { du -k "$D/.room" | cut -f 1; }

@test "C18: the plan and what is overdue can be looked at before anything goes" {
	[ "$(reserve)" = 256 ] # since the store was made
	fill 1
	run -0 nvr-retain -c "$C" -n
	[ "${#lines[@]}" = 3 ]
	run -1 nvr-retain -c "$C" verify
	has $'recordings\t3'
	run -0 nvr-retain -c "$C" forecast
	run -0 nvr-retain -c "$C" report --article30
	[ "$(reserve)" = 256 ]
	[ "$(files)" = 3 ]
	run -0 nvr-retain -c "$C"
	run -0 nvr-retain -c "$C" verify
	[ "$(files)" = 0 ]
}

@test "C18: a run by which nothing goes leaves the reserve as it was" {
	nvr-retain -q -c "$C"
	fill 1
	run -0 nvr-retain -c "$C"
	[ "$(reserve)" = 256 ]
	run -0 nvr-retain -c "$C"
	[ "$(reserve)" = 256 ]
}

@test "without a reserve there is no run, but a look; init makes one where there is room" {
	rm "$D/.room"
	fill 1
	run -74 nvr-retain -c "$C"
	has "no space left"
	run -0 nvr-retain -c "$C" -n
	[ "${#lines[@]}" = 3 ]
	truncate -s -600k "$BATS_TEST_TMPDIR/disk/filler.1"
	nvr-store -q init
	fill 2
	[ "$(reserve)" = 256 ]
	run -0 nvr-retain -c "$C"
	has recordings
}

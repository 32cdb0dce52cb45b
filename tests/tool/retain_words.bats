#!/usr/bin/env bats
# What is said where a store, a folder or a camera is not to be had.

setup() {
	load ../lib/helpers.bash
	use_store
	nvr-store init >/dev/null
	nvr-camera -q add own rtsp://192.0.2.7/s
}

teardown() { chmod -R u+rwX "$BATS_TEST_TMPDIR"; }

sql() { sqlite3 "$D/nvr.db" "$1"; }
segments() {
	"$root/tests/lib/retain_site.py" segments "$D" "$1" main "$(($(date +%s) - $2 * 86400))" "$3" >/dev/null
}

# Who may not read what root may.
as_nobody() {
	[ "$(id -u)" = 0 ] || { "$@" && return; }
	chmod 755 "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")" "$BATS_TEST_TMPDIR"
	setpriv --reuid 65534 --clear-groups "$@"
}

@test "a store that may not be opened is 77, and none 66" {
	[ "$(id -u)" = 0 ] || skip "needs another user"
	chown -R 65534 "$D"
	chmod 000 "$D/nvr.db"
	run -77 as_nobody "$NVR_BUILD/nvr-retain" -d "$D" verify
	has "cannot open the store '$D/nvr.db': Permission denied"
	hasnt "init"
	run -77 as_nobody "$NVR_BUILD/nvr-camera" -d "$D" list
	run -66 "$NVR_BUILD/nvr-retain" -d "$BATS_TEST_TMPDIR/none"
	has "nvr-store init"
}

@test "C18: a media folder that may not be read is named, and not said to be gone" {
	[ "$(id -u)" = 0 ] || skip "needs another user"
	chown -R 65534 "$D"
	chmod 000 "$D/media"
	run -69 as_nobody "$NVR_BUILD/nvr-retain" -d "$D"
	has "'$D/media/nvr-media': Permission denied"
	hasnt mounted
	# What has no files is not in its way.
	run -0 as_nobody "$NVR_BUILD/nvr-retain" -d "$D" --only audits
	mv "$D/media" "$D/gone"
	run -69 nvr-retain
	has "is its disk mounted?"
	run -0 nvr-retain --only audits
}

@test "a store without a name is refused, and not the root's folder" {
	for c in "retain verify" "camera list" "store init"; do
		run -64 "$NVR_BUILD/nvr-${c% *}" -d '' "${c#* }"
		has "--store"
		run -64 "$NVR_BUILD/nvr-${c% *}" --store= "${c#* }"
	done
}

@test "C18: --camera means the camera of that name; an id a removed one of it" {
	old=$(nvr-camera show own --json | jq -r .id)
	segments own 3 2
	nvr-camera -q set own --retain 2d
	nvr-camera -q remove own
	nvr-camera -q add own rtsp://192.0.2.7/s --retain 2d
	segments own 3 1
	[ "$(nvr-camera list --removed --json | jq -r .id)" = "$old" ]
	[ "$(nvr-retain -n --camera own | wc -l)" = 1 ]
	[ "$(nvr-retain -n --camera "$old" | wc -l)" = 2 ]
	run -0 nvr-retain --camera "$old"
	[ "$(sql 'SELECT COUNT(*) FROM segment')" = 1 ]
}

@test "nothing to record: is there no camera, or is none to be recorded?" {
	nvr-camera -q set own --record none
	run -66 nvr-record --all
	has "no camera is to be recorded; 'nvr-camera set NAME --record main'"
	nvr-camera -q remove own
	run -66 nvr-record --all
	has "there is no camera to record; 'nvr-camera add NAME URL'"
}

@test "nvr-record verify: what is less than a megabyte is not nothing" {
	segments own 1 3
	run nvr-record verify
	has "3 segments, 3 KB,"
}

@test "the help of nvr-retain says what its page does" {
	run -0 nvr-retain -h
	has "nvr-retain report --article30"
	run -0 nvr-retain -h
	has "a line for each thing that went"
	hasnt "much more"
	run -0 nvr-retain verify --json
	[ "$(jq -r '[.kind, .objects, .size_bytes, .oldest, .failed, .promise] | map(. // "") | @tsv' <<<"$output" | sort)" = "$(nvr-retain verify | sort)" ]
}

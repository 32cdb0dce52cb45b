#!/usr/bin/env bats
# nvr-retain and everything that can go wrong: what is not this store's is not
# touched, no link is followed, what fails is told and done the next time.
# shellcheck disable=SC2034 # rec: see record.bash

setup() {
	load ../lib/helpers.bash
	load ../lib/record.bash
	use_store
	C=$BATS_TEST_TMPDIR/conf
	log=$BATS_TEST_TMPDIR/record.log
	rec=
	settings '[retain]' 'footage = 1d' 'grace = 0s'
}

teardown() {
	stop_record
	chmod -R u+rwX "$BATS_TEST_TMPDIR" 2>/dev/null || true
	drop_disk
}

nvr-retain() { command nvr-retain -d "$D" -c "$C" "$@"; }
most=(--yes-delete-most 1000000)

sql() { sqlite3 -cmd '.timeout 20000' "$D/nvr.db" "$@"; }
count() { sql "SELECT COUNT(*) FROM $1"; }
files() { find "$D/media" -name '*.age' | wc -l; }

# old N [NAME]: so many segments of two days ago, a minute apart; their files.
old() {
	"$root/tests/lib/retain_site.py" segments "$D" "${2:-gate}" main \
	    "$(($(date +%s) - 2 * 86400))" "$1" 60 "${3:-1000}"
}

# A camera with N old segments and one of now; their files in $footage.
gate() {
	nvr-store init >/dev/null
	nvr-camera add gate rtsp://127.0.0.1/
	mapfile -t footage < <(old "$1")
	"$root/tests/lib/retain_site.py" segments "$D" gate main "$(($(date +%s) - 120))" 1 >/dev/null
}

all_is_well() {
	[ "$(count segment) $(files) $(count garbage)" = '1 1 0' ]
	run -0 nvr-retain verify
}

untouched() { # N
	[ "$(count segment)" = "$1" ]
	[ "$(files)" = "$1" ]
	[ "$(count garbage)" = 0 ]
}

@test "C18: a media folder of another store is not touched" {
	gate 5
	echo 01234567-89ab-cdef-0123-456789abcdef >"$D/media/nvr-media"
	run -69 nvr-retain "${most[@]}"
	has "another store"
	run -69 nvr-retain --dry-run
	run -69 nvr-retain verify
	untouched 6
}

@test "C18: media that are not mounted are missed, not deleted" {
	gate 5
	mv "$D/media" "$D/elsewhere"
	mkdir "$D/media"
	run -69 nvr-retain "${most[@]}"
	has media
	[ "$(count segment)" = 6 ]
	rmdir "$D/media"
	run -69 nvr-retain "${most[@]}"
	[ "$(count segment)" = 6 ]
	# The folder itself may be a link.
	ln -s elsewhere "$D/media"
	run -0 nvr-retain "${most[@]}"
	[ "$(count segment) $(find "$D/elsewhere" -name '*.age' | wc -l)" = '1 1' ]
}

@test "C18: an empty new store beside old footage deletes nothing of it" {
	gate 5
	rm "$D"/nvr.db*
	run -66 nvr-retain "${most[@]}"
	run -73 nvr-store init
	has "another store"
	run -66 nvr-retain "${most[@]}"
	[ "$(files)" = 6 ]
	# Nor one that has taken the folder's name for its own.
	rm -rf "$D/keys" "$D"/nvr.db*
	mv "$D/media" "$BATS_TEST_TMPDIR/media"
	nvr-store init >/dev/null
	cp "$D/media/nvr-media" "$BATS_TEST_TMPDIR/media/"
	rm -r "${D:?}/media"
	mv "$BATS_TEST_TMPDIR/media" "$D/media"
	run -0 nvr-retain "${most[@]}"
	[ "$(files)" = 6 ]
}

@test "a file that somebody holds open goes, and is read to its end" {
	gate 3
	printf kept >"${footage[0]}"
	exec 5<"${footage[0]}"
	run -0 nvr-retain "${most[@]}"
	[ "$(cat <&5)" = kept ]
	exec 5<&-
	all_is_well
}

@test "a file that is gone, and one that is a folder: the row goes, the rest as well" {
	gate 5
	rm "${footage[1]}"
	run -0 nvr-retain "${most[@]}"
	all_is_well
	mapfile -t footage < <(old 3)
	rm "${footage[0]}"
	mkdir "${footage[0]}"
	touch "${footage[0]}/of-somebody"
	run -74 nvr-retain "${most[@]}"
	has "${footage[0]##*/}"
	[ -e "${footage[0]}/of-somebody" ]
	[ ! -e "${footage[1]}" ]
	[ ! -e "${footage[2]}" ]
	rm -r "${footage[0]}"
	run -0 nvr-retain
	all_is_well
}

@test "a file that is a link: the link goes, and not what it leads to" {
	gate 3
	echo mine >"$BATS_TEST_TMPDIR/mine"
	rm "${footage[0]}"
	ln -s "$BATS_TEST_TMPDIR/mine" "${footage[0]}"
	run nvr-retain "${most[@]}"
	[ "$(cat "$BATS_TEST_TMPDIR/mine")" = mine ]
	[ ! -L "${footage[0]}" ]
	all_is_well
}

@test "links in place of the files that it locks: nothing is written where they lead" {
	local name
	gate 3
	nvr-retain --only audits
	for name in .retain .room; do
		echo mine >"$BATS_TEST_TMPDIR/mine"
		rm "$D/$name"
		ln -s "$BATS_TEST_TMPDIR/mine" "$D/$name"
		run nvr-retain "${most[@]}"
		[ "$(cat "$BATS_TEST_TMPDIR/mine")" = mine ]
		# A name of a file elsewhere.
		rm "$D/$name"
		ln "$BATS_TEST_TMPDIR/mine" "$D/$name"
		run nvr-retain "${most[@]}"
		[ "$(cat "$BATS_TEST_TMPDIR/mine")" = mine ]
		rm "$D/$name" "$BATS_TEST_TMPDIR/mine"
		ln -s "$BATS_TEST_TMPDIR/mine" "$D/$name"
		run nvr-retain "${most[@]}"
		[ ! -e "$BATS_TEST_TMPDIR/mine" ]
		[ "$status" = 65 ]
		has "$D/$name' is a link"
		rm "$D/$name"
		[ "$name" != .retain ] || [ "$(count segment)" = 4 ]
	done
	run -0 nvr-retain "${most[@]}"
	all_is_well
}

@test "a folder that is a link is not followed: of a day, a stream, a camera" {
	local level dir
	for level in 1 2 3; do
		rm -rf "$D"
		gate 3
		dir=${footage[0]}
		for _ in $(seq $level); do
			dir=${dir%/*}
		done
		mv "$dir" "$BATS_TEST_TMPDIR/elsewhere$level"
		ln -s "$BATS_TEST_TMPDIR/elsewhere$level" "$dir"
		before=$(find "$BATS_TEST_TMPDIR/elsewhere$level" -type f | wc -l)
		run -74 nvr-retain "${most[@]}"
		has "${dir##*/}"
		has "not followed"
		[ "$(find "$BATS_TEST_TMPDIR/elsewhere$level" -type f | wc -l)" = "$before" ]
		# Put right, the next run deletes them.
		rm "$dir"
		mv "$BATS_TEST_TMPDIR/elsewhere$level" "$dir"
		run -0 nvr-retain "${most[@]}"
		all_is_well
	done
}

@test "a path of the store that leads out of the media folder is not followed" {
	gate 3
	echo mine >"$D/mine"
	mkdir -p "$D/media/stills"
	for path in ../mine media/../mine media/stills/../../mine /etc/hostname media/nvr-media \
	    nvr.db media keys/master ''; do
		sql "INSERT INTO garbage (path, added_at) VALUES ('$path', 1)"
	done
	run nvr-retain "${most[@]}"
	[ -e "$D/mine" ]
	[ -e /etc/hostname ]
	[ -e "$D/media/nvr-media" ]
	[ -e "$D/nvr.db" ]
	[ -e "$D/keys/master" ]
	[ "$(files)" = 1 ]
}

@test "a folder without permission is told of, the rest goes, the next run does it" {
	[ "$(id -u)" = 0 ] && command -v setpriv >/dev/null || skip "needs root, to be somebody else"
	gate 4
	mapfile -t more < <("$root/tests/lib/retain_site.py" segments "$D" gate sub \
	    "$(($(date +%s) - 3 * 86400))" 3)
	chown -R 65534:65534 "$D"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")"
	chmod 500 "${footage[0]%/*}"
	local somebody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	run "${somebody[@]}" "$NVR_BUILD/nvr-retain" -d "$D" -c "$C" "${most[@]}"
	[ "$status" != 126 ] || skip "nobody else can run what is built here"
	[ "$status" = 74 ]
	has denied
	[ -e "${footage[0]}" ]
	[ ! -e "${more[0]}" ]
	[ ! -e "${more[2]}" ]
	run -1 "${somebody[@]}" "$NVR_BUILD/nvr-retain" -d "$D" -c "$C" verify
	chmod 700 "${footage[0]%/*}"
	run -0 "${somebody[@]}" "$NVR_BUILD/nvr-retain" -d "$D" -c "$C"
	chown -R 0:0 "$D"
	all_is_well
}

@test "two runs at once: one says who is at it, and nothing goes twice" {
	gate 50
	nvr-retain verify || true
	touch "$D/.retain"
	exec 5<>"$D/.retain"
	flock -n 5
	echo 4711 >&5
	run -75 nvr-retain "${most[@]}"
	has 4711
	untouched 51
	# To look is free.
	run -0 nvr-retain --dry-run
	[ "${#lines[@]}" -ge 50 ]
	exec 5>&-
	nvr-retain "${most[@]}" >"$BATS_TEST_TMPDIR/a" 2>&1 &
	one=$!
	run nvr-retain "${most[@]}"
	[ "$status" = 0 ] || [ "$status" = 75 ]
	wait $one || [ $? = 75 ]
	nvr-retain "${most[@]}"
	all_is_well
}

@test "kill -9 at any moment: the next run finishes" {
	gate 1200
	for i in $(seq 12); do
		command nvr-retain -d "$D" -c "$C" "${most[@]}" >/dev/null 2>&1 &
		pid=$!
		sleep "0.0$((RANDOM % 8 + 1))"
		kill -KILL $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		# No row without its file, and no file that nothing knows of.
		[ "$(files)" -le "$(($(count segment) + $(count garbage)))" ]
		[ "$(files)" -ge "$(count segment)" ]
	done
	run -0 nvr-retain "${most[@]}"
	all_is_well
}

@test "C18: a disk that is full to the last byte is made room on" {
	small_disk 6000
	D=$BATS_TEST_TMPDIR/disk/store
	gate 3
	nvr-retain "${most[@]}" # which sets a reserve aside
	for file in $(old 20 gate 100000); do
		dd if=/dev/zero of="$file" bs=100k count=1 status=none
	done
	dd if=/dev/zero of="$BATS_TEST_TMPDIR/disk/filler" bs=1k status=none || true
	dd if=/dev/zero of="$BATS_TEST_TMPDIR/disk/last" bs=1 status=none || true
	[ "$(df --output=avail -k "$D" | tail -n 1)" -lt 4 ]
	run -0 nvr-retain "${most[@]}"
	all_is_well
	[ "$(df --output=avail -k "$D" | tail -n 1)" -ge 1900 ]
	# And so it would be the next time.
	[ "$(du -k "$D/.room" | cut -f 1)" -ge 256 ]
}

@test "nvr-record loses no packet and waits for nothing while thousands of segments go" {
	[ -z "$sanitized" ] || skip "it is about time"
	gate 1
	nvr-retain "${most[@]}"
	start_flood
	for c in a b c; do
		add $c
	done
	start_record --all
	await segment 3
	for _ in 1 2 3; do
		old 1400 >/dev/null
		run -0 nvr-retain "${most[@]}"
	done
	[ "$(sql "SELECT COUNT(*) FROM segment WHERE camera_id = (SELECT id FROM camera WHERE name = 'gate')")" = 1 ]
	await segment 9
	stop_record
	stop_cameras
	# Not one frame is missing, and no run but the first began.
	[ "$(sql 'SELECT COUNT(*) FROM run r JOIN camera c ON c.id = r.camera_id WHERE c.name <> '"'gate'")" = 3 ]
	for c in a b c; do
		files=()
		while read -r file; do
			files+=("$(opened "$file" "$c")")
		done < <(files_of "$c")
		run -0 "$root/tests/camera/counter" --gaps "${files[@]}"
		[ "${#lines[@]}" = 0 ]
	done
	! grep -i -e 'missing' -e 'lost' -e 'busy' "$log.err"
}

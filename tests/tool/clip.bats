#!/usr/bin/env bats
# nvr-clip, and nvr-snap out of the recording: one film with numbered frames is
# recorded, 25 a second, a key frame every two seconds: 7 s, a hole, and on.

setup_file() {
	load ../lib/helpers.bash
	cd "$BATS_FILE_TMPDIR" || return
	printf '[record]\nsegment = 3s\nflush = 1s\n' >nvr.conf
	"$root/tests/bench/footage" film.mp4 320x240 25 400 60
	"$NVR_BUILD/tests/flood" --pass film.mp4 >flood.log 2>&1 3>&- &
	echo $! >flood.pid
	await_line flood.log '^ready'
	url=$(sed -n 's/^ready //p' flood.log)
	use_store "$BATS_FILE_TMPDIR/store"
	for c in gate yard; do nvr-camera -q add $c "$url$c"; done
	timeout 60 "$NVR_BUILD/nvr-record" -d store -c nvr.conf --all --duration 7s >one.log 2>&1
	sleep 2 # the hole
	timeout 300 "$NVR_BUILD/nvr-record" -d store -c nvr.conf --all \
	    >two.log 2>&1 3>&- &
	echo $! >record.pid
	for _ in 1 2; do
		n=$(grep -c 'segment' two.log || true)
		until [ "$(grep -c segment two.log || true)" -ge $((n + 2)) ]; do
			sleep 0.2
		done
	done
	# One from the second frame of the first segment on, over the hole.
	nvr-record list gate >list || true
	since=$(awk '$3 == "segment" { print $1; exit }' list)
	hole=$(awk '$3 == "gap" { print $1 }' list)
	mend=$(awk '$3 == "gap" { print $2 }' list)
	printf 'since=%s\nhole=%s\nmend=%s\n' "$since" "$hole" "$mend" >moments
}

teardown_file() {
	cd "$BATS_FILE_TMPDIR" || return
	kill "$(cat record.pid)" 2>/dev/null || true
	for _ in $(seq 100); do
		kill -0 "$(cat record.pid)" 2>/dev/null || break
		sleep 0.1
	done
	kill "$(cat flood.pid)" 2>/dev/null || true
}

setup() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/store"
	. "$BATS_FILE_TMPDIR/moments"
	cd "$BATS_TEST_TMPDIR" || return
	counter=$root/tests/camera/counter
}

# plus TIME SECONDS: in RFC 3339 with milliseconds
plus() {
	python3 - "$1" "$2" <<-'EOF2'
	import sys, datetime as d
	t = d.datetime.fromisoformat(sys.argv[1].replace('Z', '+00:00'))
	t += d.timedelta(seconds=float(sys.argv[2]))
	print(t.strftime('%Y-%m-%dT%H:%M:%S.') + '%03dZ' % (t.microsecond // 1000))
	EOF2
}

copy_store() { # which is being recorded to: a file of it may go meanwhile
	cp -a "$BATS_FILE_TMPDIR/store" copy || [ -d copy/media ]
	rm -f copy/nvr.db*
	sqlite3 "$BATS_FILE_TMPDIR/store/nvr.db" '.backup copy/nvr.db'
}

shown() { # FILE: the numbers of the frames that a player shows
	"$counter" "$1" | awk '{ print $2 }'
}

@test "a clip begins with the frame that is due, and lacks none" {
	nvr-clip gate --since "$(plus "$since" 1.5)" \
	    --until "$(plus "$since" 5.5)" >x.mp4
	shown x.mp4 >is
	first=$(nvr-snap gate --at "$(plus "$since" 1.5)" --exact -o a.jpg &&
	    shown a.jpg)
	[ "$(head -n 1 is)" = "$first" ]
	seq "$first" $((first + 99)) >want
	head -n 100 is | diff want -
	[ "$(wc -l <is)" -le 101 ]
	run -0 ffprobe -v error -show_entries format=duration -of csv=p=0 x.mp4
	[[ $output == 4.0* ]] || [[ $output == 3.99* ]]
}

@test "a clip is whole for players: moov first, no errors, sound beside picture" {
	nvr-clip gate --since "$(plus "$since" 0.5)" \
	    --until "$(plus "$since" 6)" -o x.mp4
	run -0 ffmpeg -v error -i x.mp4 -f null -
	[ -z "$output" ]
	[ "$(dd if=x.mp4 bs=1 skip=4 count=4 2>/dev/null)" = ftyp ]
	at=$(grep -abo moov x.mp4 | head -n 1 | cut -d: -f1)
	[ "$at" -lt 64 ]
	ffprobe -v error -show_entries stream=codec_type,start_time,duration \
	    -of csv=p=0 x.mp4 >is
	python3 - <<-'EOF2'
	rows = [l.strip().split(',') for l in open('is')]
	v, a = [[float(x) for x in r[1:3]] for r in sorted(rows, reverse=True)]
	assert abs(v[0] - a[0]) < 0.05, rows
	assert abs(v[1] - a[1]) < 0.1, rows
	EOF2
	run -0 ffprobe -v error -show_entries format_tags -of compact x.mp4
	has title=gate
	has encoder=nvr-clip
	has creation_time=20
}

@test "--key-frames begins on the key frame before, with nothing hidden" {
	nvr-clip gate --since "$(plus "$since" 1.5)" \
	    --until "$(plus "$since" 3)" --key-frames -o x.mp4
	nvr-clip gate --since "$(plus "$since" 1.5)" \
	    --until "$(plus "$since" 3)" -o y.mp4
	[ "$(shown x.mp4 | head -n 1)" -lt "$(shown y.mp4 | head -n 1)" ]
	ffprobe -v error -show_entries packet=flags -select_streams v \
	    -of csv=p=0 x.mp4 | head -n 1 | grep -q K
}

@test "a hole is reported, costs exit 1, and the clip holds the rest" {
	run -1 --separate-stderr nvr-clip gate --since "$(plus "$hole" -2)" \
	    --until "$(plus "$mend" 2)" -o x.mp4 --json
	[[ $stderr == *"there is no footage from $hole to $mend"* ]]
	[ "$(jq -r .complete <<<"$output")" = false ]
	[ "$(jq -r '.gaps | length' <<<"$output")" = 1 ]
	[ "$(jq -r '.gaps[0].start_at' <<<"$output")" = "$hole" ]
	run -0 ffmpeg -v error -i x.mp4 -f null -
	[ -z "$output" ]
	[ "$(shown x.mp4 | wc -l)" -ge 95 ]
	run -0 "$counter" --gaps x.mp4
	[ "${#lines[@]}" = 1 ]
}

@test "what is being recorded right now is part of it" {
	run -0 nvr-clip gate --since 6s -o x.mp4
	[ "$(shown x.mp4 | wc -l)" -ge 75 ]
	run -0 "$counter" --gaps x.mp4
	[ -z "$output" ]
}

@test "several cameras go to a folder, or into the name" {
	nvr-clip gate yard --since "$(plus "$since" 1)" \
	    --until "$(plus "$since" 2)" -o out/ --json >lines
	[ "$(jq -r .camera lines | tr '\n' ' ')" = "gate yard " ]
	for f in $(jq -r .path lines); do ffprobe -v error "$f"; done
	nvr-clip gate --since "$(plus "$since" 1)" --until "$(plus "$since" 2)" -o out
	run -64 nvr-clip gate --since 1h -o ''
	nvr-clip gate yard --since "$(plus "$since" 1)" \
	    --until "$(plus "$since" 2)" -o 'out/%c.mp4'
	[ -s out/gate.mp4 ] && [ -s out/yard.mp4 ]
	run -64 nvr-clip gate yard --since 1h -o one.mp4
	has 'several cameras need'
	run -64 nvr-clip gate yard --since 1h
}

@test "--verify reads it back" {
	run -0 nvr-clip gate --since "$(plus "$since" 1)" \
	    --until "$(plus "$since" 5)" -o x.mp4 --verify
	has 'as they should be'
	run -64 bash -c "'$NVR_BUILD/nvr-clip' -d '$D' gate --since 1h --verify | cat; exit \${PIPESTATUS[0]}"
	has 'need -o FILE'
}

@test "bad requests are named" {
	run -66 nvr-clip gaet --since 1h -o x.mp4
	has "did you mean 'gate'"
	run -64 nvr-clip gate -o x.mp4
	has --since
	run -64 nvr-clip gate --since 1h --until 2h -o x.mp4
	has 'after --since'
	run -64 nvr-clip gate --since 1h --stream both -o x.mp4
	has 'main or sub'
	run -66 nvr-clip gate --since 10d --until 9d -o x.mp4
	has 'there is no footage of that time'
	[ ! -e x.mp4 ] && [ ! -e x.mp4.part ]
	run ! nvr-clip gate --since 30s -o /nonexistent/x.mp4
	has /nonexistent
}

@test "a full disk leaves no half clip" {
	small_disk 64
	run -74 nvr-clip gate --since "$(plus "$since" 0.1)" \
	    --until "$(plus "$since" 6)" -o disk/x.mp4
	run -0 ls -A disk
	drop_disk
	[ -z "$output" ]
	run -74 bash -c "'$NVR_BUILD/nvr-clip' -d '$D' gate --since $since --until $(plus "$since" 3) >/dev/full"
}

@test "a clip goes into a device or a pipe as it is, and follows a link" {
	range="--since $since --until $(plus "$since" 2)"
	mknod null c 1 3 2>/dev/null || skip "no devices here"
	# shellcheck disable=SC2086
	nvr-clip gate $range -o null
	[ -c null ]
	mkfifo pipe
	# shellcheck disable=SC2086
	nvr-clip gate $range -o pipe 3>&- &
	ffprobe -v error pipe
	wait $!
	echo old >victim
	chmod 644 victim
	ln -s victim link
	# shellcheck disable=SC2086
	nvr-clip gate $range -o link
	[ -L link ]
	ffprobe -v error victim
	[ "$(stat -c %a victim)" = 600 ]
}

@test "a signal leaves neither a half clip nor a still that goes on" {
	timeout -s INT 1 "$NVR_BUILD/nvr-snap" -d "$D" gate --since 100000d \
	    --every 1s -o x.jpg 2>/dev/null || true
	mkfifo pipe
	"$NVR_BUILD/nvr-clip" -d "$D" gate --since "$since" -o pipe 3>&- &
	sleep 0.3
	kill -INT $!
	run wait $!
	run ! compgen -G '*.mp4*'
}

@test "C12: who took which stretch of which camera is on record" {
	nvr-clip gate --since "$since" --until "$(plus "$since" 1)" -o mine.mp4
	nvr-snap gate --at "$(plus "$since" 1)" -o mine.jpg
	run -0 sqlite3 "$D/nvr.db" "SELECT who, action, camera_name, since,
	    until, detail FROM access WHERE detail LIKE 'mine%' ORDER BY at"
	[[ ${lines[0]} == "$(id -un)|clip|gate|"*"|mine.mp4" ]]
	[[ ${lines[1]} == "$(id -un)|still|gate|"*"|mine.jpg" ]]
}

@test "a damaged segment is left out and said" {
	copy_store
	rm -rf copy/run
	f=$(find copy -name '*.age' | sort | sed -n 2p)
	printf X | dd of="$f" bs=1 seek=300 conv=notrunc status=none
	run -1 command nvr-clip -d copy gate --since "$(plus "$since" 1)" \
	    --until "$(plus "$since" 6.5)" -o x.mp4
	has 'is left out'
	run -0 ffmpeg -v error -i x.mp4 -f null -
	[ -z "$output" ]
}

@test "another resolution goes on in the clip, another codec in another file" {
	use_store "$BATS_TEST_TMPDIR/own"
	before=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	conf=$BATS_FILE_TMPDIR/nvr.conf
	for v in 'small libx264 320x240' 'large libx264 640x480' \
	    'other libx265 320x240'; do
		read -r name codec size <<<"$v"
		ffmpeg -v error -f lavfi -i "testsrc2=s=$size:r=10:d=4" \
		    -c:v "$codec" -g 10 -x265-params log-level=none -y "$name.mp4"
	done
	nvr-camera -q add gate "file://$PWD/small.mp4"
	for v in small large other; do
		nvr-camera -q set gate --url "file://$PWD/$v.mp4"
		nvr-record -q -c "$conf" --duration 3s gate >/dev/null
	done
	run -0 nvr-clip gate --since "$before" -o x.mp4 --verify
	has 'another codec from'
	set -- x*.mp4
	[ "$*" = 'x-2.mp4 x.mp4' ]
	for f in x.mp4 x-2.mp4; do
		ffmpeg -v error -i $f -fps_mode passthrough \
		    -enc_time_base 1:90000 -f null - 2>&1 | tee said
		[ ! -s said ]
	done
	run -0 ffprobe -v error -show_entries frame=width -of csv=p=0 x.mp4
	[ "$(grep -Eo '[0-9]+' <<<"$output" | sort -u | tr '\n' ' ')" = '320 640 ' ]
	run -0 ffprobe -v error -show_entries stream=codec_name -of csv=p=0 x-2.mp4
	[ "$output" = hevc ]
	run -1 bash -c "'$NVR_BUILD/nvr-clip' -d '$D' gate --since $before >/dev/null"
	has 'cannot follow in the same clip'
}

@test "a camera whose identity is elsewhere gives no clip, and says why" {
	copy_store
	sqlite3 copy/nvr.db "UPDATE camera SET identity = NULL"
	run -66 command nvr-clip -d copy gate --since "$since" \
	    --until "$(plus "$since" 3)" -o x.mp4
	has 'kept elsewhere'
}

@test "snap: the recording in progress gives the still, and old ones do not" {
	nvr-snap gate -o auto.jpg --json >auto
	nvr-snap gate --from live -o live.jpg
	nvr-snap gate --from recording -o rec.jpg
	a=$(shown auto.jpg) l=$(shown live.jpg)
	[ $((l - a)) -ge 0 ] && [ $((l - a)) -lt 150 ]
	run -1 nvr-snap gate --from recording --max-age 1ms -o x.jpg
	has ' old'
	nvr-snap gate --max-age 1ms -o fallback.jpg
	[ $(($(shown fallback.jpg) - l)) -ge 0 ]
}

@test "snap: --from recording of a camera that is not recorded" {
	nvr-camera -q add still "$(sed -n 's/^ready //p' \
	    "$BATS_FILE_TMPDIR/flood.log")still" || true
	run -1 nvr-snap still --from recording -o x.jpg
	has 'not being recorded'
	run -0 nvr-snap still -o x.jpg
	nvr-camera -q remove still
}

@test "snap: --at takes the key frame before, --exact the very frame" {
	at=$(plus "$since" 2.5)
	nvr-snap gate --at "$at" -o key.jpg --json >key
	nvr-snap gate --at "$at" --exact -o exact.jpg --json >exact
	k=$(shown key.jpg) e=$(shown exact.jpg)
	[ "$k" -le "$e" ] && [ $((e - k)) -lt 51 ]
	taken=$(jq -r .taken_at exact)
	[[ $taken > $(plus "$at" -0.045) ]]
	[[ ! $taken > $at ]]
}

@test "snap: --since --every gives a still for each step" {
	run -0 nvr-snap gate --since "$(plus "$since" 1)" \
	    --until "$(plus "$since" 6)" --every 1s --json -o '%c-%Y%m%dT%H%M%SZ.jpg'
	[ "${#lines[@]}" = 5 ]
	set -- gate-*.jpg
	[ $# -ge 3 ]
	nvr-snap gate yard --since "$(plus "$since" 1)" \
	    --until "$(plus "$since" 4)" --every 1s >all.jpgs
	run -0 nvr-audit --no-learn --json - <all.jpgs
	[ "${#lines[@]}" = 6 ]
}

@test "snap: a moment without footage is an answer, and names the nearest" {
	run -1 nvr-snap gate --at "$(plus "$hole" 0.5)" -o x.jpg
	has 'there is no footage of'
	has 'but until'
	[ ! -e x.jpg ]
	run -1 nvr-snap gate --since "$(plus "$hole" -2)" \
	    --until "$(plus "$mend" 2)" --every 500ms -o '%c.jpg'
	has 'there is no footage of'
	[ -s gate.jpg ]
}

@test "snap: what does not go together is refused" {
	run -64 nvr-snap gate --at 1h --every 5s -o x.jpg
	run -64 nvr-snap gate --since 1h -o x.jpg
	has 'needs --every'
	run -64 nvr-snap gate --until now -o x.jpg
	run -64 nvr-snap gate --at 1h --from live -o x.jpg
	run -64 nvr-snap gate --exact -o x.jpg
	run -64 nvr-snap gate --from here -o x.jpg
	has "does not know 'here'"
	run -1 nvr-snap gate --stream sub -o x.jpg
	has 'no sub stream'
}

@test "snap: masks are painted over what was recorded, too" {
	copy_store
	sqlite3 copy/nvr.db \
	    "UPDATE camera SET mask = '0,0 100,0 100,50 0,50' WHERE name = 'gate'"
	command nvr-snap -d copy gate --at "$(plus "$since" 2)" -o x.jpg
	ffmpeg -v error -i x.jpg -vf crop=iw:ih/4:0:0,scale=1:1 -f rawvideo \
	    -pix_fmt gray - | od -An -tu1 | awk '{ exit $1 > 20 }'
}

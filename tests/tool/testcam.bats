#!/usr/bin/env bats
# The test cameras themselves: what they promise to the tests of recording.

setup_file() {
	load ../lib/helpers.bash
	"$root/tests/bench/footage" "$BATS_FILE_TMPDIR/film.mp4" 320x240 25 400 3
}

setup() {
	load ../lib/helpers.bash
	dir=$BATS_TEST_TMPDIR
	counter=$root/tests/camera/counter
	listen=$root/tests/camera/listen
}

teardown() {
	[ ! -f "$BATS_FILE_TMPDIR/pids" ] || stop_cameras
	rm -f "$BATS_FILE_TMPDIR/pids"
}

start_flood() {
	"$NVR_BUILD/tests/flood" --pass "$BATS_FILE_TMPDIR/film.mp4" "$@" \
	    >"$dir/flood" 2>&1 3>&- &
	flood=$!
	echo $flood >>"$BATS_FILE_TMPDIR/pids"
	await_line "$dir/flood" '^ready'
	url=$(sed -n 's/^ready //p' "$dir/flood")
}

# record URL SECONDS FILE [ffmpeg's option …]
record() {
	timeout "${patience:-30}" ffmpeg -nostdin -v error -rtsp_transport tcp -i "$1" \
	    -t "$2" "${@:4}" -fps_mode passthrough -y "$3"
}

@test "footage has its frames' numbers from 0, none missing" {
	"$counter" "$BATS_FILE_TMPDIR/film.mp4" | awk '{ print $2 }' >"$dir/is"
	seq 0 74 | cmp - "$dir/is"
}

@test "flood: all that was sent comes, and time goes on where the film ends" {
	start_flood
	"$listen" "$url" 3 20 >"$dir/got" 3>&- &
	sleep 4
	kill -USR2 $flood
	wait $!
	[ "$(wc -l <"$dir/got")" = 6 ]
	run ! grep -v 'missing 0 forward \(3600\|1024\) back 0$' "$dir/got"
	for i in 0 1 2; do
		sent=$(awk -v i=$i '$1 == "client" && $2 == i { print $8 }' "$dir/flood")
		came=$(awk -v i=$i '$2 == i { n += $6 } END { print n }' "$dir/got")
		[ "$sent" -gt 200 ]
		[ "$sent" = "$came" ]
	done
}

@test "flood: ffmpeg records it across the film's end" {
	start_flood
	record "${url}7" 5 "$dir/x.mkv" -c copy
	run -0 "$counter" --gaps "$dir/x.mkv"
	[[ "$output" =~ ^[^\ ]+\ [23][.0-9]*\ 74\ 0$ ]] || {
		echo "$output"
		return 1
	}
	kill $flood
	wait $flood || true
	grep -q '^client 0 path /7 state left sent' "$dir/flood"
}

@test "flood: who does not read is dropped, and so is who speaks no RTSP" {
	"$root/tests/bench/footage" "$dir/fat.mp4" 320x240 25 16000 1
	start_flood --pass "$dir/fat.mp4" --patience 1
	"$listen" --no-reading "${url}deaf" 1 5 3>&- &
	"$listen" "${url}well" 1 5 >"$dir/got" 3>&- &
	python3 - "$url" <<-'EOT'
	import socket, sys
	host, port = sys.argv[1][7:].rstrip("/").split(":")
	s = socket.create_connection((host, int(port)))
	s.sendall(b"no RTSP at all\r\n\r\n")
	assert s.recv(10) == b""
	EOT
	wait $!
	grep -q 'track 0 packets [1-9][0-9]* missing 0 ' "$dir/got"
	kill $flood
	wait $flood || true
	grep -q '^client . path /deaf state dropped ' "$dir/flood"
	grep -q '^client . path /well state left ' "$dir/flood"
	grep -q '^total 3 clients dropped 2 ' "$dir/flood"
}

@test "camera: numbers go on by one, through B-frames and the small picture too" {
	start_camera b --size 320x240 --fps 25 --counter --bframes 2 --sub 160x120
	record "$url" 3 "$dir/b.mkv" -c:v ffv1
	record "${url%/main}/sub" 3 "$dir/s.mkv" -c:v ffv1
	for f in b s; do
		run -0 "$counter" --gaps "$dir/$f.mkv"
		[ -z "$output" ]
		[ "$("$counter" "$dir/$f.mkv" | grep -c ' [0-9]')" -gt 60 ]
	done
	run -0 ffprobe -v error -show_entries stream=width,height -of csv=p=0 "$dir/s.mkv"
	[ "$output" = 160,120 ]
}

@test "camera: sound in each codec" {
	for a in aac opus pcma pcmu; do
		start_camera $a --size 160x120 --audio $a
		run -0 ffprobe -v error -rtsp_transport tcp -select_streams a \
		    -analyzeduration 1 -show_entries stream=codec_name \
		    -of csv=p=0 "$url"
		case $a in pcma) a=pcm_alaw ;; pcmu) a=pcm_mulaw ;; esac
		[ "$output" = $a ]
	done
}

@test "camera: broken parameter sets come and go, and the SDP may have none" {
	start_camera sps --size 160x120 --gop 5 --no-sprop
	record "$url" 2 "$dir/1.h264" -c copy
	tell sps badsps
	patience=4 record "$url" 2 "$dir/2.h264" -c copy || true
	tell sps clear
	record "$url" 2 "$dir/3.h264" -c copy
	for n in 1 2 3; do
		decoded=$(ffmpeg -v quiet -f h264 -i "$dir/$n.h264" -f framecrc - |
		    grep -vc '^#' || true)
		if [ $n = 2 ]; then [ "$decoded" = 0 ]; else [ "$decoded" -gt 10 ]; fi
	done
}

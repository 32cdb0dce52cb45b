#!/usr/bin/env bats
# nvr-snap against real cameras on loopback: RTSP by gst-rtsp-server, HTTP by
# httpcam.py.

setup_file() {
	load ../lib/helpers.bash
	start_camera plain --size 640x360
	printf 'p@s:s/w%%r#d?\n' >"$BATS_FILE_TMPDIR/pw"
	start_camera digest --size 640x360 --user admin --password-file "$BATS_FILE_TMPDIR/pw"
	start_camera basic --size 640x360 --user admin --password-file "$BATS_FILE_TMPDIR/pw" --basic
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 \
	    -addext subjectAltName=IP:127.0.0.1 -keyout "$BATS_FILE_TMPDIR/key.pem" \
	    -out "$BATS_FILE_TMPDIR/cert.pem" 2>/dev/null
	start_camera tls --size 640x360 --tls "$BATS_FILE_TMPDIR/cert.pem" "$BATS_FILE_TMPDIR/key.pem"
	start_camera h265 --size 320x240 --codec h265
	start_camera mjpeg --size 320x240 --codec mjpeg
	start_camera sound --audio aac --audio-only
	make_jpeg "$BATS_FILE_TMPDIR/shot.jpg" 320x240
	start_http http --jpeg "$BATS_FILE_TMPDIR/shot.jpg"
	start_http https --jpeg "$BATS_FILE_TMPDIR/shot.jpg" --tls "$BATS_FILE_TMPDIR/cert.pem" "$BATS_FILE_TMPDIR/key.pem"
	start_http httpauth --jpeg "$BATS_FILE_TMPDIR/shot.jpg" --user admin --password-file "$BATS_FILE_TMPDIR/pw"
	start_http silent --tcp-silent
}

teardown_file() {
	load ../lib/helpers.bash
	stop_cameras
}

setup() {
	load ../lib/helpers.bash
	use_store
	J=$BATS_TEST_TMPDIR/still.jpg
	shot=$BATS_FILE_TMPDIR/shot.jpg
}

size_of() { ffprobe -v error -show_entries stream=width,height -of csv=p=0 "$1"; }

# A port that nobody listens on.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

@test "a still of an RTSP camera says in its EXIF who took it and when" {
	nvr-camera add gate "$(url_of plain)" --manufacturer Acme --model X1
	before=$(date -u +%s)
	nvr-snap gate >"$J"
	[ "$(size_of "$J")" = 640,360 ]
	run -0 exiftool -j "$J"
	jq -e --argjson t "$before" '.[0] | .ImageDescription == "gate" and .Make == "Acme" and .Model == "X1"
	    and .OffsetTimeOriginal == "+00:00" and (.SubSecTimeOriginal | tostring | length >= 1)
	    and (.ImageUniqueID | length == 32)
	    and ((.DateTimeOriginal | strptime("%Y:%m:%d %H:%M:%S") | mktime) - $t | fabs < 20)' <<<"$output"
}

@test "H.265 and MJPEG streams give stills too" {
	for c in h265 mjpeg; do
		nvr-camera add $c "$(url_of $c)"
		nvr-snap $c >"$J"
		[ "$(size_of "$J")" = 320,240 ]
	done
}

@test "digest and basic sign in, with a password of every odd character" {
	for c in digest basic; do
		nvr-camera add $c "$(url_of $c)" --user admin --password-file "$BATS_FILE_TMPDIR/pw"
		nvr-snap $c >"$J"
		[ "$(size_of "$J")" = 640,360 ]
	done
}

@test "a wrong password is told as such, without the password" {
	echo wrong-Pw | nvr-camera add digest "$(url_of digest)" --user admin --password-file -
	run -1 nvr-snap -v -v -o "$J" digest
	has "digest: "
	has "password"
	hasnt wrong-Pw
	[ ! -e "$J" ]
	nvr-camera add none "$(url_of digest)"
	run -1 nvr-snap -o "$J" none
	has "password"
}

@test "N15: rtsps is verified against the CA that was named, or not at all" {
	nvr-camera add tls "$(url_of tls)" --tls-ca "$BATS_FILE_TMPDIR/cert.pem"
	nvr-snap tls >"$J"
	[ "$(size_of "$J")" = 640,360 ]
	nvr-camera add untrusted "$(url_of tls)"
	run -1 nvr-snap -o "$J.2" untrusted
	has certificate
	nvr-camera set untrusted --tls-insecure
	nvr-snap untrusted >"$J.2"
	nvr-camera set untrusted --tls-verify
	run -1 nvr-snap -o "$J.2" untrusted
}

@test "N15: an https camera is verified, and below TLS 1.3 refused unless allowed" {
	nvr-camera add web "$(url_of https)shot.jpg" --tls-ca "$BATS_FILE_TMPDIR/cert.pem"
	nvr-snap web >"$J"
	nvr-camera add untrusted "$(url_of https)shot.jpg"
	run -1 nvr-snap -o "$J.2" untrusted
	has certificate
	port=$(free_port)
	openssl s_server -accept "127.0.0.1:$port" -cert "$BATS_FILE_TMPDIR/cert.pem" \
	    -key "$BATS_FILE_TMPDIR/key.pem" -tls1_2 -HTTP -quiet </dev/null >/dev/null 2>&1 3>&- &
	server=$!
	nvr-camera add old "https://127.0.0.1:$port/shot.jpg" --tls-ca "$BATS_FILE_TMPDIR/cert.pem"
	for _ in $(seq 100); do
		run nvr-snap -o "$J.3" old
		[[ $output == *refused* || $output == *"connect to"* ]] || break
		sleep 0.05
	done
	has "no TLS 1.3"
	has tls-min
	printf '[net]\ntls-min = 1.2\n' >"$BATS_TEST_TMPDIR/conf"
	run -1 nvr-snap -c "$BATS_TEST_TMPDIR/conf" -o "$J.3" old
	hasnt "no TLS"
	kill $server
	wait $server || true
}

@test "a JPEG camera passes through as it is" {
	nvr-camera add web "$(url_of http)shot.jpg"
	nvr-snap web >"$J"
	# The same but for the EXIF.
	cmp <(exiftool -all= -o - "$J") <(exiftool -all= -o - "$shot")
}

@test "the camera's own JPEG URL is preferred to its stream" {
	nvr-camera add gate "$(url_of plain)" --snapshot-url "$(url_of http)shot.jpg"
	nvr-snap gate >"$J"
	[ "$(size_of "$J")" = 320,240 ]
}

@test "MJPEG over HTTP gives its first whole picture, with and without lengths" {
	for p in mjpeg mjpeg-nolength; do
		nvr-camera add $p "$(url_of http)$p"
		nvr-snap $p >"$J"
		cmp <(exiftool -all= -o - "$J") <(exiftool -all= -o - "$shot")
	done
}

@test "a JPEG camera with digest sign-in" {
	nvr-camera add web "$(url_of httpauth)shot.jpg" --user admin --password-file "$BATS_FILE_TMPDIR/pw"
	nvr-snap web >"$J"
	nvr-camera add anon "$(url_of httpauth)shot.jpg"
	run -1 nvr-snap -o "$J" anon
	has 401
}

@test "redirects are bounded and leave http for nothing else" {
	nvr-camera add ok "$(url_of http)redirect"
	nvr-snap ok >"$J"
	for p in loop to-file to-rtsp; do
		nvr-camera add $p "$(url_of http)$p"
		run -1 nvr-snap -o "$J.$p" $p
		has "$p: "
		[ ! -e "$J.$p" ]
	done
}

@test "whatever else an HTTP camera sends is refused by name" {
	for p in huge huge-length short html empty 404 500 png; do
		nvr-camera add "h-$p" "$(url_of http)$p"
		run -1 nvr-snap -o "$J.$p" --timeout 5s "h-$p"
		has "h-$p: "
		[ ! -e "$J.$p" ]
	done
	run -1 nvr-snap -o "$J.x" h-404
	has 404
	run -1 nvr-snap -o "$J.x" h-html
	has HTML
	run -1 nvr-snap -o "$J.x" h-png
	has JPEG
}

@test "a host that accepts and stays silent costs its own deadline only" {
	nvr-camera add dead "$(url_of silent | sed s/^tcp/rtsp/)/x"
	nvr-camera add slow "$(url_of http)slow"
	nvr-camera add mute "$(url_of http)silent"
	nvr-camera add gate "$(url_of plain)"
	start=$(date +%s%N)
	run -1 --separate-stderr nvr-snap --all --timeout 2s -o "$BATS_TEST_TMPDIR/%c.jpg"
	took=$((($(date +%s%N) - start) / 1000000))
	[ -s "$BATS_TEST_TMPDIR/gate.jpg" ]
	[ "$(grep -c . <<<"$stderr")" = 3 ]
	[ $took -lt 4500 ]
}

@test "a live camera is not kept waiting by dead ones" {
	nvr-camera add dead "$(url_of silent | sed s/^tcp/rtsp/)/x"
	nvr-camera add gate "$(url_of plain)"
	nvr-snap --timeout 4s dead gate 2>/dev/null | head -c 2 >"$J" &
	for _ in $(seq 100); do
		[ -s "$J" ] && break
		sleep 0.02
	done
	[ -s "$J" ]
	wait || true
}

@test "a port nobody listens on, and a stream that is not there" {
	nvr-camera add gone "rtsp://127.0.0.1:$(free_port)/main"
	run -1 nvr-snap -o "$J" gone
	has refused
	nvr-camera add wrong "$(url_of plain)-not-here"
	run -1 nvr-snap -o "$J" wrong
	has "404"
}

@test "a stream with no video says so" {
	nvr-camera add sound "$(url_of sound)"
	run -1 nvr-snap -o "$J" sound
	has "no video"
}

@test "a camera that stalls or drops the connection does not hang it" {
	start_camera bad --size 320x240
	nvr-camera add bad "$(url_of bad)"
	tell bad stall
	run -1 nvr-snap --timeout 2s -o "$J" bad
	has "bad: "
	tell bad clear
	tell bad silent
	run -1 nvr-snap --timeout 1s -o "$J" bad
	tell bad clear
	nvr-snap bad >"$J"
	tell bad drop
	nvr-snap bad >"$J"
	tell bad resize 640x480
	nvr-snap bad >"$J"
	[ "$(size_of "$J")" = 640,480 ]
}

@test "a mask is painted in before the still leaves, of streams and of JPEGs" {
	nvr-camera add gate "$(url_of plain)" --mask '0,0 50,0 50,100 0,100'
	nvr-camera add web "$(url_of http)shot.jpg" --mask '0,0 50,0 50,100 0,100'
	for c in gate web; do
		nvr-snap $c >"$J"
		# Brightest pixel of the left part, well within the mask.
		max=$(ffmpeg -v error -i "$J" -vf 'crop=iw*0.45:ih:0:0,format=gray' -f rawvideo - | od -An -v -tu1 -w1 | sort -n | tail -1)
		[ "$max" -lt 24 ]
		right=$(ffmpeg -v error -i "$J" -vf 'crop=iw*0.4:ih:iw*0.55:0,format=gray' -f rawvideo - | od -An -v -tu1 -w1 | sort -n | tail -1)
		[ "$right" -gt 100 ]
	done
}

@test "a mask that cannot be read lets no still out" {
	nvr-camera add gate "$(url_of plain)" --mask '0,0 50,0 50,100'
	sqlite3 "$D/nvr.db" "UPDATE camera SET mask = 'broken'"
	run -1 nvr-snap -o "$J" gate
	has "mask"
	[ ! -e "$J" ]
}

@test "--width makes it smaller, never larger, and --quality is obeyed" {
	nvr-camera add gate "$(url_of plain)"
	nvr-camera add web "$(url_of http)shot.jpg"
	nvr-snap --width 320 gate >"$J"
	[ "$(size_of "$J")" = 320,180 ]
	nvr-snap --width 160 web >"$J"
	[ "$(size_of "$J")" = 160,120 ]
	nvr-snap --width 5000 web >"$J"
	[ "$(size_of "$J")" = 320,240 ]
	nvr-snap --quality 20 gate >"$J.20"
	nvr-snap --quality 95 gate >"$J.95"
	[ "$(stat -c %s "$J.20")" -lt "$(stat -c %s "$J.95")" ]
}

@test "file names are made of camera and time; several need %c" {
	nvr-camera add gate "$(url_of plain)"
	nvr-camera add yard "$(url_of h265)"
	cd "$BATS_TEST_TMPDIR"
	run -0 nvr-snap -o '%c-%Y%m%dT%H%M%SZ.jpg' gate yard
	ls gate-20*T*Z.jpg yard-20*T*Z.jpg
	[ "$(stat -c %a gate-*.jpg)" = 600 ]
	run -64 nvr-snap -o x.jpg gate yard
	has "%c"
	run -0 nvr-snap --json -o '%c.jpg' gate
	jq -e '.camera == "gate" and .path == "gate.jpg" and .size_bytes > 1000' <<<"$output"
	run -64 nvr-snap --json gate
	has "-o FILE"
}

@test "--every and --count take a still again and again" {
	nvr-camera add gate "$(url_of plain)"
	nvr-snap --every 300ms --count 3 gate >"$J"
	[ "$(ffprobe -v error -f mjpeg -count_frames -show_entries stream=nb_read_frames -of csv=p=0 "$J")" = 3 ]
}

@test "SIGTERM ends --every properly" {
	nvr-camera add gate "$(url_of plain)"
	"$NVR_BUILD/nvr-snap" -d "$D" --every 200ms gate >"$J" 3>&- &
	pid=$!
	for _ in $(seq 100); do [ -s "$J" ] && break; sleep 0.05; done
	kill $pid
	wait $pid
	ffprobe -v error -f mjpeg "$J"
}

@test "SIGTERM does not wait for a camera that hangs" {
	nvr-camera add dead "$(url_of silent | sed s/^tcp/rtsp/)/x"
	nvr-camera add dead2 "$(url_of silent | sed s/^tcp/rtsp/)/x"
	"$NVR_BUILD/nvr-snap" -d "$D" --timeout 60s -o "$J.%c" dead dead2 3>&- &
	pid=$!
	for _ in $(seq 100); do pgrep -P $pid >/dev/null && break; sleep 0.02; done
	start=$SECONDS
	kill $pid
	rc=0
	wait $pid || rc=$?
	[ $rc = 1 ]
	[ $((SECONDS - start)) -lt 5 ]
	run ! pgrep -P $pid
	# One camera alone is read in place, and ends as any program does.
	run -143 timeout -s TERM --preserve-status 1 "$NVR_BUILD/nvr-snap" -d "$D" --timeout 60s -o "$J" dead
}

@test "a video file plays in a loop on the wall clock, a JPEG is itself" {
	ffmpeg -loglevel error -f lavfi -i testsrc2=s=320x240:r=10:d=2 -y "$BATS_TEST_TMPDIR/v.mp4"
	nvr-camera add clip "file://$BATS_TEST_TMPDIR/v.mp4"
	nvr-snap --every 300ms --count 2 -o "$BATS_TEST_TMPDIR/%c.%s.jpg" clip
	nvr-snap --every 350ms --count 2 clip >"$J"
	ffmpeg -loglevel error -f mjpeg -i "$J" -f framehash - | grep -v '^#' | cut -d, -f6 | sort -u | wc -l | grep -qx 2
	nvr-camera add still "file://$shot"
	nvr-snap still >"$J"
	cmp <(exiftool -all= -o - "$J") <(exiftool -all= -o - "$shot")
}

@test "files that are no pictures are refused" {
	head -c 20000 /dev/urandom >"$BATS_TEST_TMPDIR/noise.mp4"
	: >"$BATS_TEST_TMPDIR/empty.jpg"
	head -c 3000 "$shot" >"$BATS_TEST_TMPDIR/cut.jpg"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	printf '#EXTM3U\n#EXTINF:1,\n/etc/passwd\n' >"$BATS_TEST_TMPDIR/list.m3u8"
	printf "ffconcat version 1.0\nfile '$shot'\n" >"$BATS_TEST_TMPDIR/list.txt"
	for f in noise.mp4 empty.jpg cut.jpg fifo list.m3u8 list.txt missing.mp4 .; do
		n=f-$(tr -c 'a-z0-9\n' _ <<<"$f")
		nvr-camera add "$n" "file://$BATS_TEST_TMPDIR/$f"
		run -1 nvr-snap --timeout 3s -o "$J" "$n"
		has "nvr-snap: f-"
		[ ! -e "$J" ]
	done
}

@test "a capture device that is not there is named" {
	nvr-camera add usb v4l2:///dev/video99
	run -1 nvr-snap -o "$J" usb
	has "/dev/video99"
}

@test "N1 N3: nothing of a still stays in the store or in temporary folders" {
	nvr-camera add gate "$(url_of plain)"
	mkdir "$BATS_TEST_TMPDIR/tmp"
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	find "$D" /tmp /var/tmp /dev/shm -newer "$D/nvr.db" -type f -size +1k 2>/dev/null | sort >"$BATS_TEST_TMPDIR/before"
	nvr-snap gate >"$J"
	[ -z "$(ls -A "$TMPDIR")" ]
	[ -z "$(find "$D/media" -type f ! -name nvr-media)" ]
	run ! grep -rqa $'\xff\xd8\xff' "$D"
}

@test "N4: --keep stores it sealed, until its time is over" {
	age-keygen -o "$BATS_TEST_TMPDIR/k" 2>/dev/null
	nvr-camera add gate "$(url_of plain)" --add-recipient "$(age-keygen -y "$BATS_TEST_TMPDIR/k")"
	nvr-snap --keep 1h gate >"$J"
	f=$(find "$D/media/stills" -name '*.jpg.age')
	age -d -i "$BATS_TEST_TMPDIR/k" "$f" | cmp - "$J"
	[ "$(sqlite3 "$D/nvr.db" 'SELECT expires_at - taken_at FROM still')" = 3600000000 ]
	[ "$(sqlite3 "$D/nvr.db" 'SELECT sha256 FROM still')" = "$(sha256sum "$f" | cut -d' ' -f1)" ]
	# Its time passes; the next run that keeps one deletes it.
	sqlite3 "$D/nvr.db" 'UPDATE still SET expires_at = 1'
	run -0 nvr-store check
	has "older than they may become"
	nvr-snap --keep 1h gate >"$J"
	[ ! -e "$f" ]
	[ "$(sqlite3 "$D/nvr.db" 'SELECT count(*) FROM still')" = 1 ]
}

@test "N4: no still is kept for longer than keep-max" {
	nvr-camera add gate "$(url_of plain)"
	run -64 nvr-snap --keep 25h -o "$J" gate
	has keep-max
	printf '[still]\nkeep-max = 90d\n' >"$BATS_TEST_TMPDIR/conf"
	run -0 nvr-snap -c "$BATS_TEST_TMPDIR/conf" --keep 25h -o "$J" gate
}

@test "N16: seal = none keeps plain JPEG, for who wants that" {
	nvr-camera add gate "$(url_of plain)"
	printf '[store]\nseal = none\n' >"$BATS_TEST_TMPDIR/conf"
	nvr-snap -c "$BATS_TEST_TMPDIR/conf" --keep 1h -o "$J" gate
	cmp "$J" "$(find "$D/media/stills" -name '*.jpg')"
}

@test "nothing is kept on a disk that is not this store's" {
	nvr-camera add gate "$(url_of plain)"
	rm "$D/media/nvr-media"
	run -69 nvr-snap --keep 1h -o "$J" gate
	has mounted
	[ -z "$(find "$D/media" -type f)" ]
}

@test "what cannot be written is told: a full device, a reader that left, a folder" {
	nvr-camera add gate "$(url_of plain)"
	run -74 --separate-stderr bash -c "nvr-snap -d $D gate >/dev/full"
	[[ $stderr == *"No space left"* ]]
	run -73 nvr-snap -o "$BATS_TEST_TMPDIR/not/there.jpg" gate
	has "not/there.jpg"
	small_disk 32
	run -74 nvr-snap -o "$BATS_TEST_TMPDIR/disk/x.jpg" gate
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/disk")" ]
	drop_disk
}

@test "-o writes to a device or through a link, and puts no file in their place" {
	nvr-camera add still "file://$shot"
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	cat "$BATS_TEST_TMPDIR/pipe" >"$J" &
	nvr-snap -o "$BATS_TEST_TMPDIR/pipe" still
	wait
	[ -p "$BATS_TEST_TMPDIR/pipe" ]
	ffprobe -v error "$J"
	nvr-snap -o /dev/null still
	[ -c /dev/null ]
	touch "$BATS_TEST_TMPDIR/real.jpg"
	ln -s real.jpg "$BATS_TEST_TMPDIR/link.jpg"
	nvr-snap -o "$BATS_TEST_TMPDIR/link.jpg" still
	[ -L "$BATS_TEST_TMPDIR/link.jpg" ]
	[ -s "$BATS_TEST_TMPDIR/real.jpg" ]
	nvr-snap -o /dev/stdout still | ffprobe -v error -f mjpeg -
	run -64 nvr-snap -o "$(printf 'x%.0s' {1..2000})" still
	run -64 nvr-snap -o '%%c.jpg' still still
}

@test "N4: a still that cannot be entered is not left behind" {
	nvr-camera add still "file://$shot"
	mkfifo "$BATS_TEST_TMPDIR/hold"
	sqlite3 "$D/nvr.db" <"$BATS_TEST_TMPDIR/hold" &
	exec 9>"$BATS_TEST_TMPDIR/hold"
	echo "BEGIN IMMEDIATE;" >&9
	for _ in $(seq 100); do
		sqlite3 "$D/nvr.db" 'BEGIN IMMEDIATE' 2>/dev/null || break
		sleep 0.02
	done
	run -75 nvr-snap --keep 1h -o "$J" still
	echo "ROLLBACK;" >&9
	exec 9>&-
	wait
	[ -z "$(find "$D/media" -type f ! -name nvr-media)" ]
	# Nor one that cannot be written.
	touch "$D/media/stills"
	run ! nvr-snap --keep 1h -o "$J" still
	[ "$(sqlite3 "$D/nvr.db" 'SELECT count(*) FROM still')" = 0 ]
}

@test "a camera is not reached through a proxy of the environment" {
	nvr-camera add web "$(url_of http)shot.jpg"
	http_proxy=http://127.0.0.1:9 ALL_PROXY=http://127.0.0.1:9 nvr-snap web >"$J"
	[ -s "$J" ]
}

@test "a Motion JPEG stream's picture passes through as it is, too" {
	nvr-camera add mjpeg "$(url_of mjpeg)"
	nvr-snap --quality 3 mjpeg >"$J.3"
	nvr-snap --quality 99 mjpeg >"$J.99"
	[ $((2 * $(stat -c %s "$J.3"))) -gt "$(stat -c %s "$J.99")" ]
	nvr-snap --quality 3 --width 160 mjpeg >"$J"
	[ "$(size_of "$J")" = 160,120 ]
}

@test "time stamps that jump do not matter to a still" {
	start_camera jumpy --size 320x240
	nvr-camera add jumpy "$(url_of jumpy)"
	tell jumpy jump 3600
	nvr-snap jumpy >"$J"
	tell jumpy jump -7200
	nvr-snap jumpy >"$J"
	[ "$(size_of "$J")" = 320,240 ]
}

@test "no camera is a usage error, an unknown one is not found" {
	run -64 nvr-snap
	run -64 nvr-snap --all gate
	run -66 nvr-snap -o "$J" nope
	has "no camera 'nope'"
	run -66 nvr-snap -o "$J" --all
	has "nvr-camera add"
}

#!/usr/bin/env bats
# nvr-record when all is well; record_crash.bats and record_faults.bats have the rest.

setup_file() {
	load ../lib/helpers.bash
	load ../lib/record.bash
	start_flood
}

teardown_file() {
	load ../lib/helpers.bash
	stop_cameras
}

setup() {
	load ../lib/record.bash
	use_recorder
}

teardown() {
	kill_record
	drop_disk
}

# Numbers of the frames of a camera's files, which have to be consecutive.
consecutive() { # CAMERA [STREAM]
	local file files=()
	while read -r file; do
		files+=("$(opened "$file" "$1")")
	done < <(files_of "$@")
	[ ${#files[@]} -gt 0 ]
	run -0 "$root/tests/camera/counter" --gaps "${files[@]}"
	[ -z "$output" ]
}

# Footage without a camera's clock: so many segments of a second, at once.
record_some() { # CAMERA N
	nvr-record -c "$C" --count "$2" "$1" >/dev/null
}

@test "segments are sealed, play with the stock age and ffmpeg, and go on frame by frame" {
	add gate
	run -0 nvr-record -c "$C" --count 3 gate
	[ "$(grep -c $'\tsegment\t' <<<"$output")" = 3 ]
	[ "$(files_of gate | grep -c '\.mp4\.age$')" = 3 ]
	sound
	consecutive gate
	# What was sent as one second lasts one second.
	run nvr-record list gate --json
	jq -se 'map(select(.what == "segment")) | length == 3
	    and all(.media_ms == 1000 and .frames == 25)
	    and map(.media_start_ms) == [0, 1000, 2000]' <<<"$output"
}

@test "seal = none leaves plain MP4" {
	settings '[store]' 'seal = none'
	add gate
	nvr-record -c "$C" --count 2 gate >/dev/null
	[ "$(files_of gate | grep -c '\.mp4$')" = 2 ]
	sound
	consecutive gate
}

@test "a segment's file tells nobody but its camera's key" {
	add gate
	add yard
	nvr-record -c "$C" --count 1 gate >/dev/null
	nvr-camera key yard >"$BATS_TEST_TMPDIR/other"
	run ! age -d -i "$BATS_TEST_TMPDIR/other" "$(files_of gate)"
	run -0 find "$D" -type f -perm /077
	[ -z "$output" ]
}

@test "sound is recorded unless the camera says not to" {
	add gate
	add mute
	sql "UPDATE camera SET audio = 0 WHERE name = 'mute'"
	nvr-record -c "$C" --count 1 gate mute >/dev/null
	run -0 ffprobe -v error -show_entries stream=codec_name -of csv=p=0 \
	    "$(opened "$(files_of gate)" gate)"
	[ "$output" = $'h264\naac' ]
	run -0 ffprobe -v error -show_entries stream=codec_name -of csv=p=0 \
	    "$(opened "$(files_of mute)" mute)"
	[ "$output" = h264 ]
	[ "$(sql "SELECT GROUP_CONCAT(COALESCE(audio, '-')) FROM
	    (SELECT audio FROM run ORDER BY audio)")" = "-,aac" ]
}

@test "main and sub stream are recorded side by side" {
	add gate
	sql "UPDATE camera SET record = 'both', sub_url = url || '-sub'"
	nvr-record -c "$C" --count 2 gate >/dev/null
	[ "$(files_of gate main | wc -l)" = 2 ]
	[ "$(files_of gate sub | wc -l)" = 2 ]
	sound
	consecutive gate main
	consecutive gate sub
	nvr-record -c "$C" --count 1 --stream sub gate >/dev/null
	[ "$(files_of gate main | wc -l)" = 2 ]
	[ "$(files_of gate sub | wc -l)" = 3 ]
	run -1 nvr-record status --json
	jq -se 'map(.stream) == ["main", "sub"]' <<<"$output"
}

@test "--json says of each segment what it is" {
	add gate
	run -0 --separate-stderr nvr-record -c "$C" --json --count 1 gate
	jq -e . <<<"$output" >/dev/null
	jq -se 'map(.event) == ["start", "recording", "segment", "stop"]' <<<"$output"
	file=$(files_of gate)
	jq -se --arg sum "$(sha256sum <"$file" | cut -c 1-64)" \
	    --argjson size "$(stat -c %s "$file")" '.[2] | .camera == "gate"
	    and .stream == "main" and .sha256 == $sum and .size_bytes == $size
	    and .sealed and .frames == 25 and .media_ms == 1000
	    and (.start_at | test("^20..-..-..T..:..:..\\....Z$"))' <<<"$output"
}

@test "--duration ends it, and what it has is whole" {
	add gate
	start=$(date +%s%N)
	run -0 nvr-record -c "$C" --duration 3s gate
	took=$((($(date +%s%N) - start) / 1000000))
	[ $took -ge 3000 ] && [ $took -lt 4000 ]
	[ "$(files_of gate | wc -l)" = 3 ]
	sound
}

@test "SIGTERM and SIGINT close what is open" {
	add gate
	for sig in TERM INT; do
		start_record gate
		more segment
		sleep 0.7
		kill -$sig "$rec"
		gone "$rec" 3
		wait "$rec"
		rec=
	done
	sound
	[ "$(sql "SELECT COUNT(DISTINCT run_id) FROM segment")" = 2 ]
	# The last one has what came after the key frame.
	[ "$(sql "SELECT COUNT(*) FROM segment WHERE media_us < 950000")" -ge 1 ]
	[ "$(seen stop)" = 2 ]
}

@test "every codec is recorded as it came, through TLS and a password too" {
	opts=(--size 320x240 --fps 10 --gop 10)
	dir=$BATS_TEST_TMPDIR
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/k" -out "$dir/c" \
	    -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
	    2>/dev/null
	echo 'p@ss:w/%"rd' >"$dir/pw"
	while read -r name codecs args; do
		# shellcheck disable=SC2086
		start_camera "$name" "${opts[@]}" $args
		nvr-camera -q add "$name" "$url"
		echo "$name $codecs" >>"$dir/want"
	done <<-'EOF'
	c265 hevc,opus --codec h265 --audio opus
	cjpeg mjpeg,pcm_alaw --codec mjpeg --audio pcma
	cmu h264,pcm_mulaw --audio pcmu --bframes 2
	EOF
	start_camera ctls "${opts[@]}" --tls "$dir/c" "$dir/k" --user v \
	    --password-file "$dir/pw"
	nvr-camera -q add ctls "$url" --tls-ca "$dir/c" --user v \
	    --password-file "$dir/pw"
	nvr-camera -q add stranger "$url" --user v --password-file "$dir/pw"
	echo 'ctls h264' >>"$dir/want"
	nvr-record -q --json --duration 5s --all >"$dir/events"
	grep '"camera":"stranger"' "$dir/events" | grep -q 'certificate is refused'
	while read -r name codecs; do
		files_of "$name" | head -n 1 >"$dir/file"
		nvr-camera key "$name" >"$dir/id"
		age -d -i "$dir/id" "$(cat "$dir/file")" >"$dir/x.mp4"
		run -0 ffprobe -v error -show_entries stream=codec_name \
		    -of csv=p=0 "$dir/x.mp4"
		[ "$(tr '\n' , <<<"$output")" = "$codecs," ]
		run -0 ffmpeg -nostdin -v error -i "$dir/x.mp4" -f null -
		[ -z "$output" ]
	done <"$dir/want"
}

@test "a camera that is removed is soon no longer recorded, untold" {
	add gate
	add yard
	start_record --all
	await recording 2
	nvr-camera remove yard
	await stop 1 15
	grep -q '"camera":"yard".*"event":"stop"' "$log"
	for _ in $(seq 100); do # it tells, and then ends
		[ "$(pgrep -P "$rec" | wc -l)" != 1 ] || break
		sleep 0.1
	done
	[ "$(pgrep -P "$rec" | wc -l)" = 1 ]
	stop_record
}

@test "a reader of the output that stops reading stops nothing" {
	add gate
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 4<>"$BATS_TEST_TMPDIR/pipe" # which nobody reads
	"$NVR_BUILD/nvr-record" -d "$D" -c "$C" --json gate \
	    >&4 2>/dev/null 3>&- &
	rec=$!
	sleep 3
	for _ in $(seq 400); do kill -USR1 "$rec"; sleep 0.01; done
	kill -TERM "$rec"
	gone "$rec" 10
	exec 4>&-
}

@test "SIGTERM to one of the processes does not end its camera for good" {
	add gate
	add yard
	start_record --all
	await recording 2
	kill -TERM "$(pgrep -P "$rec" | head -n 1)"
	await start 3 10
	stop_record
	sound
}

@test "a journal that cannot be opened is said, and stops neither camera nor clip" {
	add gate
	record_some gate 2
	sql "INSERT INTO open_segment (id, camera_id, stream, run_id, start_at,
	    media_start_us, payload_key) SELECT id + 1000000000000, camera_id,
	    stream, run_id, end_at, 0, x'00112233' FROM segment LIMIT 1"
	start_record gate
	await recording
	grep -q '"event":"abandoned".*the journal of segment' "$log"
	more segment 2
	run -0 nvr-snap gate -o "$BATS_TEST_TMPDIR/x.jpg"
	run -0 nvr-clip gate --since 2s -o "$BATS_TEST_TMPDIR/x.mp4"
	stop_record
}

@test "status has its lines while the media folder is away" {
	add gate
	record_some gate 2
	mv "$D/media" "$D/away"
	run -1 nvr-record status
	has gate
	mv "$D/away" "$D/media"
}

@test "what a crash left is no footage up to now" {
	add gate
	start_record gate
	await segment 2
	kill -9 "$rec" $(pgrep -P "$rec")
	sleep 3
	run -1 nvr-record list gate
	[[ ${lines[-1]} == *gap* ]]
	run -1 nvr-snap gate --at now -o "$BATS_TEST_TMPDIR/x.jpg"
	has 'there is no footage'
	run -1 nvr-clip gate --since 8s -o "$BATS_TEST_TMPDIR/x.mp4"
	has 'there is no footage from'
}

@test "SIGHUP takes up new cameras, lets go of removed ones, disturbs no other" {
	add gate
	add yard
	start_record --all
	await segment 2
	add door
	nvr-camera remove yard
	kill -HUP "$rec"
	for _ in $(seq 100); do
		grep -q '"camera":"door".*"recording"' "$log" && break
		sleep 0.1
	done
	grep -q '"camera":"door".*"event":"recording"' "$log"
	grep -q '"camera":"yard".*"event":"stop"' "$log"
	[ "$(pgrep -P "$rec" | wc -l)" = 2 ]
	run ! grep -q '"camera":"gate".*"event":"stop"' "$log"
	more segment 2
	stop_record
	nvr-camera restore yard # whose footage is still there
	sound
	consecutive gate
}

@test "SIGHUP: new settings reach the cameras that are recorded, too" {
	add gate
	start_record gate
	await segment
	settings '[record]' 'segment = 3s'
	kill -HUP "$rec"
	await start 2
	more segment 2
	stop_record
	sound
	[ "$(sql "SELECT COUNT(*) FROM segment WHERE media_us > 2900000")" -ge 1 ]
}

@test "SIGHUP starts a changed camera anew, however often it is told" {
	add gate
	start_record gate
	await recording
	old=$(pgrep -P "$rec")
	nvr-camera set gate --url "$(url_of flood)elsewhere"
	kill -HUP "$rec"
	sleep 0.02
	kill -HUP "$rec"
	await recording 2
	[ "$(pgrep -P "$rec")" != "$old" ]
	more segment
	stop_record
	sound
}

@test "SIGHUP and settings that are wrong: it goes on with the old ones" {
	add gate
	start_record gate
	await recording
	echo '[nonsense' >>"$C"
	kill -HUP "$rec"
	await reload
	more segment
	stop_record
	sound
}

@test "SIGHUP and settings that came by a pipe: it goes on with them" {
	add gate
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	cat "$C" >"$BATS_TEST_TMPDIR/fifo" &
	C=$BATS_TEST_TMPDIR/fifo
	start_record gate
	await recording
	kill -HUP "$rec"
	await reload
	grep -q '"event":"reload".*cannot be read again' "$log"
	more segment
	stop_record
}

@test "SIGUSR1 prints a line for each camera" {
	add gate
	add "yard" rtsp://127.0.0.1:1/none
	start_record --all
	await segment
	await lost
	kill -USR1 "$rec"
	await status 2
	grep -q '"camera":"gate".*"status".*recording since 20.* kbit/s, on the disk up to 20' "$log"
	grep -q '"camera":"yard".*"status".*lost since' "$log"
	stop_record
}

@test "status tells from the store how it goes" {
	add gate
	add yard
	start_record gate
	await segment 2
	run -1 nvr-record status --json # as yard is not recorded
	jq -se '.[0] | .camera == "gate" and .state == "recording" and .pid > 0
	    and .kbit_s > 500 and .kbit_s < 2000 and .fps > 24 and .fps < 26
	    and .gaps_24h == 0 and .gb_day > 5 and .days_fit > 0' <<<"$output"
	jq -se '.[0].durable_at as $t | (now - ($t[0:19] + "Z" | fromdate)) < 6' <<<"$output"
	jq -se '.[1] | .camera == "yard" and .state == "stopped" and .pid == 0
	    and .kbit_s == null' <<<"$output"
	run -0 nvr-record status gate
	[[ $output =~ ^gate.main.recording.20 ]]
	stop_record
	run -1 nvr-record status gate
	has stopped
	run -66 nvr-record status nobody
}

@test "list tells segments, the one being written, and gaps with their reason" {
	add gate
	start_record gate
	await segment 1
	run -0 nvr-record list gate
	[ "$(cut -f 3 <<<"$output" | tr '\n' ' ')" = "segment open " ]
	stop_record
	sleep 1.5
	run -0 nvr-record -c "$C" --count 1 gate
	run -1 nvr-record list gate --json
	jq -se 'map(.what) | index("gap") != null and .[-1] == "segment"' <<<"$output"
	jq -se 'map(select(.what == "gap")) | length == 1
	    and .[0].duration_ms >= 1000 and .[0].note == "start"' <<<"$output"
	run -0 nvr-record list gate --since 2001-01-01 --until 2002-01-01
	[ -z "$output" ]
	run -66 nvr-record list nobody
	run -64 nvr-record list gate --stream third
}

@test "a hold says who and why, from when to when, and so does its release" {
	add gate
	record_some gate 1
	run -64 nvr-record hold gate --since 1h
	has "--why"
	run -64 nvr-record hold gate --why x
	run -64 nvr-record hold gate --since 1h --until 2h --why x
	run -66 nvr-record hold nobody --since 1h --why x
	nvr-record hold gate --since 1h --why 'case 7: "warrant"' >/dev/null
	run -0 nvr-record holds --json
	jq -se 'length == 1 and .[0].camera == "gate" and .[0].held_by != ""
	    and .[0].why == "case 7: \"warrant\"" and .[0].released_by == null' <<<"$output"
	run nvr-record list gate
	has held
	run -64 nvr-record release gate
	run -66 nvr-record release gate --since 2001-01-01 --until 2001-01-02 --why x
	run -0 nvr-record release gate --why "case closed"
	run -0 nvr-record holds
	[ -z "$output" ]
	run -0 nvr-record holds gate --released --json
	jq -se '.[0] | .released_why == "case closed" and .released_by != ""
	    and .released_at != null' <<<"$output"
	run nvr-record list gate
	hasnt held
}

@test "room is made of the oldest, and held footage survives it" {
	small_disk 6656
	use_store "$BATS_TEST_TMPDIR/disk/store"
	nvr-store init >/dev/null
	add gate
	settings '[store]' 'min-free = 4500K'
	nvr-record -c "$C" --count 2 gate >/dev/null
	nvr-record hold gate --since 1h --why court >/dev/null
	held=$(files_of gate)
	start_record gate
	await segment 10 40
	stop_record
	# shellcheck disable=SC2086
	ls $held >/dev/null
	[ "$(sql 'SELECT COUNT(*) FROM segment')" -lt $(($(seen segment) + 2)) ]
	sound
}

@test "verify finds what is damaged, cut, missing or nobody's" {
	add gate
	record_some gate 4
	run -0 --separate-stderr nvr-record verify
	[[ $stderr == *"4 segments"*"0 faults"* ]]
	mapfile -t f < <(files_of gate)
	printf x | dd of="${f[0]}" bs=1 seek=5000 conv=notrunc status=none
	truncate -s -1 "${f[1]}"
	rm "${f[2]}"
	echo hello >"$D/media/footage/stranger"
	run -1 --separate-stderr nvr-record verify
	[ "$(wc -l <<<"$output")" = 4 ]
	has "$(basename "${f[0]}")"$'\tsha256'
	has "$(basename "${f[1]}")"$'\tsize'
	has "$(basename "${f[2]}")"$'\tmissing'
	has $'footage/stranger\tunknown'
	hasnt "$(basename "${f[3]}")"
	# Nothing was touched.
	[ -e "$D/media/footage/stranger" ] && [ -e "${f[0]}" ]
	run -1 --separate-stderr nvr-record verify --json gate
	jq -se 'map(.fault) | sort == ["missing", "sha256", "size"]' <<<"$output"
	cp "${f[3]}" "$(dirname "${f[3]}")/0sa4yc4ac5nr9.mp4.age"
	run -1 --separate-stderr nvr-record verify --since 2100-01-01 gate
	has 0sa4yc4ac5nr9.mp4.age$'\tunknown'
	[ "${#lines[@]}" = 1 ]
	run -66 nvr-record verify nobody
}

@test "verify opens the chunks: a file that was exchanged along with its sum is found" {
	add gate
	record_some gate 1
	file=$(files_of gate)
	printf x | dd of="$file" bs=1 seek=50000 conv=notrunc status=none
	sql "UPDATE segment SET sha256 = x'$(sha256sum <"$file" | cut -c 1-64)'"
	run -1 --separate-stderr nvr-record verify
	has $'\tsealed'
	# Where the key is kept elsewhere that cannot be seen, and it says so.
	sql "UPDATE camera SET identity = NULL"
	run -0 nvr-record verify
	has "1 were not opened"
}

@test "verify beside a recorder finds nothing wrong" {
	add gate
	start_record gate
	await segment
	for _ in 1 2 3 4 5 6; do
		run -0 nvr-record verify
		sleep 0.3
	done
	stop_record
}

@test "another recorder of the same camera is refused, and says which one there is" {
	add gate
	add yard
	start_record gate
	await recording
	child=$(pgrep -P "$rec")
	run -75 nvr-record -c "$C" gate
	has "gate: process $child records it already"
	run -75 nvr-record -c "$C" --all
	has "$child"
	run -0 nvr-record -c "$C" --count 1 yard
	more segment
	stop_record
	sound
}

@test "it says what is wrong with how it was called" {
	run -66 nvr-record -c "$C" --all
	has "nvr-camera add"
	run -64 nvr-record -c "$C"
	add gate
	run -66 nvr-record -c "$C" nobody
	run -64 nvr-record -c "$C" --all gate
	run -64 nvr-record -c "$C" gate --stream third
	sql "UPDATE camera SET record = 'none'"
	run -64 nvr-record -c "$C" gate
	has "--record main"
}

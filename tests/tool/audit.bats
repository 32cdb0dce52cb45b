#!/usr/bin/env bats
# nvr-audit: the local analyzer, exec: analyzers, and what is stored.

setup_file() {
	load ../lib/helpers.bash
	start_camera gate --size 640x360
	use_store "$BATS_FILE_TMPDIR/taught"
	nvr-camera add gate "$(url_of gate)"
	teach gate
	nvr-snap gate >"$BATS_FILE_TMPDIR/shot.jpg"
	tell gate cover cloth
	nvr-snap gate >"$BATS_FILE_TMPDIR/cloth.jpg"
	tell gate clear
}

teardown_file() {
	load ../lib/helpers.bash
	stop_cameras
}

# Each test gets a copy of the store that has been taught.
setup() {
	load ../lib/helpers.bash
	use_store
	cp -a "$BATS_FILE_TMPDIR/taught" "$D"
	shot=$BATS_FILE_TMPDIR/shot.jpg
}

teardown() {
	[ "$BATS_TEST_COMPLETED" = 1 ] || tell gate clear
}

# analyzer SCRIPT-BODY: an exec: analyzer at $X.
analyzer() {
	X=$BATS_TEST_TMPDIR/analyzer
	printf '#!/bin/sh\n%s\n' "$1" >"$X"
	chmod +x "$X"
}

@test "a healthy camera is healthy: exit 0, and every check says no" {
	run -0 nvr-audit --json gate
	jq -e '.status == "ok" and .camera == "gate" and (.findings | length == 7 and all(.verdict == "no"))' <<<"$output"
}

@test "each fault is found by its name: exit 1" {
	for pair in cover:covered black:black over:over_exposed blur:blurred "shift 20:moved"; do
		tell gate "${pair%:*}"
		run -1 nvr-audit --json --no-learn gate
		jq -e --arg l "${pair#*:}" '.findings[] | select(.label == $l) | .verdict == "yes" and .confidence > 0.5' <<<"$output" || {
			echo "$pair: $output"
			tell gate clear
			return 1
		}
	done
	tell gate clear
	run -0 nvr-audit gate
}

@test "a frozen camera is found at the third still that looks the same" {
	tell gate freeze
	nvr-audit gate
	nvr-audit gate
	run -1 nvr-audit --json gate
	tell gate clear
	jq -e '.findings[] | select(.label == "frozen") | .verdict == "yes"' <<<"$output"
	run -0 nvr-audit gate
}

@test "N2: findings carry evidence, confidence with its method, or the reason for none" {
	tell gate black
	run -1 nvr-audit --json gate
	tell gate clear
	jq -e '.findings | all(has("label") and has("verdict") and has("evidence") and has("confidence") and has("uncertainty") and has("region"))' <<<"$output"
	jq -e '.findings[] | select(.label == "black") | .confidence_method == "margin" and (.evidence | test("[0-9.]+ (over|under) [0-9.]+"))' <<<"$output"
	jq -e '.findings[] | select(.label == "blurred") | .verdict == "cannot_determine" and .uncertainty == "dark" and .confidence == null' <<<"$output"
}

@test "a camera learns until there are eight healthy stills" {
	nvr-camera add yard "$(url_of gate)"
	for _ in $(seq 8); do
		run -0 nvr-audit --json yard
		jq -e '.status == "learning"' <<<"$output"
	done
	run -0 nvr-audit --json yard
	jq -e '.status == "ok"' <<<"$output"
	run -0 nvr-audit baseline show yard --json
	jq -e '.samples == 9 and .state == "ready" and .mode == "day"' <<<"$output"
}

@test "a black camera is found even while it learns, and teaches nothing" {
	nvr-camera add yard "$(url_of gate)"
	tell gate black
	run -1 nvr-audit --json yard
	tell gate clear
	jq -e '.findings[] | select(.label == "black") | .verdict == "yes"' <<<"$output"
	run -0 nvr-audit baseline show yard --json
	[ "$(jq -s 'map(.samples) | add' <<<"$output")" = 0 ]
}

@test "a grey cover does not pass for an infrared picture that has yet to be learnt" {
	tell gate cover plain
	for _ in 1 2 3; do
		run -1 nvr-audit --json gate
		jq -e '.findings[] | select(.label == "covered") | .verdict == "yes"' <<<"$output"
	done
	tell gate clear
}

@test "a scene with next to no colour is one baseline, not two that never get ready" {
	nvr-camera add yard rtsp://127.0.0.1:9/
	for sat in 0.006 0.02; do
		ffmpeg -loglevel error -f lavfi -i "testsrc2=s=640x360,hue=s=$sat" \
		    -frames:v 1 -q:v 2 -y "$BATS_TEST_TMPDIR/$sat.jpg"
		nvr-audit --camera yard "$BATS_TEST_TMPDIR/$sat.jpg"
	done
	run -0 nvr-audit baseline show yard --json
	jq -se 'length == 1 and .[0].samples == 2 and .[0].mode == "day"' <<<"$output"
}

@test "an alarm teaches nothing, however long it lasts" {
	before=$(nvr-audit baseline show gate --json | jq -s 'map(.samples) | add')
	for _ in $(seq 6); do
		nvr-audit "$BATS_FILE_TMPDIR/cloth.jpg" >/dev/null || true
	done
	after=$(nvr-audit baseline show gate --json | jq -s 'map(.samples) | add')
	[ "$before" = "$after" ]
	run -1 nvr-audit "$BATS_FILE_TMPDIR/cloth.jpg"
}

@test "baseline accept and reset" {
	run -0 nvr-audit baseline accept gate
	run -0 nvr-audit baseline show gate --json
	jq -e '.accepted_at != null' <<<"$output"
	run -0 nvr-audit baseline reset gate
	run -0 nvr-audit baseline show gate
	[ -z "$output" ]
	run -75 nvr-audit baseline accept gate
	has learning
	run -64 nvr-audit baseline forget gate
	run -66 nvr-audit baseline show nobody
}

@test "the baseline is sealed in the store" {
	sqlite3 "$D/nvr.db" "SELECT writefile('$BATS_TEST_TMPDIR/blob', data) FROM baseline LIMIT 1" >/dev/null
	[ "$(od -An -tu1 -N1 "$BATS_TEST_TMPDIR/blob" | tr -d ' ')" = 1 ]
	# Random bytes do not compress.
	[ "$(gzip -9c "$BATS_TEST_TMPDIR/blob" | wc -c)" -gt 15000 ]
	# It cannot be given to another camera.
	nvr-camera add yard rtsp://127.0.0.1:9/
	sqlite3 "$D/nvr.db" "UPDATE baseline SET camera_id = (SELECT id FROM camera WHERE name = 'yard')"
	run -75 nvr-audit --camera yard "$shot"
	has "baseline.data"
	has "baseline reset"
}

@test "stills come by a pipe, by name, or from files, and say whose they are" {
	run -0 bash -c "nvr-snap -d $D gate | nvr-audit -d $D --json -"
	jq -e '.camera == "gate" and .origin == "pipe" and .taken_at != null' <<<"$output"
	run -0 nvr-audit --json "$shot"
	jq -e '.camera == "gate" and .origin == "file"' <<<"$output"
	exiftool -q -all= -o "$BATS_TEST_TMPDIR/bare.jpg" "$shot"
	run -75 nvr-audit "$BATS_TEST_TMPDIR/bare.jpg"
	has "--camera"
	run -0 nvr-audit --json --camera gate "$BATS_TEST_TMPDIR/bare.jpg"
	jq -e '.camera == "gate" and .taken_at == null' <<<"$output"
	run -64 nvr-audit gate "$shot"
	run -64 nvr-audit --camera gate gate
}

@test "a renamed camera is known by its id" {
	nvr-camera set gate --name front
	run -0 nvr-audit --json "$shot"
	jq -e '.camera == "front"' <<<"$output"
}

@test "N1 N3: after an audit no still is in the store or in a temporary folder" {
	mkdir "$BATS_TEST_TMPDIR/tmp"
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	nvr-audit gate
	nvr-snap gate | nvr-audit -
	analyzer 'cat >/dev/null; echo "{\"findings\": []}"'
	nvr-audit --analyzer "exec:$X" gate
	[ -z "$(ls -A "$TMPDIR")" ]
	[ -z "$(find "$D/media" -type f ! -name nvr-media)" ]
	run ! grep -rqa $'\xff\xd8\xff' "$D"
	[ -z "$(find /tmp /var/tmp /dev/shm -newer "$shot" -type f -name '*.jpg' ! -path '*/bats-run-*' 2>/dev/null)" ]
}

@test "N4: --keep stores the audited still, sealed" {
	run -0 nvr-audit --keep 1h --json gate
	id=$(jq -r .still_id <<<"$output")
	[ -e "$D/media/stills/$(jq -r .camera_id <<<"$output")/$id.jpg.age" ]
	f=$(find "$D/media/stills" -name '*.jpg.age')
	[ -s "$f" ]
	run -64 nvr-audit --keep 48h gate
}

@test "N5: an audit stores its times, camera, type, findings, prompt and processing" {
	analyzer 'cat >/dev/null; echo "{\"findings\": [{\"label\": \"door\", \"verdict\": \"no\", \"evidence\": \"shut\", \"confidence\": 0.9}], \"model\": \"m1\"}"'
	nvr-audit --analyzer "exec:$X" --prompt 'Is the door open?' gate
	id=$(nvr-audit list --json --limit 1 | jq -r .id)
	run -0 nvr-audit show --json "$id"
	jq -e --arg x "exec:$X" '.camera == "gate" and .type == "regular" and .prompt == "Is the door open?" and .analyzer == $x
	    and .model == "m1" and .duration_ms >= 0 and .width == 640 and (.attempts | length == 1)
	    and .findings[0].label == "door" and .findings[0].confidence == 0.9' <<<"$output"
	[ "$(sqlite3 "$D/nvr.db" "SELECT prompt_sha256 FROM audit ORDER BY at DESC LIMIT 1")" = "$(printf 'Is the door open?' | sha256sum | cut -d' ' -f1)" ]
}

@test "N11: what an exec: analyzer was given is logged" {
	analyzer 'sha256sum >'"$BATS_TEST_TMPDIR/sum"'; echo "{\"findings\": []}"'
	nvr-audit --analyzer "exec:$X" "$shot"
	run -0 nvr-audit show --json "$(nvr-audit list --json --limit 1 | jq -r .id)"
	jq -e --arg sum "$(cut -d' ' -f1 "$BATS_TEST_TMPDIR/sum")" --argjson n "$(stat -c %s "$shot")" \
	    '.left[0].sha256 == $sum and .left[0].size_bytes == $n and (.left[0].destination | startswith("exec:/"))' <<<"$output"
	# The local analyzer gives nothing away.
	nvr-audit "$shot"
	run -0 nvr-audit show --json "$(nvr-audit list --json --limit 1 | jq -r .id)"
	jq -e '.left == []' <<<"$output"
}

@test "an exec: analyzer gets the still, its camera and the prompt, and no shell" {
	analyzer 'cat >'"$BATS_TEST_TMPDIR/got"'; echo "$NVR_CAMERA|$NVR_PROMPT|$#|$(env | wc -l)" >'"$BATS_TEST_TMPDIR/env"'; echo "{\"findings\": []}"'
	SECRET=x run -0 nvr-audit --analyzer "exec:$X" --prompt '$(touch /tmp/nvr-pwned); `id`' "$shot"
	cmp "$BATS_TEST_TMPDIR/got" "$shot"
	grep -qF 'gate|$(touch /tmp/nvr-pwned); `id`|0|' "$BATS_TEST_TMPDIR/env"
	[ ! -e /tmp/nvr-pwned ]
}

@test "an exec: analyzer's failure is a status, never an empty result" {
	printf '[exec]\ntimeout = 1s\nmax-output = 4K\n' >"$BATS_TEST_TMPDIR/conf"
	try() { # script, status, text
		analyzer "$1"
		run -75 nvr-audit -c "$BATS_TEST_TMPDIR/conf" --json --analyzer "exec:$X" "$shot"
		jq -e --arg s "$2" --arg t "$3" '.status == $s and .findings == [] and (.error | contains($t))' <<<"$output" || {
			echo "$output"
			return 1
		}
	}
	try 'exit 3' error "exit code 3"
	try 'kill -9 $$' error killed
	try 'sleep 60' error "within 1s"
	try 'cat >/dev/null; yes' invalid "more than 4096"
	try 'echo hello' invalid "not JSON"
	try ':' invalid "not JSON"
	try 'echo "{\"findings\": 3}"' invalid findings
	try 'echo "{\"findings\": [{\"label\": \"x\", \"verdict\": \"maybe\", \"evidence\": \"\"}]}"' invalid verdict
	try 'echo "{\"findings\": [{\"label\": \"x\", \"verdict\": \"yes\"}]}"' invalid evidence
	try 'echo "{\"findings\": [{\"label\": \"x\", \"verdict\": \"yes\", \"evidence\": \"e\", \"confidence\": 7}]}"' invalid confidence
	try 'echo "{\"findings\": [{\"label\": \"x\", \"verdict\": \"yes\", \"evidence\": \"e\", \"surprise\": 7}]}"' invalid surprise
	run -75 nvr-audit --analyzer exec:/nowhere/at/all "$shot"
	has "cannot run"
	run -64 nvr-audit --analyzer exec:relative "$shot"
	run -64 nvr-audit --analyzer magic "$shot"
	has "local"
}

@test "a program that hangs is gone with its children" {
	printf '[exec]\ntimeout = 1s\n' >"$BATS_TEST_TMPDIR/conf"
	analyzer "sleep 98.7654 & sleep 98.7654"
	run -75 nvr-audit -c "$BATS_TEST_TMPDIR/conf" --analyzer "exec:$X" "$shot"
	run ! pgrep -f 'sleep 98.7654'
}

@test "text of an analyzer cannot write on the terminal" {
	analyzer 'cat >/dev/null; printf "{\"findings\": [{\"label\": \"x\", \"verdict\": \"yes\", \"evidence\": \"a\\\\u001b[31mb\\\\tc\"}]}"'
	run -1 nvr-audit --analyzer "exec:$X" "$shot"
	has 'a?[31mb\tc'
}

@test "stills that are none are refused one by one, and the others examined" {
	T=$BATS_TEST_TMPDIR
	: >"$T/empty.jpg"
	head -c 5000 "$shot" >"$T/cut.jpg"
	printf '\x89PNG\r\n\x1a\n0000000000' >"$T/png.jpg"
	run -75 nvr-audit --camera gate "$T/empty.jpg" "$T/cut.jpg" "$T/png.jpg" "$T/none.jpg" "$shot"
	has "empty.jpg: it is empty"
	has "cut.jpg: the JPEG is cut short"
	has "png.jpg: it is not a JPEG"
	has "none.jpg"
	[ "$(nvr-audit list --json --limit 1 | jq -r .status)" = ok ]
}

@test "a JPEG of 65,500 x 65,500 pixels is an audit with an error" {
	python3 - "$shot" "$BATS_TEST_TMPDIR/big.jpg" <<'EOT'
import sys
d = bytearray(open(sys.argv[1], 'rb').read())
i = d.index(b'\xff\xc0')
d[i + 5:i + 9] = (65500).to_bytes(2, 'big') * 2
open(sys.argv[2], 'wb').write(d)
EOT
	run -75 nvr-audit --json "$BATS_TEST_TMPDIR/big.jpg"
	jq -e '.status == "error" and (.error | contains("65500"))' <<<"$output"
}

@test "an EXIF bomb is no more than a still without EXIF" {
	python3 - "$shot" "$BATS_TEST_TMPDIR/bomb.jpg" <<'EOT'
import struct, sys
d = open(sys.argv[1], 'rb').read()
# An IFD of 65535 entries, each pointing to 4 GB, and a next IFD that is itself.
ifd = struct.pack('<H', 65535) + struct.pack('<HHII', 0x010e, 2, 0xffffffff, 8) * 3000
body = b'Exif\0\0II*\0' + struct.pack('<I', 8) + ifd + struct.pack('<I', 8)
body = body[:65000]
open(sys.argv[2], 'wb').write(d[:2] + b'\xff\xe1' + struct.pack('>H', len(body) + 2) + body + d[2:])
EOT
	run -0 timeout 10 "$NVR_BUILD/nvr-audit" -d "$D" --camera gate --no-learn "$BATS_TEST_TMPDIR/bomb.jpg"
}

@test "a camera that gives no still is an audit with the reason: exit 75" {
	nvr-camera add dead rtsp://127.0.0.1:9/x
	run -75 --separate-stderr nvr-audit --json dead
	jq -e '.status == "error" and (.error | contains("refused")) and .findings == [] and .camera == "dead"' <<<"$output"
	# What was found outranks what could not be looked at.
	tell gate black
	run -1 nvr-audit dead gate
	tell gate clear
	run -75 nvr-audit --all
}

@test "list shows the newest first and filters" {
	nvr-camera add dead rtsp://127.0.0.1:9/x
	nvr-audit dead 2>/dev/null || true
	nvr-audit "$shot"
	run -0 nvr-audit list --limit 1
	has gate
	run -0 nvr-audit list --camera dead
	has dead
	hasnt gate
	run -0 nvr-audit list --status error --json
	jq -se 'length == 1' <<<"$output"
	run -0 nvr-audit list --until 1h
	[ -z "$output" ]
	run -0 nvr-audit list --since 1h --json
	jq -se 'length > 1 and (map(.at) | . == (sort | reverse))' <<<"$output"
	run -64 nvr-audit list --since yesterday
	run -66 nvr-audit show 0000000000001
	run -64 nvr-audit show 17
}

@test "two audits of one camera at once do not undo each other's learning" {
	nvr-audit baseline reset gate
	for _ in $(seq 4); do
		for _ in 1 2; do nvr-snap gate; sleep 0.11; done >"$BATS_TEST_TMPDIR/s.$RANDOM.$RANDOM"
	done
	for f in "$BATS_TEST_TMPDIR"/s.*; do
		nvr-audit -q - <"$f" >/dev/null &
	done
	wait
	[ "$(nvr-audit baseline show gate --json | jq .samples)" = 8 ]
}

@test "stdout that cannot be written is exit 74, and the audit is stored" {
	n=$(nvr-audit list --limit 1000 | wc -l)
	run -74 bash -c "nvr-audit -d $D $shot >/dev/full"
	run bash -c "nvr-audit -d $D $shot $shot | :"
	[ "$(nvr-audit list --limit 1000 | wc -l)" -ge $((n + 2)) ]
}

@test "a pipe goes on behind what is no still of ours" {
	exiftool -q -all= -o "$BATS_TEST_TMPDIR/bare.jpg" "$shot"
	head -c 9000 "$shot" >"$BATS_TEST_TMPDIR/cut.jpg"
	run -75 bash -c "cat $BATS_TEST_TMPDIR/bare.jpg $shot $BATS_TEST_TMPDIR/cut.jpg $shot | nvr-audit -d $D --no-learn -"
	[ "$(grep -c $'gate\tok' <<<"$output")" = 2 ]
	has "--camera"
	has "cut short"
	# The third look at the same still finds it frozen.
	run -1 nvr-audit --no-learn "$BATS_TEST_TMPDIR/" "$shot"
	[ "$(grep -c $'gate\tok' <<<"$output")" = 1 ]
}

@test "a signal ends the analyzer with nvr-audit" {
	analyzer "exec sleep 87.6543"
	"$NVR_BUILD/nvr-audit" -d "$D" --analyzer "exec:$X" "$shot" 3>&- &
	pid=$!
	for _ in $(seq 200); do pgrep -f 'sleep 87.6543' >/dev/null && break; sleep 0.02; done
	kill $pid
	wait $pid || true
	for _ in $(seq 100); do pgrep -f 'sleep 87.6543' >/dev/null || break; sleep 0.02; done
	run ! pgrep -f 'sleep 87.6543'
}

@test "a store that is locked does not hang an audit of many cameras" {
	for i in 1 2 3 4 5; do nvr-camera add "b$i" "file://$shot"; done
	mkfifo "$BATS_TEST_TMPDIR/hold"
	sqlite3 "$D/nvr.db" <"$BATS_TEST_TMPDIR/hold" &
	exec 9>"$BATS_TEST_TMPDIR/hold"
	printf '.timeout 5000\nBEGIN IMMEDIATE;\n' >&9
	for _ in $(seq 100); do
		sqlite3 "$D/nvr.db" 'BEGIN IMMEDIATE' 2>/dev/null || break
		sleep 0.02
	done
	run -75 timeout 20 "$NVR_BUILD/nvr-audit" -d "$D" b1 b2 b3 b4 b5
	has locked
	exec 9>&-
	wait
}

@test "a camera's history is listed under its new name, an unknown one is told" {
	nvr-audit "$shot"
	nvr-camera set gate --name front
	run -0 nvr-audit list --camera front --limit 1
	has gate
	run -66 nvr-audit list --camera nosuch
	run -64 nvr-audit list --status frob
	has frob
}

@test "the doctor knows a wrong master key" {
	cp "$D/keys/master" "$BATS_TEST_TMPDIR/master"
	chmod 600 "$D/keys/master"
	head -c 32 /dev/urandom >"$D/keys/master"
	run -1 nvr-store check
	has "is not the key that wraps keys.db"
	head -c 6 /dev/urandom >"$D/keys/master"
	run -1 nvr-store check
	has "6 bytes"
}

@test "findings combine in the shell" {
	tell gate cover
	output=$(nvr-audit --json gate | jq -c '{camera} + (.findings[] | select(.verdict == "yes") | {label: .label})')
	tell gate clear
	has '{"camera":"gate","label":"covered"}'
}

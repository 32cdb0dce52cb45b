#!/usr/bin/env bats
# nvr-camera: the inventory.

setup() {
	load ../lib/helpers.bash
	use_store
}

secret=Zq7-unlikely-Secret

@test "C4: a camera has a name, zone, manufacturer and model" {
	nvr-camera add gate rtsp://192.0.2.7/s --zone entrance --manufacturer Acme --model "X 1"
	run -0 --separate-stderr nvr-camera list
	[ "$output" = $'gate\tentrance\tAcme\tX 1\trtsp://192.0.2.7/s' ]
	run -0 nvr-camera show gate --json
	jq -e '.zone == "entrance" and .manufacturer == "Acme" and .model == "X 1"' <<<"$output"
}

@test "C5: credentials are stored as ciphertext and never shown" {
	echo "$secret" | nvr-camera add gate rtsp://192.0.2.7/s --user admin --password-file -
	run -0 nvr-camera show gate
	has "credentials: sealed"
	hasnt "$secret"
	hasnt admin
	run ! grep -rqa -e "$secret" "$D"
	sqlite3 "$D/nvr.db" "SELECT writefile('$BATS_TEST_TMPDIR/blob', secrets) FROM camera" >/dev/null
	age -d -i "$D/keys/box.age" "$BATS_TEST_TMPDIR/blob" | grep -qa "$secret"
}

@test "C5: a credential cannot be opened without the recorder's key" {
	echo "$secret" | nvr-camera add gate rtsp://192.0.2.7/s --user admin --password-file -
	sqlite3 "$D/nvr.db" "SELECT writefile('$BATS_TEST_TMPDIR/blob', secrets) FROM camera" >/dev/null
	age-keygen -o "$BATS_TEST_TMPDIR/other.key" 2>/dev/null
	run ! age -d -i "$BATS_TEST_TMPDIR/other.key" "$BATS_TEST_TMPDIR/blob"
}

@test "C5: sealed credentials cannot be moved to another camera" {
	echo "$secret" | nvr-camera add gate rtsp://192.0.2.7/s --user admin --password-file -
	nvr-camera add trap rtsp://203.0.113.1/s
	sqlite3 "$D/nvr.db" "UPDATE camera SET secrets = (SELECT secrets FROM camera WHERE name = 'gate') WHERE name = 'trap'"
	run -1 nvr-snap -o /dev/null trap
	has "another camera"
}

@test "a password in a URL of the command line is refused, with the way out" {
	run -64 nvr-camera add gate "rtsp://admin:$secret@192.0.2.7/s"
	has "--password-file"
	hasnt "$secret"
	run -64 nvr-camera add gate "http://192.0.2.7/shot.jpg?user=a&pwd=$secret"
	hasnt "$secret"
}

@test "a URL on stdin may hold its password, which is sealed and not shown" {
	echo "http://admin:$secret@192.0.2.7/s.cgi?pwd=$secret&ch=1" | nvr-camera add gate -
	run -0 nvr-camera show gate
	has "url: http://192.0.2.7/s.cgi?pwd=***&ch=1"
	run ! grep -rqa -e "$secret" "$D"
	# Changing something else keeps them.
	nvr-camera set gate --zone yard
	sqlite3 "$D/nvr.db" "SELECT writefile('$BATS_TEST_TMPDIR/blob', secrets) FROM camera" >/dev/null
	[ "$(age -d -i "$D/keys/box.age" "$BATS_TEST_TMPDIR/blob" | grep -ca "pwd=$secret&ch=1")" = 1 ]
}

@test "C5: a secret in a query is in no error, no log and no row" {
	echo "http://127.0.0.1:9/y?user=a&pwd=$secret" | nvr-camera add q -
	run -1 nvr-snap -v -v -o "$BATS_TEST_TMPDIR/x" q
	has "pwd=***"
	hasnt "$secret"
	run nvr-audit -v q
	hasnt "$secret"
	run -1 nvr-camera probe q
	hasnt "$secret"
	echo "rtsp://127.0.0.1:9/y?token=$secret" | nvr-camera add r -
	run -1 nvr-snap -v -v -o "$BATS_TEST_TMPDIR/x" r
	hasnt "$secret"
	run ! grep -rqa -e "$secret" "$D"
}

@test "a snapshot URL with a password comes from stdin too" {
	nvr-camera add gate rtsp://192.0.2.7/s
	echo "http://u:$secret@192.0.2.7/shot.jpg" | nvr-camera set gate --snapshot-url -
	run -0 nvr-camera show gate
	has "snapshot_url: http://192.0.2.7/shot.jpg"
	has "credentials: sealed"
	run -64 nvr-camera set gate --snapshot-url - --url -
	has "only one"
}

@test "what is recorded of a camera, and how much is kept, is entered and shown" {
	nvr-camera add gate rtsp://192.0.2.7/s
	run -0 nvr-camera show gate --json
	jq -e '.record == "main" and .audio and .sub_url == null and .retain_ms == null
	    and .retain_bytes == null and .retain_sub_ms == null and .retain_sub_bytes == null
	    and .retain_events_ms == null and .retain_stills_ms == null' <<<"$output"
	nvr-camera set gate --sub-url rtsp://192.0.2.7/small --record both --no-audio \
	    --retain 7d --retain-bytes 20G --retain-sub 30d --retain-sub-bytes 512M \
	    --retain-events 90d --retain-stills 2d
	run -0 nvr-camera show gate
	has "sub_url: rtsp://192.0.2.7/small"
	want='.sub_url == "rtsp://192.0.2.7/small" and .record == "both" and .audio == false
	    and .retain_ms == 604800000 and .retain_bytes == 21474836480
	    and .retain_sub_ms == 2592000000 and .retain_sub_bytes == 536870912
	    and .retain_events_ms == 7776000000 and .retain_stills_ms == 172800000'
	run -0 nvr-camera show gate --json
	jq -e "$want" <<<"$output"
	run -0 nvr-camera list --json
	jq -e "$want" <<<"$output"
	# The list of a pipe stays as it was; another change leaves them alone.
	run -0 nvr-camera list
	[ "$output" = $'gate\t\t\t\trtsp://192.0.2.7/s' ]
	nvr-camera set gate --zone yard
	run -0 nvr-camera show gate --json
	jq -e "$want" <<<"$output"
	nvr-camera set gate --audio --retain none --retain-bytes none --retain-sub none \
	    --retain-sub-bytes none --retain-events none --retain-stills none
	run -0 nvr-camera show gate --json
	jq -e '.audio and .retain_ms == null and .retain_bytes == null
	    and .retain_sub_ms == null and .retain_sub_bytes == null
	    and .retain_events_ms == null and .retain_stills_ms == null' <<<"$output"
	nvr-camera add yard rtsp://192.0.2.8/s --record none --retain-bytes 1000
	run -0 nvr-camera show yard --json
	jq -e '.record == "none" and .retain_bytes == 1000' <<<"$output"
}

@test "what cannot be recorded or kept is refused, and nothing is changed" {
	run -64 nvr-camera add gate rtsp://192.0.2.7/s --record sub
	has "--sub-url"
	run -66 nvr-camera show gate
	nvr-camera add gate rtsp://192.0.2.7/s
	for r in sub both all '' Main; do
		run -64 nvr-camera set gate --record "$r"
		has "--"
	done
	for size in '' K 12X 1.5G -5 +5 ' 5' 5k 9223372036854775808 8388608T 99999999999999999999999999; do
		run -64 nvr-camera set gate --retain-bytes "$size"
		has "--retain-bytes: '$size' is not a size: write 500M or 20G"
		run -64 nvr-camera set gate --retain-sub-bytes "$size"
	done
	# All, or nothing at all?
	for o in '' -bytes -sub -sub-bytes -events -stills; do
		for zero in 0 000; do
			run -64 nvr-camera set gate --retain$o $zero
			has "--retain$o: '$zero' could mean all or nothing: say 'none'"
		done
	done
	run -64 nvr-camera set gate --retain-events 0d
	run -64 nvr-camera set gate --retain-bytes 0K
	for d in '' 7 7x -7d 9999999w; do
		run -64 nvr-camera set gate --retain "$d"
		has "not a duration"
		run -64 nvr-camera set gate --retain-sub "$d"
	done
	run -64 nvr-camera set gate --audio --no-audio
	has "contradict"
	run -64 nvr-camera set gate --sub-url ftp://192.0.2.7/x
	# A small stream that is to be recorded cannot be taken away.
	nvr-camera set gate --sub-url rtsp://192.0.2.7/small --record both
	run -64 nvr-camera set gate --sub-url ''
	has "--sub-url"
	nvr-camera set gate --sub-url '' --record main
	run -0 nvr-camera show gate --json
	jq -e '.sub_url == null and .record == "main" and .retain_ms == null' <<<"$output"
}

@test "C5: a sub URL with a password comes from stdin, is sealed, and never shown" {
	blob() {
		sqlite3 "$D/nvr.db" "SELECT writefile('$BATS_TEST_TMPDIR/blob', secrets) FROM camera" >/dev/null
		age -d -i "$D/keys/box.age" "$BATS_TEST_TMPDIR/blob"
	}
	run -64 nvr-camera add gate rtsp://192.0.2.7/s --sub-url "rtsp://admin:$secret@192.0.2.7/small"
	has "--password-file"
	hasnt "$secret"
	nvr-camera add gate rtsp://192.0.2.7/s --user admin
	before=$(blob | sha256sum)
	echo "rtsp://admin:$secret@192.0.2.7/small?pwd=$secret" |
	    nvr-camera set gate --sub-url - --record both
	run -0 nvr-camera show gate
	has "sub_url: rtsp://192.0.2.7/small?pwd=***"
	has "credentials: sealed"
	hasnt "$secret"
	run -0 nvr-camera list --json
	hasnt "$secret"
	run ! grep -rqa -e "$secret" "$D"
	[ "$(blob | sha256sum)" != "$before" ]
	blob | grep -qa "rtsp://192.0.2.7/small?pwd=$secret"
	# Another change, and another URL, keep it.
	nvr-camera set gate --url rtsp://192.0.2.7/other --zone yard
	blob | grep -qa "rtsp://192.0.2.7/small?pwd=$secret"
	run -64 nvr-camera set gate --sub-url - --url -
	has "only one"
	run -64 nvr-camera set gate --sub-url - --password-file -
	has "only one"
	run -64 nvr-camera set gate --sub-url - </dev/null
	has "no URL on stdin"
}

@test "another key is refused while there is footage that only the present one opens" {
	nvr-camera add gate rtsp://192.0.2.7/s
	other=$(age-keygen 2>/dev/null | sed -n 's/^# public key: //p')
	sqlite3 "$D/nvr.db" "INSERT INTO segment (id, camera_id, stream, run_id, start_at,
	    end_at, media_start_us, media_us, frames, size_bytes, sha256, sealed)
	    SELECT 1, id, 'main', 1, 1, 2, 0, 1, 1, 1, zeroblob(32), 1 FROM camera"
	run -64 nvr-camera set gate --recipient "$other"
	has "footage"
	run -0 nvr-camera show gate
	has "identity: sealed"
	# One more that can open it is no harm.
	nvr-camera set gate --add-recipient "$other"
	# Nor is it any better while the first segment is being written.
	sqlite3 "$D/nvr.db" "DELETE FROM segment; INSERT INTO open_segment (id, camera_id,
	    stream, run_id, start_at, media_start_us) SELECT 1, id, 'main', 1, 1, 0 FROM camera"
	run -64 nvr-camera set gate --recipient "$other"
	has "footage"
	sqlite3 "$D/nvr.db" "DELETE FROM open_segment"
	nvr-camera set gate --drop-recipient "$other" --recipient "$other"
}

@test "damaged secrets are one camera's trouble, and can be entered anew" {
	echo "$secret" | nvr-camera add bad rtsp://192.0.2.7/s --user u --password-file -
	nvr-camera add still file:///dev/null
	sqlite3 "$D/nvr.db" "UPDATE camera SET secrets = x'00' WHERE name = 'bad'"
	run -1 nvr-snap --all -o "$BATS_TEST_TMPDIR/%c"
	has "bad: "
	has "still: "
	run -1 nvr-store check
	has "nvr-camera set"
	run -65 nvr-camera set bad --zone x
	has "--url"
	echo "$secret" | nvr-camera set bad --url rtsp://192.0.2.7/s --user u --password-file -
	run -0 nvr-store check
}

@test "a change is made whole or not at all" {
	run -65 nvr-camera add gate rtsp://192.0.2.7/s --add-recipient age1bad
	run -66 nvr-camera show gate
	nvr-camera add gate rtsp://192.0.2.7/s
	args=()
	for _ in $(seq 16); do
		args+=(--add-recipient "$(age-keygen 2>/dev/null | sed -n 's/^# public key: //p')")
	done
	run -64 nvr-camera set gate --zone moved "${args[@]}"
	has "at most 16"
	run -0 nvr-camera show gate --json
	jq -e '.zone == "" and .further_recipients == []' <<<"$output"
}

@test "key prints the identity that opens a kept still" {
	make_jpeg "$BATS_TEST_TMPDIR/s.jpg"
	nvr-camera add gate "file://$BATS_TEST_TMPDIR/s.jpg"
	nvr-snap --keep 1h gate >"$BATS_TEST_TMPDIR/still.jpg"
	nvr-camera key gate >"$BATS_TEST_TMPDIR/id"
	age -d -i "$BATS_TEST_TMPDIR/id" "$D"/media/stills/*/*.age | cmp - "$BATS_TEST_TMPDIR/still.jpg"
	# Another key would lock it up.
	run -64 nvr-camera set gate --recipient "$(age-keygen -y "$BATS_TEST_TMPDIR/id")"
	has "kept stills"
	nvr-camera add away rtsp://192.0.2.7/s --recipient "$(age-keygen -y "$BATS_TEST_TMPDIR/id")"
	run -66 nvr-camera key away
	has "kept elsewhere"
}

@test "what could not work later is refused at once" {
	for u in rtsp://h:99999/1 rtsp://h:0/1 rtsp://h:x/1 file://relative/x v4l2://video0 'http://[::1]:0/'; do
		run -64 nvr-camera add gate "$u"
	done
	run -66 nvr-camera add gate rtsps://h/1 --tls-ca /nowhere.pem
	has "/nowhere.pem"
	run -64 nvr-camera add front.jpg rtsp://h/1
	nvr-camera add v6 'rtsp://[::1]:554/1'
	cd "$BATS_TEST_TMPDIR"
	touch ca.pem
	nvr-camera add tls rtsps://h/1 --tls-ca ca.pem
	run -0 nvr-camera show tls
	has "tls_ca: $BATS_TEST_TMPDIR/ca.pem"
}

@test "the password can be asked for on a terminal" {
	run -0 python3 - "$NVR_BUILD/nvr-camera" "$D" "$secret" <<'EOT'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], ['nvr-camera', '-d', sys.argv[2], 'add', 'gate',
        'rtsp://192.0.2.7/s', '--user', 'u', '--ask-password'])
seen = b''
while True:
    try:
        data = os.read(fd, 1000)
    except OSError:
        break
    if not data:
        break
    if b'assword' in data:
        os.write(fd, sys.argv[3].encode() + b'\n')
    seen += data
print(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
EOT
	hasnt "$secret"
	run -0 nvr-camera show gate
	has sealed
}

@test "without a terminal the password is not waited for" {
	run -64 setsid "$NVR_BUILD/nvr-camera" -d "$D" add gate rtsp://192.0.2.7/s --user u --ask-password </dev/null
	has "--password-file"
}

@test "an empty password file is refused" {
	run -65 nvr-camera add gate rtsp://192.0.2.7/s --user u --password-file /dev/null
	has empty
}

@test "only the protocols of cameras are accepted" {
	for u in ftp://h/x gopher://h/ concat:/etc/passwd hls://h/ srt://h:1 \
	    data://text/plain,x "subfile,,start,0,end,9,,:/etc/passwd" /dev/video0 ''; do
		run -64 nvr-camera add gate "$u"
		has "nvr-camera:"
	done
	run -64 nvr-camera add gate ftp://192.0.2.7/x
	has "rtsp, rtsps, http, https, file or v4l2"
}

@test "names are checked" {
	for n in '' ../etc -x .hidden 'a/b' '%c' "$(printf 'n%.0s' {1..65})" list baseline; do
		run -64 nvr-camera add -- "$n" rtsp://192.0.2.7/s
	done
	run -64 nvr-camera add $'a\tb' rtsp://192.0.2.7/s
	has "control characters"
	run -64 nvr-camera add $'a\eb' rtsp://192.0.2.7/s
	hasnt $'\e'
	nvr-camera add "Größe 北門" rtsp://192.0.2.7/s
	run -0 nvr-camera list
	has "Größe 北門"
}

@test "a name is taken only once" {
	nvr-camera add gate rtsp://192.0.2.7/s
	run -73 nvr-camera add gate rtsp://192.0.2.8/s
	has "already"
	nvr-camera add yard rtsp://192.0.2.8/s
	run -73 nvr-camera set yard --name gate
	run -0 nvr-camera show yard
}

@test "a wrong name is answered with the near one" {
	nvr-camera add gate rtsp://192.0.2.7/s
	run -66 nvr-camera show gaet
	has "did you mean 'gate'"
	run -66 nvr-camera show something
	has "nvr-camera list"
}

@test "N14: a removed camera can be restored for 30 days and not longer" {
	nvr-camera add gate rtsp://192.0.2.7/s --zone entrance
	run -0 nvr-camera remove gate
	has "within 30d"
	run -0 nvr-camera list
	[ -z "$output" ]
	run -66 nvr-camera show gate
	run -0 nvr-camera list --removed
	has gate
	if [ -z "$sanitized" ]; then
		run -66 faketime -f +31d "$NVR_BUILD/nvr-camera" -d "$D" restore gate
		has "could be restored until"
		run -0 faketime -f +29d "$NVR_BUILD/nvr-camera" -d "$D" restore gate
	else
		nvr-camera restore gate
	fi
	run -0 nvr-camera list
	has entrance
}

@test "N14: a restored camera whose name is taken gets another" {
	nvr-camera add gate rtsp://192.0.2.7/s
	nvr-camera remove gate
	nvr-camera add gate rtsp://192.0.2.8/s
	run -73 nvr-camera restore gate
	has "--name"
	run -0 nvr-camera restore gate --name old-gate
	run -0 nvr-camera list
	has 192.0.2.7
	has 192.0.2.8
}

@test "set changes what it names and leaves the rest" {
	echo "$secret" | nvr-camera add gate rtsp://192.0.2.7/s --user admin --password-file - --zone a --model m
	nvr-camera set gate --zone b --name front --transport udp
	run -0 nvr-camera show front --json
	jq -e '.zone == "b" and .model == "m" and .transport == "udp" and .credentials == "sealed"' <<<"$output"
}

@test "masks are checked when they are entered" {
	for m in 1,2 '1,2 3,4' '1,2 3,4 5' '1,2 3,4 101,6' 'a,b c,d e,f' '1,2 3,4 5,nan'; do
		run -64 nvr-camera add gate rtsp://192.0.2.7/s --mask "$m"
		has "polygon"
	done
	nvr-camera add gate rtsp://192.0.2.7/s --mask '0,0 20,0 20,30.5; 50,50 60,50 60,60'
	run -0 nvr-camera set gate --mask ''
	run -0 nvr-camera show gate --json
	jq -e '.mask == null' <<<"$output"
}

@test "further recipients, and one whose identity is elsewhere" {
	age-keygen -o "$BATS_TEST_TMPDIR/k" 2>/dev/null
	r=$(age-keygen -y "$BATS_TEST_TMPDIR/k")
	nvr-camera add gate rtsp://192.0.2.7/s --add-recipient "$r"
	run -0 nvr-camera show gate --json
	jq -e --arg r "$r" '.further_recipients == [$r] and .identity == "sealed"' <<<"$output"
	nvr-camera set gate --drop-recipient "$r" --recipient "$r"
	run -0 nvr-camera show gate --json
	jq -e --arg r "$r" '.recipient == $r and .identity == "kept elsewhere" and .further_recipients == []' <<<"$output"
	run -65 nvr-camera set gate --add-recipient age1qqqq
	run -66 nvr-camera set gate --drop-recipient "$r"
}

@test "TSV escapes what would break a line, a terminal gets a table" {
	nvr-camera add 'a\b' rtsp://192.0.2.7/s
	run -0 nvr-camera list
	has 'a\\b'
	run -0 script -qec "nvr-camera -d $D list" /dev/null </dev/null
	has "NAME"
	has "ZONE"
}

@test "list of nothing is nothing" {
	nvr-store init >/dev/null
	run -0 nvr-camera list
	[ -z "$output" ]
	run -0 nvr-camera list --json
	[ -z "$output" ]
}

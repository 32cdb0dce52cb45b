#!/usr/bin/env bats
# nvr-heartbeat, against a portal that is as bad as they get (tests/lib/portal.py).

setup_file() {
	load ../lib/helpers.bash
	P=$BATS_FILE_TMPDIR/portal
	mkdir "$P"
	new_cert localhost good DNS:localhost,DNS:portal.example,IP:127.0.0.1
	new_cert elsewhere.example other DNS:elsewhere.example
	start_portal good
	# One recorder, which each test has a copy of.
	D=$BATS_FILE_TMPDIR/store
	use_store "$D"
	make_jpeg "$P/view.jpg" 320x240
	printf 's3cret-word\n' >"$P/password"
	nvr-camera -q add gate "file://$P/view.jpg" --manufacturer Acme --zone yard
	nvr-camera -q add door rtsp://192.0.2.7/s --user admin --password-file "$P/password"
	nvr-camera -q set gate --record none
	echo THE-CODE | nvr-heartbeat -q enrol "$(url)" - --tls-ca "$P/good.pem" >/dev/null
}

teardown_file() {
	local pid
	while read -r pid; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done <"$BATS_FILE_TMPDIR/pids"
	return 0
}

setup() {
	load ../lib/helpers.bash
	P=$BATS_FILE_TMPDIR/portal
	cp -a "$BATS_FILE_TMPDIR/store" "$BATS_TEST_TMPDIR/store"
	use_store
	say ok
	rm -f "$P/set" "$P/wire" "$P/taken" "$P/enrolled"
}

new_cert() { # CN NAME SUBJECTS
	faketime -f -5y openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$P/$2.key" -out "$P/$2.pem" -days 3000 -subj "/CN=$1" \
	    -addext "subjectAltName=$3" 2>/dev/null
}

start_portal() { # CERT [tls12]
	local log=$P/portal.$1$2
	python3 "$BATS_TEST_DIRNAME/../lib/portal.py" "$P" "$P/$1.pem" \
	    "$P/$1.key" ${2:+"$2"} >"$log" 2>"$log.err" 3>&- &
	echo $! >>"$BATS_FILE_TMPDIR/pids"
	await_line "$log" '^ready'
}

url() { echo "https://127.0.0.1:$(sed 's/ready //' "$P/portal.${1:-good}")"; }
say() { echo "$1" >"$P/mode"; }
beat() { timeout 30 "$NVR_BUILD/nvr-heartbeat" -d "$D" "$@"; }
here-alert() { nvr-alert -d "$D" "$@"; }
at() { NVR_T=$1 && shift && timeout 30 faketime -f "$NVR_T" "$NVR_BUILD/nvr-heartbeat" -d "$D" "$@"; }
waiting() { beat status --json | jq .waiting; }
taken() { jq "$@" "$P/taken"; }

@test "C3: a report has the figures that the schema has, and nothing else" {
	run -0 beat
	[ -z "$output" ]
	taken -e '.report.cameras == 2 and .report.cameras_down == 1 and
	    .report.disk_free_bytes > 0 and .report.uptime_us > 0 and
	    .agent == "0.1" and (.fingerprint | length) == 64' >/dev/null
	nvr-camera -q set gate --zone cellar
	say refuse
	beat 2>/dev/null && return 1
	say ok
	beat
	beat
	# Each member that there was, wherever: no other has a place here.  What
	# not every machine can tell is left out.
	run -0 jq -rs '[.[] | paths | map(if type == "number" then "N" else . end) | join(".")] |
	    unique | map(select(test("temperature|clock") | not)) |
	    (map(select(startswith("late.N.")) | ltrimstr("late.N."))) ==
	    (map(select(startswith("report.")) | ltrimstr("report."))),
	    (map(select(startswith("late.N.") | not)) | join(" "))' "$P/taken"
	[ "${lines[0]}" = true ]
	[ "${lines[1]}" = "$(xargs <<-'EOT'
	agent cameras cameras.N cameras.N.gaps cameras.N.id cameras.N.state
	fingerprint interval_ms inventory inventory.N inventory.N.id
	inventory.N.manufacturer inventory.N.name inventory.N.secrets
	inventory.N.zone late late.N previous report report.at
	report.backlog_bytes report.cameras report.cameras_down
	report.cpu_percent report.disk_free_bytes report.disk_free_percent
	report.load report.memory_percent report.overdue report.sequence
	report.uptime_us settings started_at
	EOT
	)" ]
}

@test "C3: no byte of a picture leaves" {
	run -0 nvr-snap --keep 1h -o /dev/null gate
	cp "$P/view.jpg" "$D/media/view.mp4"
	beat
	nvr-camera -q set gate --zone cellar
	beat
	look() { python3 "$root/tests/lib/no_pictures.py" "$1" "$P/view.jpg" "$D"/media/stills/*/*.*; }
	look "$P/wire"
	# A piece of 40 bytes would be found, in whatever dress.
	for dress in cat "od -An -v -tx1 | tr -d ' \\n'" "base64 -w0" "sed s/^/x/|base64 -w0" "sed s/^/xy/|base64 -w0"; do
		tail -c +2001 "$P/view.jpg" | head -c 40 | sh -c "$dress" |
		    cat "$P/wire" - >"$BATS_TEST_TMPDIR/wire"
		run ! look "$BATS_TEST_TMPDIR/wire"
		has "view.jpg: a piece of it"
	done
}

@test "C4, C5: cameras are told once, and when they change; their secrets sealed alone" {
	beat && beat
	[ "$(taken -c 'has("inventory")' | xargs)" = "true false" ]
	taken -se '.[0].inventory | sort_by(.name) |
	    .[0].name == "door" and .[1].manufacturer == "Acme" and .[1].zone == "yard"' >/dev/null
	# It opens with the box key, and with no other.
	taken -r '.inventory // [] | .[] | select(.name == "door").secrets' |
	    base64 -d >"$BATS_TEST_TMPDIR/sealed"
	age -d -i "$D/keys/box.age" "$BATS_TEST_TMPDIR/sealed" | tr '\0' '\n' | grep -qx s3cret-word
	age-keygen -o "$BATS_TEST_TMPDIR/other" 2>/dev/null
	run ! age -d -i "$BATS_TEST_TMPDIR/other" "$BATS_TEST_TMPDIR/sealed"
	run ! grep -aq s3cret "$P/wire"
	nvr-camera -q set gate --zone cellar
	beat && beat
	[ "$(taken -c 'has("inventory")' | xargs)" = "true false true false" ]
	echo '{"wants_inventory": true}' >"$P/set"
	beat
	rm "$P/set"
	beat && beat
	[ "$(taken -c 'has("inventory")' | xargs)" = "true false true false false true false" ]
}

@test "C4: a camera whose secrets are too long for the portal is told without them" {
	nvr-camera -q add long "rtsp://192.0.2.8/$(printf 'x%.0s' {1..5000})" \
	    --user admin --password-file "$P/password"
	run -0 beat
	has "camera 'long' are too long"
	taken -e '.inventory[] | select(.name == "long") | has("secrets") | not'
}

@test "the code is no argument, the key is its owner's alone, and leaving ends both" {
	[ "$(stat -c %a:%s "$D/keys/recorder")" = 400:32 ]
	run -73 beat enrol "$(url)" X
	has "enrolled"
	run -0 beat leave
	[ ! -e "$D/keys/recorder" ]
	run -66 beat
	has "not enrolled"
	run -66 beat status
	run -66 beat leave
	say code
	run -77 beat enrol "$(url)" X --tls-ca "$P/good.pem"
	has "does not take this code"
	[ ! -e "$D/keys/recorder" ]
	say ok
	run -0 beat enrol "$(url)" - --tls-ca "$P/good.pem" --json <<<"ANOTHER-CODE"
	json_as heartbeat-action <<<"$output"
	taken -se '.[-1].code == "ANOTHER-CODE"' >/dev/null
	# It signed that, and did not go along, in whatever dress.
	python3 - "$D/keys/recorder" "$P/wire" <<'EOT'
import base64, sys
key, wire = (open(name, 'rb').read() for name in sys.argv[1:])
assert len(key) == 32 and b'ANOTHER-CODE' in wire and b'keyid=' in wire
for dress in key, key.hex().encode(), base64.b64encode(key)[:-2]:
    assert dress not in wire and dress.upper() not in wire, dress
EOT
	run -0 nvr-account log --json
	for t in portal.enrolled portal.left; do has "$t"; done
	hasnt CODE
}

@test "one whose answer does not come enrols by the same key the next time" {
	keys() { grep -ao 'keyid="[0-9a-f]*"' "$P/wire" | uniq | wc -l; }
	beat -q leave
	for m in lost 503 unsigned html; do
		say $m
		beat enrol "$(url)" X --tls-ca "$P/good.pem" 2>/dev/null && return 1
		[ "$(keys)" = 1 ]
	done
	# One that it does not take is of no use, and another one may be.
	say code
	run -77 beat enrol "$(url)" X --tls-ca "$P/good.pem"
	[ "$(keys)" = 2 ]
	[ ! -e "$D/keys/recorder" ]
	say ok
	run -0 beat enrol "$(url)" X --tls-ca "$P/good.pem"
	[ "$(keys)" = 3 ]
	[ "$(grep -ac '^POST /api/v1/enrol' "$P/wire")" = 7 ]
}

@test "the portal is told how often it is to hear: as nvr.conf says" {
	beat
	printf '[heartbeat]\ninterval = 5m\n' >"$BATS_TEST_TMPDIR/conf"
	run -0 beat -c "$BATS_TEST_TMPDIR/conf"
	beat -q leave
	beat -q -c "$BATS_TEST_TMPDIR/conf" enrol "$(url)" X --tls-ca "$P/good.pem" >/dev/null
	[ "$(taken -s -c '[.[].interval_ms]')" = '[60000,300000,300000]' ]
	for i in 0s 999ms 2d none; do
		printf '[heartbeat]\ninterval = %s\n' $i >"$BATS_TEST_TMPDIR/conf"
		run -78 beat -c "$BATS_TEST_TMPDIR/conf"
	done
}

@test "status: of one that was never heard, or not the last time, it is negative" {
	run -1 beat status
	has "sent_at:"
	beat
	run -0 beat status
	# One that was cut short, before it could say why.
	sqlite3 "$D/nvr.db" "UPDATE enrolment SET tried_at = tried_at + 1000000"
	run -1 beat status
}

@test "without its key a recorder says where it was enrolled, and both ways out" {
	rm "$D/keys/recorder"
	run -66 beat
	has "put it back from its backup"
	has "nvr-heartbeat leave"
	run -1 --separate-stderr beat status --json
	json_as heartbeat-status <<<"$output"
	jq -e '.key == null and .portal != null' <<<"$output"
	[[ $stderr == *"keys/recorder"* ]]
	run -0 beat leave
	run -0 beat enrol "$(url)" X --tls-ca "$P/good.pem"
}

@test "what is no portal's URL, pin or authority is refused before anything is sent" {
	beat -q leave
	for u in http://192.0.2.1 ftp://127.0.0.1 https:// https://u:p@h https://h/x 'https://h?x' \
	    https://h#x portal.example 'https://a b' $'https://a\nb'; do
		run -64 beat enrol "$u" X
	done
	for p in x sha256// sha256//AAAA "sha256//$(head -c 33 /dev/zero | base64)" \
	    "sha256//$(head -c 32 /dev/zero | base64);" "sha1//$(head -c 32 /dev/zero | base64)"; do
		run -64 beat enrol "$(url)" X --pin "$p"
	done
	run -66 beat enrol "$(url)" X --tls-ca /nowhere.pem
	# Nor is a store made for it.
	D=$BATS_TEST_TMPDIR/none
	run -64 beat enrol http://portal.example X
	run -64 beat enrol "$(url)" X --pin x
	run -64 beat enrol "$(url)" ""
	[ ! -e "$D" ]
	D=$BATS_TEST_TMPDIR/store
	run -64 beat enrol "$(url)" "$(printf 'A%.0s' {1..65})" --tls-ca "$P/good.pem"
	run -65 beat enrol "$(url)" - </dev/null
	[ ! -e "$P/wire" ]
	run -64 beat --openmetrics
	run -64 beat --print --openmetrics --json
}

@test "whatever the portal does, the report waits and is not lost" {
	sent=0
	try() { # MODE CODE TEXT
		say "$1"
		run -"$2" beat
		has "$3"
		[ "$(waiting)" = $((++sent)) ]
	}
	try refuse 69 "127.0.0.1"
	try skew 77 "behind the portal's: set it"
	try 413 65 "too large"
	try garbage 65 "no HTTP"
	try html 65 "answer"
	try deep 65 "answer"
	try redirect 65 "elsewhere.example"
	try large 65 "more than 524288 bytes"
	try host 69 "[portal] url or hosts"
	hasnt "no host of that name"
	try revoked 77 "leave ends it here"
	try waiting 77 "approved"
	try unknown 77 "does not know this recorder"
	try unsigned 77 "signature"
	try 503 75 "cannot take it now"
	run -1 --separate-stderr beat status --json
	jq -e '.error | test("cannot take")' <<<"$output"
	json_as heartbeat-status <<<"$output"
	# The present one first and alone, then what waited, in order.
	say ok
	run -0 beat
	[ "$(waiting)" = $sent ]
	run -0 beat --json
	json_as heartbeat-sent <<<"$output"
	[ "$(jq .late <<<"$output")" = $sent ]
	[ "$(waiting)" = 0 ]
	taken -se '(.[0] | has("late") | not or .late == []) and (.[1].late | length) == '$sent' and
	    ([.[1].late[].sequence] | . == sort) and
	    .[1].late[-1].sequence < .[0].report.sequence' >/dev/null
	run -0 beat status
}

@test "a portal that wants to be left alone is" {
	say 429
	run -75 beat
	say ok
	run -75 beat
	has "left alone until"
	run --separate-stderr beat status --json
	json_as heartbeat-status <<<"$output"
	jq -e '.wait_until > .tried_at' <<<"$output"
	[ "$(waiting)" = 2 ]
	[ ! -e "$P/taken" ]
	cp -r "$D" "$D.2"
	run -0 timeout 30 "$NVR_BUILD/nvr-heartbeat" -d "$D.2" --now
	run -0 timeout 30 "$NVR_BUILD/nvr-heartbeat" -d "$D.2"
	timeout 30 "$NVR_BUILD/nvr-heartbeat" -d "$D.2" status --json | jq -e ".wait_until == null"
	rm -r "$D.2" "$P/taken"
	run -64 beat --now --print
	run -0 at +301s
	# A wait of another age of the clock is none.
	say 429
	run -75 at +400s
	say ok
	run -0 at -2d
}

@test "it never takes longer than 20 s, and a second one at a time ends at once" {
	sent=0
	for m in hang-accept hang-headers drip; do
		say $m
		# Ten times as fast: libfaketime hastens the waiting, too.
		began=$(date +%s%N)
		run -75 timeout 30 faketime -f '+0 x10' "$NVR_BUILD/nvr-heartbeat" -d "$D"
		took=$((($(date +%s%N) - began) / 1000000))
		echo "$m: $took ms: $output"
		[ $took -lt 2000 ]
		[ "$(waiting)" = $((++sent)) ]
	done
	say hang-accept
	timeout 30 "$NVR_BUILD/nvr-heartbeat" -q -d "$D" 2>/dev/null 3>&- &
	pid=$!
	for _ in $(seq 100); do
		[ "$(waiting)" = $((sent + 1)) ] && break
		sleep 0.02
	done
	began=$(date +%s%N)
	run -75 beat
	has "another nvr-heartbeat is at it, pid"
	[ $((($(date +%s%N) - began) / 1000000)) -lt 1000 ]
	# What nothing else ends the alarm does.
	pkill -ALRM -P $pid
	status=0
	wait $pid || status=$?
	[ $status = 75 ]
	[ "$(waiting)" = $((++sent)) ]
	timeout 30 "$NVR_BUILD/nvr-heartbeat" -q -d "$D" 2>/dev/null 3>&- &
	pid=$!
	for _ in $(seq 100); do
		[ "$(waiting)" = $((sent + 1)) ] && break
		sleep 0.02
	done
	# kill -9 in the middle: nothing is lost, and nothing is locked.
	pkill -9 -P $pid
	wait $pid || true
	say ok
	beat && beat
	[ "$(waiting)" = 0 ]
	taken -se '.[1].late | length == '$((sent + 1)) >/dev/null
}

@test "the sequence grows, wherever the clock goes" {
	beat
	at -3y
	at +1y
	at -10d
	beat
	[ "$(taken -c .report.sequence | sort -nu | wc -l)" = 5 ]
	taken -se '[.[].report.sequence] | . == sort' >/dev/null
	# One that the portal has already is given another number, once.
	say replayed
	run -0 beat
	say replayed-always
	run -75 beat
	has "newer reports"
}

@test "six hours without a portal come back in order, and the present goes first" {
	say refuse
	beat 2>/dev/null && return 1
	for i in $(seq 24); do
		at "+$((i * 15))m" 2>/dev/null && return 1
	done
	[ "$(waiting)" = 25 ]
	say ok
	echo '{"late": 15}' >"$P/set"
	for i in 0 1 2; do
		run -0 at "+$((361 + i))m"
	done
	[ "$(waiting)" = 0 ]
	[ "$(taken -c '.late // [] | length' | xargs)" = "0 15 10" ]
	taken -se '[.[].late // [] | .[]] | length == 25 and
	    ([.[].sequence] | . == sort) and ([.[].at] | . == sort)' >/dev/null
	# The portal says how many; and what is older than a week goes.
	echo '{"late": 2}' >"$P/set"
	say refuse
	for i in 1 2 3; do at "+$((400 + i))m" 2>/dev/null && return 1; done
	say ok
	at +410m
	at +411m
	taken -se '.[-1].late | length == 2' >/dev/null
	say refuse
	run -69 at +8d
	[ "$(waiting)" = 1 ]
}

@test "C16: reports that wait go after seven days, also where nothing is sent any more" {
	say refuse
	for t in -8d -169h -167h; do at $t 2>/dev/null && return 1; done
	[ "$(waiting)" = 3 ]
	run -0 nvr-retain --dry-run --only recorders
	has "older than 7d"
	run -0 nvr-retain -q --only recorders
	[ "$(waiting)" = 1 ]
	run -0 nvr-retain -q --only recorders
	[ "$(waiting)" = 1 ]
}

@test "who it is, is told by the certificate or by the key that is pinned" {
	pin() { openssl x509 -in "$P/$1.pem" -noout -pubkey | openssl pkey -pubin -outform der |
	    openssl dgst -sha256 -binary | base64; }
	beat -q leave
	start_portal other
	start_portal good tls12
	run -77 beat enrol "$(url)" X
	has "certificate is refused"
	run -77 beat enrol "$(url other)" X --tls-ca "$P/other.pem"
	has "certificate is refused"
	run -77 beat enrol "$(url goodtls12)" X --tls-ca "$P/good.pem"
	has "no TLS 1.3"
	run -77 beat enrol "$(url other)" X --pin "sha256//$(pin good)"
	has "another public key"
	[ ! -e "$P/wire" ]
	run -77 beat enrol "$(url other)" X --tls-ca "$P/other.pem" --pin "sha256//$(pin other)"
	run -0 beat enrol "$(url other)" X --pin "sha256//$(pin good);sha256//$(pin other)"
	run -0 beat
	# As c_rehash makes one.
	beat -q leave
	mkdir "$BATS_TEST_TMPDIR/ca"
	cp "$P/good.pem" "$BATS_TEST_TMPDIR/ca/$(openssl x509 -in "$P/good.pem" -noout -hash).0"
	run -0 beat enrol "$(url)" X --tls-ca "$BATS_TEST_TMPDIR/ca"
}

@test "a proxy that the environment names is asked for the portal, and sees nothing of it" {
	port=$(sed 's/ready //' "$P/portal.good")
	python3 "$root/tests/lib/proxy.py" "$P" "$port" >"$P/proxy.out" 2>"$P/proxy.err" 3>&- &
	echo $! >>"$BATS_FILE_TMPDIR/pids"
	await_line "$P/proxy.out" '^ready'
	https_proxy=http://127.0.0.1:$(sed 's/ready //' "$P/proxy.out")
	export https_proxy
	# What is for this machine goes to none.
	echo refuse >"$P/proxy"
	run -0 beat
	[ ! -e "$P/asked" ]
	sqlite3 "$D/nvr.db" "UPDATE enrolment SET url = 'https://portal.example:$port'"
	run -69 beat
	has "portal.example"
	[ "$(waiting)" = 1 ]
	echo ok >"$P/proxy"
	run -0 beat
	[ "$(sort -u "$P/asked")" = "CONNECT portal.example:$port HTTP/1.1" ]
	[ "$(taken -s length)" = 2 ]
	[ "$(stat -c %s "$P/through")" -gt 2000 ]
	run ! grep -aqiE 'POST|signature|fingerprint|cpu_percent' "$P/through"
	# It cannot answer in the portal's place.
	sqlite3 "$D/nvr.db" "UPDATE enrolment SET url = 'https://elsewhere.example:$port'"
	run -77 beat
	has "certificate is refused"
	no_proxy=elsewhere.example run -69 beat
	[ "$(waiting)" = 3 ]
	echo hang >"$P/proxy"
	run -75 timeout 30 faketime -f '+0 x10' "$NVR_BUILD/nvr-heartbeat" -d "$D"
	[ "$(waiting)" = 4 ]
}

@test "C18: what the portal sets holds where neither camera nor site says, and is logged" {
	nvr-camera -q set door --retain 50d
	printf '[retain]\nfootage = 30d\n' >"$BATS_TEST_TMPDIR/conf"
	nvr-camera -q add lane rtsp://192.0.2.8/s --record main
	for c in lane door; do
		"$root/tests/lib/retain_site.py" segments "$D" $c main $(($(date +%s) - 20 * 86400)) 3 >/dev/null
	done
	due() { nvr-retain -n -c "$BATS_TEST_TMPDIR/conf" 2>/dev/null | cut -f3 | sort | uniq -c | xargs; }
	[ -z "$(due)" ]
	echo '{"settings": {"version": 7, "retain_ms": 864000000, "retain_bytes": 0}}' >"$P/set"
	run -0 beat
	has "the portal has set"
	[ "$(due)" = "3 lane" ]
	run -0 --separate-stderr nvr-account log --json
	jq -se '.[-1] | .type == "portal.set"' <<<"$output"
	run -0 beat
	[ -z "$output" ]
	taken -se '[.[].settings] == [0, 7]' >/dev/null
	# What nvr.conf would not take is not taken from there.
	for bad in '{"version": 8, "retain_ms": 5, "retain_bytes": 0}' \
	    '{"version": 8, "retain_ms": -1, "retain_bytes": 0}' \
	    '{"version": 8, "retain_ms": 0, "retain_bytes": 0, "run": "sh"}'; do
		echo "{\"settings\": $bad}" >"$P/set"
		beat || true
		[ "$(due)" = "3 lane" ]
	done
}

@test "thresholds that the portal sets hold, are logged, and go when the recorder leaves" {
	settings() { echo "{\"settings\": {\"version\": $1, \"retain_ms\": 864000000, \"retain_bytes\": 0$2}}" >"$P/set"; }
	limit() { here-alert rules --json | jq -c 'select(.kind == "storage-low") | [.percent, .severity, .enabled]'; }
	settings 7 ', "alerts": [{"kind": "storage-low", "percent": 100, "severity": "critical", "time_ms": 0},
	    {"kind": "camera-offline", "enabled": false}]'
	[ "$(limit)" = '[5,"warning",true]' ]
	run -0 beat
	has "the portal has set"
	[ "$(limit)" = '[100,"critical",true]' ]
	here-alert
	run -1 here-alert list
	has $'critical\tstorage-low'
	hasnt camera-offline
	run -0 beat status
	has 'alert: storage-low severity="critical" percent=100.0 time_ms=0'
	run -0 beat status --json
	json_as heartbeat-status <<<"$output"
	jq -e '.alerts | map(.kind) == ["camera-offline", "storage-low"]' <<<"$output"
	# One row, with what was and is.
	settings 8 ', "alerts": [{"kind": "storage-low", "percent": 0}]'
	beat
	run -0 --separate-stderr nvr-account log --json
	jq -se 'map(select(.type == "portal.set")) | length == 2 and
	    .[0].detail.changes.retain_ms.new == 864000000 and
	    (.[1].detail.changes | keys == ["camera-offline", "storage-low"]) and
	    .[1].detail.changes["storage-low"].new == {"percent": 0} and
	    .[1].detail.changes["storage-low"].old.severity == "critical" and
	    .[1].detail.changes["camera-offline"] == {"old": {"enabled": false}, "new": null}' <<<"$output"
	# What cannot be is left, and the report is taken all the same.
	for bad in '"run": 1' '"alerts": [{"kind": "portal-silent"}]' '"alerts": [{"kind": "storage-low", "percent": 101}]' \
	    '"alerts": [{"kind": "storage-low"}, {"kind": "storage-low"}]' '"alerts": 5'; do
		settings 9 ", $bad"
		run -0 beat
		has "sets what cannot be"
		[ "$(limit)" = '[0,"warning",true]' ]
		[ "$(waiting)" = 0 ]
	done
	taken -se '.[-1].settings == 8' >/dev/null
	# A portal that knows of none.
	settings 10
	run -0 beat
	[ "$(limit)" = '[5,"warning",true]' ]
	settings 11 ', "alerts": [{"kind": "storage-low", "percent": 9}]'
	beat
	[ "$(limit)" = '[9,"warning",true]' ]
	beat -q leave
	[ "$(limit)" = '[5,"warning",true]' ]
}

@test "C5: a camera comes back from the recorder before, with secrets that the box key opens" {
	beat
	# What was told of them is what is given back.
	inventory=$(taken -c 'select(.inventory).inventory')
	jq -c '{inherited: .}' <<<"$inventory" >"$P/set"
	run -0 beat
	[ -z "$output" ]
	beat -q leave
	keys=$D/keys/box.age
	D=$BATS_TEST_TMPDIR/new
	nvr-store -q init
	chmod 600 "$D/keys/box.age"
	cp "$keys" "$D/keys/box.age"
	echo '{"replaces": true}' >"$P/enrolled"
	run -0 --separate-stderr beat enrol "$(url)" X --tls-ca "$P/good.pem" --json
	json_as heartbeat-action <<<"$output"
	[[ $stderr == *"place of another recorder"* ]]
	run -0 beat
	has "camera 'door' of the recorder before is here, unrecorded"
	run -0 nvr-camera show door --json
	[ "$(jq -r .record <<<"$output")" = none ]
	[ "$(jq -r .url <<<"$output")" = rtsp://192.0.2.7/s ]
	# Another one gets what is known, and asks for its URL.
	D=$BATS_TEST_TMPDIR/other
	nvr-store -q init
	nvr-camera -q add door rtsp://192.0.2.99/s
	beat enrol "$(url)" X --tls-ca "$P/good.pem" >/dev/null
	run -0 beat
	has "does not open its secrets"
	run -0 nvr-camera show 'door (before)' --json
	jq -e '.url == "rtsp://camera.invalid/"' <<<"$output"
	run -0 nvr-camera list
	run -0 beat
	[ -z "$output" ]
}

@test "a portal gives cameras only in another's place, 256 in all, and none of this machine" {
	give() { # ID URL SUBURL: sealed to this recorder's box key, which a portal is told
		printf '%s\0' "$1" '' '' "$2" '' "$3" | age -r "$(age-keygen -y "$D/keys/box.age")" | base64 -w0 |
		    jq -R "{inherited: [{id: \"$1\", name: \"given $1\", secrets: .}]}" >"$P/set"
	}
	give 00000000000a1 rtsp://192.0.2.7/s ''
	run -0 beat
	has "was not said to take the place of another"
	[ "$(nvr-camera list | wc -l)" = 2 ]
	beat -q leave
	echo '{"replaces": true}' >"$P/enrolled"
	beat -q enrol "$(url)" X --tls-ca "$P/good.pem" >/dev/null
	run -0 beat
	has "is here, unrecorded"
	[ "$(nvr-camera show 'given 00000000000a1' --json | jq -r .url)" = rtsp://192.0.2.7/s ]
	# Nothing that is opened on this machine, by whatever URL.
	for u in 'file:///etc/passwd ' 'v4l2:///dev/video0 ' 'rtsp://192.0.2.7/s file:///etc/passwd'; do
		give 00000000000b$((++n)) "${u% *}" "${u#* }"
		run -0 beat
		has "needs its URL"
		[ "$(nvr-camera show "given 00000000000b$n" --json | jq -r .url)" = rtsp://camera.invalid/ ]
	done
	sqlite3 "$D/nvr.db" "UPDATE enrolment SET inherited = 255"
	for i in c1 c2 c3; do
		give 00000000000$i rtsp://192.0.2.7/s ''
		run -0 beat
	done
	has "256"
	[ "$(nvr-camera list | wc -l)" = 7 ]
}

@test "a recorder that is restored from its backups goes on where it was" {
	beat
	nvr-store backup "$BATS_TEST_TMPDIR/b.store" >/dev/null
	nvr-store backup --keys "$BATS_TEST_TMPDIR/b.keys" >/dev/null
	beat && beat
	rm -rf "$D"
	nvr-store -q restore --yes "$BATS_TEST_TMPDIR/b.keys" >/dev/null
	nvr-store -q restore --yes "$BATS_TEST_TMPDIR/b.store" >/dev/null
	[ "$(stat -c %a:%s "$D/keys/recorder")" = 400:32 ]
	run -0 beat
	taken -se '[.[].report.sequence] | . == sort and length == 4' >/dev/null
}

@test "--print sends nothing, and needs no portal" {
	say refuse
	run -0 --separate-stderr beat --print --json
	json_as heartbeat-print <<<"$output"
	jq -e '.cameras == 2 and (.camera | map(.state) | sort) == ["off", "stopped"]' <<<"$output"
	run -0 beat --print
	has "camera: stopped door"
	[ ! -e "$P/wire" ]
	[ "$(waiting)" = 0 ]
	D=$BATS_TEST_TMPDIR/none
	run -0 --separate-stderr beat --print --json
	jq -e '.cameras == 0 and .cpu_percent == null' <<<"$output"
	# The second look at the processors has something to compare with.
	run -0 --separate-stderr beat --print --json
	jq -e '.cpu_percent != null' <<<"$output"
}

@test "--print --openmetrics is text that a strict reader takes" {
	nvr-camera -q add 'a"b\c' rtsp://192.0.2.9/s
	beat --print --openmetrics >"$BATS_TEST_TMPDIR/text"
	python3 "$root/tests/lib/openmetrics.py" "$BATS_TEST_TMPDIR/text" >"$BATS_TEST_TMPDIR/read"
	grep -qxF 'nvr_cameras 3' "$BATS_TEST_TMPDIR/read"
	grep -qF 'nvr_camera_state camera=a"b\c ' "$BATS_TEST_TMPDIR/read"
	for bad in '/^# EOF/d' '1i x 1' 's/ gauge/ gouge/' 's/^nvr_cameras 3/nvr_cameras  3/' \
	    's/^nvr_cameras 3/&\n&/' 's/^# UNIT nvr_uptime_seconds.*/# UNIT nvr_uptime_seconds hours/'; do
		sed "$bad" "$BATS_TEST_TMPDIR/text" >"$BATS_TEST_TMPDIR/bad"
		run ! python3 "$root/tests/lib/openmetrics.py" "$BATS_TEST_TMPDIR/bad"
	done
}

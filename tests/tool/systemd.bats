#!/usr/bin/env bats
# The units of nvr-record, and what it tells systemd.

setup() {
	load ../lib/helpers.bash
	use_store
	ffmpeg -loglevel error -f lavfi -i testsrc2=s=320x240:r=10:d=2 \
	    -c:v libx264 -g 10 -pix_fmt yuv420p -y "$BATS_TEST_TMPDIR/v.mp4"
}

# The units as they are installed, with programs that are there.
install_units() {
	[ -z "$sanitized" ] || skip "not of this build"
	usr=$BATS_TEST_TMPDIR/usr
	make -s -C "$root" B="$NVR_BUILD" install PREFIX="$usr" >/dev/null
	units=$usr/lib/systemd/system
}

@test "systemd has nothing to say against the units" {
	command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
	install_units
	for u in nvr-record@.service nvr-record.service nvr-audit-due.service \
	    nvr-account-sweep.service nvr-retain.service nvr-export.service \
	    nvr-heartbeat.service nvr-alert.service nvr-notify.service \
	    nvr-portal@.service; do
		run -0 timeout 60 systemd-analyze verify --man=no "$units/$u"
		[ -z "$output" ]
		# They give up what they can: 1.4 of 10.
		run -0 timeout 60 systemd-analyze security --offline=yes \
		    --threshold=20 "$units/$u"
	done
	for u in nvr-audit-due.timer nvr-account-sweep.timer nvr-retain.timer nvr-export.timer \
	    nvr-heartbeat.timer nvr-alert.timer nvr-notify.timer nvr-portal@.socket; do
		run -0 timeout 60 systemd-analyze verify --man=no "$units/$u"
		[ -z "$output" ]
	done
	run ! grep -r /usr/local "$units"
}

@test "a camera's unit is named by its name, with blanks and hyphens" {
	command -v systemd-escape >/dev/null || skip "no systemd-escape"
	# %I is what systemd-escape took apart.
	for name in gate back-yard 'Größe 北門' 'a\b$c'; do
		unit=$(systemd-escape --template=nvr-record@.service -- "$name")
		[ "$(systemd-escape --unescape --instance "$unit")" = "$name" ]
	done
	grep -q '^ExecStart=:[^ ]*nvr-record %I$' "$root/systemd/nvr-record@.service"
	# Who forgets it is told.
	nvr-camera add back-yard rtsp://192.0.2.7/s
	run -66 nvr-record back/yard
	has "did you mean 'back-yard'"
}

@test "systemd hears when it is ready, that it is alive, and when it ends" {
	nvr-camera -q add video "file://$BATS_TEST_TMPDIR/v.mp4"
	run -0 timeout 60 python3 - "$NVR_BUILD/nvr-record" "$D" "$BATS_TEST_TMPDIR/notify" <<'EOT'
import os, signal, socket, subprocess, sys, time

def listen(path):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    s.settimeout(15)
    return s

def until(s, wanted, seen):
    while wanted not in seen:
        seen += s.recv(4096).decode().splitlines()

tool, store, path = sys.argv[1:]
for path, name, watchdog in ((path, path, '3000000'),
        ('\0nvr-test-%d' % os.getpid(), '@nvr-test-%d' % os.getpid(), None)):
    s = listen(path)
    env = dict(os.environ, NOTIFY_SOCKET=name)
    env.pop('WATCHDOG_USEC', None)
    if watchdog:
        env['WATCHDOG_USEC'] = watchdog
    p = subprocess.Popen([tool, '-q', '-d', store, 'video'], env=env,
        stdout=subprocess.DEVNULL)
    seen = []
    try:
        until(s, 'READY=1', seen)
        if watchdog:
            until(s, 'WATCHDOG=1', seen)
            began = time.monotonic()
            again = []
            until(s, 'WATCHDOG=1', again)
            # In time: systemd would have waited 3 s.
            assert time.monotonic() - began < 3, again
            seen += again
        else:
            time.sleep(0.5)
        assert 'STOPPING=1' not in seen, seen
        p.send_signal(signal.SIGTERM)
        until(s, 'STOPPING=1', seen)
        assert p.wait(15) == 0
        assert ('WATCHDOG=1' in seen) == bool(watchdog), seen
        assert seen.count('READY=1') == 1, seen
    finally:
        p.kill()
EOT
	# Nobody there to be told is no trouble.
	NOTIFY_SOCKET=/nowhere/notify run -0 timeout 30 "$NVR_BUILD/nvr-record" -d "$D" --duration 2s video
}

# What libnuma asks for as it is loaded, and SQLite as root, is refused there:
# they have to do without.
without=fchown,set_mempolicy,get_mempolicy,mbind

# traced TOOL ARG …: what it calls, in $BATS_TEST_TMPDIR/trace.
traced() {
	[ -z "$sanitized" ] || skip "the sanitizers do more"
	command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
	strace -o /dev/null true 2>/dev/null || skip "strace cannot trace here"
	timeout 60 strace -f -qq -e inject=$without:error=EPERM -o "$BATS_TEST_TMPDIR/trace" \
	    "$NVR_BUILD/$1" -d "$D" "${@:2}" >"$BATS_TEST_TMPDIR/out"
}

# may FAMILIES: the trace has nothing that the unit forbids.
may() {
	# Group by group, as SystemCallFilter= has them.
	group() {
		local w
		for w in $(systemd-analyze syscall-filter "$1" | sed '1d; s/#.*//'); do
			case $w in @*) group "$w" ;; *) echo "$w" ;; esac
		done
	}
	sed -n 's/^[0-9]* *\([a-z][a-z0-9_]*\)(.*/\1/p' "$BATS_TEST_TMPDIR/trace" |
	    sort -u >"$BATS_TEST_TMPDIR/used"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/used")" -gt 20 ]
	comm -23 <(group @system-service | sort -u) \
	    <({ group @privileged; group @resources; } | sort -u) >"$BATS_TEST_TMPDIR/may"
	run comm -23 <(grep -vxE "${without//,/|}" "$BATS_TEST_TMPDIR/used") "$BATS_TEST_TMPDIR/may"
	echo "$output"
	[ -z "$output" ]
	# MemoryDenyWriteExecute=, RestrictAddressFamilies=.
	run ! grep -E 'PROT_WRITE.*PROT_EXEC|PROT_EXEC.*PROT_WRITE' "$BATS_TEST_TMPDIR/trace"
	run ! grep -E ' socket\(AF_' <(grep -vE "AF_($1)\b" "$BATS_TEST_TMPDIR/trace")
}

@test "nvr-record does nothing that its unit forbids" {
	start_camera gate --size 320x240
	nvr-camera -q add gate "$(url_of gate)"
	printf '[record]\nsegment = 1s\nflush = 1s\n' >"$BATS_TEST_TMPDIR/conf"
	traced nvr-record -c "$BATS_TEST_TMPDIR/conf" --count 2 gate
	stop_cameras
	[ "$(cut -f4 "$BATS_TEST_TMPDIR/out" | grep -c segment)" = 2 ]
	may 'UNIX|INET|INET6'
}

@test "nvr-retain does nothing that its unit forbids" {
	nvr-camera -q add gate rtsp://192.0.2.7/s
	"$root/tests/lib/retain_site.py" segments "$D" gate main 1700000000 3 >/dev/null
	printf '[retain]\nfootage = 1d\n' >"$BATS_TEST_TMPDIR/conf"
	traced nvr-retain -c "$BATS_TEST_TMPDIR/conf"
	[ "$(cut -f1,2 "$BATS_TEST_TMPDIR/out")" = "recordings	3" ]
	may UNIX
}

@test "nvr-export does nothing that its unit forbids" {
	nvr-account -q create jane@example.org --name Jane --adult --verified
	nvr-export ask jane@example.org >/dev/null
	traced nvr-export pending
	[[ "$(cat "$BATS_TEST_TMPDIR/out")" == ready* ]]
	may UNIX
}

@test "nvr-heartbeat does nothing that its unit forbids" {
	p=$BATS_TEST_TMPDIR/portal
	mkdir "$p"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$p/key.pem" -out "$p/cert.pem" -days 3000 -subj /CN=localhost \
	    -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	python3 "$root/tests/lib/portal.py" "$p" "$p/cert.pem" "$p/key.pem" >"$p/log" 2>&1 3>&- &
	echo $! >>"$BATS_FILE_TMPDIR/pids"
	await_line "$p/log" '^ready'
	nvr-camera -q add gate rtsp://192.0.2.7/s
	nvr-heartbeat -q enrol "https://127.0.0.1:$(sed 's/ready //' "$p/log")" X --tls-ca "$p/cert.pem" >/dev/null
	traced nvr-heartbeat -v
	stop_cameras || true
	grep -q '^late: 0' "$BATS_TEST_TMPDIR/out"
	# How far the clock is off may be asked, and cannot be set.
	grep -q 'adjtimex(\|clock_adjtime(' "$BATS_TEST_TMPDIR/trace"
	sed -i '/adjtimex(\|clock_adjtime(/d' "$BATS_TEST_TMPDIR/trace"
	grep -qx 'SystemCallFilter=adjtimex clock_adjtime' "$root/systemd/nvr-heartbeat.service"
	may 'UNIX|INET|INET6'
}

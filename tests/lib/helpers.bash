# What the tool tests share.  bats loads it; $NVR_BUILD is the build folder.
# shellcheck shell=bash disable=SC2034

bats_require_minimum_version 1.5.0
root=$BATS_TEST_DIRNAME/../..
: "${NVR_BUILD:=$root/build}"
PATH=$NVR_BUILD:$PATH
# A sanitizer may not be loaded beside these; see fault tests.
sanitized=${NVR_SANITIZED:-}

# The store of this test; every tool gets it.
use_store() {
	D=${1:-$BATS_TEST_TMPDIR/store}
	for t in store camera record snap clip audit account retain export heartbeat; do
		declare -F "nvr-$t" >/dev/null || # the file's own
		    eval "nvr-$t() { command nvr-$t -d \"\$D\" \"\$@\"; }"
	done
}

# start_camera NAME [option …]: a test camera; its URL in $url, its FIFO is
# $BATS_FILE_TMPDIR/NAME.ctl.  stop_cameras ends them all.
start_camera() {
	local name=$1 log=$BATS_FILE_TMPDIR/$1.log
	shift
	"$NVR_BUILD/tests/camera" --control "$BATS_FILE_TMPDIR/$name.ctl" "$@" \
	    >"$log" 2>&1 3>&- &
	echo $! >>"$BATS_FILE_TMPDIR/pids"
	await_line "$log" '^ready'
	url=$(sed -n 's/^ready //p' "$log")
	echo "$url" >"$BATS_FILE_TMPDIR/$name.url"
}

start_http() {
	local name=$1 log=$BATS_FILE_TMPDIR/$1.log
	shift
	python3 "$root/tests/camera/httpcam.py" "$@" >"$log" 2>&1 3>&- &
	echo $! >>"$BATS_FILE_TMPDIR/pids"
	await_line "$log" '^ready'
	url=$(sed -n 's/^ready //p' "$log")
	echo "$url" >"$BATS_FILE_TMPDIR/$name.url"
}

url_of() { cat "$BATS_FILE_TMPDIR/$1.url"; }

stop_cameras() {
	local pid
	while read -r pid; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done <"$BATS_FILE_TMPDIR/pids"
	return 0
}

# tell NAME COMMAND …: and wait until the camera has done it.
tell() {
	local log=$BATS_FILE_TMPDIR/$1.log n
	n=$(grep -c '^ok\|^bad' "$log" || true)
	echo "${*:2}" >"$BATS_FILE_TMPDIR/$1.ctl"
	for _ in $(seq 200); do
		[ "$(grep -c '^ok\|^bad' "$log")" -gt "$n" ] && return
		sleep 0.02
	done
	return 1
}

await_line() { # file, pattern
	for _ in $(seq 500); do
		grep -q -- "$2" "$1" && return
		sleep 0.02
	done
	cat "$1"
	return 1
}

# json_as SCHEMA: each JSON line on stdin, at least one, has its keys, of its
# types and words.
json_as() {
	jq -se --slurpfile s "$root/share/schema/$1.json" '
	    def ok($p): . as $v | ($p.enum == null or any($p.enum[]; . == $v)) and
		($p.type == null or (type as $is | [$p.type] | flatten |
		    any(. == $is or (. == "integer" and $is == "number"))));
	    $s[0] as $s | . != [] and all(. as $o | ($s.required - keys == []) and
		(keys - ($s.properties | keys) == []) and
		all(keys[]; . as $k | $o[$k] | ok($s.properties[$k])))' >/dev/null || {
		echo "not as $1.json"
		return 1
	}
}

# teach CAMERA: eight healthy stills and one.
teach() {
	nvr-snap --every 110ms --count 9 "$1" | nvr-audit -q - >/dev/null
}

# A still of the test picture, for what needs a JPEG and no camera.
make_jpeg() { # FILE [SIZE]
	ffmpeg -loglevel error -f lavfi -i "testsrc2=s=${2:-640x360}" \
	    -frames:v 1 -q:v 3 -y "$1"
}

has() { # TEXT: is in the output
	[[ "$output" == *"$1"* ]] || {
		echo "no '$1' in: $output"
		return 1
	}
}

hasnt() {
	[[ "$output" != *"$1"* ]] || {
		echo "'$1' in: $output"
		return 1
	}
}

# Writing fails when the disk is full: a tmpfs of so many KiB.
small_disk() {
	mkdir -p "$BATS_TEST_TMPDIR/disk"
	mount -t tmpfs -o "size=${1}k" none "$BATS_TEST_TMPDIR/disk" 2>/dev/null ||
	    skip "cannot mount a tmpfs here"
}

drop_disk() {
	umount "$BATS_TEST_TMPDIR/disk" 2>/dev/null || true
}

# Power loss: what was not flushed is gone; see tests/lib/fault_power.c and
# tests/lib/power.  Programs write under $power_root, which is there before.
power_root=${BATS_TEST_TMPDIR:-}/power.root
power_log=${BATS_TEST_TMPDIR:-}/power.log
power_before=${BATS_TEST_TMPDIR:-}/power.before

power() { "$root/tests/lib/power" "$@"; }

power_begin() {
	[ -z "$sanitized" ] || skip "the sanitizers want to be loaded first"
	mkdir -p "$power_root"
	power begin "$power_log" "$power_root" "$power_before"
}

# power_exec CMD …: under the layer, into the log that power_begin began.
power_exec() {
	NVR_POWER_ROOT=$power_root NVR_POWER_LOG=$power_log \
	    LD_PRELOAD=$NVR_BUILD/tests/lib/fault_power.so "$@"
}

power_mark() { power mark "$power_log" "$1"; }

# The log is all that happened; when nothing writes there any more.
power_check() { power check "$power_log" "$power_before" "$power_root"; }

power_run() { # CMD …
	power_begin
	power_exec "$@"
	power_check
}

power_at() { # N OUT [drop|random [option …]]: OUT had the power gone after N
	power replay "$power_log" "$power_before" "$2" --at "$1" \
	    --mode "${3:-drop}" "${@:4}"
}

# power_try OUT [option …] -- CMD …: CMD must hold of OUT at every point.
power_try() {
	power try "$power_log" "$power_before" "$@"
}

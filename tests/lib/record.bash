# What the tests of recording share; load helpers.bash first.
# shellcheck shell=bash disable=SC2154

# settings [LINE …]: short segments, and what else the lines say.
settings() {
	printf '%s\n' '[store]' 'min-free = 0' '[record]' 'segment = 1s' \
	    'flush = 1s' 'timeout = 3s' "$@" >"$C"
}

# Before everything else in setup().
use_recorder() {
	load ../lib/helpers.bash
	use_store
	C=$BATS_TEST_TMPDIR/conf
	log=$BATS_TEST_TMPDIR/record.log
	rec=
	settings
	nvr-store init >/dev/null
}

# start_flood: cameras without number, with a number in every frame.
start_flood() {
	local film=$BATS_FILE_TMPDIR/film.mp4
	GOP=1 "$root/tests/bench/footage" "$film" 320x240 25 800 40
	"$NVR_BUILD/tests/flood" --pass "$film" >"$BATS_FILE_TMPDIR/flood.log" \
	    2>&1 3>&- &
	echo $! | tee "$BATS_FILE_TMPDIR/flood.pid" >>"$BATS_FILE_TMPDIR/pids"
	await_line "$BATS_FILE_TMPDIR/flood.log" '^ready'
	sed -n 's/^ready //p' "$BATS_FILE_TMPDIR/flood.log" \
	    >"$BATS_FILE_TMPDIR/flood.url"
}

# add NAME [URL]: a camera, of the flood unless there is a URL.
add() {
	nvr-camera add "$1" "${2:-$(url_of flood)$BATS_TEST_NUMBER-$1}"
}

# start_record ARG …: in the background, its pid in $rec, its events in $log.
# It ends by itself should the tests be killed.
start_record() {
	[ -n "${layer[*]-}" ] || local layer=(env)
	"${layer[@]}" "$NVR_BUILD/nvr-record" -d "$D" -c "$C" --json \
	    --duration 200s "$@" >>"$log" 2>>"$log.err" 3>&- &
	rec=$!
}

# await EVENT [N [SECONDS]]: until the log has it N times.
await() {
	local n=${2:-1}
	for _ in $(seq $((${3:-20} * 20))); do
		[ "$(grep -c "\"event\":\"$1\"" "$log")" -ge "$n" ] && return
		sleep 0.05
	done
	echo "no $1 ($n):"
	tail -n 40 "$log" "$log.err"
	return 1
}

seen() { grep -c "\"event\":\"$1\"" "$log" || true; }

# more EVENT [N [SECONDS]]: N more than there are now.
more() { await "$1" $(($(seen "$1") + ${2:-1})) "${3:-20}"; }

# gone PID [SECONDS]: ends in that time.
gone() {
	for _ in $(seq $((${2:-15} * 50))); do
		[ -d "/proc/$1" ] && [ "$(ps -o stat= "$1")" != Z ] || return 0
		sleep 0.02
	done
	echo "process $1 does not end"
	return 1
}

# Ends the recorder as a service manager does; its exit code in $code.
stop_record() {
	code=0
	[ -n "$rec" ] || return 0
	kill -TERM "$rec" 2>/dev/null || true
	gone "$rec" "${1:-15}"
	wait "$rec" || code=$?
	rec=
	[ "$code" = 0 ] || {
		echo "nvr-record ended with $code"
		cat "$log.err"
		return 1
	}
}

# In teardown(): nothing may be left.
kill_record() {
	local pid
	[ -n "$rec" ] || return 0
	for pid in $(pgrep -P "$rec") "$rec"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	wait "$rec" 2>/dev/null || true
}

sql() { sqlite3 "$D/nvr.db" "$1"; }

# The files of a camera's stream, in the order of their beginning.
files_of() { # CAMERA [STREAM]
	local id
	nvr-record list "$1" --stream "${2:-main}" --since 2000-01-01 \
	    --until 2100-01-01 --json >"$BATS_TEST_TMPDIR/list" || [ $? = 1 ]
	jq -r 'select(.what == "segment") | .segment' \
	    "$BATS_TEST_TMPDIR/list" | while read -r id; do
		find "$D/media/footage" -name "$id.mp4*" -type f
	done
}

# opened FILE CAMERA: the path of what is in it.
opened() {
	local key=$BATS_TEST_TMPDIR/$2.txt plain
	plain=$BATS_TEST_TMPDIR/$(basename "$1" .age)
	[[ $1 == *.age ]] || { echo "$1" && return; }
	[ -e "$key" ] || nvr-camera key "$2" >"$key"
	age -d -i "$key" -o "$plain" "$1" && echo "$plain"
}

# plays FILE CAMERA [FRAMES]: with the stock age and ffmpeg, every picture.
plays() {
	local plain out
	plain=$(opened "$1" "$2") || return
	out=$(ffprobe -v warning -count_frames -select_streams v \
	    -show_entries stream=nb_read_frames -of csv=p=0 "$plain" 2>&1)
	[ "$out" = "${3:-$out}" ] && [[ $out =~ ^[0-9]+$ ]] || {
		echo "$1: $out, not ${3:-a number} frames"
		return 1
	}
}

# Whatever came before: every file is valid and has its row, every row has its
# file, and nothing is left half done.
sound() {
	local name stream frames id file
	nvr-record verify || return
	[ "$(sql 'SELECT COUNT(*) FROM open_segment')" = 0 ] || {
		echo "left in the journal:"
		sql 'SELECT id, start_at FROM open_segment'
		return 1
	}
	[ "$(sql 'SELECT COUNT(*) FROM garbage')" = 0 ]
	[ -z "$(find "$D/media" -name '*.part' -o -name '*.fix')" ] || {
		find "$D/media"
		return 1
	}
	[ "$(sql 'PRAGMA integrity_check')" = ok ]
	sql "SELECT name, s.stream, frames, lower(hex(sha256)) FROM segment s
	    JOIN camera ON camera.id = camera_id" |
	    sort >"$BATS_TEST_TMPDIR/rows"
	find "$D/media/footage" -type f -exec sha256sum {} + 2>/dev/null \
	    >"$BATS_TEST_TMPDIR/sums" || true
	[ "$(wc -l <"$BATS_TEST_TMPDIR/rows")" = "$(wc -l <"$BATS_TEST_TMPDIR/sums")" ]
	while IFS='|' read -r name stream frames id; do
		file=$(sed -n "s/^$id  //p" "$BATS_TEST_TMPDIR/sums")
		plays "$file" "$name" "$frames" || return
	done <"$BATS_TEST_TMPDIR/rows"
}

# The moment up to which there is footage, in seconds of the epoch.
newest() { # [CAMERA]
	sql "SELECT COALESCE(MAX(end_at), 0) / 1e6 FROM segment s
	    JOIN camera ON camera.id = camera_id WHERE name = '${1:-gate}'"
}

wall() { date +%s.%N; }

# less A B: A < B, of real numbers; says so if not.
less() {
	awk "BEGIN { exit !($1 < $2) }" || {
		echo "$1 is not less than $2"
		return 1
	}
}

# The process that records a camera.
pid_of() { nvr-record status "$1" --json | jq .pid; }

# gaps CAMERA: file, time, number before and number where frames are missing.
gaps() {
	local file files=()
	while read -r file; do
		files+=("$(opened "$file" "$1")")
	done < <(files_of "$1")
	"$root/tests/camera/counter" --gaps "${files[@]}"
}

need_shims() {
	[ -z "$sanitized" ] || skip "the sanitizers want to be loaded first"
}

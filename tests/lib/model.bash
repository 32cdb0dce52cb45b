# What the tests of vision models share; load helpers.bash first.
# shellcheck shell=bash disable=SC2154

KEY=sk-proj-Zq7TestKey0nlyForLoopback93xYb

# start_model NAME [option …]: a model server; its URL by url_of, its log is
# $BATS_FILE_TMPDIR/NAME.jsonl, the key that it takes in $BATS_FILE_TMPDIR/key.
# stop_cameras ends it.
start_model() {
	local name=$1 out=$BATS_FILE_TMPDIR/$1.out
	shift
	[ -e "$BATS_FILE_TMPDIR/key" ] ||
	    (umask 077 && echo "$KEY" >"$BATS_FILE_TMPDIR/key")
	"$root/tests/model/server" --key-file "$BATS_FILE_TMPDIR/key" \
	    --log "$BATS_FILE_TMPDIR/$name.jsonl" "$@" >"$out" 2>&1 3>&- &
	echo $! >>"$BATS_FILE_TMPDIR/pids"
	await_line "$out" '^ready'
	url=$(sed -n 's/^ready //p' "$out")
	echo "$url" >"$BATS_FILE_TMPDIR/$name.url"
}

# model_conf URL [LINE …]: an nvr.conf in $C whose model gpt-4o is there, with
# further lines of that section, and of others.
model_conf() {
	C=${C:-$BATS_TEST_TMPDIR/conf}
	printf '%s\n' '[audit]' 'analyzer = openai' '[model gpt-4o]' \
	    "url = $1" "key-file = $BATS_FILE_TMPDIR/key" \
	    'timeout = 5s' "${@:2}" >"$C"
}

# plan PLAN [LINE …]: the same, of the server $M that answers by that plan.
plan() {
	model_conf "$(url_of "${M:-model}")/k/$1/$BATS_TEST_NUMBER-$((++plans))/v1" \
	    "${@:2}"
}

# seen_by NAME JQ: what the server's log comes to.
seen_by() { jq -s "$2" "$BATS_FILE_TMPDIR/$1.jsonl"; }

# requests NAME: how many it got so far.
requests() { seen_by "$1" 'map(select(.event == "request")) | length'; }

# asked JQ: what the server `model` understood since `mark`, as one array.
mark() { marked=$(wc -l <"$BATS_FILE_TMPDIR/model.jsonl"); }
asked() {
	tail -n "+$((marked + 1))" "$BATS_FILE_TMPDIR/model.jsonl" |
	    jq -s "map(select(.event == \"asked\")) | $1"
}

# A picture that says something, as large as its reader needs it.
say_jpeg() { # FILE TEXT
	printf '%s' "$2" >"$1.txt"
	ffmpeg -nostdin -loglevel error -f lavfi \
	    -i color=c=0xd8d8d0:s=1280x720 -vf \
	    "drawbox=40:80:300:500:0x506050:fill,drawtext=textfile='$1.txt':\
expansion=none:fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:\
fontsize=40:x=40:y=20" -frames:v 1 -q:v 3 -y "$1"
	rm "$1.txt"
}

# Stills of a scene that is always the same but for its noise, so
# that none of them is frozen.
views() { # FOLDER N
	mkdir -p "$1"
	ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=s=640x360,\
trim=end_frame=1,loop=-1:1,noise=alls=8:allf=t" -frames:v "$2" -q:v 3 -y \
	    "$1/%03d.jpg"
}

# look: the next of them, in $shot.
look() {
	views=$((${views:-0} + 1))
	printf -v shot '%s/views/%03d.jpg' "$BATS_FILE_TMPDIR" "$views"
	[ -e "$shot" ]
}

# audit CODE [option …]: of a new still, with the prompt $P; its line in
# $output, what else it says in $stderr, what is stored of it in $shown.
audit() {
	look
	run "-$1" --separate-stderr timeout 30 "$NVR_BUILD/nvr-audit" -d "$D" \
	    -c "$C" --json --camera gate -p "$P" "${@:2}" "$shot"
	shown=$(nvr-audit show --json --trace "$(jq -r .id <<<"$output")")
}

# holds JQ [JSON]: of what is stored.
holds() {
	jq -e "$1" <<<"${2:-$shown}" >/dev/null || {
		echo "not so: $1"
		jq -c 'if .attempts? then {status, error, duration_ms, attempts:
		    [.attempts[] | [.status, .http_status, .error]], left,
		    findings: [.findings[] | del(.evidence)]} else . end' \
		    <<<"${2:-$shown}"
		return 1
	}
}

sql_store() { sqlite3 "$D/nvr.db" "$1"; }

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

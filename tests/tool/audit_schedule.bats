#!/usr/bin/env bats
# nvr-audit schedule and due: what is entered, changed and refused.

setup() {
	load ../lib/helpers.bash
	use_store
	export TZ=UTC
	printf '[model lab]\nurl = http://127.0.0.1:1/v1\n' >"$BATS_TEST_TMPDIR/conf"
	nvr-audit() { command nvr-audit -c "$BATS_TEST_TMPDIR/conf" -d "$D" "$@"; }
	nvr-camera -q add gate rtsp://192.0.2.7/s
	nvr-camera -q add yard rtsp://192.0.2.8/s
}

schedule() { nvr-audit -q schedule "$@"; }
field() { nvr-audit schedule list --json | jq -r "select(.name == \"$1\") | $2"; }

# check SCHEMA: JSON lines on stdin have its keys, of its types.
check() {
	jq -se --slurpfile s "$root/share/schema/$1.json" '
	    def ok($t): (type as $is | ($t | if type == "array" then . else [.] end) | any(. == $is or (. == "integer" and $is == "number")));
	    $s[0] as $s | length > 0 and all(. as $o | ($s.required - keys == []) and (keys - ($s.properties | keys) == []) and
	    all(keys[]; . as $k | $o[$k] | ok($s.properties[$k].type)))'
}

@test "a schedule is entered, listed and removed" {
	run -0 nvr-audit schedule add office --camera gate --camera yard --cron '*/15 8-18 * * 1-5' \
	    --zone Europe/Berlin --prompt 'Is the exit blocked?' -m lab --samples 3 --skip-unchanged --keep 1d
	has "schedule 'office' is due next at 2"
	schedule add night --all --every 2h --agentic
	nvr-audit schedule list --json | check audit-schedule
	field office '[.when, .cron, .zone, .every_ms, (.cameras | join(" ")), .model, .prompt, .samples, .skip_unchanged, .agentic, .keep_ms, .all_cameras, .state, .ran_at] | map(tostring) | join("|")' >"$BATS_TEST_TMPDIR/got"
	[ "$(cat "$BATS_TEST_TMPDIR/got")" = '*/15 8-18 * * 1-5 Europe/Berlin|*/15 8-18 * * 1-5|Europe/Berlin|null|gate yard|lab|Is the exit blocked?|3|true|false|86400000|false|active|null' ]
	[ "$(field night '[.when, .every_ms, .cron, .zone, .all_cameras, .agentic, .keep_ms] | map(tostring) | join("|")')" = 'every 2h|7200000|null|null|true|true|null' ]
	# Multiples of the interval, from the epoch on.
	next=$(date -d "$(field night .next_at)" +%s)
	[ $((next % 7200)) = 0 ] && [ $((next - $(date +%s))) -le 7200 ]
	run -0 nvr-audit schedule list
	[ "$(cut -f1 <<<"$output" | xargs)" = "night office" ]
	has "(all)"
	has "gate,yard"
	run -0 nvr-audit schedule remove night
	run -66 nvr-audit schedule remove night
	[ "$(nvr-audit schedule list | wc -l)" = 1 ]
}

@test "set changes what is given and nothing else" {
	schedule add a --camera gate --every 1h --prompt p --samples 2 --agentic --skip-unchanged --keep 1d -m lab
	before=$(field a 'del(.changed_at)')
	schedule set a --prompt q
	[ "$(field a .prompt)" = q ]
	[ "$(field a 'del(.changed_at) | .prompt = "p"')" = "$before" ]
	# From an interval to cron, and back.
	schedule set a --cron '0 9 * * mon' --zone Asia/Kathmandu
	[ "$(field a '"\(.every_ms) \(.cron) \(.zone) \(.next_at[10:])"')" = "null 0 9 * * mon Asia/Kathmandu T03:15:00.000Z" ]
	schedule set a --zone America/New_York
	[ "$(field a '.cron + .zone')" = "0 9 * * monAmerica/New_York" ]
	schedule set a --cron '@daily'
	[ "$(field a .zone)" = America/New_York ]
	schedule set a --every 5m
	[ "$(field a '"\(.every_ms) \(.cron) \(.zone)"')" = "300000 null null" ]
	# Cameras are replaced; all of them and some of them exclude each other.
	schedule set a --camera yard
	[ "$(field a '.cameras | join(" ")')" = yard ]
	schedule set a --all
	[ "$(field a '"\(.all_cameras) \(.cameras | join(" "))"')" = "true gate yard" ]
	schedule set a --camera gate --camera gate
	[ "$(field a '"\(.all_cameras) \(.cameras | join(" "))"')" = "false gate" ]
	# What was on goes off.
	schedule set a --no-agentic --no-skip-unchanged --no-keep --samples 1 --prompt '' -m ''
	[ "$(field a '[.agentic, .skip_unchanged, .keep_ms, .prompt, .model] | map(tostring) | join(" ")')" = "false false null null null" ]
	run -64 nvr-audit schedule set a
	has "nothing to change"
}

@test "a paused schedule is not due, and one that is resumed counts from now" {
	schedule add a --all --every 1h
	run -0 nvr-audit schedule pause a
	has "is paused"
	[ "$(field a '"\(.state) \(.next_at)"')" = "paused null" ]
	# It stays so while it is changed, and whatever the time is.
	schedule set a --every 2h
	[ "$(field a .state)" = paused ]
	[ -n "$sanitized" ] || run -0 faketime -f +2d "$NVR_BUILD/nvr-audit" -d "$D" due
	run -0 nvr-audit schedule resume a
	has "is due next at"
	[ "$(field a .state)" = active ]
	[ "$(date -d "$(field a .next_at)" +%s)" -gt "$(date +%s)" ]
	# Doing it again does no harm.
	run -0 nvr-audit schedule resume a
	run -0 nvr-audit schedule pause a
	run -0 nvr-audit schedule pause a
	has "is paused"
}

@test "without --zone it is the zone of who enters it" {
	TZ=Asia/Kathmandu schedule add a --all --cron '0 9 * * *'
	[ "$(field a '.zone + .next_at[10:]')" = "Asia/KathmanduT03:15:00.000Z" ]
	TZ=:/usr/share/zoneinfo/Europe/Berlin schedule add b --all --cron '0 9 * * *'
	[ "$(field b .zone)" = Europe/Berlin ]
	env -u TZ "$NVR_BUILD/nvr-audit" -q -d "$D" schedule add c --all --cron '0 9 * * *'
	[ "$(field c .zone)" = null ]
	TZ=CET-1CEST run -64 nvr-audit schedule add d --all --cron '0 9 * * *'
	has "TZ, for no --zone: there is no time zone 'CET-1CEST'"
	# To cron it is where the schedule is, not where `due` runs.
	TZ=America/New_York schedule set a --cron '0 10 * * *'
	[ "$(field a '.zone + .next_at[10:]')" = "Asia/KathmanduT04:15:00.000Z" ]
}

@test "what cannot be is refused, in words that help" {
	try() { # CODE TEXT ARGUMENTS
		run "-$1" nvr-audit schedule "${@:3}"
		has "$2"
		[ "${#lines[@]}" = 1 ]
	}
	try 64 "--every or --cron" add a --all
	try 64 "one of them" add a --all --every 1h --cron '@daily'
	try 64 "--camera, or --all" add a --every 1h
	try 64 "one of them" add a --every 1h --all --camera gate
	try 64 "at least 1m" add a --all --every 30s
	try 64 "--every: 'often' is not a duration" add a --all --every often
	try 64 "the hour '25' of the cron expression is not *, 0 to 23" add a --all --cron '0 25 * * *'
	try 64 "five fields" add a --all --cron '* * *'
	try 64 "not due within ten years" add a --all --cron '0 0 30 2 *'
	try 64 "no time zone 'Europe/Berln'" add a --all --cron @daily --zone Europe/Berln
	try 64 "no name of a time zone" add a --all --cron @daily --zone ../../etc/localtime
	try 64 "--zone goes with --cron" add a --all --every 1h --zone Europe/Berlin
	try 66 "did you mean 'gate'" add a --camera gat --every 1h
	try 64 "a schedule's name has" add a/b --all --every 1h
	try 64 "a schedule's name has" add '' --all --every 1h
	try 64 "none of local, openai and exec:/PROGRAM" add a --all --every 1h --analyzer magic
	try 64 "asks no model" add a --all --every 1h --analyzer local --agentic
	try 64 "asks no model" add a --all --every 1h --analyzer exec:/bin/true -m lab
	try 64 "keep-max" add a --all --every 1h --keep 1000d
	try 66 "--prompt @/nowhere: cannot open" add a --all --every 1h --prompt @/nowhere
	try 64 "control characters" add $'a\e[1m' --all --every 1h
	[ -z "$(nvr-audit schedule list)" ]
	schedule add night --all --every 1h
	try 73 "a schedule 'night' already" add night --all --every 1h
	try 66 "did you mean 'night'" set nigth --every 2h
	try 66 "no schedule 'office'; 'nvr-audit schedule list'" pause office
	try 64 "contradict" set night --agentic --no-agentic
	try 64 "takes no options of a schedule" list --every 1h
	try 64 "takes no options of a schedule" pause night --prompt x
	try 64 "unexpected argument" list night
	try 64 "schedule remove NAME" remove
	try 64 "add, set, list, remove, pause or resume, not 'drop'" drop night
	# What was refused changed nothing.
	[ "$(field night '"\(.every_ms) \(.agentic) \(.state)"')" = "3600000 false active" ]
}

@test "a prompt of many lines comes from a file, and is kept" {
	printf 'exit: Is the fire exit blocked?\nlight: Is the light on?\n' >"$BATS_TEST_TMPDIR/prompt"
	schedule add a --all --every 1h -m lab --prompt "@$BATS_TEST_TMPDIR/prompt"
	rm "$BATS_TEST_TMPDIR/prompt"
	[ "$(field a '.prompt | split("\n")[1]')" = "light: Is the light on?" ]
	head -c 9000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/long"
	run -65 nvr-audit schedule set a --prompt "@$BATS_TEST_TMPDIR/long"
	for bytes in 'a\0b' 'a\033[1mb' 'a\377b'; do
		# shellcheck disable=SC2059
		printf "$bytes" >"$BATS_TEST_TMPDIR/bad"
		run -65 nvr-audit schedule set a --prompt "@$BATS_TEST_TMPDIR/bad"
		has "it is no text"
	done
	[ "$(field a '.prompt | split("\n") | length')" = 2 ]
}

@test "a removed camera is passed over, and the schedule told when none is left" {
	[ -z "$sanitized" ] || skip "faketime and the sanitizers do not mix"
	schedule add a --camera gate --every 1h
	run -0 nvr-audit due
	[ -z "$output" ]
	nvr-camera -q remove gate
	[ "$(field a '.cameras | length')" = 0 ]
	later() { faketime -f "$1" "$NVR_BUILD/nvr-audit" -d "$D" due; }
	run -0 later +1h
	has "schedule 'a' has no camera any more"
	[ "$(field a '.ran_at != null')" = true ]
	# Its slot is done, and the next one not here yet.
	run -0 later +1h
	[ -z "$output" ]
	# The clock was wrong: it is due when it would have been.
	run -0 nvr-audit -q due
	[ "$(date -d "$(field a .next_at)" +%s)" -le $(($(date +%s) + 3600)) ]
}

@test "a schedule whose zone is gone is told, each time" {
	schedule add a --camera gate --cron '@hourly' --zone Europe/Berlin
	sqlite3 "$D/nvr.db" "UPDATE schedule SET zone = 'Old/Town', next_at = 1"
	run -75 nvr-audit -q due
	has "schedule 'a': there is no time zone 'Old/Town'"
	# To be mended by who reads that.
	schedule set a --zone Europe/Paris
	run -0 nvr-audit due
}

@test "a schedule that is never due again is told when that stops it" {
	schedule add a --camera gate --cron '@yearly'
	sqlite3 "$D/nvr.db" "UPDATE schedule SET cron = '0 0 30 2 *', next_at = 1"
	run -0 nvr-audit -q due
	has "schedule 'a' is never due again and is paused"
	[ "$(field a .next_at)" = null ]
	run -0 nvr-audit -q due
	[ -z "$output" ]
}

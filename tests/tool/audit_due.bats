#!/usr/bin/env bats
# nvr-audit due: schedules that come due, at once, late, and while others run;
# and what stills are kept for.

setup_file() {
	load ../lib/helpers.bash
	load ../lib/model.bash
	start_model model
	views "$BATS_FILE_TMPDIR/views" 40
}

teardown_file() {
	load ../lib/helpers.bash
	stop_cameras
}

setup() {
	load ../lib/helpers.bash
	load ../lib/model.bash
	use_store
	V=$BATS_TEST_TMPDIR/view.jpg
	C=$BATS_TEST_TMPDIR/conf
	plan ''
	nvr-audit() { command nvr-audit -q -d "$D" -c "$C" "$@"; }
	show_view
	for c in gate yard; do
		nvr-camera -q add $c "file://$V"
	done
}

teardown() {
	[ -z "${helper:-}" ] || kill -KILL "$helper" 2>/dev/null || true
}

# The cameras see the next view.
show_view() {
	look
	cp "$shot" "$V.new" && mv "$V.new" "$V"
}

# All schedules, which are of a day each, became due at midnight.
now_due() {
	sql_store "UPDATE schedule SET ran_at = NULL,
	    next_at = strftime('%s', 'now', 'start of day') * 1000000,
	    changed_at = strftime('%s', 'now', 'start of day') * 1000000 - 1"
}

count() { sql_store "SELECT COUNT(*) FROM audit WHERE ${1:-1}"; }

@test "a schedule is answered once for each camera and time, whoever calls and how often" {
	nvr-audit schedule add a --all --every 1d -m gpt-4o -p 'x: y? [answer no 0.8]'
	now_due
	nvr-audit due &
	nvr-audit due
	wait
	nvr-audit due
	[ "$(count "type = 'scheduled' AND origin = 'schedule' AND status = 'ok'")" = 2 ]
	[ "$(sql_store 'SELECT COUNT(DISTINCT slot_at) FROM audit')" = 1 ]
	[ "$(sql_store "SELECT next_at > strftime('%s', 'now') * 1000000 AND ran_at > 0 FROM schedule")" = 1 ]
}

@test "a run that is killed is gone on with, and asks nothing twice" {
	plan silent
	nvr-audit schedule add a --all --every 1d -m gpt-4o -p "x: y?"
	now_due
	nvr-audit due --jobs 1 3>&- &
	helper=$!
	for _ in $(seq 200); do
		[ "$(count "status = 'unfinished'")" = 0 ] || break
		sleep 0.05
	done
	kill -KILL "$(pgrep -P "$helper" -x nvr-audit || echo "$helper")"
	wait "$helper" || true
	helper=
	[ "$(count "status = 'unfinished'")" = 1 ]
	[ "$(sql_store "SELECT COUNT(*) FROM attempt WHERE status = 'unfinished'")" = 1 ]
	plan ''
	nvr-audit due
	[ "$(count "status = 'unfinished'")" = 1 ]
	[ "$(count "status = 'ok'")" = 1 ]
	[ "$(sql_store 'SELECT COUNT(DISTINCT camera_id) FROM audit')" = 2 ]
}

@test "one still serves all schedules, and is judged and learnt from once" {
	nvr-camera -q remove yard
	for _ in $(seq 9); do
		nvr-audit gate
		show_view
	done
	for n in 1 2 3 4; do
		nvr-audit schedule add "local$n" --camera gate --every 1d --analyzer local
	done
	nvr-audit schedule add model --camera gate --every 1d -m gpt-4o -p 'x: y? [answer no 0.8]'
	now_due
	nvr-audit due
	[ "$(count "type = 'scheduled'")" = 5 ]
	[ "$(sql_store "SELECT COUNT(DISTINCT still_sha256) FROM audit WHERE type = 'scheduled'")" = 1 ]
	[ "$(sql_store "SELECT COUNT(*) FROM finding WHERE verdict = 'yes' AND kind IS NULL")" = 0 ]
	[ "$(sql_store 'SELECT SUM(samples) FROM baseline')" = 10 ]
}

@test "a model that takes its time holds no other schedule up" {
	plan 'wait=3000'
	nvr-audit schedule add quick --camera gate --every 1d --analyzer local
	nvr-audit schedule add slow --camera yard --every 1d -m gpt-4o -p 'x: y?'
	now_due
	nvr-audit due 3>&- &
	helper=$!
	for _ in $(seq 100); do
		[ "$(count "analyzer = 'local'")" = 0 ] || break
		sleep 0.02
	done
	sleep 0.2
	[ "$(sql_store "SELECT ran_at IS NOT NULL FROM schedule WHERE name = 'quick'")" = 1 ]
	[ "$(sql_store "SELECT ran_at IS NULL FROM schedule WHERE name = 'slow'")" = 1 ]
	wait "$helper"
	helper=
	[ "$(sql_store "SELECT ran_at IS NOT NULL FROM schedule WHERE name = 'slow'")" = 1 ]
}

@test "a schedule that cannot be run any more makes audits that say why" {
	nvr-audit schedule add a --camera gate --every 1d -m gpt-4o -p 'x: y?'
	now_due
	sed -i 's/^\[model gpt-4o\]/[model other]/' "$C"
	printf '[model gpt-4o]\nurl = http://192.0.2.1/v1\n' >>"$C"
	run -75 nvr-audit due
	has "would send pictures over the network"
	sql_store "SELECT status || ': ' || error FROM audit" |
	    grep "^error: .*would send pictures over the network"
	run -0 nvr-audit due
}

@test "a prompt that begins with @ is a file once, when it is entered" {
	echo '@home is what I ask' >"$BATS_TEST_TMPDIR/p"
	nvr-audit schedule add a --camera gate --every 1d -m gpt-4o -p "@$BATS_TEST_TMPDIR/p"
	now_due
	nvr-audit due
	[ "$(sql_store "SELECT status || ': ' || prompt FROM audit")" = "ok: @home is what I ask" ]
}

@test "N4: a still that two schedules keep is kept for the longer time, in one file" {
	nvr-audit schedule add a --camera gate --every 1d --analyzer local --keep 1m
	nvr-audit schedule add b --camera gate --every 1d --analyzer local --keep 20h
	now_due
	nvr-audit due
	[ "$(sql_store "SELECT COUNT(*), MIN(expires_at) > strftime('%s', 'now', '+19 hours') * 1000000 FROM still")" = "1|1" ]
	[ "$(find "$D/media/stills" -type f | wc -l)" = 1 ]
	run -75 nvr-audit --keep 1h --camera gate "$V"
	has "only stills of nvr-snap can be kept"
}

@test "a reference is shown beside the still, until the view or its mask is another" {
	for _ in $(seq 9); do
		nvr-audit gate
		show_view
	done
	nvr-audit baseline accept gate --keep 20h
	mark
	nvr-audit -m gpt-4o -p 'x: y? [answer no 0.8]' gate
	[ "$(asked '[.[].pictures | length] | add')" = 2 ]
	show_view
	nvr-camera -q set gate --mask '0,0 0.5,0 0.5,0.5 0,0.5'
	mark
	nvr-audit --no-learn -m gpt-4o -p 'x: y? [answer no 0.8]' gate || true
	[ "$(asked '[.[].pictures | length] | add')" = 1 ]
	nvr-camera -q set gate --mask ''
	nvr-audit baseline accept gate --keep 20h
	[ "$(sql_store 'SELECT COUNT(still_id) FROM baseline')" = 1 ]
	nvr-audit baseline accept gate
	[ "$(sql_store 'SELECT COUNT(still_id) FROM baseline')" = 0 ]
}

@test "N11: masks are painted into files too, before anything of them is sent" {
	mark
	nvr-audit --no-learn -m gpt-4o -p 'x: y? [answer no 0.8]' --camera gate "$V"
	nvr-camera -q set gate --mask '0,0 100,0 100,100 0,100'
	nvr-audit --no-learn -m gpt-4o -p 'x: y? [answer no 0.8]' --camera gate "$V"
	show_view
	nvr-audit --no-learn -m gpt-4o -p 'x: y? [answer no 0.8]' --camera gate - <"$V"
	asked '[.[].pictures[0].bytes]' >"$BATS_TEST_TMPDIR/sizes"
	jq -e 'length == 3 and .[1] < .[0] / 3 and .[2] < .[0] / 3' "$BATS_TEST_TMPDIR/sizes" || {
		cat "$BATS_TEST_TMPDIR/sizes"
		return 1
	}
}

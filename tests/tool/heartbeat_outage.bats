#!/usr/bin/env bats
# Six hours without a portal leave no trace in what it sums up: the recorder and
# a twin that was heard all the while, at a portal whose clock is set.
# shellcheck disable=SC2154

setup() {
	load ../lib/helpers.bash
	load ../lib/portal.bash
	[ -z "$sanitized" ] || skip "faketime and the sanitizers do not mix"
	use_portal "$BATS_TEST_TMPDIR/portal"
	portal_conf "$port" "$P/state" >"$P/fastcgi.conf"
	fast=https://localhost:$port
	# Ten to six in the evening of tomorrow, since certificates begin now.
	began=$(date +%s)
	evening=$(date -u -d 'tomorrow 17:50' +%s)
	midnight=$((evening + 22200))
	set_clock 0
	preload=$(faketime -f +0s sh -c 'echo "$LD_PRELOAD"')
	for n in 1 2; do
		LD_PRELOAD=$preload FAKETIME_TIMESTAMP_FILE=$P/clock FAKETIME_NO_CACHE=1 \
		    DONT_FAKE_MONOTONIC=1 start_fastcgi $n
	done
	start_lighttpd "$P/fastcgi.conf" "$port"
	web=$(tail -n 1 "$P/pids")
	use_store "$BATS_TEST_TMPDIR/one"
	nvr-store -q init >/dev/null
}

teardown() {
	load ../lib/portal.bash
	[ -z "${P-}" ] || stop_portal
}

# set_clock MINUTES: behind that evening; it goes on from there.
set_clock() {
	off=+$((evening - began + $1 * 60))s
	echo "$off" >"$P/clock"
}
stop_lighttpd() { kill "$web" && gone "$web"; }
at_clock() { timeout 30 faketime -f "$off" "$NVR_BUILD/$1" "${@:2}"; }
at_portal() { at_clock nvr-account -d "$P/store" "$@"; }
report() { at_clock nvr-heartbeat -d "$D" "$@"; }
rows() { sqlite3 "$P/store/nvr.db" "$1"; }
own() { sqlite3 "$D/nvr.db" "$1"; }
invite() { at_portal recorder invite ann@example.org home --json | jq -r .code; }

# post PATH BODY SEQUENCE SECONDS: signed by the twin.
post() {
	sign "$P/twin.pem" "$1" "$2" "$3" "$4"
	ask -H "@$P/headers" --data-binary "@$2" "$fast$1"
}

enrol_twin() {
	make_key "$P/twin.pem"
	printf '{"code":"%s","box":"%s","fingerprint":"%064d","agent":"0.1","interval_ms":60000}' \
	    "$(invite)" age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p \
	    0 >"$P/enrol.json"
	post /api/v1/enrol "$P/enrol.json" $((evening * 1000)) $((evening + 1))
	is 201
}

# What is summed up of the hours until midnight, and of that day.
sums() { # ROW: of the recorder
	rows "SELECT period, at, reports, cpu, cpu_max, cpu_reports, memory,
	    memory_max, memory_reports, disk_free_min, disk_free_bytes_min,
	    temperature, temperature_max, temperature_reports, cameras,
	    cameras_down_max FROM telemetry_sum WHERE recorder_id = $1
	    AND at < $((midnight * 1000000)) ORDER BY period, at"
}

@test "C16: an outage of six hours is filled in, raises no alert, and sums up as if there was none" {
	at_portal -q create ann@example.org --name Ann --adult --verified
	at_portal -q site add ann@example.org home --jurisdiction DE
	nvr-camera -q add gate rtsp://192.0.2.7/s
	invite | report -q enrol "$fast" - --tls-ca "$P/ca.pem" >/dev/null
	one=$(rows "SELECT MAX(id) FROM recorder")
	enrol_twin
	two=$(rows "SELECT MAX(id) FROM recorder")
	# From five past six to ten to midnight the portal is stopped.
	stop_lighttpd
	for i in $(seq 24); do
		set_clock $((i * 15))
		run -69 report
	done
	[ "$(own "SELECT COUNT(*) FROM unsent")" = 24 ]
	# In the middle of it its disk was nearly full.
	own "UPDATE unsent SET report = json_set(report, '$.disk_free_percent', 0.5,
	    '$.disk_free_bytes', 1000) WHERE sequence IN (SELECT sequence FROM unsent
	    ORDER BY sequence LIMIT 8 OFFSET 8)"
	# The twin has the same to tell, and is heard at once.
	start_lighttpd "$P/fastcgi.conf" "$port"
	i=0
	while IFS='|' read -r sequence seconds figures; do
		set_clock $((++i * 15))
		printf '{"report":%s,"agent":"0.1","fingerprint":"%064d","interval_ms":60000,"settings":0,"cameras":[]}' \
		    "$figures" 0 >"$P/beat.json"
		post /api/v1/heartbeat "$P/beat.json" "$sequence" "$seconds"
		is 200
		[ $((i % 8)) != 0 ] || at_clock nvr-alert -q -d "$P/store"
	done < <(own "SELECT sequence, at / 1000000 + 1, report FROM unsent ORDER BY sequence")
	[ $i = 24 ]
	at_clock nvr-alert -q -d "$P/store"
	# Judging looks at what comes in by itself: of the twin it was told.
	alerts="SELECT COUNT(*) FROM alert WHERE kind = 'storage-low' AND object"
	[ "$(rows "$alerts = $two")" = 1 ]
	# The hours of the twin are summed up already; those of the other one, anew.
	at_clock nvr-retain -q -d "$P/store"
	for i in 25 26 27; do
		set_clock $((i * 15))
		run -0 report --json
		at_clock nvr-alert -q -d "$P/store"
	done
	[ "$(own "SELECT COUNT(*) FROM unsent")" = 0 ]
	[ "$(rows "$alerts = $one")" = 0 ]
	[ "$(rows "SELECT COUNT(*), SUM(late) FROM telemetry WHERE recorder_id = $one")" = "27|24" ]
	[ "$(rows "SELECT at FROM telemetry WHERE recorder_id = $one AND late = 1 ORDER BY rowid")" = \
	    "$(rows "SELECT at FROM telemetry WHERE recorder_id = $two ORDER BY at")" ]
	set_clock 600
	at_clock nvr-retain -q -d "$P/store"
	run -0 sums "$one"
	[ "$(cut -d '|' -f 1 <<<"$output" | sort | uniq -c | xargs)" = "1 day 6 hour" ]
	[ "$(rows "SELECT reports, disk_free_bytes_min FROM telemetry_sum
	    WHERE recorder_id = $one AND period = 'day' AND at < $((midnight * 1000000))")" = "24|1000" ]
	diff <(echo "$output") <(sums "$two")
}

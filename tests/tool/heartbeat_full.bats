#!/usr/bin/env bats
# nvr-heartbeat on a disk that takes no byte more, or none at all.

setup() {
	load ../lib/helpers.bash
	P=$BATS_TEST_TMPDIR/portal
	mkdir "$P"
	small_disk 4000
	use_store "$BATS_TEST_TMPDIR/disk/store"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$P/key" \
	    -out "$P/cert" -days 30 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	echo ok >"$P/mode"
	python3 "$BATS_TEST_DIRNAME/../lib/portal.py" "$P" "$P/cert" "$P/key" >"$P/log" 2>&1 3>&- &
	pid=$!
	await_line "$P/log" '^ready'
	nvr-camera -q add gate rtsp://192.0.2.7/s --record main
	beat -q enrol "https://127.0.0.1:$(sed -n 's/ready //p' "$P/log")" X --tls-ca "$P/cert" >/dev/null
	beat -q
	beat -q
}

teardown() {
	kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	mount -o remount,rw "$BATS_TEST_TMPDIR/disk" 2>/dev/null || true
	drop_disk
}

beat() { timeout 30 "$NVR_BUILD/nvr-heartbeat" -d "$D" "$@"; }
taken() { jq "$@" "$P/taken"; }
fill() {
	dd if=/dev/zero of="$BATS_TEST_TMPDIR/disk/filler" bs=1k status=none || true
	[ "$(df --output=avail -k "$D" | tail -n 1)" -eq 0 ]
}

@test "a recorder whose disk is full reports just that, and nobody takes it for another" {
	fill
	for _ in 1 2 3; do
		run -0 beat
		has "this report is not kept"
	done
	taken -se 'length == 6 and .[-1].report.disk_free_bytes == 0 and
	    .[-1].report.cameras_down == 1' >/dev/null
	# What is not remembered in the store is none that another one sent.
	rm "$BATS_TEST_TMPDIR/disk/filler"
	run -0 beat
	[ -z "$output" ]
	taken -se '[.[1:] | range(1; length) as $i | .[$i].previous == .[$i - 1].report.sequence] | all' >/dev/null
	run -0 beat status
}

@test "on a full disk what goes wrong is told, and others have the store meanwhile" {
	fill
	run -0 beat status
	echo refuse >"$P/mode"
	run -69 beat
	echo hang-headers >"$P/mode"
	rm "$P/wire"
	printf '[retain]\nfootage = 30d\n' >"$BATS_TEST_TMPDIR/conf"
	beat 2>/dev/null 3>&- &
	until grep -aqs sequence "$P/wire"; do sleep 0.1; done
	sleep 0.3
	run -0 timeout 3 "$NVR_BUILD/nvr-retain" -d "$D" -c "$BATS_TEST_TMPDIR/conf" -n
	kill $!
	wait $! || true
}

@test "on a full disk --print needs no room" {
	fill
	run -0 beat --print --json
	json_as heartbeat-print <<<"$output"
	[ "$(jq .disk_free_bytes <<<"$output")" = 0 ]
	run -0 beat --print --openmetrics
	grep -q "^nvr_disk_free_bytes{.* 0$" <<<"$output"
}

@test "a recorder whose disk takes nothing any more reports as well" {
	mount -o remount,ro "$BATS_TEST_TMPDIR/disk"
	run -0 beat
	has "this report is not kept"
	run -0 beat --print
	taken -se 'length == 4' >/dev/null
}

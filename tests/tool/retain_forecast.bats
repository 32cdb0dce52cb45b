#!/usr/bin/env bats
# nvr-retain forecast: when each stream and the disk will be full.

setup() {
	load ../lib/helpers.bash
	use_store
	T=$BATS_TEST_TMPDIR
	printf '[store]\nmin-free = 1K\n' >"$T/conf"
	nvr-camera -q add gate rtsp://192.0.2.1/ --retain 30d >/dev/null
	nvr-camera -q add lobby rtsp://192.0.2.2/ --retain-bytes 1G >/dev/null
}

forecast() { command nvr-retain -d "$D" -c "$T/conf" forecast "$@"; }

# footage CAMERA DAYS BYTES: so many of each hour; rows alone.
footage() {
	sqlite3 "$D/nvr.db" "
	    WITH RECURSIVE h (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM h WHERE n < $2 * 24)
	    INSERT INTO segment (id, camera_id, stream, run_id, start_at, end_at, media_start_us,
		media_us, frames, size_bytes, sha256, sealed)
	    SELECT c.id + n, c.id, 'main', 1, u.now - n * 3600000000, u.now - (n - 1) * 3600000000,
		0, 0, 1, $3, zeroblob(32), 1
	    FROM camera c, h, (SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000000 AS now) u
	    WHERE c.name = '$1';
	    INSERT INTO footage_sum (camera_id, stream, segments, size_bytes)
	    SELECT id, 'main', $2 * 24, $2 * 24 * $3 FROM camera WHERE name = '$1'"
}

# Whole days; a segment that only partly lies in the week may be missing.
days='def about($x): . > $x * 0.99 and . <= $x; def days: (sub("\\.[0-9]+Z"; "Z") | fromdate) - now | . / 86400 | round;'

@test "C18: each stream is full by its own limits, and a large disk never" {
	nvr-camera -q add attic rtsp://192.0.2.3/ >/dev/null
	footage gate 10 1000
	footage lobby 10 $((1 << 20))
	forecast --json >"$T/out"
	json_as retain-forecast <"$T/out"
	jq -se "$days"' map({key: (.camera // .kind), value: .}) | from_entries |
	    (keys == ["disk", "gate", "lobby"])
	    and (.gate | .size_bytes == 240000 and (.bytes_per_day | about(24000)) and .limit == "30d"
		and (.full_at | days) == 20 and .limited_by == "age"
		and .keeps_ms == 30 * 86400000 and .then_ms == .keeps_ms)
	    and (.lobby | .limit == "1G" and .limited_by == "bytes" and (.full_at | days | . >= 32 and . < 34)
		and (.keeps_ms / 86400000 | . >= 42 and . < 44))' "$T/out" >/dev/null
	run forecast --camera gate
	[ "${#lines[@]}" -eq 1 ]
	has $'stream\tgate\tmain\t240000\t'
}

@test "C18: a disk that is too small for what is promised is told: exit 1" {
	footage gate 10 $((1 << 40))
	run --separate-stderr -1 forecast --json
	[[ $stderr == "nvr-retain: gate (main): is to be kept for 30d, and the disk is too small for more than "* ]]
	# Of 9.97 days it is not 9d that it says.
	keeps=$(jq -s '.[0].then_ms / 3600000 | floor | (. / 24 | floor | tostring) + "d" +
	    (if . % 24 > 0 then "\(. % 24)h" else "" end)' -r <<<"$output")
	[[ $stderr == *"for more than $keeps of it" ]]
	jq -se '.[0].full_at <= .[1].full_at' <<<"$output"
	jq -se "$days"' (.[0] | .camera == "gate" and .limited_by == "disk"
		and .then_ms < .keeps_ms and .then_ms >= 10 * 86400000)
	    and (.[1] | .kind == "disk" and (.full_at | days) < 20 and .deletes == "open"
		and .wanting_bytes > 0 and (.bytes_per_day | about(24 * 1099511627776)))' <<<"$output" >/dev/null
}

@test "a forecast of an empty store is the disk, and a disk that is not there is told" {
	run forecast
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == disk* ]]
	run -66 forecast --camera nobody
	rm "$D/media/nvr-media"
	run -69 forecast
}

@test "less than a day of footage is a weak basis: -v says of which streams" {
	footage gate 10 1000
	sqlite3 "$D/nvr.db" "DELETE FROM segment WHERE start_at <
	    (SELECT MAX(end_at) FROM segment) - 20 * 3600000000"
	footage lobby 2 1000
	run -0 --separate-stderr forecast
	[ -z "$stderr" ]
	run -0 --separate-stderr forecast -v
	[[ $stderr == "nvr-retain: gate (main): a weak basis: "*" less than a day, since 20"* ]]
	[ "$(wc -l <<<"$stderr")" = 1 ]
}

#!/usr/bin/env bats
# nvr-export audits: a time's audits as CSV, JSON Lines or a page.

setup_file() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/ready"
	nvr-camera add gate rtsp://192.0.2.1/x
	nvr-camera add yard rtsp://192.0.2.2/x
	sqlite3 "$D/nvr.db" "
	    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
		WHERE i < 30000)
	    INSERT INTO audit (id, camera_id, camera_name, at, duration_us,
		type, origin, analyzer, schema_version, status)
		SELECT 1000000 + i, c.id, c.name, 1784000000000000 + i,
		5, 'regular', 'camera', 'local', 1, 'ok'
		FROM n JOIN camera c ON c.name = iif(i % 3, 'gate', 'yard');
	    INSERT INTO finding (audit_id, ordinal, label, verdict, evidence,
		confidence) SELECT id, 1, 'covered', 'yes', '=1+1', 1 FROM audit
		WHERE id % 2"
}

setup() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/ready"
	T=$BATS_TEST_TMPDIR
}

audits() { command nvr-export -d "$D" audits --since 2026-01-01 "$@"; }

@test "the lines are those of nvr-audit list" {
	audits -f jsonl >"$T/a.jsonl"
	[ "$(wc -l <"$T/a.jsonl")" = 30000 ]
	nvr-audit list -j --limit 30000 | cmp - "$T/a.jsonl"
	head -50 "$T/a.jsonl" | json_as audit
	audits --json --camera yard | jq -se 'length == 10000 and
	    all(.camera == "yard")'
}

@test "the file's name says the format, and CSV holds no formula" {
	audits -o "$T/a.csv"
	[ "$(wc -l <"$T/a.csv")" = 30001 ]
	grep -q "\"'=1+1\"" "$T/a.csv"
	audits --camera yard -o "$T/a.html"
	head -1 "$T/a.html" | grep -qi '<!doctype html>'
	audits -o "$T/a.jsonl"
	head -1 "$T/a.jsonl" | jq -e .id
	audits | cmp - "$T/a.csv"
	run -64 audits -f pdf
	run -64 audits -f csv --json
	run -64 command nvr-export -d "$D" audits
	has '--since'
}

@test "a full disk leaves no file: exit 74; who leaves is no news" {
	small_disk 256
	run -74 audits -o "$BATS_TEST_TMPDIR/disk/a.jsonl"
	drop_disk
	[ -z "$(ls "$BATS_TEST_TMPDIR/disk")" ]
	audits 2>"$T/err" | head -1
	[ ! -s "$T/err" ]
	run -1 bash -c 'nvr-export -d "$1" audits --since 2026-01-01 |
	    head -1 >/dev/null; exit ${PIPESTATUS[0]}' - "$D"
	run -74 bash -c 'nvr-export -d "$1" audits --since 2026-01-01 >/dev/full' \
	    - "$D"
}

@test "C12: a restricted account's audits are left out, which is said" {
	cp -a "$D" "$T/s"
	D=$T/s
	nvr-account -q create jane@example.org --name Jane --adult --verified
	nvr-account -q site add jane@example.org home --jurisdiction DE
	nvr-camera set yard --site home
	nvr-account -q restrict jane@example.org --why asked
	run -0 audits -f csv -o "$T/b.csv"
	has '1 camera is left out'
	run ! grep -q yard "$T/b.csv"
	run -77 audits --camera yard
}

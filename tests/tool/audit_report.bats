#!/usr/bin/env bats
# nvr-audit report: pages, text, tables and mails of what audits found.

setup_file() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/ready"
	ffmpeg -loglevel error -f lavfi -i color=black:s=1280x720 -frames:v 1 \
	    -y "$BATS_FILE_TMPDIR/black.jpg"
	nvr-camera add gate "file://$BATS_FILE_TMPDIR/black.jpg"
	nvr-camera add yard rtsp://127.0.0.1:9/x
	printf '[audit]\nmail-from = nvr@box.example.org\ncurrency = EUR\n' \
	    >"$BATS_FILE_TMPDIR/conf"
}

setup() {
	load ../lib/helpers.bash
	use_store
	cp -a "$BATS_FILE_TMPDIR/ready" "$D"
	T=$BATS_TEST_TMPDIR
	conf=$BATS_FILE_TMPDIR/conf
}

check() { python3 "$root/tests/lib/report_check.py" "$@"; }
report() { nvr-audit -c "$conf" report "$@"; }
sql() { sqlite3 "$D/nvr.db" "$1"; }

# audit N CAMERA STATUS [ERROR]: a row, N minutes ago.
audit() {
	sql "INSERT INTO audit (id, camera_id, camera_name, at, duration_us,
	    type, origin, analyzer, profile, model, schema_version, status,
	    error) SELECT 1000000 - $1, id, name,
	    $(date +%s)000000 - $1 * 60000000, 5, 'regular', 'camera', 'model',
	    'eye', 'eye-1', 1, '$3', nullif('${4:-}', '') FROM camera
	    WHERE name = '$2'"
}

# finding N LABEL VERDICT EVIDENCE [KIND]: of that audit, by the model.
finding() {
	sql "INSERT INTO finding (audit_id, ordinal, source, kind, label,
	    verdict, evidence, confidence, confidence_method,
	    confidence_calibrated, samples, agreed) SELECT 1000000 - $1,
	    1 + count(*), 'model', '${5:-check}', '$2', '$3', '$4', 0.5,
	    'verbalised', 0.25, 4, 3 FROM finding WHERE audit_id = 1000000 - $1"
}

# What a model or a camera might have been made to say.
hostile() {
	audit 1 gate ok
	audit 2 yard error '=cmd|" /C calc"!A0'
	finding 1 '<script>alert(1)</script>' yes '" onload="alert(2)'
	finding 1 '=HYPERLINK("http://evil.example/","x")' yes '+1;=2'
	finding 1 "x'||char(27)||'[31mred'||char(7)||'" yes \
	    "'||char(8238)||'evil'||char(8294)||'"
	finding 1 '@SUM(1)' yes '<img src=https://evil.example/a.png>'
	finding 1 "'||char(65309)||'1+1" cannot_determine '-2+3'
	finding 1 owner yes '</bdi></q></li><h1>owned</h1>'
	finding 1 "'||char(9)||'=1" yes "two'||char(13)||char(10)||'lines"
	finding 1 'dog &lt;b&gt;' yes 'a dog' object
}

@test "a time without audits is a report that says so: exit 0" {
	for f in html text csv jsonl; do
		run -0 report --format $f -o "$T/x.$f"
	done
	check html "$T/x.html" "There was no audit in this time. That says nothing"
	check text "$T/x.text" "There was no audit in this time."
	[ "$(wc -l <"$T/x.csv")" = 1 ]
	[ ! -s "$T/x.jsonl" ]
	report --mail jane@example.org --dry-run >"$T/mail"
	check mail "$T/mail" | jq -e '.subject == "Audit report: no audits"'
}

@test "what a model said is inert in a page" {
	hostile
	report --format html >"$T/x.html"
	check html "$T/x.html" '<script>alert(1)</script>' '" onload="alert(2)' \
	    '=HYPERLINK("http://evil.example/","x")' 'x?[31mred?' '?evil?' \
	    '<img src=https://evil.example/a.png>' '</bdi></q></li><h1>owned</h1>' \
	    'dog &lt;b&gt;' '=cmd|" /C calc"!A0'
}

@test "what a model said is inert in text, on a terminal too" {
	hostile
	report >"$T/x"
	check text "$T/x" '<script>alert(1)</script>' 'x?[31mred?' '?evil?' 'two lines'
}

@test "what a model said is no formula in a spreadsheet" {
	hostile
	report --format csv >"$T/x.csv"
	check csv "$T/x.csv" "'=HYPERLINK(\"http://evil.example/\",\"x\")" \
	    "'@SUM(1)" "'-2+3" "'+1;'=2" "'＝1+1" "'=cmd" 'two  lines' >"$T/rows"
	# One row a finding, and one for the audit without any; numbers are numbers.
	jq -e 'length == 9 and .[-1].status == "error" and .[-1].verdict == "" and
	    .[0].confidence == "0.5" and .[0].confidence_calibrated == "0.25" and
	    .[0].samples == "4" and .[0].agreed == "3" and .[0].camera == "gate"' "$T/rows"
	grep -q ',0.5,"verbalised",0.25,4,3,' "$T/x.csv"
}

@test "what a model said is inert in JSON Lines, which are those of list" {
	hostile
	report --json >"$T/x"
	cmp "$T/x" <(nvr-audit list --json)
	run -1 grep -P '[\x00-\x08\x0b-\x1f]' "$T/x"
	report --camera yard -o "$T/y.jsonl"
	jq -se 'length == 1 and .[0].camera == "yard"' "$T/y.jsonl"
}

@test "what a model said is inert in a mail" {
	hostile
	sql "UPDATE camera SET name = 'gäte' || char(13,10) || 'Bcc: eve@evil.example' WHERE name = 'gate'"
	sql "DELETE FROM audit WHERE camera_name = 'yard'"
	report --mail jane@example.org --dry-run >"$T/mail"
	check mail "$T/mail" '<script>alert(1)</script>' '?evil?' >"$T/m"
	jq -e '.subject == "Audit report of gäte??Bcc: eve@evil.example: 6 alarms, 0 not examined" and
	    .from == "nvr@box.example.org" and .to == "jane@example.org" and
	    (.text | contains("x?[31mred?"))' "$T/m"
	run -1 grep -q '^Bcc' "$T/mail"
}

@test "a failure reads as not examined, never as all clear" {
	for s in unusable refused filtered truncated invalid error budget unfinished; do
		audit $((RANDOM + 10)) yard $s "the $s reason"
	done
	audit 1 yard ok
	report --format html >"$T/x.html"
	check html "$T/x.html" "8 audits: not examined." "the refused reason" \
	    "Not examined: 8" | jq -e '[.text | scan("not examined(?: to the end)?: ")] | length == 9'
	report >"$T/x"
	check text "$T/x" "8 audits: NOT EXAMINED." "not examined, budget: 1 from" "the error reason"
	check mail <(report --mail a@example.org --dry-run) | jq -e '.subject | endswith("0 alarms, 8 not examined")'
}

@test "an alarm has its evidence, number, threshold, source and time" {
	run -1 nvr-audit gate
	audit 1 gate ok
	finding 1 blocked yes 'a pallet before the door'
	report --format html >"$T/x.html"
	check html "$T/x.html" 'a pallet before the door' \
	    'confidence 0.50 (verbalised), calibrated 0.25, 3 of 4 samples agree; by model eye-1' >"$T/j"
	jq -e '.text | test("black\\n.* over 0\\.70.*\\nconfidence [01]\\.[0-9]+ \\(margin\\); by local; regular audit")' "$T/j"
	jq -e '.text | test("examined\\ncamera health\\nblack\\nblocked")' "$T/j"
	# An object is no alarm.
	finding 1 dog yes 'a dog' object
	report >"$T/x"
	check text "$T/x" "2 alarms, in 2 of them." "dog (object): yes 1"
}

@test "N4, N8: a still is shown only where it was kept, and not after its time" {
	run -1 nvr-audit gate
	report --format html >"$T/x.html"
	check html "$T/x.html" | jq -e '.pictures == 0'
	[ "$(sql 'SELECT count(*) FROM access')" = 0 ]
	run -1 nvr-audit --keep 1h gate
	report --format html >"$T/x.html"
	check html "$T/x.html" | jq -e '.pictures == 1 and .widths == [640]'
	# Who took it out is in the log.
	[ "$(sql "SELECT count(*) FROM access WHERE action = 'report'")" = 1 ]
	report --mail jane@example.org --dry-run >"$T/mail"
	check mail "$T/mail" | jq -e '.pictures == 1'
	sql "UPDATE still SET expires_at = 1"
	report --format html >"$T/x.html"
	check html "$T/x.html" 'The still is not shown: the still has expired' |
	    jq -e '.pictures == 0'
	report --mail jane@example.org --dry-run >"$T/mail"
	check mail "$T/mail" | jq -e '.pictures == 0'
}

@test "a still that cannot be opened is told, and the report goes on" {
	run -1 nvr-audit --keep 1h gate
	f=$(find "$D/media/stills" -name '*.age')
	printf x | dd of="$f" bs=1 seek=300 conv=notrunc status=none
	report --format html >"$T/x.html"
	check html "$T/x.html" 'The still is not shown: ' 'is not what was kept' |
	    jq -e '.pictures == 0'
	rm "$f"
	report --format html >"$T/x.html"
	check html "$T/x.html" 'No such file'
}

@test "what models cost and what left is in the summary" {
	audit 1 gate ok
	sql "INSERT INTO attempt (audit_id, ordinal, at, latency_us, status,
	    tokens_in, tokens_out, cost_micros) VALUES (999999, 1, 1, 1, 'ok',
	    1105, 77, 2345000), (999999, 2, 1, 1, 'error', NULL, NULL, NULL);
	    INSERT INTO departure (audit_id, ordinal, at, destination,
	    size_bytes, sha256) VALUES (999999, 1, 1, 'api.example.com', 4711, '0')"
	report --format html >"$T/x.html"
	check html "$T/x.html" EUR 'eye211105772.345' 'api.example.com14711'
	report >"$T/x"
	check text "$T/x" "eye: 2 requests, 1105 tokens in, 77 out, EUR 2.345; 1 requests told no usage"
}

@test "only the cameras and the time that were asked for" {
	audit 1 gate ok
	audit 100 yard ok
	finding 1 fire yes smoke
	report --camera yard >"$T/x"
	run -0 cat "$T/x"
	hasnt gate
	has "1 audit of 1 camera. No alarm."
	report --since 30m >"$T/x"
	check text "$T/x" gate
	run -1 grep yard "$T/x"
	report --camera yard --camera gate --camera yard --format csv >"$T/x"
	[ "$(wc -l <"$T/x")" = 3 ]
	run -66 report --camera yrad
	has "yard"
	# One that was removed is told with its audits.
	nvr-camera remove yard
	report >"$T/x"
	check text "$T/x" "the camera was removed"
}

@test "the format is the file's; the file is there whole or not at all" {
	audit 1 gate ok
	report -o "$T/a.html"
	check html "$T/a.html" gate
	report -o "$T/a.csv"
	check csv "$T/a.csv"
	report -o "$T/a.report"
	check text "$T/a.report" gate
	report --format text -o "$T/b.html"
	grep -q '^Audit report$' "$T/b.html"
	run -66 report -o "$T/none/a.html"
	[ ! -e "$T/none" ]
	run -74 report -o /dev/full
	has "/dev/full"
	run -74 bash -c "nvr-audit -d $D report >/dev/full"
	has "standard output"
	[ -z "$(find "$T" -name '*.??????' -newer "$T/a.html" -name 'a.html.*')" ]
	run -64 report --format pdf
	run -64 report --json --format html
	run -64 report --dry-run
	run -64 report --since 1h --until 2h
}

@test "a mail goes into the outbox, sealed" {
	audit 1 gate ok
	finding 1 fire yes 'smoke over the roof'
	report --mail jane@example.org --json >"$T/j"
	jq -e --slurpfile s "$root/share/schema/audit-report.json" '
	    (keys - ($s[0].properties | keys) == []) and ($s[0].required - keys == []) and
	    .recipient == "jane@example.org" and .size_bytes > 5000' "$T/j"
	[ "$(sql "SELECT count(*) FROM outbox WHERE channel = 'mail' AND sent_at IS NULL")" = 1 ]
	run -1 grep -rqa 'jane@example' "$D"
	run -1 grep -rqa 'Content-Transfer-Encoding' "$D"
	report --mail jane@example.org --dry-run >"$T/mail"
	[ "$(sql "SELECT count(*) FROM outbox")" = 1 ]
	# What is printed is what is sealed, but for ids and the clock.
	[ "$(wc -c <"$T/mail")" = "$(jq .size_bytes "$T/j")" ]
	run -0 report --mail jane@example.org
	[[ "$output" == *$'\tmail\tjane@example.org\t'* ]]
}

@test "an address that is none, or several, is refused" {
	for a in jane jane@ @example.org 'a@b@c' 'a b@example.org' 'a@example.org,b@example.org' \
	    'Jane <jane@example.org>' $'a@example.org\r\nBcc: b@example.org' '.a@example.org' \
	    'a..b@example.org' 'a@-x.org' 'a@example..org' '"a"@example.org' '' \
	    "$(printf 'a%.0s' $(seq 65))@example.org" "a@$(printf 'b%.0s' $(seq 64)).org"; do
		run -64 report --mail "$a" --dry-run
		[ "${#lines[@]}" = 1 ]
	done
	run -64 report --mail 'jürgen@example.org'
	has "not ASCII"
	[ "$(sql "SELECT count(*) FROM outbox")" = 0 ]
	run -78 nvr-audit -c /dev/null report --mail jane@example.org
	has mail-from
	run -64 report --mail jane@example.org -o x
}

@test "a mail of more than 10 MiB leaves out the stills, then the older alarms" {
	ffmpeg -loglevel error -f lavfi -i nullsrc=s=640x640,geq=random\(1\)*255:128:128 \
	    -frames:v 1 -q:v 2 -y "$T/noise.jpg"
	nvr-camera add noise "file://$T/noise.jpg"
	nvr-audit --keep 1h noise || true
	sql "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
	    INSERT INTO audit (id, camera_id, camera_name, at, duration_us, type,
	    origin, analyzer, schema_version, status, still_id) SELECT i, camera_id,
	    camera_name, at - i, 5, 'regular', 'camera', 'local', 1, 'ok', still_id
	    FROM audit, n; INSERT INTO finding (audit_id, ordinal, label, verdict,
	    evidence) SELECT id, 1, 'fire', 'yes', 'smoke' FROM audit WHERE id < 99"
	report --mail a@example.org --dry-run >"$T/mail"
	[ "$(wc -c <"$T/mail")" -lt 10485760 ]
	check mail "$T/mail" 'The stills are left out: ' | jq -e '.pictures == 0'
	sql "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
	    INSERT INTO finding (audit_id, ordinal, label, verdict, evidence)
	    SELECT id, i, 'fire', 'yes', hex(zeroblob(300)) FROM audit, n WHERE id < 99"
	report --mail a@example.org --dry-run >"$T/mail"
	[ "$(wc -c <"$T/mail")" -lt 10485760 ]
	check mail "$T/mail" 'all but the newest 100 alarms of each camera' \
	    'Older alarms are left out.' >/dev/null
}

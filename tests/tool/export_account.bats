#!/usr/bin/env bats
# nvr-export account: everything about a person, as stock tools see it.

setup() {
	load ../lib/helpers.bash
	use_store
	T=$BATS_TEST_TMPDIR
	conf=$T/nvr.conf
	printf '[controller]\nname = Gatehouse & Sons\ncontact = privacy@example.org\n' \
	    >"$conf"
	nvr-account() { command nvr-account -q -c "$conf" -d "$D" "$@"; }
	nvr-export() { command nvr-export -c "$conf" -d "$D" "$@"; }
	nvr-account create jane@example.org --name $'Jane "=cmd()" Doe' --adult \
	    --verified >/dev/null
	nvr-account site add jane@example.org Home --jurisdiction DE >/dev/null
	echo Zq7-unlikely-Secret | nvr-camera -q add gate rtsp://192.0.2.7/s \
	    --user admin --password-file - --site jane@example.org/Home
}

sql() { sqlite3 "$D/nvr.db" "$1"; }

# unpack: what jane has in $T/x.
unpack() {
	rm -rf "$T/x"
	mkdir "$T/x"
	nvr-export -q account jane@example.org "$@" | tar -C "$T/x" --zstd -xf -
}

audits() { # camera, n
	sql "PRAGMA foreign_keys = ON; WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL
	    SELECT i + 1 FROM k WHERE i < $2) INSERT INTO audit (id, account_id,
	    camera_id, camera_name, at, duration_us, type, origin, analyzer,
	    schema_version, status) SELECT c.id + i, c.account_id, c.id, c.name,
	    1790000000000000 + i, 1, 'regular', 'file', 'local', 1, 'ok'
	    FROM k, camera c WHERE c.name = '$1';
	    INSERT INTO finding (audit_id, ordinal, account_id, label, verdict,
	    evidence) SELECT id, 1, account_id, 'open', 'yes', '=1+1' FROM audit;"
}

@test "N20: an account's archive is opened and checked by stock tools" {
	audits gate 3
	unpack
	cd "$T/x"
	ssh-keygen -Y verify -f SIGNER -I nvr -n nvr-export -s MANIFEST.json.sig \
	    <MANIFEST.json
	# As README.html says.
	sed -n 's/.*"path": "\([^"]*\)".*"sha256": "\([0-9a-f]*\)".*/\2  \1/p' \
	    MANIFEST.json | sha256sum -c --quiet
	others=$(grep -o '{ find .*uniq -u' README.html | head -1 | python3 -c \
	    'import html, sys; print(html.unescape(sys.stdin.read()))')
	[ -z "$(sh -c "$others")" ]
	echo 1 >data/fake.csv
	[ "$(sh -c "$others")" = ./data/fake.csv ]
	rm data/fake.csv
	ssh-keygen -Y verify -f data/log-signer -I nvr-log -n nvr-log \
	    -s data/log-head.txt.sig <data/log-head.txt
	[ "$(jq -r .email data/account.jsonl)" = jane@example.org ]
	[ "$(jq -r .name data/account.jsonl)" = 'Jane "=cmd()" Doe' ]
	[ "$(jq -r '[.name, .has_credentials] | @tsv' data/camera.jsonl)" = \
	    $'gate\ttrue' ]
	[ "$(jq -r .jurisdiction data/site.jsonl)" = DE ]
	[ "$(wc -l <data/audit.jsonl)" -eq 3 ]
	grep -q "\"'=1+1\"" data/finding.csv
	[ "$(jq -r '.asked.what, (.gaps | length)' MANIFEST.json | paste -sd,)" = \
	    account,0 ]
	run ! grep -rqa -e Zq7-unlikely -e admin .
	# Every line is as its schema says.
	for f in data/*.jsonl; do
		n=$(basename "$f" .jsonl)
		mkdir -p "$T/share/schema"
		cp "schema/$n.json" "$T/share/schema"
		root=$T json_as "$n" <"$f"
	done
}

@test "N20: the page tells what is here, why, until when, and of one's rights" {
	unpack
	page=$T/x/README.html
	xmllint --html --noout "$page" 2>&1 | grep -v 'Tag \(main\|svg\)' | grep -i error &&
	    false
	for w in 'Gatehouse &amp; Sons' privacy@example.org data/camera.jsonl Home \
	    '<th scope="col"' '<caption>' '<html lang="en">' 'article' \
	    'ssh-keygen -Y verify' 'Passwords, codes and keys'; do
		grep -qF -- "$w" "$page" || { echo "no $w"; false; }
	done
	run ! grep -qE '<script|src=|href=|http:' "$page"
	# Headings come in order.
	[ "$(grep -o '<h[1-6]' "$page" | uniq | paste -sd' ')" = '<h1 <h2' ]
}

@test "each row of the log can be held to its hash by what stands in its line" {
	nvr-account tier jane@example.org premium >/dev/null
	unpack
	[ "$(wc -l <"$T/x/data/log.jsonl")" -ge 3 ]
	python3 - "$T/x/data/log.jsonl" <<-'EOT'
		import hashlib, hmac, json, sys
		for line in open(sys.argv[1], encoding="utf-8"):
		    r = json.loads(line)
		    salt, prev = (bytes.fromhex(r[k]) for k in ("salt", "previous"))
		    c = hmac.new(salt, r["payload"].encode(), "sha256").digest()
		    assert c.hex() == r["commitment"], r
		    h = hashlib.sha256(prev + r["seq"].to_bytes(8, "big") +
		        r["at_us"].to_bytes(8, "big") + r["type"].encode() + c)
		    assert h.hexdigest() == r["hash"], r
	EOT
}

@test "N20: an archive has nothing of another account that names things alike" {
	nvr-account create jane@example.net --name 'Jane Roe' --adult --verified >/dev/null
	nvr-account site add jane@example.net Home --jurisdiction US-CA >/dev/null
	nvr-camera -q add gate rtsp://192.0.2.8/s --site jane@example.net/Home
	audits gate 2
	unpack
	other=$(nvr-account show jane@example.net --json | jq -r .id)
	run ! grep -rqa -e "$other" -e example.net -e 192.0.2.8 -e US-CA "$T/x"
	[ "$(wc -l <"$T/x/data/camera.jsonl")" -eq 1 ]
	[ "$(wc -l <"$T/x/data/audit.jsonl")" -eq 2 ]
}

@test "the same store and time give the same bytes; that it was made is on record" {
	audits gate 50
	nvr-account log --public-key >/dev/null # who signs is drawn once
	cp -a "$D" "$T/copy"
	nvr-export -q account jane@example.org -o "$T/a" --now 2026-11-22T12:00:00Z
	command nvr-export -q -c "$conf" -d "$T/copy" account jane@example.org \
	    -o "$T/b" --now 2026-11-22T12:00:00Z
	cmp "$T/a" "$T/b"
	run -0 nvr-account log jane@example.org --json
	[ "$(jq -r 'select(.type == "export.made") | .who' <<<"$output" | wc -l)" -eq 1 ]
	unpack --now 2026-11-22T12:00:00Z
	grep -q export.made "$T/x/data/log.jsonl"
}

@test "C12: a disclosure that the law forbids to tell leaves no trace; from then on it is named" {
	nvr-account log --public-key >/dev/null
	cp -a "$D" "$T/copy"
	run -0 nvr-account disclose jane@example.org --authority 'Court <North>' \
	    --basis 'StPO 94' --reviewed-by 'Dr. Law' --what 'a clip of the gate' \
	    --tell 2099-01-01T00:00:00Z --json
	id=$(jq -r .id <<<"$output")
	unpack --now 2098-12-31T00:00:00Z
	mv "$T/x" "$T/gagged"
	D=$T/copy unpack --now 2098-12-31T00:00:00Z
	# The state of the whole log has other rows of everybody's.
	diff -r -x 'log-head*' -x 'MANIFEST*' "$T/x" "$T/gagged"
	diff <(jq -c '[.files[].path]' "$T/x/MANIFEST.json") \
	    <(jq -c '[.files[].path]' "$T/gagged/MANIFEST.json")
	unpack --now 2099-01-01T00:00:00Z
	[ "$(jq -r '[.id, .authority, .basis, .what] | @tsv' \
	    "$T/x/data/disclosure.jsonl")" = \
	    "$id"$'\tCourt <North>\tStPO 94\ta clip of the gate' ]
	mkdir -p "$T/share/schema"
	cp "$T/x/schema/disclosure.json" "$T/share/schema"
	root=$T json_as disclosure <"$T/x/data/disclosure.jsonl"
	grep -q 'Court &lt;North&gt;' "$T/x/README.html"
	run ! grep -rqa -e 'Dr. Law' -e disclosure.recorded "$T/x"
}

@test "restricted and deleted accounts are exported" {
	nvr-account restrict jane@example.org --why 'it is disputed' >/dev/null
	unpack
	[ "$(jq -r .restricted_why "$T/x/data/account.jsonl")" = 'it is disputed' ]
	nvr-account unrestrict jane@example.org >/dev/null
	nvr-account delete jane@example.org >/dev/null
	unpack
	[ "$(jq -r .email "$T/x/data/account.jsonl")" = jane@example.org ]
}

@test "what cannot be read is a gap, and the rest is delivered with exit 1" {
	sql "UPDATE site SET name = x'0102'"
	run -1 nvr-export account jane@example.org -o "$T/a.zip" --format zip
	[ "$(unzip -p "$T/a.zip" MANIFEST.json | jq -r '.gaps[0].what')" = \
	    'data/site.jsonl: name' ]
	[ "$(unzip -p "$T/a.zip" data/site.jsonl | jq -c '[.name, .unreadable]')" = \
	    '[null,["name"]]' ]
	unzip -p "$T/a.zip" README.html | grep -q 'data/site.jsonl: name'
}

@test "what was not meant is refused, and leaves no file and no record" {
	run -66 nvr-export account nobody@example.org -o "$T/a"
	run -64 nvr-export account jane@example.org -o "$T/a" --language tlh
	has "there is en"
	run -64 nvr-export account jane@example.org -o "$T/a" --include stills,sound
	has "stills and footage"
	run -64 nvr-export account jane@example.org -o "$T/a" --sealed
	has "--include"
	run -64 nvr-export account jane@example.org -o "$T/a" --format rar
	[ ! -e "$T/a" ]
	run -0 nvr-account log jane@example.org --json
	hasnt export.made
}

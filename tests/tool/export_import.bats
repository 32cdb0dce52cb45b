#!/usr/bin/env bats
# nvr-export import: an account's archive into another store.

setup_file() {
	load ../lib/helpers.bash
	use_store "$BATS_FILE_TMPDIR/ready"
	cd "$BATS_FILE_TMPDIR" || return
	nvr-account -q create jane@example.org --name 'Jane "J" Doe' --adult \
	    --verified
	nvr-account -q site add jane@example.org home --jurisdiction DE
	nvr-camera add gate rtsp://192.0.2.1/x --site home --zone yard \
	    --retain 5d --mask '0,0 10x10' 2>/dev/null ||
	    nvr-camera add gate rtsp://192.0.2.1/x --site home --retain 5d
	echo secret >pw
	chmod 600 pw
	nvr-camera add yard rtsp://192.0.2.2/x --site home --user u \
	    --password-file pw
	nvr-account -q consent jane@example.org give stills --text-version 2 \
	    --text 'You may keep stills.'
	nvr-audit -q schedule add nightly --camera gate --every 1h
	make_jpeg t.jpg
	nvr-audit -q --camera gate t.jpg || true
	command nvr-export -d "$D" account jane@example.org -o a.tar.zst
	command nvr-export -d "$D" signer >signer
}

setup() {
	load ../lib/helpers.bash
	use_store
	A=$BATS_FILE_TMPDIR
	T=$BATS_TEST_TMPDIR
}

import() { command nvr-export -d "$D" import "$@"; }

# rows FILE: all that an archive has of it, but what an import cannot carry.
rows() { # ARCHIVE TABLE
	bsdtar -xOf "$1" "data/$2.jsonl" 2>/dev/null | jq -cS 'del(.account_id,
	    .adult_how, .verified_at, .recipient, .next_at, .has_credentials) |
	    if has("email") then del(.created_at, .changed_at) else . end |
	    if has("text") then del(.id) else . end |
	    if has("url") then del(.record) else . end'
}

@test "an account goes to an empty store, and is exported from there as it was" {
	import -q --signer "$A/signer" "$A/a.tar.zst" >"$T/out"
	command nvr-export -d "$D" account jane@example.org -o "$T/b.tar.zst"
	for t in account consent site camera schedule schedule_camera audit \
	    finding; do
		[ -n "$(rows "$A/a.tar.zst" $t)" ]
		diff <(rows "$A/a.tar.zst" $t) <(rows "$T/b.tar.zst" $t)
	done
	nvr-account -j log jane@example.org |
	    jq -se 'any(.[]; .type == "account.imported")'
	# An address to confirm, no password; who had a camera's, gives it anew.
	nvr-account -j show jane@example.org |
	    jq -e '.verified_at == null and .tier == "free"'
	nvr-camera -j list | jq -se 'map({(.name): .record}) | add |
	    .gate == "none" and .yard == "none"'
	grep -q '^left.yard.*credentials' "$T/out"
	nvr-store check
}

@test "it comes from a pipe, sealed or not, and says what came" {
	age-keygen -o "$T/key" 2>"$T/note" || skip "no age here"
	age -r "$(sed -n 's/^Public key: //p' "$T/note")" <"$A/a.tar.zst" \
	    >"$T/a.age"
	run -77 import - <"$T/a.age"
	import -j -q -i "$T/key" - <"$T/a.age" | tee "$T/out" |
	    json_as export-import
	jq -se 'any(.[]; .what == "camera" and .rows == 2 and .imported == 2)' \
	    "$T/out"
	nvr-account -j show jane@example.org
}

@test "a second time it is in the way of itself, which is said" {
	import -q "$A/a.tar.zst" >"$T/out"
	run -73 import -q "$A/a.tar.zst"
	has 'there is an account of that address already'
	nvr-account set jane@example.org --email joe@example.org --verified
	run -73 import -q "$A/a.tar.zst"
	has "the site 'home'"
	[ "$(nvr-account -j list | wc -l)" = 1 ]
}

@test "what was changed, or signed by another, brings nothing" {
	mkdir "$T/x"
	bsdtar -xf "$A/a.tar.zst" -C "$T/x"
	sed -i 's/jane@/june@/' "$T/x/data/account.jsonl"
	(cd "$T/x" && bsdtar -cf "$T/b.tar" README.html data schema \
	    MANIFEST.json MANIFEST.json.sig SIGNER)
	run -65 import "$T/b.tar"
	has 'nothing was imported'
	command nvr-store -q -d "$T/other" init
	command nvr-export -d "$T/other" signer >"$T/signer" 2>/dev/null
	run -65 import --signer "$T/signer" "$A/a.tar.zst"
	[ -z "$(nvr-account -j list)" ]
	run -65 import "$A/t.jpg"
}

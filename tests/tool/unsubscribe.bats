#!/usr/bin/env bats
# The link of alerts by mail, from the mail to lighttpd and nvr.cgi (RFC 8058).

setup_file() {
	load ../lib/helpers.bash
	load ../lib/portal.bash
	use_portal "$BATS_FILE_TMPDIR/portal"
	printf '#!/bin/sh\ncat >>%s/mail\n' "$P" >"$P/sendmail"
	chmod +x "$P/sendmail"
	printf 'mail-from = nvr@example.org\nname = Yard & <b>Gate</b>\n[notify]\nsendmail = %s\n[alert]\ngroup-wait = 0s\ngroup-interval = 0s\n' \
	    "$P/sendmail" >>"$P/nvr.conf"
	start_portal
	export P port cgi_port fast slow
}

teardown_file() {
	load ../lib/portal.bash
	stop_portal
}

setup() {
	load ../lib/helpers.bash
	load ../lib/portal.bash
	db "DELETE FROM contact; DELETE FROM outbox"
	: >"$P/mail"
}

here() { command "$1" -q -c "$P/nvr.conf" -d "$P/store" "${@:2}"; }
db() { sqlite3 "$P/store/nvr.db" "PRAGMA foreign_keys = ON; $1"; }

# One more recorder that is not heard of, and what is mailed of it.
alert() {
	db "INSERT INTO recorder (id, site_id, state, public_key, box,
	    fingerprint, interval_us, created_at, seen_at) SELECT
	    COUNT(*) + 1, 0, 'active', randomblob(32), 'age1x', zeroblob(32),
	    60000000, 1, ($(date +%s) - 600) * 1000000 FROM recorder"
	here nvr-alert
	here nvr-notify >/dev/null
}

# The path of the link of a new contact's first mail, in $link.
new_link() {
	here nvr-account contact add --operator --mail me@example.org >/dev/null
	alert
	link=$(sed -n 's/^List-Unsubscribe: <\(.*\)>.*/\1/p' "$P/mail")
	[[ $link == "$fast"/unsubscribe/* ]]
	link=${link#"$fast"}
}

ended() { [ "$(db 'SELECT unsubscribed_at IS NOT NULL FROM contact')" = "$1" ]; }

nobodys=/unsubscribe/$(printf '%064d' 0)
click='List-Unsubscribe=One-Click'

@test "a mail says how to end them, and a program does it with one request" {
	new_link
	grep -q '^List-Unsubscribe-Post: List-Unsubscribe=One-Click' "$P/mail"
	ask -F "$click" "$fast$link"
	is 200
	ended 1
	: >"$P/mail"
	alert
	[ ! -s "$P/mail" ]
	# Once is what the log says, however often it comes.
	n=$(here nvr-account log | grep -c contact.unsubscribed)
	ask -d "$click" "$fast$link"
	is 200
	[ "$(here nvr-account log | grep -c contact.unsubscribed)" = "$n" ]
}

@test "looking at the link changes nothing, and shows nobody" {
	new_link
	ask "$fast$link"
	is 200
	ended 0
	has '<title>Alerts by mail · Yard &amp; &lt;b&gt;Gate&lt;/b&gt;</title>'
	has '<form method="post">'
	hasnt me@example.org
	hasnt "${link##*/}"
	grep -qi "^content-security-policy: default-src 'none'" "$P/head"
	cp "$P/body" "$P/known"
	ask "$fast$nobodys"
	is 200
	cmp "$P/body" "$P/known"
	ask "$fast/unsubscribe/%3Cscript%3E"
	cmp "$P/body" "$P/known"
	ask -I "$fast$link"
	is 200
	ended 0
}

@test "its form ends them, and whose link it was nobody is told" {
	new_link
	ask "$slow$link"
	name=$(sed -n 's/.*name="\(List[^"]*\)".*/\1/p' "$P/body")
	value=$(sed -n 's/.*value="\([^"]*\)".*/\1/p' "$P/body")
	ask -d "$name=$value" "$slow$nobodys"
	is 200
	cp "$P/body" "$P/unknown"
	ended 0
	ask -d "$name=$value" "$slow$link"
	is 200
	cmp "$P/body" "$P/unknown"
	ended 1
}

@test "what is no click ends nothing" {
	new_link
	for body in x=y "List-Unsubscribe=" "List-Unsubscribe=no" ""; do
		ask -d "$body" "$fast$link"
		is 400
	done
	ask -F "a=b" "$fast$link"
	is 400
	ask -H 'Content-Type: text/plain' -d "$click" "$fast$link"
	is 415
	ask -d "$click$(printf '%5000s' '' | tr ' ' x)" "$fast$link"
	is 413
	ask -d "$click" "$fast$link?a=b"
	is 400
	ask -X PUT -d "$click" "$fast$link"
	is 405
	ask -d "$click" "$fast/unsubscribe/"
	is 404
	ask -d "$click" "$fast$link/x"
	is 404
	ended 0
}

@test "a store that others hold is told to come again" {
	new_link
	hold "$BATS_TEST_TMPDIR/go"
	ask -d "$click" "$fast$link"
	is 503
	# What is nobody's waits for nothing.
	ask -d "$click" "$fast$nobodys"
	is 200
	touch "$BATS_TEST_TMPDIR/go"
	wait "$holder"
	ended 0
	ask -d "$click" "$fast$link"
	is 200
	ended 1
	! grep -r "${link##*/}" "$P/log" "$P"/*/error.log || return 1
}

#!/usr/bin/env bats
# The pages of the portal, by curl as a browser asks for them; see nvr.cgi(8).

setup_file() {
	load ../lib/helpers.bash
	load ../lib/portal.bash
	use_portal "$BATS_FILE_TMPDIR/portal"
	printf '[account]\nattempts-network = 200/1h\nattempts-pair = 100/1h\n' \
	    >>"$P/nvr.conf"
	start_portal
	echo zebra-lantern-0417-quiet >"$P/pw"
	for who in jane john kim max; do
		nvr-account -q -d "$P/store" create "$who@example.org" \
		    --name "$who" --adult --verified --password-file "$P/pw" >/dev/null
	done
	nvr-account -q -d "$P/store" site add jane@example.org yard \
	    --jurisdiction DE
	nvr-account -q -d "$P/store" site add jane@example.org \
	    'depot <b>"1" & co' --jurisdiction DE
	make_key "$P/gate.pem"
	enrol_recorder "$P/gate.pem"
	is 201
	beat "$P/gate.pem"
	is 200
	site=$(nvr-account -d "$P/store" site list jane@example.org --json |
	    jq -r 'select(.site == "yard") | .id')
	export P port cgi_port fast slow site
}

teardown_file() {
	load ../lib/helpers.bash
	load ../lib/portal.bash
	stop_portal
}

setup() {
	load ../lib/helpers.bash
	load ../lib/portal.bash
	jar=$BATS_TEST_TMPDIR/jar
}

# get PATH, send PATH FIELD=VALUE …: as a browser with cookies does.
get() { ask -b "$jar" -c "$jar" "$fast$1"; }
token() { # ACTION: of the page at hand
	sed -n "s|.*action=\"$1\".*|&|; s|.*name=\"csrf\" value=\"\([0-9a-f]*\)\".*|\1|p" \
	    "$P/body" | tail -1
}
send() { # PATH FIELD=VALUE …
	local path=$1 field fields=()
	shift
	for field; do
		fields+=(--data-urlencode "$field")
	done
	ask -b "$jar" -c "$jar" -H "Origin: ${origin-$fast}" "${fields[@]}" \
	    "$fast$path"
}
sign_in() { # WHO
	get /signin
	send /signin "csrf=$(token /signin)" "email=$1@example.org" \
	    password=zebra-lantern-0417-quiet "${@:2}"
	is 303
}
leads_to() { grep -qi "^location: $1"$'\r'"\$" "$P/head"; }

@test "who is not signed in is sent to sign in, and on to where they wanted" {
	get "/site/$site"
	is 303
	leads_to "/signin?to=/site/$site"
	sign_in jane "to=/site/$site"
	leads_to "/site/$site"
	get "/site/$site"
	is 200
	[[ $output = *"<h1>yard</h1>"* ]]
}

@test "nobody is sent anywhere else after signing in" {
	for to in https://evil.example //evil.example '/\evil.example' $'/\tx'; do
		rm -f "$jar"
		sign_in jane "to=$to"
		leads_to /
	done
}

@test "N7: a session is 64 characters in a cookie that is Secure, HttpOnly and this host's alone" {
	sign_in jane
	run -0 grep -iE '^set-cookie: __Host-nvr=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Lax; Secure' "$P/head"
	session=$(awk '$6 == "__Host-nvr" { print $7 }' "$jar")
	run ! grep -aq "$session" "$P/store/nvr.db" "$P/store/nvr.db-wal"
	# One that somebody else has set is none.
	printf '#HttpOnly_localhost\tFALSE\t/\tTRUE\t0\t__Host-nvr\t%064d\n' 7 >"$jar"
	get /
	is 303
	leads_to /signin
}

@test "N17: a form is taken of a page of the portal alone, with its own token" {
	get /signin
	t=$(token /signin)
	fields=(email=jane@example.org password=zebra-lantern-0417-quiet)
	origin=https://evil.example send /signin "csrf=$t" "${fields[@]}"
	is 403
	origin=null send /signin "csrf=$t" "${fields[@]}"
	is 403
	ask -b "$jar" --data "csrf=$t&email=jane@example.org&password=x" "$fast/signin"
	is 403
	send /signin csrf=0 "${fields[@]}"
	is 403
	send /signin "${fields[@]}"
	is 403
	# Of another browser.
	rm "$jar"
	send /signin "csrf=$t" "${fields[@]}"
	is 403
	run ! grep -q '__Host-nvr=' "$P/head"
	# Of another form of the same page.
	sign_in jane
	get "/site/$site"
	send /signout "csrf=$(token "/site/$site")"
	is 403
	get /
	is 200
}

@test "a wrong password says no more than an unknown address" {
	get /signin
	t=$(token /signin)
	send /signin "csrf=$t" email=jane@example.org password=wrong-wrong-wrong
	is 403
	one=$(grep role= "$P/body")
	send /signin "csrf=$t" email=nobody@example.org password=wrong-wrong-wrong
	is 403
	[ "$one" = "$(grep role= "$P/body")" ]
	run ! grep -q wrong-wrong "$P/body"
	grep -q "value=.nobody@example.org" "$P/body"
}

@test "what is somebody else's is answered as if it did not exist" {
	sign_in john
	get "/site/$site"
	is 404
	sed "s/$site/ID/" "$P/body" >"$BATS_TEST_TMPDIR/theirs"
	get /site/0sadzzzzzzzzz
	is 404
	cmp <(sed s/0sadzzzzzzzzz/ID/ "$P/body") "$BATS_TEST_TMPDIR/theirs"
	get "/site/../site/$site"
	is 404
	get /
	is 200
	run ! grep -q yard "$P/body"
	# Not even with a token that is theirs.
	t=$(token /signout)
	send "/site/$site" "csrf=$t" name=mine
	[ "$status" = 403 ] || [ "$status" = 404 ]
	[ "$(nvr-account -d "$P/store" site list jane@example.org | grep -c yard)" = 1 ]
}

@test "N17: names come out as they were typed, and as nothing else" {
	sign_in jane
	get /
	is 200
	[[ $output = *'depot &lt;b&gt;"1" &amp; co'* ]]
	run ! grep -q '<b>' "$P/body"
}

@test "C18: how long footage is kept is set, checked, and in the log" {
	sign_in jane
	get "/site/$site"
	t=$(token "/site/$site")
	send "/site/$site" "csrf=$t" name=yard zone=Europe/Berlin retain=9monkeys
	is 400
	[[ $output = *'value="9monkeys" aria-invalid="true"'* ]]
	send "/site/$site" "csrf=$t" name=yard zone=Europe/Berlin retain=14d
	is 303
	get "/site/$site?done=saved"
	[[ $output = *'>Saved.</p>'* ]]
	[[ $output = *'name="retain" type="text" autocomplete="off" value="14d"'* ]]
	nvr-account -d "$P/store" log jane@example.org --json |
	    jq -se 'map(select(.type == "site.changed")) | last | .channel == "portal"' \
	        >/dev/null
}

@test "C13: signing out ends the session, and both are in the log" {
	sign_in jane
	session=$(awk '$6 == "__Host-nvr" { print $7 }' "$jar")
	get /
	send /signout "csrf=$(token /signout)"
	is 303
	leads_to '/signin?done=signed-out'
	ask -H "Cookie: __Host-nvr=$session" "$fast/"
	is 303
	nvr-account -d "$P/store" log jane@example.org --json |
	    jq -se 'map(.type) | index("signin.ok") != null' >/dev/null
}

@test "C23: nothing is asked of another host, and pages are small" {
	sign_in jane
	for path in /signin / "/site/$site"; do
		get "$path"
		is 200
		run ! grep -E '(src|href|action)="(https?:)?//' "$P/body"
		[ "$(wc -c <"$P/body")" -lt 50000 ]
		run ! grep -qi '<script' "$P/body"
	done
	get /style.css
	is 200
	grep -qi '^cache-control: public, max-age=31536000, immutable' "$P/head"
	get /
	grep -qi '^cache-control: no-store' "$P/head"
}

@test "what there is not is a page for people, and problem details for programs" {
	get /nothing
	is 404
	grep -qi '^content-type: text/html' "$P/head"
	get /api/v1/nothing
	is 404
	grep -qi '^content-type: application/problem+json' "$P/head"
}

@test "a second factor is asked for, and a wrong code is refused" {
	at() { nvr-account -q -d "$P/store" 2fa kim@example.org "$@"; }
	secret=$(at enrol-totp | sed 's/.*secret=\([A-Z2-7]*\).*/\1/')
	oathtool --totp -b "$secret" | at confirm --code-file -
	sign_in kim to=/style.css
	leads_to '/signin/code?totp=1&to=/style.css'
	get '/signin/code?totp=1&to=/style.css'
	t=$(token /signin/code)
	send /signin/code "csrf=$t" code=000000
	is 403
	get /
	is 303
	send /signin/code "csrf=$t" to=/style.css \
	    "code=$(oathtool --totp -b -N '+30 seconds' "$secret")"
	is 303
	leads_to /style.css
	get /
	is 200
}

@test "an alert is acknowledged by whose it is, and by nobody else" {
	a=$(sqlite3 "$P/store/nvr.db" "SELECT account_id FROM site WHERE id =
	    (SELECT site_id FROM recorder)")
	sqlite3 "$P/store/nvr.db" "INSERT INTO alert (id, account_id, site_id, kind,
	    object, subject, severity, state, why, since, opened_at, seen_at)
	    VALUES (5000, $a, 0, 'camera-offline', 7, 'gate <i>', 'critical', 'open',
	    'it does not answer', 1, 1, 1)"
	sign_in john
	get /alerts
	is 200
	run ! grep -q gate "$P/body"
	send /alerts/00000000004w8/ack "csrf=$(token /signout)"
	[ "$status" != 200 ] && [ "$status" != 303 ]
	rm "$jar"
	sign_in jane
	get /
	grep -q '<strong>1</strong>' "$P/body" || true
	get /alerts
	is 200
	grep -q 'gate &lt;i&gt;' "$P/body"
	path=$(sed -n 's|.*action="\(/alerts/[^"]*/ack\)".*|\1|p' "$P/body" | head -1)
	send "$path" "csrf=$(sed -n "s|.*action=\"$path\"><input type=\"hidden\" name=\"csrf\" value=\"\([0-9a-f]*\)\".*|\1|p" "$P/body")"
	is 303
	[ "$(sqlite3 "$P/store/nvr.db" "SELECT acked_at > 0 FROM alert WHERE id = 5000")" = 1 ]
}

@test "a password is changed by who knows the old one, and ends all other sessions" {
	sign_in john
	cp "$jar" "$jar.other"
	sign_in john
	get /account
	is 200
	t=$(sed -n '/action="\/account\/password"/,/value=/s/.*name="csrf" value="\([0-9a-f]*\)".*/\1/p' "$P/body")
	send /account/password "csrf=$t" password=wrong-wrong-wrong \
	    new-password=yak-tundra-5521-violet
	is 403
	send /account/password "csrf=$t" password=zebra-lantern-0417-quiet \
	    new-password=short
	is 400
	run ! grep -q 'value="short"' "$P/body"
	send /account/password "csrf=$t" password=zebra-lantern-0417-quiet \
	    new-password=yak-tundra-5521-violet
	is 303
	get /account
	is 200
	ask -b "$jar.other" "$fast/account"
	is 303
}

@test "C22: an account is deleted by its owner, with the password" {
	nvr-account -q -d "$P/store" create ann@example.org --name ann --adult \
	    --verified --password-file "$P/pw" >/dev/null
	sign_in ann
	get /account
	t=$(sed -n '/action="\/account\/delete"/,/value=/s/.*name="csrf" value="\([0-9a-f]*\)".*/\1/p' "$P/body")
	send /account/delete "csrf=$t" delete-password=wrong-wrong-wrong
	is 403
	send /account/delete "csrf=$t" delete-password=zebra-lantern-0417-quiet
	is 303
	get /account
	is 303
	nvr-account -d "$P/store" show ann@example.org --json |
	    jq -e '.deleted_at != null'
}

@test "C6, C13: what was done to an account is shown to its owner" {
	sign_in jane
	get /account/log
	is 200
	grep -q signin.ok "$P/body"
	grep -q 127.0.0.1 "$P/body"
	get '/account/log?before=x'
	is 200
	get '/account/log?before=1'
	[[ $output = *"There is nothing in it"* ]]
}

@test "a site is added, a recorder is invited to it, and revoked by nobody else" {
	sign_in max
	get /site/new
	send /site/new "csrf=$(token /site/new)" name=shop jurisdiction=xx
	is 400
	[[ $output = *'value="shop"'* ]]
	send /site/new "csrf=$(token /site/new)" name=shop jurisdiction=DE zone=
	is 303
	get /
	shop=$(sed -n 's|.*href="/site/\([0-9a-z]*\)">shop<.*|\1|p' "$P/body")
	get "/site/$shop/recorder"
	is 200
	send "/site/$shop/recorder" "csrf=$(token "/site/$shop/recorder")"
	is 200
	code=$(sed -n 's|^<pre>nvr-heartbeat enrol [^ ]* \(.*\)</pre>|\1|p' "$P/body")
	make_key "$P/shop.pem"
	printf '{"code":"%s","box":"%s","fingerprint":"%064d","agent":"0.1","interval_ms":60000}' \
	    "$code" age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p \
	    0 >"$P/enrol.json"
	sign "$P/shop.pem" /api/v1/enrol "$P/enrol.json"
	ask -H "@$P/headers" --data-binary "@$P/enrol.json" "$fast/api/v1/enrol"
	is 201
	get "/site/$shop/recorder"
	path=$(sed -n 's|.*action="\(/recorder/[^"]*/revoke\)".*|\1|p' "$P/body")
	[ -n "$path" ]
	t=$(sed -n "s|.*action=\"$path\"><input type=\"hidden\" name=\"csrf\" value=\"\([0-9a-f]*\)\".*|\1|p" "$P/body")
	cp "$jar" "$jar.max"
	sign_in jane
	get "/site/$site/recorder"
	theirs=$(sed -n 's|.*/revoke"><input type="hidden" name="csrf" value="\([0-9a-f]*\)".*|\1|p' "$P/body")
	send "$path" "csrf=$theirs"
	is 404
	get "/site/$shop/recorder"
	is 404
	cp "$jar.max" "$jar"
	send "$path" "csrf=$t"
	is 303
	nvr-account -d "$P/store" recorder list max@example.org --json |
	    jq -e '.state == "revoked"'
}

#!/usr/bin/env bats
# nvr.cgi behind lighttpd, by FastCGI and by CGI: what it answers whatever is
# sent, and what it does when its store is in trouble.

setup_file() {
	load ../lib/helpers.bash
	load ../lib/portal.bash
	use_portal "$BATS_FILE_TMPDIR/portal"
	start_portal
	nvr-account -q -d "$P/store" create jane@example.org --name Jane --adult \
	    --verified >/dev/null
	nvr-account -q -d "$P/store" site add jane@example.org yard \
	    --jurisdiction DE
	make_key "$P/gate.pem"
	enrol_recorder "$P/gate.pem"
	is 201
	export P port cgi_port fast slow
}

teardown_file() {
	load ../lib/helpers.bash
	load ../lib/portal.bash
	stop_portal
}

setup() {
	load ../lib/helpers.bash
	load ../lib/portal.bash
	beat=/api/v1/heartbeat
}

# What the store has of it.
reports() { sqlite3 "$P/store/nvr.db" "SELECT count(*) FROM telemetry"; }

# As that of $fast is, by another port.
beat_other() {
	beat "$P/gate.pem" "$other" "" "localhost:$port"
}

json='Content-Type: application/json'

# direct NAME=value …: nvr.cgi by itself, as a server runs it.
direct() {
	run -0 timeout 5 env -i "PATH=$PATH" "NVR_CONF=$P/nvr.conf" \
	    "ASAN_OPTIONS=${ASAN_OPTIONS:-}" GATEWAY_INTERFACE=CGI/1.1 \
	    "HTTP_HOST=localhost:$port" HTTPS=on REMOTE_ADDR=192.0.2.7 \
	    REQUEST_METHOD=POST "REQUEST_URI=$beat" \
	    CONTENT_TYPE=application/json CONTENT_LENGTH=2 "$@" nvr.cgi <<<'{}'
}

@test "by itself it says who runs it, and answers as other tools do" {
	run -64 nvr.cgi </dev/null
	has "a web server runs this"
	run -0 nvr.cgi --version
	has "nvr.cgi 0."
	run -0 nvr.cgi -h
	has "--store"
	run -0 nvr.cgi --dump-options
	has "config"
	run -64 nvr.cgi --bogus
}

@test "arguments are the client's where a server runs it, and are no options" {
	direct sh -c 'exec nvr.cgi -d /nonexistent --version'
	has "Status: 401"
}

@test "without a url in nvr.conf there is no portal" {
	: >"$BATS_TEST_TMPDIR/conf"
	run -78 env "NVR_CONF=$BATS_TEST_TMPDIR/conf" GATEWAY_INTERFACE=CGI/1.1 \
	    nvr.cgi -c "$P/nvr.conf" </dev/null
	has "url in [portal] is not set"
}

@test "it speaks TLS 1.3, and nothing older" {
	run -0 curl -sS --cacert "$P/ca.pem" --tlsv1.3 "$fast/"
	run ! curl -sS --cacert "$P/ca.pem" --tls-max 1.2 "$fast/"
}

@test "what is not there is 404, another method 405 with those that are" {
	for u in "$fast" "$slow"; do
		ask "$u/nothing"
		is 404
		ask "$u$beat"
		is 405
		grep -qi '^allow: POST' "$P/head"
		ask --head "$u$beat"
		is 405
		ask -X PROPFIND "$u$beat"
		is 405
		ask -X BOGUS "$u$beat"
		[[ $status = [45]0? ]]
		# What keeps browsers in check is there always.
		ask "$u/nothing"
		for h in 'content-security-policy: default-src .none.' \
		    'strict-transport-security: max-age=' 'cache-control: no-store' \
		    'x-content-type-options: nosniff' 'referrer-policy: same-origin'; do
			grep -qi "^$h" "$P/head"
		done
		run ! grep -i '^server:' "$P/head"
	done
}

@test "it answers to the names that nvr.conf has, in any case, and to no other" {
	for u in "$fast" "$slow"; do
		ask -H "Host: LocalHost:$port" "$u/"
		is 303
		for h in evil.example localhost "localhost:1" "evil.example:$port"; do
			ask -H "Host: $h" "$u/"
			is 421
			hasnt "${h%:*}"
		done
		ask -H "Host: a@b" "$u/"
		is 400
	done
	ask -H "X-Forwarded-Host: evil.example" "$fast/"
	is 303
	direct HTTPS=off
	has "Status: 403"
	direct "HTTP_HOST=localhost:$port"$'\r\nX-Evil: yes'
	has "Status: 400"
	hasnt "X-Evil"
}

@test "a body that is too large is refused before it is read" {
	head -c 300000 /dev/zero >"$P/300k"
	head -c 10000000 /dev/zero >"$P/10m"
	for u in "$fast" "$slow"; do
		ask -H "$json" --data-binary "@$P/300k" "$u$beat"
		is 413
		has '"code":"too-large"'
		start=${EPOCHREALTIME/./}
		ask -H "$json" -H Expect: --data-binary "@$P/10m" "$u$beat"
		is 413
		[ $((${EPOCHREALTIME/./} - start)) -lt 1000000 ]
	done
	# It waits for none of it.
	exec 4<> <(:)
	run -0 timeout 3 env -i "NVR_CONF=$P/nvr.conf" GATEWAY_INTERFACE=CGI/1.1 \
	    "HTTP_HOST=localhost:$port" HTTPS=on REMOTE_ADDR=192.0.2.7 \
	    REQUEST_METHOD=POST "REQUEST_URI=$beat" CONTENT_TYPE=application/json \
	    CONTENT_LENGTH=10000000 "$NVR_BUILD/nvr.cgi" <&4
	exec 4>&-
	has "Status: 413"
}

@test "a body is of the type that the route takes, and of a length" {
	for u in "$fast" "$slow"; do
		for t in text/plain application/x-www-form-urlencoded \
		    'multipart/form-data; boundary=x' 'application/json; charset=latin1' \
		    'application/jsonx' ''; do
			ask -H "Content-Type: $t" -d '{}' "$u$beat"
			is 415
		done
		ask -H "$json; charset=utf-8" -d '{}' "$u$beat"
		is 401
		ask -H "$json" -H 'Content-Encoding: gzip' -d '{}' "$u$beat"
		is 415
		# The server has taken the chunks together.
		ask -H "$json" -H 'Transfer-Encoding: chunked' -d '{}' "$u$beat"
		is 401
		ask -H "$json" -d '{}' "$u$beat?a=1"
		is 400
		ask -H "$json" -d '{}' "$u$beat?a=1&a=2"
		is 400
		has "given twice"
		ask -H "$json" -d '{}' "$u$beat?a=%ff"
		is 400
	done
	direct CONTENT_LENGTH=
	has "Status: 411"
	direct CONTENT_LENGTH=3x
	has "Status: 400"
	direct CONTENT_LENGTH=900
	has "Status: 400"
	direct HTTP_TRANSFER_ENCODING=chunked
	has "Status: 400"
}

@test "paths that servers mend in ways of their own are refused" {
	for u in "$fast" "$slow"; do
		for p in /api/../api/v1/heartbeat //api/v1/heartbeat \
		    /api/%2e%2e/api/v1/heartbeat /api%2fv1/heartbeat /a%00b \
		    /%ff /%c0%af /%0d%0aX-Evil:%20yes /a%; do
			ask --path-as-is -H "$json" -d '{}' "$u$p"
			is 400
			run ! grep -i '^x-evil' "$P/head"
		done
		ask "$u/$(printf 'a%.0s' $(seq 2000))"
		is 414
	done
}

@test "a header that is named as a variable is none: httpoxy" {
	ask -H 'Proxy: http://127.0.0.1:9' -H "$json" -d '{}' "$fast$beat"
	is 401
	direct HTTP_PROXY=http://127.0.0.1:9
	has "Status: 401"
}

@test "a slow client and one that leaves cost no process" {
	# Both processes would be taken.
	for _ in 1 2 3 4; do
		exec {fd}<> <(:)
		openssl s_client -connect "localhost:$port" -CAfile "$P/ca.pem" \
		    -quiet <&"$fd" >/dev/null 2>&1 3>&- &
		echo $! >>"$P/pids"
		printf 'POST %s HTTP/1.1\r\nHost: localhost:%s\r\n%s\r\nContent-Length: 100\r\n\r\n{' \
		    "$beat" "$port" "$json" >&"$fd"
		slows+=("$fd") clients+=($!)
	done
	sleep 0.2
	ask -H "$json" -d '{}' --max-time 2 "$fast$beat"
	is 401
	kill "${clients[@]}"
	for fd in "${slows[@]}"; do exec {fd}>&-; done
	ask -H "$json" -d '{}' --max-time 2 "$fast$beat"
	is 401
}

@test "a hundred at once are all answered" {
	for _ in $(seq 100); do
		printf 'url = "%s"\noutput = "/dev/null"\n' "$fast$beat"
	done >"$P/hundred"
	run -0 curl -sS --cacert "$P/ca.pem" --http1.1 --parallel \
	    --parallel-immediate --parallel-max 100 -H "$json" -d '{}' \
	    -w '%{http_code}\n' -K "$P/hundred"
	[ "$(grep -c '^401$' <<<"$output")" = 100 ]
}

@test "the process has given up what it does not need" {
	pid=$(cat "$P/1.pid")
	grep -q '^NoNewPrivs:[[:space:]]*1' "/proc/$pid/status"
	grep -q '^Umask:[[:space:]]*0077' "/proc/$pid/status"
	grep -Eq '^Max core file size +0 +0' "/proc/$pid/limits"
	[ -n "$sanitized" ] || {
		grep -Eq '^Max processes +0 +0' "/proc/$pid/limits"
		grep -Eq '^Max address space +536870912' "/proc/$pid/limits"
	}
}

@test "C3: a recorder enrols with a code, once, and reports by either way" {
	make_key "$P/new.pem"
	enrol_recorder "$P/new.pem"
	is 201
	n=$(reports)
	beat "$P/new.pem"
	is 200
	jq -e '.sequence > 0 and .late == 60' "$P/body"
	beat "$P/new.pem" "$slow"
	is 200
	[ "$(reports)" = $((n + 2)) ]
	# The code is used, whoever comes with it.
	make_key "$P/other.pem"
	sign "$P/other.pem" /api/v1/enrol "$P/enrol.json"
	ask -H "@$P/headers" --data-binary "@$P/enrol.json" "$fast/api/v1/enrol"
	is 403
	has '"code":"code"'
	hasnt "$(jq -r .code "$P/enrol.json")"
	beat "$P/other.pem"
	is 401
	has '"code":"unknown"'
}

@test "C3: a report is taken as it was signed, once, and of now" {
	n=$(reports)
	beat "$P/gate.pem"
	is 200
	ask -H "@$P/headers" --data-binary "@$P/beat.json" "$fast$beat"
	is 409
	has '"sequence":'
	# For another host, another path or another body, and with no signature.
	sign "$P/gate.pem" "$beat" "$P/beat.json" "" "" "localhost:$cgi_port"
	ask -H "@$P/headers" --data-binary "@$P/beat.json" "$fast$beat"
	is 401
	sign "$P/gate.pem" /api/v1/enrol "$P/beat.json"
	ask -H "@$P/headers" --data-binary "@$P/beat.json" "$fast$beat"
	is 401
	sign "$P/gate.pem" "$beat" "$P/beat.json"
	ask -H "@$P/headers" --data-binary "@$P/enrol.json" "$fast$beat"
	is 401
	grep -v ^Signature: "$P/headers" >"$P/less"
	ask -H "@$P/less" --data-binary "@$P/beat.json" "$fast$beat"
	is 401
	# A second header of that name makes one value of two.
	ask -H "@$P/headers" -H 'Nvr-Sequence: 1' \
	    --data-binary "@$P/beat.json" "$fast$beat"
	is 401
	sign "$P/gate.pem" "$beat" "$P/beat.json" "" $(($(date +%s) - 400))
	ask -H "@$P/headers" --data-binary "@$P/beat.json" "$fast$beat"
	is 401
	has '"code":"skew"'
	[ "$(reports)" = $((n + 1)) ]
	# By HTTP/2, whose authority is the same.
	beat "$P/gate.pem" "$fast" "" "localhost:$port" --http2
	is 200
}

@test "a recorder that reports twice in a second is told to come again in one" {
	beat "$P/gate.pem"
	is 200
	n=$(reports)
	previous=$(jq .report.sequence "$P/beat.json") beat "$P/gate.pem"
	is 429
	has '"code":"too-often"'
	grep -qix $'retry-after: 1\r' "$P/head"
	[ "$(reports)" = "$n" ]
	sleep 1
	previous=$(jq .report.sequence "$P/beat.json") beat "$P/gate.pem"
	is 200
}

@test "JSON of a thousand levels, of none, and with a NUL is malformed" {
	printf '%1000s' '' | tr ' ' '[' >"$P/deep"
	printf '{"a":%.0s' $(seq 1000) >"$P/deeper"
	printf '{"report":"\xff"}' >"$P/broken"
	printf '{"report":1}\0' >"$P/nul"
	for f in deep deeper broken nul; do
		sign "$P/gate.pem" "$beat" "$P/$f"
		ask -H "@$P/headers" --data-binary "@$P/$f" "$fast$beat"
		is 400
		has '"code":"malformed"'
	done
	kill -0 "$(cat "$P/1.pid")" "$(cat "$P/2.pid")"
}

@test "a store that others hold is told to come again, and is used then" {
	hold "$BATS_TEST_TMPDIR/go"
	beat "$P/gate.pem"
	is 503
	grep -qi '^retry-after: [1-9]' "$P/head"
	has '"code":"busy"'
	touch "$BATS_TEST_TMPDIR/go"
	wait "$holder"
	# Who runs it reads why, and the client a number.
	reference=$(sed -n 's/.*(reference \([0-9a-z]\{13\}\)).*/\1/p' "$P/body")
	[ -n "$reference" ]
	hasnt "$P"
	cat "$P/log" "$P"/*/error.log | grep "nvr.cgi: $reference: POST $beat: " |
	    grep nvr.db
	beat "$P/gate.pem"
	is 200
}

@test "a store that is not there is an error of ours, of which clients know a number" {
	sed "s|^path = .*|path = $P/nowhere|" "$P/nvr.conf" >"$P/nowhere.conf"
	direct "NVR_CONF=$P/nowhere.conf" HTTP_CONTENT_DIGEST=x \
	    HTTP_NVR_SEQUENCE=1 HTTP_SIGNATURE=x HTTP_SIGNATURE_INPUT=x \
	    sh -c 'exec nvr.cgi 2>"'"$P/stderr"'"'
	has "Status: 500"
	has '"code":"internal"'
	hasnt nowhere
	reference=$(sed -n 's/.*"reference":"\([0-9a-z]*\)".*/\1/p' <<<"$output")
	grep "$reference: .*there is no store in '$P/nowhere'" "$P/stderr"
}

@test "a store that is full is told to come again, and is used when it is not" {
	small_disk 6144
	mkdir "$BATS_TEST_TMPDIR/disk/store"
	cp -r "$P/store/." "$BATS_TEST_TMPDIR/disk/store"
	cp "$P/nvr.conf" "$P/whole.conf"
	sed -i "s|^path = .*|path = $BATS_TEST_TMPDIR/disk/store|" "$P/nvr.conf"
	start_other 3
	cp "$P/whole.conf" "$P/nvr.conf"
	beat_other
	is 200
	cat /dev/zero >"$BATS_TEST_TMPDIR/disk/fill" 2>/dev/null || true
	for _ in $(seq 40); do
		beat_other
		[ "$status" = 200 ] || break
	done
	is 503
	grep -qi '^retry-after: ' "$P/head"
	has "the store is full"
	rm "$BATS_TEST_TMPDIR/disk/fill"
	beat_other
	is 200
	end_other 3
	drop_disk
}

@test "it leaves when it is told to, after the request at hand" {
	start_other 4
	pid=$(cat "$P/4.pid")
	beat_other
	is 200
	hold "$BATS_TEST_TMPDIR/go"
	(
		beat_other
		echo "$status" >"$BATS_TEST_TMPDIR/answered"
	) 3>&- &
	asking=$!
	# It has begun when it waits for the lock.
	for _ in $(seq 100); do
		grep -q nanosleep "/proc/$pid/wchan" && break
		sleep 0.02
	done
	kill -TERM "$pid"
	kill -0 "$pid"
	touch "$BATS_TEST_TMPDIR/go"
	wait "$asking" "$holder"
	[ "$(cat "$BATS_TEST_TMPDIR/answered")" = 200 ]
	gone "$pid"
}

@test "a store that was put in its place is used from the next request on" {
	n=$(reports)
	beat "$P/gate.pem"
	is 200
	sqlite3 "$P/store/nvr.db" ".backup '$P/store/new.db'"
	rm -f "$P/store/nvr.db-wal" "$P/store/nvr.db-shm"
	mv "$P/store/new.db" "$P/store/nvr.db"
	for _ in 1 2 3; do
		beat "$P/gate.pem"
		is 200
	done
	[ "$(reports)" = $((n + 4)) ]
}

@test "a store that was migrated ends the process, and who asks gets the next one" {
	cp -r "$P/store" "$BATS_TEST_TMPDIR/store"
	sed "s|^path = .*|path = $BATS_TEST_TMPDIR/store|" "$P/nvr.conf" >"$P/5.nvr.conf"
	# As systemd does it: the socket stays, and who asks starts a process.
	python3 -c 'import select, socket, subprocess, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(5)
for _ in range(2):
    select.select([s], [], [], 30)
    p = subprocess.Popen(sys.argv[2:], stdin=s)
    print(p.pid, flush=True)
    print("exit", p.wait(), flush=True)' "$P/5.sock" "$NVR_BUILD/nvr.cgi" \
	    -c "$P/5.nvr.conf" >"$P/5.out" 2>>"$P/log" 3>&- &
	systemd=$!
	until [ -S "$P/5.sock" ]; do sleep 0.02; done
	serve_other 5
	beat_other
	is 200
	# Another index is no migration.
	db=$BATS_TEST_TMPDIR/store/nvr.db
	sqlite3 "$db" "CREATE INDEX more ON telemetry (cpu)"
	beat_other
	is 200
	[ "$(wc -l <"$P/5.out")" = 1 ]
	n=$(sqlite3 "$db" "SELECT COUNT(*) FROM telemetry")
	sqlite3 "$db" "ALTER TABLE recorder ADD COLUMN newer TEXT; INSERT INTO migration
	    VALUES (999, '$(printf 'a%.0s' {1..64})', 1)"
	beat_other
	is 500
	[ "$(sed -n 2p "$P/5.out")" = "exit 0" ]
	grep -q "another schema than this program knows" "$P/log"
	# Where that one is of the same release it stays, and says what is wrong.
	beat_other
	is 500
	[ "$(wc -l <"$P/5.out")" = 3 ]
	[ "$(cat "$P/log" "$P"/*/error.log | grep -c "has schema 999")" = 2 ]
	[ "$(sqlite3 "$db" "SELECT COUNT(*) FROM telemetry")" = "$n" ]
	kill "$(sed -n 3p "$P/5.out")"
	wait "$systemd"
}

@test "nothing of it all is in a log: no code, signature, key or address" {
	# Of whom TLS fails with, lighttpd itself tells the address.
	log=$(cat "$P/log" "$P"/*/error.log | grep -v mod_openssl)
	[ -n "$log" ]
	# Nor has a sanitizer anything to say.
	[[ $log != *Sanitizer* && $log != *"runtime error"* ]]
	for secret in "$(jq -r .code "$P/enrol.json")" "$(key_id "$P/gate.pem")" \
	    "$(sed -n 's/^Signature: nvr=:\(.*\):$/\1/p' "$P/headers")" \
	    127.0.0.1 192.0.2.7; do
		[ -n "$secret" ]
		! grep -F -- "$secret" <<<"$log" || return 1
	done
}

@test "systemd has nothing to say against the portal's units, nor lighttpd of its file" {
	[ -z "$sanitized" ] || skip "not of this build"
	usr=$BATS_TEST_TMPDIR/usr
	make -s -C "$root" B="$NVR_BUILD" install PREFIX="$usr" >/dev/null
	[ -x "$usr/lib/cgi-bin/nvr.cgi" ]
	[ ! -e "$usr/bin/nvr.cgi" ]
	sed "s|^var.tls.*|var.tls = \"$P/tls.pem\"|" \
	    "$usr/share/nvr/lighttpd.conf" >"$P/shipped.conf"
	run -0 lighttpd -tt -f "$P/shipped.conf"
	[ -z "$output" ]
	command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
	units=$usr/lib/systemd/system
	for u in nvr-portal@.service nvr-portal@.socket; do
		run -0 timeout 60 systemd-analyze verify --man=no "$units/$u"
		[ -z "$output" ]
	done
	run -0 timeout 60 systemd-analyze security --offline=yes \
	    --threshold=20 "$units/nvr-portal@.service"
	run ! grep -r /usr/local "$units"
}

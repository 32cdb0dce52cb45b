#!/usr/bin/env bats
# nvr-notify test, and what nvr.conf says that cannot be.

setup_file() {
	servers=$BATS_FILE_TMPDIR/servers
	mkdir "$servers"
	mkfifo "$BATS_FILE_TMPDIR/in"
	python3 "$BATS_TEST_DIRNAME/../lib/notify_server.py" "$servers" \
	    <"$BATS_FILE_TMPDIR/in" >/dev/null 2>&1 3>&- &
	sleep 90 >"$BATS_FILE_TMPDIR/in" 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/pids"
	for _ in $(seq 500); do
		[ -e "$servers/ports" ] && return
		sleep 0.02
	done
	return 1
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/pids")"
	wait
}

setup() {
	load ../lib/helpers.bash
	use_store
	servers=$BATS_FILE_TMPDIR/servers
	rm -f "$servers"/*.log "$servers/smtp" "$servers/sms" "$servers/victim"
	# shellcheck disable=SC1091
	. "$servers/ports"
	conf=$BATS_TEST_TMPDIR/nvr.conf
	settings
	nvr-store -q init >/dev/null
}

# shellcheck disable=SC2120
nvr-notify() { command nvr-notify -d "$D" -c "$conf" "$@"; }
nvr-account() { command nvr-account -d "$D" -c "$conf" "$@"; }

# settings [LINE …]: of [notify], besides those that are always there.
settings() {
	{
		printf '[portal]\nurl = https://nvr.example\n'
		printf 'mail-from = nvr@example.org\n[notify]\n'
		printf 'tls-ca = %s/ca.pem\ntimeout = 3s\n' "$servers"
		printf '%s\n' "${@:-smtp = smtp://127.0.0.1:$smtp}"
	} >"$conf"
}

# wrong LINE …: with these settings nothing goes out, and both say why.
wrong() { # SAYS LINE …
	local says=$1
	shift
	settings "$@"
	run -78 nvr-notify
	has "$says"
	run -78 nvr-notify test mail op@example.org
	has "$says"
}

@test "what is no server, and two ways for one mail, are found before any is sent" {
	for url in smtps:/x 127.0.0.1:25 http://127.0.0.1 smtp:// \
	    smtp://u:p@127.0.0.1 'smtp://127.0.0.1:99999' smtp://h/path; do
		wrong "smtp in [notify]" "smtp = $url"
	done
	wrong "smtp or sendmail" "smtp = smtp://127.0.0.1:$smtp" \
	    "sendmail = /bin/true"
	wrong "need each other" "smtp = smtp://127.0.0.1:$smtp" "smtp-user = u"
	wrong "absolute path" "sendmail = sendmail"
	settings "smtp = smtp://127.0.0.1:$smtp"
	run -0 nvr-notify
}

@test "a test says who has it, and as JSON what became of it" {
	run -0 nvr-notify test mail op@example.org
	has "the server has it"
	run -0 nvr-notify test exec /bin/true
	has "the program has it"
	settings 'sendmail = /bin/true'
	run -0 nvr-notify test mail op@example.org
	has "the program has it"
	settings 'webhook-private = yes'
	run -0 --separate-stderr nvr-notify test --json webhook \
	    "https://localhost:$https/ok"
	echo "$output" | json_as notify
	[ "$(jq -r '.result + " " + .kind' <<<"$output")" = 'sent test' ]
	[[ $stderr == *"a secret that nobody has"* ]]
	id=$(jq -r .id <<<"$output")
	[ "$(jq -r '.headers["webhook-id"]' "$servers/http.log")" = "$id" ]
	run -69 --separate-stderr nvr-notify test --json webhook \
	    "https://localhost:$https/status/500"
	echo "$output" | json_as notify
	[ "$(jq -r .error <<<"$output")" = 'the webhook answers with 500' ]
	[[ $stderr == *"answers with 500"* ]]
}

@test "a test of a webhook names the host and what is wrong with it" {
	settings 'webhook-private = yes' 'tls-ca ='
	run -69 nvr-notify test webhook "https://localhost:$https/secret-path"
	has "localhost:$https: its certificate is refused: "
	hasnt secret-path
	run -69 nvr-notify test webhook https://localhost:1/secret-path
	has "localhost:1"
	hasnt secret-path
}

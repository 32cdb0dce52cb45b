#!/usr/bin/env bats
# nvr-notify, and nvr-account contact: who is told, and what delivers.

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
	nvr-store -q init
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

# post ADDRESS: a mail waits, with what there is to tell of the log.
post() { nvr-account -q log --head --mail "$1" >/dev/null; }

db() { sqlite3 "$D/nvr.db" "$@"; }

@test "what waits goes out once, and says what became of it" {
	nvr-account -q create ann@example.org --name Ann --adult >/dev/null
	post op@example.org
	run -0 nvr-notify --json queue
	echo "$output" | json_as notify-queue
	n=$(wc -l <<<"$output") ids=$(jq -r .id <<<"$output")
	run -0 nvr-notify --json
	echo "$output" | json_as notify
	[ "$(jq -r .result <<<"$output" | sort -u)" = sent ]
	[ "$(wc -l <<<"$output")" = "$n" ]
	run -0 nvr-notify
	[ -z "$output" ]
	run -0 nvr-notify queue
	[ -z "$output" ]
	[ "$(wc -l <"$servers/mail.log")" = "$n" ]
	# Each is known there by its id here.
	[ "$n" -gt 1 ]
	[ "$(jq -r .message "$servers/mail.log" | sed -n \
	    's/^Message-ID: <\(.*\)@.*/\1/p' | sort)" = "$(sort <<<"$ids")" ]
}

@test "without a way to go it waits, and says which setting lacks" {
	settings 'smtp ='
	nvr-account -q create ann@example.org --name Ann --adult >/dev/null
	post op@example.org
	run -0 nvr-notify
	has "nvr.conf has no smtp or sendmail in [notify]"
	[ "$(db 'SELECT SUM(attempts) FROM outbox')" = 0 ]
	settings 'smtp = smtp://127.0.0.1:'"$smtp" 'smtp-user = u' \
	    "smtp-password-file = $BATS_TEST_TMPDIR/none"
	run -1 nvr-notify --json
	has "smtp-password-file in [notify] of nvr.conf"
}

@test "two at once: the second one leaves it to the first" {
	nvr-account -q create ann@example.org --name Ann --adult >/dev/null
	db 'DELETE FROM outbox'
	post op@example.org
	echo '{"at": "END", "say": "hang"}' >"$servers/smtp"
	nvr-notify >/dev/null 2>&1 3>&- &
	first=$!
	await_line "$servers/mail.log" message
	run -75 nvr-notify
	has "another nvr-notify is at it"
	run ! wait $first
	[ "$(wc -l <"$servers/mail.log")" = 1 ]
}

@test "killed between delivery and record it repeats it, after its time" {
	nvr-account -q create ann@example.org --name Ann --adult >/dev/null
	db 'DELETE FROM outbox'
	post op@example.org
	echo '{"at": "END", "say": "kill"}' >"$servers/smtp"
	run sh -c 'echo $$ >"$1"; shift; exec "$@"' - "$servers/victim" \
	    "$NVR_BUILD/nvr-notify" -d "$D" -c "$conf"
	[ "$status" = 137 ]
	rm "$servers/smtp"
	[ "$(db 'SELECT attempts FROM outbox WHERE sent_at IS NULL')" = 1 ]
	run -0 nvr-notify
	[ -z "$output" ]
	run -0 faketime -f +2m "$NVR_BUILD/nvr-notify" -d "$D" -c "$conf"
	[ "$(wc -l <"$servers/mail.log")" = 2 ]
	[ "$(jq -r .message "$servers/mail.log" | grep -i '^Message-ID' |
	    sort -u | wc -l)" = 1 ]
	[ "$(db 'SELECT COUNT(*) FROM outbox WHERE sent_at > 0')" = 1 ]
}

@test "a clock that was a year ahead delays nothing" {
	nvr-account -q create ann@example.org --name Ann --adult >/dev/null
	db 'DELETE FROM outbox'
	post op@example.org
	db "UPDATE outbox SET expires_at = NULL"
	settings 'smtp = smtp://127.0.0.1:1'
	run -1 faketime -f +365d "$NVR_BUILD/nvr-notify" -d "$D" -c "$conf"
	settings
	run -0 nvr-notify --json
	[ "$(jq -r .result <<<"$output")" = sent ]
}

@test "given up, tried again, and dropped" {
	nvr-account -q create ann@example.org --name Ann --adult >/dev/null
	db 'DELETE FROM outbox'
	post op@example.org
	echo '{"at": "RCPT", "say": "550 no such user"}' >"$servers/smtp"
	run -1 nvr-notify --json
	echo "$output" | json_as notify
	[ "$(jq -r .result <<<"$output")" = failed ]
	run -0 nvr-notify queue --json --dead
	echo "$output" | json_as notify-queue
	id=$(jq -r .id <<<"$output")
	run -64 nvr-notify retry
	run -64 nvr-notify retry "$id" --dead
	run -66 nvr-notify retry 0123456789abc
	run -0 nvr-notify retry --dead
	has "1 message is due now"
	run -1 nvr-notify
	run -0 nvr-notify drop "$id"
	run -66 nvr-notify drop "$id"
	run -0 nvr-account log --json
	[[ $output == *message.failed*message.retried*message.dropped* ]]
}

@test "a full disk at recording costs a repeat, and no loss" {
	nvr-account -q create ann@example.org --name Ann --adult >/dev/null
	db 'DELETE FROM outbox'
	post op@example.org
	db "CREATE TRIGGER full BEFORE UPDATE OF sent_at ON outbox WHEN
	    NEW.sent_at > 0 BEGIN SELECT RAISE(ABORT, 'no room'); END"
	run ! nvr-notify
	db 'DROP TRIGGER full'
	[ "$(db 'SELECT attempts FROM outbox WHERE sent_at IS NULL')" = 1 ]
	run -0 faketime -f +2m "$NVR_BUILD/nvr-notify" -d "$D" -c "$conf"
	[ "$(wc -l <"$servers/mail.log")" = 2 ]
}

@test "contacts are added, shown and removed, a secret once" {
	settings 'webhook-private = yes'
	nvr-account -q create ann@example.org --name Ann --adult >/dev/null
	run -0 nvr-account --json contact add ann@example.org \
	    --webhook "https://localhost:$https/ok" --kinds 'camera-offline' \
	    --quiet-hours 22:00-07:00 --zone Europe/Berlin --after 10m
	echo "$output" | json_as account-contact
	secret=$(jq -r .secret <<<"$output") id=$(jq -r .id <<<"$output")
	[[ $secret == whsec_* ]]
	run -0 nvr-account --json contact list ann@example.org
	echo "$output" | json_as account-contact
	[[ $output != *whsec_* ]]
	run -0 nvr-notify test webhook "$id"
	jq -r .body "$servers/http.log" | json_as alert-webhook
	sent=$(jq -r '.headers["webhook-id"] + "." +
	    .headers["webhook-timestamp"] + "." + .body' "$servers/http.log")
	key=$(base64 -d <<<"${secret#whsec_}" | od -An -tx1 | tr -d ' \n')
	[ "v1,$(printf %s "$sent" | openssl dgst -sha256 -mac HMAC \
	    -macopt "hexkey:$key" -binary | base64)" = \
	    "$(jq -r '.headers["webhook-signature"]' "$servers/http.log")" ]
	# Only what is named changes, and is in the log.
	run -0 nvr-account contact set "$id" --quiet-hours 23:00-06:00 \
	    --after 0s --least critical
	run -0 nvr-account --json contact list ann@example.org
	echo "$output" | json_as account-contact
	jq -e '.quiet == "23:00-06:00" and .after_ms == 0 and .least ==
	    "critical" and .kinds == "camera-offline" and .zone ==
	    "Europe/Berlin"' <<<"$output"
	run -0 nvr-account contact list ann@example.org
	[ "$(cut -f 4- <<<"$output")" = \
	    "critical	camera-offline	0	23:00-06:00	Europe/Berlin	" ]
	run -0 nvr-account contact set "$id" --quiet-hours '' --zone '' --kinds ''
	run -0 nvr-account --json contact list ann@example.org
	jq -e '.quiet == null and .zone == null and .kinds == null and
	    .least == "critical"' <<<"$output"
	[ "$(nvr-account log | grep -c contact.changed)" = 2 ]
	run -64 nvr-account contact set "$id"
	run -64 nvr-account contact set "$id" --mail x@example.org
	run -64 nvr-account contact set "$id" --quiet-hours 7-8
	run -64 nvr-account contact set "$id" --zone Nowhere
	run -64 nvr-account contact set "$id" --least bad
	run -66 nvr-account contact set 0123456789abc --least info
	[ "$(nvr-account log | grep -c contact.changed)" = 2 ]
	run -0 nvr-account contact remove "$id"
	run -0 nvr-account contact list ann@example.org
	[ -z "$output" ]
	run -66 nvr-account contact remove "$id"
}

@test "a contact is of an account or the operator, by one channel" {
	nvr-account -q create ann@example.org --name Ann --adult >/dev/null
	run -64 nvr-account contact add --mail op@example.org
	run -64 nvr-account contact add ann@example.org --operator --mail a@b.org
	run -64 nvr-account contact add --operator
	run -64 nvr-account contact add --operator --mail a@b.org --exec /bin/true
	run -64 nvr-account contact add ann@example.org --exec /bin/true
	has "--operator"
	run -64 nvr-account contact add ann@example.org --webhook http://x.example
	run -64 nvr-account contact add --operator --mail a@b.org --least bad
	run -64 nvr-account contact list --operator --least info
	has "takes no --least"
	run -64 nvr-account contact add --operator --exec /nonexistent/x
	has "/nonexistent/x"
	run -64 nvr-account contact add --operator --exec /etc/passwd
	run -64 nvr-account contact add --operator --exec /bin
	run -0 nvr-account contact add --operator --exec /bin/true
	run -0 --separate-stderr nvr-account contact add --operator \
	    --mail op@example.org
	[ -z "$stderr" ]
	id=${output%%[[:blank:]]*}
	# It may be told of different things; that it is there is said.
	run -0 --separate-stderr nvr-account contact add --operator \
	    --mail Op@example.org --least critical
	[[ $stderr == *"$id has this address, too"* ]]
	run -0 nvr-account contact remove "$id"
	run -0 nvr-account contact list --operator
	[ "$(wc -l <<<"$output")" = 2 ]
}

@test "a contact whose secret nobody could see is not there" {
	settings 'webhook-private = yes'
	for way in "--webhook https://x.example/" "--mail op@example.org"; do
		run -74 sh -c "'$NVR_BUILD/nvr-account' -d '$D' -c '$conf' \
		    contact add --operator $way >/dev/full"
		has "No space left on device"
	done
	run -0 nvr-account contact list --operator
	[ -z "$output" ]
	nvr-account log | grep contact.removed
}

@test "C14: withdrawing consent to alerts deletes the number" {
	settings 'smtp ='
	nvr-account -q create ann@example.org --name Ann --adult >/dev/null
	run -64 nvr-account contact add ann@example.org --sms +4930123456
	has "consent EMAIL give sms-alerts"
	nvr-account consent ann@example.org give sms-alerts --text-version 1 \
	    --text yes >/dev/null
	run -0 nvr-account contact add ann@example.org --sms +4930123456
	id=${output%%[[:blank:]]*}
	run -78 nvr-notify test sms "$id"
	run -64 nvr-notify test sms +4930123456
	nvr-account consent ann@example.org withdraw sms-alerts >/dev/null
	run -0 nvr-account contact list ann@example.org
	[ -z "$output" ]
	[ "$(db 'SELECT COUNT(*) FROM contact')" = 0 ]
	run -66 nvr-notify test sms "$id"
}

@test "no webhook reaches this machine unless nvr.conf lets it" {
	run -69 nvr-notify test webhook "https://localhost:$https/ok"
	has "its address is private"
	settings 'webhook-private = yes'
	run -0 nvr-notify test webhook "https://localhost:$https/ok"
	run -69 nvr-notify test webhook "https://localhost:$https/redirect"
	has "not followed"
	run -69 nvr-notify test webhook "https://localhost:$https/status/404"
	[ "$(wc -l <"$servers/http.log")" = 3 ]
}

#!/usr/bin/env bats
# nvr-audit: what it says where something is wrong, and what there is to do.

setup_file() {
	load ../lib/helpers.bash
	load ../lib/model.bash
	local f=$BATS_FILE_TMPDIR
	start_model model
	views "$f/views" 20
	use_store "$f/store"
	nvr-camera add gate "file://$f/views/001.jpg"
}

teardown_file() {
	load ../lib/helpers.bash
	stop_cameras
}

setup() {
	load ../lib/helpers.bash
	load ../lib/model.bash
	use_store
	cp -a "$BATS_FILE_TMPDIR/store" "$D"
	F=$BATS_FILE_TMPDIR
	B=$BATS_TEST_TMPDIR
	P='door: Is the door open? [answer yes 0.9]'
	C=$B/conf
	plan ''
}

# refused CONF-LINE: nothing is audited, no request is made.
refused() {
	local before
	before=$(requests model)
	run -78 nvr-audit -c "$C" -p "$P" gate
	[ "$(requests model)" = "$before" ]
	[ -z "$(nvr-audit list)" ]
}

@test "a reader that left is no news; a disk that is full is, once" {
	for _ in $(seq 12); do
		look
		nvr-audit -q --camera gate "$shot" >/dev/null || true
	done
	# Also of a run that is so long that it asks for a terminal in between.
	printf '#!/bin/sh\n[ -e "%s" ] && sleep 2.1\n: >"%s"\n%s\n' "$B/one" "$B/one" \
	    "echo '{\"findings\": []}'" >"$B/slow"
	chmod +x "$B/slow"
	run -74 --separate-stderr bash -c "'$NVR_BUILD/nvr-audit' -d '$D' --json --camera gate --analyzer 'exec:$B/slow' '$shot' '$shot' > >(exec 0<&-; exec true); exit \$?"
	[ -z "$stderr" ]
	run -74 --separate-stderr bash -c "'$NVR_BUILD/nvr-audit' -d '$D' list --json > >(exec 0<&-; exec true); exit \$?"
	[ -z "$stderr" ]
	run -74 --separate-stderr bash -c "'$NVR_BUILD/nvr-audit' -d '$D' list --json >/dev/full"
	[[ "$stderr" == *"cannot write to standard output: No space left on device" ]]
	for f in text html csv jsonl; do
		run -74 --separate-stderr nvr-audit report --format "$f" -o /dev/full
		[ "$stderr" = "nvr-audit: cannot write '/dev/full': No space left on device" ]
	done
}

@test "a tls-ca or url that cannot be is told before a still is taken" {
	echo no >"$B/no.pem"
	for ca in "$B/none.pem" "$B/no.pem" "$B" /dev/zero; do
		plan '' "tls-ca = $ca"
		refused
		has "tls-ca of [model gpt-4o]: "
		has "$ca"
	done
	model_conf notaurl
	refused
	has "url of [model gpt-4o] is no URL; write for instance https://"
	hasnt rtsp
}

@test "a refusal comes with what there is to do" {
	while IFS='|' read -r how said; do
		plan "$how"
		look
		run -75 nvr-audit -c "$C" -p "$P" --json --camera gate "$shot"
		has "$said"
	done <<-'EOF'
		no-temperature|; see quirks in nvr.conf(5)"
		old|; see quirks in nvr.conf(5)"
		401|; is key-file of [model gpt-4o] right?"
		404|; 'nvr-audit models gpt-4o' shows what there is"
	EOF
	plan 400
	look
	run -75 nvr-audit -c "$C" -p "$P" --json --camera gate "$shot"
	hasnt quirks
	plan missing-member
	look
	run -75 nvr-audit -c "$C" -p "$P" --json --camera gate "$shot"
	has "is missing"
}

@test "only who is not known is to be named in tls-ca, and an old TLS is not tried again" {
	for n in right:IP:127.0.0.1 other:DNS:models.example; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		    -keyout "$F/${n%%:*}.key" -out "$F/${n%%:*}.pem" -days 30 \
		    -subj /CN=model -addext "subjectAltName=${n#*:}" 2>/dev/null
	done
	start_model other --cert "$F/other.pem" --key "$F/other.key"
	start_model old --cert "$F/right.pem" --key "$F/right.key" --tls-max 1.2
	M=other plan ''
	audit 75
	holds '.error | test("certificate") and test("tls-ca of .model gpt-4o.")'
	M=other plan '' "tls-ca = $F/other.pem"
	audit 75
	holds '.error | test("certificate") and (test("tls-ca") | not)'
	M=old plan '' "tls-ca = $F/right.pem"
	audit 75
	holds '(.attempts | length) == 1 and (.error | test("no TLS 1.3 with it") and (test("is it running|tls-ca") | not))'
}

@test "a prompt of CRLF lines is one of LF lines; an empty one is said to be empty" {
	printf 'door: Is the door open?\r\ncar: Is there a car?\r\n' >"$B/p"
	P=@$B/p audit 0
	holds '.prompt == "door: Is the door open?\ncar: Is there a car?"'
	for p in '' '\n' '\r\n'; do
		# shellcheck disable=SC2059
		printf "$p" >"$B/p"
		run -65 nvr-audit -c "$C" -p "@$B/p" gate
		has "--prompt @$B/p: it is empty"
	done
	printf 'a\rb' >"$B/p"
	run -65 nvr-audit -c "$C" -p "@$B/p" gate
	has "it is no text"
}

@test "price-date is a date" {
	for d in 2026-02-30 2026-1-31 yesterday 2026-01-31x; do
		plan '' "price-date = $d"
		run -78 nvr-audit -c "$C" list
		has "price-date: '$d' is not a date"
	done
	for d in 2024-02-29 ''; do
		plan '' "price-date = $d"
		run -0 nvr-audit -c "$C" list
	done
}

@test "show says how sure a finding is, what was asked and what left, line by line" {
	plan ''
	P='door: Is the door open? [answer cannot_determine dark]' audit 0 --samples 3
	run -0 nvr-audit show "$(jq -r .id <<<"$shown")"
	grep -qP '^model\tdoor\tcannot_determine\t.*\t0\.\d+\tagreement\tagreed=3/3\tdark$' <<<"$output"
	[ "$(grep -cP '^attempt\tat=\S+\tlatency_ms=\d+\tpurpose=(ask|sample)\tstatus=ok\thttp_status=200\t' <<<"$output")" = 3 ]
	[ "$(grep -cP '^left\tat=\S+\tdestination=127.0.0.1:\d+\tsize_bytes=\d+\tsha256=[0-9a-f]{64}$' <<<"$output")" = 3 ]
	hasnt '[{'
	sql_store "UPDATE finding SET confidence_calibrated = 0.625 WHERE label = 'door'"
	run -0 nvr-audit show "$(jq -r .id <<<"$shown")"
	has 'calibrated=0.625'
}

#!/usr/bin/env bats
# nvr-audit with a vision model, regular: what is asked, sent, answered, paid.
# The model is tests/model/server, which goes wrong as its URL says.

setup_file() {
	load ../lib/helpers.bash
	load ../lib/model.bash
	local f=$BATS_FILE_TMPDIR
	start_model model
	start_model trap
	views "$f/views" 60
	for t in white:0xffffff black:0x000000; do
		ffmpeg -nostdin -loglevel error -f lavfi -i "color=c=${t#*:}:s=640x360" \
		    -frames:v 1 -y "$f/${t%:*}.jpg"
	done
	use_store "$f/store"
	nvr-camera add gate "file://$f/views/001.jpg"
	nvr-snap gate >"$f/shot.jpg"
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
	P='door: Is the door open? [answer yes 0.9]
light: Is the light on? [answer cannot_determine dark]
car: Is there a car?'
	C=$B/conf
	plan ''
}

teardown() {
	[ -z "${slow:-}" ] || kill -KILL "$slow" 2>/dev/null || true
}

@test "N2 N12: a model answers each check, beside what the local analyzer finds" {
	audit 1
	holds '.status == "ok" and .type == "regular" and .camera == "gate" and .analyzer == "openai" and .model == "gpt-4o-2024-08-06" and .profile == "gpt-4o"' "$output"
	holds '[.findings[] | select(.source == "local")] | length == 7 and all(.kind == null)'
	holds '[.findings[] | select(.kind == "check") | [.source, .label, .verdict, .uncertainty]] ==
	    [["model", "door", "yes", null], ["model", "light", "cannot_determine", "dark"], ["model", "car", "no", null]]
	    and all(.findings[]; .source == "local" or .evidence != "") and ([.findings[] | select(.label == "door").confidence] == [0.9])'
	holds '.attempts | length == 1 and .[0].status == "ok" and .[0].http_status == 200 and .[0].purpose == "ask" and (.[0].request_id | startswith("req_"))'
	# Objects alone are no alarm.
	P='car: Is there a car?' audit 0
	run -78 nvr-audit -c "$C" --model nosuch --camera gate "$shot"
	has "[model nosuch]"
}

@test "N5 N12: what an audit asked and used is stored as the server told it" {
	price='price-in = 2.5
price-out = 10'
	plan '' "$price"
	audit 1
	# It is the same in the server's book.
	seen_by model 'map(select(.event == "answer")) | last | .usage' >"$B/usage"
	holds '.attempts[0] | [.tokens_in, .tokens_out] == '"$(cat "$B/usage")"' and .cost_micros == ((.tokens_in * 2.5 + .tokens_out * 10) | ceil)'
	holds '.prompt | startswith("door: ")'
	[ "$(sql_store "SELECT request_sha256 FROM attempt ORDER BY at DESC LIMIT 1")" = \
	    "$(seen_by model 'map(select(.event == "request")) | last | .sha256' | tr -d '"')" ]
	plan no-usage "$price"
	audit 1
	holds '.attempts[0] | .tokens_in == null and .tokens_out == null and .cost_micros == null'
	plan bad-usage "$price"
	audit 1
	holds '.attempts[0] | .tokens_in == null and .tokens_out == null and .cost_micros == null'
	plan cached
	audit 1
	holds '.attempts[0].tokens_cached > 100'
	plan no-id
	audit 1
	holds '.attempts[0].request_id == null'
	plan evil-id
	audit 1
	holds '.attempts[0].request_id | . == null or (explode | all(. > 31 and . != 127) and length <= 255)'
}

@test "N11: what leaves is the picture alone, once, logged and not to be stored" {
	exiftool -q -overwrite_original -Artist=somebody -Comment=secret -o "$B/exif.jpg" "$F/shot.jpg"
	run -1 nvr-audit -c "$C" --json -p "$P" "$B/exif.jpg"
	shown=$(nvr-audit show --json "$(jq -r .id <<<"$output")")
	seen_by model 'map(select(.event == "asked")) | last' >"$B/asked"
	holds '.store == false and (.pictures | length == 1) and ([.pictures[0].segments[] | select(. != "APP0")] == [])' "$(cat "$B/asked")"
	sum=$(jq -r '.pictures[0].sha256' "$B/asked")
	holds '(.left | length == 1) and .left[0].sha256 == "'"$sum"'" and .left[0].size_bytes == '"$(jq '.pictures[0].bytes' "$B/asked")"' and (.left[0].destination | startswith("127.0.0.1:"))'
	# One that was tried twice left twice.
	plan '429,retry-after-ms=10~1'
	audit 1
	holds '.left | length == 2 and .[0].sha256 == .[1].sha256'
	# It is as large as the model will look at it.
	ffmpeg -nostdin -loglevel error -f lavfi -i testsrc2=s=2560x1440 -frames:v 1 -y "$B/large.jpg"
	plan '' 'detail = low'
	run -1 nvr-audit -c "$C" -p "$P" --camera gate "$B/large.jpg"
	holds '.pictures[0] | .width == 512 and .height == 288 and .detail == "low"' "$(seen_by model 'map(select(.event == "asked")) | last')"
	plan '' 'detail = high'
	run -1 nvr-audit -c "$C" -p "$P" --camera gate "$B/large.jpg"
	holds '.pictures[0] | .width == 1365 and .height == 768 and .detail == "high"' "$(seen_by model 'map(select(.event == "asked")) | last')"
}

@test "N3: after an audit by a model no still is on a disk" {
	mkdir "$B/tmp"
	export TMPDIR=$B/tmp
	for p in '' 500,retry-after-ms=10~1 invalid length; do
		plan "$p"
		look
		nvr-audit -c "$C" -p "$P" --camera gate "$shot" || true
	done
	[ "$(nvr-audit list --json | jq -sc 'map(.status) | sort')" = '["invalid","ok","ok","truncated"]' ]
	[ -z "$(ls -A "$TMPDIR")" ]
	[ -z "$(find "$D/media" -type f ! -name nvr-media)" ]
	run ! grep -rqa $'\xff\xd8\xff' "$D"
	run ! grep -rqa '/9j/4' "$D"
}

# cases: lines of PLAN STATUS ATTEMPTS [EXIT [JQ]], all at once; from stdin.
cases() {
	local p status n code more i=0 job ids=() program='' most=1s
	[ -z "$sanitized" ] || most=5s
	while read -r p status n code more; do
		i=$((i + 1))
		C=$B/conf.$i
		plan "$p" "timeout = $most"
		look
		(
			code=0
			timeout 20 "$NVR_BUILD/nvr-audit" -d "$D" -c "$C" --json -p "$P" \
			    --camera gate "$shot" >"$B/out.$i" 2>"$B/err.$i" || code=$?
			echo $code >"$B/code.$i"
		) 3>&- &
		printf '%s\n' "$p" >"$B/plan.$i"
		echo "${code:-75}" >"$B/expected.$i"
		program+="(.[$((i - 1))] | try (.status == \"$status\" and (.attempts | length == $n) and (.status == \"ok\" or .error != null) and (${more:-true})) catch false), "
	done
	for job in $(jobs -p); do wait "$job" || true; done
	mapfile -t ids < <(cat $(seq -f "$B/out.%.0f" $i) | jq -r .id)
	[ ${#ids[@]} = $i ] || cat "$B"/err.*
	nvr-audit show --json "${ids[@]}" | jq -s . >"$B/shown"
	jq "${program%, }" "$B/shown" >"$B/verdicts"
	bad=0
	for i in $(seq $i); do
		[ "$(sed -n "${i}p" "$B/verdicts")" = true ] &&
		    cmp -s "$B/expected.$i" "$B/code.$i" && continue
		echo "$(cat "$B/plan.$i"): exit $(cat "$B/code.$i") $(cat "$B/err.$i")"
		jq -c ".[$((i - 1))] | {status, error, duration_ms, attempts: [.attempts[] | [.status, .http_status, .error]]}" "$B/shown"
		bad=1
	done
	return $bad
}

@test "errors are tried again as the server says, twice at most" {
	cases <<'EOT'
429,retry-after-ms=20~1 ok 2 1 .attempts[0].http_status == 429
429,retry-after-ms=20~2 ok 3 1
429,retry-after-ms=20 error 3
429,retry-after=1~1 ok 2 1 .duration_ms >= 1000
429,date=2~1 ok 2 1 .duration_ms >= 500
429,retry-after=300 error 1
429,should-retry=false error 1
429,should-retry=true,retry-after-ms=20~1 ok 2 1
429,quota error 1
429~1 ok 2 1 .duration_ms >= 500
400 error 1
400,should-retry=true error 1
401 error 1
403 error 1
404 error 1
422 error 1
408~1 ok 2 1
409~1 ok 2 1
500~1 ok 2 1
503,should-retry=false error 1
503,retry-after-ms=20~1.429,retry-after-ms=20~1 ok 3 1
ratelimit=500ms ok 1 1
EOT
}

@test "a connection that fails is tried again, and an answer that is none is not" {
	cases <<'EOT'
close~1 ok 2 1
reset~1 ok 2 1
half~1 ok 2 1
close error 3
silent~1 ok 2 1
slow=100~1 ok 2 1
html invalid 1
text-plain invalid 1
broken-body invalid 1
latin1 invalid 1
no-choices invalid 1
error-200 error 1
huge error 1 75 .error | test("large|more than|bytes")
redirect=1 error 1
EOT
}

@test "each way of declining is a status of its own, with no finding of the model" {
	cases <<'EOT'
refusal refused 1 75 [.findings[] | select(.source == "model")] == []
filter filtered 1 75 [.findings[] | select(.source == "model")] == []
filter-400 filtered 1 75 [.findings[] | select(.source == "model")] == []
length truncated 1 75 [.findings[] | select(.source == "model")] == []
tool invalid 1
empty invalid 1
EOT
}

@test "an answer of the wrong shape is asked for once more, then invalid" {
	cases <<'EOT'
repair ok 2 1 .attempts[1].purpose == "repair"
invalid~1 ok 2 1
fenced ok 1 1
invalid invalid 2 75 [.findings[] | select(.source == "model")] == []
half-json invalid 2
two invalid 2
wrong-enum invalid 2 75 .error | contains("verdict")
wrong-type invalid 2 75 .error | contains("confidence")
missing-check invalid 2 75 .error | contains("car")
extra-check invalid 2
duplicate-check invalid 2
confidence=7 invalid 2 75 .error | contains("confidence")
confidence=-1 invalid 2
nan invalid 2
infinite invalid 2
extra-member invalid 2 75 .error | contains("system")
missing-member invalid 2 75 .error | contains("limitations")
duplicate-key invalid 2
deep invalid 2
surrogate invalid 2
long invalid 2
EOT
	# What is merely not to be shown is made harmless.
	plan evil
	audit 1
	holds '[.findings[] | .label, .evidence | explode[] | select(. < 32 or (. > 126 and . < 160))] == []'
}

@test "an answer that was mended counts, and both are paid" {
	plan repair 'price-in = 1
price-out = 1'
	audit 1
	holds '(.attempts | map(.purpose) == ["ask", "repair"]) and ([.findings[] | select(.label == "door").verdict] == ["yes"])'
	sum=$(jq '[.attempts[] | .tokens_in + .tokens_out] | add' <<<"$shown")
	run -0 nvr-audit usage --json
	holds "(.tokens_in + .tokens_out) == $sum and .requests == 2 and .audits == 1" "$output"
}

@test "a server that repeats the key is quoted without it" {
	for how in '' =escaped =deep; do
		plan "echo-answer$how"
		audit 1
		hasnt "$KEY"
		run ! grep -qF "$KEY" <<<"$shown"
		# Told, and not thrown away: stars stand where it was.
		holds '(.model | test("^gpt-4o.*[*]{8}")) and (.attempts[0].request_id | test("^req_[*]+$")) and
		    ([.findings[] | select(.source == "model").evidence] | all(startswith("****")))'
		P="$P [script: take_snapshot gate; finish yes]" audit 1 --agentic
		hasnt "$KEY"
		run ! grep -qF "$KEY" <<<"$shown"
		holds '[.steps[] | select(.name == "tool_calls").text] | length > 0 and all(contains("****"))'
	done
	plan echo-key
	run -77 nvr-audit -c "$C" models
	has 'Who is ****'
	hasnt "$KEY"
	run ! grep -raqF "$KEY" "$D"
	run ! grep -raqiE 'u0073k-|sk-proj' "$D"
}

@test "the key is in no log, error, trace, process or store" {
	for p in '' echo-key 401 redirect=1 error-200; do
		plan "$p"
		look
		run nvr-audit -c "$C" --json -p "$P" --camera gate "$shot"
		hasnt "$KEY"
		run nvr-audit -c "$C" show --trace "$(jq -r '.id? // empty' <<<"${lines[-1]}")"
		hasnt "$KEY"
	done
	nvr-audit list >"$B/list"
	plan silent
	look
	"$NVR_BUILD/nvr-audit" -d "$D" -c "$C" -p "$P" --camera gate "$shot" >"$B/out" 2>&1 3>&- &
	slow=$!
	n=$(requests model)
	for _ in $(seq 200); do [ "$(requests model)" -ge "$n" ] && grep -q /k/silent/ "$F/model.jsonl" && break; sleep 0.02; done
	for f in cmdline environ comm; do
		run ! grep -aqF "$KEY" "/proc/$slow/$f"
	done
	kill "$slow"
	wait "$slow" || true
	slow=
	run ! grep -raqF "$KEY" "$D" "$B/out" "$B/list"
	seen_by model 'map(select(.key_elsewhere)) | length' | grep -qx 0
	# A wrong one is told as its server tells it, masked or not.
	(umask 077 && echo sk-proj-WrongWrongWrong-0123456789 >"$B/wrong")
	sed -i "s|key-file.*|key-file = $B/wrong|" "$C"
	sed -i 's|/k/silent/|/k/echo-key/|' "$C"
	run nvr-audit -c "$C" --json -p "$P" --camera gate "$shot"
	run ! grep -raqF sk-proj-WrongWrong "$D"
}

@test "a key file that others can read, that is empty or not there, is refused" {
	cp "$F/key" "$B/key"
	sed -i "s|key-file.*|key-file = $B/key|" "$C"
	chmod 644 "$B/key"
	run -78 nvr-audit -c "$C" -p "$P" --camera gate "$F/shot.jpg"
	has "$B/key"
	chmod 600 "$B/key"
	: >"$B/key"
	run -78 nvr-audit -c "$C" -p "$P" --camera gate "$F/shot.jpg"
	rm "$B/key"
	run -78 nvr-audit -c "$C" -p "$P" --camera gate "$F/shot.jpg"
	has "$B/key"
}

@test "a redirect is not followed: neither the key nor the picture goes elsewhere" {
	plan "redirect=$(url_of trap | grep -o '[0-9]*$')"
	audit 75
	holds '.status == "error" and .attempts[0].http_status == 307'
	[ ! -s "$F/trap.jsonl" ]
}

@test "N15: a certificate of another name, an unknown one and TLS 1.2 are refused" {
	for n in right:IP:127.0.0.1 other:DNS:models.example; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		    -keyout "$F/${n%%:*}.key" -out "$F/${n%%:*}.pem" -days 30 \
		    -subj /CN=model -addext "subjectAltName=${n#*:}" 2>/dev/null
	done
	start_model right --cert "$F/right.pem" --key "$F/right.key"
	start_model other --cert "$F/other.pem" --key "$F/other.key"
	start_model old --cert "$F/right.pem" --key "$F/right.key" --tls-max 1.2
	M=right plan '' "tls-ca = $F/right.pem"
	audit 1
	seen_by right 'map(select(.event == "request")) | .[0].tls' | grep -q TLSv1.3
	M=right plan ''
	audit 75
	holds '.status == "error" and (.error | test("certificate"))'
	M=other plan '' "tls-ca = $F/other.pem"
	audit 75
	holds '.status == "error" and (.error | test("certificate|name"))'
	M=old plan '' "tls-ca = $F/right.pem"
	audit 75
	[ "$(requests right)" = 1 ]
	[ "$(requests other)" = 0 ]
	[ "$(requests old)" = 0 ]
	model_conf http://192.0.2.1/v1
	run -78 nvr-audit -c "$C" -p "$P" --camera gate "$shot"
	has https
}

@test "N11: a picture that shows nothing is not sent" {
	before=$(requests model)
	run -1 nvr-audit -c "$C" --json -p "$P" --camera gate "$F/black.jpg"
	holds '.status == "unusable" and ([.findings[] | select(.label == "black")] | .[0].verdict == "yes")' "$output"
	shown=$(nvr-audit show --json "$(jq -r .id <<<"$output")")
	holds '.attempts == [] and .left == []'
	[ "$(requests model)" = "$before" ]
}

@test "a model does not clear what the local analyzer found" {
	P='ok: Is the picture too bright? [answer no 1.0]'
	run -1 nvr-audit -c "$C" --json -p "$P" --camera gate "$F/white.jpg"
	holds '.status == "ok" and ([.findings[] | select(.verdict == "yes" and .kind != "object") | .label] == ["over_exposed"])' "$output"
}

@test "--skip-unchanged asks only about what changed" {
	P='car: Is there a car?'
	audit 0 --skip-unchanged
	holds '.status == "ok"'
	before=$(requests model)
	audit 0 --skip-unchanged
	holds '.status == "unchanged" and .left == [] and .attempts == []'
	[ "$(requests model)" = "$before" ]
	# Another question is another matter.
	P='van: Is there a van?' audit 0 --skip-unchanged
	holds '.status == "ok"'
	# So it is of another model, or of the same one that looks closer.
	cp "$C" "$B/conf.was"
	for line in 'detail = low' 'model = gpt-6-luna\nquirks = no-temperature' "url = $(url_of model)/v1"; do
		sed "/^${line%% *} =/d; s|^\[model gpt-4o\]|&\n$line|" "$B/conf.was" >"$C"
		audit 0 --skip-unchanged
		holds '.status == "ok"'
	done
	cp "$B/conf.was" "$C"
	# And once a day it is asked about whatever it is like.
	audit 0 --skip-unchanged
	holds '.status == "unchanged"'
	sql_store "UPDATE asked SET at = at - 24 * 3600 * 1000000"
	audit 0 --skip-unchanged
	holds '.status == "ok"'
	audit 0 --skip-unchanged
	holds '.status == "unchanged"'
	# What was found is asked about again.
	P='door: Open? [answer yes 0.8]'
	audit 1 --skip-unchanged
	audit 1 --skip-unchanged
	holds '.status == "ok"'
	ffmpeg -nostdin -loglevel error -i "$shot" -vf drawbox=200:100:200:200:white:fill -q:v 3 -y "$B/box.jpg"
	P='car: Is there a car?'
	before=$(requests model)
	run nvr-audit -c "$C" --json -p "$P" --skip-unchanged --camera gate "$B/box.jpg"
	[ "$(requests model)" = $((before + 1)) ]
}

@test "N2: --samples asks again about what is doubtful, and tells how many agree" {
	P='door: Open? [answer yes 0.9] [vary]'
	audit 1 --samples 3
	holds '(.attempts | map(.purpose) == ["ask", "sample", "sample"]) and ([.findings[] | select(.label == "door")] | .[0] |
	    .verdict == "yes" and .samples == 3 and .agreed == 2 and .confidence == 0.6 and .confidence_method == "agreement")'
	seen_by model 'map(select(.event == "asked")) | .[-3:] | map(.temperature) | .[0] == 0 and .[1] > 0 and .[2] > 0' | grep -q true
	P='car: Is there a car?' audit 0 --samples 3
	holds '.attempts | length == 1'
}

@test "the five kinds of server are each asked in their own way" {
	local m
	for m in azure llama-server ollama vllm; do
		start_model $m --api $m
	done
	for m in azure:gpt-4o llama-server:gemma-3-4b-it-Q4_K_M.gguf ollama:llava:latest vllm:Qwen/Qwen2.5-VL-7B-Instruct; do
		M=${m%%:*} plan '' "api = ${m%%:*}" "model = ${m#*:}"
		audit 1
		holds '.status == "ok" and (.attempts | length == 1)' || return
	done
	# And with what their models refuse, by their quirks.
	for m in no-temperature:no-temperature no-store:no-store no-schema:no-schema old:max-tokens; do
		plan "${m%:*}" "quirks = ${m#*:}"
		audit 1
		holds '.status == "ok" and (.attempts | length == 1)' || return
	done
	plan '' 'model = gpt-6-luna' 'quirks = no-temperature no-reasoning'
	audit 1
	# Without them it is an error that names what is wrong.
	plan no-temperature
	audit 75
	holds '.status == "error" and (.error | contains("temperature"))'
}

@test "N9: a limit that is reached is a status and an event, and nothing is sent" {
	plan '' '[audit]' 'tier = free' '[tier free]' 'audits-per-day = 2'
	audit 1
	audit 1
	before=$(requests model)
	audit 75
	holds '.status == "budget" and (.error | contains("audits-per-day")) and .attempts == [] and .left == []'
	audit 75
	[ "$(requests model)" = "$before" ]
	[ "$(sql_store "SELECT COUNT(*) FROM event WHERE kind = 'audit-limit'")" = 1 ]
}

@test "N9: tokens and money are counted before they are spent" {
	plan ''
	before=$(requests model)
	audit 75 --max-tokens 500
	holds '.status == "budget" and .attempts == [] and .left == []'
	plan '' 'price-in = 2.5' 'price-out = 10'
	audit 75 --max-cost 0.0001
	holds '.status == "budget" and .attempts == []'
	audit 1 --max-cost 0.5
	# A limit of money says nothing of a model without a price.
	plan ''
	audit 75 --max-cost 0.5
	holds '.status == "budget" and .attempts == [] and (.error | test("price"))'
	[ "$(requests model)" = $((before + 1)) ]
	plan '' '[audit]' 'tier = free' '[tier free]' 'tokens-per-day = 3000'
	audit 75 # the day's were used
	holds '.status == "budget" and (.error | contains("tokens-per-day"))'
}

@test "kill -9 in the middle of a request hides nothing that left" {
	plan silent
	look
	"$NVR_BUILD/nvr-audit" -d "$D" -c "$C" --json -p "$P" --camera gate "$shot" >"$B/out" 3>&- &
	slow=$!
	for _ in $(seq 250); do grep -q "silent/$BATS_TEST_NUMBER-" "$F/model.jsonl" && break; sleep 0.02; done
	kill -KILL "$slow"
	wait "$slow" || true
	slow=
	shown=$(nvr-audit show --json "$(nvr-audit list --json --limit 1 | jq -r .id)")
	holds '.status == "unfinished" and (.attempts | length == 1) and .attempts[0].status == "unfinished" and .attempts[0].tokens_in == null and (.left | length == 1)'
	# What it set aside stays set aside, for it may have been billed.
	[ "$(sql_store 'SELECT SUM(reserved_tokens) > 0 FROM usage')" = 1 ]
	plan ''
	audit 1
}

@test "many stills are asked about at once, as many as --jobs says" {
	start_model late --latency 150
	M=late plan ''
	run -1 --separate-stderr "$NVR_BUILD/nvr-audit" -d "$D" -c "$C" --json -p "$P" --camera gate --jobs 8 "$F"/views/04?.jpg "$F"/views/05?.jpg
	[ "${#lines[@]}" = 20 ]
	holds 'all(.status == "ok")' "$(jq -s . <<<"$output")"
	[ "$(seen_by late 'map(.max_in_flight // 0) | max')" = 8 ]
	# A pipe is no different.
	run -1 --separate-stderr bash -c "cat $F/views/04?.jpg | $NVR_BUILD/nvr-audit -d $D -c $C --json -p '$P' --camera gate --jobs 3 -"
	[ "${#lines[@]}" = 10 ]
}

@test "models lists what the server offers, and warns of an end" {
	start_model dated --models gpt-4o,gpt-6-luna,gpt-4o-mini \
	    --shutdown "gpt-4o=$(date -d '+30 days' +%F),gpt-4o-mini=$(date -d '+300 days' +%F)"
	M=dated plan ''
	run -1 --separate-stderr nvr-audit -c "$C" models --json
	json_as audit-models <<<"$output"
	holds 'map([.model, .used, .shutdown_at != null]) == [["gpt-4o", true, true], ["gpt-6-luna", false, false], ["gpt-4o-mini", false, true]]' "$(jq -s . <<<"$output")"
	[[ $stderr == *"gpt-4o will be shut down on $(date -d '+30 days' +%F)"* ]]
	M=dated plan '' 'model = gpt-4o-mini'
	run -0 --separate-stderr nvr-audit -c "$C" models
	[ -z "$stderr" ]
	M=dated plan '' 'model = gpt-5'
	run -1 nvr-audit -c "$C" models
	has "offers no 'gpt-5'"
	run ! grep -qF "$KEY" "$F/dated.out"
	for p in 401 html redirect=1 broken-body; do
		plan $p
		run nvr-audit -c "$C" models
		[ "$status" -gt 1 ] || return
		hasnt "$KEY"
	done
}

#!/usr/bin/env bats
# Restriction of processing (Article 18): data is kept and not used, by any tool.

setup_file() {
	load ../lib/helpers.bash
	load ../lib/record.bash
	load ../lib/model.bash
	start_flood
	views "$BATS_FILE_TMPDIR/views" 2
	# ann's gate, with all that there can be of it; lot is nobody's.
	use_store "$BATS_FILE_TMPDIR/store"
	C=$BATS_FILE_TMPDIR/conf
	settings '[audit]' 'mail-from = nvr@example.org'
	local v=$BATS_FILE_TMPDIR/views/001.jpg c=(-c "$C")
	nvr-account -q create ann@example.org --name Ann --adult --verified
	nvr-account -q site add ann@example.org yard --jurisdiction DE
	nvr-camera add gate "$(url_of flood)gate" --site yard --snapshot-url http://127.0.0.1:9/
	nvr-camera add lot "file://$v"
	nvr-record "${c[@]}" --count 2 gate >/dev/null
	nvr-record hold gate --since 1h --why court >/dev/null
	nvr-snap "${c[@]}" --at "$(nvr-record list gate --json | jq -rs '.[1].start_at')" gate >"$BATS_FILE_TMPDIR/gate.jpg"
	nvr-audit -q "${c[@]}" --keep 1h "$BATS_FILE_TMPDIR/gate.jpg" >/dev/null || [ $? = 1 ]
	nvr-audit -q "${c[@]}" --keep 1h lot >/dev/null || [ $? = 1 ]
	nvr-audit -q schedule add often --every 1m --camera gate --camera lot
	nvr-audit -q "${c[@]}" report --since 1h --camera gate --mail sup@example.org >/dev/null
	nvr-camera show --json gate | jq -r .id >"$BATS_FILE_TMPDIR/id"
	nvr-audit list --json | jq -r 'select(.camera == "gate") | .id' >"$BATS_FILE_TMPDIR/audit"
}

teardown_file() {
	load ../lib/helpers.bash
	stop_cameras
}

setup() {
	load ../lib/helpers.bash
	load ../lib/record.bash
	use_store
	cp -a "$BATS_FILE_TMPDIR/store" "$D"
	C=$BATS_FILE_TMPDIR/conf
	T=$BATS_TEST_TMPDIR
	log=$T/record.log
	audit=$(cat "$BATS_FILE_TMPDIR/audit")
}

teardown() {
	stop_record
}

delete() { nvr-account -q delete ann@example.org >/dev/null; }
bring_back() { nvr-account -q restore ann@example.org >/dev/null; }
restrict() { nvr-account -q restrict ann@example.org --why 'accuracy contested' >/dev/null; }
unrestrict() { nvr-account -q unrestrict ann@example.org --why settled >/dev/null; }

# All that is ann's or her camera's, but for the account's row, and its files.
hers() {
	local t
	for t in $(sqlite3 "$D/nvr.db" "SELECT DISTINCT table_name FROM privacy_column WHERE column_name
	    IN ('account_id', 'camera_id') AND table_name NOT IN ('account', 'log', 'log_tail') ORDER BY 1"); do
		sqlite3 "$D/nvr.db" "SELECT '$t', * FROM $t WHERE $(sqlite3 "$D/nvr.db" "SELECT group_concat(column_name || ' IN (SELECT '
		    || CASE column_name WHEN 'camera_id' THEN 'id FROM camera WHERE account_id <> 0)' ELSE 'account_id FROM account)' END, ' OR ')
		    FROM privacy_column WHERE table_name = '$t' AND column_name IN ('camera_id', 'account_id')")"
	done
	find "$D/media" -type f -path "*/$(cat "$BATS_FILE_TMPDIR/id")/*" -exec sha256sum {} + | sort
}

refused_by_name() { # WORD: of the reason
	before=$(hers)
	[ "$(grep -ac '^segment|' <<<"$before") $(grep -ac '^still|' <<<"$before") $(grep -ac '^outbox|' <<<"$before")" = '2 1 1' ]
	while read -r tool args; do
		# shellcheck disable=SC2086
		run -77 --separate-stderr "nvr-$tool" -c "$C" $args </dev/null
		[ -z "$output" ]
		[[ $stderr == *"$1"* ]]
		[[ $stderr != *"no camera"* ]]
	done <<-EOT
		snap gate
		snap yard/gate
		snap --at now gate
		snap --every 1s --count 2 gate
		record gate
		record status gate
		record list gate
		record hold gate --since 1h --why x
		record release gate --why x
		record holds gate
		clip --since 1h -o $T/x.mp4 gate
		audit gate
		audit --keep 1h gate
		audit --camera gate $BATS_FILE_TMPDIR/gate.jpg
		audit list --camera gate
		audit show $audit
		audit label $audit yes
		audit report --since 1h --camera gate
		audit report --since 1h --camera gate --mail x@example.org
		audit usage --camera gate
		audit baseline show gate
		audit baseline reset gate
		audit schedule add x --every 1h --camera gate
		camera show gate
		camera probe gate
		camera key gate
		camera set gate --zone x
		camera set lot --site yard
		camera remove gate
	EOT
	# Of those that were not named, it is left out, as a still of it is.
	run -75 nvr-audit -c "$C" "$BATS_FILE_TMPDIR/gate.jpg"
	has "$1"
	[ "$(hers)" = "$before" ]
}

@test "N20: a camera of a restricted account is refused by name, with the reason" {
	restrict
	refused_by_name "is restricted: its data is kept and not used until 'nvr-account unrestrict' ends that"
	# Nor is its footage to go the sooner once that has ended.
	run -77 nvr-account site set ann@example.org yard --retain 1h
	nvr-account site set ann@example.org yard --zone Europe/Berlin
}

@test "N14: what is of a deleted account is kept to be restored, and not used" {
	delete
	refused_by_name "is deleted: 'nvr-account restore' brings it back"
	while read -r args; do
		# shellcheck disable=SC2086
		run -77 nvr-account $args
		has "nvr-account restore"
	done <<-EOT
		set ann@example.org --name Eve
		tier ann@example.org premium
		site add ann@example.org barn --jurisdiction DE
		site set ann@example.org yard --retain 1h
		2fa ann@example.org enrol-totp
		2fa ann@example.org sms +4915112345678
	EOT
	nvr-account show ann@example.org >/dev/null
	[ "$(nvr-camera list | cut -f1)" = lot ]
	if [ -z "$sanitized" ]; then
		run --separate-stderr faketime -f +2m "$NVR_BUILD/nvr-audit" -d "$D" -c "$C" -q due --json
		[ "$(jq -r .camera <<<"$output")" = lot ]
		# But it does expire.
		faketime -f +2h "$NVR_BUILD/nvr-snap" -d "$D" -c "$C" --keep 1m lot >"$T/x.jpg"
		[ "$(sqlite3 "$D/nvr.db" 'SELECT COUNT(*) FROM still WHERE account_id <> 0')" = 0 ]
	fi
	bring_back
	nvr-camera show gate >/dev/null
}

@test "N20: a restricted account's rows are in no list, no report, and no one's way" {
	restrict
	before=$(hers)
	for a in "camera list" "audit list" "audit report --since 1h" "audit usage --by camera" \
	    "record status" "record holds" "audit schedule list"; do
		# shellcheck disable=SC2086
		run nvr-${a%% *} -c "$C" ${a#* }
		[ "$status" -le 1 ]
		hasnt gate
	done
	nvr-snap -c "$C" --all >"$T/all.jpg"
	[ "$(nvr-camera list | cut -f1) $(nvr-audit list | wc -l)" = 'lot 1' ]
	run --separate-stderr nvr-audit -q -c "$C" --all --json
	[ "$(jq -r .camera <<<"$output")" = lot ]
	run -0 nvr-record -c "$C" --count 1 --all
	hasnt gate
	nvr-record verify >/dev/null
	[ "$(hers)" = "$before" ]
	# What is said when nothing is left out.
	unrestrict
	[ "$(nvr-camera list | cut -f1 | xargs) $(nvr-audit list | wc -l)" = 'gate lot 3' ]
	nvr-audit show "$audit" >/dev/null
	nvr-clip -q -c "$C" --since 1h -o "$T/x.mp4" gate || [ $? = 1 ] # up to now
	[ -s "$T/x.mp4" ]
	nvr-camera set gate --zone front
}

@test "N20: due schedules leave restricted cameras out, and take them in again" {
	[ -z "$sanitized" ] || skip "faketime and the sanitizers do not mix"
	restrict
	before=$(hers | grep -av '^schedule|')
	run --separate-stderr faketime -f +2m "$NVR_BUILD/nvr-audit" -d "$D" -c "$C" -q due --json
	[ "$(jq -r .camera <<<"$output")" = lot ]
	[ "$(hers | grep -av '^schedule|')" = "$before" ]
	unrestrict
	run --separate-stderr faketime -f +4m "$NVR_BUILD/nvr-audit" -d "$D" -c "$C" -q due --json
	[ "$(jq -r .camera <<<"$output" | sort | xargs)" = 'gate lot' ]
}

@test "N20: nothing that is restricted expires or makes room" {
	[ -z "$sanitized" ] || skip "faketime and the sanitizers do not mix"
	nvr-record -q release gate --why over
	restrict
	before=$(hers)
	files=$(find "$D/media" -type f | wc -l)
	# Two hours on lot's still has expired, and gate's was to.
	faketime -f +2h "$NVR_BUILD/nvr-snap" -d "$D" -c "$C" --keep 1m lot >"$T/x.jpg"
	[ "$(sqlite3 "$D/nvr.db" 'SELECT COUNT(*) FROM still WHERE account_id <> 0')" = 1 ]
	[ "$(hers)" = "$before" ]
	[ "$(find "$D/media" -type f | wc -l)" = "$files" ]
	unrestrict
	faketime -f +3h "$NVR_BUILD/nvr-snap" -d "$D" -c "$C" --keep 1m lot >"$T/x.jpg"
	[ "$(sqlite3 "$D/nvr.db" 'SELECT COUNT(*) FROM still WHERE account_id <> 0')" = 0 ]
}

@test "N20: a recording ends when it is restricted, says so, and goes on afterwards" {
	start_record gate
	await segment 1
	restrict
	await restricted 1 12
	grep -q '"event":"restricted","detail":"its processing is restricted' "$log"
	# The open one is closed as it should be.
	for _ in $(seq 100); do
		[ "$(sqlite3 "$D/nvr.db" 'SELECT COUNT(*) FROM open_segment')" = 0 ] && break
		sleep 0.05
	done
	before=$(hers | grep -av '^event|')
	sleep 2
	diff <(echo "$before") <(hers | grep -av '^event|')
	unrestrict
	await unrestricted 1 12
	n=$(seen segment)
	await segment $((n + 1))
	stop_record
	[ "$(sqlite3 "$D/nvr.db" "SELECT COUNT(*) FROM run WHERE reason = 'restricted'")" = 1 ]
	nvr-record verify >/dev/null
}

@test "C20: of an account that is erased at once no more is recorded, whatever is open" {
	C=$BATS_TEST_TMPDIR/conf
	settings '[record]' 'segment = 60s'
	start_record gate
	await recording
	erased=$(($(date +%s) + 1))
	nvr-account -q delete ann@example.org --now --yes-erase
	await restricted 1 7
	grep -q '"event":"restricted","detail":"it is not to be recorded any more' "$log"
	stop_record
	[ "$(sqlite3 "$D/nvr.db" "SELECT (MAX(end_at) - ${erased}000000) / 1000000 FROM segment")" -le 6 ]
}

@test "N20: what takes stills again and again stops taking those of a restricted, or deleted, one" {
	nvr-snap -c "$C" --from live --every 300ms --count 40 lot >"$T/out" 2>"$T/err" 3>&- &
	local pid=$!
	nvr-camera set lot --site yard
	for _ in $(seq 100); do
		[ -s "$T/out" ] && break
		sleep 0.05
	done
	restrict
	await_line "$T/err" 'lot: its processing is restricted'
	delete
	unrestrict
	await_line "$T/err" 'lot: its account is deleted'
	kill "$pid"
	wait "$pid" || true
}

#!/usr/bin/env bats
# What all the tools have in common.

setup() {
	load ../lib/helpers.bash
	use_store
}

tools="nvr-store nvr-camera nvr-record nvr-snap nvr-clip nvr-mask nvr-audit nvr-retain nvr-account nvr-export nvr-heartbeat nvr-alert nvr-notify"

@test "nvr lists the tools and runs them" {
	run -0 "$NVR_BUILD/nvr"
	for t in $tools; do has "$t"; done
	run -0 "$NVR_BUILD/nvr" camera -d "$D" list
	run -64 "$NVR_BUILD/nvr" camrea
	has "did you mean 'camera'"
	run -0 "$NVR_BUILD/nvr" --version
	# Through a link, from another folder, it finds the same tools.
	ln -s "$NVR_BUILD/nvr" "$BATS_TEST_TMPDIR/nvr"
	run -0 "$BATS_TEST_TMPDIR/nvr" store -d "$D" stats
}

@test "help fits on one screen and names every option" {
	for t in $tools; do
		run -0 "$NVR_BUILD/$t" -h
		[ "${#lines[@]}" -le 40 ]
		[ "$(awk '{ if (length > 80) print }' <<<"$output" | wc -l)" = 0 ]
		run -0 "$NVR_BUILD/$t" --version
		has "$t 0."
	done
}

@test "what is wrong with an option is said in one line, with where to look" {
	run -64 nvr-snap --bogus
	has "unknown option '--bogus'; see 'nvr-snap -h'"
	[ "${#lines[@]}" = 1 ]
	run -64 nvr-snap -Z
	run -64 nvr-snap --al
	has "unknown option '--al'"
	run -64 nvr-snap --count
	has "needs a value"
	run -64 nvr-snap --all=yes
	has "takes no value"
	run -64 nvr-snap --count 0 gate
	run -64 nvr-snap --count 12x gate
	run -64 nvr-snap --every soon gate
	has "90s, 15m"
	run -64 nvr-camera
	has "a command is missing"
	run -64 nvr-camera lits
	has "did you mean 'list'"
	run -64 nvr-camera list extra
	has "unexpected argument"
	run -64 nvr-camera add gate
	has "add NAME URL"
	run -64 nvr-camera list --zone x
	has "--zone does not go with 'list'"
	run -64 nvr-snap $'\e[31m'
	has "control characters"
	hasnt $'\e'
}

@test "options stand before or after the command, in any spelling" {
	nvr-camera add gate rtsp://192.0.2.7/s
	for a in "-j list" "list -j" "list --json" "-qj list" "--config=/dev/null -j list" "-c/dev/null list -j"; do
		# shellcheck disable=SC2086
		run -0 --separate-stderr nvr-camera $a
		jq -e '.name == "gate"' <<<"$output"
	done
	run -66 nvr-camera show -- -j
}

@test "nvr.conf: what it does not know is told with file and line" {
	conf=$BATS_TEST_TMPDIR/conf
	try() {
		printf '%b' "$1" >"$conf"
		run -78 nvr-camera -c "$conf" list
		has "$conf:$2: "
		has "$3"
	}
	try '[snap]\njobs = 4\nspeed = 9\n' 3 "unknown setting 'speed' in section [snap]"
	try '[store]\njobs = 4\n' 2 "belongs in section [snap]"
	try '[snap]\njobs = many\n' 2 "not a number from 1 to 64"
	try '[snap]\njobs = 0\n' 2 "not a number"
	try '[snap]\ntimeout = long\n' 2 "not a duration"
	try '[store]\nseal = maybe\n' 2 "neither 'none' nor 'age'"
	try '[store]\nmin-free = 1X\n' 2 "not a size"
	try '[snap]\nnonsense\n' 2 "neither [section]"
	try '[exec]\nmax-output = 0K\n' 2 "'0K' is too small: 1 at the least"
	try '[snap]\ntimeout = 0s\n' 2 "'0s' is too short: 1ms at the least"
	try '[retain]\nfootage = 0\n' 2 "say 'none' for no limit"
	try '[retain]\nfootage-bytes = 0\n' 2 "say 'none' for no limit"
	try '[retain]\nfootage-bytes = 0K\n' 2 "too small"
	try '[retain]\nfootage = 5s\n' 2 "'5s' is too short: 1m at the least"
	try '[camera]\nrestore-within = 0s\n' 2 "too short: 1m at the least"
	try '[account]\nrestore-within = 0s\n' 2 "too short: 1m at the least"
	try '[retain]\naudits-free = never\n' 2 "not a duration"
	try '[retain]\nstills-free = none\n' 2 "not a duration"
	try '[retain]\nstills-free = 2d\n' 2 "'2d' is too long: 1d at the most"
	run -78 nvr-camera -c / list
	has "folder"
	run -78 nvr-camera -c /nowhere/nvr.conf list
	has "/nowhere/nvr.conf"
}

@test "nvr.conf.example holds every setting with its default" {
	# The path is another for another user.
	diff <(nvr-store -c "$root/share/nvr.conf.example" config | grep -v ^path) \
	    <(nvr-store -c /dev/null config | grep -v ^path)
	run -0 nvr-store -c /dev/null config
	# Every key of the program stands in the example and in the page.
	while read -r key; do
		grep -q "^$key =" "$root/share/nvr.conf.example"
		grep -q "^\.It Ic .*\b$key\b" "$root/man/nvr.conf.5"
	done < <(sed -n 's/^\([a-z-]*\) = .*/\1/p' <<<"$output")
}

@test "the store is where nvr.conf or -d says, else below the state folder" {
	printf '[store]\npath = %s/elsewhere\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/conf"
	run -0 "$NVR_BUILD/nvr-store" -c "$BATS_TEST_TMPDIR/conf" init
	[ -e "$BATS_TEST_TMPDIR/elsewhere/nvr.db" ]
	if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
		mkdir -m 777 "$BATS_TEST_TMPDIR/home"
		chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")"
		HOME=$BATS_TEST_TMPDIR/home XDG_STATE_HOME='' run setpriv --reuid 65534 --clear-groups \
		    "$NVR_BUILD/nvr-store" init
		[ "$status" = 126 ] || [ -e "$BATS_TEST_TMPDIR/home/.local/state/nvr/nvr.db" ]
	fi
}

@test "output that is lost is exit 74; a reader that leaves is no news" {
	nvr-camera add gate rtsp://192.0.2.7/s
	run -74 bash -c "nvr-camera -d $D list >/dev/full"
	has "standard output"
	run -74 bash -c "nvr-camera -d $D -h >/dev/full"
	run -0 --separate-stderr bash -c "for i in \$(seq 500); do echo rtsp://h/\$i; done >/dev/null; nvr-camera -d $D list | :"
	[ -z "$stderr" ]
	run -74 bash -c "nvr-camera -d $D list >&-"
}

@test "the page, the help, the completions and the parser know the same options" {
	for t in $tools; do
		opts=$("$NVR_BUILD/$t" --dump-options | awk -F'\t' '$1 == "option" { print $3 }' | sort)
		page=$(sed -n 's/^\.It \(Fl [[:alnum:]] , \)\{0,1\}Fl Fl \([a-z0-9-]*\).*/\2/p' "$root/man/$t.1" | sort -u)
		[ "$opts" = "$page" ] || { diff <(echo "$opts") <(echo "$page"); return 1; }
		while read -r c; do
			grep -q "^\.It Ic $c\b" "$root/man/$t.1" || { echo "$t.1 lacks $c"; return 1; }
		done < <("$NVR_BUILD/$t" --dump-options | awk -F'\t' '$1 == "command" { print $2 }')
	done
}

@test "the committed completions are those of the option tables" {
	cp -r "$root/completions" "$BATS_TEST_TMPDIR/"
	"$BATS_TEST_TMPDIR/completions/generate" "$NVR_BUILD" nvr $tools
	for f in nvr.bash _nvr nvr.fish; do
		cmp "$BATS_TEST_TMPDIR/completions/$f" "$root/completions/$f"
	done
}

@test "bash completes commands, options and cameras" {
	nvr-camera add gate rtsp://192.0.2.7/s
	run -0 bash -c "
	    export PATH=$NVR_BUILD:\$PATH NVR_STORE_FOR_COMPLETION=
	    . $root/completions/nvr.bash
	    complete_line() { COMP_WORDS=(\$1); COMP_CWORD=\$((\${#COMP_WORDS[@]} - 1)); [[ \$1 == *' ' ]] && { COMP_WORDS+=(''); COMP_CWORD=\$((COMP_CWORD + 1)); }; COMPREPLY=(); _nvr; echo \"\${COMPREPLY[*]}\"; }
	    complete_line 'nvr-camera re'
	    complete_line 'nvr-camera add --zo'
	    complete_line 'nvr-camera list --zo'
	    complete_line 'nvr-snap -d $D g'
	    complete_line 'nvr-account consent jane@example.org w'"
	[ "${lines[0]}" = "remove restore" ]
	[ "${lines[1]}" = "--zone" ]
	[ "${lines[2]}" = "gate" ] || [ -z "${lines[2]}" ]
	has gate
	[ "${lines[-1]}" = withdraw ]
}

@test "zsh and fish take the completions" {
	zsh -n "$root/completions/_nvr"
	fish --no-execute "$root/completions/nvr.fish"
	run -0 fish -c "set -x PATH $NVR_BUILD \$PATH; source $root/completions/nvr.fish; complete -C 'nvr-camera rem'"
	has remove
}

@test "every JSON line is as its schema says" {
	nvr-camera add gate rtsp://192.0.2.7/s --zone z
	nvr-camera list --json | json_as camera-list
	nvr-camera show gate --json | json_as camera
	nvr-store check --json | json_as store-check
	nvr-store stats --json | json_as store-stats
	nvr-store init --json | json_as store-init
	nvr-store migrate --json | json_as store-migrate
	make_jpeg "$BATS_TEST_TMPDIR/s.jpg"
	nvr-camera add still "file://$BATS_TEST_TMPDIR/s.jpg"
	nvr-camera probe still --json | json_as camera-probe
	nvr-snap --json -o "$BATS_TEST_TMPDIR/x.jpg" still | json_as snap
	nvr-audit --json still | json_as audit
	nvr-audit list --json | json_as audit
	nvr-audit show --json "$(nvr-audit list --json | jq -r .id)" | json_as audit-show
	nvr-audit baseline show still --json | json_as baseline
	ffmpeg -loglevel error -f lavfi -i testsrc2=s=320x240:r=10:d=2 -c:v libx264 \
	    -g 10 -pix_fmt yuv420p -y "$BATS_TEST_TMPDIR/v.mp4"
	nvr-camera add video "file://$BATS_TEST_TMPDIR/v.mp4"
	nvr-record --json --duration 3s video >"$BATS_TEST_TMPDIR/events"
	json_as record <"$BATS_TEST_TMPDIR/events"
	jq -se 'map(.event) | index("segment") and index("stop")' "$BATS_TEST_TMPDIR/events"
	sleep 1.1 # which makes a gap
	nvr-record list --json video >"$BATS_TEST_TMPDIR/list" || [ $? = 1 ]
	json_as record-list <"$BATS_TEST_TMPDIR/list"
	jq -se 'map(.what) == ["segment", "gap"]' "$BATS_TEST_TMPDIR/list"
	nvr-clip --json --since 4s video -o "$BATS_TEST_TMPDIR/c.mp4" \
	    >"$BATS_TEST_TMPDIR/clip" || [ $? = 1 ]
	json_as clip <"$BATS_TEST_TMPDIR/clip"
	nvr-mask --json --area '0,0 9,0 9,9' -o "$BATS_TEST_TMPDIR/m.mp4" \
	    "$BATS_TEST_TMPDIR/c.mp4" | json_as mask
	nvr-record status --json >"$BATS_TEST_TMPDIR/status" || [ $? = 1 ]
	json_as record-status <"$BATS_TEST_TMPDIR/status"
	nvr-record hold video --since 1m --why test --json | json_as record-hold
	nvr-record holds --json | json_as record-hold
	touch "$D/media/footage/stray"
	rm "$D"/media/footage/*/main/*/*.mp4.age
	nvr-record verify --json >"$BATS_TEST_TMPDIR/verify" || [ $? = 1 ]
	json_as record-verify <"$BATS_TEST_TMPDIR/verify"
	jq -se 'map(.fault) | sort == ["missing", "unknown"]' "$BATS_TEST_TMPDIR/verify"
	nvr-camera remove gate
	nvr-camera list --removed --json | json_as camera-list
}

@test "every JSON line about people and keys is as its schema says" {
	cd "$BATS_TEST_TMPDIR"
	printf '[portal]\nurl = https://nvr.example.org\nmail-from = nvr@example.org\n' >conf
	echo 'seven green bicycles, uphill' >pw
	who=jane@example.org
	a() { nvr-account -c conf --json "$@"; }
	id() { a "$@" | jq -r .id; }
	a create $who --name Jane --adult --verified --password-file pw | json_as account-action
	a tier $who premium | json_as account-action
	a list | json_as account-list
	a show $who | json_as account-show
	a site add $who depot --jurisdiction DE | json_as account-action
	a site list | json_as account-site
	a signin $who --password-file pw >signin
	json_as account-signin <signin
	a sessions $who | json_as account-sessions
	jq -r .token signin | a session --token-file - | json_as account-session
	a 2fa $who enrol-totp | json_as account-2fa-uri
	a 2fa $who sms +4930123456
	a 2fa $who | json_as account-2fa
	a consent $who give training --text-version 1 --text yes
	a consent $who show | json_as account-consent
	a object $who 'security log' --why no | json_as account-object
	a requests add $who --kind access | json_as account-requests
	a disclose $who --authority A --basis B --reviewed-by C --what D | json_as account-disclose
	breach=$(id breach open lost --text gone)
	a breach list | json_as account-breach
	a breach show "$breach" | json_as account-breach-note
	a breach notify "$breach" --all --text gone | json_as account-telling
	a breach show "$breach" --all | json_as account-told
	notice=$(id notice new terms 2 --text new --effective 2099-01-01)
	a notice | json_as account-notice
	a notice send "$notice" | json_as account-telling
	a notice status "$notice" | json_as account-told
	a processors add P --purpose a --data b --jurisdiction US --safeguard SCC | json_as account-processors
	a log | json_as account-log
	a log --verify | json_as account-log-verify
	a log --head | json_as account-log-head
	a log --head --mail x@example.org | json_as account-log-head
	a log --public-key | json_as account-log-signer
	a log --prune -n | json_as account-log-prune
	nvr-store keys list --json | json_as store-keys
	nvr-store keys rotate master --json | json_as store-keys-rotate
	nvr-store backup b --json | json_as store-backup
	nvr-store backup --keys k --json | json_as store-backup
	a delete $who | json_as account-action
	a list --deleted | json_as account-list
	a delete --now --yes-erase $who | json_as account-action
	nvr-store erasures --json | json_as store-erasures
	nvr-store restore --yes b --json | json_as store-restore
	nvr-store check --json | json_as store-check
}

@test "every JSON line of retention is as its schema says" {
	nvr-camera add gate rtsp://192.0.2.7/s --retain 1d
	"$root/tests/lib/retain_site.py" segments "$D" gate main 1700000000 2 >/dev/null
	sqlite3 "$D/nvr.db" "INSERT INTO telemetry (recorder_id, at, received_at)
	    VALUES (7, 1700000000000000, 1700000000000000)"
	nvr-retain -n --json | json_as retain
	nvr-retain verify --json >"$BATS_TEST_TMPDIR/verify" || [ $? = 1 ]
	json_as retain-kinds <"$BATS_TEST_TMPDIR/verify"
	nvr-retain forecast --json >"$BATS_TEST_TMPDIR/forecast"
	json_as retain-forecast <"$BATS_TEST_TMPDIR/forecast"
	nvr-retain report --article30 --json | json_as retain-report
	nvr-retain -v --json --only telemetry | json_as retain
	nvr-retain --json | json_as retain-kinds
	nvr-retain verify
}

@test "every JSON line of exports is as its schema says" {
	cd "$BATS_TEST_TMPDIR"
	who=jane@example.org
	nvr-account -q create $who --name Jane --adult --verified
	nvr-export account $who -o a.zip --json | json_as export-made
	unzip -qp a.zip MANIFEST.json | jq -c . | json_as export-manifest
	nvr-export verify a.zip --json | json_as export-verify
	nvr-export signer --json | json_as export-signer
	command nvr-export -q -d other import a.zip --json | json_as export-import
	nvr-export ask $who --json >asked
	json_as export-action <asked
	id=$(jq -r .id asked)
	nvr-export list --json | json_as export-list
	nvr-export pending --json | json_as export-action
	nvr-export fetch "$id" -o b.zip --json | json_as export-action
	nvr-export list $who --json | json_as export-list
	nvr-export drop "$id" --json | json_as export-action
	nvr-camera add gate rtsp://192.0.2.7/s
	nvr-export footage --camera gate --since 1h -o f.zip --json >made || [ $? = 1 ]
	json_as export-made <made
	make_jpeg still.jpg
	nvr-camera add still "file://$PWD/still.jpg"
	nvr-audit -q still
	nvr-export audits --since 1h --json | json_as audit
}

@test "every schema is one that some test holds JSON to" {
	for f in "$root"/share/schema/*.json; do
		name=${f##*/} # findings.json is what exec: analyzers print
		grep -qE "\b${name%.json}( |\$|\.json|\")" "$root"/tests/tool/*.bats "$root"/tests/unit/*.c ||
		    { echo "$name: nothing is held to it"; return 1; }
	done
}

@test "install and uninstall leave nothing behind" {
	[ -z "$sanitized" ] || skip "not of this build"
	dest=$BATS_TEST_TMPDIR/dest
	make -s -C "$root" B="$NVR_BUILD" install DESTDIR="$dest" PREFIX=/usr
	"$dest/usr/bin/nvr" camera -d "$D" list
	[ -e "$dest/usr/share/man/man1/nvr-snap.1" ]
	grep -q '^ExecStart=:/usr/bin/nvr-record' "$dest"/usr/lib/systemd/system/nvr-record@.service
	make -s -C "$root" B="$NVR_BUILD" uninstall DESTDIR="$dest" PREFIX=/usr
	[ -z "$(find "$dest" -type f)" ]
}

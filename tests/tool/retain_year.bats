#!/usr/bin/env bats
# A site from its first to its 400th day, in another time zone, through the end
# of 32 bits of seconds and both changes of the clocks: after each run exactly
# that is there which people were promised (tests/lib/retain_site.py).

setup() {
	load ../lib/helpers.bash
	use_store
	[ -z "$sanitized" ] || skip "faketime and the sanitizers do not mix"
	export TZ=Europe/Berlin
	C=$BATS_TEST_TMPDIR/conf
	L=$BATS_TEST_TMPDIR/ledger
	# Thousands of small files are flushed: in memory, where that can be.
	mkdir "$BATS_TEST_TMPDIR/disk"
	mount -t tmpfs none "$BATS_TEST_TMPDIR/disk" 2>/dev/null || true
	D=$BATS_TEST_TMPDIR/disk/store
	printf '%s\n' '[retain]' 'footage = 30d' 'grace = 0s' '[still]' 'keep-max = 10d' \
	    '[store]' 'min-free = 0' >"$C"
	coproc SITE { exec python3 "$root/tests/lib/retain_site.py" serve 3>&-; }
	# 2037-12-01: day 50 is when 32 bits end, day 118 has 23 hours.
	first=$(date -u -d '2037-12-01' +%s)
}

teardown() {
	[ -z "${SITE_PID-}" ] || kill "$SITE_PID"
	wait
	drop_disk
}

# at DAY CMD …: at 03:30 UTC of that day of the year; decisions a bit earlier.
at() {
	now=$((first + $1 * 86400 + ${moment:-12600}))
	faketime "$(date -d "@$now" '+%F %T')" "$NVR_BUILD/$2" -d "$D" -c "$C" -q "${@:3}"
}

# One process does it all: a year is many commands.
site() {
	local answer
	echo "$*" >&"${SITE[1]}"
	read -r answer <&"${SITE[0]}"
	[ "$answer" = ok ] || {
		echo "day ${day-}: $answer"
		return 1
	}
}

fact() { site fact "$L" "$1" "$2" "$now"; }

someone() {
	at 0 nvr-account create "$1@example.org" --name "$1" --adult --verified >/dev/null
}

move_in() {
	nvr-store init >/dev/null
	rm -rf "$D"
	at 0 nvr-store init >/dev/null
	for who in fred paula rita; do
		someone $who
		at 0 nvr-account site add $who@example.org "$who's" --jurisdiction DE >/dev/null
	done
	at 0 nvr-account tier paula@example.org premium >/dev/null
	at 0 nvr-account site set fred@example.org "fred's" --retain 60d >/dev/null
	for c in yard shed lane; do
		at 0 nvr-camera add $c rtsp://127.0.0.1/
	done
	at 0 nvr-camera add door rtsp://127.0.0.1/ --site "fred's"
	at 0 nvr-camera add desk rtsp://127.0.0.1/ --site "paula's" --retain 90d --retain-sub 90d \
	    --retain-sub-bytes 3000 --retain-events 365d --retain-stills 7d
	at 0 nvr-retain
	at 0 nvr-camera add attic rtsp://127.0.0.1/ --site "rita's" --retain 7d --retain-sub 7d
}

# What somebody does on that day.
decide() {
	local moment=12000
	case $1 in
	50)
		at 50 nvr-record hold yard --since "$(date -u -d "@$((first + 45 * 86400))" +%FT%TZ)" \
		    --until "$(date -u -d "@$((first + 46 * 86400))" +%FT%TZ)" --why court >/dev/null
		fact held yard
		now=$((first + 45 * 86400)) fact span yard
		now=$((first + 46 * 86400)) fact span yard ;;
	60 | 200)
		at "$1" nvr-account "$([ "$1" = 60 ] && echo restrict || echo unrestrict)" rita@example.org \
		    --why asked >/dev/null
		fact silent attic
		fact restricted rita ;;
	120)
		at 120 nvr-account delete fred@example.org >/dev/null
		fact silent door
		fact deleted fred ;;
	205)
		at 205 nvr-camera remove shed
		fact silent shed
		fact removed shed ;;
	210 | 239)
		at "$1" nvr-camera "$([ "$1" = 210 ] && echo remove || echo restore)" lane
		fact silent lane
		fact removed lane ;;
	250)
		at 250 nvr-account tier paula@example.org free >/dev/null
		fact free paula ;;
	300)
		at 300 nvr-record release yard --since "$(date -u -d "@$((first + 44 * 86400))" +%FT%TZ)" \
		    --until "$(date -u -d "@$((first + 47 * 86400))" +%FT%TZ)" --why over >/dev/null
		fact held yard ;;
	esac
}

@test "C16 C17 C18 C20 N4 N13 N14: 400 days of a site, and each promise is kept on each" {
	move_in
	local was=0 day most
	for day in 1 2 3 7 8 9 14 15 22 30 31 32 33 44 49 50 51 60 61 75 82 89 90 91 92 93 104 \
	    118 119 120 121 149 150 151 152 180 200 201 205 210 211 234 235 236 239 240 241 250 \
	    251 280 300 301 328 334 364 365 366 367 380 399 400; do
		site year "$D" "$L" $((first + was * 86400 + 12600)) $((first + day * 86400 + 12600))
		decide $day
		# Whose restriction ends, or premium, loses most at once.  All else is the
		# course of things, though weeks pass between.
		most=()
		[ $day != 200 ] && [ $day != 250 ] || most=(--yes-delete-most 100000)
		at $day nvr-retain "${most[@]}" >/dev/null
		site check "$D" "$L" "$((first + day * 86400 + 12600))"
		at $day nvr-retain verify >"$BATS_TEST_TMPDIR/verify" || cat "$BATS_TEST_TMPDIR/verify"
		was=$day
	done
	# Accounts: who was deleted is erased, and others are not.
	[ "$(at 400 nvr-account list --json | jq -r .email | sort | xargs)" = "paula@example.org rita@example.org" ]
	# The log reaches back for 365 days, and says that there was more.
	[ "$(sqlite3 "$D/nvr.db" 'SELECT MIN(at) FROM log')" -ge $(((first + 35 * 86400) * 1000000)) ]
	run -0 at 400 nvr-account log --verify
	# What was rolled up is there.
	[ "$(sqlite3 "$D/nvr.db" "SELECT SUM(reports) FROM telemetry_sum WHERE period = 'hour'")" -ge 305 ]
	[ "$(sqlite3 "$D/nvr.db" 'SELECT COUNT(*) FROM garbage')" = 0 ]
	run -0 at 400 nvr-store check
}

# retain DATE [option …]: with the clock at that moment, on a machine that has
# been running for as long as it really has.
retain() {
	FAKETIME_DONT_FAKE_MONOTONIC=1 faketime "$1" "$NVR_BUILD/nvr-retain" -d "$D" -c "$C" "${@:2}"
}

one_camera() {
	export TZ=UTC
	faketime "$1" "$NVR_BUILD/nvr-store" -d "$D" init >/dev/null
	faketime "$1" "$NVR_BUILD/nvr-camera" -d "$D" add yard rtsp://127.0.0.1/
}

segments() { # DATE N STEP
	"$root/tests/lib/retain_site.py" segments "$D" yard main "$(date -u -d "$1" +%s)" "$2" "$3" >/dev/null
}

left() { sqlite3 "$D/nvr.db" 'SELECT COUNT(*) FROM segment'; }

@test "C18: a clock that is years ahead, or behind, deletes nothing until somebody says the day" {
	one_camera '2027-03-01 12:00:00'
	segments '2027-02-20 12:00' 20 3600
	run -0 retain '2027-03-01 12:00:00'
	# Ahead, and what was recorded since has such times, too.
	segments '2037-03-01 11:50' 1 60
	run -77 retain '2037-03-01 12:00:00'
	has "the clock"
	has "--trust-clock 2037-03-01"
	run -77 retain '2037-03-01 12:00:00' --yes-delete-most 100
	[ "$(left)" = 21 ]
	# A day that is not the clock's is no way to say it.
	run -64 retain '2037-03-01 12:00:00' --trust-clock 2027-03-01
	# To look is free, and says what would stop it.
	run -0 retain '2037-03-01 12:00:00' --dry-run
	has "would be refused"
	# Set right, it goes on, though a row is of the future.
	run -77 retain '2027-03-01 13:00:00'
	run -0 retain '2027-03-01 13:00:00' --trust-clock 2027-03-01
	run -0 retain '2027-03-01 14:00:00'
	[ "$(left)" = 21 ]
	run -77 retain '2025-03-01 12:00:00'
	[ "$(left)" = 21 ]
	run -77 retain '2037-03-01 12:00:00'
	run -0 retain '2037-03-01 12:00:00' --trust-clock 2037-03-01 --yes-delete-most 100
	[ "$(left)" = 1 ]
}

@test "C18: more than half of it goes for the number alone that the plan named" {
	one_camera '2027-03-01 12:00:00'
	segments '2027-01-01 12:00' 20 60
	segments '2027-03-01 11:00' 5 60
	run -77 retain '2027-03-01 12:00:00'
	has "20 of 25"
	has "--yes-delete-most 20"
	run -77 retain '2027-03-01 12:00:00' --yes-delete-most 19
	[ "$(left)" = 25 ]
	run -0 retain '2027-03-01 12:00:00' --yes-delete-most 20
	[ "$(left)" = 5 ]
}

@test "C18: to the second: a leap second, and both changes of the clocks" {
	one_camera '2016-12-31 12:00:00'
	printf '%s\n' '[retain]' 'footage = 1d' 'grace = 0s' '[store]' 'min-free = 0' >"$C"
	# They end at 23:59:59, at 0:00:00 and at 0:00:01 of the next day.
	segments '2016-12-31 23:58:59' 3 1
	run -0 retain '2016-12-31 23:59:59'
	# The second that the clock of Unix has twice.
	run -0 retain '2016-12-31 23:59:59'
	run -0 retain '2017-01-01 12:00:00'
	run -0 retain '2017-01-01 23:59:57'
	[ "$(left)" = 3 ]
	run -0 retain '2017-01-01 23:59:59'
	[ "$(left)" = 2 ]
	run -0 retain '2017-01-02 00:00:00' --only recordings
	[ "$(left)" = 1 ]
	run -0 retain '2017-01-01 23:59:59'
	[ "$(left)" = 1 ]
	run -0 retain '2017-01-02 00:00:02'
	[ "$(left)" = 0 ]
	# A day of 23 and one of 25 hours: 1d is 24 hours on both.
	export TZ=Europe/Berlin
	segments '2017-03-25 12:00' 1 1 # 13:00 there; the next day 14:00
	run -0 retain '2017-03-26 14:00:00' --trust-clock 2017-03-26
	[ "$(left)" = 1 ]
	run -0 retain '2017-03-26 14:01:02'
	[ "$(left)" = 0 ]
	segments '2017-10-28 12:00' 1 1 # 14:00 there; the next day 13:00
	run -0 retain '2017-10-29 13:00:59' --trust-clock 2017-10-29
	[ "$(left)" = 1 ]
	run -0 retain '2017-10-29 13:01:02'
	[ "$(left)" = 0 ]
}

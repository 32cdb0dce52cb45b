#!/usr/bin/env bats
# nvr.conf as people write it.

setup() {
	load ../lib/helpers.bash
	use_store
	conf=$BATS_TEST_TMPDIR/conf
	nvr-store init >/dev/null
}

dashes() { printf -- '-%.0s' $(seq "$1"); }
config() { nvr-store -c "$conf" config; }
# refused LINE TEXT: the file is, at that line.
refused() {
	run -78 nvr-store -c "$conf" config
	has "$conf:$1: $2"
}

@test "C18: a long comment is a comment, up to its end" {
	for n in 150 196 197 198 199 397 398 5000; do
		printf '[retain]\n#%s footage = 4d\n;%s footage = 4d\n' "$(dashes "$n")" "$(dashes "$n")" >"$conf"
		[ "$(config | grep '^footage =')" = 'footage = none' ]
	done
}

@test "a setting may be as long as it is allowed to be, and an error names its own line" {
	printf '[controller]\nname = %s\n[store]\npath = /%s ; so deep\n' "$(dashes 255)" "$(dashes 1000)" >"$conf"
	[ "$(config | grep '^name = -')" = "name = $(dashes 255)" ]
	[ "$(config | grep '^path')" = "path = /$(dashes 1000)" ]
	printf '[controller]\n# %s\nname = %s\n' "$(dashes 300)" "$(dashes 256)" >"$conf"
	refused 3 "name: too long: 255 bytes at the most"
	printf '[snap]\n# %s\n%s\njobs = 1\n' "$(dashes 300)" "$(dashes 300)" >"$conf"
	refused 3 "neither [section] nor 'key = value'"
	# Two models are not one because their names are long.
	m=$(dashes 50)
	printf '[model %sa]\nsteps = 3\n[model %sb]\nsteps = 4\n' "$m" "$m" >"$conf"
	[ "$(config | grep -c "^\[model ${m}[ab]\]\$")" = 2 ]
}

@test "C18: a line goes on with nothing: what is indented is a line of its own" {
	printf '[retain]\nfootage = 3d\n    4d\n' >"$conf"
	refused 3 "neither [section]"
	printf '  [retain]\n  footage = 3d\n\taudits-free = 4d\n' >"$conf"
	[ "$(config | grep -x -e 'footage = 3d' -e 'audits-free = 4d' | wc -l)" = 2 ]
}

@test "what is a comment: ; after a blank, # at the beginning" {
	printf '\xef\xbb\xbf[retain] # of footage\r\n ; c = 1\n\n # c\nfootage=30d ; c\n[portal] ;c\nname = a;b #1\n' >"$conf"
	[ "$(config | grep '^footage =')" = 'footage = 30d' ]
	config | grep -xF 'name = a;b #1'
	printf '[retain]\nfootage = 30d # c\n' >"$conf"
	refused 2 "footage: '30d # c' is not a duration"
	printf '[retain] footage = 3d\n' >"$conf"
	refused 1 "'footage = 3d' does not belong behind a section"
	printf '\n[retain\nfootage = 3d\n' >"$conf"
	refused 2 "the section's ']' is missing"
	printf '[retain]\nfootage = 3d\0\n' >"$conf"
	refused 2 "it has a NUL"
	printf '[retain]\nfootage = 3\033d\n' >"$conf"
	refused 2 "control characters"
	printf 'footage = 3d' >"$conf"
	refused 1 "'footage' belongs in section [retain], not []"
}

@test "what has no end is no nvr.conf, and a pipe is one" {
	run -78 timeout 10 "$NVR_BUILD/nvr-store" -c /dev/zero config
	has "'/dev/zero' is larger than 1048576 bytes"
	run -0 bash -c "printf '[retain]\nfootage = 3d\n' | '$NVR_BUILD/nvr-store' -c /dev/stdin config"
	has "footage = 3d"
}

@test "an option that chooses is not given twice, since one of them would not count" {
	nvr-camera add gate rtsp://192.0.2.7/s
	for twice in "--only audits --only stills" "--camera gate --camera=gate" \
	    "-c /dev/null --config /dev/null" "-c/dev/null -c/dev/null" "-d /x"; do
		# shellcheck disable=SC2086
		run -64 nvr-retain -n $twice
		has "is given twice"
	done
	run -0 nvr-retain -nnqqvv
	nvr-audit -q schedule add x --camera gate --camera gate --every 1h
}

@test "C18: how short a limit may be is one rule, in nvr.conf and of cameras and sites" {
	nvr-account -q create ann@example.org --name Ann --adult --verified >/dev/null
	nvr-account -q site add ann@example.org yard --jurisdiction DE
	nvr-camera add gate rtsp://192.0.2.7/s
	for d in 1s 59s 0s; do
		printf '[retain]\nfootage = %s\n' "$d" >"$conf"
		refused 2 "footage: '$d' is too short: 1m at the least"
		for o in retain retain-sub retain-events retain-stills; do
			run -64 nvr-camera set gate "--$o" "$d"
			has "--$o: '$d' is too short: 1m at the least"
		done
		run -64 nvr-account site set ann@example.org yard --retain "$d"
		has "1m at the least"
	done
	nvr-camera set gate --retain 1m
}

#!/usr/bin/env bats
# The examples of the pages do what the pages say.

setup_file() {
	load ../lib/helpers.bash
	start_camera gate --size 640x360
}

teardown_file() {
	load ../lib/helpers.bash
	stop_cameras
}

# The `$ ` lines of a page's EXAMPLES; `\` at the end goes on with the next.
examples() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh [^E]/{ s/^\$ //; T; :a
	    /\\e$/{ N; s/\\e\n *//; ba }; p; }' "$1"
}

@test "every example of the pages runs" {
	load ../lib/helpers.bash
	own() { # an example may name another store
		[ "$2" = -d ] || set -- "$1" -d "$D" "${@:2}"
		command "$@"
	}
	nvr-store() { own nvr-store "$@"; }
	nvr-export() { own nvr-export "$@"; }
	nvr-alert() { own nvr-alert "$@"; }
	nvr-notify() { own nvr-notify "$@"; }
	use_store
	cd "$BATS_TEST_TMPDIR"
	nvr() { [ $# = 0 ] && command nvr || command nvr "$1" -d "$D" "${@:2}"; }
	echo secret >pw
	echo 'seven green bicycles, uphill' >passphrase
	nvr-camera -q add gate "$(url_of gate)"
	nvr-camera -q add yard "$(url_of gate)"
	set -o pipefail
	n=0
	for page in "$root"/man/*.1; do
		while IFS= read -r line; do
			n=$((n + 1))
			eval "$line" >out 2>err </dev/null || {
				echo "${page##*/}: $line: exit $?"
				cat out err
				return 1
			}
		done < <(examples "$page")
		nvr-camera -q remove lobby 2>/dev/null || true
	done
	[ $n -gt 15 ]
	[ -s gate.jpg ]
	ls gate-*Z.jpg yard-*Z.jpg
}

@test "every schedule of the pages and of README.md is one" {
	load ../lib/helpers.bash
	use_store
	n=0
	while IFS= read -r cron; do
		n=$((n + 1))
		nvr-audit -q schedule add "s$n" --all --cron "$cron"
	done < <(cat "$root"/README.md "$root"/man/*.[157] |
		sed -n "s/.*--cron '\([^']*\)'.*/\1/p")
	[ $n -ge 2 ]
}

@test "every tool and every setting has its page" {
	load ../lib/helpers.bash
	for t in $("$NVR_BUILD/nvr" | sed -n 's/^\(nvr-[a-z]*\) .*/\1/p') nvr; do
		[ -e "$root/man/$t.1" ]
	done
}

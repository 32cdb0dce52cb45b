#!/usr/bin/env bats
# The pages that are files, in a browser: nothing leaves them, they fit a phone,
# and WCAG 2.2 AA holds.  Pictures of them are in build/web.

setup() {
	load ../lib/helpers.bash
	[ -e "$NVR_BUILD/web/installed" ] || skip 'npm could not install axe'
	use_store
	cd "$BATS_TEST_TMPDIR" || return
	export NODE_PATH=$NVR_BUILD/web/node_modules
	printf '[controller]\nname = Gatehouse & Sons\ncontact = dpo@example.org\n' \
	    >conf
	nvr-account -q create jane@example.org --name 'Jane <b> Doe' --adult \
	    --verified >/dev/null
	nvr-account -q site add jane@example.org Home --jurisdiction DE >/dev/null
}

look() { run -0 node "$root/tests/web/look.js" "$NVR_BUILD/web/pictures" "$@"; }

# page FILE WORD …: README.html of that archive.
page() {
	"${@:2}" | tar -x --zstd -O README.html >"$1"
	[ -s "$1" ]
}

@test "N20, C21: pages of archives, reports and records are for everybody" {
	"$root/tests/bench/footage" film.mp4 320x240 25 50 10
	nvr-camera -q add $'gate "=1" <b>🚪' "file://$PWD/film.mp4" \
	    --site jane@example.org/Home
	nvr-camera -q add yard "file://$PWD/film.mp4"
	nvr-account -q create joe@example.org --name Joe --adult --verified >/dev/null
	nvr-account -q site add joe@example.org Home --jurisdiction DE >/dev/null
	nvr-camera -q add yard "file://$PWD/film.mp4" --site joe@example.org/Home
	own=$(nvr-camera list --json | jq -r 'select(.site == null) | .id')
	nvr-record -q --duration 3s "$own"
	for c in $(nvr-camera list --json | jq -r .id); do
		nvr-snap "$c" | nvr-audit -q - >/dev/null
	done
	page account.html nvr-export -q -c conf account jane@example.org
	run -1 nvr-export -q footage --camera "$own" --since 1m \
	    --reason 'case <7>' -o evidence.tar.zst
	page evidence.html cat evidence.tar.zst
	nvr-export -q audits --since 1h -o audits.html
	nvr-retain report --article30 --format html >article30.html
	look account.html evidence.html audits.html article30.html
	[ -s "$NVR_BUILD/web/pictures/evidence-phone.png" ]
}

@test "what is wrong with a page is found" {
	echo '<!doctype html><title>x</title><img src=x><script>x(</script>
	    <p style="width:999px;color:#eee">pale' >bad.html
	run -1 node "$root/tests/web/look.js" pictures bad.html
	has 'bad.html: phone: is '
	has 'too wide'
	has color-contrast
	has image-alt
	has 'asks for file:'
	has 'SyntaxError'
}

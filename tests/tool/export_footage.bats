#!/usr/bin/env bats
# nvr-export footage: recording as evidence.  One film with numbered frames is
# recorded, 25 a second: 3 s, a hole, 2 s; `bare` without a seal.

setup_file() {
	load ../lib/helpers.bash
	cd "$BATS_FILE_TMPDIR" || return
	printf '[record]\nsegment = 2s\nflush = 1s\n' >nvr.conf
	printf '[store]\nseal = none\n[record]\nsegment = 2s\n' >bare.conf
	"$root/tests/bench/footage" film.mp4 320x240 25 400 30
	"$NVR_BUILD/tests/flood" --pass film.mp4 >flood.log 2>&1 3>&- &
	echo $! >flood.pid
	await_line flood.log '^ready'
	url=$(sed -n 's/^ready //p' flood.log)
	use_store "$BATS_FILE_TMPDIR/origin"
	nvr-account log --public-key >/dev/null # draws it
	for c in gate bare '=cmd "<b>" 🚪'; do
		nvr-camera -q add "$c" "$url${c%% *}"
	done
	record() { timeout 60 "$NVR_BUILD/nvr-record" -d origin -c "$@"; }
	record nvr.conf '=cmd "<b>" 🚪' --duration 1500ms >odd.log 2>&1 &
	record bare.conf bare --duration 2500ms >bare.log 2>&1 &
	record nvr.conf gate --duration 3s >one.log 2>&1
	sleep 1.2 # the hole
	record nvr.conf gate --duration 2s >two.log 2>&1
	wait %2 %3
	kill "$(cat flood.pid)"
	date -u +%FT%TZ >after
}

setup() {
	load ../lib/helpers.bash
	cp -r "$BATS_FILE_TMPDIR/origin" "$BATS_TEST_TMPDIR/store"
	use_store "$BATS_TEST_TMPDIR/store"
	cd "$BATS_TEST_TMPDIR" || return
	after=$(cat "$BATS_FILE_TMPDIR/after")
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR TMPDIR=$BATS_TEST_TMPDIR
}

teardown() {
	drop_disk
}

# evidence [OPTION …]: of gate, all of it; unpacked in `is`.
evidence() {
	local code=0
	nvr-export footage --camera gate --since 1h --until "$after" \
	    -o x.tar.gz "$@" 2>err || code=$?
	rm -rf is && mkdir is && tar -xzf x.tar.gz -C is
	return $code
}

nvr-export() { command nvr-export -d "$D" "$@"; }
sql() { sqlite3 "$D/nvr.db" "$1"; }

commands() { # of the page, one a line, as a person copies them
	python3 - is/README.html <<-'EOF'
	import html.parser, sys
	class P(html.parser.HTMLParser):
	    row = cell = None
	    on = False
	    def handle_starttag(self, tag, attrs):
	        if tag == 'tr': self.row = []
	        if tag in ('td', 'th', 'caption'): self.cell = ''
	    def handle_data(self, data):
	        if self.cell is not None: self.cell += data
	    def handle_endtag(self, tag):
	        if tag == 'caption': self.on = self.cell == 'With stock tools'
	        if tag in ('td', 'th') and self.row is not None:
	            self.row.append(self.cell)
	        if tag == 'tr' and self.on and self.row[1] != 'Command':
	            print(self.row[1])
	        if tag in ('td', 'th', 'caption'): self.cell = None
	P().feed(open(sys.argv[1]).read())
	EOF
}

@test "C21: a third party does what the page says with stock tools, and it holds" {
	run -1 evidence --originals --identity key --reason 'case 12'
	commands >cmds
	[ "$(wc -l <cmds)" = 8 ]
	cd is
	export IDENTITY=$BATS_TEST_TMPDIR/key
	n=0
	while read -r command; do
		n=$((n + 1))
		run env -i PATH=/usr/bin:/bin IDENTITY="$IDENTITY" \
		    sh -c "$command" </dev/null
		[ "$status" = 0 ] || { echo "$command: $output" && false; }
		case $n in
		1) has SHA256: ;;
		2 | 6) has 'Good "nvr-' ;;
		3) hasnt FAILED && has 'README.html: OK' ;;
		4) [ -z "$output" ] ;;
		5) [ "$(wc -l <<<"$output")" = 2 ] ;;
		7) hasnt FAILED && has 'mp4.age: OK' ;;
		esac
	done <../cmds
	# The last one has opened what was recorded, frame by frame.
	frames=0
	for f in originals/*.mp4; do
		n=$(ffprobe -v error -count_frames -select_streams v -show_entries \
		    stream=nb_read_frames -of csv=p=0 "$f")
		frames=$((frames + n))
	done
	[ "$frames" = "$(sql 'SELECT SUM(frames) FROM segment s JOIN camera c
	    ON c.id = camera_id WHERE name = "gate"')" ]
	# A change anywhere is found.
	printf x | dd of="$(ls clips/*.mp4 | head -1)" bs=1 seek=5000 conv=notrunc 2>/dev/null
	run ! sh -c "$(sed -n 3p ../cmds)"
}

@test "clips show what was recorded, by nvr-clip's own copy" {
	run -1 evidence
	[ "$(ls is/clips | wc -l)" = 2 ]
	first=$(jq -rs '.[0].start_at' is/data/clips.jsonl)
	end=$(jq -rs '.[0].start_at' is/data/gaps.jsonl)
	[ "$(jq -rs 'length' is/data/gaps.jsonl)" = 1 ]
	nvr-clip gate --since "$first" --until "$end" -o clip.mp4 2>/dev/null || [ $? = 1 ]
	f=$(jq -rs '.[0].path' is/data/clips.jsonl)
	[ "$("$root/tests/camera/counter" "is/$f" | md5sum)" = "$("$root/tests/camera/counter" clip.mp4 | md5sum)" ]
}

@test "a gap is named, with its reason, and the rest delivered" {
	run -1 evidence
	grep -q 'nothing was recorded' err
	[ "$(jq -rs 'length' is/data/gaps.jsonl)" = 1 ]
	jq -e '.gaps | length == 1' is/MANIFEST.json
	grep -q 'nothing was recorded; recording went on' is/README.html
}

@test "without a gap it exits 0" {
	nvr-record list gate --since 1h --json >list || true
	end=$(jq -rs 'map(select(.what == "gap"))[0].start_at' list)
	since=$(jq -rs '.[0].start_at' list)
	run -0 nvr-export footage --camera gate --since "$since" --until "$end" \
	    -o x.tar.zst
	run -0 nvr-export verify x.tar.zst
}

@test "a segment that is missing and one that was changed are named, and exit 1" {
	gate=$(nvr-camera show gate --json | jq -r .id)
	mapfile -t files < <(find "$D/media/footage/$gate" -name '*.age' | sort)
	rm "${files[0]}"
	byte=$(dd if="${files[1]}" bs=1 skip=60000 count=1 2>/dev/null | od -An -tu1)
	printf "\\x$(printf %02x $((byte ^ 1)))" |
	    dd of="${files[1]}" bs=1 seek=60000 conv=notrunc 2>/dev/null
	run -1 evidence --originals
	grep -q 'its file is not there' err
	grep -q 'its SHA-256 is another' err
	run jq -rs '[.[].verdict] | join(" ")' is/data/segments.jsonl
	[ "$output" = "missing changed$(printf ' same%.0s' $(seq $((${#files[@]} - 2))))" ]
	# The page's own command finds it, and the rest is there.
	run sh -c "cd is && $(commands | sed -n 4p)"
	[ "$(wc -l <<<"$output")" = 2 ]
	[ "$(ls is/originals/*.age | wc -l)" = $((${#files[@]} - 1)) ]
	ls is/clips/*.mp4
}

@test "nothing recorded is a gap, and an archive all the same" {
	run -1 nvr-export footage --camera gate --since 2020-01-01 --until 2020-01-02 -o x.tar.gz
	has "nothing was recorded"
	run -0 tar -tzf x.tar.gz
	has README.html
	hasnt clips/
}

@test "footage without a seal is copied as it is, and needs no key" {
	run nvr-export footage --camera bare --since 1h --until "$after" \
	    --originals -o x.tar.gz
	mkdir is && tar -xzf x.tar.gz -C is
	f=$(ls is/originals/*.mp4)
	ffprobe -v error "$(head -1 <<<"$f")"
	[ -z "$(find is -name '*.header')" ]
	run sh -c "cd is && $(commands | sed -n 7p)"
	hasnt FAILED
	has OK
}

@test "the key of originals is for them alone, its owner's, and never in the archive" {
	run -1 evidence --originals
	[ "$(stat -c %a x.tar.gz.identity)" = 600 ]
	key=$(grep AGE-SECRET x.tar.gz.identity)
	own=$(nvr-camera key gate | grep AGE-SECRET)
	[ "$key" != "$own" ]
	run ! grep -rqF -e "$key" -e "$own" is
	[ "$(age-keygen -y x.tar.gz.identity)" = "$(jq -r .asked.originals is/MANIFEST.json)" ]
	# It opens what has its header, and nothing else.
	run ! age -d -i x.tar.gz.identity "$(ls is/originals/*.age | head -1)"
	# It is not written over.
	run -73 nvr-export footage --camera gate --since 1h --originals -o x.tar.gz
}

@test "who took it out, and why, is on record ahead of the first byte" {
	nvr-export footage --camera gate --since 1h --reason 'case 12' 2>/dev/null |
	    head -c 1 >/dev/null || true
	[ "$(sql "SELECT action, detail FROM access")" = "export|case 12" ]
	[ "$(sql "SELECT COUNT(*) FROM log WHERE type = 'export.footage'")" = 1 ]
	# And is told to the next who takes it.
	run -1 evidence
	[ "$(jq -rs '[.[].detail] | join(" ")' is/data/access.jsonl)" = "case 12" ]
	grep -q export.footage is/data/log.jsonl
}

@test "holds and the log are the camera's alone" {
	nvr-record hold gate --since 1h --until "$after" --why 'case 12'
	nvr-record hold bare --since 1h --until "$after" --why 'not of this'
	run -1 evidence
	[ "$(jq -rs '[.[].why] | join(" ")' is/data/hold.jsonl)" = "case 12" ]
	run ! grep -rq 'not of this' is
	run jq -rs '[.[].type] | join(" ")' is/data/log.jsonl
	[ "$output" = "camera.added hold.added" ]
}

@test "the same store and --now give the same bytes" {
	cp -r "$D" again
	since=$(date -u -d "$after - 5 minutes" +%FT%TZ)
	for d in "$D" again; do
		D=$d run -1 nvr-export footage --camera gate --since "$since" \
		    --until "$after" --now "$since" -o "$(basename "$d").tar.gz"
	done
	cmp store.tar.gz again.tar.gz
}

@test "what people called a camera harms no path and no page" {
	run nvr-export footage --camera '=cmd "<b>" 🚪' --since 1h \
	    --until "$after" -o x.tar.gz
	[ "$status" -le 1 ]
	run -0 tar -tzf x.tar.gz
	[[ "$output" =~ ^[a-zA-Z0-9/._$'\n'-]+$ ]]
	mkdir is && tar -xzf x.tar.gz -C is
	run ! grep -q '<b>' is/README.html
	run -0 nvr-export verify x.tar.gz
}

@test "areas are painted over in every frame, which the manifest says, and the rest is seen" {
	run -64 nvr-export footage --camera gate --since 1h --mask -o x.tar.gz
	has "has no mask"
	run -64 nvr-export footage --camera gate --since 1h --mask-area 1,2 -o x.tar.gz
	[ ! -e x.tar.gz ]
	nvr-camera -q set gate --mask '0,0 50,0 50,50 0,50'
	run -1 evidence --mask --mask-area '0,50 50,50 50,100 0,100'
	jq -e '.asked.reencoded and (.asked.mask | contains(";"))' is/MANIFEST.json
	grep -q 'encoded anew because areas' is/README.html
	brightest() { # CROP: of each frame
		for f in is/clips/*.mp4; do
			ffmpeg -v error -i "$f" -vf "crop=$1,signalstats,metadata=print:key=lavfi.signalstats.YMAX:file=-" -f null -
		done | sed -n 's/.*YMAX=//p'
	}
	[ "$(brightest iw/2:ih:0:0 | sort -nu)" -le 16 ]
	[ "$(brightest iw/2:ih:iw/2:0 | sort -n | head -1)" -gt 100 ]
	[ "$(brightest iw/2:ih:0:0 | wc -l)" = "$(jq -s 'map(.frames) | add' is/data/clips.jsonl)" ]
	ffprobe -v error -select_streams a -show_entries stream=codec_name \
	    -of csv=p=0 "$(ls is/clips/*.mp4 | head -1)" | grep -q aac
}

@test "N20: footage of a restricted account only for a claim that is named" {
	nvr-account -q create ann@example.org --name Ann --adult --verified
	nvr-account -q site add ann@example.org yard --jurisdiction DE
	nvr-camera -q set gate --site yard
	nvr-account -q restrict ann@example.org --why 'accuracy contested'
	run -77 nvr-export footage --camera gate --since 1h -o x.tar.gz
	has "by --reason for which legal claim"
	[ "$(sql "SELECT COUNT(*) FROM access")" = 0 ]
	run -1 evidence --reason 'claim 7'
	ls is/clips/*.mp4
	nvr-account log ann@example.org | grep export.footage
}

@test "bad usage is said, and nothing is on record" {
	for bad in '' '--camera gate' '--since 1h' \
	    '--camera gate --camera bare --since 1h' \
	    '--camera gate --since 1h --until 2h' \
	    '--camera gate --since 1h --stream x' \
	    '--camera gate --since 1h --identity k' \
	    '--camera gate --since 1h --originals -o -' \
	    '--camera gate --since 1h --originals --mask-area 0,0,9,9'; do
		# shellcheck disable=SC2086
		run -64 nvr-export footage $bad
	done
	run -64 nvr-export footage --camera gate --since 1h --reason $'a\nb' -o x
	run -66 nvr-export footage --camera none --since 1h -o x
	[ "$(sql "SELECT COUNT(*) FROM access")" = 0 ]
	[ ! -e x ]
}

@test "a full disk leaves no file and no key" {
	small_disk 256
	run -74 nvr-export footage --camera gate --since 1h --originals \
	    -o disk/x.tar.zst
	[ -z "$(ls disk)" ]
}

@test "SIGINT leaves no file" {
	mkfifo slow
	nvr-store check >/dev/null
	strace -o /dev/null true 2>/dev/null || skip "strace cannot trace here"
	mkdir out
	run strace -f -o /dev/null -e trace=pread64 \
	    -e inject=pread64:signal=INT:when=40 \
	    "$NVR_BUILD/nvr-export" -d "$D" footage --camera gate --since 1h \
	    --originals -o out/x.tar.zst
	[ "$status" -gt 1 ]
	[ -z "$(ls -A out)" ]
}

# ann: an account that has gate, with two kept stills; bare is bob's.
people() {
	for p in ann bob; do
		nvr-account -q create $p@example.org --name $p --adult --verified
		nvr-account -q site add $p@example.org $p --jurisdiction DE
	done >/dev/null
	nvr-camera -q set gate --site ann
	nvr-camera -q set bare --site bob
	nvr-record list gate --since 1h --json >list || true
	for n in 1 2; do
		nvr-snap --at "$(jq -rs ".[$n].start_at" list)" gate >still.jpg
		nvr-audit -q --keep 1h still.jpg >/dev/null || [ $? = 1 ]
	done
}

unpack() {
	rm -rf is && mkdir is && tar -xzf "$1" -C is
}

@test "N20: an account's archive has its pictures, opened, and nobody else's" {
	people
	# What is past its time, and has not been deleted yet, is held.
	sql 'UPDATE still SET expires_at = taken_at + 1'
	sql 'UPDATE camera SET retain_us = 1'
	run nvr-export account ann@example.org --include stills,footage -o x.tar.gz
	[ "$status" = 0 ] || { echo "$output" && false; }
	unpack x.tar.gz
	[ "$(ls is/stills/gate-*/*.jpg | wc -l)" = 2 ]
	for f in is/stills/gate-*/*.jpg is/footage/gate-*/*.mp4; do
		ffprobe -v error "$f"
	done
	[ "$(ls is/footage/*/*.mp4 | wc -l)" = 2 ]
	[ -z "$(find is -path '*bare*' -o -name '*cmd*' -o -path '*keys*')" ]
	run ! grep -rq AGE-SECRET is
	# What is gone is a gap; the rest is there.
	rm "$(find "$D/media/stills" -type f | head -1)"
	find "$D/media/footage" -name '*.age' -delete
	run -1 nvr-export account ann@example.org --include stills,footage -o y.tar.gz
	unpack y.tar.gz
	[ "$(find is/stills -name '*.jpg' | wc -l)" = 1 ]
	[ "$(jq '.gaps | length' is/MANIFEST.json)" -ge 3 ]
}

@test "N20: sealed pictures come as they lie, with the key that opens them" {
	people
	run -0 nvr-export account ann@example.org --include stills,footage \
	    --sealed -o x.tar.gz
	unpack x.tar.gz
	for f in is/stills/gate-*/*.age is/footage/gate-*/*.age; do
		age -d -i is/keys/gate-*.txt "$f" >plain
		ffprobe -v error plain
	done
	[ "$(ls is/keys | wc -l)" = 1 ]
	# A key that opens another's pictures, too, stays here.
	nvr-camera -q set gate --site bob
	run -1 nvr-export account ann@example.org --include footage --sealed -o y.tar.gz
	has "keys/gate-"
	has "opens another account's pictures"
	unpack y.tar.gz
	[ -z "$(ls is/keys/gate-* 2>/dev/null)" ]
}

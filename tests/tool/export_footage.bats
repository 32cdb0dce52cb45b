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
	local odd=$!
	record bare.conf bare --duration 2500ms >bare.log 2>&1 &
	local bare=$!
	record nvr.conf gate --duration 3s >one.log 2>&1
	sleep 1.2 & # the hole
	local hole=$!
	for p in ann bob; do # a password takes 250 ms
		nvr-account -q create $p@example.org --name $p --adult --verified
		nvr-account -q site add $p@example.org $p --jurisdiction DE
	done >/dev/null
	wait $hole
	record nvr.conf gate --duration 2s >two.log 2>&1
	wait $odd $bare
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
	local when=(--since 1h --until "$after")
	[ "${1-}" != --since ] || when=()
	nvr-export footage --camera gate "${when[@]}" \
	    -o x.tar.gz "$@" 2>err || code=$?
	cat err
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
	[ "$(wc -l <cmds)" = 9 ]
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
		2 | 7) has 'Good "nvr-' ;;
		3) hasnt FAILED && has 'README.html: OK' ;;
		4 | 5) [ -z "$output" ] ;;
		6) [ "$(wc -l <<<"$output")" = 2 ] ;;
		8) hasnt FAILED && has 'mp4.age: OK' ;;
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
	# So is what was put beside it, whatever its name.
	rm originals/*.mp4
	run sh -c "$(sed -n 4p ../cmds)"
	[ -z "$output" ]
	cp "$(ls clips/*.mp4 | head -1)" clips/fake.mp4
	mkdir $'README.html\n.'
	echo fake >$'README.html\n./SIGNER'
	ln -s SIGNER data/'z z'
	run sh -c "$(sed -n 4p ../cmds)"
	[ "$output" = $'./README.html?./SIGNER\n./clips/fake.mp4\n./data/z z' ]
	# A change anywhere is found.
	printf x | dd of="$(ls clips/*.mp4 | head -1)" bs=1 seek=5000 conv=notrunc 2>/dev/null
	run ! sh -c "$(sed -n 3p ../cmds)"
}

@test "the page names what is there, and clips.jsonl what is shown and recorded" {
	run -1 evidence
	(cd is && find data -type f | sort) >there
	python3 - >named <<-'EOF'
	import re
	t = open('is/README.html').read()
	t = t[t.index('>Files<'):t.index('What is missing')]
	for m in re.findall(r'>(data/[^<]*)<', t):
	    first = None
	    for f in m.split(', '):
	        f = f.removeprefix('data/')
	        f = first.rsplit('.', 1)[0] + f if f[0] == '.' else f
	        first = f
	        print('data/' + f)
	EOF
	diff <(sort named) there
	jq -e '.path[6:24] == (.start_at | gsub("[-:]"; "")[:18]) and
	    .recorded_from <= .end_at and .recorded_until >= .start_at' is/data/clips.jsonl
}

@test "clips show what was recorded, by nvr-clip's own copy" {
	run -1 evidence
	[ "$(ls is/clips | wc -l)" = 2 ]
	first=$(jq -rs '.[0].start_at' is/data/clips.jsonl)
	end=$(jq -rs '.[1].start_at' is/data/gaps.jsonl)
	[ "$(jq -rs 'length' is/data/gaps.jsonl)" = 2 ]
	nvr-clip gate --since "$first" --until "$end" -o clip.mp4 2>/dev/null || [ $? = 1 ]
	f=$(jq -rs '.[0].path' is/data/clips.jsonl)
	[ "$("$root/tests/camera/counter" "is/$f" | md5sum)" = "$("$root/tests/camera/counter" clip.mp4 | md5sum)" ]
}

@test "a gap is named, with its reason, and the rest delivered" {
	run -1 evidence
	why='nothing is kept: it was not recorded, or was deleted since'
	grep -q "$why" err
	[ "$(jq -rs '.[1].reason' is/data/gaps.jsonl)" = "$why; recording went on because of: start" ]
	jq -e '.gaps | length == 2' is/MANIFEST.json
	grep -q "$why; recording went on" is/README.html
}

@test "what is not there ahead of the first footage is a gap" {
	nvr-record list gate --since 1h --json >list || true
	end=$(jq -rs 'map(select(.what == "gap"))[0].start_at' list)
	first=$(jq -rs '.[0].start_at' list)
	run -1 evidence --since "$(date -u -d "$first - 90 seconds" +%FT%TZ)" --until "$end"
	[ "$(jq -rs '[.[].end_at] | join(" ")' is/data/gaps.jsonl)" = "$first" ]
	run ! grep -q 'no gaps' is/README.html
	# What retention took of a run is not said to have never been recorded.
	sql "DELETE FROM segment WHERE id = (SELECT s.id FROM segment s JOIN
	    camera c ON c.id = camera_id WHERE name = 'gate' ORDER BY start_at)"
	run -1 evidence --since "$first" --until "$end"
	has "it was recorded, and was deleted or lost since"
	[ "$(jq -rs '[.[].start_at] | join(" ")' is/data/gaps.jsonl)" = "$first" ]
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
	flip "${files[1]}" 60000
	mapfile -t seg < <(sql "SELECT printf('%d %d', s.start_at, s.end_at)
	    FROM segment s JOIN camera c ON c.id = camera_id AND c.name = 'gate'
	    ORDER BY start_at")
	run -1 evidence --originals
	grep -q 'its file is not there' err
	grep -q 'its SHA-256 is another' err
	run jq -rs '[.[].verdict] | join(" ")' is/data/segments.jsonl
	[ "$output" = "missing changed$(printf ' same%.0s' $(seq $((${#files[@]} - 2))))" ]
	# Each stretch that is lost is told once, in its place.
	run ! grep -rqF "$D" is err
	jq -r '[(.start_at, .end_at) | sub("\\.[0-9]*Z"; "Z") | fromdate] as $t |
	    "\($t[0]) \($t[1]) \(.reason)"' is/data/gaps.jsonl >gaps
	cat gaps err is/data/clips.jsonl
	[ "$(grep -c "^$((${seg[0]% *} / 1000000)) $((${seg[0]#* } / 1000000)) .*is not there" gaps)" = 1 ]
	[ "$(grep -c "$((${seg[1]#* } / 1000000)) .*its file is damaged" gaps)" = 1 ]
	[ "$(grep -c 'is not there' err)" = 1 ]
	run ! grep 'is left out' err
	[ "$(jq -r .start_at is/data/gaps.jsonl)" = "$(jq -r .start_at is/data/gaps.jsonl | sort)" ]
	# The page's own command finds it, and the rest is there.
	run sh -c "cd is && $(commands | sed -n 5p)"
	[ "$(wc -l <<<"$output")" = 2 ]
	[ "$(ls is/originals/*.age | wc -l)" = $((${#files[@]} - 1)) ]
	ls is/clips/*.mp4
}

flip() { # FILE BYTE
	local was
	was=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1)
	printf "\\x$(printf %02x $((was ^ 1)))" |
	    dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

@test "of a segment that is damaged in part, what is not in the clip is the gap" {
	bare=$(nvr-camera show bare --json | jq -r .id)
	f=$(find "$D/media/footage/$bare" -name '*.mp4' | sort | head -1)
	at=$(grep -abo traf "$f" | tail -1 | cut -d: -f1)
	printf 'XXXXXXXX' | dd of="$f" bs=1 seek=$((at - 4)) conv=notrunc 2>/dev/null
	run -1 nvr-export footage --camera bare --since 1h --until "$after" -o x.tar.gz
	echo "$output" >err
	mkdir is && tar -xzf x.tar.gz -C is
	start=$(jq -rs '.[0].start_at' is/data/segments.jsonl)
	end=$(jq -rs '.[0].end_at' is/data/segments.jsonl)
	jq -rs --arg s "$start" --arg e "$end" '.[1] | .start_at > $s and
	    .end_at == $e and (.reason | contains("file is damaged"))' is/data/gaps.jsonl >got
	cat err is/data/gaps.jsonl is/data/clips.jsonl
	[ "$(cat got)" = true ]
	[ "$(jq -rs '.[0].start_at' is/data/clips.jsonl)" = "$start" ]
	run ! grep -e 'left out' -e clips/ err
	# Of one that was cut short, that it was.
	truncate -s -2000 "$f"
	run -1 nvr-export footage --camera bare --since 1h --until "$after" -o y.tar.gz
	has "to $end: its file was cut short"
}

@test "nothing recorded is a gap, and an archive all the same" {
	run -1 nvr-export footage --camera gate --since 2020-01-01 --until 2020-01-02 -o x.tar.gz
	has "nothing is kept: it was not recorded, or was deleted since"
	run -0 tar -xzOf x.tar.gz data/gaps.jsonl
	[ "$(jq -r .duration_ms <<<"$output")" = 86400000 ]
	run -0 tar -tzf x.tar.gz
	has README.html
	has data/clips.jsonl
	has data/segments.jsonl
	hasnt clips/
}

@test "footage without a seal is copied as it is, and needs no key" {
	run nvr-export footage --camera bare --since 1h --until "$after" \
	    --originals -o x.tar.gz
	mkdir is && tar -xzf x.tar.gz -C is
	f=$(ls is/originals/*.mp4)
	ffprobe -v error "$(head -1 <<<"$f")"
	[ -z "$(find is -name '*.header')" ]
	run sh -c "cd is && $(commands | sed -n 8p)"
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

@test "C21: evidence of a camera of somebody has its runs, holds and accesses, and an audit from before" {
	nvr-record list gate --since 1h --json >list || true
	nvr-snap --at "$(jq -rs '.[1].start_at' list)" gate >still.jpg
	nvr-audit -q still.jpg >/dev/null || [ $? = 1 ]
	before=$(sql "SELECT COUNT(*) FROM audit a JOIN camera c ON c.id = camera_id
	    AND c.name = 'gate' AND a.account_id = 0")
	people
	nvr-record hold gate --since 1h --until "$after" --why 'case 12'
	sql "INSERT INTO event (id, account_id, camera_id, stream, at, kind)
	    SELECT 7, 0, id, 'main', (SELECT MIN(start_at) FROM segment s
	    WHERE s.camera_id = camera.id), 'lost' FROM camera WHERE name = 'gate'"
	sql "INSERT INTO event (id, account_id, camera_id, stream, at, kind)
	    SELECT 8, 99, camera_id, 'main', at, 'alien' FROM event WHERE id = 7"
	run -1 evidence
	run -1 evidence --since 1h
	[ "$(jq -rs length is/data/run.jsonl)" = 2 ]
	grep -q '"lost"' is/data/event.jsonl
	run ! grep -q alien is/data/event.jsonl
	[ "$(jq -r .why is/data/hold.jsonl)" = 'case 12' ]
	[ "$(jq -rs 'map(select(.action == "export")) | length' is/data/access.jsonl)" = 1 ]
	[ "$before" = 1 ]
	[ "$(jq -rs length is/data/audit.jsonl)" = 3 ]
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
	brightest iw/2:ih:0:0 >left
	[ "$(sort -n left | tail -n 1)" -le 16 ]
	[ "$(brightest iw/2:ih:iw/2:0 | sort -n | head -1)" -gt 100 ]
	[ "$(wc -l <left)" = "$(jq -s 'map(.frames) | add' is/data/clips.jsonl)" ]
	ffprobe -v error -select_streams a -show_entries stream=codec_name \
	    -of csv=p=0 "$(ls is/clips/*.mp4 | head -1)" | grep -q aac
}

@test "a painter that crashes, hangs or says nonsense loses its clip alone" {
	mkdir bin
	cp "$NVR_BUILD/nvr-export" bin/
	for end in 'kill -SEGV $$' 'exit 200' 'echo x >&3; exit 0' \
	    'head -c 200000 /dev/zero >&2; exit 65' 'exec 3>&-; exit 1'; do
		printf '#!/bin/sh\n%s\n' "$end" >bin/nvr-mask
		chmod +x bin/nvr-mask
		run -1 bin/nvr-export -d "$D" footage --camera gate --since 1h \
		    --mask-area '0,0 9,0 9,9' -o x.tar.gz
		has 'there is no clip of it'
		run -0 nvr-export verify -q x.tar.gz
		tar -xzf x.tar.gz data/segments.csv
		rm x.tar.gz
	done
	rm bin/nvr-mask
	run -69 bin/nvr-export -d "$D" footage --camera gate --since 1h \
	    --mask-area '0,0 9,0 9,9' -o x.tar.gz
	has nvr-mask
	printf '#!/bin/sh\necho $$ >pid\nexec sleep 300\n' >bin/nvr-mask
	chmod +x bin/nvr-mask
	bin/nvr-export -d "$D" footage --camera gate --since 1h \
	    --mask-area '0,0 9,0 9,9' -o x.tar.gz 3>&- &
	pid=$!
	for _ in $(seq 100); do [ -s pid ] && break; sleep 0.1; done
	kill "$pid"
	wait "$pid" || true
	for _ in $(seq 50); do kill -0 "$(cat pid)" 2>/dev/null || break; sleep 0.1; done
	run ! kill -0 "$(cat pid)"
	ls >left
	run ! grep 'x.tar' left
}

@test "a sector that cannot be read is a gap, and the rest is delivered" {
	[ -z "${NVR_SANITIZED:-}" ] || skip 'strace and a sanitizer do not go together'
	f=$(find "$D/media/footage" -size +20k -name '*.age' | sort | head -n 1)
	run -1 strace -f -qq -o /dev/null -e trace=pread64 -P "$f" \
	    -e inject=pread64:error=EIO "$NVR_BUILD/nvr-export" -d "$D" \
	    footage --camera gate --since 1h -o x.tar.gz
	run -1 strace -f -qq -o /dev/null -e trace=pread64 -P "$f" \
	    -e inject=pread64:error=EIO "$NVR_BUILD/nvr-export" -d "$D" \
	    footage --camera gate --since 1h --originals -o y.tar.gz
	for a in x y; do
		run -0 nvr-export verify -q $a.tar.gz
		[ "$(tar -xzOf $a.tar.gz data/segments.csv | grep -c ,unreadable,)" = 1 ]
		[ "$(tar -xzOf $a.tar.gz data/segments.csv | grep -c ,same,)" -ge 1 ]
	done
}

@test "N20: footage of a restricted account only for a claim that is named" {
	nvr-camera -q set gate --site ann
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

# ann, an account, has gate, with two kept stills; bare is bob's.
people() {
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
	run -64 nvr-camera -q set gate --site bob
	sql "UPDATE still SET account_id = (SELECT account_id FROM camera WHERE name = 'bare')"
	run -1 nvr-export account ann@example.org --include footage --sealed -o y.tar.gz
	has "keys/gate-"
	has "opens another account's pictures"
	unpack y.tar.gz
	[ -z "$(ls is/keys/gate-* 2>/dev/null)" ]
}

@test "a file that is not what was recorded is named, sealed as it may be" {
	people
	for f in "$(find "$D/media/footage" -name '*.age' -size +9k | grep "$(nvr-camera show --json gate | jq -r .id)" | sort | head -1)" \
	    "$(find "$D/media/stills" -type f | head -1)"; do
		printf x | dd of="$f" bs=1 seek=600 conv=notrunc 2>/dev/null
	done
	run -1 nvr-export account ann@example.org --include stills,footage \
	    --sealed -o x.tar.gz
	has "it is not what was recorded"
	unpack x.tar.gz
	[ "$(jq -r '.gaps[].what' is/MANIFEST.json | cut -d/ -f1 | sort | xargs)" = "footage stills" ]
	while read -r what; do
		[ -s "is/$what" ]
		grep -qF "$what" is/README.html
	done < <(jq -r '.gaps[].what' is/MANIFEST.json)
	[ "$(tar -tvzf x.tar.gz | grep ' keys/' | cut -c1-10 | sort -u)" = -rw------- ]
	[ "$(tar -tvzf x.tar.gz | grep -v ' keys/' | cut -c1-10 | sort -u)" = -rw-r--r-- ]
}

@test "a camera that is another's by now is told by its id, and one that is gone is a gap" {
	people
	sql "UPDATE segment SET account_id = (SELECT account_id FROM camera WHERE name = 'gate')
	    WHERE camera_id = (SELECT id FROM camera WHERE name = 'gate');
	UPDATE camera SET name = 'bobs-secret', account_id =
	    (SELECT account_id FROM camera WHERE name = 'bare') WHERE name = 'gate'"
	for how in '' --sealed; do
		# shellcheck disable=SC2086
		run nvr-export account ann@example.org --include stills,footage $how -o x.tar.gz
		unpack x.tar.gz
		[ -n "$(find is/footage is/stills -type f | head -1)" ]
		[ -z "$(find is -name '*secret*')" ]
		run ! grep -rqa bobs-secret is
	done
	sql "DELETE FROM camera WHERE name = 'bobs-secret'"
	run -1 nvr-export account ann@example.org --include stills,footage -o x.tar.gz
	has "its camera is gone"
	run -1 nvr-export account ann@example.org --include stills,footage --sealed -o x.tar.gz
}

@test "whoever reads slowly keeps nobody from tidying up the store" {
	people
	mkfifo slow
	for verb in 'account ann@example.org --include footage --sealed' \
	    'footage --camera gate --since 1h'; do
		# shellcheck disable=SC2086
		nvr-export -q $verb -o - >slow 2>/dev/null 3>&- 4>&- &
		exec 4<slow
		head -c 1000 <&4 >/dev/null
		sleep 0.7
		nvr-camera -q set bare --zone "$verb"
		[ "$(sql 'PRAGMA wal_checkpoint(TRUNCATE)')" = '0|0|0' ]
		kill -0 $! # it waits
		[ "$(cat <&4 | wc -c)" -gt 70000 ]
		exec 4<&-
		wait $! || [ $? = 1 ]
	done
}

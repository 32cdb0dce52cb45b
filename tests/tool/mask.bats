#!/usr/bin/env bats
# nvr-mask: areas of a clip painted over.

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	ffmpeg -v error -f lavfi -i testsrc2=s=322x242:r=25:d=2 -f lavfi \
	    -i sine=r=16000:d=2 -c:v libx264 -g 25 -pix_fmt yuv420p -c:a aac \
	    -shortest -movflags +faststart film.mp4
}

setup() {
	load ../lib/helpers.bash
	cd "$BATS_TEST_TMPDIR" || return
	film=$BATS_FILE_TMPDIR/film.mp4
	left='0,0 50,0 50,100 0,100'
}

brightest() { # FILE CROP: of each frame
	ffmpeg -v error -i "$1" -vf "crop=$2,signalstats,metadata=print:key=lavfi.signalstats.YMAX:file=-" \
	    -f null - | sed -n 's/.*YMAX=//p'
}

packets() { # FILE: of its sound
	ffmpeg -v error -i "$1" -map a -c copy -f adts - | sha256sum
}

@test "every frame is painted over, the rest is seen, and sound is as it was" {
	run -0 nvr-mask --json --area "$left" -o out.mp4 "$film"
	[ "$(jq -c '[.frames, .frames_lost]' <<<"$output")" = '[50,0]' ]
	[ "$(jq .size_bytes <<<"$output")" = "$(stat -c %s out.mp4)" ]
	[ "$(stat -c %a out.mp4)" = 600 ]
	brightest out.mp4 iw/2:ih:0:0 >dark
	[ "$(wc -l <dark)" = 50 ]
	[ "$(sort -n dark | tail -n 1)" -le 16 ]
	[ "$(brightest out.mp4 iw/2-2:ih:iw/2+2:0 | sort -n | head -1)" -gt 100 ]
	[ "$(packets out.mp4)" = "$(packets "$film")" ]
}

times() { # FILE STREAM: of its packets, to the millisecond
	ffprobe -v error -select_streams "$2" -show_entries packet=pts_time \
	    -of csv=p=0 "$1" | tr -d , | awk 'NF { printf "%.2f\n", $1 }' | sort -n
}

@test "pictures and sound keep their times, however few there are" {
	ffmpeg -v error -f lavfi -i testsrc2=s=321x241:r=1:d=30 -f lavfi \
	    -i sine=r=16000:d=30 -c:v libx264 -g 5 -bf 2 -pix_fmt yuv420p \
	    -c:a aac -shortest -movflags +faststart slow.mp4
	ffmpeg -v error -i "$film" -c:v libx265 -x265-params log-level=none \
	    -bf 3 -c:a copy -movflags +faststart hevc.mp4
	for f in "$film" slow.mp4 hevc.mp4; do
		nvr-mask --area "$left" -o out.mp4 "$f"
		diff <(times "$f" v) <(times out.mp4 v)
		diff <(times "$f" a | head -n 20) <(times out.mp4 a | head -n 20)
	done
}

@test "the range of brightness stays what it is" {
	for range in tv pc; do
		ffmpeg -v error -i "$film" -an -vf "scale=out_range=$range" \
		    -color_range $range -c:v libx264 -pix_fmt yuv420p -y in.mp4
		nvr-mask --area "$left" -o out.mp4 in.mp4
		range() {
			ffprobe -v error -show_entries stream=color_range \
			    -of csv=p=0 "$1"
		}
		[ "$(range out.mp4)" = "$(range in.mp4)" ]
		was=$(brightest in.mp4 iw/2-8:ih:iw/2+8:0 | head -n 1)
		is=$(brightest out.mp4 iw/2-8:ih:iw/2+8:0 | head -n 1)
		[ $((was - is)) -lt 6 ] && [ $((is - was)) -lt 6 ]
	done
}

@test "a clip that was cut off is not whole" {
	size=$(stat -c %s "$film")
	head -c $((size / 2)) "$film" >cut.mp4
	run -1 nvr-mask --json --area "$left" -o out.mp4 cut.mp4
	has 'are left out'
	[ "$(jq -n --argjson r "$(tail -n 1 <<<"$output")" \
	    '$r.frames + $r.frames_lost')" = 50 ]
}

@test "a pipe and a file, one area and two, give the same bytes" {
	nvr-mask --area "$left" "$film" >one.mp4
	nvr-mask --area "$left" - <"$film" | cat >two.mp4
	nvr-mask --area '0,0 50,0 50,50 0,50' --area '0,50 50,50 50,100 0,100' \
	    <"$film" >three.mp4
	cmp one.mp4 two.mp4
	cmp one.mp4 three.mp4
}

@test "what is no clip is refused by name, and nothing is left" {
	echo text >text.mp4
	run -65 nvr-mask --area "$left" -o out.mp4 text.mp4
	has "'text.mp4'"
	run -65 nvr-mask --area "$left" -o out.mp4 <text.mp4
	has standard
	ffmpeg -v error -i "$film" -vn -c copy sound.mp4
	run -65 nvr-mask --area "$left" -o out.mp4 sound.mp4
	has "no picture"
	ffmpeg -v error -i "$film" -c copy late.mp4 # its index is at the end
	run -65 sh -c 'cat late.mp4 | nvr-mask --area "$1" -o out.mp4' sh "$left"
	nvr-mask --area "$left" -o out.mp4 late.mp4
	rm out.mp4
	run -66 nvr-mask --area "$left" -o out.mp4 none.mp4
	has none.mp4
	run -64 nvr-mask -o out.mp4 "$film"
	has --area
	run -64 nvr-mask --area 1,2 -o out.mp4 "$film"
	has --area
	run -64 nvr-mask --area '' -o out.mp4 "$film"
	run -64 nvr-mask --area "$left" --json "$film"
	run -64 nvr-mask --area "$left" "$film" "$film"
	[ "$(ls)" = "$(printf '%s\n' late.mp4 sound.mp4 text.mp4)" ]
}

@test "pictures that cannot be decoded are left out, and told" {
	cp "$film" broken.mp4
	python3 - <<-'EOF'
	b = bytearray(open('broken.mp4', 'rb').read())
	for i in range(len(b) - 9000, len(b) - 2000):
	    b[i] = 0xff
	open('broken.mp4', 'wb').write(b)
	EOF
	run -1 nvr-mask --area "$left" -o out.mp4 broken.mp4
	has "are left out"
	[ "$(brightest out.mp4 iw/2:ih:0:0 | sort -n | tail -n 1)" -le 16 ]
}

@test "a full disk leaves nothing, and a reader that leaves ends it quietly" {
	run -74 nvr-mask --area "$left" -o /dev/full "$film"
	{ nvr-mask --area "$left" "$film" 2>err || echo $? >code; } | head -c 100 >/dev/null
	[ "$(cat code)" = 1 ]
	[ ! -s err ]
}

@test "it opens no store, and reads no key" {
	[ -z "${NVR_SANITIZED:-}" ] || skip 'strace and a sanitizer do not go together'
	run -0 strace -f -e trace=%file -o files nvr-mask --area "$left" \
	    -o out.mp4 "$film"
	run ! grep -E 'nvr\.db|keys/|\.nvr' files
}

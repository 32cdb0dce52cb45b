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

@test "a pipe and a file, one area and two, give the same bytes" {
	nvr-mask --area "$left" "$film" >one.mp4
	nvr-mask --area "$left" - <"$film" | cat >two.mp4
	nvr-mask --area '0,0 50,0 50,50 0,50' --area '0,50 50,50 50,100 0,100' \
	    <"$film" >three.mp4
	cmp one.mp4 two.mp4
	brightest three.mp4 iw/2:ih:0:0 | sort -n | tail -n 1 >most
	[ "$(cat most)" -le 16 ]
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

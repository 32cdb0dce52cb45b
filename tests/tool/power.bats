#!/usr/bin/env bats
# The layer that simulates power loss, which other tests stand upon.

setup() {
	load ../lib/helpers.bash
	[ -z "$sanitized" ] || skip "the sanitizers want to be loaded first"
	out=$BATS_TEST_TMPDIR/out
	mkdir "$power_root"
	cd "$power_root" || return
}

# Python CODE under the layer; m(TEXT) marks.
py() {
	power_run /usr/bin/python3 -IS -c "
import os, sys
def m(text): os.access('/nvr-power-mark/' + text, 0)
def make(name, flags=os.O_CREAT | os.O_RDWR): return os.open(name, flags, 0o644)
def sync(name='.'): d = os.open(name, 0); os.fsync(d); os.close(d)
$1"
}

at() { # MARK: its number
	power points "$power_log" | awk -F '\t' -v m="mark $1" '$3 == m { print $1 }'
}

holds() { # FILE, TEXT
	[ "$(cat "$out/$1")" = "$2" ] || {
		echo "$1 holds '$(cat "$out/$1")'"
		return 1
	}
}

@test "what was flushed stays, what was not is gone" {
	py "
f = make('a'); os.write(f, b'kept'); os.fsync(f); sync()
os.write(f, b' lost'); os.pwrite(f, b'K', 0); m('end')"
	power_at "$(at end)" "$out"
	holds a kept
	[ "$(cat "$power_root/a")" = "Kept lost" ]
}

@test "fdatasync keeps the data and the size of its time" {
	py "
f = make('a'); sync()
os.write(f, b'one'); os.fdatasync(f); m('synced')
os.write(f, b'two'); m('appended'); os.ftruncate(f, 1); m('cut')
os.fdatasync(f); m('flushed')"
	for mark in synced appended cut; do
		power_at "$(at $mark)" "$out"
		holds a one
	done
	power_at "$(at flushed)" "$out"
	holds a o
}

@test "a flush takes effect when it is done" {
	py "
f = make('a'); sync(); os.fsync(f)
os.write(f, b'1'); m('written'); os.fdatasync(f); m('flushed')"
	power_at "$(at written)" "$out"
	holds a ""
	power_at "$(($(at flushed) - 2))" "$out"
	holds a ""
	power_at "$(at flushed)" "$out"
	holds a 1
}

# Straight at the model: what a slow flush or a truncate leaves.
model() {
	/usr/bin/python3 -ISB -c "
import random, sys
sys.path.insert(0, '$root/tests/lib')
from power_disk import File
def file(data, *ops):
    f = File(0o100644)
    f.data = bytearray(data)
    f.pending = [(10 * i, 0) + op for i, op in enumerate(ops)]
    return f
$1"
}

@test "what is written while a flush lasts is not in it" {
	model "
f = file(b'', ('W', 0, b'a'), ('W', 1, b'b'))
f.flush(5)
assert f.data == b'a' and len(f.pending) == 1"
}

@test "random: what a truncate cut off does not come back" {
	model "
seen = set()
for seed in range(200):
    f = file(b'k' * 12288, ('W', 0, b'n' * 8192), ('T', 100, None),
	('T', 12288, None))
    f.tear(random.Random(seed), 4096)
    seen.add(len(f.data))
    cut = f.data[100:]
    assert 0 not in cut or not any(cut), seed
    assert 0 not in f.data[:100]
assert seen == {100, 12288}"
}

@test "a new name needs a flush of its folder, but on ext4" {
	py "
f = make('a'); os.write(f, b'x'); os.fsync(f); m('file'); sync(); m('folder')
os.mkdir('d'); f = make('d/b'); os.fsync(f); sync('d'); m('inner')
f = make('c'); os.write(f, b'y'); sync(); m('empty')"
	power_at "$(at file)" "$out"
	[ ! -e "$out/a" ]
	power_at "$(at file)" "$out" drop --ext4
	holds a x
	power_at "$(at folder)" "$out"
	holds a x
	power_at "$(at inner)" "$out"
	[ ! -e "$out/d" ]
	power_at "$(at inner)" "$out" drop --ext4
	[ -e "$out/d/b" ]
	power_at "$(at empty)" "$out"
	[ -e "$out/c" ] && [ ! -s "$out/c" ]
}

@test "a rename without a flush of the folder is undone" {
	echo old >b
	py "
f = make('a'); os.write(f, b'new'); os.fsync(f); sync()
os.rename('a', 'b'); m('renamed'); sync(); m('synced')
os.unlink('b'); m('removed')"
	power_at "$(at renamed)" "$out"
	holds a new
	holds b old
	power_at "$(at synced)" "$out"
	[ ! -e "$out/a" ]
	holds b new
	power_at "$(at removed)" "$out"
	holds b new
}

@test "a file that moves to another folder is never lost" {
	mkdir d
	echo x >a
	py "
os.rename('a', 'd/a'); m('moved'); sync(); m('old')"
	power_at "$(at moved)" "$out"
	holds a x
	[ ! -e "$out/d/a" ]
	power_at "$(at old)" "$out"
	holds d/a x
	[ ! -e "$out/a" ]
	for seed in 1 2 3 4 5 6 7 8; do
		power_at "$(at moved)" "$out" random --seed $seed
		[ "$(cat "$out/a" "$out/d/a" 2>/dev/null)" = x ]
	done
}

@test "a nameless file gets its name, flushed or not" {
	py "
f = make('.', os.O_TMPFILE | os.O_RDWR)
os.write(f, b'x'); os.fchmod(f, 0o400); os.fsync(f)
os.link('/proc/self/fd/%d' % f, 'a', src_dir_fd=0, follow_symlinks=True)
m('linked'); sync(); m('synced')"
	power_at "$(at linked)" "$out"
	[ ! -e "$out/a" ]
	power_at "$(at synced)" "$out"
	holds a x
	[ "$(stat -c %a "$out/a")" = 400 ]
}

@test "an inode that is used again is another file" {
	py "
f = make('a'); os.write(f, b'old'); os.fsync(f); sync(); os.close(f)
for i in range(20):
    os.unlink('a'); f = make('a'); os.write(f, b'new'); os.close(f)
m('end')"
	power_at "$(at end)" "$out"
	holds a old
}

@test "every way to write is seen, from children and by copies too" {
	head -c 100000 /dev/urandom >src
	py "
f = make('a'); os.writev(f, [b'ab', b'cd']); os.pwritev(f, [b'X', b'Y'], 6)
g = os.dup(f); os.write(g, b'!'); os.posix_fallocate(f, 0, 50)
s = os.open('src', 0); os.sendfile(f, s, 0, 70000)
os.copy_file_range(s, f, 10000, 5, 100000)
r, w = os.pipe(); os.write(w, b'pipe'); os.splice(r, f, 4, offset_dst=3)
if os.fork() == 0: os.write(f, b'child'); os._exit(0)
os.wait(); os.truncate('a', 90000); os.truncate('a', 95000)
o = os.open('a', os.O_WRONLY | os.O_APPEND); os.write(o, b'end')
os.pwrite(o, b'more', 0); os.symlink('a', 's'); os.link('a', 'h')
d = os.open('a', os.O_WRONLY | os.O_DSYNC); os.write(d, b'at once'); m('end')
os.system('mkdir -p x/y; mv x z; cp -r z w; cp a w/y; rm -r z; sync w')"
	power_at "$(power points "$power_log" | tail -n 1 | cut -f1)" "$out" random
	power_at "$(at end)" "$out" drop --ext4
	head -c 7 "$out/a" | grep -q 'at once'
}

@test "what the log missed is found" {
	power_begin
	echo x >unseen
	run -1 power_check
	has "unseen' is there"
	power_begin
	power_exec dash -c 'echo seen >a'
	echo y >>a
	run -1 power_check
	has "a' has other bytes"
}

@test "random: pages survive alone, names in their order" {
	py "
f = make('a'); sync()
for i in range(8): os.pwrite(f, bytes([65 + i]) * 4096, i * 4096)
for i in range(4): make('n%d' % i)
m('end')"
	n=$(at end)
	for seed in $(seq 12); do
		power_at "$n" "$out" random --seed "$seed"
		# A later name is not there without those before it.
		[ ! -e "$out/n3" ] || [ -e "$out/n0" ]
		pages=$(tr '\0' . <"$out/a" | fold -w 4096 | cut -c1)
		echo "${pages//$'\n'/}" | grep -xE '[A.]?[B.]?[C.]?[D.]?[E.]?[F.]?[G.]?[H.]?'
		(cd "$out" && find . -name 'n?' | wc -l)
	done >"$BATS_TEST_TMPDIR/seen"
	grep -q '[A-H]\.' "$BATS_TEST_TMPDIR/seen"
	grep -q '\.[A-H]' "$BATS_TEST_TMPDIR/seen"
	[ "$(sort -u "$BATS_TEST_TMPDIR/seen" | grep -c '^[0-4]$')" -gt 2 ]
	power_at "$n" "$out" random --seed 3
	before=$(cd "$out" && cat ./* | sha256sum)
	power_at "$n" "$out" random --seed 3
	[ "$before" = "$(cd "$out" && cat ./* | sha256sum)" ]
}

@test "random: what a flush covered is there, whatever else is" {
	py "
f = make('a'); os.write(f, b'k' * 6000); os.fsync(f); sync()
os.ftruncate(f, 9000); os.pwrite(f, b'n' * 5000, 6000); os.ftruncate(f, 7000)
m('end')"
	power_try "$out" --points all --mode random --unit 512 -- \
	    sh -c '[ "$NVR_POWER_AT" -lt 4 ] ||
		[ "$(head -c 6000 "$0/a" | tr -d k | wc -c)" = 0 ]' "$out"
}

# A database in WAL mode: a row, a commit, a mark that says so.
sqlite_rows() { # SYNCHRONOUS
	py "
import sqlite3
c = sqlite3.connect('db', isolation_level=None)
c.execute('PRAGMA journal_mode = WAL')
c.execute('PRAGMA wal_autocheckpoint = 20')
c.execute('PRAGMA synchronous = $1')
c.execute('CREATE TABLE t (n INTEGER PRIMARY KEY, x)')
for n in range(120):
    c.execute('BEGIN'); c.execute('INSERT INTO t VALUES (?, ?)', (n, 'x' * 900))
    if n % 10 == 9: c.execute('DELETE FROM t WHERE n = ?', (n - 5,))
    c.execute('COMMIT'); m('%d' % n)"
}

# Sound, and the rows that were promised are there.
sqlite_holds='
	[ -s "$0/db" ] || { ! grep -q . "$NVR_POWER_MARKS"; exit; }
	last=$(tail -n 1 "$NVR_POWER_MARKS")
	set -- $(sqlite3 -separator " " "$0/db" "PRAGMA integrity_check;
		SELECT MAX(n), COUNT(*) - MAX(n) - 1 + (MAX(n) + 1) / 10 FROM t")
	[ "$1" = ok ] || exit 1
	[ -z "$last" ] || { [ "${2:--1}" -ge "$last" ] && [ "$3" = 0 ]; }'

@test "SQLite keeps its promise with synchronous=FULL" {
	sqlite_rows FULL
	for mode in drop random; do
		run -0 power_try "$out" --points 100 --mode $mode -- \
		    sh -c "$sqlite_holds" "$out"
		has "100 points, 0 failed"
	done
}

@test "SQLite loses rows with synchronous=OFF" {
	sqlite_rows OFF
	run -1 power_try "$out" --points 50 --keep-going -- \
	    sh -c "$sqlite_holds" "$out"
	hasnt " 0 failed"
}

# Whatever there is, init completes, and then all is well.
store_holds='
	nvr-store -d "$0/store" init >/dev/null && nvr-store -d "$0/store" check \
	    && { ! grep -q added "$NVR_POWER_MARKS" ||
		nvr-camera -d "$0/store" show gate; }'

make_store() {
	power_begin
	power_exec nvr-store -d "$power_root/store" init
	power_mark made
	echo secret | power_exec nvr-camera -d "$power_root/store" add gate \
	    rtsp://192.0.2.7/s --user admin --password-file -
	power_mark added
	power_check
}

@test "a store survives a power cut anywhere in init and add" {
	make_store
	run -0 power_try "$out" --ext4 -- sh -c "$store_holds" "$out"
	run -0 power_try "$out" --ext4 --mode random --points 50 -- \
	    sh -c "$store_holds" "$out"
}

# What was said to be done is done, and what was erased is gone for good.
account_holds='
	nvr-store -q -d "$0/store" init >/dev/null &&
	    nvr-store -d "$0/store" check || exit
	grep -q made "$NVR_POWER_MARKS" || exit 0
	nvr-account -q -d "$0/store" log --verify || exit
	nvr-account -q -d "$0/store" show joe@example.org || exit
	nvr-account -q -d "$0/store" list | grep -q jane
	case $?,$(tail -n 1 "$NVR_POWER_MARKS") in
	0,*erased | 0,*rotated) exit 1 ;;
	1,*made) [ -s "$0/store/keys/erasures" ] ;;
	esac'

@test "N20: a power cut anywhere in an erasure or a rotation of keys loses nothing" {
	power_begin
	power_exec nvr-store -d "$power_root/store" init >/dev/null
	for who in jane joe; do
		power_exec nvr-account -q -d "$power_root/store" create \
		    "$who@example.org" --name "$who" --adult >/dev/null
	done
	power_mark made
	power_exec nvr-account -q -d "$power_root/store" \
	    delete jane@example.org --now --yes-erase
	power_mark erased
	power_exec nvr-store -d "$power_root/store" keys rotate master
	power_exec nvr-store -d "$power_root/store" keys rotate account \
	    joe@example.org
	power_mark rotated
	power_check
	run -0 power_try "$out" --ext4 --points 90 -- \
	    sh -c "$account_holds" "$out"
	run -0 power_try "$out" --ext4 --mode random --points 40 -- \
	    sh -c "$account_holds" "$out"
}

@test "a log of 20 MB is replayed within a second" {
	py "
f = make('a'); sync(); b = os.urandom(8192)
for i in range(2500):
    os.write(f, b)
    if i % 25 == 0: os.fdatasync(f)
m('end')"
	n=$(at end)
	# Processor time, as others are at work too.
	TIMEFORMAT='%3U %3S'
	took=$({ time power_at "$n" "$out"; } 2>&1)
	echo "user, system: $took s"
	awk '{ exit $1 + $2 > 1 }' <<<"$took"
}

#!/usr/bin/env bats
# Archives of nvr-export: stock programs open them, nvr-export verify holds
# them to their manifest, and what fails leaves nothing.
load ../lib/helpers

setup_file() {
	use_store "$BATS_FILE_TMPDIR/store"
	cd "$BATS_FILE_TMPDIR" || return
	(umask 077; echo 'seven green bicycles, uphill' >pw)
	nvr-account create jane@example.org --name Jane --adult --verified \
	    --password-file pw
	nvr-account create joe@example.org --name Joe --adult --verified \
	    --password-file pw
	# Enough rows that an export takes its time.
	sqlite3 "$D/nvr.db" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
	    SELECT i + 1 FROM n WHERE i < 60000)
	    INSERT INTO usage (account_id, day, camera_id, model)
	    SELECT (SELECT MAX(account_id) FROM account), i, i, 'm' FROM n"
	command nvr-export -d "$D" account jane@example.org -o jane.tar.zst
	age-keygen -o id.age 2>/dev/null
}

setup() {
	use_store "$BATS_FILE_TMPDIR/store"
	cd "$BATS_TEST_TMPDIR" || return
	cp "$BATS_FILE_TMPDIR/jane.tar.zst" .
}

teardown() { drop_disk; }

nvr-export() { command nvr-export -d "$D" "$@"; }
verify() { command nvr-export -d /nowhere verify "$@"; }

# change SCRIPT: what is in x, as a tar.gz in the order of `names`.
pack_x() { tar -C x -czf changed.tar.gz -T names; }
unpack_x() {
	rm -rf x && mkdir x
	tar -C x -xf jane.tar.zst
	tar -tf jane.tar.zst >names
}

@test "bsdtar, GNU tar, unzip and Python open an archive, and get the same" {
	for f in tar.zst tar.gz zip; do
		nvr-export account jane@example.org --now 2026-07-01T00:00:00Z -o "a.$f"
		mkdir "by-bsdtar-$f"
		bsdtar -C "by-bsdtar-$f" -xf "a.$f"
		[ "$(stat -c %a "a.$f")" = 600 ]
	done
	mkdir by-tar-zst by-tar-gz by-unzip by-python by-python-zip
	tar -C by-tar-zst -xf a.tar.zst
	tar -C by-tar-gz -xf a.tar.gz
	unzip -q a.zip -d by-unzip
	python3 -c 'import tarfile, zipfile
tarfile.open("a.tar.gz").extractall("by-python")
z = zipfile.ZipFile("a.zip"); assert z.testzip() is None
z.extractall("by-python-zip")'
	# The log has a row more for each export, so the data may differ.
	diff -r by-bsdtar-tar.zst by-tar-zst
	diff -r by-bsdtar-tar.gz by-tar-gz
	diff -r by-tar-gz by-python
	diff -r by-bsdtar-zip by-unzip
	diff -r by-unzip by-python-zip
	[ -z "$(find . -type f -path './by-*' ! -perm 644)" ]
}

@test "ssh-keygen and sha256sum are all it takes to check one" {
	unpack_x
	nvr-export signer >signer
	cmp signer x/SIGNER
	[ "$(jq -r .signer x/MANIFEST.json)" = \
	    "$(cut -d' ' -f3- signer | ssh-keygen -lf - | cut -d' ' -f2)" ]
	cd x
	ssh-keygen -Y verify -f ../signer -I nvr -n nvr-export \
	    -s MANIFEST.json.sig <MANIFEST.json
	jq -r '.files[] | .sha256 + "  " + .path' MANIFEST.json >../sums
	sha256sum --quiet -c ../sums
	[ "$(find . -type f | wc -l)" = $(($(wc -l <../sums) + 3)) ]
	jq -c . MANIFEST.json | json_as export-manifest
	jq -e '.gaps == [] and (.files | length) > 5' MANIFEST.json
	echo >>README.html
	run ! sha256sum --quiet -c ../sums
	sed -i s/jane/joe/ MANIFEST.json; echo >>MANIFEST.json
	run ! ssh-keygen -Y verify -f ../signer -I nvr -n nvr-export \
	    -s MANIFEST.json.sig <MANIFEST.json
}

@test "an archive verifies without the store, from a file and from a pipe" {
	run -0 --separate-stderr verify jane.tar.zst
	[ -z "$output" ]
	[[ $stderr == *"all as its manifest says"*"a key that came with it"* ]]
	run -0 verify - <jane.tar.zst
	nvr-export signer >signer
	run -0 verify --signer signer jane.tar.zst
	has "signed by the key that was given, SHA256:"
	ssh-keygen -q -t ed25519 -N '' -f other
	run -1 verify --signer other.pub jane.tar.zst
	has "MANIFEST.json.sig	was made by SHA256:"
	has "which is not trusted"
	run -64 verify --signer jane.tar.zst jane.tar.zst
	run -66 verify gone.zip
	run -65 verify signer
	has "'signer': the archive is damaged, or none"
	tar -cf plain.tar signer
	run -65 verify plain.tar
	has "there is no MANIFEST.json in it"
}

@test "what was changed, is missing, was added, renamed or moved is named" {
	unpack_x
	pack_x
	run -0 verify changed.tar.gz
	printf X | dd of=x/README.html bs=1 seek=300 conv=notrunc status=none
	pack_x
	run -1 verify changed.tar.gz
	has "finding	README.html	was changed: its SHA-256 is another one"
	unpack_x
	sed -i '/^README.html$/d' names
	pack_x
	run -1 verify changed.tar.gz
	has "finding	README.html	is missing"
	echo x >x/extra
	sed -i '1iextra' names
	pack_x
	run -1 verify changed.tar.gz
	has "finding	extra	was added"
	cp x/README.html x/extra
	pack_x
	run -1 verify changed.tar.gz
	has "finding	README.html	was renamed: it is 'extra'"
	unpack_x
	sed -i '1{h;d};2{G}' names
	pack_x
	run -1 verify changed.tar.gz
	has "is not in its place"
	unpack_x
	(cd x && LC_ALL=C tar -czf ../again.tar.gz -- *)
	run -1 verify again.tar.gz
	has "MANIFEST.json	stands ahead of files that it names"
	has "cannot be read to its end, and nothing behind it: 'data/' in"
	hasnt "is missing"
	tar -C x -czf again.tar.gz .
	run -65 verify again.tar.gz
	has "'./' in the archive is a folder: it was packed again"
	python3 - <<-'EOF'
	import hashlib, io, json, tarfile
	said = open('x/MANIFEST.json').read()
	head = said[:said.index('"files": [') + len('"files": [\n')]
	names = ['data/%d.csv' % i for i in range(3000)]
	line = '{"path": "%s", "size_bytes": 1, "sha256": "' + \
	    hashlib.sha256(b'x').hexdigest() + '"}'
	said = head + ',\n'.join(line % n for n in names) + \
	    '\n],\n"gaps": [\n]\n}\n'
	def pack(to, names):
	    with tarfile.open(to, 'w') as t:
	        for n in names:
	            b = said.encode() if n == 'MANIFEST.json' else b'x'
	            i = tarfile.TarInfo(n)
	            i.size = len(b)
	            t.addfile(i, io.BytesIO(b))
	pack('many.tar', ['MANIFEST.json'] + names)
	pack('none.tar', ['MANIFEST.json'])
	EOF
	run -1 verify many.tar
	has "stands ahead of files that it names"
	hasnt "data/"
	run -1 verify none.tar
	has "names more that are missing"
	[ "$({ verify none.tar 2>/dev/null || true; } | grep -c "data.*is missing")" = 2048 ]
	unpack_x
	sed -i 's/"what": "account"/"what": "nothing"/' x/MANIFEST.json
	pack_x
	run -1 verify changed.tar.gz
	has "MANIFEST.json.sig	does not fit the manifest"
	unpack_x
	ln -sf /etc/passwd x/README.html
	pack_x
	run -1 verify changed.tar.gz
	has "README.html' in the archive is no plain file"
	head -c 3000 jane.tar.zst >short.tar.zst
	run verify short.tar.zst
	[ "$status" = 1 ] || [ "$status" = 65 ]
}

@test "every JSON line of archives is as its schema says" {
	nvr-export signer --json | json_as export-signer
	nvr-export account jane@example.org -o a.zip --json | json_as export-made
	verify a.zip --json | json_as export-verify
	unpack_x
	echo >>x/README.html
	pack_x
	verify --json changed.tar.gz >lines || [ $? = 1 ]
	json_as export-verify <lines
	jq -se 'length == 2 and .[0].what == "README.html" and
	    .[1].findings == 1 and (.[1].trusted | not)' lines
}

@test "a sealed archive is opened by age and by verify, with the identity" {
	to=$(age-keygen -y "$BATS_FILE_TMPDIR/id.age")
	nvr-export account jane@example.org -r "$to" -o a.tar.gz.age
	age -d -i "$BATS_FILE_TMPDIR/id.age" a.tar.gz.age | tar -tzf - | grep -q README
	run -0 verify -i "$BATS_FILE_TMPDIR/id.age" a.tar.gz.age
	run -0 verify -i "$BATS_FILE_TMPDIR/id.age" - <a.tar.gz.age
	run -77 verify a.tar.gz.age
	has "it takes an identity to open it"
	age-keygen -o other 2>/dev/null
	run -77 verify -i other a.tar.gz.age
	head -c -1 a.tar.gz.age >short
	run verify -i "$BATS_FILE_TMPDIR/id.age" short
	[ "$status" = 1 ] || [ "$status" = 65 ]
	run -64 nvr-export account jane@example.org -r age1nonsense -o x.zip
	has "--recipient: 'age1nonsense' is no age1… key"
	[ ! -e x.zip ]
}

@test "the file's name or --format says what it is; a pipe gets tar.zst" {
	nvr-export account jane@example.org | zstd -dq | tar -tf - | grep -q README
	nvr-export account jane@example.org -o - --format zip >a
	unzip -tq a
	nvr-export account jane@example.org -o a.tgz
	tar -tzf a.tgz >/dev/null
	nvr-export account jane@example.org --format zip -o a.tar.gz
	unzip -tq a.tar.gz
	run -64 nvr-export account jane@example.org --format rar -o a
	has "tar.zst, tar.gz or zip, not 'rar'"
	run -64 nvr-export account jane@example.org --json
	run -64 nvr-export account jane@example.org -o ''
	[ -z "$sanitized" ] || return 0
	run -64 script -qec "command nvr-export -d '$D' account jane@example.org" /dev/null
	has "not for a terminal: use -o FILE, or a pipe"
}

@test "an archive is the same bytes wherever it is made" {
	for zone in UTC Asia/Tokyo; do
		rm -rf store && cp -a "$D" store
		TZ=$zone command nvr-export -d store account jane@example.org \
		    --now 2026-07-01T00:00:00Z --format zip >"a.${zone%/*}"
		TZ=$zone unzip -Z -T a."${zone%/*}" | grep README >"list.${zone%/*}"
	done
	python3 -c 'import zipfile
a, b = (zipfile.ZipFile(f).infolist() for f in ("a.UTC", "a.Asia"))
assert [i.date_time for i in a] == [i.date_time for i in b]
assert a[0].date_time == (2026, 7, 1, 0, 0, 0)'
}

@test "a reader that leaves ends it quietly" {
	mkfifo pipe
	head -c 10 pipe >/dev/null 3>&- &
	run -1 --separate-stderr nvr-export account joe@example.org -o pipe
	[ -z "$stderr" ]
	wait $!
	run --separate-stderr bash -c "command nvr-export -d '$D' account \
	    joe@example.org --format tar.gz | head -c 10 | wc -c; exit \${PIPESTATUS[0]}"
	[ "$status" = 1 ]
	[ -z "$stderr" ]
}

@test "what fails leaves no file: a full disk, for it or for what waits" {
	run -74 nvr-export account joe@example.org -o /dev/full
	has "No space left"
	small_disk 64
	run -74 nvr-export account joe@example.org -o disk/a.tar.gz
	has "No space left"
	[ -z "$(ls disk)" ]
	TMPDIR=disk run -74 nvr-export account joe@example.org -o a.zip
	has "No space left"
	[ -z "$(ls disk)" ]
	[ -z "$(compgen -G 'a.zip*')" ]
	run -66 env TMPDIR=nowhere "$NVR_BUILD/nvr-export" -d "$D" account \
	    joe@example.org -o a.zip
	run -66 nvr-export account joe@example.org -o nowhere/a.zip
	[ -z "$(compgen -G 'a.zip*')" ]
}

@test "a signal leaves no file, and what was there stays" {
	echo old >a.zip
	"$NVR_BUILD/nvr-export" -d "$D" account joe@example.org -o a.zip 3>&- &
	for _ in $(seq 500); do
		compgen -G 'a.zip.*' >/dev/null && break
		sleep 0.005
	done
	kill -INT $!
	wait $! || true
	[ "$(ls)" = "$(printf 'a.zip\njane.tar.zst')" ]
	[ "$(cat a.zip)" = old ]
}

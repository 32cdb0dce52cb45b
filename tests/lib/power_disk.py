"""The log of fault_power.so, and the disk that it leads to; see power."""
import mmap
import os
import shutil
import stat
import struct
import sys
from collections import deque

HEADER = struct.Struct("=QIIQQQQQQIIQ")  # struct record
MAGIC = 0x5CA1AB1E9E70D1ED
ENDLESS = 1 << 64
EXCHANGE = 2  # RENAME_EXCHANGE


class Record:
    __slots__ = ("pos", "type", "flags", "dev", "ino", "off", "len", "dir",
                 "dir2", "mode", "pid", "time", "data")

    def names(self):
        return bytes(self.data).split(b"\0", 1)


def read_log(path):
    """The inventory, and the records."""
    with open(path, "rb") as f:
        log = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
    view, size, pos = memoryview(log), len(log), 0
    magic = struct.pack("=Q", MAGIC)
    inventory, records = [], []
    while pos + HEADER.size <= size:
        r = Record()
        (_, kind, r.flags, r.dev, r.ino, r.off, r.len, r.dir, r.dir2, r.mode,
         r.pid, r.time) = HEADER.unpack_from(view, pos)
        start, end = pos + HEADER.size, pos + HEADER.size + r.len
        # A writer was killed within its record: the next one begins early.
        if end > size or (end < size and view[end:end + 8] != magic):
            print("power: a torn record at %d" % pos, file=sys.stderr)
            pos = log.find(magic, pos + 8)
            if pos < 0:
                break
            continue
        r.type, r.pos, r.data = chr(kind), pos, view[start:end]
        (inventory if r.type == "I" else records).append(r)
        pos = end
    return inventory, records


class File:
    """One inode: what is flushed, and what is not yet."""

    def __init__(self, mode, path=None):
        self.mode = self.now = mode
        self.path = path  # in BEFORE, while data was not read
        self.data = None if path else bytearray()
        self.pending = []  # (pos, time, 'W' offset data | 'T' size | 'Z' …)
        self.size = os.path.getsize(path) if path else 0
        self.mapped = False
        self.time = None
        self.target = None
        self.names = self.live = None  # of a folder: durable, now
        self.changes = deque()  # (pos, {(folder, name): file or None})
        if stat.S_ISDIR(mode):
            self.names, self.live = {}, {}

    def load(self):
        if self.data is None:
            with open(self.path, "rb") as f:
                self.data = bytearray(f.read())
        return self.data

    def resize(self, size):
        data = self.load()
        if size < len(data):
            del data[size:]
        else:
            data.extend(bytes(size - len(data)))

    def apply(self, op):
        _, self.time, kind, off, what = op
        if kind == "T":
            self.resize(off)
            return
        data = self.load()
        piece = what if kind == "W" else bytes(what)
        if off > len(data):
            self.resize(off)
        data[off:off + len(piece)] = piece

    def flush(self, before):
        n = 0
        for op in self.pending:
            if op[0] >= before:
                break
            self.apply(op)
            n += 1
        del self.pending[:n]
        self.mode = self.now

    def tear(self, rng, unit):
        """Some of what was not flushed is on the disk."""
        ops, self.pending = self.pending, []
        if rng.random() < 0.5:
            self.mode = self.now
        if not ops:
            return
        sizes, size = [], len(self.load())
        for op in ops:
            if op[2] == "T":
                size = op[3]
            elif op[2] == "W":
                size = max(size, op[3] + len(op[4]))
            sizes.append(size)
        size = len(self.data)
        cuts = [i for i, s in enumerate(sizes)
                if s < (sizes[i - 1] if i else size)]
        kept = pick(rng, 0, len(cuts))
        low = cuts[kept - 1] + 1 if kept else 0
        high = cuts[kept] if kept < len(cuts) else len(ops)

        k = pick(rng, low, high)
        final, out = sizes[k - 1] if k else size, bytearray(self.data)
        out.extend(bytes(max(sizes + [size]) - size))
        for c in cuts[:kept]:
            clear(out, sizes[c], len(out))
        for page, writes in sorted(pages_of(ops, unit).items()):
            start, end = page * unit, min((page + 1) * unit, len(out))
            # A cut that did not take place has nothing after it.
            most = min([len(ops)] + [c for c in cuts[kept:] if end > sizes[c]])
            writes = [i for i in writes if i < most]
            del writes[pick(rng, 0, len(writes)):]
            for i in sorted(writes + cuts[:kept]):
                if ops[i][2] == "T":
                    clear(out, max(start, sizes[i]), end)
                else:
                    patch(out, ops[i], start, end)
                    self.time = ops[i][1]
        del out[final:]
        self.data = out


def pick(rng, low, high):
    """The first, the last, or any between, which real trouble likes less."""
    r = rng.random()
    return low if r < 0.33 else high if r < 0.67 else rng.randint(low, high)


def pages_of(ops, unit):
    """For each page, which of the operations wrote to it, in order."""
    pages = {}
    for i, (_, _, kind, off, what) in enumerate(ops):
        n = {"T": 0, "Z": what}[kind] if kind != "W" else len(what)
        if n:
            for page in range(off // unit, (off + n - 1) // unit + 1):
                pages.setdefault(page, []).append(i)
    return pages


def clear(out, start, end):
    if start < end:
        out[start:end] = bytes(end - start)


def patch(out, op, start, end):
    off = op[3]
    piece = op[4] if op[2] == "W" else bytes(op[4])
    a, b = max(start, off), min(end, off + len(piece))
    if a < b:
        out[a:b] = piece[a - off:b - off]


class Disk:
    def __init__(self, inventory, before, ext4):
        self.ext4, self.files, self.by_ino = ext4, [], {}
        for r in inventory:
            path = os.path.join(os.fsencode(before), bytes(r.data))
            self.add_old(r, path if r.len else os.fsencode(before))
        self.root = self.files[0]

    def add_old(self, r, path):
        f = self.by_ino.get((r.dev, r.ino))
        if f is None:
            f = File(r.mode, path if stat.S_ISREG(r.mode) else None)
            f.time = os.lstat(path).st_mtime_ns
            if stat.S_ISLNK(r.mode):
                f.target = os.readlink(path)
            self.add(r, f)
        if r.len:
            up = self.by_ino[r.dev, r.dir]
            name = os.path.basename(bytes(r.data))
            up.names[name] = up.live[name] = f

    def add(self, r, f):
        self.files.append(f)
        self.by_ino[r.dev, r.ino] = f

    def change(self, r, names):
        """names: {(folder, name): file or None}, one change to all of them."""
        for (folder, name), f in names.items():
            if f is None:
                folder.live.pop(name, None)
            else:
                folder.live[name] = f
        for folder in dict.fromkeys(folder for folder, _ in names):
            folder.changes.append((r.pos, r.time, names))

    def settle(self, folder, before, whole):
        """The changes of names in this folder reach the disk."""
        while folder.changes and folder.changes[0][0] < before:
            pos, folder.time, names = folder.changes.popleft()
            others = {d for d, _ in names} - {folder}
            for d in others:
                gone = any(f is None for (k, _), f in names.items()
                           if k is folder)
                is_dir = any(f and f.names is not None for f in names.values())
                if gone or is_dir or whole:
                    self.settle(d, pos + 1, whole)
            for (d, name), f in names.items():
                if d is not folder:
                    continue
                if f is None:
                    d.names.pop(name, None)
                else:
                    d.names[name] = f

    def settle_names_of(self, f, before):
        """As a journal does: all changes that have to do with f, upwards."""
        for d in self.files:
            last = [c[0] for c in d.changes
                    if c[0] < before and f in c[2].values()]
            if last:
                self.settle(d, last[-1] + 1, True)
            if d.live is not None and f in d.live.values() and d is not f:
                self.settle_names_of(d, before)

    def flush(self, f, before):
        if f.names is None:
            f.flush(before)
        else:
            f.mode = f.now
            self.settle(f, before, self.ext4)
        if self.ext4 and f is not self.root:
            self.settle_names_of(f, before)

    def step(self, r):
        if r.type == "N":
            return
        f = self.by_ino.get((r.dev, r.ino))
        if r.type in "WTZ":
            self.write(r, f)
        elif r.type in "FD":
            self.flush(f, r.off)
        elif r.type == "A":
            for f in self.files:
                f.flush(r.off)
                if f.names is not None:
                    self.settle(f, r.off, True)
        elif r.type == "H":
            f.now = stat.S_IFMT(f.now) | r.mode
        elif r.type == "M":
            f.mapped = True
        else:
            self.name(r, f)

    def write(self, r, f):
        if r.type == "W":
            f.pending.append((r.pos, r.time, "W", r.off, r.data))
            f.size = max(f.size, r.off + r.len)
        elif r.type == "Z":
            f.pending.append((r.pos, r.time, "Z", r.off, r.dir))
        elif r.off != f.size:
            f.pending.append((r.pos, r.time, "T", r.off, None))
            f.size = r.off

    def name(self, r, f):
        name, more = r.names()
        up = self.by_ino.get((r.dev, r.dir))
        if r.type in "CS":
            f = File(r.mode)
            f.time = r.time
            if r.type == "S":
                f.target = more
            self.add(r, f)
            if r.type == "C" and not name:  # O_TMPFILE
                return
        if r.type in "CSL":
            self.change(r, {(up, name): f})
        elif r.type == "U":
            self.change(r, {(up, name): None})
        elif r.type == "R":
            to, old = self.by_ino[r.dev, r.dir2], up.live[name]
            new = to.live.get(more)
            if r.flags & EXCHANGE:
                self.change(r, {(up, name): new, (to, more): old})
            elif old is not new:
                self.change(r, {(to, more): old, (up, name): None})
        else:
            raise SystemExit("power: an unknown record '%s'" % r.type)

    def crash(self, mode, rng, unit):
        if mode == "drop":
            return
        for f in self.files:
            n = pick(rng, 0, len(f.changes))
            if n:
                self.settle(f, f.changes[n - 1][0] + 1, True)
            if f.names is None:
                f.tear(rng, unit)
            elif rng.random() < 0.5:
                f.mode = f.now

    def put(self, out):
        empty(out)
        self.put_folder(self.root, os.fsencode(out), {})

    def put_folder(self, folder, out, done):
        done[folder] = out
        for name, f in sorted(folder.names.items()):
            path = os.path.join(out, name)
            if f.target is not None:
                os.symlink(f.target, path)
            elif f.names is not None:
                if f not in done:
                    os.mkdir(path, 0o700)
                    self.put_folder(f, path, done)
            elif f in done:
                os.link(done[f], path)
            else:
                put_file(f, path)
                done[f] = path
        if folder is not self.root:
            finish(folder, out)


def put_file(f, path):
    if f.data is None:
        shutil.copyfile(f.path, path)
    else:
        with open(path, "xb", buffering=0) as out:
            out.write(f.data)
    finish(f, path)


def finish(f, path):
    os.chmod(path, stat.S_IMODE(f.mode))
    if f.time:
        os.utime(path, ns=(f.time, f.time))


def empty(out):
    os.makedirs(out, exist_ok=True)
    for e in os.scandir(out):
        if e.is_dir(follow_symlinks=False):
            shutil.rmtree(e.path)
        else:
            os.unlink(e.path)

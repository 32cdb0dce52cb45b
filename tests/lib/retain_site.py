#!/usr/bin/env python3
"""Footage and rows of a simulated site, and what is promised of them.

retain_site.py segments STORE CAMERA STREAM UNIX N [STEP [BYTES]]
	N segments of a minute, STEP seconds apart; prints their files
retain_site.py year STORE LEDGER SINCE UNTIL
	what the cameras of tests/tool/retain_year.bats bring in that time
retain_site.py fact LEDGER WHAT NAME UNIX
	what somebody decided
retain_site.py check STORE LEDGER UNIX
	after a run at that time: what must be there is, and nothing else
retain_site.py serve
	each line of stdin is a command; answers `ok`, or what is wrong

The promises are written here once more, by what a person was told, and not by
how the program goes about it.
"""
import os
import pickle
import random
import sqlite3
import sys
import time

DAY, HOUR, MINUTE = 86400, 3600, 60
EPOCH = 1577836800000
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
US = 1000000
serial = 0


def show(number):
    return "".join(LETTERS[number >> 5 * i & 31] for i in range(12, -1, -1))


def new_id(at):
    global serial
    serial += 1
    return max(int(at * 1000) - EPOCH, 0) << 22 | serial & 0x3FFFFF


def touch(path, size):
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(path, "wb") as f:
        f.truncate(size)


class Store:
    def __init__(self, folder):
        self.folder = folder
        self.db = sqlite3.connect(folder + "/nvr.db", timeout=20,
                                  isolation_level=None)
        self.db.execute("PRAGMA synchronous = OFF")
        self.columns = {}

    def begin(self):
        self.db.execute("BEGIN IMMEDIATE")

    def commit(self):
        self.db.execute("COMMIT")

    def put(self, table, **row):
        self.db.execute("INSERT INTO %s (%s) VALUES (%s)" % (
            table, ", ".join(row), ", ".join("?" * len(row))),
            list(row.values()))

    def cameras(self):
        return {name: (n, account) for n, name, account in self.db.execute(
            "SELECT id, name, account_id FROM camera")}

    def segment(self, camera, stream, at, size, run=None):
        """Of a minute; returns its id and its file."""
        number = new_id(at)
        if run is None:
            run = number
            self.put("run", id=run, camera_id=camera, stream=stream,
                     started_at=int(at * US), monotonic_us=0, reason="start",
                     video="h264", width=320, height=240)
        self.put("segment", id=number, camera_id=camera, stream=stream,
                 run_id=run, start_at=int(at * US),
                 end_at=int((at + MINUTE) * US), media_start_us=0,
                 media_us=MINUTE * US, frames=1500, size_bytes=size,
                 sha256=bytes(32), sealed=1)
        self.db.execute(
            "INSERT INTO footage_sum (camera_id, stream, segments, size_bytes)"
            " VALUES (?, ?, 1, ?) ON CONFLICT (camera_id, stream) DO UPDATE SET"
            " segments = segments + 1, size_bytes = size_bytes + ?",
            (camera, stream, size, size))
        made = time.gmtime(max(int(at), EPOCH // 1000))
        path = "media/footage/%s/%s/%s/%s.mp4.age" % (
            show(camera), stream, time.strftime("%Y-%m-%d", made),
            show(number))
        touch(self.folder + "/" + path, size)
        return number, path


def segments(folder, name, stream, at, n, step=60, size=1000):
    global serial
    serial = random.getrandbits(22)
    store = Store(folder)
    camera = store.cameras()[name][0]
    at, run = float(at), None
    store.begin()
    for _ in range(int(n)):
        number, path = store.segment(camera, stream, at, int(size), run)
        run = run or number
        print(folder + "/" + path)
        at += float(step)
    store.commit()


# The year.

def brings(store, camera, name, account, day, things, findings):
    """What a camera brings in a day, which begins at `day`."""
    def thing(table, key, at, **more):
        things.append(dict(table=table, id=key, camera=name, at=at,
                           account=account, **more))

    for at in (day, day + 6 * HOUR):
        key, path = store.segment(camera, "main", at, 100)
        thing("segment", key, at, until=at + MINUTE, stream="main", path=path)
    key, path = store.segment(camera, "sub", day + HOUR, 1000)
    thing("segment", key, day + HOUR, until=day + HOUR + MINUTE, stream="sub",
          path=path, size=1000)
    at = day + 6 * HOUR
    key = new_id(at)
    path = "stills/%s/%s.jpg" % (show(camera), show(key))
    touch(store.folder + "/media/" + path, 10)
    store.put("still", id=key, account_id=account, camera_id=camera,
              taken_at=at * US, expires_at=(at + 10 * DAY) * US, path=path,
              size_bytes=10, sha256="0" * 64)
    thing("still", key, at, path="media/" + path)
    key = new_id(at)
    found = int(day // DAY) % 10 == 0
    store.put("audit", id=key, account_id=account, camera_id=camera,
              camera_name=name, at=at * US, taken_at=at * US, duration_us=1,
              type="regular", origin="cli", analyzer="local",
              schema_version=1, status="ok")
    store.put("finding", audit_id=key, ordinal=1, account_id=account,
              label="black", verdict="yes" if found else "no", evidence="x")
    thing("audit", key, at)
    if found and name == "desk":
        findings.append(at)
    key = new_id(at)
    store.put("event", id=key, camera_id=camera, stream="main", at=at * US,
              kind="lost")
    thing("event", key, at)
    if name == "yard":
        for table in ("access", "telemetry", "outbox"):
            key = new_id(at)
            if table == "access":
                store.put(table, id=key, at=at * US, who="x", action="clip",
                          camera_id=camera, camera_name=name, since=at * US,
                          until=at * US)
            elif table == "telemetry":
                store.put(table, recorder_id=key, at=at * US,
                          received_at=at * US, cpu=5.0)
            else:
                store.put(table, id=key, channel="mail", kind="x",
                          recipient=b"x", message=b"x", created_at=at * US,
                          sent_at=at * US)
            thing(table, key, at)


def load(path):
    try:
        with open(path, "rb") as f:
            return pickle.load(f)
    except FileNotFoundError:
        return {"facts": {}, "things": [], "findings": [], "serial": 0}


def save(path, ledger):
    ledger["serial"] = serial
    with open(path, "wb") as f:
        pickle.dump(ledger, f)


def within(facts, what, name, at):
    """Whether it was so at that moment: [[from, until], …]."""
    return any(since <= at and (until is None or at < until)
               for since, until in facts.get(what, {}).get(name, []))


def year(folder, path, since, until):
    global serial
    ledger, store = load(path), Store(folder)
    serial = ledger["serial"]
    store.begin()
    for name, (camera, account) in store.cameras().items():
        day = -(-int(since) // DAY) * DAY
        while day + 7 * HOUR < int(until):
            if name in OWNER_OF and \
                    not within(ledger["facts"], "silent", name, day):
                brings(store, camera, name, account, day,
                       ledger["things"], ledger["findings"])
            day += DAY
    store.commit()
    save(path, ledger)


def fact(path, what, name, at):
    """begins, or ends where it has begun"""
    ledger = load(path)
    spans = ledger["facts"].setdefault(what, {}).setdefault(name, [])
    if spans and spans[-1][1] is None:
        spans[-1][1] = int(at)
    else:
        spans.append([int(at), None])
    global serial
    serial = ledger["serial"]
    save(path, ledger)


# What was promised: how long, in days, and by whose tier.
OWNER_OF = {"yard": "", "shed": "", "lane": "", "door": "fred", "desk":
            "paula", "attic": "rita"}
FOOTAGE = {"door": 60, "desk": 90, "attic": 7}
ELSE = 30


class Promises:
    def __init__(self, ledger, now):
        self.facts, self.now = ledger["facts"], now
        self.findings = ledger["findings"]

    def so(self, what, name):
        return within(self.facts, what, name, self.now)

    def since(self, what, name):
        spans = self.facts.get(what, {}).get(name, [])
        return spans[-1][0] if spans and spans[-1][1] is None else None

    def erased(self, who):
        at = self.since("deleted", who) if who else None
        return at is not None and self.now - at > 30 * DAY

    def tier(self, who):
        if not who:
            return "owner"
        premium = who == "paula" and not self.so("free", who)
        return "premium" if premium else "free"

    def held(self, t):
        return t["camera"] == "yard" and self.so("held", "yard") and any(
            since < t["until"] and until > t["at"]
            for since, until in self.facts["span"]["yard"])

    def around_finding(self, t):
        return t["camera"] == "desk" and any(
            self.now - at < 365 * DAY and at - 5 * MINUTE < t["until"] and
            at + 5 * MINUTE > t["at"] for at in self.findings)

    def footage_goes(self, t, newer):
        if self.held(t):
            return False
        removed = self.since("removed", t["camera"])
        if removed is not None and self.now - removed > 30 * DAY:
            return True
        days = FOOTAGE.get(t["camera"], ELSE)
        if t["camera"] == "desk" and t["stream"] == "sub" and newer >= 3:
            return True
        return self.now - t["until"] > days * DAY and \
            not self.around_finding(t)

    def goes(self, t, newer):
        who, age = OWNER_OF[t["camera"]], self.now - t["at"]
        table = t["table"]
        if self.so("restricted", who):
            return False
        removed = self.since("removed", t["camera"])
        gone = removed is not None and self.now - removed > 30 * DAY
        if table == "segment":
            return self.footage_goes(t, newer)
        if table == "still":
            days = {"owner": 10, "free": 1, "premium": 7}[self.tier(who)]
            return age > days * DAY or gone or self.erased(who)
        if table == "audit":
            days = {"owner": 90, "free": 30, "premium": 90}[self.tier(who)]
            return age > days * DAY or gone or self.erased(who)
        if table == "event":
            return age > 90 * DAY or gone
        return age > {"access": 365, "outbox": 30, "telemetry": 90}[
            table] * DAY


def check(folder, path, now):
    ledger, store, now = load(path), Store(folder), int(now)
    global serial
    serial = ledger["serial"]
    promises, wrong, newer, left = Promises(ledger, now), [], {}, []
    there = {}
    for table, key in (("segment", "id"), ("still", "id"), ("audit", "id"),
                       ("event", "id"), ("access", "id"), ("outbox", "id"),
                       ("telemetry", "recorder_id")):
        there[table] = {n for n, in store.db.execute(
            "SELECT %s FROM %s" % (key, table))}
    for t in reversed(ledger["things"]):
        stream = (t["camera"], t.get("stream"))
        gone = promises.goes(t, newer.get(stream, 0))
        newer[stream] = newer.get(stream, 0) + 1
        is_there = t["id"] in there[t["table"]]
        # Whole hours of telemetry go, or whole days.
        if t["table"] == "telemetry" and \
                90 * DAY < now - t["at"] < 91 * DAY:
            gone = not is_there
        if is_there == gone:
            wrong.append("%s %s of %s, %.2f days old: %s" % (
                t["table"], show(t["id"]), t["camera"],
                (now - t["at"]) / DAY,
                "kept" if is_there else "lost"))
        there[t["table"]].discard(t["id"])
        if "path" in t and \
                os.path.exists(folder + "/" + t["path"]) != (not gone):
            wrong.append("its file %s: %s" % (
                t["path"], "kept" if gone else "lost"))
        if not gone:
            left.append(t)
    ledger["things"] = left[::-1]
    wrong += ["a row of %s that nobody made" % k for k, v in there.items()
              if v and k != "outbox" and not ledger.get("real")]
    save(path, ledger)
    if wrong:
        sys.exit("%d broken promises: %s" % (len(wrong), "; ".join(wrong[:5])))


def serve():
    for line in sys.stdin:
        words = line.split()
        try:
            globals()[words[0]](*words[1:])
            print("ok", flush=True)
        except SystemExit as e:
            print(e, flush=True)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])

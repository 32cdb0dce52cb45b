"""A portal for tests of nvr-heartbeat: TLS on loopback, and as bad as wanted.

usage: portal.py FOLDER CERT KEY [tls12]

Prints `ready PORT`.  FOLDER/mode, read anew for each request, says how it
behaves: ok; or a way to fail, see below.  FOLDER/set: JSON that is put over the
answer, and FOLDER/enrolled over that of an enrolment.  FOLDER/wire has all that came, as it came; FOLDER/taken a line of JSON
for each request that was taken.
"""
import base64, datetime, hashlib, json, os, re, socket, ssl, sys, threading
import time

folder, cert, key = sys.argv[1:4]
newest = {}  # by key
lock = threading.Lock()


def path(name):
    return os.path.join(folder, name)


def text(name, other=''):
    try:
        with open(path(name)) as f:
            return f.read().strip()
    except OSError:
        return other


def now(off=0):
    t = datetime.datetime.now(datetime.timezone.utc)
    t += datetime.timedelta(seconds=off)
    return t.strftime('%Y-%m-%dT%H:%M:%S.000Z')


def reply(c, status, body, more=()):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    kind = 'application/json' if status < 300 else 'application/problem+json'
    lines = ['HTTP/1.1 %d x' % status, 'Content-Type: ' + kind,
             'Content-Length: %d' % len(body), 'Connection: close', *more]
    c.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode() + body)


def refuse(c, status, code, more=(), **members):
    reply(c, status, dict(title='no', status=status, code=code, **members),
          more)


def receive(c):
    data = b''
    while b'\r\n\r\n' not in data:
        got = c.recv(65536)
        if not got:
            return None
        data += got
    head, body = data.split(b'\r\n\r\n', 1)
    length = int(re.search(rb'(?i)content-length: (\d+)', head).group(1))
    while len(body) < length:
        got = c.recv(65536)
        if not got:
            return None
        body += got
    with lock, open(path('wire'), 'ab') as f:
        f.write(head + b'\r\n\r\n' + body + b'\n')
    return head.decode(), body


def answer(sequence):
    a = dict(now=now(), sequence=sequence, wants_inventory=False, moved=False,
             late=60, settings=dict(version=0, retain_ms=0, retain_bytes=0))
    a.update(json.loads(text('set', '{}')))
    return a


# In the form that is agreed upon; the signature itself is tested elsewhere.
def check(head, body):
    def header(name):
        return re.search('(?im)^%s: (.*?)\r?$' % name, head).group(1)
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert header('content-digest') == 'sha-256=:%s:' % digest
    assert re.fullmatch(
        r'nvr=\("@method" "@authority" "@path" "content-digest" '
        r'"nvr-sequence"\);created=\d+;keyid="[0-9a-f]{64}";alg="ed25519"',
        header('signature-input')), header('signature-input')
    assert re.fullmatch('nvr=:[A-Za-z0-9+/]{86}==:', header('signature'))
    return int(header('nvr-sequence')), key_of(head)


def key_of(head):
    return re.search('keyid="([0-9a-f]*)"', head).group(1)


def take(c, head, body, lost):
    sequence, who = check(head, body)
    said = json.loads(body)
    with lock:
        if sequence <= newest.get(who, 0):
            return refuse(c, 409, 'replayed', sequence=newest[who])
        newest[who] = sequence
        with open(path('taken'), 'a') as f:
            f.write(json.dumps(said) + '\n')
    if lost:
        return
    if head.startswith('POST /api/v1/enrol '):
        reply(c, 201, dict(dict(recorder='0a1b2c3d4e5f6', waits=False,
                                replaces=False, now=now()),
                           **json.loads(text('enrolled', '{}'))))
    else:
        assert said['report']['sequence'] == sequence
        reply(c, 200, answer(sequence))


def misbehave(c, mode, head):
    if mode == 'hang-headers':
        c.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n')
        time.sleep(60)
    elif mode == 'drip':
        for b in b'HTTP/1.1 200 OK\r\nX-Y: ' + b'z' * 60:
            c.sendall(bytes([b]))
            time.sleep(1)
    elif mode == 'skew':
        refuse(c, 401, 'skew', now=now(3600))
    elif mode == 'replayed':
        newest[key_of(head)] += 5000
        with open(path('mode'), 'w') as f:
            f.write('ok')
        refuse(c, 409, 'replayed', sequence=newest[key_of(head)])
    elif mode == 'replayed-always':
        refuse(c, 409, 'replayed', sequence=2 ** 52)
    elif mode == '413':
        reply(c, 413, b'<html>too large</html>')
    elif mode == '429':
        refuse(c, 429, 'too-often', more=['Retry-After: 300'])
    elif mode == '503':
        reply(c, 503, b'down', more=['Retry-After: 99999999999999999999'])
    elif mode == 'garbage':
        c.sendall(b'\x00\x01\xffnonsense\r\n\r\n')
    elif mode == 'html':
        reply(c, 200, b'<html>hello</html>')
    elif mode == 'deep':
        reply(c, 200, b'[' * 1000 + b']' * 1000)
    elif mode == 'redirect':
        reply(c, 302, b'', more=['Location: https://elsewhere.example/x'])
    elif mode == 'large':
        reply(c, 200, b'{"now":"' + b'x' * 10_000_000 + b'"}')
    elif mode == 'host':
        refuse(c, 421, 'host', detail='this is no host of that name')
    elif mode in ('code', 'revoked', 'waiting', 'unknown', 'unsigned'):
        refuse(c, 401 if mode.startswith('un') else 403, mode)
    else:
        raise SystemExit('mode ' + mode)


def serve(raw, context):
    mode = text('mode', 'ok')
    try:
        if mode == 'hang-accept':
            time.sleep(60)
        if mode == 'refuse':
            raw.close()
            return
        with context.wrap_socket(raw, server_side=True) as c:
            got = receive(c)
            if got is None:
                return
            if mode in ('ok', 'lost'):
                take(c, *got, mode == 'lost')
            else:
                misbehave(c, mode, got[0])
    except (OSError, ssl.SSLError):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
if sys.argv[4:] == ['tls12']:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
s = socket.create_server(('127.0.0.1', 0), backlog=64)
print('ready', s.getsockname()[1], flush=True)
while True:
    raw, _ = s.accept()
    threading.Thread(target=serve, args=(raw, context), daemon=True).start()

#!/usr/bin/env python3
"""A camera that gives stills over HTTP, for tests: good ones, and every way
a still can go wrong. Listens on 127.0.0.1, prints one line when ready, ends
on SIGTERM or when its parent dies."""

import argparse
import base64
import ctypes
import hashlib
import hmac
import os
import re
import secrets
import signal
import socket
import ssl
import struct
import sys
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REALM = 'camera'
BOUNDARY = 'frame'
FPS = 5
PR_SET_PDEATHSIG = 1


def png():
    """A picture that is valid but is no JPEG."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack('>I', len(data)) + body + \
            struct.pack('>I', zlib.crc32(body))
    rows = b''.join(b'\0' + bytes((x ^ y) & 255 for x in range(64))
                    for y in range(48))
    return b'\x89PNG\r\n\x1a\n' + \
        chunk(b'IHDR', struct.pack('>IIBBBBB', 64, 48, 8, 0, 0, 0, 0)) + \
        chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    jpeg = b''
    user = password = None
    basic = False
    nonces = set()

    def log_message(self, *args):
        pass

    # Access

    def digest_ok(self, header):
        """RFC 7616 with MD5, which is what cameras speak."""
        got = {k: a or b for k, a, b in
               re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]*))', header)}
        if got.get('username') != self.user or \
                got.get('uri') != self.path or \
                got.get('nonce') not in self.nonces:
            return False
        middle = got['nonce']
        if 'qop' in got:
            middle = ':'.join([middle, got.get('nc', ''),
                               got.get('cnonce', ''), got['qop']])
        want = md5(':'.join([
            md5(f'{self.user}:{REALM}:{self.password}'), middle,
            md5(f'{self.command}:{self.path}')]))
        return hmac.compare_digest(want, got.get('response', ''))

    def allowed(self):
        if self.user is None:
            return True
        kind, _, rest = self.headers.get('Authorization', '').partition(' ')
        if self.basic:
            want = base64.b64encode(
                f'{self.user}:{self.password}'.encode()).decode()
            return kind.lower() == 'basic' and \
                hmac.compare_digest(want, rest.strip())
        return kind.lower() == 'digest' and self.digest_ok(rest)

    def challenge(self):
        if self.basic:
            how = f'Basic realm="{REALM}"'
        else:
            nonce = secrets.token_hex(16)
            self.nonces.add(nonce)
            how = f'Digest realm="{REALM}", nonce="{nonce}", ' \
                'qop="auth", algorithm=MD5'
        self.reply(401, b'who are you?\n', 'text/plain',
                   {'WWW-Authenticate': how})

    # Answers

    def head(self, code, kind, length=None, more=None):
        self.send_response(code)
        self.send_header('Content-Type', kind)
        if length is not None:
            self.send_header('Content-Length', str(length))
        else:
            self.send_header('Connection', 'close')
            self.close_connection = True
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def reply(self, code, body=b'', kind='text/html', more=None):
        self.head(code, kind, len(body), more)
        if self.command != 'HEAD':
            self.wfile.write(body)

    def move(self, where):
        self.reply(302, more={'Location': where})

    def shot(self):
        self.reply(200, self.jpeg, 'image/jpeg')

    def parts(self, with_length):
        self.head(200, f'multipart/x-mixed-replace; boundary={BOUNDARY}')
        while True:
            head = f'--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n'
            if with_length:
                head += f'Content-Length: {len(self.jpeg)}\r\n'
            self.wfile.write(head.encode() + b'\r\n' + self.jpeg + b'\r\n')
            self.wfile.flush()
            time.sleep(1 / FPS)

    def huge(self, length=None):
        """The start of a JPEG that never ends."""
        self.head(200, 'image/jpeg', length)
        self.close_connection = True
        self.wfile.write(b'\xff\xd8\xff\xe0')
        sent, block = 4, b'\x55' * 65536
        while length is None or sent < length:
            part = block if length is None else block[:length - sent]
            self.wfile.write(part)
            sent += len(part)

    def slow(self):
        self.head(200, 'image/jpeg', len(self.jpeg))
        for byte in self.jpeg:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(1)

    def silent(self):
        self.close_connection = True
        while self.connection.recv(4096):
            pass

    def short(self):
        self.head(200, 'image/jpeg', len(self.jpeg))
        self.wfile.write(self.jpeg[:len(self.jpeg) // 2])
        self.close_connection = True

    PATHS = {
        '/shot.jpg': shot,
        '/mjpeg': lambda self: self.parts(True),
        '/mjpeg-nolength': lambda self: self.parts(False),
        '/redirect': lambda self: self.move('/shot.jpg'),
        '/loop': lambda self: self.move('/loop'),
        '/to-file': lambda self: self.move('file:///etc/passwd'),
        '/to-rtsp': lambda self: self.move('rtsp://127.0.0.1:554/main'),
        '/huge': huge,
        '/huge-length': lambda self: self.huge(10 * 1000 ** 3),
        '/slow': slow,
        '/silent': silent,
        '/short': short,
        '/html': lambda self: self.reply(
            200, b'<!DOCTYPE html><title>camera</title><p>Log in.\n'),
        '/empty': lambda self: self.reply(200, b'', 'image/jpeg'),
        '/404': lambda self: self.reply(404, b'<p>Not here.\n'),
        '/500': lambda self: self.reply(500, b'<p>Sorry.\n'),
        '/png': lambda self: self.reply(200, png(), 'image/png'),
    }

    def do_GET(self):
        try:
            if not self.allowed():
                self.challenge()
                return
            answer = self.PATHS.get(self.path.partition('?')[0],
                                    self.PATHS['/404'])
            answer(self)
        except OSError:         # the client has had enough
            self.close_connection = True

    def do_HEAD(self):
        if not self.allowed():
            self.challenge()
        elif self.path.partition('?')[0] == '/shot.jpg':
            self.shot()
        else:
            self.reply(405)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    tls = None

    def finish_request(self, request, client_address):
        # Here, in the client's thread, a handshake holds up nobody else.
        if self.tls is not None:
            try:
                request = self.tls.wrap_socket(request, server_side=True)
            except OSError:
                return
        super().finish_request(request, client_address)
        if self.tls is not None:
            try:
                request.unwrap()
            except (OSError, ValueError):
                pass
            request.close()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def options():
    p = argparse.ArgumentParser(prog='httpcam.py', allow_abbrev=False,
                                description='an HTTP still camera for tests')
    p.add_argument('--port', type=int, default=0)
    p.add_argument('--jpeg', metavar='FILE')
    p.add_argument('--tls', nargs=2, metavar=('CERT', 'KEY'))
    p.add_argument('--user')
    p.add_argument('--password-file', metavar='FILE')
    p.add_argument('--basic', action='store_true')
    p.add_argument('--tcp-silent', action='store_true',
                   help='accept connections and say nothing')
    o = p.parse_args()
    if (o.user is None) != (o.password_file is None):
        p.error('--user and --password-file go together')
    if o.jpeg is None and not o.tcp_silent:
        p.error('--jpeg is missing')
    return o


def tcp_silent(port):
    listener = socket.create_server(('127.0.0.1', port))
    print(f'ready tcp://127.0.0.1:{listener.getsockname()[1]}', flush=True)
    held = []                   # a dropped socket would be an answer
    while True:
        held.append(listener.accept()[0])


def serve(o):
    with open(o.jpeg, 'rb') as f:
        Handler.jpeg = f.read()
    if o.user is not None:
        with open(o.password_file, encoding='utf-8') as f:
            Handler.password = f.readline().rstrip('\r\n')
        Handler.user = o.user
        Handler.basic = o.basic
    server = Server(('127.0.0.1', o.port), Handler)
    if o.tls:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(*o.tls)
    print(f'ready http{"s" if o.tls else ""}://127.0.0.1:'
          f'{server.server_port}/', flush=True)
    server.serve_forever()


def main():
    parent = os.getppid()
    # Endless answers run in threads: leave without waiting for them.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    o = options()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return
    if o.tcp_silent:
        tcp_silent(o.port)
    else:
        serve(o)


if __name__ == '__main__':
    main()

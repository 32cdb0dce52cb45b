#!/usr/bin/env python3
"""Servers that messages are delivered to, and that fail as they are told.

notify_server.py DIR makes certificates in DIR and serves on loopback until its
stdin ends: SMTP with STARTTLS (smtp), over TLS (smtps), with a certificate of
another name (other) and an expired one (old), without STARTTLS (plain), HTTPS
(https) and HTTP (http).  DIR/ports has `NAME=PORT` lines once all listen;
DIR/ca.pem signed the certificates.

DIR/smtp is read at each SMTP connection, a JSON object:
    at    banner, EHLO, AUTH, MAIL, RCPT, DATA or END (behind the mail)
    say   the answer there, as `451 later`; `hang`: none; `kill`: 250, and the
          process whose id is in DIR/victim is killed first
    times so often, and then it goes well (default: always)
    password  what AUTH has to give (default: anything)
    most  mails that a connection takes; MAIL is `421 enough` then
    silent    true: AUTH is not offered
DIR/mail.log has a JSON line for each mail that was taken.

HTTP answers by the path: /ok, /status/N, /after/N/SECONDS (Retry-After), /slow
(after 200 ms), /redirect, /endless, /hang, /kill; /2010-04-01/… is Twilio's,
which answers with DIR/sms, `STATUS CODE`, if there is one.  DIR/http.log has a
line for each, with how many were not answered yet: of its path, and in all.
"""
import base64
import collections
import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

top = sys.argv[1]
lock = threading.Lock()


def path(name):
    return os.path.join(top, name)


def run(*args, when=None):
    args = (["faketime", when] if when else []) + list(args)
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_certificates():
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run("openssl", "req", "-x509", *key, "-keyout", path("ca.key"), "-out",
        path("ca.pem"), "-days", "9000", "-subj", "/CN=Test CA",
        when="2015-01-01 00:00:00")
    for name, names, days in (("good", "IP:127.0.0.1,DNS:localhost", "8000"),
                              ("other", "DNS:elsewhere.example", "8000"),
                              ("old", "IP:127.0.0.1,DNS:localhost", "1")):
        run("openssl", "req", *key, "-keyout", path(name + ".key"), "-out",
            path("csr"), "-subj", "/CN=" + name)
        with open(path("ext"), "w") as f:
            f.write("subjectAltName=" + names)
        run("openssl", "x509", "-req", "-in", path("csr"), "-CA",
            path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial",
            "-days", days, "-extfile", path("ext"), "-out",
            path(name + ".pem"), when="2015-01-01 00:00:00")


def context(name):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(path(name + ".pem"), path(name + ".key"))
    return c


def log(name, entry):
    with lock, open(path(name), "a") as f:
        f.write(json.dumps(entry) + "\n")


def kill():
    try:
        os.kill(int(open(path("victim")).read()), signal.SIGKILL)
    except (OSError, ValueError):
        pass


class Rules:
    """What DIR/smtp says, with how often it was done."""
    done = {}

    def __init__(self):
        try:
            text = open(path("smtp")).read()
            self.all = json.loads(text)
            self.key = text
        except OSError:
            self.all, self.key = {}, ""

    def at(self, step):
        if self.all.get("at") != step:
            return None
        with lock:
            n = Rules.done[self.key] = Rules.done.get(self.key, 0) + 1
        times = self.all.get("times", 0)
        return self.all["say"] if times == 0 or n <= times else None


class Ended(Exception):
    pass


class Smtp:
    connections = 0

    def __init__(self, sock, tls, starttls):
        with lock:
            Smtp.connections += 1
            self.mail = {"connection": Smtp.connections}
        self.taken = 0
        self.rules = Rules()
        self.tls = tls
        self.starttls = starttls
        self.secure = starttls is None
        self.sock = tls.wrap_socket(sock, server_side=True) if self.secure \
            else sock
        self.file = self.sock.makefile("rb")

    def say(self, text):
        self.sock.sendall((text + "\r\n").encode())

    def answer(self, step, text):
        other = self.rules.at(step)
        if other == "hang":
            time.sleep(60)
            raise Ended
        if other == "kill":
            kill()
            other = None
        self.say(other or text)
        if other and other.startswith(("421", "554 no")):
            raise Ended
        return other is None

    def start_tls(self):
        self.say("220 go")
        self.sock = self.tls.wrap_socket(self.sock, server_side=True)
        self.file = self.sock.makefile("rb")
        self.secure = True

    def auth(self, words):
        if words[1].upper() == "PLAIN":
            text = words[2] if len(words) > 2 else self.ask()
            user, password = base64.b64decode(text).split(b"\0")[1:]
        else:
            user = base64.b64decode(
                words[2] if len(words) > 2 else self.ask("VXNlcm5hbWU6"))
            password = base64.b64decode(self.ask("UGFzc3dvcmQ6"))
        want = self.rules.all.get("password")
        if want is not None and password.decode() != want:
            self.say("535 no such user or password")
        else:
            self.answer("AUTH", "235 welcome")
        self.mail["user"] = user.decode()

    def ask(self, text=""):
        self.say("334 " + text)
        return self.file.readline().decode().strip()

    def data(self):
        if not self.answer("DATA", "354 go on"):
            return
        lines = []
        while True:
            line = self.file.readline()
            if not line:
                raise Ended
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        self.mail["message"] = b"".join(lines).decode("utf-8", "replace")
        hang = self.rules.all.get("at") == "END" and \
            self.rules.all["say"] in ("hang", "kill")
        if hang:
            log("mail.log", self.mail)
        if self.answer("END", "250 taken") and not hang:
            log("mail.log", self.mail)
        self.taken += 1

    def serve(self):
        if not self.answer("banner", "220 test ESMTP"):
            return
        while True:
            line = self.file.readline().decode()
            if not line:
                return
            words = line.split()
            verb = words[0].upper() if words else ""
            if verb == "EHLO" or verb == "HELO":
                extra = "" if self.secure or not self.starttls else \
                    "250-STARTTLS\r\n"
                self.answer("EHLO", "250-test\r\n" + extra +
                            ("" if self.rules.all.get("silent") else
                             "250-AUTH PLAIN LOGIN\r\n") + "250 SMTPUTF8")
            elif verb == "STARTTLS" and self.starttls:
                self.start_tls()
            elif verb == "AUTH":
                self.auth(words)
            elif verb == "MAIL":
                if self.taken >= self.rules.all.get("most", 1000):
                    self.say("421 enough")
                    return
                self.mail["from"] = line.strip()
                self.mail["secure"] = self.secure
                self.answer("MAIL", "250 fine")
            elif verb == "RCPT":
                self.mail["to"] = line.strip()
                self.answer("RCPT", "250 fine")
            elif verb == "DATA":
                self.data()
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")


def accept(listener, tls, starttls):
    def one(sock):
        try:
            sock.settimeout(70)
            Smtp(sock, tls, starttls).serve()
        except (Ended, OSError, ssl.SSLError, ValueError):
            pass
        finally:
            sock.close()

    while True:
        sock, _ = listener.accept()
        threading.Thread(target=one, args=(sock,), daemon=True).start()


class Http(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    open = collections.Counter()

    def log_message(self, *args):
        pass

    def leave(self):
        with lock:
            Http.open[self.path] -= 1

    def reply(self, status, body=b"{}", **headers):
        self.leave()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(100000):
                self.wfile.write(b"x" * 4096)
        except OSError:
            pass
        self.leave()
        self.close_connection = True

    def sms(self):
        try:
            status, code = open(path("sms")).read().split()
        except OSError:
            status, code = "201", "0"
        body = json.dumps({"code": int(code), "message": "To +49301234567"})
        self.reply(int(status), body.encode())

    def do_POST(self):
        n = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(n).decode("utf-8", "replace")
        with lock:
            Http.open[self.path] += 1
            mine, all = Http.open[self.path], Http.open.total()
        log("http.log", {"path": self.path, "body": body, "mine": mine,
                         "all": all, "headers":
                         {k.lower(): v for k, v in self.headers.items()}})
        parts = self.path.split("/")
        if parts[1] == "status":
            self.reply(int(parts[2]))
        elif parts[1] == "after":
            self.reply(int(parts[2]), Retry_After=parts[3])
        elif parts[1] == "redirect":
            self.reply(302, Location="http://127.0.0.1:%d/ok" % ports["http"])
        elif parts[1] == "slow":
            time.sleep(0.2)
            self.reply(200)
        elif parts[1] == "endless":
            self.endless()
        elif parts[1] == "hang":
            self.rfile.read(1)
            self.leave()
        elif parts[1] == "kill":
            kill()
            self.reply(200)
        elif parts[1] == "2010-04-01":
            self.sms()
        else:
            self.reply(200)


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64


ports = {}


def serve_smtp(name, certificate, starttls):
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    ports[name] = listener.getsockname()[1]
    threading.Thread(target=accept, daemon=True,
                     args=(listener, context(certificate), starttls)).start()


def serve_http(name, tls):
    server = Server(("127.0.0.1", 0), Http)
    server.handle_error = lambda *args: None
    if tls:
        server.socket = context("good").wrap_socket(server.socket,
                                                    server_side=True)
    ports[name] = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()


make_certificates()
serve_smtp("smtp", "good", True)
serve_smtp("smtps", "good", None)
serve_smtp("other", "other", True)
serve_smtp("old", "old", True)
serve_smtp("plain", "good", False)
serve_http("https", True)
serve_http("http", False)
with open(path("ports.new"), "w") as f:
    f.write("".join("%s=%d\n" % p for p in ports.items()))
os.rename(path("ports.new"), path("ports"))
sys.stdin.read()

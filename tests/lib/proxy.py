"""An HTTP proxy for tests: CONNECT alone, to one port of this machine.

usage: proxy.py FOLDER PORT

Prints `ready PORT`.  FOLDER/proxy says how it behaves: ok, refuse, hang.
FOLDER/asked has a line for each request, FOLDER/through what went through it.
"""
import os, socket, sys, threading, time

folder, port = sys.argv[1], int(sys.argv[2])


def path(name):
    return os.path.join(folder, name)


def carry(a, b):
    try:
        while data := a.recv(65536):
            with open(path('through'), 'ab') as f:
                f.write(data)
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(c):
    head = b''
    while b'\r\n\r\n' not in head:
        head += c.recv(65536)
    with open(path('asked'), 'ab') as f:
        f.write(head.split(b'\r\n')[0] + b'\n')
    with open(path('proxy')) as f:
        mode = f.read().strip()
    if mode == 'hang':
        time.sleep(60)
    if mode != 'ok' or not head.startswith(b'CONNECT '):
        c.sendall(b'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
        c.close()
        return
    other = socket.create_connection(('127.0.0.1', port))
    c.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
    threading.Thread(target=carry, args=(other, c), daemon=True).start()
    carry(c, other)


s = socket.create_server(('127.0.0.1', 0))
print('ready', s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    threading.Thread(target=serve, args=(c,), daemon=True).start()

# The portal behind a real lighttpd, by FastCGI and by CGI; for cgi.bats and
# the benchmark.
# shellcheck shell=bash disable=SC2034,SC2154

# use_portal DIR: certificate, store and nvr.conf in it, for the port $port.
use_portal() {
	P=$1
	mkdir -p "$P/state" "$P/cgi"
	port=$(python3 -c 'import socket
a, b = socket.socket(), socket.socket()
a.bind(("127.0.0.1", 0)), b.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])')
	cgi_port=${port#* } port=${port% *}
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	    -keyout "$P/key.pem" -out "$P/ca.pem" 2>/dev/null
	cat "$P/ca.pem" "$P/key.pem" >"$P/tls.pem"
	printf '[store]\npath = %s\n[portal]\nurl = https://localhost:%s\nhosts = localhost:%s\nenrol-rate = 1000/1h\n' \
	    "$P/store" "$port" "$cgi_port" >"$P/nvr.conf"
	nvr-store -q -d "$P/store" init >/dev/null
}

# As share/lighttpd.conf is shipped, with values put in; without TLS where
# portal_plain is set.
portal_conf() { # PORT STATE
	sed -e "s|^var.port.*|var.port = $1|; s|/etc/nvr/tls.pem|$P/tls.pem|" \
	    -e "s|/run/lighttpd|$2|; s|/run/nvr-portal/|$P/|" \
	    -e "s|/etc/nvr.conf|$P/nvr.conf|; /^server.username/d" \
	    -e "s|/usr/local/lib/cgi-bin|$NVR_BUILD|; /^server.groupname/d" \
	    -e "${portal_plain:+/^ssl/d; s/\"mod_openssl\", //}" \
	    "$root/share/lighttpd.conf"
	echo 'server.bind = "127.0.0.1"'
}

# start_fastcgi [N]: the process behind $P/N.sock, as systemd starts it; its id
# is in $P/N.pid.
start_fastcgi() {
	local n=${1:-1}
	rm -f "$P/$n.sock"
	python3 -c 'import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(5)
os.dup2(s.fileno(), 0)
os.execvp(sys.argv[2], sys.argv[2:])' "$P/$n.sock" "$NVR_BUILD/nvr.cgi" \
	    -c "$P/nvr.conf" 2>>"$P/log" 3>&- &
	echo $! >"$P/$n.pid"
	echo $! >>"$P/pids"
	until [ -S "$P/$n.sock" ]; do sleep 0.02; done
}

start_lighttpd() { # CONF PORT
	lighttpd -D -f "$1" 2>>"$P/log" 3>&- &
	echo $! >>"$P/pids"
	for _ in $(seq 250); do
		(exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null && return
		sleep 0.02
	done
	cat "$P/log"
	return 1
}

# The one by FastCGI at $fast, the one by CGI at $slow.
start_portal() {
	portal_conf "$port" "$P/state" >"$P/fastcgi.conf"
	portal_conf "$cgi_port" "$P/cgi" |
	    sed -e '/^fastcgi.server/,/)))$/d; s/^#cgi //' >"$P/cgi.conf"
	start_fastcgi 1
	start_fastcgi 2
	start_lighttpd "$P/fastcgi.conf" "$port"
	start_lighttpd "$P/cgi.conf" "$cgi_port"
	fast=https://localhost:$port slow=https://localhost:$cgi_port
}

stop_portal() {
	local pid
	while read -r pid; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done <"$P/pids"
	return 0
}

# A key of Ed25519 of a recorder, and what it signs by RFC 9421: written apart
# from lib/seal, with the openssl program.
make_key() { # FILE
	openssl genpkey -algorithm ed25519 -out "$1" 2>/dev/null
}

key_id() { # FILE: 64 hexadecimal digits
	openssl pkey -in "$1" -pubout -outform DER | tail -c 32 | od -An -tx1 |
	    tr -d ' \n'
}

# sign KEY PATH BODY [SEQUENCE [SECONDS [HOST]]]: the four headers as a file of
# curl's, $P/headers; BODY is a file.
sign() {
	local sequence=${4:-$(date +%s%3N)} seconds=${5:-$(date +%s)}
	local host=${6:-localhost:$port} id digest input
	id=$(key_id "$1")
	digest="sha-256=:$(openssl dgst -sha256 -binary "$3" | base64 -w0):"
	input='("@method" "@authority" "@path" "content-digest" "nvr-sequence")'
	input="$input;created=$seconds;keyid=\"$id\";alg=\"ed25519\""
	printf '"@method": POST\n"@authority": %s\n"@path": %s\n"content-digest": %s\n"nvr-sequence": %s\n"@signature-params": %s' \
	    "$host" "$2" "$digest" "$sequence" "$input" >"$P/base"
	openssl pkeyutl -sign -inkey "$1" -rawin -in "$P/base" -out "$P/sig"
	printf 'Content-Digest: %s\nNvr-Sequence: %s\nSignature-Input: nvr=%s\nSignature: nvr=:%s:\nContent-Type: application/json\n' \
	    "$digest" "$sequence" "$input" "$(base64 -w0 <"$P/sig")" >"$P/headers"
}

# ask [option …] URL: the status in $status, headers in $P/head, body in $P/body
# and $output.
ask() {
	status=$(curl -sS --max-time 20 --cacert "$P/ca.pem" --http1.1 \
	    -o "$P/body" -D "$P/head" -w '%{http_code}' "$@") || true
	output=$(cat "$P/body" 2>/dev/null)
}

is() { # STATUS
	[ "$status" = "$1" ] || {
		echo "$status and not $1: $output"
		return 1
	}
}

# enrol_recorder KEY: by a code of now, through the portal.
enrol_recorder() {
	local code
	code=$(nvr-account -q -d "$P/store" recorder invite jane@example.org yard |
	    cut -f 1)
	printf '{"code":"%s","box":"%s","fingerprint":"%064d","agent":"0.1","interval_ms":60000}' \
	    "$code" age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p \
	    0 >"$P/enrol.json"
	sign "$1" /api/v1/enrol "$P/enrol.json"
	ask -H "@$P/headers" --data-binary "@$P/enrol.json" "$fast/api/v1/enrol"
}

# beat KEY [URL [SEQUENCE [AUTHORITY [option …]]]]: a report of now, signed and
# sent.  That it knows of none lately keeps it from being too often (remote.h),
# unless previous= says which it knows of.
beat() {
	local url=${2:-$fast} sequence=${3:-$(date +%s%3N)}
	printf '{"report":{"sequence":%s,"at":"%s","cpu_percent":7},"agent":"0.1","fingerprint":"%064d","interval_ms":60000,"settings":0,"previous":%s,"cameras":[]}' \
	    "$sequence" "$(date -u +%FT%T.%3NZ)" 0 "${previous:-1}" >"$P/beat.json"
	sign "$1" /api/v1/heartbeat "$P/beat.json" "$sequence" "" \
	    "${4:-${url#https://}}"
	ask "${@:5}" -H "Host: ${4:-${url#https://}}" -H "@$P/headers" \
	    --data-binary "@$P/beat.json" "$url/api/v1/heartbeat"
}

# hold FILE: others hold the store until FILE is there, 10 s at the most.
hold() {
	python3 -c 'import os, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
open(sys.argv[2] + ".held", "w").close()
for _ in range(500):
    if os.path.exists(sys.argv[2]):
        break
    time.sleep(0.02)
db.execute("ROLLBACK")' "$P/store/nvr.db" "$1" 3>&- &
	holder=$!
	for _ in $(seq 250); do
		[ -e "$1.held" ] && return
		sleep 0.02
	done
	return 1
}

free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# start_other N: one more process behind one more lighttpd, at $other; what it
# answers to is still localhost:$port.
start_other() {
	start_fastcgi "$1"
	serve_other "$1"
}

serve_other() { # N: a lighttpd before $P/N.sock
	other_port=$(free_port)
	other=https://localhost:$other_port
	mkdir -p "$P/state.$1"
	sed "s|/[12]\\.sock|/$1.sock|; s|$P/state|$P/state.$1|
	    s/^var.port.*/var.port = $other_port/" "$P/fastcgi.conf" >"$P/$1.conf"
	start_lighttpd "$P/$1.conf" "$other_port"
}

gone() { # PID
	for _ in $(seq 200); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.02
	done
	return 1
}

end_other() { # N
	local pid
	pid=$(cat "$P/$1.pid")
	kill "$pid"
	gone "$pid"
}

"""Nothing is asked but public addresses, and nothing takes longer or more than it may (rules T-R1 to T-R3)."""

import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from podcastsvc.errors import Invalid, Unavailable
from podcastsvc.kit import guard
from podcastsvc.kit.outgoing import is_public, send


class Other(BaseHTTPRequestHandler):
    """Another machine: each path behaves in its own way."""

    def do_GET(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        getattr(self, "answer" + self.path.split("?")[0].replace("/", "_"))()

    def do_POST(self):
        self.do_GET()

    def answer_plain(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.reply(200, b"hello " + body)

    def answer_long(self):
        self.reply(200, b"x" * 5_000)

    def answer_away(self):
        self.reply(302, location="/plain")

    def answer_round(self):
        self.reply(302, location="/round")

    def answer_inside(self):
        self.reply(302, location="http://10.0.0.1/")

    def answer_silent(self):
        self.server.over.wait(10)
        self.reply(200)

    def answer_drop(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(1_000):
            if self.server.over.wait(0.05):
                return
            self.wfile.write(b"x")

    def reply(self, status, body=b"", location=None):
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """The other side went away: that is what is tested."""


@pytest.fixture
def other():
    with Server(("127.0.0.1", 0), Other) as server:
        server.seen, server.over = [], threading.Event()
        server.place = f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()


def ask(other, path, method="GET", **options):
    return send(method, f"http://{other.place}{path}", excepted={other.place}, **options)


def test_an_answer_is_handed_over(other):
    reply = ask(other, "/plain", "POST", body=b"you", headers={"X-Kind": "test"})

    assert (reply.status, reply.body, reply.is_good) == (200, b"hello you", True)
    ((_, _, headers),) = other.seen
    assert headers["X-Kind"] == "test"
    assert headers["User-Agent"].startswith("podcastsvc")
    assert "Accept-Encoding" not in headers


def test_t_r1_redirects_are_followed(other):
    reply = ask(other, "/away")

    assert (reply.status, reply.url) == (200, f"http://{other.place}/plain")


def test_t_r1_at_most_three_times(other):
    with pytest.raises(Invalid, match="too often"):
        ask(other, "/round")

    assert len(other.seen) == 4


def test_t_r1_what_changes_something_is_not_sent_on(other):
    assert ask(other, "/away", "POST").status == 302


def test_t_r1_a_redirect_is_looked_at_like_the_first_address(other):
    with pytest.raises(Invalid, match="cannot be asked"):
        ask(other, "/inside")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://ben:secret@example.org/",
        "http://example.org:8080/",
        "http://example.org:99999/",
        "http:///",
        "//example.org/",
        "http://[::1/",
        "http://exämple.org/",
        "",
    ],
)
def test_t_r1_other_forms_are_refused(url):
    with pytest.raises(Invalid, match="cannot be asked"):
        send("GET", url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0",
        "169.254.169.254",
    ],
)
def test_t_r2_private_hosts_are_refused_in_every_spelling(host):
    with pytest.raises(Invalid, match="cannot be asked"):
        send("GET", f"http://{host}/")


def test_t_r2_an_exception_is_for_one_port(other):
    host, port = other.place.split(":")
    with pytest.raises(Invalid):
        send("GET", f"http://{other.place}/plain", excepted={f"{host}:{int(port) + 1}"})


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "172.32.0.1",
        "100.63.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "2002:0808:0808::1",
        "64:ff9b::8.8.8.8",
    ],
)
def test_t_r2_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1",
        "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "4000::1", "fc00::1", "fd00::1", "fe80::1",
        "fe80::1%eth0", "fec0::1", "ff02::1", "none",
    ],
)  # fmt: skip
def test_t_r2_what_is_not_public(address):
    assert not is_public(address)


def test_t_r3_more_than_the_limit_is_refused(other):
    with pytest.raises(Invalid, match="more than fits"):
        ask(other, "/long", limit_bytes=4_999)

    assert len(ask(other, "/long", limit_bytes=5_000).body) == 5_000


@pytest.mark.parametrize("path", ["/silent", "/drop"])
def test_t_r3_silence_and_drops_end_in_time(other, path):
    with pytest.raises(Unavailable, match="did not answer"):
        ask(other, path, seconds=0.3)


def test_nobody_there_is_told(other):
    other.shutdown()
    other.server_close()

    with pytest.raises(Unavailable):
        ask(other, "/plain")


def test_something_that_is_no_http_is_told():
    class Rude(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(1_000)
            self.request.sendall(b"220 mail.example.org\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Rude) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        place = f"127.0.0.1:{server.server_address[1]}"

        with pytest.raises(Unavailable):
            send("GET", f"http://{place}/", excepted={place})


def test_nothing_is_asked_while_a_transaction_is_open():
    with guard.writing(), pytest.raises(guard.NetworkInTransaction):
        send("GET", "http://example.org/")

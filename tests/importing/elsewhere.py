"""A show that lives elsewhere: its feed, audio and pictures, served on a port of this machine."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

from tests.catalogue.recordings import make_mp3

VTT = b"WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nEvery map is a point of view.\n"
CHAPTERS = b'{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Start"}, {"startTime": 5, "title": "The first atlas"}]}'
CHANNEL = """
<title>The Long Way</title><link>{base}</link><language>en-GB</language>
<description>How people get &amp;lt;from&amp;gt; here to there.</description>
<podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>
<itunes:author>Ada Lind</itunes:author>
<itunes:owner><itunes:name>Ada</itunes:name><itunes:email>ada@example.org</itunes:email></itunes:owner>
<itunes:category text="Society &amp; Culture"><itunes:category text="Documentary"/></itunes:category>
<itunes:category text="No Such Thing"/>
<itunes:explicit>no</itunes:explicit><itunes:type>serial</itunes:type><itunes:image href="{base}/art.png"/>
<podcast:person role="host" img="{base}/ada.png">Ada Lind</podcast:person>
"""
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    ' xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
)


def make_png(side: int) -> bytes:
    spare = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(spare, "PNG")
    return spare.getvalue()


class Elsewhere(ThreadingHTTPServer):
    """``pages`` are bytes by path; what is in none of them is answered 404. ``asked`` has the paths in their order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.place = f"127.0.0.1:{self.server_address[1]}"
        self.base = f"http://{self.place}"
        self.asked: list[str] = []
        self.broken: dict[str, int] = {}
        self.pages = {
            "/one.mp3": make_mp3(10),
            "/two.mp3": make_mp3(12),
            "/art.png": make_png(1500),
            "/cover.png": make_png(1400),
            "/talk.vtt": VTT,
            "/chapters.json": CHAPTERS,
        }

    def put_feed(self, *items: str, channel: str = CHANNEL, path: str = "/feed.xml") -> str:
        """Publishes a feed and returns its address; ``{base}`` in the texts is this server's."""
        text = "".join((HEAD, channel, *(f"<item>{item}</item>" for item in items), "</channel></rss>"))
        self.pages[path] = text.replace("{base}", self.base).encode()
        return self.base + path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Elsewhere

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = self.server.pages.get(self.path)
        self.send_response(200 if body is not None else 404)
        body = body or b"no"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.broken.get(self.path, 0) > 0:
            self.server.broken[self.path] -= 1
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def open_elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def write_item(
    guid: str, title: str = "Why maps lie", date: str = "Tue, 03 Feb 2015 08:00:05 +0000", rest: str = ""
) -> str:
    return (
        f"<title>{title}</title><guid isPermaLink='false'>{guid}</guid><pubDate>{date}</pubDate>"
        f"<enclosure url='{{base}}/one.mp3' length='1' type='audio/mpeg'/>{rest}"
    )

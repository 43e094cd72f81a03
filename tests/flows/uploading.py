"""A file on its way into the studio, as the page's script sends it: by the tus protocol, over a real connection."""

import http.client
import json
from base64 import b64encode


class Sender:
    """One file of a signed-in visitor; each part has a connection of its own, which the test may cut.

    ``path`` is the address of an upload that has begun elsewhere.
    """

    def __init__(self, site, visitor, name, length_bytes, *, path=""):
        self._site = site
        page = visitor.get("/studio/episodes/new")
        self._usual = {
            "Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies),
            "X-CSRF-Token": page.document.xpath("//*[@name='csrf_token']")[0].get("value", ""),
            "Accept": "application/json",
            "Tus-Resumable": "1.0.0",
        }
        self.path = path or self._begin(name, length_bytes)
        self.id = self.path.rpartition("/")[2]

    def _begin(self, name, length_bytes):
        metadata = f"filename {b64encode(name.encode()).decode()}"
        begun = self._ask("POST", "/studio/uploads", {"Upload-Length": str(length_bytes), "Upload-Metadata": metadata})
        assert begun.status == 201, begun.text
        return begun.headers["location"]

    def begin_part(self, length_bytes, offset_bytes=0):
        """An open connection whose headers are sent; the part's bytes follow."""
        connection = http.client.HTTPConnection("127.0.0.1", self._site.port, timeout=120)
        connection.putrequest("PATCH", self.path)
        headers = {
            **self._usual,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset_bytes),
            "Content-Length": str(length_bytes),
        }
        for header, value in headers.items():
            connection.putheader(header, value)
        connection.endheaders()
        return connection

    def send(self, content, offset_bytes=0):
        """A part, whole; its answer."""
        connection = self.begin_part(len(content), offset_bytes)
        connection.send(content)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def find_offset(self):
        """From where the server wants the file to go on."""
        return int(self._ask("HEAD", self.path).headers["upload-offset"])

    def finish(self):
        """What was read from the whole file."""
        answer = self._ask("POST", self.path)
        assert answer.status == 200, answer.text
        return json.loads(answer.body)

    def _ask(self, method, path, headers=()):
        return self._site.fetch(path, method=method, headers={**self._usual, **dict(headers), "Content-Length": "0"})

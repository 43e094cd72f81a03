"""Reaching the stand-in without a port: one request in process, as plain values in and out.

The gateway wraps what ``make_call`` returns in an HTTP client of the ``stripe`` package. No port is needed, and a
server with a single worker cannot wait for itself.
"""

import io
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from werkzeug.test import run_wsgi_app

from podcastsvc.billing.standin.app import Standin, TimedOut

Call = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]]
"""Method, address, headers and body of a request; status, headers (names in lower case) and body of its answer."""


def make_call(standin: Standin) -> Call:
    """How to reach a stand-in in this process. The host in an address does not matter.

    The function raises TimeoutError or ConnectionError where a fault says so, and nothing else.
    """

    def call(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        try:
            parts, status, fields = run_wsgi_app(standin, _environ(method, url, headers, body), buffered=True)
        except TimedOut as problem:
            raise TimeoutError(str(problem)) from problem
        return int(status.split(maxsplit=1)[0]), {name.lower(): value for name, value in fields}, b"".join(parts)

    return call


def _environ(method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    address = urlsplit(url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method.upper(),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(address.path, "latin-1"),
        "QUERY_STRING": address.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "standin.in_process": True,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        if key == "HOST":
            continue
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ

"""Debian's nginx in front of a served installation, with the very text of the operators' page."""

import http.client
import os
import re
import ssl
import subprocess
from pathlib import Path

from tests.bench.front import find_nginx
from tests.site import Site, find_port, wait_for

PAGE = Path(__file__).parents[2] / "docs" / "nginx.md"

# Debian's own file around it, with the worst that an operator may have written there.
_AROUND = """\
{user}
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 768; }}
http {{
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  default_type application/octet-stream;
  gzip on;
  gzip_proxied any;
  gzip_min_length 0;
  gzip_types *;
  access_log {folder}/all.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  include {folder}/podcastsvc.conf;
}}
"""

Headers = list[tuple[str, str]]


class Front:
    """nginx on a port of this machine, over a site whose ``base_url`` is that port's."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.plain_port = find_port()
        self.base_url = f"https://localhost:{port}"
        self.certificate = folder / "fullchain.pem"
        folder.mkdir()
        _make_certificate(folder)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self, site: Site) -> None:
        """Starts it over a site, or anew over another."""
        self.stop()
        (self.folder / "podcastsvc.conf").write_text(self._fill_in(site))
        # Started by root its workers would be somebody else, who may not look into a test's folder.
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(_AROUND.format(folder=self.folder, user=user))
        errors = self.folder / "start.log"
        command = [find_nginx() or "nginx", "-e", str(errors), "-c", str(self.folder / "nginx.conf")]
        self._server = subprocess.Popen([*command, "-g", "daemon off;"], start_new_session=True)
        wait_for(lambda: self.fetch("/healthz")[0] == 200, "nginx to answer", errors.read_text)

    def _fill_in(self, site: Site) -> str:
        places = {
            "/etc/letsencrypt/live/show.example/": f"{self.folder}/",
            "https://show.example": self.base_url,
            "show.example": "localhost",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "listen [::]:80;": "",
            "listen [::]:443 ssl http2;": "",
            "127.0.0.1:8000": f"127.0.0.1:{site.port}",
            "/srv/show/var/": f"{site.data}/",
            "/var/log/nginx/": f"{self.folder}/",
            "/var/www/html": f"{self.folder}/www",
        }
        text = read_configuration()
        for place, filling in places.items():
            assert place in text, f"the page does not say {place!r}"
            text = text.replace(place, filling)
        return text

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)
            self._server = None

    def connect(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.certificate))
        return http.client.HTTPSConnection("localhost", self.port, timeout=30, context=context)

    def fetch(
        self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> tuple[int, Headers, bytes]:
        """One request over https: status, headers in the order of their names, body."""
        return ask(self.connect(), path, method=method, headers=headers, body=body)

    def read_log(self) -> str:
        """What it wrote of requests and of mistakes."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


def ask(
    connection: http.client.HTTPConnection,
    path: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> tuple[int, Headers, bytes]:
    """One request over a connection, which is closed: status, headers in the order of their names, body."""
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        found = sorted((name.lower(), value) for name, value in answer.getheaders())
        return answer.status, found, answer.read()
    finally:
        connection.close()


def read_configuration() -> str:
    """The configuration that the operators' page prints."""
    (block,) = re.findall(r"^```nginx\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(block)


def _make_certificate(folder: Path) -> None:
    """A certificate for localhost, and its key, as files of the names that certbot gives."""
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2"]
    places = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run(["openssl", "req", "-x509", *kind, *names, *places], check=True, capture_output=True)

"""nginx with the same bytes as static files, to compare with in the same run."""

import http.client
import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.site import find_port

_CONFIG = """\
{user}
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  keepalive_requests 1000000;
  gzip_static always;
  types {{ application/rss+xml xml; audio/mpeg mp3; }}
  server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


class Nginx:
    """Debian's nginx over a folder of files; None of it exists where nginx is not installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = find_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        (folder / "files").mkdir(parents=True, exist_ok=True)
        # Started by root its workers would be somebody else, who may not look into our folder.
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(_CONFIG.format(folder=folder, port=self.port, user=user))
        self._server: subprocess.Popen[bytes] | None = None

    @staticmethod
    def is_installed() -> bool:
        return find_nginx() is not None

    def put(self, name: str, content: bytes) -> None:
        (self.folder / "files" / name).write_bytes(content)

    def start(self) -> int:
        """Starts it in a process group of its own and returns its process id."""
        command = [find_nginx() or "nginx", "-c", str(self.folder / "nginx.conf"), "-g", "daemon off;"]
        self._server = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        return self._server.pid

    def fetch_etag(self, path: str, length_bytes: int) -> str:
        """The ETag of the compressed form of a file, once it is certain that it is sent whole, and 304 for its ETag."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("HEAD", path, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            assert (answer.status, answer.getheader("Content-Length")) == (200, str(length_bytes))
            answer.read()
            etag = str(answer.getheader("ETag"))
            connection.request("GET", path, headers={"Accept-Encoding": "gzip", "If-None-Match": etag})
            assert connection.getresponse().status == 304
            return etag
        finally:
            connection.close()

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)


def find_nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

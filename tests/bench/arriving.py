"""What arrives: a large file through the studio's form beside a plain copy, and Stripe's notices."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from podcastsvc.billing.standin.app import make_standin
from podcastsvc.billing.standin.notices import sign
from tests.bench.load import MemoryWatch, run_load
from tests.bench.rows import Row, describe
from tests.catalogue.recordings import make_mp3
from tests.flows.conftest import SHOW, enter_studio
from tests.flows.uploading import Sender
from tests.site import Site

LARGE_BYTES = 200_000_000
_SENT_AT_ONCE = 1 << 20
_TIMES = 3
_NOTICES = 6_000
# Each sender may send a hundred a second (rule 10); this many senders take turns.
_SENDERS = 50


def measure_uploads(folder: Path) -> Iterator[Row]:
    """200 MB through the form, until the server knows what it is, beside a copy of the same file with fsync."""
    recording = folder / "large.mp3"
    recording.write_bytes(make_mp3(LARGE_BYTES / 8000))
    site = Site(folder / "upload", workers=2, threads=256, log_level="warning")
    (site.episodes / "show.yaml").write_text(SHOW)
    site.run("init", "--host-email", "ada@example.org")
    site.start()
    try:
        ada = enter_studio(site)
        # The first upload of all starts the process that reads files.
        _upload(site, ada, recording, "warm.mp3")
        copies, uploads, grown = [], [], []
        for number in range(_TIMES):
            copies.append(_copy(recording, folder / f"copy-{number}"))
            with MemoryWatch(site.pid) as watch:
                uploads.append(_upload(site, ada, recording, f"large-{number}.mp3"))
            grown.append(watch.grown_mib)
    finally:
        site.stop()
    yield {
        "what": "upload of 200 MB through the form",
        "value": round(min(uploads), 2),
        "unit": "s",
        "copy_and_fsync_s": round(min(copies), 2),
        "ratio": round(min(uploads) / min(copies), 2),
        "met": min(uploads) <= min(copies) * 1.5 and max(grown) < 32,
        "aim": "ratio 1.5 at most",
        "memory_mib": round(max(grown), 1),
        "memory_aim": 32,
    }


def _upload(site: Site, visitor: object, recording: Path, name: str) -> float:
    sender = Sender(site, visitor, name, recording.stat().st_size)
    connection = sender.begin_part(recording.stat().st_size)
    began = time.monotonic()
    with recording.open("rb") as file:
        while block := file.read(_SENT_AT_ONCE):
            connection.send(block)
    answer = connection.getresponse()
    said = answer.read()
    assert answer.status == 204, said[:500]
    sender.finish()
    spent = time.monotonic() - began
    connection.close()
    return spent


def _copy(source: Path, target: Path) -> float:
    began = time.monotonic()
    with source.open("rb") as read, target.open("wb") as written:
        while block := read.read(_SENT_AT_ONCE):
            written.write(block)
        written.flush()
        os.fsync(written.fileno())
    spent = time.monotonic() - began
    target.unlink()
    return spent


def measure_notices(folder: Path) -> Iterator[Row]:
    """Signed notices, each another one, stored and answered on SQLite while the worker looks after them."""
    site = Site(
        folder / "notices",
        workers=2,
        threads=256,
        log_level="error",
        trusted_proxies=1,
    )
    (site.episodes / "show.yaml").write_text(SHOW)
    site.run("init", "--host-email", "ada@example.org")
    site.start()
    try:
        site.fetch("/join")
        script = _write_notices(folder, f"127.0.0.1:{site.port}", _read_secret(site))
        rate = run_load(f"{site.base_url}/webhooks/stripe", site.pid, script=script)
    finally:
        site.stop()
    yield describe("notices from Stripe, stored and answered", rate, aim=200)


def _read_secret(site: Site) -> str:
    """The secret that the stand-in for Stripe signs with."""
    standin = make_standin(
        site.data / "standin.db", base_url=site.base_url, webhook_url=f"{site.base_url}/webhooks/stripe"
    )
    try:
        return standin.read_secret()
    finally:
        standin.close()


def _write_notices(folder: Path, host: str, secret: str) -> Path:
    """A script for wrk that sends each notice once, the threads their own halves."""
    lines = []
    for number in range(_NOTICES):
        body = _write_notice(number)
        lines.append(f"{sign(body.encode(), secret, int(time.time()))}\t{body}")
    (folder / "notices.txt").write_text("\n".join(lines))
    script = folder / "notices.lua"
    script.write_text(_SCRIPT.format(path=folder / "notices.txt", host=host, senders=_SENDERS))
    return script


def _write_notice(number: int) -> str:
    return json.dumps(
        {
            "id": f"evt_bench_{number}",
            "object": "event",
            "type": "customer.subscription.updated",
            "created": int(time.time()),
            "livemode": False,
            "data": {"object": {"id": f"sub_bench_{number}", "object": "subscription"}},
        }
    )


_SCRIPT = """\
local threads = 0
function setup(thread)
  thread:set("first", threads)
  threads = threads + 1
end
local notices = {{}}
local place
function init(args)
  for line in io.lines("{path}") do notices[#notices + 1] = line end
  place = first + 1
end
function request()
  local signature, body = notices[(place - 1) % #notices + 1]:match("^(.-)\\t(.*)$")
  local sender = "192.0.2." .. (place % {senders})
  place = place + 2
  return wrk.format("POST", nil, {{
    ["Host"] = "{host}", ["Content-Type"] = "application/json", ["Stripe-Signature"] = signature,
    ["X-Forwarded-For"] = sender, ["X-Forwarded-Proto"] = "http", ["X-Forwarded-Host"] = "{host}",
  }}, body)
end
"""

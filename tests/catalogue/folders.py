"""Writes shows and episodes as people do, for tests of the scan. Files look an hour old, so that none seems to grow."""

import io
import itertools
import os
import time
from pathlib import Path

from PIL import Image, ImageDraw

from tests.catalogue.recordings import make_mp3

SHOW = "title: Room Tone\ntimezone: UTC\nowner: {name: Ada, email: ada@example.org}\n"
GUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

_ages = itertools.count()


def write(path: Path, content: bytes | str, *, age_seconds: float = 3600) -> Path:
    """Puts a file in place, each one a little younger than the last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spare = path.with_name(f".{path.name}.new")
    spare.write_bytes(content.encode() if isinstance(content, str) else content)
    at = time.time() - age_seconds + next(_ages) / 1000
    os.utime(spare, (at, at))
    spare.replace(path)
    return path


def write_show(root: Path, text: str = SHOW) -> Path:
    return write(root / "show.yaml", text)


def write_notes(folder: Path, *, body: str = "About maps.\n", **head: object) -> Path:
    lines = "".join(f"{key}: {value}\n" for key, value in head.items())
    return write(folder / "notes.md", f"---\n{lines}---\n{body}")


def write_episode(
    root: Path, name: str, *, audio: bytes | None = None, body: str = "About maps.\n", **head: object
) -> Path:
    """A folder with notes and two seconds of sound; published in May 2026 unless ``date`` says otherwise (None: a draft)."""
    folder = root / name
    head = {"title": "Why maps lie", "date": "2026-05-30 06:00", **head}
    write_notes(folder, body=body, **{key: value for key, value in head.items() if value is not None})
    write(folder / "audio.mp3", make_mp3(2, tags=make_unique(name)) if audio is None else audio)
    return folder


def make_unique(name: str) -> bytes:
    """An ID3 tag that makes one recording differ from another."""
    from tests.catalogue.recordings import make_id3, make_text

    return make_id3(make_text("TENC", name))


def make_cover(side: int = 1400, colour: str = "teal", kind: str = "JPEG") -> bytes:
    image = Image.new("RGB", (side, side), colour)
    ImageDraw.Draw(image).ellipse((100, 100, side - 100, side - 100), outline="white", width=20)
    out = io.BytesIO()
    image.save(out, kind, quality=60)
    return out.getvalue()

"""The media store: where published audio and pictures lie, on the local disk or in an object store.

Keys are relative paths such as ``audio/3f9a….mp3``; what lies at a key never changes, since keys hold a content hash.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from podcastsvc.errors import Misconfigured, Unavailable
from podcastsvc.kit import guard
from podcastsvc.kit.language import N_
from podcastsvc.settings import Settings

_FICLONE = 0x40049409


class MediaStore(Protocol):
    """One kind of place for media; every method but ``find_path`` and ``sign`` may take as long as its network does."""

    def save_file(self, key: str, path: Path, *, mime: str) -> None:
        """Keeps a copy of a file under a key, whole or not at all; an equal one that is there already is left alone."""

    def save_bytes(self, key: str, content: bytes, *, mime: str) -> None:
        """The same for bytes in memory."""

    def read_bytes(self, key: str) -> bytes | None:
        """All bytes at a key; None where nothing is."""

    def find_length(self, key: str) -> int | None:
        """Bytes that lie at a key; None where nothing is."""

    def find_path(self, key: str) -> Path | None:
        """The local file at a key, to be sent by us; None with an object store, or where nothing is."""

    def sign(self, key: str, lifetime: timedelta) -> str | None:
        """An address at which anyone may fetch the object for a while (rule M9); None on the local disk."""

    def remove(self, key: str) -> None:
        """Drops what lies at a key; nothing there is fine."""

    def list_keys(self, prefix: str) -> list[str]:
        """All keys that begin with a folder name."""

    def list_lengths(self, prefix: str) -> dict[str, int]:
        """The same with the bytes that lie at each; one question for all of them, which many ``find_length`` are not."""


def make_media_store(settings: Settings) -> MediaStore:
    """The store that the settings name; call it after the server has forked."""
    if not settings.media_url:
        return LocalMedia(settings.data / "media")
    return ObjectMedia(settings, settings.media_url)


class LocalMedia:
    """Media in a folder. A file of the same file system takes no second space: it is cloned, or linked.

    A linked file that somebody overwrites in place changes here too. The length that the catalogue knows is therefore
    compared before a file is sent, and a scan finds the change and gives the new audio an address of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def save_file(self, key: str, path: Path, *, mime: str) -> None:
        target = self._place(key)
        if target.exists() and target.stat().st_size == path.stat().st_size:
            return
        with _whole_or_nothing(target) as spare:
            if not _clone(path, spare) and not _link(path, spare):
                shutil.copyfile(path, spare)

    def save_bytes(self, key: str, content: bytes, *, mime: str) -> None:
        target = self._place(key)
        if not (target.exists() and target.stat().st_size == len(content)):
            with _whole_or_nothing(target) as spare:
                spare.write_bytes(content)

    def read_bytes(self, key: str) -> bytes | None:
        path = self.find_path(key)
        return None if path is None else path.read_bytes()

    def find_length(self, key: str) -> int | None:
        return _measure(self._place(key))

    def find_path(self, key: str) -> Path | None:
        path = self._place(key)
        return path if path.is_file() else None

    def sign(self, key: str, lifetime: timedelta) -> str | None:
        return None

    def remove(self, key: str) -> None:
        self._place(key).unlink(missing_ok=True)

    def list_keys(self, prefix: str) -> list[str]:
        return sorted(self.list_lengths(prefix))

    def list_lengths(self, prefix: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for path in self._place(prefix).rglob("*"):
            length = None if path.name.startswith(".") else _measure(path)
            if length is not None:
                found[str(path.relative_to(self._folder))] = length
        return found

    def _place(self, key: str) -> Path:
        # By its letters alone: asking the file system what lies behind them took a quarter of a range's time, and links
        # in this folder are made by nobody but us.
        if key.startswith("/") or ".." in key.split("/"):
            raise ValueError(f"{key!r} leaves the media folder")
        return self._folder / key


class ObjectEntry(NamedTuple):
    """One object of a listing; ``mark`` is its ETag."""

    key: str
    size_bytes: int
    changed_ns: int
    mark: str


class ObjectMedia:
    """Media in an S3 object store; made lazily, since its client must not be shared by a fork."""

    def __init__(self, settings: Settings, url: str, *, retries: int = 3) -> None:
        self._settings = settings
        self._url = url
        self._retries = retries

    @cached_property
    def _store(self) -> Any:
        return make_object_store(self._settings, self._url, retries=self._retries)

    def save_file(self, key: str, path: Path, *, mime: str) -> None:
        if self.find_length(key) != path.stat().st_size:
            with _asking():
                _obstore().put(self._store, key, path, attributes={"Content-Type": mime})

    def save_bytes(self, key: str, content: bytes, *, mime: str) -> None:
        if self.find_length(key) != len(content):
            with _asking():
                _obstore().put(self._store, key, content, attributes={"Content-Type": mime})

    def read_bytes(self, key: str) -> bytes | None:
        with _asking(), contextlib.suppress(FileNotFoundError):
            return bytes(_obstore().get(self._store, key).bytes())
        return None

    def find_length(self, key: str) -> int | None:
        with _asking(), contextlib.suppress(FileNotFoundError):
            return int(_obstore().head(self._store, key)["size"])
        return None

    def find_path(self, key: str) -> Path | None:
        return None

    def sign(self, key: str, lifetime: timedelta) -> str | None:
        # Signing is arithmetic with our own key: nothing is asked, so it is allowed anywhere.
        return str(_obstore().sign(self._store, "GET", key, lifetime))

    def remove(self, key: str) -> None:
        with _asking(), contextlib.suppress(FileNotFoundError):
            _obstore().delete(self._store, key)

    def list_keys(self, prefix: str) -> list[str]:
        return [entry.key for entry in self.list_entries(prefix)]

    def list_lengths(self, prefix: str) -> dict[str, int]:
        return {entry.key: entry.size_bytes for entry in self.list_entries(prefix)}

    def list_entries(self, prefix: str) -> list[ObjectEntry]:
        """All objects below a folder name ("" is the whole store) with what changes when one does, by key."""
        with _asking():
            found = [meta for batch in _obstore().list(self._store, prefix or None) for meta in batch]
        return sorted(
            ObjectEntry(
                str(meta["path"]),
                int(meta["size"]),
                int(meta["last_modified"].timestamp() * 1_000_000_000),
                str(meta["e_tag"] or ""),
            )
            for meta in found
        )

    def fetch(self, key: str, target: Path) -> bool:
        """Writes an object to a local file, block by block; False where there is none."""
        with _asking(), contextlib.suppress(FileNotFoundError):
            answer = _obstore().get(self._store, key)
            with target.open("wb") as file:
                for block in answer.stream(min_chunk_size=1 << 20):
                    file.write(block)
            return True
        return False

    def replace_bytes(self, key: str, content: bytes) -> None:
        """Puts bytes at a key that may hold others, which media never do and an episode's notes may."""
        with _asking():
            _obstore().put(self._store, key, content)


def make_object_store(settings: Settings, url: str, *, retries: int = 3) -> Any:
    """An obstore ``S3Store`` for ``s3://bucket/prefix`` with the endpoint and keys of the settings."""
    from obstore.store import S3Store

    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc:
        raise Misconfigured(f"{url!r} is not an object store's address such as s3://bucket/prefix")
    config: Any = {"region": settings.s3_region}
    if settings.s3_access_key:
        config |= {"access_key_id": settings.s3_access_key, "secret_access_key": settings.s3_secret_key}
    if settings.s3_endpoint:
        config["endpoint"] = settings.s3_endpoint
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=config,
        client_options={
            "timeout": "300s",
            "connect_timeout": "5s",
            "allow_http": settings.s3_endpoint.startswith("http:"),
        },
        retry_config={"max_retries": retries, "retry_timeout": timedelta(seconds=60)},
    )


def _obstore() -> Any:
    import obstore

    return obstore


@contextlib.contextmanager
def _asking() -> Iterator[None]:
    from obstore.exceptions import BaseError, NotFoundError

    guard.leaving("the media store")
    try:
        yield
    except NotFoundError as problem:
        raise FileNotFoundError from problem
    except BaseError as problem:
        raise Unavailable(N_("The media store does not answer. Please try again in a moment.")) from problem


@contextlib.contextmanager
def _whole_or_nothing(target: Path) -> Iterator[Path]:
    """A path beside ``target`` to write to; when the block ends it is synced and takes the target's name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    spare = target.with_name(f".writing-{secrets.token_hex(8)}.part")  # As the sweep for leftovers knows it.
    try:
        yield spare
        with spare.open("rb") as file:
            os.fsync(file.fileno())
        spare.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        spare.unlink(missing_ok=True)


def _measure(path: Path) -> int | None:
    """Bytes of a file, asked once: a sweep may take it away between two questions. None where none is."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _clone(source: Path, target: Path) -> bool:
    """Copy-on-write copy, where the file system can (btrfs, xfs): no time and no space."""
    try:
        with source.open("rb") as old, target.open("wb") as new:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
    except OSError:
        target.unlink(missing_ok=True)
        return False
    return True


def _link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:
        return False
    return True
